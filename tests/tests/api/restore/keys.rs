//! A new key for receipts: servers that run sign with it, and tablets follow, however long they slept.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use ed25519_dalek::VerifyingKey;
use koffiekar_server::store::Store;
use koffiekar_server::sync::receipt_keys;
use koffiekar_server::{Clock, Koffiekar};
use koffiekar_sync_core::receipt::KeyId;
use koffiekar_sync_core::replica::{AnswerError, Reaction, Standing};
use koffiekar_sync_core::wire::{Answer, Request};
use koffiekar_tests::hand::Hand;
use koffiekar_tests::programs;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::{Binary, Files, Place, Server, sqlite_address};
use koffiekar_tests::tablet::{Tablet, post};
use sqlx::{Connection, SqliteConnection};
use tokio::process::Command;

use super::{House, all_of, all_stored, record, same};

/// What `koffiekar new-receipt-key` does beside servers that run.
async fn renew_from_elsewhere(server: &Server) {
    let store = Store::open(&server.place.address()).await.unwrap();
    let apart = server.place.apart();
    let elsewhere = Koffiekar::new(store, Clock::System, &apart).await.unwrap();
    let renewed = receipt_keys::renew(&elsewhere, "console").await.unwrap();
    assert_ne!(renewed.unwrap().before, renewed.unwrap().now);
    elsewhere.store.close().await;
}

#[tokio::test]
async fn a_tablet_that_slept_over_two_new_keys_follows_on_sqlite() {
    a_tablet_that_slept_over_two_new_keys_follows(Place::sqlite()).await;
}

#[tokio::test]
async fn a_tablet_that_slept_over_two_new_keys_follows_on_postgres() {
    a_tablet_that_slept_over_two_new_keys_follows(Place::postgres().await).await;
}

async fn a_tablet_that_slept_over_two_new_keys_follows(place: Place) {
    let mut house = House::open(place).await;
    let (one, two) = (&mut house.one, &mut house.two);
    let first_key = one.replica.identity().receipt_key;
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    renew_from_elsewhere(&house.server).await;
    let early = record(one, &mut house.numbers);
    one.sync().await.unwrap();
    let second_key = one.replica.identity().receipt_key;
    renew_from_elsewhere(&house.server).await;
    let late = record(one, &mut house.numbers);
    one.sync().await.unwrap();
    let third_key = one.replica.identity().receipt_key;
    assert!(first_key != second_key && second_key != third_key);
    assert!(matches!(one.standing(early), Standing::Stored(_)));
    assert!(matches!(one.standing(late), Standing::Stored(_)));

    record(two, &mut house.numbers);
    two.sync().await.unwrap();
    one.sync().await.unwrap();
    assert_eq!(two.replica.identity().receipt_key, third_key);
    two.restart();
    two.sync().await.unwrap();
    all_stored(two);
    same(one, two);
    let newcomer = Hand::enrol(&house.server.url, "veldwerker3").await;
    assert_eq!(newcomer.identity.receipt_key, third_key);

    // Of the keys before nothing is left that could sign.
    let mut rows = Rows::of(&house.server.place).await;
    let secrets = "select secret from receipt_keys where secret is not null";
    let publics = "select public_key from receipt_keys order by place";
    assert_eq!(rows.bytes(secrets).await.len(), 1);
    let keys = [first_key, second_key, third_key];
    assert_eq!(rows.bytes(publics).await, keys.map(Vec::from));
    let audit = "select origin from audit_log where action = 'renew receipt key'";
    assert_eq!(rows.texts(audit).await, ["console", "console"]);
    // And a server that starts now signs with the newest.
    house.server.restart().await;
    house.follow();
    record(&mut house.one, &mut house.numbers);
    house.one.sync().await.unwrap();
    all_stored(&house.one);
}

#[tokio::test]
async fn the_chain_begins_with_the_key_that_the_tablet_trusts() {
    let server = Server::start(Place::sqlite()).await;
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut ids = vec![id(&hand.identity.receipt_key)];
    for _ in 0..3 {
        renew_from_elsewhere(&server).await;
        let newcomer = Hand::enrol(&server.url, "veldwerker2").await;
        ids.push(id(&newcomer.identity.receipt_key));
    }
    for (slept, trusted) in ids.iter().rev().enumerate() {
        assert_eq!(chain(&hand, Some(*trusted)).await.len(), slept);
    }
    let newest = *ids.last().unwrap();
    let steps = chain(&hand, Some(ids[0])).await;
    let mut key = VerifyingKey::from_bytes(&hand.identity.receipt_key).unwrap();
    for step in &steps {
        key = step.verify(&key).unwrap();
    }
    assert_eq!(KeyId::of(&key), newest);
    assert_eq!(chain(&hand, Some(KeyId([7; 8]))).await, [], "no such key");
    assert_eq!(chain(&hand, None).await, [], "nobody asked");
}

fn id(key: &[u8; 32]) -> KeyId {
    KeyId::of(&VerifyingKey::from_bytes(key).unwrap())
}

