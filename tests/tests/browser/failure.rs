//! When the app fails, it takes the whole screen and says what is kept; nothing goes on half-way.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::Binary;

use super::steps::{
    answer_and_finish, count_of, enrol, has_text, on_tablet_page, record, sign_in, standing,
    unlock, unlock_at, until_all_stored, until_standing,
};

const KEPT: &str = "Het bankje bij de bushalte is al een jaar weg.";
/// One key: the field that it goes into is not there any more afterwards.
const AFTER: &str = "!";

/// The next time that the app asks for the time, that fails, once.
const NO_CLOCK: &str =
    "const now = Date.now; Date.now = () => { Date.now = now; throw new Error('no clock'); };";

/// As scripts of others, and the browser's own complaints, come to a page.
const NOISE: &str = r#"
    const say = (message, filename, error) =>
        window.dispatchEvent(new ErrorEvent('error', { message, filename, error }));
    const reject = (reason) =>
        window.dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason }));
    say('ResizeObserver loop completed with undelivered notifications.', location.href);
    say('Uncaught Error', 'chrome-extension://abcdef/content.js', new Error('of an extension'));
    say('Script error.', '');
    reject(new Error('of an extension'));
    reject(undefined);
    return Boolean(document.querySelector("[data-testid='failure']"));
"#;

/// A promise of the app's own that nobody waits for.
const OWN_REJECTION: &str = r#"
    const script = document.querySelector("script[type=module]").src;
    const reason = new Error('nobody waits for this');
    reason.stack = `Error\n    at somewhere (${script}:1:1)`;
    window.dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason }));
"#;

async fn until_draft_is_kept(tablet: &Browser) {
    let saved =
        "document.querySelector(\"[data-testid='draft-state']\")?.dataset.state === 'saved'";
    tablet.until("the draft is kept", saved).await;
}

async fn start_again(browser: &Browser) {
    browser.evaluate("window.isBefore = true;").await;
    browser.click("start-again").await;
    browser
        .until("the page was loaded anew", "!window.isBefore")
        .await;
}

#[tokio::test]
async fn a_failure_in_the_app_takes_the_whole_screen_and_no_kept_word_is_lost() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let url = server.url.clone();
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    let noise = tablet.evaluate(NOISE).await;
    assert_eq!(noise, false, "what others do is no failure of the app");

    // An exception leaves the app half-way, in the middle of a word.
    tablet.click("new-conversation").await;
    tablet.type_into("quote-0", KEPT).await;
    until_draft_is_kept(&tablet).await;
    tablet.evaluate(NO_CLOCK).await;
    tablet.type_into("quote-0", AFTER).await;
    let failure = tablet.see("failure").await;
    assert_eq!(failure.attr("data-kind").await.unwrap().unwrap(), "stopped");
    let only = "document.body.children.length === 1 && !document.querySelector(\"[data-testid='sync-state']\")";
    tablet.until("nothing else is on the screen", only).await;
    let kept = tablet.see("failure-kept").await.text().await.unwrap();
    assert!(kept.contains("niet afgemaakt: 1"), "{kept}");
    assert!(tablet.value("failure-text-0").await.starts_with(KEPT));
    tablet.is_accessible("the app has failed").await;
    tablet.picture("field-failed").await;
    start_again(&tablet).await;
    // At the address where it was.
    unlock_at(&tablet, "quote-0").await;
    assert!(tablet.value("quote-0").await.starts_with(KEPT));
    answer_and_finish(&tablet).await;
    until_all_stored(&tablet).await;
    assert_eq!(standing(&tablet, KEPT).await, "stored");

    // A promise of its own that came to nothing, and that nobody waited for.
    tablet.evaluate(OWN_REJECTION).await;
    tablet.see("failure").await;
    assert!(!tablet.has_css("[data-testid='failure-text-0']").await);
    start_again(&tablet).await;

    // A wasm that does not start.
    let broken = "if (sessionStorage.isBroken) { delete sessionStorage.isBroken; \
        WebAssembly.instantiateStreaming = () => Promise.reject(new Error('no memory')); }";
    tablet.run_before_pages(broken).await;
    tablet.evaluate("sessionStorage.isBroken = 1;").await;
    tablet.reload().await;
    tablet
        .see_css("[data-testid='failure'][data-kind='load']")
        .await;
    tablet.is_accessible("the app does not start").await;
    start_again(&tablet).await;
    unlock(&tablet).await;

    // At the office, with a text that was not saved.
    sign_in(&tablet, &url, "redacteur1").await;
    tablet.see_css("#main h1").await;
    let typed = "const field = document.createElement('textarea'); field.value = 'Nog niet opgeslagen.'; \
        document.body.append(field);";
    tablet.evaluate(typed).await;
    let broken_page = "const create = Document.prototype.createTextNode; \
        Document.prototype.createTextNode = () => { Document.prototype.createTextNode = create; throw new Error('no text'); }; \
        document.querySelector(\".menu a[href='/analyse']\").click();";
    tablet.evaluate(broken_page).await;
    tablet.see("failure").await;
    assert_eq!(tablet.value("failure-text-0").await, "Nog niet opgeslagen.");
    let text = tablet.text().await;
    assert!(text.contains("staat op de server"), "{text}");
    tablet.is_accessible("the office has failed").await;
    start_again(&tablet).await;
    tablet.see_css("#main h1").await;
    tablet.close().await;
}

