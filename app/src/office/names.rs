//! Names for what is stored by a key: lines, themes, areas, rounds.

use std::cell::RefCell;
use std::sync::Arc;

use koffiekar_sync_core::catalogue::{ActionLine, Area, AreaLevel, Catalogue};
use koffiekar_sync_core::ids::{LineKey, RoundId};
use koffiekar_sync_core::office::LineTag;

use crate::{
    parts::{Choice, now, set_time_zone},
    words::{fill, words},
};

thread_local! {
    static CATALOGUE: RefCell<Arc<Catalogue>> = RefCell::default();
}

/// The programme as the screens draw it: what [`super::Office`] loaded, and the administrator's
/// changes since.
#[derive(Clone, Copy)]
pub(super) struct Names(());

pub(super) fn names() -> Names {
    Names(())
}

impl Names {
    pub(super) fn load(self, catalogue: Catalogue) {
        set_time_zone(&catalogue.programme);
        CATALOGUE.replace(Arc::new(catalogue));
    }

    pub(super) fn catalogue(self) -> Arc<Catalogue> {
        CATALOGUE.with_borrow(Arc::clone)
    }

    pub(super) fn change(self, change: impl FnOnce(&mut Catalogue)) {
        CATALOGUE.with_borrow_mut(|catalogue| change(Arc::make_mut(catalogue)));
    }

    pub(super) fn line(self, key: &LineKey) -> String {
        if key.is_none() {
            return words().names.none_line.to_owned();
        }
        let catalogue = self.catalogue();
        let line = catalogue.action_lines.iter().find(|line| line.key == *key);
        line.map_or_else(|| key.to_string(), |line| line.title.clone())
    }

    /// Takes new tags.
    pub(super) fn is_open(self, key: &LineKey) -> bool {
        let catalogue = self.catalogue();
        let mut lines = catalogue.action_lines.iter();
        let line = lines.find(|line| line.key == *key);
        line.is_none_or(|line| line.is_open(now()))
    }

    /// What became of a line that people tagged, where it ended.
    pub(super) fn became(self, tag: &LineTag) -> Option<String> {
        let words = &words().names;
        let titles: Vec<String> = tag.became.iter().map(|line| self.line(line)).collect();
        match titles.as_slice() {
            [] => (!self.is_open(&tag.line)).then(|| words.line_retired.to_owned()),
            [line] => Some(fill(words.line_counts_for, &[line])),
            lines => Some(fill(words.line_split_into, &[&lines.join(", ")])),
        }
    }

    pub(super) fn theme(self, key: &LineKey) -> String {
        let catalogue = self.catalogue();
        let theme = catalogue.themes.iter().find(|theme| theme.key == *key);
        theme.map_or_else(|| key.to_string(), |theme| theme.title.clone())
    }

    /// The title of the theme that a line belongs to.
    pub(super) fn theme_of(self, key: &LineKey) -> Option<String> {
        let catalogue = self.catalogue();
        let line = catalogue
            .action_lines
            .iter()
            .find(|line| line.key == *key)?;
        let theme = catalogue
            .themes
            .iter()
            .find(|theme| theme.key == line.theme);
        theme.map(|theme| theme.title.clone())
    }

    pub(super) fn area(self, code: Option<&str>) -> String {
        let Some(code) = code else {
            return words().names.unknown_area.to_owned();
        };
        let catalogue = self.catalogue();
        let area = catalogue.areas.iter().find(|area| area.code == code);
        area.map_or_else(|| code.to_owned(), Area::label)
    }

    /// The themes with the lines that take tags.
    pub(super) fn open_themes(self) -> Vec<(LineKey, String, Vec<ActionLine>)> {
        let mut themes = self.themes();
        for (_, _, lines) in &mut themes {
            lines.retain(|line| line.is_open(now()));
        }
        themes.retain(|(_, _, lines)| !lines.is_empty());
        themes
    }

    /// The themes with their lines, in the programme's order.
    pub(super) fn themes(self) -> Vec<(LineKey, String, Vec<ActionLine>)> {
        let catalogue = self.catalogue();
        let lines = |theme: &LineKey| {
            catalogue
                .action_lines
                .iter()
                .filter(|line| line.theme == *theme)
                .cloned()
                .collect()
        };
        catalogue
            .themes
            .iter()
            .map(|theme| (theme.key.clone(), theme.title.clone(), lines(&theme.key)))
            .collect()
    }

    pub(super) fn round_choices(self) -> Vec<Choice> {
        let rounds = &self.catalogue().rounds;
        let choices = rounds
            .iter()
            .map(|round| Choice::new(round.id.to_string(), round.name.clone()));
        with_all(choices)
    }

    pub(super) fn round(self, id: RoundId) -> String {
        let catalogue = self.catalogue();
        let round = catalogue.rounds.iter().find(|round| round.id == id);
        round.map_or_else(
            || words().common.unknown.to_owned(),
            |round| round.name.clone(),
        )
    }

    /// Every wijk with its buurten below it.
    pub(super) fn area_choices(self) -> Vec<Choice> {
        let catalogue = self.catalogue();
        let mut choices = Vec::new();
        for wijk in catalogue
            .areas
            .iter()
            .filter(|area| area.level == AreaLevel::Wijk)
        {
            choices.push(Choice::new(wijk.code.clone(), wijk.label()));
            let buurten = catalogue
                .areas
                .iter()
                .filter(|area| area.part_of == wijk.code);
            choices.extend(buurten.map(|area| Choice::below(area.code.clone(), area.label())));
        }
        with_all(choices)
    }

    /// Every theme's lines, and "geen actielijn".
    pub(super) fn line_choices(self) -> Vec<Choice> {
        let lines = self.themes().into_iter().flat_map(|(_, _, lines)| lines);
        let choices = lines.map(|line| Choice::new(line.key.to_string(), line.title));
        let none = Choice::new(LineKey::NONE, words().names.none_line);
        with_all(choices.chain([none]))
    }

    pub(super) fn theme_choices(self) -> Vec<Choice> {
        let catalogue = self.catalogue();
        with_all(
            catalogue
                .themes
                .iter()
                .map(|theme| Choice::new(theme.key.to_string(), theme.title.clone())),
        )
    }

    pub(super) fn language_choices(self) -> Vec<Choice> {
        let names = &words().names;
        with_all(
            ["nl", "tr", "ar", "ber", "en", "und"]
                .map(|code| Choice::new(code, names.language(code))),
        )
    }
}

/// "All" before the rest.
pub(super) fn with_all(choices: impl IntoIterator<Item = Choice>) -> Vec<Choice> {
    [Choice::new("", words().filters.all)]
        .into_iter()
        .chain(choices)
        .collect()
}
