//! What is known of a conversation beside what it says, and the round that it stands in.

use std::collections::BTreeMap;

use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};
use koffiekar_sync_core::wire::DoubtfulTime;
use sqlx::AssertSqlSafe;

use super::feed::{self, Places};
use super::{Result, Tx, Value, bind_all, bulk, devices, erasing, on, or_start_over};

/// Whose a conversation is and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    pub round_name: String,
    pub recorded_at: Millis,
    /// `recorded_at` is when it was received: the tablet's clock cannot be relied on.
    pub clock_doubtful: bool,
    pub recorded_by: String,
    /// The tablet that first sent it, unless the server made it.
    pub device: Option<DeviceNumber>,
    pub device_label: Option<String>,
}

pub async fn about(tx: &mut Tx, id: ConversationId) -> Result<Option<About>> {
    type Row = (String, i64, bool, Option<String>, i64, Option<String>);
    let statement = "
        select r.name, c.recorded_at, c.clock_doubtful, u.name, d.device, v.label
        from documents d
        join rounds r on r.id = d.round
        join conversations c on c.id = d.id
        left join users u on u.id = c.recorded_by
        left join devices v on v.number = d.device
        where d.id = $1";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    Ok(row.map(
        |(round_name, recorded_at, clock_doubtful, name, device, device_label)| About {
            round_name,
            recorded_at: Millis(recorded_at),
            clock_doubtful,
            recorded_by: name.unwrap_or_default(),
            device: Some(devices::number(device)).filter(|it| *it != DeviceNumber::SERVER),
            device_label,
        },
    ))
}

/// Those of these conversations whose time of recording is doubted.
pub async fn doubtful_times(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<DoubtfulTime>> {
    let mut found = Vec::new();
    for piece in bulk::pieces(ids) {
        let list = bulk::list(tx, 0, piece.len());
        // Where it is doubted, `recorded_at` is the time of receipt.
        let statement = format!(
            "select id, recorded_at from conversations where clock_doubtful and id in {list}
            order by id"
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, i64)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (id, received_at) in rows {
            found.push(DoubtfulTime {
                document: ConversationId::from_slice(&id)?,
                received_at: Millis(received_at),
            });
        }
    }
    Ok(found)
}

/// For how many sections each of these quotes was chosen; those for none are missing.
pub async fn selections(tx: &mut Tx, quotes: &[QuoteId]) -> Result<BTreeMap<QuoteId, u64>> {
    let mut found = BTreeMap::new();
    for piece in bulk::pieces(quotes) {
        let list = bulk::list(tx, 0, piece.len());
        let statement =
            format!("select quote, count(*) from selections where quote in {list} group by quote");
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<(Vec<u8>, i64)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (quote, count) in rows {
            found.insert(QuoteId::from_slice(&quote)?, count.unsigned_abs());
        }
    }
    Ok(found)
}

/// Puts a conversation into another round: the old one's tablets are told that it left, the new one's
/// that it is there. Returns `None`, and must be rolled back, where it changed since it was seen, or gave
/// way to another transaction.
pub async fn move_to(
    tx: &mut Tx,
    id: ConversationId,
    version: i64,
    from: RoundId,
    to: &Round,
) -> Result<Option<Places>> {
    or_start_over(try_to_move(tx, id, version, from, to).await)
}

async fn try_to_move(
    tx: &mut Tx,
    id: ConversationId,
    version: i64,
    from: RoundId,
    to: &Round,
) -> Result<Option<Places>> {
    if !erasing::take(tx, id, version).await? {
        return Ok(None);
    }
    for statement in [
        "update documents set round = $2 where id = $1",
        "update conversations set round = $2 where id = $1",
    ] {
        on!(tx, c => sqlx::query(statement)
            .bind(id.as_bytes().as_slice())
            .bind(to.id.as_bytes().as_slice())
            .execute(c).await.map(drop)?);
    }
    let statement = "update quotes set round = $2, kind = $3 where conversation = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .bind(to.id.as_bytes().as_slice())
        .bind(to.kind.as_str())
        .execute(c).await.map(drop)?);
    let statement = "
        update selections set round = $2
        where quote in (select id from quotes where conversation = $1)";
    on!(tx, c => sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .bind(to.id.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    let news = vec![(from, id, feed::MOVED), (to.id, id, feed::CHANGED)];
    feed::put(tx, news).await.map(Some)
}
