//! What becomes of a database whose schema is older or newer than the program.

use koffiekar_server::Clock;
use koffiekar_server::store::{Settings, Store, StoreError};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::{Binary, Place, Server};
use koffiekar_tests::{programs, server};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use tokio::process::Command;

use super::house::{House, koffiekar, said, same};

/// What the next version might do: a column that this one knows nothing of.
const NEWER: &str = "alter table documents add column weight integer not null default 7";

async fn apply_newer(rows: &mut Rows) {
    let text = AssertSqlSafe(NEWER.to_owned()).into_sql_str();
    let newer = Migration::new(9_000, "weights".into(), MigrationType::Simple, text, false);
    let mut migrator = Migrator::with_migrations(vec![newer]);
    migrator.set_ignore_missing(true);
    match rows {
        Rows::Sqlite(c) => migrator.run(c).await.unwrap(),
        Rows::Postgres(c) => migrator.run(c).await.unwrap(),
    }
}

#[tokio::test]
async fn a_server_works_on_the_schema_of_a_newer_one_on_sqlite() {
    a_server_works_on_the_schema_of_a_newer_one(Place::sqlite()).await;
}

#[tokio::test]
async fn a_server_works_on_the_schema_of_a_newer_one_on_postgres() {
    a_server_works_on_the_schema_of_a_newer_one(Place::postgres().await).await;
}

async fn a_server_works_on_the_schema_of_a_newer_one(place: Place) {
    let mut house = House::open(place).await;
    let mut rows = Rows::of(&house.server.place).await;
    // While it runs, as in a rolling upgrade.
    apply_newer(&mut rows).await;
    house.record();
    house.tablet.sync().await.unwrap();
    let told = house.told().await;

    // And where it starts on it.
    house.server.restart().await;
    house.tablet.url.clone_from(&house.server.url);
    same(&house.told().await, &told);
    house.record();
    house.tablet.sync().await.unwrap();
    assert_eq!(house.tablet.replica.waiting(), 0);
    let schema = house.server.koffiekar.store.schema().await.unwrap();
    let newer: Vec<String> = schema.newer.iter().map(ToString::to_string).collect();
    assert_eq!(
        (newer, schema.missing),
        (vec!["9000_weights".to_owned()], vec![])
    );
}

#[tokio::test]
async fn a_migration_of_another_program_is_not_taken_for_a_newer_one() {
    let place = Place::sqlite();
    let server = Server::start_with_clock(place, Clock::System).await;
    let mut rows = Rows::of(&server.place).await;
    rows.run(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (0, 'something else', true, x'00', 0)",
    )
    .await;
    let refused = Store::open(&server.place.address()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Migration(_)), "{refused}");
}

/// Takes the last migration back, as far as the program can see.
async fn forget_the_last(place: &Place) {
    let mut rows = Rows::of(place).await;
    rows.run(
        "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
    )
    .await;
}

#[tokio::test]
async fn told_not_to_migrate_a_server_starts_only_where_nothing_is_missing() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let folder = data.path().to_str().unwrap().to_owned();
    let serve = || {
        let mut command = Binary::serve(Command::new(programs::koffiekar()), data.path(), 0);
        command.arg("--no-migrate");
        command
    };
    let mut running = Binary::launch(serve()).await.unwrap();
    running.kill().await;

    let place = Place::Sqlite(data);
    forget_the_last(&place).await;
    let Place::Sqlite(data) = &place else {
        panic!("it is SQLite")
    };
    let mut command = Binary::serve(Command::new(programs::koffiekar()), data.path(), 0);
    command.arg("--no-migrate");
    let refused = Binary::launch(command).await.map(|_| ()).unwrap_err();
    assert!(refused.contains("run `koffiekar migrate`"), "{refused}");
    let store = Store::open_as_it_is(&server::sqlite_address(data.path()), &Settings::default())
        .await
        .unwrap();
    let missing = store.schema().await.unwrap().missing;
    assert_eq!(missing.len(), 1);
    assert!(refused.contains(&missing[0].to_string()), "{refused}");
    store.close().await;
    // Nor do commands that only look.
    let looked = koffiekar(&["verify", "--data", &folder]).await;
    assert!(!looked.status.success() && said(&looked).contains("koffiekar migrate"));
}

#[tokio::test]
async fn migrate_tells_what_it_did() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let first = koffiekar(&["migrate", "--data", folder]).await;
    assert!(first.status.success(), "{}", said(&first));
    assert!(
        said(&first).contains("0001_first, 0002_feed"),
        "{}",
        said(&first)
    );
    let again = koffiekar(&["migrate", "--data", folder]).await;
    assert!(said(&again).contains("Nothing to do"), "{}", said(&again));
}
