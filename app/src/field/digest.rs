//! What lists show of a conversation, read once and kept until it changes.
//!
//! Reading a document takes a good part of a millisecond on a tablet. A list of fifty that read each
//! of them anew on every keystroke that is kept would be felt.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use koffiekar_sync_core::{
    ids::{ConversationId, Millis, UserId},
    replica::Replica,
};

/// Characters of the first words that a row shows.
const FIRST_CHARS: usize = 140;

#[derive(Debug)]
pub(crate) struct Digest {
    /// Of the first quote, or of the notes.
    pub(crate) first_words: String,
    pub(crate) language: String,
    pub(crate) area: Option<String>,
    pub(crate) recorded_at: Millis,
    pub(crate) clock_doubtful: bool,
    pub(crate) recorded_by: UserId,
    pub(crate) quotes: usize,
    pub(crate) has_conflict: bool,
}

/// Of the conversations that were shown since the tablet was opened.
#[derive(Default)]
pub(crate) struct Digests(RefCell<BTreeMap<ConversationId, Option<Rc<Digest>>>>);

impl Digests {
    /// `None` where the document cannot be read.
    pub(crate) fn of(&self, replica: &Replica, id: ConversationId) -> Option<Rc<Digest>> {
        if let Some(known) = self.0.borrow().get(&id) {
            return known.clone();
        }
        let digest = read(replica, id).map(Rc::new);
        self.0.borrow_mut().insert(id, digest.clone());
        digest
    }

    /// It changed.
    pub(crate) fn forget(&self, id: ConversationId) {
        self.0.borrow_mut().remove(&id);
    }
}

fn read(replica: &Replica, id: ConversationId) -> Option<Digest> {
    let read = replica.read(id).ok()?;
    let first = read
        .quotes
        .first()
        .map_or(read.notes.as_str(), |quote| quote.wording.first());
    Some(Digest {
        first_words: first.chars().take(FIRST_CHARS).collect(),
        language: read.language.clone(),
        area: read.area.clone(),
        recorded_at: read.recorded_at,
        clock_doubtful: read.clock_doubtful,
        recorded_by: read.recorded_by,
        quotes: read.quotes.len(),
        has_conflict: read.quotes.iter().any(|quote| quote.wording.is_conflict()),
    })
}
