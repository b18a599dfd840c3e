//! Numbers for somebody who may not read the words that they follow from.
//!
//! Whoever chooses which words are counted would find out by one more or one less whether a word was said. So
//! numbers are rounded down to tens, below ten nothing is told, and where a ten begins depends on what was asked:
//! the same question has the same answer, and of two that differ in a word nobody knows which difference is
//! of the word.

use sha2::{Digest, Sha256};

use crate::secret;
use crate::store::{self, Tx};

/// Fewer than these are told as none.
const STEP: u32 = 10;

/// How numbers of one question are rounded.
#[derive(Debug, Clone)]
pub(crate) struct Coarse {
    seed: [u8; 32],
}

impl Coarse {
    /// `asked`: all that the numbers depend on and that somebody chose.
    pub(crate) async fn of(tx: &mut Tx, asked: &str) -> store::Result<Coarse> {
        let key = secret::key(tx, "coarse numbers").await?;
        let seed = Sha256::new().chain_update(key).chain_update(asked);
        Ok(Coarse {
            seed: seed.finalize().into(),
        })
    }

    /// `which`: the name of this number among those of the question.
    pub(crate) fn number(&self, which: &str, number: u32) -> u32 {
        let hash = Sha256::new()
            .chain_update(self.seed)
            .chain_update(which)
            .finalize();
        let start = hash
            .first_chunk()
            .map_or(0, |four| u32::from_le_bytes(*four))
            % STEP;
        number.saturating_sub(start) / STEP * STEP
    }
}
