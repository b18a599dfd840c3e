//! What an action line in other words would do to the suggestions, before anybody writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::ids::{LineKey, Millis};
use koffiekar_sync_core::office::{LinePreview, MovedQuotes};
use koffiekar_tagging::Tagger;
use tokio::sync::Mutex;

use crate::problem::ApiError;
use crate::store::{Store, catalogue, quotes};
use crate::suggest::{Suggest, described, suggestions};

/// The newest quotes that are looked at.
const LOOKED_AT: u32 = 2_000;

/// Training takes a core for up to two seconds: one at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Previews {
    one: Arc<Mutex<()>>,
}

impl Previews {
    /// Trains from this line in the place of the one that is stored, and from the same labels.
    pub(crate) async fn of(
        &self,
        line: ActionLine,
        store: &Store,
        suggest: &Suggest,
        now: Millis,
    ) -> Result<LinePreview, ApiError> {
        let turn = self.one.clone().lock_owned().await;
        let mut tx = store.read().await?;
        let mut lines = catalogue::open_lines(&mut tx, now).await?;
        let labelled = quotes::labelled(&mut tx).await?;
        let texts = quotes::newest_untagged(&mut tx, LOOKED_AT).await?;
        drop(tx);
        let key = line.key.clone();
        match lines.iter_mut().find(|other| other.key == key) {
            Some(place) => *place = line,
            None => lines.push(line),
        }
        let in_use = suggest.tagger();
        let compared = tokio::task::spawn_blocking(move || {
            // Who asks again meanwhile waits until this one is done, whether or not anybody waits for it.
            let _turn = turn;
            let then = Tagger::train(&described(lines), &labelled);
            let mut moved = Moved::new(key);
            for quote in &texts {
                let first = |tagger: &Tagger| {
                    let all =
                        suggestions(tagger, &quote.verbatim, &quote.language, &BTreeSet::new());
                    all.into_iter()
                        .next()
                        .map_or_else(LineKey::none, |best| best.line)
                };
                moved.count(first(&in_use), first(&then));
            }
            moved.preview()
        });
        compared.await.map_err(ApiError::internal)
    }

    /// Which of the lines that follow would be suggested first for the quotes of a line that is split.
    pub(crate) async fn of_split(
        &self,
        split: &LineKey,
        into: BTreeSet<LineKey>,
        new: Vec<ActionLine>,
        store: &Store,
        now: Millis,
    ) -> Result<Vec<MovedQuotes>, ApiError> {
        let turn = self.one.clone().lock_owned().await;
        let mut tx = store.read().await?;
        let mut lines = catalogue::open_lines(&mut tx, now).await?;
        lines.retain(|line| line.key != *split);
        lines.extend(new);
        let labelled = quotes::labelled(&mut tx).await?;
        let texts = quotes::newest_of_line(&mut tx, split, LOOKED_AT).await?;
        drop(tx);
        let counted = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let tagger = Tagger::train(&described(lines), &labelled);
            let mut counts = BTreeMap::new();
            for quote in &texts {
                let all = suggestions(&tagger, &quote.verbatim, &quote.language, &into);
                let best = all
                    .into_iter()
                    .next()
                    .filter(|best| into.contains(&best.line));
                if let Some(best) = best {
                    *counts.entry(best.line).or_default() += 1;
                }
            }
            most_first(counts)
        });
        counted.await.map_err(ApiError::internal)
    }
}

struct Moved {
    line: LineKey,
    preview: LinePreview,
    come: BTreeMap<LineKey, u32>,
    go: BTreeMap<LineKey, u32>,
}

impl Moved {
    fn new(line: LineKey) -> Self {
        Self {
            line,
            preview: LinePreview::default(),
            come: BTreeMap::new(),
            go: BTreeMap::new(),
        }
    }

    fn count(&mut self, now: LineKey, then: LineKey) {
        self.preview.looked_at += 1;
        match (now == self.line, then == self.line) {
            (true, true) => self.preview.stay += 1,
            (true, false) => *self.go.entry(then).or_default() += 1,
            (false, true) => *self.come.entry(now).or_default() += 1,
            (false, false) => {}
        }
    }

    fn preview(self) -> LinePreview {
        LinePreview {
            come: most_first(self.come),
            go: most_first(self.go),
            ..self.preview
        }
    }
}

fn most_first(counts: BTreeMap<LineKey, u32>) -> Vec<MovedQuotes> {
    let counts = counts.into_iter();
    let mut all: Vec<MovedQuotes> = counts
        .map(|(line, quotes)| MovedQuotes { line, quotes })
        .collect();
    all.sort_by_key(|moved| std::cmp::Reverse(moved.quotes));
    all
}
