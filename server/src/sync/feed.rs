//! What a tablet has not seen yet, round by round, within the bytes it asked for.
//!
//! Everything behind the cursor is sent, but for what this very request pushed and the server has in
//! exactly that state: the tablet holds it. So a tablet that lost everything, or comes back to a
//! round, gets all of it by asking from the beginning.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, QuoteId, RoundId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::wire::{Cursor, FeedPage, News, Version};
use tracing::instrument;

use crate::store::documents;
use crate::store::feed::{self, Became, FeedRow};
use crate::store::tombstones::{self, Fate};
use crate::store::{self, Tx};
use crate::traces::SPANS;

/// Rows that are read at a time.
const ROWS: i64 = 500;
/// What a line without a document weighs.
const LINE_BYTES: usize = 48;

/// What a request pushed, by the round that the tablet holds it in, with the heads that it has.
type Pushed = BTreeMap<(RoundId, ConversationId), Vec<Head>>;

/// What one request asks for.
pub(crate) struct Asked<'a> {
    /// All rounds that the device may work in.
    pub(crate) rounds: &'a [RoundId],
    pub(crate) cursors: &'a [Cursor],
    /// Before compression.
    pub(crate) bytes: u32,
    pub(crate) pushed: &'a Pushed,
    /// Documents that the tablet needs whatever its cursors are.
    pub(crate) wanted: &'a [ConversationId],
    /// By the round that the tablet holds them in: they are in another one, and no feed says so where a
    /// backup undid the move that brought them here.
    pub(crate) moved_away: &'a [(RoundId, ConversationId)],
}

/// What the answer brings.
pub(crate) struct Brought {
    /// One for each round, in the order asked.
    pub(crate) pages: Vec<FeedPage>,
    /// The documents in the pages, in their order.
    pub(crate) versions: Vec<Version>,
    /// What was erased from the documents that the pages say were replaced.
    pub(crate) erased_quotes: Vec<QuoteId>,
    /// Wanted documents that have no room in this answer.
    pub(crate) left_out: BTreeSet<ConversationId>,
}

#[instrument(target = SPANS, name = "bring", skip_all, fields(rounds = asked.rounds.len()))]
pub(crate) async fn bring(tx: &mut Tx, asked: &Asked<'_>) -> store::Result<Brought> {
    let cursors: BTreeMap<RoundId, u64> = asked
        .cursors
        .iter()
        .map(|cursor| (cursor.round, cursor.place))
        .collect();
    let mut budget = limits::FEED_BYTES.min(asked.bytes as usize);
    let mut pages = Vec::with_capacity(asked.rounds.len());
    for round in asked.rounds {
        let last = feed::last_place(tx, *round).await?;
        // A place this round never gave belongs to another history: begin anew.
        let known = cursors
            .get(round)
            .and_then(|place| (*place).try_into().ok());
        let from = known.filter(|place: &i64| *place <= last).unwrap_or(0);
        pages.push(page(tx, *round, from, last, asked.pushed, &mut budget).await?);
    }
    for (round, document) in asked.moved_away {
        let page = pages.iter_mut().find(|page| page.page.round == *round);
        if let Some(page) = page {
            page.page.news.push(News::MovedAway(*document));
        }
    }
    let left_out = add_wanted(tx, asked.wanted, &mut pages).await?;
    let versions = pages
        .iter_mut()
        .flat_map(|page| std::mem::take(&mut page.versions))
        .collect();
    let replaced: Vec<ConversationId> = pages
        .iter()
        .flat_map(|page| &page.page.news)
        .filter_map(|news| match news {
            News::Replaced(document, _) => Some(*document),
            _ => None,
        })
        .collect();
    // All that was erased on the way: who waits for a successor may not be told of the next one's.
    let fates = tombstones::fates(tx, &replaced).await?;
    Ok(Brought {
        erased_quotes: fates.values().flat_map(Fate::quotes).copied().collect(),
        pages: pages.into_iter().map(|page| page.page).collect(),
        versions,
        left_out,
    })
}

