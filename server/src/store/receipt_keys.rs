//! The keys that sign receipts. The last one signs; of those before only the public half is left.

use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::receipt::{KeyId, KeySuccession};
use minicbor::{Decode, Encode};

use super::{Result, StoreError, Tx, on};

/// The key that signs.
pub struct SigningRow {
    pub place: i64,
    pub id: KeyId,
    /// Ed25519 seed.
    pub secret: [u8; 32],
}

/// A key with all that is kept of it.
#[derive(Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Key {
    #[n(0)]
    pub id: KeyId,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub public_key: [u8; 32],
    /// Ed25519 seed; gone where another one signs.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub secret: Option<[u8; 32]>,
    /// The signature of the key before over this one; none of the first.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub handed_over: Option<[u8; 64]>,
    #[n(4)]
    pub created_at: Millis,
}

fn corrupt<T>(_: T) -> StoreError {
    StoreError::Corrupt("a key that signs receipts".to_owned())
}

/// The key that signs now.
pub async fn newest(tx: &mut Tx) -> Result<Option<SigningRow>> {
    let statement = "
        select place, id, secret from receipt_keys where secret is not null
        order by place desc limit 1";
    let row: Option<(i64, Vec<u8>, Vec<u8>)> =
        on!(tx, c => sqlx::query_as(statement).fetch_optional(c).await?);
    row.map(|(place, id, secret)| {
        Ok(SigningRow {
            place,
            id: KeyId(id.try_into().map_err(corrupt)?),
            secret: secret.try_into().map_err(corrupt)?,
        })
    })
    .transpose()
}

/// Its public half.
pub async fn newest_public(tx: &mut Tx) -> Result<[u8; 32]> {
    let statement = "select public_key from receipt_keys order by place desc limit 1";
    let row: Option<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement).fetch_optional(c).await?);
    let (public_key,) = row.ok_or_else(|| corrupt(()))?;
    public_key.try_into().map_err(corrupt)
}

/// The public halves of all keys that ever signed here.
pub async fn publics(tx: &mut Tx) -> Result<Vec<[u8; 32]>> {
    let statement = "select public_key from receipt_keys order by place";
    let rows: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(public_key,)| public_key.try_into().map_err(corrupt))
        .collect()
}

/// How the key that signs now follows from this one, oldest first; nothing where this one is not known,
/// or where it signs itself.
pub async fn since(tx: &mut Tx, key: KeyId) -> Result<Vec<KeySuccession>> {
    let statement = "
        select public_key, handed_over from receipt_keys
        where place > (select place from receipt_keys where id = $1) and handed_over is not null
        order by place";
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => sqlx::query_as(statement)
        .bind(key.0.as_slice())
        .fetch_all(c).await?);
    rows.into_iter()
        .map(|(public_key, handed_over)| {
            Ok(KeySuccession {
                key: public_key.try_into().map_err(corrupt)?,
                signature: handed_over.try_into().map_err(corrupt)?,
            })
        })
        .collect()
}

/// The ids of all of them, the first one first.
pub(crate) async fn ids(tx: &mut Tx) -> Result<Vec<KeyId>> {
    let statement = "select id from receipt_keys order by place";
    let rows: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(id,)| Ok(KeyId(id.try_into().map_err(corrupt)?)))
        .collect()
}

/// All of them, the first one first: each stands at its number, counted from 1.
pub async fn all(tx: &mut Tx) -> Result<Vec<Key>> {
    type Row = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, i64);
    let statement = "
        select id, public_key, secret, handed_over, created_at from receipt_keys order by place";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(id, public_key, secret, handed_over, created_at)| {
            let secret = secret.map(|secret| secret.try_into().map_err(corrupt));
            let handed_over = handed_over.map(|signature| signature.try_into().map_err(corrupt));
            Ok(Key {
                id: KeyId(id.try_into().map_err(corrupt)?),
                public_key: public_key.try_into().map_err(corrupt)?,
                secret: secret.transpose()?,
                handed_over: handed_over.transpose()?,
                created_at: Millis(created_at),
            })
        })
        .collect()
}

/// `false` where another key took this place in the meantime.
pub async fn insert(tx: &mut Tx, place: i64, key: &Key) -> Result<bool> {
    let statement = "
        insert into receipt_keys (id, place, public_key, secret, handed_over, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(key.id.0.as_slice())
        .bind(place)
        .bind(key.public_key.as_slice())
        .bind(key.secret.as_ref().map(|secret| secret.as_slice()))
        .bind(key.handed_over.as_ref().map(|signature| signature.as_slice()))
        .bind(key.created_at.0)
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// Writes down the public half of a key that is older than its column.
pub async fn set_public(tx: &mut Tx, id: KeyId, public_key: &[u8; 32]) -> Result<()> {
    let statement = "update receipt_keys set public_key = $2 where id = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(id.0.as_slice())
        .bind(public_key.as_slice())
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Secrets of keys whose public half is not written down.
pub async fn without_public(tx: &mut Tx) -> Result<Vec<(KeyId, [u8; 32])>> {
    let statement = "
        select id, secret from receipt_keys where public_key is null and secret is not null";
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(id, secret)| {
            let id = KeyId(id.try_into().map_err(corrupt)?);
            Ok((id, secret.try_into().map_err(corrupt)?))
        })
        .collect()
}

/// All before this place sign no more, and their secrets are gone.
pub async fn retire_before(tx: &mut Tx, place: i64, now: Millis) -> Result<()> {
    let statement = "
        update receipt_keys set secret = null, retired_at = coalesce(retired_at, $2)
        where place < $1";
    on!(tx, c => sqlx::query(statement)
        .bind(place)
        .bind(now.0)
        .execute(c).await.map(drop)?);
    Ok(())
}
