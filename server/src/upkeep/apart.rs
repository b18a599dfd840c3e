//! What is kept apart from the database: the key that opens what is sealed in it, and beside it the
//! log of what was erased, and what the server remembers of how far it was.
//!
//! Whoever has a copy of the database alone reads nothing that is held in quarantine; and what was
//! erased is known when an older copy of it is put back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use koffiekar_sync_core::sealed::{OpenKey, SealKey};

use crate::private_files::{FILE_MODE, close_to_others};
use crate::random::{Random, from_hex, hex};

/// The files beside a database.
#[derive(Debug, Clone)]
pub struct Apart {
    pub key_file: PathBuf,
    /// Somebody said that the log of what was erased is lost for good.
    pub erasures_lost: bool,
}

/// Why a server does not start with these files.
#[derive(Debug, thiserror::Error)]
pub enum ApartError {
    #[error(
        "the key file {0} is missing, and this database was sealed with its key; \
         put it back, or name its place with --key-file"
    )]
    KeyMissing(PathBuf),
    #[error(
        "the key file {0} holds another key than the one that this database was sealed with; \
         put the right file back, or name its place with --key-file"
    )]
    OtherKey(PathBuf),
    #[error("the key file {0} does not hold 64 hexadecimal digits; put the right file back")]
    NotAKey(PathBuf),
    #[error("cannot read or make {0}: {1}")]
    File(PathBuf, #[source] io::Error),
    #[error(
        "there is no installation in the database {database}, and files of one are beside it: {}. Is a disk \
         not mounted, or --data or --database-url another than before? Put that right, or put a backup back. To \
         begin a new installation on purpose, move these files to another place first and keep them: the \
         backups of the old one cannot be used without them",
        list(.files)
    )]
    DatabaseMissing {
        /// Without passwords.
        database: String,
        files: Vec<PathBuf>,
    },
    #[error(
        "{0} was written for another database: the keys for receipts in it are not those of this one, and \
         would be lost. Is it the right database? If so, move that file to another place, and keep it"
    )]
    OtherMemory(PathBuf),
    #[error(
        "{0} cannot be read; it holds keys for receipts, and is not written over. Put a copy of it back, or \
         move it to another place"
    )]
    MemoryDamaged(PathBuf),
    #[error(
        "{known} erasures were carried out, and neither the database nor {log} knows of all of them: residents' \
         words that were erased would be there again. Put the newest copy of that file in its place. If none is \
         left anywhere, erase again what you know of, and say --erasures-lost once"
    )]
    ErasuresMissing { known: u64, log: PathBuf },
}

fn list(files: &[PathBuf]) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    files.join(", ")
}

impl Apart {
    /// Under their own names in this folder.
    pub fn beside(folder: &Path) -> Self {
        Self {
            key_file: folder.join("koffiekar.key"),
            erasures_lost: false,
        }
    }

    /// What the server remembers for the day that a backup is put back, see [`crate::upkeep::remembered`].
    pub fn remembered(&self) -> PathBuf {
        self.key_file.with_file_name("koffiekar.remembered")
    }

    /// The log of what was erased, beside the key file.
    pub fn erasures(&self) -> PathBuf {
        self.key_file.with_file_name("erasures.log")
    }

    /// Those of an installation that are here.
    pub fn files(&self) -> Vec<PathBuf> {
        let all = [self.key_file.clone(), self.remembered(), self.erasures()];
        all.into_iter().filter(|file| file.exists()).collect()
    }

    /// Where there is no installation in a database there must be no files of one either: `database` was
    /// lost, or is not where it was. Asked before anything is made.
    pub fn ensure_none_is_lost(&self, database: &str) -> Result<(), ApartError> {
        match self.files() {
            files if files.is_empty() => Ok(()),
            files => Err(ApartError::DatabaseMissing {
                database: database.to_owned(),
                files,
            }),
        }
    }

    pub(crate) fn close_to_others(&self) {
        self.files().iter().for_each(|file| close_to_others(file));
    }

    /// The key that this database was sealed with; at the first start a new one is made.
    pub(crate) fn key(
        &self,
        recorded: Option<SealKey>,
        random: &Random,
    ) -> Result<OpenKey, ApartError> {
        let path = &self.key_file;
        let failed = |error| ApartError::File(path.clone(), error);
        let text = match (fs::read_to_string(path), recorded) {
            (Ok(text), _) => text,
            (Err(error), None) if error.kind() == ErrorKind::NotFound => {
                let text = format!("{}\n", hex(&random.bytes::<32>()));
                make(path, text.as_bytes()).map_err(failed)?;
                text
            }
            (Err(error), Some(_)) if error.kind() == ErrorKind::NotFound => {
                return Err(ApartError::KeyMissing(path.clone()));
            }
            (Err(error), _) => return Err(failed(error)),
        };
        let secret = from_hex(text.trim());
        let key = OpenKey::new(secret.ok_or_else(|| ApartError::NotAKey(path.clone()))?);
        match recorded {
            Some(recorded) if recorded != key.seal_key() => Err(ApartError::OtherKey(path.clone())),
            _ => Ok(key),
        }
    }
}

/// A new file that nobody else reads, whole or not at all, and durable.
fn make(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, |draft| {
        // Unlike renaming, linking never puts one key in the place of another.
        let linked = fs::hard_link(draft, path);
        fs::remove_file(draft)?;
        linked
    })
}

/// The same, in the place of what is there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ApartError> {
    write(path, bytes, |draft| fs::rename(draft, path))
        .map_err(|error| ApartError::File(path.to_owned(), error))
}

fn write(path: &Path, bytes: &[u8], put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Servers in containers have the same number, and may share the folder.
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let draft = path.with_extension(format!("new-{}-{}", host.trim(), std::process::id()));
    // Left by a process of the same number that was killed here.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    put(&draft)?;
    File::open(folder)?.sync_all()
}
