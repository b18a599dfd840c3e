//! One text of a finished conversation being changed: kept at every pause, until *Bewaren* makes one
//! command of it.

use koffiekar_sync_core::{
    conversation::{Command, Head, NewQuote, NotesEdit},
    ids::ConversationId,
    visible::is_blank,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    draft::{EditDraft, Target, notes_problem, quote_problem},
    form::KeptSign,
    form_end::explain,
    keep_problem::KeepProblemText,
    pause, sync, tablet,
    words::words,
};
use crate::parts::{Dialog, Tone, announce, focus};

/// The edit that was begun, or a new one of what stands there now.
fn begun(conversation: ConversationId, target: Target, now: &str) -> Option<EditDraft> {
    tablet::peek(|open| {
        let kept = open.edits.get(&(conversation, target)).cloned();
        kept.or_else(|| {
            let heads = open.replica.heads(conversation).ok()?;
            Some(EditDraft {
                conversation,
                target,
                seen: heads.into_iter().map(|head| head.0).collect(),
                before: now.to_owned(),
                text: now.to_owned(),
            })
        })
    })
    .flatten()
}

pub(crate) fn is_begun(conversation: ConversationId, target: Target) -> bool {
    tablet::peek(|open| open.edits.contains_key(&(conversation, target))).unwrap_or_default()
}

fn command(edit: &EditDraft) -> Command {
    let verbatim = edit.text.trim().to_owned();
    match edit.target {
        Target::Notes => {
            let seen = edit.seen.iter().copied().map(Head).collect();
            Command::EditNotes(NotesEdit::between(seen, &edit.before, edit.text.trim_end()))
        }
        Target::Wording(quote) => Command::CorrectWording { quote, verbatim },
        Target::NewQuote(id) => Command::AddQuote(NewQuote {
            id,
            verbatim,
            language: None,
            lines: Vec::new(),
        }),
    }
}

#[component]
pub(crate) fn Editor(
    conversation: ConversationId,
    target: Target,
    /// What stands there now.
    #[prop(into)]
    now: String,
    label: String,
    hint: &'static str,
    language: String,
    /// For the browser tests: of the field, and of the button that saves.
    testids: (String, &'static str),
    on_done: Callback<()>,
) -> impl IntoView {
    let words = words();
    let Some(edit) = begun(conversation, target, &now) else {
        return view! { <p>{words.gone}</p> }.into_any();
    };
    let is_quote = target != Target::Notes;
    let field = EditDraft::key(conversation, target).replace('/', "-");
    let initial = edit.text.clone();
    let edit = RwSignal::new(edit);
    let busy = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let problem = Memo::new(move |_| {
        edit.with(|edit| {
            if is_quote {
                quote_problem(&edit.text)
            } else {
                notes_problem(&edit.text)
            }
        })
    });
    let name = field.clone();
    let pending = StoredValue::new(name.clone());
    on_cleanup(move || pause::now(&name));

    let typed = move |event| {
        let text = event_target_value(&event);
        edit.update(|edit| edit.text = text);
        // Was said of other words.
        wrong.set(None);
        pause::later(&pending.get_value(), move || {
            let write = edit
                .try_get_untracked()
                .filter(|_| busy.try_get_untracked() == Some(false));
            if let Some(edit) = write {
                tablet::keep_edit(edit);
            }
        });
    };
    let leave = move || {
        let _ = pause::forget(&pending.get_value());
        tablet::drop_edit(conversation, target);
        let _ = on_done.try_run(());
    };
    let cancel = move |_| {
        if edit.with_untracked(|edit| edit.text == edit.before) {
            leave();
        } else {
            asking.set(true);
        }
    };
    let save = move |_| {
        if busy.get_untracked() || problem.get_untracked().is_some() {
            return;
        }
        let now = edit.get_untracked();
        if is_quote && is_blank(&now.text) {
            wrong.set(Some(words.nothing_said.to_owned()));
            return;
        }
        if now.text == now.before {
            return leave();
        }
        pause::now(&pending.get_value());
        busy.set(true);
        spawn_local(async move {
            match tablet::edit(conversation, command(&now), Some(target)).await {
                Ok(()) => {
                    announce(Tone::Good, words.saved);
                    sync::now();
                    let _ = on_done.try_run(());
                }
                Err(error) => {
                    busy.set(false);
                    wrong.set(Some(explain(&error)));
                }
            }
        });
    };
    focus(field.clone());
    let about = format!("{field}-about");
    // The browser takes the focus away from a field that it removes: the values of this screen are gone then.
    let left = field.clone();
    view! {
        <div class="f-editor">
            <label for=field.clone()>{label}</label>
            <p class="hint" id=about.clone()>{hint}</p>
            <textarea
                id=field.clone()
                class:f-words=is_quote
                class:wrong=move || problem.get().is_some()
                data-testid=testids.0
                lang=language.clone()
                dir="auto"
                rows="5"
                aria-describedby=about
                aria-invalid=move || problem.get().map(|_| "true")
                prop:value=initial
                on:input=typed
                on:blur=move |_| pause::now(&left)
            ></textarea>
            <p class="field-error" role="alert">
                <KeepProblemText problem field/>
                {move || wrong.get()}
            </p>
            <div class="row">
                <button type="button" class="button main f-big" data-testid=testids.1
                    aria-disabled=move || busy.get().then_some("true") on:click=save>
                    {words.save}
                </button>
                <button type="button" class="button f-big" data-testid="cancel-edit" on:click=cancel>{words.cancel}</button>
                <KeptSign/>
            </div>
            {move || asking.get().then(|| view! {
                <Dialog title=words.cancel on_close=Callback::new(move |()| asking.set(false))>
                    <p>{words.cancel_text}</p>
                    <div class="row f-choice-row">
                        <button type="button" class="button f-big" on:click=move |_| asking.set(false)>{words.keep}</button>
                        <button type="button" class="button f-big f-danger" data-testid="confirm-cancel"
                            on:click=move |_| leave()>{words.delete}</button>
                    </div>
                </Dialog>
            })}
        </div>
    }
    .into_any()
}
