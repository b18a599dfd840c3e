//! The conversation without some of its quotes and without its history, under another id.
//!
//! Two rebuilds of the same conversation come together: after a backup was put back the server erases
//! again from an older state, while tablets hold the successor that was made before. So the successor
//! is made of pieces, each a change whose author follows from what it holds: a skeleton that follows
//! from the first facts alone, each quote as an empty map, and then, beside each other, the notes, each
//! wording, and what else is known of each quote. A piece that both rebuilds have is one and the same
//! change; where they differ, both stand, as when two people had written them.
//!
//! What was taken away is carried over as taken away, without its words: or a rebuild from before
//! would bring it back. Of the changes that tablets made, their hashes stand as messages of empty
//! changes, so that nobody carries an edit over that is in here already.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{Transactable, Transaction};
use automerge::{Automerge, Change, ChangeHash, ObjId, ObjType, ReadDoc, ScalarValueRef, ValueRef};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::edit::{Edited, commit, options};
use super::{Actor, Document, DocumentError, Head, NewConversation, Parts, TagKey, TagStatement};
use crate::codes::{UNDETERMINED, is_code, is_language};
use crate::consent::Statement;
use crate::ids::{ConversationId, DeviceNumber, Millis, QuoteId, StatementId};
use crate::limits;

const DOMAIN: &[u8] = b"koffiekar successor v1\0";

impl ConversationId {
    /// The id under which a conversation goes on without these quotes. It sorts by the time of the old
    /// one. `attempt` counts up from 0 where an id is taken.
    pub fn successor(self, erased: &BTreeSet<QuoteId>, attempt: u8) -> ConversationId {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.as_bytes());
        erased
            .iter()
            .for_each(|quote| hash.update(quote.as_bytes()));
        hash.update([attempt]);
        let mut bytes: [u8; 16] = *self.as_bytes();
        bytes[6..].copy_from_slice(&hash.finalize()[..10]);
        // Version 8 of RFC 9562: made by a rule of our own.
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        ConversationId(Uuid::from_bytes(bytes))
    }
}

impl Document {
    /// The quotes that have a place in it, also those that were taken away.
    pub fn quotes(&self) -> Result<BTreeMap<QuoteId, QuoteShape>, DocumentError> {
        let parts = Parts::of(&self.doc)?;
        let quotes = pieces_of_quotes(&self.doc, &parts).map(|quote| {
            let lengths = quote.wordings.iter().map(|words| words.chars().count());
            let shape = QuoteShape {
                taken_away: quote.removed,
                chars: lengths.max().unwrap_or(0),
            };
            (quote.id, shape)
        });
        Ok(quotes.collect())
    }

    /// What goes on under `id` when these quotes are erased. `time_is_doubted`: the server doubts when the
    /// conversation was recorded.
    pub fn successor(
        &self,
        id: ConversationId,
        erased: &BTreeSet<QuoteId>,
        time_is_doubted: bool,
    ) -> Result<Document, DocumentError> {
        let parts = Parts::of(&self.doc)?;
        let read = self.read()?;
        // What was taken in before its bounds were demanded is brought within them.
        let language = language_or_undetermined(read.language);
        let area = read.area.filter(|code| is_code(code));
        let first_language = self.first_language(&parts).map(language_or_undetermined);
        let first = NewConversation {
            recorded_at: Millis(read.recorded_at.0.clamp(0, Millis::LATEST.0)),
            // A piece apart: whether it is doubted may be known at one rebuild and not at another.
            clock_doubtful: false,
            recorded_by: read.recorded_by,
            language: first_language.unwrap_or(language.clone()),
            area: None,
            notes: String::new(),
            quotes: Vec::new(),
            consent: Vec::new(),
        };
        let mut rebuilding = Rebuilding::begin(id, &first)?;
        rebuilding.add_meta(&first, &language, area.as_deref())?;
        if time_is_doubted || read.clock_doubtful {
            rebuilding.add_doubt()?;
        }
        rebuilding.add_notes(&read.notes)?;
        rebuilding.add_consent(&consent(&self.doc, &parts))?;
        let mut tags = tags(&self.doc, &parts);
        for quote in pieces_of_quotes(&self.doc, &parts) {
            if !erased.contains(&quote.id) {
                let tags = tags.remove(&quote.id).unwrap_or_default();
                rebuilding.add_quote(&quote, &tags)?;
            }
        }
        rebuilding.end(&self.done_by_tablets())
    }

