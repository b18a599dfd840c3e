//! What somebody did that the server does not have yet, beside the changes that it became.
//!
//! A change belongs to the actor that made it and to the history that it was made on. Where either
//! cannot go on, what was meant can still be carried out once more.

use minicbor::{Decode, Encode};

use crate::conversation::{Command, Document, Head, NewConversation};
use crate::ids::{Millis, QuoteId};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Step {
    /// The hash of the change that it became.
    #[n(0)]
    pub(super) change: Head,
    /// By the tablet's corrected clock of then.
    #[n(1)]
    pub(super) at: Millis,
    #[n(2)]
    pub(super) deed: Deed,
    /// The change that it became first, where it was carried out again since.
    #[n(3)]
    pub(super) first: Option<Head>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Deed {
    #[n(0)]
    Recorded(#[n(0)] NewConversation),
    #[n(1)]
    Executed(#[n(0)] Command),
}

impl Step {
    /// Just done: the document ends in it.
    pub(super) fn new(document: &Document, at: Millis, deed: Deed) -> Self {
        Self {
            change: last(document),
            at,
            deed,
            first: None,
        }
    }

    /// The same, now that this document ends in it. `deed` is how it was done in that history.
    pub(super) fn done_again(&self, document: &Document, deed: Deed) -> Self {
        Self {
            change: last(document),
            at: self.at,
            deed,
            first: Some(self.origin()),
        }
    }

    pub(super) fn origin(&self) -> Head {
        self.first.unwrap_or(self.change)
    }

    pub(super) fn is_recording(&self) -> bool {
        matches!(self.deed, Deed::Recorded(_))
    }

    pub(super) fn is_about(&self, quotes: &[QuoteId]) -> bool {
        match &self.deed {
            Deed::Recorded(_) => false,
            Deed::Executed(command) => command.quote().is_some_and(|q| quotes.contains(&q)),
        }
    }
}

/// A change that was just made builds upon all that was there: it is the only head.
fn last(document: &Document) -> Head {
    document.heads().first().copied().unwrap_or(Head([0; 32]))
}
