//! All that quotes are filtered and counted by, in memory: filters, counts and the order of pages are
//! answered from here, and the database is asked for words alone.
//!
//! A cache that cannot lie. How far it has come is compared with the database within each request's
//! transaction ([`Frontier`]); what changed since is read again, conversation by conversation, before
//! anything is answered. So writing costs nothing for it, several servers need not tell each other,
//! and an answer is never older than the transaction that it is given in.
//!
//! Whoever has to wait until quotes were read holds no connection to the database meanwhile
//! ([`Facets::read`]), and reading holds up nobody but those who need what is read: it goes beside the table
//! that others are answered from. Of each moment of the past there is a table of its own; moments are read
//! one at a time, and those that were asked about last are kept, as far as memory allows. What takes longer
//! with more quotes is worked out on threads for long work.
//!
//! Quotes with the same facets share a [`Cell`], which counts them. Where neither a day nor a word is
//! part of the filter, counting looks at cells alone.

mod alternatives;
mod counts;
mod table;
mod wanted;
mod zeros;

use std::sync::{Arc, PoisonError};

use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::ids::{Millis, QuoteId};
use koffiekar_sync_core::office::{AsOf, Counts, Desk, Dimension, QuoteFilter, QuotePage};
use koffiekar_sync_core::visible::is_blank;
use tokio::sync::{Mutex, OwnedRwLockReadGuard, RwLock};

use crate::store::quotes::{self, FilterError, Frontier, Sight};
use crate::store::{self, Store, Tx};

use counts::Counted;
pub(crate) use counts::label;
use table::Table;
use wanted::Wanted;

/// Quotes that are read at a time where all of them are.
const PAGE: i64 = 10_000;
/// Changed conversations beyond which all is read again: that costs no more then.
const MOST_CHANGED: usize = 50_000;

/// Moments of the past that are kept.
const MOMENTS: usize = 8;
/// Quotes beyond which only the moment that was asked about last is kept.
const QUOTES_OF_MOMENTS: usize = 1_000_000;

/// What was last read. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Facets {
    now: Kept,
    moments: Arc<Moments>,
}

/// Tables of moments of the past.
#[derive(Debug, Default)]
struct Moments {
    /// The one that was asked about last stands last.
    kept: std::sync::Mutex<Vec<(Millis, Kept)>>,
    /// Reading one takes long and much memory: one at a time.
    reading: Mutex<()>,
}

/// The table of now, or of one moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
struct Kept {
    known: Arc<RwLock<Option<Known>>>,
    /// Who reads what is missing does so alone; who needs the same waits for it.
    reading: Arc<Mutex<()>>,
}

#[derive(Debug)]
struct Known {
    frontier: Frontier,
    table: Table,
}

type Current = OwnedRwLockReadGuard<Option<Known>, Table>;

