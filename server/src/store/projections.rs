//! The rows that are derived from documents: conversations, quotes, their lines and search terms.

use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId};
use koffiekar_sync_core::office::LineStanding;
use sqlx::AssertSqlSafe;

use super::history::History;
use super::{Result, Tx, Value, bind_all, bulk, on, search};
use crate::projection::{Projection, QuoteProjection};

/// Removes the rows of these conversations.
pub(super) async fn remove(tx: &mut Tx, ids: &[ConversationId]) -> Result<()> {
    const OF_QUOTES: [&str; 2] = [
        "delete from quote_search where search_row in
            (select search_row from quotes where conversation in ",
        "delete from quote_lines where quote in (select id from quotes where conversation in ",
    ];
    take_quotes(tx, ids).await?;
    for piece in bulk::pieces(ids) {
        let list = bulk::list(tx, 0, piece.len());
        let statements = OF_QUOTES
            .map(|start| format!("{start}{list})"))
            .into_iter()
            .chain([
                format!("delete from quotes where conversation in {list}"),
                format!("delete from conversations where id in {list}"),
            ]);
        for statement in statements {
            // FTS5 knows its rows by `rowid` alone.
            let statement = match tx {
                Tx::Sqlite(_) => {
                    statement.replace("quote_search where search_row", "quote_search where rowid")
                }
                Tx::Postgres(_) => statement,
            };
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), keys)
                .execute(c).await.map(drop)?);
        }
    }
    Ok(())
}

/// Removes these quotes, whichever conversation they stand in.
pub(super) async fn remove_quotes(tx: &mut Tx, ids: &[QuoteId]) -> Result<()> {
    for piece in bulk::pieces(ids) {
        let list = bulk::list(tx, 0, piece.len());
        let search_row = tx.pick("rowid", "search_row");
        for statement in [
            format!(
                "delete from quote_search where {search_row} in
                    (select search_row from quotes where id in {list})"
            ),
            format!("delete from quote_lines where quote in {list}"),
            format!("delete from quotes where id in {list}"),
        ] {
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), keys)
                .execute(c).await.map(drop)?);
        }
    }
    Ok(())
}

/// Locks the quotes of these conversations in the order of their ids, as the tagger does that puts new
/// suggestions beside them: so that neither waits for the other in a circle.
async fn take_quotes(tx: &mut Tx, ids: &[ConversationId]) -> Result<()> {
    // SQLite has one writer anyway.
    if let Tx::Postgres(_) = tx {
        for piece in bulk::pieces(ids) {
            let list = bulk::list(tx, 0, piece.len());
            let statement = format!(
                "select id from quotes where conversation in {list} order by id for update"
            );
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), keys)
                .execute(c).await.map(drop)?);
        }
    }
    Ok(())
}

/// A projection, and when it is written.
pub(super) type Dated<'a> = (&'a Projection, Millis);

/// Their rows must not be there; what they said before is in the history.
pub(super) async fn insert(
    tx: &mut Tx,
    projections: &[Dated<'_>],
    history: &History,
) -> Result<()> {
    let (mut conversations, mut quotes, mut lines, mut terms) = (vec![], vec![], vec![], vec![]);
    let count = projections.iter().map(|(p, _)| p.quotes.len()).sum();
    let search_rows = search::new_rows(tx, count).await?;
    let mut rows = search_rows.iter().copied();
    for (projection, Millis(now)) in projections {
        conversations.push(conversation_row(projection));
        for quote in &projection.quotes {
            let search_row = rows.next().unwrap_or_default();
            let known_since = history.known_since(quote.id, *now);
            quotes.push(quote_row(projection, quote, search_row, known_since));
            lines.extend(quote.lines.iter().map(|line| {
                let (key, standing) = (line.0.as_str(), line.1.as_str());
                let since = history.since(quote.id, key, standing, *now);
                line_row(quote.id, line, since)
            }));
            terms.push(search::text(tx, &quote.terms));
        }
    }
    let head = "
        insert into conversations (id, round, area, language, recorded_at, clock_doubtful,
            recorded_by, notes, consents)";
    bulk::insert(tx, head, "", conversations).await?;
    let head = "
        insert into quotes (id, conversation, position, round, kind, area, wijk, language,
            recorded_at, month, verbatim, wordings, tag_state, said, for_analysis,
            for_anonymous_publication, for_named_publication, for_follow_up_contact, suggestions,
            best_suggestion, certainty, accepted, search_row, known_since)";
    bulk::insert(tx, head, "", quotes).await?;
    bulk::insert(
        tx,
        "insert into quote_lines (quote, line, standing, since)",
        "",
        lines,
    )
    .await?;
    search::insert(tx, &search_rows, &terms).await
}

/// As [`super::tables::QUOTE_LINES`] has its columns.
pub(super) fn line_row(
    quote: QuoteId,
    (line, standing): &(LineKey, LineStanding),
    since: i64,
) -> Vec<Value> {
    vec![
        Value::bytes(quote.as_bytes()),
        Value::Text(line.to_string()),
        Value::text(standing.as_str()),
        Value::Int(since),
    ]
}

/// As [`super::tables::CONVERSATIONS`] has its columns.
pub(super) fn conversation_row(projection: &Projection) -> Vec<Value> {
    vec![
        Value::bytes(projection.id.as_bytes()),
        Value::bytes(projection.round.as_bytes()),
        Value::maybe_text(projection.area.as_deref()),
        Value::text(&projection.language),
        Value::Int(projection.recorded_at.0),
        Value::Bool(projection.clock_doubtful),
        Value::bytes(projection.recorded_by.as_bytes()),
        Value::text(&projection.notes),
        Value::text(&projection.consents),
    ]
}

/// As [`super::tables::QUOTES`] has its columns.
pub(super) fn quote_row(
    projection: &Projection,
    quote: &QuoteProjection,
    search_row: i64,
    known_since: i64,
) -> Vec<Value> {
    let [analysis, anonymous, named, follow_up] = projection.allowed;
    vec![
        Value::bytes(quote.id.as_bytes()),
        Value::bytes(projection.id.as_bytes()),
        Value::Int(quote.position),
        Value::bytes(projection.round.as_bytes()),
        Value::text(projection.kind.as_str()),
        Value::maybe_text(projection.area.as_deref()),
        Value::maybe_text(projection.wijk.as_deref()),
        Value::text(&quote.language),
        Value::Int(projection.recorded_at.0),
        Value::text(&projection.month),
        Value::text(&quote.verbatim),
        Value::maybe_text(quote.wordings.as_deref()),
        Value::text(quote.tag_state.as_str()),
        Value::text(&quote.said),
        Value::Bool(analysis),
        Value::Bool(anonymous),
        Value::Bool(named),
        Value::Bool(follow_up),
        Value::text(&quote.suggestions),
        Value::maybe_text(quote.best_suggestion.as_deref()),
        quote.certainty.map_or(Value::NoInt, Value::Int),
        Value::Bool(quote.accepted),
        Value::Int(search_row),
        Value::Int(known_since),
    ]
}
