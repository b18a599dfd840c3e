//! What residents agree to: asked by a worker or read by the resident alone, recorded as it was said, asked
//! again, taken back.

use koffiekar_server::demo;
use koffiekar_sync_core::catalogue::Programme;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::office::{AskPurposes, Publication, QuotePage};
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Binary;
use reqwest::Method;
use serde_json::{Value, json};

use super::steps::{
    choose_round, enrol, has_text, open_conversation, sign_in, sync_by_hand, until_all_stored,
};

const CODE: &str = "2580";
const WORDS: &str = "De bushalte bij ons is weggehaald.";

/// Whether this answer is filled in.
fn is_checked(testid: &str) -> String {
    format!("document.querySelector(\"[data-testid='{testid}']\")?.checked === true")
}

async fn answer(browser: &Browser, testid: &str) {
    browser
        .evaluate(&format!(
            "document.querySelector(\"[data-testid='{testid}']\").click()"
        ))
        .await;
    browser
        .until(&format!("{testid} is filled in"), &is_checked(testid))
        .await;
}

async fn enter(browser: &Browser, code: &str) {
    for digit in code.chars() {
        browser.click(&format!("key-{digit}")).await;
    }
}

/// How an answer stands in a finished conversation: `yes`, `no` or `none`.
async fn until_stands(browser: &Browser, purpose: &str, answer: &str) {
    let row = format!("[data-testid='consent-{purpose}']");
    browser
        .until(
            &format!("{purpose} stands as {answer}"),
            &format!("document.querySelector(\"{row}\")?.dataset.answer === '{answer}'"),
        )
        .await;
}

/// Sets a field as pasting does.
async fn paste(browser: &Browser, testid: &str, text: &str) {
    browser.see(testid).await;
    let text = json!(text);
    browser
        .evaluate(&format!(
            "const field = document.querySelector(\"[data-testid='{testid}']\");
             field.value = {text};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
        ))
        .await;
}

#[tokio::test]
async fn what_a_resident_says_is_what_is_recorded() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &server.url, "veldwerker1").await;
    what_cannot_be_seen_or_kept_is_told_while_typing(&tablet).await;
    blanks_are_named_before_they_count_as_no(&tablet).await;
    the_resident_holds_the_tablet(&tablet, &server.url).await;
    a_second_asking_begins_with_what_stands(&tablet).await;
    one_touch_withdraws_and_another_undoes_it(&tablet).await;
    a_page_loaded_anew_is_locked(&tablet, &server.url).await;

    sync_by_hand(&tablet).await;
    until_all_stored(&tablet).await;
    the_office_has_it_so(&driver, &server.url).await;
    a_contradiction_is_settled_by_whoever_said_it(&tablet, &server.url).await;
    tablet.close().await;
}

async fn what_cannot_be_seen_or_kept_is_told_while_typing(tablet: &Browser) {
    tablet.click("new-conversation").await;
    tablet.click("done").await;
    let told = "document.querySelector(\"[data-testid='form-error']\").textContent !== ''";
    tablet.until("an empty form is refused", told).await;
    // Nothing with a width; the refusal of before is not said of it.
    paste(tablet, "quote-0", "\u{200b}\u{200b}").await;
    tablet
        .until("the refusal goes", &format!("!({told})"))
        .await;
    tablet.click("done").await;
    tablet.until("what cannot be seen is refused", told).await;

    paste(tablet, "quote-0", &WORDS.replace("bij", "bij\0")).await;
    tablet
        .until("the refusal goes", &format!("!({told})"))
        .await;
    tablet
        .until(
            "the place is told",
            &has_text("null-told", "De bushalte bij"),
        )
        .await;
    tablet
        .is_accessible("a character that cannot be kept")
        .await;
    tablet.click("remove-null").await;
    tablet.until_gone("null-told").await;
    assert_eq!(tablet.value("quote-0").await, WORDS);
    tablet.fill("notes", "Staat met een kinderwagen.").await;
    a_quote_that_was_taken_out_is_put_back_after_the_lock(tablet).await;
}

