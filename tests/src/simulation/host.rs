//! The real server inside the simulation: its router without a socket, its store on a copy of a
//! template in memory, its clock and its chance in the hands of the scheduler.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use koffiekar_server::office::programme;
use koffiekar_server::store::accounts::{self, Account, NewAccount};
use koffiekar_server::store::{Store, Tx, devices, receipt_keys as keys, rounds, sessions};
use koffiekar_server::sync::receipt_keys;
use koffiekar_server::upkeep::restored;
use koffiekar_server::web::routes::sync::CONTENT_TYPE;
use koffiekar_server::{Apart, Clock, Koffiekar, Random, random, router};
use koffiekar_sync_core::catalogue::{Round, RoundKind};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, RoundId, UserId};
use koffiekar_sync_core::office::{Problem, Role};
use koffiekar_sync_core::replica::Identity;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use crate::server::sqlite_address;

/// When every run begins: a Saturday in January 2026.
pub const START: Millis = Millis(1_769_250_000_000);
pub const MOST_PEOPLE: usize = 6;
pub const MOST_ROUNDS: usize = 4;
/// Tablets that each person has from the beginning, at most.
pub const TABLETS_EACH: usize = 2;
/// What an answer may weigh.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

const PROGRAMME: &str = r#"
[programme]
name = "Proefprogramma"
cycle = "2026"

[[themes]]
key = "wonen"
title = "Wonen"

[[action_lines]]
key = "wonen-1"
theme = "wonen"
title = "Schimmel en onderhoud"
description = "Huizen worden droog en heel."
synonyms = ["schimmel", "lekkage"]

[[action_lines]]
key = "wonen-2"
theme = "wonen"
title = "Licht op straat"
description = "Lantaarns doen het."
synonyms = ["lantaarn", "donker"]
"#;
pub const LINES: [&str; 3] = ["wonen-1", "wonen-2", "none"];

pub fn person(index: usize) -> UserId {
    UserId(Uuid::from_u128(0x1000 + index as u128))
}

pub fn round(index: usize) -> RoundId {
    RoundId(Uuid::from_u128(0x2000 + index as u128))
}

/// Two of the six are editors: they have a tablet and a desk.
pub fn is_editor(person: usize) -> bool {
    person % 3 == 1
}

pub fn device(person: usize, tablet: usize) -> DeviceNumber {
    DeviceNumber(0x3000 + (person * TABLETS_EACH + tablet) as u64)
}

/// The secret of a device that stands in the template.
pub fn device_seed(device: DeviceNumber) -> [u8; 32] {
    Sha256::digest(device.0.to_be_bytes()).into()
}

/// Who sits at a desk.
#[derive(Debug, Clone, Copy)]
pub enum Desk {
    Administrator,
    Editor(usize),
}

impl Desk {
    /// What stands in the cookie.
    fn token(self) -> String {
        let number = match self {
            Desk::Administrator => u64::MAX,
            Desk::Editor(person) => person as u64,
        };
        random::hex(&Sha256::digest(number.to_be_bytes()))
    }
}

pub struct Host {
    folder: TempDir,
    seed: u64,
    starts: u64,
    pub koffiekar: Koffiekar,
    router: Router,
}

