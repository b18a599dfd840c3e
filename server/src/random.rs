//! Randomness for ids, keys and tokens, and hexadecimal digits to write them with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Where a server's random bytes come from. Cheap to clone; clones of a seeded one draw from the
/// same row of bytes.
#[derive(Debug, Clone, Default)]
pub enum Random {
    /// The operating system's.
    #[default]
    System,
    /// The same bytes in the same order for the same seed: only where a run must be repeatable.
    Seeded(Arc<Seeded>),
}

/// SHA-256 of the seed and of how many blocks went before.
#[derive(Debug)]
pub struct Seeded {
    seed: u64,
    drawn: AtomicU64,
}

impl Random {
    pub fn seeded(seed: u64) -> Random {
        let drawn = AtomicU64::new(0);
        Random::Seeded(Arc::new(Seeded { seed, drawn }))
    }

    /// Fresh random bytes.
    ///
    /// # Panics
    /// Where the operating system has none to give: nothing here may go on without.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let Random::Seeded(seeded) = self else {
            return bytes();
        };
        let mut bytes = [0; N];
        for piece in bytes.chunks_mut(32) {
            let count = seeded.drawn.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::new()
                .chain_update(seeded.seed.to_be_bytes())
                .chain_update(count.to_be_bytes())
                .finalize();
            piece.copy_from_slice(&block[..piece.len()]);
        }
        bytes
    }
}

/// Fresh random bytes of the operating system, for whoever stands outside a server.
/// Inside, everything draws from [`crate::Koffiekar::random`].
///
/// # Panics
/// Where the operating system has none to give: nothing here may go on without.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes behind exactly `2 * N` hexadecimal digits.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}
