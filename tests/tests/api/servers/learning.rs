//! What an editor decides at one server, all learn; and none overwrites what another knows better.

use std::sync::Arc;
use std::time::Duration;

use koffiekar_server::projection::Surroundings;
use koffiekar_server::store::{Store, catalogue, quotes, tagger};
use koffiekar_server::sync::intake::{Pusher, take_in};
use koffiekar_server::{Clock, Koffiekar, demo};
use koffiekar_sync_core::conversation::{Actor, Document};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId};
use koffiekar_sync_core::office::QuoteRow;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::wire::Push;
use koffiekar_tests::hand::{Hand, pushing};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;

use super::{ROUND, two};

fn model(koffiekar: &Koffiekar) -> String {
    koffiekar.suggest.model().version.to_string()
}

async fn in_use(store: &Store) -> tagger::InUse {
    let mut tx = store.read().await.unwrap();
    tagger::in_use(&mut tx).await.unwrap()
}

/// Until all work with the model in use, and every quote has its suggestions by it.
async fn settled(koffiekars: &[&Koffiekar]) -> tagger::InUse {
    loop {
        let in_use = in_use(&koffiekars[0].store).await;
        let all = koffiekars.iter().all(|one| model(one) == in_use.model);
        if all && !in_use.is_incomplete() {
            return in_use;
        }
        tokio::task::yield_now().await;
    }
}

/// Conversations of one quote that are handed in at this server.
async fn hand_in(server: &Server, numbers: &mut Numbers, count: usize) -> Vec<QuoteId> {
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut quotes = Vec::new();
    let mut copies = Vec::new();
    for _ in 0..count {
        let new = conversation(numbers, hand.user(), now(), 1);
        quotes.push(new.quotes[0].id);
        copies.push(hand.record(demo::round(ROUND), &new));
    }
    hand.ask(&pushing(&copies.iter().collect::<Vec<_>>())).await;
    quotes
}

async fn confirm(office: &Office, quote: QuoteId, line: &str) {
    let tags = serde_json::json!({"confirm": [line], "reject": [], "retract": []});
    let _: QuoteRow = office
        .post(&format!("/api/v1/quotes/{quote}/tags"), &tags)
        .await;
}

/// Quotes that have no suggestions by this model.
async fn lacking(store: &Store, model: &str) -> usize {
    let mut tx = store.read().await.unwrap();
    let lacking = quotes::texts_after(&mut tx, None, model, 1_000).await;
    lacking.unwrap().len()
}

#[tokio::test]
async fn what_is_decided_at_one_server_all_learn_and_one_writes_it_down() {
    let (one, two) = two().await;
    let mut numbers = Numbers(1);
    let quotes = hand_in(&one, &mut numbers, 30).await;
    let before = settled(&[&one.koffiekar, &two.koffiekar]).await;
    let editor = Office::sign_in(&one.url, "redacteur1").await;
    confirm(&editor, quotes[0], "wonen-1").await;

    let mut after = before.clone();
    while after.number == before.number {
        after = settled(&[&one.koffiekar, &two.koffiekar]).await;
    }
    // The second server took no model into use, and its tablets get the same bytes.
    assert_eq!(after.number, before.number + 1);
    let (here, there) = (one.koffiekar.suggest.model(), two.koffiekar.suggest.model());
    assert_eq!(here.fingerprint, there.fingerprint);
    assert_ne!(after.model, before.model);
    assert_eq!(lacking(&one.koffiekar.store, &after.model).await, 0);
}

