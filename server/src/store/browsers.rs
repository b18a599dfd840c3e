//! Browsers in which somebody signed in before. Only the hash of a cookie's token is known here.

use koffiekar_sync_core::ids::{Millis, UserId};

use super::sessions::TokenHash;
use super::{Result, Tx, on};

/// Browsers that are known for one person: the ones that were used last.
const MOST: i64 = 20;

/// Whether somebody signed in with this login in this browser after that moment.
pub async fn is_known(tx: &mut Tx, token: &TokenHash, login: &str, after: Millis) -> Result<bool> {
    let statement = "
        select seen_at from known_browsers join users on users.id = known_browsers.account
        where login = $1 and token_hash = $2 and seen_at > $3";
    let row: Option<(i64,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(login)
        .bind(token.as_slice())
        .bind(after.0)
        .fetch_optional(c).await?);
    Ok(row.is_some())
}

/// This person signed in there; of many browsers the ones that were used longest ago are forgotten.
pub async fn note(tx: &mut Tx, token: &TokenHash, user: UserId, now: Millis) -> Result<()> {
    let statement = "
        insert into known_browsers (token_hash, account, seen_at) values ($1, $2, $3)
        on conflict (account, token_hash) do update set seen_at = $3";
    on!(tx, c => sqlx::query(statement)
        .bind(token.as_slice())
        .bind(user.as_bytes().as_slice())
        .bind(now.0)
        .execute(c).await.map(drop)?);
    let statement = "
        delete from known_browsers where account = $1 and token_hash not in
            (select token_hash from known_browsers where account = $1
             order by seen_at desc, token_hash limit $2)";
    on!(tx, c => sqlx::query(statement)
        .bind(user.as_bytes().as_slice())
        .bind(MOST)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// After somebody got another password, whoever knew the old one is a stranger.
pub async fn forget_all_of(tx: &mut Tx, user: UserId) -> Result<()> {
    let statement = "delete from known_browsers where account = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(user.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    Ok(())
}
