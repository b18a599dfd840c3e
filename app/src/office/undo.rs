//! What can be taken back, for as long as the tab of the browser is open: also after the page was loaded
//! anew or drawn in another language. Kept by person: ids and action lines, never words.

use koffiekar_sync_core::ids::UserId;
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::{keep, session};

/// The newest that are kept.
const MOST: usize = 100;
const DECISIONS: &str = "undo-decisions";
const REMOVALS: &str = "undo-removals";

#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// What quotes concern.
    Decisions,
    /// Quotes that were taken out of a publication.
    Removals,
}

fn name(of: Of, user: UserId) -> String {
    let of = match of {
        Of::Decisions => DECISIONS,
        Of::Removals => REMOVALS,
    };
    format!("{of}-{user}")
}

/// The oldest first; it writes down what it becomes.
pub(super) fn kept<T>(of: Of) -> RwSignal<Vec<T>>
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let user = untrack(session::signed_in).map(|session| session.user);
    let name = user.map(|user| name(of, user));
    let before = name.as_deref().and_then(keep::read_in_tab);
    let before = before.and_then(|text| serde_json::from_str(&text).ok());
    let list = RwSignal::new(before.unwrap_or_default());
    Effect::new(move || {
        let newest = list.with(|list: &Vec<T>| {
            let from = list.len().saturating_sub(MOST);
            serde_json::to_string(&list[from..])
        });
        if let (Some(name), Ok(newest)) = (&name, newest) {
            keep::write_in_tab(name, &newest);
        }
    });
    list
}

/// Whoever signs out leaves nothing behind.
pub(crate) fn forget(user: UserId) {
    keep::forget_in_tab(&name(Of::Decisions, user));
    keep::forget_in_tab(&name(Of::Removals, user));
}
