//! Copies that were edited apart come together to the same, however they meet.

use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::conversation::{Command, Document, Wording};
use koffiekar_sync_core::policy::Author;
use proptest::prelude::*;

use super::history::{START, World, anything, history};
use super::hold;

fn merge(one: &Document, other: &Document) -> Document {
    let mut merged = one.clone();
    merged.merge(other).unwrap();
    merged
}

/// Both what it is made of and what people see of it.
fn same(one: &Document, other: &Document) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.heads(), other.heads());
    prop_assert_eq!(one.read().unwrap(), other.read().unwrap());
    Ok(())
}

#[test]
fn merging_is_commutative_associative_and_idempotent() {
    hold(100, history(anything(), 40), |(people, deeds)| {
        let world = World::after(people, &deeds);
        let copies: Vec<&Document> = world.copies.iter().map(|copy| &copy.document).collect();
        for one in &copies {
            same(&merge(one, one), one)?;
            for other in &copies {
                let both = merge(one, other);
                same(&both, &merge(other, one))?;
                same(&merge(&both, other), &both)?;
                for third in &copies {
                    same(&merge(&both, third), &merge(one, &merge(other, third)))?;
                }
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    hold(100, history(anything(), 40), |(people, deeds)| {
        let world = World::after(people, &deeds);
        let mut all = world.copies[0].document.clone();
        for copy in &world.copies {
            same(
                &Document::load(&copy.document.save()).unwrap(),
                &copy.document,
            )?;
            all.merge(&copy.document).unwrap();
        }
        let loaded = Document::load(&all.save()).unwrap();
        same(&loaded, &all)?;
        prop_assert_eq!(loaded.save(), all.save());
        // As a tablet sends it: all changes one after the other.
        same(&Document::load(&all.changes_since(&[])).unwrap(), &all)?;
        // Editing goes on from a loaded copy as from the one that was never saved.
        for copy in &world.copies {
            let since = all.changes_since(&copy.document.heads());
            let mut bytes = copy.document.save();
            bytes.extend(since);
            same(&Document::load(&bytes).unwrap(), &all)?;
        }
        Ok(())
    });
}

/// Two wordings stand; two people settle it apart, each in their own way. Whichever way that is, a
/// tablet may do it, and nobody's choice is lost.
#[test]
fn a_choice_between_two_wordings_is_a_word_of_whoever_chose() {
    for (one, other) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let mut world = World::new(2, 7);
        let quote = world.copies[0].read().quotes[0].id;
        let words = ["Zo zei hij het.", "Zo zei zij het."];
        let correct = |index: usize| Command::CorrectWording {
            quote,
            verbatim: words[index].to_owned(),
        };
        for (index, copy) in world.copies.iter_mut().enumerate() {
            copy.do_it(&correct(index), START);
        }
        let both = merge(&world.copies[0].document, &world.copies[1].document);
        let wording = |document: &Document| document.read().unwrap().quotes[0].wording.clone();
        let conflict = Wording::Conflict(words.map(str::to_owned).to_vec());
        assert_eq!(wording(&both), conflict);
        for (copy, choice) in world.copies.iter_mut().zip([one, other]) {
            copy.document = both.clone();
            let change = copy.do_it(&correct(choice), START);
            assert_eq!(
                wording(&copy.document),
                Wording::Settled(words[choice].to_owned())
            );
            let author = Author {
                device: copy.actor.device,
                user: copy.user,
                edits: false,
            };
            let admission = admit(
                Some(&both.save()),
                &change,
                &copy.document.heads(),
                &author,
                &[],
            );
            assert!(
                matches!(admission, Ok(Admission::Merged(_))),
                "{admission:?}"
            );
        }
        let settled = merge(&world.copies[0].document, &world.copies[1].document);
        if one == other {
            assert_eq!(wording(&settled), Wording::Settled(words[one].to_owned()));
        } else {
            assert_eq!(wording(&settled), conflict, "one of the choices was lost");
        }
    }
}
