//! Files that nobody else on the machine reads: a database holds residents' words, the hashes of passwords and
//! the keys that sign, and so does every copy of it.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

/// Read and written by its owner alone.
pub(crate) const FILE_MODE: u32 = 0o600;
/// The same of a folder.
pub const FOLDER_MODE: u32 = 0o700;
const OF_OTHERS: u32 = 0o077;

/// What SQLite keeps beside a database.
pub(crate) const SQLITE_LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Whatever this process makes from now on is its owner's alone, also where a library makes it.
pub fn set_umask() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Whether this process may do anything on the machine.
pub fn runs_as_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Can others do anything with it? `false` where there is nothing.
pub fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| there.permissions().mode() & OF_OTHERS != 0)
}

/// Takes from others what they may do with a file that is there. Where that cannot be done, it is told.
pub(crate) fn close_to_others(path: &Path) {
    if !is_open_to_others(path) {
        return;
    }
    let file = path.display();
    match fs::set_permissions(path, Permissions::from_mode(FILE_MODE)) {
        Ok(()) => tracing::warn!(%file, "others on this machine could read it; now they cannot"),
        Err(error) => tracing::warn!(
            %file,
            %error,
            "others on this machine can read it, and it belongs to somebody else: take that from them (chmod 600)"
        ),
    }
}

/// An SQLite database and what stands beside it are closed to others; one that is to be made is made so, for
/// SQLite gives its logs the permissions of the database.
pub(crate) fn prepare_sqlite(database: &Path, make: bool) -> io::Result<()> {
    if make {
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(database);
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    close_to_others(database);
    for end in SQLITE_LOGS {
        close_to_others(&with_end(database, end));
    }
    Ok(())
}

/// This path with something behind its last character.
pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
