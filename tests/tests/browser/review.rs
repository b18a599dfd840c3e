//! An editor judges what waits most and what chance drew; what that tells of the tagger, and what an
//! administrator does with it.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::sign_in;

const DRAWN: &str = "document.querySelector('.card.active .drawn') !== null";

#[tokio::test]
async fn what_is_judged_unseen_measures_the_tagger_and_an_administrator_acts_on_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "redacteur1").await;

    // Nothing was measured yet, and the page says what to do.
    browser.go(&format!("{}/kwaliteit", server.url)).await;
    browser.see_css(".quality .empty").await;
    browser.is_accessible("quality without a measurement").await;

    browser
        .go(&format!("{}/redactie?lijst=beoordelen", server.url))
        .await;
    browser.see_css("article.card").await;
    browser.picture("office-review-Desk").await;
    browser.is_accessible("the review").await;
    // The third is drawn by chance: it shows no suggestion, also when it is judged, and judged again.
    browser
        .click_css("ol.cards > li:nth-child(3) article")
        .await;
    browser.until("it is drawn by chance", DRAWN).await;
    let third = "ol.cards > li:nth-child(3) ";
    let suggests = format!("{third} .suggestions");
    assert!(!browser.has_css(&suggests).await);
    browser.press("0").await;
    browser.see_css(&format!("{third} .tags")).await;
    assert!(!browser.has_css(&suggests).await);
    browser.press("u").await;
    browser.until("it is asked again", DRAWN).await;
    assert!(!browser.has_css(&suggests).await);
    browser.press("0").await;
    browser.see_css(&format!("{third} .tags")).await;
    for place in [8, 13, 18, 23, 28] {
        browser
            .click_css(&format!("ol.cards > li:nth-child({place}) article"))
            .await;
        browser.press("0").await;
        browser
            .see_css(&format!("ol.cards > li:nth-child({place}) .tags"))
            .await;
    }
    browser.resize(Size::Tablet).await;
    browser.picture("office-review-Tablet").await;
    browser.resize(Size::Desk).await;

    browser.go(&format!("{}/kwaliteit", server.url)).await;
    browser.see_css(".figures").await;
    assert!(browser.text().await.contains("van 6 citaten"));
    browser.click_css(".picture summary").await;
    browser.is_accessible("quality").await;
    browser.picture("office-quality-Desk").await;
    browser.resize(Size::Tablet).await;
    browser.picture("office-quality-Tablet").await;
    browser.resize(Size::Desk).await;
    // An editor sees what stands by itself, and does not decide about it.
    assert!(!browser.has_css("#wanted").await);
    browser.close().await;

    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Desk).await;
    sign_in(&browser, &server.url, "beheerder").await;
    browser.go(&format!("{}/kwaliteit", server.url)).await;
    let wanted = browser.see_css("#wanted").await;
    wanted.clear().await.unwrap();
    wanted.send_keys("70").await.unwrap();
    browser.click_css(".wanted button[type='submit']").await;
    browser.see_css(".wanted .field-error").await;
    let wanted = browser.see_css("#wanted").await;
    wanted.clear().await.unwrap();
    wanted.send_keys("97,5").await.unwrap();
    browser.click_css(".wanted button[type='submit']").await;
    browser.see_css(".wanted .button.quiet").await;
    assert!(browser.text().await.contains("97,5%"));
    browser.click_css(".wanted .button.quiet").await;
    let off = "document.querySelector('.wanted .button.quiet') === null";
    browser.until("it is off", off).await;

    // Back to before the decisions, and on again.
    browser
        .click_css("[aria-labelledby='versions'] tbody tr:last-child button")
        .await;
    browser.see_css(".looked").await;
    browser.is_accessible("versions of the tagger").await;
    browser.picture("office-versions-Desk").await;
    browser.click_css(".looked button").await;
    browser
        .see_css("[aria-labelledby='versions'] .notice button")
        .await;
    browser
        .click_css("[aria-labelledby='versions'] .notice button")
        .await;
    let on = "document.querySelector(\"[aria-labelledby='versions'] .notice\") === null";
    browser.until("it learns again", on).await;
    browser.close().await;
}
