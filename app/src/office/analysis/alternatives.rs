//! Other words to look for, where few quotes or none are found.

use koffiekar_sync_core::office::{Alternative, Counts};
use leptos::prelude::*;

use super::Address;
use crate::{
    office::alternatives::Alternatives,
    parts::{Fetched, Source},
};

#[component]
pub(super) fn DidYouMean(counts: Source<Counts>, address: Memo<Address>) -> impl IntoView {
    let found = Memo::new(move |_| match &*counts.value.read() {
        Fetched::Ready(counts) => counts.alternatives.clone(),
        _ => Vec::<Alternative>::new(),
    });
    let choose = Callback::new(move |text: String| {
        let mut address = address.get_untracked();
        address.filter.text = Some(text);
        address.show();
    });
    view! { <Alternatives found choose/> }
}
