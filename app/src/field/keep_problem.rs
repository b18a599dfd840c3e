//! Why a text cannot be kept as it is, while somebody types it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{draft::KeepProblem, words::words};
use crate::words::{counted, fill};

#[component]
pub(crate) fn KeepProblemText(
    #[prop(into)] problem: Signal<Option<KeepProblem>>,
    field: String,
) -> impl IntoView {
    let words = words();
    move || {
        problem.get().map(|problem| match problem {
            KeepProblem::TooLong(over) => {
                view! { <span>{counted(words.too_long, over as u64, &[&over.to_string()])}</span> }
                    .into_any()
            }
            KeepProblem::NullCharacter(place, before) => {
                let place = place.to_string();
                let text = if before.is_empty() {
                    fill(words.null_at, &[&place])
                } else {
                    fill(words.null_behind, &[&place, &before])
                };
                let field = field.clone();
                view! {
                    <span data-testid="null-told">{text}</span>
                    <button type="button" class="button" data-testid="remove-null"
                        on:click=move |_| without_null(&field)>
                        {words.remove_null}
                    </button>
                }
                .into_any()
            }
        })
    }
}

/// Takes what cannot be kept out of a field, as if it had been typed away.
fn without_null(field: &str) {
    let area = document()
        .get_element_by_id(field)
        .and_then(|element| element.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    let Some(area) = area else { return };
    area.set_value(&area.value().replace('\0', ""));
    if let Ok(event) = web_sys::Event::new("input") {
        let _ = area.dispatch_event(&event);
    }
    let _ = area.focus();
}
