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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::ids::{LineKey, Millis, QuoteId};
use koffiekar_sync_core::office::LineSuggestion;
use koffiekar_sync_core::wire::Fingerprint;
use koffiekar_tagging::{Labelled, LineDescription, Suggestion, Tagger};
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::clock::Clock;
use crate::each::by_itself;
use crate::metrics::Metrics;
use crate::random::hex;
use crate::secret::feature_key;
use crate::store::notices::Notice;
use crate::store::quotes::{Decided, Suggested};
use crate::store::tagger::{self, InUse, Version};
use crate::store::{self, Store, Tx, answers, catalogue, quotes};
use crate::tagger::audited::{self, Proven};

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
    /// How many wait for that who want an answer.
    waiting: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    clock: Clock,
}

/// A trained tagger with what the audit proves of it, and the file that tablets get: what of it nobody can read
/// words out of that were said in few conversations.
#[derive(Debug, Clone)]
pub struct Model {
    pub tagger: Arc<Tagger>,
    pub proven: Arc<Proven>,
    /// The tagger's, and that of what is beside it.
    pub version: Arc<str>,
    pub bytes: Arc<[u8]>,
    pub fingerprint: Fingerprint,
    pub trained: Instant,
    /// The action lines that it answers with, each with its theme.
    lines: Arc<[(LineKey, LineKey)]>,
    /// For each of the tagger's lines the number of its theme.
    themes: Arc<[u32]>,
}

impl Model {
    fn of(
        tagger: Tagger,
        shared: &Tagger,
        proven: Proven,
        lines: Arc<[(LineKey, LineKey)]>,
    ) -> Self {
        let bytes: Arc<[u8]> = shared.to_bytes().into();
        let theme_of = |line: &String| {
            let found = lines.iter().find(|(key, _)| key.as_str() == line);
            let theme = found.map(|(_, theme)| theme);
            let number = lines.iter().position(|(_, other)| Some(other) == theme);
            u32::try_from(number.unwrap_or(usize::MAX)).unwrap_or(u32::MAX)
        };
        let themes: Arc<[u32]> = tagger.lines().iter().map(theme_of).collect();
        Self {
            version: version(&tagger, &proven, &themes),
            fingerprint: Fingerprint::of(&bytes),
            tagger: Arc::new(tagger),
            proven: Arc::new(proven),
            bytes,
            trained: Instant::now(),
            lines,
            themes,
        }
    }

    /// What it proposes for a text, as it is stored and shown, the best first; but of these lines `first`,
    /// where there are any, because a person has to choose from them again.
    pub fn suggest(
        &self,
        text: &str,
        language: &str,
        first: &BTreeSet<LineKey>,
    ) -> Vec<LineSuggestion> {
        let open = first.is_empty();
        // Those of `first` may stand anywhere among all answers.
        let most = if open { SUGGESTIONS } else { usize::MAX };
        let themes = &self.themes;
        let all = self.tagger.suggest_in_themes(text, language, most, themes);
        // Three decimals are more than it knows.
        let shown = |said: f32| {
            let probability = self.proven.probability(language, said);
            (probability * 1000.0).round() / 1000.0
        };
        let mut suggested: Vec<LineSuggestion> = all
            .into_iter()
            .enumerate()
            .filter_map(|(place, (suggestion, theme))| {
                let accepted = open && place == 0 && self.proven.accepts(language, &suggestion);
                Some(LineSuggestion {
                    line: line_of(&suggestion)?,
                    probability: shown(suggestion.probability),
                    theme_probability: shown(theme),
                    model: self.version.to_string(),
                    because: suggestion.because,
                    accepted,
                })
            })
            .collect();
        suggested.sort_by_key(|one| !first.contains(&one.line));
        suggested.truncate(SUGGESTIONS);
        suggested
    }
}

/// Whatever is suggested follows from these three.
fn version(tagger: &Tagger, proven: &Proven, themes: &[u32]) -> Arc<str> {
    let beside = Fingerprint::of(format!("{proven:?} {themes:?}").as_bytes());
    format!("{}-{}", tagger.version(), hex(&beside.0[..4])).into()
}

/// `none` for "no action line".
pub(crate) fn line_of(suggestion: &Suggestion) -> Option<LineKey> {
    match &suggestion.line {
        Some(key) => key.parse().ok(),
        None => Some(LineKey::none()),
    }
}

