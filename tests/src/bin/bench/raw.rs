//! What the database itself takes for the same rows: the floor under a push.

use std::str::FromStr;
use std::time::Instant;

use koffiekar_server::store::Store;
use koffiekar_tests::server::Place;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};

/// Documents in one commit.
const TOGETHER: i64 = 1_000;

/// Copies what stands in this database into a fresh one with the same tables and indexes, durably;
/// seconds. SQLite alone.
pub(super) async fn copy(full: &Place) -> f64 {
    let place = Place::sqlite();
    Store::open(&place.address()).await.unwrap().close().await;
    let options = SqliteConnectOptions::from_str(&place.address()).unwrap();
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .pragma("secure_delete", "on")
        .pragma("cache_size", "-32000");
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let address = full.address();
    sqlx::query("attach $1 as full")
        .bind(address.trim_start_matches("sqlite:"))
        .execute(&mut connection)
        .await
        .unwrap();
    let (last,): (i64,) = sqlx::query_as("select max(place) from full.feed")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    const COPIES: [&str; 6] = [
        "insert into documents select d.* from full.feed f
         join full.documents d on d.id = f.document where f.place > $1 and f.place <= $2",
        "insert into feed select * from full.feed where place > $1 and place <= $2",
        "insert into conversations select c.* from full.feed f
         join full.conversations c on c.id = f.document where f.place > $1 and f.place <= $2",
        "insert into quotes select q.* from full.feed f
         join full.quotes q on q.conversation = f.document where f.place > $1 and f.place <= $2",
        "insert into quote_lines select l.* from full.feed f
         join full.quotes q on q.conversation = f.document
         join full.quote_lines l on l.quote = q.id where f.place > $1 and f.place <= $2",
        "insert into quote_search (rowid, terms) select s.rowid, s.terms from full.feed f
         join full.quotes q on q.conversation = f.document
         join full.quote_search s on s.rowid = q.search_row where f.place > $1 and f.place <= $2
         order by s.rowid",
    ];
    let began = Instant::now();
    for from in (0..last).step_by(usize::try_from(TOGETHER).unwrap()) {
        let mut tx = connection.begin().await.unwrap();
        for copy in COPIES {
            sqlx::query(copy)
                .bind(from)
                .bind(from + TOGETHER)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
    began.elapsed().as_secs_f64()
}
