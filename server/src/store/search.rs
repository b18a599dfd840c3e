//! The full-text index: the terms of each quote, under a number of its own.

use sqlx::AssertSqlSafe;

use super::{Result, Tx, Value, bind_all, bulk, on};
use crate::projection::json;

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
