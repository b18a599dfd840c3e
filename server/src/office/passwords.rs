//! Passwords: Argon2id with 19 MiB, two passes and one lane (OWASP's recommendation of 2023).
//!
//! Half of the cores work on them at a time, so a flood of attempts leaves the rest to everybody else. Who
//! comes while others are worked on waits in a line of bounded length, in which no address has more than
//! its share; browsers that are known to their person have a line of their own. An unknown login costs the
//! same time as a known one.
//!
//! A password is compared as RFC 8265 (OpaqueString) says: composed (NFC), and every blank a plain one. So
//! it does not matter whether a keyboard gives an é in one piece or in two.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

use crate::problem::ApiError;
use crate::random::Random;

pub(crate) const MIN_CHARS: usize = 10;
pub(crate) const MAX_CHARS: usize = 200;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// More than this many that wait are told to come back later; of one address a share of them.
const WAITING: usize = 120;
const WAITING_OF_ADDRESS: usize = 40;

/// Hashed with the same costs as any other, and the hash of no password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    working: Arc<Semaphore>,
    strangers: Line,
    known: Line,
    random: Random,
}

/// Those that wait or are worked on, by network address.
#[derive(Debug, Clone, Default)]
struct Line(Arc<Mutex<BTreeMap<String, usize>>>);

/// A place in a line, until it is dropped.
#[derive(Debug)]
struct Place {
    line: Line,
    address: String,
}

/// One core, for one attempt.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: Place,
    _permit: OwnedSemaphorePermit,
}

impl Passwords {
    /// Draws its salts from `random`.
    pub fn new(random: Random) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            working: Arc::new(Semaphore::new((cores / 2).max(1))),
            strangers: Line::default(),
            known: Line::default(),
            random,
        }
    }

    /// Waits for a core. `known`: the browser or the session is known to the person.
    pub(crate) async fn turn(&self, address: &str, known: bool) -> Result<Turn, ApiError> {
        let line = if known { &self.known } else { &self.strangers };
        let place = line.enter(address).ok_or(ApiError::Busy(None))?;
        let permit = self.working.clone().acquire_owned().await;
        Ok(Turn {
            _place: place,
            _permit: permit.map_err(ApiError::internal)?,
        })
    }

    /// A PHC string with a fresh salt, for somebody at this address who is signed in.
    pub async fn hash(&self, password: String, address: &str) -> Result<String, ApiError> {
        let turn = self.turn(address, true).await?;
        let salt = self.random.bytes::<16>();
        let (_turn, hash) = work(turn, move |argon2| {
            argon2
                .hash_password_with_salt(normalized(&password).as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(ApiError::internal)
        })
        .await?;
        Ok(hash)
    }

    /// Does the password belong to this hash? Without a hash: no, in the same time. The turn is given back,
    /// for whoever writes down what came of it before another one begins.
    pub(crate) async fn verify(
        &self,
        turn: Turn,
        password: String,
        hash: Option<String>,
    ) -> Result<(Turn, bool), ApiError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let (turn, fits) = work(turn, move |argon2| {
            let hash = PasswordHash::new(&hash).map_err(ApiError::internal)?;
            let fits = |text: &str| argon2.verify_password(text.as_bytes(), &hash).is_ok();
            let plain = normalized(&password);
            // Hashes of before passwords were normalized.
            Ok(fits(&plain) || plain != password && fits(&password))
        })
        .await?;
        Ok((turn, known && fits))
    }
}

/// The same password, however it was typed.
pub(crate) fn normalized(password: &str) -> String {
    let blank = |c: char| if is_blank(c) { ' ' } else { c };
    password.chars().map(blank).nfc().collect()
}

/// Space separators (Zs).
fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

async fn work<T: Send + 'static>(
    turn: Turn,
    job: impl FnOnce(Argon2<'static>) -> Result<T, ApiError> + Send + 'static,
) -> Result<(Turn, T), ApiError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|e| ApiError::internal(e.to_string()))?;
    tokio::task::spawn_blocking(move || {
        // Held by the work itself: a caller who hangs up does not let in another one.
        let made = job(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))?;
        Ok((turn, made))
    })
    .await
    .map_err(ApiError::internal)?
}

impl Line {
    /// `None` where too many wait already.
    fn enter(&self, address: &str) -> Option<Place> {
        let mut waiting = self.lock();
        let all: usize = waiting.values().sum();
        let own = waiting.get(address).copied().unwrap_or(0);
        if all >= WAITING || own >= WAITING_OF_ADDRESS {
            return None;
        }
        waiting.insert(address.to_owned(), own + 1);
        Some(Place {
            line: self.clone(),
            address: address.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.line.lock();
        if let Some(own) = waiting.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                waiting.remove(&self.address);
            }
        }
    }
}
