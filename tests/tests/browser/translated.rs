//! A browser that translates the page does not freeze what it says.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{enrol, has_text, on_tablet_page, record, sign_in, until_all_stored};

const WORDS: &str = "Er zijn te weinig lantaarns op het pad langs de sloot.";

#[tokio::test]
async fn states_and_totals_follow_on_a_page_that_was_translated() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;

    // Analysis: another filter, another total.
    sign_in(&browser, &url, "analist").await;
    for copies in [false, true] {
        browser.go(&format!("{url}/analyse")).await;
        let all = total(&browser).await;
        browser.translate(copies).await;
        browser.see("translated").await;
        browser
            .evaluate("history.pushState(null, '', '/analyse?language=tr'); dispatchEvent(new PopStateEvent('popstate'));")
            .await;
        let other =
            format!("document.querySelector('.total strong')?.innerText.trim() !== '{all}'");
        browser.until("the total follows the filter", &other).await;
        let shown = total(&browser).await;
        browser.reload().await;
        browser.see_css(".total strong").await;
        assert_eq!(shown, total(&browser).await, "copies: {copies}");
    }

    // The page asks not to be translated, whatever a browser makes of that.
    let asked = "document.documentElement.translate === false && document.querySelector(\"meta[name='google'][content='notranslate']\")";
    browser.until("it asks not to be translated", asked).await;
    browser.evaluate("document.cookie").await;

    // A tablet: the sign, the numbers and the standing of each conversation.
    let tablet_profile = Profile::fresh();
    let tablet = Browser::open(&driver, &tablet_profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    record(&tablet, "Dit is al bij het kantoor.", "").await;
    until_all_stored(&tablet).await;
    tablet
        .until("all is safe", &has_text("sync-state", "veilig opgeslagen"))
        .await;
    server.kill().await;
    tablet.tell_online(false).await;
    for copies in [false, true] {
        tablet.translate(copies).await;
        record(&tablet, WORDS, "").await;
        let waits = if copies { "2" } else { "1" };
        tablet
            .until(
                "the sign follows",
                &shows("[data-testid='sync-state']", waits),
            )
            .await;
        let safe = has_text("sync-state", "veilig opgeslagen");
        assert!(!holds(&tablet, &safe).await, "unsent work is called safe");
    }
    on_tablet_page(&tablet).await;
    tablet.translate(true).await;
    let server = Binary::start(data.path(), port, true).await;
    tablet.tell_online(true).await;
    tablet.click("sync-now").await;
    tablet
        .until(
            "the number follows",
            &shows("[data-testid='count-waiting']", "0"),
        )
        .await;
    tablet
        .until(
            "all is safe again",
            &has_text("sync-state", "veilig opgeslagen"),
        )
        .await;
    tablet
        .is_accessible("a page that a browser translates")
        .await;
    browser.close().await;
    tablet.close().await;
    drop(server);
}

async fn total(browser: &Browser) -> String {
    let strong = browser.see_css(".total strong").await;
    strong.text().await.unwrap().trim().to_owned()
}

/// What can be read there, and not what lies there.
fn shows(css: &str, text: &str) -> String {
    format!("document.querySelector(\"{css}\")?.innerText.includes('{text}')")
}

async fn holds(browser: &Browser, expression: &str) -> bool {
    let answer = browser
        .evaluate(&format!("return Boolean({expression})"))
        .await;
    answer == true
}
