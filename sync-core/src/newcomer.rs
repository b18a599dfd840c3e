//! A conversation that comes whole in one plain change: read and saved without a merge.
//!
//! Nearly all that tablets push is this: *Klaar* made one change, and nobody edited since. Merging it
//! into nothing, saving that and loading it again takes four times as long as all the rest of its
//! judgement. Where nothing is written over and the notes are one text from left to right there is
//! nothing to merge: its operations, put in the order of their objects and keys, are the document.
//!
//! The bytes are spelled anew from what was read, and are those that Automerge saves for the same
//! change; a property holds both against each other. Whatever is less plain is left to a merge.
//!
//! The format is the one of <https://automerge.org/automerge-binary-format-spec/>.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::consent::{Consent, Statement};
use crate::conversation::{Conversation, Quote, TagStatement, Tags, Wording};
use crate::gatekeeper::RawChange;
use crate::ids::{Millis, QuoteId, StatementId, UserId};
use crate::operations::{Action, Key, OperationId, Value};
use crate::written::{Booleans, Differences, Runs, signed, unsigned};

/// An operation of a plain change; its author is the only one.
struct Line<'a> {
    /// The number of the operation that made the object; 0 for the root.
    object: u64,
    key: Key<'a>,
    insert: bool,
    action: Action<'a>,
    number: u64,
}

/// The saved document and what it says; nothing where the change is not plain, or is not allowed: it
/// has to be judged besides.
pub(crate) fn settle(change: &RawChange<'_>) -> Option<(Vec<u8>, Conversation)> {
    let lines = plain(change)?;
    let conversation = read(&lines)?;
    Some((save(change, &lines), conversation))
}

/// The operations in the order of a document: by object, by key, the notes from left to right.
fn plain<'a>(change: &RawChange<'a>) -> Option<Vec<Line<'a>>> {
    let alone = change.deps.is_empty() && change.others.is_empty() && change.message.is_empty();
    if !alone || (change.seq, change.start_op) != (1, 1) {
        return None;
    }
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut operations = change.operations();
    // The last character that was inserted, and its text.
    let mut end: Option<(u64, u64)> = None;
    while let Some(operation) = operations.next().ok()? {
        let object = operation.object.map_or(0, |object| object.counter);
        let number = lines.len() as u64 + 1;
        match (operation.key, operation.insert) {
            (Key::Property(_), false) => {}
            (Key::Head, true) if end.is_none() => end = Some((object, number)),
            (Key::Element(before), true) if end == Some((object, before.counter)) => {
                end = Some((object, number));
            }
            _ => return None,
        }
        if !operation.predecessors.is_empty() {
            return None;
        }
        lines.push(Line {
            object,
            key: operation.key,
            insert: operation.insert,
            action: operation.action,
            number,
        });
    }
    lines.sort_by(|one, other| {
        let keys = match (one.key, other.key) {
            (Key::Property(one), Key::Property(other)) => one.cmp(other),
            _ => std::cmp::Ordering::Equal,
        };
        one.object.cmp(&other.object).then(keys)
    });
    let same = |one: &Line<'_>, other: &Line<'_>| {
        one.object == other.object && one.key == other.key && !one.insert
    };
    let twice = lines.windows(2).any(|pair| same(&pair[0], &pair[1]));
    (!twice).then_some(lines)
}

