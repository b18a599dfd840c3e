//! What becomes of one pushed conversation: the server's half of a push, without a database.
//!
//! Gatekeeper first, then the known changes are dropped, the rest is judged, and a copy is merged.
//! A panic inside Automerge is caught and costs the item, not the server.
//!
//! After a backup was put back, tablets bring changes of others that the server lost. What it once
//! signed for need not be judged again: the hash of a change covers all that comes before it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{AutomergeError, Change};

use crate::characters::Characters;
use crate::conversation::{Actor, Conversation, Document, DocumentError, Head, Parts};
use crate::gatekeeper::{self, RawChange};
pub use crate::gatekeeper::{Unreadable, union};
use crate::ids::DeviceNumber;
use crate::known::Known;
use crate::limits;
use crate::newcomer;
use crate::policy::{Author, Shape, Violation};

/// A push that may be stored.
#[derive(Debug)]
pub enum Admission {
    /// The server knew it all.
    Unchanged {
        heads: Vec<Head>,
    },
    Merged(Box<Merged>),
}

/// How many operations these changes hold, as far as their columns tell; nothing where they cannot be
/// read and are refused for that.
pub fn operations_claimed(pushed: &[u8]) -> u64 {
    let changes = gatekeeper::changes(pushed).unwrap_or_default();
    changes.iter().map(|change| change.claimed()).sum()
}

#[derive(Debug)]
pub struct Merged {
    /// The document to be stored.
    pub bytes: Vec<u8>,
    pub heads: Vec<Head>,
    pub conversation: Conversation,
    /// See [`Document::recorded_on`].
    pub recorded_on: Option<DeviceNumber>,
}

/// A push that may not be stored. It stays on the tablet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("changes are missing that these build upon; send all changes of this conversation")]
    MissingDependencies,
    #[error("this place in the author's sequence is taken; replay the edits under a fresh actor")]
    ActorReused,
    #[error("all that was done in these changes stands here in another form")]
    StandsOtherwise,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("a change was made by another device than the one that sends it")]
    ForeignActor,
    #[error("a change does not number its operations on from those that it could know")]
    Numbering,
    #[error(transparent)]
    NotAllowed(#[from] Violation),
    #[error("the document is no conversation")]
    NotAConversation,
    #[error(
        "the conversation grew beyond {} bytes or {} operations",
        limits::DOCUMENT_BYTES,
        limits::DOCUMENT_OPERATIONS
    )]
    TooLarge,
    #[error("the changes contradict what they claim to be")]
    Unmergeable,
}

/// Judges and merges what a tablet pushes into the stored document, if there is one.
///
/// `heads` are those that the tablet claims to have pushed, and that a receipt would cover. `vouched`
/// are heads of this document that the server once signed for: changes that are among them, or come
/// before them, may be anybody's and are not judged again. They are bounded like all others, and
/// what comes of them must be a conversation.
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

/// From so many operations on it is looked up whether each is about something that is there. What
/// Automerge finds out of fewer costs no more than the looking up.
const EXACT_FROM: u64 = 4_000;

