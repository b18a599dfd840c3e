//! What hands do without meaning it at the desks, and what can be taken back.

use koffiekar_sync_core::office::{ChooseQuote, Publication, QuotePage, Section};
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;

use super::steps::sign_in;

const NTH: &str = "ol.cards > li:nth-child";

async fn confirmed(office: &Office) -> u64 {
    let page: QuotePage = office
        .get("/api/v1/quotes?limit=1&tag_state=confirmed")
        .await;
    page.total
}

async fn open_desk(browser: &Browser, url: &str) {
    browser.go(&format!("{url}/redactie")).await;
    browser.see_css("article.card").await;
    browser.watch_requests().await;
    browser.until_quiet().await;
}

#[tokio::test]
async fn a_held_key_and_a_double_click_decide_once_and_undo_outlives_a_reload() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "redacteur1").await;
    open_desk(&browser, &server.url).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let before = confirmed(&editor).await;

    browser.click_css(&format!("{NTH}(1) article")).await;
    for (held, expected) in [("1", 1), ("0", 2)] {
        browser.hold(held, 8).await;
        browser.until_quiet().await;
        assert_eq!(browser.asked("/tags").await, expected, "{held} is held");
    }
    // Enter on a suggestion: the focus goes on to the next card, and the key is still down.
    let suggestion = format!("{NTH}(3) .suggestion");
    browser
        .evaluate(&format!("document.querySelector('{suggestion}').focus()"))
        .await;
    browser.hold("Enter", 8).await;
    browser.until_quiet().await;
    assert_eq!(browser.asked("/tags").await, 3, "Enter is held");
    let address = browser.evaluate("return location.pathname").await;
    assert_eq!(address, "/redactie");
    // The second click falls on whatever came under the pointer.
    browser
        .double_click_css(&format!("{NTH}(4) .suggestion"))
        .await;
    browser.until_quiet().await;
    assert_eq!(browser.asked("/tags").await, 4, "a double click");
    assert_eq!(confirmed(&editor).await, before + 4);

    // What was said already is not said once more.
    for again in ["once", "the same once more"] {
        browser
            .click_css(&format!("{NTH}(5) article .verbatim"))
            .await;
        browser.press("1").await;
        browser.until_quiet().await;
        assert_eq!(browser.asked("/tags").await, 5, "{again}");
    }
    browser.press("u").await;
    browser.until_quiet().await;
    assert_eq!(confirmed(&editor).await, before + 4);
    browser.press("u").await;
    browser.until_quiet().await;
    assert_eq!(confirmed(&editor).await, before + 3);
    // In another language, and loaded anew, it goes on.
    browser.click_css("#language-en").await;
    browser.see_css("article.card").await;
    browser.until_quiet().await;
    browser.click_css(".desk-head .help").await;
    browser.until_quiet().await;
    assert_eq!(confirmed(&editor).await, before + 2, "in another language");
    open_desk(&browser, &server.url).await;
    browser.click_css(".desk-head .help").await;
    browser.until_quiet().await;
    assert_eq!(confirmed(&editor).await, before + 1, "after a reload");
    // What was said of a line before stands again once its rejection is taken back.
    browser
        .click_css(&format!("{NTH}(7) article .verbatim"))
        .await;
    browser.press("1").await;
    browser.until_quiet().await;
    let before_rejecting = confirmed(&editor).await;
    browser
        .click_css(&format!("{NTH}(7) article .verbatim"))
        .await;
    browser.press("x").await;
    browser.until_quiet().await;
    assert_eq!(
        confirmed(&editor).await,
        before_rejecting - 1,
        "it is rejected"
    );
    browser.press("u").await;
    browser.until_quiet().await;
    assert_eq!(confirmed(&editor).await, before_rejecting, "as before");
    // Nobody's words are kept for it.
    let kept = browser
        .evaluate("return Object.values(sessionStorage).join()")
        .await;
    let kept = kept.as_str().unwrap();
    assert!(
        kept.contains("quote") && !kept.contains("verbatim"),
        "{kept}"
    );

    // What a colleague decided otherwise since is not taken back unseen; signing out leaves nothing.
    browser.click_css(".header-end > .button").await;
    browser.see_css("#login").await;
    let kept = browser
        .evaluate("return Object.keys(sessionStorage).join()")
        .await;
    assert!(!kept.as_str().unwrap().contains("undo"), "{kept}");
    browser.close().await;
}

#[tokio::test]
async fn a_quote_taken_out_of_a_text_is_put_back_also_after_a_reload() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = &server.url;
    let editor = Office::sign_in(url, "redacteur1").await;
    let (address, section, chosen) = with_quotes(&editor).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, url, "redacteur1").await;
    let open = async || {
        browser.go(&format!("{url}{address}")).await;
        browser.see_css(".chosen-quote").await;
        browser.watch_requests().await;
        browser.until_quiet().await;
    };
    open().await;
    let remove = format!("#section-{section} li:nth-child(2) .chosen-by button");
    browser.double_click_css(&remove).await;
    browser.until_quiet().await;
    assert_eq!(
        browser.focused().await.unwrap().split('#').next(),
        Some("button")
    );
    assert_eq!(
        in_section(&editor, &address).await.len(),
        chosen.len() - 1,
        "once"
    );
    browser
        .is_accessible("a text that a quote was taken out of")
        .await;
    browser.picture("office-taken-out").await;
    open().await;
    browser.see("removed").await;
    browser
        .click_css("[data-testid='removed'] button:not(.quiet)")
        .await;
    browser.until_gone("removed").await;
    browser.until_quiet().await;
    assert_eq!(
        in_section(&editor, &address).await,
        chosen,
        "where it stood"
    );
    let focused = browser.focused().await.unwrap();
    assert!(focused.starts_with("button#remove-"), "{focused}");

    // Two that stood side by side, put back in the order in which they were taken out.
    for left in [chosen.len() - 1, chosen.len() - 2] {
        browser
            .click_css(&format!("#section-{section} .chosen-by button"))
            .await;
        browser.until_quiet().await;
        assert_eq!(in_section(&editor, &address).await.len(), left);
    }
    for _ in 0..2 {
        browser
            .click_css("[data-testid='removed'] button:not(.quiet)")
            .await;
        browser.until_quiet().await;
    }
    assert_eq!(
        in_section(&editor, &address).await,
        chosen,
        "both where they stood"
    );
    browser.close().await;
}

