//! What stands between the server and its data, as far as somebody can do something about it.

use std::io::{self, ErrorKind};
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use super::{StoreError, Tx, on};

/// How long a PostgreSQL may take to say that it is there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// What the store could not do for want of something outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Too much at once, or two transactions in each other's way: the same request may succeed later.
    Busy,
    /// No room is left where the data is.
    Full,
    /// The data cannot be read or written where it is: the disk fails or is read-only, a file is
    /// damaged or belongs to somebody else, the database server is away.
    Unavailable,
}

impl StoreError {
    /// Nothing where the fault is ours.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Database(error)
            | Self::Migration(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => of_driver(error),
            Self::Migration(_)
            | Self::Behind(_)
            | Self::Address(_)
            | Self::Corrupt(_)
            | Self::InUse
            | Self::Interrupted
            | Self::Replaced => None,
        }
    }

    /// No encrypted connection came about: none is offered, or the certificate is not trusted.
    pub fn is_of_encryption(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Tls(_)) => true,
            // What was wrong with a certificate comes as data that makes no sense.
            Self::Database(sqlx::Error::Io(error)) => error.kind() == ErrorKind::InvalidData,
            _ => false,
        }
    }

    /// The transaction was broken off for the sake of another, and left nothing.
    fn gave_way(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("40001" | "40P01")))
    }

    /// PostgreSQL went away under the transaction: whether it left something is not known.
    pub(crate) fn was_cut_off(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_)) => true,
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
                code.len() == 5 && (code.starts_with("08") || code.starts_with("57P"))
            }),
            _ => false,
        }
    }
}

/// `None`, as where somebody else was first, also where the transaction gave way to another: whoever asked
/// starts over.
pub(crate) fn or_start_over<T>(written: super::Result<Option<T>>) -> super::Result<Option<T>> {
    match written {
        Err(error) if error.gave_way() => Ok(None),
        other => other,
    }
}

/// An error where no PostgreSQL answers.
pub(super) async fn is_there(options: &PgConnectOptions) -> super::Result<()> {
    let connection = PgConnection::connect_with(options);
    let answered = match tokio::time::timeout(ANSWERS_WITHIN, connection).await {
        Ok(Ok(connection)) => connection.close().await.map_err(StoreError::from),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(sqlx::Error::Io(io::Error::from(ErrorKind::TimedOut)).into()),
    };
    match answered {
        // It is there, and has more to do than it can.
        Err(error) if error.trouble() == Some(Trouble::Busy) => Ok(()),
        other => other,
    }
}

fn of_driver(error: &sqlx::Error) -> Option<Trouble> {
    match error {
        sqlx::Error::PoolTimedOut => Some(Trouble::Busy),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolClosed => Some(Trouble::Unavailable),
        sqlx::Error::Database(error) => of_code(&error.code()?),
        _ => None,
    }
}

/// PostgreSQL's codes have five characters (its manual, appendix A), SQLite's result codes are
/// shorter numbers whose lowest byte tells the kind (<https://sqlite.org/rescode.html>).
pub fn of_code(code: &str) -> Option<Trouble> {
    if code.len() == 5 {
        return match code {
            "53100" => Some(Trouble::Full),
            // A rollback that PostgreSQL chose, want of memory or connections, a bound on time or locks.
            "57014" | "55P03" => Some(Trouble::Busy),
            // It only reads; another user, password or name of the database than was set.
            "25006" | "28000" | "28P01" | "3D000" => Some(Trouble::Unavailable),
            _ => match code.get(..2).unwrap_or_default() {
                "40" | "53" => Some(Trouble::Busy),
                // The connection, its end by an administrator, the system beneath, and damage.
                "08" | "57" | "58" | "XX" => Some(Trouble::Unavailable),
                _ => None,
            },
        };
    }
    /// The index of the write-ahead log cannot grow: it is a file as well.
    const NO_ROOM_FOR_INDEX: u32 = 4874;
    match code.parse().ok()? {
        NO_ROOM_FOR_INDEX => Some(Trouble::Full),
        code => match code & 0xff {
            5 | 6 => Some(Trouble::Busy),                        // busy, locked
            13 => Some(Trouble::Full),                           // full
            8 | 10 | 11 | 14 | 26 => Some(Trouble::Unavailable), // readonly, ioerr, corrupt, cantopen, notadb
            _ => None,
        },
    }
}

/// Writes, so that its commit tells whether the database takes anything. Leaves nothing.
pub async fn try_to_write(tx: &mut Tx) -> super::Result<()> {
    let statement = "insert into areas (code, level, part_of) values (' ', '', '')";
    on!(tx, c => sqlx::query(statement).execute(c).await.map(drop)?);
    let statement = "delete from areas where code = ' '";
    on!(tx, c => sqlx::query(statement).execute(c).await.map(drop)?);
    Ok(())
}
