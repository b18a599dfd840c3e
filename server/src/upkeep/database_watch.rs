//! Whether the database that this server opened is still the one that is there.
//!
//! A file that was deleted or replaced under a server goes on taking what is written, and nobody finds it
//! again; a PostgreSQL that somebody put an older copy into has forgotten what receipts were signed for. A
//! server that notices signs nothing more, refuses every request of the API, and says so in its log, once.
//!
//! Of SQLite the file is looked at: another one, or none, stands under its name. Of either engine it is known
//! in the transaction of a request: whose key it was sealed for, whether the key that signed last is there,
//! and that its feeds gave no fewer places than before, as long as the epoch is the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use koffiekar_sync_core::receipt::KeyId;
use koffiekar_sync_core::sealed::SealKey;
use koffiekar_sync_core::wire::Epoch;

use crate::problem::ApiError;
use crate::store::catalogue::Installation;
use crate::store::{self, Store, Tx, feed, receipt_keys};

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct DatabaseWatch {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    furthest: Furthest,
    /// The database of this epoch is not the one that was opened, or went back.
    replaced: Option<Epoch>,
    is_told: bool,
}

/// The most places that feeds had given, and in which epoch.
type Furthest = Option<(Epoch, u64)>;

/// By what a database is known to be the one that was opened. To be taken before the transaction begins that
/// is held against it.
pub(crate) struct Marks {
    seal_key: SealKey,
    /// Signed the last receipt of this server.
    receipt_key: KeyId,
    furthest: Furthest,
}

impl DatabaseWatch {
    pub(crate) fn marks(&self, seal_key: SealKey, receipt_key: KeyId) -> Marks {
        Marks {
            seal_key,
            receipt_key,
            furthest: self.lock().furthest,
        }
    }

    /// Holds the database, as a transaction sees it that read this `installation`, against the marks.
    pub(crate) async fn look(
        &self,
        tx: &mut Tx,
        marks: Marks,
        installation: &Installation,
    ) -> store::Result<()> {
        let places = feed::places_given(tx).await?;
        let went_back = marks
            .furthest
            .is_some_and(|(epoch, most)| epoch == installation.epoch && places < most);
        let is_another = installation.seal_key != Some(marks.seal_key);
        let lost_key = installation.receipt_key != Some(marks.receipt_key)
            && receipt_keys::since(tx, marks.receipt_key).await?.is_empty();
        let mut known = self.lock();
        if went_back || is_another || lost_key {
            known.replaced = Some(installation.epoch);
            return Ok(());
        }
        if known
            .replaced
            .is_some_and(|epoch| epoch != installation.epoch)
        {
            known.replaced = None;
        }
        match &mut known.furthest {
            Some((epoch, most)) if *epoch == installation.epoch => *most = places.max(*most),
            furthest => *furthest = Some((installation.epoch, places)),
        }
        Ok(())
    }

    /// Refuses where it is another database, by all that is known of it.
    pub(crate) fn ensure_same(&self, store: &Store) -> Result<(), ApiError> {
        let is_same = store.is_in_place();
        let mut known = self.lock();
        if is_same && known.replaced.is_none() {
            if std::mem::take(&mut known.is_told) {
                tracing::info!("the database that was opened is there again");
            }
            return Ok(());
        }
        if !std::mem::replace(&mut known.is_told, true) {
            tracing::error!(
                "the database that this server opened is gone, was replaced or went back: nothing is taken in \
                 and no receipt is signed. Put the right one in its place and start the server anew"
            );
        }
        Err(ApiError::DatabaseReplaced)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
