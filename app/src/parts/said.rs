use std::time::Duration;

use leptos::prelude::*;

use super::dialog::is_dialog_open;
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

/// What just happened, at the foot of the page and to screen readers: a failure at once, the rest when
/// they come to it. A failure stays until it is closed, the rest goes by itself.
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

/// Shows what is announced. What lies behind a dialog is not heard, so a dialog has one of its own.
#[component]
pub(crate) fn Announcer(#[prop(optional)] in_dialog: bool) -> impl IntoView {
    let said = SAID.with(Clone::clone);
    let shown = move |bad: bool| {
        let said = said.clone();
        move || {
            let close = said.clone();
            let now = said.get().filter(|said| (said.tone == Tone::Bad) == bad);
            now.filter(|_| in_dialog || !is_dialog_open()).map(|said| {
                view! {
                    <div class="said" class:bad=bad>
                        <p prop:textContent=said.text></p>
                        <button type="button" class="button quiet small cross" aria-label=words().common.close_message
                            title=words().common.close_message on:click=move |_| close.set(None)>
                            <span aria-hidden="true">"\u{00d7}"</span>
                        </button>
                    </div>
                }
            })
        }
    };
    // Both are there before anything is said: a region that comes with its text is often not spoken.
    let (failure, rest) = (shown(true), shown(false));
    view! {
        <div class="announcer" class:in-dialog=in_dialog>
            <div role="alert" aria-live="assertive">{failure}</div>
            <div role="status" aria-live="polite">{rest}</div>
        </div>
    }
}
