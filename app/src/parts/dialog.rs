use leptos::{ev, html, prelude::*};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;

use super::Announcer;
use crate::words::words;

/// A question over the page, by the browser's own `dialog`: it holds the focus, Escape closes it, and
/// the focus goes back to where it was. Shown as long as it is in the view.
#[component]
pub(crate) fn Dialog(
    #[prop(into)] title: String,
    on_close: Callback<()>,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let before = SendWrapper::new(
        document()
            .active_element()
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()),
    );
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            // Already open when the effect runs twice.
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        }
    });
    on_cleanup(move || {
        request_animation_frame(move || {
            // A decision may have sent the focus elsewhere already.
            let nowhere = document()
                .active_element()
                .is_none_or(|element| element.tag_name() == "BODY");
            if let Some(before) = before.take().filter(|_| nowhere) {
                let _ = before.focus();
            }
        });
    });
    let cancel = move |event: ev::Event| {
        event.prevent_default();
        on_close.run(());
    };
    view! {
        <dialog
            class="dialog"
            class:wide=wide
            node_ref=dialog
            aria-labelledby="dialog-title"
            on:cancel=cancel
            on:keydown=|event| event.stop_propagation()
        >
            <div class="dialog-head">
                <h2 id="dialog-title">{title}</h2>
                <button type="button" class="button quiet small" on:click=move |_| on_close.run(())>
                    {words().common.close}
                </button>
            </div>
            {children()}
            <Announcer/>
        </dialog>
    }
}
