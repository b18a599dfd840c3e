//! Browsers in which somebody signed in before.

use koffiekar_server::store::browsers;

use super::world::*;

#[tokio::test]
async fn a_browser_is_known_for_those_who_signed_in_in_it_until_it_is_forgotten() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let token = [1; 32];
        browsers::note(&mut tx, &token, ANNA, AT).await.unwrap();
        browsers::note(&mut tx, &token, BRAM, AT.plus(5))
            .await
            .unwrap();
        for (login, token, after, known) in [
            ("anna", [1; 32], AT.plus(-1), true),
            ("anna", [1; 32], AT, false),
            ("bram", [1; 32], AT, true),
            ("anna", [2; 32], AT.plus(-1), false),
            ("niemand", [1; 32], AT.plus(-1), false),
        ] {
            let is_known = browsers::is_known(&mut tx, &token, login, after).await;
            assert_eq!(is_known.unwrap(), known, "{login} {token:?}");
        }
        browsers::note(&mut tx, &token, ANNA, AT.plus(9))
            .await
            .unwrap();
        assert!(
            browsers::is_known(&mut tx, &token, "anna", AT)
                .await
                .unwrap()
        );
        browsers::forget_all_of(&mut tx, ANNA).await.unwrap();
        assert!(
            !browsers::is_known(&mut tx, &token, "anna", AT)
                .await
                .unwrap()
        );
        assert!(
            browsers::is_known(&mut tx, &token, "bram", AT)
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_browsers_the_last_twenty_are_known() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        for number in 0..22 {
            let at = AT.plus(i64::from(number));
            browsers::note(&mut tx, &[number; 32], ANNA, at)
                .await
                .unwrap();
        }
        for (number, known) in [(0, false), (1, false), (2, true), (21, true)] {
            let is_known = browsers::is_known(&mut tx, &[number; 32], "anna", AT.plus(-1)).await;
            assert_eq!(is_known.unwrap(), known, "{number}");
        }
    })
    .await;
}
