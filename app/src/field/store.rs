//! The tablet's disk: IndexedDB, every write one transaction with strict durability.
//!
//! "Op deze tablet bewaard" is said after the browser confirmed that the bytes are on the medium.
//! Values come in encrypted ([`super::vault`]); this file moves bytes. Keys begin with the person's
//! id, because tablets are shared.
//!
//! A browser empties its storage under an open page, when somebody clears its data or it runs out of
//! room, and what is written afterwards lies on another disk than what was written before. So the disk
//! has a mark, which this page remembers, and every transaction reads it besides what it does.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use indexed_db_futures::{
    Build, BuildPrimitive, KeyRange,
    database::Database,
    error::{DomException, Error, OpenDbError, UnexpectedDataError},
    future::BasicRequest,
    prelude::QuerySource,
    transaction::{Transaction, TransactionDurability, TransactionMode, TransactionOptions},
    typed_array::Uint8Array,
};
use koffiekar_sync_core::ids::UserId;
use leptos::{
    prelude::{ArcRwSignal, Set},
    task::spawn_local,
};

const DATABASE: &str = "koffiekar-veld";
const VERSION: u8 = 2;

/// An object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// [`super::vault::KeyRecord`]s by user id, readable.
    Keys,
    /// `USER/identity`, `USER/state`, `USER/reference`, `USER/tagger`; and what [`super::unsent`] keeps
    /// readable.
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

    /// Whose keys begin with the person's id.
    pub(crate) const OF_PEOPLE: [Shelf; 4] = [
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
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) shelf: Shelf,
    pub(crate) key: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the tablet's storage is full")]
    Full,
    /// The disk is not the one that this page worked with.
    #[error("the tablet's storage was emptied")]
    Emptied,
    /// A newer version of the app uses it in another form.
    #[error("the tablet's storage is that of a newer version")]
    Newer,
    /// Forbidden, closed or broken; the browser's own words.
    #[error("the tablet's storage does not work: {0}")]
    Broken(String),
}

thread_local! {
    /// Another window with an earlier version of the app keeps the disk as it was.
    static BLOCKED: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static OPENED: RefCell<Option<Database>> = const { RefCell::new(None) };
    static OPENING: Rc<async_lock::Mutex<()>> = Rc::new(async_lock::Mutex::new(()));
    /// Of the disk that this page works with, once it was opened.
    static MARK: Cell<Option<Mark>> = const { Cell::new(None) };
    /// A newer version has the disk: this one does not open it again.
    static IS_LET_GO: Cell<bool> = const { Cell::new(false) };
    static ON_CHANGE: Cell<fn(Change)> = const { Cell::new(|_| {}) };
}

type Mark = [u8; 16];

/// Where the mark lies, among [`Shelf::Meta`]. Nobody's: the keys of people are hexadecimal.
const MARK_KEY: &str = "disk";

/// What happens to the disk from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The browser closed it, or somebody deleted it. It may be empty now.
    Closed,
    /// Another window with a newer version waits until this one calls [`let_go`].
    NewerWaits,
}

/// Call once, before the disk is used.
pub(crate) fn listen(on_change: fn(Change)) {
    ON_CHANGE.set(on_change);
}

/// For a newer version in another window. Nothing is written or read any more.
pub(crate) fn let_go() {
    IS_LET_GO.set(true);
    if let Some(database) = OPENED.take() {
        database.close();
    }
}

/// After [`StoreError::Emptied`], where nothing is in memory that belongs on the disk.
pub(crate) fn begin_anew() {
    MARK.set(None);
    if let Some(database) = OPENED.take() {
        database.close();
    }
}

pub(crate) fn blocked() -> ArcRwSignal<bool> {
    BLOCKED.with(Clone::clone)
}

pub(crate) fn key_of(user: UserId, rest: impl std::fmt::Display) -> String {
    format!("{}/{rest}", user.key())
}

