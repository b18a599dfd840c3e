//! What the programme has and nobody spoke of: it stands in counts with zero, because silence tells something as well.

use std::collections::BTreeSet;

use koffiekar_sync_core::catalogue::{ActionLine, Area, AreaLevel, Round};
use koffiekar_sync_core::office::{Dimension, TagState};

use super::Question;
use crate::calendar::months;

/// A period without bounds is no reason to draw hundreds of empty months.
const MOST_SILENT_MONTHS: usize = 36;

/// The keys of this dimension that are counted with zero where nothing is found, as far as the filter leaves room for
/// them and the asker may know of them. Languages are as many as people speak; months follow from what is found.
pub(super) fn keys(dimension: Dimension, question: Question<'_>) -> Vec<String> {
    let Question {
        filter, catalogue, ..
    } = question;
    match dimension {
        Dimension::Area => {
            let buurten = areas(question).filter(|area| area.level == AreaLevel::Buurt);
            buurten.map(|area| area.code.clone()).collect()
        }
        Dimension::Wijk => {
            let wijken: BTreeSet<&String> = areas(question)
                .filter_map(|area| match area.level {
                    AreaLevel::District => None,
                    AreaLevel::Wijk => Some(&area.code),
                    AreaLevel::Buurt => Some(&area.part_of),
                })
                .collect();
            wijken.into_iter().cloned().collect()
        }
        Dimension::Theme if !has_no_lines(question) && filter.action_line.is_none() => {
            let themes = catalogue.themes.iter();
            let wanted = |key| filter.theme.as_ref().is_none_or(|theme| theme == key);
            let themes = themes.filter(|theme| wanted(&theme.key));
            themes.map(|theme| theme.key.to_string()).collect()
        }
        Dimension::ActionLine if !has_no_lines(question) && filter.action_line.is_none() => {
            let lines = catalogue.action_lines.iter();
            let wanted = |line: &&ActionLine| {
                let theme = filter.theme.as_ref();
                theme.is_none_or(|theme| line.theme == *theme) && line.ended.is_none()
            };
            lines
                .filter(wanted)
                .map(|line| line.key.to_string())
                .collect()
        }
        Dimension::Round => rounds(question).map(|round| round.id.to_string()).collect(),
        Dimension::Kind => rounds(question)
            .map(|round| round.kind.as_str().to_owned())
            .collect(),
        // What is accepted by itself is there only where an administrator lets it.
        Dimension::TagState if filter.tag_state.is_none() => TagState::ALL
            .into_iter()
            .filter(|state| *state != TagState::Accepted)
            .map(|state| state.as_str().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// All months from the first to the last in which something was found, and those of the period that was asked for,
/// as far as that lies within [`MOST_SILENT_MONTHS`] of them.
pub(super) fn months_between(found: &BTreeSet<&str>, question: Question<'_>) -> Vec<String> {
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Vec::new();
    };
    let month = |day: &Option<String>| day.as_ref().and_then(|day| day.get(..7)).map(str::to_owned);
    let filter = question.filter;
    let from = month(&filter.from).filter(|from| from.as_str() < *first);
    let until = month(&filter.until).filter(|until| until.as_str() > *last);
    let near =
        |silent: Vec<String>| Some(silent).filter(|months| months.len() <= MOST_SILENT_MONTHS);
    let before = from.and_then(|from| near(months(&from, first)));
    let behind = until.and_then(|until| near(months(last, &until)));
    [
        before.unwrap_or_default(),
        months(first, last),
        behind.unwrap_or_default(),
    ]
    .concat()
}

/// The filter asks for quotes that stand on no line; or the question is about a moment of the past, whose lines are
/// not kept: what was made since would stand in the answer.
fn has_no_lines(question: Question<'_>) -> bool {
    let filter = question.filter;
    filter.suggested.is_some()
        || filter.tag_state == Some(TagState::Untagged)
        || question.as_of.is_some()
}

/// Where the filter looks.
fn areas<'a>(question: Question<'a>) -> impl Iterator<Item = &'a Area> {
    let all = question.catalogue.areas.as_slice();
    let wanted = question.filter.area.as_ref();
    let is_district = all
        .iter()
        .any(|area| Some(&area.code) == wanted && area.level == AreaLevel::District);
    all.iter().filter(move |area| {
        let here = |code: &String| area.code == *code || area.part_of == *code;
        is_district || wanted.is_none_or(here)
    })
}

/// Those in sight that the filter leaves.
fn rounds<'a>(question: Question<'a>) -> impl Iterator<Item = &'a Round> {
    let Question {
        sight,
        filter,
        catalogue,
        ..
    } = question;
    catalogue.rounds.iter().filter(move |round| {
        sight.rounds.contains(&round.id)
            && filter.round.is_none_or(|wanted| wanted == round.id)
            && filter.kind.is_none_or(|kind| kind == round.kind)
    })
}
