//! What the engine itself says about its files, and whether the feeds tell of what is stored.

use koffiekar_sync_core::ids::{ConversationId, RoundId};

use super::{Result, Tx, on};

/// Faults of one kind that are told one by one.
const TOLD: i64 = 100;

/// Whether an installation is in it, of whichever version; or it is another program's database.
pub async fn is_ours(tx: &mut Tx) -> Result<bool> {
    let statement = "
        select count(*) from installation where (select count(*) from _sqlx_migrations) > 0";
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(count == 1)
}

/// Damage that the engine finds: in pages, indexes and the full-text index, and rows that refer to what
/// is not there. PostgreSQL keeps the latter by itself, and has its own tools for its files.
pub async fn of_files(tx: &mut Tx) -> Result<Vec<String>> {
    let Tx::Sqlite(connection) = tx else {
        return Ok(Vec::new());
    };
    // FTS5 looks whether others wrote to its index where it is searched, and not where it is checked: on a
    // connection that used it before, what it remembers would be held against what is there now.
    sqlx::query("select rowid from quote_search where quote_search match 'a' limit 1")
        .fetch_optional(&mut **connection)
        .await?;
    let rows: Vec<(String,)> = sqlx::query_as("pragma integrity_check(100)")
        .fetch_all(&mut **connection)
        .await?;
    let mut told: Vec<String> = rows.into_iter().map(|(line,)| line).collect();
    told.retain(|line| line != "ok");
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select \"table\", count(*) from pragma_foreign_key_check group by \"table\"",
    )
    .fetch_all(&mut **connection)
    .await?;
    let refer = rows
        .into_iter()
        .map(|(table, rows)| format!("{rows} rows of {table} refer to what is not there"));
    told.extend(refer);
    Ok(told)
}

/// What must not be found, and how it is told: the round or nothing, and the document.
const FEEDS: [(&str, &str); 6] = [
    (
        "select f.round, f.document from feed f join rounds r on r.id = f.round
         where f.place > r.feed_place or f.place < 1",
        "its place in the feed was never given",
    ),
    (
        "select d.round, d.id from documents d
         left join feed f on f.round = d.round and f.document = d.id and f.kind = 'changed'
         where f.document is null",
        "the feed of its round does not tell of it",
    ),
    (
        "select f.round, f.document from feed f
         left join documents d on d.id = f.document and d.round = f.round
         where f.kind = 'changed' and d.id is null",
        "a feed tells of it where it is not",
    ),
    (
        "select f.round, f.document from feed f
         join documents d on d.id = f.document and d.round = f.round
         where f.kind <> 'changed'",
        "a feed tells that it left, and it is there",
    ),
    (
        "select f.round, f.document from feed f
         left join tombstones t on t.document = f.document
         where f.kind in ('erased', 'replaced')
            and (t.document is null or (f.kind = 'replaced' and t.replaced_by is null))",
        "a feed tells of an erasure that is not written down",
    ),
    (
        "select d.round, d.id from documents d join tombstones t on t.document = d.id",
        "it was erased, and is there",
    ),
];

/// Whether each conversation stands at a place in the feed of its round and in no other, and what became
/// of those that are gone is written down.
pub async fn of_feeds(tx: &mut Tx) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (statement, what) in FEEDS {
        let statement = sqlx::AssertSqlSafe(format!("{statement} limit {TOLD}"));
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
        for (round, document) in rows {
            let round = RoundId::from_slice(&round)?;
            let document = ConversationId::from_slice(&document)?;
            told.push(format!("conversation {document}, round {round}: {what}"));
        }
    }
    let statement = "
        select q.id, q.conversation from quotes q join erased_quotes e on e.quote = q.id";
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    for (_, conversation) in rows {
        let conversation = ConversationId::from_slice(&conversation)?;
        told.push(format!(
            "conversation {conversation}: it has a quote that was erased"
        ));
    }
    Ok(told)
}
