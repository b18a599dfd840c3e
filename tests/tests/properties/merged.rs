//! Copies that were edited apart come together to the same, however they meet.

use koffiekar_sync_core::conversation::Document;
use proptest::prelude::*;

use super::history::{World, anything, history};
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
    hold(160, history(anything(), 40), |(people, deeds)| {
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
    hold(120, history(anything(), 40), |(people, deeds)| {
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
