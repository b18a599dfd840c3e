//! A new version is noticed and never interrupts; windows with the version before let it have its way.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use koffiekar_server::Koffiekar;
use koffiekar_server::clock::Clock;
use koffiekar_server::store::Store;
use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::server::{Place, sqlite_address};
use tokio::sync::watch;

use super::steps::{enrol, unlock, unlock_at};

/// One server that gives out one build after another: the same app under another number.
#[derive(Clone)]
struct Builds {
    number: Arc<AtomicU32>,
    /// While this holds, an installation does not come to its end.
    is_held: watch::Sender<bool>,
}

impl Builds {
    async fn serve(folder: &Path) -> (Builds, String) {
        let store = Store::open(&sqlite_address(folder)).await.unwrap();
        let apart = koffiekar_server::Apart::beside(folder);
        let koffiekar = Koffiekar::new(store, Clock::System, &apart).await.unwrap();
        koffiekar_server::demo::load(&koffiekar).await.unwrap();
        let builds = Builds {
            number: Arc::default(),
            is_held: watch::Sender::new(false),
        };
        let router =
            koffiekar_server::router(koffiekar).layer(from_fn_with_state(builds.clone(), renumber));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        (builds, url)
    }

    fn release_another(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
    }
}

async fn renumber(State(builds): State<Builds>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path == "/manifest.webmanifest" {
        let mut is_held = builds.is_held.subscribe();
        is_held.wait_for(|is_held| !is_held).await.unwrap();
    }
    if path != "/service-worker.js" {
        return next.run(request).await;
    }
    for name in [header::ACCEPT_ENCODING, header::IF_NONE_MATCH] {
        request.headers_mut().remove(name);
    }
    let (mut parts, body) = next.run(request).await.into_parts();
    let script = to_bytes(body, usize::MAX).await.unwrap();
    let number = builds.number.load(Ordering::SeqCst);
    let script = String::from_utf8(script.to_vec()).unwrap().replacen(
        "const VERSION = \"",
        &format!("const VERSION = \"{number}-"),
        1,
    );
    parts.headers.remove(header::ETAG);
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(script.len()));
    Response::from_parts(parts, Body::from(script))
}

const ASK: &str = "navigator.serviceWorker.getRegistration().then((registration) => registration.update()).then(() => 'asked')";
const CACHES: &str = "caches.keys().then((names) => names.join(' '))";
const WORDS: &str = "Bij regen staat het fietspad blank";

async fn sees_an_update(browser: &Browser) {
    browser.see("update-now").await;
}

#[tokio::test]
async fn a_new_version_is_noticed_interrupts_nothing_and_leaves_older_windows_their_files() {
    let Place::Sqlite(folder) = Place::sqlite() else {
        panic!("a folder");
    };
    let (builds, url) = Builds::serve(folder.path()).await;
    let driver = Driver::start().await;
    let profile = Profile::fresh();
    let browser = Browser::open(&driver, &profile, Size::Tablet).await;
    enrol(&browser, &url, "veldwerker1").await;
    assert!(!browser.has_css("[data-testid='update-now']").await);

    // It was being installed before the page began to listen.
    builds.is_held.send_replace(true);
    builds.release_another();
    browser
        .evaluate_async(&format!(
            "Promise.race([{ASK}, new Promise((done) => setTimeout(done, 0))])"
        ))
        .await;
    browser
        .until("it is being installed", "navigator.serviceWorker.getRegistration().then((r) => { window.isInstalling = Boolean(r.installing); }) && window.isInstalling")
        .await;
    browser.reload().await;
    unlock(&browser).await;
    assert!(!browser.has_css("[data-testid='update-now']").await);
    builds.is_held.send_replace(false);
    sees_an_update(&browser).await;
    browser.is_accessible("there is a new version").await;

    // Somebody types, and another window chooses it: nothing moves here, and this window is told.
    browser.click("new-conversation").await;
    browser.type_into("quote-0", WORDS).await;
    let first = browser.window().await;
    browser.evaluate("window.isBefore = true;").await;
    browser
        .evaluate_async("caches.open('koffiekar-older').then((cache) => cache.put('/app-00.js', new Response('')))")
        .await;
    // A third, which an older window holds.
    browser
        .evaluate_async(
            "caches.open('koffiekar-old').then((cache) => cache.put('/app-11.js', new Response('old'))).then(() => { \
                navigator.locks.request('koffiekar-build /app-11.js', { mode: 'shared' }, () => new Promise(() => {})); })",
        )
        .await;
    let second = browser.open_window().await;
    browser.go(&format!("{url}/aanmelden")).await;
    browser.click("update-now").await;
    browser
        .until(
            "the new version serves this window",
            "navigator.serviceWorker.controller?.state === 'activated'",
        )
        .await;
    browser.see_css("#login").await;
    browser.look_at(&first).await;
    sees_an_update(&browser).await;
    assert_eq!(browser.value("quote-0").await, WORDS);
    assert_eq!(browser.evaluate("return window.isBefore").await, true);
    let text = browser.text().await;
    assert!(text.contains("in een ander venster vernieuwd"), "{text}");

    // What a window still uses stays, and what none uses goes.
    browser
        .until("what no window uses is gone", &format!("({CACHES}).then((names) => {{ window.names = names; }}) && window.names && !window.names.includes('koffiekar-older')"))
        .await;
    let names = browser.evaluate_async(CACHES).await;
    assert!(names.as_str().unwrap().contains("koffiekar-old"), "{names}");
    let old = browser
        .evaluate_async("fetch('/app-11.js').then((answer) => answer.text())")
        .await;
    assert_eq!(old, "old");
    browser.click("update-now").await;
    browser.until("it is loaded anew", "!window.isBefore").await;
    unlock_at(&browser, "quote-0").await;
    assert_eq!(browser.value("quote-0").await, WORDS);

    // A newer version in another window changes the disk: this one lets go of it, and says so.
    browser.type_into("quote-0", ", elke keer.").await;
    browser.look_at(&second).await;
    let upgraded = browser
        .evaluate_async(
            "new Promise((done, failed) => { \
                const asked = indexedDB.open('koffiekar-veld', 99); \
                asked.onsuccess = () => { asked.result.close(); done('upgraded'); }; \
                asked.onerror = () => failed(asked.error); })",
        )
        .await;
    assert_eq!(upgraded, "upgraded");
    browser.close_window().await;
    browser.look_at(&first).await;
    browser.see("renewed").await;
    browser
        .is_accessible("a newer version runs elsewhere")
        .await;
    browser.close().await;
}
