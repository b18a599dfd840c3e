//! Whatever bytes a device sends: an answer, never a panic, never more than the limits.

use std::fmt;

use koffiekar_server::random;
use koffiekar_sync_core::admission::{Admission, Refusal, Unreadable, admit};
use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::{Actor, Document, Head, NewConversation, NewQuote};
use koffiekar_sync_core::ids::{DeviceNumber, Millis, QuoteId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::Author;
use koffiekar_tests::chunks::{self, CHANGE, DEFLATED, DOCUMENT, chunk, signed};
use koffiekar_tests::seed::{Numbers, statement};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::history::{Deed, World, anything, history, user};
use super::hold;

const ACTOR: Actor = Actor {
    device: DeviceNumber(1),
    session: [1; 8],
};

fn author() -> Author {
    Author {
        device: ACTOR.device,
        user: user(0),
        edits: true,
    }
}

/// One conversation as it was stored, and a change of the same device that builds on it.
#[derive(Clone)]
struct Sent {
    existing: Option<Vec<u8>>,
    change: Vec<u8>,
    heads: Vec<Head>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let existing = self.existing.as_deref().map(random::hex);
        write!(f, "{existing:?} + {}", random::hex(&self.change))
    }
}

/// Everything one person did to one conversation, as one push after the other.
fn pushes() -> impl Strategy<Value = Vec<Sent>> {
    history(anything(), 16).prop_map(|(_, deeds)| {
        let mut world = World::new(1, 7);
        let first = world.copies[0].document.clone();
        let mut sent = vec![Sent {
            existing: None,
            change: first.changes_since(&[]),
            heads: first.heads(),
        }];
        for (_, deed) in &deeds {
            if matches!(deed, Deed::Meet { .. }) {
                continue;
            }
            let before = world.copies[0].document.clone();
            world.act(0, deed);
            let after = &world.copies[0].document;
            let change = after.changes_since(&before.heads());
            if !change.is_empty() {
                sent.push(Sent {
                    existing: Some(before.save()),
                    change,
                    heads: after.heads(),
                });
            }
        }
        sent
    })
}

#[test]
fn what_honest_devices_send_is_admitted_and_merged_as_they_did() {
    hold(120, pushes(), |pushes| {
        for sent in pushes {
            let admission = admit(
                sent.existing.as_deref(),
                &sent.change,
                &sent.heads,
                &author(),
                &[],
            );
            let Ok(Admission::Merged(merged)) = admission else {
                return Err(TestCaseError::fail(format!("{admission:?}")));
            };
            prop_assert_eq!(&merged.heads, &sent.heads);
            let stored = Document::load(&merged.bytes).unwrap();
            prop_assert_eq!(stored.heads(), merged.heads);
            prop_assert_eq!(stored.read().unwrap(), merged.conversation);
            prop_assert_eq!(&stored.save(), &merged.bytes);
            // The same once more changes nothing.
            let again = admit(
                Some(&merged.bytes),
                &sent.change,
                &sent.heads,
                &author(),
                &[],
            );
            let unchanged =
                matches!(again, Ok(Admission::Unchanged { heads }) if heads == sent.heads);
            prop_assert!(unchanged);
        }
        Ok(())
    });
}

/// What people may type, and more of each than the histories have.
fn whole() -> impl Strategy<Value = NewConversation> {
    let words = || prop_oneof![4 => "[a-zé😀ع ]{0,40}", 1 => ".{0,300}"];
    let words = move || words().prop_map(|words| words.replace('\0', ""));
    let quote = (words(), proptest::option::of("[a-z]{2}"), 0..4_usize);
    let head = (
        0..=Millis::LATEST.0,
        "[a-z]{2,3}",
        proptest::option::of("F[A-M]?[0-9]{0,2}"),
    );
    (head, words(), vec(quote, 0..40), 0..6_usize).prop_map(
        |((at, language, area), notes, quotes, consents)| {
            let mut numbers = Numbers(at.unsigned_abs());
            let (by, at) = (user(0), Millis(at));
            NewConversation {
                recorded_at: at,
                recorded_by: by,
                language,
                area,
                notes,
                quotes: quotes
                    .into_iter()
                    .map(|(verbatim, language, lines)| NewQuote {
                        id: QuoteId(Uuid::from_bytes(numbers.bytes())),
                        verbatim: format!("Ja{verbatim}"),
                        language,
                        lines: ["wonen-1", "jeugd-2", "none", "x"][..lines]
                            .iter()
                            .map(|line| line.parse().unwrap())
                            .collect(),
                    })
                    .collect(),
                consent: (0..consents)
                    .map(|index| {
                        let purpose = Purpose::ALL[index % 4];
                        statement(&mut numbers, purpose, Decision::Given, by, at)
                    })
                    .collect(),
                clock_doubtful: false,
            }
        },
    )
}

