//! Rounds of collecting.

use koffiekar_sync_core::catalogue::{Round, RoundKind};
use koffiekar_sync_core::ids::{Millis, RoundId};

use super::{Result, StoreError, Tx, on};

/// id, name, kind, starts_on, ends_on, closed
type RoundRow = (Vec<u8>, String, String, String, String, bool);

fn round((id, name, kind, starts_on, ends_on, closed): RoundRow) -> Result<Round> {
    let kind = RoundKind::parse(&kind)
        .ok_or_else(|| StoreError::Corrupt(format!("kind of round `{kind}`")))?;
    Ok(Round {
        id: RoundId::from_slice(&id)?,
        name,
        kind,
        starts_on,
        ends_on,
        closed,
    })
}

/// All of them, the first one first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Round>> {
    let statement = "
        select id, name, kind, starts_on, ends_on, closed from rounds
        order by starts_on, name, id";
    let rows: Vec<RoundRow> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter().map(round).collect()
}

pub async fn find(tx: &mut Tx, id: RoundId) -> Result<Option<Round>> {
    let statement = "
        select id, name, kind, starts_on, ends_on, closed from rounds where id = $1";
    let row: Option<RoundRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map(round).transpose()
}

/// Conversations of a round that were recorded before `from`, or at `until` and later.
pub async fn recorded_outside(
    tx: &mut Tx,
    id: RoundId,
    from: Millis,
    until: Millis,
) -> Result<u64> {
    let statement = "
        select count(*) from conversations
        where round = $1 and (recorded_at < $2 or recorded_at >= $3)";
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .bind(from.0)
        .bind(until.0)
        .fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// Makes a round, or gives the one with this id another name and other days and closes or opens it.
pub async fn put(tx: &mut Tx, round: &Round) -> Result<()> {
    let statement = "
        insert into rounds (id, name, kind, starts_on, ends_on, closed)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (id) do update set name = excluded.name, closed = excluded.closed,
            starts_on = excluded.starts_on, ends_on = excluded.ends_on";
    on!(tx, c => sqlx::query(statement)
        .bind(round.id.as_bytes().as_slice())
        .bind(&round.name)
        .bind(round.kind.as_str())
        .bind(&round.starts_on)
        .bind(&round.ends_on)
        .bind(round.closed)
        .execute(c).await.map(drop)?);
    Ok(())
}
