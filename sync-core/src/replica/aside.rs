//! Conversations that are set aside, because opening one ended the program and would do so again.
//!
//! Automerge may panic, and a program that cannot unwind, as in the browser, ends there. So whoever
//! drives a replica hears which document is about to be opened ([`Replica::watch_openings`]) and writes
//! that down. Where the program ended before the document was open, it is set aside the next time:
//! nothing opens it, what the server says of it is left alone, and what was not sent of it is in the
//! rescue file. Somebody may try again.

use super::incoming::Taking;
use super::{Effect, Happened, Held, Replica, What};
use crate::ids::{ConversationId, RoundId};

/// Called with `true` before a document is opened, and with `false` when that went well. Calls nest.
pub type Watch = fn(ConversationId, bool);

/// As long as it lives a document is being opened or worked on.
pub(super) struct Opening {
    id: ConversationId,
    watch: Watch,
}

impl Drop for Opening {
    fn drop(&mut self) {
        (self.watch)(self.id, false);
    }
}

impl Replica {
    pub fn watch_openings(&mut self, watch: Watch) {
        self.watch = watch;
    }

    pub(super) fn opening(&self, id: ConversationId) -> Opening {
        (self.watch)(id, true);
        Opening {
            id,
            watch: self.watch,
        }
    }

    /// Call after [`Replica::restore`]. `bytes` are what [`Effect::Keep`] had kept; none where the
    /// conversation was about to come in. Whether the bytes could be read so far.
    pub fn set_aside(&mut self, id: ConversationId, bytes: Option<&[u8]>) -> bool {
        self.held.remove(&id);
        let held = bytes.map(Held::from_bytes).transpose();
        let is_read = held.is_ok();
        self.aside.insert(id, held.unwrap_or_default());
        is_read
    }

    /// All that are set aside, with what is held of them.
    pub fn aside(&self) -> impl Iterator<Item = (ConversationId, Option<&Held>)> {
        self.aside.iter().map(|(id, held)| (*id, held.as_ref()))
    }

    /// They are opened again from now on, and what was left alone is asked for anew.
    pub fn try_again(&mut self) -> Vec<Effect> {
        let mut effects = vec![Effect::KeepState];
        for (id, held) in std::mem::take(&mut self.aside) {
            if let Some(held) = held {
                self.held.insert(id, held);
                effects.push(Effect::Keep(id));
            }
        }
        self.state.cursors.clear();
        effects
    }

    /// Those that are set aside as well.
    pub(super) fn all_held(&self) -> impl Iterator<Item = (&ConversationId, &Held)> {
        let aside = self.aside.iter();
        let aside = aside.filter_map(|(id, held)| Some((id, held.as_ref()?)));
        self.held.iter().chain(aside)
    }

    pub(super) fn is_aside(&self, id: ConversationId) -> bool {
        self.aside.contains_key(&id)
    }

    /// It holds words that were erased: they go, whatever else it holds.
    pub(super) fn forget_aside(&mut self, id: ConversationId, what: What, taking: &mut Taking) {
        let Some(held) = self.aside.remove(&id) else {
            return;
        };
        taking.touched.insert(id);
        taking.happened.push(Happened {
            conversation: id,
            what,
            // It cannot be looked up.
            own: false,
            lost: held.is_some_and(|held| held.is_waiting() && !held.is_others()),
            kept: false,
        });
    }

    /// Those that are safe on the server and whose rounds are not this person's any more.
    pub(super) fn aside_elsewhere(&self, is_here: impl Fn(RoundId) -> bool) -> Vec<ConversationId> {
        let is_elsewhere = |held: &Held| !is_here(held.round()) && !held.is_waiting();
        let aside = self.aside.iter();
        aside
            .filter(|(_, held)| held.as_ref().is_some_and(is_elsewhere))
            .map(|(id, _)| *id)
            .collect()
    }
}
