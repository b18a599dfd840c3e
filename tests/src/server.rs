//! Servers for one test: inside this process, or as the real binary that can be killed.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use koffiekar_server::store::Store;
use koffiekar_server::web::bounds::Shares;
use koffiekar_server::web::proxies::Proxies;
use koffiekar_server::{Apart, Bounds, Clock, Koffiekar};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::postgres::Database;
use crate::programs;

/// A server inside this process. Ends when it is dropped.
pub struct Server {
    pub url: String,
    pub koffiekar: Koffiekar,
    /// Kept alive as long as the server.
    pub place: Place,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

/// What a server did not hear of is not made up for in these tests, unless one is about that.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the data of one test lives.
pub enum Place {
    Sqlite(TempDir),
    Postgres(Database),
}

impl Place {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub async fn postgres() -> Self {
        Self::Postgres(Database::fresh().await)
    }

    /// Where a server keeps what stands apart from its database.
    pub fn apart(&self) -> Apart {
        match self {
            Self::Sqlite(folder) => Apart::beside(folder.path()),
            Self::Postgres(database) => Apart::beside(database.folder.path()),
        }
    }

    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(folder) => sqlite_address(folder.path()),
            Self::Postgres(database) => database.address(),
        }
    }

    /// The same PostgreSQL, for a second server.
    pub fn again(&self) -> Place {
        match self {
            Self::Sqlite(_) => panic!("SQLite has one server"),
            Self::Postgres(database) => Self::Postgres(database.clone()),
        }
    }

    /// Nobody may have the database open.
    async fn backup(&self) -> Backup {
        match self {
            Self::Sqlite(folder) => Backup::Sqlite(Files::of(folder.path())),
            Self::Postgres(database) => Backup::Postgres(database.copy().await),
        }
    }

    /// A backup in the place of the database; nobody may have that open.
    pub async fn put_back(&self, backup: &Backup) {
        match (self, backup) {
            (Self::Sqlite(folder), Backup::Sqlite(files)) => files.put_back(folder.path()),
            (Self::Postgres(database), Backup::Postgres(copy)) => database.become_as(copy).await,
            _ => panic!("a backup of another engine"),
        }
    }
}

/// A database as it stood, without what is kept apart from it.
pub enum Backup {
    Sqlite(Files),
    Postgres(Database),
}