async fn a_quote_that_was_taken_out_is_put_back_after_the_lock(tablet: &Browser) {
    tablet.click("add-quote").await;
    tablet.fill("quote-1", "En de bank ook.").await;
    tablet.click("remove-1").await;
    tablet.see("undo-remove").await;
    let saved =
        "document.querySelector(\"[data-testid='draft-state']\")?.dataset.state === 'saved'";
    tablet.until("it is saved", saved).await;
    tablet.reload().await;
    tablet.fill("unlock-password", demo::PASSWORD).await;
    tablet.click("unlock").await;
    tablet.click("undo-remove").await;
    assert_eq!(tablet.value("quote-1").await, "En de bank ook.");
    assert_eq!(tablet.value("notes").await, "Staat met een kinderwagen.");
    tablet.click("remove-1").await;
    tablet.until_gone("quote-1").await;
}

async fn blanks_are_named_before_they_count_as_no(tablet: &Browser) {
    // Nothing is asked that nobody could honour.
    assert!(
        !tablet
            .has_css("[data-testid='consent-named-yes'], [data-testid='consent-contact-yes']")
            .await
    );
    tablet.click("done").await;
    let main = "document.querySelector('dialog .button.main').dataset.testid === 'to-questions'";
    tablet.until("the first button leads back", main).await;
    tablet.is_accessible("questions without an answer").await;
    tablet.picture("field-unanswered").await;
    tablet.click("to-questions").await;
    let focus = "document.activeElement.id === 'consent-title'";
    tablet.until("the questions have the focus", focus).await;

    // No text in the language that is spoken: the worker is told, and chooses.
    tablet
        .evaluate(
            "const list = document.querySelector(\"[data-testid='language']\");
             list.value = 'ber';
             list.dispatchEvent(new Event('change', { bubbles: true }));",
        )
        .await;
    tablet
        .until(
            "the language is told",
            &has_text("consent-language-missing", "Nederlands"),
        )
        .await;
    tablet.click("consent-language-ar").await;
    tablet
        .until(
            "another is told",
            &has_text("consent-language-missing", "Arabisch"),
        )
        .await;
    tablet.is_accessible("questions in another language").await;
}

/// In Arabic, mirrored; nothing else is on the page, and nothing leads out of it.
async fn the_resident_holds_the_tablet(tablet: &Browser, url: &str) {
    tablet.click("give-tablet").await;
    enter(tablet, "1234").await;
    tablet.click("keep-code").await;
    tablet
        .until(
            "an easy code is refused",
            "document.querySelector('dialog .field-error').textContent !== ''",
        )
        .await;
    tablet.is_accessible("choosing a code").await;
    for _ in 0..4 {
        tablet.click("key-back").await;
    }
    enter(tablet, CODE).await;
    tablet.click("keep-code").await;
    tablet.see("handed-over").await;
    let mirrored = "getComputedStyle(document.querySelector(\"[data-testid='handed-over']\")).direction === 'rtl'";
    tablet.until("it reads from right to left", mirrored).await;
    tablet
        .holds_everywhere("the tablet in a resident's hands", "handed-over-ar")
        .await;
    let nothing_else =
        "!document.querySelector('.f-bar, textarea, a, dialog, .update, .announcer')";
    tablet.until("nothing else is there", nothing_else).await;
    assert!(!tablet.text().await.contains("kinderwagen"));

    for _ in 0..4 {
        tablet.evaluate("history.back()").await;
        tablet.press("\u{e00c}").await;
        tablet
            .until(
                "the questions stay",
                "document.querySelector(\"[data-testid='handed-over']\")",
            )
            .await;
    }
    // Nor does a window beside it.
    let handed_over = tablet.open_beside(&format!("{url}/redactie")).await;
    tablet.see("unlock-password").await;
    tablet.back_to(handed_over).await;
    tablet.evaluate("location.hash = 'x'").await;
    tablet.see("handed-over").await;
    tablet
        .until(
            "the address is that of the form",
            "location.pathname.startsWith('/veld/concept/')",
        )
        .await;

    tablet.click("consent-language-nl").await;
    answer(tablet, "consent-analysis-yes").await;
    tablet
        .holds_everywhere("the questions in Dutch", "handed-over-nl")
        .await;
    tablet.click("handed-on").await;
    let open = has_text("consent-anonymous-said", "Geen antwoord");
    tablet.until("what is open is named", &open).await;
    tablet
        .holds_everywhere("the answers once more", "handed-check")
        .await;
    tablet.click("handed-change").await;
    answer(tablet, "consent-anonymous-no").await;
    tablet.click("handed-on").await;
    tablet.click("handed-right").await;
    tablet.see("handed-thanks").await;
    tablet.is_accessible("thanks").await;

    // Who does not know the digits stays outside.
    tablet.click("worker").await;
    tablet
        .holds_everywhere("the way back", "handed-return")
        .await;
    enter(tablet, "1111").await;
    let wrong = "document.querySelector(\"[data-testid='return-wrong']\").textContent !== ''";
    tablet.until("a wrong code is told", wrong).await;
    tablet.click("return-back").await;
    tablet.see("handed-thanks").await;
    tablet.click("worker").await;
    enter(tablet, CODE).await;
    tablet.until_gone("handed-over").await;
    assert_eq!(tablet.value("notes").await, "Staat met een kinderwagen.");
    for testid in ["consent-analysis-yes", "consent-anonymous-no"] {
        tablet
            .until("the answers are in the form", &is_checked(testid))
            .await;
    }
    tablet.click("done").await;
    tablet.see("new-conversation").await;
}

