//! Suggestions of action lines, without a connection, by the tagger that the server has too.

use std::cell::RefCell;

use koffiekar_sync_core::ids::LineKey;
use koffiekar_tagging::{LineDescription, Tagger};

use super::tablet;

/// Below this there is nothing to judge.
pub(crate) const FROM_CHARS: usize = 15;
pub(crate) const MOST: usize = 3;

thread_local! {
    static TAGGER: RefCell<Option<Tagger>> = const { RefCell::new(None) };
}

/// The action lines changed, or somebody else is here.
pub(crate) fn forget() {
    TAGGER.set(None);
}

/// Makes the tagger ready, so that the first suggestion does not wait for it: the server's model, which
/// learned from the office's decisions, or else one made here from what the lines say of themselves.
pub(crate) fn prepare() {
    if TAGGER.with_borrow(Option::is_some) {
        return;
    }
    let tagger = tablet::peek(|open| {
        let came = open
            .tagger
            .as_deref()
            .and_then(|bytes| Tagger::from_bytes(bytes).ok());
        came.or_else(|| {
            let lines = open
                .catalogue
                .action_lines
                .iter()
                .filter(|line| line.is_open(tablet::now()))
                .map(|line| LineDescription {
                    key: line.key.as_str().to_owned(),
                    title: line.title.clone(),
                    description: line.description.clone(),
                    synonyms: line.synonyms.clone(),
                });
            let lines: Vec<LineDescription> = lines.collect();
            (!lines.is_empty()).then(|| Tagger::train(&lines, &[]))
        })
    });
    TAGGER.set(tagger.flatten());
}

/// The best lines for these words, best first. "Geen actielijn" is always offered beside them, so it
/// is left out here.
pub(crate) fn lines_for(words: &str, language: &str) -> Vec<LineKey> {
    if words.trim().chars().count() < FROM_CHARS {
        return Vec::new();
    }
    prepare();
    TAGGER.with_borrow(|tagger| {
        let Some(tagger) = tagger else {
            return Vec::new();
        };
        let suggestions = tagger.suggest(words, language, MOST + 3).into_iter();
        let lines = suggestions.filter_map(|one| one.line?.parse().ok());
        // The model may be older or newer than the list of lines.
        let known = |line: &LineKey| {
            tablet::peek(|open| {
                open.catalogue
                    .action_lines
                    .iter()
                    .any(|known| known.key == *line && known.is_open(tablet::now()))
            })
        };
        lines
            .filter(|line| known(line).unwrap_or_default())
            .take(MOST)
            .collect()
    })
}
