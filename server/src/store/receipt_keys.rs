//! The keys that sign receipts. The newest that is not retired signs.

use koffiekar_sync_core::ids::Millis;

use super::{Result, StoreError, Tx, on};

/// A key as it is kept.
#[derive(Clone)]
pub struct StoredKey {
    /// The first eight bytes of the SHA-256 of the public key.
    pub id: [u8; 8],
    /// Ed25519 seed.
    pub secret: [u8; 32],
}

pub async fn newest(tx: &mut Tx) -> Result<Option<StoredKey>> {
    let statement = "
        select id, secret from receipt_keys where retired_at is null
        order by created_at desc, id limit 1";
    let row: Option<(Vec<u8>, Vec<u8>)> =
        on!(tx, c => sqlx::query_as(statement).fetch_optional(c).await?);
    row.map(|(id, secret)| {
        let corrupt = |_| StoreError::Corrupt("a key that signs receipts".to_owned());
        Ok(StoredKey {
            id: id.try_into().map_err(corrupt)?,
            secret: secret.try_into().map_err(corrupt)?,
        })
    })
    .transpose()
}

pub async fn insert(tx: &mut Tx, key: &StoredKey, now: Millis) -> Result<()> {
    let statement = "insert into receipt_keys (id, secret, created_at) values ($1, $2, $3)";
    on!(tx, c => sqlx::query(statement)
        .bind(key.id.as_slice())
        .bind(key.secret.as_slice())
        .bind(now.0)
        .execute(c).await.map(drop)?);
    Ok(())
}
