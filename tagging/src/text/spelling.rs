//! Which words may have been meant where a search finds nothing: near to what was typed, or a part of it, among words
//! that occur.
//!
//! The words come from texts that the asker may read, and so nothing is proposed that they may not see.

use std::collections::{BTreeMap, BTreeSet};

use super::{alphabet, query_terms, stem, term, words, words_and_pictures};

/// Shorter words are near to too many others.
const SHORTEST: usize = 4;
/// From this length on two letters may be wrong.
const LONG: usize = 6;
/// The shortest part of a compound that says something by itself.
const SHORTEST_PART: usize = 5;
/// A word that occurs is taken for a misspelling where one beside it occurs so much more often.
const MUCH_MORE: u32 = 10;
/// Looked at within one text.
const MOST_WORDS: usize = 500;

/// Words that occur, and how often.
#[derive(Debug, Default)]
pub struct Vocabulary {
    by_term: BTreeMap<String, Known>,
    stems: BTreeSet<String>,
}

#[derive(Debug)]
struct Known {
    /// As it was written first, in lower case.
    written: String,
    occurs: u32,
}

impl Vocabulary {
    pub fn add(&mut self, text: &str, language: &str) {
        for word in words(text).take(MOST_WORDS) {
            let Some(term) = term(word) else { continue };
            if let Some(known) = self.by_term.get_mut(&term) {
                known.occurs += 1;
                continue;
            }
            let rules = stem::rules_for(word, language);
            let stem = rules.and_then(|rules| super::term(&stem::stem(rules, word)));
            self.stems.extend(stem);
            let written = word.to_lowercase();
            let occurs = 1;
            self.by_term.insert(term, Known { written, occurs });
        }
    }

    /// Other texts to look for, the likeliest first: every word that does not occur is replaced by one that does.
    /// None where all words occur, or for one of them there is nothing near.
    pub fn alternatives(&self, query: &str, most: usize) -> Vec<String> {
        let mut meant: Vec<Vec<&str>> = Vec::new();
        let written = words_and_pictures(query).filter(|word| term(word).is_some());
        for (word, asked) in written.zip(query_terms(query)) {
            if word.starts_with(alphabet::is_picture) {
                meant.push(vec![word]);
                continue;
            }
            let asked_term = &asked.variants[0];
            let near = self.near(word, asked_term);
            let is_known =
                asked.variants.iter().any(|variant| {
                    self.by_term.contains_key(variant) || self.stems.contains(variant)
                }) || asked.is_beginning && self.is_beginning(asked_term);
            let occurs = self.by_term.get(asked_term).map_or(0, |known| known.occurs);
            let near: Vec<&str> = near
                .into_iter()
                .filter(|near| {
                    !is_known || near.distance == 1 && near.occurs >= occurs.max(1) * MUCH_MORE
                })
                .map(|near| near.written)
                .take(most)
                .collect();
            meant.push(match near.is_empty() {
                true if is_known => vec![word],
                true => return Vec::new(),
                false => near,
            });
        }
        let mut texts = Vec::new();
        for place in 0..most {
            let words = meant.iter().map(|near| near[place.min(near.len() - 1)]);
            let text = words.collect::<Vec<_>>().join(" ");
            if text != query.trim() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    fn is_beginning(&self, start: &str) -> bool {
        let mut behind = self.by_term.range(start.to_owned()..);
        behind
            .next()
            .is_some_and(|(term, _)| term.starts_with(start))
    }

    /// The nearest first; of equally near ones that which occurs most.
    fn near(&self, word: &str, asked: &str) -> Vec<Near<'_>> {
        let length = asked.len();
        if length < SHORTEST || asked.bytes().all(|byte| byte.is_ascii_digit()) {
            return Vec::new();
        }
        let is_arabic = |word: &str| word.starts_with(alphabet::is_arabic);
        let mut near: Vec<Near<'_>> = Vec::new();
        for (term, known) in &self.by_term {
            if term == asked || is_arabic(word) != is_arabic(&known.written) {
                continue;
            }
            if let Some(distance) = distance(asked, term) {
                near.push(Near {
                    distance,
                    occurs: known.occurs,
                    written: &known.written,
                });
            }
        }
        near.sort_by_key(|one| (one.distance, std::cmp::Reverse(one.occurs)));
        near
    }
}

struct Near<'v> {
    distance: usize,
    occurs: u32,
    written: &'v str,
}

/// How far a word is from what was asked: the letters that differ, or for the part of a compound more than that, and the
/// less the longer the part is. Nothing where they have nothing to do with each other.
fn distance(asked: &str, word: &str) -> Option<usize> {
    let bound = if asked.len() < LONG { 1 } else { 2 };
    if asked.len().abs_diff(word.len()) <= bound {
        let letters = letters_between(asked.as_bytes(), word.as_bytes());
        return (letters <= bound).then_some(letters);
    }
    let (long, part) = match asked.len() > word.len() {
        true => (asked, word),
        false => (word, asked),
    };
    let is_part = part.len() >= SHORTEST_PART && (long.starts_with(part) || long.ends_with(part));
    is_part.then(|| 2 + long.len() - part.len())
}

/// Letters to change, to add, to leave out, and neighbours to swap (optimal string alignment).
fn letters_between(one: &[u8], other: &[u8]) -> usize {
    let width = other.len() + 1;
    let mut before_last = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1; width];
        for (j, b) in other.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            row[j + 1] = changed.min(last[j + 1] + 1).min(row[j] + 1);
            let is_swapped = i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b;
            if is_swapped {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = last;
        last = row;
    }
    last[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for text in [
            "Overal schimmel, en nog eens schimmel.",
            "De woningbouw ligt stil; de verhuurder doet niets.",
            "De speeltuinvereniging is gestopt.",
            "Een café in de straat",
            "بيتنا بعيد عن المدرسة",
        ] {
            vocabulary.add(text, "nl");
        }
        vocabulary
    }

    #[test]
    fn a_misspelt_word_or_the_part_of_a_compound_gives_a_word_that_occurs() {
        let vocabulary = vocabulary();
        for (asked, meant) in [
            ("schimel", "schimmel"),
            ("shcimmel", "schimmel"),
            ("SCHIMEL", "schimmel"),
            ("straaat", "straat"),
            ("woningbouwvereniging", "woningbouw"),
            ("vereniging", "speeltuinvereniging"),
            ("caffe", "café"),
            ("schimel in de straatt", "schimmel in de straat"),
            ("المدرسه بعييد", "المدرسه بعيد"),
        ] {
            let alternatives = vocabulary.alternatives(asked, 3);
            assert_eq!(
                alternatives.first().map(String::as_str),
                Some(meant),
                "{asked}"
            );
        }
    }

    #[test]
    fn what_occurs_is_not_corrected_and_nothing_is_made_up() {
        let vocabulary = vocabulary();
        for asked in [
            "schimmel",
            "schimmels",
            "schim",
            "woningbouw",
            "xylofoon",
            "de",
            "2024",
            "",
            "\u{1F642}",
        ] {
            assert_eq!(vocabulary.alternatives(asked, 3), [""; 0], "{asked}");
        }
    }

    #[test]
    fn a_rare_word_beside_a_frequent_one_is_taken_for_a_misspelling() {
        let mut vocabulary = Vocabulary::default();
        vocabulary.add(&"parkeren ".repeat(10), "nl");
        vocabulary.add("parkeeren", "nl");
        assert_eq!(vocabulary.alternatives("parkeeren", 3), ["parkeren"]);
        assert_eq!(vocabulary.alternatives("parkeren", 3), [""; 0]);
    }
}
