//! Copies of an SQLite database as files: made beside a server that runs, and put back.
//!
//! A copy comes into its place whole or not at all, and never in the place of another. What is kept apart
//! from the database (the key file, what the server remembers, the log of what was erased) is in no copy:
//! whoever has a copy alone opens nothing that is sealed, and what was erased since is erased again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::calendar::timestamp;
use crate::private_files::{FILE_MODE, SQLITE_LOGS, close_to_others, with_end};
use crate::store::alone::{self, Alone};
use crate::store::{Settings, Store, StoreError, documents, health, tombstones};
use crate::upkeep::apart::Apart;
use crate::upkeep::restored;
use crate::{Clock, Koffiekar, StartError};

/// Why no copy was made or put back. What was there before is there still.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already, and no backup is ever written over: choose another name")]
    Exists(PathBuf),
    #[error("there is no file {0}")]
    Missing(PathBuf),
    #[error(
        "{0} is there already: with --replace it is kept beside under another name, and the backup takes \
         its place"
    )]
    WouldReplace(PathBuf),
    #[error("{0} is the database itself, and no backup of it")]
    Itself(PathBuf),
    #[error("{0} is damaged, and no backup: {1}")]
    Damaged(PathBuf, String),
    #[error("{0} is no database of Koffiekar")]
    NotOurs(PathBuf),
    #[error("cannot write {0}: {1}")]
    File(PathBuf, #[source] io::Error),
    #[error("cannot copy {0}: {1}")]
    Copy(PathBuf, #[source] StoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Start(#[from] StartError),
}

/// What is in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub bytes: u64,
    pub conversations: u64,
}

/// Copies a database to a file that is not there yet, as it stands at one moment. When this returns, the copy
/// is whole, looked through and on the disk.
pub async fn make(database: &Path, to: &Path) -> Result<Made, BackupError> {
    if !database.exists() {
        return Err(BackupError::Missing(database.to_owned()));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let draft = Draft::beside(to)?;
    draft.fill(database).await?;
    let made = draft.look_through(database).await?;
    draft.place(to)?;
    Ok(made)
}

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub conversations: u64,
    /// Where the database is now that was there before.
    pub kept: Option<PathBuf>,
    /// How many erasures were carried out again.
    pub erased: u64,
}

/// Puts a copy in the place of the database, as one that tablets notice: brought up to date, without what was
/// erased since, and with a new epoch. All of that is done before it takes the place.
pub async fn put_back(
    from: &Path,
    database: &Path,
    apart: &Apart,
    clock: &Clock,
    replace: bool,
    origin: &str,
) -> Result<Restored, BackupError> {
    if !from.exists() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    let same = |one: &Path, other: &Path| {
        let (one, other) = (fs::canonicalize(one), fs::canonicalize(other));
        matches!((one, other), (Ok(one), Ok(other)) if one == other)
    };
    if same(from, database) {
        return Err(BackupError::Itself(database.to_owned()));
    }
    let alone = match (database.exists(), replace) {
        (true, false) => return Err(BackupError::WouldReplace(database.to_owned())),
        // Nobody works with it, from now until the other one is in its place.
        (true, true) => Some(Alone::take(database).await?),
        (false, _) => None,
    };
    let draft = Draft::beside(database)?;
    draft.fill(from).await?;
    draft.look_through(from).await?;
    let (conversations, erased) = draft.begin_anew(apart, clock, origin).await?;
    let stamp: String = timestamp(clock.now()).replace([':', '-'], "");
    let kept = keep(database, &stamp)?;
    match kept {
        Some(_) => draft.replace(database)?,
        None => draft.place(database)?,
    }
    drop(alone);
    Ok(Restored {
        conversations,
        kept,
        erased,
    })
}

/// Gives the database another name besides, and logs that lie beside one that cannot be read another name;
/// returns the first. It keeps its own name until the copy takes it: there is a database at every moment.
fn keep(database: &Path, stamp: &str) -> Result<Option<PathBuf>, BackupError> {
    if !database.exists() {
        return Ok(None);
    }
    let name = |more: u32| match more {
        1 => with_end(database, &format!(".replaced-{stamp}")),
        more => with_end(database, &format!(".replaced-{stamp}-{more}")),
    };
    let free = |name: &PathBuf| !name.exists();
    let kept = (1..).map(name).find(free).unwrap_or_default();
    let failed = |error| BackupError::File(kept.clone(), error);
    for end in SQLITE_LOGS {
        match fs::rename(with_end(database, end), with_end(&kept, end)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    if fs::hard_link(database, &kept).is_err() {
        fs::rename(database, &kept).map_err(failed)?;
    }
    close_to_others(&kept);
    Ok(Some(kept))
}

/// A copy that is being made, beside the place where it is to be; gone when it did not get there.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        for end in SQLITE_LOGS {
            let _ = fs::remove_file(with_end(&self.0, end));
        }
    }
}