/// One who asks, and for what.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub sight: &'a Sight,
    pub filter: &'a QuoteFilter,
    pub catalogue: &'a Arc<Catalogue>,
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
        let current = async { self.read(&store, None).await.map(drop) };
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
        let found = self.work_out(tx, question, move |_, wanted, _| {
            (wanted.newest(after, limit + 1), wanted.count())
        });
        let (mut places, (total, by_state)) = found.await?;
        let alternatives = match after {
            None => self.alternatives(tx, question, by_state).await?,
            Some(_) => Vec::new(),
        };
        let more = places.len() > limit;
        places.truncate(limit);
        let ids: Vec<QuoteId> = places.iter().map(|place| place.quote).collect();
        Ok(QuotePage {
            quotes: quotes::in_order(tx, question.sight, &ids, question.as_of).await?,
            next: places.last().filter(|_| more).map(|last| last.cursor()),
            total,
            by_state,
            alternatives,
            as_of: question.as_of.map(AsOf::at),
        })
    }

    /// All that match, the newest first.
    pub async fn all(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
    ) -> Result<Vec<QuoteId>, FilterError> {
        self.work_out(tx, question, |_, wanted, _| wanted.all())
            .await
    }

    /// Those that wait for a decision: drawn for the audit, and others, the least sure first.
    pub async fn to_review(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
        most: usize,
    ) -> Result<[Vec<QuoteId>; 2], FilterError> {
        self.work_out(tx, question, move |_, wanted, _| wanted.to_review(most))
            .await
    }

    /// Numbers of quotes that match, by one or two dimensions.
    pub async fn count_by(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
        rows: Dimension,
        columns: Option<Dimension>,
    ) -> Result<Counts, FilterError> {
        let counts = self.work_out(tx, question, move |table, wanted, question| {
            Counted::of(table, wanted, rows, columns).told(question)
        });
        let counts = counts.await?;
        Ok(Counts {
            as_of: question.as_of.map(AsOf::at),
            alternatives: self.alternatives(tx, question, counts.by_state).await?,
            ..counts
        })
    }

    /// What waits for the editor.
    pub async fn desk(
        &self,
        tx: &mut Tx,
        sight: &Sight,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Desk, FilterError> {
        let question = Question {
            sight,
            filter: &QuoteFilter::default(),
            catalogue,
            as_of: None,
        };
        self.work_out(tx, question, |table, wanted, question| {
            counts::desk(table, wanted, question.catalogue)
        })
        .await
    }

    /// Finds the words that a question names, and works the rest out on a thread for long work.
    async fn work_out<T: Send + 'static>(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
        work: impl FnOnce(&Table, &Wanted<'_>, Question<'_>) -> T + Send + 'static,
    ) -> Result<T, FilterError> {
        let words = question.filter.text.as_deref();
        let found = match words.filter(|words| !is_blank(words)) {
            Some(words) => Some(quotes::found_by(tx, words).await?),
            None => None,
        };
        let table = self.current(tx, question.as_of).await?;
        let sight = question.sight.clone();
        let filter = question.filter.clone();
        let catalogue = question.catalogue.clone();
        let as_of = question.as_of;
        let worked_out = tokio::task::spawn_blocking(move || {
            let wanted = Wanted::of(&table, &sight, &filter, &catalogue, found)?;
            let question = Question {
                sight: &sight,
                filter: &filter,
                catalogue: &catalogue,
                as_of,
            };
            Ok(work(&table, &wanted, question))
        });
        let worked_out = worked_out.await;
        worked_out.unwrap_or_else(|panic| Err(FilterError::Panic(panic.to_string())))
    }

    /// A transaction in which questions as of then can be answered at once. Nothing is held while quotes are
    /// read for somebody else.
    pub async fn read(&self, store: &Store, as_of: Option<Millis>) -> store::Result<Tx> {
        let kept = self.kept(as_of);
        let mut tx = store.read().await?;
        if kept.covers(&quotes::frontier(&mut tx).await?).await {
            return Ok(tx);
        }
        drop(tx);
        let _alone = kept.reading.lock().await;
        let _one_moment = match as_of {
            Some(_) => Some(self.moments.reading.lock().await),
            None => None,
        };
        let mut tx = store.read().await?;
        kept.catch_up(&mut tx, as_of).await?;
        self.moments.forget();
        Ok(tx)
    }

    /// All quotes as they are in this transaction, or a little later.
    async fn current(&self, tx: &mut Tx, as_of: Option<Millis>) -> store::Result<Current> {
        let kept = self.kept(as_of);
        if !kept.covers(&quotes::frontier(tx).await?).await {
            let _alone = kept.reading.lock().await;
            kept.catch_up(tx, as_of).await?;
        }
        let guard = kept.known.read_owned().await;
        OwnedRwLockReadGuard::try_map(guard, |known| known.as_ref().map(|known| &known.table))
            .map_err(|_| store::StoreError::Corrupt("facets of quotes".to_owned()))
    }

    fn kept(&self, as_of: Option<Millis>) -> Kept {
        match as_of {
            None => self.now.clone(),
            Some(moment) => self.moments.of(moment),
        }
    }
}

impl Moments {
    fn of(&self, moment: Millis) -> Kept {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().position(|(at, _)| *at == moment);
        let kept = known.map_or_else(Kept::default, |at| all.remove(at).1);
        all.push((moment, kept.clone()));
        kept
    }

    /// Lets go of those that were not asked about for the longest time. What is in use now is let go of
    /// when somebody asks for the next one.
    fn forget(&self) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut moments, mut quotes) = (0, 0);
        let mut stays: Vec<bool> = Vec::new();
        for (_, kept) in all.iter().rev() {
            moments += 1;
            quotes += kept.quotes();
            let is_in_use = Arc::strong_count(&kept.known) > 1;
            let has_room = moments <= MOMENTS && quotes <= QUOTES_OF_MOMENTS;
            stays.push(moments == 1 || has_room || is_in_use);
        }
        let mut stays = stays.into_iter().rev();
        all.retain(|_| stays.next().unwrap_or(false));
    }
}

impl Kept {
    /// Whether nothing of this is missing.
    async fn covers(&self, now: &Frontier) -> bool {
        let known = self.known.read().await;
        known
            .as_ref()
            .is_some_and(|known| known.frontier.covers(now))
    }

    fn quotes(&self) -> usize {
        let known = self.known.try_read();
        let known = known.as_ref().ok().and_then(|known| known.as_ref());
        known.map_or(0, |known| known.table.size())
    }

    /// Reads what is missing; call only while no other does. Nothing is taken over before all of it was read.
    async fn catch_up(&self, tx: &mut Tx, as_of: Option<Millis>) -> store::Result<()> {
        let now = quotes::frontier(tx).await?;
        if self.covers(&now).await {
            return Ok(());
        }
        let then = quotes::then(tx, as_of).await?;
        if let Some(known) = self.goes_on_from(&now).await {
            let changed = quotes::changed_since(tx, &known).await?;
            if changed.len() <= MOST_CHANGED {
                let rows = quotes::facets_of(tx, &changed, &then).await?;
                if let Some(known) = &mut *self.known.write().await {
                    known.table.replace(&changed, rows);
                    known.frontier = now;
                }
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
        let known = Known {
            frontier: now,
            table,
        };
        *self.known.write().await = Some(known);
        Ok(())
    }

    /// How far the table has come, where what changed since can be added to it.
    async fn goes_on_from(&self, now: &Frontier) -> Option<Frontier> {
        let known = self.known.read().await;
        let goes_on = |known: &&Known| {
            known.frontier.crosswalk == now.crosswalk
                && known.frontier.epoch == now.epoch
                && known.frontier.time_zone == now.time_zone
                && !known.table.is_worn()
        };
        let known = known.as_ref().filter(goes_on)?;
        Some(known.frontier.clone())
    }
}
