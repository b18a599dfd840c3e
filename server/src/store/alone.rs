//! Databases that nobody else works with, and SQLite's as files.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use super::tables::TABLES;
use super::{PROGRAM, Result, StoreError, Trouble, Tx, encryption};

/// How long somebody may take who is about to let go of it.
const PATIENCE: Duration = Duration::from_millis(500);

/// A transaction that reads all of this database while nobody else writes to it, or is refused as busy.
/// Nothing can be written in it.
///
/// Of SQLite it locks the file: no other program has it open, nor can one open it. Of PostgreSQL no server
/// of Koffiekar may be connected, and tables are locked against writing.
pub async fn read(address: &str) -> Result<Tx> {
    match begin(address).await {
        Err(error) if error.trouble() == Some(Trouble::Busy) => Err(StoreError::InUse),
        other => other,
    }
}

async fn begin(address: &str) -> Result<Tx> {
    if let Some(path) = address.strip_prefix("sqlite:") {
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool
            .connect_with(at(Path::new(path)).locking_mode(SqliteLockingMode::Exclusive))
            .await?;
        let mut tx = pool.begin_with("begin exclusive").await?;
        sqlx::raw_sql("pragma query_only = on")
            .execute(&mut *tx)
            .await?;
        return Ok(Tx::Sqlite(tx));
    }
    if !address.starts_with("postgres:") && !address.starts_with("postgresql:") {
        return Err(StoreError::Address(address.to_owned()));
    }
    let options = encryption::options(address)?.disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await?;
    // Locks first: what is read is as it stood when they were there.
    let mut tx = pool
        .begin_with("begin isolation level repeatable read")
        .await?;
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    let lock = format!(
        "set local lock_timeout = '{}ms'; lock table {} in share mode",
        PATIENCE.as_millis(),
        names.join(", ")
    );
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut *tx).await?;
    let statement = "
        select count(*) from pg_stat_activity
        where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()";
    let (others,): (i64,) = sqlx::query_as(statement)
        .bind(PROGRAM)
        .fetch_one(&mut *tx)
        .await?;
    if others > 0 {
        return Err(StoreError::InUse);
    }
    sqlx::raw_sql("set transaction read only")
        .execute(&mut *tx)
        .await?;
    Ok(Tx::Postgres(tx))
}

/// Where others have to end first it is told by an error, and not besides by a warning of a slow statement.
fn at(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(PATIENCE)
        .disable_statement_logging()
}

/// An SQLite database that nobody else can open until this is dropped, whole in its one file.
#[derive(Debug)]
pub struct Alone {
    /// Nothing where it cannot be read at all: nobody can work with it then.
    _held: Option<SqliteConnection>,
}

impl Alone {
    pub async fn take(file: &Path) -> Result<Alone> {
        // Refused as long as anybody else has it open.
        let options = at(file).journal_mode(SqliteJournalMode::Delete);
        let held = async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            sqlx::raw_sql("begin exclusive")
                .execute(&mut connection)
                .await?;
            Ok(connection)
        };
        match held.await.map_err(StoreError::Database) {
            Ok(connection) => Ok(Alone {
                _held: Some(connection),
            }),
            Err(error) if error.trouble() == Some(Trouble::Busy) => Err(StoreError::InUse),
            Err(error) if error.trouble() == Some(Trouble::Unavailable) => {
                Ok(Alone { _held: None })
            }
            Err(error) => Err(error),
        }
    }
}

/// Copies what is committed in this database, beside whoever works with it, to a file that is there and
/// empty. What was deleted before is not in it.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    let Some(to) = to.to_str() else {
        return Err(StoreError::Address(to.display().to_string()));
    };
    let options = at(from).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query("vacuum into $1")
        .bind(to)
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}