impl Suggest {
    /// Knows no line yet: [`Suggest::learn_now`] before the first quote.
    pub fn new(metrics: Arc<Metrics>, clock: Clock) -> Self {
        let empty = Tagger::train(&[], &[]);
        let empty = Model::of(empty.clone(), &empty, Proven::default(), Arc::default());
        Self {
            model: Arc::new(RwLock::new(empty)),
            learn: Arc::new(Notify::new()),
            follow: Arc::new(Notify::new()),
            learnt: Arc::default(),
            waiting: Arc::default(),
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

    /// Whatever is suggested from now on is by this one. Whether it is another than before.
    pub fn use_model(&self, model: Model) -> bool {
        let mut current = match self.model.write() {
            Ok(current) => current,
            Err(poisoned) => poisoned.into_inner(),
        };
        let changed = current.version != model.version;
        *current = model;
        changed
    }

    /// Somebody decided something: learn soon.
    pub fn learn_soon(&self) {
        self.learn.notify_one();
    }

    /// Another server decided something.
    pub(crate) fn follow_soon(&self) {
        self.follow.notify_one();
    }

    /// Learns, and does not wait for suggestions that are being made by an older model.
    pub async fn learn_now(&self, store: &Store) -> store::Result<()> {
        let turn = Turn::awaited(&self.waiting);
        let learnt = self.learnt.lock().await;
        drop(turn);
        self.learn(store, learnt).await
    }

    /// Trains from what is stored, takes the model into use for all servers, and puts the new suggestions
    /// beside the quotes that wait.
    async fn learn(
        &self,
        store: &Store,
        mut learnt: MutexGuard<'_, Option<i64>>,
    ) -> store::Result<()> {
        for _ in 0..TRIES {
            let Some((seen, version)) = self.train(store).await? else {
                return Ok(());
            };
            *learnt = Some(seen.number);
            let model = self.model().version;
            if *seen.model == *model {
                return self.mend(store, &seen, true).await;
            }
            let mut tx = store.write().await?;
            let Some(in_use) = tagger::take_into_use(&mut tx, &seen, &model).await? else {
                continue;
            };
            if !version.lines.is_empty() {
                tagger::add_version(&mut tx, &version).await?;
            }
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
                Some((fresh, _)) => seen = fresh,
                None => return Ok(()),
            }
            *learnt = Some(seen.number);
        }
        match waited && *seen.model == *self.model().version {
            true => self.mend(store, &seen, false).await,
            false => Ok(()),
        }
    }

    /// What was in use when the labels were read, and what was trained from them. `None` where the old model
    /// stays.
    async fn train(&self, store: &Store) -> store::Result<Option<(InUse, Version)>> {
        let mut tx = store.read().await?;
        let seen = tagger::in_use(&mut tx).await?;
        let lessons = Lessons::read(&mut tx, self.clock.now()).await?;
        let precision = tagger::wanted_precision(&mut tx).await?;
        let mut judged = answers::drawn(&mut tx, audited::NEWEST).await?;
        if let Some(version) = tagger::held_at(&mut tx).await? {
            // What later ones were right about proves nothing of an earlier one.
            judged.retain(|one| one.answer.model == version.model);
        }
        drop(tx);
        let precision = precision
            .map(f64::from)
            .map(|thousandths| thousandths / 1000.0);
        let train = move || {
            let proven = Proven::from(&judged, precision);
            let tagger = lessons.teach();
            let shared = lessons.shared(&tagger);
            let model = Model::of(tagger, &shared, proven, lessons.open.clone());
            (model, lessons)
        };
        let Ok((model, lessons)) = tokio::task::spawn_blocking(train).await else {
            tracing::error!("training the tagger failed; the old model stays");
            return Ok(None);
        };
        let tagger = model.tagger.clone();
        let version = Version {
            number: 0,
            model: tagger.version().to_owned(),
            used_from: self.clock.now(),
            decided_until: lessons.decided_until(),
            labels: tagger.labels_seen() as i64,
            lines: lessons.lines,
        };
        let changed = self.use_model(model);
        tracing::info!(
            model = version.model,
            labels = tagger.labels_seen(),
            changed,
            "tagger trained"
        );
        Ok(Some((seen, version)))
    }

    /// Runs until the server stops. `look_every`: how late suggestions by an older model, or a notice that
    /// was lost, are made up for.
    pub async fn learn_in_background(self, store: Store, look_every: Duration) {
        loop {
            let learnt = tokio::select! {
                () = self.learn.notified() => {
                    tokio::time::sleep(GATHER).await;
                    self.learn(&store, self.learnt.lock().await).await
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
        match lines
            .iter()
            .map(|line| (&line.key, &line.theme))
            .eq(known.iter().map(|(key, theme)| (key, theme)))
        {
            true => self.follow(store, true).await,
            false => self.learn(store, self.learnt.lock().await).await,
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
        let model = self.model();
        let (mut after, mut all_free) = (None::<QuoteId>, true);
        loop {
            let mut tx = store.read().await?;
            let page = quotes::texts_after(&mut tx, after, &model.version, PAGE).await?;
            if self.waiting.load(Ordering::Relaxed) > 0 {
                // They will have a newer model, or go on with this one.
                return Ok(());
            }
            let ids: Vec<QuoteId> = page.iter().map(|quote| quote.id).collect();
            let mut among = quotes::to_choose_from(&mut tx, &ids).await?;
            drop(tx);
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.id);
            let by = model.clone();
            let suggested = tokio::task::spawn_blocking(move || {
                page.into_iter()
                    .map(|quote| {
                        let first = among.remove(&quote.id).unwrap_or_default();
                        // One text that it stumbles over must not keep the others from theirs.
                        let suggest = || by.suggest(&quote.verbatim, &quote.language, &first);
                        Suggested {
                            quote: quote.id,
                            suggestions: by_itself(suggest).unwrap_or_default(),
                        }
                    })
                    .collect::<Vec<_>>()
            })
            .await
            .unwrap_or_default();
            let mut tx = store.write().await?;
            if !tagger::is_in_use(&mut tx, &model.version).await? {
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

/// Somebody's wait for their turn to learn; it ends where they are gone.
struct Turn<'w>(&'w AtomicUsize);

impl Turn<'_> {
    fn awaited(waiting: &AtomicUsize) -> Turn<'_> {
        waiting.fetch_add(1, Ordering::Relaxed);
        Turn(waiting)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a tagger is trained from.
pub(crate) struct Lessons {
    /// The lines that take tags now.
    open: Arc<[(LineKey, LineKey)]>,
    pub(crate) lines: Vec<LineDescription>,
    decided: Vec<Decided>,
    /// Of the installation.
    key: u64,
}

impl Lessons {
    /// Of now; or of the version at which an administrator stopped the learning, of whose lines those that
    /// are still there.
    pub(crate) async fn read(tx: &mut Tx, now: Millis) -> store::Result<Lessons> {
        let now = Lessons::of_now(tx, now).await?;
        match tagger::held_at(tx).await? {
            Some(version) => Ok(now.at(&version)),
            None => Ok(now),
        }
    }

    pub(crate) async fn of_now(tx: &mut Tx, now: Millis) -> store::Result<Lessons> {
        let lines = catalogue::open_lines(tx, now).await?;
        Ok(Lessons {
            open: lines
                .iter()
                .map(|line| (line.key.clone(), line.theme.clone()))
                .collect(),
            lines: lines.into_iter().map(described).collect(),
            decided: quotes::labelled(tx).await?,
            key: feature_key(tx).await?,
        })
    }

    /// What of it an earlier version was trained from, as far as it still stands.
    pub(crate) fn at(mut self, version: &Version) -> Lessons {
        let is_there = |line: &&LineDescription| self.lines.iter().any(|now| now.key == line.key);
        let lines = version.lines.iter().filter(is_there).cloned().collect();
        self.decided.retain(|one| one.at <= version.decided_until);
        Lessons { lines, ..self }
    }

    /// One line in other words, or one more.
    pub(crate) fn with(mut self, line: ActionLine) -> Lessons {
        let line = described(line);
        match self.lines.iter_mut().find(|other| other.key == line.key) {
            Some(place) => *place = line,
            None => self.lines.push(line),
        }
        self
    }

    /// These in the place of one that is split.
    pub(crate) fn split(mut self, line: &LineKey, into: Vec<ActionLine>) -> Lessons {
        self.lines.retain(|other| other.key != line.as_str());
        self.lines.extend(into.into_iter().map(described));
        self
    }

    pub(crate) fn teach(&self) -> Tagger {
        let labelled: Vec<Labelled> = self.decided.iter().map(|d| d.labelled.clone()).collect();
        Tagger::train_under(self.key, &self.lines, &labelled)
    }

    /// What of a tagger that was taught from these tablets may have.
    fn shared(&self, tagger: &Tagger) -> Tagger {
        let said = self.decided.iter();
        let said = said.map(|one| (one.labelled.text.as_str(), one.origin));
        tagger.shared(&self.lines, said)
    }

    fn decided_until(&self) -> Millis {
        let times = self.decided.iter().map(|one| one.at);
        times.max().unwrap_or(Millis(0))
    }
}

/// What an action line says of itself, as a tagger reads it.
fn described(line: ActionLine) -> LineDescription {
    LineDescription {
        key: line.key.to_string(),
        title: line.title,
        description: line.description,
        synonyms: line.synonyms,
    }
}
