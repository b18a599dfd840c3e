//! Signed messages are taken once: who sees one on its way, a proxy's log say, gets no answer to it.
//!
//! A message counts for as long as its time is within the window of the clock, so no number is remembered for
//! longer. Each server remembers what it took; on PostgreSQL, where several may share the tablets, the database
//! does too. What a server of its own cannot remember (it started since, or had no room left) it does not
//! take: a message with an earlier time is told to take the server's time, and comes back with a new number.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use koffiekar_sync_core::ids::{DeviceNumber, Millis};
use koffiekar_sync_core::limits::CLOCK_WINDOW_MS;
use sha2::{Digest, Sha256};

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::store::{Store, nonces};

/// Numbers that are remembered at a time: of 20 minutes.
const MOST: usize = 200_000;
/// A tablet that corrects its clock by answers is late by as long as they take: so much it may be.
const LATE_MS: i64 = 5_000;
/// How often those that ended are forgotten.
const FORGET_EVERY_MS: i64 = 60_000;

/// SHA-256 of a device and its number.
type Key = [u8; 32];

/// The numbers that came of late. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Nonces {
    seen: Arc<Mutex<BTreeMap<Key, Millis>>>,
    /// Of messages from before this moment nothing is remembered here.
    since: Arc<AtomicI64>,
    forgotten_at: Arc<AtomicI64>,
}

impl Nonces {
    /// Of a server that starts now.
    pub(crate) fn of(store: &Store, now: Millis) -> Self {
        // What another server took, or this one before it started, the database knows.
        let is_shared = store.engine() == "postgres";
        Self {
            seen: Arc::default(),
            since: Arc::new(AtomicI64::new(if is_shared {
                i64::MIN
            } else {
                now.0 - LATE_MS
            })),
            forgotten_at: Arc::new(AtomicI64::new(now.0)),
        }
    }

    /// Whether it is time to forget.
    fn is_due(&self, now: Millis) -> bool {
        let last = self.forgotten_at.load(Ordering::Relaxed);
        let due = now.0.abs_diff(last) >= FORGET_EVERY_MS.unsigned_abs();
        if due {
            self.forgotten_at.store(now.0, Ordering::Relaxed);
        }
        due
    }

    fn take(&self, key: Key, time: Millis, now: Millis, forget: bool) -> Result<(), ApiError> {
        let since = Millis(self.since.load(Ordering::Relaxed));
        // Where the clock was set back since, that moment says nothing.
        if time < since && since <= now {
            return Err(ApiError::ClockOff { server_time: now });
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if forget || seen.len() >= MOST {
            seen.retain(|_, ends_at| *ends_at > now);
        }
        if seen.len() >= MOST {
            seen.clear();
            self.since.store(now.0, Ordering::Relaxed);
        }
        match seen.insert(key, ends_at(time)) {
            None => Ok(()),
            Some(_) => Err(ApiError::Replayed),
        }
    }
}

/// From then on a message of this time is too old anyway.
fn ends_at(time: Millis) -> Millis {
    time.plus(CLOCK_WINDOW_MS + 1)
}

impl Koffiekar {
    /// Refuses a signed message that is too old or too new, or was here before. Call once the signature is
    /// checked.
    pub(crate) async fn take_once(
        &self,
        device: DeviceNumber,
        nonce: &[u8; 16],
        time: Millis,
    ) -> Result<(), ApiError> {
        let now = self.clock.now();
        if time.0.abs_diff(now.0) > CLOCK_WINDOW_MS.unsigned_abs() {
            return Err(ApiError::ClockOff { server_time: now });
        }
        let hashed = Sha256::new()
            .chain_update(device.0.to_be_bytes())
            .chain_update(nonce);
        let key: Key = hashed.finalize().into();
        let forget = self.nonces.is_due(now);
        self.nonces.take(key, time, now, forget)?;
        if self.store.engine() == "postgres" {
            let mut tx = self.store.write().await?;
            let is_new = nonces::take(&mut tx, &key, ends_at(time)).await?;
            if forget {
                nonces::remove_ended(&mut tx, now).await?;
            }
            tx.commit().await?;
            if !is_new {
                return Err(ApiError::Replayed);
            }
        }
        Ok(())
    }
}
