//! Copies of an SQLite database: made beside a server that runs, and put back.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use koffiekar_sync_core::ids::ConversationId;
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::{Binary, Place};
use koffiekar_tests::tablet::Tablet;

use super::house::{House, erase, koffiekar, said};

struct Folder {
    data: PathBuf,
    to: PathBuf,
}

impl Folder {
    fn of(house: &House) -> Folder {
        let Place::Sqlite(folder) = &house.server.place else {
            panic!("of SQLite alone")
        };
        Folder {
            data: folder.path().to_owned(),
            to: folder.path().join("backup.sqlite"),
        }
    }

    async fn run(&self, command: &str, more: &[&str]) -> Result<String, String> {
        let (data, to) = (self.data.to_str().unwrap(), self.to.to_str().unwrap());
        let output = koffiekar(&[&[command, "--data", data, to], more].concat()).await;
        match output.status.success() {
            true => Ok(said(&output)),
            false => Err(said(&output)),
        }
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.data).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn all_of(tablet: &Tablet) -> Vec<ConversationId> {
    tablet.replica.conversations().map(|(id, _)| id).collect()
}

#[tokio::test]
async fn a_backup_that_is_put_back_brings_all_of_it_without_what_was_erased_since() {
    let mut house = House::open(Place::sqlite()).await;
    let folder = Folder::of(&house);
    let made = folder.run("backup", &[]).await.unwrap();
    for kept_apart in ["koffiekar.key", "koffiekar.remembered", "erasures.log"] {
        assert!(made.contains(kept_apart), "{made}");
    }
    let mode = std::fs::metadata(&folder.to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // It is never written over.
    let bytes = std::fs::read(&folder.to).unwrap();
    let refused = folder.run("backup", &[]).await.unwrap_err();
    assert!(refused.contains("is there already"), "{refused}");
    assert_eq!(std::fs::read(&folder.to).unwrap(), bytes);

    // What happens after the backup.
    let later = house.record();
    house.tablet.sync().await.unwrap();
    let admin = Office::sign_in(&house.server.url, "beheerder").await;
    erase(
        &admin,
        &format!("/api/v1/conversations/{}/erase", house.plain),
    )
    .await;
    let epoch = "select epoch from installation";
    let epoch_before = Rows::of(&house.server.place).await.bytes(epoch).await;

    // Not beside a server that runs, and not over what is there.
    let refused = folder.run("restore", &[]).await.unwrap_err();
    assert!(refused.contains("--replace"), "{refused}");
    let refused = folder.run("restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("end it first"), "{refused}");
    house.tablet.sync().await.unwrap();

    house.server.end().await;
    let restored = folder.run("restore", &["--replace"]).await.unwrap();
    assert!(restored.contains("Erased again"), "{restored}");
    assert!(restored.contains("new epoch"), "{restored}");
    let kept: Vec<String> = folder.files();
    let kept: Vec<&String> = kept
        .iter()
        .filter(|name| name.contains("replaced"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(restored.contains(kept[0].as_str()), "{restored}");

    house.server.begin().await;
    house.tablet.url.clone_from(&house.server.url);
    let mut rows = Rows::of(&house.server.place).await;
    assert_ne!(rows.bytes(epoch).await, epoch_before);
    let there = "select id from documents";
    let ids = rows.bytes(there).await;
    assert!(!ids.contains(&house.plain.as_bytes().to_vec()));
    assert!(!ids.contains(&later.as_bytes().to_vec()));
    // The tablet brings what the backup had not.
    house.tablet.sync().await.unwrap();
    let ids = rows.bytes(there).await;
    assert!(ids.contains(&later.as_bytes().to_vec()));
    assert!(!ids.contains(&house.plain.as_bytes().to_vec()));
    assert!(!all_of(&house.tablet).contains(&house.plain));
    // What was there before is whole.
    let whole = sqlite_rows(&folder.data.join(kept[0])).await;
    assert!(whole.contains(&later.as_bytes().to_vec()));
}

async fn sqlite_rows(file: &Path) -> Vec<Vec<u8>> {
    use sqlx::Connection;
    let address = format!("sqlite:{}", file.display());
    let connection = sqlx::SqliteConnection::connect(&address).await.unwrap();
    Rows::Sqlite(connection)
        .bytes("select id from documents")
        .await
}

/// Each of them is consistent: what a tablet has a receipt for before a backup begins is in it.
#[tokio::test]
async fn backups_beside_a_server_that_takes_in_are_whole() {
    let mut house = House::open(Place::sqlite()).await;
    let mut folder = Folder::of(&house);
    for number in 0..4 {
        folder.to = folder.data.join(format!("backup-{number}.sqlite"));
        let stored = house.record();
        house.tablet.sync().await.unwrap();
        for _ in 0..20 {
            house.record();
        }
        let (backup, synced) = tokio::join!(folder.run("backup", &[]), house.tablet.sync());
        backup.unwrap();
        synced.unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("koffiekar.sqlite");
        std::fs::copy(&folder.to, &file).unwrap();
        assert!(
            sqlite_rows(&file)
                .await
                .contains(&stored.as_bytes().to_vec())
        );
        let folder = elsewhere.path().to_str().unwrap();
        let verified = koffiekar(&["verify", "--data", folder]).await;
        assert!(verified.status.success(), "{}", said(&verified));
    }
}

#[tokio::test]
async fn what_is_no_backup_is_not_put_back_and_nothing_is_changed() {
    let mut house = House::open(Place::sqlite()).await;
    let mut folder = Folder::of(&house);
    folder.run("backup", &[]).await.unwrap();
    house.server.end().await;
    let good = std::fs::read(&folder.to).unwrap();
    let before = folder.files();
    let database = std::fs::read(folder.data.join("koffiekar.sqlite")).unwrap();

    folder.to = folder.data.join("no.sqlite");
    let refused = folder.run("restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("there is no file"), "{refused}");
    folder.to = folder.data.join("koffiekar.sqlite");
    let refused = folder.run("restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("the database itself"), "{refused}");
    let outside = tempfile::tempdir().unwrap();
    folder.to = outside.path().join("other");
    std::fs::write(&folder.to, b"words").unwrap();
    folder.run("restore", &["--replace"]).await.unwrap_err();
    std::fs::write(&folder.to, b"").unwrap();
    let refused = folder.run("restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("no database of Koffiekar"), "{refused}");
    let mut torn = good.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 20_000].fill(0x5a);
    std::fs::write(&folder.to, &torn).unwrap();
    let refused = folder.run("restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("nothing was put back"), "{refused}");
    // Another installation's key beside it.
    std::fs::write(&folder.to, &good).unwrap();
    let key = folder.data.join("koffiekar.key");
    let ours = std::fs::read(&key).unwrap();
    std::fs::write(&key, "7".repeat(64)).unwrap();
    let refused = folder.run("restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("another key"), "{refused}");
    std::fs::write(&key, ours).unwrap();

    assert_eq!(folder.files(), before);
    let now = std::fs::read(folder.data.join("koffiekar.sqlite")).unwrap();
    let (now, database) = (now.len(), database.len());
    assert_eq!(now, database);
    house.server.begin().await;
    house.tablet.url.clone_from(&house.server.url);
    house.tablet.sync().await.unwrap();
}

/// As after a disaster: the database is destroyed, and its log is there still.
#[tokio::test]
async fn a_backup_takes_the_place_of_a_destroyed_database_and_of_none() {
    let mut house = House::open(Place::sqlite()).await;
    let folder = Folder::of(&house);
    folder.run("backup", &[]).await.unwrap();
    house.server.end().await;
    let database = folder.data.join("koffiekar.sqlite");
    std::fs::write(&database, vec![0x5a; 50_000]).unwrap();
    let log = folder.data.join("koffiekar.sqlite-wal");
    std::fs::write(&log, vec![0x5a; 50_000]).unwrap();
    folder.run("restore", &["--replace"]).await.unwrap();
    assert!(!log.exists());
    assert_eq!(verified(&folder.data).await, Ok(()));

    std::fs::remove_file(&database).unwrap();
    folder.run("restore", &[]).await.unwrap();
    assert_eq!(verified(&folder.data).await, Ok(()));
    let server = Binary::start(&folder.data, 0, false).await;
    house.tablet.url.clone_from(&server.url);
    house.tablet.sync().await.unwrap();
}

async fn verified(data: &Path) -> Result<(), String> {
    let output = koffiekar(&["verify", "--data", data.to_str().unwrap()]).await;
    match output.status.success() {
        true => Ok(()),
        false => Err(said(&output)),
    }
}

#[tokio::test]
async fn for_postgres_its_own_backups_are_named() {
    for command in ["backup", "restore"] {
        let address = ["--database-url", "postgres://localhost/koffiekar"];
        let output = koffiekar(&[&[command], &address[..], &["a-file"]].concat()).await;
        assert!(!output.status.success());
        assert!(
            said(&output).contains("docs/operations.md"),
            "{}",
            said(&output)
        );
    }
}
