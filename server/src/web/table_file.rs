//! Tables as files: for programs as RFC 4180 has them, for people as a Dutch spreadsheet opens them.
//!
//! A spreadsheet takes a cell for a formula where it begins like one, and what is a cell depends on the separator that
//! it is set to, not on the one that was written. So words of residents are written so that none of them begins a
//! formula, wherever they are cut.

use csv::{Terminator, WriterBuilder};
use koffiekar_sync_core::catalogue::Area;
use koffiekar_sync_core::office::Dimension;
use koffiekar_sync_core::visible::is_blank;
use koffiekar_tagging::text::fold;

use crate::asking::facets::Question;

/// Of each part of a file's name.
const MOST_CHARS: usize = 40;

/// Who reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Commas, codes, points in numbers.
    Program,
    /// Semicolons, a byte order mark, words in Dutch, commas in numbers: a double click opens it.
    Spreadsheet,
}

impl Form {
    /// What stands in a query; nothing is for programs.
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("" | "program") => Some(Self::Program),
            Some("spreadsheet") => Some(Self::Spreadsheet),
            Some(_) => None,
        }
    }

    /// What stands before the first line.
    pub(crate) fn mark(self) -> &'static [u8] {
        match self {
            Self::Program => b"",
            Self::Spreadsheet => "\u{FEFF}".as_bytes(),
        }
    }

    pub(crate) fn number(self, number: f64) -> String {
        match self {
            Self::Program => number.to_string(),
            Self::Spreadsheet => number.to_string().replace('.', ","),
        }
    }

    /// Lines of the file.
    pub(crate) fn lines<R>(
        self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<Vec<u8>, csv::Error>
    where
        R: IntoIterator<Item = String>,
    {
        let delimiter = match self {
            Self::Program => b',',
            Self::Spreadsheet => b';',
        };
        let mut writer = WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(Terminator::CRLF)
            .from_writer(Vec::new());
        for record in records {
            writer.write_record(record.into_iter().map(defused))?;
        }
        writer
            .into_inner()
            .map_err(|error| error.into_error().into())
    }
}

/// What may begin a formula, in its narrow, wide and small form.
fn is_sign(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫'
    )
}

/// Where a spreadsheet may begin another cell.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | ';' | '\t' | '|' | '\n' | '\r')
}

/// Where in a text a sign stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// Nothing but blanks and quotation marks.
    Start,
    /// A separator, with blanks and quotation marks between.
    Separator,
    /// A blank, which is a separator for few.
    Blank,
    /// An apostrophe: what follows is a text already.
    Apostrophe,
    Word,
}

/// The text with an apostrophe before whatever a spreadsheet would run.
fn defused(text: String) -> String {
    let starts_apart = text.starts_with(['\t', '\r', '\n']);
    if !starts_apart && !text.contains(is_sign) {
        return text;
    }
    let mut defused = String::with_capacity(text.len() + 4);
    if starts_apart {
        defused.push('\'');
    }
    let mut behind = Behind::Start;
    for (at, c) in text.char_indices() {
        if is_sign(c) && is_live(behind, c, &text[at + c.len_utf8()..]) {
            defused.push('\'');
        }
        defused.push(c);
        behind = match behind {
            _ if is_separator(c) => Behind::Separator,
            Behind::Start | Behind::Separator if c.is_whitespace() || c == '"' => behind,
            _ if c.is_whitespace() => Behind::Blank,
            Behind::Blank if c == '"' => Behind::Blank,
            _ if c == '\'' => Behind::Apostrophe,
            _ => Behind::Word,
        };
    }
    defused
}

/// Whether a sign and the rest of the text would be run.
fn is_live(behind: Behind, sign: char, rest: &str) -> bool {
    let is_equals = matches!(sign, '=' | '＝' | '﹦');
    match behind {
        Behind::Start => true,
        Behind::Apostrophe | Behind::Word => false,
        // An amount ends so: `5,-`.
        Behind::Separator => {
            let next = rest.chars().find(|c| !c.is_whitespace());
            is_equals
                || next.is_some_and(|c| c.is_alphanumeric() || is_sign(c) || "(\"'$".contains(c))
        }
        // A dash between words is none, and a call is one.
        Behind::Blank => {
            let word = rest.split(char::is_whitespace).next().unwrap_or_default();
            !word.is_empty() && (is_equals || word.contains(['(', '|', '!']))
        }
    }
}

/// `citaten_samen-nieuw-west_opgave-wonen_2026-12-01.csv`: what it is, of which programme, by which filter, when. Words
/// that were looked for are not in it.
pub(crate) fn file_name(what: &str, question: Question<'_>, today: &str) -> String {
    let Question {
        sight,
        filter,
        catalogue,
        ..
    } = question;
    let mut parts = vec![what.to_owned(), plain(&catalogue.programme.name)];
    let mut part = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            parts.push(format!("{name}-{}", plain(&value)));
        }
    };
    let round = filter.round.map(|id| {
        let mut rounds = catalogue.rounds.iter();
        let round = rounds.find(|round| round.id == id && sight.rounds.contains(&id));
        round.map_or_else(|| id.to_string(), |round| round.name.clone())
    });
    part(
        "actielijn",
        filter.action_line.as_ref().map(ToString::to_string),
    );
    part(
        "getagd-als",
        filter.tagged_as.as_ref().map(ToString::to_string),
    );
    part("opgave", filter.theme.as_ref().map(ToString::to_string));
    part(
        "suggestie",
        filter.suggested.as_ref().map(ToString::to_string),
    );
    part("gebied", filter.area.clone());
    part("ronde", round);
    part("soort", filter.kind.map(|kind| kind.as_str().to_owned()));
    part("taal", filter.language.clone());
    part("vanaf", filter.from.clone());
    part("tot-en-met", filter.until.clone());
    part(
        "stand",
        filter.tag_state.map(|state| state.as_str().to_owned()),
    );
    part(
        "toestemming",
        filter.consent.map(|one| one.as_str().to_owned()),
    );
    part(
        "lezingen",
        filter
            .conflict
            .map(|two| if two { "twee" } else { "een" }.to_owned()),
    );
    part("zoals-op", filter.as_of.clone());
    let words = filter.text.as_ref().filter(|text| !is_blank(text));
    part("met", words.map(|_| "zoekwoorden".to_owned()));
    parts.push(today.to_owned());
    parts.retain(|part| !part.is_empty());
    format!("{}.csv", parts.join("_"))
}

/// `a-z`, `0-9` and hyphens.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in fold(text).chars() {
        match c.is_ascii_alphanumeric() {
            true => plain.push(c),
            false if plain.is_empty() || plain.ends_with('-') => {}
            false => plain.push('-'),
        }
        if plain.len() >= MOST_CHARS {
            break;
        }
    }
    plain.trim_end_matches('-').to_owned()
}

/// What a count is by, in Dutch.
pub(crate) fn dimension(by: Dimension) -> &'static str {
    match by {
        Dimension::ActionLine => "Actielijn",
        Dimension::Theme => "Opgave",
        Dimension::Area => "Buurt",
        Dimension::Wijk => "Wijk",
        Dimension::Round => "Ronde",
        Dimension::Kind => "Soort ronde",
        Dimension::Language => "Taal",
        Dimension::Month => "Maand",
        Dimension::TagState => "Beoordeling",
    }
}

/// An area's own name, or its code where it has none.
pub(crate) fn name_of(area: &Area) -> String {
    area.name.clone().unwrap_or_else(|| area.code.clone())
}
