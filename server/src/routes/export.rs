//! All quotes that match, as a table for a spreadsheet.
//!
//! Read and sent piece by piece: a million of them take no more memory than a few thousand, but for their
//! ids. Each piece is read when its turn comes, so what was erased or withdrawn meanwhile is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use koffiekar_sync_core::catalogue::{Catalogue, RoundKind};
use koffiekar_sync_core::ids::{Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::QuoteFilter;

use super::quotes::sight;
use crate::Koffiekar;
use crate::caller::Caller;
use crate::extract::Query;
use crate::facets::Question;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::quotes::{self, Sight, TableRow};

/// Quotes that are read at a time.
const PIECE: usize = 1_000;
/// Pieces that are made while one is sent.
const AHEAD: usize = 2;

/// Tells the moment that a table is about; what was erased or withdrawn since is not in it.
const AS_OF: &str = "koffiekar-as-of";

/// `GET /api/v1/quotes.csv`: the same quotes as the list, all of them.
pub async fn csv(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(filter): Query<QuoteFilter>,
) -> Result<Response, ApiError> {
    caller.may(Action::ReadQuotes)?;
    let sight = sight(&caller);
    let as_of = quotes::as_of(&filter, koffiekar.clock.now())?;
    let mut tx = koffiekar.store.read().await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let question = Question {
        sight: &sight,
        filter: &filter,
        catalogue: &catalogue,
        as_of,
    };
    let ids = koffiekar.facets.all(&mut tx, question).await?;
    drop(tx);

    let table = Arc::new(Table {
        koffiekar,
        sight,
        themes: themes(&catalogue),
        rounds: rounds(&catalogue),
        ids,
        as_of,
    });
    let starts = (0..table.ids.len()).step_by(PIECE);
    let pieces = stream::iter(starts.collect::<Vec<_>>())
        .map(move |start| table.clone().piece(start))
        .buffered(AHEAD);
    let head = stream::once(async { written([CSV_COLUMNS]) });
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present",
        ),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"citaten.csv\"",
        ),
    ];
    let mut answer = Response::new(Body::from_stream(head.chain(pieces)));
    if let Some(Millis(at)) = as_of {
        answer.headers_mut().insert(AS_OF, at.into());
    }
    // What fails on the way breaks the transfer off: nobody takes half a table for a whole one.
    Ok((headers, answer).into_response())
}

struct Table {
    koffiekar: Koffiekar,
    sight: Sight,
    themes: Themes,
    rounds: Rounds,
    ids: Vec<QuoteId>,
    as_of: Option<Millis>,
}

impl Table {
    async fn piece(self: Arc<Self>, start: usize) -> Result<Vec<u8>, csv::Error> {
        let ids = &self.ids[start..self.ids.len().min(start + PIECE)];
        let rows = self.rows(ids).await.map_err(|error| {
            tracing::error!(%error, "an export was broken off");
            std::io::Error::other("the database did not answer")
        })?;
        written(rows.iter().map(|row| self.record(row)))
    }

    fn record(&self, quote: &TableRow) -> [String; 15] {
        let lines = quote.lines.split(' ');
        let themes: BTreeSet<&str> = lines
            .filter_map(|line| self.themes.get(line).map(String::as_str))
            .collect();
        let themes: Vec<&str> = themes.into_iter().collect();
        let (round, kind) = match self.rounds.get(&quote.round) {
            Some((name, kind)) => (name.clone(), kind.as_str()),
            None => Default::default(),
        };
        let (suggested, probability) = quote.suggested.clone().unzip();
        let consent = quote.consent.iter().map(|purpose| purpose.as_str());
        let consent: Vec<&str> = consent.collect();
        [
            quote.id.to_string(),
            quote.conversation.to_string(),
            crate::projection::timestamp(quote.recorded_at),
            round,
            kind.to_owned(),
            quote.area.clone().unwrap_or_default(),
            quote.language.clone(),
            quote.verbatim.clone(),
            quote.tag_state.as_str().to_owned(),
            quote.lines.clone(),
            themes.join(" "),
            suggested.unwrap_or_default(),
            probability.map(|p| p.to_string()).unwrap_or_default(),
            consent.join(" "),
            quote.tagged_as.clone(),
        ]
        .map(unformula)
    }

    async fn rows(&self, ids: &[QuoteId]) -> crate::store::Result<Vec<TableRow>> {
        let mut tx = self.koffiekar.store.read().await?;
        quotes::table_rows(&mut tx, &self.sight, ids, self.as_of).await
    }
}

fn written<R, F>(records: impl IntoIterator<Item = R>) -> Result<Vec<u8>, csv::Error>
where
    R: IntoIterator<Item = F>,
    F: AsRef<[u8]>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(record)?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

const CSV_COLUMNS: [&str; 15] = [
    "quote",
    "conversation",
    "recorded_at_utc",
    "round",
    "kind",
    "area",
    "language",
    "verbatim",
    "tag_state",
    "action_lines",
    "themes",
    "suggested_line",
    "suggested_probability",
    "consent",
    "tagged_as",
];

/// Themes by the key of their lines.
type Themes = BTreeMap<String, String>;

fn themes(catalogue: &Catalogue) -> Themes {
    let lines = catalogue.action_lines.iter();
    lines
        .map(|line| (line.key.to_string(), line.theme.to_string()))
        .collect()
}

/// Name and kind of each round.
type Rounds = BTreeMap<RoundId, (String, RoundKind)>;

fn rounds(catalogue: &Catalogue) -> Rounds {
    let rounds = catalogue.rounds.iter();
    rounds
        .map(|round| (round.id, (round.name.clone(), round.kind)))
        .collect()
}

/// A spreadsheet would run a text that begins like a formula; an apostrophe makes it a text again.
fn unformula(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text
    }
}
