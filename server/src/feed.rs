//! What a tablet has not seen yet, round by round, within the bytes it asked for.

use std::collections::BTreeMap;

use koffiekar_sync_core::ids::{DeviceNumber, RoundId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::wire::{Cursor, FeedPage, News};

use crate::store::documents::{self, FeedRow};
use crate::store::{self, Tx};

/// Rows that are read at a time.
const ROWS: i64 = 500;

/// A page for every round that this device may work in, in the order given.
pub(crate) async fn pages(
    tx: &mut Tx,
    device: DeviceNumber,
    rounds: &[RoundId],
    cursors: &[Cursor],
    bytes: u32,
) -> store::Result<Vec<FeedPage>> {
    let cursors: BTreeMap<RoundId, &Cursor> = cursors
        .iter()
        .map(|cursor| (cursor.round, cursor))
        .collect();
    let mut budget = limits::FEED_BYTES.min(bytes as usize);
    let mut pages = Vec::with_capacity(rounds.len());
    for round in rounds {
        let last = documents::last_place(tx, *round).await?;
        // A place this round never gave belongs to another history: begin anew.
        let known = cursors
            .get(round)
            .and_then(|cursor| Some((i64::try_from(cursor.place).ok()?, false)))
            .filter(|(place, _)| *place <= last);
        let (from, whole) = known.unwrap_or((0, true));
        // Who holds nothing of the round gets its own conversations too.
        let holder = if whole { None } else { Some(device) };
        pages.push(page(tx, holder, *round, from, last, &mut budget).await?);
    }
    Ok(pages)
}

async fn page(
    tx: &mut Tx,
    holder: Option<DeviceNumber>,
    round: RoundId,
    from: i64,
    last: i64,
    budget: &mut usize,
) -> store::Result<FeedPage> {
    let mut place = from;
    let mut news = Vec::new();
    while place < last && *budget > 0 {
        let rows = documents::feed_after(tx, round, place, holder, ROWS).await?;
        let Some(end) = rows.last().map(|row| row.place) else {
            // What stood behind was moved forward or away; there is nothing more.
            place = last;
            break;
        };
        for row in rows {
            if *budget == 0 {
                break;
            }
            place = row.place;
            *budget = budget.saturating_sub(row.bytes.as_ref().map_or(16, Vec::len));
            news.extend(news_of(row));
        }
        if place == end && *budget > 0 {
            continue;
        }
    }
    Ok(FeedPage {
        round,
        place: place.unsigned_abs(),
        more: place < last,
        news,
    })
}

/// Nothing for a document that the device holds in this very state.
fn news_of(row: FeedRow) -> Option<News> {
    match (row.kind.as_str(), row.bytes) {
        ("changed", Some(bytes)) => Some(News::Changed(row.document, bytes)),
        ("erased", _) => Some(News::Erased(row.document)),
        ("moved", _) => Some(News::MovedAway(row.document)),
        _ => None,
    }
}
