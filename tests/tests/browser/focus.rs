//! By the keyboard alone: whatever is pressed, the focus is somewhere afterwards, and a failure is told
//! where it is heard.

use koffiekar_sync_core::office::QuotePage;
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;

use super::steps::{correct, enrol, open_conversation, record, sign_in};

/// Buttons of a screen that are pressed, from the first on.
const MOST: u64 = 30;

/// Screens, by who works there.
const SCREENS: [(&str, &[&str]); 3] = [
    (
        "redacteur1",
        &[
            "/redactie?lijst=beoordelen",
            "/redactie?actielijn=wonen-1",
            "/publicaties/",
            "/kwaliteit",
        ],
    ),
    ("analist", &["/analyse?show=quotes"]),
    (
        "beheerder",
        &[
            "/beheer/mensen",
            "/beheer/rondes",
            "/beheer/actielijnen",
            "/beheer/wissen",
            "/kwaliteit",
        ],
    ),
];

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// What can be pressed on the screen now; printing opens a window of the browser's own.
const CONTROLS: &str = "[...document.querySelectorAll('main button, dialog[open] button')]
    .filter(e => e.getClientRects().length && !e.closest('[inert]') && !e.matches('.page-head .no-print'))";

async fn press_all(browser: &Browser, screen: &str) {
    let mut place = 0;
    loop {
        let focus = format!(
            "const all = {CONTROLS}; const e = all[{place}]; e?.focus(); return e ? e.textContent.trim() || 'cross' : null"
        );
        let pressed = browser.evaluate(&focus).await;
        let Some(pressed) = pressed.as_str().filter(|_| place < MOST) else {
            return;
        };
        browser.press(ENTER).await;
        browser.until_quiet().await;
        assert!(
            browser.focused().await.is_some(),
            "the focus is lost after `{pressed}` at {screen}"
        );
        // What it opened is closed by the keyboard, and the focus comes back.
        for _ in 0..3 {
            if !browser.has_css("dialog[open]").await {
                break;
            }
            browser.press(ESCAPE).await;
            browser.until_quiet().await;
            assert!(
                browser.focused().await.is_some(),
                "the focus is lost after what `{pressed}` opened was closed, at {screen}"
            );
        }
        place += 1;
    }
}

#[tokio::test]
async fn no_button_of_the_office_loses_the_focus() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    for (login, screens) in SCREENS {
        let profile = Profile::fresh();
        let browser = Browser::open(&driver, &profile, Size::Desk).await;
        sign_in(&browser, &server.url, login).await;
        for screen in screens {
            let address = match *screen {
                "/publicaties/" => first_text(&server.url).await,
                screen => screen.to_owned(),
            };
            browser.go(&format!("{}{address}", server.url)).await;
            browser.see_css("main h1").await;
            browser.watch_requests().await;
            browser.until_quiet().await;
            press_all(&browser, screen).await;
        }
        browser.close().await;
    }
}

async fn first_text(url: &str) -> String {
    let editor = Office::sign_in(url, "redacteur1").await;
    let all: Vec<koffiekar_sync_core::office::Publication> =
        editor.get("/api/v1/publications").await;
    format!("/publicaties/{}", all[0].id)
}

