//! Conversations that are erased, or replaced by what is left of them.

use koffiekar_sync_core::ids::{ConversationId, RoundId};
use sqlx::AssertSqlSafe;

use super::documents::{self, NewVersion};
use super::feed::{self, Places};
use super::history::{self, History};
use super::tombstones::{self, Tombstone};
use super::{Result, Tx, Value, answers, bind_all, bulk, on, or_start_over, projections};

/// A document that is to be erased, in the state that was seen.
#[derive(Debug, Clone)]
pub struct Erasing {
    pub version: i64,
    pub tombstone: Tombstone,
    /// What goes on of it, under the id that the tombstone names.
    pub successor: Option<NewVersion>,
}

/// Erases a document with everything that was derived from it or held of it, and leaves a tombstone
/// and the news of it. Returns `None`, and must be rolled back, where it changed since it was seen, or
/// gave way to another transaction.
///
/// Documents first, rounds last, as in [`documents::write`]. What is held goes after the document:
/// whoever holds something of it meanwhile has a lock on its row, see [`still_there`].
pub async fn erase(tx: &mut Tx, erasing: &Erasing) -> Result<Option<Places>> {
    or_start_over(try_to_erase(tx, erasing).await)
}

async fn try_to_erase(tx: &mut Tx, erasing: &Erasing) -> Result<Option<Places>> {
    let Erasing {
        version,
        tombstone,
        successor,
    } = erasing;
    let id = tombstone.document;
    if !take(tx, id, *version).await? {
        return Ok(None);
    }
    if successor.is_none() {
        answers::remove_of(tx, id).await?;
    }
    let history = History::of(tx, &[id]).await?;
    projections::remove(tx, &[id]).await?;
    history::forget(tx, &tombstone.quotes).await?;
    let statement = "delete from documents where id = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    if !bury(tx, tombstone).await? {
        return Ok(None);
    }
    for quote in &tombstone.quotes {
        answers::remove(tx, *quote).await?;
        let statement = "delete from selections where quote = $1";
        on!(tx, c => sqlx::query(statement)
            .bind(quote.as_bytes().as_slice())
            .execute(c).await.map(drop)?);
    }

    let kind = match tombstone.replaced_by {
        Some(_) => feed::REPLACED,
        None => feed::ERASED,
    };
    let mut news = news(tx, id, kind).await?;
    if kind == feed::ERASED {
        // Nor does anything wait any more for what it had become.
        for before in tombstones::predecessors(tx, id).await? {
            news.extend(self::news(tx, before, kind).await?);
        }
    }
    if let Some(successor) = successor {
        if documents::put(tx, &[successor], history).await?.is_none() {
            return Ok(None);
        }
        news.push((successor.round, successor.id, feed::CHANGED));
    }
    feed::put(tx, news).await.map(Some)
}

/// Leaves a tombstone, and nothing that is held of the document. `false` where it has one already.
pub async fn bury(tx: &mut Tx, tombstone: &Tombstone) -> Result<bool> {
    if !tombstones::put(tx, tombstone).await? {
        return Ok(false);
    }
    let statement = "delete from quarantine where document = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(tombstone.document.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    Ok(true)
}

/// The same word about a document in every round that ever told of it.
async fn news(
    tx: &mut Tx,
    id: ConversationId,
    kind: &'static str,
) -> Result<Vec<(RoundId, ConversationId, &'static str)>> {
    // Round by round: the feed is found by round and document, and SQLite keeps to that order in a cross
    // join alone.
    let statement = "
        select f.round from rounds r cross join feed f where f.round = r.id and f.document = $1
        order by f.round";
    let rows: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_all(c).await?);
    rows.iter()
        .map(|(round,)| Ok((RoundId::from_slice(round)?, id, kind)))
        .collect()
}

/// Counts the version on, so that whoever merged into this one starts over. `false` where it is
/// another one already.
pub(super) async fn take(tx: &mut Tx, id: ConversationId, version: i64) -> Result<bool> {
    let statement = "
        update documents set version = version + 1 where id = $1 and version = $2";
    let touched = on!(tx, c => sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .bind(version)
        .execute(c).await?.rows_affected());
    Ok(touched == 1)
}

/// Whether none of these was erased; nor is one of them until this transaction ends.
pub(super) async fn still_there(tx: &mut Tx, ids: &[ConversationId]) -> Result<bool> {
    if let Tx::Postgres(_) = tx {
        // SQLite has one writer anyway.
        for piece in bulk::pieces(ids) {
            let list = bulk::list(tx, 0, piece.len());
            let statement =
                format!("select id from documents where id in {list} order by id for key share");
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            on!(tx, c => bind_all!(
                sqlx::query(AssertSqlSafe(statement)), keys).execute(c).await.map(drop)?);
        }
    }
    Ok(tombstones::fates(tx, ids).await?.is_empty())
}
