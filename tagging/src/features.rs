//! What the tagger sees of a text: its words, pairs of neighbouring words (the beginning of a quote counts as one),
//! and the pieces of two to five characters inside each word (with its edges), each as a 32-bit hash.
//!
//! The hash is keyed: whoever has the key of a model sees the same features as it does, and a table of the numbers of
//! all words serves for no second one. Without a key (0) a feature has the same number everywhere. Two features in
//! 65,000 share a number now and then; a linear model does not mind.

use crate::arithmetic::mix;
use crate::stop_words;
use crate::text;

/// Features read from one text; the rest of a longer text (about 25,000 characters) does not change a suggestion.
const MOST_FEATURES: usize = 1 << 17;
/// Characters in the longest piece of a word, its edges counted.
const LONGEST_PIECE: usize = 5;
/// Stands for the edge of a word in a piece.
const EDGE: char = ' ';

/// A text taken apart.
#[derive(Default)]
pub(crate) struct Features<'t> {
    /// The words as they were written.
    pub(crate) words: Vec<&'t str>,
    /// Which of `words` say nothing by themselves.
    pub(crate) is_stop_word: Vec<bool>,
    key: u64,
    /// Feature in the upper half, index of its word in the lower half; sorted, so equal features stand together.
    occurrences: Vec<u64>,
}

/// One feature of a text, with the index of each word that it occurs in.
pub(crate) struct Occurring<'f> {
    pub(crate) feature: u32,
    occurrences: &'f [u64],
}

impl Occurring<'_> {
    pub(crate) fn count(&self) -> usize {
        self.occurrences.len()
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = u32> {
        self.occurrences.iter().map(|occurrence| *occurrence as u32)
    }
}

/// What to read of a text.
struct Reading {
    stop_words: bool,
    /// In characters, the edges of the word counted.
    shortest_piece: usize,
}

impl<'t> Features<'t> {
    /// All that is said in a text.
    pub(crate) fn of(text: &'t str, key: u64) -> Self {
        Self::take(
            text,
            key,
            Reading {
                stop_words: true,
                shortest_piece: 2,
            },
        )
    }

    /// Only what says something by itself: a text without its stop words and its pairs of characters. A description
    /// is read so: half the pairs of a language occur in any twenty words, by chance.
    pub(crate) fn of_content(text: &'t str, key: u64) -> Self {
        Self::take(
            text,
            key,
            Reading {
                stop_words: false,
                shortest_piece: 3,
            },
        )
    }

    fn take(text: &'t str, key: u64, reading: Reading) -> Self {
        let mut features = Features {
            key,
            occurrences: Vec::with_capacity(text.len().min(4_096) * 4),
            ..Default::default()
        };
        let mut folded = String::new();
        let mut letters = Vec::new();
        let mut previous = reading.stop_words.then_some(BEGINNING);
        for word in text::words(text) {
            folded.clear();
            text::fold_into(word, &mut folded);
            if folded.is_empty() {
                continue;
            }
            if features.occurrences.len() >= MOST_FEATURES {
                break;
            }
            let is_stop_word = stop_words::contains(&folded);
            if is_stop_word && !reading.stop_words {
                previous = None;
                continue;
            }
            letters.clear();
            letters.push(EDGE);
            letters.extend(folded.chars());
            letters.push(EDGE);
            write_as_in_the_singular(&mut letters);
            previous = Some(features.add_word(
                word,
                is_stop_word,
                &letters,
                previous,
                reading.shortest_piece,
            ));
        }
        features.occurrences.sort_unstable();
        features
    }

    /// Adds the features of one word; gives its hash for the pair with the next.
    fn add_word(
        &mut self,
        word: &'t str,
        is_stop_word: bool,
        letters: &[char],
        previous: Option<u64>,
        shortest: usize,
    ) -> u64 {
        let index = self.words.len() as u32;
        self.words.push(word);
        self.is_stop_word.push(is_stop_word);

        let whole = letters
            .iter()
            .fold(OFFSET, |hash, letter| step(hash, *letter));
        self.add(whole, Kind::OfWords, index);
        if let Some(previous) = previous {
            self.add(whole ^ previous.rotate_left(29), Kind::OfWords, index);
        }
        for start in 0..letters.len() {
            let mut hash = PIECE_OFFSET;
            let end = letters.len().min(start + LONGEST_PIECE);
            for (length, letter) in letters[start..end].iter().enumerate() {
                hash = step(hash, *letter);
                if length + 1 >= shortest {
                    let kind = if length + 1 == 2 {
                        Kind::PairOfCharacters
                    } else {
                        Kind::Piece
                    };
                    self.add(hash, kind, index);
                }
            }
        }
        whole
    }

