//! Finding, counting and days, as the screens show them.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{answer_and_finish, enrol, sign_in};

/// Picks an option of a list by its value, as a person does.
async fn choose(browser: &Browser, id: &str, value: &str) {
    browser
        .see_css(&format!("#{id} option[value='{value}']"))
        .await;
    let pick = format!(
        "const list = document.getElementById('{id}'); list.value = '{value}';
         list.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    );
    browser.evaluate(&pick).await;
}

/// What is chosen in a list, or typed in a field.
async fn value(browser: &Browser, id: &str) -> String {
    let value = format!("return document.getElementById('{id}').value");
    browser.evaluate(&value).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_day_is_the_same_day_on_a_device_in_any_zone() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    for zone in ["America/Lima", "Pacific/Kiritimati"] {
        let profile = Profile::fresh();
        let browser = Browser::open(&driver, &profile, Size::Desk).await;
        browser.travel_to(zone).await;
        sign_in(&browser, &server.url, "beheerder").await;
        browser.go(&format!("{}/beheer/rondes", server.url)).await;
        browser.see_css("main table").await;
        let rounds = browser.text().await;
        for day in ["24 jan 2026", "14 mrt 2026", "10 jul 2026"] {
            assert!(rounds.contains(day), "{zone}: {day} in\n{rounds}");
        }
        assert!(rounds.contains("Europe/Amsterdam"), "{rounds}");
        browser.close().await;
        let profile = Profile::fresh();
        let browser = Browser::open(&driver, &profile, Size::Desk).await;
        browser.travel_to(zone).await;
        sign_in(&browser, &server.url, "analist").await;
        // A month is no moment either.
        browser
            .go(&format!("{}/analyse?show=table&rows=month", server.url))
            .await;
        browser.see_css("table.counts").await;
        let months = browser.text().await;
        for month in ["jan 2026", "feb 2026", "mrt 2026"] {
            assert!(months.contains(month), "{zone}: {month} in\n{months}");
        }
        assert!(!months.contains("dec 2025"), "{zone}:\n{months}");
        browser.close().await;
    }
}

#[tokio::test]
async fn the_analysis_says_what_it_leaves_out_and_goes_one_filter_back() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "analist").await;
    browser.see_css(".chart").await;
    let at = "location.search";
    choose(&browser, "filter-language", "nl").await;
    browser
        .until(
            "the language is chosen",
            &format!("{at}.includes('language=nl')"),
        )
        .await;
    choose(&browser, "filter-theme", "wonen").await;
    let told = "document.querySelector(\"[data-testid='by-state']\")?.textContent.includes('nog niet beoordeeld')";
    browser.until("it says what nobody judged", told).await;
    let without =
        "document.querySelector(\"[data-testid='by-state'] p\").textContent.startsWith('Zonder')";
    browser.until("without the filter by theme", without).await;

    let search = browser.see_css("#filter-text").await;
    search.send_keys("schimel").await.unwrap();
    browser.see("did-you-mean").await;
    assert!(
        !browser
            .evaluate("return location.href")
            .await
            .as_str()
            .unwrap()
            .contains("schim")
    );
    browser
        .is_accessible("the analysis with other words to look for")
        .await;
    browser.picture("office-did-you-mean-Desk").await;
    browser
        .click_css("[data-testid='did-you-mean'] button")
        .await;
    browser
        .until(
            "the word is taken",
            "document.getElementById('filter-text').value === 'schimmel'",
        )
        .await;
    browser.until_gone("did-you-mean").await;
    assert!(
        !browser
            .evaluate("return location.href")
            .await
            .as_str()
            .unwrap()
            .contains("schim")
    );

    // What is looked for goes into the file, and into no address.
    let downloads = browser.downloads().await;
    browser.click_css(".files .button.quiet").await;
    let file = downloads.file(".csv").await;
    let table = std::fs::read_to_string(&file).unwrap();
    assert!(table.starts_with("quote,"), "{table}");
    let name = file.file_name().unwrap().to_str().unwrap();
    let told = format!("document.querySelector('.said')?.textContent.includes({name:?})");
    browser.until("it is told", &told).await;
    let asked = browser
        .evaluate("return performance.getEntriesByType('resource').map((one) => one.name).join()")
        .await;
    assert!(!asked.as_str().unwrap().contains("schim"), "{asked}");

    // One step back each: the words that were typed, then none, then no theme, then no language.
    for (words, theme, language) in [
        ("schimel", "wonen", "nl"),
        ("", "wonen", "nl"),
        ("", "", "nl"),
        ("", "", ""),
    ] {
        browser.evaluate("history.back()").await;
        let back = format!(
            "document.getElementById('filter-text').value === '{words}'
             && document.getElementById('filter-theme').value === '{theme}'
             && document.getElementById('filter-language').value === '{language}'"
        );
        browser
            .until(&format!("back to {words:?} {theme:?} {language:?}"), &back)
            .await;
    }
    browser.evaluate("history.forward()").await;
    browser
        .until(
            "forward",
            "document.getElementById('filter-language').value === 'nl'",
        )
        .await;
    assert_eq!(value(&browser, "filter-theme").await, "");
    // A page that is loaded anew shows the same words.
    search_for(&browser, "buurt").await;
    browser.reload().await;
    browser
        .until(
            "the word is there again",
            "document.getElementById('filter-text')?.value === 'buurt'",
        )
        .await;

    // On paper stand the numbers and the filters, and no form.
    browser.see_css(".numbers").await;
    browser.preview_print(true).await;
    let shown =
        |css: &str| format!("return document.querySelector('{css}').getClientRects().length > 0");
    for (css, is_shown) in [
        (".analysis-side", false),
        (".dimensions", false),
        (".files", false),
        (".print-only", true),
        (".chart", true),
        (".numbers table", true),
    ] {
        assert_eq!(
            browser.evaluate(&shown(css)).await,
            is_shown,
            "{css} on paper"
        );
    }
    let filters = "return document.querySelector('.print-only').textContent";
    let filters = browser.evaluate(filters).await;
    assert_eq!(filters, "Woorden: buurt \u{b7} Taal: Nederlands");
    browser.preview_print(false).await;
    browser.close().await;
}

