//! The tagger at work: suggestions for every merged quote, and learning from what people confirm.
//!
//! The model is trained from the action lines and from all confirmed quotes at the start, and again
//! in the background after editors decided. Suggestions are derived data: they live in the tables,
//! never in a document, and what people said is never touched.
//!
//! Of several servers on one database the one where somebody decided takes its new model into use and
//! puts its suggestions beside the quotes; the others train the same from the same labels. Who was
//! overtaken learns again, and who has an older model writes none of its suggestions.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::LineSuggestion;
use koffiekar_sync_core::wire::Fingerprint;
use koffiekar_tagging::{LineDescription, Suggestion, Tagger};
use tokio::sync::{Mutex, Notify};

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::programme::bounds;
use crate::projection::json;
use crate::store::notices::Notice;
use crate::store::tagger::{self, InUse};
use crate::store::{self, Store, quotes};

/// How many suggestions a quote carries.
const SUGGESTIONS: usize = 3;
/// Decisions that come within this time are learnt together.
const GATHER: Duration = Duration::from_millis(800);
/// Until learning is tried again that failed.
const AGAIN: Duration = Duration::from_secs(5);
/// How often learning starts over because another server learnt meanwhile.
const TRIES: usize = 5;
/// Quotes that get new suggestions in one transaction.
const PAGE: u32 = 500;

/// The tagger in use. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Suggest {
    model: Arc<RwLock<Model>>,
    learn: Arc<Notify>,
    follow: Arc<Notify>,
    /// The number of the model in use when this one was trained. Held while somebody learns.
    learnt: Arc<Mutex<Option<i64>>>,
    metrics: Arc<Metrics>,
    clock: Clock,
}

/// A trained tagger, and the file that tablets get.
#[derive(Debug, Clone)]
pub struct Model {
    pub tagger: Arc<Tagger>,
    pub bytes: Arc<[u8]>,
    pub fingerprint: Fingerprint,
    pub trained: Instant,
    /// The action lines that it answers with.
    lines: Arc<[LineKey]>,
}

impl Model {
    fn of(tagger: Tagger, lines: Arc<[LineKey]>) -> Self {
        let bytes: Arc<[u8]> = tagger.to_bytes().into();
        Self {
            fingerprint: Fingerprint::of(&bytes),
            tagger: Arc::new(tagger),
            bytes,
            trained: Instant::now(),
            lines,
        }
    }
}

impl Suggest {
    /// Knows no line yet: [`Suggest::learn_now`] before the first quote.
    pub fn new(metrics: Arc<Metrics>, clock: Clock) -> Self {
        let empty = Model::of(Tagger::train(&[], &[]), Arc::default());
        Self {
            model: Arc::new(RwLock::new(empty)),
            learn: Arc::new(Notify::new()),
            follow: Arc::new(Notify::new()),
            learnt: Arc::default(),
            metrics,
            clock,
        }
    }

