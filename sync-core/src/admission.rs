//! What becomes of one pushed conversation: the server's half of a push, without a database.
//!
//! Gatekeeper first, then the known changes are dropped, the rest is judged, and a copy is merged.
//! A panic inside Automerge is caught and costs the item, not the server.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, AutomergeError, Change};

use crate::conversation::{Actor, Conversation, Document, DocumentError, Head, Parts};
use crate::gatekeeper::{self, RawChange};
pub use crate::gatekeeper::{Unreadable, union};
use crate::limits;
use crate::policy::{Author, Shape, Violation, knows, last_seq};

/// A push that may be stored.
#[derive(Debug)]
pub enum Admission {
    /// The server knew it all.
    Unchanged {
        heads: Vec<Head>,
    },
    Merged(Box<Merged>),
}

#[derive(Debug)]
pub struct Merged {
    /// The document to be stored.
    pub bytes: Vec<u8>,
    pub heads: Vec<Head>,
    pub conversation: Conversation,
}

/// A push that may not be stored. It stays on the tablet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("changes are missing that these build upon; send all changes of this conversation")]
    MissingDependencies,
    #[error("this place in the author's sequence is taken; replay the edits under a fresh actor")]
    ActorReused,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("a change was made by another device than the one that sends it")]
    ForeignActor,
    #[error(transparent)]
    NotAllowed(#[from] Violation),
    #[error("the document is no conversation")]
    NotAConversation,
    #[error("the conversation grew beyond {} bytes", limits::DOCUMENT_BYTES)]
    TooLarge,
    #[error("the changes contradict what they claim to be")]
    Unmergeable,
}

/// Judges and merges what a tablet pushes into the stored document, if there is one.
///
/// `heads` are those that the tablet claims to have pushed, and that a receipt would cover. Changes
/// that are `vouched` heads, or come before them, were judged by this server once and may be anybody's.
pub fn admit(
    existing: Option<&[u8]>,
    pushed: &[u8],
    heads: &[Head],
    author: &Author,
    vouched: &[Head],
) -> Result<Admission, Refusal> {
    if pushed.len() > limits::ITEM_BYTES {
        return Err(Unreadable::TooLarge.into());
    }
    let changes = gatekeeper::changes(pushed)?;
    catch_unwind(AssertUnwindSafe(|| {
        merge(existing, &changes, heads, author, vouched)
    }))
    .unwrap_or(Err(Refusal::Unmergeable))
}

fn merge(
    existing: Option<&[u8]>,
    pushed: &[RawChange<'_>],
    heads: &[Head],
    author: &Author,
    _vouched: &[Head],
) -> Result<Admission, Refusal> {
    let mut document = match existing {
        Some(bytes) => Document::load(bytes).map_err(|_| Refusal::Unmergeable)?,
        None => Document::empty(),
    };
    let fresh: Vec<&RawChange<'_>> = pushed
        .iter()
        .filter(|change| !knows(&document.doc, &change.hash))
        .collect();
    if fresh.is_empty() {
        return match existing {
            None => Err(Refusal::NotAConversation),
            Some(_) if !knows_all(&document, heads) => Err(Refusal::MissingDependencies),
            Some(_) => Ok(Admission::Unchanged {
                heads: document.heads(),
            }),
        };
    }
    check_order(&document.doc, &fresh, author)?;

    let mut shape = match existing {
        Some(_) => {
            let parts = Parts::of(&document.doc).map_err(|_| Refusal::NotAConversation)?;
            Shape::of(&document.doc, &parts)
        }
        None => Shape::empty(),
    };
    let mut changes = Vec::with_capacity(fresh.len());
    for raw in fresh {
        let change = Change::from_bytes(raw.bytes.to_vec()).map_err(|_| Unreadable::NotAChange)?;
        shape.judge(&change.decode(), author)?;
        changes.push(change);
    }
    document
        .doc
        .apply_changes(changes)
        .map_err(|error| match error {
            AutomergeError::DuplicateSeqNumber(..) => Refusal::ActorReused,
            _ => Refusal::Unmergeable,
        })?;

    if !knows_all(&document, heads) {
        return Err(Refusal::MissingDependencies);
    }
    let bytes = document.save();
    if bytes.len() > limits::DOCUMENT_BYTES {
        return Err(Refusal::TooLarge);
    }
    // Automerge merges some mutated changes into a document that it cannot load again: what is
    // stored, and told to others, is what was read back.
    let heads = document.heads();
    let stored = Document::load(&bytes).map_err(|_| Refusal::Unmergeable)?;
    if stored.heads() != heads {
        return Err(Refusal::Unmergeable);
    }
    let conversation = stored.read().map_err(|error| match error {
        DocumentError::NotAConversation(_) => Refusal::NotAConversation,
        _ => Refusal::Unmergeable,
    })?;
    Ok(Admission::Merged(Box::new(Merged {
        bytes,
        heads,
        conversation,
    })))
}

/// What a receipt covers must be here, whatever the tablet believes that it sent.
fn knows_all(document: &Document, heads: &[Head]) -> bool {
    heads.iter().all(|head| document.has(head))
}

/// Each change is the sender's own, follows its author's sequence, and builds on known changes.
fn check_order(doc: &Automerge, fresh: &[&RawChange<'_>], author: &Author) -> Result<(), Refusal> {
    let mut sent: Vec<Head> = Vec::new();
    for change in fresh {
        if Actor::device_of(&change.actor) != Some(author.device) {
            return Err(Refusal::ForeignActor);
        }
        let earlier = fresh
            .iter()
            .filter(|c| c.actor == change.actor && sent.contains(&c.hash));
        let last = earlier
            .map(|c| c.seq)
            .max()
            .unwrap_or_else(|| last_seq(doc, &change.actor));
        if change.seq <= last {
            return Err(Refusal::ActorReused);
        }
        let known = |dep: &Head| sent.contains(dep) || knows(doc, dep);
        if change.seq != last + 1 || !change.deps.iter().all(known) {
            return Err(Refusal::MissingDependencies);
        }
        sent.push(change.hash);
    }
    Ok(())
}
