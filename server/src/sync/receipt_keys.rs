//! The key that signs receipts: taken into use, read again by whoever signs, and replaced.
//!
//! The newest key in the database signs. Its id is read in the transaction that every sync opens, so
//! that all servers on one database sign with a new one from their next request on, without a restart.

use std::sync::{Arc, Mutex, PoisonError};

use ed25519_dalek::SigningKey;
use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::receipt::{KeyId, KeySuccession};

use crate::Koffiekar;
use crate::clock::Clock;
use crate::random::Random;
use crate::store::audit::{self, DONE, Entry};
use crate::store::catalogue::Installation;
use crate::store::receipt_keys::{self as store, Key};
use crate::store::{Result, StoreError, Tx};

/// The key as it was read last. Cheap to clone.
#[derive(Clone)]
pub struct ReceiptKeys {
    last: Arc<Mutex<Arc<SigningKey>>>,
}

impl ReceiptKeys {
    /// The key that signed last: of a database that nobody else writes to, the newest.
    pub fn last(&self) -> Arc<SigningKey> {
        let last = self.last.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest key. `installation` must have been read in this transaction.
    pub(crate) async fn newest(
        &self,
        tx: &mut Tx,
        installation: &Installation,
    ) -> Result<Arc<SigningKey>> {
        let last = self.last();
        if installation.receipt_key == Some(KeyId::of(&last.verifying_key())) {
            return Ok(last);
        }
        let row = store::newest(tx).await?.ok_or_else(missing)?;
        let fresh = Arc::new(SigningKey::from_bytes(&row.secret));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }
}

/// Whether keys that were remembered are those of this database: neither has one where the other has another.
pub(crate) async fn are_of_this_database(tx: &mut Tx, remembered: &[Key]) -> Result<bool> {
    let here = store::ids(tx).await?;
    let mut both = remembered.iter().zip(here);
    Ok(both.all(|(one, id)| one.id == id))
}

/// Takes the newest key into use; at the first start it is made. `remembered` are those that were here.
pub(crate) async fn found(
    tx: &mut Tx,
    remembered: &[Key],
    random: &Random,
    clock: &Clock,
) -> Result<ReceiptKeys> {
    for (id, secret) in store::without_public(tx).await? {
        let public_key = SigningKey::from_bytes(&secret).verifying_key().to_bytes();
        store::set_public(tx, id, &public_key).await?;
    }
    recall(tx, remembered, clock.now()).await?;
    let key = match store::newest(tx).await? {
        Some(row) => SigningKey::from_bytes(&row.secret),
        None => {
            let key = SigningKey::from_bytes(&random.bytes());
            store::insert(tx, 1, &kept(&key, None, clock.now())).await?;
            key
        }
    };
    Ok(ReceiptKeys {
        last: Arc::new(Mutex::new(Arc::new(key))),
    })
}

/// Puts the keys back that a database does not know any more because it went back: what they signed is
/// verified again, and the last of them signs. They are those of this database.
async fn recall(tx: &mut Tx, remembered: &[Key], now: Millis) -> Result<()> {
    let here = store::ids(tx).await?;
    let lost = remembered.get(here.len()..).unwrap_or_default();
    if here.is_empty() || lost.is_empty() {
        return Ok(());
    }
    for (key, place) in remembered.iter().zip(1..).skip(here.len()) {
        store::insert(tx, place, key).await?;
        store::retire_before(tx, place, now).await?;
    }
    tracing::warn!("keys for receipts were put back that are newer than this database");
    Ok(())
}

/// The ids of the key that signed until now and of the one that does from now on.
#[derive(Debug, Clone, Copy)]
pub struct Renewed {
    pub before: KeyId,
    pub now: KeyId,
}

/// Puts a new key in the place of the one that signs. The old one hands over to it with its last
/// signature; its secret is gone then. `None` where somebody else made one in this very moment.
pub async fn renew(koffiekar: &Koffiekar, origin: &str) -> Result<Option<Renewed>> {
    let at = koffiekar.clock.now();
    let mut tx = koffiekar.store.write().await?;
    let old = store::newest(&mut tx).await?.ok_or_else(missing)?;
    let key = SigningKey::from_bytes(&koffiekar.random.bytes());
    let public_key = key.verifying_key();
    let succession = KeySuccession::sign(&public_key, &SigningKey::from_bytes(&old.secret));
    let new = kept(&key, Some(succession.signature), at);
    let place = old.place + 1;
    if !store::insert(&mut tx, place, &new).await? {
        return Ok(None);
    }
    store::retire_before(&mut tx, place, at).await?;
    let renewed = Renewed {
        before: old.id,
        now: new.id,
    };
    let entry = Entry {
        at,
        actor: None,
        origin,
        action: "renew receipt key",
        object: &crate::random::hex(&renewed.now.0),
        result: DONE,
    };
    audit::write(&mut tx, entry).await?;
    tx.commit().await?;
    koffiekar.remembered.note(&koffiekar.store).await;
    Ok(Some(renewed))
}

fn kept(key: &SigningKey, handed_over: Option<[u8; 64]>, created_at: Millis) -> Key {
    let public_key = key.verifying_key();
    Key {
        id: KeyId::of(&public_key),
        public_key: public_key.to_bytes(),
        secret: Some(key.to_bytes()),
        handed_over,
        created_at,
    }
}

fn missing() -> StoreError {
    StoreError::Corrupt("there is no key that signs receipts".to_owned())
}
