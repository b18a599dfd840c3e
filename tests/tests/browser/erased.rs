//! What is erased at the office is nowhere on a tablet, and its worker is told in a quiet sentence.

use koffiekar_sync_core::office::{Erasure, QuotePage};
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;

use super::steps::{
    answer_and_finish, correct_at, has_text, open_conversation, record, sign_in, sync_by_hand,
    unlock, until_all_stored,
};

const ERASED: &str = "Mijn buurvrouw Fatma van nummer zeventien slaapt slecht.";
const KEPT: &str = "De vuilnisbak puilt uit.";
const CORRECTED: &str = "De vuilnisbak op de hoek puilt elke vrijdag uit.";
const TYPED: &str = " En haar broer ook.";
const NOTED: &str = "Bij de koffiekar.";
const NOTES_TYPED: &str = " Later nog eens langsgaan.";
const WHOLE: &str = "Ik heet Piet en ik woon boven de bakker.";
const MOVED: &str = "Er is te weinig plek om te skeeleren.";

#[tokio::test]
async fn erased_words_are_nowhere_on_a_tablet_and_other_work_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let (profile, desk_profile) = (Profile::fresh(), Profile::fresh());
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    super::steps::enrol(&tablet, &url, "veldwerker1").await;
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", ERASED).await;
    tablet.click("add-quote").await;
    tablet.type_into("quote-1", KEPT).await;
    tablet.fill("notes", NOTED).await;
    answer_and_finish(&tablet).await;
    record(&tablet, WHOLE, "").await;
    record(&tablet, MOVED, "").await;
    until_all_stored(&tablet).await;

    // Without a connection one edit is finished, and two are being typed.
    tablet.tell_online(false).await;
    open_conversation(&tablet, ERASED).await;
    correct_at(&tablet, 1, CORRECTED).await;
    tablet.click("correct-0").await;
    tablet.type_into("wording-0", TYPED).await;
    tablet.click("edit-notes").await;
    tablet.type_into("notes", NOTES_TYPED).await;

    let desk = Browser::open(&driver, &desk_profile, Size::Desk).await;
    let number = number_of(&desk, &url, "fatma").await;
    let other = number_of(&desk, &url, "skeeleren").await;
    desk.evaluate_async("fetch('/api/v1/session', { method: 'DELETE' })")
        .await;
    sign_in(&desk, &url, "beheerder").await;
    erase_first_quote(&desk, &url, &number).await;

    // The tablet that looks at it goes on with the rest.
    tablet.tell_online(true).await;
    let told = has_text(
        "told",
        "In dit gesprek zijn woorden van de bewoner op verzoek gewist",
    );
    tablet.until("it is told", &told).await;
    tablet
        .until(
            "the other edit is there",
            &has_text("quote-text-0", CORRECTED),
        )
        .await;
    for words in ["Fatma", "haar broer"] {
        assert!(!is_on(&tablet, words).await, "{words} is on the screen");
    }
    assert_eq!(
        tablet.value("notes").await,
        format!("{NOTED}{NOTES_TYPED}"),
        "what was typed of the notes goes on"
    );
    tablet
        .is_accessible("a conversation of which a quote was erased")
        .await;
    tablet.picture("field-quote-erased").await;
    tablet.click("save-notes").await;
    tablet
        .until(
            "the notes are saved",
            &has_text("notes-text", NOTES_TYPED.trim()),
        )
        .await;
    tablet.click("back").await;
    tablet.see("told").await;
    tablet.picture("field-told-erased").await;
    tablet.click("told-read").await;
    tablet.until_gone("told").await;
    until_all_stored(&tablet).await;

    // All of another one goes while somebody types in it.
    open_conversation(&tablet, WHOLE).await;
    let path = tablet.evaluate("return location.pathname").await;
    let whole = path
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    tablet.click("correct-0").await;
    tablet.type_into("wording-0", TYPED).await;
    let administrator = Office::sign_in(&url, "beheerder").await;
    let path = format!("/api/v1/conversations/{whole}/erase");
    let _: Erasure = administrator.post(&path, &()).await;
    let told = has_text("told", "Een gesprek is op verzoek gewist");
    tablet.until("it is told", &told).await;
    for words in ["Piet", "haar broer"] {
        assert!(!is_on(&tablet, words).await, "{words} is on the screen");
    }
    tablet.is_accessible("a conversation that was erased").await;
    tablet.picture("field-erased").await;

    move_away(&desk, &url, &other).await;
    tablet.click("back").await;
    let told = has_text("told", "Een gesprek is naar een andere ronde verplaatst");
    tablet.until("the move is told", &told).await;

    // It is told until it was read, and nothing comes back.
    tablet.go(&format!("{url}/veld")).await;
    unlock(&tablet).await;
    tablet.see("told").await;
    assert!(!tablet.has_css("[data-testid='orphan-item']").await);
    tablet.click("told-read").await;
    tablet.until_gone("told").await;
    sync_by_hand(&tablet).await;
    for words in ["Fatma", "Piet", "haar broer"] {
        assert!(!is_on(&tablet, words).await, "{words} is on the screen");
    }

    let editor = Office::sign_in(&url, "redacteur1").await;
    for (search, found) in [("fatma", 0), ("bakker", 0), ("vuilnisbak hoek", 1)] {
        let path = format!("/api/v1/quotes?text={}", search.replace(' ', "%20"));
        let page: QuotePage = editor.get(&path).await;
        let wordings: Vec<_> = page.quotes.iter().map(|quote| &quote.verbatim).collect();
        assert_eq!(page.total, found, "{search}: {wordings:?}");
    }
    tablet.close().await;
    desk.close().await;
}

