//! Who did what, when and from where. Never what was said, and never a secret.

use koffiekar_sync_core::ids::{Millis, QuoteId, UserId};
use koffiekar_sync_core::office::{AuditLine, WhatWasRead};

use super::{Result, StoreError, Tx, on};
use crate::projection::json;

/// One line of the audit log.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub at: Millis,
    /// Missing where nobody was signed in: a refused attempt with an unknown login, or the console.
    pub actor: Option<UserId>,
    /// The network address, `device 0123...`, or `console`.
    pub origin: &'a str,
    /// A verb and its object's kind, for instance `revoke device`.
    pub action: &'a str,
    /// Which one: an id, a login, a key.
    pub object: &'a str,
    /// `done` or `refused`.
    pub result: &'a str,
}

pub const DONE: &str = "done";
pub const REFUSED: &str = "refused";

/// Adds a line. It stands in the same transaction as what it tells of.
pub async fn write(tx: &mut Tx, entry: Entry<'_>) -> Result<()> {
    add(tx, entry, None).await
}

/// Adds a line about reading.
pub async fn write_reading(tx: &mut Tx, entry: Entry<'_>, read: &WhatWasRead) -> Result<()> {
    add(tx, entry, Some(json(read))).await
}

async fn add(tx: &mut Tx, entry: Entry<'_>, details: Option<String>) -> Result<()> {
    let statement = "
        insert into audit_log (happened_at, actor, origin, action, object, result, details)
        values ($1, $2, $3, $4, $5, $6, $7)";
    on!(tx, c => sqlx::query(statement)
        .bind(entry.at.0)
        .bind(entry.actor.map_or_else(|| NOBODY.to_owned(), |user| user.to_string()))
        .bind(entry.origin)
        .bind(entry.action)
        .bind(entry.object)
        .bind(entry.result)
        .bind(details)
        .execute(c).await.map(drop)?);
    Ok(())
}

macro_rules! select {
    ($narrowed:literal) => {
        concat!(
            "select place, happened_at, actor, origin, action, object, result, details
             from audit_log
             where happened_at >= $1 and (happened_at, place) < ($2, $3) ",
            $narrowed,
            " order by happened_at desc, place desc limit $4"
        )
    };
}

const NOBODY: &str = "nobody";

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub person: Option<UserId>,
    pub act: Option<String>,
    pub from: Option<Millis>,
    pub until: Option<Millis>,
    /// Those behind this one.
    pub after: Option<Place>,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: Millis,
    pub number: i64,
}

/// The newest of the lines that are wanted, each with its place; without the names of people.
pub async fn lines(tx: &mut Tx, wanted: &Wanted, most: u32) -> Result<Vec<(Place, AuditLine)>> {
    let statement = match (&wanted.person, &wanted.act) {
        (None, None) => select!(""),
        (Some(_), None) => select!("and actor = $5"),
        (None, Some(_)) => select!("and action = $6"),
        (Some(_), Some(_)) => select!("and actor = $5 and action = $6"),
    };
    let last = Place {
        at: Millis(i64::MAX),
        number: i64::MAX,
    };
    let until = wanted.until.map(|until| Place {
        at: until,
        number: i64::MIN,
    });
    let before = [wanted.after, until].into_iter().flatten();
    let before = before.min_by_key(|place| (place.at, place.number));
    let before = before.unwrap_or(last);
    type Row = (
        i64,
        i64,
        String,
        String,
        String,
        String,
        String,
        Option<String>,
    );
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement)
        .bind(wanted.from.unwrap_or(Millis(i64::MIN)).0)
        .bind(before.at.0)
        .bind(before.number)
        .bind(i64::from(most))
        .bind(wanted.person.map(|person| person.to_string()))
        .bind(wanted.act.as_deref())
        .fetch_all(c).await?);
    let line = |row: Row| {
        let (number, at, actor, origin, act, object, result, details) = row;
        let read = details.map(|text| {
            serde_json::from_str(&text).map_err(|_| {
                StoreError::Corrupt(format!("details of line {number} of the audit log"))
            })
        });
        let place = Place {
            at: Millis(at),
            number,
        };
        Ok((
            place,
            AuditLine {
                at: Millis(at),
                person: actor.parse().ok(),
                name: None,
                origin,
                act,
                object,
                result,
                read: read.transpose()?,
            },
        ))
    };
    rows.into_iter().map(line).collect()
}

/// Who settled last which wording of this quote stands, until then.
pub async fn who_settled(tx: &mut Tx, quote: QuoteId, until: Millis) -> Result<Option<UserId>> {
    let statement = "
        select actor from audit_log
        where action = 'settle wording' and object = $1 and happened_at <= $2
        order by happened_at desc, place desc limit 1";
    let actor: Option<(String,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(quote.to_string())
        .bind(until.0)
        .fetch_optional(c).await?);
    Ok(actor.and_then(|(actor,)| actor.parse().ok()))
}
