//! Light, dark, or as the device says. The sheet `00-tokens.css` holds the colours of both.

use leptos::prelude::*;

use crate::keep;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Device,
    Light,
    Dark,
}

const KEPT: &str = "theme";

thread_local! {
    static THEME: ArcRwSignal<Theme> = ArcRwSignal::new(match keep::read(KEPT).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::Device,
    });
}

pub(crate) fn theme() -> ArcRwSignal<Theme> {
    THEME.with(Clone::clone)
}

pub(crate) fn choose(theme: Theme) {
    keep::write(KEPT, name(theme));
    THEME.with(|signal| signal.set(theme));
    apply();
}

/// Call once at the start; [`choose`] does it from then on.
pub(crate) fn apply() {
    let theme = theme().get_untracked();
    if let Some(root) = document().document_element() {
        let _ = match theme {
            Theme::Device => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", name(theme)),
        };
    }
}

fn name(theme: Theme) -> &'static str {
    match theme {
        Theme::Device => "device",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}
