//! Each migration by itself: what stood in the tables before it stands there after it, to the last value.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;

use super::*;

/// Rows for the tables that [`Data`] leaves empty, by the migration since which they can be written.
const MORE: [(usize, &[&str]); 8] = [
    (
        1,
        &[
            "insert into themes (key, title, position) values ('wonen', 'Wonen', 0), ('groen', 'Groen', 1)",
            "insert into action_lines (key, theme, title, description, synonyms, position)
             values ('wonen-1', 'wonen', 'Huur', 'Wat er gebeurt', '[\"huur\"]', 0)",
            "insert into areas (code, level, part_of, wijk, name)
             values ('F', 'district', '', null, 'West'), ('FB', 'wijk', 'F', 'FB', null)",
            "insert into consent_texts (version, language, purpose, question)
             values ('2026-1', 'nl', 'analysis', 'Mag dit?')",
            "insert into sessions (token_hash, account, created_at, expires_at)
             values ( x'0a0b', x'00000000000000000000000000000001', 1000, 9000000000000)",
            "insert into quote_lines (quote, line, standing)
             values ( x'00000000000000000000000000000064', 'wonen-1', 'confirmed')",
            "insert into publications (id, title, form, state, position)
             values ( x'0c', 'Kern', 'kern', 'concept', 0)",
            "insert into sections (id, publication, title, theme, action_line, position)
             values ( x'0d', x'0c', 'Wonen', 'wonen', null, 0)",
            "insert into selections (section, quote, chosen_by, chosen_at, position) values ( x'0d',
                x'00000000000000000000000000000064', x'00000000000000000000000000000001', 1000, 0)",
            "insert into audit_log (happened_at, actor, origin, action, object, result)
             values (1000, 'nobody', 'console', 'sign in', 'anna', 'refused')",
        ],
    ),
    (
        3,
        &[
            "update installation set seal_key = x'0102030405'",
            "insert into quarantine (id, device, edits, document, round, why, heads, sealed, bytes,
                received_at, turned_down_at, turned_down_by, turned_down_text)
             select x'0e', number, true, x'0f', x'10', 'closed_round', x'11', x'12', 7, 1000, 2000,
                account, 'Niet van ons' from devices",
        ],
    ),
    (
        4,
        &[
            "insert into tombstones (document, replaced_by, erased_at, erased_by, gone_at)
             values ( x'13', x'14', 1000, x'00000000000000000000000000000001', 2000),
                ( x'15', null, 3000, null, null)",
            "insert into erased_quotes (quote, document) values ( x'16', x'13')",
        ],
    ),
    (
        5,
        &[
            "insert into receipt_keys (id, place, public_key, secret, handed_over, created_at, retired_at)
             values ( x'17', 7, x'18', null, x'19', 500, 900)",
        ],
    ),
    (
        8,
        &["insert into attempts (key, attempts, ends_at) values ( x'1a', 3, 1000)"],
    ),
    (
        10,
        &[
            "insert into answers (quote, answered_at, drawn, model, line, probability)
             values ( x'00000000000000000000000000000064', 1000, true, 'm1', 'wonen-1', 250000)",
            "insert into tagger_versions (number, model, used_from, lines, decided_until, labels)
             values (1, 'm1', 1000, '[]', 900, 3)",
        ],
    ),
    (
        11,
        &[
            "insert into crosswalk (act, place, kind, line, into_line, made, starts_at, note, recorded_at,
                recorded_by, undone_at, undone_by)
             values (1, 0, 'retired', 'wonen-1', null, false, 1000, '', 1000,
                x'00000000000000000000000000000001', 2000, x'00000000000000000000000000000001')",
            "insert into line_history (quote, line, standing, since, until)
             values ( x'00000000000000000000000000000064', 'wonen-1', 'proposed', 1000, 2000)",
        ],
    ),
    (
        12,
        &[
            "update installation set secret = x'1b1c'",
            "insert into known_browsers (token_hash, account, seen_at)
             values ( x'1d', x'00000000000000000000000000000001', 1000)",
            "insert into audit_log (happened_at, actor, origin, action, object, result, details)
             values (1000, 'nobody', 'console', 'read quotes', 'quotes', 'done', '{\"rows\":3}')",
            "update selections set round = x'1e'",
            "insert into nonces (key, ends_at) values ( x'1f', 1000)",
        ],
    ),
];

