use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use crate::{
    api::{self, Failure},
    words::words,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fetched<T> {
    Busy,
    Ready(T),
    Failed(Failure),
}

/// Something that the server gives, and how far we are with it.
pub(crate) struct Source<T: Send + Sync + 'static> {
    pub(crate) value: RwSignal<Fetched<T>>,
    /// Which request is the last: an answer that comes late does not replace a newer one.
    turn: StoredValue<u32>,
}

impl<T: Send + Sync + 'static> Clone for Source<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for Source<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> Source<T> {
    pub(crate) fn new() -> Self {
        Self {
            value: RwSignal::new(Fetched::Busy),
            turn: StoredValue::new(0),
        }
    }

    /// Shows that it is busy, then what came.
    pub(crate) fn fetch(self, path: String) {
        self.value.set(Fetched::Busy);
        self.start(path, false);
    }

    /// Keeps showing what is there until something newer comes; a failure is kept to itself then.
    pub(crate) fn refresh(self, path: String) {
        self.start(path, true);
    }

    fn start(self, path: String, quiet: bool) {
        let turn = self.turn.with_value(|turn| turn.wrapping_add(1));
        self.turn.set_value(turn);
        spawn_local(async move {
            let answer = api::get::<T>(&path).await;
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            let has_value = matches!(*self.value.read_untracked(), Fetched::Ready(_));
            match answer {
                Ok(value) => self.value.set(Fetched::Ready(value)),
                Err(failure) if !(quiet && has_value) => self.value.set(Fetched::Failed(failure)),
                Err(_) => {}
            }
        });
    }
}

/// A request failed: what it is, and the way to try again.
#[component]
pub(crate) fn Trouble(failure: Failure, retry: Callback<()>) -> impl IntoView {
    let words = words();
    let title = if matches!(failure, Failure::Offline | Failure::Stranger) {
        words.failure.is_offline
    } else {
        words.failure.title
    };
    view! {
        <div class="notice bad" role="alert">
            <p class="notice-title">{title}</p>
            <p>{failure.to_string()}</p>
            <button type="button" class="button small" on:click=move |_| retry.run(())>
                {words.failure.again}
            </button>
        </div>
    }
}
