//! A tablet never says more than is true: of its words, of the time, of who answers, of its password.

use koffiekar_server::demo;
use koffiekar_sync_core::office::ChangePerson;
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;
use koffiekar_tests::stranger::{Says, Stranger};
use reqwest::{Method, StatusCode};

use super::steps::{
    answer_and_finish, enrol, has_text, item, on_tablet_page, record, sign, standing, unlock,
    until_all_stored,
};

const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
const LOGIN: &str = "log daar in op de wifi";

#[tokio::test]
async fn a_tablet_tells_a_wifi_login_a_silent_server_an_open_form_and_a_wrong_clock() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;

    // Somebody signs in where a wifi answers first.
    tablet.go(&format!("{url}/veld")).await;
    tablet.see("enrol-login").await;
    server.kill().await;
    let stranger = Stranger::listen(port, Says::Page).await;
    tablet.fill("enrol-login", "veldwerker1").await;
    tablet.fill("enrol-password", demo::PASSWORD).await;
    tablet.click("enrol").await;
    let told =
        format!("document.getElementById('enrol-password-error').textContent.includes({LOGIN:?})");
    tablet.until("the wifi is told", &told).await;
    stranger.leave().await;
    let mut server = Binary::start(data.path(), port, true).await;
    enrol(&tablet, &url, "veldwerker1").await;
    record(&tablet, "Een gesprek voor de wifi.", "").await;
    until_all_stored(&tablet).await;
    tablet.until_kept().await;

    // Its words are safe, and one form is open: no tick.
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", "Dit is nog niet af").await;
    tablet
        .until("the sign tells of it", &state("unfinished"))
        .await;
    tablet.click("back").await;
    tablet.see("draft-item").await;
    assert_eq!(sign(&tablet).await, "unfinished");
    let spoken = has_text("sync-spoken", "1 niet af");
    tablet.until("a screen reader speaks it", &spoken).await;
    tablet
        .is_accessible("a round with something unfinished")
        .await;
    tablet.picture("field-unfinished").await;
    tablet.click("draft-item").await;
    answer_and_finish(&tablet).await;
    until_all_stored(&tablet).await;
    tablet.until("all is safe", &state("safe")).await;

    // In the place of the server: each kind of login page, and then nobody.
    on_tablet_page(&tablet).await;
    server.kill().await;
    let stranger = Stranger::listen(port, Says::Page).await;
    for says in Says::LOGINS {
        stranger.says(says);
        let before = stranger.asked();
        tablet.click("sync-now").await;
        let idle = "!document.querySelector(\"[data-testid='sync-now']\").ariaDisabled";
        tablet.until("the attempt is over", idle).await;
        assert!(stranger.asked() > before, "{says:?}");
        let told = tablet.see("last-attempt").await.text().await.unwrap();
        assert!(told.contains(LOGIN), "{says:?}: {told}");
        assert_eq!(sign(&tablet).await, "no-answer", "{says:?}");
    }
    let spoken = has_text("sync-spoken", "log eerst in op de wifi");
    tablet.until("a screen reader speaks it", &spoken).await;
    tablet.picture("field-wifi").await;
    stranger.says(Says::Nothing);
    tablet.click("sync-now").await;
    let silent = has_text("sync-state", "De server antwoordt niet");
    tablet.until("the silence is told", &silent).await;
    assert_eq!(sign(&tablet).await, "no-answer");
    stranger.leave().await;

    // The clock is set back by two years while nothing answers, and set right before anything does.
    tablet.shift_clock(-2 * YEAR_MS).await;
    tablet.go(&format!("{url}/veld")).await;
    unlock(&tablet).await;
    on_tablet_page(&tablet).await;
    let clock = tablet.see("clock").await.text().await.unwrap();
    assert!(clock.contains("niet zeker"), "{clock}");
    let year = tablet
        .evaluate("return String(new RealDate().getFullYear())")
        .await;
    assert!(clock.contains(year.as_str().unwrap()), "{clock}");
    tablet.picture("field-clock").await;
    tablet.click("back").await;
    tablet.click("new-conversation").await;
    tablet.see("clock-doubt").await;
    tablet.is_accessible("a form whose time is in doubt").await;
    tablet.picture("field-clock-doubt").await;
    tablet
        .type_into("quote-0", "Opgeschreven met een klok die achterliep.")
        .await;
    answer_and_finish(&tablet).await;
    tablet.shift_clock(0).await;
    tablet.go(&format!("{url}/veld")).await;
    unlock(&tablet).await;
    let server = Binary::start(data.path(), port, true).await;
    on_tablet_page(&tablet).await;
    tablet.click("sync-now").await;
    tablet.until("all is safe", &state("safe")).await;
    let clock = tablet.see("clock").await.text().await.unwrap();
    assert!(clock.contains("gelijk"), "{clock}");
    tablet.click("back").await;
    let row = format!(
        "{}[0]?.querySelector(\"[data-testid='time-doubtful']\")",
        item("Opgeschreven met een klok")
    );
    tablet
        .until("the list tells that its time is in doubt", &row)
        .await;
    let fine = format!("return {}[0].textContent", item("Dit is nog niet af"));
    let fine = tablet.evaluate(&fine).await;
    assert!(!fine.as_str().unwrap().contains("niet zeker"), "{fine}");
    tablet.close().await;
    drop(server);
}