async fn chain(
    hand: &Hand,
    trusted: Option<KeyId>,
) -> Vec<koffiekar_sync_core::receipt::KeySuccession> {
    let request = Request {
        receipt_key: trusted,
        ..Request::default()
    };
    let message = hand.seal(&request).to_bytes();
    let answer = post(&hand.url, message).await.unwrap();
    Answer::from_bytes(&answer).unwrap().keys
}

#[tokio::test]
async fn a_backup_that_is_older_than_the_key_is_put_back_and_the_key_still_signs() {
    let mut house = House::open(Place::sqlite()).await;
    let backup = house.backup().await;
    renew_from_elsewhere(&house.server).await;
    renew_from_elsewhere(&house.server).await;
    let House {
        one, two, numbers, ..
    } = &mut house;
    let recorded = record(one, numbers);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    let key = two.replica.identity().receipt_key;
    house.put_back(&backup).await;
    house.new_epoch().await;
    // Nobody signs in again, and what that key vouched for comes back from a colleague.
    house.two.sync().await.unwrap();
    all_stored(&house.two);
    assert_eq!(house.two.replica.identity().receipt_key, key);
    assert_eq!(all_of(&house.fresh().await), [recorded]);
    let mut rows = Rows::of(&house.server.place).await;
    let secrets = "select secret from receipt_keys where secret is not null";
    assert_eq!(rows.bytes(secrets).await.len(), 1);
    assert_eq!(rows.count("receipt_keys").await, 3);
}

#[tokio::test]
async fn a_tablet_that_trusts_a_key_this_server_does_not_know_is_signed_in_again_and_loses_nothing()
{
    let mut house = House::open(Place::sqlite()).await;
    let backup = house.backup().await;
    renew_from_elsewhere(&house.server).await;
    let one = &mut house.one;
    let id = record(one, &mut house.numbers);
    one.sync().await.unwrap();
    all_stored(one);
    let unsent = record(one, &mut house.numbers);
    // The backup knows the key before alone.
    house.put_back_elsewhere(&backup).await;
    house.new_epoch().await;
    let one = &mut house.one;
    let now = one.now();
    let message = one.replica.next_request(one.budget, now);
    let answer = post(&one.url, message).await.unwrap();
    let error = one.replica.apply(&answer, now).unwrap_err();
    assert_eq!(error, AnswerError::UnknownKey);
    assert_eq!(error.reaction(), Reaction::SignInAgain);

    one.sign_in_again("veldwerker1").await;
    one.sync().await.unwrap();
    assert!(matches!(one.standing(unsent), Standing::Stored(_)));
    // What the lost key signed for cannot be proven, and stays where it is.
    assert!(matches!(one.standing(id), Standing::Refused(_)));
    assert_eq!(all_of(&house.fresh().await), [unsent]);
}

/// Runs a command of the program to its end; what it says.
async fn says(data: &Path, command: &str) -> String {
    let output = Command::new(programs::koffiekar())
        .args([command, "--log", "warn", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

async fn audited(data: &Path, action: &str) -> Vec<(String, String)> {
    let mut connection = SqliteConnection::connect(&sqlite_address(data))
        .await
        .unwrap();
    sqlx::query_as("select origin, result from audit_log where action = $1")
        .bind(action)
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_commands_do_it_with_the_program_as_it_is_installed() {
    let data = tempfile::tempdir().unwrap();
    // Commands warn about one that others may look into.
    let private = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(data.path(), private).unwrap();
    let mut server = Binary::start_empty_demo(data.path()).await;
    let port = server.port;
    let mut numbers = koffiekar_tests::seed::Numbers(3);
    let mut one = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut two = Tablet::enrol(&server.url, "veldwerker2").await;

    // A new key, while the server runs.
    let key = one.replica.identity().receipt_key;
    let said = says(data.path(), "new-receipt-key").await;
    record(&mut one, &mut numbers);
    one.sync().await.unwrap();
    all_stored(&one);
    let next = one.replica.identity().receipt_key;
    assert_ne!(next, key);
    for key in [&key, &next] {
        let id = koffiekar_server::random::hex(&id(key).0);
        assert!(said.contains(&id), "{said}");
    }
    let done = [("console".to_owned(), "done".to_owned())];
    assert_eq!(audited(data.path(), "renew receipt key").await, done);

    // A backup, a day's work, the backup again.
    server.kill().await;
    let backup = Files::of(data.path());
    let mut server = Binary::start(data.path(), port, false).await;
    record(&mut one, &mut numbers);
    one.sync().await.unwrap();
    record(&mut two, &mut numbers);
    two.sync().await.unwrap();
    server.kill().await;
    backup.put_back(data.path());
    let said = says(data.path(), "new-epoch").await;
    assert!(said.contains("new epoch"), "{said}");
    assert_eq!(audited(data.path(), "renew epoch").await, done);
    let server = Binary::start(data.path(), port, false).await;
    two.sync().await.unwrap();
    all_stored(&two);
    let mut fresh = Tablet::enrol(&server.url, "veldwerker1").await;
    fresh.sync().await.unwrap();
    same(&fresh, &two);
    assert_eq!(all_of(&fresh).len(), 3);
}
