//! Keys that this installation alone has, all made from its one secret: 32 random bytes in its database, which
//! go wherever it is moved.

use sha2::{Digest, Sha256};

use crate::store::{self, Tx, catalogue};

/// The key for one purpose; no other follows from it.
pub(crate) async fn key(tx: &mut Tx, purpose: &str) -> store::Result<[u8; 32]> {
    let secret = catalogue::secret(tx).await?.unwrap_or_default();
    let hashed = Sha256::new()
        .chain_update(format!("koffiekar {purpose} v1\0"))
        .chain_update(secret);
    Ok(hashed.finalize().into())
}

/// Under which the features of this installation's tagger have their numbers.
pub(crate) async fn feature_key(tx: &mut Tx) -> store::Result<u64> {
    let [a, b, c, d, e, f, g, h, ..] = key(tx, "tagger features").await?;
    // 0 is no key.
    Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]).max(1))
}
