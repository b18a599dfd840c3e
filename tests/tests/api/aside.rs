//! A conversation whose document ends the program that opens it is set aside on the tablet.

use std::sync::Mutex;

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::{RescueOutcome, Rescued};
use koffiekar_sync_core::replica::{Effect, Standing, What};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::Method;

const ROUND: &str = "buurtronde-2026";

/// What the watched tablets of this program opened, and closed again.
static OPENED: Mutex<Vec<(ConversationId, bool)>> = Mutex::new(Vec::new());

fn watch(id: ConversationId, begins: bool) {
    OPENED.lock().unwrap().push((id, begins));
}

fn openings_of(id: ConversationId) -> Vec<bool> {
    let opened = OPENED.lock().unwrap();
    let of = opened.iter().filter(|(opened, _)| *opened == id);
    of.map(|(_, begins)| *begins).collect()
}

fn record(tablet: &mut Tablet, numbers: &mut Numbers) -> ConversationId {
    let by = tablet.replica.identity().user;
    let new = conversation(numbers, by, tablet.now(), 2);
    tablet.record(demo::round(ROUND), &new)
}

/// As a program does that died while it opened this conversation.
fn set_aside(tablet: &mut Tablet, id: ConversationId) {
    let bytes = tablet.replica.held(id).unwrap().to_bytes();
    assert!(tablet.replica.set_aside(id, Some(&bytes)));
    OPENED.lock().unwrap().retain(|(opened, _)| *opened != id);
}

async fn remove_first_quote(tablet: &mut Tablet, id: ConversationId) {
    let quote = tablet.read(id).quotes[0].id;
    tablet.execute(id, &Command::RemoveQuote { quote });
    tablet.sync().await.unwrap();
}

#[tokio::test]
async fn every_document_is_announced_before_it_is_opened_and_when_that_went_well() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(41);
    tablet.replica.watch_openings(watch);
    let id = record(&mut tablet, &mut numbers);
    tablet.sync().await.unwrap();
    OPENED.lock().unwrap().retain(|(opened, _)| *opened != id);

    tablet.read(id);
    assert_eq!(openings_of(id), [true, false]);
    // By an edit, and by what comes in.
    let quote = tablet.read(id).quotes[1].id;
    let before = openings_of(id).len();
    tablet.execute(id, &Command::RemoveQuote { quote });
    assert!(openings_of(id).len() > before);
    colleague.sync().await.unwrap();
    remove_first_quote(&mut colleague, id).await;
    let before = openings_of(id).len();
    tablet.sync().await.unwrap();
    assert!(openings_of(id).len() > before);
    let all = openings_of(id);
    let open = all.iter().filter(|begins| **begins).count();
    assert_eq!(2 * open, all.len(), "each that was opened was closed");
}

#[tokio::test]
async fn what_is_set_aside_is_opened_by_nothing_and_what_was_not_sent_of_it_is_in_the_file() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = Server::start(place).await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
        let mut numbers = Numbers(42);
        tablet.replica.watch_openings(watch);
        let sent = record(&mut tablet, &mut numbers);
        tablet.sync().await.unwrap();
        let unsent = record(&mut tablet, &mut numbers);
        let healthy = record(&mut tablet, &mut numbers);
        set_aside(&mut tablet, sent);
        set_aside(&mut tablet, unsent);

        // A colleague changes the one that the server has; the rest goes on.
        colleague.sync().await.unwrap();
        remove_first_quote(&mut colleague, sent).await;
        let synced = tablet.sync().await.unwrap();
        assert_eq!(synced.stored, 1);
        assert!(matches!(tablet.standing(healthy), Standing::Stored(_)));
        for id in [sent, unsent] {
            assert!(tablet.replica.held(id).is_none());
            assert!(openings_of(id).is_empty(), "{id} was opened");
        }
        assert_eq!(tablet.replica.waiting(), 1);

        let office = server.koffiekar.key.seal_key();
        let now = tablet.now();
        let rescue = tablet.replica.rescue(&office, numbers.bytes(), now);
        assert_eq!((rescue.conversations, rescue.left_out), (1, 0));
        let admin = Office::sign_in(&server.url, "beheerder").await;
        let answer = http()
            .post(format!("{}/api/v1/rescues", admin.url))
            .header("cookie", admin.cookie.clone().unwrap())
            .header("origin", &admin.url)
            .body(rescue.file)
            .send()
            .await
            .unwrap();
        let rescued: Rescued = answer.json().await.unwrap();
        assert_eq!(rescued.conversations.len(), 1);
        assert_eq!(rescued.conversations[0].became, RescueOutcome::Stored);

        // Somebody tries again, with a version that can open them: nothing was missed.
        let effects = tablet.replica.try_again();
        assert!(effects.contains(&Effect::Keep(sent)) && effects.contains(&Effect::Keep(unsent)));
        tablet.sync().await.unwrap();
        for id in [sent, unsent] {
            assert!(matches!(tablet.standing(id), Standing::Stored(_)), "{id}");
        }
        assert_eq!(tablet.heads(sent), colleague.heads(sent));
        assert_eq!(tablet.read(sent).quotes.len(), 1);
    }
}

#[tokio::test]
async fn what_is_erased_goes_from_what_is_set_aside_as_well() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(43);
    let id = record(&mut tablet, &mut numbers);
    let other = record(&mut tablet, &mut numbers);
    tablet.sync().await.unwrap();
    set_aside(&mut tablet, id);
    // One that was about to come in, of which nothing is held.
    tablet.replica.set_aside(other, None);

    let admin = Office::sign_in(&server.url, "beheerder").await;
    for id in [id, other] {
        let path = format!("/api/v1/conversations/{id}/erase");
        let (status, body) = admin.call(Method::POST, &path, None::<&()>).await;
        assert!(status.is_success(), "{body}");
    }
    let applied = tablet.exchange().await.unwrap();
    assert_eq!(tablet.replica.aside().count(), 0);
    for id in [id, other] {
        assert!(applied.effects.contains(&Effect::Forget(id)));
    }
    let what: Vec<_> = applied.happened.iter().map(|one| &one.what).collect();
    assert_eq!(what, [&What::Erased, &What::Erased]);
}
