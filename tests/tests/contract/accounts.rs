//! People, the rounds they work in, and the log of what they did.

use koffiekar_server::store::audit::{self, Entry, Wanted};
use koffiekar_server::store::{Store, accounts, rounds};
use koffiekar_sync_core::ids::{Millis, RoundId, UserId};
use koffiekar_sync_core::office::{Role, WhatWasRead};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::Place;
use uuid::Uuid;

use super::world::*;

const CARLA: UserId = UserId(Uuid::from_u128(3));

#[tokio::test]
async fn an_account_is_found_as_it_was_written() {
    on_empty(async |store| {
        let mut tx = store.write().await.unwrap();
        assert!(accounts::is_empty(&mut tx).await.unwrap());
        let new = account(CARLA, "Carla", Role::Administrator);
        accounts::insert(&mut tx, &new).await.unwrap();
        assert!(!accounts::is_empty(&mut tx).await.unwrap());
        let found = accounts::find(&mut tx, CARLA).await.unwrap().unwrap();
        assert_eq!(found, new.account);
        assert_eq!(accounts::find(&mut tx, ANNA).await.unwrap(), None);
        let known = accounts::with_password(&mut tx, "carla").await.unwrap();
        assert_eq!(known, Some((new.account, new.password_hash)));
        // As it was written, and not in capitals.
        let unknown = accounts::with_password(&mut tx, "Carla").await.unwrap();
        assert_eq!(unknown, None);
    })
    .await;
}

#[tokio::test]
async fn a_login_belongs_to_one_person() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let mut second = account(CARLA, "Carla", Role::Field);
        second.account.login = "anna".to_owned();
        let error = accounts::insert(&mut tx, &second).await.unwrap_err();
        assert!(error.is_conflict(), "{error}");
        drop(tx);
        let mut tx = store.read().await.unwrap();
        assert_eq!(accounts::find(&mut tx, CARLA).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_account_changes_in_what_may_change() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let mut anna = accounts::find(&mut tx, ANNA).await.unwrap().unwrap();
        (anna.name, anna.role) = ("Anna B.".to_owned(), Role::Editor);
        accounts::update(&mut tx, &anna).await.unwrap();
        accounts::set_password(&mut tx, ANNA, "another")
            .await
            .unwrap();
        let known = accounts::with_password(&mut tx, "anna").await.unwrap();
        assert_eq!(known, Some((anna.clone(), "another".to_owned())));
        assert_eq!(
            accounts::count_active(&mut tx, Role::Editor).await.unwrap(),
            2
        );
        anna.disabled = true;
        accounts::update(&mut tx, &anna).await.unwrap();
        assert_eq!(
            accounts::count_active(&mut tx, Role::Editor).await.unwrap(),
            1
        );
        assert_eq!(
            accounts::count_active(&mut tx, Role::Field).await.unwrap(),
            0
        );
        // Nobody else was touched.
        let bram = accounts::with_password(&mut tx, "bram").await.unwrap();
        let new = account(BRAM, "Bram", Role::Editor);
        assert_eq!(bram, Some((new.account, new.password_hash)));
    })
    .await;
}

#[tokio::test]
async fn people_come_by_name_with_their_rounds_in_order() {
    let people = on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let mut aad = account(CARLA, "Aad", Role::Analyst);
        aad.account.disabled = true;
        accounts::insert(&mut tx, &aad).await.unwrap();
        accounts::people(&mut tx).await.unwrap()
    })
    .await;
    let expected = [
        (account(CARLA, "Aad", Role::Analyst).account, vec![]),
        (account(ANNA, "Anna", Role::Field).account, vec![STREET]),
        (
            account(BRAM, "Bram", Role::Editor).account,
            vec![HOUSE, STREET],
        ),
    ];
    let mut expected = expected.map(|(account, rounds)| accounts::person(account, rounds));
    expected[0].disabled = true;
    assert_eq!(people, expected);
}

#[tokio::test]
async fn memberships_are_those_set_last() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let rounds = accounts::memberships(&mut tx, BRAM).await.unwrap();
        assert_eq!(rounds, [HOUSE, STREET]);
        // A round that is named twice is one.
        let twice = [STREET, STREET];
        accounts::set_memberships(&mut tx, BRAM, &twice)
            .await
            .unwrap();
        assert_eq!(
            accounts::memberships(&mut tx, BRAM).await.unwrap(),
            [STREET]
        );
        assert_eq!(
            accounts::memberships(&mut tx, ANNA).await.unwrap(),
            [STREET]
        );
        accounts::set_memberships(&mut tx, BRAM, &[]).await.unwrap();
        assert_eq!(accounts::memberships(&mut tx, BRAM).await.unwrap(), []);
        tx.commit().await.unwrap();
        // One that does not exist is refused.
        let mut tx = store.write().await.unwrap();
        let nowhere = RoundId(Uuid::from_u128(99));
        let set = accounts::set_memberships(&mut tx, BRAM, &[nowhere]).await;
        assert!(!set.unwrap_err().is_conflict());
        drop(tx);
        let mut tx = store.read().await.unwrap();
        assert_eq!(rounds::find(&mut tx, nowhere).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn demo_accounts_are_those_that_can_sign_in() {
    let demo = on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        for (n, name, disabled) in [(4, "Zoë", false), (5, "Ed", true), (6, "Dirk", false)] {
            let mut new = account(UserId(Uuid::from_u128(n)), name, Role::Field);
            (new.account.demo, new.account.disabled) = (true, disabled);
            accounts::insert(&mut tx, &new).await.unwrap();
        }
        accounts::demo(&mut tx).await.unwrap()
    })
    .await;
    let logins: Vec<&str> = demo.iter().map(|account| account.login.as_str()).collect();
    assert_eq!(logins, ["dirk", "zoë"]);
}

