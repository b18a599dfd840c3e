//! Change chunks of Automerge, made by hand: what no honest tablet sends.
//!
//! The format is the one of <https://automerge.org/automerge-binary-format-spec/>.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, AutomergeError};
use koffiekar_sync_core::conversation::{Actor, Document, Head};
use sha2::{Digest, Sha256};

pub const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
pub const DOCUMENT: u8 = 0;
pub const CHANGE: u8 = 1;
pub const DEFLATED: u8 = 2;

/// A whole chunk around a body: magic, checksum, type, length. The checksum is right.
pub fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    hashed.extend(unsigned(body.len() as u64));
    hashed.extend(body);
    let hash = Sha256::digest(&hashed);
    [&MAGIC[..], &hash[..4], &hashed].concat()
}

/// The body of the first chunk in these bytes.
pub fn body(chunk: &[u8]) -> &[u8] {
    let mut length = 0_usize;
    let mut at = 9;
    for shift in (0..).step_by(7) {
        length |= usize::from(chunk[at] & 0x7f) << shift;
        at += 1;
        if chunk[at - 1] & 0x80 == 0 {
            break;
        }
    }
    &chunk[at..at + length]
}

/// Unsigned LEB128.
pub fn unsigned(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// Signed LEB128.
pub fn signed(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// The body of a first change by this actor with these columns: specification and bytes.
pub fn first_change(actor: Actor, columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend(actor.device.0.to_be_bytes());
    body.extend(actor.session);
    // Sequence number, first operation, time, message, other actors.
    body.extend([1, 1, 0, 0, 0]);
    body.extend(unsigned(columns.len() as u64));
    for (specification, bytes) in columns {
        body.extend(unsigned(*specification));
        body.extend(unsigned(bytes.len() as u64));
    }
    for (_, bytes) in columns {
        body.extend(bytes);
    }
    body
}

/// What somebody did to a document with Automerge itself, past all commands: the new change, and the
/// heads after it.
pub fn tampered(
    document: &Document,
    actor: Actor,
    tamper: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), AutomergeError>,
) -> (Vec<u8>, Vec<Head>) {
    tampered_with(document, actor, CommitOptions::default(), tamper)
}

/// The same, with the time and the message of the change.
pub fn tampered_with(
    document: &Document,
    actor: Actor,
    options: CommitOptions,
    tamper: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), AutomergeError>,
) -> (Vec<u8>, Vec<Head>) {
    let mut doc = Automerge::load(&document.save()).unwrap();
    let before = doc.get_heads();
    doc.set_actor(actor_id(actor));
    let mut tx = doc.transaction();
    tamper(&mut tx).unwrap();
    tx.commit_with(options);
    (doc.save_after(&before), heads(&doc))
}

/// A document that somebody made with Automerge itself.
pub fn handmade(
    actor: Actor,
    make: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), AutomergeError>,
) -> (Vec<u8>, Vec<Head>) {
    let mut doc = Automerge::new();
    doc.set_actor(actor_id(actor));
    let mut tx = doc.transaction();
    make(&mut tx).unwrap();
    tx.commit();
    (doc.save_after(&[]), heads(&doc))
}

/// The object at this key of the root.
pub fn part(tx: &impl automerge::ReadDoc, name: &str) -> automerge::ObjId {
    tx.get(automerge::ROOT, name).unwrap().unwrap().1
}

/// A first change that makes all that belongs to a conversation but these parts.
pub fn make_all_but(
    tx: &mut impl Transactable,
    by: &str,
    missing: &[&str],
) -> Result<(), AutomergeError> {
    use automerge::{ObjType, ROOT};
    let wanted = |name: &str| !missing.contains(&name);
    if wanted("schema") {
        tx.put(ROOT, "schema", 1_i64)?;
    }
    if wanted("meta") {
        let meta = tx.put_object(ROOT, "meta", ObjType::Map)?;
        if wanted("recorded_at") {
            tx.put(&meta, "recorded_at", 1_769_250_000_000_i64)?;
        }
        if wanted("recorded_by") {
            tx.put(&meta, "recorded_by", by)?;
        }
        if wanted("language") {
            tx.put(&meta, "language", "nl")?;
        }
    }
    if wanted("notes") {
        tx.put_object(ROOT, "notes", ObjType::Text)?;
    }
    for map in ["quotes", "tags", "consent"] {
        if wanted(map) {
            tx.put_object(ROOT, map, ObjType::Map)?;
        }
    }
    Ok(())
}

pub fn actor_id(actor: Actor) -> ActorId {
    let mut bytes = actor.device.0.to_be_bytes().to_vec();
    bytes.extend(actor.session);
    ActorId::from(bytes)
}

fn heads(doc: &Automerge) -> Vec<Head> {
    let mut heads: Vec<Head> = doc.get_heads().into_iter().map(|h| Head(h.0)).collect();
    heads.sort();
    heads
}
