//! Stems: Snowball for Dutch, Turkish and English, the article and its particles for Arabic.
//!
//! Dutch writes a sound as it is heard at the end of a syllable: *huis* and *huizen*, *brief* and *brieven*. Snowball
//! leaves `huis` and `huiz`; a stem that ends in `z` or `v` is written with `s` or `f` here.

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

/// The rules for a word in a text of this language. Script goes before language: what is said in Arabic is stemmed as
/// Arabic, whatever the text says of itself, and a word in Latin letters within Arabic as Dutch.
pub(crate) fn rules_for(word: &str, language: &str) -> Option<Rules> {
    let letter = word.chars().find(|c| c.is_alphabetic())?;
    let of_language = rules_of(language);
    if super::alphabet::is_arabic(letter) {
        return Some(Rules::Arabic);
    }
    match of_language {
        Some(Rules::Arabic) => is_latin(letter).then_some(Rules::Dutch),
        other => other,
    }
}

/// Plurals with another vowel or another ending than Snowball knows.
const PLURALS: [(&str, &str); 5] = [
    ("kinderen", "kind"),
    ("steden", "stad"),
    ("leden", "lid"),
    ("schepen", "schip"),
    ("eieren", "ei"),
];

fn dutch(lower: &str) -> String {
    if let Some((_, singular)) = PLURALS.iter().find(|(plural, _)| *plural == lower) {
        return (*singular).to_owned();
    }
    let mut stem = snowball(Algorithm::Dutch, lower);
    let heard = match stem.chars().last() {
        Some('z') => 's',
        Some('v') => 'f',
        _ => return stem,
    };
    // Of two letters nothing is left to tell a word by.
    if stem.chars().count() > 2 {
        stem.pop();
        stem.push(heard);
    }
    stem
}

/// The stem of a word as it is written. Snowball's Turkish needs the dots and cedillas, so folding comes afterwards.
pub(crate) fn stem(rules: Rules, word: &str) -> String {
    if word.chars().count() > LONGEST_WORD {
        return word.to_owned();
    }
    let lower: String = match rules {
        Rules::Arabic => return without_article(&super::fold(word)).to_owned(),
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
    match rules {
        Rules::Dutch => dutch(&lower),
        Rules::Turkish => snowball(Algorithm::Turkish, &lower),
        _ => snowball(Algorithm::English, &lower),
    }
}

fn snowball(algorithm: Algorithm, lower: &str) -> String {
    Stemmer::create(algorithm).stem(lower).into_owned()
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