    fn first_language(&self, parts: &Parts) -> Option<String> {
        let changes = self.doc.get_changes_meta(&[]);
        let first = changes.iter().find(|change| change.deps.is_empty())?;
        let language = self.doc.get_at(&parts.meta, "language", &[first.hash]);
        let (value, _) = language.ok().flatten()?;
        value.as_str().map(str::to_owned)
    }

    /// What the edits in it became first; not the recording, which is never done again here.
    fn done_by_tablets(&self) -> BTreeSet<Head> {
        let changes = self.doc.get_changes_meta(&[]);
        let edits = changes.iter().filter(|change| !change.deps.is_empty());
        let origins = edits.filter_map(|change| {
            let first = change.message.as_deref().and_then(Head::parse);
            let by_server = Actor::device_of(&change.actor) == Some(DeviceNumber::SERVER);
            first.or((!by_server).then_some(Head(change.hash.0)))
        });
        origins.collect()
    }
}

/// A quote without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteShape {
    pub taken_away: bool,
    /// Characters of the longest of its wordings.
    pub chars: usize,
}

/// A quote as it stands.
struct QuotePiece {
    id: QuoteId,
    position: i64,
    language: Option<String>,
    removed: bool,
    wordings: BTreeSet<String>,
}

fn pieces_of_quotes<'a>(
    doc: &'a Automerge,
    parts: &'a Parts,
) -> impl Iterator<Item = QuotePiece> + 'a {
    doc.map_range(&parts.quotes, ..).filter_map(|item| {
        let id = QuoteId::from_key(&item.key).ok()?;
        if !matches!(item.value, ValueRef::Object(_)) {
            return None;
        }
        let object = item.id();
        let mut quote = QuotePiece {
            id,
            position: 0,
            language: None,
            removed: false,
            wordings: BTreeSet::new(),
        };
        for field in doc.map_range(&object, ..) {
            match (field.key.as_ref(), &field.value) {
                ("position", ValueRef::Scalar(ScalarValueRef::Int(at))) => {
                    quote.position = (*at).clamp(0, limits::QUOTES as i64);
                }
                ("removed", ValueRef::Scalar(ScalarValueRef::Boolean(yes))) => {
                    quote.removed = *yes;
                }
                ("language", ValueRef::Scalar(ScalarValueRef::Str(code))) => {
                    quote.language = is_language(code).then(|| code.to_string());
                }
                _ => {}
            }
        }
        let words = doc.get_all(&object, "verbatim").unwrap_or_default();
        let words = words.iter().filter_map(|(value, _)| value.as_str());
        quote.wordings = words.map(str::to_owned).collect();
        Some(quote)
    })
}

fn language_or_undetermined(code: String) -> String {
    if is_language(&code) {
        code
    } else {
        UNDETERMINED.to_owned()
    }
}

/// Key and value of each statement, by the quote that it is about.
fn tags(doc: &Automerge, parts: &Parts) -> BTreeMap<QuoteId, Vec<(String, String)>> {
    let mut tags: BTreeMap<QuoteId, Vec<(String, String)>> = BTreeMap::new();
    for (key, value) in texts(doc, &parts.tags) {
        if let (Ok(tag), Ok(mut said)) = (key.parse::<TagKey>(), value.parse::<TagStatement>()) {
            said.at = Millis(said.at.0.clamp(0, Millis::LATEST.0));
            tags.entry(tag.quote)
                .or_default()
                .push((key, said.to_string()));
        }
    }
    tags
}

