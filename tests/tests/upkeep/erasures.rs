//! What was erased does not come back where the log of it is missing.

use koffiekar_server::store::Store;
use koffiekar_server::{ApartError, Clock, Koffiekar, StartError};
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::Place;

use super::house::{House, erase, koffiekar, said};

async fn erased_since(house: &House) {
    let admin = Office::sign_in(&house.server.url, "beheerder").await;
    let path = format!("/api/v1/conversations/{}/erase", house.plain);
    erase(&admin, &path).await;
}

async fn has_plain(house: &House, place: &Place) -> bool {
    let ids = Rows::of(place)
        .await
        .bytes("select id from documents")
        .await;
    ids.contains(&house.plain.as_bytes().to_vec())
}

#[tokio::test]
async fn a_backup_is_not_put_back_without_the_log_of_what_was_erased_since() {
    let mut house = House::open(Place::sqlite()).await;
    let Place::Sqlite(folder) = &house.server.place else {
        panic!("it is SQLite")
    };
    let data = folder.path().to_owned();
    let backup = data.join("backup.sqlite");
    let (folder, backup) = (data.to_str().unwrap(), backup.to_str().unwrap());
    let made = koffiekar(&["backup", "--data", folder, backup]).await;
    assert!(made.status.success(), "{}", said(&made));
    erased_since(&house).await;
    house.server.end().await;

    let log = data.join("erasures.log");
    let newest = std::fs::read(&log).unwrap();
    let lines = newest.iter().filter(|byte| **byte == b'\n').count();
    let cut = newest[..newest.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap();
    for older in [None, Some(&newest[..=cut])] {
        match older {
            None => std::fs::remove_file(&log).unwrap(),
            Some(older) => std::fs::write(&log, older).unwrap(),
        }
        let restore = ["restore", "--replace", "--data", folder, backup];
        let refused = koffiekar(&restore).await;
        let said = said(&refused);
        assert!(!refused.status.success(), "{said}");
        assert!(
            said.contains("erasures.log") && said.contains("--erasures-lost"),
            "{said}"
        );
        assert!(said.contains(&format!("{lines} erasures")), "{said}");
        assert!(!has_plain(&house, &house.server.place).await);
    }
    // Put into the database's place by hand it is not served either.
    let current = std::fs::read(data.join("koffiekar.sqlite")).unwrap();
    std::fs::copy(backup, data.join("koffiekar.sqlite")).unwrap();
    let refused = koffiekar(&["new-epoch", "--data", folder]).await;
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("erasures.log"),
        "{}",
        said(&refused)
    );
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("koffiekar.sqlite{end}")));
    }
    std::fs::write(data.join("koffiekar.sqlite"), current).unwrap();

    std::fs::write(&log, &newest).unwrap();
    let restore = ["restore", "--replace", "--data", folder, backup];
    let restored = koffiekar(&restore).await;
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(!has_plain(&house, &house.server.place).await);

    // Where it is lost for good, somebody says so once.
    std::fs::remove_file(&log).unwrap();
    let lost = [&restore[..], &["--erasures-lost"]].concat();
    let restored = koffiekar(&lost).await;
    assert!(restored.status.success(), "{}", said(&restored));
    house.server.begin().await;
    assert!(has_plain(&house, &house.server.place).await);
}

#[tokio::test]
async fn an_older_postgres_is_not_served_without_the_log_either() {
    let mut house = House::open(Place::postgres().await).await;
    let backup = house.server.backup().await;
    erased_since(&house).await;
    let apart = house.server.place.apart();
    let log = std::fs::read(apart.erasures()).unwrap();
    house.server.end().await;
    let place = std::mem::replace(&mut house.server.place, Place::sqlite());
    place.put_back(&backup).await;
    std::fs::remove_file(apart.erasures()).unwrap();
    let start = async || {
        let store = Store::open(&place.address()).await.unwrap();
        let started = Koffiekar::new(store.clone(), Clock::System, &apart).await;
        store.close().await;
        started.map(drop)
    };
    let refused = start().await.unwrap_err();
    assert!(
        matches!(
            refused,
            StartError::Apart(ApartError::ErasuresMissing { .. })
        ),
        "{refused}"
    );
    std::fs::write(apart.erasures(), log).unwrap();
    start().await.unwrap();
    assert!(!has_plain(&house, &place).await);
}

/// While the database knows of all of them, nothing is lost with the log: it is written again.
#[tokio::test]
async fn a_lost_log_is_written_again_from_the_database() {
    let mut house = House::open(Place::sqlite()).await;
    let Place::Sqlite(folder) = &house.server.place else {
        panic!("it is SQLite")
    };
    let backup = folder.path().join("backup.sqlite");
    let log = folder.path().join("erasures.log");
    let data = folder.path().to_str().unwrap().to_owned();
    let made = koffiekar(&["backup", "--data", &data, backup.to_str().unwrap()]).await;
    assert!(made.status.success(), "{}", said(&made));
    erased_since(&house).await;
    house.server.end().await;
    let lines = |text: String| -> Vec<String> {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = lines(std::fs::read_to_string(&log).unwrap());
    std::fs::remove_file(&log).unwrap();
    house.server.begin().await;
    assert_eq!(lines(std::fs::read_to_string(&log).unwrap()), before);
    house.server.end().await;
    let restore = [
        "restore",
        "--replace",
        "--data",
        &data,
        backup.to_str().unwrap(),
    ];
    let restored = koffiekar(&restore).await;
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(!has_plain(&house, &house.server.place).await);
}
