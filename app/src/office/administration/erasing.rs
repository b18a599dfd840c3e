//! Erasing what somebody said, and moving a conversation to another round: by its number, without
//! seeing its words.

use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::{ConversationFound, Erasure, ErasurePage};
use leptos::{ev, prelude::*};

use super::erasing_list::{Erasures, PATH};
use super::erasing_outline::Outline;
use crate::{
    parts::{
        Busy, ErrorSummary, Errors, Fetched, Notice, Source, TextField, Tone, Trouble, moment,
        title,
    },
    route,
    words::{count, fill, words},
};

const NUMBER: &str = "gesprek";

/// With this conversation on the screen.
pub(super) fn address(id: ConversationId) -> String {
    let query = route::to_query([(NUMBER, id.to_string())]);
    format!("/beheer/wissen?{query}")
}

fn path_of(id: ConversationId) -> String {
    format!("/api/v1/conversations/{id}")
}

fn asked() -> Option<ConversationId> {
    let pairs = route::pairs(&route::query());
    let number = pairs.into_iter().find(|(name, _)| name == NUMBER);
    number.and_then(|(_, number)| number.parse().ok())
}

#[component]
pub(super) fn Erasing() -> impl IntoView {
    let words = &words().erasing;
    title(words.title);
    let id = Memo::new(|_| asked());
    let found = Source::<ConversationFound>::new();
    let erasures = Source::<ErasurePage>::new();
    erasures.fetch(PATH.to_owned());
    Effect::new(move || {
        if let Some(id) = id.get() {
            found.fetch(path_of(id));
        }
    });
    // What is done here is shown as the server has it then.
    let done = Callback::new(move |()| {
        if let Some(id) = id.get_untracked() {
            found.refresh(path_of(id));
        }
        erasures.refresh(PATH.to_owned());
    });
    let body = move || {
        let id = id.get()?;
        Some(match found.value.get() {
            Fetched::Busy => view! { <Busy/> }.into_any(),
            Fetched::Failed(failure) if failure.status() == Some(404) => view! {
                <div class="notice bad" role="alert" data-testid="not-found">
                    <p class="notice-title">{words.not_found}</p>
                    <p>{words.not_found_hint}</p>
                </div>
            }
            .into_any(),
            Fetched::Failed(failure) => {
                let retry = Callback::new(move |()| found.fetch(path_of(id)));
                view! { <Trouble failure retry/> }.into_any()
            }
            Fetched::Ready(ConversationFound::Here(outline)) => {
                view! { <Outline outline done/> }.into_any()
            }
            Fetched::Ready(ConversationFound::Gone(erasure)) => {
                view! { <Gone erasure/> }.into_any()
            }
        })
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.title}</h1></div>
        <p class="lead">{words.intro}</p>
        <Search id/>
        {body}
        <Erasures erasures/>
    }
}

#[component]
fn Search(id: Memo<Option<ConversationId>>) -> impl IntoView {
    let words = &words().erasing;
    let errors = Errors::new();
    let number = RwSignal::new(String::new());
    Effect::new(move || {
        if let Some(id) = id.get() {
            number.set(id.to_string());
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Ok(wanted) = number.with_untracked(|number| number.trim().parse::<ConversationId>())
        else {
            errors.judge(vec![("erase-number", words.number_wrong.to_owned())]);
            return;
        };
        errors.judge(Vec::new());
        route::go(&address(wanted));
    };
    view! {
        <form class="erase-search" on:submit=submit novalidate>
            <ErrorSummary errors/>
            <TextField id="erase-number" label=words.number hint=words.number_hint value=number errors/>
            <button type="submit" class="button main" data-testid="find">{words.find}</button>
        </form>
    }
}

/// There is nothing under this number any more.
#[component]
fn Gone(erasure: Erasure) -> impl IntoView {
    let words = &words().erasing;
    let when = moment(erasure.erased_at);
    let quotes = count(
        erasure.quotes.len() as u64,
        (words.quote_one, words.quote_many),
    );
    let text = match erasure.replaced_by {
        None => fill(words.gone, &[&when]),
        Some(_) => fill(words.gone_on, &[&quotes, &when]),
    };
    let on = erasure.replaced_by.map(|by| {
        view! { <p><a href=address(by) data-testid="goes-on">{words.to_successor}</a></p> }
    });
    view! {
        <div data-testid="gone">
            <Notice tone=Tone::Plain>
                <p class="notice-title">{text}</p>
                {on}
            </Notice>
        </div>
    }
}
