//! When the tagger's first answer may stand without a person.
//!
//! A threshold is given only where the audit proves it: from [`AUDITED_FROM`] audited quotes on, and with a share of
//! right answers that lies over the wanted one but for a [`DOUBT`] of 1% (Clopper and Pearson's lower bound). Thresholds are
//! tried from the strictest to the laxest in steps fixed beforehand, and the first that fails ends it; so looking at
//! many of them costs no certainty (fixed sequence testing, as in Angelopoulos et al., *Learn then Test*, 2021).
//!
//! A line that has enough audited quotes in a language has its own threshold there. The other lines of that language
//! share one, which is proven on their quotes alone. A line that the audit of a language never saw is not accepted in
//! it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audit::Audited;
use crate::proportion::surely_over;
use crate::tagger::Suggestion;

/// Audited quotes without which nothing is accepted.
pub const AUDITED_FROM: usize = 300;
/// How often a share that is no larger than the wanted one may be taken for larger when it is looked at once. It is looked
/// at again with every decision: over a thousand looks, from 120 accepted quotes to 1,200, that comes to 6% (simulated; 21%
/// where 5% is allowed at each).
const DOUBT: f64 = 0.01;
/// The share of the quotes that the strictest threshold accepts, and how much more each next one does, in percent.
const FIRST_COVERAGE: usize = 40;
const STEP: usize = 5;

/// Thresholds on the tagger's own probability, by language and line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acceptance {
    /// "No action line" is the line without a key. A line that is not here is never accepted.
    thresholds: BTreeMap<String, BTreeMap<Option<String>, f32>>,
}

impl Acceptance {
    /// The laxest thresholds at which the share of right answers is proven to lie over `precision`, from 0 to 1.
    pub fn from_audit(audited: &[Audited], precision: f64) -> Self {
        let mut languages: BTreeMap<&str, BTreeMap<Option<&str>, Vec<&Audited>>> = BTreeMap::new();
        for quote in audited {
            let lines = languages.entry(&quote.language).or_default();
            lines.entry(quote.line.as_deref()).or_default().push(quote);
        }
        let of_language = |lines: BTreeMap<Option<&str>, Vec<&Audited>>| {
            let (alone, together): (Vec<_>, Vec<_>) = lines
                .into_iter()
                .partition(|(_, quotes)| quotes.len() >= AUDITED_FROM);
            let shared: Vec<&Audited> = together
                .iter()
                .flat_map(|(_, quotes)| quotes.iter().copied())
                .collect();
            let shared = threshold(&shared, precision);
            let of_own = alone
                .into_iter()
                .map(|(line, quotes)| (line, threshold(&quotes, precision)));
            of_own
                .chain(together.into_iter().map(|(line, _)| (line, shared)))
                .filter_map(|(line, threshold)| Some((line.map(str::to_owned), threshold?)))
                .collect()
        };
        Self {
            thresholds: languages
                .into_iter()
                .map(|(language, lines)| (language.to_owned(), of_language(lines)))
                .collect(),
        }
    }

    /// The least probability at which this line is accepted in this language, `None` where it never is.
    pub fn threshold(&self, language: &str, line: Option<&str>) -> Option<f32> {
        let lines = self.thresholds.get(language)?;
        lines.get(&line.map(str::to_owned)).copied()
    }

    /// Whether the tagger's first answer may stand without a person.
    pub fn accepts(&self, language: &str, first: &Suggestion) -> bool {
        self.threshold(language, first.line.as_deref())
            .is_some_and(|threshold| first.probability >= threshold)
    }
}

fn threshold(quotes: &[&Audited], precision: f64) -> Option<f32> {
    if quotes.len() < AUDITED_FROM {
        return None;
    }
    let mut surest_first: Vec<&Audited> = quotes.to_vec();
    surest_first.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut proven = None;
    for coverage in (FIRST_COVERAGE..=100).step_by(STEP) {
        let least = surest_first[(quotes.len() * coverage).div_ceil(100) - 1].probability;
        let accepted = surest_first.partition_point(|quote| quote.probability >= least);
        let right = surest_first[..accepted].iter().filter(|quote| quote.right);
        if surely_over(right.count(), accepted, DOUBT) <= precision {
            break;
        }
        proven = Some(least);
    }
    proven
}

#[cfg(test)]
mod tests;
