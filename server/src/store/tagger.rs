//! Which model of the tagger is in use, for all servers on the database, and whether every quote has its
//! suggestions by it. The model itself is nowhere here: who needs it trains it from what is stored.
//!
//! Models are numbered in the order of what they were trained from: a model comes into use only where none
//! did since its labels were read. So of two servers the one that knows less never undoes what the other
//! wrote.

use std::collections::BTreeSet;

use super::{Engine, Result, Store, Tx, on};

/// The name of the lock that whoever writes suggestions holds.
const WRITES_SUGGESTIONS: i64 = 0x6b6f_6666_6965;

/// What is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Counts the models that came into use.
    pub number: i64,
    /// Its version; empty where there was none yet.
    pub model: String,
    strayed: i64,
    mended: i64,
}

impl InUse {
    /// Some quotes may have suggestions by another model.
    pub fn is_incomplete(&self) -> bool {
        self.mended < self.strayed
    }
}

pub async fn in_use(tx: &mut Tx) -> Result<InUse> {
    let statement = "select number, model, strayed, mended from tagger";
    let (number, model, strayed, mended) =
        on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(InUse {
        number,
        model,
        strayed,
        mended,
    })
}

/// Takes a model into use that was trained from what was stored when `seen` was in use. `None` where
/// another one came into use since.
pub async fn take_into_use(tx: &mut Tx, seen: &InUse, model: &str) -> Result<Option<InUse>> {
    let statement = "
        update tagger set number = number + 1, model = $2, strayed = strayed + 1 where number = $1";
    let taken = on!(tx, c => sqlx::query(statement)
        .bind(seen.number)
        .bind(model)
        .execute(c).await?.rows_affected());
    if taken == 0 {
        return Ok(None);
    }
    in_use(tx).await.map(Some)
}

/// Call where quotes were written with suggestions by these models: where one is not in use any more,
/// somebody has to mend that.
pub(super) async fn strayed(tx: &mut Tx, models: &BTreeSet<&str>) -> Result<()> {
    for model in models {
        let statement = "update tagger set strayed = strayed + 1 where model <> $1";
        on!(tx, c => sqlx::query(statement).bind(*model).execute(c).await.map(drop)?);
    }
    Ok(())
}

/// Whether this model is in use; it is until this transaction ends.
pub async fn is_in_use(tx: &mut Tx, model: &str) -> Result<bool> {
    let statement = tx.pick(
        "select 1 from tagger where model = $1",
        "select 1 from tagger where model = $1 for share",
    );
    let row: Option<(i32,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(model)
        .fetch_optional(c).await?);
    Ok(row.is_some())
}

/// Every quote that was written until `seen` has its suggestions by this model.
pub async fn is_mended(tx: &mut Tx, seen: &InUse) -> Result<()> {
    let statement = "update tagger set mended = $2 where number = $1 and mended < $2";
    on!(tx, c => sqlx::query(statement)
        .bind(seen.number)
        .bind(seen.strayed)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// As long as it is held, no other server writes suggestions. SQLite has one server, which writes by turns.
#[derive(Debug)]
pub struct Alone {
    _lock: Option<Tx>,
}

/// `None` where another server writes suggestions, unless it is waited for.
pub async fn alone(store: &Store, wait: bool) -> Result<Option<Alone>> {
    let Engine::Postgres(_) = &store.engine else {
        return Ok(Some(Alone { _lock: None }));
    };
    let mut tx = store.write().await?;
    let statement = match wait {
        true => "select true from pg_advisory_xact_lock($1)",
        false => "select pg_try_advisory_xact_lock($1)",
    };
    let (alone,): (bool,) = on!(&mut tx, c => sqlx::query_as(statement)
        .bind(WRITES_SUGGESTIONS)
        .fetch_one(c).await?);
    Ok(alone.then_some(Alone { _lock: Some(tx) }))
}
