//! What a server remembers apart from its database, for the day that an older copy of it is put back.
//!
//! A small file beside the key file holds how far this very database had come (its epoch, and the places
//! that its feeds had given), and the keys that sign receipts. It is read and written when a server starts,
//! and written every minute while it runs, when it ends, and when a key is made; always after what it tells
//! of was durable, so that a database that went on is never taken for one that went back.
//!
//! So a backup can be put back that is older than the key that tablets trust, and a server notices where
//! nobody ran `koffiekar new-epoch`. It is a net under that command and no more: what was written in the
//! last minute before a crash is not in it, and without the file everything goes on as well.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use koffiekar_sync_core::wire::Epoch;
use minicbor::{Decode, Encode};

use crate::StartError;
use crate::apart::{self, Apart};
use crate::store::catalogue::Installation;
use crate::store::receipt_keys::{self, Key};
use crate::store::{self, Store, Tx, catalogue, feed};

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
}

impl Memory {
    async fn of(tx: &mut Tx) -> store::Result<Memory> {
        Ok(Memory {
            epoch: catalogue::installation(tx).await?.epoch,
            places: feed::places_given(tx).await?,
            receipt_keys: receipt_keys::all(tx).await?,
        })
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
    written: Arc<Mutex<Option<Memory>>>,
}

impl Remembered {
    pub(crate) fn beside(apart: &Apart) -> Remembered {
        Remembered {
            file: apart.remembered().into(),
            written: Arc::default(),
        }
    }

    /// `None` where there is no such file, or none that can be read.
    pub(crate) fn read(&self) -> Option<Memory> {
        let bytes = std::fs::read(&self.file).ok()?;
        let memory = minicbor::decode(&bytes);
        memory
            .inspect_err(|_| {
                let file = self.file.display();
                tracing::warn!(%file, "what the server remembered cannot be read");
            })
            .ok()
    }

    /// Writes down what is durable now. That it fails is told, and stops nothing.
    pub(crate) async fn note(&self, store: &Store) {
        if let Err(error) = self.try_note(store).await {
            tracing::warn!(%error, "what must be known after a backup was put back is not written down");
        }
    }

    async fn try_note(&self, store: &Store) -> Result<(), StartError> {
        let mut tx = store.read().await?;
        let memory = Memory::of(&mut tx).await?;
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
        // Writing to a vector cannot fail.
        let bytes = minicbor::to_vec(&memory).unwrap_or_default();
        apart::replace(&self.file, &bytes)?;
        *written() = Some(memory);
        Ok(())
    }

    pub(crate) async fn note_in_background(self, store: Store) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.note(&store).await;
        }
    }
}
