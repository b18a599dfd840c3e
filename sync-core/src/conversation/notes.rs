//! An edit of the notes, and how it finds its places again in a text that others changed meanwhile.

use std::collections::BTreeMap;

use automerge::{Automerge, ChangeHash, ObjId, ReadDoc};
use minicbor::{Decode, Encode};
use similar::DiffOp;
use similar::algorithms::{Capture, myers};

use super::{CommandError, Head};

/// An edit of the notes as it was made on the text that the form showed.
///
/// What colleagues wrote meanwhile stays: places are found again by the characters they stood at.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NotesEdit {
    /// The heads of the document that the form showed.
    #[n(0)]
    pub seen: Vec<Head>,
    /// In ascending order, not overlapping, in characters of the text that was shown.
    #[n(1)]
    pub splices: Vec<Splice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Splice {
    /// Characters (Unicode scalar values) before it.
    #[n(0)]
    pub at: usize,
    #[n(1)]
    pub delete: usize,
    #[n(2)]
    pub insert: String,
}

impl NotesEdit {
    /// What somebody did who turned one text into the other.
    pub fn between(seen: Vec<Head>, before: &str, after: &str) -> Self {
        let before: Vec<char> = before.chars().collect();
        let after: Vec<char> = after.chars().collect();
        // Myers alone: the crate's front door brings all its algorithms into the app.
        let mut found = Capture::new();
        match myers::diff(
            &mut found,
            &before[..],
            0..before.len(),
            &after[..],
            0..after.len(),
        ) {
            Ok(()) => {}
            Err(never) => match never {},
        }
        let mut splices: Vec<Splice> = Vec::new();
        for step in found.into_ops() {
            let (_, old, new) = step.as_tag_tuple();
            if matches!(step, DiffOp::Equal { .. }) {
                continue;
            }
            let insert: String = after[new].iter().collect();
            match splices
                .last_mut()
                .filter(|last| last.at + last.delete == old.start)
            {
                Some(open) => {
                    open.delete += old.len();
                    open.insert.push_str(&insert);
                }
                None => splices.push(Splice {
                    at: old.start,
                    delete: old.len(),
                    insert,
                }),
            }
        }
        Self { seen, splices }
    }
}

/// Turns splices on the text that was shown into splices on the text that is there now, last first.
pub(super) fn place_again(
    doc: &Automerge,
    notes: &ObjId,
    edit: &NotesEdit,
) -> Result<Vec<Splice>, CommandError> {
    let seen: Vec<ChangeHash> = edit.seen.iter().map(|head| ChangeHash(head.0)).collect();
    if seen
        .iter()
        .any(|hash| doc.get_change_meta_by_hash(hash).is_none())
    {
        return Err(CommandError::UnknownState);
    }
    // Characters by the operations that wrote them.
    let shown: Vec<ObjId> = doc
        .list_range_at(notes, .., &seen)
        .map(|character| character.id())
        .collect();
    let now: BTreeMap<ObjId, usize> = doc
        .list_range(notes, ..)
        .map(|character| character.id())
        .zip(0..)
        .collect();
    // Where the character that stood at `at` is now, if it is still there.
    let place = |at: usize| now.get(&shown[at]).copied();
    let mut placed = Vec::new();
    for splice in &edit.splices {
        let end = splice.at.saturating_add(splice.delete);
        if end > shown.len() {
            return Err(CommandError::UnknownState);
        }
        // New words go behind the nearest character before them that is still there, not before the
        // one that came next: what a colleague wrote at the same place stays in one piece.
        if !splice.insert.is_empty() {
            let before = (0..splice.at).rev().find_map(place);
            placed.push(Splice {
                at: before.map_or(0, |before| before + 1),
                delete: 0,
                insert: splice.insert.clone(),
            });
        }
        placed.extend((splice.at..end).filter_map(place).map(|at| Splice {
            at,
            delete: 1,
            insert: String::new(),
        }));
    }
    // From the end, so that no splice moves the place of another. At one place the deletion comes
    // before the insertion, which then stands where the deleted character stood.
    placed.reverse();
    placed.sort_by_key(|splice| (std::cmp::Reverse(splice.at), !splice.insert.is_empty()));
    Ok(placed)
}
