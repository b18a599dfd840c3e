//! Where everything is kept: SQLite embedded, or PostgreSQL. Each statement is written once.
//!
//! A function takes `&mut Tx` and runs its statement through [`on!`], which expands the same line
//! for either engine. `$1` placeholders, `returning` and `on conflict` are common ground; where the
//! engines must differ, two constants stand side by side and [`Tx::pick`] takes the right one.
//! Ids and hashes are bytes, times integer milliseconds, JSON is text.
//!
//! Nothing outside this folder names sqlx.

pub mod accounts;
pub mod alone;
pub mod answers;
pub mod attempts;
pub mod audit;
pub mod browsers;
mod bulk;
pub mod catalogue;
pub mod conversations;
pub mod crosswalk;
pub mod derived;
pub mod devices;
pub mod documents;
pub mod encryption;
pub mod erasing;
pub mod feed;
mod files;
pub mod health;
mod history;
pub mod nonces;
pub mod notices;
mod postgres;
mod projections;
pub mod publications;
pub mod quarantine;
pub mod quotes;
pub mod receipt_keys;
pub mod rounds;
pub mod schema;
pub mod search;
pub mod sessions;
pub mod tables;
pub mod tagger;
pub mod tombstones;
pub mod trouble;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use files::OpenedFile;
use koffiekar_sync_core::ids::InvalidId;
use postgres::Postgres;
pub use postgres::{CONNECTIONS, Settings};
use schema::Scripts;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};
pub(crate) use trouble::or_start_over;
pub use trouble::{Trouble, try_to_write};

use crate::private_files;

/// Runs one expression on whichever engine the transaction belongs to.
macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::Tx::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}
pub(crate) use on;

/// Binds a list of [`Value`]s to a query that was put together at run time.
macro_rules! bind_all {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::store::Value::Bytes(bytes) => query.bind(bytes),
                $crate::store::Value::Int(int) => query.bind(int),
                $crate::store::Value::Bool(bool) => query.bind(bool),
                $crate::store::Value::Text(text) => query.bind(text),
                $crate::store::Value::NoBytes => query.bind(None::<Vec<u8>>),
                $crate::store::Value::NoInt => query.bind(None::<i64>),
                $crate::store::Value::NoText => query.bind(None::<String>),
            };
        }
        query
    }};
}
pub(crate) use bind_all;

/// What the store could not do. The source is logged at the edge, never sent.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(
        "the database lacks migrations that this version needs ({0}): run `koffiekar migrate`, then start \
         again"
    )]
    Behind(String),
    #[error("`{0}` is not an address of a database: sqlite:PATH or postgres://...")]
    Address(String),
    #[error("a stored value is not what it should be: {0}")]
    Corrupt(String),
    #[error("a server or another program works with this database: end it first, then try again")]
    InUse,
    #[error("writing was broken off; nothing was written")]
    Interrupted,
    #[error(
        "the database is not the file that was opened: that one was deleted, or another put in its place"
    )]
    Replaced,
}

impl StoreError {
    /// Another row already has this key.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

impl From<InvalidId> for StoreError {
    fn from(error: InvalidId) -> Self {
        Self::Corrupt(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    /// One writer, several readers: SQLite lets one write at a time anyway, and waiting here is fair.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
        options: Box<SqliteConnectOptions>,
        file: Arc<OpenedFile>,
    },
    Postgres(Postgres),
}

/// A transaction on either engine.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, sqlx::Postgres>),
}

/// One value of a statement that is put together at run time.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bytes(Vec<u8>),
    Int(i64),
    Bool(bool),
    Text(String),
    NoBytes,
    NoInt,
    NoText,
}

impl Value {
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
    pub(crate) fn maybe_text(text: Option<&str>) -> Self {
        text.map_or(Self::NoText, Self::text)
    }
}

/// By this name PostgreSQL knows who is connected.
const PROGRAM: &str = "koffiekar";
const READERS: u32 = 8;
/// Kibibytes of pages that a connection keeps, as SQLite wants it said. What a reader does not keep, the
/// operating system does, once for all of them.
const WRITER_CACHE: &str = "-16000";
const READER_CACHE: &str = "-2000";
/// Pages behind which a commit also moves what is in the WAL into the database: four large batches.
const CHECKPOINT_PAGES: &str = "4000";
/// Rows that a connection hands over at a time: each handing over wakes a thread.
const ROWS_AHEAD: usize = 1_000;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long its turn waits for another program that holds an SQLite file.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// How long closing waits for transactions that run. What they did not commit leaves nothing.
const CLOSING: Duration = Duration::from_secs(5);
/// How long clearing the files waits for readers, and holds up writers.
const CLEARING: Duration = Duration::from_millis(200);

