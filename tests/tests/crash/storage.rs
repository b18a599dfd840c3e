//! The disk is full, takes nothing or only reads; another program holds the database. Nothing that
//! was acknowledged is lost, tablets keep what they have, and the server goes on by itself.

use std::path::Path;
use std::process::Stdio;

use koffiekar_server::demo;
use koffiekar_sync_core::office::Problem;
use koffiekar_tests::disk::SmallDisk;
use koffiekar_tests::programs;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, sqlite_address};
use koffiekar_tests::tablet::{SyncError, Tablet};
use sqlx::{Connection, Executor, SqliteConnection};
use tokio::process::Command;

use super::watch::{QUOTES, Watcher, acknowledged, assert_kept, ready};

/// Conversations that are recorded at a time.
const EACH: usize = 40;

fn record(tablet: &mut Tablet, numbers: &mut Numbers) {
    let user = tablet.replica.identity().user;
    for _ in 0..EACH {
        let new = conversation(numbers, user, tablet.now(), QUOTES);
        tablet.record(demo::round("buurtronde-2026"), &new);
    }
}

/// Records and syncs until the server takes no more; what it says then. A log that was written
/// before has room for a while.
async fn until_refused(tablet: &mut Tablet, numbers: &mut Numbers) -> Problem {
    for _ in 0..200 {
        record(tablet, numbers);
        match tablet.sync().await {
            Ok(_) => {}
            Err(SyncError::Refused(problem)) => return problem,
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("this disk is never full");
}

/// What must hold of a server whose disk takes nothing, from the refusal to the end.
async fn it_goes_on_by_itself(
    server: &mut Binary,
    code: &str,
    mut tablet: Tablet,
    mut watcher: Watcher,
    stop: impl AsyncFnOnce(),
    mend: impl AsyncFnOnce(),
) -> Tablet {
    let mut numbers = Numbers(9);
    record(&mut tablet, &mut numbers);
    tablet.sync().await.unwrap();
    assert_eq!(ready(&server.url).await.0, 200);

    stop().await;
    let problem = until_refused(&mut tablet, &mut numbers).await;
    assert_eq!((problem.status, problem.code()), (503, code), "{problem:?}");
    let (status, said) = ready(&server.url).await;
    assert_eq!(status, 503);
    assert!(said.contains(code), "{said}");
    // What is there can still be read, and nothing acknowledged is missing.
    let there = watcher.everything(&server.url).await;
    assert_kept(&acknowledged(&tablet), &there);
    // The tablet keeps its work, through a restart too, and takes new work.
    let waiting = tablet.replica.waiting();
    assert!(waiting > 0);
    tablet.restart();
    record(&mut tablet, &mut numbers);
    assert_eq!(tablet.replica.waiting(), waiting + EACH);
    let refused = tablet.sync().await;
    assert!(matches!(refused, Err(SyncError::Refused(_))), "{refused:?}");

    mend().await;
    let process = server.id();
    assert_eq!(ready(&server.url).await.0, 200);
    tablet.sync().await.unwrap();
    assert_eq!(tablet.replica.waiting(), 0);
    let there = watcher.everything(&server.url).await;
    assert!(there.keys().eq(acknowledged(&tablet).keys()));
    assert_kept(&acknowledged(&tablet), &there);
    assert_eq!(server.id(), process);

    let log = server.log();
    assert!(log.iter().any(|line| line.contains(code)), "{log:#?}");
    for id in there.keys() {
        for quote in tablet.read(*id).quotes {
            let words = quote.wording.first();
            assert!(!log.iter().any(|line| line.contains(words)), "{words}");
        }
    }
    tablet
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_loses_nothing_and_is_left_by_making_room() {
    let Some(disk) = SmallDisk::mount(8).await else {
        eprintln!(
            "no disk can be mounted here: a bound on the size of files stands in for a full one"
        );
        return a_disk_that_takes_nothing(20_000).await;
    };
    eprintln!("the full disk is a tmpfs of 8 MB");
    let elsewhere = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(elsewhere.path()).await;
    for file in std::fs::read_dir(elsewhere.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), disk.from_outside().join(file.file_name())).unwrap();
    }
    let serve = || Binary::serve(disk.command(&programs::koffiekar()), disk.folder.path(), 0);
    let mut server = Binary::launch(serve()).await.unwrap();
    let watcher = Watcher::enrol(&server.url).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let fill = async || disk.fill();
    let make_room = async || disk.make_room();
    tablet = it_goes_on_by_itself(
        &mut server,
        "storage-full",
        tablet,
        watcher,
        fill,
        make_room,
    )
    .await;

    server.kill().await;
    let server = Binary::launch(serve()).await.unwrap();
    let there = Watcher::enrol(&server.url)
        .await
        .everything(&server.url)
        .await;
    assert_kept(&acknowledged(&tablet), &there);
}

#[tokio::test]
async fn a_disk_that_fails_refuses_clearly_loses_nothing_and_is_left_when_it_works_again() {
    a_disk_that_takes_nothing(0).await;
}

/// No file of the server may grow beyond so many kilobytes: the kernel refuses the write.
async fn a_disk_that_takes_nothing(kilobytes: u32) {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    // Whoever writes beyond the bound is killed by a signal, unless it is ignored.
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]);
    shell.arg(programs::koffiekar());
    let mut server = Binary::launch(Binary::serve(shell, data.path(), 0))
        .await
        .unwrap();
    let watcher = Watcher::enrol(&server.url).await;
    let tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let process = server.id();
    let bound = async |bytes: String| {
        let mut prlimit = Command::new("prlimit");
        prlimit.args([
            "--pid",
            &process.to_string(),
            &format!("--fsize={bytes}:unlimited"),
        ]);
        assert!(prlimit.status().await.unwrap().success());
    };
    let stop = async || bound((kilobytes * 1024).to_string()).await;
    let mend = async || bound("unlimited".to_owned()).await;
    let code = "storage-unavailable";
    it_goes_on_by_itself(&mut server, code, tablet, watcher, stop, mend).await;
}

