//! Reading and counting quotes. What consent does not allow is not there.

use axum::extract::State;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::conversation::{Document, SettledReading, WrittenReading};
use koffiekar_sync_core::ids::{DeviceNumber, Millis, QuoteId};
use koffiekar_sync_core::office::{
    Counts, Dimension, QuoteDetail, QuoteFilter, QuotePage, QuoteRow, Reading, Role, Settled,
    TagSaid,
};
use serde_json::{Map, Value};

use crate::Koffiekar;
use crate::asking::facets::Question;
use crate::calendar::Calendar;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::quotes::{self, FilterError, Sight};
use crate::store::{Tx, accounts, audit, devices, documents};
use crate::web::caller::Caller;
use crate::web::extract::{Asked, Json, Path};
use crate::web::readings::ReadingEntry;

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

/// The moment that a filter asks about, where it is not now: a day ends by the time zone of the programme.
pub(super) async fn moment(
    koffiekar: &Koffiekar,
    filter: &QuoteFilter,
) -> Result<Option<Millis>, ApiError> {
    if filter.as_of.is_none() {
        return Ok(None);
    }
    let mut tx = koffiekar.store.read().await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let calendar = Calendar::of(&catalogue.programme);
    Ok(quotes::as_of(filter, koffiekar.clock.now(), &calendar)?)
}

/// `GET` and `POST /api/v1/quotes`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Asked(filter): Asked<QuoteFilter>,
) -> Result<Json<QuotePage>, ApiError> {
    caller.may(Action::ReadQuotes)?;
    let sight = sight(&caller);
    let as_of = moment(&koffiekar, &filter).await?;
    let _turn = koffiekar.shares.ask(caller.user, as_of).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, as_of).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let question = Question {
        sight: &sight,
        filter: &filter,
        catalogue: &catalogue,
        as_of,
    };
    let page = koffiekar.facets.page(&mut tx, question).await?;
    drop(tx);
    let reading = ReadingEntry {
        action: "read quotes",
        object: "all",
        filter: Some(&filter),
        rows: page.total,
        each_time: false,
    };
    koffiekar.note_reading(&caller, reading).await?;
    Ok(Json(page))
}

/// The dimensions stand beside the filters in the query string.
pub(super) struct By {
    pub(super) rows: Dimension,
    pub(super) columns: Option<Dimension>,
}

impl By {
    /// Takes them out of the query.
    pub(super) fn take(parameters: &mut Map<String, Value>) -> Result<By, ApiError> {
        let mut take = |name: &str| {
            let value = parameters.remove(name)?;
            value.as_str().map(str::to_owned)
        };
        let (rows, columns) = (take("rows"), take("columns"));
        let rows = rows.ok_or_else(|| dimension_missing("rows"))?;
        let columns = columns.filter(|name| !name.is_empty());
        Ok(By {
            rows: dimension(&rows)?,
            columns: columns.as_deref().map(dimension).transpose()?,
        })
    }
}

/// `GET` and `POST /api/v1/quotes/counts?rows=theme&columns=kind`
pub async fn counts(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Asked(mut parameters): Asked<Map<String, Value>>,
) -> Result<Json<Counts>, ApiError> {
    caller.may(Action::Aggregate)?;
    let By { rows, columns } = By::take(&mut parameters)?;
    let filter = filter_of(parameters)?;
    let as_of = moment(&koffiekar, &filter).await?;
    let _turn = koffiekar.shares.ask(caller.user, as_of).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, as_of).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let question = Question {
        sight: &sight(&caller),
        filter: &filter,
        catalogue: &catalogue,
        as_of,
    };
    let counts = koffiekar.facets.count_by(&mut tx, question, rows, columns);
    Ok(Json(counts.await?))
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
    let (readings, mut settled) = authors(&mut tx, &quote, koffiekar.clock.now()).await?;
    if let Some(settled) = settled.as_mut()
        && caller.may(Action::SettleWording).is_err()
    {
        // Words that do not stand any more are for who decides about them.
        settled.from.clear();
    }
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
    drop(tx);
    let reading = ReadingEntry {
        action: "read quote",
        object: &id.to_string(),
        filter: None,
        rows: 1 + others.len() as u64,
        each_time: false,
    };
    koffiekar.note_reading(&caller, reading).await?;
    Ok(Json(QuoteDetail {
        quote,
        notes,
        recorded_by,
        others,
        said,
        readings,
        settled,
    }))
}

/// Who wrote the readings that stand side by side, or who settled which one stands.
async fn authors(
    tx: &mut Tx,
    quote: &QuoteRow,
    now: Millis,
) -> Result<(Vec<Reading>, Option<Settled>), ApiError> {
    let Some(stored) = documents::find(tx, &[quote.conversation]).await?.pop() else {
        return Ok((Vec::new(), None));
    };
    let document = Document::load(&stored.bytes).map_err(ApiError::internal)?;
    let history = document.wording_history(quote.id);
    let history = history.map_err(ApiError::internal)?;
    let mut readings = Vec::new();
    // Beside the row that is shown, not instead of it.
    if quote.wordings.len() > 1 {
        for verbatim in &quote.wordings {
            let mut all = history.readings.iter();
            readings.push(match all.find(|one| one.verbatim == *verbatim) {
                Some(written) => reading(tx, quote.id, written, now).await?,
                None => Reading {
                    verbatim: verbatim.clone(),
                    by: None,
                    at: None,
                },
            });
        }
        return Ok((readings, None));
    }
    let Some(SettledReading { chosen, from }) = history.settled else {
        return Ok((readings, None));
    };
    for written in &from {
        readings.push(reading(tx, quote.id, written, now).await?);
    }
    let Reading { by, at, .. } = reading(tx, quote.id, &chosen, now).await?;
    let from = readings;
    Ok((Vec::new(), Some(Settled { by, at, from })))
}

async fn reading(
    tx: &mut Tx,
    quote: QuoteId,
    written: &WrittenReading,
    now: Millis,
) -> Result<Reading, ApiError> {
    let by = match written.device {
        // The change is the server's; the log knows for whom.
        Some(DeviceNumber::SERVER) => {
            let by = audit::who_settled(tx, quote, written.at.plus(Millis::SECOND)).await?;
            match by {
                Some(user) => accounts::find(tx, user).await?.map(|account| account.name),
                None => None,
            }
        }
        Some(device) => devices::find(tx, device)
            .await?
            .map(|device| device.user.name),
        None => None,
    };
    Ok(Reading {
        verbatim: written.verbatim.clone(),
        by,
        at: Some(written.at).filter(|at| (Millis(1)..=now).contains(at)),
    })
}

pub(super) fn filter_of(parameters: Map<String, Value>) -> Result<QuoteFilter, ApiError> {
    let mut parameters = parameters;
    // A query string knows texts only. What is no such value stays a text, and is refused as one.
    for name in ["conflict", "limit"] {
        if let Some(value) = parameters.get_mut(name)
            && let Some(plain) = value.as_str().and_then(|text| text.parse().ok())
        {
            *value = plain;
        }
    }
    serde_json::from_value(Value::Object(parameters)).map_err(|error| {
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
            panic @ FilterError::Panic(_) => ApiError::internal(panic),
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