async fn search_for(browser: &Browser, words: &str) {
    let search = browser.see_css("#filter-text").await;
    search.send_keys(words).await.unwrap();
    let kept = format!("history.state === '{words}'");
    browser.until("the words are looked for", &kept).await;
}

#[tokio::test]
async fn a_search_at_the_desk_says_where_else_there_are_quotes() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "redacteur1").await;
    browser
        .go(&format!("{}/redactie?lijst=twee-lezingen", server.url))
        .await;
    let search = browser.see_css("#desk-search").await;
    search.send_keys("buurt").await.unwrap();
    browser.see("other-lists").await;
    browser
        .is_accessible("a search with quotes in other lists")
        .await;
    browser.picture("office-other-lists-Desk").await;
    // To all of them, with the same words, which stand in no address.
    browser
        .click_css("[data-testid='other-lists'] a[href*='lijst=alle']")
        .await;
    browser.see_css("article.card").await;
    assert_eq!(value(&browser, "desk-search").await, "buurt");
    assert!(
        !browser
            .evaluate("return location.href")
            .await
            .as_str()
            .unwrap()
            .contains("schim")
    );
    // To a quote and back: the same words.
    browser
        .click_css("article.card a[href*='/redactie/citaat/']")
        .await;
    browser
        .until(
            "the quote is open",
            "location.pathname.startsWith('/redactie/citaat/')",
        )
        .await;
    browser.evaluate("history.back()").await;
    browser
        .until("back at the list", "location.pathname === '/redactie'")
        .await;
    assert_eq!(value(&browser, "desk-search").await, "buurt");

    // From an empty place in a text to quotes of its theme alone.
    browser.go(&format!("{}/publicaties", server.url)).await;
    browser.click_css("main a[href^='/publicaties/']").await;
    browser.click_css(".no-quotes a[href*='opgave=']").await;
    browser
        .until("the desk is open", "location.pathname === '/redactie'")
        .await;
    browser.see_css(".desk-total").await;
    let heading = browser
        .evaluate("return document.querySelector('h1').textContent")
        .await;
    assert_eq!(heading, "Wonen");
    browser.see("other-lists").await;
    browser.close().await;
}

#[tokio::test]
async fn words_run_in_the_direction_of_their_letters_whatever_their_language_says() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &server.url, "veldwerker1").await;
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", "المدرسة بعيدة").await;
    let direction =
        |css: &str| format!("return getComputedStyle(document.querySelector(\"{css}\")).direction");
    let field = direction("[data-testid='quote-0']");
    assert_eq!(tablet.evaluate(&field).await, "rtl");
    answer_and_finish(&tablet).await;
    let listed = direction("[data-testid='conversation-item'] .f-item-words");
    assert_eq!(tablet.evaluate(&listed).await, "rtl");
    tablet.click("conversation-item").await;
    tablet.see_css("blockquote").await;
    assert_eq!(tablet.evaluate(&direction("blockquote")).await, "rtl");
    tablet.close().await;
}
