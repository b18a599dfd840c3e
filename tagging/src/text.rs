//! Words as search and tagging see them: without case, accents and spelling variants that nobody means.
//!
//! The index holds each word of a quote twice where that differs: folded as it was said, and its stem. So the query
//! "woningen" finds a quote that says "woning" (both hold `woning`), "woning" finds "woningen", and a prefix search
//! (`woningb*`) still runs over words as they were said.

mod alphabet;
mod stem;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// The longest search term, in characters; what is longer is cut there, in the index and in the query alike.
pub const LONGEST_TERM: usize = 40;

/// Lower case, without diacritics; Arabic without tashkeel and tatweel and with one form of alef, yeh, heh and kaf;
/// digits of every script as 0-9. Folding what is folded changes nothing.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Search terms of a text for the full-text index, in order of appearance. Each word gives its folded form and then,
/// where that differs, its stem by the rules of `language` ("nl", "tr", "en", "ar"; another language has no stems).
/// Arabic and Tifinagh are transliterated. Every term matches `[a-z0-9]+` and has at most [`LONGEST_TERM`] characters.
pub fn search_terms(text: &str, language: &str) -> Vec<String> {
    let rules = stem::rules_of(language);
    let mut terms = Vec::new();
    for word in words(text) {
        let Some(raw) = term(word) else { continue };
        let stem = rules.and_then(|rules| term(&stem::stem(rules, word)));
        let stem = stem.filter(|stem| *stem != raw);
        terms.push(raw);
        terms.extend(stem);
    }
    terms
}

/// Terms of a query whose language nobody knows: per word its distinct variants, the folded word first (the one to use
/// for a prefix), then its stem in each language. Within a word any variant will do; every word must be found.
pub fn query_terms(text: &str) -> Vec<Vec<String>> {
    let mut query = Vec::new();
    for word in words(text) {
        let Some(raw) = term(word) else { continue };
        let mut variants = vec![raw];
        for rules in stem::ALL {
            if let Some(stem) = term(&stem::stem(rules, word))
                && !variants.contains(&stem)
            {
                variants.push(stem);
            }
        }
        query.push(variants);
    }
    query
}

/// The words of a text as they are written: runs of letters and digits with the marks on them.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_in_word(c))
        .filter(|word| !word.is_empty())
}

fn is_in_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric() || is_combining_mark(c) || alphabet::is_invisible(c)
}

/// Appends the folded form of `text` to `folded`.
pub(crate) fn fold_into(text: &str, folded: &mut String) {
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
            continue;
        }
        for lower in c.to_lowercase() {
            decompose_compatible(lower, |part| {
                if !is_combining_mark(part) && !alphabet::is_invisible(part) {
                    alphabet::push_plain(part, folded);
                }
            });
        }
    }
}

/// The word as a term, or nothing where no letter or digit is left of it.
fn term(word: &str) -> Option<String> {
    // Most words, and what comes out below for them.
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !word.is_empty() {
        let word = &word[..word.len().min(LONGEST_TERM)];
        return Some(word.to_ascii_lowercase());
    }
    let mut term = String::with_capacity(word.len());
    for c in fold(word).chars() {
        alphabet::push_latin(c, &mut term);
    }
    term.truncate(LONGEST_TERM);
    (!term.is_empty()).then_some(term)
}

#[cfg(test)]
mod tests;
