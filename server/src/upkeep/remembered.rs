//! What a server remembers apart from its database, for the day that an older copy of it is put back.
//!
//! A small file beside the key file holds how far this very database had come (its epoch, and the places
//! that its feeds had given), the keys that sign receipts, and how much was erased. It is read and written when
//! a server starts, and written every minute while it runs, when it ends, when a key is made and when something
//! is erased; always after what it tells of was durable, so that a database that went on is never taken for one
//! that went back.
//!
//! A key that stands in it is never lost by writing it anew: the file of another database, and one that cannot
//! be read, keep a server from starting. Where more was erased than database and log know of, it does not start
//! either: an older copy of the database would bring the words back.
//!
//! So a backup can be put back that is older than the key that tablets trust, and a server notices where
//! nobody ran `koffiekar new-epoch`. It is a net under that command and no more: what was written in the
//! last minute before a crash is not in it, and without the file everything goes on as well.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use koffiekar_sync_core::wire::Epoch;
use minicbor::{Decode, Encode};

use crate::StartError;
use crate::store::catalogue::Installation;
use crate::store::receipt_keys::{self, Key};
use crate::store::{self, Store, Tx, catalogue, feed, tombstones};
use crate::upkeep::apart::{self, Apart, ApartError};
use crate::upkeep::erasures::Erasures;

const EVERY: Duration = Duration::from_secs(60);

#[derive(Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Memory {
    #[n(0)]
    epoch: Epoch,
    /// Given in the feeds of all rounds together.
    #[n(1)]
    places: u64,
    /// The first one first.
    #[n(2)]
    pub(crate) receipt_keys: Vec<Key>,
    /// Erasures that the database knew of. Missing in a file of an earlier version.
    #[n(3)]
    tombstones: Option<u64>,
    /// Lines of the log beside it.
    #[n(4)]
    erasures_logged: Option<u64>,
}

impl Memory {
    async fn of(tx: &mut Tx, erasures_logged: u64) -> store::Result<Memory> {
        Ok(Memory {
            epoch: catalogue::installation(tx).await?.epoch,
            places: feed::places_given(tx).await?,
            receipt_keys: receipt_keys::all(tx).await?,
            tombstones: Some(tombstones::count(tx).await?),
            erasures_logged: Some(erasures_logged),
        })
    }

    /// All keys of this one stand in the other.
    fn keys_are_in(&self, other: &Memory) -> bool {
        let is_there = |key: &Key| other.receipt_keys.iter().any(|there| there.id == key.id);
        self.receipt_keys.iter().all(is_there)
    }

    /// What was erased, where neither the database nor a log with so many lines knows of all of it.
    pub(crate) async fn erasures_missing(
        &self,
        tx: &mut Tx,
        logged: u64,
    ) -> store::Result<Option<u64>> {
        let known = (
            self.tombstones.unwrap_or(0),
            self.erasures_logged.unwrap_or(0),
        );
        let here = (tombstones::count(tx).await?, logged);
        Ok((here.0 < known.0 && here.1 < known.1).then_some(known.0.max(known.1)))
    }

    /// Had this very database come further once? Of another epoch nothing is known: somebody renewed it.
    pub(crate) async fn is_ahead(
        &self,
        tx: &mut Tx,
        installation: &Installation,
    ) -> store::Result<bool> {
        Ok(self.epoch == installation.epoch && self.places > feed::places_given(tx).await?)
    }
}

/// The file, and what stands in it. Cheap to clone.
#[derive(Clone)]
pub struct Remembered {
    file: Arc<Path>,
    erasures: Arc<Erasures>,
    written: Arc<Mutex<Option<Memory>>>,
}

impl Remembered {
    pub(crate) fn beside(apart: &Apart, erasures: Arc<Erasures>) -> Remembered {
        Remembered {
            file: apart.remembered().into(),
            erasures,
            written: Arc::default(),
        }
    }

    /// `None` where there is no such file.
    pub(crate) fn read(&self) -> Result<Option<Memory>, ApartError> {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ApartError::File(self.file.to_path_buf(), error)),
        };
        let memory = minicbor::decode(&bytes);
        memory
            .map(Some)
            .map_err(|_| ApartError::MemoryDamaged(self.file.to_path_buf()))
    }

    /// Writes down what is durable now. That it fails is told, and stops nothing.
    pub(crate) async fn note(&self, store: &Store) {
        if let Err(error) = self.try_note(store).await {
            tracing::warn!(%error, "what must be known after a backup was put back is not written down");
        }
    }

    async fn try_note(&self, store: &Store) -> Result<(), StartError> {
        let logged = self.erasures.read()?.len() as u64;
        let mut tx = store.read().await?;
        let memory = Memory::of(&mut tx, logged).await?;
        drop(tx);
        let written = || self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // Nor is it forgotten where the database went back under a server that runs: it notices when it
        // starts again.
        let further = |last: &Memory| last.epoch == memory.epoch && last.places > memory.places;
        if written()
            .as_ref()
            .is_some_and(|last| *last == memory || further(last))
        {
            return Ok(());
        }
        if let Some(there) = self.read()?
            && !there.keys_are_in(&memory)
        {
            return Err(ApartError::OtherMemory(self.file.to_path_buf()).into());
        }
        // Writing to a vector cannot fail.
        let bytes = minicbor::to_vec(&memory).unwrap_or_default();
        apart::replace(&self.file, &bytes)?;
        *written() = Some(memory);
        Ok(())
    }

    /// Runs until the server stops.
    pub(crate) async fn note_every_minute(self, store: Store) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.note(&store).await;
        }
    }
}
