//! The browser's storage is emptied under an open tablet: what is in memory is written anew, and told.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{
    choose_round, enrol, record, standing, unlock, until_all_stored, until_standing,
};

const UNSENT: &str = "De lift staat elke week stil, en mijn man loopt slecht.";
const UNFINISHED: &str = "Op het plein is 's avonds niemand meer";

const DELETE: &str = "new Promise((done, failed) => { \
    const asked = indexedDB.deleteDatabase('koffiekar-veld'); \
    asked.onsuccess = () => done('deleted'); asked.onerror = () => failed(asked.error); })";

/// Everything in it goes, and nobody is told.
const CLEAR_IN_SILENCE: &str = "new Promise((done) => { \
    const asked = indexedDB.open('koffiekar-veld'); \
    asked.onsuccess = () => { \
        const database = asked.result; \
        const names = [...database.objectStoreNames]; \
        const change = database.transaction(names, 'readwrite'); \
        for (const name of names) change.objectStore(name).clear(); \
        change.oncomplete = () => { database.close(); done('cleared'); }; \
    }; })";

#[tokio::test]
async fn emptied_storage_is_noticed_and_all_that_was_open_is_kept_anew() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    // Somebody else worked on this tablet: what is theirs is not in memory.
    enrol(&tablet, &url, "veldwerker2").await;
    lock(&tablet).await;
    tablet.click("someone-else").await;
    tablet.fill("enrol-login", "veldwerker1").await;
    tablet
        .fill("enrol-password", koffiekar_server::demo::PASSWORD)
        .await;
    tablet.click("enrol").await;
    choose_round(&tablet).await;
    tablet.until_kept().await;

    // Out of reach: one conversation waits, another is being written.
    server.kill().await;
    tablet.tell_online(false).await;
    record(&tablet, UNSENT, "").await;
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", UNFINISHED).await;
    until_draft_is_kept(&tablet).await;

    // Another page deletes it. Nobody is kept waiting.
    assert_eq!(tablet.evaluate_async(DELETE).await, "deleted");
    tablet.see("written-anew").await;
    let others = tablet
        .see("written-anew-others")
        .await
        .text()
        .await
        .unwrap();
    assert!(others.contains("Demo veldwerker 2"), "{others}");
    tablet.is_accessible("the storage was emptied").await;
    tablet.picture("field-storage-emptied").await;
    tablet.click("written-anew-read").await;
    all_is_there(&tablet).await;
    assert!(!tablet.has_css("[data-testid='written-anew-others']").await);

    // Somebody clears the site's data.
    tablet.empty_storage(&url, "indexeddb").await;
    tablet.see("written-anew").await;
    all_is_there(&tablet).await;

    // Without a word to the page: the next write finds out.
    assert_eq!(tablet.evaluate_async(CLEAR_IN_SILENCE).await, "cleared");
    tablet.click("draft-item").await;
    tablet.type_into("notes", "Belt morgen.").await;
    tablet.see("written-anew").await;
    all_is_there(&tablet).await;
    tablet.click("draft-item").await;
    assert_eq!(tablet.value("notes").await, "Belt morgen.");
    tablet.click("back").await;

    // With a connection all of it arrives.
    let _server = Binary::start(data.path(), port, true).await;
    tablet.tell_online(true).await;
    until_all_stored(&tablet).await;
    until_standing(&tablet, UNSENT, "stored").await;

    // While nobody has unlocked the tablet, what goes is gone: that is said, and it begins anew.
    lock(&tablet).await;
    tablet.empty_storage(&url, "indexeddb").await;
    tablet.see("emptied").await;
    tablet.is_accessible("a tablet that was emptied").await;
    enrol(&tablet, &url, "veldwerker1").await;
    until_standing(&tablet, UNSENT, "stored").await;
    tablet.close().await;
}

async fn lock(tablet: &Browser) {
    tablet.click("sync-state").await;
    tablet.click("lock").await;
    tablet.see("unlock-password").await;
}

async fn until_draft_is_kept(tablet: &Browser) {
    let saved =
        "document.querySelector(\"[data-testid='draft-state']\")?.dataset.state === 'saved'";
    tablet.until("the draft is kept", saved).await;
}

/// Also for a page that has nothing in memory.
async fn all_is_there(tablet: &Browser) {
    tablet.reload().await;
    tablet.see("unlock-password").await;
    let home = tablet.evaluate("return location.origin + '/veld'").await;
    tablet.go(home.as_str().unwrap()).await;
    unlock(tablet).await;
    assert_eq!(standing(tablet, UNSENT).await, "waiting");
    tablet.click("draft-item").await;
    assert_eq!(tablet.value("quote-0").await, UNFINISHED);
    tablet.click("back").await;
    tablet.see("draft-item").await;
}
