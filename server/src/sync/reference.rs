//! The programme as requests of tablets need it, kept as long as it holds.
//!
//! Every change of the catalogue counts in the database. The count is read in the transaction of each
//! request; only where it moved, or the database is another one, the catalogue is read again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use koffiekar_sync_core::catalogue::{Catalogue, Round};
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::wire::{Epoch, Fingerprint};

use crate::projection::Surroundings;
use crate::store::catalogue::{self, Installation};
use crate::store::{self, StoreError, Tx};

/// Different sets of rounds for which reference data is kept.
const SETS: usize = 200;

/// What one device needs of the programme.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    /// Of all rounds.
    pub(crate) surroundings: Arc<Surroundings>,
    /// Those that its user may work in.
    pub(crate) rounds: Arc<[Round]>,
    /// JSON of the [`Catalogue`] as its user may see it.
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) fingerprint: Fingerprint,
}

/// What was last read. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct References {
    kept: Arc<Mutex<Option<Kept>>>,
}

#[derive(Debug)]
struct Kept {
    of: (Epoch, u64),
    catalogue: Arc<Catalogue>,
    surroundings: Arc<Surroundings>,
    by_rounds: BTreeMap<Vec<RoundId>, Reference>,
}

impl References {
    /// For a member of these rounds. `installation` must have been read in this transaction.
    pub(crate) async fn of(
        &self,
        tx: &mut Tx,
        installation: &Installation,
        rounds: &[RoundId],
    ) -> store::Result<Reference> {
        self.kept(tx, installation, |kept| kept.pack(rounds))
            .await?
    }

    /// The whole programme.
    pub(crate) async fn catalogue(&self, tx: &mut Tx) -> store::Result<Arc<Catalogue>> {
        let installation = catalogue::installation(tx).await?;
        let catalogue = |kept: &mut Kept| kept.catalogue.clone();
        self.kept(tx, &installation, catalogue).await
    }

    /// Uses what is kept, after it was read again where it holds no longer.
    async fn kept<T>(
        &self,
        tx: &mut Tx,
        installation: &Installation,
        mut used: impl FnMut(&mut Kept) -> T,
    ) -> store::Result<T> {
        let of = (installation.epoch, installation.catalogue_version);
        if let Some(kept) = self.lock().as_mut().filter(|kept| kept.of == of) {
            return Ok(used(kept));
        }
        let catalogue = catalogue::read(tx).await?;
        let mut fresh = Kept {
            of,
            surroundings: Arc::new(Surroundings::of(&catalogue)),
            catalogue: Arc::new(catalogue),
            by_rounds: BTreeMap::new(),
        };
        let result = used(&mut fresh);
        *self.lock() = Some(fresh);
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn pack(&mut self, rounds: &[RoundId]) -> store::Result<Reference> {
        if let Some(reference) = self.by_rounds.get(rounds) {
            return Ok(reference.clone());
        }
        let mut seen = Catalogue::clone(&self.catalogue);
        seen.rounds.retain(|round| rounds.contains(&round.id));
        let bytes = serde_json::to_vec(&seen).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let reference = Reference {
            surroundings: self.surroundings.clone(),
            rounds: seen.rounds.into(),
            fingerprint: Fingerprint::of(&bytes),
            bytes: bytes.into(),
        };
        if self.by_rounds.len() >= SETS {
            self.by_rounds.clear();
        }
        self.by_rounds.insert(rounds.to_vec(), reference.clone());
        Ok(reference)
    }
}
