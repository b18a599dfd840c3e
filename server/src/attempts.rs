//! How often somebody may give a wrong password.
//!
//! Counted per login **and** address, and per address: guessing from one place is stopped, while
//! nobody can lock a colleague out from elsewhere. An attempt counts when it begins, so that many at
//! once do not slip through; a right password takes its login's count back.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use koffiekar_sync_core::ids::Millis;

use crate::problem::ApiError;

/// Wrong passwords for one login from one address.
const PER_LOGIN: u32 = 10;
/// Attempts from one address, whatever the login: an office may share one.
const PER_ADDRESS: u32 = 100;
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Counts kept at a time.
const CAPACITY: usize = 20_000;

/// Counts attempts to sign in. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Attempts {
    counts: Arc<Mutex<BTreeMap<Key, Count>>>,
}

/// Address, and the login where it is about one.
type Key = (String, Option<String>);

#[derive(Debug)]
struct Count {
    attempts: u32,
    ends_at: Millis,
}

impl Attempts {
    /// Counts an attempt that begins now, or refuses it.
    pub fn begin(&self, login: &str, address: &str, now: Millis) -> Result<(), ApiError> {
        let address = network(address);
        let keys = [
            ((address.clone(), Some(login.to_owned())), PER_LOGIN),
            ((address, None), PER_ADDRESS),
        ];

        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CAPACITY {
            counts.retain(|_, count| count.ends_at > now);
        }
        while counts.len() >= CAPACITY {
            counts.pop_first();
        }
        for (key, limit) in &keys {
            match counts.get(key) {
                Some(count) if count.ends_at > now && count.attempts >= *limit => {
                    let wait_ms = u64::try_from(count.ends_at.0 - now.0).unwrap_or(0);
                    return Err(ApiError::TooManyAttempts {
                        retry_after_s: wait_ms.div_ceil(1000),
                    });
                }
                _ => {}
            }
        }
        for (key, _) in keys {
            let fresh = || Count {
                attempts: 0,
                ends_at: now.plus(WINDOW_MS),
            };
            let count = counts.entry(key).or_insert_with(fresh);
            if count.ends_at <= now {
                *count = fresh();
            }
            count.attempts += 1;
        }
        Ok(())
    }

    /// The password was right: this attempt and those before it do not count.
    pub fn succeeded(&self, login: &str, address: &str) {
        let address = network(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&(address.clone(), Some(login.to_owned())));
        if let Some(count) = counts.get_mut(&(address, None)) {
            count.attempts = count.attempts.saturating_sub(1);
        }
    }
}

/// One subscriber of IPv6 has a whole /64.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}