impl Draft {
    /// Empty, and readable by nobody else.
    fn beside(place: &Path) -> Result<Draft, BackupError> {
        let path = with_end(place, &format!(".new-{}", std::process::id()));
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&path);
        match made {
            Ok(_) => Ok(Draft(path)),
            // Left by a process of the same number that was killed here.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                drop(Draft(path));
                Draft::beside(place)
            }
            Err(error) => Err(BackupError::File(path, error)),
        }
    }

    fn address(&self) -> String {
        format!("sqlite:{}", self.0.display())
    }

    async fn fill(&self, from: &Path) -> Result<(), BackupError> {
        let copied = alone::copy(from, &self.0).await;
        copied.map_err(|error| BackupError::Copy(from.to_owned(), error))
    }

    /// That it is a database of Koffiekar and whole.
    async fn look_through(&self, from: &Path) -> Result<Made, BackupError> {
        let store = Store::open_as_it_is(&self.address(), &Settings::default()).await?;
        let looked = async {
            let mut tx = store.read().await?;
            if !matches!(health::is_ours(&mut tx).await, Ok(true)) {
                return Err(BackupError::NotOurs(from.to_owned()));
            }
            if let Some(damage) = health::of_files(&mut tx).await?.into_iter().next() {
                return Err(BackupError::Damaged(from.to_owned(), damage));
            }
            Ok(documents::count(&mut tx).await?)
        };
        let conversations = looked.await;
        store.close().await;
        let conversations = conversations?;
        self.make_whole().await?;
        let size = fs::metadata(&self.0).map(|file| file.len());
        Ok(Made {
            bytes: size.map_err(|error| BackupError::File(self.0.clone(), error))?,
            conversations,
        })
    }

    /// What a server does at its start, and what makes tablets compare.
    async fn begin_anew(
        &self,
        apart: &Apart,
        clock: &Clock,
        origin: &str,
    ) -> Result<(u64, u64), BackupError> {
        let store = Store::open(&self.address()).await?;
        let begun = async {
            let before = erased(&store).await?;
            let koffiekar = Koffiekar::new(store.clone(), clock.clone(), apart).await?;
            restored::begin_anew(&koffiekar, origin).await?;
            let mut tx = store.read().await?;
            let conversations = documents::count(&mut tx).await?;
            drop(tx);
            Ok((conversations, erased(&store).await?.saturating_sub(before)))
        };
        let begun = begun.await;
        store.close().await;
        self.make_whole().await?;
        begun
    }

    /// All of it is in the one file, and on the disk.
    async fn make_whole(&self) -> Result<(), BackupError> {
        drop(Alone::take(&self.0).await?);
        let synced = File::open(&self.0).and_then(|file| file.sync_all());
        synced.map_err(|error| BackupError::File(self.0.clone(), error))
    }

    /// Puts it in its place, where nothing is.
    fn place(&self, place: &Path) -> Result<(), BackupError> {
        let failed = |error: io::Error| BackupError::File(place.to_owned(), error);
        // Unlike renaming, linking never puts one file in the place of another; not every disk can.
        match fs::hard_link(&self.0, place) {
            Ok(()) => fs::remove_file(&self.0).map_err(failed)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists || place.exists() => {
                return Err(BackupError::Exists(place.to_owned()));
            }
            Err(_) => fs::rename(&self.0, place).map_err(failed)?,
        }
        sync_folder(place).map_err(failed)
    }

    /// Puts it in the place of what is there.
    fn replace(&self, place: &Path) -> Result<(), BackupError> {
        let replaced = fs::rename(&self.0, place).and_then(|()| sync_folder(place));
        replaced.map_err(|error| BackupError::File(place.to_owned(), error))
    }
}

/// New names in the folder of this file are durable.
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

async fn erased(store: &Store) -> Result<u64, StoreError> {
    tombstones::count(&mut store.read().await?).await
}
