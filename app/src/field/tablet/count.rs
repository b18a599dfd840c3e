//! How many conversations of a tablet stand how.

use koffiekar_sync_core::replica::Standing;

use super::{Open, has_unsaved_answers};

/// How many conversations stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) all: usize,
    pub(crate) waiting: usize,
    /// Kept sealed by the server until an administrator decides.
    pub(crate) undecided: usize,
    pub(crate) refused: usize,
    /// Conversations and edits that were not finished: on this tablet alone, and not to be sent yet.
    pub(crate) drafts: usize,
    pub(crate) unreadable: usize,
    /// Opening them ended the app: they are not opened.
    pub(crate) aside: usize,
    /// Those of them that were not sent.
    pub(crate) aside_unsent: usize,
}

impl Count {
    /// Finished conversations that are not part of the office's yet.
    pub(crate) fn unsynced(self) -> usize {
        self.waiting + self.undecided + self.refused + self.aside_unsent
    }
}

impl Open {
    pub(crate) fn count(&self) -> Count {
        // At *Klaar* a draft is a conversation before it goes.
        let drafts = self.drafts.keys();
        let unfinished = drafts
            .filter(|id| self.replica.held(**id).is_none())
            .count();
        let mut count = Count {
            drafts: unfinished + self.edits.len() + usize::from(has_unsaved_answers()),
            unreadable: self.unreadable,
            ..Count::default()
        };
        for (_, held) in self.replica.conversations() {
            count.all += 1;
            match held.standing() {
                Standing::Waiting => count.waiting += 1,
                Standing::Held(_) => count.undecided += 1,
                Standing::Refused(_) => count.refused += 1,
                Standing::Stored(_) => {}
            }
        }
        for (_, held) in self.replica.aside() {
            count.aside += 1;
            let is_sent = held.is_none_or(|held| matches!(held.standing(), Standing::Stored(_)));
            count.aside_unsent += usize::from(!is_sent);
        }
        count
    }
}