/// The files of a database as they stood.
#[derive(Clone)]
pub struct Backup(Vec<(&'static str, Vec<u8>)>);

const FILES: [&str; 3] = [
    "koffiekar.sqlite",
    "koffiekar.sqlite-wal",
    "koffiekar.sqlite-shm",
];

impl Host {
    pub async fn start(seed: u64, clock: Clock) -> Host {
        let folder = memory_folder();
        std::fs::write(folder.path().join(FILES[0]), template()).unwrap();
        let koffiekar = open(folder.path(), clock, seed, 0).await;
        Host {
            folder,
            seed,
            starts: 0,
            router: router(koffiekar.clone()),
            koffiekar,
        }
    }

    /// Ends as an administrator would end it, and starts again.
    pub async fn restart(&mut self) {
        self.koffiekar.store.close().await;
        self.open_again().await;
    }

    async fn open_again(&mut self) {
        self.starts += 1;
        let clock = self.koffiekar.clock.clone();
        self.koffiekar = open(self.folder.path(), clock, self.seed, self.starts).await;
        self.router = router(self.koffiekar.clone());
    }

    /// Nothing runs while this is made: what stands in the files is one state.
    pub fn backup(&self) -> Backup {
        let read = |name: &'static str| Some((name, std::fs::read(self.file(name)).ok()?));
        Backup(FILES[..2].iter().filter_map(|name| read(name)).collect())
    }

    /// Puts the files of a backup in the place of those that are there, as a new epoch.
    pub async fn put_back(&mut self, Backup(files): &Backup) {
        self.koffiekar.store.close().await;
        for name in FILES {
            let _ = std::fs::remove_file(self.file(name));
        }
        for (name, bytes) in files {
            std::fs::write(self.file(name), bytes).unwrap();
        }
        self.open_again().await;
        restored::begin_anew(&self.koffiekar, "console")
            .await
            .unwrap();
    }

    /// A new key signs receipts; the one before is known as one that once did.
    pub async fn renew_key(&self) {
        let renewed = receipt_keys::renew(&self.koffiekar, "console").await;
        assert!(renewed.unwrap().is_some());
    }

    /// What a tablet that signs in is told to trust.
    pub async fn receipt_key(&self) -> [u8; 32] {
        let mut tx = self.koffiekar.store.read().await.unwrap();
        keys::newest_public(&mut tx).await.unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a tablet sends, and what it gets back.
    pub async fn sync(&self, message: Vec<u8>) -> Result<Vec<u8>, Problem> {
        let request = Request::post("/api/v1/sync")
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .body(Body::from(message))
            .unwrap();
        let (status, answer) = self.answer(request).await;
        if status.is_success() {
            Ok(answer)
        } else {
            let problem = serde_json::from_slice(&answer);
            Err(problem.expect("every refusal is a problem"))
        }
    }

    pub async fn office(
        &self,
        desk: Desk,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> (StatusCode, Vec<u8>) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, "http://localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, format!("__Host-koffiekar={}", desk.token()))
            .body(Body::from(serde_json::to_vec(body).unwrap()))
            .unwrap();
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        use tower::ServiceExt;
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), ANSWER_BYTES).await.unwrap();
        (status, body.to_vec())
    }

    /// All documents, with their rounds, read around the router.
    pub async fn documents(&self) -> BTreeMap<ConversationId, (RoundId, Vec<u8>)> {
        let Tx::Sqlite(mut tx) = self.koffiekar.store.read().await.unwrap() else {
            unreachable!("the simulation runs on SQLite");
        };
        let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("select id, round, bytes from documents")
                .fetch_all(&mut *tx)
                .await
                .unwrap();
        rows.into_iter()
            .map(|(id, round, bytes)| {
                let id = ConversationId::from_slice(&id).unwrap();
                (id, (RoundId::from_slice(&round).unwrap(), bytes))
            })
            .collect()
    }

    /// The memberships that this run begins with.
    pub async fn set_members(&self, members: &[Vec<RoundId>]) {
        let mut tx = self.koffiekar.store.write().await.unwrap();
        for (index, rounds) in members.iter().enumerate() {
            accounts::set_memberships(&mut tx, person(index), rounds)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Ends it, and gives back what is left of it on the disk.
    pub async fn end(self) -> Vec<u8> {
        self.koffiekar.store.close().await;
        let files = FILES[..2].iter().map(|name| self.file(name));
        let files: Vec<Vec<u8>> = files.filter_map(|file| std::fs::read(file).ok()).collect();
        files.concat()
    }
}

async fn open(folder: &Path, clock: Clock, seed: u64, starts: u64) -> Koffiekar {
    let store = Store::open(&sqlite_address(folder)).await.unwrap();
    let apart = Apart::beside(folder);
    // The template was sealed with it.
    std::fs::write(&apart.key_file, "5e".repeat(32)).unwrap();
    let seed = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(starts);
    Koffiekar::with_random(store, clock, &apart, Random::seeded(seed))
        .await
        .unwrap()
}

/// In memory where the machine has such a folder: a run writes and syncs many small files.
fn memory_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.unwrap()
}

/// The file of a database with programme, rounds, people, tablets and open sessions: made once for
/// all runs of a process, so that none of them migrates anything or hashes a password.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        // A thread of its own: whoever asks runs in a runtime already.
        let making = std::thread::spawn(|| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().unwrap();
            runtime.block_on(make_template())
        });
        making.join().unwrap()
    })
}