/// All or nothing; returns after the browser put it on the medium of the disk that was opened.
pub(crate) async fn write(writes: &[Write]) -> Result<(), StoreError> {
    if writes.is_empty() {
        return Ok(());
    }
    let marked = match write_once(&database().await?, writes).await {
        // The browser closes a database at will, for instance when a tablet wakes up.
        Err(Error::DomException(DomException::InvalidStateError(_))) => {
            OPENED.take();
            write_once(&database().await?, writes).await
        }
        done => done,
    };
    same_disk(marked.map_err(|error| why(&error))?)
}

/// After [`StoreError::Emptied`]: everything that this page has, on the disk that there is now.
pub(crate) async fn write_anew(writes: &[Write]) -> Result<(), StoreError> {
    let marked = write_marked(&database().await?, writes).await;
    MARK.set(Some(marked.map_err(|error| why(&error))?));
    Ok(())
}

/// Is the disk still the one that was opened? Looks by another way to it than the one that is open, which
/// may lead to what is not there any more.
pub(crate) async fn check_anew() -> Result<(), StoreError> {
    if let Some(database) = OPENED.take() {
        database.close();
    }
    check().await
}

/// Is the disk still the one that was opened?
pub(crate) async fn check() -> Result<(), StoreError> {
    all_in(
        Shelf::Meta,
        Some((MARK_KEY.to_owned(), MARK_KEY.to_owned())),
    )
    .await
    .map(drop)
}

fn same_disk(found: Option<Mark>) -> Result<(), StoreError> {
    if found.is_some() && found == MARK.get() {
        Ok(())
    } else {
        Err(StoreError::Emptied)
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
    let written = write(&[record(Some(bytes))]).await;
    write(&[record(None)]).await?;
    written
}

/// The mark of the disk that it was written to.
async fn write_once(database: &Database, writes: &[Write]) -> Result<Option<Mark>, Error> {
    let transaction = writing(database, writes)?;
    let mark = mark_in(&transaction)?;
    // The commit is not kept waiting for the mark: where the page is being closed, there is no time.
    put(&transaction, writes)?;
    transaction.commit().await?;
    Ok(mark.await?.and_then(read_mark))
}

/// Gives the disk a mark where it has none.
async fn write_marked(database: &Database, writes: &[Write]) -> Result<Mark, Error> {
    let transaction = writing(database, writes)?;
    let found = mark_in(&transaction)?.await?.and_then(read_mark);
    let mark = match found {
        Some(mark) => mark,
        None => {
            let mut mark = Mark::default();
            getrandom::fill(&mut mark).map_err(|_| UnexpectedDataError::TransactionAborted)?;
            let shelf = transaction.object_store(Shelf::Meta.name())?;
            let bytes = Uint8Array::new(mark.to_vec());
            drop(shelf.put(bytes).with_key(MARK_KEY).build()?);
            mark
        }
    };
    put(&transaction, writes)?;
    transaction.commit().await?;
    Ok(mark)
}

fn writing<'a>(database: &'a Database, writes: &[Write]) -> Result<Transaction<'a>, Error> {
    let shelves = writes.iter().map(|write| write.shelf.name());
    let mut shelves: Vec<&str> = shelves.chain([Shelf::Meta.name()]).collect();
    shelves.sort_unstable();
    shelves.dedup();
    let options = TransactionOptions::new().with_durability(TransactionDurability::Strict);
    database
        .transaction(shelves)
        .with_mode(TransactionMode::Readwrite)
        .with_options(options)
        .build()
}

/// Not awaited one by one: the commit answers for all of them.
fn put(transaction: &Transaction<'_>, writes: &[Write]) -> Result<(), Error> {
    for write in writes {
        let shelf = transaction.object_store(write.shelf.name())?;
        match &write.bytes {
            Some(bytes) => {
                let bytes = Uint8Array::new(bytes.clone());
                drop(shelf.put(bytes).with_key(write.key.as_str()).build()?);
            }
            None => drop(shelf.delete(write.key.as_str()).build()?),
        }
    }
    Ok(())
}

fn mark_in(transaction: &Transaction<'_>) -> Result<BasicRequest<Option<Uint8Array>>, Error> {
    let shelf = transaction.object_store(Shelf::Meta.name())?;
    shelf.get::<Uint8Array, _, _>(MARK_KEY).primitive()
}

fn read_mark(bytes: Uint8Array) -> Option<Mark> {
    Vec::from(bytes).try_into().ok()
}

