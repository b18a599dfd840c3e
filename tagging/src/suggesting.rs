//! From a text to answers.

use crate::arithmetic::{exp, ln};
use crate::features::{self, Features};
use crate::model::Model;
use crate::tagger::Suggestion;
use crate::vocabulary::Vocabulary;

/// Words that a suggestion names.
const MOST_WORDS: usize = 3;
/// A feature that the model does not know counts this much in the length of a text: a quote of unknown words stays
/// near nothing, and one with a few is not drowned by them.
const UNKNOWN: f32 = 0.5;

/// A known feature of a text.
struct Hit {
    row: usize,
    /// Its share in the text's vector, which has length 1.
    value: f32,
    /// Where its occurrences begin in [`Weighed::words`]; they end where the next hit's begin.
    words_from: usize,
}

/// A text as the model sees it.
#[derive(Default)]
pub(crate) struct Weighed {
    hits: Vec<Hit>,
    words: Vec<u32>,
}

impl Weighed {
    /// Weighs each feature by rarity, by its kind and, damped, by how often it occurs; scales the vector to length 1. Features that
    /// the model does not know count in the length, so a text of unknown words stays near nothing.
    pub(crate) fn of(features: &Features<'_>, vocabulary: &Vocabulary) -> Self {
        let mut weighed = Self::default();
        let unknown = UNKNOWN * vocabulary.rarity_of_unknown();
        let mut square = 0f32;
        for occurring in features.distinct() {
            let often = match occurring.count() {
                1 => 1.0,
                count => 1.0 + ln(count as f64) as f32,
            };
            let often = often * features::worth(occurring.feature);
            let Some(row) = vocabulary.row(occurring.feature) else {
                square += (often * unknown) * (often * unknown);
                continue;
            };
            let value = often * vocabulary.rarity(row);
            square += value * value;
            weighed.hits.push(Hit {
                row,
                value,
                words_from: weighed.words.len(),
            });
            weighed.words.extend(occurring.words());
        }
        let length = square.sqrt();
        for hit in &mut weighed.hits {
            hit.value /= length;
        }
        weighed
    }

    /// Rows and values, by ascending row.
    pub(crate) fn vector(&self) -> impl Iterator<Item = (usize, f32)> {
        self.hits.iter().map(|hit| (hit.row, hit.value))
    }

    fn words_of(&self, hit: usize) -> &[u32] {
        let to = self
            .hits
            .get(hit + 1)
            .map_or(self.words.len(), |next| next.words_from);
        &self.words[self.hits[hit].words_from..to]
    }
}

impl Model {
    pub(crate) fn suggest(&self, text: &str, most: usize) -> Vec<Suggestion> {
        let all = self.suggest_grouped(text, most, &[]).into_iter();
        all.map(|(suggestion, _)| suggestion).collect()
    }

    /// Beside each answer stands the probability of its group: of all answers with the same number, in the order
    /// of the lines. An answer without a number, as "no action line" is, is a group of its own.
    pub(crate) fn suggest_grouped(
        &self,
        text: &str,
        most: usize,
        groups: &[u32],
    ) -> Vec<(Suggestion, f32)> {
        let features = Features::of(text, self.key);
        if features.words.is_empty() {
            let nothing_said = Suggestion {
                line: None,
                probability: 1.0,
                because: Vec::new(),
            };
            return Vec::from_iter((most > 0).then_some((nothing_said, 1.0)));
        }
        let weighed = Weighed::of(&features, &self.vocabulary);
        let margins = self.margins(&weighed);
        let mut ranked: Vec<usize> = (0..margins.len()).collect();
        ranked.sort_by(|a, b| margins[*b].total_cmp(&margins[*a]));

        let best = f64::from(margins[ranked[0]]);
        let odds =
            |answer: usize| exp(f64::from(self.sharpness) * (f64::from(margins[answer]) - best));
        let odds: Vec<f64> = (0..margins.len()).map(odds).collect();
        let all: f64 = ranked.iter().map(|answer| odds[*answer]).sum();
        let of_group = |answer: usize| -> f64 {
            let Some(group) = groups.get(answer) else {
                return odds[answer];
            };
            let together = odds.iter().zip(groups);
            let together = together.filter(|(_, other)| *other == group);
            together.map(|(odds, _)| odds).sum()
        };
        ranked
            .iter()
            .take(most)
            .map(|answer| {
                let suggestion = Suggestion {
                    line: self.lines.get(*answer).cloned(),
                    probability: (odds[*answer] / all) as f32,
                    because: self.because(*answer, &features, &weighed),
                };
                (suggestion, (of_group(*answer) / all) as f32)
            })
            .collect()
    }

    /// How far a text stands on the side of each answer; the last is "no action line".
    fn margins(&self, weighed: &Weighed) -> Vec<f32> {
        let mut sums = vec![0f32; self.stride()];
        for (row, value) in weighed.vector() {
            for (sum, weight) in sums.iter_mut().zip(self.row(row)) {
                *sum += value * f32::from(*weight);
            }
        }
        let mut margins: Vec<f32> = sums
            .iter()
            .zip(&self.scales)
            .zip(&self.biases)
            .map(|((sum, scale), bias)| sum * scale + bias)
            .collect();
        if let Some(none) = margins.last_mut() {
            *none = none.max(self.none_at_least);
        }
        margins
    }

    /// The words with the largest share in an answer's sum.
    fn because(&self, answer: usize, features: &Features<'_>, weighed: &Weighed) -> Vec<String> {
        let mut shares = vec![0f32; features.words.len()];
        for (index, hit) in weighed.hits.iter().enumerate() {
            let words = weighed.words_of(index);
            let share = hit.value * f32::from(self.row(hit.row)[answer]) / words.len() as f32;
            for word in words {
                shares[*word as usize] += share;
            }
        }
        let mut ranked: Vec<usize> = (0..shares.len())
            .filter(|word| shares[*word] > 0.0 && !features.is_stop_word[*word])
            .collect();
        ranked.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
        let mut named: Vec<String> = Vec::with_capacity(MOST_WORDS);
        for word in ranked {
            if named.len() == MOST_WORDS {
                break;
            }
            if !named.iter().any(|before| before == features.words[word]) {
                named.push(features.words[word].to_owned());
            }
        }
        named
    }
}
