//! What people do on the screens, step by step.

use koffiekar_tests::browser::Browser;

const PASSWORD: &str = koffiekar_server::demo::PASSWORD;
const ROUND: &str = "Buurtronde met de koffiekar (demo)";

/// At the office.
pub(super) async fn sign_in(browser: &Browser, url: &str, login: &str) {
    browser.go(&format!("{url}/aanmelden")).await;
    browser
        .see_css("#login")
        .await
        .send_keys(login)
        .await
        .unwrap();
    browser.is_accessible("signing in").await;
    let password = browser.see_css("#password").await;
    password.send_keys(format!("{PASSWORD}\n")).await.unwrap();
    browser
        .until("the sign-in is over", "location.pathname !== '/aanmelden'")
        .await;
}

/// On a tablet, for the first time.
pub(super) async fn enrol(browser: &Browser, url: &str, login: &str) {
    browser.go(&format!("{url}/veld")).await;
    browser.fill("enrol-login", login).await;
    browser.fill("enrol-password", PASSWORD).await;
    browser.click("enrol").await;
    choose_round(browser).await;
    browser.until_kept().await;
}

pub(super) async fn choose_round(browser: &Browser) {
    browser
        .see_css("[data-testid='round-item'], [data-testid='new-conversation']")
        .await;
    let script = format!(
        "[...document.querySelectorAll(\"[data-testid='round-item']\")].find(e => e.textContent.includes({ROUND:?}))?.click()"
    );
    browser.evaluate(&script).await;
    browser.see("new-conversation").await;
}

pub(super) async fn unlock(browser: &Browser) {
    unlock_at(browser, "new-conversation").await;
}

/// At an address that shows this.
pub(super) async fn unlock_at(browser: &Browser, testid: &str) {
    browser.fill("unlock-password", PASSWORD).await;
    browser.click("unlock").await;
    browser.see(testid).await;
}

pub(super) async fn record(browser: &Browser, words: &str, notes: &str) {
    browser.click("new-conversation").await;
    browser.type_into("quote-0", words).await;
    browser.fill("notes", notes).await;
    answer_and_finish(browser).await;
}

pub(super) async fn answer_and_finish(browser: &Browser) {
    for question in ["analysis-yes", "anonymous-yes"] {
        let script =
            format!("document.querySelector(\"[data-testid='consent-{question}']\").click()");
        browser.evaluate(&script).await;
    }
    browser.click("done").await;
    browser.see("new-conversation").await;
}

pub(super) fn item(words: &str) -> String {
    format!(
        "[...document.querySelectorAll(\"[data-testid='conversation-item']\")].filter(e => e.textContent.includes({words:?}))"
    )
}

pub(super) async fn open_conversation(browser: &Browser, words: &str) {
    browser
        .until(
            &format!("`{words}` is listed"),
            &format!("{}.length > 0", item(words)),
        )
        .await;
    browser
        .evaluate(&format!("{}[0].click()", item(words)))
        .await;
    browser.see("standing").await;
}

pub(super) async fn standing(browser: &Browser, words: &str) -> String {
    browser
        .until(
            &format!("`{words}` is listed"),
            &format!("{}.length > 0", item(words)),
        )
        .await;
    let standing = browser
        .evaluate(&format!("return {}[0].dataset.standing", item(words)))
        .await;
    standing.as_str().unwrap().to_owned()
}

pub(super) async fn count_of(browser: &Browser, words: &str) -> u64 {
    browser
        .evaluate(&format!("return {}.length", item(words)))
        .await
        .as_u64()
        .unwrap()
}

pub(super) async fn correct(browser: &Browser, words: &str) {
    correct_at(browser, 0, words).await;
}

/// Of a conversation with several quotes: the one at this place, from 0.
pub(super) async fn correct_at(browser: &Browser, place: usize, words: &str) {
    browser.click(&format!("correct-{place}")).await;
    browser.fill(&format!("wording-{place}"), words).await;
    browser.click("save-wording").await;
    let saved = has_text(&format!("quote-text-{place}"), words);
    browser.until("the wording is saved", &saved).await;
}

pub(super) async fn sync_by_hand(browser: &Browser) {
    browser.click("sync-state").await;
    browser.click("sync-now").await;
    browser.until("the sync is done", "['safe', 'needs-you', 'unfinished', 'undecided'].includes(document.querySelector(\"[data-testid='sync-state']\")?.dataset.state)").await;
    browser.click("back").await;
    browser.see("new-conversation").await;
}

pub(super) async fn until_all_stored(browser: &Browser) {
    let waiting = "document.querySelectorAll(\"[data-testid='conversation-item']:not([data-standing='stored'])\").length === 0";
    browser.until("all is stored", waiting).await;
}

/// On the page of a tablet that the server does not take as it is.
pub(super) async fn sign_in_again(browser: &Browser) {
    browser.fill("again-password", PASSWORD).await;
    browser.click("again").await;
    browser.until_gone("sign-in-again").await;
}

pub(super) fn has_text(testid: &str, text: &str) -> String {
    format!("document.querySelector(\"[data-testid='{testid}']\")?.textContent.includes({text:?})")
}

pub(super) async fn on_tablet_page(browser: &Browser) {
    browser.click("sync-state").await;
    browser.see("sync-now").await;
}

/// How the sign at the head stands: `waiting`, `busy`, `undecided`, `unfinished`, `no-answer`, `safe` or
/// `needs-you`.
pub(super) async fn sign(browser: &Browser) -> String {
    let sign = browser.see("sync-state").await;
    sign.attr("data-state").await.unwrap().unwrap()
}

pub(super) async fn until_standing(browser: &Browser, words: &str, wanted: &str) {
    browser
        .until(
            &format!("`{words}` stands as {wanted}"),
            &format!("{}[0]?.dataset.standing === {wanted:?}", item(words)),
        )
        .await;
}
