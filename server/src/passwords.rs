//! Passwords: Argon2id with 19 MiB, two passes and one lane (OWASP's recommendation of 2023).
//!
//! At most two are worked on at a time: a flood of attempts takes 38 MiB and two cores at most, and
//! waits for itself. An unknown login costs the same time as a known one.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::problem::ApiError;
use crate::random::Random;

pub(crate) const MIN_CHARS: usize = 10;
pub(crate) const MAX_CHARS: usize = 200;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const AT_ONCE: usize = 2;
/// More than this many that wait are told to come back later.
const WAITING: usize = 100;

/// Hashed with the same costs as any other, and the hash of no password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    random: Random,
}

impl Passwords {
    /// Draws its salts from `random`.
    pub fn new(random: Random) -> Self {
        Self {
            working: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            random,
        }
    }

    /// A PHC string with a fresh salt.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let salt = self.random.bytes::<16>();
        self.work(move |argon2| {
            argon2
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(ApiError::internal)
        })
        .await
    }

    /// Does the password belong to this hash? Without a hash: no, in the same time.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let fits = self
            .work(move |argon2| {
                let hash = PasswordHash::new(&hash).map_err(ApiError::internal)?;
                Ok(argon2.verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && fits)
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(Argon2<'static>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| ApiError::Busy(None))?;
        let permit = self
            .working
            .clone()
            .acquire_owned()
            .await
            .map_err(ApiError::internal)?;
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|e| ApiError::internal(e.to_string()))?;
        tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller who hangs up does not let in another one.
            let _permit = permit;
            job(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        })
        .await
        .map_err(ApiError::internal)?
    }
}
