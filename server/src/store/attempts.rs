//! Counted attempts to sign in, under a hash of who made them.

use koffiekar_sync_core::ids::Millis;

use super::{Result, Tx, on};

/// SHA-256 of an address, or of an address and a login.
pub type Key = [u8; 32];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub attempts: u64,
    pub ends_at: Millis,
}

/// One more; a first one counts until `ends_at`.
pub async fn count(tx: &mut Tx, key: &Key, ends_at: Millis) -> Result<Count> {
    let statement = "
        insert into attempts (key, attempts, ends_at) values ($1, 1, $2)
        on conflict (key) do update set attempts = attempts.attempts + 1
        returning attempts, ends_at";
    let (attempts, ends_at): (i64, i64) = on!(tx, c => sqlx::query_as(statement)
        .bind(key.as_slice())
        .bind(ends_at.0)
        .fetch_one(c).await?);
    Ok(Count {
        attempts: attempts.unsigned_abs(),
        ends_at: Millis(ends_at),
    })
}

/// What still counts.
pub async fn find(tx: &mut Tx, key: &Key, now: Millis) -> Result<Option<Count>> {
    let statement = "select attempts, ends_at from attempts where key = $1 and ends_at > $2";
    let row: Option<(i64, i64)> = on!(tx, c => sqlx::query_as(statement)
        .bind(key.as_slice())
        .bind(now.0)
        .fetch_optional(c).await?);
    Ok(row.map(|(attempts, ends_at)| Count {
        attempts: attempts.unsigned_abs(),
        ends_at: Millis(ends_at),
    }))
}

pub async fn remove_ended(tx: &mut Tx, now: Millis) -> Result<()> {
    let statement = "delete from attempts where ends_at <= $1";
    on!(tx, c => sqlx::query(statement).bind(now.0).execute(c).await.map(drop)?);
    Ok(())
}

pub async fn forget(tx: &mut Tx, key: &Key) -> Result<()> {
    let statement = "delete from attempts where key = $1";
    on!(tx, c => sqlx::query(statement).bind(key.as_slice()).execute(c).await.map(drop)?);
    Ok(())
}

/// One less.
pub async fn take_back(tx: &mut Tx, key: &Key) -> Result<()> {
    let statement = "update attempts set attempts = attempts - 1 where key = $1 and attempts > 0";
    on!(tx, c => sqlx::query(statement).bind(key.as_slice()).execute(c).await.map(drop)?);
    Ok(())
}
