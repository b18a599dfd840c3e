//! Since when quotes are known and what people say of them stands: the server's word, by its own clock. It
//! follows from no document, and is carried along when rows are derived again.
//!
//! What no longer stands goes to `line_history` with the moment at which it ended, so that a question about
//! the past has the same answer for ever. Erasure takes it from there as well.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId};
use koffiekar_sync_core::office::LineStanding;
use sqlx::AssertSqlSafe;

use super::projections::Dated;
use super::{Result, Tx, Value, bind_all, bulk, on};

/// What the tagger may learn from, as it stands: quote, words, language, line and standing.
type Lessons = BTreeSet<(Vec<u8>, String, String, String, String)>;

/// What some quotes' rows said before they are written anew.
#[derive(Debug, Default)]
pub(super) struct History {
    lessons: Lessons,
    quotes: BTreeMap<Vec<u8>, i64>,
    /// By quote and line: the standing, and since when.
    lines: BTreeMap<Vec<u8>, BTreeMap<String, (String, i64)>>,
}

impl History {
    /// Of the quotes of these conversations.
    pub(super) async fn of(tx: &mut Tx, ids: &[ConversationId]) -> Result<History> {
        let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
        let mut history = History::default();
        history.read(tx, "conversation", &ids).await?;
        Ok(history)
    }

    /// And of these, wherever they stand.
    pub(super) async fn with(mut self, tx: &mut Tx, quotes: &[QuoteId]) -> Result<History> {
        let ids: Vec<&[u8]> = quotes.iter().map(|id| id.as_bytes().as_slice()).collect();
        self.read(tx, "id", &ids).await?;
        Ok(self)
    }

    pub(super) fn and(mut self, other: History) -> History {
        self.lessons.extend(other.lessons);
        self.quotes.extend(other.quotes);
        self.lines.extend(other.lines);
        self
    }

    async fn read(&mut self, tx: &mut Tx, column: &str, ids: &[&[u8]]) -> Result<()> {
        type Row = (
            Vec<u8>,
            i64,
            String,
            String,
            bool,
            Option<String>,
            Option<String>,
            Option<i64>,
        );
        for piece in bulk::pieces(ids) {
            let statement = format!(
                "select q.id, q.known_since, q.verbatim, q.language, q.for_analysis,
                    l.line, l.standing, l.since
                 from quotes q left join quote_lines l on l.quote = q.id where q.{column} in {}",
                bulk::list(tx, 0, piece.len())
            );
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id)).collect();
            let rows: Vec<Row> = on!(tx, c => bind_all!(
                sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
            for (quote, known_since, verbatim, language, teaches, line, standing, since) in rows {
                if let (Some(line), Some(standing), Some(since)) = (line, standing, since) {
                    if teaches && is_decided(&standing) {
                        let (line, standing) = (line.clone(), standing.clone());
                        let lesson = (quote.clone(), verbatim, language, line, standing);
                        self.lessons.insert(lesson);
                    }
                    let lines = self.lines.entry(quote.clone()).or_default();
                    lines.insert(line, (standing, since));
                }
                self.quotes.insert(quote, known_since);
            }
        }
        Ok(())
    }

    /// `now` where it was not there before.
    pub(super) fn known_since(&self, quote: QuoteId, now: i64) -> i64 {
        let known = self.quotes.get(quote.as_bytes().as_slice());
        known.copied().unwrap_or(now)
    }

    /// `now` where something else stood there before, or nothing.
    pub(super) fn since(&self, quote: QuoteId, line: &str, standing: &str, now: i64) -> i64 {
        let stood = self.lines.get(quote.as_bytes().as_slice());
        let stood = stood.and_then(|lines| lines.get(line));
        match stood {
            Some((before, since)) if before == standing => *since,
            _ => now,
        }
    }

    /// Whether these teach the tagger anything else.
    pub(super) fn teaches_otherwise(&self, projections: &[Dated<'_>]) -> bool {
        let allowed = |(projection, _): &&Dated<'_>| {
            let mut purposes = Purpose::ALL.into_iter().zip(projection.allowed);
            purposes.any(|(purpose, yes)| purpose == Purpose::Analysis && yes)
        };
        let quotes = projections.iter().filter(allowed);
        let quotes = quotes.flat_map(|(projection, _)| &projection.quotes);
        let lessons = quotes.flat_map(|quote| {
            let lines = quote.lines.iter();
            let decided = lines.filter(|(_, standing)| is_decided(standing.as_str()));
            decided.map(|(line, standing)| {
                (
                    quote.id.as_bytes().to_vec(),
                    quote.verbatim.clone(),
                    quote.language.clone(),
                    line.to_string(),
                    standing.as_str().to_owned(),
                )
            })
        });
        lessons.collect::<Lessons>() != self.lessons
    }

    /// Writes down what stood of these quotes and stands no longer.
    pub(super) async fn close(&self, tx: &mut Tx, projections: &[Dated<'_>]) -> Result<()> {
        let mut rows = Vec::new();
        for (projection, Millis(now)) in projections {
            for quote in &projection.quotes {
                let Some(stood) = self.lines.get(quote.id.as_bytes().as_slice()) else {
                    continue;
                };
                let stands: BTreeSet<(&str, &str)> = quote
                    .lines
                    .iter()
                    .map(|(line, standing)| (line.as_str(), standing.as_str()))
                    .collect();
                for (line, (standing, since)) in stood {
                    if since <= now && !stands.contains(&(line.as_str(), standing.as_str())) {
                        rows.push(vec![
                            Value::bytes(quote.id.as_bytes()),
                            Value::text(line),
                            Value::text(standing),
                            Value::Int(*since),
                            Value::Int(*now),
                        ]);
                    }
                }
            }
        }
        let head = "insert into line_history (quote, line, standing, since, until)";
        // What stood for no time gives way to what came of it within the same millisecond.
        let tail = "
            on conflict (quote, line, since) do update
            set standing = excluded.standing, until = excluded.until";
        bulk::insert(tx, head, tail, rows).await
    }
}

/// An editor spoke; what field workers propose teaches nothing.
fn is_decided(standing: &str) -> bool {
    standing != LineStanding::Proposed.as_str()
}

/// Nothing is left of what was said of these.
pub(super) async fn forget(tx: &mut Tx, quotes: &[QuoteId]) -> Result<()> {
    for piece in bulk::pieces(quotes) {
        let list = bulk::list(tx, 0, piece.len());
        let statement = format!("delete from line_history where quote in {list}");
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), keys)
            .execute(c).await.map(drop)?);
    }
    Ok(())
}
