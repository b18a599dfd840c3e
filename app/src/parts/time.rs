use js_sys::{Date, Object, Reflect};
use koffiekar_sync_core::ids::Millis;
use wasm_bindgen::JsValue;

use crate::words;

/// `24 jan 2026`.
pub(crate) fn day(at: Millis) -> String {
    write(
        at,
        &[("day", "numeric"), ("month", "short"), ("year", "numeric")],
    )
}

/// `24 jan 2026, 14:05`.
pub(crate) fn moment(at: Millis) -> String {
    write(
        at,
        &[
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
    )
}

fn write(at: Millis, parts: &[(&str, &str)]) -> String {
    let options = Object::new();
    for (name, value) in parts {
        let _ = Reflect::set(
            &options,
            &JsValue::from_str(name),
            &JsValue::from_str(value),
        );
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit until the year 287396"
    )]
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    date.to_locale_string(words::chosen().code(), &options)
        .into()
}
