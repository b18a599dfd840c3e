//! What a field worker holds at the door.

use leptos::prelude::*;

#[component]
pub(crate) fn Field() -> impl IntoView {
    view! { <main id="main" tabindex="-1"></main> }
}