async fn make_template() -> Vec<u8> {
    let folder = memory_folder();
    let koffiekar = open(folder.path(), Clock::held(START), 0, 0).await;
    let mut tx = koffiekar.store.write().await.unwrap();
    let catalogue = programme::parse(PROGRAMME).unwrap();
    programme::write(&mut tx, &catalogue).await.unwrap();
    for index in 0..MOST_ROUNDS {
        let round = Round {
            id: round(index),
            name: format!("Ronde {index}"),
            kind: RoundKind::ALL[index % RoundKind::ALL.len()],
            starts_on: "2026-01-24".to_owned(),
            ends_on: "2026-01-31".to_owned(),
            closed: false,
        };
        rounds::put(&mut tx, &round).await.unwrap();
    }
    for index in 0..MOST_PEOPLE {
        let role = if is_editor(index) {
            Role::Editor
        } else {
            Role::Field
        };
        insert_person(&mut tx, index, role).await;
        for tablet in 0..TABLETS_EACH {
            let number = device(index, tablet);
            enrol(&mut tx, number, index).await;
        }
        if is_editor(index) {
            sign_in(&mut tx, Desk::Editor(index), index).await;
        }
    }
    insert_person(&mut tx, MOST_PEOPLE, Role::Administrator).await;
    sign_in(&mut tx, Desk::Administrator, MOST_PEOPLE).await;
    tx.commit().await.unwrap();
    koffiekar.store.close().await;
    std::fs::read(folder.path().join(FILES[0])).unwrap()
}

async fn insert_person(tx: &mut Tx, index: usize, role: Role) {
    let account = Account {
        id: person(index),
        login: format!("mens{index}"),
        name: format!("Mens {index}"),
        role,
        disabled: false,
        demo: false,
    };
    let new = NewAccount {
        account,
        password_hash: "-".to_owned(),
        created_at: START,
    };
    accounts::insert(tx, &new).await.unwrap();
}

pub async fn enrol(tx: &mut Tx, number: DeviceNumber, index: usize) {
    let public = Identity::public_key_of(&device_seed(number));
    let public = random::from_hex(&public).unwrap();
    let label = format!("Tablet {number}");
    let enrolled = devices::enrol(tx, number, person(index), &public, &label, START).await;
    assert!(enrolled.unwrap());
}

async fn sign_in(tx: &mut Tx, desk: Desk, index: usize) {
    let hash = Sha256::digest(desk.token().as_bytes()).into();
    let forever = Millis(i64::MAX / 2);
    sessions::start(tx, &hash, person(index), START, forever)
        .await
        .unwrap();
}

/// A number for everything that stands in the tables, in a fixed order.
pub async fn contents(store: &Store) -> [u8; 32] {
    let Tx::Sqlite(mut tx) = store.read().await.unwrap() else {
        unreachable!("the simulation runs on SQLite");
    };
    let statement = "
        select name from sqlite_master where type = 'table' and name not like 'sqlite_%'
            and name not like '_sqlx%' and name not like 'quote_search_%' order by name";
    let tables: Vec<(String,)> = sqlx::query_as(statement).fetch_all(&mut *tx).await.unwrap();
    let mut hash = Sha256::new();
    for (table,) in tables {
        let statement = format!("select * from {table}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_all(&mut *tx)
            .await
            .unwrap();
        let mut lines: Vec<Vec<u8>> = rows.iter().map(line).collect();
        lines.sort();
        hash.update(table.as_bytes());
        for line in lines {
            hash.update((line.len() as u64).to_be_bytes());
            hash.update(&line);
        }
    }
    hash.finalize().into()
}

fn line(row: &sqlx::sqlite::SqliteRow) -> Vec<u8> {
    use sqlx::{Row, ValueRef};
    let mut line = Vec::new();
    for at in 0..row.len() {
        let value = row.try_get_raw(at).unwrap();
        if value.is_null() {
            line.push(0);
        } else if let Ok(text) = row.try_get_unchecked::<Vec<u8>, _>(at) {
            line.push(1);
            line.extend((text.len() as u64).to_be_bytes());
            line.extend(text);
        }
    }
    line
}
