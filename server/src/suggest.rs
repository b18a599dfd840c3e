//! The tagger at work: suggestions for every merged quote, and learning from what people confirm.
//!
//! The model is trained from the action lines and from all confirmed quotes at the start, and again
//! in the background after editors decided. Suggestions are derived data: they live in the tables,
//! never in a document, and what people said is never touched.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::LineSuggestion;
use koffiekar_sync_core::wire::Fingerprint;
use koffiekar_tagging::{LineDescription, Suggestion, Tagger};
use tokio::sync::Notify;

use crate::metrics::Metrics;
use crate::projection::json;
use crate::store::{self, Store, quotes};

/// How many suggestions a quote carries.
const SUGGESTIONS: usize = 3;
/// Decisions that come within this time are learnt together.
const GATHER: Duration = Duration::from_millis(800);
/// Quotes that get new suggestions in one transaction.
const PAGE: u32 = 500;

/// The tagger in use. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Suggest {
    model: Arc<RwLock<Model>>,
    learn: Arc<Notify>,
}

/// A trained tagger, and the file that tablets get.
#[derive(Debug, Clone)]
pub struct Model {
    pub tagger: Arc<Tagger>,
    pub bytes: Arc<[u8]>,
    pub fingerprint: Fingerprint,
    pub trained: Instant,
}

impl Model {
    fn of(tagger: Tagger) -> Self {
        let bytes: Arc<[u8]> = tagger.to_bytes().into();
        Self {
            fingerprint: Fingerprint::of(&bytes),
            tagger: Arc::new(tagger),
            bytes,
            trained: Instant::now(),
        }
    }
}

impl Default for Suggest {
    fn default() -> Self {
        Self::new()
    }
}

impl Suggest {
    /// Knows no line yet: [`Suggest::learn_now`] before the first quote.
    pub fn new() -> Self {
        let empty = Model::of(Tagger::train(&[], &[]));
        Self {
            model: Arc::new(RwLock::new(empty)),
            learn: Arc::new(Notify::new()),
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

    /// Trains from what is stored, and puts the new suggestions beside the quotes that wait.
    pub async fn learn_now(&self, store: &Store, metrics: &Metrics) -> store::Result<()> {
        let mut tx = store.read().await?;
        let lines = store::catalogue::action_lines(&mut tx).await?;
        let labelled = quotes::labelled(&mut tx).await?;
        drop(tx);
        let lines: Vec<LineDescription> = lines
            .into_iter()
            .map(|line| LineDescription {
                key: line.key.to_string(),
                title: line.title,
                description: line.description,
                synonyms: line.synonyms,
            })
            .collect();
        let train = move || Model::of(Tagger::train(&lines, &labelled));
        let Ok(model) = tokio::task::spawn_blocking(train).await else {
            tracing::error!("training the tagger failed; the old model stays");
            return Ok(());
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
        if changed {
            self.suggest_again(store, tagger, metrics).await
        } else {
            Ok(())
        }
    }

    /// Runs until the server stops.
    pub async fn learn_in_background(self, store: Store, metrics: Arc<Metrics>) {
        loop {
            self.learn.notified().await;
            tokio::time::sleep(GATHER).await;
            if let Err(error) = self.learn_now(&store, &metrics).await {
                tracing::error!(%error, "learning from decisions failed; the old model stays");
            }
        }
    }

    async fn suggest_again(
        &self,
        store: &Store,
        tagger: Arc<Tagger>,
        metrics: &Metrics,
    ) -> store::Result<()> {
        let mut after: Option<QuoteId> = None;
        loop {
            let mut tx = store.read().await?;
            let page = quotes::texts_after(&mut tx, after, tagger.version(), PAGE).await?;
            drop(tx);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            let tagger = tagger.clone();
            let suggested = tokio::task::spawn_blocking(move || {
                page.into_iter()
                    .map(|quote| {
                        let suggestions = suggestions(&tagger, &quote.verbatim, &quote.language);
                        let best = suggestions.first().map(|best| best.line.to_string());
                        (quote.id, json(&suggestions), best)
                    })
                    .collect::<Vec<_>>()
            })
            .await
            .unwrap_or_default();
            let mut tx = store.write().await?;
            quotes::put_suggestions(&mut tx, &suggested).await?;
            tx.commit().await?;
            metrics.quotes_suggested.inc_by(suggested.len() as u64);
        }
    }
}

/// What a tagger proposes, as it is stored and shown.
pub fn suggestions(tagger: &Tagger, text: &str, language: &str) -> Vec<LineSuggestion> {
    let named = |line: &Option<String>| match line {
        Some(key) => key.parse().ok(),
        None => Some(LineKey::none()),
    };
    tagger
        .suggest(text, language, SUGGESTIONS)
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
        .collect()
}
