//! Stems: Snowball for Dutch, Turkish and English, the article and its particles for Arabic.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

/// A word longer than this many characters is a string of letters rather than a word and keeps its form.
const LONGEST_WORD: usize = 40;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Dutch,
    Turkish,
    English,
    Arabic,
}

pub(crate) const ALL: [Rules; 4] = [Rules::Dutch, Rules::Turkish, Rules::English, Rules::Arabic];

/// The rules for an ISO 639-1 language code, also where a region follows it ("nl-NL").
pub(crate) fn rules_of(language: &str) -> Option<Rules> {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "nl" => Some(Rules::Dutch),
        "tr" => Some(Rules::Turkish),
        "en" => Some(Rules::English),
        "ar" => Some(Rules::Arabic),
        _ => None,
    }
}

/// The stem of a word as it is written. Snowball's Turkish needs the dots and cedillas, so folding comes afterwards.
pub(crate) fn stem(rules: Rules, word: &str) -> String {
    if word.chars().count() > LONGEST_WORD {
        return word.to_owned();
    }
    let algorithm = match rules {
        Rules::Arabic => return without_article(&super::fold(word)).to_owned(),
        Rules::Dutch => Algorithm::Dutch,
        Rules::Turkish => Algorithm::Turkish,
        Rules::English => Algorithm::English,
    };
    let lower: String = match rules {
        Rules::Dutch | Rules::English if word.is_ascii() => word.to_ascii_lowercase(),
        Rules::Turkish => word
            .nfc()
            .map(turkish_lower)
            .flat_map(char::to_lowercase)
            .collect(),
        _ => word.nfc().flat_map(char::to_lowercase).collect(),
    };
    if !lower.chars().all(is_latin) {
        return lower;
    }
    Stemmer::create(algorithm).stem(&lower).into_owned()
}

fn is_latin(c: char) -> bool {
    c.is_alphabetic() && (c as u32) < 0x250
}

/// Turkish has two letters i, each with its own capital.
fn turkish_lower(c: char) -> char {
    match c {
        'I' => 'ı',
        'İ' => 'i',
        _ => c,
    }
}

/// A folded Arabic word without the article and the particle written before it, when three letters or more remain.
fn without_article(word: &str) -> &str {
    ["وال", "بال", "كال", "فال", "لل", "ال"]
        .iter()
        .filter_map(|prefix| word.strip_prefix(prefix))
        .find(|rest| rest.chars().count() >= 3)
        .unwrap_or(word)
}
