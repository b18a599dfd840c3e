//! What the server once signed for is taken back from anybody, with what they add of their own, and
//! nothing beside it.

use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ROOT};
use koffiekar_sync_core::admission::{Admission, Refusal, Unreadable, admit};
use koffiekar_sync_core::conversation::{Actor, Document, Head};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::Author;
use koffiekar_tests::chunks::{self, CHANGE, chunk, handmade};
use proptest::prelude::*;

use super::history::{World, anything, history, user};
use super::hold;

const DEVICE: DeviceNumber = DeviceNumber(1);
const COLLEAGUE: Actor = Actor {
    device: DeviceNumber(2),
    session: [2; 8],
};

/// The first of the people of a world, who may not confirm tags.
fn author() -> Author {
    Author {
        device: DEVICE,
        user: user(0),
        edits: true,
    }
}

fn changes_of(document: &Document) -> Vec<Change> {
    Automerge::load(&document.save()).unwrap().get_changes(&[])
}

fn is_foreign(change: &Change) -> bool {
    change.actor_id().to_bytes()[..8] != DEVICE.0.to_be_bytes()
}

#[test]
fn a_server_that_lost_everything_gets_it_back_from_one_tablet() {
    hold(100, history(anything(), 40), |(people, deeds)| {
        let world = World::after(people, &deeds);
        let mut all = world.copies[0].document.clone();
        for copy in &world.copies {
            all.merge(&copy.document).unwrap();
        }
        let (pushed, heads) = (all.changes_since(&[]), all.heads());
        let admission = admit(None, &pushed, &heads, &author(), &heads);
        let Ok(Admission::Merged(merged)) = admission else {
            return Err(TestCaseError::fail(format!("{admission:?}")));
        };
        prop_assert_eq!(&merged.heads, &heads);
        prop_assert_eq!(merged.conversation, all.read().unwrap());

        // Without the server's word only what is the tablet's own.
        let foreign = changes_of(&all).iter().any(is_foreign);
        let refused = matches!(
            admit(None, &pushed, &heads, &author(), &[]),
            Err(Refusal::ForeignActor)
        );
        prop_assert_eq!(refused, foreign);
        Ok(())
    });
}

#[test]
fn beside_what_is_vouched_for_only_the_senders_own_is_taken() {
    hold(200, history(anything(), 30), |(people, deeds)| {
        let world = World::after(people, &deeds);
        let restored = World::new(people, 7).copies[0].document.clone();
        // The server had signed for the second one's copy; the first holds it, and more.
        let signed = &world.copies[1].document;
        let mut held = world.copies[0].document.clone();
        held.merge(signed).unwrap();
        let pushed = held.changes_since(&restored.heads());
        let heads = held.heads();
        let admission = admit(
            Some(&restored.save()),
            &pushed,
            &heads,
            &author(),
            &signed.heads(),
        );

        let in_signed = |change: &Change| signed.has(&Head(change.hash().0));
        let beside = changes_of(&held)
            .iter()
            .any(|change| is_foreign(change) && !in_signed(change));
        match admission {
            Err(Refusal::ForeignActor) => prop_assert!(beside),
            Ok(Admission::Merged(merged)) => {
                prop_assert!(!beside);
                prop_assert_eq!(merged.heads, heads);
                prop_assert_eq!(merged.conversation, held.read().unwrap());
            }
            Ok(Admission::Unchanged { .. }) => prop_assert_eq!(heads, restored.heads()),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
        Ok(())
    });
}

#[test]
fn the_senders_own_is_judged_on_what_was_vouched_for() {
    let mut world = World::new(2, 7);
    let signed = world.copies[0].document.clone();
    // The colleague edits the first one's conversation in their own name, which nobody signed for.
    world.copies[1].document = signed.clone();
    let all = &mut world.copies[1];
    let area = koffiekar_sync_core::conversation::Command::SetArea {
        area: Some("FB03".to_owned()),
    };
    all.do_it(&area, super::history::START);
    let (pushed, heads) = (all.document.changes_since(&[]), all.document.heads());
    let colleague = Author {
        device: COLLEAGUE.device,
        user: user(1),
        edits: false,
    };
    let admission = admit(None, &pushed, &heads, &colleague, &signed.heads());
    assert!(
        matches!(admission, Ok(Admission::Merged(_))),
        "{admission:?}"
    );

    let (tampered, heads) = chunks::tampered(&signed, COLLEAGUE, |tx| {
        tx.put(ROOT, "address", "Osdorpplein 1")
    });
    let pushed = [signed.changes_since(&[]), tampered].concat();
    let admission = admit(None, &pushed, &heads, &colleague, &signed.heads());
    assert!(
        matches!(admission, Err(Refusal::NotAllowed(_))),
        "{admission:?}"
    );
}

#[test]
fn what_is_vouched_for_is_bounded_and_must_be_a_conversation() {
    let (pushed, heads) = handmade(COLLEAGUE, |tx| tx.put(ROOT, "todo", "melk kopen"));
    let admission = admit(None, &pushed, &heads, &author(), &heads);
    assert!(
        matches!(admission, Err(Refusal::NotAConversation)),
        "{admission:?}"
    );

    let many = i64::try_from(limits::CHANGE_OPERATIONS).unwrap() + 1;
    let column = [chunks::signed(many), vec![1]].concat();
    let bomb = chunk(CHANGE, &chunks::first_change(COLLEAGUE, &[(0x42, column)]));
    let admission = admit(None, &bomb, &[], &author(), &heads);
    assert!(matches!(
        admission,
        Err(Refusal::Unreadable(Unreadable::TooLarge))
    ));
}
