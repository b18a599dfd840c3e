//! A colleague's conversation comes by itself, at once.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{enrol, record, until_all_stored, until_standing};

const WORDS: &str = "De fontein op het plein doet het weer.";

/// A tablet asks by itself once in some minutes; this is told well before that.
#[tokio::test]
async fn a_colleagues_conversation_comes_without_being_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let (first_profile, second_profile) = (Profile::fresh(), Profile::fresh());
    let first = Browser::open(&driver, &first_profile, Size::Tablet).await;
    let second = Browser::open(&driver, &second_profile, Size::Tablet).await;
    enrol(&first, &url, "veldwerker1").await;
    enrol(&second, &url, "veldwerker2").await;
    until_told(&second).await;
    record(&first, WORDS, "").await;
    until_standing(&second, WORDS, "stored").await;

    // A stream that broke is opened anew once the connection is back.
    server.kill().await;
    let _server = Binary::start(data.path(), port, true).await;
    second.tell_online(false).await;
    second.tell_online(true).await;
    until_told(&second).await;
    let again = "En de bankjes eromheen zijn geverfd.";
    until_all_stored(&first).await;
    record(&first, again, "").await;
    until_standing(&second, again, "stored").await;
    first.close().await;
    second.close().await;
}

async fn until_told(tablet: &Browser) {
    tablet
        .until(
            "the server tells of news",
            "document.querySelector(\"[data-testid='sync-state']\")?.dataset.live === 'true'",
        )
        .await;
}
