//! Locking a tablet and signing out leave nothing of what residents said in memory.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{enrol, on_tablet_page, sign_in, unlock, unlock_at};

const WORDS: &str = "De stoep voor de school is te smal voor een kinderwagen.";

/// The memory that the app had is looked at after it was left: zeros, all of it.
const WATCH_THE_WIPING: &str = "const wipe = koffiekar.wipe; \
    koffiekar.wipe = () => { wipe(); sessionStorage.isWiped = 1; }; \
    window.isBefore = true; delete sessionStorage.isWiped;";

async fn is_loaded_anew(browser: &Browser) {
    browser
        .until(
            "the page was loaded anew",
            "!window.isBefore && document.body.children.length > 0",
        )
        .await;
    browser
        .until("the memory was wiped", "sessionStorage.isWiped")
        .await;
}

#[tokio::test]
async fn a_locked_tablet_and_a_desk_that_was_left_hold_nobodys_words() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;

    // By hand, right after the last key: what was typed is on the disk before.
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", WORDS).await;
    on_tablet_page(&tablet).await;
    tablet.evaluate(WATCH_THE_WIPING).await;
    tablet.click("lock").await;
    is_loaded_anew(&tablet).await;
    tablet.see("unlock-password").await;
    let gate = tablet
        .evaluate("return document.documentElement.outerHTML")
        .await;
    assert!(!gate.as_str().unwrap().contains("kinderwagen"));
    assert!(!tablet.has_css("[data-testid='locked-itself']").await);
    unlock(&tablet).await;
    tablet.click("draft-item").await;
    assert_eq!(tablet.value("quote-0").await, WORDS);

    // A disk that takes nothing: it is not locked, because the words would be gone.
    tablet
        .evaluate("window.transaction = IDBDatabase.prototype.transaction; \
            IDBDatabase.prototype.transaction = () => { throw new DOMException('no disk', 'UnknownError'); };")
        .await;
    tablet.type_into("quote-0", " Ook voor een rolstoel.").await;
    tablet.see("storage-trouble").await;
    on_tablet_page(&tablet).await;
    tablet.click("lock").await;
    tablet.see("storage-trouble").await;
    tablet.see("lock").await;
    tablet
        .evaluate("IDBDatabase.prototype.transaction = window.transaction;")
        .await;
    tablet.click("keep-again").await;
    tablet.until_gone("storage-trouble").await;
    tablet.click("back").await;
    tablet.click("draft-item").await;

    // By itself, in the middle of a word, after a time that nobody touched it: nothing is lost, the gate
    // says why, and the same person finds the same page.
    tablet.type_into("quote-0", " En de fiets").await;
    tablet.evaluate(WATCH_THE_WIPING).await;
    tablet
        .evaluate(
            "const now = Date.now; Date.now = () => now() + 11 * 60 * 1000; \
            document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
        )
        .await;
    is_loaded_anew(&tablet).await;
    tablet.see("locked-itself").await;
    tablet.is_accessible("a tablet that locked itself").await;
    tablet.picture("field-locked-itself").await;
    unlock_at(&tablet, "quote-0").await;
    let all = format!("{WORDS} Ook voor een rolstoel. En de fiets");
    assert_eq!(tablet.value("quote-0").await, all);
    tablet.click("back").await;

    // At the office: signing out.
    sign_in(&tablet, &url, "redacteur1").await;
    tablet.see_css("#main h1").await;
    tablet.evaluate(WATCH_THE_WIPING).await;
    tablet.click_css(".header-end > .button").await;
    is_loaded_anew(&tablet).await;
    tablet.see_css("#login").await;
    let path = tablet.evaluate("return location.pathname").await;
    assert_eq!(path, "/aanmelden");

    // And a session that ended by itself: the page says so, and holds nothing either.
    sign_in(&tablet, &url, "redacteur1").await;
    tablet.see_css("#main h1").await;
    tablet.evaluate(WATCH_THE_WIPING).await;
    tablet
        .evaluate_async("fetch('/api/v1/session', { method: 'DELETE' })")
        .await;
    tablet
        .evaluate("document.querySelector(\".menu a[href='/analyse']\")?.click();")
        .await;
    is_loaded_anew(&tablet).await;
    tablet.see_css("#login").await;
    let text = tablet.text().await;
    assert!(text.contains("Uw sessie is afgelopen"), "{text}");
    tablet.close().await;
}
