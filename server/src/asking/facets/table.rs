//! Quotes, the cells that they share, and the names that cells are made of.

use std::collections::HashMap;

use koffiekar_sync_core::ids::{ConversationId, QuoteId, RoundId};
use koffiekar_sync_core::office::{LineStanding, TagState};

use crate::store::quotes::FacetRow;
use crate::tagger::audited::draw;

/// A text by its number.
pub(super) type Name = u32;

/// No quote has this number.
const END: u32 = u32::MAX;
/// Where quotes that are not there any more may be so many that all is read anew.
const WORN: usize = 10_000;

/// What a quote is filtered and counted by, but for its round, its time and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) kind: Name,
    pub(super) area: Option<Name>,
    pub(super) wijk: Option<Name>,
    pub(super) language: Name,
    pub(super) month: Name,
    /// The number of all its lines with their standing: [`Table::lines`].
    pub(super) lines: u32,
    /// The same of the lines that people named, whatever became of them.
    pub(super) said: u32,
    pub(super) suggested: Option<Name>,
    pub(super) tag_state: TagState,
    /// A bit for each of `Purpose::ALL`.
    pub(super) allowed: u8,
    pub(super) conflict: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Quote {
    pub(super) id: QuoteId,
    pub(super) recorded_at: i64,
    pub(super) search_row: i64,
    /// Chance: by it quotes are drawn for the audit, and in its order.
    pub(super) draw: u16,
    /// How sure the tagger is, in thousandths.
    pub(super) certainty: u16,
    /// `None` where it is not there any more.
    pub(super) cell: Option<u32>,
    /// The next one of its conversation.
    next: u32,
}

/// The quotes of one round.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) round: RoundId,
    pub(super) name: Name,
    /// In the order in which they were read.
    pub(super) quotes: Vec<Quote>,
    pub(super) cells: Vec<Cell>,
    /// How many quotes share each cell.
    pub(super) sizes: Vec<u64>,
    numbers: HashMap<Cell, u32>,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) shelves: Vec<Shelf>,
    /// By their number.
    pub(super) lines: Vec<Vec<(Name, LineStanding)>>,
    line_numbers: HashMap<String, u32>,
    /// The shelf of a conversation, and the last of its quotes.
    of: HashMap<ConversationId, (u32, u32)>,
    names: Names,
    gone: usize,
    all: usize,
}

/// Each text once.
#[derive(Debug, Default)]
struct Names {
    texts: Vec<String>,
    numbers: HashMap<String, Name>,
}

impl Names {
    fn number(&mut self, text: &str) -> Name {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = short(self.texts.len());
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// Four thousand million quotes are beyond one server's memory long before.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Table {
    /// Takes these conversations out, and puts what they consist of now.
    pub(super) fn replace(&mut self, conversations: &[ConversationId], rows: Vec<FacetRow>) {
        for conversation in conversations {
            let Some((shelf, mut at)) = self.of.remove(conversation) else {
                continue;
            };
            let shelf = &mut self.shelves[shelf as usize];
            while let Some(quote) = shelf.quotes.get_mut(at as usize) {
                if let Some(cell) = quote.cell.take() {
                    shelf.sizes[cell as usize] -= 1;
                    self.gone += 1;
                }
                at = quote.next;
            }
        }
        self.add(rows);
    }

    /// Nothing of their conversations may be there, but for what this added before.
    pub(super) fn add(&mut self, rows: Vec<FacetRow>) {
        for row in rows {
            let place = self.shelf_of(row.round);
            let cell = self.cell_of(&row);
            let shelf = &mut self.shelves[place as usize];
            let cell = shelf.number(cell);
            shelf.sizes[cell as usize] += 1;
            let number = short(shelf.quotes.len());
            let before = self.of.insert(row.conversation, (place, number));
            shelf.quotes.push(Quote {
                id: row.id,
                recorded_at: row.recorded_at.0,
                search_row: row.search_row,
                draw: draw(row.id),
                certainty: u16::try_from(row.certainty).unwrap_or_default(),
                cell: Some(cell),
                next: before.map_or(END, |(_, last)| last),
            });
            self.all += 1;
        }
    }

    /// Quotes that it has room for.
    pub(super) fn size(&self) -> usize {
        self.all
    }

    /// Whether it holds more of what is gone than of what is there.
    pub(super) fn is_worn(&self) -> bool {
        self.gone > WORN.max(self.all / 2)
    }

    pub(super) fn name(&self, text: &str) -> Option<Name> {
        self.names.numbers.get(text).copied()
    }

    pub(super) fn text(&self, name: Name) -> &str {
        self.names
            .texts
            .get(name as usize)
            .map_or("", String::as_str)
    }

    fn shelf_of(&mut self, round: RoundId) -> u32 {
        if let Some(place) = self.shelves.iter().position(|shelf| shelf.round == round) {
            return short(place);
        }
        self.shelves.push(Shelf {
            round,
            name: self.names.number(&round.to_string()),
            quotes: Vec::new(),
            cells: Vec::new(),
            sizes: Vec::new(),
            numbers: HashMap::new(),
        });
        short(self.shelves.len() - 1)
    }

    fn cell_of(&mut self, row: &FacetRow) -> Cell {
        let lines = self.lines_of(&row.lines);
        let said = self.lines_of(&row.said);
        let names = &mut self.names;
        let allowed = row.allowed.iter().zip(0..);
        Cell {
            kind: names.number(row.kind.as_str()),
            area: row.area.as_ref().map(|area| names.number(area)),
            wijk: row.wijk.as_ref().map(|wijk| names.number(wijk)),
            language: names.number(&row.language),
            month: names.number(&row.month),
            lines,
            said,
            suggested: row.best_suggestion.as_ref().map(|line| names.number(line)),
            tag_state: row.tag_state,
            allowed: allowed.fold(0, |bits, (yes, place)| bits | u8::from(*yes) << place),
            conflict: row.conflict,
        }
    }

    fn lines_of(&mut self, text: &str) -> u32 {
        if let Some(number) = self.line_numbers.get(text) {
            return *number;
        }
        let lines = text.split(' ').filter_map(|one| one.split_once(':'));
        let lines = lines.filter_map(|(line, standing)| {
            Some((self.names.number(line), LineStanding::parse(standing)?))
        });
        let number = short(self.lines.len());
        self.lines.push(lines.collect());
        self.line_numbers.insert(text.to_owned(), number);
        number
    }
}

impl Shelf {
    fn number(&mut self, cell: Cell) -> u32 {
        let number = short(self.cells.len());
        let number = *self.numbers.entry(cell).or_insert(number);
        if number as usize == self.cells.len() {
            self.cells.push(cell);
            self.sizes.push(0);
        }
        number
    }
}
