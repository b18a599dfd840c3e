use leptos::{html, prelude::*};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, ResizeObserver};

/// Around a table that may be wider than the screen: it scrolls by itself and not with the page. As long
/// as it does, the keyboard reaches it, and it has a name.
#[component]
pub(crate) fn Scroll(#[prop(into)] label: Signal<String>, children: Children) -> impl IntoView {
    let region = NodeRef::<html::Div>::new();
    let overflows = RwSignal::new(false);
    Effect::new(move || {
        let Some(region) = region.get() else { return };
        let element: Element = region.unchecked_into();
        let measured = element.clone();
        let measure = Closure::<dyn Fn()>::new(move || {
            let is_wider = measured.scroll_width() > measured.client_width();
            let _ = overflows.try_maybe_update(|before| {
                let changes = *before != is_wider;
                *before = is_wider;
                (changes, ())
            });
        });
        let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&element);
        if let Some(content) = element.first_element_child() {
            observer.observe(&content);
        }
        // The closure lives as long as what calls it.
        let watching = SendWrapper::new((observer, measure));
        on_cleanup(move || watching.0.disconnect());
    });
    view! {
        <div
            class="scroll"
            node_ref=region
            role=move || overflows.get().then_some("region")
            aria-label=move || overflows.get().then(|| label.get())
            tabindex=move || overflows.get().then_some("0")
        >
            {children()}
        </div>
    }
}
