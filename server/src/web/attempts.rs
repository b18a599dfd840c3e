//! How often somebody may give a wrong password.
//!
//! Wrong passwords alone are counted, each once it is known to be wrong, so a right one never stands in
//! anybody's way. Beyond a number of them there are pauses, each twice as long as the one before. What is
//! counted depends on who asks:
//!
//! - a browser in which this person signed in before: by itself. No stranger can lock its owner out.
//! - anybody else: per login, over all addresses, so that guessing does not go faster from many places;
//!   and per address, whatever the login, so that one place does not try one password on everybody. An
//!   address that gave too many is only refused logins that failed of late: an office behind one address
//!   goes on.
//!
//! A login that nobody has is counted as any other. The counts stand in the database, for all servers on
//! it, under a hash: people type passwords where a login belongs. Whoever is refused costs no write.

use std::net::IpAddr;

use koffiekar_sync_core::ids::Millis;
use sha2::{Digest, Sha256};

use crate::problem::ApiError;
use crate::random::hex;
use crate::store::attempts::{self, Count, Key};
use crate::store::sessions::TokenHash;
use crate::store::{self, Store, Tx};

/// Wrong passwords that are forgiven, and the pauses behind them.
struct Limit {
    free: u64,
    first_pause_ms: i64,
    longest_pause_ms: i64,
}

/// For one login, or for one browser that is known to it.
const OF_LOGIN: Limit = Limit {
    free: 10,
    first_pause_ms: 30_000,
    longest_pause_ms: 15 * 60_000,
};
/// For one address: an office may share one.
const OF_ADDRESS: Limit = Limit {
    free: 100,
    first_pause_ms: 1_000,
    longest_pause_ms: 60_000,
};
/// Wrong passwords are forgotten this long after the last one.
const REMEMBERED_MS: i64 = 6 * 60 * 60_000;
/// How far the clocks of servers on one database may be apart.
const CLOCKS_APART_MS: i64 = 60_000;

/// Somebody who wants to be believed.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Missing where nobody can have such a login.
    login: Option<Key>,
    address: Key,
    /// A browser that is known to the login.
    browser: Option<Key>,
}

impl Attempt {
    /// `known`: a browser in which this login was signed in before.
    pub(crate) fn new(login: Option<&str>, address: &str, known: Option<&TokenHash>) -> Self {
        let browser = login.zip(known);
        Self {
            login: login.map(|login| key("login", login)),
            address: key("address", &network(address)),
            browser: browser
                .map(|(login, token)| key("browser", &format!("{}\n{login}", hex(token)))),
        }
    }

    /// Refuses what comes too soon.
    pub(crate) async fn check(&self, store: &Store, now: Millis) -> Result<(), ApiError> {
        let mut tx = store.read().await?;
        let wait_ms = match (&self.browser, &self.login) {
            (Some(browser), _) => pause(&mut tx, browser, &OF_LOGIN, now).await?,
            (None, Some(login)) => {
                let of_login = pause(&mut tx, login, &OF_LOGIN, now).await?;
                match attempts::find(&mut tx, login, now).await? {
                    Some(_) => pause(&mut tx, &self.address, &OF_ADDRESS, now)
                        .await?
                        .max(of_login),
                    None => of_login,
                }
            }
            (None, None) => pause(&mut tx, &self.address, &OF_ADDRESS, now).await?,
        };
        match u64::try_from(wait_ms) {
            Ok(wait_ms) if wait_ms > 0 => Err(ApiError::TooManyAttempts {
                retry_after_s: wait_ms.div_ceil(1000),
            }),
            _ => Ok(()),
        }
    }

    /// The password was wrong.
    pub(crate) async fn failed(&self, tx: &mut Tx, now: Millis) -> store::Result<()> {
        attempts::remove_ended(tx, now).await?;
        let mut keys = match (&self.browser, &self.login) {
            (Some(browser), _) => vec![browser],
            (None, Some(login)) => vec![login, &self.address],
            (None, None) => vec![&self.address],
        };
        // Two that fail at once never wait for each other in a circle.
        keys.sort();
        for key in keys {
            attempts::count(tx, key, now, now.plus(REMEMBERED_MS)).await?;
        }
        Ok(())
    }

    /// The password was right: those before it in a known browser were slips. What strangers tried stays
    /// counted, or they would begin anew each time that somebody signs in.
    pub(crate) async fn succeeded(&self, tx: &mut Tx) -> store::Result<()> {
        match &self.browser {
            Some(browser) => attempts::forget(tx, browser).await,
            None => Ok(()),
        }
    }
}

/// Somebody got another password: what was tried before says nothing any more.
pub(crate) async fn forgive(tx: &mut Tx, login: &str) -> store::Result<()> {
    attempts::forget(tx, &key("login", login)).await
}

/// How long it takes until the next attempt.
async fn pause(tx: &mut Tx, key: &Key, limit: &Limit, now: Millis) -> store::Result<i64> {
    let count = attempts::find(tx, key, now).await?;
    Ok(count.map_or(0, |count| limit.pause_ms(count, now)))
}

impl Limit {
    fn pause_ms(&self, count: Count, now: Millis) -> i64 {
        let Some(beyond) = count.attempts.checked_sub(self.free) else {
            return 0;
        };
        let last = count.ends_at.plus(-REMEMBERED_MS);
        if last > now.plus(CLOCKS_APART_MS) {
            // The clock was set back since: nobody waits until it is there again.
            return 0;
        }
        let pause = self.first_pause_ms << beyond.min(20);
        last.plus(pause.min(self.longest_pause_ms)).0 - now.0
    }
}

/// None of them holds a line break but as it is put together here.
fn key(kind: &str, what: &str) -> Key {
    Sha256::digest(format!("{kind}\n{what}")).into()
}

/// One subscriber of IPv6 has a whole /64.
pub(crate) fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}
