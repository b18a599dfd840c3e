//! Conversation documents, the feed that tells tablets of them, and what is derived from them.

use std::collections::BTreeMap;

use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};
use sqlx::AssertSqlSafe;

use super::{Result, StoreError, Tx, Value, bind_all, bulk, devices, on};
use crate::projection::{Projection, QuoteProjection};

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
    pub device: DeviceNumber,
    /// The device that holds exactly these heads already.
    pub held_by: Option<DeviceNumber>,
    pub projection: Projection,
}

/// Takes the documents with these ids; those that do not exist are missing from the answer.
pub async fn find(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<StoredDocument>> {
    type Row = (Vec<u8>, Vec<u8>, i64, Vec<u8>, Vec<u8>, i64);
    let mut found = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select id, round, version, heads, bytes, received_at from documents where id in {}",
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (id, round, version, heads, bytes, received_at) in rows {
            found.push(StoredDocument {
                id: ConversationId::from_slice(&id)?,
                round: RoundId::from_slice(&round)?,
                version,
                heads: heads_from(&heads)?,
                bytes,
                received_at: Millis(received_at),
            });
        }
    }
    Ok(found)
}

/// Writes documents, their projections and their places in the feed. Returns `false`, and must be
/// rolled back, when one of them changed since it was read, or holds a quote that stands in another
/// conversation: judge and merge again then.
///
/// Documents are locked in the order of their ids, rounds last and in the order of theirs, so that
/// two batches never wait for each other in a circle.
pub async fn write(tx: &mut Tx, mut versions: Vec<NewVersion>) -> Result<bool> {
    versions.sort_by_key(|version| version.id);
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
            return Ok(false);
        }
    }
    if !insert_new(tx, &new).await? {
        return Ok(false);
    }
    let replaced: Vec<ConversationId> = changed.iter().map(|version| version.id).collect();
    remove_projections(tx, &replaced).await?;
    let projections = versions.iter().map(|version| &version.projection);
    match insert_projections(tx, projections).await {
        Ok(()) => {}
        // A quote of another conversation: see `homes_of`.
        Err(error) if error.is_conflict() => return Ok(false),
        Err(error) => return Err(error),
    }
    put_into_feed(tx, &versions).await?;
    Ok(true)
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

async fn put_into_feed(tx: &mut Tx, versions: &[NewVersion]) -> Result<()> {
    let mut rounds: Vec<RoundId> = versions.iter().map(|version| version.round).collect();
    rounds.sort();
    rounds.dedup();
    for round in rounds {
        let here: Vec<&NewVersion> = versions.iter().filter(|v| v.round == round).collect();
        let count = i64::try_from(here.len()).unwrap_or(i64::MAX);
        // The counter is taken inside this transaction: places become visible in their order.
        let statement = "
            update rounds set feed_place = feed_place + $2 where id = $1 returning feed_place";
        let (last,): (i64,) = on!(tx, c => sqlx::query_as(statement)
            .bind(round.as_bytes().as_slice())
            .bind(count)
            .fetch_one(c).await?);
        let rows = here
            .iter()
            .zip(last - count + 1..)
            .map(|(version, place)| {
                let held_by = version
                    .held_by
                    .map(|device| Value::Int(devices::column(device)));
                vec![
                    Value::bytes(round.as_bytes()),
                    Value::Int(place),
                    Value::bytes(version.id.as_bytes()),
                    Value::Text("changed".to_owned()),
                    held_by.unwrap_or(Value::NoInt),
                ]
            })
            .collect();
        let tail = "
            on conflict (round, document) do update
            set place = excluded.place, kind = excluded.kind, held_by = excluded.held_by";
        bulk::insert(
            tx,
            "insert into feed (round, place, document, kind, held_by)",
            tail,
            rows,
        )
        .await?;
    }
    Ok(())
}

/// One row of a round's feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedRow {
    pub place: i64,
    pub document: ConversationId,
    pub kind: String,
    /// Missing where the asking device holds these heads already, or the document is gone.
    pub bytes: Option<Vec<u8>>,
}

/// Rows behind a place, in the order of places; without the bytes of what `holder` holds.
pub async fn feed_after(
    tx: &mut Tx,
    round: RoundId,
    place: i64,
    holder: Option<DeviceNumber>,
    rows: i64,
) -> Result<Vec<FeedRow>> {
    type Row = (i64, Vec<u8>, String, Option<Vec<u8>>);
    let statement = "
        select f.place, f.document, f.kind,
            case when f.held_by = $3 then null else d.bytes end
        from feed f left join documents d on d.id = f.document
        where f.round = $1 and f.place > $2
        order by f.place limit $4";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement)
            .bind(round.as_bytes().as_slice())
            .bind(place)
            .bind(holder.map(devices::column))
            .bind(rows)
            .fetch_all(c).await?);
    rows.into_iter()
        .map(|(place, document, kind, bytes)| {
            Ok(FeedRow {
                place,
                document: ConversationId::from_slice(&document)?,
                kind,
                bytes,
            })
        })
        .collect()
}

/// The last place given in this round's feed.
pub async fn last_place(tx: &mut Tx, round: RoundId) -> Result<i64> {
    let row: Option<(i64,)> = on!(tx, c => sqlx::query_as("select feed_place from rounds where id = $1")
        .bind(round.as_bytes().as_slice())
        .fetch_optional(c).await?);
    Ok(row.map_or(0, |(place,)| place))
}

