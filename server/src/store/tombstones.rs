//! What was erased: that it was, and when. Ids and times alone.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, UserId};
use koffiekar_sync_core::office::{Erasure, ErasurePage, ErasureStage};
use koffiekar_sync_core::wire::{Compared, Outcome};
use sqlx::AssertSqlSafe;

use super::{Result, Tx, Value, bind_all, bulk, documents, on};

/// Rows of one page.
const PAGE: usize = 100;

/// What became of a conversation that is not here any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// All of it, or of what it went on as, was erased.
    Erased,
    /// These quotes were erased; it goes on under another id, which nothing has replaced yet.
    Replaced {
        by: ConversationId,
        quotes: Vec<QuoteId>,
        /// An older copy of the database was put back, and what goes on is in it under no id: whoever has
        /// the conversation still may bring it, see `intake/lost.rs`.
        lost: bool,
    },
}

impl Fate {
    /// Whoever pushes it is told this, before anything else is judged.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Erased => Outcome::Erased,
            Self::Replaced { by, .. } => Outcome::Replaced(*by),
        }
    }

    /// Whoever asks how it is here is told this.
    pub fn compared(&self) -> Compared {
        match self {
            Self::Erased => Compared::Erased,
            Self::Replaced { lost: true, .. } => Compared::Lacks(Vec::new()),
            Self::Replaced { by, .. } => Compared::Replaced(*by),
        }
    }

    fn goes_on_as(&self) -> Option<ConversationId> {
        match self {
            Self::Erased => None,
            Self::Replaced { by, .. } => Some(*by),
        }
    }

    /// What stands in `erased_quotes` of an answer that tells of it.
    pub fn quotes(&self) -> &[QuoteId] {
        match self {
            Self::Erased => &[],
            Self::Replaced { quotes, .. } => quotes,
        }
    }
}

/// What became of these; those that were never erased are missing from the answer.
pub async fn fates(tx: &mut Tx, ids: &[ConversationId]) -> Result<BTreeMap<ConversationId, Fate>> {
    let mut found = successors(tx, ids).await?;
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Each is followed to its end: nothing waits for a successor that is not there any more either, and
    // what was erased on the way is erased from all.
    let asked: BTreeSet<ConversationId> = found.keys().copied().collect();
    let mut open: Vec<ConversationId> = found.values().copied().flatten().collect();
    while !open.is_empty() {
        let next = successors(tx, &open).await?;
        open = next.values().copied().flatten().collect();
        open.retain(|id| !found.contains_key(id));
        found.extend(next);
    }
    let all: Vec<ConversationId> = found.keys().copied().collect();
    let quotes = quotes_by_document(tx, &all).await?;
    let fates = asked.into_iter().map(|id| (id, fate(id, &found, &quotes)));
    let mut fates: BTreeMap<ConversationId, Fate> = fates.collect();
    let ends: Vec<ConversationId> = fates.values().filter_map(Fate::goes_on_as).collect();
    let here = documents::outlines(tx, &ends).await?;
    let here: BTreeSet<ConversationId> = here.into_iter().map(|outline| outline.id).collect();
    for fate in fates.values_mut() {
        if let Fate::Replaced { by, lost, .. } = fate {
            *lost = !here.contains(by);
        }
    }
    Ok(fates)
}

fn fate(
    id: ConversationId,
    found: &BTreeMap<ConversationId, Option<ConversationId>>,
    erased: &BTreeMap<ConversationId, Vec<QuoteId>>,
) -> Fate {
    let (mut by, mut quotes) = (id, Vec::new());
    // An id is made of the one before it: no chain comes back to itself.
    while let Some(next) = found.get(&by) {
        quotes.extend(erased.get(&by).into_iter().flatten());
        match next {
            Some(next) => by = *next,
            None => return Fate::Erased,
        }
    }
    let lost = false;
    Fate::Replaced { by, quotes, lost }
}

