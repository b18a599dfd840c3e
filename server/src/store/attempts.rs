//! Wrong passwords, counted under a hash of who gave them.

use koffiekar_sync_core::ids::Millis;

use super::{Result, Tx, on};

/// SHA-256 of what is counted: a login, a browser, a network address.
pub type Key = [u8; 32];

/// Wrong passwords of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub attempts: u64,
    /// When they count no longer; each one puts it off.
    pub ends_at: Millis,
}

/// One more; all of them count until `ends_at`. Those that ended before `now` are not among them.
pub async fn count(tx: &mut Tx, key: &Key, now: Millis, ends_at: Millis) -> Result<Count> {
    let statement = "
        insert into attempts (key, attempts, ends_at) values ($1, 1, $3)
        on conflict (key) do update set ends_at = $3,
            attempts = case when attempts.ends_at <= $2 then 1 else attempts.attempts + 1 end
        returning attempts, ends_at";
    let (attempts, ends_at): (i64, i64) = on!(tx, c => sqlx::query_as(statement)
        .bind(key.as_slice())
        .bind(now.0)
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
