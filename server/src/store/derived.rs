//! The rows beside documents as they stand: held against those that should stand there, and put right.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId};
use koffiekar_tagging::text::TERMS_VERSION;
use sqlx::AssertSqlSafe;

use super::documents::{self, StoredDocument};
use super::history::History;
use super::projections::{self, Dated, conversation_row, line_row, quote_row};
use super::tables::{CONVERSATIONS, KNOWN_SINCE, QUOTE_LINES, QUOTES, SEARCH_ROW, Table};
use super::{Result, StoreError, Tx, Value, bind_all, bulk, on, search};
use crate::projection::Projection;

/// Documents in the order of their ids, behind this one.
pub async fn documents_after(
    tx: &mut Tx,
    after: Option<ConversationId>,
    rows: u32,
) -> Result<Vec<StoredDocument>> {
    let statement = "select id from documents where id > $1 order by id limit $2";
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let ids: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(after)
        .bind(i64::from(rows))
        .fetch_all(c).await?);
    let ids: Vec<ConversationId> = ids
        .iter()
        .map(|(id,)| Ok(ConversationId::from_slice(id)?))
        .collect::<Result<_>>()?;
    let mut found = documents::find(tx, &ids).await?;
    found.sort_by_key(|document| document.id);
    Ok(found)
}

/// These documents; nobody writes to them until the transaction ends.
pub async fn lock(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<StoredDocument>> {
    if let Tx::Postgres(_) = tx {
        // SQLite has one writer anyway.
        for piece in bulk::pieces(ids) {
            let list = bulk::list(tx, 0, piece.len());
            let statement =
                format!("select id from documents where id in {list} order by id for update");
            let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
            on!(tx, c => bind_all!(
                sqlx::query(AssertSqlSafe(statement)), keys).execute(c).await.map(drop)?);
        }
    }
    documents::find(tx, ids).await
}

type Row = Vec<Value>;

/// What stands beside some documents.
#[derive(Debug)]
pub struct Derived {
    conversations: BTreeMap<ConversationId, Row>,
    quotes: BTreeMap<ConversationId, BTreeMap<QuoteId, Row>>,
    lines: BTreeMap<QuoteId, Vec<Row>>,
}

pub async fn read(tx: &mut Tx, ids: &[ConversationId]) -> Result<Derived> {
    let keys: Vec<Value> = ids.iter().map(|id| Value::bytes(id.as_bytes())).collect();
    let mut derived = Derived {
        conversations: BTreeMap::new(),
        quotes: BTreeMap::new(),
        lines: BTreeMap::new(),
    };
    for row in CONVERSATIONS.find(tx, "id", &keys).await? {
        let id = ConversationId::from_slice(bytes(&CONVERSATIONS, &row, "id")?)?;
        derived.conversations.insert(id, row);
    }
    let mut quotes = Vec::new();
    for row in QUOTES.find(tx, "conversation", &keys).await? {
        let id = QuoteId::from_slice(bytes(&QUOTES, &row, "id")?)?;
        let of = ConversationId::from_slice(bytes(&QUOTES, &row, "conversation")?)?;
        quotes.push(Value::bytes(id.as_bytes()));
        derived.quotes.entry(of).or_default().insert(id, row);
    }
    for row in QUOTE_LINES.find(tx, "quote", &quotes).await? {
        let quote = QuoteId::from_slice(bytes(&QUOTE_LINES, &row, "quote")?)?;
        derived.lines.entry(quote).or_default().push(row);
    }
    Ok(derived)
}

fn value<'a>(table: &Table, row: &'a Row, column: &str) -> Option<&'a Value> {
    row.get(table.place_of(column)?)
}

fn integer(table: &Table, row: &Row, column: &str) -> Result<i64> {
    match value(table, row, column) {
        Some(Value::Int(number)) => Ok(*number),
        _ => Err(StoreError::Corrupt(format!("{}.{column}", table.name))),
    }
}

fn bytes<'a>(table: &Table, row: &'a Row, column: &str) -> Result<&'a [u8]> {
    match value(table, row, column) {
        Some(Value::Bytes(bytes)) => Ok(bytes),
        _ => Err(StoreError::Corrupt(format!("{}.{column}", table.name))),
    }
}

/// Something that is not as it should be, by its id; no words.
pub type Fault = (ConversationId, String);

