//! What was done elsewhere to conversations that are held here, for whoever looks for them.

use super::incoming::Taking;
use super::{Held, Replica};
use crate::conversation::Document;
use crate::ids::{ConversationId, QuoteId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub conversation: ConversationId,
    pub what: What,
    /// This person recorded it. Not looked up where it [`What::Left`]: those may be thousands.
    pub own: bool,
    /// Something that was done here and not sent went with it.
    pub lost: bool,
    /// Something that was done here and not sent goes on.
    pub kept: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is gone for good.
    Erased,
    /// It goes on as another, without these quotes.
    Replaced {
        by: ConversationId,
        erased: Vec<QuoteId>,
    },
    /// It is in another round now.
    Moved,
    /// An administrator took it in.
    Accepted,
    /// It is safe on the server, and this person does not work in its round any more.
    Left,
}

impl Replica {
    /// Call before it is done: what is gone says nothing about itself.
    pub(super) fn tell(&self, conversation: ConversationId, what: What, taking: &mut Taking) {
        let Some(held) = self.held.get(&conversation) else {
            return;
        };
        let _opening = self.opening(conversation);
        let waits = held.is_waiting() && !held.is_others();
        let erased = match &what {
            What::Replaced { erased, .. } => erased.as_slice(),
            _ => &[],
        };
        let (gone, stays): (Vec<_>, Vec<_>) =
            held.steps().iter().partition(|step| step.is_about(erased));
        let is_gone = what == What::Erased;
        taking.happened.push(Happened {
            conversation,
            own: what != What::Left && self.is_own(held),
            lost: waits && (is_gone || !gone.is_empty()),
            kept: waits && !is_gone && !stays.is_empty(),
            what,
        });
    }

    fn is_own(&self, held: &Held) -> bool {
        let document = Document::load(held.bytes());
        let read = document.and_then(|document| document.read());
        read.is_ok_and(|read| read.recorded_by == self.identity.user)
    }
}
