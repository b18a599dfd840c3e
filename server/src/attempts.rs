//! How often somebody may give a wrong password.
//!
//! Counted per login **and** address, and per address: guessing from one place is stopped, while
//! nobody can lock a colleague out from elsewhere. An attempt counts when it begins, so that many at
//! once do not slip through; a right password takes its login's count back. The counts stand in the
//! database, for all servers on it, under a hash: people type passwords where a login belongs.

use std::net::IpAddr;

use koffiekar_sync_core::ids::Millis;
use sha2::{Digest, Sha256};

use crate::problem::ApiError;
use crate::store::attempts::{self, Count, Key};
use crate::store::{self, Store};

/// Wrong passwords for one login from one address.
const PER_LOGIN: u64 = 10;
/// Attempts from one address, whatever the login: an office may share one.
const PER_ADDRESS: u64 = 100;
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// Counts an attempt that begins now, or refuses it.
pub(crate) async fn begin(
    store: &Store,
    login: &str,
    address: &str,
    now: Millis,
) -> Result<(), ApiError> {
    let address = network(address);
    let mut limits = [
        (key(&address, Some(login)), PER_LOGIN),
        (key(&address, None), PER_ADDRESS),
    ];
    // Two that begin at once never wait for each other in a circle.
    limits.sort();
    // Whoever is refused costs no write, however often they ask.
    let mut tx = store.read().await?;
    for (key, limit) in &limits {
        let count = attempts::find(&mut tx, key, now).await?;
        if let Some(count) = count.filter(|count| count.attempts >= *limit) {
            return Err(too_many(count, now));
        }
    }
    drop(tx);
    let mut tx = store.write().await?;
    attempts::remove_ended(&mut tx, now).await?;
    for (key, limit) in &limits {
        let count = attempts::count(&mut tx, key, now.plus(WINDOW_MS)).await?;
        if count.attempts > *limit {
            return Err(too_many(count, now));
        }
    }
    Ok(tx.commit().await?)
}

fn too_many(count: Count, now: Millis) -> ApiError {
    let wait_ms = u64::try_from(count.ends_at.0 - now.0).unwrap_or(0);
    ApiError::TooManyAttempts {
        retry_after_s: wait_ms.div_ceil(1000),
    }
}

/// The password was right: this attempt and those before it do not count.
pub(crate) async fn succeeded(store: &Store, login: &str, address: &str) -> store::Result<()> {
    let address = network(address);
    let (of_login, of_address) = (key(&address, Some(login)), key(&address, None));
    let mut tx = store.write().await?;
    // In the order of `begin`.
    if of_login < of_address {
        attempts::forget(&mut tx, &of_login).await?;
        attempts::take_back(&mut tx, &of_address).await?;
    } else {
        attempts::take_back(&mut tx, &of_address).await?;
        attempts::forget(&mut tx, &of_login).await?;
    }
    tx.commit().await
}

/// Neither holds a line break.
fn key(address: &str, login: Option<&str>) -> Key {
    let text = match login {
        Some(login) => format!("{address}\n{login}"),
        None => address.to_owned(),
    };
    Sha256::digest(text).into()
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
