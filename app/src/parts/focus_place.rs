//! Where the focus is, so that it does not get lost: what is taken away under it, or drawn anew, would
//! leave it on the body of the page, from where a keyboard begins all over.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event, HtmlElement, MutationObserver, MutationObserverInit};

use crate::route;

const CONTROLS: &str = "a[href], button, input, select, textarea, summary, [tabindex]";
/// To be focused by itself, these would call up the keyboard of a tablet.
const WRITTEN_IN: &str =
    "input:not([type]), input[type='text'], input[type='search'], input[type='password'], textarea";

/// An element, and how to find the next best one once it is gone.
#[derive(Clone)]
pub(crate) struct FocusPlace {
    element: HtmlElement,
    /// What it stands in, the nearest first, and which of the controls in there it is.
    above: Vec<(Element, u32)>,
    is_written_in: bool,
}

impl FocusPlace {
    /// Of what has the focus now.
    pub(crate) fn now() -> Option<Self> {
        document()
            .active_element()
            .filter(|element| element.tag_name() != "BODY")
            .and_then(|element| element.dyn_into().ok())
            .map(Self::of)
    }

    fn of(element: HtmlElement) -> Self {
        let is_written_in = element.matches(WRITTEN_IN).unwrap_or(false);
        let mut above = Vec::new();
        let mut parent = element.parent_element();
        while let Some(container) = parent.filter(|container| container.tag_name() != "BODY") {
            let controls = controls(&container, is_written_in);
            let before = controls
                .iter()
                .take_while(|control| is_before(control, &element));
            above.push((
                container.clone(),
                u32::try_from(before.count()).unwrap_or(0),
            ));
            if container.id() == "main" {
                break;
            }
            parent = container.parent_element();
        }
        Self {
            element,
            above,
            is_written_in,
        }
    }

    /// The focus to it; where it is gone, to what stands in its place.
    pub(crate) fn come_back(&self) {
        if is_there(&self.element) && take_focus(&self.element) {
            return;
        }
        for (container, place) in &self.above {
            // All over the page, its heading says more than the control that happens to be there.
            if container.id() == "main" || !is_there(container) {
                continue;
            }
            let controls = controls(container, self.is_written_in);
            let place = (*place as usize).min(controls.len().saturating_sub(1));
            if controls.get(place).is_some_and(take_focus) {
                return;
            }
        }
        route::focus_heading();
        if is_on_body()
            && let Some(main) = document().get_element_by_id("main")
        {
            let _ = main.dyn_into::<HtmlElement>().map(|main| main.focus());
        }
    }
}

/// The first is somewhere before the second, or around it.
fn is_before(one: &HtmlElement, other: &HtmlElement) -> bool {
    const FOLLOWING: u16 = 4;
    one.compare_document_position(other) & FOLLOWING != 0
}

fn is_there(element: &Element) -> bool {
    element.is_connected() && element.get_client_rects().length() > 0
}

fn take_focus(element: &HtmlElement) -> bool {
    let _ = element.focus();
    document().active_element().as_deref() == Some(element.as_ref())
}

/// What the tabulator key stops at.
fn controls(within: &Element, written_in: bool) -> Vec<HtmlElement> {
    let Ok(found) = within.query_selector_all(CONTROLS) else {
        return Vec::new();
    };
    let all = (0..found.length()).filter_map(|at| found.item(at)?.dyn_into::<HtmlElement>().ok());
    all.filter(|control| control.tab_index() >= 0 && is_there(control))
        .filter(|control| written_in || !control.matches(WRITTEN_IN).unwrap_or(false))
        .collect()
}

pub(crate) fn is_on_body() -> bool {
    document()
        .active_element()
        .is_none_or(|element| element.tag_name() == "BODY")
}

thread_local! {
    static LAST: RefCell<Option<FocusPlace>> = const { RefCell::new(None) };
}

/// Call once: whenever the page changes and the focus is gone with what was taken away, it goes to what
/// stands there now. A screen that knows better sends it elsewhere before.
pub(crate) fn start() {
    let focused = Closure::<dyn Fn(Event)>::new(|event: Event| {
        let element = event.target().and_then(|target| target.dyn_into().ok());
        LAST.replace(element.map(FocusPlace::of));
    });
    // Whoever clicks beside the controls leaves them.
    let pointed = Closure::<dyn Fn(Event)>::new(|event: Event| {
        let element = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let on_control =
            element.is_some_and(|element| matches!(element.closest(CONTROLS), Ok(Some(_))));
        if !on_control {
            LAST.replace(None);
        }
    });
    let listen = |name, heard: &Closure<dyn Fn(Event)>| {
        let _ = window().add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
    };
    listen("focusin", &focused);
    listen("pointerdown", &pointed);
    focused.forget();
    pointed.forget();

    let changed = Closure::<dyn Fn()>::new(|| {
        if is_on_body() && LAST.with_borrow(Option::is_some) {
            // Whoever changed the page may send the focus somewhere in the next frame.
            request_animation_frame(|| request_animation_frame(look));
        }
    });
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    options.set_subtree(true);
    options.set_attribute_filter(&js_sys::Array::of2(
        &JsValue::from_str("hidden"),
        &JsValue::from_str("disabled"),
    ));
    if let (Ok(observer), Some(body)) = (
        MutationObserver::new(changed.as_ref().unchecked_ref()),
        document().body(),
    ) {
        let _ = observer.observe_with_options(&body, &options);
    }
    changed.forget();
}

fn look() {
    // An element that was only moved on the page has lost the focus too.
    if let Some(place) = LAST.with_borrow(Clone::clone).filter(|_| is_on_body()) {
        place.come_back();
    }
}
