//! Words as search and tagging see them: without case, accents and spelling variants that nobody means.
//!
//! The index holds each word of a quote twice where that differs: folded as it was said, and its stem. So the query
//! "woningen" finds a quote that says "woning" (both hold `woning`), "woning" finds "woningen", and a prefix search
//! (`woningb*`) still runs over words as they were said. A picture (an emoji) is a word of its own.

mod alphabet;
pub mod spelling;
mod stem;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// The longest search term, in characters; what is longer is cut there, in the index and in the query alike.
pub const LONGEST_TERM: usize = 40;

/// Goes up with every change of what [`search_terms`] gives: an index that was made by another version is made anew.
pub const TERMS_VERSION: i64 = 2;

/// Lower case, without diacritics; Arabic without tashkeel and tatweel and with one form of alef, yeh, heh and kaf;
/// digits of every script as 0-9. Folding what is folded changes nothing.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Search terms of a text for the full-text index, in order of appearance. Each word gives its folded form and then,
/// where that differs, its stem by the rules of `language` ("nl", "tr", "en", "ar"; another language has no stems), or by
/// those of its script where it is written in another one than the language is.
/// Arabic and Tifinagh are transliterated. Every term matches `[a-z0-9]+` and has at most [`LONGEST_TERM`] characters.
pub fn search_terms(text: &str, language: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for word in words_and_pictures(text) {
        let Some(raw) = term(word) else { continue };
        let rules = stem::rules_for(word, language);
        let stem = rules.and_then(|rules| term(&stem::stem(rules, word)));
        let stem = stem.filter(|stem| *stem != raw);
        terms.push(raw);
        terms.extend(stem);
    }
    terms
}

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryWord {
    /// Any of them will do: the folded word first, then its stem in each language.
    pub variants: Vec<String>,
    /// Words that begin with the folded word are meant as well: of the last word, which may not be typed to its end.
    pub is_beginning: bool,
}

/// The words of a query whose language nobody knows; every word must be found.
///
/// One letter is no beginning, nor is what stands behind an apostrophe (`foto's`, `İstanbul'da`), nor a picture.
pub fn query_terms(text: &str) -> Vec<QueryWord> {
    let mut query = Vec::new();
    let mut may_go_on = false;
    for word in words_and_pictures(text) {
        let Some(raw) = term(word) else { continue };
        let before = &text[..word.as_ptr() as usize - text.as_ptr() as usize];
        may_go_on = raw.len() > 1
            && !word.starts_with(alphabet::is_picture)
            && !is_behind_apostrophe(before);
        let mut variants = vec![raw];
        for rules in stem::ALL {
            if let Some(stem) = term(&stem::stem(rules, word))
                && !variants.contains(&stem)
            {
                variants.push(stem);
            }
        }
        query.push(QueryWord {
            variants,
            is_beginning: false,
        });
    }
    if let Some(last) = query.last_mut() {
        last.is_beginning = may_go_on;
    }
    query
}

/// And the apostrophe behind a letter.
fn is_behind_apostrophe(before: &str) -> bool {
    let before = before.strip_suffix(['\'', '\u{2019}', '\u{2018}', '`', '\u{B4}']);
    before.is_some_and(|before| before.ends_with(is_in_word))
}

/// The words of a text, and each picture in it.
fn words_and_pictures(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[rest.find(|c| is_in_word(c) || alphabet::is_picture(c))?..];
        let first = rest.chars().next()?;
        let end = match is_in_word(first) {
            true => rest.find(|c| !is_in_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word)
    })
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