#[test]
fn a_conversation_that_comes_whole_is_saved_as_automerge_saves_it() {
    hold(400, whole(), |new| {
        let document = Document::record(&new, ACTOR).unwrap();
        let pushed = document.changes_since(&[]);
        let admission = admit(None, &pushed, &document.heads(), &author(), &[]);
        let Ok(Admission::Merged(merged)) = admission else {
            return Err(TestCaseError::fail(format!("{admission:?}")));
        };
        prop_assert_eq!(merged.bytes, document.save());
        prop_assert_eq!(merged.heads, document.heads());
        prop_assert_eq!(merged.conversation, document.read().unwrap());
        Ok(())
    });
}

/// What happens to bytes on their way through bad hands.
#[derive(Debug, Clone)]
pub(super) enum Damage {
    Flip { at: usize, bit: u8 },
    Put { at: usize, bytes: Vec<u8> },
    Insert { at: usize, bytes: Vec<u8> },
    Cut { at: usize },
    Remove { at: usize, count: usize },
}

pub(super) fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    prop_oneof![
        6 => (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        2 => (at(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Damage::Put { at, bytes }),
        2 => (at(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Damage::Insert { at, bytes }),
        1 => at().prop_map(|at| Damage::Cut { at }),
        1 => (at(), 1..5_usize).prop_map(|(at, count)| Damage::Remove { at, count }),
    ]
}

pub(super) fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Flip { at, bit } => bytes[at % length] ^= 1 << bit,
            Damage::Put { at, bytes: new } => {
                let at = at % length;
                let end = (at + new.len()).min(length);
                bytes[at..end].copy_from_slice(&new[..end - at]);
            }
            Damage::Insert { at, bytes: new } => {
                let at = at % length;
                bytes.splice(at..at, new.iter().copied());
            }
            Damage::Cut { at } => bytes.truncate(at % length),
            Damage::Remove { at, count } => {
                let at = at % length;
                bytes.drain(at..(at + count).min(length));
            }
        }
    }
    bytes
}

/// It was refused, or what came of it is a conversation within the limits that can be loaded again.
fn safely(existing: Option<&[u8]>, pushed: &[u8], heads: &[Head]) -> Result<(), TestCaseError> {
    if let Ok(Admission::Merged(merged)) = admit(existing, pushed, heads, &author(), &[]) {
        prop_assert!(merged.bytes.len() <= limits::DOCUMENT_BYTES);
        prop_assert!(merged.conversation.quotes.len() <= limits::QUOTES);
        let stored = Document::load(&merged.bytes).unwrap();
        prop_assert_eq!(stored.heads(), merged.heads);
        prop_assert_eq!(stored.read().unwrap(), merged.conversation);
        // Also what was never merged is what a merge would have come to.
        prop_assert_eq!(&stored.save(), &merged.bytes);
        if existing.is_none() {
            prop_assert_eq!(Document::load(pushed).unwrap().save(), merged.bytes);
        }
    }
    Ok(())
}

#[test]
fn damaged_changes_are_refused_or_harmless() {
    let values = (pushes(), any::<usize>(), vec(damage(), 1..4), any::<bool>());
    hold(1_500, values, |(pushes, which, damages, mend)| {
        let sent = &pushes[which % pushes.len()];
        let bytes = if mend {
            // With a checksum that fits again, so that Automerge would look at it.
            chunk(CHANGE, &damaged(chunks::body(&sent.change), &damages))
        } else {
            damaged(&sent.change, &damages)
        };
        safely(sent.existing.as_deref(), &bytes, &[])?;
        safely(sent.existing.as_deref(), &bytes, &sent.heads)
    });
}

#[test]
fn noise_is_refused() {
    hold(
        500,
        (vec(any::<u8>(), 1..200), any::<bool>()),
        |(noise, dressed)| {
            let bytes = if dressed {
                chunk(CHANGE, &noise)
            } else {
                noise
            };
            let refused = matches!(
                admit(None, &bytes, &[], &author(), &[]),
                Err(Refusal::Unreadable(_))
            );
            prop_assert!(refused);
            Ok(())
        },
    );
}

/// A run of so many equal values: two or three bytes that claim a million operations.
fn run(times: i64, value: &[u8]) -> Vec<u8> {
    [&signed(times)[..], value].concat()
}

#[test]
fn a_change_that_claims_a_million_operations_is_refused_before_it_is_unpacked() {
    let million = 1_000_000;
    // A column of each kind: group, actor, integer, difference, boolean, key, kind of value.
    let columns = [
        (0x70, run(million, &[0])),
        (0x70, [run(2, &[0x80, 0xbd, 0x3d])].concat()),
        (0x01, run(million, &[0])),
        (0x42, run(million, &[1])),
        (0x13, run(million, &[1])),
        (0x34, [0, 0xc0, 0x84, 0x3d].to_vec()),
        (0x15, run(million, &[1, b'a'])),
        (0x56, run(million, &[0x16])),
        // Nulls, and a run that says how many literals follow.
        (0x15, [signed(0), chunks::unsigned(1_000_000)].concat()),
        (0x15, signed(-million)),
        (0x42, run(i64::MAX, &[1])),
        (0x42, signed(i64::MIN)),
    ];
    for (specification, bytes) in columns {
        let bomb = chunk(
            CHANGE,
            &chunks::first_change(ACTOR, &[(specification, bytes.clone())]),
        );
        assert!(bomb.len() < 110);
        let admission = admit(None, &bomb, &[], &author(), &[]);
        assert!(
            matches!(&admission, Err(Refusal::Unreadable(Unreadable::TooLarge))),
            "{specification:#x} {bytes:?}: {admission:?}"
        );
    }
}

