//! A throw-away PostgreSQL for the whole test run, and a database in it for each test.
//!
//! It listens on a socket in a temporary folder, runs as the user `postgres` where the tests run as
//! root (it refuses to run as root), and ends with this process.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::programs;

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static NEXT: AtomicU64 = AtomicU64::new(1);

struct Cluster {
    folder: PathBuf,
    /// Its standard input is open as long as this process lives.
    _keeper: Child,
}

/// Runs the program that follows until standard input ends, however that comes; then ends it, and
/// removes the folder named first.
const KEEPER: &str =
    r#"folder=$0; "$@" </dev/null & cat >/dev/null; kill -INT $!; wait; rm -rf "$folder""#;

/// A database of its own.
pub struct Database {
    name: String,
    /// What a server keeps apart from it.
    pub folder: TempDir,
}

impl Database {
    pub async fn fresh() -> Database {
        let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(Cluster::start));
        let cluster = cluster.await.unwrap();
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.run(format!("create database {name}")).await;
        let folder = tempfile::tempdir().unwrap();
        Database { name, folder }
    }

    /// The same once more; nobody may be connected.
    pub async fn copy(&self) -> Database {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let made = format!("create database {name} template {}", self.name);
        CLUSTER.get().unwrap().run(made).await;
        let folder = tempfile::tempdir().unwrap();
        Database { name, folder }
    }

    /// Everything in it is as in the other one; nobody may be connected.
    pub async fn become_as(&self, other: &Database) {
        let (name, other) = (&self.name, &other.name);
        let cluster = CLUSTER.get().unwrap();
        cluster
            .run(format!("drop database {name} with (force)"))
            .await;
        cluster
            .run(format!("create database {name} template {other}"))
            .await;
    }

    pub fn address(&self) -> String {
        CLUSTER.get().unwrap().address(&self.name)
    }
}

impl Cluster {
    fn start() -> Cluster {
        let bin = programs::postgres();
        let folder = tempfile::Builder::new()
            .prefix("koffiekar-pg-")
            .tempdir()
            .unwrap()
            .keep();
        let owner = Owner::of_cluster();
        owner.give(&folder);
        let data = folder.join("data");
        let made = owner
            .command(&bin.join("initdb"))
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-U",
                "koffiekar",
            ])
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let mut command = owner.command(Path::new("sh"));
        command
            .args(["-c", KEEPER])
            .arg(&folder)
            .arg(bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=400",
            ])
            .args(["-c", "shared_buffers=64MB"])
            .arg("-k")
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let keeper = command.spawn().unwrap();
        let patience = Instant::now() + Duration::from_secs(60);
        // The socket is there before the server answers on it.
        let is_ready = || {
            let mut ask = Command::new(bin.join("pg_isready"));
            ask.arg("-q").arg("-h").arg(&folder);
            ask.status().unwrap().success()
        };
        while !is_ready() {
            assert!(Instant::now() < patience, "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Cluster {
            folder,
            _keeper: keeper,
        }
    }

    async fn run(&self, statement: String) {
        let mut connection = PgConnection::connect(&self.address("postgres"))
            .await
            .unwrap();
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap();
    }

    fn address(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://koffiekar@{folder}/{database}")
    }
}

/// Whom the cluster belongs to.
enum Owner {
    Myself,
    Postgres { user: u32, group: u32 },
}

impl Owner {
    fn of_cluster() -> Self {
        let id = |flag: &str, name: &str| -> u32 {
            let output = Command::new("id").args([flag, name]).output().unwrap();
            String::from_utf8_lossy(&output.stdout)
                .trim()
                .parse()
                .unwrap()
        };
        let me = Command::new("id").arg("-u").output().unwrap();
        if String::from_utf8_lossy(&me.stdout).trim() == "0" {
            Self::Postgres {
                user: id("-u", "postgres"),
                group: id("-g", "postgres"),
            }
        } else {
            Self::Myself
        }
    }

    fn give(&self, folder: &Path) {
        if let Self::Postgres { user, group } = self {
            std::os::unix::fs::chown(folder, Some(*user), Some(*group)).unwrap();
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null());
        if let Self::Postgres { user, group } = self {
            command.uid(*user).gid(*group);
        }
        command
    }
}
