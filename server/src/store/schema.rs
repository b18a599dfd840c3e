//! Which migrations a database has, which this program knows, and the way from one to the other.
//!
//! Migrations only add what the version before does without: so a program that is one version older than
//! the schema goes on working, and several servers can be renewed one by one. What it does not know it
//! names in its log, and leaves alone.

use std::collections::BTreeMap;
use std::fmt;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::{Engine, Result, Store, StoreError, Tx, on};

/// Version, name, text; append-only.
pub(super) type Scripts = &'static [(i64, &'static str, &'static str)];

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub version: i64,
    pub name: String,
}

/// As its file is named.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.version, self.name)
    }
}

/// How a database stands beside this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Known here and not there.
    pub missing: Vec<Step>,
    /// There and not known here: a newer version made them.
    pub newer: Vec<Step>,
    /// The last one of both.
    pub now: Option<Step>,
}

impl Store {
    pub async fn schema(&self) -> Result<Schema> {
        of(&mut self.read().await?).await
    }

    /// Brings the schema up to date; what was done for it.
    pub async fn migrate(&self) -> Result<Vec<Step>> {
        let schema = self.schema().await?;
        match &self.engine {
            Engine::Sqlite { writer, .. } => {
                migrations(super::SQLITE_MIGRATIONS).run(writer).await?;
            }
            Engine::Postgres(postgres) => {
                let scripts = migrations(super::POSTGRES_MIGRATIONS);
                scripts.run(&postgres.listening).await?;
            }
        }
        schema.warn_of_newer();
        Ok(schema.missing)
    }

    /// Nothing is done: where migrations are missing this is refused.
    pub async fn require_schema(&self) -> Result<()> {
        let schema = self.schema().await?;
        if !schema.missing.is_empty() {
            return Err(StoreError::Behind(list(&schema.missing)));
        }
        schema.warn_of_newer();
        Ok(())
    }
}

/// How the database of this transaction stands beside this program.
pub async fn of(tx: &mut Tx) -> Result<Schema> {
    let mut applied = applied(tx).await?;
    let now = applied
        .last_key_value()
        .map(|(version, name)| step(*version, name));
    let scripts = match tx {
        Tx::Sqlite(_) => super::SQLITE_MIGRATIONS,
        Tx::Postgres(_) => super::POSTGRES_MIGRATIONS,
    };
    let mut missing = Vec::new();
    for (version, name, _) in scripts {
        if applied.remove(version).is_none() {
            missing.push(step(*version, name));
        }
    }
    let last = scripts.last().map_or(0, |(version, ..)| *version);
    // Between those that are known here it is not a newer version's but another program's.
    if let Some((version, _)) = applied.first_key_value()
        && *version <= last
    {
        return Err(MigrateError::VersionMissing(*version).into());
    }
    let newer = applied.iter().map(|(version, name)| step(*version, name));
    Ok(Schema {
        missing,
        newer: newer.collect(),
        now,
    })
}

impl Schema {
    fn warn_of_newer(&self) {
        if !self.newer.is_empty() {
            let newer = list(&self.newer);
            tracing::warn!(
                newer,
                "a newer version of Koffiekar brought this database up to date; this one goes on beside \
                 it: renew it soon"
            );
        }
    }
}

fn step(version: i64, name: &str) -> Step {
    let name = name.replace(' ', "_");
    Step { version, name }
}

/// `0005_receipt_keys, 0006_search_rows`
pub fn list(steps: &[Step]) -> String {
    let steps: Vec<String> = steps.iter().map(Step::to_string).collect();
    steps.join(", ")
}

/// Nothing of a database that is still empty.
async fn applied(tx: &mut Tx) -> Result<BTreeMap<i64, String>> {
    let statement = tx.pick(
        "select count(*) from sqlite_master where name = '_sqlx_migrations'",
        "select count(*) from (select to_regclass('_sqlx_migrations') as there) as one
         where there is not null",
    );
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    if count == 0 {
        return Ok(BTreeMap::new());
    }
    let statement = "select version, description from _sqlx_migrations where success";
    let rows: Vec<(i64, String)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
}

fn migrations(scripts: Scripts) -> Migrator {
    let list = scripts
        .iter()
        .map(|(version, name, text)| {
            let kind = MigrationType::Simple;
            Migration::new(*version, (*name).into(), kind, text.into_sql_str(), false)
        })
        .collect();
    let mut migrator = Migrator::with_migrations(list);
    migrator.set_ignore_missing(true);
    migrator
}