const BROKEN: &str = "Bij dit gesprek gaat het mis.";
const SOUND: &str = "Dit gesprek is in orde.";

#[tokio::test]
async fn a_conversation_that_ends_the_app_is_set_aside_when_the_tablet_is_unlocked() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start(data.path(), 0, true).await;
    let (url, port) = (server.url.clone(), server.port);
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let tablet = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&tablet, &url, "veldwerker1").await;
    record(&tablet, SOUND, "").await;
    until_all_stored(&tablet).await;
    server.kill().await;
    tablet.tell_online(false).await;
    record(&tablet, BROKEN, "").await;

    // Automerge takes a random number for each document that it opens, and panics without one.
    let id = tablet
        .evaluate(&format!(
            "return {}[0].getAttribute('href').split('/').pop();",
            super::steps::item(BROKEN)
        ))
        .await;
    let id = id.as_str().unwrap().replace('-', "");
    let source = format!(
        "let opening = ''; \
         const set = Storage.prototype.setItem; \
         Storage.prototype.setItem = function (name, value) {{ \
             if (name.startsWith('opening-')) opening = value; \
             return set.call(this, name, value); \
         }}; \
         const random = crypto.getRandomValues; \
         Crypto.prototype.getRandomValues = function (bytes) {{ \
             if (opening.includes('{id}') && !localStorage.isMended) throw new Error('no random numbers'); \
             return random.call(crypto, bytes); \
         }};"
    );
    tablet.run_before_pages(&source).await;
    tablet.reload().await;
    unlock_at(&tablet, "failure").await;
    start_again(&tablet).await;
    unlock(&tablet).await;

    // The rest of the tablet works; the one is told of, and is in the rescue file.
    let aside = tablet.see("aside").await;
    assert_eq!(aside.attr("data-count").await.unwrap().unwrap(), "1");
    assert_eq!(count_of(&tablet, BROKEN).await, 0);
    assert_eq!(standing(&tablet, SOUND).await, "stored");
    tablet
        .is_accessible("the round, with a conversation set aside")
        .await;
    tablet.picture("field-set-aside").await;
    on_tablet_page(&tablet).await;
    let downloads = tablet.downloads().await;
    tablet.click("export").await;
    let made = tablet.see("exported").await;
    assert_eq!(made.attr("data-conversations").await.unwrap().unwrap(), "1");
    downloads.file(".koffiekar").await;

    // It stays aside after the next start, and comes back where somebody tries with what can open it.
    tablet.reload().await;
    unlock_at(&tablet, "aside").await;
    tablet.evaluate("localStorage.isMended = 1;").await;
    let _server = Binary::start(data.path(), port, true).await;
    tablet.tell_online(true).await;
    tablet.click("aside-again").await;
    tablet.until_gone("aside").await;
    tablet.click("back").await;
    until_standing(&tablet, BROKEN, "stored").await;
    let safe = has_text("sync-state", "veilig opgeslagen");
    tablet.until("all is safe", &safe).await;
    tablet.close().await;
}