    pub fn model(&self) -> Model {
        match self.model.read() {
            Ok(model) => model.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    pub fn tagger(&self) -> Arc<Tagger> {
        self.model().tagger
    }

    /// Somebody decided something: learn soon.
    pub fn learn_soon(&self) {
        self.learn.notify_one();
    }

    /// Another server decided something.
    pub(crate) fn follow_soon(&self) {
        self.follow.notify_one();
    }

    /// Trains from what is stored, takes the model into use for all servers, and puts the new suggestions
    /// beside the quotes that wait.
    pub async fn learn_now(&self, store: &Store) -> store::Result<()> {
        let mut learnt = self.learnt.lock().await;
        for _ in 0..TRIES {
            let Some(seen) = self.train(store).await? else {
                return Ok(());
            };
            *learnt = Some(seen.number);
            let model = self.tagger().version().to_owned();
            if seen.model == model {
                return self.mend(store, &seen, true).await;
            }
            let mut tx = store.write().await?;
            let Some(in_use) = tagger::take_into_use(&mut tx, &seen, &model).await? else {
                continue;
            };
            tx.commit().await?;
            *learnt = Some(in_use.number);
            if let Err(error) = store.tell(&[Notice::Learnt]).await {
                tracing::warn!(%error, "other servers were not told of a new model; they will look");
            }
            return self.mend(store, &in_use, true).await;
        }
        self.learn_soon();
        Ok(())
    }

    /// Trains where another server took a model into use since. Where suggestions wait for longer, whoever
    /// should write them may have been killed.
    async fn follow(&self, store: &Store, waited: bool) -> store::Result<()> {
        let mut learnt = self.learnt.lock().await;
        let mut tx = store.read().await?;
        let mut seen = tagger::in_use(&mut tx).await?;
        drop(tx);
        if *learnt != Some(seen.number) {
            match self.train(store).await? {
                Some(fresh) => seen = fresh,
                None => return Ok(()),
            }
            *learnt = Some(seen.number);
        }
        match waited && seen.model == self.tagger().version() {
            true => self.mend(store, &seen, false).await,
            false => Ok(()),
        }
    }

    /// What was in use when the labels were read. `None` where the old model stays.
    async fn train(&self, store: &Store) -> store::Result<Option<InUse>> {
        let mut tx = store.read().await?;
        let seen = tagger::in_use(&mut tx).await?;
        let lines = store::catalogue::open_lines(&mut tx, self.clock.now()).await?;
        let labelled = quotes::labelled(&mut tx).await?;
        drop(tx);
        let keys = lines.iter().map(|line| line.key.clone()).collect();
        let lines = described(lines);
        let train = move || Model::of(Tagger::train(&lines, &labelled), keys);
        let Ok(model) = tokio::task::spawn_blocking(train).await else {
            tracing::error!("training the tagger failed; the old model stays");
            return Ok(None);
        };
        let tagger = model.tagger.clone();
        let changed = {
            let mut current = match self.model.write() {
                Ok(current) => current,
                Err(poisoned) => poisoned.into_inner(),
            };
            let changed = current.fingerprint != model.fingerprint;
            *current = model;
            changed
        };
        tracing::info!(
            model = tagger.version(),
            labels = tagger.labels_seen(),
            changed,
            "tagger trained"
        );
        Ok(Some(seen))
    }

    /// Runs until the server stops. `look_every`: how late suggestions by an older model, or a notice that
    /// was lost, are made up for.
    pub async fn learn_in_background(self, store: Store, look_every: Duration) {
        loop {
            let learnt = tokio::select! {
                () = self.learn.notified() => {
                    tokio::time::sleep(GATHER).await;
                    self.learn_now(&store).await
                }
                () = self.follow.notified() => self.follow(&store, false).await,
                () = tokio::time::sleep(look_every) => self.look(&store).await,
            };
            if let Err(error) = learnt {
                tracing::error!(%error, "the tagger could not learn; it is tried again");
                tokio::time::sleep(AGAIN).await;
                self.learn_soon();
            }
        }
    }

    /// A line may have ended since because its day came.
    async fn look(&self, store: &Store) -> store::Result<()> {
        let mut tx = store.read().await?;
        let lines = store::catalogue::open_lines(&mut tx, self.clock.now()).await?;
        drop(tx);
        let known = self.model().lines;
        match lines.iter().map(|line| &line.key).eq(known.iter()) {
            true => self.follow(store, true).await,
            false => self.learn_now(store).await,
        }
    }

    /// Puts suggestions by the model in use beside all quotes that have others. One server does, and as
    /// long as its model is in use.
    async fn mend(&self, store: &Store, in_use: &InUse, wait: bool) -> store::Result<()> {
        if !in_use.is_incomplete() {
            return Ok(());
        }
        let Some(_alone) = tagger::alone(store, wait).await? else {
            return Ok(());
        };
        let tagger = self.tagger();
        let (mut after, mut all_free) = (None::<QuoteId>, true);
        loop {
            let mut tx = store.read().await?;
            let page = quotes::texts_after(&mut tx, after, tagger.version(), PAGE).await?;
            let ids: Vec<QuoteId> = page.iter().map(|quote| quote.id).collect();
            let mut among = quotes::to_choose_from(&mut tx, &ids).await?;
            drop(tx);
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.id);
            let model = tagger.clone();
            let suggested = tokio::task::spawn_blocking(move || {
                page.into_iter()
                    .map(|quote| {
                        let first = among.remove(&quote.id).unwrap_or_default();
                        let suggestions =
                            suggestions(&model, &quote.verbatim, &quote.language, &first);
                        let best = suggestions.first().map(|best| best.line.to_string());
                        (quote.id, json(&suggestions), best)
                    })
                    .collect::<Vec<_>>()
            })
            .await
            .unwrap_or_default();
            let mut tx = store.write().await?;
            if !tagger::is_in_use(&mut tx, tagger.version()).await? {
                return Ok(());
            }
            let free = quotes::put_suggestions(&mut tx, &suggested).await?;
            all_free &= free == suggested.len();
            tx.commit().await?;
            self.metrics.quotes_suggested.inc_by(suggested.len() as u64);
        }
        if all_free {
            let mut tx = store.write().await?;
            tagger::is_mended(&mut tx, in_use).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// What the action lines say of themselves, as a tagger reads it.
pub(crate) fn described(lines: Vec<ActionLine>) -> Vec<LineDescription> {
    let lines = lines.into_iter();
    lines
        .map(|line| LineDescription {
            key: line.key.to_string(),
            title: line.title,
            description: line.description,
            synonyms: line.synonyms,
        })
        .collect()
}

/// What a tagger proposes, as it is stored and shown: of these lines first, where there are any.
pub fn suggestions(
    tagger: &Tagger,
    text: &str,
    language: &str,
    first: &BTreeSet<LineKey>,
) -> Vec<LineSuggestion> {
    let named = |line: &Option<String>| match line {
        Some(key) => key.parse().ok(),
        None => Some(LineKey::none()),
    };
    let most = if first.is_empty() {
        SUGGESTIONS
    } else {
        // Wherever they stand among all answers.
        bounds::ACTION_LINES + 1
    };
    let mut suggested: Vec<LineSuggestion> = tagger
        .suggest(text, language, most)
        .into_iter()
        .filter_map(
            |Suggestion {
                 line,
                 probability,
                 because,
             }| {
                let model = tagger.version().to_owned();
                // Three decimals are more than it knows.
                let probability = (probability * 1000.0).round() / 1000.0;
                Some(LineSuggestion {
                    line: named(&line)?,
                    probability,
                    model,
                    because,
                })
            },
        )
        .collect();
    suggested.sort_by_key(|one| !first.contains(&one.line));
    suggested.truncate(SUGGESTIONS);
    suggested
}
