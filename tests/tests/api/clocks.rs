//! A tablet whose clock is wrong: what it wrote down is told as doubtful, to everybody.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command, NewConversation};
use koffiekar_sync_core::ids::{ConversationId, Millis};
use koffiekar_sync_core::office::{
    ConversationFound, ConversationOutline, EraseQuote, Erasure, QuotePage,
};
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{self, Tablet};

const ROUND: &str = "buurtronde-2026";
const HOUR_MS: i64 = 60 * 60 * 1_000;
const YEAR_MS: i64 = 365 * Millis::DAY;

/// As the app records: with the time that the tablet would write down, and its doubt.
fn record(tablet: &mut Tablet, numbers: &mut Numbers) -> (ConversationId, NewConversation) {
    let time = tablet.replica.time(tablet.now());
    let by = tablet.replica.identity().user;
    let new = NewConversation {
        clock_doubtful: time.doubtful,
        ..conversation(numbers, by, time.at, 2)
    };
    (tablet.record(demo::round(ROUND), &new), new)
}

/// At a time that no clock of the tablet said, and without a doubt: as older tablets did.
fn record_at(tablet: &mut Tablet, numbers: &mut Numbers, at: Millis) -> ConversationId {
    let by = tablet.replica.identity().user;
    let new = conversation(numbers, by, at, 2);
    tablet.record(demo::round(ROUND), &new)
}

fn is_now(at: Millis) -> bool {
    at.0.abs_diff(tablet::now().0) < 60_000
}

/// Whether this tablet is told that the time of this conversation is doubted.
fn is_told(tablet: &Tablet, id: ConversationId) -> bool {
    let received_at = tablet.replica.held(id).unwrap().received_where_doubtful();
    assert!(received_at.is_none_or(is_now));
    received_at.is_some()
}

#[tokio::test]
async fn a_clock_that_is_set_back_for_a_while_dates_nothing_in_silence() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    tablet.sync().await.unwrap();
    let contact = tablet.replica.last_contact().unwrap();

    tablet.clock_error_ms = -2 * YEAR_MS;
    tablet.restart();
    let (wrong, written) = record(&mut tablet, &mut numbers);
    assert!(written.clock_doubtful && written.recorded_at >= contact);
    assert!(tablet.read(wrong).clock_doubtful);
    // The clock is right again before the next contact.
    tablet.clock_error_ms = 0;
    let (right, written) = record(&mut tablet, &mut numbers);
    assert!(!written.clock_doubtful && is_now(written.recorded_at));
    tablet.sync().await.unwrap();
    colleague.sync().await.unwrap();

    let mut rows = Rows::of(&server.place).await;
    let row = rows.projection(wrong).await;
    assert!(row.clock_doubtful && is_now(row.recorded_at));
    assert!(!rows.projection(right).await.clock_doubtful);
    for one in [&tablet, &colleague] {
        assert!(is_told(one, wrong) && !is_told(one, right));
    }
    let after = tablet.replica.time(tablet.now());
    assert!(!after.doubtful && is_now(after.at));
}

#[tokio::test]
async fn what_cannot_have_been_recorded_then_is_doubted_by_the_server_and_told_to_all() {
    let server = Server::start(Place::sqlite()).await;
    let mut old = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    let now = tablet::now();
    let before_it_was_there = record_at(&mut old, &mut numbers, now.plus(-Millis::DAY));
    let ahead = record_at(&mut old, &mut numbers, now.plus(3 * HOUR_MS));
    let fine = record_at(&mut old, &mut numbers, now.plus(-5_000));
    old.sync().await.unwrap();
    colleague.sync().await.unwrap();

    let mut rows = Rows::of(&server.place).await;
    for id in [before_it_was_there, ahead] {
        let row = rows.projection(id).await;
        assert!(row.clock_doubtful && is_now(row.recorded_at));
        assert!(is_told(&old, id) && is_told(&colleague, id));
    }
    assert!(!rows.projection(fine).await.clock_doubtful);
    assert!(!is_told(&old, fine) && !is_told(&colleague, fine));

    // A tablet that keeps it all and starts again knows it still, and so does one that edits.
    colleague.restart();
    assert!(is_told(&colleague, ahead));
    let area = Some("FB03".to_owned());
    colleague.execute(ahead, &Command::SetArea { area });
    colleague.sync().await.unwrap();
    old.sync().await.unwrap();
    assert!(is_told(&colleague, ahead) && is_told(&old, ahead));

    let office = Office::sign_in(&server.url, "redacteur1").await;
    let page: QuotePage = office.get("/api/v1/quotes").await;
    assert_eq!(page.total, 6);
    for quote in &page.quotes {
        assert_eq!(quote.clock_doubtful, quote.conversation != fine);
        assert!(is_now(quote.recorded_at));
    }
    let admin = Office::sign_in(&server.url, "beheerder").await;
    assert!(outline(&admin, ahead).await.clock_doubtful);
    assert!(!outline(&admin, fine).await.clock_doubtful);
}

async fn outline(admin: &Office, id: ConversationId) -> ConversationOutline {
    match admin.get(&format!("/api/v1/conversations/{id}")).await {
        ConversationFound::Here(outline) => outline,
        ConversationFound::Gone(erasure) => panic!("{erasure:?}"),
    }
}

#[tokio::test]
async fn work_from_before_somebody_signed_in_again_is_not_doubted() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    tablet.sync().await.unwrap();
    // The tablet was there for a week, without a connection for most of it.
    let mut rows = Rows::of(&server.place).await;
    rows.run("update devices set enrolled_at = enrolled_at - 604800000")
        .await;
    let days_ago = tablet::now().plus(-3 * Millis::DAY);
    let id = record_at(&mut tablet, &mut numbers, days_ago);
    tablet.sign_in_again("veldwerker1").await;
    tablet.sync().await.unwrap();

    let row = rows.projection(id).await;
    assert_eq!((row.clock_doubtful, row.recorded_at), (false, days_ago));
    assert!(!is_told(&tablet, id));
}

#[tokio::test]
async fn the_doubt_stays_with_what_goes_on_of_a_conversation() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    let early = tablet::now().plus(-2 * YEAR_MS);
    let id = record_at(&mut tablet, &mut numbers, early);
    tablet.sync().await.unwrap();
    let quote = tablet.read(id).quotes[0].id;

    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/quotes/{quote}/erase");
    let erasure: Erasure = admin.post(&path, &EraseQuote { conversation: id }).await;
    let by = erasure.replaced_by.unwrap();
    let row = Rows::of(&server.place).await.projection(by).await;
    assert!(row.clock_doubtful && is_now(row.recorded_at));
    tablet.sync().await.unwrap();
    assert!(tablet.read(by).clock_doubtful && is_told(&tablet, by));
}
