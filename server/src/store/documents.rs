//! Conversation documents: the truth, from which all that screens and queries read is derived.

use std::collections::BTreeMap;

use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};
use sqlx::AssertSqlSafe;

use super::feed::{self, Places};
use super::history::History;
use super::projections::Dated;
use super::{
    Result, StoreError, Tx, Value, bind_all, bulk, devices, on, or_start_over, projections, tagger,
    tombstones,
};
use crate::projection::{Arrival, Projection};

/// A document as it stands in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDocument {
    pub id: ConversationId,
    pub round: RoundId,
    /// Counts merges.
    pub version: i64,
    /// Sorted.
    pub heads: Vec<Head>,
    pub bytes: Vec<u8>,
    pub received_at: Millis,
    /// Who brought it first.
    pub device: DeviceNumber,
    /// When that device was enrolled; missing for the server itself.
    pub enrolled_at: Option<Millis>,
}

impl StoredDocument {
    /// `recorded_on`: the tablet that recorded it. One that somebody else brought, or brought anew, may have
    /// been recorded before that tablet was enrolled.
    pub fn arrival(&self, recorded_on: Option<DeviceNumber>) -> Arrival {
        Arrival {
            received_at: self.received_at,
            enrolled_at: self
                .enrolled_at
                .filter(|_| recorded_on == Some(self.device)),
        }
    }
}

/// A document to be written.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub id: ConversationId,
    pub round: RoundId,
    /// The version that this was merged into; `None` for a new document.
    pub merged_into: Option<i64>,
    pub heads: Vec<Head>,
    pub bytes: Vec<u8>,
    pub received_at: Millis,
    /// When the server took in what is new in it.
    pub written_at: Millis,
    pub device: DeviceNumber,
    pub projection: Projection,
    /// The version of the tagger that made the suggestions in it.
    pub model: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub places: Places,
    /// The tagger learns something else from it than from what stood there before.
    pub teaches: bool,
}

/// Takes the documents with these ids; those that do not exist are missing from the answer.
pub async fn find(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<StoredDocument>> {
    type Row = (
        Vec<u8>,
        Vec<u8>,
        i64,
        Vec<u8>,
        Vec<u8>,
        i64,
        i64,
        Option<i64>,
    );
    let mut found = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select d.id, d.round, d.version, d.heads, d.bytes, d.received_at, d.device, v.enrolled_at
            from documents d left join devices v on v.number = d.device
            where d.id in {}",
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (id, round, version, heads, bytes, received_at, device, enrolled_at) in rows {
            found.push(StoredDocument {
                id: ConversationId::from_slice(&id)?,
                round: RoundId::from_slice(&round)?,
                version,
                heads: heads_from(&heads)?,
                bytes,
                received_at: Millis(received_at),
                device: devices::number(device),
                enrolled_at: enrolled_at.map(Millis),
            });
        }
    }
    Ok(found)
}

/// How a document stands, without its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    pub id: ConversationId,
    pub round: RoundId,
    /// Sorted.
    pub heads: Vec<Head>,
    pub bytes: usize,
}

/// As [`find`], but without reading the documents themselves.
pub async fn outlines(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<Outline>> {
    type Row = (Vec<u8>, Vec<u8>, Vec<u8>, i64);
    let mut found = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select id, round, heads, cast(length(bytes) as bigint) from documents where id in {}",
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (id, round, heads, bytes) in rows {
            found.push(Outline {
                id: ConversationId::from_slice(&id)?,
                round: RoundId::from_slice(&round)?,
                heads: heads_from(&heads)?,
                bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
            });
        }
    }
    Ok(found)
}

/// The saved documents with these ids.
pub async fn bytes_of(
    tx: &mut Tx,
    ids: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select id, bytes from documents where id in {}",
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (id, bytes) in rows {
            found.insert(ConversationId::from_slice(&id)?, bytes);
        }
    }
    Ok(found)
}

/// Writes documents, their projections and their places in the feed. Returns `None`, and must be
/// rolled back, when one of them changed or was erased since it was read, or holds a quote that stands
/// in another conversation or was erased, or where it gave way to another transaction: judge and merge
/// again then.
///
/// Documents are locked in the order of their ids, rounds last and in the order of theirs, so that
/// two batches never wait for each other in a circle.
pub async fn write(tx: &mut Tx, mut versions: Vec<&NewVersion>) -> Result<Option<Written>> {
    versions.sort_by_key(|version| version.id);
    or_start_over(put_with_places(tx, &versions).await)
}

async fn put_with_places(tx: &mut Tx, versions: &[&NewVersion]) -> Result<Option<Written>> {
    let Some(teaches) = put(tx, versions, History::default()).await? else {
        return Ok(None);
    };
    let changed = versions
        .iter()
        .map(|version| (version.round, version.id, feed::CHANGED))
        .collect();
    let places = feed::put(tx, changed).await?;
    Ok(Some(Written { places, teaches }))
}

