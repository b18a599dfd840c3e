//! Two servers on one PostgreSQL: what one does, the other knows.

mod connections;
mod feed;
mod learning;

use std::collections::BTreeSet;
use std::time::Duration;

use koffiekar_server::store::Store;
use koffiekar_server::{Clock, Koffiekar, demo};
use koffiekar_sync_core::conversation::{Command, Conversation};
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::live::LiveNotice;
use koffiekar_sync_core::office::{QuoteRow, TagState};
use koffiekar_sync_core::wire::Outcome;
use koffiekar_tests::hand::{Copy, Hand, pushing};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Method, StatusCode};
use sqlx::{Connection, PgConnection};

use super::live::Stream;

const ROUND: &str = "buurtronde-2026";
/// What `veldwerker1` works in.
const ROUNDS: usize = 3;

async fn two() -> (Server, Server) {
    let one = Server::start(Place::postgres().await).await;
    let two = one.beside().await;
    (one, two)
}

fn record(hand: &Hand, numbers: &mut Numbers) -> Copy {
    let new = conversation(numbers, hand.user(), now(), 1);
    hand.record(demo::round(ROUND), &new)
}

/// The same device, at another server.
fn at(hand: &Hand, server: &Server) -> Hand {
    Hand {
        url: server.url.clone(),
        identity: hand.identity.clone(),
        session: hand.session,
    }
}

