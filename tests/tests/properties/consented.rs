//! A resident's consent is never widened by how copies meet.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::consent::{Consent, Decision, Purpose};
use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::ids::StatementId;
use proptest::prelude::*;

use super::history::{World, answers, anything, history};
use super::hold;

fn consent(document: &Document) -> Consent {
    document.read().unwrap().consent
}

/// The rule in other words, and slower: each statement carries the set of all it knew of.
fn allowed_by_the_rule(consent: &Consent, purpose: Purpose) -> bool {
    let statements = consent.statements();
    let mut known: BTreeMap<StatementId, BTreeSet<StatementId>> = BTreeMap::new();
    // As often as there are statements: by then the longest chain is followed to its end.
    for _ in 0..statements.len() {
        for (id, statement) in statements {
            let mut all: BTreeSet<StatementId> = statement.supersedes.iter().copied().collect();
            for older in &statement.supersedes {
                all.extend(known.get(older).into_iter().flatten());
            }
            known.insert(*id, all);
        }
    }
    let of = |decision: Decision| {
        let about = statements.iter();
        about.filter(move |(_, s)| s.purpose == purpose && s.decision == decision)
    };
    of(Decision::Given).any(|(grant, _)| {
        let mut withdrawals = of(Decision::Withdrawn);
        withdrawals.all(|(withdrawal, _)| known[grant].contains(withdrawal))
    })
}

#[test]
fn whatever_a_merge_allows_one_of_its_sides_allowed() {
    let histories = prop_oneof![
        4 => history(answers(), 24).boxed(),
        1 => history(anything(), 40).boxed()
    ];
    hold(300, histories, |(people, deeds)| {
        let world = World::after(people, &deeds);
        for one in &world.copies {
            for other in &world.copies {
                let mut merged = one.document.clone();
                merged.merge(&other.document).unwrap();
                let (one, other) = (consent(&one.document), consent(&other.document));
                for purpose in consent(&merged).allowed() {
                    prop_assert!(
                        one.allows(purpose) || other.allows(purpose),
                        "{:?}",
                        purpose
                    );
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_withdrawal_beats_every_grant_that_did_not_know_it() {
    hold(400, history(answers(), 24), |(people, deeds)| {
        let world = World::after(people, &deeds);
        let mut all = world.copies[0].document.clone();
        for copy in &world.copies {
            all.merge(&copy.document).unwrap();
        }
        for consent in world
            .copies
            .iter()
            .map(|c| &c.document)
            .chain([&all])
            .map(consent)
        {
            for purpose in Purpose::ALL {
                prop_assert_eq!(
                    consent.allows(purpose),
                    allowed_by_the_rule(&consent, purpose)
                );
                if !consent.asked(purpose) {
                    prop_assert!(!consent.allows(purpose), "none means no");
                }
            }
        }
        Ok(())
    });
}

#[test]
fn nothing_said_means_nothing_allowed() {
    assert_eq!(Consent::default().allowed(), []);
}