impl Derived {
    /// JSON, as the tagger wrote it last.
    pub fn suggestions(&self, conversation: ConversationId, quote: QuoteId) -> Option<&str> {
        let row = self.quotes.get(&conversation)?.get(&quote)?;
        match value(&QUOTES, row, "suggestions")? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// In what the rows differ from this. Terms in the full-text index that another version made are not compared.
    pub async fn faults(&self, tx: &mut Tx, projections: &[&Projection]) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        // The number in the full-text index, and what should stand there.
        let mut terms: Vec<(i64, ConversationId, QuoteId, String)> = Vec::new();
        for projection in projections {
            let id = projection.id;
            let mut tell = |what: String| faults.push((id, what));
            match self.conversations.get(&id) {
                None => tell("its row is missing".to_owned()),
                Some(row) => {
                    let differing = differing(&CONVERSATIONS, row, &conversation_row(projection));
                    if !differing.is_empty() {
                        tell(format!("its row differs in {differing}"));
                    }
                }
            }
            let none = BTreeMap::new();
            let rows = self.quotes.get(&id).unwrap_or(&none);
            let derived: BTreeSet<QuoteId> = projection.quotes.iter().map(|q| q.id).collect();
            for quote in rows.keys().filter(|quote| !derived.contains(quote)) {
                tell(format!("it has no quote {quote}, and a row says so"));
            }
            for quote in &projection.quotes {
                let Some(row) = rows.get(&quote.id) else {
                    tell(format!("the row of its quote {} is missing", quote.id));
                    continue;
                };
                let search_row = value(&QUOTES, row, SEARCH_ROW);
                let Some(&Value::Int(search_row)) = search_row else {
                    continue;
                };
                let known_since = integer(&QUOTES, row, KNOWN_SINCE)?;
                let expected = quote_row(projection, quote, search_row, known_since);
                let differing = differing(&QUOTES, row, &expected);
                if !differing.is_empty() {
                    tell(format!("its quote {} differs in {differing}", quote.id));
                }
                // Since when it stands is the server's own word.
                let mut expected: Vec<Row> = quote
                    .lines
                    .iter()
                    .map(|line| line_row(quote.id, line, 0))
                    .collect();
                let mut lines = self.lines.get(&quote.id).cloned().unwrap_or_default();
                for row in &mut lines {
                    row.pop();
                    row.push(Value::Int(0));
                }
                let by_line = |row: &Row| format!("{:?}", row.get(1));
                expected.sort_by_key(by_line);
                lines.sort_by_key(by_line);
                if lines != expected {
                    tell(format!("the action lines of its quote {} differ", quote.id));
                }
                terms.push((search_row, id, quote.id, search::text(tx, &quote.terms)));
            }
        }
        let expected: Vec<(i64, &str)> = terms
            .iter()
            .map(|(row, .., text)| (*row, &**text))
            .collect();
        let wrong = match search::terms_version(tx).await? == TERMS_VERSION {
            true => search::differing(tx, &expected).await?,
            false => BTreeSet::new(),
        };
        let mut seen = BTreeSet::new();
        for (row, id, quote, _) in &terms {
            if wrong.contains(row) || !seen.insert(row) {
                faults.push((*id, format!("the search terms of its quote {quote} differ")));
            }
        }
        Ok(faults)
    }
}

/// The names of the columns, one behind the other.
fn differing(table: &Table, row: &Row, expected: &Row) -> String {
    let columns = table.columns.iter().zip(row.iter().zip(expected));
    let differing = columns.filter(|(_, (one, other))| one != other);
    let names: Vec<&str> = differing.map(|((name, _), _)| *name).collect();
    names.join(", ")
}

/// Puts these rows in the place of what stands there, wherever their quotes stand; and tells servers that
/// keep counts of quotes.
pub async fn put(tx: &mut Tx, projections: &[&Projection]) -> Result<()> {
    let ids: Vec<ConversationId> = projections.iter().map(|p| p.id).collect();
    let quotes: Vec<QuoteId> = projections
        .iter()
        .flat_map(|p| p.quotes.iter().map(|quote| quote.id))
        .collect();
    let history = History::of(tx, &ids).await?.with(tx, &quotes).await?;
    // What is not there any more to be carried along is dated by the receipt of its conversation.
    let stored = documents::find(tx, &ids).await?;
    let received: BTreeMap<ConversationId, Millis> =
        stored.iter().map(|d| (d.id, d.received_at)).collect();
    projections::remove(tx, &ids).await?;
    projections::remove_quotes(tx, &quotes).await?;
    let dated: Vec<Dated<'_>> = projections
        .iter()
        .map(|p| (*p, received.get(&p.id).copied().unwrap_or(Millis(0))))
        .collect();
    projections::insert(tx, &dated, &history).await?;
    let place = super::quotes::next_derived_place(tx).await?;
    for piece in bulk::pieces(&ids) {
        let statement = format!(
            "update quotes set derived_place = {place} where conversation in {}",
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), keys)
            .execute(c).await.map(drop)?);
    }
    Ok(())
}

/// Rows that belong to nothing.
const STRAY: [(&str, &str, &str); 5] = [
    (
        "line_history",
        "line_history where not exists
            (select 1 from quotes q where q.id = line_history.quote)",
        "",
    ),
    (
        "quote_lines",
        "quote_lines where not exists
            (select 1 from quotes q where q.id = quote_lines.quote)",
        "",
    ),
    (
        "quotes",
        "quotes where not exists
            (select 1 from documents d where d.id = quotes.conversation)",
        "",
    ),
    (
        "conversations",
        "conversations where not exists
            (select 1 from documents d where d.id = conversations.id)",
        "",
    ),
    (
        "quote_search",
        "quote_search where not exists
            (select 1 from quotes q where q.search_row = quote_search.rowid)",
        "quote_search where not exists
            (select 1 from quotes q where q.search_row = quote_search.search_row)",
    ),
];

/// How many rows stand beside no document, by their table.
pub async fn stray(tx: &mut Tx) -> Result<Vec<(&'static str, u64)>> {
    let mut found = Vec::new();
    for (table, rows, on_postgres) in STRAY {
        let rows = stray_rows(tx, rows, on_postgres);
        let statement = format!("select count(*) from {rows}");
        let (count,): (i64,) =
            on!(tx, c => sqlx::query_as(AssertSqlSafe(statement)).fetch_one(c).await?);
        if count > 0 {
            found.push((table, count.unsigned_abs()));
        }
    }
    Ok(found)
}

/// Takes them away; how many there were.
pub async fn remove_stray(tx: &mut Tx) -> Result<u64> {
    let mut removed = 0;
    for (_, rows, on_postgres) in STRAY {
        let rows = stray_rows(tx, rows, on_postgres);
        let statement = format!("delete from {rows}");
        removed += on!(tx, c => sqlx::query(AssertSqlSafe(statement))
            .execute(c).await?.rows_affected());
    }
    Ok(removed)
}

fn stray_rows(tx: &Tx, rows: &'static str, on_postgres: &'static str) -> &'static str {
    match tx {
        Tx::Postgres(_) if !on_postgres.is_empty() => on_postgres,
        _ => rows,
    }
}
