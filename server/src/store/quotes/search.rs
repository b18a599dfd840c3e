//! What a filter says in words becomes a query of the full-text index.

use std::collections::HashSet;

use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::office::QuoteFilter;
use koffiekar_tagging::text::{QueryWord, query_terms};

use crate::calendar::Calendar;
use crate::store::{StoreError, Tx, on};

/// A filter that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    #[error("`{0}` is not a date such as 2026-01-31")]
    Date(String),
    #[error(
        "`as_of` must be a day such as 2026-01-31 that is over, or a moment in milliseconds of at least five \
         minutes ago: before that the answer may still change"
    )]
    AsOf,
    #[error(
        "suggestions are not kept: ask for `suggested` without `as_of`, or for tags as of then"
    )]
    SuggestedThen,
    #[error("`after` must be the `next` of the page before")]
    Cursor,
    #[error(
        "search for at most {} words of at most {} characters in all",
        MOST_WORDS,
        MOST_CHARS
    )]
    Text,
    #[error("an answer could not be worked out: {0}")]
    Panic(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const MOST_WORDS: usize = 12;
const MOST_CHARS: usize = 200;

/// The search rows of quotes in which all words occur, each in one of its variants; the last also as the
/// beginning of a word.
pub(crate) async fn found_by(tx: &mut Tx, text: &str) -> Result<HashSet<i64>, FilterError> {
    let words = query_terms(text);
    if words.len() > MOST_WORDS || text.chars().count() > MOST_CHARS {
        return Err(FilterError::Text);
    }
    if words.is_empty() {
        return Ok(HashSet::new());
    }
    let query = query(tx, &words);
    // One text with all numbers: so many rows would take longer to hand over than to find.
    let statement = tx.pick(
        "select group_concat(rowid) from quote_search where quote_search match $1",
        "select string_agg(search_row::text, ',') from quote_search where terms @@ $1::tsquery",
    );
    let (rows,): (Option<String>,) = on!(tx, c => sqlx::query_as(statement)
        .bind(query)
        .fetch_one(c).await.map_err(StoreError::from)?);
    let rows = rows.unwrap_or_default();
    let rows = rows.split(',').filter(|row| !row.is_empty());
    rows.map(|row| {
        row.parse()
            .map_err(|_| StoreError::Corrupt("a row of the full-text index".to_owned()).into())
    })
    .collect()
}

/// Terms are [a-z0-9]+ and so need no escaping in either query language.
fn query(tx: &Tx, words: &[QueryWord]) -> String {
    let (or, and, prefix) = match tx {
        Tx::Sqlite(_) => (" OR ", " AND ", "*"),
        Tx::Postgres(_) => (" | ", " & ", ":*"),
    };
    let words = words.iter().map(|word| {
        let mut variants = word.variants.clone();
        // The stem of another language is shorter than what was typed: `hui` of `huis` begins too much.
        if let Some(typed) = variants.first_mut().filter(|_| word.is_beginning) {
            typed.push_str(prefix);
        }
        format!("({})", variants.join(or))
    });
    words.collect::<Vec<_>>().join(and)
}

/// What was under way at a moment is written or given up by then: nobody waits longer for an answer than
/// two minutes, or for a turn to write than half a one.
pub(crate) const SETTLED: i64 = 300 * Millis::SECOND;

/// The moment that a filter asks about, where it is not now. Of a day it is the last one.
pub(crate) fn as_of(
    filter: &QuoteFilter,
    now: Millis,
    calendar: &Calendar,
) -> Result<Option<Millis>, FilterError> {
    let Some(text) = filter.as_of.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let moment = match calendar.end_of_day(text) {
        Some(end) => Some(end.plus(-1)),
        None => text.parse().ok().map(Millis),
    };
    let moment = moment.filter(|at| (0..=now.0 - SETTLED).contains(&at.0));
    let moment = moment.ok_or(FilterError::AsOf)?;
    match filter.suggested {
        Some(_) => Err(FilterError::SuggestedThen),
        None => Ok(Some(moment)),
    }
}

/// From the first moment of one day until that behind another, where they are given.
pub(crate) fn period(
    from: &Option<String>,
    until: &Option<String>,
    calendar: &Calendar,
) -> Result<Period, FilterError> {
    let moment = |day: &Option<String>, of: fn(&Calendar, &str) -> Option<Millis>| {
        let day = day.as_deref();
        let wrong = |day: &str| FilterError::Date(day.chars().take(20).collect());
        day.map(|day| of(calendar, day).ok_or_else(|| wrong(day)))
            .transpose()
    };
    Ok((
        moment(from, Calendar::start_of_day)?,
        moment(until, Calendar::end_of_day)?,
    ))
}

/// The last one is not included.
type Period = (Option<Millis>, Option<Millis>);
