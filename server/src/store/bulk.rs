//! Writing and reading many rows with one statement.
//!
//! Measured per row on SQLite and PostgreSQL: one statement a row 74 and 265 microseconds, hundred
//! rows a statement 8 and 12. Sizes are fixed, so that the engines keep few prepared statements.

use std::fmt::Write;

use sqlx::AssertSqlSafe;

use super::{Result, Tx, Value, bind_all, on};

const SIZES: [usize; 3] = [100, 10, 1];
/// Keys are short. Pages have fifty or two hundred rows.
const PIECES: [usize; 5] = [1, 10, 50, 200, 1_000];
/// Keys that are rather asked for twice than with a statement of their own: that is a way to PostgreSQL and
/// back, a quarter of a millisecond.
const MORE: usize = 50;

/// `{head} values (...), (...) {tail}`: `head` names table and columns, `tail` may hold `on conflict`.
pub(crate) async fn insert(
    tx: &mut Tx,
    head: &str,
    tail: &str,
    mut rows: Vec<Vec<Value>>,
) -> Result<()> {
    for size in SIZES {
        while rows.len() >= size {
            let rest = rows.split_off(size);
            let statement = format!("{head} values {} {tail}", tuples(tx, size, rows[0].len()));
            let values: Vec<Value> = rows.into_iter().flatten().collect();
            on!(tx, c => bind_all!(sqlx::query(AssertSqlSafe(statement)), values)
                .execute(c).await.map(drop)?);
            rows = rest;
        }
    }
    Ok(())
}

/// Splits rows for statements that write them: each once.
pub(crate) fn groups<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut groups = Vec::new();
    for size in SIZES {
        while rows.len() >= size {
            let (group, rest) = rows.split_at(size);
            groups.push(group);
            rows = rest;
        }
    }
    groups
}

/// Splits keys for statements with `in (...)`: pieces of fixed sizes, in the last of which a key may
/// stand several times.
pub(crate) fn pieces<T: Clone>(mut keys: &[T]) -> Vec<Vec<T>> {
    let mut pieces = Vec::new();
    while let Some(last) = keys.last() {
        let enough = PIECES.into_iter().find(|size| *size >= keys.len());
        if let Some(size) = enough.filter(|size| size - keys.len() <= MORE) {
            let mut piece = keys.to_vec();
            piece.resize(size, last.clone());
            pieces.push(piece);
            break;
        }
        let full = PIECES.into_iter().rfind(|size| *size <= keys.len());
        let (piece, rest) = keys.split_at(full.unwrap_or(keys.len()));
        pieces.push(piece.to_vec());
        keys = rest;
    }
    pieces
}

/// `($1, $2, $3)`, starting behind `after`.
///
/// On SQLite `(?, ?, ?)`, which must then be all placeholders of the statement: its driver looks up
/// the name of every parameter in a list, which took half of the writer's time with 2,100 of them.
pub(crate) fn list(tx: &Tx, after: usize, length: usize) -> String {
    let mut text = String::from("(");
    for index in 1..=length {
        let comma = if index == 1 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = match tx {
            Tx::Sqlite(_) => write!(text, "{comma}?"),
            Tx::Postgres(_) => write!(text, "{comma}${}", after + index),
        };
    }
    text.push(')');
    text
}

fn tuples(tx: &Tx, rows: usize, columns: usize) -> String {
    let tuples: Vec<String> = (0..rows)
        .map(|row| list(tx, row * columns, columns))
        .collect();
    tuples.join(", ")
}
