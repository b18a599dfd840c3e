//! The full-text index: the terms of each quote, under a number of its own.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;

use super::{Result, Tx, Value, bind_all, bulk, on};
use crate::projection::{json, terms_of};

/// As the full-text index of this engine takes them.
pub(crate) fn text(tx: &Tx, terms: &[String]) -> String {
    match tx {
        Tx::Sqlite(_) => terms.join(" "),
        Tx::Postgres(_) => tsvector(terms),
    }
}

/// Rows and what stands in them, as [`text`] has it; the rows follow each other.
pub(crate) async fn insert(tx: &mut Tx, rows: &[i64], terms: &[String]) -> Result<()> {
    match tx {
        Tx::Sqlite(_) => insert_terms(tx, rows, terms).await,
        Tx::Postgres(_) => insert_tsvectors(tx, rows, terms).await,
    }
}

/// All with one statement: FTS5 writes out what it gathered before the next one. The rows follow each
/// other.
async fn insert_terms(tx: &mut Tx, rows: &[i64], terms: &[String]) -> Result<()> {
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let statement = "
        insert into quote_search (rowid, terms) select $1 + key, value from json_each($2)";
    on!(tx, c => sqlx::query(statement)
        .bind(first)
        .bind(json(&terms))
        .execute(c).await.map(drop)?);
    Ok(())
}

/// So many numbers that no row of the full-text index has, each behind the one before: FTS5 gathers
/// rows in memory as long as they come in order.
pub(super) async fn new_rows(tx: &mut Tx, count: usize) -> Result<Vec<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(match tx {
        Tx::Sqlite(_) => {
            // There is one writer, and it is in this transaction.
            let statement = "select coalesce(max(search_row), 0) from quotes";
            let (last,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
            (last + 1..=last + count).collect()
        }
        Tx::Postgres(_) => {
            let statement = "select nextval('quote_search_rows') from generate_series(1, $1)";
            let rows: Vec<(i64,)> =
                on!(tx, c => sqlx::query_as(statement).bind(count).fetch_all(c).await?);
            rows.into_iter().map(|(row,)| row).collect()
        }
    })
}

/// A text parameter becomes a tsvector only where the statement says so.
async fn insert_tsvectors(tx: &mut Tx, rows: &[i64], terms: &[String]) -> Result<()> {
    let rows: Vec<(i64, &String)> = rows.iter().copied().zip(terms).collect();
    for piece in bulk::groups(&rows) {
        let tuples: Vec<String> = (0..piece.len())
            .map(|i| format!("(${}, ${}::tsvector)", 2 * i + 1, 2 * i + 2))
            .collect();
        let statement = format!(
            "insert into quote_search (search_row, terms) values {}",
            tuples.join(", ")
        );
        let values: Vec<Value> = piece
            .iter()
            .flat_map(|(row, terms)| [Value::Int(*row), Value::text(terms)])
            .collect();
        on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), values)
            .execute(c).await.map(drop)?);
    }
    Ok(())
}

/// Terms are `[a-z0-9]+`: they need no quoting. PostgreSQL counts positions up to 16,383.
fn tsvector(terms: &[String]) -> String {
    let placed: Vec<String> = terms
        .iter()
        .zip(1..)
        .map(|(term, at)| format!("{term}:{}", at.min(16_383)))
        .collect();
    placed.join(" ")
}

/// By which version of the rules the terms in the index were made.
pub async fn terms_version(tx: &mut Tx) -> Result<i64> {
    let statement = "select terms_version from installation where one = 1";
    let row: Option<(i64,)> = on!(tx, c => sqlx::query_as(statement).fetch_optional(c).await?);
    Ok(row.map_or(0, |(version,)| version))
}

pub async fn set_terms_version(tx: &mut Tx, version: i64) -> Result<()> {
    let statement = "update installation set terms_version = $1 where one = 1";
    on!(tx, c => sqlx::query(statement).bind(version).execute(c).await.map(drop)?);
    Ok(())
}

/// What was looked at of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// The last row.
    pub last: i64,
    /// Rows that were written anew.
    pub written: u64,
}

/// Makes the terms of the next quotes behind this row anew, and writes those that are others than stand there. Nothing
/// behind the last one.
pub async fn renew(tx: &mut Tx, after: i64, rows: u32) -> Result<Option<Renewed>> {
    type Row = (i64, String, Option<String>, String);
    let statement = "
        select search_row, verbatim, wordings, language from quotes
        where search_row > $1 order by search_row limit $2";
    let quotes: Vec<Row> = on!(tx, c => sqlx::query_as(statement)
        .bind(after)
        .bind(i64::from(rows))
        .fetch_all(c).await?);
    let Some((last, ..)) = quotes.last() else {
        return Ok(None);
    };
    let last = *last;
    let terms: Vec<(i64, String)> = quotes
        .iter()
        .map(|(row, verbatim, wordings, language)| {
            (
                *row,
                text(tx, &terms_of(verbatim, wordings.as_deref(), language)),
            )
        })
        .collect();
    let pairs: Vec<(i64, &str)> = terms.iter().map(|(row, text)| (*row, &**text)).collect();
    let differing = differing(tx, &pairs).await?;
    // Whoever wrote a quote since it was read gave it another row: then nothing is found here.
    let statement = tx.pick(
        "update quote_search set terms = $2 where rowid = $1",
        "update quote_search set terms = $2::tsvector where search_row = $1",
    );
    let mut written = 0;
    for (row, terms) in pairs.iter().filter(|(row, _)| differing.contains(row)) {
        written += on!(tx, c => sqlx::query(statement)
            .bind(*row)
            .bind(*terms)
            .execute(c).await?.rows_affected());
    }
    Ok(Some(Renewed { last, written }))
}

/// The rows whose terms in the index are others than these, or none.
pub(super) async fn differing(tx: &mut Tx, terms: &[(i64, &str)]) -> Result<BTreeSet<i64>> {
    let mut differing = BTreeSet::new();
    for piece in terms.chunks(500) {
        // Compared by the engine: PostgreSQL writes its vectors in another order than they are given.
        let statement = match tx {
            Tx::Sqlite(_) => {
                "select e.value ->> 0 from json_each($1) e
                 left join quote_search s on s.rowid = e.value ->> 0
                 where s.terms is not e.value ->> 1"
            }
            Tx::Postgres(_) => {
                "select (e.value ->> 0)::bigint from json_array_elements($1::json) e
                 left join quote_search s on s.search_row = (e.value ->> 0)::bigint
                 where s.terms is distinct from (e.value ->> 1)::tsvector"
            }
        };
        let rows: Vec<(i64,)> = on!(tx, c => sqlx::query_as(statement)
            .bind(json(&piece))
            .fetch_all(c).await?);
        differing.extend(rows.into_iter().map(|(row,)| row));
    }
    Ok(differing)
}
