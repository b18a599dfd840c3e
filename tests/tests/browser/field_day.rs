//! Two tablets go out, lose the connection, are used, and come back; the office sees what became of it.

use koffiekar_sync_core::office::{Counts, QuotePage};
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;

use super::steps::{
    answer_and_finish, correct, count_of, enrol, has_text, open_conversation, record, sign_in,
    standing, sync_by_hand, unlock, until_all_stored,
};

#[tokio::test]
async fn a_field_day_without_a_connection_loses_nothing_and_doubles_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let (first_profile, second_profile) = (Profile::fresh(), Profile::fresh());
    let first = Browser::open(&driver, &first_profile, Size::Tablet).await;
    let second = Browser::open(&driver, &second_profile, Size::Tablet).await;
    enrol(&first, &url, "veldwerker1").await;
    enrol(&second, &url, "veldwerker2").await;

    // A conversation that both have.
    record(
        &first,
        "De lantaarn in ons hofje is al weken kapot.",
        "Samen bekeken.",
    )
    .await;
    until_all_stored(&first).await;
    sync_by_hand(&second).await;
    open_conversation(&second, "De lantaarn in ons hofje").await;
    second.click("back").await;

    // The connection goes.
    server.kill().await;
    first.tell_online(false).await;
    second.tell_online(false).await;
    record(
        &first,
        "Mijn dochter wil graag een zwemclub in de wijk.",
        "Eerste tablet, offline.",
    )
    .await;
    record(
        &second,
        "De huur gaat elk jaar omhoog en er gebeurt niets.",
        "Tweede tablet, offline.",
    )
    .await;
    assert_eq!(standing(&first, "Mijn dochter wil graag").await, "waiting");
    assert_eq!(standing(&second, "De huur gaat elk jaar").await, "waiting");

    // Both change what they have in common: one the notes, the other the quote and its tag; and each
    // understood the quote a little differently.
    open_conversation(&first, "De lantaarn in ons hofje").await;
    first.click("edit-notes").await;
    first.type_into("notes", " De bewoner belt zelf ook.").await;
    first.click("save-notes").await;
    first
        .until(
            "the notes are saved",
            &has_text("notes-text", "belt zelf ook"),
        )
        .await;
    correct(&first, "De lantaarn in ons hofje is al zes weken kapot.").await;
    first.click("back").await;
    open_conversation(&second, "De lantaarn in ons hofje").await;
    correct(&second, "De lantaarn in het hofje is al weken stuk.").await;
    second.click("other-line").await;
    second.fill("picker-search", "verlichting").await;
    second.click("option").await;
    second.click("back").await;

    // The first tablet's battery dies in the middle of a word, and it starts again without a server.
    first.click("new-conversation").await;
    first
        .type_into("quote-0", "Het speelveldje is zo nat dat nieman")
        .await;
    first
        .until(
            "the draft is kept",
            "document.querySelector(\"[data-testid='draft-state']\")?.dataset.state === 'saved'",
        )
        .await;
    first.kill().await;
    let first = Browser::open(&driver, &first_profile, Size::Tablet).await;
    first.go(&format!("{url}/veld")).await;
    unlock(&first).await;
    first.picture("field-after-a-kill").await;
    first.click("draft-item").await;
    assert_eq!(
        first.value("quote-0").await,
        "Het speelveldje is zo nat dat nieman"
    );
    first.type_into("quote-0", "d er speelt.").await;
    answer_and_finish(&first).await;
    assert_eq!(
        standing(&first, "Het speelveldje is zo nat").await,
        "waiting"
    );

    // They come back.
    let server = Binary::start(data.path(), port, true).await;
    for tablet in [&first, &second, &first] {
        tablet.tell_online(true).await;
        sync_by_hand(tablet).await;
        until_all_stored(tablet).await;
    }
    for tablet in [&first, &second] {
        for words in [
            "Mijn dochter wil graag",
            "De huur gaat elk jaar",
            "Het speelveldje is zo nat",
        ] {
            assert_eq!(count_of(tablet, words).await, 1, "{words}");
            assert_eq!(standing(tablet, words).await, "stored", "{words}");
        }
        open_conversation(tablet, "De lantaarn").await;
        tablet.see("conflict").await;
        let page = tablet.text().await;
        assert!(
            page.contains("al zes weken kapot") && page.contains("al weken stuk"),
            "{page}"
        );
        assert!(page.contains("belt zelf ook"), "{page}");
        tablet
            .is_accessible("a conversation with two wordings")
            .await;
        tablet.click("back").await;
    }
    first.picture("field-list-stored").await;

    the_office_agrees(&driver, &url).await;
    first.close().await;
    second.close().await;
    drop(server);
}

/// The editor sees both wordings and confirms a tag with the keyboard; the analyst's counts agree.
async fn the_office_agrees(driver: &Driver, url: &str) {
    let editor = Office::sign_in(url, "redacteur1").await;
    for words in ["zwemclub", "speelveldje", "hofje"] {
        let page: QuotePage = editor.get(&format!("/api/v1/quotes?text={words}")).await;
        let found: Vec<_> = page.quotes.iter().map(|quote| &quote.verbatim).collect();
        assert_eq!(page.total, 1, "{words}: {found:?}");
    }
    let disputed: QuotePage = editor.get("/api/v1/quotes?text=hofje").await;
    assert_eq!(disputed.quotes[0].wordings.len(), 2);
    assert_eq!(disputed.quotes[0].tags.len(), 1);

    let profile = Profile::fresh();
    let desk = Browser::open(driver, &profile, Size::Desk).await;
    sign_in(&desk, url, "redacteur1").await;
    desk.see_css("article.card").await;
    let before: Counts = editor.get("/api/v1/quotes/counts?rows=tag_state").await;
    desk.go(&format!("{url}/redactie?zoek=zwemclub")).await;
    desk.see_css("article.card").await;
    desk.until(
        "one card is shown",
        "document.querySelectorAll('article.card').length === 1",
    )
    .await;
    desk.click_css("article.card").await;
    desk.press("1").await;
    desk.until(
        "the tag is confirmed",
        "document.querySelector('article.card .tags .confirmed, article.card .tag.confirmed')",
    )
    .await;
    desk.is_accessible("the editor's desk").await;
    desk.go(&format!("{url}/redactie/citaat/{}", disputed.quotes[0].id))
        .await;
    desk.see_css(".wordings .wording").await;
    assert_eq!(desk.count_css(".wordings .wording").await, 2);
    desk.is_accessible("a quote with two wordings").await;
    desk.close().await;

    let analyst = Office::sign_in(url, "analist").await;
    let after: Counts = analyst.get("/api/v1/quotes/counts?rows=tag_state").await;
    let confirmed = |counts: &Counts| {
        let place = counts.rows.iter().position(|row| row.key == "confirmed");
        place.map_or(0, |place| counts.cells[place][0])
    };
    assert_eq!(confirmed(&after), confirmed(&before) + 1);
    let listed: QuotePage = analyst.get("/api/v1/quotes?tag_state=confirmed").await;
    assert_eq!(listed.total, confirmed(&after));
}
