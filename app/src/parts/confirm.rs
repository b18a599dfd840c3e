use leptos::prelude::*;

use super::Dialog;
use crate::words::words;

/// Asks before something that is not easily taken back.
#[component]
pub(crate) fn Confirm(
    #[prop(into)] title: String,
    text: &'static str,
    /// What the button says: the deed, not "yes".
    deed: &'static str,
    on_yes: Callback<()>,
    on_close: Callback<()>,
) -> impl IntoView {
    let yes = move |_| {
        on_close.run(());
        on_yes.run(());
    };
    view! {
        <Dialog title on_close>
            <p>{text}</p>
            <div class="row" data-decides>
                <button type="button" class="button danger" on:click=yes>{deed}</button>
                <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                    {words().common.cancel}
                </button>
            </div>
        </Dialog>
    }
}
