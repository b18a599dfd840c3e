//! How good tags are: the tagger's against people's, and people's against each other.

mod agreement;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::agreement::agreement;
use crate::proportion::Proportion;

/// One quote with what somebody said of it and what holds. Keys of lines; an empty list means "no action line".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// ISO 639-1, the language of the quote.
    pub language: String,
    pub said: Vec<String>,
    pub right: Vec<String>,
}

/// How well one line is recognised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineQuality {
    /// `None` for all languages together.
    pub language: Option<String>,
    /// `None` for "no action line".
    pub line: Option<String>,
    /// Of the quotes that were said to concern the line, those that do.
    pub precision: Proportion,
    /// Of the quotes that concern the line, those that were said to.
    pub recall: Proportion,
}

impl LineQuality {
    /// The harmonic mean of precision and recall; 0 where both are.
    pub fn f1(&self) -> f64 {
        let twice_hits = 2 * self.precision.hits;
        twice_hits as f64 / (self.precision.of + self.recall.of).max(1) as f64
    }
}

/// Precision and recall of every line that was said or holds, first of all languages together, then by language.
pub fn by_line(judged: &[Judged]) -> Vec<LineQuality> {
    /// Said, right, and both.
    type Counts = [usize; 3];
    let mut counts: BTreeMap<(Option<&str>, Option<&str>), Counts> = BTreeMap::new();
    for quote in judged {
        let (said, right) = (answers(&quote.said), answers(&quote.right));
        for line in said.union(&right) {
            let (said, right) = (said.contains(line), right.contains(line));
            for language in [None, Some(quote.language.as_str())] {
                let [of_said, of_right, both] = counts.entry((language, *line)).or_default();
                *of_said += usize::from(said);
                *of_right += usize::from(right);
                *both += usize::from(said && right);
            }
        }
    }
    counts
        .into_iter()
        .map(|((language, line), [said, right, both])| LineQuality {
            language: language.map(str::to_owned),
            line: line.map(str::to_owned),
            precision: Proportion::of(both, said),
            recall: Proportion::of(both, right),
        })
        .collect()
}

/// The mean of F1 over the lines that hold for a quote at least, all languages together: every line counts the same,
/// however rare. 0 where no line holds.
pub fn macro_f1(lines: &[LineQuality]) -> f64 {
    let of_all = lines
        .iter()
        .filter(|line| line.language.is_none() && line.recall.of > 0);
    let (sum, count) = of_all.fold((0.0, 0usize), |(sum, count), line| {
        (sum + line.f1(), count + 1)
    });
    sum / count.max(1) as f64
}

/// Two lines that are taken for each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// `None` for "no action line", here and below.
    pub said: Option<String>,
    pub right: Option<String>,
    pub quotes: usize,
}

/// Which line was said where another holds, the most frequent first. A quote with several tags counts for each wrong
/// one with each missed one.
pub fn confusions(judged: &[Judged]) -> Vec<Confusion> {
    let mut counts: BTreeMap<(Option<&str>, Option<&str>), usize> = BTreeMap::new();
    for quote in judged {
        let (said, right) = (answers(&quote.said), answers(&quote.right));
        for wrong in said.difference(&right) {
            for missed in right.difference(&said) {
                *counts.entry((*wrong, *missed)).or_default() += 1;
            }
        }
    }
    let mut confusions: Vec<Confusion> = counts
        .into_iter()
        .map(|((said, right), quotes)| Confusion {
            said: said.map(str::to_owned),
            right: right.map(str::to_owned),
            quotes,
        })
        .collect();
    confusions.sort_by_key(|confusion| Reverse(confusion.quotes));
    confusions
}

/// "No action line" is an answer like the others.
fn answers(lines: &[String]) -> BTreeSet<Option<&str>> {
    if lines.is_empty() {
        return BTreeSet::from([None]);
    }
    lines.iter().map(|line| Some(line.as_str())).collect()
}

#[cfg(test)]
mod tests;
