//! A filter, held against cells and quotes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use koffiekar_sync_core::catalogue::{AreaLevel, Catalogue};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{Millis, QuoteId};
use koffiekar_sync_core::office::{ByState, LineStanding, QuoteFilter, TagState};

use super::Place;
use super::table::{Cell, Name, Quote, Shelf, Table};
use crate::calendar::Calendar;
use crate::store::quotes::{FilterError, Sight, period};
use crate::tagger::audited::is_drawn;

/// Whether the quotes of a cell match a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    /// But for what the filter says of tags.
    ButForTags,
    Yes,
}

/// What is wanted, by the numbers of a table.
pub(super) struct Wanted<'a> {
    /// The rounds in sight, and of each of their cells whether its quotes match.
    shelves: Vec<(&'a Shelf, Vec<Fit>)>,
    from: i64,
    /// Not included.
    until: i64,
    /// Rows of the full-text index, where words were asked for.
    found: Option<HashSet<i64>>,
}

impl<'a> Wanted<'a> {
    /// `found`: the rows of the full-text index in which the words stand, where words were asked for.
    pub(super) fn of(
        table: &'a Table,
        sight: &Sight,
        filter: &QuoteFilter,
        catalogue: &Catalogue,
        found: Option<HashSet<i64>>,
    ) -> Result<Wanted<'a>, FilterError> {
        let (from, until) = period(
            &filter.from,
            &filter.until,
            &Calendar::of(&catalogue.programme),
        )?;
        let in_sight = |shelf: &&Shelf| {
            sight.rounds.contains(&shelf.round)
                && filter.round.is_none_or(|round| round == shelf.round)
        };
        let matcher = Matcher::of(table, sight, filter, catalogue);
        let shelves = table.shelves.iter().filter(in_sight).map(|shelf| {
            let cells = shelf.cells.iter().map(|cell| matcher.fit(cell));
            (shelf, cells.collect())
        });
        Ok(Wanted {
            shelves: shelves.collect(),
            from: from.map_or(i64::MIN, |from| from.0),
            until: until.map_or(i64::MAX, |until| until.0),
            found,
        })
    }

    /// Whether cells alone tell what matches.
    fn is_by_cell(&self) -> bool {
        self.from == i64::MIN && self.until == i64::MAX && self.found.is_none()
    }

    /// The cell of a quote that matches.
    fn matched(&self, cells: &[Fit], quote: &Quote) -> Option<usize> {
        self.fitting(cells, quote, Fit::Yes)
    }

    /// The cell of a quote that matches at least so well.
    fn fitting(&self, cells: &[Fit], quote: &Quote, least: Fit) -> Option<usize> {
        let cell = quote.cell? as usize;
        let in_time = (self.from..self.until).contains(&quote.recorded_at);
        let found = self.found.as_ref();
        let has_words = || found.is_none_or(|found| found.contains(&quote.search_row));
        (cells[cell] >= least && in_time && has_words()).then_some(cell)
    }

    /// How many match, and how many do but for their tags, by how they stand.
    pub(super) fn count(&self) -> (u64, ByState) {
        let mut all = 0;
        let by_state = self.each(|_, _, number| all += number);
        (all, by_state)
    }

    /// Every cell of which quotes match, and how many of them. Gives how many match but for their tags, by how they
    /// stand.
    pub(super) fn each(&self, mut told: impl FnMut(&'a Shelf, &'a Cell, u64)) -> ByState {
        let mut by_state = ByState::default();
        for (shelf, cells) in &self.shelves {
            let counted;
            let numbers = if self.is_by_cell() {
                &shelf.sizes
            } else {
                let mut numbers = vec![0; cells.len()];
                for quote in &shelf.quotes {
                    if let Some(cell) = self.fitting(cells, quote, Fit::ButForTags) {
                        numbers[cell] += 1;
                    }
                }
                counted = numbers;
                &counted
            };
            for ((cell, fit), number) in shelf.cells.iter().zip(cells).zip(numbers) {
                if *fit >= Fit::ButForTags {
                    by_state.add(cell.tag_state, *number);
                }
                if *fit == Fit::Yes && *number > 0 {
                    told(shelf, cell, *number);
                }
            }
        }
        by_state
    }

    pub(super) fn newest(&self, after: Option<Place>, most: usize) -> Vec<Place> {
        // The oldest of those that are kept stands on top.
        let mut newest: BinaryHeap<Reverse<Place>> = BinaryHeap::with_capacity(most + 1);
        for (shelf, cells) in &self.shelves {
            // What was read last is the newest, nearly always.
            for quote in shelf.quotes.iter().rev() {
                let place = quote.place();
                let full = newest.len() == most;
                if after.is_some_and(|after| place >= after)
                    || full && newest.peek().is_none_or(|oldest| place < oldest.0)
                    || self.matched(cells, quote).is_none()
                {
                    continue;
                }
                newest.push(Reverse(place));
                if newest.len() > most {
                    newest.pop();
                }
            }
        }
        let newest = newest.into_sorted_vec().into_iter();
        newest.map(|Reverse(place)| place).collect()
    }

    /// Of those that wait for a decision: first those drawn for the audit, as chance orders them, and then the
    /// others, the least sure first; at most so many of each.
    pub(super) fn to_review(&self, most: usize) -> [Vec<QuoteId>; 2] {
        let (mut drawn, mut unsure) = (Least::new(most), Least::new(most));
        for (shelf, cells) in &self.shelves {
            for quote in &shelf.quotes {
                let Some(cell) = self.matched(cells, quote) else {
                    continue;
                };
                let state = shelf.cells[cell].tag_state;
                match state {
                    TagState::Confirmed | TagState::Contested => {}
                    _ if is_drawn(quote.draw) => drawn.offer((quote.draw, quote.id)),
                    TagState::Accepted => {}
                    TagState::Untagged | TagState::Proposed => {
                        unsure.offer((quote.certainty, quote.id));
                    }
                }
            }
        }
        [drawn, unsure].map(Least::ids)
    }

    /// Of those that match but for their tags at most so many, spread evenly in the order in which they were read.
    pub(super) fn some(&self, most: usize) -> Vec<QuoteId> {
        let fitting = || {
            self.shelves.iter().flat_map(|(shelf, cells)| {
                let quotes = shelf.quotes.iter();
                quotes.filter(move |quote| self.fitting(cells, quote, Fit::ButForTags).is_some())
            })
        };
        let step = fitting().count().div_ceil(most).max(1);
        fitting().step_by(step).map(|quote| quote.id).collect()
    }

    pub(super) fn all(&self) -> Vec<QuoteId> {
        let mut places: Vec<Place> = Vec::new();
        for (shelf, cells) in &self.shelves {
            let quotes = shelf.quotes.iter();
            let matching = quotes.filter(|quote| self.matched(cells, quote).is_some());
            places.extend(matching.map(Quote::place));
        }
        places.sort_unstable_by(|one, other| other.cmp(one));
        places.into_iter().map(|place| place.quote).collect()
    }
}