#[tokio::test]
async fn decisions_at_two_servers_at_once_come_to_one_model_and_its_suggestions() {
    let (one, two) = two().await;
    let mut numbers = Numbers(2);
    let quotes = hand_in(&one, &mut numbers, 40).await;
    let desks = [
        Office::sign_in(&one.url, "redacteur1").await,
        Office::sign_in(&two.url, "redacteur2").await,
    ];
    for pair in quotes.chunks(2).take(10) {
        tokio::join!(
            confirm(&desks[0], pair[0], "wonen-1"),
            confirm(&desks[1], pair[1], "wonen-2")
        );
    }
    loop {
        let in_use = settled(&[&one.koffiekar, &two.koffiekar]).await;
        if one.koffiekar.suggest.model().tagger.labels_seen() == 20 {
            assert_eq!(two.koffiekar.suggest.model().tagger.labels_seen(), 20);
            assert_eq!(lacking(&one.koffiekar.store, &in_use.model).await, 0);
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_with_an_older_model_takes_none_into_use_and_what_it_pushes_is_mended() {
    let looks = Duration::from_millis(50);
    let place = Place::postgres().await;
    let first = Server::start(place.again()).await;
    let quotes = hand_in(&first, &mut Numbers(3), 20).await;
    let fresh = Server::start_looking(place.again(), Clock::System, looks).await;
    // It hears nothing: it was only opened.
    let store = Store::open(&place.address()).await.unwrap();
    let deaf = Koffiekar::new(store, Clock::System, &place.apart())
        .await
        .unwrap();
    let old = model(&deaf);
    let seen = in_use(&deaf.store).await;

    let editor = Office::sign_in(&first.url, "redacteur1").await;
    confirm(&editor, quotes[0], "wonen-1").await;
    while in_use(&deaf.store).await.number == seen.number {
        tokio::task::yield_now().await;
    }
    let new = settled(&[&first.koffiekar, &fresh.koffiekar]).await;
    let mut tx = deaf.store.write().await.unwrap();
    let taken = tagger::take_into_use(&mut tx, &seen, &old).await.unwrap();
    assert_eq!(taken, None);
    assert!(!tagger::is_in_use(&mut tx, &old).await.unwrap());
    drop(tx);

    // Its suggestions come with what is pushed to it, and do not stay.
    assert_eq!(model(&deaf), old);
    push_into(&deaf, 4, 5).await;
    let strayed = settled(&[&fresh.koffiekar]).await;
    assert_eq!(strayed.model, new.model);
    assert_eq!(strayed.number, new.number);
    assert_eq!(lacking(&deaf.store, &new.model).await, 0);
    assert_eq!(model(&deaf), old);
}

#[tokio::test]
async fn what_a_command_changes_in_the_programme_a_server_that_runs_learns() {
    let looks = Duration::from_millis(50);
    let running = Server::start_looking(Place::sqlite(), Clock::System, looks).await;
    let before = model(&running.koffiekar);
    let place = &running.place;
    let store = Store::open(&place.address()).await.unwrap();
    let command = Koffiekar::new(store, Clock::System, &place.apart()).await;
    let command = command.unwrap();
    demo::load(&command).await.unwrap();
    command.suggest.learn_now(&command.store).await.unwrap();
    assert_ne!(model(&command), before);
    let in_use = settled(&[&running.koffiekar, &command]).await;
    assert_eq!(in_use.model, model(&command));
}

/// Past HTTP, as a request does that this server was judging all the while.
pub(super) async fn push_into(koffiekar: &Koffiekar, seed: u64, count: usize) {
    let mut tx = koffiekar.store.read().await.unwrap();
    let catalogue = catalogue::read(&mut tx).await.unwrap();
    drop(tx);
    let user = demo::user("veldwerker1");
    let device = DeviceNumber(9);
    let pusher = Pusher {
        author: Author {
            device,
            user,
            edits: false,
        },
        revoked: false,
        enrolled_at: Millis(0),
        surroundings: Arc::new(Surroundings::of(&catalogue)),
        rounds: catalogue.rounds.into(),
    };
    let mut numbers = Numbers(seed);
    let actor = Actor {
        device,
        session: [1; 8],
    };
    let push: Vec<Push> = (0..count)
        .map(|_| {
            let new = conversation(&mut numbers, user, now(), 1);
            let document = Document::record(&new, actor).unwrap();
            Push {
                document: ConversationId::new(now(), numbers.bytes()),
                round: demo::round(ROUND),
                heads: document.heads(),
                changes: document.changes_since(&[]),
                voucher: None,
            }
        })
        .collect();
    let taken = take_in(koffiekar, &pusher, push, Vec::new(), now()).await;
    assert_eq!(taken.unwrap().receipted.len(), count);
}