fn merge(
    existing: Option<&[u8]>,
    pushed: &[RawChange<'_>],
    heads: &[Head],
    author: &Author,
    vouched: &[Head],
) -> Result<Admission, Refusal> {
    let mut document = match existing {
        Some(bytes) => Document::load(bytes).map_err(|_| Refusal::Unmergeable)?,
        None => Document::empty(),
    };
    let mut known = Known::of(&document.doc);
    let fresh: Vec<&RawChange<'_>> = pushed
        .iter()
        .filter(|change| !known.has(&change.hash))
        .collect();
    if fresh.is_empty() {
        return match existing {
            None => Err(Refusal::NotAConversation),
            Some(_) if !heads.iter().all(|head| known.has(head)) => {
                Err(Refusal::MissingDependencies)
            }
            Some(_) => Ok(Admission::Unchanged {
                heads: document.heads(),
            }),
        };
    }

    // What is vouched for comes first, as if the server had it still; the rest builds on it.
    let (vouched, own) = vouched_and_own(fresh, vouched);
    if own
        .iter()
        .any(|change| Actor::device_of(&change.author) != Some(author.device))
    {
        return Err(Refusal::ForeignActor);
    }
    for change in &vouched {
        known.follows(change)?;
        known.learn(change, change.count()?);
    }
    let begun = existing.is_some() || !vouched.is_empty();
    apply(&mut document, &vouched)?;
    let mut shape = if begun {
        let parts = Parts::of(&document.doc).map_err(|_| Refusal::NotAConversation)?;
        Shape::of(&document.doc, &parts)
    } else {
        Shape::empty()
    };
    let claimed: u64 = own.iter().map(|change| change.claimed()).sum();
    // A deletion claims two. There are no more answers about consent than this.
    let most_answers = limits::STATEMENTS as u64;
    if claimed > most_answers && !known.has_room_for(claimed / 2) {
        return Err(Refusal::TooLarge);
    }
    if claimed > EXACT_FROM {
        shape.know_characters(Characters::of(&document.doc));
    }
    match own
        .iter()
        .filter(|change| known.has_otherwise(change))
        .count()
    {
        0 => {}
        all if all == own.len() => return Err(Refusal::StandsOtherwise),
        _ => return Err(Refusal::ActorReused),
    }
    let answered_before = shape.answers();
    let mut operations = 0;
    for change in &own {
        known.follows(change)?;
        let count = shape.judge(change, author)?;
        known.learn(change, count);
        operations += count;
    }
    // What a resident may do with their words is answered in a full conversation as well.
    let answers_alone = shape.answers() - answered_before == operations;
    if !answers_alone && !known.has_room_for(0) {
        return Err(Refusal::TooLarge);
    }
    let most_bytes = match answers_alone {
        true => limits::DOCUMENT_BYTES + limits::ANSWERS_BYTES,
        false => limits::DOCUMENT_BYTES,
    };
    // What a receipt covers must be here, whatever the tablet believes that it sent.
    if !heads.iter().all(|head| known.has(head)) {
        return Err(Refusal::MissingDependencies);
    }
    if let (false, [change]) = (begun, &own[..])
        && let Some((bytes, conversation)) = newcomer::settle(change)
    {
        if bytes.len() > limits::DOCUMENT_BYTES {
            return Err(Refusal::TooLarge);
        }
        return Ok(Admission::Merged(Box::new(Merged {
            bytes,
            heads: vec![change.hash],
            conversation,
            recorded_on: Actor::device_of(&change.author),
        })));
    }
    apply(&mut document, &own)?;
    merged(&document, most_bytes)
}

/// Changes that are vouched heads or come before them, and the others; each in the order sent.
fn vouched_and_own<'a, 'b>(
    fresh: Vec<&'a RawChange<'b>>,
    vouched: &[Head],
) -> (Vec<&'a RawChange<'b>>, Vec<&'a RawChange<'b>>) {
    let mut covered: BTreeSet<Head> = vouched.iter().copied().collect();
    // Whatever comes before a change was sent before it, or is refused for its order.
    for change in fresh.iter().rev() {
        if covered.contains(&change.hash) {
            covered.extend(&change.deps);
        }
    }
    fresh
        .into_iter()
        .partition(|change| covered.contains(&change.hash))
}

fn apply(document: &mut Document, changes: &[&RawChange<'_>]) -> Result<(), Refusal> {
    let changes = changes
        .iter()
        .map(|raw| Change::from_bytes(raw.bytes.to_vec()).map_err(|_| Unreadable::NotAChange))
        .collect::<Result<Vec<Change>, _>>()?;
    document
        .doc
        .apply_changes(changes)
        .map_err(|error| match error {
            AutomergeError::DuplicateSeqNumber(..) => Refusal::ActorReused,
            _ => Refusal::Unmergeable,
        })
}

fn merged(document: &Document, most_bytes: usize) -> Result<Admission, Refusal> {
    let bytes = document.save();
    if bytes.len() > most_bytes {
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
        recorded_on: stored.recorded_on(),
    })))
}
