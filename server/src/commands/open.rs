//! Opening the database that was named, with what stands beside it.

use std::path::Path;

use anyhow::{Context, Result};
use koffiekar_server::config::Place;
use koffiekar_server::private_files::{FOLDER_MODE, is_open_to_others};
use koffiekar_server::store::{Store, StoreError, Trouble};
use koffiekar_server::{Clock, Koffiekar, StartError};

/// What becomes of a schema that is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    BringUpToDate,
    MustBeThere,
}

pub(crate) async fn open(place: &Place) -> Result<Koffiekar> {
    open_with(place, Schema::BringUpToDate).await
}

pub(crate) async fn open_with(place: &Place, schema: Schema) -> Result<Koffiekar> {
    let store = match schema {
        Schema::BringUpToDate => {
            let store = open_to_migrate(place).await?;
            told(store.migrate().await)?;
            store
        }
        Schema::MustBeThere => {
            let store = store_as_it_is(place).await?;
            store.require_schema().await?;
            store
        }
    };
    warn_if_open(&place.folder());
    match Koffiekar::new(store, Clock::System, &place.apart()).await {
        Err(StartError::Store(error)) => told(Err(error)),
        other => Ok(other?),
    }
}

/// The database, whatever its schema; an empty one is made where there is none, unless the files of an
/// installation say that there was one.
pub(crate) async fn open_to_migrate(place: &Place) -> Result<Store> {
    refuse_lost_database(place)?;
    make_folder(&place.folder())?;
    let store = told(Store::open_unmigrated(&place.address(), &place.settings()).await)?;
    if told(store.schema().await)?.now.is_none() {
        place.apart().ensure_none_is_lost(&place.shown())?;
    }
    Ok(store)
}

/// Where the files of an installation are, and the file of its database is not.
pub(crate) fn refuse_lost_database(place: &Place) -> Result<()> {
    if place.sqlite_file().is_some_and(|file| !file.exists()) {
        place.apart().ensure_none_is_lost(&place.shown())?;
    }
    Ok(())
}

/// The database that is there, whatever its schema.
pub(crate) async fn store_as_it_is(place: &Place) -> Result<Store> {
    told(Store::open_as_it_is(&place.address(), &place.settings()).await)
}

/// With what an administrator can do about it.
pub(crate) fn told<T>(opened: Result<T, StoreError>) -> Result<T> {
    opened.map_err(|error| {
        let advice = advice(&error);
        anyhow::Error::from(error).context(format!("cannot open the database{advice}"))
    })
}

/// What an administrator can do about it.
fn advice(error: &StoreError) -> &'static str {
    if error.is_of_encryption() {
        return "; the connection is not encrypted as it must be: name the authority of its certificate with \
                sslrootcert=FILE in the address, or say sslmode=require to encrypt without verifying it. \
                Only sslmode=disable lets residents' words go over the network in the clear";
    }
    match error.trouble() {
        Some(Trouble::Busy) => "; another program holds it: end that one, then start again",
        Some(Trouble::Full) => "; no room is left on its disk: make room, then start again",
        Some(Trouble::Unavailable) => {
            "; it does not answer, or cannot be read or written there: see that PostgreSQL runs, or look at \
             the disk and at whose the files are, or put a backup back, then start again"
        }
        None => "",
    }
}

/// Once for a command.
pub(crate) fn warn_if_open(data: &Path) {
    if is_open_to_others(data) {
        tracing::warn!(
            folder = %data.display(),
            "others on this machine can look into the data folder; its files are closed to them, but give it \
             a folder of its own (chmod 700)"
        );
    }
}

/// Readable by nobody else, and proven writable.
pub(crate) fn make_folder(data: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if data.as_os_str().is_empty() {
        return Ok(());
    }
    let shown = data.display();
    if !data.exists() {
        let mut folder = std::fs::DirBuilder::new();
        let made = folder.recursive(true).mode(FOLDER_MODE).create(data);
        made.with_context(|| format!("cannot make the data folder {shown}"))?;
    }
    let probe = data.join(format!(".writable-{}", std::process::id()));
    let written = std::fs::write(&probe, b"");
    written.with_context(|| {
        format!("cannot write in the data folder {shown}; choose another with --data")
    })?;
    std::fs::remove_file(&probe).with_context(|| format!("cannot remove {}", probe.display()))
}
