//! Work that is held until an administrator decides.

use koffiekar_server::store::quarantine::{self, Held, Holding};
use koffiekar_server::store::{Tx, devices};
use koffiekar_sync_core::ids::{DeviceNumber, HeldId, Millis};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::office::{HeldWork, TurnedDown};
use koffiekar_sync_core::wire::ReasonCode;
use uuid::Uuid;

use super::world::*;

pub(crate) fn held_id(n: u128) -> HeldId {
    HeldId(Uuid::from_u128(4000 + n))
}

/// Of the conversation `n`, in the state of this head; received `n` after [`AT`].
pub(crate) fn holding(n: u8, instead_of: Option<u8>) -> Holding {
    Holding {
        held: Held {
            id: held_id(n.into()),
            device: TABLET,
            edits: n == 2,
            document: conversation(n.into()),
            round: STREET,
            why: ReasonCode::ClosedRound,
            heads: vec![head(n)],
            sealed: vec![n; 7],
            bytes: 100,
            received_at: AT.plus(n.into()),
            turned_down: None,
        },
        instead_of: instead_of.map(|n| vec![head(n)]),
    }
}

async fn hold(tx: &mut Tx, holdings: &[Holding]) {
    let full = quarantine::hold(tx, TABLET, holdings).await.unwrap();
    assert_eq!(full, Some([].into()));
}

#[tokio::test]
async fn what_is_held_is_found_as_it_came() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        hold(&mut tx, &[holding(1, None), holding(2, None)]).await;
        let asked = [1, 2, 3].map(conversation);
        let mut found = quarantine::of_device(&mut tx, TABLET, &asked)
            .await
            .unwrap();
        found.sort_by_key(|held| held.id);
        assert_eq!(found, [holding(1, None).held, holding(2, None).held]);
        assert_eq!(
            quarantine::of_device(&mut tx, TABLET, &[]).await.unwrap(),
            []
        );
        let other = DeviceNumber(9);
        assert_eq!(
            quarantine::of_device(&mut tx, other, &asked).await.unwrap(),
            []
        );
        let found = quarantine::find(&mut tx, held_id(2)).await.unwrap();
        assert_eq!(found, Some(holding(2, None).held));
        assert_eq!(quarantine::find(&mut tx, held_id(3)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn held_work_changes_only_in_the_state_that_was_seen() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        hold(&mut tx, &[holding(1, None)]).await;
        for unseen in [holding(1, None), holding(1, Some(8))] {
            let held = quarantine::hold(&mut tx, TABLET, &[unseen]).await.unwrap();
            assert_eq!(held, None);
        }
        let mut more = holding(1, Some(1));
        more.held.id = held_id(8);
        more.held.heads = vec![head(8)];
        hold(&mut tx, &[more.clone()]).await;
        assert_eq!(quarantine::find(&mut tx, held_id(1)).await.unwrap(), None);
        let found = quarantine::find(&mut tx, held_id(8)).await.unwrap();
        assert_eq!(found, Some(more.held));
        assert!(
            !quarantine::release(&mut tx, held_id(8), &[head(1)])
                .await
                .unwrap()
        );
        assert!(
            quarantine::release(&mut tx, held_id(8), &[head(8)])
                .await
                .unwrap()
        );
        assert!(
            !quarantine::release(&mut tx, held_id(8), &[head(8)])
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn a_tablet_has_room_for_so_many_bytes() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let sized = |n, bytes| {
            let mut holding = holding(n, None);
            holding.held.bytes = bytes;
            holding
        };
        hold(&mut tx, &[sized(1, limits::HELD_BYTES - 10)]).await;
        let more = [sized(2, 11), sized(3, 10)];
        let full = quarantine::hold(&mut tx, TABLET, &more).await.unwrap();
        assert_eq!(full, Some([conversation(2)].into()));
        assert_eq!(quarantine::find(&mut tx, held_id(2)).await.unwrap(), None);
        // Instead of the large one there is room.
        let mut smaller = holding(1, Some(1));
        smaller.held.id = held_id(8);
        hold(&mut tx, &[smaller, sized(2, 11)]).await;
    })
    .await;
}

#[tokio::test]
async fn an_administrator_sees_what_waits_and_what_was_turned_down() {
    on_both(async |store| {
        stored(&store, &[new(projection(2, &street(), "huis"))]).await;
        let mut tx = store.write().await.unwrap();
        let mut nowhere = holding(3, None);
        nowhere.held.round = koffiekar_sync_core::ids::RoundId(Uuid::from_u128(99));
        hold(&mut tx, &[holding(2, None), nowhere, holding(1, None)]).await;
        let text = "Niet van ons";
        let (unknown, at) = (held_id(9), AT.plus(500));
        assert!(
            !quarantine::turn_down(&mut tx, unknown, text, BRAM, at)
                .await
                .unwrap()
        );
        let waits = |n: u8, is_new, round_name: Option<&str>| HeldWork {
            id: held_id(n.into()),
            conversation: conversation(n.into()),
            is_new,
            device: TABLET,
            label: "Tablet 7".to_owned(),
            user: ANNA,
            user_name: "Anna".to_owned(),
            round: STREET,
            round_name: round_name.map(str::to_owned),
            why: ReasonCode::ClosedRound,
            received_at: AT.plus(n.into()),
            bytes: 100,
            turned_down: None,
        };
        let mut lost = waits(3, true, None);
        lost.round = koffiekar_sync_core::ids::RoundId(Uuid::from_u128(99));
        let expected = [
            waits(1, true, Some("Straat")),
            waits(2, false, Some("Straat")),
            lost,
        ];
        let page = quarantine::page(&mut tx, false, None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (page.held.as_slice(), page.next, page.total),
            (&expected[..], None, 3)
        );
        let shown = quarantine::show(&mut tx, held_id(3)).await.unwrap();
        assert_eq!(shown.as_ref(), Some(&expected[2]));

        assert!(
            quarantine::turn_down(&mut tx, held_id(2), text, BRAM, at)
                .await
                .unwrap()
        );
        let mut turned_down = expected[1].clone();
        turned_down.turned_down = Some(TurnedDown {
            text: text.to_owned(),
            by: "Bram".to_owned(),
            at,
        });
        let decided = quarantine::page(&mut tx, true, None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((decided.held, decided.total), (vec![turned_down], 1));
        let waiting = quarantine::page(&mut tx, false, None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((waiting.held.len(), waiting.total), (2, 2));
        let held = quarantine::find(&mut tx, held_id(2))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(held.turned_down.as_deref(), Some(text));
    })
    .await;
}

#[tokio::test]
async fn held_work_comes_in_pages() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let enrolled = devices::enrol(&mut tx, DeviceNumber(2), BRAM, &[6; 32], "B", AT).await;
        assert!(enrolled.unwrap());
        let all: Vec<Holding> = (1..=120).map(|n| holding(n, None)).collect();
        hold(&mut tx, &all).await;
        let mut seen: Vec<Millis> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = quarantine::page(&mut tx, false, after.as_deref()).await;
            let page = page.unwrap().unwrap();
            assert_eq!(page.total, 120);
            seen.extend(page.held.iter().map(|held| held.received_at));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<Millis> = (1..=120).map(|n| AT.plus(n)).collect();
        assert_eq!(seen, expected);
        for nonsense in ["", "1", "x.y", "1.y"] {
            let page = quarantine::page(&mut tx, true, Some(nonsense))
                .await
                .unwrap();
            assert_eq!(page, None, "{nonsense}");
        }
    })
    .await;
}
