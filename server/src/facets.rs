//! All that quotes are filtered and counted by, in memory: filters, counts and the order of pages are
//! answered from here, and the database is asked for words alone.
//!
//! A cache that cannot lie. How far it has come is compared with the database within each request's
//! transaction ([`Frontier`]); what changed since is read again, conversation by conversation, before
//! anything is answered. So writing costs nothing for it, several servers need not tell each other,
//! and an answer is never older than the transaction that it is given in.
//!
//! Quotes with the same facets share a [`Cell`], which counts them. Where neither a day nor a word is
//! part of the filter, counting looks at cells alone.

mod counts;
mod table;
mod wanted;

use std::sync::Arc;

use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::ids::{Millis, QuoteId};
use koffiekar_sync_core::office::{AsOf, Counts, Desk, Dimension, QuoteFilter, QuotePage};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::store::quotes::{self, FilterError, Frontier, Sight};
use crate::store::{self, Store, Tx};

use counts::Counted;
use table::Table;
use wanted::Wanted;

/// Quotes that are read at a time where all of them are.
const PAGE: i64 = 10_000;
/// Changed conversations beyond which all is read again: that costs no more then.
const MOST_CHANGED: usize = 50_000;

/// What was last read. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Facets {
    known: Arc<RwLock<Option<Known>>>,
    /// As of the moment that was asked about last: it is read whole for another one, and nobody who asks
    /// about now waits for it.
    then: Arc<RwLock<Option<Known>>>,
}

#[derive(Debug)]
struct Known {
    as_of: Option<Millis>,
    frontier: Frontier,
    table: Table,
}

type Current = OwnedRwLockReadGuard<Option<Known>, Table>;

/// One who asks, and for what.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub sight: &'a Sight,
    pub filter: &'a QuoteFilter,
    pub catalogue: &'a Catalogue,
    /// Tags and action lines as they stood then; now where it is missing.
    pub as_of: Option<Millis>,
}

/// Where a page ends: the next one begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    recorded_at: Millis,
    quote: QuoteId,
}

impl Place {
    /// The `after` of a page, as [`Place::cursor`] gave it.
    fn parse(cursor: &str) -> Result<Place, FilterError> {
        let (at, id) = cursor.split_once('-').ok_or(FilterError::Cursor)?;
        Ok(Place {
            recorded_at: Millis(at.parse().map_err(|_| FilterError::Cursor)?),
            quote: QuoteId::from_key(id).map_err(|_| FilterError::Cursor)?,
        })
    }

    fn cursor(self) -> String {
        format!("{}-{}", self.recorded_at.0, self.quote.key())
    }
}

impl Facets {
    /// Reads everything before somebody asks.
    pub async fn read_ahead(self, store: Store) {
        let current = async {
            let mut tx = store.read().await?;
            self.current(&mut tx, None).await.map(drop)
        };
        if let Err(error) = current.await {
            tracing::warn!(%error, "the facets of quotes will be read when somebody asks");
        }
    }

    /// Quotes of one page, the newest first, and how many there are in all.
    pub async fn page(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
    ) -> Result<QuotePage, FilterError> {
        let filter = question.filter;
        let after = filter.after.as_deref().map(Place::parse).transpose()?;
        let limit = filter.limit.unwrap_or(50).clamp(1, 200) as usize;
        let table = self.current(tx, question.as_of).await?;
        let wanted = Wanted::of(&table, tx, question).await?;
        let (mut places, total) = (wanted.newest(after, limit + 1), wanted.count());
        drop(table);
        let more = places.len() > limit;
        places.truncate(limit);
        let ids: Vec<QuoteId> = places.iter().map(|place| place.quote).collect();
        Ok(QuotePage {
            quotes: quotes::in_order(tx, question.sight, &ids, question.as_of).await?,
            next: places.last().filter(|_| more).map(|last| last.cursor()),
            total,
            as_of: question.as_of.map(AsOf::at),
        })
    }

    /// All that match, the newest first.
    pub async fn all(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
    ) -> Result<Vec<QuoteId>, FilterError> {
        let table = self.current(tx, question.as_of).await?;
        Ok(Wanted::of(&table, tx, question).await?.all())
    }

    /// Those that wait for a decision: drawn for the audit, and others, the least sure first.
    pub async fn to_review(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
        most: usize,
    ) -> Result<[Vec<QuoteId>; 2], FilterError> {
        let table = self.current(tx, None).await?;
        Ok(Wanted::of(&table, tx, question).await?.to_review(most))
    }

    /// Numbers of quotes that match, by one or two dimensions.
    pub async fn count_by(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
        rows: Dimension,
        columns: Option<Dimension>,
    ) -> Result<Counts, FilterError> {
        let table = self.current(tx, question.as_of).await?;
        let wanted = Wanted::of(&table, tx, question).await?;
        let counted = Counted::of(&table, &wanted, rows, columns);
        Ok(Counts {
            as_of: question.as_of.map(AsOf::at),
            ..counted.told(question.catalogue)
        })
    }

    /// What waits for the editor.
    pub async fn desk(
        &self,
        tx: &mut Tx,
        sight: &Sight,
        catalogue: &Catalogue,
    ) -> Result<Desk, FilterError> {
        let question = Question {
            sight,
            filter: &QuoteFilter::default(),
            catalogue,
            as_of: None,
        };
        let table = self.current(tx, None).await?;
        let wanted = Wanted::of(&table, tx, question).await?;
        Ok(counts::desk(&table, &wanted, catalogue))
    }

    /// All quotes as they are in this transaction, or a little later.
    async fn current(&self, tx: &mut Tx, as_of: Option<Millis>) -> store::Result<Current> {
        let kept = match as_of {
            None => &self.known,
            Some(_) => &self.then,
        };
        let now = quotes::frontier(tx).await?;
        let covers = |known: &Option<Known>| {
            known
                .as_ref()
                .is_some_and(|known| known.as_of == as_of && known.frontier.covers(&now))
        };
        let mut guard = kept.clone().read_owned().await;
        if !covers(&guard) {
            drop(guard);
            let mut writing = kept.clone().write_owned().await;
            if !covers(&writing) {
                catch_up(tx, &mut writing, now, as_of).await?;
            }
            guard = writing.downgrade();
        }
        OwnedRwLockReadGuard::try_map(guard, |known| known.as_ref().map(|known| &known.table))
            .map_err(|_| store::StoreError::Corrupt("facets of quotes".to_owned()))
    }
}

/// Nothing is taken over before all of it was read.
async fn catch_up(
    tx: &mut Tx,
    known: &mut Option<Known>,
    now: Frontier,
    as_of: Option<Millis>,
) -> store::Result<()> {
    let then = quotes::then(tx, as_of).await?;
    if let Some(known) = known
        && known.as_of == as_of
        && known.frontier.crosswalk == now.crosswalk
        && known.frontier.epoch == now.epoch
        && !known.table.is_worn()
    {
        let changed = quotes::changed_since(tx, &known.frontier).await?;
        if changed.len() <= MOST_CHANGED {
            let rows = quotes::facets_of(tx, &changed, &then).await?;
            known.table.replace(&changed, rows);
            known.frontier = now;
            return Ok(());
        }
    }
    let mut table = Table::default();
    let mut after = i64::MIN;
    loop {
        let rows = quotes::facets_after(tx, after, PAGE, &then).await?;
        let Some(last) = rows.last() else {
            break;
        };
        after = last.search_row;
        table.add(rows);
    }
    *known = Some(Known {
        as_of,
        frontier: now,
        table,
    });
    Ok(())
}