async fn a_second_asking_begins_with_what_stands(tablet: &Browser) {
    open_conversation(tablet, "De bushalte bij ons").await;
    until_stands(tablet, "analysis", "yes").await;
    until_stands(tablet, "anonymous_publication", "no").await;
    tablet.click("ask-consent").await;
    for testid in ["consent-analysis-yes", "consent-anonymous-no"] {
        tablet
            .until("what stands is filled in", &is_checked(testid))
            .await;
    }
    // Nothing is changed: nothing is recorded, and that is said.
    tablet.click("save-consent").await;
    tablet
        .until(
            "it is said",
            "document.querySelector('dialog h2').textContent.includes('verandert niets')",
        )
        .await;
    tablet.click("back-to-answers").await;
    // One changes; the other stays what it was.
    answer(tablet, "consent-anonymous-yes").await;
    tablet
        .until(
            "the change is marked",
            &has_text("consent-anonymous-changes", "Nee"),
        )
        .await;
    tablet.click("save-consent").await;
    let said = has_text("consent-anonymous-said", "Ja");
    tablet.until("before and after stand there", &said).await;
    tablet.is_accessible("what will be recorded").await;
    tablet.picture("field-confirm-answers").await;
    tablet.click("confirm-answers").await;
    until_stands(tablet, "anonymous_publication", "yes").await;
    until_stands(tablet, "analysis", "yes").await;
}

async fn one_touch_withdraws_and_another_undoes_it(tablet: &Browser) {
    tablet.click("withdraw-analysis").await;
    until_stands(tablet, "analysis", "no").await;
    tablet.see("undo-withdrawal").await;
    tablet.is_accessible("a withdrawal").await;
    tablet.picture("field-withdrawn").await;
    tablet.click("undo-withdrawal").await;
    until_stands(tablet, "analysis", "yes").await;
    tablet.until_gone("undo-withdrawal").await;
}

/// The key is in memory alone; no address leads past the lock, and answers that nobody confirmed are none.
async fn a_page_loaded_anew_is_locked(tablet: &Browser, url: &str) {
    tablet.click("ask-consent").await;
    tablet.click("give-tablet").await;
    tablet.see("handed-over").await;
    answer(tablet, "consent-analysis-no").await;
    tablet.reload().await;
    tablet.see("unlock-password").await;
    for address in ["/redactie", "/", "/veld/tablet"] {
        tablet.go(&format!("{url}{address}")).await;
        tablet.see("unlock-password").await;
        assert!(!tablet.has_css(".menu, .f-item").await, "{address}");
    }
    tablet.fill("unlock-password", demo::PASSWORD).await;
    tablet.click("unlock").await;
    tablet.see("sync-now").await;
    tablet.click("back").await;
    choose_round(tablet).await;
    open_conversation(tablet, "De bushalte bij ons").await;
    until_stands(tablet, "analysis", "yes").await;
    tablet.click("back").await;
}

