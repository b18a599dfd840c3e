//! What the analysis shows, as it stands in the address: the server's own filters, and how to count.

use koffiekar_sync_core::office::{Dimension, QuoteFilter, TagState};

use crate::{
    office::filter::{self, with_query},
    route,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Chart,
    Table,
    Quotes,
}

const SPREADSHEET: &str = "form=spreadsheet";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Address {
    pub(super) filter: QuoteFilter,
    pub(super) rows: Dimension,
    pub(super) columns: Option<Dimension>,
    pub(super) show: Show,
}

impl Address {
    /// `words` are those that are looked for.
    pub(super) fn parse(query: &str, words: String) -> Self {
        let pairs = route::pairs(query);
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        Self {
            filter: match words.is_empty() {
                // An address that somebody kept may name them.
                true => filter::from_query(query),
                false => QuoteFilter {
                    text: Some(words),
                    ..filter::from_query(query)
                },
            },
            rows: get("rows")
                .and_then(Dimension::parse)
                .unwrap_or(Dimension::ActionLine),
            columns: get("columns").and_then(Dimension::parse),
            show: match get("show") {
                Some("table") => Show::Table,
                Some("quotes") => Show::Quotes,
                _ => Show::Chart,
            },
        }
    }

    pub(super) fn href(&self) -> String {
        let show = match self.show {
            Show::Chart => "",
            Show::Table => "table",
            Show::Quotes => "quotes",
        };
        let how = route::to_query([("show", show.to_owned())]);
        with_query(
            "/analyse",
            &join([
                &filter::to_query(&self.without_words()),
                &self.dimensions(),
                &how,
            ]),
        )
    }

    /// A new entry in the browser's history.
    pub(super) fn show(&self) {
        route::show(&self.href(), self.words());
    }

    pub(super) fn words(&self) -> &str {
        self.filter.text.as_deref().unwrap_or_default()
    }

    fn without_words(&self) -> QuoteFilter {
        QuoteFilter {
            text: None,
            ..self.filter.clone()
        }
    }

    /// All quotes that stand so, by the other filters.
    pub(super) fn of_state(&self, state: TagState) -> Self {
        Self {
            filter: QuoteFilter {
                tag_state: Some(state),
                ..self.filter.without_tags()
            },
            ..self.clone()
        }
    }

    /// The table that is shown, as a file.
    pub(super) fn counts_file(&self) -> String {
        let query = join([
            &filter::to_query(&self.filter),
            &self.dimensions(),
            SPREADSHEET,
        ]);
        with_query("/api/v1/quotes/counts.csv", &query)
    }

    /// All quotes, as a file for people, or for programs.
    pub(super) fn quotes_file(&self, is_for_people: bool) -> String {
        let form = if is_for_people { SPREADSHEET } else { "" };
        let query = join([&filter::to_query(&self.filter), form, ""]);
        with_query("/api/v1/quotes.csv", &query)
    }

    pub(super) fn counts_path(&self) -> String {
        let query = join([&filter::to_query(&self.filter), &self.dimensions(), ""]);
        with_query("/api/v1/quotes/counts", &query)
    }

    fn dimensions(&self) -> String {
        // Splitting by what is counted already would show a diagonal.
        let columns = self.columns.filter(|columns| *columns != self.rows);
        route::to_query([
            ("rows", self.rows.as_str().to_owned()),
            (
                "columns",
                columns.map_or(String::new(), |by| by.as_str().to_owned()),
            ),
        ])
    }
}

fn join<const N: usize>(parts: [&str; N]) -> String {
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("&")
}
