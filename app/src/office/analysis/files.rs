//! What is shown, as files.

use leptos::{prelude::*, task::spawn_local};

use super::{Address, address::Show};
use crate::{
    api,
    parts::{Tone, UnderWay, announce, save_file},
    words::{fill, words},
};

#[component]
pub(super) fn Files(address: Memo<Address>) -> impl IntoView {
    let words = &words().analysis;
    let shows_numbers = move || address.with(|address| address.show != Show::Quotes);
    view! {
        <div class="files no-print">
            {move || shows_numbers().then(|| view! {
                <File label=words.csv_table class="button small" path=move || address.with_untracked(Address::counts_file)/>
            })}
            <File label=words.csv hint=words.csv_hint class="button small"
                path=move || address.with_untracked(|address| address.quotes_file(true))/>
            <File label=words.csv_program class="button quiet small"
                path=move || address.with_untracked(|address| address.quotes_file(false))/>
        </div>
    }
}

/// Fetched rather than linked to: then what is looked for is in no address, and a refusal is told here.
#[component]
fn File(
    label: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
    class: &'static str,
    path: impl Fn() -> String + Copy + 'static,
) -> impl IntoView {
    let words = &words().analysis;
    let under_way = UnderWay::new();
    let save = move |_| {
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            match api::file(&path()).await {
                Ok((name, content)) if save_file(&name, &content).is_ok() => {
                    announce(Tone::Good, fill(words.csv_saved, &[&name]));
                }
                Ok(_) => announce(Tone::Bad, words.csv_failed),
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
            under_way.end();
        });
    };
    view! {
        <button type="button" class=class title=hint aria-disabled=move || under_way.disabled() on:click=save>
            {move || if under_way.is() { words.csv_busy } else { label }}
        </button>
    }
}