/// Written anew: a statement from before unknown fields were refused may hold words in one of them.
fn consent(doc: &Automerge, parts: &Parts) -> Vec<(String, String)> {
    let statements = texts(doc, &parts.consent).into_iter();
    let renewed = statements.filter_map(|(id, json)| {
        let id: StatementId = id.parse().ok()?;
        let statement = Statement::read(&json)?.renewed();
        Some((id.to_string(), statement.to_json()))
    });
    renewed.collect()
}

/// The texts of a map, by key.
fn texts(doc: &Automerge, object: &ObjId) -> Vec<(String, String)> {
    let items = doc.map_range(object, ..);
    let texts = items.filter_map(|item| match &item.value {
        ValueRef::Scalar(ScalarValueRef::Str(value)) => {
            Some((item.key.to_string(), value.to_string()))
        }
        _ => None,
    });
    texts.collect()
}

struct Rebuilding {
    id: ConversationId,
    /// One time for all: what nobody did at a moment must not depend on when it was rebuilt.
    at: Millis,
    skeleton: Automerge,
    parts: Parts,
    /// Beside each other on the skeleton, or on a quote's map.
    pieces: Vec<Change>,
    authors: BTreeSet<[u8; 8]>,
}

impl Rebuilding {
    fn begin(id: ConversationId, first: &NewConversation) -> Result<Self, DocumentError> {
        let author = author(id, "skeleton", &[], 0);
        let skeleton = Document::record(first, actor(author));
        let skeleton = skeleton.map_err(|_| DocumentError::Unreadable)?.doc;
        Ok(Self {
            id,
            at: first.recorded_at,
            parts: Parts::of(&skeleton)?,
            skeleton,
            pieces: Vec::new(),
            authors: BTreeSet::from([author]),
        })
    }

    fn add_meta(
        &mut self,
        first: &NewConversation,
        language: &str,
        area: Option<&str>,
    ) -> Result<(), DocumentError> {
        let skeleton = self.skeleton.clone();
        let meta = self.parts.meta.clone();
        if language != first.language {
            self.piece(&skeleton, "language", &[language], |tx| {
                tx.put(&meta, "language", language)
            })?;
        }
        if let Some(area) = area {
            self.piece(&skeleton, "area", &[area], |tx| tx.put(&meta, "area", area))?;
        }
        Ok(())
    }

    fn add_doubt(&mut self) -> Result<(), DocumentError> {
        let skeleton = self.skeleton.clone();
        let meta = self.parts.meta.clone();
        self.piece(&skeleton, "clock doubtful", &[], |tx| {
            tx.put(&meta, "clock_doubtful", true)
        })
        .map(drop)
    }

    fn add_notes(&mut self, text: &str) -> Result<(), DocumentError> {
        if text.is_empty() {
            return Ok(());
        }
        let skeleton = self.skeleton.clone();
        let notes = self.parts.notes.clone();
        self.piece(&skeleton, "notes", &[text], |tx| {
            tx.splice_text(&notes, 0, 0, text)
        })
        .map(drop)
    }

    fn add_consent(&mut self, statements: &[(String, String)]) -> Result<(), DocumentError> {
        if statements.is_empty() {
            return Ok(());
        }
        let skeleton = self.skeleton.clone();
        let consent = self.parts.consent.clone();
        let content: Vec<&str> = flat(statements);
        self.piece(&skeleton, "consent", &content, |tx| {
            let mut each = statements.iter();
            each.try_for_each(|(id, json)| tx.put(&consent, id, json.as_str()))
        })
        .map(drop)
    }

