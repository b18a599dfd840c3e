use js_sys::{Date, Object, Reflect};
use koffiekar_sync_core::ids::Millis;
use wasm_bindgen::JsValue;

use crate::words;

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
pub(crate) fn now() -> Millis {
    Millis(Date::now() as i64)
}

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

/// `24 jan 2026` of `2026-01-24`.
pub(crate) fn iso_day(iso: &str) -> String {
    written(iso, day)
}

/// `jan 2026` of `2026-01`.
pub(crate) fn iso_month(iso: &str) -> String {
    written(iso, |at| {
        write(at, &[("month", "short"), ("year", "numeric")])
    })
}

/// What is no date stays as it is.
fn written(iso: &str, write: impl Fn(Millis) -> String) -> String {
    let at = Date::parse(iso);
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date")]
    if at.is_nan() {
        iso.to_owned()
    } else {
        write(Millis(at as i64))
    }
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
    let locale = match words::chosen() {
        words::Language::Dutch => "nl",
        // Day before month, as everywhere else in Amsterdam.
        words::Language::English => "en-GB",
    };
    date.to_locale_string(locale, &options).into()
}
