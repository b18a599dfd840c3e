//! A tablet that runs out of room says so before words are lost, and after.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{enrol, sign, standing, unlock, until_all_stored};

const MEGABYTE: u64 = 1_000_000;

#[tokio::test]
async fn a_tablet_tells_once_that_its_room_runs_out_and_keeps_what_it_could_not_keep_at_first() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;

    // This browser promises nothing: told once.
    tablet.see_css(&warning("evictable")).await;
    tablet
        .is_accessible("the warning that the browser may clear")
        .await;
    tablet.picture("field-evictable").await;
    tablet.click("storage-read").await;
    come_back(&tablet).await;
    assert!(!tablet.has_css(&warning("evictable")).await);

    // Some browsers say how much is left; this one is made to.
    tablet.tell_room(40 * MEGABYTE).await;
    told_once(&tablet, "low").await;
    // This one does not say, and is tried.
    tablet
        .leave_room(&url, 4 * MEGABYTE, MEGABYTE, 8 * MEGABYTE)
        .await;
    told_once(&tablet, "very-low").await;

    // No room at all: the words stay on the screen, and are kept once there is room.
    let words = "Het zwembad is te duur voor een gezin met drie kinderen.";
    tablet.click("new-conversation").await;
    tablet.leave_room(&url, 0, 0, 1_000).await;
    tablet.type_into("quote-0", words).await;
    tablet.see("storage-trouble").await;
    assert_eq!(sign(&tablet).await, "needs-you");
    tablet.is_accessible("a form that cannot be kept").await;
    tablet.picture("field-no-room").await;
    assert_eq!(tablet.value("quote-0").await, words);
    tablet
        .leave_room(&url, 100 * MEGABYTE, 20 * MEGABYTE, 200 * MEGABYTE)
        .await;
    tablet.click("keep-again").await;
    tablet
        .until(
            "the words are kept",
            "!document.querySelector(\"[data-testid='storage-trouble']\")",
        )
        .await;
    come_back_to(&tablet, "draft-item").await;
    tablet.click("draft-item").await;
    assert_eq!(tablet.value("quote-0").await, words);
    super::steps::answer_and_finish(&tablet).await;
    until_all_stored(&tablet).await;
    assert_eq!(standing(&tablet, words).await, "stored");
    tablet.close().await;
    drop(server);
}

fn warning(name: &str) -> String {
    format!("[data-testid='storage-warning'][data-warning='{name}']")
}

async fn told_once(tablet: &Browser, name: &str) {
    come_back(tablet).await;
    tablet.see_css(&warning(name)).await;
    tablet.is_accessible(&format!("the warning {name}")).await;
    tablet.picture(&format!("field-room-{name}")).await;
    tablet.click("storage-read").await;
    come_back(tablet).await;
    let warned = tablet.has_css("[data-testid='storage-warning']").await;
    assert!(!warned, "{name} was told already");
}

/// The page is loaded anew and the tablet unlocked: what was told is not told again.
async fn come_back(tablet: &Browser) {
    come_back_to(tablet, "new-conversation").await;
}

async fn come_back_to(tablet: &Browser, testid: &str) {
    let home = tablet.evaluate("return location.origin + '/veld'").await;
    tablet.go(home.as_str().unwrap()).await;
    unlock(tablet).await;
    tablet.see(testid).await;
    // The browser answers how much room there is after the page is drawn.
    tablet
        .until(
            "the room is known",
            "document.querySelector(\"[data-testid='room']\")?.dataset.known === 'true'",
        )
        .await;
}
