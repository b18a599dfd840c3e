//! Numbers of signed messages, for all servers on this database: each is taken once.

use koffiekar_sync_core::ids::Millis;

use super::{Result, Tx, on};

/// `false` where it was here before. It is remembered until `ends_at`.
///
/// What a crash of the database takes away with it is remembered by nobody: it is not waited for.
pub async fn take(tx: &mut Tx, key: &[u8; 32], ends_at: Millis) -> Result<bool> {
    if let Tx::Postgres(transaction) = tx {
        sqlx::query("set local synchronous_commit = off")
            .execute(&mut **transaction)
            .await?;
    }
    let statement = "insert into nonces (key, ends_at) values ($1, $2) on conflict do nothing";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(key.as_slice())
        .bind(ends_at.0)
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

pub async fn remove_ended(tx: &mut Tx, now: Millis) -> Result<()> {
    let statement = "delete from nonces where ends_at <= $1";
    on!(tx, c => sqlx::query(statement).bind(now.0).execute(c).await.map(drop)?);
    Ok(())
}