#[tokio::test]
async fn a_push_to_one_server_is_told_of_at_the_other() {
    let (one, two) = two().await;
    let hand = Hand::enrol(&one.url, "veldwerker1").await;
    let colleague = Hand::enrol(&two.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    let mut stream = Stream::of(&hand).await;
    let before = stream.beginning(ROUNDS).await;
    for count in 1..=3 {
        let copy = record(&colleague, &mut numbers);
        assert_eq!(colleague.outcome(&copy).await, Outcome::Stored);
        let round = demo::round(ROUND);
        let place = before[&round] + count;
        assert_eq!(stream.next().await, Some(LiveNotice { round, place }));
    }
}

#[tokio::test]
async fn what_was_told_while_nobody_could_listen_is_read_when_they_can_again() {
    let (one, two) = two().await;
    let database = one.database();
    let hand = Hand::enrol(&one.url, "veldwerker1").await;
    let colleague = Hand::enrol(&two.url, "veldwerker2").await;
    let mut numbers = Numbers(2);
    let mut stream = Stream::of(&hand).await;
    let before = stream.beginning(ROUNDS).await;

    let closed = |name: &str| format!("alter database {name} allow_connections false");
    database.administer(closed).await;
    let deaf = |name: &str| {
        format!(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity
             where datname = '{name}' and query like 'LISTEN%'"
        )
    };
    database.administer(deaf).await;
    let copy = record(&colleague, &mut numbers);
    assert_eq!(colleague.outcome(&copy).await, Outcome::Stored);
    let open = |name: &str| format!("alter database {name} allow_connections true");
    database.administer(open).await;

    let round = demo::round(ROUND);
    let place = before[&round] + 1;
    assert_eq!(stream.next().await, Some(LiveNotice { round, place }));
}

#[tokio::test]
async fn a_notice_that_was_lost_on_the_way_is_made_up_for() {
    let place = Place::postgres().await;
    let quiet = Server::start(place.again()).await;
    let clock = quiet.koffiekar.clock.clone();
    let looks = Server::start_looking(place, clock, Duration::from_millis(50)).await;
    let hand = Hand::enrol(&looks.url, "veldwerker1").await;
    let mut stream = Stream::of(&hand).await;
    let before = stream.beginning(ROUNDS).await;
    // As a server does that is killed between its commit and its notice.
    let round = demo::round(ROUND);
    let written = "update rounds set feed_place = feed_place + 1 where id = $1";
    let mut here = PgConnection::connect(&quiet.place.address()).await.unwrap();
    let written = sqlx::query(written).bind(round.as_bytes().as_slice());
    written.execute(&mut here).await.unwrap();
    let place = before[&round] + 1;
    assert_eq!(stream.next().await, Some(LiveNotice { round, place }));
}

#[tokio::test]
async fn edits_of_one_conversation_at_two_servers_at_once_all_stand() {
    let (one, two) = two().await;
    let mine = Hand::enrol(&one.url, "veldwerker1").await;
    let theirs = Hand::enrol(&two.url, "redacteur1").await;
    let desk = Office::sign_in(&two.url, "redacteur2").await;
    let mut numbers = Numbers(3);
    for _ in 0..10 {
        let mut here = record(&mine, &mut numbers);
        assert_eq!(mine.outcome(&here).await, Outcome::Stored);
        here.known = here.document.heads();
        let mut there = here.clone();
        let area = Some("FA08".to_owned());
        mine.execute(&mut here, &Command::SetArea { area });
        let language = "tr".to_owned();
        theirs.execute(&mut there, &Command::SetLanguage { language });
        let quote = here.document.read().unwrap().quotes[0].id;
        let path = format!("/api/v1/quotes/{quote}/tags");
        let tags = serde_json::json!({"confirm": ["wonen-1"], "reject": [], "retract": []});
        let (first, second, _) = tokio::join!(
            mine.outcome(&here),
            theirs.outcome(&there),
            desk.post::<QuoteRow>(&path, &tags)
        );
        assert_eq!((first, second), (Outcome::Stored, Outcome::Stored));
        let read = read(&mine, &here).await;
        assert_eq!(read.tags.state(quote), TagState::Confirmed);
        assert_eq!(
            (read.area.as_deref(), &*read.language),
            (Some("FA08"), "tr")
        );
    }
}

/// As the server has it.
async fn read(hand: &Hand, copy: &Copy) -> Conversation {
    let fetched = hand.fetch().await.changed();
    let found = fetched.into_iter().find(|(id, _)| *id == copy.id);
    found.unwrap().1.read().unwrap()
}

#[tokio::test]
async fn a_write_that_postgres_cuts_off_is_tried_once_more() {
    let (one, _) = two().await;
    let hand = Hand::enrol(&one.url, "veldwerker1").await;
    let copy = record(&hand, &mut Numbers(4));
    let mut other = PgConnection::connect(&one.place.address()).await.unwrap();
    let mut tx = other.begin().await.unwrap();
    let locked = "update rounds set feed_place = feed_place where id = $1";
    let locked = sqlx::query(locked).bind(copy.round.as_bytes().as_slice());
    locked.execute(&mut *tx).await.unwrap();

    let pushed = tokio::spawn(async move { hand.outcome(&copy).await });
    let cut = "
        select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    while one.database().number(cut).await == 0 {
        tokio::task::yield_now().await;
    }
    tx.rollback().await.unwrap();
    assert_eq!(pushed.await.unwrap(), Outcome::Stored);
}

#[tokio::test]
async fn servers_that_start_at_once_on_an_empty_database_are_of_one_kind() {
    let place = Place::postgres().await;
    let mut starting = Vec::new();
    for _ in 0..4 {
        let place = place.again();
        starting.push(tokio::spawn(async move {
            let store = Store::open(&place.address()).await.unwrap();
            let apart = place.apart();
            let started = Koffiekar::new(store, Clock::System, &apart);
            started.await.unwrap()
        }));
    }
    let mut keys = BTreeSet::new();
    let mut models = BTreeSet::new();
    for started in starting {
        let koffiekar = started.await.unwrap();
        let sealing = koffiekar.key.seal_key().0;
        keys.insert((sealing, koffiekar.receipts.last().to_bytes()));
        models.insert(koffiekar.suggest.model().version.to_string());
    }
    assert_eq!((keys.len(), models.len()), (1, 1));
}

#[tokio::test]
async fn batches_over_many_rounds_and_moves_between_them_never_wait_in_a_circle() {
    let (one, two) = two().await;
    let admin = Office::sign_in(&one.url, "beheerder").await;
    let mut hands = Vec::new();
    for server in [&one, &two, &one, &two] {
        hands.push(Hand::enrol(&server.url, "veldwerker1").await);
    }
    let rounds: Vec<RoundId> = {
        let answered = hands[0].fetch().await;
        let pages = answered.answer.rounds.iter();
        pages.map(|page| page.round).collect()
    };
    assert_eq!(rounds.len(), ROUNDS);
    let mut pushing_all = Vec::new();
    for (seed, hand) in (50..).zip(hands) {
        let (rounds, admin) = (rounds.clone(), admin.clone());
        pushing_all.push(tokio::spawn(async move {
            let mut numbers = Numbers(seed);
            for _ in 0..8 {
                let mut copies: Vec<Copy> = Vec::new();
                for _ in 0..6 {
                    let new = conversation(&mut numbers, hand.user(), now(), 1);
                    copies.push(hand.record(*numbers.pick(&rounds), &new));
                }
                let all: Vec<&Copy> = copies.iter().collect();
                let answered = hand.ask(&pushing(&all)).await;
                let stored = |outcome: &Outcome| *outcome == Outcome::Stored;
                let outcomes = &answered.answer.outcomes;
                assert!(outcomes.iter().all(stored), "{outcomes:?}");
                let moved = numbers.pick(&copies);
                let to = serde_json::json!({"round": numbers.pick(&rounds)});
                let path = format!("/api/v1/conversations/{}/move", moved.id);
                let (status, said) = admin.call(Method::POST, &path, Some(&to)).await;
                assert_eq!(status, StatusCode::OK, "{said}");
            }
        }));
    }
    for pushing in pushing_all {
        pushing.await.unwrap();
    }
    // A session counts its deadlocks at its end at the latest.
    one.koffiekar.store.close().await;
    two.koffiekar.store.close().await;
    let counted = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(one.database().number(counted).await, 0);
}

#[tokio::test]
async fn wrong_passwords_count_wherever_they_are_given() {
    let (one, two) = two().await;
    let wrong = serde_json::json!({"login": "redacteur1", "password": "niet dit wachtwoord"});
    let mut asking = Vec::new();
    for url in [&one.url, &two.url].into_iter().cycle().take(16) {
        let asked = http().post(format!("{url}/api/v1/session")).json(&wrong);
        asking.push(tokio::spawn(async move {
            asked.send().await.unwrap().status().as_u16()
        }));
    }
    let mut said = Vec::new();
    for asked in asking {
        said.push(asked.await.unwrap());
    }
    let wrong = said.iter().filter(|status| **status == 401).count();
    // While one server writes the last one down, the other may be busy with one more.
    assert!((10..=11).contains(&wrong), "{said:?}");
    let refused = said.iter().filter(|status| **status == 429).count();
    assert_eq!(wrong + refused, said.len(), "{said:?}");
}

#[tokio::test]
async fn many_who_sign_in_at_once_from_one_office_never_wait_for_each_other_in_a_circle() {
    const LOGINS: [&str; 5] = [
        "veldwerker1",
        "veldwerker2",
        "redacteur1",
        "redacteur2",
        "analist",
    ];
    let (one, two) = two().await;
    let mut under_way = tokio::task::JoinSet::new();
    for person in 0..4 {
        let urls = [one.url.clone(), two.url.clone()];
        under_way.spawn(async move {
            for time in 0..20 {
                let at = person + time;
                Office::sign_in(&urls[at % 2], LOGINS[at % LOGINS.len()]).await;
            }
        });
    }
    under_way.join_all().await;
}
