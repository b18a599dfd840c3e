//! What was done elsewhere to conversations of this tablet: erased, replaced, moved, accepted. Words
//! must not vanish without a word about it, so it is told once, in a quiet sentence, until somebody
//! read it. And what is being typed into such a conversation goes where it belongs, or away.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::{
    conversation::NotesEdit,
    ids::{ConversationId, QuoteId},
    replica::{Happened, Replica, What},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Screen,
    draft::{EditDraft, Target},
    sign::many,
    tablet,
    words::words,
};
use crate::route;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Erased,
    Replaced,
    Moved,
    Accepted,
    Left,
}

/// One sentence. It holds nobody's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    kind: Kind,
    count: u32,
    /// Something unsent went with it.
    lost: bool,
    /// Something unsent goes on.
    kept: bool,
    /// Under which numbers the conversations are to be found now.
    here: Vec<ConversationId>,
}

/// As many are named one by one.
const MOST_HERE: usize = 50;

#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    /// Not read yet.
    pub(crate) told: Vec<Line>,
    /// Of this page load: a form may still be open that shows what is gone.
    erased: BTreeSet<ConversationId>,
    erased_quotes: BTreeSet<QuoteId>,
    successors: BTreeMap<ConversationId, ConversationId>,
}

impl Elsewhere {
    pub(crate) fn new(told: Vec<Line>) -> Self {
        Self {
            told,
            ..Self::default()
        }
    }

    /// Somebody signed in anew: what had left the tablet comes back.
    pub(crate) fn has_access_again(&mut self) {
        self.told.retain(|line| line.kind != Kind::Left);
    }

    pub(crate) fn learn(&mut self, happened: &Happened) {
        match &happened.what {
            What::Erased => drop(self.erased.insert(happened.conversation)),
            What::Replaced { by, erased } => {
                self.successors.insert(happened.conversation, *by);
                self.erased_quotes.extend(erased);
            }
            What::Moved | What::Accepted | What::Left => {}
        }
    }

    /// `begun`: an edit of it had been begun; `dropped`: one that was about what was erased.
    pub(crate) fn tell(&mut self, happened: &Happened, begun: bool, dropped: bool) {
        let (kind, here) = match &happened.what {
            What::Erased => (Kind::Erased, None),
            What::Replaced { by, .. } => (Kind::Replaced, Some(*by)),
            What::Moved => (Kind::Moved, Some(happened.conversation)),
            What::Accepted => (Kind::Accepted, Some(happened.conversation)),
            What::Left => (Kind::Left, None),
        };
        let place = self.told.iter().position(|line| line.kind == kind);
        let place = place.unwrap_or_else(|| {
            self.told.push(Line {
                kind,
                count: 0,
                lost: false,
                kept: false,
                here: Vec::new(),
            });
            self.told.len() - 1
        });
        let Some(line) = self.told.get_mut(place) else {
            return;
        };
        line.count = line.count.saturating_add(1);
        line.lost |= happened.lost || dropped;
        line.kept |= happened.kept || (begun && !dropped);
        if line.here.len() < MOST_HERE {
            line.here.extend(here);
        }
    }

    /// Where a conversation goes on that is not held any more.
    pub(crate) fn successor(
        &self,
        replica: &Replica,
        mut id: ConversationId,
    ) -> Option<ConversationId> {
        // A chain is as long as erasures were made while the page was open.
        for _ in 0..=self.successors.len() {
            id = *self.successors.get(&id)?;
            if replica.held(id).is_some() {
                return Some(id);
            }
        }
        None
    }

    /// What was typed, where it belongs now; `None` where it is about what was erased.
    pub(crate) fn placed(&self, edit: EditDraft, replica: &Replica) -> Option<EditDraft> {
        let quote = match edit.target {
            Target::Notes => None,
            Target::Wording(quote) | Target::NewQuote(quote) => Some(quote),
        };
        if quote.is_some_and(|quote| self.erased_quotes.contains(&quote))
            || self.erased.contains(&edit.conversation)
        {
            return None;
        }
        if replica.held(edit.conversation).is_some() {
            return Some(edit);
        }
        match self.successor(replica, edit.conversation) {
            Some(by) => Some(moved(edit, by, replica)),
            None => Some(edit),
        }
    }
}

