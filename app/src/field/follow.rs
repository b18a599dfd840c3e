//! What an answer did to conversations that somebody looks for or types into: unfinished edits go along,
//! and it is told. In the transaction of that answer.

use std::collections::BTreeMap;

use koffiekar_sync_core::{
    ids::ConversationId,
    replica::{Happened, What},
};
use leptos::prelude::*;

use super::{
    Screen,
    draft::EditDraft,
    store::{Shelf, Write},
    tablet::{Open, TOLD},
    vault::VaultError,
};

/// Is this conversation on the screen?
fn is_shown(id: ConversationId) -> bool {
    untrack(Screen::now) == Screen::Conversation(id)
}

impl Open {
    /// Call with what [`koffiekar_sync_core::replica::Applied`] says, after the replica took it in.
    pub(crate) fn follow(&mut self, happened: &[Happened]) -> Result<Vec<Write>, VaultError> {
        let mut writes = Vec::new();
        for one in happened {
            self.elsewhere.learn(one);
        }
        let mut begun: BTreeMap<ConversationId, bool> = BTreeMap::new();
        for (key, edit) in self.edits.clone() {
            let placed = self.elsewhere.placed(edit.clone(), &self.replica);
            *begun.entry(key.0).or_default() |= placed.is_none();
            let to = placed.as_ref().map(|edit| (edit.conversation, edit.target));
            // Another edit of the same stands there already: this one is shown beside it.
            let is_taken = to.is_some_and(|to| to != key && self.edits.contains_key(&to));
            if placed.as_ref() == Some(&edit) || is_taken {
                continue;
            }
            self.edits.remove(&key);
            writes.push(self.removed(Shelf::Drafts, &EditDraft::key(key.0, key.1)));
            if let (Some(to), Some(edit)) = (to, placed) {
                writes.push(self.sealed_json(Shelf::Drafts, &EditDraft::key(to.0, to.1), &edit)?);
                self.edits.insert(to, edit);
            }
        }
        let is_news = |one: &&Happened| match one.what {
            What::Accepted | What::Left => true,
            What::Erased | What::Replaced { .. } | What::Moved => {
                let is_begun = begun.contains_key(&one.conversation);
                one.own || one.lost || one.kept || is_begun || is_shown(one.conversation)
            }
        };
        let news: Vec<&Happened> = happened.iter().filter(is_news).collect();
        if !news.is_empty() {
            for one in news {
                let dropped = begun.get(&one.conversation);
                let is_dropped = dropped.copied().unwrap_or_default();
                self.elsewhere.tell(one, dropped.is_some(), is_dropped);
            }
            writes.push(self.sealed_json(Shelf::Meta, TOLD, &self.elsewhere.told)?);
        }
        Ok(writes)
    }
}