/// As [`Conversation::read`] reads the document.
fn read(lines: &[Line<'_>]) -> Option<Conversation> {
    let mut objects = lines.chunk_by(|one, other| one.object == other.object);
    let root = objects.next()?;
    let part = |name: &str| {
        let mut named = root.iter().filter(|line| line.key == Key::Property(name));
        named.next().map(|line| line.number)
    };
    let (meta, notes, quotes) = (part("meta")?, part("notes")?, part("quotes")?);
    let (tags, consent) = (part("tags")?, part("consent")?);

    let (mut recorded_at, mut recorded_by) = (None, None);
    let (mut language, mut area) = (None, None);
    let mut clock_doubtful = false;
    let mut written = String::new();
    let mut spoken: Vec<Spoken> = Vec::new();
    let mut said = Tags::default();
    let mut statements = BTreeMap::new();
    for lines in objects {
        for line in lines {
            let key = match line.key {
                Key::Property(key) => key,
                Key::Head | Key::Element(_) => "",
            };
            match (line.object, line.action) {
                (object, Action::Put(value)) if object == meta => match (key, value) {
                    ("recorded_at", Value::Int(at)) => recorded_at = Some(Millis(at)),
                    ("recorded_by", Value::Text(by)) => recorded_by = UserId::from_key(by).ok(),
                    ("language", Value::Text(code)) => language = Some(code.to_owned()),
                    ("area", Value::Text(code)) => area = Some(code.to_owned()),
                    ("clock_doubtful", Value::Boolean(yes)) => clock_doubtful = yes,
                    _ => return None,
                },
                (object, Action::Put(Value::Text(character))) if object == notes => {
                    written.push_str(character);
                }
                (object, Action::MakeMap) if object == quotes => {
                    spoken.push(Spoken::new(line.number, QuoteId::from_key(key).ok()?));
                }
                (object, Action::Put(Value::Text(value))) if object == tags => {
                    let told: TagStatement = value.parse().ok()?;
                    said.insert(key.parse().ok()?, told);
                }
                (object, Action::Put(Value::Text(json))) if object == consent => {
                    let id: StatementId = key.parse().ok()?;
                    statements.insert(id, Statement::parse(json)?);
                }
                (object, Action::Put(value)) => {
                    let quote = spoken.iter_mut().find(|quote| quote.object == object)?;
                    quote.hear(key, value)?;
                }
                _ => return None,
            }
        }
    }
    spoken.retain(|quote| !quote.removed);
    spoken.sort_by_key(|quote| (quote.position, quote.id));
    Some(Conversation {
        recorded_at: recorded_at?,
        clock_doubtful,
        recorded_by: recorded_by?,
        language: language?,
        area: area.filter(|code| !code.is_empty()),
        notes: written,
        quotes: spoken.into_iter().map(Spoken::quote).collect(),
        tags: said,
        consent: Consent::new(statements),
    })
}

/// A quote as its object says it.
struct Spoken {
    object: u64,
    id: QuoteId,
    position: i64,
    removed: bool,
    language: Option<String>,
    verbatim: String,
}

impl Spoken {
    fn new(object: u64, id: QuoteId) -> Self {
        Self {
            object,
            id,
            position: 0,
            removed: false,
            language: None,
            verbatim: String::new(),
        }
    }

    fn hear(&mut self, key: &str, value: Value<'_>) -> Option<()> {
        match (key, value) {
            ("position", Value::Int(at)) => self.position = at,
            ("removed", Value::Boolean(removed)) => self.removed = removed,
            ("language", Value::Text(code)) => self.language = Some(code.to_owned()),
            ("verbatim", Value::Text(words)) => self.verbatim = words.to_owned(),
            _ => return None,
        }
        Some(())
    }

    fn quote(self) -> Quote {
        Quote {
            id: self.id,
            wording: Wording::Settled(self.verbatim),
            language: self.language,
        }
    }
}

/// As [`crate::conversation::Document::save`] saves it.
fn save(change: &RawChange<'_>, lines: &[Line<'_>]) -> Vec<u8> {
    let only = |number: i64| {
        let mut column = vec![0x7f];
        signed(&mut column, number);
        column
    };
    let last = lines.len() as i64;
    let of_changes: [(u64, Vec<u8>); 6] = [
        (0x01, only(0)), // actor
        (0x03, only(1)), // place in its sequence
        (0x13, only(last)),
        (0x23, only(change.time)),
        (0x40, only(0)), // dependencies
        (0x56, only(7)), // no further bytes
    ];
    let of_operations = columns(lines);

    let author = change.author.to_bytes();
    let mut body = Vec::with_capacity(change.bytes.len() + 128);
    unsigned(&mut body, 1);
    unsigned(&mut body, author.len() as u64);
    body.extend_from_slice(author);
    unsigned(&mut body, 1);
    body.extend_from_slice(&change.hash.0);
    let of_operations = of_operations.iter().filter(|(_, bytes)| !bytes.is_empty());
    for columns in [of_changes.iter().collect(), of_operations.clone().collect()] {
        let columns: Vec<&(u64, Vec<u8>)> = columns;
        unsigned(&mut body, columns.len() as u64);
        for (specification, bytes) in columns {
            unsigned(&mut body, *specification);
            unsigned(&mut body, bytes.len() as u64);
        }
    }
    for (_, bytes) in of_changes.iter().chain(of_operations) {
        body.extend_from_slice(bytes);
    }
    unsigned(&mut body, 0); // the head is the first change

    const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
    const DOCUMENT: u8 = 0;
    let mut hashed = vec![DOCUMENT];
    unsigned(&mut hashed, body.len() as u64);
    hashed.append(&mut body);
    let hash = Sha256::digest(&hashed);
    [&MAGIC, &hash[..4], &hashed].concat()
}

