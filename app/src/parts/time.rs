//! Moments and days, written for people: by the time zone of the programme, whatever zone the device is set to.
//!
//! A moment (milliseconds) falls on a day by that zone. A day (`2026-01-24`) or a month (`2026-01`) is no moment and
//! stays what it is.

use std::cell::RefCell;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use koffiekar_sync_core::catalogue::Programme;
use koffiekar_sync_core::ids::Millis;
use wasm_bindgen::{JsCast, JsValue};

use crate::words;

thread_local! {
    static ZONE: RefCell<String> = RefCell::new(Programme::TIME_ZONE.to_owned());
}

/// Call with each programme that is loaded.
pub(crate) fn set_time_zone(programme: &Programme) {
    ZONE.set(programme.time_zone.clone());
}

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
pub(crate) fn now() -> Millis {
    Millis(Date::now() as i64)
}

const DAY: &[(&str, &str)] = &[("day", "numeric"), ("month", "short"), ("year", "numeric")];
const MONTH: &[(&str, &str)] = &[("month", "short"), ("year", "numeric")];
const MOMENT: &[(&str, &str)] = &[
    ("day", "numeric"),
    ("month", "short"),
    ("year", "numeric"),
    ("hour", "2-digit"),
    ("minute", "2-digit"),
];
const ISO: &[(&str, &str)] = &[
    ("day", "2-digit"),
    ("month", "2-digit"),
    ("year", "numeric"),
];
const TIME_OF_DAY: &[(&str, &str)] = &[("hour", "2-digit"), ("minute", "2-digit")];

/// `24 jan 2026`.
pub(crate) fn day(at: Millis) -> String {
    in_zone(at, DAY)
}

/// `24 jan 2026, 14:05`.
pub(crate) fn moment(at: Millis) -> String {
    in_zone(at, MOMENT)
}

/// `14:05`
pub(crate) fn time_of_day(at: Millis) -> String {
    in_zone(at, TIME_OF_DAY)
}

/// `2026-01-24`, as dates are sent and compared.
pub(crate) fn iso_date(at: Millis) -> String {
    // The Swedes write dates as the standard does.
    let written = ZONE.with_borrow(|zone| write_as("sv", at, zone, ISO));
    written
        .or_else(|| write_as("sv", at, "", ISO))
        .unwrap_or_default()
}

/// `24 jan 2026` of `2026-01-24`.
pub(crate) fn iso_day(iso: &str) -> String {
    written(iso, DAY)
}

/// `jan 2026` of `2026-01`.
pub(crate) fn iso_month(iso: &str) -> String {
    written(iso, MONTH)
}

/// What is no date stays as it is.
fn written(iso: &str, parts: &[(&str, &str)]) -> String {
    // A date without a time is midnight in UTC, and is written in UTC.
    let at = Date::parse(iso);
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date")]
    if at.is_nan() {
        iso.to_owned()
    } else {
        write(Millis(at as i64), "UTC", parts).unwrap_or_else(|| iso.to_owned())
    }
}

/// A browser that does not know the zone writes the time of the device.
fn in_zone(at: Millis, parts: &[(&str, &str)]) -> String {
    let written = ZONE.with_borrow(|zone| write(at, zone, parts));
    written.or_else(|| write(at, "", parts)).unwrap_or_default()
}

fn write(at: Millis, zone: &str, parts: &[(&str, &str)]) -> Option<String> {
    let locale = match words::chosen() {
        words::Language::Dutch => "nl",
        // Day before month, as everywhere else in Amsterdam.
        words::Language::English => "en-GB",
    };
    write_as(locale, at, zone, parts)
}

/// Nothing where the browser does not know the zone. An empty zone is the device's.
fn write_as(locale: &str, at: Millis, zone: &str, parts: &[(&str, &str)]) -> Option<String> {
    let options = Object::new();
    let set = |name: &str, value: &str| {
        let _ = Reflect::set(&options, &name.into(), &value.into());
    };
    parts.iter().for_each(|(name, value)| set(name, value));
    if !zone.is_empty() {
        set("timeZone", zone);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit until the year 287396"
    )]
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    // By hand, because the constructor throws where a zone is unknown, and a date beyond all calendars as well.
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let format = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?;
    let format = format.dyn_into::<Function>().ok()?;
    let format = Reflect::construct(&format, &Array::of2(&locale.into(), &options)).ok()?;
    let format = format.unchecked_into::<Intl::DateTimeFormat>().format();
    let text = format.call1(&JsValue::UNDEFINED, &date).ok()?;
    text.as_string()
}