/// The least of what it is offered.
struct Least {
    most: usize,
    /// The greatest that is kept stands on top.
    kept: BinaryHeap<(u16, QuoteId)>,
}

impl Least {
    fn new(most: usize) -> Self {
        Self {
            most,
            kept: BinaryHeap::with_capacity(most + 1),
        }
    }

    fn offer(&mut self, one: (u16, QuoteId)) {
        let full = self.kept.len() == self.most;
        if full && self.kept.peek().is_none_or(|greatest| one > *greatest) {
            return;
        }
        self.kept.push(one);
        if full {
            self.kept.pop();
        }
    }

    fn ids(self) -> Vec<QuoteId> {
        let sorted = self.kept.into_sorted_vec().into_iter();
        sorted.map(|(_, id)| id).collect()
    }
}

impl Quote {
    fn place(&self) -> Place {
        Place {
            recorded_at: Millis(self.recorded_at),
            quote: self.id,
        }
    }
}

/// What a filter asks of a cell. What no quote has is no name, and matches none.
struct Matcher {
    /// One of these bits at least.
    in_sight: u8,
    /// And all of these.
    allowed: u8,
    kind: Option<Option<Name>>,
    language: Option<Option<Name>>,
    suggested: Option<Option<Name>>,
    /// And whether it is the district, which holds all areas.
    area: Option<(Option<Name>, bool)>,
    /// Of each set of lines whether it is wanted.
    lines: Option<Vec<bool>>,
    said: Option<Vec<bool>>,
    tag_state: Option<TagState>,
    conflict: Option<bool>,
}