#[tokio::test]
async fn the_focus_goes_on_where_readings_rounds_and_tablets_change() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &url, "redacteur1").await;

    // Two readings with their authors; who settled which stays told.
    let editor = Office::sign_in(&url, "redacteur1").await;
    let page: QuotePage = editor.get("/api/v1/quotes?conflict=true").await;
    let quote = &page.quotes[0];
    browser
        .go(&format!("{url}/redactie/citaat/{}", quote.id))
        .await;
    browser.see("reading").await;
    browser.watch_requests().await;
    let authors = browser
        .evaluate("return [...document.querySelectorAll('[data-testid=reading] .under')].map(e => e.textContent)")
        .await;
    let authors: Vec<String> = serde_json::from_value(authors).unwrap();
    assert_eq!(authors.len(), quote.wordings.len());
    assert!(
        authors.iter().all(|author| author.contains(',')),
        "{authors:?}"
    );
    browser
        .evaluate("document.querySelector('[data-testid=reading] button').focus()")
        .await;
    browser.press(ENTER).await;
    let settled = browser.see("settled").await;
    browser.until_quiet().await;
    assert!(
        browser.focused().await.is_some(),
        "after a wording was settled"
    );
    let told = settled.text().await.unwrap();
    assert!(told.contains("Gekozen door"), "{told}");
    browser
        .is_accessible("a quote whose wording was settled")
        .await;
    browser.picture("office-settled").await;
    // A decision on the page of one quote keeps the button that was pressed.
    browser
        .evaluate("document.querySelector('.detail .suggestion').focus()")
        .await;
    browser.press(ENTER).await;
    browser.until_quiet().await;
    let focused = browser
        .evaluate("return document.activeElement.className")
        .await;
    assert!(
        focused.as_str().unwrap().contains("suggestion"),
        "{focused}"
    );
    browser.close().await;

    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &url, "beheerder").await;
    browser.go(&format!("{url}/beheer/rondes")).await;
    browser.see("change-round").await;
    browser.watch_requests().await;
    // Other days: what lies outside of them is told, and saved when that is meant.
    browser
        .evaluate("document.querySelectorAll('[data-testid=change-round]')[1].focus()")
        .await;
    browser.press(ENTER).await;
    let name = browser.see_css("#round-name").await;
    name.clear().await.unwrap();
    name.send_keys("Andere naam").await.unwrap();
    for (field, day) in [("round-starts", "2001-01-01"), ("round-ends", "2001-01-02")] {
        let set = format!(
            "const e = document.getElementById('{field}'); e.value = '{day}'; e.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        );
        browser.evaluate(&set).await;
    }
    browser.press(ENTER).await;
    browser.see("outside").await;
    browser.is_accessible("a round with other days").await;
    browser.picture("office-round-outside").await;
    browser.click_css("dialog .button.main").await;
    browser
        .until("it is saved", "!document.querySelector('dialog')")
        .await;
    browser.until_quiet().await;
    let focused = browser.focused().await.unwrap();
    assert!(focused.starts_with("button"), "{focused}");
    assert!(browser.text().await.contains("Andere naam"));
    // The row is changed in place.
    for expected in ["Ronde heropenen", "Ronde sluiten"] {
        browser
            .evaluate("document.querySelectorAll('[data-testid=close-round]')[0].focus()")
            .await;
        browser.press(ENTER).await;
        browser.until_quiet().await;
        if browser.has_css("dialog[open]").await {
            browser.click_css("dialog .button.danger").await;
            browser.until_quiet().await;
        }
        let focused = browser.focused().await.unwrap();
        assert!(focused.contains(expected), "{focused}");
    }

    // Behind a dialog nothing is heard: a failure is told in it.
    browser.click_css("[data-testid='close-round']").await;
    browser.see_css("dialog .button.danger").await;
    server.kill().await;
    browser.click_css("dialog .button.danger").await;
    browser.see_css("[role='alert'] .said.bad").await;
    browser.click("change-round").await;
    browser.see_css("dialog [role='alert'] .said.bad").await;
    browser.close().await;
}

#[tokio::test]
async fn a_tablet_keeps_the_focus_after_a_wording_an_answer_and_a_removal() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &server.url, "veldwerker1").await;
    record(&tablet, "De bank op het plein is kapot.", "").await;
    open_conversation(&tablet, "De bank op het plein").await;
    tablet.watch_requests().await;
    let is_kept = async |after: &str| {
        tablet.until_quiet().await;
        assert!(
            tablet.focused().await.is_some(),
            "the focus is lost after {after}"
        );
    };
    correct(&tablet, "De bank op het plein is al weken kapot.").await;
    is_kept("a wording was saved").await;
    tablet.click("ask-consent").await;
    is_kept("consent was asked again").await;
    tablet.click("save-consent").await;
    tablet.click("confirm-answers").await;
    is_kept("consent was saved").await;
    tablet.click("edit-notes").await;
    is_kept("the notes were opened").await;
    tablet.click("save-notes").await;
    is_kept("the notes were saved").await;
    tablet.close().await;
}
