//! The tablet's disk: IndexedDB, every write one transaction with strict durability.
//!
//! "Op deze tablet bewaard" is said after the browser confirmed that the bytes are on the medium.
//! Values come in encrypted ([`super::vault`]); this file moves bytes. Keys begin with the person's
//! id, because tablets are shared.

use std::cell::RefCell;

use indexed_db_futures::{
    Build, KeyRange,
    database::Database,
    error::{DomException, Error, OpenDbError, UnexpectedDataError},
    prelude::QuerySource,
    transaction::{TransactionDurability, TransactionMode, TransactionOptions},
    typed_array::Uint8Array,
};
use koffiekar_sync_core::ids::UserId;
use leptos::prelude::{ArcRwSignal, Set};

const DATABASE: &str = "koffiekar-veld";
const VERSION: u8 = 2;

/// An object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// [`super::vault::KeyRecord`]s by user id: the only readable ones.
    Keys,
    /// `USER/identity`, `USER/state`, `USER/reference`, `USER/tagger`.
    Meta,
    /// `USER/CONVERSATION`: what the replica holds.
    Conversations,
    /// `USER/...`: what was typed and is not finished.
    Drafts,
    /// `USER/VOUCHER`: what the server signed about conversations held here.
    Vouchers,
}

impl Shelf {
    const ALL: [Shelf; 5] = [
        Self::Keys,
        Self::Meta,
        Self::Conversations,
        Self::Drafts,
        Self::Vouchers,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Meta => "meta",
            Self::Conversations => "conversations",
            Self::Drafts => "drafts",
            Self::Vouchers => "vouchers",
        }
    }
}

/// One record to be written, or to be removed where there are no bytes.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) shelf: Shelf,
    pub(crate) key: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the tablet's storage is full")]
    Full,
    /// Forbidden, closed or broken; the browser's own words.
    #[error("the tablet's storage does not work: {0}")]
    Broken(String),
}

thread_local! {
    /// Another window with an earlier version of the app keeps the disk as it was.
    static BLOCKED: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static OPENED: RefCell<Option<Database>> = const { RefCell::new(None) };
}

pub(crate) fn blocked() -> ArcRwSignal<bool> {
    BLOCKED.with(Clone::clone)
}

pub(crate) fn key_of(user: UserId, rest: impl std::fmt::Display) -> String {
    format!("{}/{rest}", user.key())
}

/// All or nothing; returns after the browser put it on the medium.
pub(crate) async fn write(writes: Vec<Write>) -> Result<(), StoreError> {
    if writes.is_empty() {
        return Ok(());
    }
    match write_once(&database().await?, &writes).await {
        // The browser closes a database at will, for instance when a tablet wakes up.
        Err(Error::DomException(DomException::InvalidStateError(_))) => {
            OPENED.take();
            let again = write_once(&database().await?, &writes).await;
            again.map_err(|error| why(&error))
        }
        done => done.map_err(|error| why(&error)),
    }
}

/// Is there room for so much? Written and removed again, because some browsers do not say.
pub(crate) async fn probe(bytes: Vec<u8>) -> Result<(), StoreError> {
    // Nobody's: the keys of people are hexadecimal.
    let record = |bytes| Write {
        shelf: Shelf::Drafts,
        key: "probe".to_owned(),
        bytes,
    };
    let written = write(vec![record(Some(bytes))]).await;
    write(vec![record(None)]).await?;
    written
}

async fn write_once(database: &Database, writes: &[Write]) -> Result<(), Error> {
    let mut shelves: Vec<&str> = writes.iter().map(|write| write.shelf.name()).collect();
    shelves.sort_unstable();
    shelves.dedup();
    let options = TransactionOptions::new().with_durability(TransactionDurability::Strict);
    let transaction = database
        .transaction(shelves)
        .with_mode(TransactionMode::Readwrite)
        .with_options(options)
        .build()?;
    for write in writes {
        let shelf = transaction.object_store(write.shelf.name())?;
        // Not awaited one by one: the commit answers for all of them.
        match &write.bytes {
            Some(bytes) => {
                let bytes = Uint8Array::new(bytes.clone());
                drop(shelf.put(bytes).with_key(write.key.as_str()).build()?);
            }
            None => drop(shelf.delete(write.key.as_str()).build()?),
        }
    }
    transaction.commit().await
}

/// The records of one person, by what follows the `/` in their keys.
pub(crate) async fn all_of(
    shelf: Shelf,
    user: UserId,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let (from, to) = (key_of(user, ""), key_of(user, '\u{ffff}'));
    let records = read(shelf, Some((from.clone(), to))).await?;
    let rest = |key: String| key.get(from.len()..).unwrap_or_default().to_owned();
    Ok(records
        .into_iter()
        .map(|(key, bytes)| (rest(key), bytes))
        .collect())
}

pub(crate) async fn all(shelf: Shelf) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    read(shelf, None).await
}

async fn read(
    shelf: Shelf,
    range: Option<(String, String)>,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let database = database().await?;
    match read_once(&database, shelf, range.clone()).await {
        Err(Error::DomException(DomException::InvalidStateError(_))) => {
            OPENED.take();
            let again = read_once(&self::database().await?, shelf, range).await;
            again.map_err(|error| why(&error))
        }
        read => read.map_err(|error| why(&error)),
    }
}

async fn read_once(
    database: &Database,
    shelf: Shelf,
    range: Option<(String, String)>,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let transaction = database.transaction(shelf.name()).build()?;
    let store = transaction.object_store(shelf.name())?;
    // Both in the order of their keys, within one transaction: they belong together one by one.
    let range = match range {
        Some((from, to)) => KeyRange::Bound(from, false, to, true),
        None => KeyRange::LowerBound(String::new(), false),
    };
    let keys = store
        .get_all_keys::<String>()
        .with_query::<String, _>(range.clone());
    let values = store.get_all::<Uint8Array>().with_query::<String, _>(range);
    let (keys, values) = (keys.build()?, values.build()?);
    let keys = keys.await?.collect::<Result<Vec<String>, _>>()?;
    let values = values.await?.collect::<Result<Vec<Uint8Array>, _>>()?;
    Ok(keys
        .into_iter()
        .zip(values.into_iter().map(Into::into))
        .collect())
}

async fn database() -> Result<Database, StoreError> {
    if let Some(database) = OPENED.with_borrow(Clone::clone) {
        return Ok(database);
    }
    let opened = Database::open(DATABASE)
        .with_version(VERSION)
        .with_on_blocked(|_| {
            blocked().set(true);
            Ok(())
        })
        .with_on_upgrade_needed(|_, database| {
            for shelf in Shelf::ALL {
                // Each is made once, by whichever version came first.
                if !database
                    .object_store_names()
                    .any(|name| name == shelf.name())
                {
                    database.create_object_store(shelf.name()).build()?;
                }
            }
            Ok(())
        })
        .await
        .map_err(|error: OpenDbError| StoreError::Broken(error.to_string()))?;
    blocked().set(false);
    OPENED.set(Some(opened.clone()));
    Ok(opened)
}

fn why(error: &Error) -> StoreError {
    match error {
        // A commit that the browser takes back without an error of any request: no room, or no medium.
        Error::MissingData(UnexpectedDataError::TransactionAborted) => StoreError::Full,
        Error::DomException(DomException::Other(other)) if other.name() == "QuotaExceededError" => {
            StoreError::Full
        }
        other => StoreError::Broken(other.to_string()),
    }
}
