//! What happens to a browser in the field: storage that is emptied, a slow line, a translator, a fault
//! in the app, more than one window.

use serde_json::json;
use thirtyfour::WindowHandle;

use super::Browser;

/// As browsers translate: each text is taken out of the page and comes back inside two elements.
const TRANSLATE: &str = r#"
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
    }
    for (const text of texts) {
        const outer = document.createElement("font");
        const inner = document.createElement("font");
        text.replaceWith(outer);
        outer.append(inner);
        inner.append(COPIES ? new Text(text.data.toUpperCase()) : text);
    }
    return texts.length;
"#;

impl Browser {
    /// Runs in each page from now on, before anything of it.
    pub async fn run_before_pages(&self, source: &str) {
        let script = json!({ "source": source });
        self.command("Page.addScriptToEvaluateOnNewDocument", script)
            .await;
    }

    /// As "clear site data" does: `kinds` as the browser names them, with commas.
    pub async fn empty_storage(&self, origin: &str, kinds: &str) {
        let what = json!({ "origin": origin, "storageTypes": kinds });
        self.command("Storage.clearDataForOrigin", what).await;
    }

    /// A line that brings so many bytes a second.
    pub async fn slow_down(&self, bytes_per_second: u32) {
        self.command("Network.enable", json!({})).await;
        let conditions = json!({
            "offline": false, "latency": 100,
            "downloadThroughput": bytes_per_second, "uploadThroughput": bytes_per_second
        });
        self.command("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Translates what is on the page now; `copies` come in the place of the texts, else they are moved.
    pub async fn translate(&self, copies: bool) {
        let script = TRANSLATE.replace("COPIES", &copies.to_string());
        let texts = self.evaluate(&script).await;
        assert!(texts.as_u64().unwrap() > 0, "the page has no texts");
    }

    /// A second window of the same browser, which is looked at from now on.
    pub async fn open_window(&self) -> WindowHandle {
        let window = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(window.clone()).await.unwrap();
        window
    }

    pub async fn window(&self) -> WindowHandle {
        self.driver.window().await.unwrap()
    }

    pub async fn look_at(&self, window: &WindowHandle) {
        self.driver.switch_to_window(window.clone()).await.unwrap();
    }

    pub async fn close_window(&self) {
        self.driver.close_window().await.unwrap();
    }
}
