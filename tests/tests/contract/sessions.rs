//! Signed-in browsers.

use koffiekar_server::store::{Tx, accounts, sessions};
use koffiekar_sync_core::ids::Millis;

use super::world::*;

const TOKEN: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [0xff; 32];
const END: Millis = Millis(AT.0 + 1000);

async fn holds(tx: &mut Tx, token: &[u8; 32], now: Millis) -> Option<Millis> {
    let found = sessions::find(tx, token, now).await.unwrap();
    found.map(|(account, until)| {
        assert_eq!(account.id, ANNA);
        until
    })
}

#[tokio::test]
async fn a_session_holds_until_its_end_and_for_an_account_that_may_sign_in() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        sessions::start(&mut tx, &TOKEN, ANNA, AT, END)
            .await
            .unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, Some(END));
        assert_eq!(holds(&mut tx, &TOKEN, END.plus(-1)).await, Some(END));
        assert_eq!(holds(&mut tx, &TOKEN, END).await, None);
        assert_eq!(holds(&mut tx, &OTHER, AT).await, None);
        let mut anna = accounts::find(&mut tx, ANNA).await.unwrap().unwrap();
        anna.disabled = true;
        accounts::update(&mut tx, &anna).await.unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_session_gets_longer_and_never_shorter() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        sessions::start(&mut tx, &TOKEN, ANNA, AT, END)
            .await
            .unwrap();
        sessions::start(&mut tx, &OTHER, ANNA, AT, END)
            .await
            .unwrap();
        sessions::extend(&mut tx, &TOKEN, END.plus(-500))
            .await
            .unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, Some(END));
        sessions::extend(&mut tx, &TOKEN, END.plus(500))
            .await
            .unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, Some(END.plus(500)));
        assert_eq!(holds(&mut tx, &OTHER, AT).await, Some(END));
    })
    .await;
}

#[tokio::test]
async fn one_session_ends_or_all_of_one_person_or_what_expired() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let third = [3; 32];
        sessions::start(&mut tx, &TOKEN, ANNA, AT, END)
            .await
            .unwrap();
        sessions::start(&mut tx, &OTHER, ANNA, AT, END.plus(9))
            .await
            .unwrap();
        sessions::start(&mut tx, &third, BRAM, AT, END.plus(9))
            .await
            .unwrap();
        sessions::end(&mut tx, &[9; 32]).await.unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, Some(END));
        sessions::remove_expired(&mut tx, END).await.unwrap();
        // Looked at as if it were earlier: it is gone, and not only over.
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, None);
        assert_eq!(holds(&mut tx, &OTHER, AT).await, Some(END.plus(9)));
        sessions::start(&mut tx, &TOKEN, ANNA, AT, END)
            .await
            .unwrap();
        sessions::end(&mut tx, &TOKEN).await.unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, None);
        sessions::end_all_of(&mut tx, ANNA).await.unwrap();
        assert_eq!(holds(&mut tx, &OTHER, AT).await, None);
        let bram = sessions::find(&mut tx, &third, AT).await.unwrap().unwrap();
        assert_eq!(bram.0.id, BRAM);
        // A token is taken once.
        let again = sessions::start(&mut tx, &third, ANNA, AT, END).await;
        assert!(again.unwrap_err().is_conflict());
    })
    .await;
}

#[tokio::test]
async fn all_but_one_session_of_a_person_end() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        for token in [&TOKEN, &OTHER] {
            sessions::start(&mut tx, token, ANNA, AT, END)
                .await
                .unwrap();
        }
        sessions::end_others_of(&mut tx, BRAM, &OTHER)
            .await
            .unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, Some(END));
        sessions::end_others_of(&mut tx, ANNA, &OTHER)
            .await
            .unwrap();
        assert_eq!(holds(&mut tx, &TOKEN, AT).await, None);
        assert_eq!(holds(&mut tx, &OTHER, AT).await, Some(END));
    })
    .await;
}