fn state(name: &str) -> String {
    format!("document.querySelector(\"[data-testid='sync-state']\")?.dataset.state === {name:?}")
}

const NEW_PASSWORD: &str = "een ander wachtwoord van kantoor";

#[tokio::test]
async fn a_new_password_opens_a_tablet_whose_work_is_at_the_office_and_throws_nothing_else_away() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    let safe = "Dit gesprek staat veilig bij het kantoor.";
    record(&tablet, safe, "").await;
    until_all_stored(&tablet).await;
    lock(&tablet).await;

    let admin = Office::sign_in(&url, "beheerder").await;
    let path = format!("/api/v1/people/{}", demo::user("veldwerker1"));
    let renewed = ChangePerson {
        password: Some(NEW_PASSWORD.to_owned()),
        ..ChangePerson::default()
    };
    let (status, body) = admin.call(Method::PATCH, &path, Some(&renewed)).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    // The new one is not the one that locks the tablet, and that is what it says.
    tablet.fill("unlock-password", NEW_PASSWORD).await;
    tablet.click("unlock").await;
    let told = "document.getElementById('unlock-password-error').textContent.includes('het laatst opende')";
    tablet
        .until("it is told which password is meant", told)
        .await;
    tablet.click("have-new-password").await;
    tablet.see("all-at-office").await;
    tablet
        .is_accessible("a new password, with all at the office")
        .await;
    tablet.picture("field-new-password").await;
    // The office does not know the old one any more, and nothing is thrown away for it.
    tablet.fill("new-password-field", demo::PASSWORD).await;
    tablet.click("begin-anew").await;
    let told =
        "document.getElementById('new-password-field-error').textContent.includes('niets gewist')";
    tablet.until("the office refuses the old one", told).await;
    tablet.fill("new-password-field", NEW_PASSWORD).await;
    tablet.click("begin-anew").await;
    super::steps::choose_round(&tablet).await;
    until_all_stored(&tablet).await;
    assert_eq!(standing(&tablet, safe).await, "stored");

    // Something that the office has not: it is not thrown away, and can be handed over sealed.
    server.kill().await;
    record(&tablet, "Dit gesprek staat alleen hier.", "").await;
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", "En dit is niet af.").await;
    tablet.click("back").await;
    tablet.see("draft-item").await;
    lock(&tablet).await;
    tablet.click("have-new-password").await;
    let told = tablet.see("not-all-at-office").await.text().await.unwrap();
    assert!(
        told.contains("1 gesprek staat alleen op deze tablet"),
        "{told}"
    );
    assert!(told.contains("1 gesprek of wijziging is niet af"), "{told}");
    assert!(!tablet.has_css("[data-testid='begin-anew']").await);
    tablet
        .is_accessible("a new password, with unsent work")
        .await;
    tablet.picture("field-new-password-unsent").await;
    let downloads = tablet.downloads().await;
    tablet.click("rescue-locked").await;
    let file = downloads.file(".koffiekar").await;
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.len() > 200);
    let words = b"Dit gesprek staat alleen hier.";
    assert!(!bytes.windows(words.len()).any(|window| window == words));
    // The password that locks it opens it still.
    tablet.click("back-to-unlock").await;
    tablet.fill("unlock-password", NEW_PASSWORD).await;
    tablet.click("unlock").await;
    tablet.see("draft-item").await;
    assert_eq!(
        standing(&tablet, "Dit gesprek staat alleen hier.").await,
        "waiting"
    );
    tablet.close().await;
}

async fn lock(tablet: &Browser) {
    on_tablet_page(tablet).await;
    tablet.click("lock").await;
    tablet.see("unlock-password").await;
}
