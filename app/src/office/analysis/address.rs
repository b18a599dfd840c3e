//! What the analysis shows, as it stands in the address: the server's own filters, and how to count.

use koffiekar_sync_core::office::{Dimension, QuoteFilter};

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

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Address {
    pub(super) filter: QuoteFilter,
    pub(super) rows: Dimension,
    pub(super) columns: Option<Dimension>,
    pub(super) show: Show,
}

impl Address {
    pub(super) fn parse(query: &str) -> Self {
        let pairs = route::pairs(query);
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        Self {
            filter: filter::from_query(query),
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
            &join([&filter::to_query(&self.filter), &self.dimensions(), &how]),
        )
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
