//! A throw-away PostgreSQL for the whole test run, and a database in it for each test.
//!
//! It listens on a socket in a temporary folder, runs as the user `postgres` where the tests run as
//! root (it refuses to run as root), and ends with this process.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::certified::Certified;
use crate::programs;

static CLUSTER: OnceLock<Arc<Cluster>> = OnceLock::new();
static NEXT: AtomicU64 = AtomicU64::new(1);

struct Cluster {
    folder: PathBuf,
    /// Where it listens beside its socket.
    port: Option<u16>,
    /// Its standard input is open as long as this process lives.
    keeper: Mutex<Child>,
}

/// Runs the program that follows until standard input ends, however that comes; then ends it, and
/// removes the folder named first.
const KEEPER: &str =
    r#"folder=$0; "$@" </dev/null & cat >/dev/null; kill -INT $!; wait; rm -rf "$folder""#;

/// A database of its own.
#[derive(Clone)]
pub struct Database {
    name: String,
    cluster: Arc<Cluster>,
    /// What a server keeps apart from it.
    pub folder: Arc<TempDir>,
}

impl Database {
    pub async fn fresh() -> Database {
        let cluster = || CLUSTER.get_or_init(|| Arc::new(Cluster::start(None)));
        let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
        Database::in_cluster(cluster.clone()).await
    }

    /// In a PostgreSQL that nobody else uses, so that it may be ended. It listens on a port.
    pub async fn on_its_own() -> Database {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let start = move || Arc::new(Cluster::start(Some(port)));
        let cluster = tokio::task::spawn_blocking(start).await.unwrap();
        Database::in_cluster(cluster).await
    }

    /// In a PostgreSQL of its own that encrypts, with this certificate.
    pub async fn encrypted(certified: &Certified) -> Database {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let certified = certified.clone();
        let start = move || Arc::new(Cluster::start_with(Some(port), Some(&certified)));
        let cluster = tokio::task::spawn_blocking(start).await.unwrap();
        Database::in_cluster(cluster).await
    }

    /// Over the network, by this name or address, with something behind the database's name.
    pub fn address_at(&self, host: &str, end: &str) -> String {
        let port = self.cluster.port.unwrap();
        format!("postgres://koffiekar@{host}:{port}/{}{end}", self.name)
    }

    async fn in_cluster(cluster: Arc<Cluster>) -> Database {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.run(format!("create database {name}")).await;
        Database {
            name,
            cluster,
            folder: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    /// The same once more; nobody may be connected.
    pub async fn copy(&self) -> Database {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let made = format!("create database {name} template {}", self.name);
        self.cluster.run(made).await;
        Database {
            name,
            cluster: self.cluster.clone(),
            folder: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    /// Everything in it is as in the other one; nobody may be connected.
    pub async fn become_as(&self, other: &Database) {
        let (name, other) = (&self.name, &other.name);
        self.cluster
            .run(format!("drop database {name} with (force)"))
            .await;
        self.cluster
            .run(format!("create database {name} template {other}"))
            .await;
    }

    pub fn address(&self) -> String {
        self.cluster.address(&self.name)
    }

    /// What one row of one column says.
    pub async fn number(&self, statement: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.address()).await.unwrap();
        let asked = sqlx::query_scalar(statement).fetch_one(&mut connection);
        let number = asked.await.unwrap();
        connection.close().await.unwrap();
        number
    }

    /// A statement of an administrator, in another database.
    pub async fn administer(&self, statement: impl FnOnce(&str) -> String) {
        self.cluster.run(statement(&self.name)).await;
    }

    /// Ends a PostgreSQL of its own at once, in the middle of everything, as a power cut does.
    pub async fn cut_off(&self) {
        let cluster = self.cluster.clone();
        tokio::task::spawn_blocking(move || cluster.cut_off())
            .await
            .unwrap();
    }

    /// Starts it again, as it was.
    pub async fn begin_again(&self) {
        let cluster = self.cluster.clone();
        tokio::task::spawn_blocking(move || {
            *cluster.keeper.lock().unwrap() = serve(&cluster.folder, cluster.port);
            wait_for(&cluster.folder, cluster.port);
        })
        .await
        .unwrap();
    }
}

impl Cluster {
    /// With a port it is on its own: its folder stays when it is cut off.
    fn start(port: Option<u16>) -> Cluster {
        Self::start_with(port, None)
    }

    fn start_with(port: Option<u16>, certified: Option<&Certified>) -> Cluster {
        let folder = tempfile::Builder::new()
            .prefix("koffiekar-pg-")
            .tempdir()
            .unwrap()
            .keep();
        let owner = Owner::of_cluster();
        owner.give(&folder);
        let made = owner
            .command(&programs::postgres().join("initdb"))
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-U",
                "koffiekar",
            ])
            .arg("-D")
            .arg(folder.join("data"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        if let Some(certified) = certified {
            let data = folder.join("data");
            for (name, text) in [
                ("server.crt", &certified.certificate),
                ("server.key", &certified.key),
            ] {
                let file = data.join(name);
                std::fs::write(&file, text).unwrap();
                let private = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(&file, private).unwrap();
                owner.give(&file);
            }
            let settings = data.join("postgresql.auto.conf");
            std::fs::write(settings, "ssl = on\n").unwrap();
        }
        let keeper = Mutex::new(serve(&folder, port));
        wait_for(&folder, port);
        Cluster {
            folder,
            port,
            keeper,
        }
    }

    fn cut_off(&self) {
        assert!(self.port.is_some(), "others use this PostgreSQL");
        let running = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let running = running.unwrap();
        let number = running.lines().next().unwrap();
        let told = Command::new("kill").args(["-QUIT", number]).status();
        assert!(told.unwrap().success());
        let mut keeper = self.keeper.lock().unwrap();
        drop(keeper.stdin.take());
        keeper.wait().unwrap();
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
        if let Some(port) = self.port {
            return format!("postgres://koffiekar@127.0.0.1:{port}/{database}");
        }
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://koffiekar@{folder}/{database}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap();
        drop(keeper.stdin.take());
        let _ = keeper.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn serve(folder: &Path, port: Option<u16>) -> Child {
    let mut command = Owner::of_cluster().command(Path::new("sh"));
    let removed = match port {
        Some(_) => Path::new(""),
        None => folder,
    };
    command
        .args(["-c", KEEPER])
        .arg(removed)
        .arg(programs::postgres().join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-c", "fsync=off", "-c", "max_connections=400"])
        .args(["-c", "shared_buffers=64MB"])
        .arg("-k")
        .arg(folder);
    match port {
        Some(port) => command.args(["-c", "listen_addresses=127.0.0.1", "-p", &port.to_string()]),
        None => command.args(["-c", "listen_addresses="]),
    };
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The socket is there before the server answers on it.
fn wait_for(folder: &Path, port: Option<u16>) {
    let patience = Instant::now() + Duration::from_secs(60);
    let is_ready = || {
        let mut ask = Command::new(programs::postgres().join("pg_isready"));
        ask.arg("-q").arg("-h").arg(folder);
        if let Some(port) = port {
            ask.args(["-p", &port.to_string()]);
        }
        ask.status().unwrap().success()
    };
    while !is_ready() {
        assert!(Instant::now() < patience, "PostgreSQL did not start");
        std::thread::sleep(Duration::from_millis(20));
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
