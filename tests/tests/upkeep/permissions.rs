//! Whatever the program writes is its owner's alone, whatever the umask; what was open to others is closed.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use koffiekar_tests::programs;
use koffiekar_tests::server::{Binary, Place, Server};
use tokio::process::Command;

use super::house::said;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Under a umask that gives everything to everybody.
async fn koffiekar(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new("sh");
    command.args(["-c", r#"umask 000; exec "$@""#, "sh"]);
    command.arg(programs::koffiekar()).args(arguments);
    command.args(["--log", "warn"]).output().await.unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

fn all_are_private(folder: &Path) {
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    let files = files(folder);
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn every_file_that_a_server_and_its_commands_make_is_their_owners_alone() {
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let folder = data.to_str().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"umask 000; exec "$@""#, "sh"]);
    shell.arg(programs::koffiekar());
    let mut command = Binary::serve(shell, &data, 0);
    command.env_remove("KOFFIEKAR_DEMO");
    let mut server = Binary::launch(command).await.unwrap();
    assert!(data.join("koffiekar.sqlite-wal").exists());
    all_are_private(&data);
    server.kill().await;

    let backup = outer.path().join("backups").join("one.sqlite");
    std::fs::create_dir(backup.parent().unwrap()).unwrap();
    let elsewhere = outer.path().join("moved");
    let moved = format!("sqlite:{}", elsewhere.join("koffiekar.sqlite").display());
    let from = format!("sqlite:{}", data.join("koffiekar.sqlite").display());
    let backup = backup.to_str().unwrap();
    for command in [
        &["backup", "--data", folder, backup][..],
        &["restore", "--replace", "--data", folder, backup],
        &["move", "--from", &from, "--to", &moved],
    ] {
        let done = koffiekar(command).await;
        assert!(done.status.success(), "{command:?}: {}", said(&done));
    }
    assert_eq!(mode(Path::new(backup)), 0o600);
    all_are_private(&data);
    assert_eq!(mode(&elsewhere), 0o700);
    for file in files(&elsewhere) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn files_that_others_could_read_are_closed_and_an_open_folder_is_warned_about() {
    let place = Server::start(Place::sqlite()).await.into_place().await;
    let Place::Sqlite(folder) = &place else {
        panic!("it is SQLite")
    };
    std::fs::write(folder.path().join("erasures.log"), b"").unwrap();
    for file in files(folder.path()) {
        std::fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let done = koffiekar(&["new-epoch", "--data", folder.path().to_str().unwrap()]).await;
    assert!(done.status.success(), "{}", said(&done));
    for file in files(folder.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let said = said(&done);
    assert!(said.contains("chmod 700"), "{said}");
    assert!(
        said.contains("others on this machine could read it"),
        "{said}"
    );
    // It may be anybody's: it is told about and left.
    assert_eq!(mode(folder.path()), 0o755);
}
