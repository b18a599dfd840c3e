//! A tablet whose access was ended goes on recording; an administrator decides about what it sends.

use koffiekar_sync_core::office::{Device, DevicePage, HeldPage, QuotePage};
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;
use reqwest::Method;

use super::steps::{
    correct, count_of, enrol, has_text, item, on_tablet_page, open_conversation, record, sign,
    sign_in, sign_in_again, standing, until_all_stored, until_standing,
};

const ACCEPTED: &str = "De markt op dinsdag is het mooiste van de wijk.";
const TURNED_DOWN: &str = "Dit is per ongeluk twee keer opgeschreven.";
const WHY: &str = "Dit gesprek stond er al. Overleg met uw coördinator.";

#[tokio::test]
async fn what_a_revoked_tablet_records_is_held_until_an_administrator_decides() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    record(&tablet, "Een gesprek van voor die tijd.", "").await;
    until_all_stored(&tablet).await;

    let administrator = Office::sign_in(&url, "beheerder").await;
    revoke_newest(&administrator).await;

    // Recording goes on; the work is held and the tablet says so, without an alarm about it.
    record(&tablet, ACCEPTED, "").await;
    record(&tablet, TURNED_DOWN, "").await;
    until_standing(&tablet, ACCEPTED, "undecided").await;
    until_standing(&tablet, TURNED_DOWN, "undecided").await;
    tablet.see("signed-out").await;
    tablet.picture("field-revoked").await;
    tablet.is_accessible("the round, on a revoked tablet").await;
    open_conversation(&tablet, ACCEPTED).await;
    tablet.is_accessible("a conversation that is held").await;
    tablet.picture("field-held").await;
    tablet.click("back").await;

    // The administrator sees whose work waits and no words, accepts one and turns the other down.
    let desk_profile = Profile::fresh();
    let desk = Browser::open(&driver, &desk_profile, Size::Desk).await;
    sign_in(&desk, &url, "beheerder").await;
    desk.go(&format!("{url}/beheer/vastgehouden")).await;
    desk.until(
        "both are listed",
        "document.querySelectorAll(\"[data-testid='held-work']\").length === 2",
    )
    .await;
    let page = desk.text().await;
    assert!(!page.contains("markt op dinsdag"), "{page}");
    desk.picture("office-held").await;
    desk.is_accessible("held work").await;
    desk.click_css("[data-testid='held-work']:first-child [data-testid='accept']")
        .await;
    desk.is_accessible("accepting held work").await;
    desk.click("decide").await;
    desk.until(
        "one is left",
        "document.querySelectorAll(\"[data-testid='held-work']\").length === 1",
    )
    .await;
    desk.click("turn-down").await;
    desk.click("decide").await;
    desk.see_css("#error-summary").await;
    desk.see_css("#held-text")
        .await
        .send_keys(WHY)
        .await
        .unwrap();
    desk.picture("office-turning-down").await;
    desk.is_accessible("turning held work down").await;
    desk.click("decide").await;
    desk.see_css("main .empty").await;
    desk.go(&format!("{url}/beheer/vastgehouden?toon=afgewezen"))
        .await;
    desk.see("held-work").await;
    desk.is_accessible("work that was turned down").await;
    desk.picture("office-turned-down").await;

    // The tablet hears of both when it asks. What was accepted is safe, and leaves a tablet without access.
    on_tablet_page(&tablet).await;
    tablet.click("sync-now").await;
    tablet.click("back").await;
    until_standing(&tablet, TURNED_DOWN, "refused").await;
    let told = has_text("told", "heeft een gesprek van u aangenomen");
    tablet.until("the decision is told", &told).await;
    let gone = format!("{}.length === 0", item(ACCEPTED));
    tablet.until("the accepted one has left", &gone).await;
    tablet.is_accessible("the round, told of a decision").await;
    tablet.picture("field-told-accepted").await;
    tablet.click("told-read").await;
    tablet.until_gone("told").await;
    open_conversation(&tablet, TURNED_DOWN).await;
    let said = tablet.see("turned-down-text").await;
    assert_eq!(said.text().await.unwrap(), WHY);
    tablet
        .is_accessible("a conversation that was turned down")
        .await;
    tablet.picture("field-turned-down").await;
    tablet.click("back").await;
    let editor = Office::sign_in(&url, "redacteur1").await;
    let found: QuotePage = editor.get("/api/v1/quotes?text=dinsdag").await;
    assert_eq!(found.total, 1);

    // Signing in again makes it a tablet like any other.
    on_tablet_page(&tablet).await;
    tablet.is_accessible("this tablet, revoked").await;
    tablet.picture("field-tablet-revoked").await;
    sign_in_again(&tablet).await;
    tablet.click("back").await;
    record(&tablet, "En daarna gaat het weer gewoon.", "").await;
    until_standing(&tablet, "En daarna gaat het weer gewoon.", "stored").await;
    // Everything comes back; what was turned down is not brought again behind the administrator's back.
    until_standing(&tablet, ACCEPTED, "stored").await;
    assert_eq!(standing(&tablet, TURNED_DOWN).await, "refused");
    let found: QuotePage = editor
        .get("/api/v1/quotes?text=per%20ongeluk%20opgeschreven")
        .await;
    assert_eq!(found.total, 0);
    tablet.close().await;
    desk.close().await;
}

