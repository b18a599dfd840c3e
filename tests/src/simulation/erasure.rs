//! What the model knows of conversations that are erased, and of those that go on as another because
//! a quote was erased from them.

use std::collections::BTreeSet;

use koffiekar_sync_core::ids::{ConversationId, QuoteId};

use super::model::{EditId, Model, Part, Truth};

static NONE: BTreeSet<QuoteId> = BTreeSet::new();

impl Model {
    /// What this conversation goes on as, the first successor first.
    pub fn heirs(&self, id: ConversationId) -> Vec<ConversationId> {
        let mut heirs = Vec::new();
        let mut last = id;
        while let Some(next) = self.replaced.get(&last) {
            heirs.push(*next);
            last = *next;
        }
        heirs
    }

    /// All that went on as this one.
    pub fn forebears(&self, id: ConversationId) -> Vec<ConversationId> {
        let older = self.replaced.keys();
        let older = older.filter(|older| self.heirs(**older).contains(&id));
        older.copied().collect()
    }

    /// Quotes that were erased on the way to this one.
    pub fn left_out(&self, id: ConversationId) -> &BTreeSet<QuoteId> {
        self.left_out.get(&id).unwrap_or(&NONE)
    }

    /// A resident asked for all of it to be forgotten.
    pub fn erase(&mut self, id: ConversationId) {
        let mut all = self.forebears(id);
        all.push(id);
        for id in all {
            self.erased.insert(id);
            self.forget(id);
        }
    }

    /// A resident asked for this quote to be forgotten: the conversation goes on as `by`.
    pub fn replace(&mut self, id: ConversationId, by: ConversationId, quote: QuoteId) {
        self.replaced.insert(id, by);
        let mut left_out = self.left_out(id).clone();
        left_out.insert(quote);
        self.left_out.insert(by, left_out);
        if self.done_again.contains(&id) {
            self.done_again.insert(by);
        }
        self.conversations.push(by);
        self.take_over(id, by);
    }

    /// What the server has of the one is the other's now.
    pub fn take_over(&mut self, id: ConversationId, by: ConversationId) {
        let round = self.truth.round_of.get(&id).copied();
        let set = self.truth.has.get(&id).cloned();
        self.forget(id);
        if let (Some(round), Some(set)) = (round, set) {
            let left_out = self.left_out(by);
            let set = set.into_iter();
            let set = set.filter(|edit| self.leaves_something(*edit, left_out));
            self.stored(by, round, &set.collect());
        }
    }

    /// The server is put back to what it had and knew then, and erases again what was erased.
    pub fn put_back(&mut self, then: Truth) {
        self.truth = then;
        for id in self.erased.clone() {
            self.forget(id);
        }
        // A successor may have one of its own.
        let mut open: Vec<ConversationId> = self.truth.has.keys().copied().collect();
        while let Some(id) = open.pop() {
            if let Some(by) = self.replaced.get(&id).copied() {
                self.rebuilt_twice.insert(by);
                self.done_again.insert(by);
                self.take_over(id, by);
                open.push(by);
            }
        }
        self.let_know();
    }

    fn forget(&mut self, id: ConversationId) {
        self.truth.has.remove(&id);
        self.truth.round_of.remove(&id);
        self.truth.quarantine.retain(|(_, held), _| *held != id);
    }

    /// Whether anything of this edit is about something else than these quotes.
    fn leaves_something(&self, edit: EditId, left_out: &BTreeSet<QuoteId>) -> bool {
        let parts = &self.edits[edit].parts;
        parts.iter().any(|part| !part.is_about(left_out))
    }

    /// As what this conversation goes on, and what must be left of these edits there.
    pub fn left_of(
        &self,
        id: ConversationId,
        set: &BTreeSet<EditId>,
    ) -> (ConversationId, BTreeSet<EditId>) {
        let heir = self.heirs(id).last().copied().unwrap_or(id);
        let left_out = self.left_out(heir);
        let left = set
            .iter()
            .filter(|edit| !self.erased.contains(&heir) && self.leaves_something(**edit, left_out));
        (heir, left.copied().collect())
    }

    /// Of what was not sent, in its order: what is carried over to a successor that has `there`.
    /// What has nothing left to be about is not.
    pub fn carried(
        &mut self,
        by: ConversationId,
        there: &BTreeSet<EditId>,
        unsent: &BTreeSet<EditId>,
    ) -> BTreeSet<EditId> {
        let mut all = there.clone();
        for edit in unsent.difference(there) {
            let reading = self.reading(by, &all);
            let here = |quote: QuoteId| reading.quotes.contains_key(&quote);
            let parts = &self.edits[*edit].parts;
            let placed = parts.iter().any(|part| match part {
                Part::Quote(quote, _) => !self.left_out(by).contains(quote),
                Part::Gone(_) => false,
                other => other.quote().is_none_or(here),
            });
            let gone = parts.iter().filter_map(|part| match part {
                Part::Gone(text) => Some(text.clone()),
                _ => None,
            });
            let gone: Vec<String> = gone.collect();
            self.perhaps_gone.extend(gone);
            if placed {
                all.insert(*edit);
            }
        }
        all
    }

    /// The marks of everything that nobody may hold any more.
    pub fn erased_marks(&self) -> Vec<String> {
        let erased = |id: &ConversationId| self.erased.contains(id);
        let words = self.edits.iter().flat_map(|edit| {
            let id = edit.conversation;
            let gone = erased(&id) || self.heirs(id).iter().any(erased);
            let heir = self.heirs(id).last().copied().unwrap_or(id);
            let left_out = self.left_out(heir);
            let parts = edit.parts.iter();
            parts.filter(move |part| gone || part.is_about(left_out))
        });
        words.filter_map(Part::mark).map(str::to_owned).collect()
    }
}
