//! Quotes as a table has them: many at a time, and no more of each than stands there.

use std::collections::BTreeMap;

use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::{LineStanding, TagState};
use serde::Deserialize;
use sqlx::AssertSqlSafe;

use super::Sight;
use crate::crosswalk::{Crosswalk, Stand};
use crate::store::{Result, StoreError, Tx, Value, bind_all, bulk, crosswalk, on};

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
    /// The lines that it counts for, in the order of their keys, a space between.
    pub lines: String,
    /// Those that people named and nobody denied, whatever became of them.
    pub tagged_as: String,
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

/// Those of these quotes that the asker may see, in this order, with their tags as they stood then.
pub async fn table_rows(
    tx: &mut Tx,
    sight: &Sight,
    ids: &[QuoteId],
    as_of: Option<Millis>,
) -> Result<Vec<TableRow>> {
    let crosswalk = crosswalk::read(tx, as_of).await?;
    let mut found: BTreeMap<QuoteId, TableRow> = BTreeMap::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select q.id, q.conversation, q.round, q.area, q.language, q.recorded_at,
                q.verbatim, {},
                (select string_agg(l.line || ' ' || l.standing || ' ' || l.since, ',') from {}),
                q.suggestions
             from quotes q where q.id in {}",
            super::flags(tx),
            super::lines_of("quote = q.id", as_of),
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for row in rows {
            let row = table_row(row, &crosswalk, as_of.is_none())?;
            if sight.allows(row.round, &row.consent) {
                found.insert(row.id, row);
            }
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn table_row(row: Row, crosswalk: &Crosswalk, is_now: bool) -> Result<TableRow> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    #[rustfmt::skip]
    let (id, conversation, round, area, language, recorded_at, verbatim, flags, tags,
        suggestions) = row;
    let tags = tags.iter().flat_map(|tags| tags.split(','));
    let mut said: Vec<Stand> = tags.map(stand).collect::<Result<_>>()?;
    said.sort_by(|one, other| one.line.cmp(&other.line));
    let mut judged = crosswalk.judge(&said);
    // Read here and not by the database: PostgreSQL took five microseconds for it.
    let suggestions: Vec<Best> =
        serde_json::from_str(&suggestions).map_err(|_| corrupt("suggestions"))?;
    let first = suggestions.into_iter().next();
    let accepted = first
        .as_ref()
        .filter(|_| is_now && super::is_accepted(flags));
    if let Some(first) = accepted {
        judged.state = TagState::Accepted;
        judged.lines = vec![(first.line.parse()?, LineStanding::Accepted)];
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
        tag_state: judged.state,
        consent: purposes
            .filter(|(_, yes)| *yes)
            .map(|(purpose, _)| purpose)
            .collect(),
        lines: standing(judged.lines.iter().map(|(line, how)| (line, *how))),
        tagged_as: standing(said.iter().map(|stand| (&stand.line, stand.standing))),
        suggested: first.map(|best| (best.line, best.probability)),
    })
}

/// Line, standing and moment, as they were read.
fn stand(tag: &str) -> Result<Stand> {
    let corrupt = || StoreError::Corrupt("tag in a table".to_owned());
    let mut parts = tag.split(' ');
    let (Some(line), Some(standing), Some(since)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(corrupt());
    };
    super::stand(line, standing, since.parse().map_err(|_| corrupt())?)
}

fn standing<'a>(lines: impl Iterator<Item = (&'a LineKey, LineStanding)>) -> String {
    use LineStanding::{Accepted, Confirmed, Proposed};
    let stands = |how: LineStanding| matches!(how, Proposed | Confirmed | Accepted);
    let lines = lines.filter(|(_, how)| stands(*how));
    let lines: Vec<&str> = lines.map(|(line, _)| line.as_str()).collect();
    lines.join(" ")
}