#[tokio::test]
async fn the_audit_log_keeps_every_line_and_who_it_was() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let store = Store::open(&place.address()).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let entry = |actor, result| Entry {
            at: AT,
            actor,
            origin: "console",
            action: "revoke device",
            object: "7",
            result,
        };
        audit::write(&mut tx, entry(Some(ANNA), audit::DONE))
            .await
            .unwrap();
        // The same once more is another line.
        for _ in 0..2 {
            audit::write(&mut tx, entry(None, audit::REFUSED))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let mut rows = Rows::of(&place).await;
        let statement = "
            select happened_at || ' ' || actor || ' ' || origin || ' ' || action || ' ' || object
                || ' ' || result from audit_log order by place";
        let lines = rows.texts(statement).await;
        let line = |who: &str, result| format!("{} {who} console revoke device 7 {result}", AT.0);
        let nobody = line("nobody", "refused");
        assert_eq!(
            lines,
            [line(&ANNA.to_string(), "done"), nobody.clone(), nobody]
        );
        store.close().await;
    }
}

#[tokio::test]
async fn the_audit_log_is_read_by_person_act_and_time_the_newest_first() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let entry = |n: i64, actor, action: &'static str| Entry {
            at: AT.plus(n),
            actor,
            origin: "203.0.113.7",
            action,
            object: "7",
            result: audit::DONE,
        };
        let read = WhatWasRead {
            filter: [("kind".to_owned(), "open_house".to_owned())].into(),
            words: 2,
            rows: 34,
        };
        // Two at once, and one whose clock was behind.
        for (n, actor, action) in [
            (5, Some(ANNA), "sign in"),
            (5, Some(BRAM), "read quotes"),
            (3, None, "sign in"),
            (9, Some(BRAM), "sign in"),
        ] {
            let entry = entry(n, actor, action);
            match action {
                "read quotes" => audit::write_reading(&mut tx, entry, &read).await.unwrap(),
                _ => audit::write(&mut tx, entry).await.unwrap(),
            }
        }
        let mut of = async |wanted: Wanted, most| {
            let lines = audit::lines(&mut tx, &wanted, most).await.unwrap();
            lines
                .into_iter()
                .map(|(place, line)| {
                    assert_eq!(place.at, line.at);
                    (line.at.0 - AT.0, line.person, line.act, line.read, place)
                })
                .collect::<Vec<_>>()
        };
        let all = of(Wanted::default(), 9).await;
        let times: Vec<i64> = all.iter().map(|line| line.0).collect();
        assert_eq!(times, [9, 5, 5, 3]);
        assert_eq!(all[1].3.as_ref(), Some(&read));
        assert_eq!((all[3].1, all[0].1), (None, Some(BRAM)));
        let by_person = Wanted {
            person: Some(BRAM),
            ..Wanted::default()
        };
        assert_eq!(
            of(by_person.clone(), 9).await,
            [all[0].clone(), all[1].clone()]
        );
        let both = Wanted {
            act: Some("sign in".to_owned()),
            ..by_person
        };
        assert_eq!(of(both, 9).await, [all[0].clone()]);
        let by_act = Wanted {
            act: Some("sign in".to_owned()),
            ..Wanted::default()
        };
        assert_eq!(of(by_act, 2).await, [all[0].clone(), all[2].clone()]);
        let between = Wanted {
            from: Some(AT.plus(5)),
            until: Some(AT.plus(9)),
            ..Wanted::default()
        };
        assert_eq!(of(between, 9).await, all[1..3]);
        let behind = Wanted {
            after: Some(all[1].4),
            ..Wanted::default()
        };
        assert_eq!(of(behind, 9).await, all[2..]);
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_knows_who_settled_a_wording_last() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let (one, other) = (quote(1).to_string(), quote(2).to_string());
        for (at, actor, action, object) in [
            (1, ANNA, "settle wording", &one),
            (2, BRAM, "settle wording", &one),
            (3, ANNA, "tag quote", &one),
            (4, ANNA, "settle wording", &other),
        ] {
            let entry = Entry {
                at: Millis(at),
                actor: Some(actor),
                origin: "console",
                action,
                object,
                result: audit::DONE,
            };
            audit::write(&mut tx, entry).await.unwrap();
        }
        let mut settled = Vec::new();
        for (n, until) in [(1, 0), (1, 1), (1, 9), (2, 9), (3, 9)] {
            let who = audit::who_settled(&mut tx, quote(n), Millis(until)).await;
            settled.push(who.unwrap());
        }
        let expected = [None, Some(ANNA), Some(BRAM), Some(ANNA), None];
        assert_eq!(settled, expected);
    })
    .await;
}