/// Of the operations, by specification, in their order.
fn columns(lines: &[Line<'_>]) -> [(u64, Vec<u8>); 12] {
    const AUTHOR: u64 = 0;
    let (mut object_actor, mut object_counter) = (Runs::default(), Runs::default());
    let (mut key_actor, mut key_counter) = (Runs::default(), Differences::default());
    let mut key_text = Runs::default();
    let (mut id_actor, mut id_counter) = (Runs::default(), Differences::default());
    let (mut insert, mut action) = (Booleans::default(), Runs::default());
    let (mut value_kind, mut value) = (Runs::default(), Vec::new());
    let mut successors = Runs::default();
    for line in lines {
        let object = (line.object > 0).then_some(line.object);
        object_actor.push(object.map(|_| AUTHOR));
        object_counter.push(object);
        let (text, element) = match line.key {
            Key::Property(text) => (Some(text), None),
            Key::Head => (None, Some((None, 0))),
            Key::Element(OperationId { counter, .. }) => (None, Some((Some(AUTHOR), counter))),
        };
        key_actor.push(element.and_then(|(actor, _)| actor));
        key_counter.push(element.map(|(_, counter)| counter));
        key_text.push(text);
        id_actor.push(Some(AUTHOR));
        id_counter.push(Some(line.number));
        insert.push(line.insert);
        action.push(Some(match line.action {
            Action::MakeText => 4,
            Action::Put(_) => 1,
            // Nothing else is read.
            _ => 0_u64,
        }));
        let from = value.len();
        let kind = match line.action {
            Action::Put(Value::Boolean(false)) => 1,
            Action::Put(Value::Boolean(true)) => 2,
            Action::Put(Value::Int(number)) => {
                signed(&mut value, number);
                4
            }
            Action::Put(Value::Text(text)) => {
                value.extend_from_slice(text.as_bytes());
                6
            }
            _ => 0,
        };
        value_kind.push(Some(((value.len() - from) as u64) << 4 | kind));
        successors.push(Some(0_u64));
    }
    [
        (0x01, object_actor.finish()),
        (0x02, object_counter.finish()),
        (0x11, key_actor.finish()),
        (0x13, key_counter.finish()),
        (0x15, key_text.finish()),
        (0x21, id_actor.finish()),
        (0x23, id_counter.finish()),
        (0x34, insert.finish()),
        (0x42, action.finish()),
        (0x56, value_kind.finish()),
        (0x57, value),
        (0x80, successors.finish()),
    ]
}
