//! What another tagger would do to the suggestions, before anybody takes it into use: one that knows an
//! action line in other words, or an earlier one. An administrator reads no residents' words, and chooses those
//! of the line: so the numbers are coarse, see [`crate::tagger::coarse`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::ids::{LineKey, Millis};
use koffiekar_sync_core::office::{LinePreview, MovedQuotes, VersionPreview};
use koffiekar_tagging::Tagger;
use tokio::sync::Mutex;

use crate::problem::ApiError;
use crate::projection::json;
use crate::store::tagger::Version;
use crate::store::{Store, quotes};
use crate::tagger::coarse::Coarse;
use crate::tagger::suggest::{Lessons, Suggest, line_of};

/// The newest quotes that are looked at.
const LOOKED_AT: u32 = 2_000;

/// Training takes a core for up to two seconds: one at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Previews {
    one: Arc<Mutex<()>>,
}

impl Previews {
    /// With this line in the place of the one that is stored, and the labels of now.
    pub(crate) async fn of_line(
        &self,
        line: ActionLine,
        store: &Store,
        suggest: &Suggest,
        now: Millis,
    ) -> Result<LinePreview, ApiError> {
        let key = line.key.clone();
        let asked = json(&line);
        let moves = self.moves(store, suggest, now, &asked, |lessons| lessons.with(line));
        let moves = moves.await?;
        Ok(moves.of(&key))
    }

    /// With the lines and labels of that version, as far as they still stand.
    pub(crate) async fn of_version(
        &self,
        version: &Version,
        store: &Store,
        suggest: &Suggest,
        now: Millis,
    ) -> Result<VersionPreview, ApiError> {
        let asked = format!("version {} {}", version.number, version.model);
        let moves = self.moves(store, suggest, now, &asked, |lessons| lessons.at(version));
        let moves = moves.await?;
        Ok(moves.all())
    }

    async fn moves(
        &self,
        store: &Store,
        suggest: &Suggest,
        now: Millis,
        asked: &str,
        otherwise: impl FnOnce(Lessons) -> Lessons,
    ) -> Result<Moves, ApiError> {
        let turn = self.one.clone().lock_owned().await;
        let mut tx = store.read().await?;
        let lessons = otherwise(Lessons::of_now(&mut tx, now).await?);
        let texts = quotes::newest_untagged(&mut tx, LOOKED_AT).await?;
        let coarse = Coarse::of(&mut tx, asked).await?;
        drop(tx);
        let in_use = suggest.model().tagger;
        let compared = tokio::task::spawn_blocking(move || {
            // Who asks again meanwhile waits until this one is done, whether or not anybody waits for it.
            let _turn = turn;
            let then = lessons.teach();
            let mut moves = Moves::default();
            for quote in &texts {
                let first = |tagger: &Tagger| {
                    let all = tagger.suggest(&quote.verbatim, &quote.language, 1);
                    let first = all.first().and_then(line_of);
                    first.unwrap_or_else(LineKey::none)
                };
                moves.count(first(&in_use), first(&then));
            }
            moves.rounded(&coarse)
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
        let coarse = Coarse::of(&mut tx, &json(&(split, &into, &new))).await?;
        let lessons = Lessons::of_now(&mut tx, now).await?.split(split, new);
        let texts = quotes::newest_of_line(&mut tx, split, LOOKED_AT).await?;
        drop(tx);
        let counted = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let tagger = lessons.teach();
            let mut counts: BTreeMap<LineKey, u32> = BTreeMap::new();
            for quote in &texts {
                let all = tagger.suggest(&quote.verbatim, &quote.language, usize::MAX);
                let mut among = all.iter().filter_map(line_of);
                if let Some(best) = among.find(|line| into.contains(line)) {
                    *counts.entry(best).or_default() += 1;
                }
            }
            for (line, quotes) in &mut counts {
                *quotes = coarse.number(line.as_str(), *quotes);
            }
            most_first(counts.iter().map(|(line, quotes)| (line, *quotes)))
        });
        counted.await.map_err(ApiError::internal)
    }
}

/// How many quotes have which first answer now and then.
#[derive(Default)]
struct Moves {
    looked_at: u32,
    stay: BTreeMap<LineKey, u32>,
    moved: BTreeMap<(LineKey, LineKey), u32>,
}

impl Moves {
    fn count(&mut self, now: LineKey, then: LineKey) {
        self.looked_at += 1;
        match now == then {
            true => *self.stay.entry(now).or_default() += 1,
            false => *self.moved.entry((now, then)).or_default() += 1,
        }
    }

    /// As they are told.
    fn rounded(mut self, coarse: &Coarse) -> Self {
        for (line, quotes) in &mut self.stay {
            *quotes = coarse.number(line.as_str(), *quotes);
        }
        for ((now, then), quotes) in &mut self.moved {
            *quotes = coarse.number(&format!("{now} {then}"), *quotes);
        }
        self
    }

    fn of(&self, line: &LineKey) -> LinePreview {
        let come = self.moved.iter().filter(|((_, then), _)| then == line);
        let go = self.moved.iter().filter(|((now, _), _)| now == line);
        LinePreview {
            looked_at: self.looked_at,
            stay: self.stay.get(line).copied().unwrap_or(0),
            come: most_first(come.map(|((now, _), quotes)| (now, *quotes))),
            go: most_first(go.map(|((_, then), quotes)| (then, *quotes))),
        }
    }

    fn all(&self) -> VersionPreview {
        let (mut come, mut go) = (BTreeMap::new(), BTreeMap::new());
        for ((now, then), quotes) in &self.moved {
            *go.entry(now).or_default() += quotes;
            *come.entry(then).or_default() += quotes;
        }
        VersionPreview {
            looked_at: self.looked_at,
            moved: self.moved.values().sum(),
            come: most_first(come.into_iter()),
            go: most_first(go.into_iter()),
        }
    }
}

fn most_first<'a>(counts: impl Iterator<Item = (&'a LineKey, u32)>) -> Vec<MovedQuotes> {
    let mut all: Vec<MovedQuotes> = counts
        .map(|(line, quotes)| MovedQuotes {
            line: line.clone(),
            quotes,
        })
        .collect();
    all.retain(|moved| moved.quotes > 0);
    all.sort_by_key(|moved| std::cmp::Reverse(moved.quotes));
    all
}
