//! What a hand does without meaning it: a key that stays down, a click that falls twice.
//!
//! Both are stopped before any control of the page hears of them, so that no screen has to think of it.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AddEventListenerOptions, Element, Event, KeyboardEvent, MouseEvent};

use leptos::prelude::window;

/// On whatever holds controls that decide something: there the second click of a double click does
/// nothing. The first may have moved another control to where the pointer is.
pub(crate) const DECIDES: &str = "[data-decides]";

/// Call once.
pub(crate) fn start() {
    listen::<KeyboardEvent>("keydown", stop_held_enter);
    listen::<MouseEvent>("click", stop_second_click);
}

/// Enter that stays down would press every button that comes under it. In a text of several lines it
/// writes lines.
fn stop_held_enter(event: &KeyboardEvent) {
    let writes_lines = target(event).is_some_and(|target| target.tag_name() == "TEXTAREA");
    if event.repeat() && event.key() == "Enter" && !writes_lines {
        stop(event);
    }
}

fn stop_second_click(event: &MouseEvent) {
    let decides =
        || target(event).is_some_and(|target| matches!(target.closest(DECIDES), Ok(Some(_))));
    if event.detail() > 1 && decides() {
        stop(event);
    }
}

fn target(event: &Event) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

fn stop(event: &Event) {
    event.prevent_default();
    event.stop_immediate_propagation();
}

/// Before the controls of the page.
fn listen<E: JsCast + 'static>(name: &str, act: fn(&E)) {
    let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        if let Some(event) = event.dyn_ref::<E>() {
            act(event);
        }
    });
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    let _ = window().add_event_listener_with_callback_and_add_event_listener_options(
        name,
        heard.as_ref().unchecked_ref(),
        &options,
    );
    heard.forget();
}
