//! What changed in each round, in order: what tablets follow.

use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, RoundId};

use super::documents::heads_from;
use super::{Result, StoreError, Tx, Value, bulk, on};

/// What stands in the column `kind`.
pub(super) const CHANGED: &str = "changed";
pub(super) const ERASED: &str = "erased";
pub(super) const REPLACED: &str = "replaced";
pub(super) const MOVED: &str = "moved";

/// The last place given in each round that was written to.
pub type Places = Vec<(RoundId, i64)>;

/// Gives each of these a new place, the last one of its round, in their order. A document has one row
/// in a round: a change moves it forward.
///
/// Rounds are locked in the order of their ids, and after all documents.
pub(super) async fn put(
    tx: &mut Tx,
    mut documents: Vec<(RoundId, ConversationId, &'static str)>,
) -> Result<Places> {
    documents.sort_by_key(|(round, ..)| *round);
    let mut places = Places::new();
    for here in documents.chunk_by(|one, other| one.0 == other.0) {
        let round = here[0].0;
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
            .map(|((round, document, kind), place)| {
                vec![
                    Value::bytes(round.as_bytes()),
                    Value::Int(place),
                    Value::bytes(document.as_bytes()),
                    Value::text(kind),
                ]
            })
            .collect();
        let head = "insert into feed (round, place, document, kind)";
        let tail = "
            on conflict (round, document) do update
            set place = excluded.place, kind = excluded.kind";
        bulk::insert(tx, head, tail, rows).await?;
        places.push((round, last));
    }
    Ok(places)
}

/// One row of a round's feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedRow {
    pub place: i64,
    pub document: ConversationId,
    pub became: Became,
}

/// What became of a conversation at its place in the feed.
#[derive(Debug, Clone, PartialEq)]
pub enum Became {
    Changed {
        /// Sorted.
        heads: Vec<Head>,
        /// Of the stored document, which is read apart by whoever sends it.
        bytes: usize,
    },
    Erased,
    Replaced {
        by: ConversationId,
    },
    MovedAway,
}

/// Rows behind a place, in the order of places.
pub async fn after(tx: &mut Tx, round: RoundId, place: i64, rows: i64) -> Result<Vec<FeedRow>> {
    type Row = (
        i64,
        Vec<u8>,
        String,
        Option<Vec<u8>>,
        Option<i64>,
        Option<Vec<u8>>,
    );
    // For PostgreSQL a length is an int of 32 bits; for SQLite every integer has 64.
    let statement = "
        select f.place, f.document, f.kind, d.heads, cast(length(d.bytes) as bigint), t.replaced_by
        from feed f
        left join documents d on d.id = f.document and d.round = f.round
        left join tombstones t on t.document = f.document
        where f.round = $1 and f.place > $2
        order by f.place limit $3";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement)
            .bind(round.as_bytes().as_slice())
            .bind(place)
            .bind(rows)
            .fetch_all(c).await?);
    rows.into_iter()
        .map(|(place, document, kind, heads, bytes, by)| {
            let document = ConversationId::from_slice(&document)?;
            let became = match (kind.as_str(), heads, bytes, by) {
                (CHANGED, Some(heads), Some(bytes), _) => Became::Changed {
                    heads: heads_from(&heads)?,
                    bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
                },
                (ERASED, ..) => Became::Erased,
                (REPLACED, _, _, Some(by)) => Became::Replaced {
                    by: ConversationId::from_slice(&by)?,
                },
                (MOVED, ..) => Became::MovedAway,
                _ => return Err(StoreError::Corrupt(format!("feed row of {document}"))),
            };
            Ok(FeedRow {
                place,
                document,
                became,
            })
        })
        .collect()
}

/// Places that the feeds of all rounds have given: it never becomes less.
pub async fn places_given(tx: &mut Tx) -> Result<u64> {
    let statement = "select cast(coalesce(sum(feed_place), 0) as bigint) from rounds";
    let (places,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(places.unsigned_abs())
}

/// The last place given in the feed of every round.
pub async fn last_places(tx: &mut Tx) -> Result<Vec<(RoundId, u64)>> {
    let statement = "select id, feed_place from rounds order by id";
    let rows: Vec<(Vec<u8>, i64)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(round, place)| Ok((RoundId::from_slice(&round)?, place.unsigned_abs())))
        .collect()
}

/// The last place given in this round's feed.
pub async fn last_place(tx: &mut Tx, round: RoundId) -> Result<i64> {
    let statement = "select feed_place from rounds where id = $1";
    let row: Option<(i64,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(round.as_bytes().as_slice())
        .fetch_optional(c).await?);
    Ok(row.map_or(0, |(place,)| place))
}
