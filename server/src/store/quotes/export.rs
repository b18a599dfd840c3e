//! Quotes as a table has them: many at a time, and no more of each than stands there.

use std::collections::BTreeMap;

use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::TagState;
use serde::Deserialize;
use sqlx::AssertSqlSafe;

use super::Sight;
use crate::store::{Result, StoreError, Tx, Value, bind_all, bulk, on};

/// One quote as a line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    pub id: QuoteId,
    pub conversation: ConversationId,
    pub round: RoundId,
    pub area: Option<String>,
    pub language: String,
    pub recorded_at: Millis,
    pub verbatim: String,
    pub tag_state: TagState,
    pub consent: Vec<Purpose>,
    /// The lines that people named and nobody denied, in the order of their keys, a space between.
    pub lines: String,
    /// The best suggestion: its line and its probability.
    pub suggested: Option<(String, f64)>,
}

type Row = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    Option<String>,
    String,
    i64,
    String,
    String,
    i64,
    Option<String>,
    String,
);

/// What is read of a suggestion; each as [`LineSuggestion`] has it.
///
/// [`LineSuggestion`]: koffiekar_sync_core::office::LineSuggestion
#[derive(Deserialize)]
struct Best {
    line: String,
    probability: f64,
}

/// Those of these quotes that the asker may see, in this order.
pub async fn table_rows(tx: &mut Tx, sight: &Sight, ids: &[QuoteId]) -> Result<Vec<TableRow>> {
    let mut found: BTreeMap<QuoteId, TableRow> = BTreeMap::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select q.id, q.conversation, q.round, q.area, q.language, q.recorded_at,
                q.verbatim, q.tag_state, {}, (select string_agg(l.line, ' ' order by l.line)
                    from quote_lines l
                    where l.quote = q.id and l.standing in ('proposed', 'confirmed')),
                q.suggestions
             from quotes q where q.id in {}",
            super::flags(tx),
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for row in rows {
            let row = table_row(row)?;
            if sight.allows(row.round, &row.consent) {
                found.insert(row.id, row);
            }
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn table_row(row: Row) -> Result<TableRow> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    #[rustfmt::skip]
    let (id, conversation, round, area, language, recorded_at, verbatim, tag_state, flags, lines,
        suggestions) = row;
    // Read here and not by the database: PostgreSQL took five microseconds for it.
    let suggestions: Vec<Best> =
        serde_json::from_str(&suggestions).map_err(|_| corrupt("suggestions"))?;
    let first = suggestions.into_iter().next();
    let mut tag_state = TagState::parse(&tag_state).ok_or_else(|| corrupt("tag state"))?;
    let mut lines = lines.unwrap_or_default();
    if let Some(first) = first.as_ref().filter(|_| super::is_accepted(flags)) {
        tag_state = TagState::Accepted;
        lines.clone_from(&first.line);
    }
    let purposes = Purpose::ALL.into_iter().zip(super::allowed(flags));
    Ok(TableRow {
        id: QuoteId::from_slice(&id)?,
        conversation: ConversationId::from_slice(&conversation)?,
        round: RoundId::from_slice(&round)?,
        area,
        language,
        recorded_at: Millis(recorded_at),
        verbatim,
        tag_state,
        consent: purposes
            .filter(|(_, yes)| *yes)
            .map(|(purpose, _)| purpose)
            .collect(),
        lines,
        suggested: first.map(|best| (best.line, best.probability)),
    })
}
