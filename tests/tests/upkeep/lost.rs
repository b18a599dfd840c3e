//! A database that is not where it was, or not the one that it was: nothing is made in its place, nothing that is
//! kept beside it is written over, and nothing more is signed for.

use std::collections::BTreeMap;
use std::path::Path;

use koffiekar_server::store::Store;
use koffiekar_server::sync::receipt_keys;
use koffiekar_server::{ApartError, Clock, Koffiekar, StartError, demo};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::programs;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, Place, Server};
use koffiekar_tests::tablet::{SyncError, Tablet};
use tokio::process::Command;

use super::house::{koffiekar, said};

fn all_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let file = file.unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        (file.file_name().into_string().unwrap(), bytes)
    });
    files.collect()
}

#[tokio::test]
async fn nothing_begins_anew_where_the_files_of_an_installation_have_no_database() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.path().join(format!("koffiekar.sqlite{end}")));
    }
    let before = all_files(data.path());
    assert!(
        before.contains_key("koffiekar.remembered"),
        "{:?}",
        before.keys()
    );
    let folder = data.path().to_str().unwrap();
    for command in [
        &["serve", "--port", "0"][..],
        &["migrate"],
        &["new-epoch"],
        &["new-receipt-key"],
        &["reproject"],
        &["clear-files"],
        &["disable-demo-accounts"],
        &[
            "add-person",
            "--login",
            "anna",
            "--name",
            "Anna",
            "--role",
            "administrator",
        ],
    ] {
        let refused = koffiekar(&[command, &["--data", folder]].concat()).await;
        assert!(!refused.status.success(), "{command:?}");
        let said = said(&refused);
        for part in [
            "koffiekar.sqlite",
            "koffiekar.key",
            "koffiekar.remembered",
            "on purpose",
        ] {
            assert!(said.contains(part), "{command:?}: {said}");
        }
        assert_eq!(all_files(data.path()), before, "{command:?}");
    }
    // A key alone says as much.
    std::fs::remove_file(data.path().join("koffiekar.remembered")).unwrap();
    let refused = koffiekar(&["serve", "--port", "0", "--data", folder]).await;
    assert!(said(&refused).contains("koffiekar.key"));
    assert!(!data.path().join("koffiekar.sqlite").exists());
    // On purpose.
    std::fs::remove_file(data.path().join("koffiekar.key")).unwrap();
    Binary::start(data.path(), 0, false).await;
}

#[tokio::test]
async fn an_empty_postgres_beside_the_files_of_an_installation_is_left_empty() {
    let place = Place::postgres().await;
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    std::fs::remove_file(data.path().join("koffiekar.sqlite")).unwrap();
    let before = all_files(data.path());
    let folder = data.path().to_str().unwrap();
    for command in ["serve", "migrate", "new-epoch"] {
        let address = place.address();
        let refused = koffiekar(&[command, "--data", folder, "--database-url", &address]).await;
        assert!(!refused.status.success(), "{command}");
        let said = said(&refused);
        assert!(said.contains("koffiekar.remembered"), "{said}");
        assert!(
            !said.contains(&address),
            "an address may hold a password: {said}"
        );
        assert_eq!(all_files(data.path()), before);
    }
    let mut rows = Rows::of(&place).await;
    let tables =
        "select table_name::text from information_schema.tables where table_schema = 'public'";
    assert_eq!(rows.texts(tables).await, [""; 0]);
}

async fn open(place: &Place) -> Result<Koffiekar, StartError> {
    let store = Store::open(&place.address()).await.unwrap();
    let opened = Koffiekar::new(store.clone(), Clock::System, &place.apart()).await;
    if opened.is_err() {
        store.close().await;
    }
    opened
}

async fn new_installation(place: &Place) -> Vec<u8> {
    let koffiekar = open(place).await.unwrap();
    koffiekar.store.close().await;
    std::fs::read(place.apart().remembered()).unwrap()
}

#[tokio::test]
async fn what_is_remembered_of_another_database_is_never_written_over_on_sqlite() {
    what_is_remembered_of_another_database_is_never_written_over(Place::sqlite()).await;
}

#[tokio::test]
async fn what_is_remembered_of_another_database_is_never_written_over_on_postgres() {
    what_is_remembered_of_another_database_is_never_written_over(Place::postgres().await).await;
}

async fn what_is_remembered_of_another_database_is_never_written_over(place: Place) {
    let own = new_installation(&place).await;
    let file = place.apart().remembered();
    let foreign = new_installation(&Place::sqlite()).await;
    std::fs::write(&file, &foreign).unwrap();
    let refused = open(&place).await.map(drop).unwrap_err();
    assert!(
        matches!(refused, StartError::Apart(ApartError::OtherMemory(_))),
        "{refused}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), foreign);
    // Nor one that nobody can read: a key may be in it.
    std::fs::write(&file, b"half of it").unwrap();
    let refused = open(&place).await.map(drop).unwrap_err();
    assert!(
        matches!(refused, StartError::Apart(ApartError::MemoryDamaged(_))),
        "{refused}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"half of it");

    // Under a server that runs it is not written over either.
    std::fs::write(&file, &own).unwrap();
    let koffiekar = open(&place).await.unwrap();
    std::fs::write(&file, &foreign).unwrap();
    receipt_keys::renew(&koffiekar, "console").await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), foreign);
    std::fs::write(&file, &own).unwrap();
    koffiekar.store.close().await;
}

fn record(tablet: &mut Tablet, numbers: &mut Numbers) {
    let user = tablet.replica.identity().user;
    let new = conversation(numbers, user, tablet.now(), 1);
    tablet.record(demo::round("buurtronde-2026"), &new);
}

