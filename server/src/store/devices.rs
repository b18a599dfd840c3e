//! Enrolled tablets: their number, their key, and whether they may still call.

use koffiekar_sync_core::ids::{DeviceNumber, Millis, RoundId, UserId};
use koffiekar_sync_core::office::Device;

use super::accounts::{self, Account, account};
use super::{Result, StoreError, Tx, on};

/// What the server must know of a tablet that calls.
#[derive(Debug, Clone)]
pub struct EnrolledDevice {
    pub number: DeviceNumber,
    /// Ed25519.
    pub public_key: [u8; 32],
    pub user: Account,
    /// The rounds its user works in.
    pub rounds: Vec<RoundId>,
    /// Ended by an administrator, or its user's account was.
    pub revoked: bool,
    pub enrolled_at: Millis,
    /// When it called last, as far as that was written down, and how much waited on it then.
    pub contact: Option<(Millis, u64)>,
}

/// The column of a device number: its 64 bits as a signed integer.
pub fn column(number: DeviceNumber) -> i64 {
    number.0.cast_signed()
}

/// The device number in a column.
pub fn number(column: i64) -> DeviceNumber {
    DeviceNumber(column.cast_unsigned())
}

/// `false` where the number is taken.
pub async fn enrol(
    tx: &mut Tx,
    number: DeviceNumber,
    user: UserId,
    public_key: &[u8; 32],
    label: &str,
    now: Millis,
) -> Result<bool> {
    let statement = "
        insert into devices (number, account, public_key, label, enrolled_at)
        values ($1, $2, $3, $4, $5) on conflict do nothing";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(column(number))
        .bind(user.as_bytes().as_slice())
        .bind(public_key.as_slice())
        .bind(label)
        .bind(now.0)
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// This device was there already at that moment: what it brings may have been recorded since.
pub async fn enrolled_before(tx: &mut Tx, device: DeviceNumber, at: Millis) -> Result<()> {
    let statement = "update devices set enrolled_at = $2 where number = $1 and enrolled_at > $2";
    on!(tx, c => sqlx::query(statement)
        .bind(column(device))
        .bind(at.0)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// The tablet that says it has this number.
pub async fn find(tx: &mut Tx, device: DeviceNumber) -> Result<Option<EnrolledDevice>> {
    let statement = "
        select public_key, revoked_at, enrolled_at, last_contact, waiting, users.id, login, name, role, disabled,
            demo
        from devices join users on users.id = devices.account
        where number = $1";
    type Row = (
        Vec<u8>,
        Option<i64>,
        i64,
        Option<i64>,
        i64,
        Vec<u8>,
        String,
        String,
        String,
        bool,
        bool,
    );
    let row: Option<Row> =
        on!(tx, c => sqlx::query_as(statement).bind(column(device)).fetch_optional(c).await?);
    let Some((
        public_key,
        revoked_at,
        enrolled_at,
        called,
        waiting,
        id,
        login,
        name,
        role,
        disabled,
        demo,
    )) = row
    else {
        return Ok(None);
    };
    let user = account((id, login, name, role, disabled, demo))?;
    let rounds = accounts::memberships(tx, user.id).await?;
    let public_key = public_key
        .try_into()
        .map_err(|_| StoreError::Corrupt(format!("public key of device {device}")))?;
    let revoked = revoked_at.is_some() || user.disabled;
    Ok(Some(EnrolledDevice {
        number: device,
        public_key,
        user,
        rounds,
        revoked,
        enrolled_at: Millis(enrolled_at),
        contact: called.map(|at| (Millis(at), waiting.unsigned_abs())),
    }))
}

/// Remembers that a tablet called, and how many conversations still waited on it.
pub async fn note_contact(
    tx: &mut Tx,
    device: DeviceNumber,
    now: Millis,
    waiting: u64,
) -> Result<()> {
    let statement = "update devices set last_contact = $2, waiting = $3 where number = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(column(device))
        .bind(now.0)
        .bind(i64::try_from(waiting).unwrap_or(i64::MAX))
        .execute(c).await.map(drop)?);
    Ok(())
}

/// number, label, account, name, enrolled_at, last_contact, waiting, revoked_at
type DeviceRow = (
    i64,
    String,
    Vec<u8>,
    String,
    i64,
    Option<i64>,
    i64,
    Option<i64>,
);

fn device(row: DeviceRow) -> Result<Device> {
    let (column, label, user, user_name, enrolled_at, last_contact, waiting, revoked_at) = row;
    Ok(Device {
        number: number(column),
        label,
        user: UserId::from_slice(&user)?,
        user_name,
        enrolled_at: Millis(enrolled_at),
        last_contact: last_contact.map(Millis),
        waiting: waiting.unsigned_abs(),
        revoked: revoked_at.is_some(),
    })
}

/// Tablets as the administrator sees them, the newest first: so many behind this one.
pub async fn list(
    tx: &mut Tx,
    after: Option<(Millis, DeviceNumber)>,
    most: usize,
) -> Result<Vec<Device>> {
    let statement = "
        select number, label, account, name, enrolled_at, last_contact, waiting, revoked_at
        from devices join users on users.id = devices.account
        where (enrolled_at, number) < ($1, $2)
        order by enrolled_at desc, number desc limit $3";
    let (at, number) = match after {
        Some((at, number)) => (at.0, column(number)),
        None => (i64::MAX, i64::MAX),
    };
    let rows: Vec<DeviceRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(at)
        .bind(number)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(c).await?);
    rows.into_iter().map(device).collect()
}

/// One of them.
pub async fn shown(tx: &mut Tx, which: DeviceNumber) -> Result<Option<Device>> {
    let statement = "
        select number, label, account, name, enrolled_at, last_contact, waiting, revoked_at
        from devices join users on users.id = devices.account
        where number = $1";
    let row: Option<DeviceRow> =
        on!(tx, c => sqlx::query_as(statement).bind(column(which)).fetch_optional(c).await?);
    row.map(device).transpose()
}

pub async fn count(tx: &mut Tx) -> Result<u64> {
    let statement = "select count(*) from devices";
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// Tablets of a person that were not ended.
pub async fn count_active(tx: &mut Tx, user: UserId) -> Result<u64> {
    let statement = "select count(*) from devices where account = $1 and revoked_at is null";
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement)
        .bind(user.as_bytes().as_slice())
        .fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// How many tablets that may call did so last within the hour, the day, the week, longer ago, or never.
pub async fn by_contact(tx: &mut Tx, now: Millis) -> Result<[(&'static str, u64); 5]> {
    let statement = "
        select case when last_contact is null then 'never' when last_contact > $1 then 'hour'
            when last_contact > $2 then 'day' when last_contact > $3 then 'week'
            else 'longer' end as contact, count(*)
        from devices join users on users.id = devices.account
        where revoked_at is null and disabled = $4 group by 1";
    let rows: Vec<(String, i64)> = on!(tx, c => sqlx::query_as(statement)
        .bind(now.plus(-Millis::DAY / 24).0)
        .bind(now.plus(-Millis::DAY).0)
        .bind(now.plus(-7 * Millis::DAY).0)
        .bind(false)
        .fetch_all(c).await?);
    Ok(["hour", "day", "week", "longer", "never"].map(|contact| {
        let row = rows.iter().find(|row| row.0 == contact);
        (contact, row.map_or(0, |row| row.1.unsigned_abs()))
    }))
}

/// Ends a tablet; one that was ended stays as it is. `None` where there is no such tablet.
pub async fn revoke(tx: &mut Tx, which: DeviceNumber, now: Millis) -> Result<Option<Device>> {
    let statement = "
        update devices set revoked_at = $2 where number = $1 and revoked_at is null";
    on!(tx, c => sqlx::query(statement)
        .bind(column(which))
        .bind(now.0)
        .execute(c).await.map(drop)?);
    shown(tx, which).await
}