    fn add(&mut self, hash: u64, kind: Kind, word: u32) {
        if self.occurrences.len() < MOST_FEATURES {
            let feature = (mix(hash ^ self.key) >> 32) as u32 & !KIND | kind as u32;
            self.occurrences
                .push(u64::from(feature) << 32 | u64::from(word));
        }
    }

    /// The distinct features in ascending order.
    pub(crate) fn distinct(&self) -> impl Iterator<Item = Occurring<'_>> {
        self.occurrences
            .chunk_by(|a, b| a >> 32 == b >> 32)
            .map(|occurrences| Occurring {
                feature: (occurrences[0] >> 32) as u32,
                occurrences,
            })
    }
}

/// Dutch writes *huis* and *huizen*, *brief* and *brieven*: the `z` or `v` of such an ending is written as the `s` or
/// `f` of the other form, so that both share their pieces.
fn write_as_in_the_singular(letters: &mut [char]) {
    let [_, _, .., heard, 'e', 'n', EDGE] = letters else {
        return;
    };
    *heard = match *heard {
        'z' => 's',
        'v' => 'f',
        other => other,
    };
}

/// FNV-1a over code points, with its own start for words and for pieces of words.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PIECE_OFFSET: u64 = OFFSET ^ 0x5bd1_e995;

/// Stands before the first word of a quote; a description, which is a list, has no beginning.
const BEGINNING: u64 = 77;

/// What a feature is, in its two lowest bits.
#[derive(Clone, Copy)]
enum Kind {
    PairOfCharacters = 0,
    Piece = 1,
    /// A word, or a pair of them.
    OfWords = 2,
}

const KIND: u32 = 0b11;

/// How much a feature counts by what it is: a word more than one of the dozens of pieces that it falls into, and two
/// characters, which are in every other word, less. Chosen by cross-validation (`docs/tagging.md`).
pub(crate) fn worth(feature: u32) -> f32 {
    match feature & KIND {
        kind if kind == Kind::OfWords as u32 => 2.0,
        kind if kind == Kind::PairOfCharacters as u32 => 0.5,
        _ => 1.0,
    }
}

fn step(hash: u64, letter: char) -> u64 {
    (hash ^ u64::from(u32::from(letter))).wrapping_mul(0x0000_0100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Vec<u32> {
        Features::of(text, 0)
            .distinct()
            .map(|occurring| occurring.feature)
            .collect()
    }

    #[test]
    fn spelling_that_nobody_means_makes_no_difference() {
        assert_eq!(set("De BUURT is één"), set("de buurt is een"));
        assert_eq!(set("المدرسة"), set("المدرسه"));
    }

    #[test]
    fn dutch_words_share_their_pieces_with_forms_that_are_spelt_with_another_letter() {
        for (one, other, least) in [
            ("huis", "huizen", 9),
            ("brief", "brieven", 12),
            ("golf", "golven", 9),
        ] {
            let (one, other) = (set(one), set(other));
            let shared = one.iter().filter(|feature| other.contains(feature)).count();
            assert!(shared >= least, "{shared}");
        }
        // Elsewhere they are letters of their own.
        assert_ne!(set("zee"), set("see"));
        assert_ne!(set("bezet"), set("beset"));
    }

    #[test]
    fn order_of_words_shows_in_the_pairs_only() {
        let (ab, ba) = (set("speeltuin park"), set("park speeltuin"));
        assert_eq!(ab.len(), ba.len());
        // The pair of both words, and that of the beginning with the first.
        assert_eq!(ab.iter().filter(|feature| !ba.contains(feature)).count(), 2);
    }

    #[test]
    fn a_repeated_word_is_counted_where_it_stands() {
        let features = Features::of("huis huis", 0);
        assert!(
            features
                .distinct()
                .any(|occurring| occurring.words().collect::<Vec<_>>() == [0, 1])
        );
    }

    #[test]
    fn an_endless_text_is_read_up_to_a_bound() {
        assert!(
            Features::of(&"woning ".repeat(200_000), 0)
                .occurrences
                .len()
                <= MOST_FEATURES
        );
        assert!(Features::of(&"w".repeat(1_000_000), 0).occurrences.len() <= MOST_FEATURES);
    }

    #[test]
    fn under_another_key_a_text_has_other_features_of_the_same_kinds() {
        let of = |key: u64| -> Vec<u32> {
            let features = Features::of("de speeltuin is kapot", key);
            features.distinct().map(|one| one.feature).collect()
        };
        let (one, other) = (of(1), of(2));
        assert_eq!(one.len(), other.len());
        assert!(one.iter().all(|feature| !other.contains(feature)));
        let kinds = |features: &[u32]| -> Vec<u32> {
            let mut kinds: Vec<u32> = features.iter().map(|feature| feature & KIND).collect();
            kinds.sort_unstable();
            kinds
        };
        assert_eq!(kinds(&one), kinds(&other));
    }
}
