//! Which conversation is being opened, written down before it is.
//!
//! Nothing is caught in the browser: a document that Automerge cannot take ends the app, and would end
//! it again each time that it is met. Writing on the disk takes too long for each that is read; what
//! this writes outlives the page, at once. It holds ids alone.

use std::cell::{Cell, RefCell};

use koffiekar_sync_core::ids::{ConversationId, UserId};

use crate::keep;

/// Two windows of one browser may be open for two people.
fn name(user: UserId) -> String {
    format!("opening-{}", user.key())
}

thread_local! {
    static USER: Cell<Option<UserId>> = const { Cell::new(None) };
    /// One may be opened for the sake of another.
    static OPENING: RefCell<Vec<ConversationId>> = const { RefCell::new(Vec::new()) };
}

/// Conversations of this person that were being opened when the app ended. Call before any is opened.
pub(super) fn interrupted(user: UserId) -> Vec<ConversationId> {
    USER.set(Some(user));
    OPENING.take();
    let written = keep::read(&name(user)).unwrap_or_default();
    let ids = written.split(' ');
    ids.filter_map(|id| ConversationId::from_key(id).ok())
        .collect()
}

/// They are set aside.
pub(super) fn forget(user: UserId) {
    keep::write(&name(user), "");
}

/// For `Replica::watch_openings`.
pub(super) fn watch(id: ConversationId, begins: bool) {
    OPENING.with_borrow_mut(|opening| {
        if begins {
            opening.push(id);
        } else {
            opening.pop();
        }
        // Within another of the same nothing changes.
        let others = if begins {
            opening.len() - 1
        } else {
            opening.len()
        };
        if opening.iter().take(others).any(|other| *other == id) {
            return;
        }
        if let Some(user) = USER.get() {
            let ids: Vec<String> = opening.iter().map(|id| id.key()).collect();
            keep::write(&name(user), &ids.join(" "));
        }
    });
}