/// A page, and how the documents in it stand.
struct Page {
    page: FeedPage,
    versions: Vec<Version>,
}

impl Page {
    fn changed(&mut self, version: Version, bytes: Vec<u8>) {
        self.page.news.push(News::Changed(version.document, bytes));
        self.versions.push(version);
    }
}

async fn page(
    tx: &mut Tx,
    round: RoundId,
    from: i64,
    last: i64,
    pushed: &Pushed,
    budget: &mut usize,
) -> store::Result<Page> {
    let mut place = from;
    let mut page = Page {
        page: FeedPage {
            round,
            place: 0,
            more: false,
            news: Vec::new(),
        },
        versions: Vec::new(),
    };
    while place < last && *budget > 0 {
        let mut rows = feed::after(tx, round, place, ROWS).await?;
        if rows.is_empty() {
            // What stood behind was moved forward; there is nothing more.
            place = last;
        }
        let mut taken = 0;
        for row in &rows {
            if *budget == 0 {
                break;
            }
            *budget = budget.saturating_sub(weight(round, row, pushed));
            place = row.place;
            taken += 1;
        }
        rows.truncate(taken);
        add(tx, rows, pushed, &mut page).await?;
    }
    page.page.place = place.unsigned_abs();
    page.page.more = place < last;
    Ok(page)
}

fn weight(round: RoundId, row: &FeedRow, pushed: &Pushed) -> usize {
    match &row.became {
        Became::Changed { .. } if is_echo(round, row, pushed) => 0,
        Became::Changed { bytes, .. } => LINE_BYTES + bytes,
        _ => LINE_BYTES,
    }
}

/// Did this request push exactly what is stored?
fn is_echo(round: RoundId, row: &FeedRow, pushed: &Pushed) -> bool {
    matches!(&row.became, Became::Changed { heads, .. } if pushed.get(&(round, row.document)) == Some(heads))
}

async fn add(
    tx: &mut Tx,
    mut rows: Vec<FeedRow>,
    pushed: &Pushed,
    page: &mut Page,
) -> store::Result<()> {
    let round = page.page.round;
    rows.retain(|row| !is_echo(round, row, pushed));
    let changed = rows.iter().filter_map(|row| match row.became {
        Became::Changed { .. } => Some(row.document),
        _ => None,
    });
    let changed: Vec<ConversationId> = changed.collect();
    let mut bytes = documents::bytes_of(tx, &changed).await?;
    for FeedRow {
        document, became, ..
    } in rows
    {
        match became {
            Became::Changed { heads, .. } => {
                if let Some(bytes) = bytes.remove(&document) {
                    page.changed(Version { document, heads }, bytes);
                }
            }
            Became::Erased => page.page.news.push(News::Erased(document)),
            Became::Replaced { by } => page.page.news.push(News::Replaced(document, by)),
            Became::MovedAway => page.page.news.push(News::MovedAway(document)),
        }
    }
    Ok(())
}

/// Adds wanted documents to the pages of their rounds, as far as there is room.
async fn add_wanted(
    tx: &mut Tx,
    wanted: &[ConversationId],
    pages: &mut [Page],
) -> store::Result<BTreeSet<ConversationId>> {
    let mut budget = limits::FEED_BYTES;
    let mut left_out = BTreeSet::new();
    for outline in documents::outlines(tx, wanted).await? {
        let Some(page) = pages
            .iter_mut()
            .find(|page| page.page.round == outline.round)
        else {
            continue;
        };
        if page
            .versions
            .iter()
            .any(|there| there.document == outline.id)
        {
            continue;
        }
        if budget == 0 {
            left_out.insert(outline.id);
            continue;
        }
        budget = budget.saturating_sub(LINE_BYTES + outline.bytes);
        if let Some(bytes) = documents::bytes_of(tx, &[outline.id])
            .await?
            .remove(&outline.id)
        {
            let document = outline.id;
            let heads = outline.heads;
            page.changed(Version { document, heads }, bytes);
        }
    }
    Ok(left_out)
}
