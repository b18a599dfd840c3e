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

use crate::random::{Random, from_hex, hex};

/// The files beside a database.
#[derive(Debug, Clone)]
pub struct Apart {
    pub key_file: PathBuf,
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
}

impl Apart {
    /// Under their own names in this folder.
    pub fn beside(folder: &Path) -> Self {
        Self {
            key_file: folder.join("koffiekar.key"),
        }
    }

    /// What the server remembers for the day that a backup is put back, see [`crate::remembered`].
    pub fn remembered(&self) -> PathBuf {
        self.key_file.with_file_name("koffiekar.remembered")
    }

    /// The log of what was erased, beside the key file.
    pub fn erasures(&self) -> PathBuf {
        self.key_file.with_file_name("erasures.log")
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
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    put(&draft)?;
    File::open(folder)?.sync_all()
}
