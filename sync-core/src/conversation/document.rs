//! The Automerge document under a conversation: made, loaded, merged, saved.

use std::collections::BTreeSet;
use std::fmt;

use automerge::{ActorId, Automerge, Change, ChangeHash, ReadDoc, TextEncoding};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::{Conversation, header};
use crate::ids::DeviceNumber;

/// The hash of a change that nothing follows yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Head(pub [u8; 32]);

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({})", ChangeHash(self.0))
    }
}

impl Head {
    /// 64 hexadecimal digits, as [`ChangeHash`] prints them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|hash: ChangeHash| Self(hash.0))
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", ChangeHash(self.0))
    }
}

impl<C> Encode<C> for Head {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Head {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?.try_into();
        bytes
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a head is 32 bytes"))
    }
}

/// Who writes changes: the device's number and eight bytes that are fresh for each page load or
/// process start, so that one actor never runs in two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub device: DeviceNumber,
    pub session: [u8; 8],
}

impl Actor {
    pub(crate) fn id(self) -> ActorId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.device.0.to_be_bytes());
        bytes[8..].copy_from_slice(&self.session);
        ActorId::from(bytes)
    }

    /// The device that an actor of a change belongs to.
    pub(crate) fn device_of(actor: &ActorId) -> Option<DeviceNumber> {
        let bytes: &[u8; 16] = actor.to_bytes().try_into().ok()?;
        let (prefix, _) = bytes.split_first_chunk::<8>()?;
        Some(DeviceNumber(u64::from_be_bytes(*prefix)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("the bytes are no Automerge document")]
    Unreadable,
    #[error("the document is no conversation: `{0}` is missing or of another type")]
    NotAConversation(&'static str),
    #[error("two changes claim the same place in their author's sequence")]
    ActorReused,
}

/// A loaded document. 23-31 KB in memory: load, use, drop.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) doc: Automerge,
}

impl Document {
    pub(crate) fn empty() -> Self {
        Self {
            doc: Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint),
        }
    }

    /// From [`Document::save`]; also a series of whole change chunks.
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        Automerge::load(bytes)
            .map(|doc| Self { doc })
            .map_err(|_| DocumentError::Unreadable)
    }

    /// Not deflated: a batch of documents is compressed as a whole, and better.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save_nocompress()
    }

    /// Sorted.
    pub fn heads(&self) -> Vec<Head> {
        let mut heads: Vec<Head> = self
            .doc
            .get_heads()
            .into_iter()
            .map(|h| Head(h.0))
            .collect();
        heads.sort();
        heads
    }

    pub fn has(&self, head: &Head) -> bool {
        self.doc
            .get_change_meta_by_hash(&ChangeHash(head.0))
            .is_some()
    }

    pub fn read(&self) -> Result<Conversation, DocumentError> {
        Conversation::read(&self.doc)
    }

    /// All that the other knows and this does not. Commutative, associative, idempotent.
    pub fn merge(&mut self, other: &Document) -> Result<(), DocumentError> {
        let changes = self.doc.get_changes_added(&other.doc);
        self.doc
            .apply_changes(changes)
            .map_err(|error| match error {
                automerge::AutomergeError::DuplicateSeqNumber(..) => DocumentError::ActorReused,
                _ => DocumentError::Unreadable,
            })
    }

    /// The changes since these heads as uncompressed chunks, ready to be pushed.
    pub fn changes_since(&self, heads: &[Head]) -> Vec<u8> {
        let heads: Vec<ChangeHash> = heads.iter().map(|head| ChangeHash(head.0)).collect();
        self.doc.save_after(&heads)
    }

    /// The heads of saved bytes, mostly without loading them.
    pub fn heads_of(bytes: &[u8]) -> Result<Vec<Head>, DocumentError> {
        match header::saved_heads(bytes) {
            Some(heads) => Ok(heads),
            None => Self::load(bytes).map(|document| document.heads()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.doc.get_heads().is_empty()
    }

    /// What this change was made on; nothing where it is not here.
    pub(crate) fn dependencies(&self, change: &Head) -> Option<Vec<Head>> {
        let change = self.doc.get_change_by_hash(&ChangeHash(change.0))?;
        Some(change.deps().iter().map(|hash| Head(hash.0)).collect())
    }

    /// The device that recorded it; nothing where the server made it, or where that was done again, maybe
    /// on another device.
    pub fn recorded_on(&self) -> Option<DeviceNumber> {
        let changes = self.doc.get_changes_meta(&[]);
        let first = changes.iter().find(|change| change.deps.is_empty())?;
        if first.message.as_deref().is_some_and(|it| !it.is_empty()) {
            return None;
        }
        Actor::device_of(&first.actor).filter(|device| *device != DeviceNumber::SERVER)
    }

    /// Whether both began with the same change. Two that did not cannot be merged: each made the parts
    /// of a conversation for itself.
    pub fn shares_history(&self, other: &Document) -> bool {
        let changes = self.doc.get_changes_meta(&[]);
        let mut first = changes.iter().filter(|change| change.deps.is_empty());
        first.any(|change| other.has(&Head(change.hash.0)))
    }

    /// As it was at these heads.
    pub(crate) fn at(&self, heads: &[Head]) -> Result<Self, DocumentError> {
        let heads: Vec<ChangeHash> = heads.iter().map(|head| ChangeHash(head.0)).collect();
        let doc = self.doc.fork_at(&heads);
        Ok(Self {
            doc: doc.map_err(|_| DocumentError::Unreadable)?,
        })
    }

    /// Without these changes, but for those that other changes build upon.
    pub(crate) fn without(&self, changes: &BTreeSet<Head>) -> Result<Self, DocumentError> {
        let mut needed: BTreeSet<Head> = BTreeSet::new();
        let mut kept: Vec<Change> = Vec::new();
        // What builds upon a change comes after it.
        for change in self.doc.get_changes(&[]).into_iter().rev() {
            let hash = Head(change.hash().0);
            if !changes.contains(&hash) || needed.contains(&hash) {
                needed.extend(change.deps().iter().map(|hash| Head(hash.0)));
                kept.push(change);
            }
        }
        kept.reverse();
        let mut document = Self::empty();
        document
            .doc
            .apply_changes(kept)
            .map_err(|_| DocumentError::Unreadable)?;
        Ok(document)
    }
}