    /// `tags` are those about this quote.
    fn add_quote(
        &mut self,
        quote: &QuotePiece,
        tags: &[(String, String)],
    ) -> Result<(), DocumentError> {
        let key = quote.id.key();
        let skeleton = self.skeleton.clone();
        let quotes = self.parts.quotes.clone();
        let with_map = self.piece(&skeleton, "quote", &[&key], |tx| {
            tx.put_object(&quotes, &key, ObjType::Map).map(drop)
        })?;
        let map = match with_map.get(&quotes, &key) {
            Ok(Some((_, map))) => map,
            _ => return Err(DocumentError::Unreadable),
        };
        if quote.removed {
            self.piece(&with_map, "taken away", &[&key], |tx| {
                tx.put(&map, "removed", true)
            })?;
            return Ok(());
        }
        for words in &quote.wordings {
            self.piece(&with_map, "words", &[&key, words], |tx| {
                tx.put(&map, "verbatim", words.as_str())
            })?;
        }
        let position = quote.position.to_string();
        let language = quote.language.as_deref();
        let mut content = vec![key.as_str(), &position, language.unwrap_or("")];
        content.extend(flat(tags));
        let statements = self.parts.tags.clone();
        self.piece(&with_map, "about", &content, |tx| {
            tx.put(&map, "position", quote.position)?;
            if let Some(language) = language {
                tx.put(&map, "language", language)?;
            }
            let mut each = tags.iter();
            each.try_for_each(|(key, value)| tx.put(&statements, key, value.as_str()))
        })
        .map(drop)
    }

    /// One change on `base`, by an author who follows from what it is. Returns `base` with it.
    fn piece(
        &mut self,
        base: &Automerge,
        kind: &str,
        content: &[&str],
        edit: impl FnOnce(&mut Transaction<'_>) -> Edited,
    ) -> Result<Automerge, DocumentError> {
        let before = base.get_heads();
        let mut doc = base.clone();
        doc.set_actor(actor(self.fresh_author(kind, content)).id());
        commit(&mut doc, options(self.at, None), edit).map_err(|_| DocumentError::Unreadable)?;
        self.pieces.extend(doc.get_changes(&before));
        Ok(doc)
    }

    /// Two pieces of one author could not stand in one document. That two have the same hash takes
    /// somebody who looks for it.
    fn fresh_author(&mut self, kind: &str, content: &[&str]) -> [u8; 8] {
        let mut attempt = 0;
        loop {
            let author = author(self.id, kind, content, attempt);
            if self.authors.insert(author) {
                return author;
            }
            attempt += 1;
        }
    }

    /// Brings the pieces together under one head, and says what is in them.
    fn end(mut self, done: &BTreeSet<Head>) -> Result<Document, DocumentError> {
        let mut doc = self.skeleton.clone();
        let pieces = std::mem::take(&mut self.pieces);
        doc.apply_changes(pieces)
            .map_err(|_| DocumentError::Unreadable)?;
        let mut heads = doc.get_heads();
        heads.sort();
        let mut names: Vec<String> = heads.iter().map(ChangeHash::to_string).collect();
        names.extend(done.iter().map(Head::to_string));
        let content: Vec<&str> = names.iter().map(String::as_str).collect();
        let author = self.fresh_author("together", &content);
        doc.set_actor(actor(author).id());
        if heads.len() > 1 || !done.is_empty() {
            doc.empty_commit(options(self.at, None));
        }
        for origin in done {
            doc.empty_commit(options(self.at, Some(*origin)));
        }
        let document = Document { doc };
        // What is stored is what was read back, as with everything that comes in.
        let stored = Document::load(&document.save())?;
        if stored.heads() == document.heads() {
            Ok(stored)
        } else {
            Err(DocumentError::Unreadable)
        }
    }
}

fn flat(pairs: &[(String, String)]) -> Vec<&str> {
    let pairs = pairs.iter();
    pairs
        .flat_map(|(key, value)| [key.as_str(), value.as_str()])
        .collect()
}

/// The fresh half of an actor, made of what it will write.
fn author(id: ConversationId, kind: &str, content: &[&str], attempt: u32) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(id.as_bytes());
    hash.update(attempt.to_be_bytes());
    for part in [kind].iter().chain(content) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut author = [0; 8];
    author.copy_from_slice(&hash.finalize()[..8]);
    author
}

fn actor(session: [u8; 8]) -> Actor {
    Actor {
        device: DeviceNumber::SERVER,
        session,
    }
}
