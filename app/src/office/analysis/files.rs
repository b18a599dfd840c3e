//! What is shown, as files.

use leptos::prelude::*;

use super::{Address, address::Show};
use crate::words::words;

#[component]
pub(super) fn Files(address: Memo<Address>) -> impl IntoView {
    let words = &words().analysis;
    let shows_numbers = move || address.with(|address| address.show != Show::Quotes);
    view! {
        <div class="files no-print">
            {move || shows_numbers().then(|| view! {
                <a class="button small" href=move || address.with(Address::counts_file) download="">
                    {words.csv_table}
                </a>
            })}
            <a
                class="button small"
                href=move || address.with(|address| address.quotes_file(true))
                download=""
                title=words.csv_hint
            >
                {words.csv}
            </a>
            <a class="button quiet small" href=move || address.with(|address| address.quotes_file(false)) download="">
                {words.csv_program}
            </a>
        </div>
    }
}
