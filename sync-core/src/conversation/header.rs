//! What the beginning of saved bytes tells without loading them: reading a head costs a microsecond,
//! loading a document a tenth of a millisecond, and a tablet meets ten thousand.
//!
//! The format is the one of <https://automerge.org/automerge-binary-format-spec/>. Nothing here is a
//! check: it reads what this program, or its server, has saved.

use super::Head;
use crate::ids::DeviceNumber;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const DOCUMENT: u8 = 0;
const CHANGE: u8 = 1;

/// The heads of a saved document, sorted; nothing where the bytes are not exactly one saved document.
pub(crate) fn saved_heads(bytes: &[u8]) -> Option<Vec<Head>> {
    let mut rest = bytes;
    let (kind, mut body) = chunk(&mut rest)?;
    if kind != DOCUMENT || !rest.is_empty() {
        return None;
    }
    for _ in 0..number(&mut body)? {
        let length = number(&mut body)?;
        take(&mut body, length)?; // an actor
    }
    let mut heads = Vec::new();
    for _ in 0..number(&mut body)? {
        heads.push(Head(take(&mut body, 32)?.try_into().ok()?));
    }
    heads.sort();
    Some(heads)
}

/// Whose changes these are, one for each chunk; nothing where the bytes are not chunks of changes by
/// devices.
pub(crate) fn authors(mut chunks: &[u8]) -> Option<Vec<DeviceNumber>> {
    let mut authors = Vec::new();
    while !chunks.is_empty() {
        let (kind, mut body) = chunk(&mut chunks)?;
        if kind != CHANGE {
            return None;
        }
        let dependencies = number(&mut body)?;
        take(&mut body, dependencies.checked_mul(32)?)?;
        if number(&mut body)? != 16 {
            return None;
        }
        let device: [u8; 8] = take(&mut body, 8)?.try_into().ok()?;
        authors.push(DeviceNumber(u64::from_be_bytes(device)));
    }
    Some(authors)
}

/// The next chunk's kind and body.
fn chunk<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    if take(bytes, 4)? != MAGIC {
        return None;
    }
    take(bytes, 4)?; // checksum
    let kind = take(bytes, 1)?[0];
    let length = number(bytes)?;
    Some((kind, take(bytes, length)?))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// Unsigned LEB128.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Actor, Command, Document, NewConversation};
    use crate::ids::{Millis, UserId};
    use uuid::Uuid;

    const NOW: Millis = Millis(1_769_250_000_000);

    fn actor(device: u64) -> Actor {
        Actor {
            device: DeviceNumber(device),
            session: [3; 8],
        }
    }

    fn recorded() -> Document {
        let new = NewConversation {
            recorded_at: NOW,
            recorded_by: UserId(Uuid::from_u128(1)),
            language: "nl".to_owned(),
            area: None,
            notes: "Bij de kar.".to_owned(),
            quotes: Vec::new(),
            consent: Vec::new(),
            clock_doubtful: false,
        };
        Document::record(&new, actor(1)).unwrap()
    }

    fn set_area(document: &mut Document, device: u64, area: &str) {
        let area = Some(area.to_owned());
        let by = UserId(Uuid::from_u128(1));
        let command = Command::SetArea { area };
        document.execute(&command, actor(device), by, NOW).unwrap();
    }

    /// So many people edited it apart from each other.
    fn edited_by(people: u64) -> Document {
        let first = recorded();
        let mut all = first.clone();
        for device in 1..=people {
            let mut copy = first.clone();
            set_area(&mut copy, device, &format!("F{device}"));
            all.merge(&copy).unwrap();
        }
        all
    }

    #[test]
    fn heads_are_read_off_as_they_are_loaded() {
        for people in [0, 1, 2, 3, 40, 200] {
            let document = edited_by(people);
            let expected = usize::try_from(people.max(1)).unwrap();
            assert_eq!(document.heads().len(), expected);
            for saved in [document.save(), document.doc.save()] {
                assert_eq!(saved_heads(&saved), Some(document.heads()), "{people}");
            }
        }
    }

    #[test]
    fn what_is_no_single_document_is_left_to_be_loaded() {
        let document = edited_by(2);
        let saved = document.save();
        for length in 0..saved.len() {
            assert_eq!(saved_heads(&saved[..length]), None, "{length} bytes");
        }
        let chunks = document.changes_since(&[]);
        assert_eq!(saved_heads(&chunks), None);
        assert_eq!(saved_heads(&[&saved[..], &chunks].concat()), None);
        assert_eq!(Document::heads_of(&chunks), Ok(document.heads()));
    }

    #[test]
    fn chunks_name_the_devices_that_made_them() {
        let mut devices = authors(&edited_by(3).changes_since(&[])).unwrap();
        devices.sort();
        assert_eq!(devices, [1, 1, 2, 3].map(DeviceNumber));
        assert_eq!(authors(&[]), Some(Vec::new()));
        assert_eq!(authors(&recorded().save()), None);
        assert_eq!(authors(b"no chunks"), None);
    }
}
