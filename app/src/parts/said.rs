use std::time::Duration;

use leptos::prelude::*;

use crate::words::words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Bad,
}

/// Something to know, where it matters.
#[component]
pub(crate) fn Notice(tone: Tone, children: Children) -> impl IntoView {
    let class = match tone {
        Tone::Plain => "notice",
        Tone::Good => "notice good",
        Tone::Bad => "notice bad",
    };
    view! { <div class=class role=if tone == Tone::Bad { "alert" } else { "note" }>{children()}</div> }
}

#[derive(Debug, Clone)]
struct Said {
    text: String,
    tone: Tone,
    number: u32,
}

thread_local! {
    static SAID: ArcRwSignal<Option<Said>> = ArcRwSignal::new(None);
}

/// What just happened, at the foot of the page and to screen readers. A failure stays until it is
/// closed, the rest goes by itself.
pub(crate) fn announce(tone: Tone, text: impl Into<String>) {
    let said = SAID.with(Clone::clone);
    let number =
        said.with_untracked(|before| before.as_ref().map_or(0, |before| before.number)) + 1;
    said.set(Some(Said {
        text: text.into(),
        tone,
        number,
    }));
    if tone != Tone::Bad {
        let gone = move || {
            let is_last =
                said.with_untracked(|now| now.as_ref().is_some_and(|now| now.number == number));
            if is_last {
                said.set(None);
            }
        };
        set_timeout(gone, Duration::from_secs(6));
    }
}

#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let said = SAID.with(Clone::clone);
    let close = said.clone();
    let shown = move || {
        let close = close.clone();
        said.get().map(|said| {
            let class = if said.tone == Tone::Bad { "said bad" } else { "said" };
            view! {
                <div class=class>
                    <p prop:textContent=said.text></p>
                    <button type="button" class="button quiet small" on:click=move |_| close.set(None)>
                        {words().common.close}
                    </button>
                </div>
            }
        })
    };
    view! { <div class="announcer" role="status" aria-live="polite">{shown}</div> }
}
