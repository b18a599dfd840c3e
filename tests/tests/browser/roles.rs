//! Each role finds its work, on a desk and on a tablet, and nothing on the way shuts anybody out.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::sign_in;

/// Login, and for each screen: its address, and what must be there.
const WORK: [(&str, &[(&str, &str)]); 3] = [
    (
        "redacteur1",
        &[
            ("/redactie", "article.card"),
            ("/redactie?lijst=twee-lezingen", "article.card .conflict"),
            ("/publicaties", "main a[href^='/publicaties/']"),
        ],
    ),
    (
        "analist",
        &[
            ("/analyse", "main svg"),
            ("/analyse?show=table", "main table"),
        ],
    ),
    (
        "beheerder",
        &[
            ("/beheer", "main table"),
            ("/beheer/rondes", "main table"),
            ("/beheer/actielijnen", "main button"),
            ("/beheer/tablets", "main table"),
            ("/beheer/vastgehouden", "main .empty"),
            ("/beheer/redding", "main form"),
            ("/beheer/wissen", "main .empty"),
        ],
    ),
];

#[tokio::test]
async fn each_role_finds_its_work_and_every_screen_is_accessible() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    for size in [Size::Desk, Size::Tablet] {
        for (login, screens) in WORK {
            let profile = Profile::fresh();
            let browser = Browser::open(&driver, &profile, size).await;
            sign_in(&browser, &server.url, login).await;
            for (address, must_be_there) in screens {
                browser.go(&format!("{}{address}", server.url)).await;
                browser.see_css(must_be_there).await;
                browser
                    .is_accessible(&format!("{address} for {login}, {size:?}"))
                    .await;
                let name = address.replace(['/', '?', '='], "-");
                browser.picture(&format!("office{name}-{size:?}")).await;
            }
            browser.close().await;
        }
    }
}

#[tokio::test]
async fn an_administrator_sees_what_other_words_of_an_action_line_would_move() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "beheerder").await;
    browser
        .go(&format!("{}/beheer/actielijnen", server.url))
        .await;
    browser.click_css(".lines-table button").await;
    browser.see("preview").await;
    // Words of quite another line in the place of its own.
    for field in ["line-description", "line-synonyms"] {
        let select = format!("document.getElementById('{field}').select()");
        browser.evaluate(&select).await;
        let field = browser.see_css(&format!("#{field}")).await;
        field
            .send_keys("speeltuin\nspeelplek\nvoetbalveldje\nsportclub\nkinderen buiten spelen")
            .await
            .unwrap();
    }
    let told = "document.querySelector(\"[data-testid='preview']\").textContent.includes('minder dan tien')";
    browser.until("it is told what would move", told).await;
    browser.is_accessible("what would move").await;
    browser.picture("office-preview-Desk").await;
    browser.resize(Size::Tablet).await;
    browser.picture("office-preview-Tablet").await;
    browser.click_css("form .row .button.quiet").await;
    browser.until_gone("preview").await;
    browser.close().await;
}

#[tokio::test]
async fn an_administrator_splits_a_line_and_takes_it_back() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "beheerder").await;
    browser
        .go(&format!("{}/beheer/actielijnen", server.url))
        .await;
    browser.click_css(".lines-table button + button").await;
    choose(&browser, "act-kind", 1).await;
    choose(&browser, "part-1", 1).await;
    for (field, text) in [
        ("part-1-title", "Eerste deel"),
        ("part-1-words", "schimmel en vocht"),
    ] {
        let field = browser.see_css(&format!("#{field}")).await;
        field.send_keys(text).await.unwrap();
    }
    // Without a second part it is refused before anything is sent.
    browser.click_css("form .button.main").await;
    browser.see_css("#error-summary").await;
    choose(&browser, "part-2", 2).await;
    browser
        .click_css("form .row .button:not(.main):not(.quiet)")
        .await;
    browser.see_css("[data-testid='act-preview'] p").await;
    browser.is_accessible("what a split would come to").await;
    browser.picture("office-split-Desk").await;
    browser.click_css("form .button.main").await;
    browser.see_css("[data-testid='line-acts'] button").await;
    browser.see_css(".lines-table tr.off").await;
    browser.is_accessible("a line that was split").await;
    browser.picture("office-line-acts-Desk").await;
    browser.click_css("[data-testid='line-acts'] button").await;
    browser.click_css(".dialog .button.danger").await;
    browser.see_css("[data-testid='line-acts'] tr.off").await;
    let open = "document.querySelector('.lines-table tr.off') === null";
    browser.until("the line is open again", open).await;
    browser.close().await;
}

/// Picks an option of a list, by its place.
async fn choose(browser: &Browser, id: &str, place: u32) {
    browser.see_css(&format!("#{id}")).await;
    let pick = format!(
        "const list = document.getElementById('{id}'); list.selectedIndex = {place};
         list.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    );
    browser.evaluate(&pick).await;
}

#[tokio::test]
async fn a_field_worker_is_taken_to_the_tablet_and_who_has_two_uses_chooses() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = &server.url;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Tablet).await;
    let at = async |path: &str| {
        let there = format!("location.pathname === '{path}'");
        browser.until(&format!("it is at {path}"), &there).await;
    };
    // Whatever a field worker asked for, the tablet is where they work.
    browser.go(&format!("{url}/redactie")).await;
    let login = browser.see_css("#login").await;
    login.send_keys("veldwerker1").await.unwrap();
    let password = browser.see_css("#password").await;
    let typed = format!("{}\n", koffiekar_server::demo::PASSWORD);
    password.send_keys(&typed).await.unwrap();
    at("/veld").await;
    assert_eq!(browser.value("enrol-login").await, "veldwerker1");
    browser
        .fill("enrol-password", koffiekar_server::demo::PASSWORD)
        .await;
    browser.click("enrol").await;
    browser
        .see_css("[data-testid='round-item'], [data-testid='new-conversation']")
        .await;
    browser.go(&format!("{url}/")).await;
    at("/veld").await;

    // An editor at the same tablet says which.
    sign_in(&browser, url, "redacteur1").await;
    browser.go(&format!("{url}/")).await;
    browser.see("use-field").await;
    browser
        .is_accessible("the choice between tablet and desk")
        .await;
    browser.picture("two-uses").await;
    browser.click("use-desk").await;
    at("/redactie").await;
    browser.click_css(".header-end > .button").await;
    browser.see("to-field").await;
    browser.go(&format!("{url}/")).await;
    at("/veld").await;
    browser.close().await;
}
