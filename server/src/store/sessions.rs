//! Signed-in browsers. Only the hash of a cookie's token is known here.

use koffiekar_sync_core::ids::{Millis, UserId};

use super::accounts::{Account, account};
use super::{Result, Tx, on};

/// SHA-256 of the token in the cookie.
pub type TokenHash = [u8; 32];

pub async fn start(
    tx: &mut Tx,
    token: &TokenHash,
    user: UserId,
    now: Millis,
    expires_at: Millis,
) -> Result<()> {
    let statement = "
        insert into sessions (token_hash, account, created_at, expires_at) values ($1, $2, $3, $4)";
    on!(tx, c => sqlx::query(statement)
        .bind(token.as_slice())
        .bind(user.as_bytes().as_slice())
        .bind(now.0)
        .bind(expires_at.0)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Whose session this is and until when, if it still holds and the account is not disabled.
pub async fn find(
    tx: &mut Tx,
    token: &TokenHash,
    now: Millis,
) -> Result<Option<(Account, Millis)>> {
    let statement = "
        select users.id, login, name, role, disabled, demo, expires_at
        from sessions join users on users.id = sessions.account
        where token_hash = $1 and expires_at > $2 and disabled = $3";
    type Row = (Vec<u8>, String, String, String, bool, bool, i64);
    let row: Option<Row> = on!(tx, c => sqlx::query_as(statement)
        .bind(token.as_slice())
        .bind(now.0)
        .bind(false)
        .fetch_optional(c).await?);
    row.map(|(id, login, name, role, disabled, demo, expires_at)| {
        Ok((
            account((id, login, name, role, disabled, demo))?,
            Millis(expires_at),
        ))
    })
    .transpose()
}

/// Lets a session last longer, never shorter.
pub async fn extend(tx: &mut Tx, token: &TokenHash, expires_at: Millis) -> Result<()> {
    let statement = "
        update sessions set expires_at = $2 where token_hash = $1 and expires_at < $2";
    on!(tx, c => sqlx::query(statement)
        .bind(token.as_slice())
        .bind(expires_at.0)
        .execute(c).await.map(drop)?);
    Ok(())
}

pub async fn end(tx: &mut Tx, token: &TokenHash) -> Result<()> {
    let statement = "delete from sessions where token_hash = $1";
    on!(tx, c => sqlx::query(statement).bind(token.as_slice()).execute(c).await.map(drop)?);
    Ok(())
}

/// Signs somebody out everywhere.
pub async fn end_all_of(tx: &mut Tx, user: UserId) -> Result<()> {
    let statement = "delete from sessions where account = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(user.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Signs somebody out everywhere else.
pub async fn end_others_of(tx: &mut Tx, user: UserId, kept: &TokenHash) -> Result<()> {
    let statement = "delete from sessions where account = $1 and token_hash <> $2";
    on!(tx, c => sqlx::query(statement)
        .bind(user.as_bytes().as_slice())
        .bind(kept.as_slice())
        .execute(c).await.map(drop)?);
    Ok(())
}

pub async fn remove_expired(tx: &mut Tx, now: Millis) -> Result<()> {
    let statement = "delete from sessions where expires_at <= $1";
    on!(tx, c => sqlx::query(statement).bind(now.0).execute(c).await.map(drop)?);
    Ok(())
}