/// Three quotes for the first section of the first text: its address, the id of the section on the page,
/// the quotes in their order.
async fn with_quotes(editor: &Office) -> (String, String, Vec<String>) {
    let all: Vec<Publication> = editor.get("/api/v1/publications").await;
    let path = format!("/api/v1/publications/{}", all[0].id);
    let text: Publication = editor.get(&path).await;
    let section = &text.sections[0];
    let quotes: QuotePage = editor
        .get("/api/v1/quotes?limit=3&consent=anonymous_publication&conflict=false")
        .await;
    for quote in &quotes.quotes {
        let choice = ChooseQuote {
            quote: quote.id,
            before: None,
        };
        let path = format!("/api/v1/sections/{}/selections", section.id);
        let _: Section = editor.post(&path, &choice).await;
    }
    let address = format!("/publicaties/{}", text.id);
    let chosen = in_section(editor, &address).await;
    (address, section.id.key(), chosen)
}

async fn in_section(editor: &Office, address: &str) -> Vec<String> {
    let path = format!("/api/v1{}", address.replace("publicaties", "publications"));
    let text: Publication = editor.get(&path).await;
    let quotes = text.sections[0].quotes.iter();
    quotes.map(|chosen| chosen.quote.id.to_string()).collect()
}

#[tokio::test]
async fn nothing_that_was_typed_is_thrown_away_unasked() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "beheerder").await;
    for (address, open, field) in [
        ("/beheer/mensen", ".page-head .button.main", "#person-name"),
        (
            "/beheer/rondes",
            "[data-testid='change-round']",
            "#round-name",
        ),
        ("/beheer/actielijnen", ".lines-table button", "#line-title"),
        (
            "/beheer/actielijnen",
            ".lines-table button + button",
            "#act-note",
        ),
    ] {
        // The way back is one within the app.
        browser.go(&format!("{}/beheer/logboek", server.url)).await;
        browser
            .click_css(&format!(
                "main a[href='{address}'], nav a[href='{address}']"
            ))
            .await;
        // Untouched it closes at once.
        browser.click_css(open).await;
        browser.see_css(field).await;
        browser.press("\u{e00c}").await;
        browser
            .until("it is closed", "!document.querySelector('dialog')")
            .await;
        browser.click_css(open).await;
        browser
            .see_css(field)
            .await
            .send_keys("Nieuw")
            .await
            .unwrap();
        for leave in ["Escape twice", "the cross", "the way back"] {
            match leave {
                "Escape twice" => {
                    browser.press("\u{e00c}").await;
                    browser.see("unsaved").await;
                    browser.press("\u{e00c}").await;
                }
                "the cross" => {
                    browser.click("close-dialog").await;
                    browser.see("unsaved").await;
                    browser
                        .is_accessible("the question about what was typed")
                        .await;
                    browser.click_css("#go-on-typing").await;
                }
                _ => {
                    browser.evaluate("history.back()").await;
                    browser.see("unsaved").await;
                    browser.click_css("#go-on-typing").await;
                }
            }
            browser.until_gone("unsaved").await;
            let typed = format!("return document.querySelector('{field}').value");
            let typed = browser.evaluate(&typed).await;
            assert!(
                typed.as_str().unwrap().contains("Nieuw"),
                "{leave} at {address}: {typed}"
            );
            assert_eq!(browser.evaluate("return location.pathname").await, address);
        }
        browser.click("close-dialog").await;
        browser.click("throw-away").await;
        browser
            .until("it is closed", "!document.querySelector('dialog')")
            .await;
    }
    // Nor where the session ends meanwhile: who it is signs in again over it.
    browser.go(&format!("{}/beheer/rondes", server.url)).await;
    browser.click("change-round").await;
    let name = browser.see_css("#round-name").await;
    name.send_keys(" (later)").await.unwrap();
    browser
        .evaluate_async("fetch('/api/v1/session', { method: 'DELETE' })")
        .await;
    browser.press("\u{e007}").await;
    browser.see("sign-in-again").await;
    browser.is_accessible("signing in again over a form").await;
    browser.press("\u{e00c}").await;
    browser.see("unsaved").await;
    browser.click_css("#go-on-typing").await;
    let password = browser.see_css("#again-password").await;
    let typed = format!("{}\u{e007}", koffiekar_server::demo::PASSWORD);
    password.send_keys(typed).await.unwrap();
    browser.until_gone("sign-in-again").await;
    let typed = browser
        .evaluate("return document.querySelector('#round-name').value")
        .await;
    assert!(typed.as_str().unwrap().ends_with(" (later)"), "{typed}");
    browser.click_css("dialog .button.main").await;
    browser
        .until("it is saved", "!document.querySelector('dialog')")
        .await;
    browser.close().await;
}
