use std::cell::Cell;

use leptos::{ev, html, prelude::*};
use send_wrapper::SendWrapper;

use super::{Announcer, FocusPlace, focus, is_on_body};
use crate::{route, words::words};

thread_local! {
    static OPEN: ArcRwSignal<u32> = ArcRwSignal::new(0);
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Whether a dialog stands over the page: what is behind it cannot be reached or heard then.
pub(crate) fn is_dialog_open() -> bool {
    OPEN.with(|open| open.get() > 0)
}

/// A question over the page, by the browser's own `dialog`: it holds the focus, Escape closes it, and
/// the focus goes back to where it was. Shown as long as it is in the view.
///
/// What was filled in is not thrown away unasked: Escape, the cross, the way back and leaving the page
/// ask first. A button that says "cancel" does not.
#[component]
pub(crate) fn Dialog(
    #[prop(into)] title: String,
    on_close: Callback<()>,
    #[prop(optional)] wide: bool,
    /// What is typed here only finds something.
    #[prop(optional)]
    finds_only: bool,
    /// Closing it throws away what was filled in elsewhere.
    #[prop(optional)]
    ends_work: bool,
    children: Children,
) -> impl IntoView {
    let words = &words().common;
    let number = LAST.get() + 1;
    LAST.set(number);
    let title_id = format!("dialog-title-{number}");
    let dialog = NodeRef::<html::Dialog>::new();
    let before = FocusPlace::now().map(SendWrapper::new);
    let filled_in = RwSignal::new(ends_work);
    let asking = RwSignal::new(None::<Option<SendWrapper<FocusPlace>>>);
    let close = Callback::new(move |()| {
        if !filled_in.get_untracked() {
            on_close.run(());
        } else if asking.with_untracked(Option::is_none) {
            asking.set(Some(FocusPlace::now().map(SendWrapper::new)));
            focus("go-on-typing");
        }
    });
    let go_on = move || {
        if let Some(Some(place)) = asking.try_update(Option::take).flatten() {
            request_animation_frame(move || place.come_back());
        }
    };

    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            // Already open when the effect runs twice.
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        }
    });
    OPEN.with(|open| open.update(|open| *open += 1));
    Effect::new(move || route::ask_before_back(number, filled_in.get().then_some(close)));
    let leaving = window_event_listener(ev::beforeunload, move |event| {
        if route::is_filled_in() {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        leaving.remove();
        route::ask_before_back(number, None);
        OPEN.with(|open| open.update(|open| *open -= 1));
        request_animation_frame(move || {
            // A decision may have sent the focus elsewhere already.
            if let Some(before) = before.filter(|_| is_on_body()) {
                before.come_back();
            }
        });
    });

    let press = move |event: ev::KeyboardEvent| {
        event.stop_propagation();
        // The browser closes a dialog at the second Escape, whatever is said at the first.
        if event.key() == "Escape" {
            event.prevent_default();
            match asking.with_untracked(Option::is_some) {
                _ if event.repeat() => {}
                true => go_on(),
                false => close.run(()),
            }
        }
    };
    // The gesture for "back" of a tablet.
    let cancel = move |event: ev::Event| {
        event.prevent_default();
        close.run(());
    };
    let question = move || {
        asking.with(Option::is_some).then(|| {
            view! {
                <div class="notice unsaved" role="alert" data-testid="unsaved">
                    <p>{words.unsaved}</p>
                    <div class="row">
                        <button type="button" id="go-on-typing" class="button main small" on:click=move |_| go_on()>
                            {words.go_on_typing}
                        </button>
                        <button type="button" class="button danger small" data-testid="throw-away"
                            on:click=move |_| on_close.run(())>
                            {words.throw_away}
                        </button>
                    </div>
                </div>
            }
        })
    };
    view! {
        <dialog
            class="dialog"
            class:wide=wide
            node_ref=dialog
            aria-labelledby=title_id.clone()
            on:cancel=cancel
            on:keydown=press
            on:input=move |_| filled_in.set(ends_work || !finds_only)
        >
            <div class="dialog-head">
                <h2 id=title_id.clone()>{title}</h2>
                <button type="button" class="button quiet small cross" data-testid="close-dialog"
                    aria-label=words.close_dialog title=words.close_dialog on:click=move |_| close.run(())>
                    <span aria-hidden="true">"\u{00d7}"</span>
                </button>
            </div>
            {question}
            {children()}
            <Announcer in_dialog=true/>
        </dialog>
    }
}
