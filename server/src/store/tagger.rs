//! Which model of the tagger is in use, for all servers on the database, and whether every quote has its
//! suggestions by it. The model itself is nowhere here: who needs it trains it from what is stored.
//!
//! Models are numbered in the order of what they were trained from: a model comes into use only where none
//! did since its labels were read. So of two servers the one that knows less never undoes what the other
//! wrote.

use std::collections::BTreeSet;

use koffiekar_sync_core::ids::Millis;
use koffiekar_tagging::LineDescription;

use super::{Engine, Result, Store, StoreError, Tx, on};
use crate::projection::json;

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

/// A tagger that came into use, by what it was trained from.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// 0 until it has one.
    pub number: i64,
    /// Of the tagger alone: what may be accepted of its answers is another matter.
    pub model: String,
    pub used_from: Millis,
    pub lines: Vec<LineDescription>,
    /// When the last decision was made that it learnt from.
    pub decided_until: Millis,
    pub labels: i64,
}

/// So many of the newest versions stay, and the one at which learning was stopped.
const KEPT: i64 = 200;

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

/// Call where a model was taken into use, which holds the row that numbers are given by. One that was in use
/// before keeps its number. The newest [`KEPT`] stay.
pub async fn add_version(tx: &mut Tx, version: &Version) -> Result<()> {
    let statement = "
        insert into tagger_versions (number, model, used_from, lines, decided_until, labels)
        select coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5 from tagger_versions
        having not exists (select 1 from tagger_versions where model = $1)";
    on!(tx, c => sqlx::query(statement)
        .bind(&version.model)
        .bind(version.used_from.0)
        .bind(json(&version.lines))
        .bind(version.decided_until.0)
        .bind(version.labels)
        .execute(c).await.map(drop)?);
    let statement = "
        delete from tagger_versions
        where number <= (select max(number) from tagger_versions) - $1
            and number <> (select coalesce(learning_held_at, 0) from installation where one = 1)";
    on!(tx, c => sqlx::query(statement).bind(KEPT).execute(c).await.map(drop)?);
    Ok(())
}

/// The newest first.
pub async fn versions(tx: &mut Tx) -> Result<Vec<Version>> {
    let statement = "
        select number, model, used_from, lines, decided_until, labels from tagger_versions
        order by number desc";
    let rows: Vec<VersionRow> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter().map(version_of).collect()
}

pub async fn version(tx: &mut Tx, number: i64) -> Result<Option<Version>> {
    let statement = "
        select number, model, used_from, lines, decided_until, labels from tagger_versions
        where number = $1";
    let row: Option<VersionRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(number)
        .fetch_optional(c).await?);
    row.map(version_of).transpose()
}

type VersionRow = (i64, String, i64, String, i64, i64);

fn version_of(row: VersionRow) -> Result<Version> {
    let (number, model, used_from, lines, decided_until, labels) = row;
    let corrupt = |_| StoreError::Corrupt(format!("lines of tagger version {number}"));
    Ok(Version {
        number,
        model,
        used_from: Millis(used_from),
        lines: serde_json::from_str(&lines).map_err(corrupt)?,
        decided_until: Millis(decided_until),
        labels,
    })
}

/// The version at which an administrator stopped the learning.
pub async fn held_at(tx: &mut Tx) -> Result<Option<Version>> {
    let statement = "select learning_held_at from installation where one = 1";
    let (held,): (Option<i64>,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    match held {
        Some(number) => version(tx, number).await,
        None => Ok(None),
    }
}

/// `None`: it learns from everything again.
pub async fn hold_at(tx: &mut Tx, number: Option<i64>) -> Result<()> {
    let statement = "update installation set learning_held_at = $1 where one = 1";
    on!(tx, c => sqlx::query(statement).bind(number).execute(c).await.map(drop)?);
    Ok(())
}

/// The share of right answers that must be proven before answers stand by themselves, in thousandths;
/// `None` where none do.
pub async fn wanted_precision(tx: &mut Tx) -> Result<Option<u16>> {
    let statement = "select wanted_precision from installation where one = 1";
    let (wanted,): (Option<i64>,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(wanted.and_then(|wanted| u16::try_from(wanted).ok()))
}

pub async fn want_precision(tx: &mut Tx, thousandths: Option<u16>) -> Result<()> {
    let statement = "update installation set wanted_precision = $1 where one = 1";
    on!(tx, c => sqlx::query(statement)
        .bind(thousandths.map(i64::from))
        .execute(c).await.map(drop)?);
    Ok(())
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
