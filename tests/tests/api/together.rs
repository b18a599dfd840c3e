//! Pushes that wait for the database at the same time go into one commit, and do not hold each other up.

use std::sync::Arc;

use koffiekar_server::projection::Surroundings;
use koffiekar_server::store::{Store, catalogue, documents};
use koffiekar_server::sync::intake::{Intake, Pusher, take_in};
use koffiekar_server::{Clock, Koffiekar, demo};
use koffiekar_sync_core::conversation::{Actor, Document, NewConversation};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis};
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::wire::{Outcome, Push};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::Place;

const NOW: Millis = Millis(1_769_250_000_000);
const ROUND: &str = "buurtronde-2026";

fn push(device: DeviceNumber, id: ConversationId, new: &NewConversation) -> Push {
    let actor = Actor {
        device,
        session: [1; 8],
    };
    let document = Document::record(new, actor).unwrap();
    Push {
        document: id,
        round: demo::round(ROUND),
        heads: document.heads(),
        changes: document.changes_since(&[]),
        voucher: None,
    }
}

async fn together(place: Place) {
    let store = Store::open(&place.address()).await.unwrap();
    let koffiekar = Koffiekar::new(store, Clock::held(NOW), &place.apart())
        .await
        .unwrap();
    demo::load(&koffiekar).await.unwrap();
    let mut tx = koffiekar.store.read().await.unwrap();
    let catalogue = catalogue::read(&mut tx).await.unwrap();
    drop(tx);
    let surroundings = Arc::new(Surroundings::of(&catalogue));
    let pusher = |device| Pusher {
        author: Author {
            device,
            user: demo::user("veldwerker1"),
            edits: false,
        },
        revoked: false,
        enrolled_at: Millis(0),
        rounds: catalogue.rounds.clone().into(),
        surroundings: surroundings.clone(),
    };
    let mut numbers = Numbers(5);
    let mut recorded = || {
        let by = demo::user("veldwerker1");
        let new = conversation(&mut numbers, by, NOW, 1);
        (ConversationId::new(NOW, numbers.bytes()), new)
    };
    // The last but one brings a quote of the first, the last the very conversation of the second.
    let mut all: Vec<_> = (0..6).map(|_| recorded()).collect();
    all[4].1.quotes[0].id = all[0].1.quotes[0].id;
    all[5] = all[1].clone();

    // Nobody's turn comes before all wait.
    let turn = koffiekar.writing.hold().await;
    let under_way: Vec<_> = (1..)
        .map(DeviceNumber)
        .zip(&all)
        .map(|(device, (id, new))| {
            let push = vec![push(device, *id, new)];
            let (koffiekar, pusher) = (koffiekar.clone(), pusher(device));
            tokio::spawn(async move {
                let taken = take_in(&koffiekar, &pusher, push, Vec::new(), NOW).await;
                taken.unwrap()
            })
        })
        .collect();
    while koffiekar.writing.waiting() < all.len() {
        tokio::task::yield_now().await;
    }
    drop(turn);
    let mut taken: Vec<Intake> = Vec::new();
    for one in under_way {
        taken.push(one.await.unwrap());
    }

    // Either of two that bring the same quote, or the same conversation, may have come first.
    for (one, other) in [(0, 4), (1, 5)] {
        let stored = |at: usize| taken[at].outcomes[0] == Outcome::Stored;
        assert!(stored(one) != stored(other), "{one} or {other}");
    }
    assert!(taken[2..4].iter().all(|t| t.outcomes == [Outcome::Stored]));
    let mut tx = koffiekar.store.read().await.unwrap();
    assert_eq!(documents::count(&mut tx).await.unwrap(), 4);
}

#[tokio::test]
async fn pushes_that_are_written_together_do_not_hold_each_other_up_on_sqlite() {
    together(Place::sqlite()).await;
}

#[tokio::test]
async fn pushes_that_are_written_together_do_not_hold_each_other_up_on_postgres() {
    together(Place::postgres().await).await;
}