#[test]
fn a_key_that_is_repeated_until_it_fills_the_memory_is_refused() {
    let key = vec![b'a'; 5_000];
    let column = run(70_000, &[&chunks::unsigned(5_000)[..], &key].concat());
    let bomb = chunk(CHANGE, &chunks::first_change(ACTOR, &[(0x15, column)]));
    let admission = admit(None, &bomb, &[], &author(), &[]);
    assert!(matches!(
        admission,
        Err(Refusal::Unreadable(Unreadable::TooLarge))
    ));
}

#[test]
fn many_changes_that_are_each_within_the_limit_do_not_add_up_to_a_bomb() {
    let document = World::new(1, 7).copies[0].document.clone();
    let first = document.changes_since(&[]);
    let most = i64::try_from(limits::CHANGE_OPERATIONS).unwrap();
    let bomb = chunk(
        CHANGE,
        &chunks::first_change(ACTOR, &[(0x42, run(most, &[1]))]),
    );
    let push = [first, bomb.repeat(1_500)].concat();
    assert!(push.len() < limits::ITEM_BYTES);
    let admission = admit(None, &push, &[], &author(), &[]);
    assert!(matches!(
        admission,
        Err(Refusal::Unreadable(Unreadable::TooLarge))
    ));
}

#[test]
fn only_whole_uncompressed_changes_are_taken() {
    let document = World::new(1, 7).copies[0].document.clone();
    let change = document.changes_since(&[]);
    let deflated = {
        use flate2::{Compression, write::DeflateEncoder};
        use std::io::Write;
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(chunks::body(&change)).unwrap();
        let body = deflate.finish().unwrap();
        // The checksum of a deflated change is that of the change.
        let length = chunks::unsigned(body.len() as u64);
        [&change[..8], &[DEFLATED], &length, &body].concat()
    };
    assert!(
        Document::load(&deflated).is_ok(),
        "Automerge itself takes it"
    );
    let mut column_deflated = chunks::first_change(ACTOR, &[(0x42, run(1, &[1]))]);
    let specification = column_deflated
        .iter()
        .position(|byte| *byte == 0x42)
        .unwrap();
    column_deflated[specification] |= 8;
    for (name, bytes) in [
        ("a document", document.save()),
        (
            "a document after a change",
            [change.clone(), document.save()].concat(),
        ),
        ("a deflated change", deflated),
        ("a deflated column", chunk(CHANGE, &column_deflated)),
        ("a bundle", chunk(3, chunks::body(&change))),
        (
            "a chunk of a kind that does not exist",
            chunk(9, chunks::body(&change)),
        ),
        (
            "a document chunk with a change in it",
            chunk(DOCUMENT, chunks::body(&change)),
        ),
        ("a change with something behind it", {
            chunk(CHANGE, &[chunks::body(&change), &[1, 2, 3]].concat())
        }),
    ] {
        let admission = admit(None, &bytes, &[], &author(), &[]);
        assert!(
            matches!(&admission, Err(Refusal::Unreadable(Unreadable::WrongChunk))),
            "{name}: {admission:?}"
        );
    }
    let mut wrong = change.clone();
    wrong[4] ^= 1;
    let admission = admit(None, &wrong, &[], &author(), &[]);
    assert!(matches!(
        admission,
        Err(Refusal::Unreadable(Unreadable::Checksum))
    ));
}

#[test]
fn a_receipt_is_never_asked_for_heads_that_are_not_here() {
    let document = World::new(1, 7).copies[0].document.clone();
    let (stored, change) = (document.save(), document.changes_since(&[]));
    let invented = [Head([7; 32])];
    for (existing, pushed) in [
        (None, &change[..]),
        (Some(&stored[..]), &change[..]),
        (Some(&stored[..]), &[][..]),
    ] {
        let admission = admit(existing, pushed, &invented, &author(), &[]);
        assert!(
            matches!(admission, Err(Refusal::MissingDependencies)),
            "{admission:?}"
        );
    }
    let admission = admit(None, &[], &[], &author(), &[]);
    assert!(matches!(admission, Err(Refusal::NotAConversation)));
}

#[test]
fn more_than_an_item_may_hold_is_refused() {
    let change = World::new(1, 7).copies[0].document.changes_since(&[]);
    let many = change.repeat(limits::ITEM_BYTES / change.len() + 1);
    let admission = admit(None, &many, &[], &author(), &[]);
    assert!(matches!(
        admission,
        Err(Refusal::Unreadable(Unreadable::TooLarge))
    ));
    let long = chunk(CHANGE, &vec![0; limits::CHANGE_BYTES + 1]);
    let admission = admit(None, &long, &[], &author(), &[]);
    assert!(matches!(
        admission,
        Err(Refusal::Unreadable(Unreadable::TooLarge))
    ));
}
