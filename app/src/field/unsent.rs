//! What stands readable on a locked tablet about work that the office does not have: how much there is, and
//! that work itself, sealed for the office.
//!
//! Whoever does not know the password that locks it can then be told what it would cost to begin anew, and
//! can hand the work over all the same. It is written in the transactions of what it counts, so that it
//! never says less than lies here.

use koffiekar_sync_core::ids::UserId;
use serde::{Deserialize, Serialize};

use super::{
    clock,
    store::{self, Shelf, StoreError, Write, key_of},
    tablet::Open,
    vault,
};

/// Under which names it is kept, not encrypted.
const SUMMARY: &str = "unsent";
const RESCUE: &str = "unsent-sealed";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsent {
    /// Finished, and not part of the office's yet.
    pub(crate) conversations: usize,
    /// Conversations and changes that were not finished.
    pub(crate) unfinished: usize,
    /// Records that did not open.
    pub(crate) unreadable: usize,
    /// Whether the server still has what it once signed for is being looked up.
    pub(crate) is_unchecked: bool,
    /// Conversations in the sealed file beside this.
    pub(crate) sealed: usize,
}

impl Unsent {
    /// Whether nothing is lost with all that lies here.
    pub(crate) fn is_nothing(&self) -> bool {
        self.conversations + self.unfinished + self.unreadable == 0 && !self.is_unchecked
    }
}

/// What a locked tablet tells of somebody's work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// Missing where an earlier version locked it, which did not write it down.
    pub(crate) unsent: Option<Unsent>,
    /// A rescue file, which the office alone can open.
    pub(crate) file: Option<Vec<u8>>,
}

pub(crate) async fn read(user: UserId) -> Result<Told, StoreError> {
    let records = store::all_of(Shelf::Meta, user).await?;
    let of = |name: &str| records.iter().find(|(key, _)| key == name);
    let summary = of(SUMMARY).and_then(|(_, bytes)| serde_json::from_slice(bytes).ok());
    Ok(Told {
        unsent: summary,
        file: of(RESCUE).map(|(_, bytes)| bytes.clone()),
    })
}

impl Open {
    /// What must be written besides, so that it is true. `anew`: conversations changed.
    pub(super) fn unsent_writes(&mut self, anew: bool) -> Vec<Write> {
        let (count, user) = (self.count(), self.user());
        let before = self.unsent.unwrap_or_default();
        let mut now = Unsent {
            conversations: count.unsynced(),
            unfinished: count.drafts,
            unreadable: count.unreadable + count.aside,
            is_unchecked: self.replica.is_comparing(),
            sealed: before.sealed,
        };
        let write = |name: &str, bytes| Write {
            shelf: Shelf::Meta,
            key: key_of(user, name),
            bytes,
        };
        let mut writes = Vec::new();
        if anew || self.unsent.is_none() {
            let file = if now.conversations == 0 {
                None
            } else {
                self.sealed_for_office()
            };
            now.sealed = file.as_ref().map_or(0, |(count, _)| *count);
            if now.sealed > 0 || before.sealed > 0 || self.unsent.is_none() {
                writes.push(write(RESCUE, file.map(|(_, bytes)| bytes)));
            }
        }
        if self.unsent != Some(now) {
            // A plain struct of numbers always has a JSON form.
            let bytes = serde_json::to_vec(&now).unwrap_or_default();
            writes.push(write(SUMMARY, Some(bytes)));
            self.unsent = Some(now);
        }
        writes
    }

    fn sealed_for_office(&mut self) -> Option<(usize, Vec<u8>)> {
        let key = self.catalogue.seal_key()?;
        let rescue = self
            .replica
            .rescue(&key, vault::random().ok()?, clock::reading());
        Some((rescue.conversations, rescue.file))
    }
}
