//! A real Chromium, driven by chromedriver: a profile that outlives the browser, a kill that is one,
//! pictures of an exact size, and axe-core in every page that is looked at.

mod faults;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::programs;

mod hands;

/// How long a page may take to come to what is waited for: a bound, not an expectation.
const PATIENCE: Duration = Duration::from_secs(30);
const OFTEN: Duration = Duration::from_millis(50);

/// chromedriver, for as long as a test runs.
pub struct Driver {
    port: u16,
    _process: Child,
}

impl Driver {
    pub async fn start() -> Driver {
        let mut process = Command::new(programs::chromedriver())
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("chromedriver ended");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Driver {
            port,
            _process: process,
        }
    }
}

/// A browser's memory: what it keeps between two starts.
pub struct Profile(TempDir);

impl Profile {
    pub fn fresh() -> Profile {
        Profile(
            tempfile::Builder::new()
                .prefix("koffiekar-chromium-")
                .tempdir()
                .unwrap(),
        )
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Stores so many bytes in a database of its own and takes them away again.
fn try_to_store(bytes: u64) -> String {
    format!(
        r#"(async () => {{
            const bytes = new Uint8Array({bytes});
            for (let at = 0; at < bytes.length; at += 65536) {{
                crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65536, bytes.length)));
            }}
            const database = await new Promise((done, failed) => {{
                const opening = indexedDB.open('room', 1);
                opening.onupgradeneeded = () => opening.result.createObjectStore('room');
                opening.onsuccess = () => done(opening.result);
                opening.onerror = () => failed(opening.error);
            }});
            const change = (act) => new Promise((done) => {{
                const change = database.transaction('room', 'readwrite');
                act(change.objectStore('room'));
                change.oncomplete = () => done('stored');
                change.onabort = () => done(change.error?.name ?? 'aborted');
            }});
            const stored = await change((shelf) => shelf.put(bytes, 'bytes'));
            await change((shelf) => shelf.delete('bytes'));
            database.close();
            return stored;
        }})()"#
    )
}

/// A folder for what a browser downloads.
pub struct Downloads(TempDir);

impl Downloads {
    /// The file whose name ends so, once it is there as a whole.
    pub async fn file(&self, end: &str) -> PathBuf {
        let started = std::time::Instant::now();
        loop {
            // One that is still coming in has another end.
            let found = std::fs::read_dir(self.0.path())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .find(|path| path.to_str().unwrap().ends_with(end));
            if let Some(path) = found {
                return path;
            }
            assert!(started.elapsed() < PATIENCE, "no download ends in {end}");
            tokio::time::sleep(OFTEN).await;
        }
    }
}

/// The two sizes that every screen is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Desk,
    Tablet,
}

impl Size {
    fn pixels(self) -> (u32, u32) {
        match self {
            Self::Desk => (1280, 800),
            Self::Tablet => (800, 1280),
        }
    }
}

/// One open browser with one page.
pub struct Browser {
    driver: WebDriver,
    profile_folder: PathBuf,
    size: Cell<Size>,
}

