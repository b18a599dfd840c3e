//! Counting by any two dimensions, and what waits for the editor.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{
    Bucket, ByState, Counts, Desk, DeskLine, Dimension, LineStanding, TagState,
};

use super::table::{Cell, Name, Shelf, Table};
use super::wanted::{Wanted, is_standing};
use super::{Question, zeros};

/// The bucket of all quotes where there is no second dimension.
const ALL: &str = "all";
/// The bucket of quotes without an area.
const UNKNOWN: &str = "unknown";
/// The bucket of quotes without a line.
const UNTAGGED: &str = "untagged";
const NO_LINE_YET: &str = "Nog geen actielijn";

/// How many quotes count under each pair of names, before lines are told apart.
pub(super) struct Counted<'a> {
    table: &'a Table,
    rows: Dimension,
    columns: Option<Dimension>,
    numbers: BTreeMap<(Name, Name), u64>,
    total: u64,
    by_state: ByState,
}

/// Numbers of a few things among many, by their name.
#[derive(Default)]
struct Few {
    places: Vec<Option<usize>>,
    names: Vec<Name>,
}

impl Few {
    fn place(&mut self, name: Name) -> usize {
        // What has no name comes first.
        let at = name.wrapping_add(1) as usize;
        if self.places.len() <= at {
            self.places.resize(at + 1, None);
        }
        *self.places[at].get_or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

impl<'a> Counted<'a> {
    pub(super) fn of(
        table: &'a Table,
        wanted: &Wanted<'_>,
        rows: Dimension,
        columns: Option<Dimension>,
    ) -> Self {
        let (mut of_rows, mut of_columns) = (Few::default(), Few::default());
        let mut cells: Vec<Vec<u64>> = Vec::new();
        let mut total = 0;
        let by_state = wanted.each(|shelf, cell, number| {
            let row = of_rows.place(told_by(shelf, cell, rows));
            let column = columns.map_or(0, |d| of_columns.place(told_by(shelf, cell, d)));
            if cells.len() <= row {
                cells.resize_with(row + 1, Vec::new);
            }
            if cells[row].len() <= column {
                cells[row].resize(column + 1, 0);
            }
            cells[row][column] += number;
            total += number;
        });
        let mut numbers = BTreeMap::new();
        for (row, cells) in of_rows.names.iter().zip(cells) {
            for (column, number) in cells.into_iter().enumerate().filter(|(_, n)| *n > 0) {
                let column = of_columns.names.get(column).copied().unwrap_or(NO_NAME);
                numbers.insert((*row, column), number);
            }
        }
        Self {
            table,
            rows,
            columns,
            numbers,
            total,
            by_state,
        }
    }

    pub(super) fn told(&self, question: Question<'_>) -> Counts {
        let catalogue = question.catalogue;
        let themes: BTreeMap<&str, &str> = catalogue
            .action_lines
            .iter()
            .map(|line| (line.key.as_str(), line.theme.as_str()))
            .collect();
        let mut found: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
        for ((row, column), number) in &self.numbers {
            let pairs = self.pairs(*row, *column, &themes);
            let rows: BTreeSet<&str> = pairs.iter().map(|(row, _)| *row).collect();
            for row in rows {
                *totals.entry(row).or_default() += number;
            }
            for pair in pairs {
                *found.entry(pair).or_default() += number;
            }
        }
        let of_rows = found.keys().map(|pair| pair.0);
        let rows = buckets(
            Some(self.rows),
            of_rows,
            zeros::keys(self.rows, question),
            question,
        );
        let of_columns = found.keys().map(|pair| pair.1);
        // A table is read by its rows: as a column only what is few stands there with nothing in it.
        let silent = match self.columns {
            Some(Dimension::ActionLine | Dimension::Area | Dimension::Wijk) | None => Vec::new(),
            Some(columns) => zeros::keys(columns, question),
        };
        let columns = buckets(self.columns, of_columns, silent, question);
        let number = |row: &Bucket, column: &Bucket| {
            let pair = (row.key.as_str(), column.key.as_str());
            found.get(&pair).copied().unwrap_or(0)
        };
        let cells = rows
            .iter()
            .map(|row| columns.iter().map(|column| number(row, column)).collect())
            .collect();
        let totals = rows
            .iter()
            .map(|row| totals.get(row.key.as_str()).copied().unwrap_or(0))
            .collect();
        Counts {
            cells,
            totals,
            rows,
            columns,
            total: self.total,
            by_state: self.by_state,
            alternatives: Vec::new(),
            as_of: None,
        }
    }

    /// The buckets in which a quote counts: one for each of its lines, where lines are counted. A theme
    /// gathers several lines; a quote with two of them counts once.
    fn pairs<'b>(
        &'b self,
        row: Name,
        column: Name,
        themes: &BTreeMap<&'b str, &'b str>,
    ) -> BTreeSet<(&'b str, &'b str)> {
        let table = self.table;
        let is_by_line = |d: Dimension| matches!(d, Dimension::ActionLine | Dimension::Theme);
        let set = match self.columns {
            _ if is_by_line(self.rows) => Some(row),
            Some(columns) if is_by_line(columns) => Some(column),
            _ => None,
        };
        let set = set.and_then(|set| table.lines.get(set as usize));
        let standing = set.into_iter().flatten();
        let standing = standing.filter(|(_, standing)| is_standing(*standing));
        let mut lines: Vec<&str> = standing.map(|(line, _)| table.text(*line)).collect();
        if lines.is_empty() {
            lines.push(UNTAGGED);
        }
        let key = |dimension: Dimension, name: Name, line: &'b str| match dimension {
            Dimension::ActionLine => line,
            // "Geen actielijn" has no theme.
            Dimension::Theme => themes.get(line).copied().unwrap_or(line),
            Dimension::TagState => TagState::ALL
                .get(name as usize)
                .map_or("", |state| state.as_str()),
            _ if name == NO_NAME => UNKNOWN,
            _ => table.text(name),
        };
        let pair = |line| {
            let column = self.columns.map_or(ALL, |d| key(d, column, line));
            (key(self.rows, row, line), column)
        };
        lines.into_iter().map(pair).collect()
    }
}

