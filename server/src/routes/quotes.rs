//! Reading, counting and exporting quotes. What consent does not allow is not there.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::QuoteId;
use koffiekar_sync_core::office::{
    Counts, Dimension, QuoteDetail, QuoteFilter, QuotePage, QuoteRow, Role, TagSaid,
};
use serde::Deserialize;

use crate::Koffiekar;
use crate::caller::Caller;
use crate::extract::{Json, Path, Query};
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::quotes::{self, FilterError, Sight};
use crate::store::{Tx, accounts, catalogue, documents};

/// What a caller may see: the rounds they are a member of, and for an analyst only what residents
/// gave for analysis; an editor also sees what they gave for publication.
pub(super) fn sight(caller: &Caller) -> Sight {
    let purposes = match caller.role {
        Role::Editor => {
            vec![
                Purpose::Analysis,
                Purpose::AnonymousPublication,
                Purpose::NamedPublication,
            ]
        }
        Role::Analyst => vec![Purpose::Analysis],
        Role::Field | Role::Administrator => Vec::new(),
    };
    Sight {
        rounds: caller.rounds.clone(),
        purposes,
    }
}

/// `GET /api/v1/quotes`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(filter): Query<QuoteFilter>,
) -> Result<Json<QuotePage>, ApiError> {
    caller.may(Action::ReadQuotes)?;
    let mut tx = koffiekar.store.read().await?;
    Ok(Json(quotes::page(&mut tx, &sight(&caller), &filter).await?))
}

/// The dimensions stand beside the filters in the query string.
#[derive(Debug, Deserialize)]
struct By {
    rows: String,
    columns: Option<String>,
}

/// `GET /api/v1/quotes/counts?rows=theme&columns=kind`
pub async fn counts(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(mut parameters): Query<serde_json::Map<String, serde_json::Value>>,
) -> Result<Json<Counts>, ApiError> {
    caller.may(Action::Aggregate)?;
    let mut take = |name: &str| {
        parameters
            .remove(name)
            .and_then(|v| v.as_str().map(str::to_owned))
    };
    let by = By {
        rows: take("rows").ok_or_else(|| dimension_missing("rows"))?,
        columns: take("columns").filter(|name| !name.is_empty()),
    };
    let filter: QuoteFilter = filter_of(parameters)?;
    let rows = dimension(&by.rows)?;
    let columns = by.columns.as_deref().map(dimension).transpose()?;
    let mut tx = koffiekar.store.read().await?;
    let catalogue = catalogue::read(&mut tx).await?;
    let counts =
        quotes::count_by(&mut tx, &sight(&caller), &filter, rows, columns, &catalogue).await?;
    Ok(Json(counts))
}