/// The edit on the successor: another history, in which nothing of the old one is known.
fn moved(edit: EditDraft, by: ConversationId, replica: &Replica) -> EditDraft {
    let (Ok(read), Ok(heads)) = (replica.read(by), replica.heads(by)) else {
        return edit;
    };
    let (mut before, mut text) = (edit.before.clone(), edit.text.clone());
    if edit.target == Target::Notes && before != read.notes {
        // It cannot find its place again: what was typed stands behind what is there.
        let typed = NotesEdit::between(Vec::new(), &before, &text).splices;
        let typed: Vec<&str> = typed.iter().map(|splice| splice.insert.trim()).collect();
        text = [read.notes.as_str(), typed.join("\n").as_str()].join("\n\n");
        before = read.notes;
    }
    EditDraft {
        conversation: by,
        target: edit.target,
        seen: heads.into_iter().map(|head| head.0).collect(),
        before,
        text,
    }
}

impl Line {
    /// `here`: on the screen of the conversation itself.
    fn sentences(&self, here: bool) -> String {
        let words = words();
        let (one, several, lost, kept) = match self.kind {
            Kind::Erased => (
                words.told_erased_one,
                words.told_erased_many,
                words.told_erased_lost,
                "",
            ),
            Kind::Replaced => (
                if here {
                    words.told_replaced_here
                } else {
                    words.told_replaced_one
                },
                if here {
                    words.told_replaced_here
                } else {
                    words.told_replaced_many
                },
                words.told_replaced_lost,
                words.told_replaced_kept,
            ),
            Kind::Moved if here => (words.told_moved_here, words.told_moved_here, "", ""),
            Kind::Moved => (words.told_moved_one, words.told_moved_many, "", ""),
            Kind::Accepted if here => (words.told_accepted_here, words.told_accepted_here, "", ""),
            Kind::Accepted => (words.told_accepted_one, words.told_accepted_many, "", ""),
            Kind::Left => (words.told_left_one, words.told_left_many, "", ""),
        };
        let mut parts = vec![many(self.count as usize, one, several)];
        if self.lost && !lost.is_empty() {
            parts.push(lost.to_owned());
        }
        if self.kept && !kept.is_empty() {
            parts.push(kept.to_owned());
        }
        parts.join(" ")
    }
}

/// What was not read yet: all of it, or what concerns one conversation.
#[component]
pub(crate) fn Told(#[prop(optional)] of: Option<ConversationId>) -> impl IntoView {
    let words = words();
    let lines = Memo::new(move |_| {
        tablet::see(|open| {
            let concerns = |line: &&Line| of.is_none_or(|id| line.here.contains(&id));
            let lines = open.elsewhere.told.iter().filter(concerns);
            lines.cloned().collect::<Vec<_>>()
        })
        .unwrap_or_default()
    });
    // On the list, to the only conversation that a sentence is about.
    let link = move |line: &Line| {
        let [only] = line.here.as_slice() else {
            return None;
        };
        let id = *only;
        let is_here = tablet::peek(|open| open.replica.held(id).is_some()) == Some(true);
        (is_here && of.is_none()).then(|| {
            view! {
                <a class="f-link" href=Screen::Conversation(id).path()>{words.to_conversation}</a>
            }
        })
    };
    let read = |_| {
        tablet::told_read();
        // The button goes away under the finger.
        request_animation_frame(route::focus_heading);
    };
    let shown = move || {
        let lines = lines.get();
        (!lines.is_empty()).then(|| {
            view! {
                <div class="notice f-notice" data-testid="told">
                    {lines.iter().map(|line| view! { <p>{line.sentences(of.is_some())}</p> }).collect_view()}
                    <div class="row">
                        <button type="button" class="button f-big" data-testid="told-read" on:click=read>
                            {words.understood}
                        </button>
                        {lines.iter().filter_map(link).collect_view()}
                    </div>
                </div>
            }
        })
    };
    view! { <div role="status">{shown}</div> }
}
