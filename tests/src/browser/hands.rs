//! What only a hand does: a key that stays down, a double click; and what has the focus after it.

use serde_json::json;

use super::Browser;

impl Browser {
    /// A key that stays down: pressed, and repeated by the keyboard so many times.
    pub async fn hold(&self, key: &str, repeats: u32) {
        let (code, text, number) = match key {
            "Enter" => ("Enter".to_owned(), "\r", 13),
            digit => (
                format!("Digit{digit}"),
                digit,
                u32::from(digit.as_bytes()[0]),
            ),
        };
        for n in 0..=repeats {
            let down = json!({
                "type": "keyDown", "key": key, "code": code, "text": text,
                "windowsVirtualKeyCode": number, "autoRepeat": n > 0
            });
            self.command("Input.dispatchKeyEvent", down).await;
        }
        let up = json!({
            "type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number
        });
        self.command("Input.dispatchKeyEvent", up).await;
    }

    pub async fn double_click_css(&self, css: &str) {
        let element = self.see_css(css).await;
        element.scroll_into_view().await.unwrap();
        let chain = self.driver.action_chain();
        chain
            .double_click_element(&element)
            .perform()
            .await
            .unwrap();
    }

    /// From now on the page counts what it asks of the server, and knows when nothing is under way.
    pub async fn watch_requests(&self) {
        self.evaluate(
            "if (window.underWay === undefined) {
                window.underWay = 0;
                window.asked = [];
                const fetch = window.fetch;
                window.fetch = (...of) => {
                    window.underWay += 1;
                    window.asked.push(String(of[0]));
                    return fetch(...of).finally(() => { window.underWay -= 1; });
                };
            }",
        )
        .await;
    }

    /// Until the page has all answers and has drawn them.
    pub async fn until_quiet(&self) {
        let quiet = "new Promise((done) => {
            let frames = 0;
            const look = () => {
                frames = window.underWay > 0 ? 0 : frames + 1;
                frames > 4 ? done(true) : requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        })";
        self.evaluate_async(quiet).await;
    }

    /// How many requests went to addresses that end so, since [`Browser::watch_requests`].
    pub async fn asked(&self, end: &str) -> u64 {
        let count = format!("return window.asked.filter(of => of.endsWith({end:?})).length");
        self.evaluate(&count).await.as_u64().unwrap()
    }

    /// What has the focus, in a few words; nothing where it is lost.
    pub async fn focused(&self) -> Option<String> {
        let focused = self
            .evaluate(
                "const e = document.activeElement;
                return !e || e === document.body || e === document.documentElement ? null
                    : e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' ' + e.textContent.trim().slice(0, 60)",
            )
            .await;
        focused.as_str().map(str::to_owned)
    }
}