/// Writes documents and their projections, and says whether the tagger has something to learn from it.
/// `history`: of quotes that stood elsewhere until now.
pub(super) async fn put(
    tx: &mut Tx,
    versions: &[&NewVersion],
    history: History,
) -> Result<Option<bool>> {
    let (new, changed): (Vec<&NewVersion>, Vec<&NewVersion>) = versions
        .iter()
        .partition(|version| version.merged_into.is_none());

    for version in &changed {
        let statement = "
            update documents set version = version + 1, heads = $2, bytes = $3
            where id = $1 and version = $4";
        let touched = on!(tx, c => sqlx::query(statement)
            .bind(version.id.as_bytes().as_slice())
            .bind(heads_bytes(&version.heads))
            .bind(&version.bytes)
            .bind(version.merged_into)
            .execute(c).await?.rows_affected());
        if touched != 1 {
            return Ok(None);
        }
    }
    if !insert_new(tx, &new).await? {
        return Ok(None);
    }
    let replaced: Vec<ConversationId> = changed.iter().map(|version| version.id).collect();
    let history = history.and(History::of(tx, &replaced).await?);
    projections::remove(tx, &replaced).await?;
    let projections = versions.iter();
    let projections: Vec<Dated<'_>> = projections
        .map(|version| (&version.projection, version.written_at))
        .collect();
    history.close(tx, &projections).await?;
    match projections::insert(tx, &projections, &history).await {
        Ok(()) => {}
        // A quote of another conversation: see `homes_of`.
        Err(error) if error.is_conflict() => return Ok(None),
        Err(error) => return Err(error),
    }
    let models = versions.iter().map(|version| &*version.model);
    tagger::strayed(tx, &models.collect()).await?;
    // Behind the insertion: an erasure that was under way with one of them has ended by now.
    let ids: Vec<ConversationId> = versions.iter().map(|version| version.id).collect();
    let forbidden = tombstones::forbid(tx, &ids).await?;
    Ok((!forbidden).then(|| history.teaches_otherwise(&projections)))
}

async fn insert_new(tx: &mut Tx, new: &[&NewVersion]) -> Result<bool> {
    let rows = new
        .iter()
        .map(|version| {
            vec![
                Value::bytes(version.id.as_bytes()),
                Value::bytes(version.round.as_bytes()),
                Value::Int(1),
                Value::Bytes(heads_bytes(&version.heads)),
                Value::Bytes(version.bytes.clone()),
                Value::Int(version.received_at.0),
                Value::Int(devices::column(version.device)),
            ]
        })
        .collect();
    let head = "
        insert into documents (id, round, version, heads, bytes, received_at, device)";
    match bulk::insert(tx, head, "", rows).await {
        Ok(()) => Ok(true),
        // Somebody else made it in the meantime.
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error),
    }
}

/// How many conversations are stored.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    let (count,): (i64,) =
        on!(tx, c => sqlx::query_as("select count(*) from documents").fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// The conversations that these quotes stand in already; those that stand nowhere are missing.
pub async fn homes_of(
    tx: &mut Tx,
    quotes: &[QuoteId],
) -> Result<BTreeMap<QuoteId, ConversationId>> {
    let mut homes = BTreeMap::new();
    for piece in bulk::pieces(quotes) {
        let list = bulk::list(tx, 0, piece.len());
        let statement = format!("select id, conversation from quotes where id in {list}");
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (quote, conversation) in rows {
            homes.insert(
                QuoteId::from_slice(&quote)?,
                ConversationId::from_slice(&conversation)?,
            );
        }
    }
    Ok(homes)
}

/// Which conversation a quote belongs to.
pub async fn conversation_of(tx: &mut Tx, quote: QuoteId) -> Result<Option<ConversationId>> {
    let row: Option<(Vec<u8>,)> = on!(tx, c => sqlx::query_as("select conversation from quotes where id = $1")
        .bind(quote.as_bytes().as_slice())
        .fetch_optional(c).await?);
    Ok(row
        .map(|(id,)| ConversationId::from_slice(&id))
        .transpose()?)
}

/// Who recorded it and what was noted with it: what a projection holds beside its quotes.
pub async fn notes(tx: &mut Tx, id: ConversationId) -> Result<Option<(String, String)>> {
    let statement = "
        select notes, coalesce(name, '') from conversations
        left join users on users.id = conversations.recorded_by where conversations.id = $1";
    let row = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    Ok(row)
}

pub(super) fn heads_bytes(heads: &[Head]) -> Vec<u8> {
    heads.iter().flat_map(|head| head.0).collect()
}

pub(super) fn heads_from(bytes: &[u8]) -> Result<Vec<Head>> {
    let (heads, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(StoreError::Corrupt("heads of a document".to_owned()));
    }
    Ok(heads.iter().map(|head| Head(*head)).collect())
}
