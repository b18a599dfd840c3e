//! The address bar: which screen, and what it shows. What a person filters on stands in the query, so
//! that an address can be kept, sent and gone back to. Words that are looked for may be a resident's own: they stand in
//! the browser's history beside the address, and in no address that a server or a proxy writes down.

use std::cell::{Cell, RefCell};

use koffiekar_sync_core::ids::{PublicationId, QuoteId};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::UrlSearchParams;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/`: where the role belongs.
    Home,
    /// `/aanmelden`
    SignIn,
    /// `/veld` and all below it: the field screens read [`path`] themselves.
    Field,
    /// `/redactie`
    Desk,
    /// `/redactie/citaat/ID`
    Quote(QuoteId),
    /// `/publicaties`
    Publications,
    /// `/publicaties/ID`
    Publication(PublicationId),
    /// `/analyse`
    Analysis,
    /// `/kwaliteit`
    Quality,
    /// `/wachtwoord`
    Password,
    /// `/beheer/...`
    Administration(Administration),
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Administration {
    People,
    Rounds,
    Lines,
    Devices,
    Held,
    Rescue,
    Erasing,
    Audit,
}

impl Route {
    fn parse(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] => Self::Home,
            ["aanmelden"] => Self::SignIn,
            ["veld", ..] => Self::Field,
            ["redactie"] => Self::Desk,
            ["redactie", "citaat", id] => id.parse().map_or(Self::Unknown, Self::Quote),
            ["publicaties"] => Self::Publications,
            ["publicaties", id] => id.parse().map_or(Self::Unknown, Self::Publication),
            ["analyse"] => Self::Analysis,
            ["kwaliteit"] => Self::Quality,
            ["wachtwoord"] => Self::Password,
            ["beheer"] | ["beheer", "mensen"] => Self::Administration(Administration::People),
            ["beheer", "rondes"] => Self::Administration(Administration::Rounds),
            ["beheer", "actielijnen"] => Self::Administration(Administration::Lines),
            ["beheer", "tablets"] => Self::Administration(Administration::Devices),
            ["beheer", "vastgehouden"] => Self::Administration(Administration::Held),
            ["beheer", "redding"] => Self::Administration(Administration::Rescue),
            ["beheer", "logboek"] => Self::Administration(Administration::Audit),
            ["beheer", "wissen"] => Self::Administration(Administration::Erasing),
            _ => Self::Unknown,
        }
    }

    pub(crate) fn path(self) -> String {
        match self {
            Self::Home | Self::Unknown => "/".to_owned(),
            Self::SignIn => "/aanmelden".to_owned(),
            Self::Field => "/veld".to_owned(),
            Self::Desk => "/redactie".to_owned(),
            Self::Quote(id) => format!("/redactie/citaat/{id}"),
            Self::Publications => "/publicaties".to_owned(),
            Self::Publication(id) => format!("/publicaties/{id}"),
            Self::Analysis => "/analyse".to_owned(),
            Self::Quality => "/kwaliteit".to_owned(),
            Self::Password => "/wachtwoord".to_owned(),
            Self::Administration(part) => match part {
                Administration::People => "/beheer/mensen",
                Administration::Rounds => "/beheer/rondes",
                Administration::Lines => "/beheer/actielijnen",
                Administration::Devices => "/beheer/tablets",
                Administration::Held => "/beheer/vastgehouden",
                Administration::Rescue => "/beheer/redding",
                Administration::Erasing => "/beheer/wissen",
                Administration::Audit => "/beheer/logboek",
            }
            .to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Address {
    path: String,
    /// Without the question mark.
    query: String,
    /// Words that are looked for.
    words: String,
}

thread_local! {
    static ADDRESS: ArcRwSignal<Address> = ArcRwSignal::new(Address::default());
    /// The way back leads nowhere.
    static IS_HELD: Cell<bool> = const { Cell::new(false) };
    /// Who asks before a step back is taken, the last one last.
    static ASKING: RefCell<Vec<(u32, Callback<()>)>> = const { RefCell::new(Vec::new()) };
}

/// A form that was filled in asks before a step back is taken: then nothing is left, and it is told.
/// `who` is its own number.
pub(crate) fn ask_before_back(who: u32, on_back: Option<Callback<()>>) {
    ASKING.with_borrow_mut(|asking| {
        asking.retain(|(other, _)| *other != who);
        asking.extend(on_back.map(|on_back| (who, on_back)));
    });
}

/// Nobody asks any more.
pub(crate) fn ask_no_more() {
    ASKING.with_borrow_mut(Vec::clear);
}

pub(crate) fn is_filled_in() -> bool {
    ASKING.with_borrow(|asking| !asking.is_empty())
}

fn go_back() {
    if IS_HELD.get() {
        return stay();
    }
    let asking = ASKING.with_borrow(|asking| asking.last().copied());
    if let Some((_, on_back)) = asking {
        stay();
        let _ = on_back.try_run(());
        return;
    }
    let before = address().with_untracked(|address| address.path.clone());
    read_address();
    if address().with_untracked(|address| address.path != before) {
        request_animation_frame(focus_heading);
    }
}

fn address() -> ArcRwSignal<Address> {
    ADDRESS.with(Clone::clone)
}

fn read_address() {
    let location = window().location();
    address().set(Address {
        path: location.pathname().unwrap_or_default(),
        query: location
            .search()
            .unwrap_or_default()
            .trim_start_matches('?')
            .to_owned(),
        words: window()
            .history()
            .and_then(|history| history.state())
            .ok()
            .and_then(|state| state.as_string())
            .unwrap_or_default(),
    });
}

/// Call once: listens to the back button and to clicks on links within the app.
pub(crate) fn start() {
    read_address();
    let _ = window_event_listener(ev::popstate, |_| go_back());
    let _ = window_event_listener(ev::click, follow_link);
}

/// From now on the browser's way back stays on this screen: somebody else holds the tablet.
pub(crate) fn hold() {
    IS_HELD.set(true);
    stay();
}

pub(crate) fn release() {
    IS_HELD.set(false);
}

/// An entry of the history for where we are: the one that a step back leaves is made anew.
fn stay() {
    let address = address().get_untracked();
    let href = match address.query.as_str() {
        "" => address.path,
        query => format!("{}?{query}", address.path),
    };
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&"".into(), "", Some(&href));
    }
}

fn follow_link(event: ev::MouseEvent) {
    let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || modified {
        return;
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(link) = target.and_then(|element| element.closest("a[href^='/']").ok().flatten())
    else {
        return;
    };
    let href = link.get_attribute("href").unwrap_or_default();
    if link.has_attribute("download") || link.has_attribute("target") || href.starts_with("/api/") {
        return;
    }
    event.prevent_default();
    go(&href);
}

pub(crate) fn current() -> Route {
    address().with(|address| Route::parse(&address.path))
}

pub(crate) fn path() -> String {
    address().with(|address| address.path.clone())
}

/// What stands behind the question mark.
pub(crate) fn query() -> String {
    address().with(|address| address.query.clone())
}

/// The words that are looked for on this screen.
pub(crate) fn words() -> String {
    address().with(|address| address.words.clone())
}

/// To another screen, with a way back. Whoever reads with a screen reader lands on its heading. Within the
/// same part of the app the words that are looked for stay: from a list to a quote and back.
pub(crate) fn go(href: &str) {
    let Address {
        path: before,
        words,
        ..
    } = address().get_untracked();
    let part = |href: &str| href.split(['/', '?', '#']).nth(1).map(str::to_owned);
    show(
        href,
        if part(href) == part(&before) {
            &words
        } else {
            ""
        },
    );
    if address().with_untracked(|address| address.path != before) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        request_animation_frame(focus_heading);
    }
}

/// A new entry in the history, with the words that are looked for: the way back leads to what was shown before.
pub(crate) fn show(href: &str, words: &str) {
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&words.into(), "", Some(href));
    }
    read_address();
}

/// The same entry in the history with another address.
pub(crate) fn replace(href: &str) {
    replace_with(href, "");
}

/// The same with the words that are looked for: as they are typed.
pub(crate) fn replace_with(href: &str, words: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&words.into(), "", Some(href));
    }
    read_address();
}

pub(crate) fn focus_heading() {
    let heading = document()
        .query_selector("#main h1:not([hidden] *)")
        .ok()
        .flatten();
    if let Some(heading) =
        heading.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = heading.focus();
    }
}

/// The pairs of a query string, decoded.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let Ok(params) = UrlSearchParams::new_with_str(query) else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for entry in params.entries().into_iter().flatten() {
        let entry = js_sys::Array::from(&entry);
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) {
            pairs.push((name, value));
        }
    }
    pairs
}

/// `a=1&b=two+words`, encoded; empty values are left out.
pub(crate) fn to_query<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let Ok(params) = UrlSearchParams::new() else {
        return String::new();
    };
    for (name, value) in pairs {
        if !value.is_empty() {
            params.append(name, &value);
        }
    }
    params.to_string().into()
}