/// The records of one person, by what follows the `/` in their keys.
pub(crate) async fn all_of(
    shelf: Shelf,
    user: UserId,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let (from, to) = (key_of(user, ""), key_of(user, '\u{ffff}'));
    let records = all_in(shelf, Some((from.clone(), to))).await?;
    let rest = |key: String| key.get(from.len()..).unwrap_or_default().to_owned();
    Ok(records
        .into_iter()
        .map(|(key, bytes)| (rest(key), bytes))
        .collect())
}

pub(crate) async fn all(shelf: Shelf) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    all_in(shelf, None).await
}

async fn all_in(
    shelf: Shelf,
    range: Option<(String, String)>,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let read = match read_once(&database().await?, shelf, range.clone()).await {
        Err(Error::DomException(DomException::InvalidStateError(_))) => {
            OPENED.take();
            read_once(&database().await?, shelf, range).await
        }
        read => read,
    };
    let (records, mark) = read.map_err(|error| why(&error))?;
    same_disk(mark)?;
    Ok(records)
}

type Records = Vec<(String, Vec<u8>)>;

async fn read_once(
    database: &Database,
    shelf: Shelf,
    range: Option<(String, String)>,
) -> Result<(Records, Option<Mark>), Error> {
    let mut shelves = vec![shelf.name(), Shelf::Meta.name()];
    shelves.dedup();
    let transaction = database.transaction(shelves).build()?;
    let mark = mark_in(&transaction)?;
    let store = transaction.object_store(shelf.name())?;
    // Both in the order of their keys, within one transaction: they belong together one by one.
    let range = match range {
        Some((from, to)) => KeyRange::Bound(from, false, to, false),
        None => KeyRange::LowerBound(String::new(), false),
    };
    let keys = store
        .get_all_keys::<String>()
        .with_query::<String, _>(range.clone());
    let values = store.get_all::<Uint8Array>().with_query::<String, _>(range);
    let (keys, values) = (keys.build()?, values.build()?);
    let keys = keys.await?.collect::<Result<Vec<String>, _>>()?;
    let values = values.await?.collect::<Result<Vec<Uint8Array>, _>>()?;
    let values = values.into_iter().map(Into::into);
    let records = keys.into_iter().zip(values).collect();
    Ok((records, mark.await?.and_then(read_mark)))
}

async fn database() -> Result<Database, StoreError> {
    let opening = OPENING.with(Rc::clone);
    let _turn = opening.lock().await;
    if let Some(database) = OPENED.with_borrow(Clone::clone) {
        return Ok(database);
    }
    if IS_LET_GO.get() {
        return Err(StoreError::Newer);
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
        .map_err(|error| match error {
            OpenDbError::Base(error) => why(&error),
            other => StoreError::Broken(other.to_string()),
        })?;
    blocked().set(false);
    watch(&opened);
    if MARK.get().is_none() {
        let marked = write_marked(&opened, &[]).await;
        MARK.set(Some(marked.map_err(|error| why(&error))?));
    }
    OPENED.set(Some(opened.clone()));
    Ok(opened)
}

/// Whoever deletes the database or makes it newer waits until every window has closed it.
fn watch(database: &Database) {
    let Ok(mut changes) = database.version_changes() else {
        return;
    };
    let database = database.clone();
    spawn_local(async move {
        let change = match changes.recv().await.map(|event| event.new_version()) {
            Some(Some(_)) => Change::NewerWaits,
            // Deleted, or closed by the browser.
            Some(None) | None => {
                database.close();
                OPENED.take();
                Change::Closed
            }
        };
        ON_CHANGE.get()(change);
    });
}

fn why(error: &Error) -> StoreError {
    match error {
        // A commit that the browser takes back without an error of any request: no room, or no medium.
        Error::MissingData(UnexpectedDataError::TransactionAborted) => StoreError::Full,
        Error::DomException(DomException::Other(other)) if other.name() == "QuotaExceededError" => {
            StoreError::Full
        }
        Error::DomException(DomException::Other(other)) if other.name() == "VersionError" => {
            StoreError::Newer
        }
        other => StoreError::Broken(other.to_string()),
    }
}
