//! The first load over a slow line: how far it is can be seen, and nothing moves when it is done.

use koffiekar_tests::browser::{Browser, Driver, Profile, Size};
use koffiekar_tests::office::http;
use koffiekar_tests::server::Binary;
use serde_json::Value;

/// Writes down what the bar said, and how far the page moved by itself.
const WATCH: &str = r#"
    window.said = [];
    window.moved = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new MutationObserver(() => {
        const percent = document.getElementById("loading-percent")?.textContent;
        if (percent && percent !== said.at(-1)) said.push(percent);
    }).observe(document, { childList: true, subtree: true, characterData: true });
"#;

/// A line over which the wasm takes some seconds, however this build is compressed.
async fn slow_line(url: &str) -> u32 {
    let page = http().get(url).send().await.unwrap().text().await.unwrap();
    let end = page.find("_bg.wasm").unwrap();
    let start = page[..end].rfind('/').unwrap();
    let wasm = format!("{url}{}_bg.wasm", &page[start..end]);
    let answer = http().get(wasm).header("accept-encoding", "br");
    let bytes = answer.send().await.unwrap().bytes().await.unwrap().len();
    u32::try_from(bytes / 4).unwrap()
}

#[tokio::test]
async fn a_first_load_over_a_slow_line_tells_how_far_it_is_and_moves_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start(data.path(), 0, true).await;
    let bytes_per_second = slow_line(&server.url).await;
    let driver = Driver::start().await;
    for (address, first) in [
        ("/veld", "[data-testid='enrol-login']"),
        ("/aanmelden", "#login"),
    ] {
        let profile = Profile::fresh();
        let browser = Browser::open(&driver, &profile, Size::Tablet).await;
        browser.run_before_pages(WATCH).await;
        browser.slow_down(bytes_per_second).await;
        browser.go(&format!("{}{address}", server.url)).await;
        browser.see_css(first).await;
        let said = browser.evaluate("return window.said").await;
        let said: Vec<u32> = said
            .as_array()
            .unwrap()
            .iter()
            .map(|text| {
                text.as_str()
                    .unwrap()
                    .trim_end_matches('%')
                    .parse()
                    .unwrap()
            })
            .collect();
        assert!(said.len() > 2, "{said:?}");
        assert!(
            said.is_sorted() && said.iter().all(|percent| *percent < 100),
            "{said:?}"
        );
        let moved = browser.evaluate("return window.moved").await;
        assert!(moved.as_f64().unwrap() < 0.01, "the page moved by {moved}");
        assert!(!browser.has_css("#loading").await);
        // The second time it comes from the device, and needs no bar.
        browser.until_kept().await;
        browser.reload().await;
        browser.see_css(first).await;
        let said = browser.evaluate("return window.said").await;
        assert_eq!(said, Value::Array(Vec::new()));
        browser.close().await;
    }
}