impl Browser {
    pub async fn open(driver: &Driver, profile: &Profile, size: Size) -> Browser {
        let mut wanted = DesiredCapabilities::chrome();
        wanted
            .set_binary(programs::chromium().to_str().unwrap())
            .unwrap();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=nl",
            &folder,
        ];
        for flag in flags {
            wanted.add_arg(flag).unwrap();
        }
        wanted
            .set_browser_option("prefs", json!({ "intl.accept_languages": "nl" }))
            .unwrap();
        let address = format!("http://localhost:{}", driver.port);
        let driver = WebDriver::new(address, wanted).await.unwrap();
        let browser = Browser {
            driver,
            profile_folder: profile.path().to_owned(),
            size: Cell::new(size),
        };
        browser.resize(size).await;
        browser
    }

    pub async fn resize(&self, size: Size) {
        self.size.set(size);
        let (width, height) = size.pixels();
        self.measure(width, height).await;
    }

    /// Any size, until [`Browser::resize`].
    pub async fn measure(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    async fn command(&self, name: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(name, parameters).await.unwrap()
    }

    /// The device is set to this time zone, as `America/Lima`.
    pub async fn travel_to(&self, zone: &str) {
        self.command(
            "Emulation.setTimezoneOverride",
            json!({ "timezoneId": zone }),
        )
        .await;
    }

    /// The page as it is printed, or as it is shown.
    pub async fn preview_print(&self, is_on: bool) {
        let media = if is_on { "print" } else { "" };
        self.command("Emulation.setEmulatedMedia", json!({ "media": media }))
            .await;
    }

    /// What a connection does to the page's own idea of being online; the server is stopped besides.
    pub async fn tell_online(&self, online: bool) {
        self.command("Network.enable", json!({})).await;
        let conditions = json!({
            "offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1
        });
        self.command("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Where the page's downloads come.
    pub async fn downloads(&self) -> Downloads {
        let folder = tempfile::tempdir().unwrap();
        let behaviour = json!({ "behavior": "allow", "downloadPath": folder.path() });
        self.command("Browser.setDownloadBehavior", behaviour).await;
        Downloads(folder)
    }

    /// Leaves this address so much room beyond what it uses, in bytes, and waits until the browser
    /// acts on it, which it does only after a while: until then `refused` bytes are taken, and
    /// `taken` bytes refused.
    pub async fn leave_room(&self, origin: &str, left: u64, taken: u64, refused: u64) {
        let used = self
            .command("Storage.getUsageAndQuota", json!({ "origin": origin }))
            .await;
        let used = used["usage"].as_f64().unwrap();
        let quota = json!({ "origin": origin, "quotaSize": used + left as f64 });
        self.command("Storage.overrideQuotaForOrigin", quota).await;
        let started = std::time::Instant::now();
        loop {
            let small = self.evaluate_async(&try_to_store(taken)).await;
            let large = self.evaluate_async(&try_to_store(refused)).await;
            let is_taken = taken == 0 || small == json!("stored");
            if is_taken && large == json!("QuotaExceededError") {
                return;
            }
            assert!(
                started.elapsed() < 4 * PATIENCE,
                "{taken} bytes: {small}, {refused} bytes: {large}"
            );
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// What the pages are told from now on when they ask how much room there is, in bytes.
    pub async fn tell_room(&self, left: u64) {
        let source = format!(
            "navigator.storage.estimate = async () => ({{ usage: 1000000, quota: 1000000 + {left} }});"
        );
        let script = json!({ "source": source });
        self.command("Page.addScriptToEvaluateOnNewDocument", script)
            .await;
    }

    /// What the clock of the pages that come says, beside the machine's: this much more.
    pub async fn shift_clock(&self, millis: i64) {
        let source = format!(
            "{{
                const Real = globalThis.RealDate ?? Date;
                globalThis.RealDate = Real;
                globalThis.Date = class extends Real {{
                    constructor(...given) {{
                        if (given.length > 0) super(...given); else super(Real.now() + {millis});
                    }}
                    static now() {{ return Real.now() + {millis}; }}
                }};
            }}"
        );
        let script = json!({ "source": source });
        self.command("Page.addScriptToEvaluateOnNewDocument", script)
            .await;
    }

    pub async fn go(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// The element with this `data-testid`, as soon as it can be seen.
    pub async fn see(&self, testid: &str) -> WebElement {
        self.see_css(&format!("[data-testid='{testid}']")).await
    }

    pub async fn see_css(&self, css: &str) -> WebElement {
        let found = self
            .driver
            .query(By::Css(css))
            .wait(PATIENCE, OFTEN)
            .and_displayed()
            .first()
            .await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let told = self.told().await;
                panic!("`{css}` did not come: {error}\n{told}")
            }
        }
    }

    /// Whether such an element is there now.
    pub async fn has_css(&self, css: &str) -> bool {
        !self.driver.find_all(By::Css(css)).await.unwrap().is_empty()
    }

    pub async fn count_css(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    pub async fn click(&self, testid: &str) {
        self.click_css(&format!("[data-testid='{testid}']")).await;
    }

    pub async fn click_css(&self, css: &str) {
        let element = self.see_css(css).await;
        element.scroll_into_view().await.unwrap();
        if let Err(error) = element.click().await {
            self.keep_picture("not-clicked").await;
            panic!("`{css}` cannot be clicked: {error}");
        }
    }

    /// Types in the place of what stands there, as a person does: select all, type.
    pub async fn fill(&self, testid: &str, text: &str) {
        let field = self.see(testid).await;
        field.scroll_into_view().await.unwrap();
        let select = format!("document.querySelector(\"[data-testid='{testid}']\").select();");
        self.evaluate(&select).await;
        field.send_keys(text).await.unwrap();
    }

    /// Types behind what stands there.
    pub async fn type_into(&self, testid: &str, text: &str) {
        self.see(testid).await.send_keys(text).await.unwrap();
    }

    /// Keys for whatever has the focus.
    pub async fn press(&self, keys: &str) {
        self.driver
            .active_element()
            .await
            .unwrap()
            .send_keys(keys)
            .await
            .unwrap();
    }

    /// What a field holds.
    pub async fn value(&self, testid: &str) -> String {
        self.see(testid)
            .await
            .prop("value")
            .await
            .unwrap()
            .unwrap_or_default()
    }

    /// All text of the page.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => format!("(no body: {error})"),
        }
    }

    /// For whoever reads why a test failed: the page, and the end of what it wrote to the console.
    async fn told(&self) -> String {
        let page = self.text().await;
        let log = std::fs::read_to_string(self.profile_folder.join("chrome_debug.log"));
        let log = log.unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(40)..].join("\n");
        format!("The page says:\n{page}\nThe console says:\n{end}")
    }

    /// Waits until a condition in the page holds: a JavaScript expression.
    pub async fn until(&self, what: &str, expression: &str) {
        let script = format!("return Boolean({expression});");
        let started = std::time::Instant::now();
        loop {
            let answer = self.driver.execute(&script, Vec::new()).await.unwrap();
            if answer.json() == &Value::Bool(true) {
                return;
            }
            if started.elapsed() > PATIENCE {
                let told = self.told().await;
                panic!("waited in vain until {what}\n{told}");
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// Nothing with this `data-testid` is on the page any more.
    pub async fn until_gone(&self, testid: &str) {
        let gone = format!("!document.querySelector(\"[data-testid='{testid}']\")");
        self.until(&format!("`{testid}` is gone"), &gone).await;
    }

    pub async fn evaluate(&self, script: &str) -> Value {
        self.driver
            .execute(script, Vec::new())
            .await
            .unwrap()
            .json()
            .clone()
    }

    /// A promise's value.
    pub async fn evaluate_async(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; Promise.resolve({promise}).then(done, e => done(String(e)));"
        );
        self.driver
            .execute_async(&script, Vec::new())
            .await
            .unwrap()
            .json()
            .clone()
    }

    /// The app is kept for use without a connection: its worker controls this page.
    pub async fn until_kept(&self) {
        self.until(
            "the service worker controls the page",
            "navigator.serviceWorker.controller",
        )
        .await;
    }

    /// Pictures of the page: as it is, in the dark, and turned. Kept where `KOFFIEKAR_PICTURES` says,
    /// else nowhere.
    pub async fn picture(&self, name: &str) {
        if std::env::var_os("KOFFIEKAR_PICTURES").is_none() {
            return;
        }
        self.keep_picture(name).await;
        self.prefer("dark").await;
        self.keep_picture(&format!("{name}-dark")).await;
        self.prefer("light").await;
        let (width, height) = self.size.get().pixels();
        self.measure(height, width).await;
        self.keep_picture(&format!("{name}-turned")).await;
        self.measure(width, height).await;
    }

    async fn keep_picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("KOFFIEKAR_PICTURES") else {
            return;
        };
        let folder = PathBuf::from(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        self.driver.screenshot(&path).await.unwrap();
    }

    /// `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )
        .await;
    }

    /// No violation of WCAG 2.1 A and AA that axe-core can find in what is shown now.
    pub async fn is_accessible(&self, screen: &str) {
        let axe = std::fs::read_to_string(programs::axe()).unwrap();
        self.driver.execute(&axe, Vec::new()).await.unwrap();
        let tags = "['wcag2a','wcag2aa','wcag21a','wcag21aa']";
        let run = format!(
            "axe.run(document, {{ runOnly: {tags} }}).then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(' | ')))"
        );
        let violations = self.evaluate_async(&run).await;
        assert_eq!(violations, json!([]), "accessibility of {screen}");
        let text = self.text().await;
        assert!(!text.contains("{}"), "a gap in a text of {screen}: {text}");
    }

    /// Goes to this address in a second window of the same browser, which is looked at from then on. Gives
    /// the first one, for [`Browser::back_to`].
    pub async fn open_beside(&self, address: &str) -> WindowHandle {
        let before = self.driver.window().await.unwrap();
        let beside = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(beside).await.unwrap();
        self.go(address).await;
        before
    }

    pub async fn back_to(&self, window: WindowHandle) {
        self.driver.switch_to_window(window).await.unwrap();
    }

    /// Accessible in both themes, and nothing to scroll sideways for on the smallest telephone. Pictures of
    /// both, at both sizes.
    pub async fn holds_everywhere(&self, screen: &str, name: &str) {
        for scheme in ["dark", "light"] {
            self.prefer(scheme).await;
            self.is_accessible(&format!("{screen}, {scheme}")).await;
        }
        self.picture(name).await;
        self.measure(320, 640).await;
        let overflow = "const page = document.documentElement; return Math.max(0, page.scrollWidth - page.clientWidth)";
        assert_eq!(self.evaluate(overflow).await, json!(0), "{screen} at 320");
        self.keep_picture(&format!("{name}-320")).await;
        self.resize(self.size.get()).await;
    }

    /// Ends the browser as a user does.
    pub async fn close(self) {
        self.driver.quit().await.unwrap();
    }

    /// `kill -9` of the browser and all its processes: the tablet's battery is dead.
    pub async fn kill(self) {
        let folder = self.profile_folder.display().to_string();
        let mut main = None;
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else {
                continue;
            };
            let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
                continue;
            };
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.contains(&folder) && !line.contains("--type=") {
                main = Some(id);
            }
        }
        let main = main.expect("the browser runs");
        let killed = Command::new("kill")
            .args(["-9", &main.to_string()])
            .status()
            .await
            .unwrap();
        assert!(killed.success());
        // The processes of its pages end with it; a new browser may take the profile when it is gone.
        let gone = PathBuf::from(format!("/proc/{main}"));
        while gone.join("exe").exists() && std::fs::read_link(gone.join("exe")).is_ok() {
            tokio::time::sleep(OFTEN).await;
        }
        // The session has no browser any more: there is nothing to quit.
        std::mem::forget(self.driver);
    }
}
