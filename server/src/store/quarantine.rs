//! Work that was not permitted when it came, sealed until an administrator decides.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, HeldId, Millis, RoundId, UserId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::office::{HeldPage, HeldWork, TurnedDown};
use koffiekar_sync_core::wire::ReasonCode;
use sqlx::AssertSqlSafe;

use super::documents::{heads_bytes, heads_from};
use super::{Result, StoreError, Tx, Value, bind_all, bulk, devices, erasing, on};

/// Rows of one page.
const PAGE: usize = 100;

/// What one device sent of one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub id: HeldId,
    pub device: DeviceNumber,
    /// Its author spoke with an editor's weight when it came.
    pub edits: bool,
    pub document: ConversationId,
    /// As the tablet says it; it need not exist.
    pub round: RoundId,
    pub why: ReasonCode,
    /// Sorted.
    pub heads: Vec<Head>,
    pub sealed: Vec<u8>,
    /// Of the changes before sealing.
    pub bytes: usize,
    pub received_at: Millis,
    /// What an administrator wrote who did not take it.
    pub turned_down: Option<String>,
}

/// Something to be held, and the heads of what was held of it before.
#[derive(Debug, Clone)]
pub struct Holding {
    pub held: Held,
    pub instead_of: Option<Vec<Head>>,
}

type Row = (
    Vec<u8>,
    i64,
    bool,
    Vec<u8>,
    Vec<u8>,
    String,
    Vec<u8>,
    Vec<u8>,
    i64,
    i64,
    Option<String>,
);

const COLUMNS: &str = "
    id, device, edits, document, round, why, heads, sealed, bytes, received_at, turned_down_text";

fn held(row: Row) -> Result<Held> {
    let (id, device, edits, document, round, why, heads, sealed, bytes, at, turned_down) = row;
    Ok(Held {
        id: HeldId::from_slice(&id)?,
        device: devices::number(device),
        edits,
        document: ConversationId::from_slice(&document)?,
        round: RoundId::from_slice(&round)?,
        why: code(&why)?,
        heads: heads_from(&heads)?,
        sealed,
        bytes: usize::try_from(bytes).unwrap_or(0),
        received_at: Millis(at),
        turned_down,
    })
}