/// How many conversations are stored.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    let (count,): (i64,) =
        on!(tx, c => sqlx::query_as("select count(*) from documents").fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

async fn remove_projections(tx: &mut Tx, ids: &[ConversationId]) -> Result<()> {
    const OF_QUOTES: [&str; 2] = [
        "delete from quote_search where search_row in
            (select search_row from quotes where conversation in ",
        "delete from quote_lines where quote in (select id from quotes where conversation in ",
    ];
    for piece in bulk::pieces(ids) {
        let list = bulk::list(tx, 0, piece.len());
        let statements = OF_QUOTES
            .map(|start| format!("{start}{list})"))
            .into_iter()
            .chain([
                format!("delete from quotes where conversation in {list}"),
                format!("delete from conversations where id in {list}"),
            ]);
        for statement in statements {
            // FTS5 knows its rows by `rowid` alone.
            let statement = match tx {
                Tx::Sqlite(_) => {
                    statement.replace("quote_search where search_row", "quote_search where rowid")
                }
                Tx::Postgres(_) => statement,
            };
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), keys)
                .execute(c).await.map(drop)?);
        }
    }
    Ok(())
}

async fn insert_projections(
    tx: &mut Tx,
    projections: impl Iterator<Item = &Projection>,
) -> Result<()> {
    let (mut conversations, mut quotes, mut lines, mut terms) = (vec![], vec![], vec![], vec![]);
    for projection in projections {
        conversations.push(conversation_row(projection));
        for quote in &projection.quotes {
            quotes.push(quote_row(projection, quote));
            for (line, standing) in &quote.lines {
                lines.push(vec![
                    Value::bytes(quote.id.as_bytes()),
                    Value::Text(line.to_string()),
                    Value::text(standing.as_str()),
                ]);
            }
            let text = match tx {
                Tx::Sqlite(_) => quote.terms.join(" "),
                Tx::Postgres(_) => tsvector(&quote.terms),
            };
            terms.push(vec![Value::Int(quote.search_row), Value::Text(text)]);
        }
    }
    let head = "
        insert into conversations (id, round, area, language, recorded_at, clock_doubtful,
            recorded_by, notes, consents)";
    bulk::insert(tx, head, "", conversations).await?;
    let head = "
        insert into quotes (id, conversation, position, round, kind, area, wijk, language,
            recorded_at, month, verbatim, wordings, tag_state, said, for_analysis,
            for_anonymous_publication, for_named_publication, for_follow_up_contact, suggestions,
            best_suggestion, search_row)";
    bulk::insert(tx, head, "", quotes).await?;
    bulk::insert(
        tx,
        "insert into quote_lines (quote, line, standing)",
        "",
        lines,
    )
    .await?;
    let head = tx.pick(
        "insert into quote_search (rowid, terms)",
        "insert into quote_search (search_row, terms)",
    );
    match tx {
        Tx::Sqlite(_) => bulk::insert(tx, head, "", terms).await,
        Tx::Postgres(_) => insert_tsvectors(tx, head, terms).await,
    }
}

/// A text parameter becomes a tsvector only where the statement says so.
async fn insert_tsvectors(tx: &mut Tx, head: &'static str, rows: Vec<Vec<Value>>) -> Result<()> {
    for piece in bulk::pieces(&rows) {
        let tuples: Vec<String> = (0..piece.len())
            .map(|i| format!("(${}, ${}::tsvector)", 2 * i + 1, 2 * i + 2))
            .collect();
        let statement = format!("{head} values {}", tuples.join(", "));
        let values: Vec<Value> = piece.iter().flatten().cloned().collect();
        on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), values)
            .execute(c).await.map(drop)?);
    }
    Ok(())
}

/// Terms are `[a-z0-9]+`: they need no quoting. PostgreSQL counts positions up to 16,383.
fn tsvector(terms: &[String]) -> String {
    let placed: Vec<String> = terms
        .iter()
        .zip(1..)
        .map(|(term, at)| format!("{term}:{}", at.min(16_383)))
        .collect();
    placed.join(" ")
}

fn conversation_row(projection: &Projection) -> Vec<Value> {
    vec![
        Value::bytes(projection.id.as_bytes()),
        Value::bytes(projection.round.as_bytes()),
        Value::maybe_text(projection.area.as_deref()),
        Value::text(&projection.language),
        Value::Int(projection.recorded_at.0),
        Value::Bool(projection.clock_doubtful),
        Value::bytes(projection.recorded_by.as_bytes()),
        Value::text(&projection.notes),
        Value::text(&projection.consents),
    ]
}

fn quote_row(projection: &Projection, quote: &QuoteProjection) -> Vec<Value> {
    let [analysis, anonymous, named, follow_up] = projection.allowed;
    vec![
        Value::bytes(quote.id.as_bytes()),
        Value::bytes(projection.id.as_bytes()),
        Value::Int(quote.position),
        Value::bytes(projection.round.as_bytes()),
        Value::text(projection.kind.as_str()),
        Value::maybe_text(projection.area.as_deref()),
        Value::maybe_text(projection.wijk.as_deref()),
        Value::text(&quote.language),
        Value::Int(projection.recorded_at.0),
        Value::text(&projection.month),
        Value::text(&quote.verbatim),
        Value::maybe_text(quote.wordings.as_deref()),
        Value::text(quote.tag_state.as_str()),
        Value::text(&quote.said),
        Value::Bool(analysis),
        Value::Bool(anonymous),
        Value::Bool(named),
        Value::Bool(follow_up),
        Value::text(&quote.suggestions),
        Value::maybe_text(quote.best_suggestion.as_deref()),
        Value::Int(quote.search_row),
    ]
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

fn heads_bytes(heads: &[Head]) -> Vec<u8> {
    heads.iter().flat_map(|head| head.0).collect()
}

fn heads_from(bytes: &[u8]) -> Result<Vec<Head>> {
    let (heads, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(StoreError::Corrupt("heads of a document".to_owned()));
    }
    Ok(heads.iter().map(|head| Head(*head)).collect())
}