/// The files of an SQLite database that nobody has open.
pub struct Files(Vec<(&'static str, Vec<u8>)>);

const FILES: [&str; 3] = [
    "koffiekar.sqlite",
    "koffiekar.sqlite-wal",
    "koffiekar.sqlite-shm",
];

impl Files {
    pub fn of(folder: &Path) -> Files {
        let read = |name: &'static str| Some((name, std::fs::read(folder.join(name)).ok()?));
        Files(FILES[..2].iter().filter_map(|name| read(name)).collect())
    }

    pub fn put_back(&self, folder: &Path) {
        for name in FILES {
            let _ = std::fs::remove_file(folder.join(name));
        }
        for (name, bytes) in &self.0 {
            let file = folder.join(name);
            std::fs::write(&file, bytes).unwrap();
            // As the program made it.
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        }
    }
}

pub fn sqlite_address(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("koffiekar.sqlite").display())
}

impl Server {
    /// With the demo's programme, rounds and people, without its conversations.
    pub async fn start(place: Place) -> Server {
        Server::start_bounded(place, Bounds::default()).await
    }

    /// The same with other bounds on its work.
    pub async fn start_bounded(place: Place, bounds: Bounds) -> Server {
        let server = Self::start_as(place, Clock::System, NEVER, bounds).await;
        koffiekar_server::demo::load(&server.koffiekar)
            .await
            .unwrap();
        server
    }

    /// Empty, or with what the place holds already.
    pub async fn start_with_clock(place: Place, clock: Clock) -> Server {
        Self::start_looking(place, clock, NEVER).await
    }

    /// One that looks this often for what other servers did.
    pub async fn start_looking(place: Place, clock: Clock, look_every: Duration) -> Server {
        Self::start_as(place, clock, look_every, Bounds::default()).await
    }

    /// With the demo's programme, rounds and people, behind proxies that it trusts.
    pub async fn start_behind(place: Place, clock: Clock, proxies: &[&str]) -> Server {
        let trusted = proxies.iter().map(|proxy| proxy.parse().unwrap());
        let proxies = Arc::new(Proxies::trusted(trusted.collect()));
        let bounds = Bounds::default();
        let server = Self::start_serving(place, clock, NEVER, bounds, proxies).await;
        koffiekar_server::demo::load(&server.koffiekar)
            .await
            .unwrap();
        server
    }

    async fn start_as(place: Place, clock: Clock, look_every: Duration, bounds: Bounds) -> Server {
        Self::start_serving(place, clock, look_every, bounds, Arc::default()).await
    }

    async fn start_serving(
        place: Place,
        clock: Clock,
        look_every: Duration,
        bounds: Bounds,
        proxies: Arc<Proxies>,
    ) -> Server {
        let (url, koffiekar, stop, ended) =
            Self::serve(&place, clock, look_every, bounds, proxies).await;
        Server {
            url,
            koffiekar,
            place,
            stop: Some(stop),
            ended,
        }
    }

    /// Of a server on PostgreSQL.
    pub fn database(&self) -> &Database {
        match &self.place {
            Place::Sqlite(_) => panic!("this server is on SQLite"),
            Place::Postgres(database) => database,
        }
    }

    /// Another server on the same database.
    pub async fn beside(&self) -> Server {
        let clock = self.koffiekar.clock.clone();
        Server::start_with_clock(self.place.again(), clock).await
    }

    /// Ends it as an administrator would and starts it anew, elsewhere, on the same data. What the
    /// server was doing in the background has ended then.
    pub async fn restart(&mut self) {
        self.end().await;
        self.begin().await;
    }

    /// A backup as an administrator makes it who ends the server for it.
    pub async fn backup(&mut self) -> Backup {
        self.end().await;
        let backup = self.place.backup().await;
        self.begin().await;
        backup
    }

    /// A backup in the place of what is there; whoever does it has not said so yet.
    pub async fn put_back(&mut self, backup: &Backup) {
        self.end().await;
        self.place.put_back(backup).await;
        self.begin().await;
    }

    /// The same on another machine: of what stood apart from the database only the key file came along.
    pub async fn put_back_elsewhere(&mut self, backup: &Backup) {
        self.end().await;
        self.place.put_back(backup).await;
        std::fs::remove_file(self.place.apart().remembered()).unwrap();
        self.begin().await;
    }

    /// Ends it, for others to work with its data.
    pub async fn into_place(mut self) -> Place {
        self.end().await;
        std::mem::replace(&mut self.place, Place::sqlite())
    }

    /// Its data stays, for whoever goes on with it.
    pub async fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.ended).await.unwrap();
        self.koffiekar.store.close().await;
    }

    /// After [`Server::end`], elsewhere and on the same data.
    pub async fn begin(&mut self) {
        let clock = self.koffiekar.clock.clone();
        let look_every = self.koffiekar.look_every;
        let bounds = self.koffiekar.shares.bounds;
        let proxies = self.koffiekar.proxies.clone();
        let (url, koffiekar, stop, ended) =
            Self::serve(&self.place, clock, look_every, bounds, proxies).await;
        self.url = url;
        self.koffiekar = koffiekar;
        self.stop = Some(stop);
        self.ended = ended;
    }

    async fn serve(
        place: &Place,
        clock: Clock,
        look_every: Duration,
        bounds: Bounds,
        proxies: Arc<Proxies>,
    ) -> (String, Koffiekar, oneshot::Sender<()>, JoinHandle<()>) {
        let store = Store::open(&place.address()).await.unwrap();
        let mut koffiekar = Koffiekar::new(store, clock, &place.apart()).await.unwrap();
        koffiekar.look_every = look_every;
        koffiekar.shares = Shares::of(bounds);
        koffiekar.proxies = proxies;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (stop, stopped) = oneshot::channel();
        let served = koffiekar.clone();
        let ended = tokio::spawn(async move {
            let ended = async {
                let _ = stopped.await;
            };
            koffiekar_server::serve(served, listener, ended)
                .await
                .unwrap();
        });
        (url, koffiekar, stop, ended)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// The real binary in a process of its own. Killed when it is dropped.
pub struct Binary {
    pub url: String,
    pub port: u16,
    /// Where its figures are, if it was told where to show them.
    pub metrics: Option<String>,
    process: Child,
    log: Log,
}

/// The lines of a log so far.
type Log = Arc<Mutex<Vec<String>>>;

impl Binary {
    /// Starts `koffiekar serve` on a folder and waits until it says where it is.
    pub async fn start(data: &Path, port: u16, demo: bool) -> Binary {
        let mut command = Self::serve(Command::new(programs::koffiekar()), data, port);
        if !demo && !data.join(FILES[0]).exists() {
            command.env_remove("KOFFIEKAR_DEMO");
        }
        Self::launch(command).await.unwrap()
    }

    /// A command that begins with the program, or with others that become it, and goes on so that
    /// it serves; with the demo's accounts, which a server otherwise refuses.
    pub fn serve(mut command: Command, data: &Path, port: u16) -> Command {
        command
            .args(["serve", "--log", "warn", "--data"])
            .arg(data)
            .args(["--port", &port.to_string()])
            .env("KOFFIEKAR_DEMO", "1");
        command
    }

    /// The same on a PostgreSQL; several may share it, each with a folder of its own.
    pub fn serve_on(database: &Database, data: &Path, port: u16) -> Command {
        let mut command = Self::serve(Command::new(programs::koffiekar()), data, port);
        command
            .env("KOFFIEKAR_DATABASE_URL", database.address())
            .env(
                "KOFFIEKAR_KEY_FILE",
                database.folder.path().join("koffiekar.key"),
            );
        command
    }

    /// Waits until it says where it is. The error is what it said when it ended instead.
    pub async fn launch(mut command: Command) -> Result<Binary, String> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let log = Log::default();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let heard = log.clone();
        let listening = tokio::spawn(async move {
            while let Ok(Some(line)) = said.next_line().await {
                eprintln!("server: {line}");
                heard.lock().unwrap().push(line);
            }
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut metrics = None;
        let url = loop {
            match lines.next_line().await.unwrap() {
                Some(line) => {
                    if let Some(url) = line.strip_prefix("Koffiekar: ") {
                        break url.to_owned();
                    }
                    metrics = line
                        .strip_prefix("Metrics: ")
                        .map(str::to_owned)
                        .or(metrics);
                }
                None => {
                    listening.await.unwrap();
                    return Err(log.lock().unwrap().join("\n"));
                }
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        Ok(Binary {
            url,
            port,
            metrics,
            process,
            log,
        })
    }

    /// With the demo's programme, rounds and people, without its conversations.
    pub async fn start_empty_demo(data: &Path) -> Binary {
        Self::lay_out_empty_demo(data).await;
        Binary::start(data, 0, false).await
    }

    /// The demo's programme, rounds and people, for a server that starts here.
    pub async fn lay_out_empty_demo(data: &Path) {
        Self::lay_out_empty_demo_at(&sqlite_address(data), data).await;
    }

    /// The same in any database; `apart` is the folder of what stands apart from it.
    pub async fn lay_out_empty_demo_at(address: &str, apart: &Path) {
        let store = Store::open(address).await.unwrap();
        let apart = Apart::beside(apart);
        let koffiekar = Koffiekar::new(store, Clock::System, &apart).await.unwrap();
        koffiekar_server::demo::load(&koffiekar).await.unwrap();
        koffiekar.store.close().await;
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.process.start_kill().unwrap();
        self.process.wait().await.unwrap();
    }

    /// Asks it to end, as the system does, and waits until it has.
    pub async fn end(&mut self) -> ExitStatus {
        let told = Command::new("kill").arg(self.id().to_string()).status();
        assert!(told.await.unwrap().success());
        self.process.wait().await.unwrap()
    }

    pub fn id(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// What it logged until now.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}