/// What a migration gives another value on purpose, or takes away.
const CHANGED: [(usize, &str); 2] = [(2, "feed.held_by"), (6, "quotes.search_row")];

async fn texts(rows: &mut Rows, statement: String) -> Vec<String> {
    let statement = AssertSqlSafe(statement);
    let found: Vec<(String,)> = match rows {
        Rows::Sqlite(c) => sqlx::query_as(statement).fetch_all(c).await.unwrap(),
        Rows::Postgres(c) => sqlx::query_as(statement).fetch_all(c).await.unwrap(),
    };
    found.into_iter().map(|(text,)| text).collect()
}

/// The columns of all tables, but for the full-text index, which has rows of its own kind.
async fn columns(rows: &mut Rows) -> BTreeMap<String, BTreeSet<String>> {
    let statement = match rows {
        Rows::Sqlite(_) => {
            "select t.name || '.' || c.name from sqlite_master t, pragma_table_info(t.name) c
             where t.type = 'table'"
        }
        Rows::Postgres(_) => {
            "select table_name || '.' || column_name from information_schema.columns
             where table_schema = 'public'"
        }
    };
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in texts(rows, statement.to_owned()).await {
        let (table, column) = name.split_once('.').unwrap();
        if !table.starts_with("quote_search") && !table.starts_with("_sqlx") {
            let table = columns.entry(table.to_owned()).or_default();
            table.insert(column.to_owned());
        }
    }
    columns
}

/// The rows of a table as text, sorted.
async fn values(rows: &mut Rows, table: &str, columns: &BTreeSet<String>) -> Vec<String> {
    let shown = columns.iter().map(|column| match rows {
        Rows::Sqlite(_) => format!("'{column}=' || quote({column})"),
        Rows::Postgres(_) => format!("'{column}=' || quote_nullable({column}::text)"),
    });
    let shown: Vec<String> = shown.collect();
    let statement = format!("select {} from {table}", shown.join(" || ' ' || "));
    let mut values = texts(rows, statement).await;
    values.sort();
    values
}

async fn run_scripts(rows: &mut Rows, scripts: Vec<Migration>) {
    let migrator = Migrator::with_migrations(scripts);
    match rows {
        Rows::Sqlite(connection) => migrator.run(connection).await.unwrap(),
        Rows::Postgres(connection) => migrator.run(connection).await.unwrap(),
    }
}

async fn kept_by(place: Place, number: usize) {
    let scripts = scripts(&place).await;
    if let Place::Sqlite(folder) = &place {
        std::fs::write(folder.path().join("koffiekar.sqlite"), b"").unwrap();
    }
    let mut rows = Rows::of(&place).await;
    run_scripts(&mut rows, scripts[..number - 1].to_vec()).await;
    Data::new().write(&mut rows, number > 5).await;
    for (_, statements) in MORE.iter().filter(|(since, _)| *since < number) {
        for statement in *statements {
            match &mut rows {
                Rows::Sqlite(c) => sqlx::raw_sql(*statement).execute(c).await.map(drop),
                Rows::Postgres(c) => {
                    let statement = statement.replace(" x'", " '\\x");
                    sqlx::raw_sql(AssertSqlSafe(statement))
                        .execute(c)
                        .await
                        .map(drop)
                }
            }
            .unwrap();
        }
    }
    let before = columns(&mut rows).await;
    let mut stood = BTreeMap::new();
    for (table, columns) in &before {
        let mut kept = columns.clone();
        kept.retain(|column| !CHANGED.contains(&(number, &format!("{table}.{column}"))));
        let values = values(&mut rows, table, &kept).await;
        assert!(
            !values.is_empty(),
            "{table} is empty before migration {number}"
        );
        stood.insert(table.clone(), (kept, values));
    }
    run_scripts(&mut rows, scripts[..number].to_vec()).await;
    for (table, (columns, stood)) in stood {
        let stands = values(&mut rows, &table, &columns).await;
        assert_eq!(stands, stood, "{table} after migration {number}");
    }
}

#[tokio::test]
async fn what_stood_before_a_migration_stands_after_it_on_sqlite() {
    for number in 2..=scripts(&Place::sqlite()).await.len() {
        kept_by(Place::sqlite(), number).await;
    }
}

#[tokio::test]
async fn what_stood_before_a_migration_stands_after_it_on_postgres() {
    for number in 2..=scripts(&Place::sqlite()).await.len() {
        kept_by(Place::postgres().await, number).await;
    }
}