impl Matcher {
    fn of(table: &Table, sight: &Sight, filter: &QuoteFilter, catalogue: &Catalogue) -> Self {
        let area = |code: &String| {
            let mut areas = catalogue.areas.iter();
            let district = areas.any(|a| a.code == *code && a.level == AreaLevel::District);
            (table.name(code), district)
        };
        // Each must stand on the quote by one of these lines.
        let mut wanted: Vec<Vec<&str>> = Vec::new();
        wanted.extend(filter.action_line.iter().map(|line| vec![line.as_str()]));
        wanted.extend(filter.theme.iter().map(|theme| {
            let lines = catalogue.action_lines.iter();
            let lines = lines.filter(|line| line.theme == *theme);
            lines.map(|line| line.key.as_str()).collect()
        }));
        let lines = (!wanted.is_empty()).then(|| {
            let wanted = wanted.into_iter().map(|keys| {
                let names = keys.into_iter().filter_map(|key| table.name(key));
                names.collect()
            });
            let wanted: Vec<Vec<Name>> = wanted.collect();
            let stands = |set: &Vec<(Name, LineStanding)>, wanted: &Vec<Name>| {
                set.iter()
                    .any(|(line, how)| is_standing(*how) && wanted.contains(line))
            };
            let sets = table.lines.iter();
            sets.map(|set| wanted.iter().all(|wanted| stands(set, wanted)))
                .collect()
        });
        let said = filter.tagged_as.as_ref().map(|line| {
            let wanted = table.name(line.as_str());
            let is = |(line, how): &(Name, LineStanding)| {
                Some(*line) == wanted && *how != LineStanding::Rejected
            };
            let sets = table.lines.iter();
            sets.map(|set| set.iter().any(is)).collect()
        });
        Self {
            in_sight: sight.purposes.iter().fold(0, |bits, one| bits | bit(*one)),
            allowed: filter.consent.map_or(0, bit),
            kind: filter.kind.map(|kind| table.name(kind.as_str())),
            language: filter.language.as_deref().map(|text| table.name(text)),
            suggested: filter.suggested.as_ref().map(|l| table.name(l.as_str())),
            area: filter.area.as_ref().map(area),
            lines,
            said,
            tag_state: filter.tag_state,
            conflict: filter.conflict,
        }
    }

    fn fit(&self, cell: &Cell) -> Fit {
        match (self.fits(cell), self.fits_by_tags(cell)) {
            (false, _) => Fit::No,
            (true, false) => Fit::ButForTags,
            (true, true) => Fit::Yes,
        }
    }

    /// Whatever people and the tagger say of it.
    fn fits(&self, cell: &Cell) -> bool {
        let is = |wanted: Option<Option<Name>>, name: Option<Name>| {
            wanted.is_none_or(|wanted| wanted.is_some() && wanted == name)
        };
        cell.allowed & self.in_sight != 0
            && cell.allowed & self.allowed == self.allowed
            && is(self.kind, Some(cell.kind))
            && is(self.language, Some(cell.language))
            && self.area.is_none_or(|(code, district)| {
                let here = |place: Option<Name>| place.is_some() && place == code;
                here(cell.area) || here(cell.wijk) || district && cell.area.is_some()
            })
    }

    /// What lists are made by: tags, and whether readings are to be settled.
    fn fits_by_tags(&self, cell: &Cell) -> bool {
        let is_in = |sets: &Option<Vec<bool>>, set: u32| {
            sets.as_ref().is_none_or(|sets| sets[set as usize])
        };
        self.tag_state.is_none_or(|state| cell.tag_state == state)
            && self.conflict.is_none_or(|yes| cell.conflict == yes)
            && self
                .suggested
                .is_none_or(|line| line.is_some() && line == cell.suggested)
            && is_in(&self.lines, cell.lines)
            && is_in(&self.said, cell.said)
    }
}

fn bit(purpose: Purpose) -> u8 {
    let place = Purpose::ALL.iter().position(|one| *one == purpose);
    place.map_or(0, |place| 1 << place)
}

/// People named the line, and nobody denied it; or it was accepted.
pub(super) fn is_standing(standing: LineStanding) -> bool {
    use LineStanding::{Accepted, Confirmed, Proposed};
    matches!(standing, Proposed | Confirmed | Accepted)
}
