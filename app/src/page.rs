//! What the app says to `app/static/start.js`, which runs beside it and outlives it: when the app
//! fails, that script tells what was kept, and when somebody leaves, it loads the page anew.

use js_sys::{Array, Function, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

fn call(name: &str, values: &[JsValue]) {
    let page = Reflect::get(&window(), &"koffiekar".into());
    let function = page.as_ref().ok().and_then(|page| {
        let function = Reflect::get(page, &name.into()).ok()?;
        function.dyn_into::<Function>().ok()
    });
    if let (Ok(page), Some(function)) = (page, function) {
        let values: Array = values.iter().collect();
        let _ = function.apply(&page, &values);
    }
}

/// So many conversations and drafts are on the disk at this moment, by the tablet's clock.
pub(crate) fn kept(at_ms: f64, all: usize, waiting: usize, drafts: usize) {
    let number = |count: usize| JsValue::from(u32::try_from(count).unwrap_or(u32::MAX));
    let values = [at_ms.into(), number(all), number(waiting), number(drafts)];
    call("kept", &values);
}

/// Leaves nothing readable in memory: it is wiped, and the page at this address loaded anew. What must
/// be kept has to be on the disk before.
pub(crate) fn leave(address: &str) {
    call("leave", &[JsValue::from_str(address)]);
}

/// As [`leave`], and back to this address.
pub(crate) fn leave_here() {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    leave(&(path + &location.search().unwrap_or_default()));
}

/// Nothing can be relied on any more: the last screen, with what was typed to be copied.
pub(crate) fn stop(why: &str) {
    call("fail", &["stopped".into(), why.into()]);
}
