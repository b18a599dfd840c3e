//! An installation is moved from one engine to the other, or to another place of the same engine.
//!
//! All tables are copied piece by piece, in one transaction of the target: where it fails or is broken off,
//! nothing is there. Before it is committed every row is read again from the target, and every document is
//! held against what stands beside it. Nobody writes to the source meanwhile, see [`alone::read`]; nothing is
//! changed in it. What is kept apart from the database stays where it is, and goes on with the new one: it is
//! the same database, with the same epoch and keys.

use koffiekar_tagging::text::TERMS_VERSION;
use sha2::{Digest, Sha256};

use crate::projection::terms_of;
use crate::store::schema::{self, Step};
use crate::store::tables::{self, QUOTES, SEARCH_ROW, TABLES, Table};
use crate::store::{Store, StoreError, Tx, Value, alone, search};
use crate::upkeep::verify::{self, Fault, Verified};

/// Why an installation was not moved. The target is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the schema of the database that is moved is not that of this version ({0}): run `koffiekar \
         migrate` on it with this version first"
    )]
    OtherSchema(String),
    #[error("there is no installation in the database that is to be moved")]
    Nothing,
    #[error(
        "the table {0} of the target is not empty: name a database that nothing was ever written to"
    )]
    NotEmpty(&'static str),
    #[error(
        "the rows of {0} came out differently than they went in: nothing was moved. This should never \
         be; please report it"
    )]
    Differs(&'static str),
    #[error(
        "{} faults are in the database that is moved, the first: {}. Nothing was moved: `koffiekar verify` \
         tells all of them, `koffiekar reproject` puts those right that follow from documents",
        .0.len(),
        .0.first().map_or("", |fault| &fault.what)
    )]
    Faulty(Vec<Fault>),
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Each table and its rows.
    pub tables: Vec<(&'static str, u64)>,
    pub verified: Verified,
}

/// Tells what it is at.
pub type Tell<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Moves everything; both are addresses as `--database-url` takes them.
pub async fn run(from: &str, to: &str, tell: Tell<'_>) -> Result<Moved, MoveError> {
    let mut source = alone::read(from).await?;
    let schema = schema::of(&mut source).await?;
    if !schema.missing.is_empty() || !schema.newer.is_empty() {
        let other: Vec<Step> = schema.missing.into_iter().chain(schema.newer).collect();
        return Err(MoveError::OtherSchema(schema::list(&other)));
    }
    if TABLES[0].count(&mut source).await? == 0 {
        return Err(MoveError::Nothing);
    }
    let store = Store::open(to).await?;
    let moved = copy(&mut source, &store, tell).await;
    // It is moved, whatever comes of this.
    if moved.is_ok()
        && let Err(error) = store.look_at_sizes().await
    {
        tracing::warn!(%error, "the database did not look at its sizes; it will by itself");
    }
    store.close().await;
    moved
}

async fn copy(source: &mut Tx, store: &Store, tell: Tell<'_>) -> Result<Moved, MoveError> {
    let mut target = store.write().await?;
    for table in &TABLES {
        if table.count(&mut target).await? > 0 {
            return Err(MoveError::NotEmpty(table.name));
        }
    }
    let mut copied = Vec::new();
    for table in &TABLES {
        let print = copy_table(source, &mut target, table).await?;
        tell(&format!("{}: {} rows copied", table.name, print.rows));
        copied.push(print);
    }
    tables::count_on(&mut target).await?;
    tell("reading all of it again");
    for (table, print) in TABLES.iter().zip(&copied) {
        let mut again = Print::default();
        let take = async |rows: Vec<Vec<Value>>| {
            rows.iter().for_each(|row| again.add(table, row));
            Ok(())
        };
        table.read(&mut target, take).await?;
        if again.finish() != print.finish() {
            return Err(MoveError::Differs(table.name));
        }
    }
    // They were made here, whatever made them in the source.
    search::set_terms_version(&mut target, TERMS_VERSION).await?;
    tell("holding every document against what stands beside it");
    let verified = verify::verify_in(&mut target).await?;
    if !verified.faults.is_empty() {
        return Err(MoveError::Faulty(verified.faults));
    }
    target.commit().await?;
    let tables = TABLES.iter().zip(&copied);
    Ok(Moved {
        tables: tables
            .map(|(table, print)| (table.name, print.rows))
            .collect(),
        verified,
    })
}

async fn copy_table(source: &mut Tx, target: &mut Tx, table: &Table) -> Result<Print, MoveError> {
    let mut print = Print::default();
    let mut search_row = 0;
    let take = async |mut rows: Vec<Vec<Value>>| {
        rows.iter().for_each(|row| print.add(table, row));
        if table.name == QUOTES.name {
            let (numbers, terms) = number_anew(&mut rows, &mut search_row);
            let terms: Vec<String> = terms.iter().map(|t| search::text(target, t)).collect();
            search::insert(target, &numbers, &terms).await?;
        }
        table.insert(target, rows).await
    };
    table.read(source, take).await?;
    Ok(print)
}

/// Rows of the full-text index are numbered from 1 again: an engine may have numbers that leave the other
/// no room behind them. With each number the terms that belong there, which follow from the quote.
fn number_anew(rows: &mut [Vec<Value>], last: &mut i64) -> (Vec<i64>, Vec<Vec<String>>) {
    let text = |row: &[Value], column: &str| {
        let value = QUOTES.place_of(column).and_then(|place| row.get(place));
        match value {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    };
    let (mut numbers, mut terms) = (Vec::new(), Vec::new());
    for row in rows {
        *last += 1;
        let verbatim = text(row, "verbatim").unwrap_or_default();
        let language = text(row, "language").unwrap_or_default();
        let wordings = text(row, "wordings");
        numbers.push(*last);
        terms.push(terms_of(&verbatim, wordings.as_deref(), &language));
        if let Some(number) = QUOTES
            .place_of(SEARCH_ROW)
            .and_then(|place| row.get_mut(place))
        {
            *number = Value::Int(*last);
        }
    }
    (numbers, terms)
}

/// A hash over all rows of a table, in their order.
#[derive(Default)]
struct Print {
    rows: u64,
    hash: Sha256,
}

impl Print {
    fn add(&mut self, table: &Table, row: &[Value]) {
        self.rows += 1;
        for ((column, _), value) in table.columns.iter().zip(row) {
            if *column == SEARCH_ROW {
                continue;
            }
            let number;
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::NoBytes | Value::NoInt | Value::NoText => (0, &[]),
                Value::Bytes(bytes) => (1, bytes),
                Value::Int(int) => {
                    number = int.to_le_bytes();
                    (2, &number)
                }
                Value::Bool(false) => (3, &[]),
                Value::Bool(true) => (4, &[]),
                Value::Text(text) => (5, text.as_bytes()),
            };
            self.hash.update([kind]);
            self.hash.update((bytes.len() as u64).to_le_bytes());
            self.hash.update(bytes);
        }
    }

    fn finish(&self) -> (u64, [u8; 32]) {
        (self.rows, self.hash.clone().finalize().into())
    }
}