/// Stands where nothing is named. Behind all that are.
const NO_NAME: Name = Name::MAX;

/// The name, or the number, by which a cell counts.
fn told_by(shelf: &Shelf, cell: &Cell, dimension: Dimension) -> Name {
    match dimension {
        Dimension::ActionLine | Dimension::Theme => cell.lines,
        Dimension::Area => cell.area.unwrap_or(NO_NAME),
        Dimension::Wijk => cell.wijk.unwrap_or(NO_NAME),
        Dimension::Round => shelf.name,
        Dimension::Kind => cell.kind,
        Dimension::Language => cell.language,
        Dimension::Month => cell.month,
        Dimension::TagState => cell.tag_state as Name,
    }
}

/// Those that occur and those that are silent, in the order of the programme, each with the label people know it by.
fn buckets<'a>(
    dimension: Option<Dimension>,
    found: impl Iterator<Item = &'a str>,
    silent: Vec<String>,
    question: Question<'_>,
) -> Vec<Bucket> {
    let catalogue = question.catalogue;
    let mut keys: BTreeSet<&str> = found.collect();
    let between = match dimension {
        Some(Dimension::Month) => zeros::months_between(&keys, question),
        _ => Vec::new(),
    };
    keys.extend(silent.iter().chain(&between).map(String::as_str));
    let Some(dimension) = dimension else {
        return vec![Bucket {
            key: ALL.to_owned(),
            label: "Alle".to_owned(),
        }];
    };
    let order: Vec<(String, String)> = match dimension {
        Dimension::ActionLine => {
            let lines = catalogue.action_lines.iter();
            lines
                .map(|line| (line.key.to_string(), line.title.clone()))
                .collect()
        }
        Dimension::Theme => {
            let themes = catalogue.themes.iter();
            themes
                .map(|theme| (theme.key.to_string(), theme.title.clone()))
                .collect()
        }
        Dimension::Area | Dimension::Wijk => catalogue
            .areas
            .iter()
            .map(|area| (area.code.clone(), area.label()))
            .collect(),
        Dimension::Round => {
            let rounds = catalogue.rounds.iter();
            rounds
                .map(|round| (round.id.to_string(), round.name.clone()))
                .collect()
        }
        Dimension::Kind | Dimension::Language | Dimension::Month | Dimension::TagState => keys
            .iter()
            .map(|key| ((*key).to_owned(), label(key).to_owned()))
            .collect(),
    };
    // On no line are also those that people do not agree about.
    let label = |key: &str| match dimension {
        Dimension::ActionLine | Dimension::Theme if key == UNTAGGED => NO_LINE_YET.to_owned(),
        _ => label(key).to_owned(),
    };
    let known: BTreeSet<&str> = order.iter().map(|(key, _)| key.as_str()).collect();
    let others = keys.iter().filter(|key| !known.contains(*key));
    let others = others.map(|key| ((*key).to_owned(), label(key)));
    let known = order
        .iter()
        .filter(|(key, _)| keys.contains(key.as_str()))
        .cloned();
    known
        .chain(others)
        .map(|(key, label)| Bucket { key, label })
        .collect()
}