/// An editor finds the quote and reads the number of its conversation.
async fn number_of(desk: &Browser, url: &str, search: &str) -> String {
    if !desk.text().await.contains("redacteur") {
        sign_in(desk, url, "redacteur1").await;
    }
    let editor = Office::sign_in(url, "redacteur1").await;
    let page: QuotePage = editor.get(&format!("/api/v1/quotes?text={search}")).await;
    assert_eq!(page.total, 1, "{search}");
    desk.go(&format!("{url}/redactie/citaat/{}", page.quotes[0].id))
        .await;
    let number = desk.see("conversation-number").await.text().await.unwrap();
    assert_eq!(number, page.quotes[0].conversation.to_string());
    desk.is_accessible("a quote with its number").await;
    desk.picture("office-quote-number").await;
    number
}

async fn find(desk: &Browser, url: &str, number: &str) {
    desk.go(&format!("{url}/beheer/wissen")).await;
    let field = desk.see_css("#erase-number").await;
    field.send_keys(number).await.unwrap();
    desk.click("find").await;
}

async fn erase_first_quote(desk: &Browser, url: &str, number: &str) {
    find(desk, url, "geen nummer").await;
    desk.see_css("#error-summary").await;
    desk.is_accessible("a number that is none").await;
    find(desk, url, "01890a5d-ac96-774b-bcce-b302099a8057").await;
    desk.see("not-found").await;
    find(desk, url, number).await;
    desk.see("outline").await;
    assert_eq!(desk.count_css("[data-testid='outline-quote']").await, 2);
    let page = desk.text().await;
    assert!(
        !page.contains("Fatma") && !page.contains("vuilnisbak"),
        "{page}"
    );
    desk.is_accessible("a conversation without its words").await;
    desk.picture("office-outline").await;
    desk.click_css("[data-testid='outline-quote']:first-child [data-testid='erase-quote']")
        .await;
    desk.see("erase-certain").await;
    desk.is_accessible("before a quote is erased").await;
    desk.picture("office-erase-quote").await;
    // Twice does no harm.
    desk.evaluate(
        "const b = document.querySelector(\"[data-testid='erase-certain']\"); b.click(); b.click();",
    )
    .await;
    desk.until(
        "the rest is shown",
        "document.querySelectorAll(\"[data-testid='outline-quote']\").length === 1",
    )
    .await;
    desk.until(
        "the erasure is listed once",
        "document.querySelectorAll(\"[data-testid='erasure']\").length === 1",
    )
    .await;
    desk.is_accessible("after a quote was erased").await;
    desk.picture("office-erased").await;
    find(desk, url, number).await;
    desk.see("gone").await;
    desk.is_accessible("a conversation that goes on elsewhere")
        .await;
    desk.picture("office-gone").await;
}

async fn move_away(desk: &Browser, url: &str, number: &str) {
    find(desk, url, number).await;
    let before = desk.see("outline-round").await.text().await.unwrap();
    let choose = "const s = document.querySelector('#move-to'); s.selectedIndex = 1; s.dispatchEvent(new Event('change', { bubbles: true }));";
    desk.evaluate(choose).await;
    desk.click("move").await;
    let moved = format!(
        "document.querySelector(\"[data-testid='outline-round']\")?.textContent !== {before:?}"
    );
    desk.until("it is in another round", &moved).await;
}

/// In the page's text, its fields or its code.
async fn is_on(tablet: &Browser, words: &str) -> bool {
    let script = format!(
        "return document.documentElement.innerHTML.includes({words:?}) || [...document.querySelectorAll('textarea, input')].some(e => e.value.includes({words:?}))"
    );
    tablet.evaluate(&script).await == true
}
