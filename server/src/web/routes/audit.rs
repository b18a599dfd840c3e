//! The audit log, for an administrator.

use std::collections::BTreeMap;

use axum::extract::State;
use koffiekar_sync_core::ids::{Millis, UserId};
use koffiekar_sync_core::office::{ACTS, AuditFilter, AuditPage};

use crate::Koffiekar;
use crate::calendar::Calendar;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::accounts;
use crate::store::audit::{self, Place, Wanted};
use crate::store::quotes::period;
use crate::web::caller::Caller;
use crate::web::extract::{Json, Query};
use crate::web::readings::ReadingEntry;

/// Lines of a page.
const PAGE: u32 = 100;

/// `GET /api/v1/audit`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(asked): Query<AuditFilter>,
) -> Result<Json<AuditPage>, ApiError> {
    caller.may(Action::ReadAudit)?;
    if let Some(act) = &asked.act
        && !ACTS.contains(&act.as_str())
    {
        return Err(ApiError::invalid(
            "Deze handeling staat nooit in het logboek. Kies er een uit `docs/api.md`.",
            "No such act ever stands in the audit log. Choose one of `docs/api.md`.",
        ));
    }
    let after = asked.after.as_deref().map(place).transpose()?;
    let mut tx = koffiekar.store.read().await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let calendar = Calendar::of(&catalogue.programme);
    let (from, until) = period(&asked.from, &asked.until, &calendar)?;
    let wanted = Wanted {
        person: asked.person,
        act: asked.act,
        from,
        until,
        after,
    };
    let mut lines = audit::lines(&mut tx, &wanted, PAGE + 1).await?;
    let is_last = lines.len() <= PAGE as usize;
    lines.truncate(PAGE as usize);
    let next = match (is_last, lines.last()) {
        (false, Some((last, _))) => Some(format!("{}-{}", last.at.0, last.number)),
        _ => None,
    };
    let mut names: BTreeMap<UserId, Option<String>> = BTreeMap::new();
    let mut named = Vec::with_capacity(lines.len());
    for (_, mut line) in lines {
        if let Some(person) = line.person {
            line.name = match names.get(&person) {
                Some(name) => name.clone(),
                None => {
                    let found = accounts::find(&mut tx, person).await?;
                    let name = found.map(|account| account.name);
                    names.insert(person, name.clone());
                    name
                }
            };
        }
        named.push(line);
    }
    drop(tx);
    let reading = ReadingEntry {
        action: "read audit log",
        object: "all",
        filter: None,
        rows: named.len() as u64,
        each_time: false,
    };
    koffiekar.note_reading(&caller, reading).await?;
    Ok(Json(AuditPage { lines: named, next }))
}

fn place(text: &str) -> Result<Place, ApiError> {
    let numbers = text.split_once('-');
    let place = numbers.and_then(|(at, number)| {
        Some(Place {
            at: Millis(at.parse().ok()?),
            number: number.parse().ok()?,
        })
    });
    place.ok_or_else(|| {
        ApiError::invalid(
            "`after` is geen `next` van een eerdere bladzijde. Begin opnieuw zonder `after`.",
            "`after` is no `next` of an earlier page. Begin anew without `after`.",
        )
    })
}
