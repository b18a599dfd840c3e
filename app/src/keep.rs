//! Small choices that this browser remembers: language, theme, shortcuts. Never words of residents.

use leptos::prelude::window;
use web_sys::Storage;

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Gone with the tab of the browser.
fn storage_of_tab() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

pub(crate) fn read(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Where storage is full or forbidden the choice lasts until the page is closed.
pub(crate) fn write(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

pub(crate) fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(name);
    }
}

pub(crate) fn read_in_tab(name: &str) -> Option<String> {
    storage_of_tab()?.get_item(name).ok().flatten()
}

pub(crate) fn write_in_tab(name: &str, value: &str) {
    if let Some(storage) = storage_of_tab() {
        let _ = storage.set_item(name, value);
    }
}

pub(crate) fn forget_in_tab(name: &str) {
    if let Some(storage) = storage_of_tab() {
        let _ = storage.remove_item(name);
    }
}
