//! What a document knows already: its changes by hash, what was done in them, and how far each author
//! came.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Automerge};

use crate::admission::Refusal;
use crate::conversation::Head;
use crate::gatekeeper::RawChange;
use crate::limits;

pub(crate) struct Known {
    changes: BTreeSet<Head>,
    /// Of the changes that were carried out again: what they were first.
    origins: BTreeSet<Head>,
    authors: BTreeMap<ActorId, Last>,
    /// The highest number of an operation.
    last_operation: u64,
    /// How many operations there are.
    operations: u64,
}

/// The last of one author.
#[derive(Clone, Copy, Default)]
struct Last {
    seq: u64,
    operation: u64,
}

impl Known {
    pub(crate) fn of(doc: &Automerge) -> Self {
        let mut known = Self {
            changes: BTreeSet::new(),
            origins: BTreeSet::new(),
            authors: BTreeMap::new(),
            last_operation: 0,
            operations: 0,
        };
        for change in doc.get_changes_meta(&[]) {
            let hash = Head(change.hash.0);
            known.add(hash, &change.actor, change.seq, change.max_op);
            known
                .origins
                .extend(change.message.as_deref().and_then(Head::parse));
            known.operations += (change.max_op + 1).saturating_sub(change.start_op);
        }
        known
    }

    pub(crate) fn has(&self, change: &Head) -> bool {
        self.changes.contains(change)
    }

    /// Whether this change takes the next place of its author, builds on what is known, and numbers
    /// its operations on from what it could know.
    ///
    /// A number far beyond would be the last of the document: nobody could count on from there.
    pub(crate) fn follows(&self, change: &RawChange<'_>) -> Result<(), Refusal> {
        let last = self
            .authors
            .get(&change.author)
            .copied()
            .unwrap_or_default();
        if change.seq <= last.seq {
            return Err(Refusal::ActorReused);
        }
        if change.seq != last.seq + 1 || !change.deps.iter().all(|dep| self.has(dep)) {
            return Err(Refusal::MissingDependencies);
        }
        if change.start_op <= last.operation || change.start_op > self.last_operation + 1 {
            return Err(Refusal::Numbering);
        }
        Ok(())
    }

    /// Whether what was done in this change stands here in another form: two copies of one tablet
    /// carried it out again, each under an actor of its own.
    pub(crate) fn has_otherwise(&self, change: &RawChange<'_>) -> bool {
        let origin = change.origin();
        let first = origin.unwrap_or(change.hash);
        self.origins.contains(&first) || origin.is_some_and(|origin| self.has(&origin))
    }

    pub(crate) fn learn(&mut self, change: &RawChange<'_>, operations: u64) {
        let last = (change.start_op + operations).saturating_sub(1);
        self.add(change.hash, &change.author, change.seq, last);
        self.origins.extend(change.origin());
        self.operations += operations;
    }

    /// For so many operations more.
    pub(crate) fn has_room_for(&self, operations: u64) -> bool {
        self.operations + operations <= limits::DOCUMENT_OPERATIONS
    }

    fn add(&mut self, hash: Head, author: &ActorId, seq: u64, operation: u64) {
        self.changes.insert(hash);
        self.last_operation = self.last_operation.max(operation);
        let last = self.authors.entry(author.clone()).or_default();
        last.seq = last.seq.max(seq);
        last.operation = last.operation.max(operation);
    }
}
