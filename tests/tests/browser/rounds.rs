//! A round that is over says so and asks; an area of another day is not proposed; and what a keyboard on
//! the screen leaves room for.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::answer_and_finish;

#[tokio::test]
async fn a_round_that_is_over_asks_before_a_conversation_goes_into_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    tablet.go(&format!("{}/veld", server.url)).await;
    // All rounds of this person are over.
    tablet.fill("enrol-login", "veldwerker3").await;
    tablet
        .fill("enrol-password", koffiekar_server::demo::PASSWORD)
        .await;
    tablet.click("enrol").await;
    tablet.see("round-time").await;
    assert_eq!(tablet.count_css("[data-testid='round-time']").await, 3);
    tablet.is_accessible("rounds that are over").await;
    tablet.click("round-item").await;
    tablet.see("round-time").await;
    tablet.click("new-conversation").await;
    tablet.see("round-asks").await;
    tablet
        .holds_everywhere("asking about a round that is over", "field-round-over")
        .await;
    tablet.click("do-not-record").await;
    tablet.until_gone("round-asks").await;
    tablet.click("new-conversation").await;
    tablet.click("record-anyway").await;
    tablet.see("round-time").await;
    // The demo's conversations of this round are of other days.
    assert!(!tablet.has_css("[data-testid='area-proposed']").await);
    tablet.click("area").await;
    tablet.fill("picker-search", "FB03").await;
    tablet.click("option").await;
    tablet
        .type_into("quote-0", "De lift in onze flat is al maanden stuk.")
        .await;
    answer_and_finish(&tablet).await;

    // Agreed to once today; and the area of a conversation of today is a proposal.
    tablet.click("new-conversation").await;
    tablet.see("area-proposed").await;
    tablet
        .holds_everywhere("a new conversation", "field-area-proposed")
        .await;
    suggestions_stay_in_sight_over_a_keyboard(&tablet).await;
    tablet.click("area").await;
    tablet.click("option").await;
    tablet.until_gone("area-proposed").await;
    tablet.close().await;
}

/// Held upright and sideways, the keyboard leaves about this much.
async fn suggestions_stay_in_sight_over_a_keyboard(tablet: &Browser) {
    for (width, height) in [(1280, 400), (360, 340)] {
        tablet.measure(width, height).await;
        tablet
            .fill(
                "quote-0",
                "Er is schimmel in huis en de woningcorporatie doet niets.",
            )
            .await;
        let in_sight = "(() => {
            const chip = document.querySelector(\"[data-testid='suggestion-0']\")?.getBoundingClientRect();
            if (!chip || chip.top < 0 || chip.bottom > innerHeight) return false;
            const on_top = document.elementFromPoint((chip.left + chip.right) / 2, (chip.top + chip.bottom) / 2);
            return on_top?.closest(\"[data-testid='suggestion-0']\") !== null;
        })()";
        tablet
            .until("the suggestion can be seen and touched", in_sight)
            .await;
    }
    tablet.resize(Size::Tablet).await;
}