/// Of those that have a tombstone: what stands in their place.
async fn successors(
    tx: &mut Tx,
    ids: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Option<ConversationId>>> {
    let mut found = BTreeMap::new();
    for piece in bulk::pieces(ids) {
        let list = bulk::list(tx, 0, piece.len());
        let statement =
            format!("select document, replaced_by from tombstones where document in {list}");
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (document, by) in rows {
            let by = by.map(|by| ConversationId::from_slice(&by)).transpose()?;
            found.insert(ConversationId::from_slice(&document)?, by);
        }
    }
    Ok(found)
}

/// The quotes that were erased from these, by the id that the conversation had then.
pub async fn quotes_by_document(
    tx: &mut Tx,
    documents: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Vec<QuoteId>>> {
    let mut found: BTreeMap<ConversationId, Vec<QuoteId>> = BTreeMap::new();
    for piece in bulk::pieces(documents) {
        let list = bulk::list(tx, 0, piece.len());
        let statement = format!(
            "select document, quote from erased_quotes where document in {list} order by quote"
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (document, quote) in rows {
            let quotes = found.entry(ConversationId::from_slice(&document)?);
            quotes.or_default().push(QuoteId::from_slice(&quote)?);
        }
    }
    Ok(found)
}

/// Whether one of these conversations was erased, or holds a quote that was.
pub(super) async fn forbid(tx: &mut Tx, conversations: &[ConversationId]) -> Result<bool> {
    let statement = "select count(*) from (select document from tombstones limit 1) as one";
    let (any,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    if any == 0 {
        return Ok(false);
    }
    for piece in bulk::pieces(conversations) {
        let list = bulk::list(tx, 0, piece.len());
        for start in [
            "select count(*) from tombstones where document in ",
            "select count(*) from quotes q join erased_quotes e on e.quote = q.id
             where q.conversation in ",
        ] {
            let statement = format!("{start}{list}");
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            let (found,): (i64,) = on!(tx, c => bind_all!(
                sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_one(c).await?);
            if found > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Those of these quotes that were erased.
pub async fn erased_among(tx: &mut Tx, quotes: &[QuoteId]) -> Result<BTreeSet<QuoteId>> {
    let mut found = BTreeSet::new();
    for piece in bulk::pieces(quotes) {
        let list = bulk::list(tx, 0, piece.len());
        let statement = format!("select quote from erased_quotes where quote in {list}");
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>,)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (quote,) in rows {
            found.insert(QuoteId::from_slice(&quote)?);
        }
    }
    Ok(found)
}

/// What is left of a conversation.
#[derive(Debug, Clone)]
pub struct Tombstone {
    pub document: ConversationId,
    pub replaced_by: Option<ConversationId>,
    /// The quotes that are gone with it.
    pub quotes: Vec<QuoteId>,
    pub erased_at: Millis,
    /// `None` where it is erased again from the log.
    pub erased_by: Option<UserId>,
}

/// `false` where it has one already.
pub async fn put(tx: &mut Tx, tombstone: &Tombstone) -> Result<bool> {
    let statement = "
        insert into tombstones (document, replaced_by, erased_at, erased_by)
        values ($1, $2, $3, $4) on conflict do nothing";
    let document = tombstone.document.as_bytes().as_slice();
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(document)
        .bind(tombstone.replaced_by.as_ref().map(|by| by.as_bytes().as_slice()))
        .bind(tombstone.erased_at.0)
        .bind(tombstone.erased_by.as_ref().map(|by| by.as_bytes().as_slice()))
        .execute(c).await?.rows_affected());
    if rows == 0 {
        return Ok(false);
    }
    let quotes = tombstone.quotes.iter();
    let quotes = quotes.map(|quote| vec![Value::bytes(quote.as_bytes()), Value::bytes(document)]);
    bulk::insert(
        tx,
        "insert into erased_quotes (quote, document)",
        "on conflict do nothing",
        quotes.collect(),
    )
    .await?;
    Ok(true)
}

/// The ids that a conversation had before, where quotes were erased from it.
pub async fn predecessors(tx: &mut Tx, id: ConversationId) -> Result<Vec<ConversationId>> {
    let mut found: Vec<ConversationId> = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let statement = "select document from tombstones where replaced_by = $1 order by document";
        let rows: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
            .bind(id.as_bytes().as_slice())
            .fetch_all(c).await?);
        for (document,) in rows {
            let document = ConversationId::from_slice(&document)?;
            open.push(document);
            found.push(document);
        }
    }
    Ok(found)
}

/// Erasures of which something may lie in the database's files still.
pub async fn not_gone(tx: &mut Tx) -> Result<Vec<ConversationId>> {
    let statement = "select document from tombstones where gone_at is null";
    let rows: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.iter()
        .map(|(document,)| Ok(ConversationId::from_slice(document)?))
        .collect()
}

/// The files of the database hold nothing of these any more.
pub async fn are_gone(tx: &mut Tx, documents: &[ConversationId], at: Millis) -> Result<()> {
    let statement = "update tombstones set gone_at = $2 where document = $1 and gone_at is null";
    for document in documents {
        on!(tx, c => sqlx::query(statement)
            .bind(document.as_bytes().as_slice())
            .bind(at.0)
            .execute(c).await.map(drop)?);
    }
    Ok(())
}

/// document, replaced_by, erased_at, name, gone_at
type Row = (Vec<u8>, Option<Vec<u8>>, i64, Option<String>, Option<i64>);

const SHOWN: &str = "
    select t.document, t.replaced_by, t.erased_at, u.name, t.gone_at
    from tombstones t left join users u on u.id = t.erased_by";

async fn shown(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Erasure>> {
    let mut erasures = Vec::new();
    for (document, by, erased_at, erased_by, gone_at) in rows {
        erasures.push(Erasure {
            conversation: ConversationId::from_slice(&document)?,
            replaced_by: by.map(|by| ConversationId::from_slice(&by)).transpose()?,
            quotes: Vec::new(),
            erased_at: Millis(erased_at),
            erased_by,
            stage: match gone_at {
                None => ErasureStage::Unreachable,
                Some(_) => ErasureStage::GoneFromFiles,
            },
            gone_at: gone_at.map(Millis),
        });
    }
    let documents: Vec<_> = erasures
        .iter()
        .map(|erasure| erasure.conversation)
        .collect();
    let mut quotes = quotes_by_document(tx, &documents).await?;
    for erasure in &mut erasures {
        erasure.quotes = quotes.remove(&erasure.conversation).unwrap_or_default();
    }
    Ok(erasures)
}

/// What was erased under this id.
pub async fn show(tx: &mut Tx, document: ConversationId) -> Result<Option<Erasure>> {
    let statement = format!("{SHOWN} where t.document = $1");
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(document.as_bytes().as_slice())
        .fetch_all(c).await?);
    Ok(shown(tx, rows).await?.pop())
}

/// The newest first. `after` is the `next` of the page before; `None` where it is none.
pub async fn page(tx: &mut Tx, after: Option<&str>) -> Result<Option<ErasurePage>> {
    let start = Some((i64::MAX, vec![0xff; 17]));
    let Some((time, id)) = after.map_or(start, cursor) else {
        return Ok(None);
    };
    let (total,): (i64,) =
        on!(tx, c => sqlx::query_as("select count(*) from tombstones").fetch_one(c).await?);
    let statement = format!(
        "{SHOWN} where (t.erased_at, t.document) < ($1, $2)
         order by t.erased_at desc, t.document desc limit {}",
        PAGE + 1
    );
    let mut rows: Vec<Row> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(time)
        .bind(id)
        .fetch_all(c).await?);
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let erasures = shown(tx, rows).await?;
    let next = erasures
        .last()
        .filter(|_| more)
        .map(|last| format!("{}.{}", last.erased_at.0, last.conversation));
    Ok(Some(ErasurePage {
        erasures,
        next,
        total: total.unsigned_abs(),
    }))
}

fn cursor(text: &str) -> Option<(i64, Vec<u8>)> {
    let (time, id) = text.split_once('.')?;
    let id: ConversationId = id.parse().ok()?;
    Some((time.parse().ok()?, id.as_bytes().to_vec()))
}

/// All of them, the oldest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<Tombstone>> {
    let statement = "
        select document, replaced_by, erased_at, erased_by from tombstones order by erased_at, document";
    type Row = (Vec<u8>, Option<Vec<u8>>, i64, Option<Vec<u8>>);
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    let mut all = Vec::with_capacity(rows.len());
    for (document, by, erased_at, erased_by) in rows {
        all.push(Tombstone {
            document: ConversationId::from_slice(&document)?,
            replaced_by: by.map(|by| ConversationId::from_slice(&by)).transpose()?,
            quotes: Vec::new(),
            erased_at: Millis(erased_at),
            erased_by: erased_by.map(|by| UserId::from_slice(&by)).transpose()?,
        });
    }
    let documents: Vec<ConversationId> = all.iter().map(|stone| stone.document).collect();
    let mut quotes = quotes_by_document(tx, &documents).await?;
    for stone in &mut all {
        stone.quotes = quotes.remove(&stone.document).unwrap_or_default();
    }
    Ok(all)
}

/// How many there are.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    let (count,): (i64,) =
        on!(tx, c => sqlx::query_as("select count(*) from tombstones").fetch_one(c).await?);
    Ok(count.unsigned_abs())
}
