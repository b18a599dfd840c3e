//! Operations are numbered on from those that are known. A number near the last one possible would
//! be the end of a document: nobody could count on from there.

use std::num::NonZeroU64;

use automerge::Change;
use koffiekar_sync_core::admission::{Admission, Refusal, admit};
use koffiekar_sync_core::conversation::{Command, Document, Head};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::policy::Author;

use super::history::{START, World, user};

fn author() -> Author {
    Author {
        device: DeviceNumber(1),
        user: user(0),
        edits: false,
    }
}

/// The change with other numbers for its operations; nothing in it refers to them.
fn renumbered(chunk: &[u8], start: u64) -> (Vec<u8>, Head) {
    let mut change = Change::from_bytes(chunk.to_vec()).unwrap().decode();
    change.start_op = NonZeroU64::new(start).unwrap();
    let change = Change::from(change);
    (change.raw_bytes().to_vec(), Head(change.hash().0))
}

/// A conversation, and an edit of its area by the same person.
fn edited() -> (Document, Vec<u8>, u64) {
    let mut world = World::new(1, 7);
    let stored = world.copies[0].document.clone();
    let area = Command::SetArea {
        area: Some("FB03".to_owned()),
    };
    let edit = world.copies[0].do_it(&area, START);
    let start = Change::from_bytes(edit.clone()).unwrap().start_op().get();
    (stored, edit, start)
}

#[test]
fn a_change_that_leaves_no_numbers_for_others_is_refused() {
    let (stored, edit, start) = edited();
    let admit_at = |start: u64| {
        let (change, head) = renumbered(&edit, start);
        admit(Some(&stored.save()), &change, &[head], &author(), &[])
    };
    assert!(matches!(admit_at(start), Ok(Admission::Merged(_))));
    for beyond in [start + 1, start + 1_000, (1 << 31) - 2, (1 << 31) - 1] {
        let admission = admit_at(beyond);
        assert!(
            matches!(admission, Err(Refusal::Numbering)),
            "{beyond}: {admission:?}"
        );
    }
    // Numbers that this author used already.
    for taken in [1, start - 1] {
        let admission = admit_at(taken);
        assert!(
            matches!(admission, Err(Refusal::Numbering)),
            "{taken}: {admission:?}"
        );
    }
}

#[test]
fn a_first_change_begins_at_one() {
    let (stored, _, _) = edited();
    let (change, head) = renumbered(&stored.changes_since(&[]), 2);
    let admission = admit(None, &change, &[head], &author(), &[]);
    assert!(
        matches!(admission, Err(Refusal::Numbering)),
        "{admission:?}"
    );
}

#[test]
fn changes_sent_together_count_on_from_each_other() {
    let (stored, edit, start) = edited();
    let first = stored.changes_since(&[]);
    for (number, taken) in [(start, true), (start + 1, false), (start - 1, false)] {
        let (change, head) = renumbered(&edit, number);
        let pushed = [first.clone(), change].concat();
        let admission = admit(None, &pushed, &[head], &author(), &[]);
        assert_eq!(
            matches!(admission, Ok(Admission::Merged(_))),
            taken,
            "{number}: {admission:?}"
        );
    }
}
