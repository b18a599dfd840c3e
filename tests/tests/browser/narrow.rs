//! Small screens, large letters, light and dark: nothing runs off the side, everything can be read.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;

use super::steps::sign_in;

const SCREENS: [(&str, &[&str]); 3] = [
    (
        "redacteur1",
        &[
            "/redactie",
            "/redactie?lijst=beoordelen",
            "/redactie?lijst=twee-lezingen",
            "/redactie?actielijn=wonen-1",
            "/redactie/citaat/",
            "/publicaties",
            "/publicaties/",
            "/kwaliteit",
        ],
    ),
    (
        "analist",
        &[
            "/analyse",
            "/analyse?show=table&columns=language",
            "/analyse?show=quotes",
            "/analyse?columns=kind",
        ],
    ),
    (
        "beheerder",
        &[
            "/beheer/mensen",
            "/beheer/rondes",
            "/beheer/actielijnen",
            "/beheer/tablets",
            "/beheer/vastgehouden",
            "/beheer/redding",
            "/beheer/wissen",
            "/beheer/logboek",
            "/wachtwoord",
            "/kwaliteit",
        ],
    ),
];

/// What stands out over the side of the page, but for what scrolls by itself or is only heard.
const OUTSIDE: &str = "const wide = document.documentElement.clientWidth;
    const scrolls = (e) => e.closest('.scroll, .unseen, .desk-lists, svg, [hidden]');
    const out = [...document.querySelectorAll('body *')].filter((e) => {
        const box = e.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && (box.right > wide + 1 || box.left < -1) && !scrolls(e);
    });
    const page = document.documentElement.scrollWidth > wide ? ['the page scrolls sideways'] : [];
    return page.concat(out.slice(0, 5).map((e) => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40)))";

/// What is stored by a key and has a name: codes of languages and areas, keys of action lines.
const CODES: &str = "const texts = [...document.querySelectorAll('main *')]
        .flatMap((e) => [...e.childNodes]).filter((node) => node.nodeType === 3)
        .map((node) => node.textContent.trim());
    return texts.filter((text) => /^(nl|en|tr|ar|ber|und|F[A-Z]?[0-9]*|[a-z]+-[0-9])$/.test(text))";

/// Where the address ends in a slash, the first of its kind.
async fn address_of(url: &str, screen: &str) -> String {
    let editor = Office::sign_in(url, "redacteur1").await;
    match screen {
        "/publicaties/" => {
            let all: Vec<koffiekar_sync_core::office::Publication> =
                editor.get("/api/v1/publications").await;
            format!("/publicaties/{}", all[0].id)
        }
        "/redactie/citaat/" => {
            let page: koffiekar_sync_core::office::QuotePage =
                editor.get("/api/v1/quotes?conflict=true").await;
            format!("/redactie/citaat/{}", page.quotes[0].id)
        }
        screen => screen.to_owned(),
    }
}

#[tokio::test]
async fn every_office_screen_fits_320_pixels_names_things_and_can_be_read_in_light_and_dark() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let mut wrong = Vec::new();
    for (login, screens) in SCREENS {
        let profile = Profile::fresh();
        let browser = Browser::open(&driver, &profile, Size::Desk).await;
        browser.measure(320, 640).await;
        sign_in(&browser, &server.url, login).await;
        for screen in screens {
            let address = address_of(&server.url, screen).await;
            for language in ["nl", "en"] {
                browser
                    .evaluate(&format!("localStorage.setItem('language', '{language}')"))
                    .await;
                browser.go(&format!("{}{address}", server.url)).await;
                browser.see_css("main h1").await;
                browser.watch_requests().await;
                browser
                    .until("it is loaded", "!document.querySelector('main .busy')")
                    .await;
                browser.until_quiet().await;
                let outside = browser.evaluate(OUTSIDE).await;
                if outside != serde_json::json!([]) {
                    wrong.push(format!("{screen} in {language}: {outside}"));
                }
                let codes = browser.evaluate(CODES).await;
                if codes != serde_json::json!([]) {
                    wrong.push(format!("{screen} in {language} shows codes: {codes}"));
                }
                if language == "nl" {
                    let name = screen.replace(['/', '?', '='], "-");
                    browser.picture(&format!("narrow{name}")).await;
                    browser.measure(320, 640).await;
                    for scheme in ["light", "dark"] {
                        browser.prefer(scheme).await;
                        browser
                            .is_accessible(&format!("{screen} at 320 pixels, {scheme}"))
                            .await;
                    }
                    browser.prefer("light").await;
                }
            }
        }
        browser.close().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
