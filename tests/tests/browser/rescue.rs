//! The last resort: a tablet that cannot send writes a file, and the office reads it in.

use koffiekar_sync_core::office::QuotePage;
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;

use super::steps::{
    enrol, on_tablet_page, record, sign_in, standing, sync_by_hand, until_all_stored,
};

// Words that no conversation of the demo has: they are counted at the office.
const FIRST: &str = "De speeltuin is mooi, maar 's avonds is het er te donker.";
const SECOND: &str = "Ik wil graag helpen met de kippenren achter de school.";
const UNFINISHED: &str = "De bus rijdt op zondag niet meer, en ik heb geen";

#[tokio::test]
async fn a_tablet_that_cannot_send_is_rescued_by_a_file_that_the_office_alone_opens() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    record(&tablet, "Een gesprek dat gewoon verstuurd wordt.", "").await;
    until_all_stored(&tablet).await;
    on_tablet_page(&tablet).await;
    tablet.see("nothing-to-export").await;
    tablet.click("back").await;

    // Out of reach: two conversations are finished, one is not.
    server.kill().await;
    tablet.tell_online(false).await;
    record(&tablet, FIRST, "").await;
    record(&tablet, SECOND, "Belt volgende week.").await;
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", UNFINISHED).await;
    tablet.click("back").await;
    tablet.see("draft-item").await;
    on_tablet_page(&tablet).await;
    tablet.see("export-drafts").await;
    let downloads = tablet.downloads().await;
    tablet.click("export").await;
    let made = tablet.see("exported").await;
    assert_eq!(made.attr("data-conversations").await.unwrap().unwrap(), "2");
    tablet.see("export").await.scroll_into_view().await.unwrap();
    tablet.picture("field-exported").await;
    tablet.is_accessible("this tablet, after an export").await;
    let file = downloads.file(".koffiekar").await;
    let bytes = std::fs::read(&file).unwrap();
    for words in [FIRST, SECOND, UNFINISHED] {
        let found = bytes.windows(words.len()).any(|w| w == words.as_bytes());
        assert!(!found, "`{words}` lies readable in the file");
    }
    // Nothing was erased.
    assert_eq!(tablet.see("count-waiting").await.text().await.unwrap(), "2");
    tablet.click("back").await;
    tablet.see("draft-item").await;
    assert_eq!(standing(&tablet, FIRST).await, "waiting");

    // The office reads it in, twice.
    let server = Binary::start(data.path(), port, true).await;
    let desk_profile = Profile::fresh();
    let desk = Browser::open(&driver, &desk_profile, Size::Desk).await;
    sign_in(&desk, &url, "beheerder").await;
    desk.go(&format!("{url}/beheer/redding")).await;
    desk.click("rescue-read").await;
    desk.see_css("#error-summary").await;
    desk.is_accessible("a rescue file that was not chosen")
        .await;
    for outcome in ["stored", "unchanged"] {
        let field = desk.see("rescue-file").await;
        field.send_keys(file.to_str().unwrap()).await.unwrap();
        desk.click("rescue-read").await;
        let sum = desk
            .see_css(&format!("[data-testid='rescued-{outcome}'] dd"))
            .await;
        assert_eq!(sum.text().await.unwrap(), "2", "{outcome}");
        let page = desk.text().await;
        assert!(!page.contains("speeltuin"), "{page}");
    }
    desk.picture("office-rescued").await;
    desk.is_accessible("a rescue file that was read in").await;
    not_a_rescue_file(&desk, data.path()).await;

    let editor = Office::sign_in(&url, "redacteur1").await;
    for words in ["speeltuin", "kippenren"] {
        let page: QuotePage = editor.get(&format!("/api/v1/quotes?text={words}")).await;
        assert_eq!(page.total, 1, "{words}");
    }

    // The tablet sends them as well once it can, and nothing doubles.
    tablet.tell_online(true).await;
    sync_by_hand(&tablet).await;
    until_all_stored(&tablet).await;
    for words in ["speeltuin", "kippenren"] {
        let page: QuotePage = editor.get(&format!("/api/v1/quotes?text={words}")).await;
        assert_eq!(page.total, 1, "{words} after the tablet sent it too");
    }
    tablet.close().await;
    desk.close().await;
    drop(server);
}

async fn not_a_rescue_file(desk: &Browser, folder: &std::path::Path) {
    let photo = folder.join("foto.koffiekar");
    std::fs::write(&photo, b"geen reddingsbestand").unwrap();
    let field = desk.see("rescue-file").await;
    field.send_keys(photo.to_str().unwrap()).await.unwrap();
    desk.click("rescue-read").await;
    desk.see_css("#error-summary").await;
    assert!(!desk.has_css("[data-testid='rescued']").await);
}