/// Ends the access of the tablet that was enrolled last.
async fn revoke_newest(administrator: &Office) {
    let DevicePage { devices, .. } = administrator.get("/api/v1/devices").await;
    let newest = devices
        .iter()
        .max_by_key(|device| device.enrolled_at)
        .unwrap();
    let _: Device = administrator
        .post(&format!("/api/v1/devices/{}/revoke", newest.number), &())
        .await;
}

const STORED: &str = "De brug over de sloot is glad.";
const CORRECTED: &str = "De brug over de sloot is spekglad als het regent.";
const UNSENT: [&str; 2] = [
    "Mijn vader mist de biljartclub.",
    "Er moet een hek om de vijver.",
];

#[tokio::test]
async fn a_revoked_tablet_with_unsent_work_signs_in_again_and_nothing_is_lost_or_doubled() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    record(&tablet, STORED, "").await;
    until_all_stored(&tablet).await;

    // Without a connection it is used, and loses its access meanwhile.
    tablet.tell_online(false).await;
    let administrator = Office::sign_in(&url, "beheerder").await;
    revoke_newest(&administrator).await;
    for words in UNSENT {
        record(&tablet, words, "").await;
    }
    open_conversation(&tablet, STORED).await;
    correct(&tablet, CORRECTED).await;
    tablet.click("back").await;
    for words in [CORRECTED, UNSENT[0], UNSENT[1]] {
        assert_eq!(standing(&tablet, words).await, "waiting");
    }
    tablet.tell_online(true).await;
    tablet.see("signed-out").await;
    for words in [CORRECTED, UNSENT[0], UNSENT[1]] {
        until_standing(&tablet, words, "undecided").await;
    }

    on_tablet_page(&tablet).await;
    sign_in_again(&tablet).await;
    tablet.click("back").await;
    until_all_stored(&tablet).await;
    for words in [CORRECTED, UNSENT[0], UNSENT[1]] {
        until_standing(&tablet, words, "stored").await;
        assert_eq!(count_of(&tablet, words).await, 1, "{words}");
    }
    assert_eq!(sign(&tablet).await, "safe");
    // What had left came back with the access.
    assert!(!tablet.has_css("[data-testid='told']").await);
    tablet.picture("field-signed-in-again").await;

    // What the administrator still finds of it cannot come in a second time.
    let held: HeldPage = administrator.get("/api/v1/held").await;
    for work in &held.held {
        let path = format!("/api/v1/held/{}/accept", work.id);
        administrator.call(Method::POST, &path, None::<&()>).await;
    }
    let editor = Office::sign_in(&url, "redacteur1").await;
    for (search, words) in [
        ("spekglad", CORRECTED),
        ("biljartclub", UNSENT[0]),
        ("vijver", UNSENT[1]),
    ] {
        let found: QuotePage = editor.get(&format!("/api/v1/quotes?text={search}")).await;
        let wordings: Vec<_> = found.quotes.iter().map(|quote| &quote.wordings).collect();
        assert_eq!(wordings, [&[words.to_owned()]], "{search}");
    }
    tablet.close().await;
}
