//! One server on an SQLite database: a second one would not hear what the first writes, and each would sign
//! receipts and erase files under the other.
//!
//! A file beside the database that the server holds locked as long as it lives; the system lets go of it
//! however the server ends. Commands take no lock: they may run beside a server, or are refused by SQLite.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::private_files::{FILE_MODE, with_end};

/// Held as long as this lives.
#[derive(Debug)]
pub struct ServingLock {
    _held: File,
}

#[derive(Debug, thiserror::Error)]
pub enum ServingLockError {
    #[error(
        "another server{0} already works with the database {1}: end that one first, or give this one \
         another place with --data. Several servers share a PostgreSQL (docs/several-servers.md)"
    )]
    Held(String, PathBuf),
    #[error("cannot make or lock {0}: {1}")]
    File(PathBuf, #[source] io::Error),
}

impl ServingLock {
    pub fn take(database: &Path) -> Result<ServingLock, ServingLockError> {
        let path = with_end(database, ".serving");
        let failed = |error| ServingLockError::File(path.clone(), error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut number = String::new();
                let read = file.read_to_string(&mut number);
                let number: Option<u32> = read.ok().and_then(|_| number.trim().parse().ok());
                let who = number.map_or(String::new(), |number| format!(" (process {number})"));
                return Err(ServingLockError::Held(who, database.to_owned()));
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                let lock = path.display();
                tracing::warn!(%lock, "this disk knows no locks: see that no second server starts on it");
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        // On a full disk the lock holds without it.
        let _ = note(&mut file);
        Ok(ServingLock { _held: file })
    }
}
