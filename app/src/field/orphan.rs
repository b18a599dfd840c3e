//! An edit that was begun and not saved, of a conversation that has left the tablet: it was erased,
//! replaced, or its round is not this person's any more. What was typed is not taken away behind
//! somebody's back: it is shown, to be copied or erased.

use koffiekar_sync_core::{ids::ConversationId, visible::is_blank};
use leptos::prelude::*;

use super::{
    Screen,
    draft::{EditDraft, Target},
    tablet,
    words::words,
};
use crate::parts::Dialog;

/// All of them, whatever round they were of: the tablet does not know that any more.
pub(crate) fn orphans() -> Vec<EditDraft> {
    tablet::see(|open| {
        let gone = open.edits.values().filter(|edit| {
            let is_here = open.replica.held(edit.conversation).is_some();
            !is_here && !is_blank(&edit.text)
        });
        gone.cloned().collect()
    })
    .unwrap_or_default()
}

/// In the list of what is not finished.
#[component]
pub(crate) fn OrphanItem(edit: EditDraft) -> impl IntoView {
    let words = words();
    let first: String = edit.text.chars().take(140).collect();
    view! {
        <li>
            <a class="f-item f-draft" href=Screen::Conversation(edit.conversation).path() data-testid="orphan-item">
                <span class="f-item-words" dir="auto">{first}</span>
                <span class="f-item-signs">
                    <span class="f-standing" data-standing="draft">
                        <span class="f-mark" aria-hidden="true">"✎"</span>
                        {words.orphan}
                    </span>
                </span>
            </a>
        </li>
    }
}

/// In the place of a conversation that is not here.
#[component]
pub(crate) fn Orphans(id: ConversationId) -> impl IntoView {
    let words = words();
    let edits = Memo::new(move |_| {
        let mut edits = orphans();
        edits.retain(|edit| edit.conversation == id);
        edits
    });
    let asking = RwSignal::new(None::<Target>);
    let one = move |edit: EditDraft| {
        let target = edit.target;
        view! {
            <section class="f-part">
                <p class="f-note-text" dir="auto" data-testid="orphan-text">{edit.text}</p>
                <button type="button" class="button f-big" data-testid="orphan-delete"
                    on:click=move |_| asking.set(Some(target))>
                    {words.delete}
                </button>
            </section>
        }
    };
    let delete = move |target| {
        asking.set(None);
        tablet::drop_edit(id, target);
    };
    view! {
        {move || (!edits.with(Vec::is_empty)).then(|| view! { <p>{words.orphan_text}</p> })}
        {move || edits.get().into_iter().map(one).collect_view()}
        {move || asking.get().map(|target| view! {
            <Dialog title=words.delete on_close=Callback::new(move |()| asking.set(None))>
                <p>{words.delete_draft_text}</p>
                <div class="row f-choice-row">
                    <button type="button" class="button f-big" on:click=move |_| asking.set(None)>{words.keep}</button>
                    <button type="button" class="button f-big f-danger" data-testid="confirm-delete"
                        on:click=move |_| delete(target)>
                        {words.delete}
                    </button>
                </div>
            </Dialog>
        })}
    }
}