/// The editor sees what was agreed to; a quote that nobody judged is not printable, and is counted so.
async fn the_office_has_it_so(driver: &Driver, url: &str) {
    let editor = Office::sign_in(url, "redacteur1").await;
    let found: QuotePage = editor.get("/api/v1/quotes?text=bushalte+weggehaald").await;
    let quote = &found.quotes[0];
    assert_eq!(
        quote.consent,
        [Purpose::Analysis, Purpose::AnonymousPublication]
    );

    let list: Vec<Publication> = editor.get("/api/v1/publications").await;
    let publication: Publication = editor
        .get(&format!("/api/v1/publications/{}", list[0].id))
        .await;
    let section = publication.sections[0].id;
    let path = format!("/api/v1/sections/{section}/selections");
    let _: Value = editor.post(&path, &json!({ "quote": quote.id })).await;
    let profile = Profile::fresh();
    let desk = Browser::open(driver, &profile, Size::Desk).await;
    sign_in(&desk, url, "redacteur1").await;
    let address = format!("{url}/publicaties/{}", publication.id);
    desk.go(&address).await;
    desk.until(
        "it is counted",
        &has_text("verdict", "nog niet beoordeeld: 1"),
    )
    .await;
    desk.is_accessible("a text with a quote that nobody judged")
        .await;
    desk.picture("office-unjudged").await;
    let tags = format!("/api/v1/quotes/{}/tags", quote.id);
    let _: Value = editor.post(&tags, &json!({ "confirm": ["none"] })).await;
    desk.go(&address).await;
    desk.until(
        "it may be printed",
        &has_text("verdict", "mag zo gedrukt worden: 1 citaat"),
    )
    .await;
    desk.close().await;
}

/// Where a programme asks about the name as well.
async fn a_contradiction_is_settled_by_whoever_said_it(tablet: &Browser, url: &str) {
    let admin = Office::sign_in(url, "beheerder").await;
    let asks = AskPurposes {
        asks: vec![Purpose::NamedPublication, Purpose::AnonymousPublication],
    };
    let path = "/api/v1/programme/asks";
    let (status, body) = admin.call(Method::PUT, path, Some(&asks)).await;
    assert!(status.is_success(), "{body}");
    let programme: Programme = serde_json::from_str(&body).unwrap();
    assert_eq!(
        programme.asks,
        [Purpose::AnonymousPublication, Purpose::NamedPublication]
    );
    sync_by_hand(tablet).await;
    tablet.click("new-conversation").await;
    tablet
        .type_into("quote-0", "Zet mijn naam er maar bij.")
        .await;
    answer(tablet, "consent-anonymous-no").await;
    answer(tablet, "consent-named-yes").await;
    tablet.see("contradiction").await;
    tablet.is_accessible("a contradiction").await;
    tablet.picture("field-contradiction").await;
    tablet.click("done").await;
    let told = "document.querySelector(\"[data-testid='form-error']\").textContent !== ''";
    tablet.until("it is not recorded unsettled", told).await;
    tablet.click("neither").await;
    tablet.until_gone("contradiction").await;
    tablet
        .until("both are no", &is_checked("consent-named-no"))
        .await;
    tablet.click("done").await;
    tablet.see("new-conversation").await;

    // Analysis is not asked any more; what was said of it stands, to be taken back and no more.
    open_conversation(tablet, "De bushalte bij ons").await;
    tablet.click("ask-consent").await;
    tablet
        .until("it can be withdrawn", &is_checked("consent-analysis-yes"))
        .await;
    tablet.click("cancel-consent").await;
    tablet.click("back").await;
}