/// `GET /api/v1/quotes/{quote}`
pub async fn detail(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<QuoteId>,
) -> Result<Json<QuoteDetail>, ApiError> {
    caller.may(Action::ReadQuotes)?;
    let sight = sight(&caller);
    let mut tx = koffiekar.store.read().await?;
    let quote = quotes::find(&mut tx, &sight, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let mut others = quotes::of_conversation(&mut tx, &sight, quote.conversation).await?;
    others.retain(|other| other.id != id);
    let found = documents::notes(&mut tx, quote.conversation).await?;
    let (notes, recorded_by) = found.unwrap_or_default();
    let mut said = Vec::new();
    for one in quotes::said(&mut tx, id).await? {
        let by = accounts::find(&mut tx, one.by)
            .await?
            .map(|account| account.name);
        said.push(TagSaid {
            line: one.line,
            by: by.unwrap_or_default(),
            stance: one.stance,
            at: one.at,
        });
    }
    Ok(Json(QuoteDetail {
        quote,
        notes,
        recorded_by,
        others,
        said,
    }))
}

/// Rows of the export that are read at a time.
const CSV_PAGE: u32 = 200;

/// `GET /api/v1/quotes.csv`: the same quotes as the list, all of them.
pub async fn csv(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(mut filter): Query<QuoteFilter>,
) -> Result<Response, ApiError> {
    caller.may(Action::ReadQuotes)?;
    let sight = sight(&caller);
    let mut tx = koffiekar.store.read().await?;
    let catalogue = catalogue::read(&mut tx).await?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(CSV_COLUMNS)
        .map_err(ApiError::internal)?;
    filter.limit = Some(CSV_PAGE);
    loop {
        let (quotes, next) = quotes::rows(&mut tx, &sight, &filter).await?;
        for quote in &quotes {
            writer
                .write_record(csv_record(quote, &catalogue))
                .map_err(ApiError::internal)?;
        }
        match next {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| ApiError::internal(e.to_string()))?;
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
    Ok((headers, bytes).into_response())
}

const CSV_COLUMNS: [&str; 14] = [
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
];

fn csv_record(quote: &QuoteRow, catalogue: &Catalogue) -> [String; 14] {
    let standing: Vec<&str> = quote
        .tags
        .iter()
        .filter(|tag| matches!(tag.standing.as_str(), "proposed" | "confirmed"))
        .map(|tag| tag.line.as_str())
        .collect();
    let mut themes: Vec<&str> = standing
        .iter()
        .filter_map(|key| {
            catalogue
                .action_lines
                .iter()
                .find(|line| line.key.as_str() == *key)
        })
        .map(|line| line.theme.as_str())
        .collect();
    themes.sort_unstable();
    themes.dedup();
    let best = quote.suggestions.first();
    let consent: Vec<&str> = quote
        .consent
        .iter()
        .map(|purpose| purpose.as_str())
        .collect();
    [
        quote.id.to_string(),
        quote.conversation.to_string(),
        crate::projection::timestamp(quote.recorded_at),
        quote.round_name.clone(),
        quote.kind.as_str().to_owned(),
        quote.area.clone().unwrap_or_default(),
        quote.language.clone(),
        quote.verbatim.clone(),
        quote.tag_state.as_str().to_owned(),
        standing.join(" "),
        themes.join(" "),
        best.map(|best| best.line.to_string()).unwrap_or_default(),
        best.map(|best| best.probability.to_string())
            .unwrap_or_default(),
        consent.join(" "),
    ]
    .map(unformula)
}

/// A spreadsheet would run a text that begins like a formula; an apostrophe makes it a text again.
fn unformula(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text
    }
}

fn filter_of(
    parameters: serde_json::Map<String, serde_json::Value>,
) -> Result<QuoteFilter, ApiError> {
    let mut parameters = parameters;
    // A query string knows texts only. What is no such value stays a text, and is refused as one.
    for name in ["conflict", "limit"] {
        if let Some(value) = parameters.get_mut(name)
            && let Some(plain) = value.as_str().and_then(|text| text.parse().ok())
        {
            *value = plain;
        }
    }
    serde_json::from_value(serde_json::Value::Object(parameters)).map_err(|error| {
        ApiError::invalid(
            format!("Een filter is niet wat het moet zijn ({error}). Verbeter het adres."),
            format!("A filter is not what it should be: {error}. Correct the address."),
        )
    })
}

fn dimension(name: &str) -> Result<Dimension, ApiError> {
    Dimension::parse(name).ok_or_else(|| dimension_missing(name))
}

fn dimension_missing(name: &str) -> ApiError {
    let known = Dimension::ALL.map(Dimension::as_str).join(", ");
    let name: String = name.chars().take(30).collect();
    ApiError::invalid(
        format!("Tel op {known}; `{name}` past daar niet bij."),
        format!("Count by {known}; `{name}` is none of these."),
    )
}

impl From<FilterError> for ApiError {
    fn from(error: FilterError) -> Self {
        match error {
            FilterError::Store(error) => error.into(),
            other => ApiError::invalid(
                format!("Het filter is niet geldig ({other}). Verbeter het en probeer opnieuw."),
                format!("The filter is not valid: {other}. Correct it and try again."),
            ),
        }
    }
}

/// Whether the caller may see this quote; a quote that is out of sight does not exist for them.
pub(super) async fn in_sight(
    tx: &mut Tx,
    caller: &Caller,
    id: QuoteId,
) -> Result<QuoteRow, ApiError> {
    quotes::find(tx, &sight(caller), id)
        .await?
        .ok_or_else(ApiError::not_found)
}
