//! Which characters were ever written in a document, those that were deleted too.

use std::collections::BTreeMap;

use automerge::{ActorId, Automerge};

use crate::gatekeeper;

/// By who wrote them, by the numbers of their operations: runs from one to the one behind another.
pub(crate) struct Characters(BTreeMap<ActorId, Vec<(u64, u64)>>);

impl Characters {
    /// Reads all changes; nothing where one is not within the limits of today.
    pub(crate) fn of(doc: &Automerge) -> Option<Self> {
        let mut characters = Self(BTreeMap::new());
        for change in doc.get_changes(&[]) {
            let (change, _) = gatekeeper::change(change.raw_bytes()).ok()?;
            let mut operations = change.operations();
            let mut number = change.start_op;
            while let Ok(Some(operation)) = operations.next() {
                if operation.insert {
                    characters.learn(&change.author, number);
                }
                number += 1;
            }
        }
        Some(characters)
    }

    /// Of one author they are learnt in their order.
    pub(crate) fn learn(&mut self, author: &ActorId, number: u64) {
        let Some(runs) = self.0.get_mut(author) else {
            let runs = vec![(number, number + 1)];
            self.0.insert(author.clone(), runs);
            return;
        };
        match runs.last_mut() {
            Some((_, behind)) if *behind == number => *behind += 1,
            _ => runs.push((number, number + 1)),
        }
    }

    pub(crate) fn have(&self, author: &ActorId, number: u64) -> bool {
        self.0.get(author).is_some_and(|runs| {
            let after = runs.partition_point(|(from, _)| *from <= number);
            after > 0 && number < runs[after - 1].1
        })
    }
}