async fn is_refused_as_replaced(tablet: &mut Tablet) {
    let waiting = tablet.replica.waiting();
    match tablet.sync().await {
        Err(SyncError::Refused(problem)) => {
            assert_eq!((problem.status, problem.code()), (503, "database-replaced"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(tablet.replica.waiting(), waiting);
}

async fn ready(url: &str) -> (u16, String) {
    let asked = http().get(format!("{url}/readyz")).send().await.unwrap();
    (asked.status().as_u16(), asked.text().await.unwrap())
}

#[tokio::test]
async fn a_server_whose_file_was_deleted_or_replaced_signs_nothing_and_says_so_once() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let server = Binary::start(data.path(), 0, false).await;
    let mut numbers = Numbers(5);
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    record(&mut tablet, &mut numbers);
    tablet.sync().await.unwrap();
    let editor = Office::sign_in(&server.url, "redacteur1").await;

    let (file, away) = (
        data.path().join("koffiekar.sqlite"),
        data.path().join("away"),
    );
    std::fs::rename(&file, &away).unwrap();
    for replaced in [false, true] {
        if replaced {
            std::fs::copy(&away, &file).unwrap();
        }
        record(&mut tablet, &mut numbers);
        is_refused_as_replaced(&mut tablet).await;
        let (status, said) = ready(&server.url).await;
        assert_eq!(status, 503);
        assert!(said.contains("database-replaced"), "{said}");
        let asked = editor
            .call(reqwest::Method::GET, "/api/v1/quotes", None::<&()>)
            .await;
        assert_eq!(asked.0.as_u16(), 503, "{}", asked.1);
    }
    let log = server.log();
    let told = log
        .iter()
        .filter(|line| line.contains("that this server opened is gone"));
    assert_eq!(told.count(), 1, "{log:#?}");
    // The very file is there again.
    std::fs::rename(&away, &file).unwrap();
    tablet.sync().await.unwrap();
    assert_eq!(tablet.replica.waiting(), 0);
    assert_eq!(ready(&server.url).await.0, 200);
}

#[tokio::test]
async fn a_postgres_that_went_back_or_is_another_is_signed_for_no_more() {
    let server = Server::start(Place::postgres().await).await;
    let mut numbers = Numbers(5);
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    for _ in 0..3 {
        record(&mut tablet, &mut numbers);
        tablet.sync().await.unwrap();
    }
    tablet.sync().await.unwrap();
    let mut rows = Rows::of(&server.place).await;
    record(&mut tablet, &mut numbers);

    // As an older copy has it.
    rows.run("update rounds set feed_place = feed_place - 1 where feed_place > 0")
        .await;
    is_refused_as_replaced(&mut tablet).await;
    rows.run("update rounds set feed_place = feed_place + 1 where feed_place > 0")
        .await;
    is_refused_as_replaced(&mut tablet).await;
    assert_eq!(ready(&server.url).await.0, 503);
    // `koffiekar new-epoch` is what makes it good again, beside servers that run.
    rows.run("update installation set epoch = decode(repeat('0a', 16), 'hex')")
        .await;
    assert_eq!(ready(&server.url).await.0, 200);
    tablet.sync().await.unwrap();
    assert_eq!(tablet.replica.waiting(), 0);

    // Sealed for another key file: another installation.
    record(&mut tablet, &mut numbers);
    rows.run("update installation set seal_key = decode(repeat('0b', 32), 'hex')")
        .await;
    is_refused_as_replaced(&mut tablet).await;
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_and_commands_work_beside_the_first() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Binary::start_empty_demo(data.path()).await;
    let command = Command::new(programs::koffiekar());
    let second = Binary::launch(Binary::serve(command, data.path(), 0)).await;
    let refused = second.map(|_| ()).unwrap_err();
    assert!(refused.contains("another server"), "{refused}");
    assert!(refused.contains(&first.id().to_string()), "{refused}");
    assert!(refused.contains("several-servers.md"), "{refused}");

    let folder = data.path().to_str().unwrap();
    let backup = data.path().join("backup.sqlite");
    for command in [
        &["backup", backup.to_str().unwrap()][..],
        &["verify"],
        &["reproject"],
        &["new-receipt-key"],
        &["migrate"],
    ] {
        let done = koffiekar(&[command, &["--data", folder]].concat()).await;
        assert!(done.status.success(), "{command:?}: {}", said(&done));
    }
    // Whoever was killed holds nothing.
    first.kill().await;
    Binary::start(data.path(), 0, false).await;
}

#[tokio::test]
async fn demo_accounts_whose_password_everybody_knows_keep_a_server_from_starting() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let serve = || {
        let command = Command::new(programs::koffiekar());
        let mut command = Binary::serve(command, data.path(), 0);
        command.env_remove("KOFFIEKAR_DEMO");
        command
    };
    let refused = Binary::launch(serve()).await.map(|_| ()).unwrap_err();
    for part in [
        "veldwerker1",
        "beheerder",
        "--demo",
        "disable-demo-accounts",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
    let folder = data.path().to_str().unwrap();
    let disabled = koffiekar(&["disable-demo-accounts", "--data", folder]).await;
    assert!(disabled.status.success(), "{}", said(&disabled));
    let server = Binary::launch(serve()).await.unwrap();
    let wrong = koffiekar_sync_core::office::SignIn {
        login: "beheerder".to_owned(),
        password: demo::PASSWORD.to_owned(),
    };
    let asked = Office::stranger(&server.url)
        .call(reqwest::Method::POST, "/api/v1/session", Some(&wrong))
        .await;
    assert_eq!(asked.0.as_u16(), 401, "{}", asked.1);
}