#[tokio::test]
async fn a_database_held_by_another_program_is_busy_and_goes_on_when_it_is_let_go() {
    let data = tempfile::tempdir().unwrap();
    let server = Binary::start_empty_demo(data.path()).await;
    let mut watcher = Watcher::enrol(&server.url).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(9);
    record(&mut tablet, &mut numbers);

    let mut other = SqliteConnection::connect(&sqlite_address(data.path()))
        .await
        .unwrap();
    other.execute("begin immediate").await.unwrap();
    let refused = tablet.sync().await;
    let Err(SyncError::Refused(problem)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((problem.status, problem.code()), (503, "busy"));
    assert_eq!(tablet.replica.waiting(), EACH);
    assert!(watcher.everything(&server.url).await.is_empty());

    other.execute("rollback").await.unwrap();
    tablet.sync().await.unwrap();
    assert_eq!(ready(&server.url).await.0, 200);
    let there = watcher.everything(&server.url).await;
    assert!(there.keys().eq(acknowledged(&tablet).keys()));
    assert_eq!(there.len(), EACH);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_not_taken_into_use_and_the_reason_is_told() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let database = data.path().join("koffiekar.sqlite");
    let start =
        async |command: Command| Binary::launch(Binary::serve(command, data.path(), 0)).await;

    // Root writes wherever it wants, except where the mount forbids it.
    for read_only in [data.path(), &database] {
        let Some(command) = read_only_for(read_only).await else {
            eprintln!("nobody may mount here: permissions stand in for a read-only disk");
            without_permission(&database, start).await;
            return;
        };
        let said = start(command).await.map(|_| ()).unwrap_err();
        let told = said.contains("cannot write in the data folder")
            || said.contains("look at the disk and at whose the files are");
        assert!(told, "{}: {said}", read_only.display());
    }
    let whole = Binary::start(data.path(), 0, false).await;
    assert_eq!(ready(&whole.url).await.0, 200);
}

/// The program where this folder or file can only be read.
async fn read_only_for(path: &Path) -> Option<Command> {
    let mount =
        r#"mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 77; shift; exec "$@""#;
    let unshare = |program: &Path| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--map-root-user", "sh", "-c", mount, "sh"]);
        unshare.arg(path).arg(program);
        unshare
    };
    let mut trial = unshare(Path::new("true"));
    let status = trial.stderr(Stdio::null()).status().await;
    status
        .is_ok_and(|status| status.success())
        .then(|| unshare(&programs::koffiekar()))
}

async fn without_permission(
    database: &Path,
    start: impl AsyncFn(Command) -> Result<Binary, String>,
) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(database, PermissionsExt::from_mode(0o444)).unwrap();
    let said = start(Command::new(programs::koffiekar())).await;
    let said = said.map(|_| ()).unwrap_err();
    assert!(said.contains("look at the disk"), "{said}");
}
