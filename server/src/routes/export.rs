//! All quotes that match, as a table for a spreadsheet.
//!
//! Read and sent piece by piece: a million of them take no more memory than a few thousand, but for their
//! ids. Each piece is read when its turn comes, so what was erased or withdrawn meanwhile is not in it. A client
//! that does not read is waited for without a connection to the database, and only for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use koffiekar_sync_core::catalogue::{Catalogue, RoundKind};
use koffiekar_sync_core::ids::{Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::QuoteFilter;
use tracing::Instrument;

use super::quotes::sight;
use crate::Koffiekar;
use crate::bounds::ExportShare;
use crate::caller::Caller;
use crate::extract::Query;
use crate::facets::Question;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::quotes::{self, Sight, TableRow};

/// Quotes that are read at a time.
const PIECE: usize = 1_000;
/// Pieces that are made, at most, before they can be sent.
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
    let share = koffiekar.shares.export(caller.user)?;
    let turn = koffiekar.shares.ask(caller.user, as_of).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, as_of).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let question = Question {
        sight: &sight,
        filter: &filter,
        catalogue: &catalogue,
        as_of,
    };
    let ids = koffiekar.facets.all(&mut tx, question).await?;
    drop(tx);
    drop(turn);

    let table = Arc::new(Table {
        koffiekar,
        sight,
        themes: themes(&catalogue),
        rounds: rounds(&catalogue),
        ids,
        as_of,
        _share: share,
    });
    let starts = (0..table.ids.len()).step_by(PIECE);
    let pieces = stream::iter(starts.collect::<Vec<_>>())
        .map(move |start| read_whole(table.clone().piece(start)))
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

/// A piece is read to its end whether or not the client takes what was sent before: it keeps no connection
/// to the database for somebody who does not read.
fn read_whole(
    piece: impl Future<Output = Result<Vec<u8>, csv::Error>> + Send + 'static,
) -> impl Future<Output = Result<Vec<u8>, csv::Error>> {
    let reading = tokio::spawn(piece.in_current_span());
    async {
        reading
            .await
            .unwrap_or_else(|panic| Err(std::io::Error::other(panic).into()))
    }
}

struct Table {
    koffiekar: Koffiekar,
    sight: Sight,
    themes: Themes,
    rounds: Rounds,
    ids: Vec<QuoteId>,
    as_of: Option<Millis>,
    /// Until the last of it was sent.
    _share: ExportShare,
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
        let koffiekar = &self.koffiekar;
        let _turn = koffiekar.shares.read_piece().await;
        let mut tx = koffiekar.store.read().await?;
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
