//! What stands between the server and its data, as far as somebody can do something about it.

use sqlx::migrate::MigrateError;

use super::{StoreError, Tx, on};

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
            | Self::Interrupted => None,
        }
    }
}

fn of_driver(error: &sqlx::Error) -> Option<Trouble> {
    match error {
        sqlx::Error::PoolTimedOut => Some(Trouble::Busy),
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Some(Trouble::Unavailable),
        sqlx::Error::Database(error) => of_code(&error.code()?),
        _ => None,
    }
}

/// PostgreSQL's codes have five characters (its manual, appendix A), SQLite's result codes are
/// shorter numbers whose lowest byte tells the kind (<https://sqlite.org/rescode.html>).
fn of_code(code: &str) -> Option<Trouble> {
    if code.len() == 5 {
        return match code {
            "40001" | "40P01" | "53300" | "55P03" => Some(Trouble::Busy),
            "53100" => Some(Trouble::Full),
            "25006" | "58030" | "58P01" | "57P01" | "57P02" | "57P03" => Some(Trouble::Unavailable),
            _ if code.starts_with("08") || code.starts_with("XX") => Some(Trouble::Unavailable),
            _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_says_is_told_by_what_can_be_done_about_it() {
        for (code, trouble) in [
            ("5", Some(Trouble::Busy)),
            ("517", Some(Trouble::Busy)),
            ("40P01", Some(Trouble::Busy)),
            ("13", Some(Trouble::Full)),
            ("4874", Some(Trouble::Full)),
            ("53100", Some(Trouble::Full)),
            ("8", Some(Trouble::Unavailable)),
            ("1544", Some(Trouble::Unavailable)),
            ("778", Some(Trouble::Unavailable)),
            ("14", Some(Trouble::Unavailable)),
            ("26", Some(Trouble::Unavailable)),
            ("25006", Some(Trouble::Unavailable)),
            ("08006", Some(Trouble::Unavailable)),
            ("2067", None),
            ("23505", None),
        ] {
            assert_eq!(of_code(code), trouble, "{code}");
        }
    }
}
