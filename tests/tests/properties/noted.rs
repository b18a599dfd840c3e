//! Notes that two people edit at once: nothing that either wrote is lost.

use std::collections::BTreeSet;

use koffiekar_sync_core::conversation::{Command, NotesEdit};
use proptest::collection::vec;
use proptest::prelude::*;

use super::history::{START, World};
use super::hold;

/// Any text but U+0000, which no keyboard types and no database of ours keeps.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..40).prop_map(|chars| chars.into_iter().filter(|c| *c != '\0').collect())
}

fn set_notes(world: &mut World, who: usize, after: &str) {
    let copy = &mut world.copies[who];
    let before = copy.read().notes;
    let edit = NotesEdit::between(copy.document.heads(), &before, after);
    copy.do_it(&Command::EditNotes(edit), START);
}

#[test]
fn an_edit_of_the_text_that_was_shown_gives_the_text_that_was_meant() {
    hold(400, (text(), text()), |(before, after)| {
        let mut world = World::new(2, 7);
        set_notes(&mut world, 0, &before);
        prop_assert_eq!(&world.copies[0].read().notes, &before);
        set_notes(&mut world, 0, &after);
        prop_assert_eq!(&world.copies[0].read().notes, &after);
        Ok(())
    });
}

/// Where somebody typed or erased: places are taken modulo the length.
type Touches = Vec<(usize, usize, usize)>;

fn touches() -> impl Strategy<Value = Touches> {
    vec((any::<usize>(), 0..4_usize, 0..4_usize), 1..4)
}

/// The text after somebody erased and typed, in letters that nobody else uses.
fn touched(text: &str, touches: &Touches, letters: &str) -> String {
    let letters: Vec<char> = letters.chars().collect();
    let mut text: Vec<char> = text.chars().collect();
    for (index, (at, delete, insert)) in touches.iter().enumerate() {
        let at = at % (text.len() + 1);
        let end = (at + delete).min(text.len());
        let typed = (0..*insert).map(|i| letters[(index * 4 + i) % letters.len()]);
        text.splice(at..end, typed);
    }
    text.into_iter().collect()
}

const SHOWN: &str = "abcdefghijklmnopqrstuvwxyz";
const MINE: &str = "АБВГДЕЖЗИЙКЛ";
const THEIRS: &str = "αβγδεζηθικλμ";

fn only(text: &str, letters: &str) -> String {
    text.chars().filter(|c| letters.contains(*c)).collect()
}

fn erased(edit: &NotesEdit) -> BTreeSet<usize> {
    let splices = edit.splices.iter();
    splices
        .flat_map(|splice| splice.at..splice.at + splice.delete)
        .collect()
}

#[test]
fn what_a_colleague_wrote_meanwhile_stays_and_the_own_edit_is_made() {
    hold(
        600,
        (touches(), touches(), any::<bool>()),
        |(mine, theirs, apart)| {
            let mut world = World::new(2, 7);
            set_notes(&mut world, 0, SHOWN);
            let shown = world.copies[0].document.clone();
            world.copies[1].document.merge(&shown).unwrap();

            let seen = shown.heads();
            let my_text = touched(SHOWN, &mine, MINE);
            let their_text = touched(SHOWN, &theirs, THEIRS);
            let my_edit = NotesEdit::between(seen.clone(), SHOWN, &my_text);
            let their_edit = NotesEdit::between(seen, SHOWN, &their_text);

            world.copies[1].do_it(&Command::EditNotes(their_edit.clone()), START);
            let other = world.copies[1].document.clone();
            // Either my form was still open when theirs came in, or we were apart and met afterwards.
            if apart {
                world.copies[0].do_it(&Command::EditNotes(my_edit.clone()), START);
                world.copies[0].document.merge(&other).unwrap();
            } else {
                world.copies[0].document.merge(&other).unwrap();
                world.copies[0].do_it(&Command::EditNotes(my_edit.clone()), START);
            }
            let notes = world.copies[0].read().notes;

            prop_assert_eq!(
                only(&notes, MINE),
                only(&my_text, MINE),
                "mine, in {}",
                notes
            );
            prop_assert_eq!(
                only(&notes, THEIRS),
                only(&their_text, THEIRS),
                "theirs, in {}",
                notes
            );
            let gone: BTreeSet<usize> = erased(&my_edit)
                .union(&erased(&their_edit))
                .copied()
                .collect();
            let left = SHOWN
                .chars()
                .enumerate()
                .filter(|(at, _)| !gone.contains(at));
            let left: String = left.map(|(_, c)| c).collect();
            prop_assert_eq!(only(&notes, SHOWN), left, "what was there, in {}", notes);
            for splice in my_edit.splices.iter().chain(&their_edit.splices) {
                prop_assert!(
                    notes.contains(&splice.insert),
                    "`{}` fell apart: {}",
                    splice.insert,
                    notes
                );
            }
            Ok(())
        },
    );
}