/// What a key of this software is called in Dutch; another one is its own name.
pub(crate) fn label(key: &str) -> &str {
    match key {
        "none" => "Geen actielijn",
        UNTAGGED => "Nog niet beoordeeld",
        UNKNOWN => "Onbekend",
        "neighbourhood_round" => "Buurtronde",
        "open_house" => "Open huis",
        "consultation" => "Overlegronde",
        "concept_reaction" => "Conceptreactie",
        "proposed" => "Voorgesteld",
        "confirmed" => "Bevestigd",
        "contested" => "Tegenspraak",
        "accepted" => "Vanzelf aangenomen",
        "nl" => "Nederlands",
        "en" => "Engels",
        "tr" => "Turks",
        "ar" => "Arabisch",
        "ber" => "Berbers",
        "und" => "Andere taal",
        "analysis" => "analyse",
        "anonymous_publication" => "publicatie zonder naam",
        "named_publication" => "publicatie met naam",
        "follow_up_contact" => "contact achteraf",
        other => other,
    }
}

pub(super) fn desk(table: &Table, wanted: &Wanted<'_>, catalogue: &Catalogue) -> Desk {
    let mut by_lines = vec![0; table.lines.len()];
    let mut suggested: BTreeMap<Name, u64> = BTreeMap::new();
    let mut states = [0; TagState::ALL.len()];
    let (mut conflicts, mut total) = (0, 0);
    wanted.each(|_, cell, number| {
        by_lines[cell.lines as usize] += number;
        if let Some(line) = cell.suggested {
            *suggested.entry(line).or_default() += number;
        }
        states[cell.tag_state as usize] += number;
        conflicts += if cell.conflict { number } else { 0 };
        total += number;
    });
    let mut standing: BTreeMap<(&str, LineStanding), u64> = BTreeMap::new();
    for (lines, number) in table.lines.iter().zip(by_lines) {
        for (line, how) in lines {
            *standing.entry((table.text(*line), *how)).or_default() += number;
        }
    }
    let suggested = |line: &str| table.name(line).and_then(|line| suggested.get(&line));
    let stands = |line: &str, how| standing.get(&(line, how)).copied().unwrap_or(0);
    let state = |state: TagState| states[state as usize];
    let line = |key: &LineKey| DeskLine {
        key: key.clone(),
        confirmed: stands(key.as_str(), LineStanding::Confirmed),
        proposed: stands(key.as_str(), LineStanding::Proposed),
        accepted: stands(key.as_str(), LineStanding::Accepted),
        suggested: suggested(key.as_str()).copied().unwrap_or(0),
    };
    Desk {
        lines: catalogue
            .action_lines
            .iter()
            .map(|l| line(&l.key))
            .collect(),
        none: stands(LineKey::NONE, LineStanding::Confirmed),
        untagged: state(TagState::Untagged),
        proposed: state(TagState::Proposed),
        contested: state(TagState::Contested),
        accepted: state(TagState::Accepted),
        conflicts,
        total,
    }
}
