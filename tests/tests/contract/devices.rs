//! Enrolled tablets.

use koffiekar_server::store::{accounts, devices};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::office::Device;

use super::world::*;

const SECOND: DeviceNumber = DeviceNumber(2);

#[test]
fn every_number_has_its_own_column() {
    for number in [0, 1, u64::MAX, 1 << 63, TABLET.0].map(DeviceNumber) {
        assert_eq!(devices::number(devices::column(number)), number);
    }
}

#[tokio::test]
async fn a_number_is_enrolled_once() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let again = devices::enrol(&mut tx, TABLET, BRAM, &[6; 32], "Tablet 8", AT).await;
        assert!(!again.unwrap());
        let found = devices::find(&mut tx, TABLET).await.unwrap().unwrap();
        assert_eq!((found.number, found.public_key), (TABLET, [5; 32]));
        assert_eq!((found.user.id, found.rounds), (ANNA, vec![STREET]));
        assert!(!found.revoked);
        assert!(devices::find(&mut tx, SECOND).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_tablet_may_have_been_there_before_and_never_later() {
    let enrolled = on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let mut enrolled = Vec::new();
        for at in [AT.plus(9), AT.plus(-9)] {
            devices::enrolled_before(&mut tx, TABLET, at).await.unwrap();
            let found = devices::find(&mut tx, TABLET).await.unwrap().unwrap();
            enrolled.push(found.enrolled_at);
        }
        enrolled
    })
    .await;
    assert_eq!(enrolled, [AT, AT.plus(-9)]);
}

#[tokio::test]
async fn a_contact_is_remembered_with_what_waits() {
    let listed = on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let later = AT.plus(5);
        let enrolled = devices::enrol(&mut tx, SECOND, BRAM, &[6; 32], "Tablet 8", later).await;
        assert!(enrolled.unwrap());
        devices::note_contact(&mut tx, TABLET, AT.plus(9), u64::MAX)
            .await
            .unwrap();
        devices::note_contact(&mut tx, TABLET, AT.plus(8), 3)
            .await
            .unwrap();
        assert_eq!(devices::count(&mut tx).await.unwrap(), 2);
        let all = devices::list(&mut tx, None, 9).await.unwrap();
        let first = devices::list(&mut tx, None, 1).await.unwrap();
        assert_eq!(first, all[..1]);
        let behind = Some((first[0].enrolled_at, first[0].number));
        let rest = devices::list(&mut tx, behind, 9).await.unwrap();
        assert_eq!(rest, all[1..]);
        all
    })
    .await;
    let tablet = |number, label: &str, user, user_name: &str| Device {
        number,
        label: label.to_owned(),
        user,
        user_name: user_name.to_owned(),
        enrolled_at: AT,
        last_contact: None,
        waiting: 0,
        revoked: false,
    };
    let mut second = tablet(SECOND, "Tablet 8", BRAM, "Bram");
    second.enrolled_at = AT.plus(5);
    let mut first = tablet(TABLET, "Tablet 7", ANNA, "Anna");
    (first.last_contact, first.waiting) = (Some(AT.plus(8)), 3);
    assert_eq!(listed, [second, first]);
}

#[tokio::test]
async fn tablets_that_may_call_are_counted_by_their_last_contact() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let counted = |counts: [u64; 5]| {
            let mut counts = counts.into_iter();
            ["hour", "day", "week", "longer", "never"].map(|name| (name, counts.next().unwrap()))
        };
        let found = devices::by_contact(&mut tx, AT).await.unwrap();
        assert_eq!(found, counted([0, 0, 0, 0, 1]));
        let hour = 3_600_000;
        let contacts = [0, hour - 1, hour, 24 * hour, 7 * 24 * hour, 0];
        for (ago, n) in contacts.into_iter().zip(2..) {
            let number = DeviceNumber(n);
            let enrolled = devices::enrol(&mut tx, number, ANNA, &[6; 32], "T", AT).await;
            assert!(enrolled.unwrap());
            devices::note_contact(&mut tx, number, AT.plus(-ago), 0)
                .await
                .unwrap();
        }
        // The last one may not call any more.
        devices::revoke(&mut tx, DeviceNumber(7), AT).await.unwrap();
        let found = devices::by_contact(&mut tx, AT).await.unwrap();
        assert_eq!(found, counted([2, 1, 1, 1, 1]));
        let mut anna = accounts::find(&mut tx, ANNA).await.unwrap().unwrap();
        anna.disabled = true;
        accounts::update(&mut tx, &anna).await.unwrap();
        let found = devices::by_contact(&mut tx, AT).await.unwrap();
        assert_eq!(found, counted([0; 5]));
    })
    .await;
}

#[tokio::test]
async fn a_tablet_ends_once_and_with_its_account() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let enrolled = devices::enrol(&mut tx, SECOND, BRAM, &[6; 32], "Tablet 8", AT).await;
        assert!(enrolled.unwrap());
        assert_eq!(
            devices::revoke(&mut tx, DeviceNumber(9), AT).await.unwrap(),
            None
        );
        assert_eq!(devices::count_active(&mut tx, ANNA).await.unwrap(), 1);
        let ended = devices::revoke(&mut tx, TABLET, AT).await.unwrap().unwrap();
        assert_eq!(devices::count_active(&mut tx, ANNA).await.unwrap(), 0);
        assert!(ended.revoked);
        let shown = devices::shown(&mut tx, TABLET).await.unwrap();
        assert_eq!(shown.as_ref(), Some(&ended));
        let nothing = devices::shown(&mut tx, DeviceNumber(9)).await.unwrap();
        assert_eq!(nothing, None);
        let again = devices::revoke(&mut tx, TABLET, AT.plus(7)).await.unwrap();
        assert_eq!(again, Some(ended));
        assert!(
            devices::find(&mut tx, TABLET)
                .await
                .unwrap()
                .unwrap()
                .revoked
        );
        assert!(
            !devices::find(&mut tx, SECOND)
                .await
                .unwrap()
                .unwrap()
                .revoked
        );
        let mut bram = accounts::find(&mut tx, BRAM).await.unwrap().unwrap();
        bram.disabled = true;
        accounts::update(&mut tx, &bram).await.unwrap();
        assert!(
            devices::find(&mut tx, SECOND)
                .await
                .unwrap()
                .unwrap()
                .revoked
        );
    })
    .await;
}