/// What is held of these conversations from one device.
pub async fn of_device(
    tx: &mut Tx,
    device: DeviceNumber,
    documents: &[ConversationId],
) -> Result<Vec<Held>> {
    let mut found = Vec::new();
    if documents.is_empty() || room_taken(tx, device).await?.0 == 0 {
        return Ok(found);
    }
    for piece in bulk::pieces(documents) {
        let statement = format!(
            "select {COLUMNS} from quarantine where device = {} and document in {}",
            devices::column(device),
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for row in rows {
            found.push(held(row)?);
        }
    }
    Ok(found)
}

pub async fn find(tx: &mut Tx, id: HeldId) -> Result<Option<Held>> {
    let statement = format!("select {COLUMNS} from quarantine where id = $1");
    let row: Option<Row> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map(held).transpose()
}

/// Rows and bytes that are held of a device.
async fn room_taken(tx: &mut Tx, device: DeviceNumber) -> Result<(usize, usize)> {
    let statement = "
        select count(*), cast(coalesce(sum(bytes), 0) as bigint) from quarantine where device = $1";
    let (rows, bytes): (i64, i64) = on!(tx, c => sqlx::query_as(statement)
        .bind(devices::column(device))
        .fetch_one(c).await?);
    let unsigned = |number: i64| usize::try_from(number).unwrap_or(0);
    Ok((unsigned(rows), unsigned(bytes)))
}

/// Holds work of one device. Returns the conversations for which there is no room; `None`, and must
/// be rolled back, where something else was held of them in the meantime, or one was erased.
pub async fn hold(
    tx: &mut Tx,
    device: DeviceNumber,
    holdings: &[Holding],
) -> Result<Option<BTreeSet<ConversationId>>> {
    let mut full = BTreeSet::new();
    let ids: Vec<ConversationId> = holdings.iter().map(|h| h.held.document).collect();
    if !ids.is_empty() && !erasing::still_there(tx, &ids).await? {
        return Ok(None);
    }
    let before: BTreeMap<ConversationId, Held> = of_device(tx, device, &ids)
        .await?
        .into_iter()
        .map(|held| (held.document, held))
        .collect();
    let (mut rows, mut bytes) = room_taken(tx, device).await?;
    for Holding { held, instead_of } in holdings {
        let old = before.get(&held.document);
        if old.map(|old| &old.heads) != instead_of.as_ref() {
            return Ok(None);
        }
        let more_rows = rows + usize::from(old.is_none());
        let more_bytes = (bytes + held.bytes).saturating_sub(old.map_or(0, |old| old.bytes));
        if more_rows > limits::HELD_DOCUMENTS || more_bytes > limits::HELD_BYTES {
            full.insert(held.document);
            continue;
        }
        (rows, bytes) = (more_rows, more_bytes);
        if let Some(old) = old
            && !release(tx, old.id, &old.heads).await?
        {
            return Ok(None);
        }
        if !insert(tx, held).await? {
            return Ok(None);
        }
    }
    Ok(Some(full))
}

async fn insert(tx: &mut Tx, held: &Held) -> Result<bool> {
    let statement = "
        insert into quarantine (id, device, edits, document, round, why, heads, sealed, bytes,
            received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(held.id.as_bytes().as_slice())
        .bind(devices::column(held.device))
        .bind(held.edits)
        .bind(held.document.as_bytes().as_slice())
        .bind(held.round.as_bytes().as_slice())
        .bind(code_text(held.why))
        .bind(heads_bytes(&held.heads))
        .bind(&held.sealed)
        .bind(i64::try_from(held.bytes).unwrap_or(i64::MAX))
        .bind(held.received_at.0)
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// Removes what is held, in the state that was seen. `false` where it changed or is gone.
pub async fn release(tx: &mut Tx, id: HeldId, seen: &[Head]) -> Result<bool> {
    let statement = "delete from quarantine where id = $1 and heads = $2";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .bind(heads_bytes(seen))
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// It stays where it is, with a text for its author. `false` where there is no such work.
pub async fn turn_down(
    tx: &mut Tx,
    id: HeldId,
    text: &str,
    by: UserId,
    at: Millis,
) -> Result<bool> {
    let statement = "
        update quarantine set turned_down_text = $2, turned_down_by = $3, turned_down_at = $4
        where id = $1";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .bind(text)
        .bind(by.as_bytes().as_slice())
        .bind(at.0)
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// As [`SHOWN`] has them.
type ShownRow = (
    Vec<u8>,
    Vec<u8>,
    bool,
    i64,
    String,
    Vec<u8>,
    String,
    Vec<u8>,
    Option<String>,
    String,
    i64,
    i64,
    Option<String>,
    Option<String>,
    Option<i64>,
);

const SHOWN: &str = "
    select q.id, q.document, d.id is null, q.device, v.label, v.account, u.name, q.round, r.name,
        q.why, q.received_at, q.bytes, q.turned_down_text, t.name, q.turned_down_at
    from quarantine q
    join devices v on v.number = q.device
    join users u on u.id = v.account
    left join rounds r on r.id = q.round
    left join users t on t.id = q.turned_down_by
    left join documents d on d.id = q.document";

fn shown(row: ShownRow) -> Result<HeldWork> {
    let (
        id,
        conversation,
        is_new,
        device,
        label,
        user,
        user_name,
        round,
        round_name,
        why,
        received_at,
        bytes,
        text,
        by,
        at,
    ) = row;
    let turned_down = text.zip(at).map(|(text, at)| TurnedDown {
        text,
        by: by.unwrap_or_default(),
        at: Millis(at),
    });
    Ok(HeldWork {
        id: HeldId::from_slice(&id)?,
        conversation: ConversationId::from_slice(&conversation)?,
        is_new,
        device: devices::number(device),
        label,
        user: UserId::from_slice(&user)?,
        user_name,
        round: RoundId::from_slice(&round)?,
        round_name,
        why: code(&why)?,
        received_at: Millis(received_at),
        bytes: bytes.unsigned_abs(),
        turned_down,
    })
}

/// As an administrator sees it.
pub async fn show(tx: &mut Tx, id: HeldId) -> Result<Option<HeldWork>> {
    let statement = format!("{SHOWN} where q.id = $1");
    let row: Option<ShownRow> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map(shown).transpose()
}

/// What waits, oldest first, or what was turned down, newest first. `after` is the `next` of the page
/// before; `None` where it is none.
pub async fn page(tx: &mut Tx, decided: bool, after: Option<&str>) -> Result<Option<HeldPage>> {
    let start = match decided {
        false => Some((i64::MIN, Vec::new())),
        true => Some((i64::MAX, vec![0xff; 17])),
    };
    let Some((time, id)) = after.map_or(start, cursor) else {
        return Ok(None);
    };
    let (total, condition) = match decided {
        false => (
            "select count(*) from quarantine where turned_down_at is null",
            "q.turned_down_at is null and (q.received_at, q.id) > ($1, $2)
             order by q.received_at, q.id",
        ),
        true => (
            "select count(*) from quarantine where turned_down_at is not null",
            "q.turned_down_at is not null and (q.turned_down_at, q.id) < ($1, $2)
             order by q.turned_down_at desc, q.id desc",
        ),
    };
    let (total,): (i64,) = on!(tx, c => sqlx::query_as(total).fetch_one(c).await?);
    let statement = format!("{SHOWN} where {condition} limit {}", PAGE + 1);
    let rows: Vec<ShownRow> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(time)
        .bind(id)
        .fetch_all(c).await?);
    let mut held = rows.into_iter().map(shown).collect::<Result<Vec<_>>>()?;
    let more = held.len() > PAGE;
    held.truncate(PAGE);
    let next = held.last().filter(|_| more).map(|last| {
        let at = last.turned_down.as_ref().map_or(last.received_at, |t| t.at);
        format!("{}.{}", at.0, last.id)
    });
    Ok(Some(HeldPage {
        held,
        next,
        total: total.unsigned_abs(),
    }))
}

fn cursor(text: &str) -> Option<(i64, Vec<u8>)> {
    let (time, id) = text.split_once('.')?;
    let id: HeldId = id.parse().ok()?;
    Some((time.parse().ok()?, id.as_bytes().to_vec()))
}

/// `closed_round`
fn code_text(code: ReasonCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => text,
        // A code without fields has a text for its JSON.
        _ => String::new(),
    }
}

fn code(text: &str) -> Result<ReasonCode> {
    serde_json::from_value(text.into())
        .map_err(|_| StoreError::Corrupt(format!("reason `{text}` of held work")))
}
