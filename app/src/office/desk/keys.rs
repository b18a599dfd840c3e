//! Shortcuts of one key. They can be turned off, for who dictates or types by accident.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use koffiekar_sync_core::ids::LineKey;

use super::{list::List, questions::Question};
use crate::{
    keep,
    parts::focus,
    route::{self, Route},
};

const KEPT: &str = "shortcuts";

pub(super) fn are_on() -> bool {
    keep::read(KEPT).as_deref() != Some("off")
}

pub(super) fn turn(on: bool) {
    keep::write(KEPT, if on { "on" } else { "off" });
}

pub(super) fn listen(desk: List) {
    let listening = window_event_listener(ev::keydown, move |event| press(desk, &event));
    on_cleanup(move || listening.remove());
}

fn press(desk: List, event: &ev::KeyboardEvent) {
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    if modified || event.default_prevented() || event.is_composing() || !are_on() {
        return;
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let inside = |selector: &str| {
        target
            .as_ref()
            .is_some_and(|element| element.closest(selector).ok().flatten().is_some())
    };
    if inside("input, select, textarea, dialog") {
        return;
    }
    let key = event.key();
    // A key that stays down goes through the list, and decides once.
    let goes = matches!(key.as_str(), "j" | "k" | "ArrowDown" | "ArrowUp");
    if event.repeat() && !goes {
        return;
    }
    let on_card = target
        .as_ref()
        .is_some_and(|element| element.class_list().contains("card"));
    let listed = desk.is_listed();
    let opened = desk.opened.get_untracked().map(|entry| entry.id);
    let active = if listed {
        desk.active.get_untracked()
    } else {
        opened
    };
    let row = active
        .and_then(|id| desk.entry(id))
        .map(|entry| entry.row.get_untracked());
    match (key.as_str(), row) {
        ("j", _) if listed => desk.step(1),
        ("k", _) if listed => desk.step(-1),
        ("ArrowDown", _) if on_card => desk.step(1),
        ("ArrowUp", _) if on_card => desk.step(-1),
        ("u", _) => desk.undo(),
        ("/", _) if listed => focus("desk-search"),
        ("?", _) => desk.ask(Question::Help),
        ("0", Some(row)) => desk.confirm(row.id, LineKey::none()),
        ("1" | "2" | "3", Some(row)) => {
            let place = usize::from(key.as_bytes()[0] - b'1');
            if let Some(suggestion) = row.suggestions.get(place) {
                desk.confirm(row.id, suggestion.line.clone());
            }
        }
        ("l", Some(row)) => desk.ask(Question::Line(row.id)),
        ("x", Some(row)) => desk.ask_reject(&row),
        ("c", Some(row)) => desk.ask(Question::Section(row.id)),
        ("Enter", Some(row)) if on_card => route::go(&Route::Quote(row.id).path()),
        _ => return,
    }
    event.prevent_default();
}
