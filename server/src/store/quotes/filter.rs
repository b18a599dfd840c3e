//! A filter becomes one condition on `quotes q`.

use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{Millis, QuoteId};
use koffiekar_sync_core::office::QuoteFilter;
use koffiekar_tagging::text::query_terms;

use super::{STANDS, Sight};
use crate::projection::start_of_day;
use crate::store::{StoreError, Tx, Value};

/// A filter that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    #[error("`{0}` is not a date such as 2026-01-31")]
    Date(String),
    #[error("`after` must be the `next` of the page before")]
    Cursor,
    #[error(
        "search for at most {} words of at most {} characters in all",
        MOST_WORDS,
        MOST_CHARS
    )]
    Text,
    #[error("`{0}` holds the null character")]
    Character(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const MOST_WORDS: usize = 12;
const MOST_CHARS: usize = 200;

/// A condition in SQL and the values of its placeholders.
pub(super) struct Condition {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Condition {
    pub(super) fn of(
        tx: &Tx,
        sight: &Sight,
        filter: &QuoteFilter,
    ) -> Result<Condition, FilterError> {
        let mut condition = Condition {
            parts: Vec::new(),
            values: Vec::new(),
        };
        condition.sight(sight);
        if let Some(line) = &filter.action_line {
            let line = condition.bind(Value::text(line.as_str()));
            condition.parts.push(format!(
                "exists (select 1 from quote_lines f where f.quote = q.id and f.line = {line}
                    and f.standing in {STANDS})"
            ));
        }
        if let Some(theme) = &filter.theme {
            let theme = condition.bind(Value::text(theme.as_str()));
            condition.parts.push(format!(
                "exists (select 1 from quote_lines f join action_lines fa on fa.key = f.line
                    where f.quote = q.id and fa.theme = {theme} and f.standing in {STANDS})"
            ));
        }
        if let Some(suggested) = &filter.suggested {
            let line = condition.bind(Value::text(suggested.as_str()));
            condition.parts.push(format!("q.best_suggestion = {line}"));
        }
        if let Some(area) = &filter.area {
            let code = condition.bind(free_text("area", area)?);
            condition.parts.push(format!(
                "(q.area = {code} or q.wijk = {code} or exists
                    (select 1 from areas d where d.code = {code} and d.level = 'district'
                        and q.area is not null))"
            ));
        }
        if let Some(round) = &filter.round {
            let round = condition.bind(Value::bytes(round.as_bytes()));
            condition.parts.push(format!("q.round = {round}"));
        }
        if let Some(kind) = filter.kind {
            let kind = condition.bind(Value::text(kind.as_str()));
            condition.parts.push(format!("q.kind = {kind}"));
        }
        if let Some(language) = &filter.language {
            let language = condition.bind(free_text("language", language)?);
            condition.parts.push(format!("q.language = {language}"));
        }
        if let Some(from) = &filter.from {
            let from = condition.bind(Value::Int(day(from)?.0));
            condition.parts.push(format!("q.recorded_at >= {from}"));
        }
        if let Some(until) = &filter.until {
            let end = day(until)?.plus(Millis::DAY);
            let end = condition.bind(Value::Int(end.0));
            condition.parts.push(format!("q.recorded_at < {end}"));
        }
        if let Some(state) = filter.tag_state {
            let state = condition.bind(Value::text(state.as_str()));
            condition.parts.push(format!("q.tag_state = {state}"));
        }
        if let Some(purpose) = filter.consent {
            condition.parts.push(format!("q.{}", column(purpose)));
        }
        match filter.conflict {
            Some(true) => condition.parts.push("q.wordings is not null".to_owned()),
            Some(false) => condition.parts.push("q.wordings is null".to_owned()),
            None => {}
        }
        if let Some(text) = filter
            .text
            .as_deref()
            .filter(|text| !text.trim().is_empty())
        {
            condition.text(tx, text)?;
        }
        Ok(condition)
    }

    /// Whose rounds, and which purposes: always there.
    fn sight(&mut self, sight: &Sight) {
        let rounds: Vec<String> = sight
            .rounds
            .iter()
            .map(|round| self.bind(Value::bytes(round.as_bytes())))
            .collect();
        let purposes: Vec<String> = sight
            .purposes
            .iter()
            .map(|purpose| format!("q.{}", column(*purpose)))
            .collect();
        if rounds.is_empty() || purposes.is_empty() {
            self.parts.push("1 = 0".to_owned());
            return;
        }
        self.parts
            .push(format!("q.round in ({})", rounds.join(", ")));
        self.parts.push(format!("({})", purposes.join(" or ")));
    }

    /// All words must occur, each in one of its variants; the last also as the beginning of a word.
    fn text(&mut self, tx: &Tx, text: &str) -> Result<(), FilterError> {
        let words = query_terms(text);
        if words.len() > MOST_WORDS || text.chars().count() > MOST_CHARS {
            return Err(FilterError::Text);
        }
        if words.is_empty() {
            self.parts.push("1 = 0".to_owned());
            return Ok(());
        }
        // Terms are [a-z0-9]+ and so need no escaping in either query language.
        let (or, and, prefix) = match tx {
            Tx::Sqlite(_) => (" OR ", " AND ", "*"),
            Tx::Postgres(_) => (" | ", " & ", ":*"),
        };
        let last = words.len() - 1;
        let query: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(place, variants)| {
                let star = if place == last { prefix } else { "" };
                let variants: Vec<String> = variants
                    .iter()
                    .map(|variant| format!("{variant}{star}"))
                    .collect();
                format!("({})", variants.join(or))
            })
            .collect();
        let query = self.bind(Value::Text(query.join(and)));
        self.parts.push(match tx {
            Tx::Sqlite(_) => format!(
                "q.search_row in (select rowid from quote_search where quote_search match {query})"
            ),
            Tx::Postgres(_) => format!(
                "q.search_row in
                    (select search_row from quote_search where terms @@ {query}::tsquery)"
            ),
        });
        Ok(())
    }

    /// Only what comes behind this place, in the order of the pages.
    pub(super) fn after(&mut self, cursor: &str) -> Result<(), FilterError> {
        let (at, id) = cursor.split_once('-').ok_or(FilterError::Cursor)?;
        let at: i64 = at.parse().map_err(|_| FilterError::Cursor)?;
        let id: QuoteId = id.parse().map_err(|_| FilterError::Cursor)?;
        let at = self.bind(Value::Int(at));
        let id = self.bind(Value::bytes(id.as_bytes()));
        self.parts.push(format!(
            "(q.recorded_at < {at} or (q.recorded_at = {at} and q.id < {id}))"
        ));
        Ok(())
    }

    pub(super) fn sql(&self) -> String {
        self.parts.join(" and ")
    }

    pub(super) fn values(&self) -> Vec<Value> {
        self.values.clone()
    }

    pub(super) fn push(&mut self, part: &str) {
        self.parts.push(part.to_owned());
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// PostgreSQL takes every character but one.
fn free_text(name: &'static str, text: &str) -> Result<Value, FilterError> {
    if text.contains('\0') {
        Err(FilterError::Character(name))
    } else {
        Ok(Value::text(text))
    }
}

/// The place behind this quote.
pub(super) fn cursor(at: Millis, id: QuoteId) -> String {
    format!("{}-{}", at.0, id.key())
}

pub(super) fn column(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Analysis => "for_analysis",
        Purpose::AnonymousPublication => "for_anonymous_publication",
        Purpose::NamedPublication => "for_named_publication",
        Purpose::FollowUpContact => "for_follow_up_contact",
    }
}

fn day(date: &str) -> Result<Millis, FilterError> {
    start_of_day(date).ok_or_else(|| FilterError::Date(date.chars().take(20).collect()))
}
