//! An installation goes from one engine to the other and back, and nobody notices.

use std::collections::BTreeSet;

use koffiekar_server::store::StoreError;
use koffiekar_server::store::tables::TABLES;
use koffiekar_server::upkeep::moving::{self, MoveError};
use koffiekar_server::{Clock, Koffiekar, store::Store};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::{Place, Server};

use super::house::{House, same, told};

async fn run(from: &Place, to: &Place) -> Result<moving::Moved, MoveError> {
    moving::run(&from.address(), &to.address(), &mut |_| {}).await
}

/// What is kept apart from the database goes with it, as the administrator is told.
fn take_along(from: &Place, to: &Place) {
    let (from, to) = (from.apart(), to.apart());
    for (from, to) in [
        (&from.key_file, &to.key_file),
        (&from.remembered(), &to.remembered()),
        (&from.erasures(), &to.erasures()),
    ] {
        std::fs::copy(from, to).unwrap();
    }
}

async fn counts(rows: &mut Rows) -> Vec<(&'static str, i64)> {
    let mut counts = Vec::new();
    for table in &TABLES {
        counts.push((table.name, rows.count(table.name).await));
    }
    counts
}

#[tokio::test]
async fn to_the_other_engine_and_back_everything_is_as_it_was() {
    let mut house = House::open(Place::sqlite()).await;
    let before = house.told().await;
    let place = house.server.into_place().await;
    let mut rows = Rows::of(&place).await;
    let counted = counts(&mut rows).await;
    // Of every table something.
    assert!(counted.iter().all(|(_, rows)| *rows > 0), "{counted:?}");
    drop(rows);

    let there = Place::postgres().await;
    let moved = run(&place, &there).await.unwrap();
    assert_eq!(moved.verified.faults, []);
    let mut rows = Rows::of(&there).await;
    assert_eq!(counts(&mut rows).await, counted);
    drop(rows);
    take_along(&place, &there);
    let server = Server::start_with_clock(there, Clock::System).await;
    same(&told(&server.url).await, &before);
    // The same tablet goes on, and new rows of all that is numbered find a place.
    house.tablet.url.clone_from(&server.url);
    house.tablet.sync().await.unwrap();
    let by = house.tablet.replica.identity().user;
    let new = koffiekar_tests::seed::conversation(&mut house.numbers, by, house.tablet.now(), 3);
    let round = koffiekar_server::demo::round(super::house::OURS);
    let id = house.tablet.record(round, &new);
    house.tablet.sync().await.unwrap();
    assert_eq!(house.tablet.replica.waiting(), 0);
    let before = told(&server.url).await;

    let there = server.into_place().await;
    let back = Place::sqlite();
    let moved = run(&there, &back).await.unwrap();
    assert_eq!(moved.verified.faults, []);
    take_along(&there, &back);
    let server = Server::start_with_clock(back, Clock::System).await;
    same(&told(&server.url).await, &before);
    house.tablet.url.clone_from(&server.url);
    house.tablet.execute(
        id,
        &koffiekar_sync_core::conversation::Command::SetArea { area: None },
    );
    house.tablet.sync().await.unwrap();
    assert_eq!(house.tablet.replica.waiting(), 0);
}

#[tokio::test]
async fn a_database_that_is_served_is_not_moved() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = Server::start(place).await;
        let to = Place::sqlite();
        let refused = run(&server.place, &to).await.unwrap_err();
        assert!(
            matches!(refused, MoveError::Store(StoreError::InUse)),
            "{refused}"
        );
        let place = server.into_place().await;
        run(&place, &to).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_moved_to_where_something_is_nor_from_where_nothing_is() {
    let place = Server::start(Place::sqlite()).await.into_place().await;
    let other = Server::start(Place::postgres().await)
        .await
        .into_place()
        .await;
    for (from, to) in [(&place, &other), (&other, &place)] {
        let mut rows = Rows::of(to).await;
        let before = counts(&mut rows).await;
        drop(rows);
        let refused = run(from, to).await.unwrap_err();
        assert!(
            matches!(refused, MoveError::NotEmpty("installation")),
            "{refused}"
        );
        assert_eq!(counts(&mut Rows::of(to).await).await, before);
    }
    let empty = Place::postgres().await;
    Store::open(&empty.address()).await.unwrap().close().await;
    let refused = run(&empty, &Place::sqlite()).await.unwrap_err();
    assert!(matches!(refused, MoveError::Nothing), "{refused}");
}

/// A move that fails leaves an empty database behind, to be tried again.
#[tokio::test]
async fn what_does_not_hold_together_is_not_moved() {
    let house = House::open(Place::sqlite()).await;
    let mut rows = Rows::of(&house.server.place).await;
    rows.run("update quotes set month = '2020-01'").await;
    drop(rows);
    let mut place = house.server.into_place().await;
    let to = Place::postgres().await;
    let refused = run(&place, &to).await.unwrap_err();
    assert!(
        refused.to_string().contains("koffiekar reproject"),
        "{refused}"
    );
    assert!(
        counts(&mut Rows::of(&to).await)
            .await
            .iter()
            .all(|(_, rows)| *rows == 0)
    );
    place = mended(place).await;
    run(&place, &to).await.unwrap();
}

async fn mended(place: Place) -> Place {
    let store = Store::open(&place.address()).await.unwrap();
    let koffiekar = Koffiekar::new(store, Clock::System, &place.apart())
        .await
        .unwrap();
    let tagger = koffiekar.suggest.model();
    let mended = koffiekar_server::upkeep::verify::mend(&koffiekar.store, &tagger).await;
    assert!(mended.unwrap().written > 0);
    koffiekar.store.close().await;
    place
}

/// What the list forgot would stay behind without a word.
#[tokio::test]
async fn every_table_and_column_is_in_the_list() {
    let listed: BTreeSet<String> = TABLES
        .iter()
        .flat_map(|table| {
            table
                .columns
                .iter()
                .map(|column| format!("{}.{}", table.name, column.0))
        })
        .collect();
    for place in [Place::sqlite(), Place::postgres().await] {
        Store::open(&place.address()).await.unwrap().close().await;
        let mut rows = Rows::of(&place).await;
        let statement = match rows {
            Rows::Sqlite(_) => {
                "select t.name || '.' || c.name from sqlite_master t, pragma_table_info(t.name) c
                 where t.type = 'table'"
            }
            Rows::Postgres(_) => {
                "select table_name || '.' || column_name from information_schema.columns
                 where table_schema = 'public'"
            }
        };
        let mut there: BTreeSet<String> = rows.texts(statement).await.into_iter().collect();
        // Follows from the quotes; which migrations were applied, the target knows by itself; and what
        // servers tell each other about their work is of this database alone.
        let left_out = [
            "quote_search",
            "_sqlx_",
            "tagger.",
            "nonces.",
            "quotes.derived_place",
        ];
        there.retain(|name| !left_out.iter().any(|start| name.starts_with(start)));
        assert_eq!(there, listed);
    }
}
