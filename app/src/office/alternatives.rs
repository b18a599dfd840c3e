//! "Bedoelde u": words that occur, in the place of words that are found in few quotes or none.

use koffiekar_sync_core::office::Alternative;
use leptos::prelude::*;

use crate::words::{count, fill, number, words};

#[component]
pub(super) fn Alternatives(
    #[prop(into)] found: Signal<Vec<Alternative>>,
    choose: Callback<String>,
) -> impl IntoView {
    let words = words();
    let button = move |one: Alternative| {
        let quotes = match one.total == one.anywhere {
            true => count(one.total, (words.desk.quote_one, words.desk.quotes)),
            false => fill(
                words.filters.found_elsewhere,
                &[&number(one.total), &number(one.anywhere)],
            ),
        };
        let text = one.text.clone();
        view! {
            <li>
                <button type="button" class="button quiet small" on:click=move |_| choose.run(text.clone())>
                    <strong dir="auto">{one.text}</strong>
                    " "
                    <span class="tally">{quotes}</span>
                </button>
            </li>
        }
    };
    move || {
        let found = found.get();
        (!found.is_empty()).then(|| {
            view! {
                <div class="did-you-mean" role="status" data-testid="did-you-mean">
                    <p>{words.filters.did_you_mean}</p>
                    <ul>{found.into_iter().map(button).collect_view()}</ul>
                </div>
            }
        })
    }
}