impl Store {
    /// Opens `sqlite:PATH` (made when missing) or `postgres://...` and brings its schema up to date.
    pub async fn open(address: &str) -> Result<Store> {
        Store::open_with(address, &Settings::default()).await
    }

    /// The same with other settings.
    pub async fn open_with(address: &str, settings: &Settings) -> Result<Store> {
        let store = Store::open_unmigrated(address, settings).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Opens it, or makes an empty one, and leaves its schema as it is.
    pub async fn open_unmigrated(address: &str, settings: &Settings) -> Result<Store> {
        Store::connect(address, settings, true).await
    }

    /// Opens what is there, as it is.
    pub async fn open_as_it_is(address: &str, settings: &Settings) -> Result<Store> {
        Store::connect(address, settings, false).await
    }

    async fn connect(address: &str, settings: &Settings, make: bool) -> Result<Store> {
        let engine = if let Some(path) = address.strip_prefix("sqlite:") {
            private_files::prepare_sqlite(Path::new(path), make).map_err(sqlx::Error::Io)?;
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(make)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(LOCK_PATIENCE)
                .pragma("secure_delete", "on")
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                .pragma("temp_store", "memory")
                .statement_cache_capacity(256)
                .row_buffer_size(ROWS_AHEAD);
            // A commit that fails, for instance on a full disk, ends the transaction for SQLite and not
            // for sqlx: no other could ever begin on that connection.
            let pool = || {
                SqlitePoolOptions::new()
                    .acquire_timeout(PATIENCE)
                    .before_acquire(|connection, _| {
                        Box::pin(async { Ok(!connection.is_in_transaction()) })
                    })
            };
            // It never lets go of its connection: by that others see that the database is in use.
            let writer = pool()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with(options.clone().pragma("cache_size", WRITER_CACHE))
                .await?;
            let readers = pool()
                .max_connections(READERS)
                .connect_with(
                    options
                        .clone()
                        .read_only(true)
                        .pragma("cache_size", READER_CACHE),
                )
                .await?;
            Engine::Sqlite {
                writer,
                readers,
                options: Box::new(options),
                file: Arc::new(OpenedFile::of(Path::new(path))),
            }
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            Engine::Postgres(Postgres::open(address, settings).await?)
        } else {
            return Err(StoreError::Address(address.to_owned()));
        };
        Ok(Store { engine })
    }

    /// `sqlite` or `postgres`, for figures and logs.
    pub fn engine(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite { .. } => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// The file that was opened stands under its name still; another one, or none, is not what was written
    /// to. PostgreSQL keeps its own.
    pub fn is_in_place(&self) -> bool {
        match &self.engine {
            Engine::Sqlite { file, .. } => file.is_in_place(),
            Engine::Postgres(_) => true,
        }
    }

    /// Connections to the database that are in use, and those that wait for use.
    pub fn connections(&self) -> (usize, usize) {
        let of = |open: u32, idle: usize| ((open as usize).saturating_sub(idle), idle);
        match &self.engine {
            Engine::Sqlite {
                writer, readers, ..
            } => of(
                writer.size() + readers.size(),
                writer.num_idle() + readers.num_idle(),
            ),
            Engine::Postgres(postgres) => of(postgres.pool.size(), postgres.pool.num_idle()),
        }
    }

    /// How many may write at once.
    pub(crate) fn writers(&self) -> u32 {
        match &self.engine {
            Engine::Sqlite { .. } => 1,
            // Others are for those who read.
            Engine::Postgres(postgres) => (postgres.connections() / 2).max(1),
        }
    }

    /// A connection that is opened now would be to another database than those that are open.
    fn ensure_in_place(&self) -> Result<()> {
        match self.is_in_place() {
            true => Ok(()),
            false => Err(StoreError::Replaced),
        }
    }

    /// A transaction that writes. It ends durably with [`Tx::commit`], or leaves nothing.
    pub async fn write(&self) -> Result<Tx> {
        self.ensure_in_place()?;
        Ok(match &self.engine {
            Engine::Sqlite { writer, .. } => {
                Tx::Sqlite(writer.begin_with("begin immediate").await?)
            }
            Engine::Postgres(postgres) => Tx::Postgres(postgres.begin("begin").await?),
        })
    }

    /// A transaction that only reads: one picture of the data, however long it takes.
    pub async fn read(&self) -> Result<Tx> {
        self.ensure_in_place()?;
        Ok(match &self.engine {
            Engine::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Engine::Postgres(postgres) => {
                let statement = "begin isolation level repeatable read read only";
                Tx::Postgres(postgres.begin(statement).await?)
            }
        })
    }

    /// Clears the files of what was deleted and committed before. `false` where somebody was reading or
    /// writing, and for an engine that does not do it beside other work.
    ///
    /// SQLite overwrites what it deletes (`secure_delete`); earlier states stay in its log until that
    /// is taken over and cut off.
    pub async fn clear_files(&self) -> Result<bool> {
        let Engine::Sqlite { options, .. } = &self.engine else {
            return Ok(false);
        };
        self.ensure_in_place()?;
        // A connection of its own: it must not wait as long as others do, for it holds them up.
        let options = options.clone().busy_timeout(CLEARING);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let statement = "pragma wal_checkpoint(truncate)";
        let checkpoint: sqlx::Result<(i64, i64, i64)> =
            sqlx::query_as(statement).fetch_one(&mut connection).await;
        connection.close().await?;
        match checkpoint.map_err(StoreError::from) {
            Ok((blocked, _, _)) => Ok(blocked == 0),
            Err(error) if error.trouble() == Some(Trouble::Busy) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// As [`Store::clear_files`], for either engine; PostgreSQL locks the tables meanwhile. The log of
    /// PostgreSQL, and what follows it, keep earlier states for as long as they are set to.
    pub async fn rewrite_files(&self) -> Result<bool> {
        match &self.engine {
            Engine::Sqlite { .. } => self.clear_files().await,
            Engine::Postgres(postgres) => {
                let statement = "
                    vacuum full documents, conversations, quotes, quote_lines, line_history,
                        quote_search, quarantine, selections, feed";
                sqlx::raw_sql(statement).execute(&postgres.pool).await?;
                Ok(true)
            }
        }
    }

    /// Lets the database look at how much there is of what, after much was written at once: until it does,
    /// PostgreSQL reads whole tables where an index would serve. By itself it does within a minute.
    pub async fn look_at_sizes(&self) -> Result<()> {
        if let Engine::Postgres(postgres) = &self.engine {
            sqlx::query("analyze").execute(&postgres.pool).await?;
        }
        Ok(())
    }

    /// Lets go of the files; waits for running transactions.
    pub async fn close(&self) {
        if tokio::time::timeout(CLOSING, self.close_pools())
            .await
            .is_err()
        {
            tracing::warn!("the database was still in use when the server let go of it");
        }
    }

    async fn close_pools(&self) {
        match &self.engine {
            Engine::Sqlite {
                writer, readers, ..
            } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }
}

impl Tx {
    /// Makes it durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// The text for this engine, where two must differ.
    pub(crate) fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Tx::Sqlite(_) => sqlite,
            Tx::Postgres(_) => postgres,
        }
    }
}

/// The scripts of one engine; the names are the same for both. A number has four digits in its file's name.
macro_rules! scripts {
    ($engine:literal: $($zeros:literal: $($version:literal $name:literal),*);*) => {
        &[$($((
            $version,
            $name,
            include_str!(concat!(
                "../../migrations/", $engine, "/", $zeros, $version, "_", $name, ".sql"
            )),
        ),)*)*]
    };
}

const SQLITE_MIGRATIONS: Scripts = scripts!("sqlite":
    "000": 1 "first", 2 "feed", 3 "quarantine", 4 "tombstones", 5 "receipt_keys", 6 "search_rows", 7 "tagger",
        8 "attempts", 9 "derived_place";
    "00": 10 "audits", 11 "crosswalk", 12 "access", 13 "days_and_terms", 14 "asked_purposes", 15 "settled_wordings");
const POSTGRES_MIGRATIONS: Scripts = scripts!("postgres":
    "000": 1 "first", 2 "feed", 3 "quarantine", 4 "tombstones", 5 "receipt_keys", 6 "search_rows", 7 "tagger",
        8 "attempts", 9 "derived_place";
    "00": 10 "audits", 11 "crosswalk", 12 "access", 13 "days_and_terms", 14 "asked_purposes", 15 "settled_wordings");
