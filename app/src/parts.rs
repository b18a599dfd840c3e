//! What every screen is put together from.

mod confirm;
mod dialog;
mod fetched;
mod focus_place;
mod form;
mod password;
mod picker;
mod said;
mod save_file;
mod scroll;
mod time;
mod under_way;

pub(crate) use confirm::Confirm;
pub(crate) use dialog::Dialog;
pub(crate) use fetched::{Fetched, Source, Trouble};
pub(crate) use focus_place::{FocusPlace, is_on_body, start as keep_focus};
pub(crate) use form::{Choice, ErrorSummary, Errors, Select, TextArea, TextField};
pub(crate) use password::{NewPassword, ShowPassword, with_blank_told};
pub(crate) use picker::{Pick, Picker};
pub(crate) use said::{Announcer, Notice, Tone, announce};
pub(crate) use save_file::save_file;
pub(crate) use scroll::Scroll;
pub(crate) use time::{day, iso_date, iso_day, iso_month, moment, now, set_time_zone, time_of_day};
pub(crate) use under_way::UnderWay;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A text that changes and matters: a number, a state. It is set as a whole, so that it is right whatever a
/// browser that translates has put in its place (`app/static/texts.js` has the other half).
#[component]
pub(crate) fn Changing(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <span prop:textContent=move || text.get()></span> }
}

/// Nothing here: why, and what to do next.
#[component]
pub(crate) fn Empty(
    title: &'static str,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}

#[component]
pub(crate) fn Busy() -> impl IntoView {
    view! { <p class="busy" role="status">{crate::words::words().common.busy}</p> }
}

/// The focus to the element with this id, once it is on the page.
pub(crate) fn focus(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) =
            element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    });
}

/// The title of the browser's tab.
pub(crate) fn title(text: &str) {
    document().set_title(&format!("{text} - Koffiekar"));
}
