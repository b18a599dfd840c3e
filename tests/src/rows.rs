//! What really stands in the tables, read around the server: to hold it against what should.

use koffiekar_server::projection::{Projection, QuoteProjection};
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, RoundId, UserId};
use koffiekar_sync_core::office::{LineStanding, TagState};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::server::Place;

/// A connection of the test's own.
pub enum Rows {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! all {
    ($rows:expr, $statement:expr, $key:expr) => {
        match $rows {
            Rows::Sqlite(c) => sqlx::query_as($statement).bind($key).fetch_all(c).await,
            Rows::Postgres(c) => sqlx::query_as($statement).bind($key).fetch_all(c).await,
        }
        .unwrap()
    };
}

type Conversation = (
    Vec<u8>,
    Option<String>,
    String,
    i64,
    bool,
    Vec<u8>,
    String,
    String,
);
type Facets = (Vec<u8>, String, Option<String>, Option<String>, String, i64);
type Allowed = (bool, bool, bool, bool);
type Said = (
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
    Option<i64>,
    bool,
);
type Quote = (Vec<u8>, i64, String, Option<String>);

impl Rows {
    pub async fn of(place: &Place) -> Rows {
        match place {
            Place::Sqlite(_) => {
                let address = place.address();
                Rows::Sqlite(SqliteConnection::connect(&address).await.unwrap())
            }
            Place::Postgres(_) => {
                let address = place.address();
                Rows::Postgres(PgConnection::connect(&address).await.unwrap())
            }
        }
    }

    /// The tables that this statement would read from end to end. PostgreSQL is asked for a plan that
    /// serves any parameters, and to read a table whole only where no index serves.
    pub async fn read_whole(&mut self, statement: &str) -> Vec<String> {
        let lines: Vec<String> = match self {
            Rows::Sqlite(c) => {
                let explain = AssertSqlSafe(format!("explain query plan {statement}"));
                let plan: Vec<(i64, i64, i64, String)> =
                    sqlx::query_as(explain).fetch_all(c).await.unwrap();
                plan.into_iter().map(|(.., detail)| detail).collect()
            }
            Rows::Postgres(c) => plan_of(c, statement).await,
        };
        let next = lines.iter().skip(1).map(String::as_str).chain([""]);
        let whole = lines.iter().zip(next).filter_map(|(line, next)| {
            let line = line.trim().trim_start_matches("->").trim();
            // An index from end to end is no better than its table.
            let index = line
                .strip_prefix("Index ")
                .filter(|_| !next.trim().starts_with("Index Cond"));
            let scanned = index.and_then(|rest| Some(rest.split_once(" on ")?.1));
            let scanned = scanned.or(line.strip_prefix("Seq Scan on "));
            let scanned = scanned.or(line
                .strip_prefix("SCAN ")
                .filter(|rest| !rest.contains("VIRTUAL TABLE INDEX")));
            scanned?.split_whitespace().next().map(str::to_owned)
        });
        whole.collect()
    }

    /// The rows of one conversation, put together to what they were written from. Fails where a
    /// quote's row says otherwise than its conversation's.
    pub async fn projection(&mut self, id: ConversationId) -> Projection {
        let key = id.as_bytes().as_slice();
        let statement = "
            select round, area, language, recorded_at, clock_doubtful, recorded_by, notes, consents
            from conversations where id = $1";
        let conversation: Vec<Conversation> = all!(self, statement, key);
        let [(round, area, language, at, doubtful, by, notes, consents)] = &conversation[..] else {
            panic!("{} rows for {id}", conversation.len());
        };
        let statement = "
            select round, kind, area, wijk, month, recorded_at
            from quotes where conversation = $1 order by position";
        let facets: Vec<Facets> = all!(self, statement, key);
        let statement = "
            select for_analysis, for_anonymous_publication, for_named_publication,
                for_follow_up_contact
            from quotes where conversation = $1 order by position";
        let allowed: Vec<Allowed> = all!(self, statement, key);
        for facets in &facets {
            assert_eq!((&facets.0, &facets.2, &facets.5), (round, area, at));
        }
        assert!(facets.windows(2).all(|pair| pair[0] == pair[1]));
        assert!(allowed.windows(2).all(|pair| pair[0] == pair[1]));
        let facet = facets.first().cloned().unwrap_or_default();
        let (analysis, anonymous, named, follow_up) = allowed.first().copied().unwrap_or_default();
        Projection {
            id,
            round: RoundId::from_slice(round).unwrap(),
            kind: RoundKind::parse(&facet.1).unwrap_or(RoundKind::NeighbourhoodRound),
            area: area.clone(),
            wijk: facet.3,
            language: language.clone(),
            recorded_at: Millis(*at),
            clock_doubtful: *doubtful,
            month: facet.4,
            recorded_by: UserId::from_slice(by).unwrap(),
            notes: notes.clone(),
            consents: consents.clone(),
            allowed: [analysis, anonymous, named, follow_up],
            quotes: self.quotes(id).await,
        }
    }

    async fn quotes(&mut self, id: ConversationId) -> Vec<QuoteProjection> {
        let key = id.as_bytes().as_slice();
        let statement = "
            select id, position, verbatim, wordings
            from quotes where conversation = $1 order by position";
        let quotes: Vec<Quote> = all!(self, statement, key);
        let statement = "
            select language, tag_state, said, suggestions, best_suggestion, search_row,
                certainty, accepted
            from quotes where conversation = $1 order by position";
        let said: Vec<Said> = all!(self, statement, key);
        let mut read = Vec::new();
        for ((id, position, verbatim, wordings), said) in quotes.into_iter().zip(said) {
            let (.., certainty, accepted) = said;
            let (language, tag_state, said, suggestions, best_suggestion, search_row, ..) = said;
            let statement = "select line, standing from quote_lines where quote = $1 order by line";
            let lines: Vec<(String, String)> = all!(self, statement, id.as_slice());
            read.push(QuoteProjection {
                id: QuoteId::from_slice(&id).unwrap(),
                position,
                language,
                verbatim,
                wordings,
                tag_state: TagState::parse(&tag_state).unwrap(),
                lines: lines
                    .iter()
                    .map(|(line, standing)| {
                        let standing = LineStanding::parse(standing).unwrap();
                        (line.parse().unwrap(), standing)
                    })
                    .collect(),
                said,
                suggestions,
                best_suggestion,
                certainty,
                accepted,
                terms: self.terms(search_row).await,
            });
        }
        read
    }

    /// What the full-text index holds, in the order of the text.
    async fn terms(&mut self, search_row: i64) -> Vec<String> {
        let statement = match self {
            Rows::Sqlite(_) => "select terms from quote_search where rowid = $1",
            Rows::Postgres(_) => "select terms::text from quote_search where search_row = $1",
        };
        let found: Vec<(String,)> = all!(self, statement, search_row);
        let [(text,)] = &found[..] else {
            panic!("{} rows in the index", found.len());
        };
        match self {
            Rows::Sqlite(_) => text.split_whitespace().map(str::to_owned).collect(),
            // 'huis':2,7 'straat':1
            Rows::Postgres(_) => {
                let mut placed: Vec<(u32, String)> = Vec::new();
                for lexeme in text.split_whitespace() {
                    let (term, places) = lexeme.rsplit_once(':').unwrap();
                    let term = term.trim_matches('\'');
                    let places = places.split(',').map(|place| place.parse().unwrap());
                    placed.extend(places.map(|place| (place, term.to_owned())));
                }
                placed.sort();
                placed.into_iter().map(|(_, term)| term).collect()
            }
        }
    }

    /// A column of bytes, row by row.
    pub async fn bytes(&mut self, statement: &'static str) -> Vec<Vec<u8>> {
        let rows: Vec<(Vec<u8>,)> = match self {
            Rows::Sqlite(c) => sqlx::query_as(statement).fetch_all(c).await,
            Rows::Postgres(c) => sqlx::query_as(statement).fetch_all(c).await,
        }
        .unwrap();
        rows.into_iter().map(|(bytes,)| bytes).collect()
    }

    /// A column of text, row by row.
    pub async fn texts(&mut self, statement: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> = match self {
            Rows::Sqlite(c) => sqlx::query_as(statement).fetch_all(c).await,
            Rows::Postgres(c) => sqlx::query_as(statement).fetch_all(c).await,
        }
        .unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// Changes what stands there, behind the server's back.
    pub async fn run(&mut self, statement: &'static str) {
        match self {
            Rows::Sqlite(c) => sqlx::query(statement).execute(c).await.map(drop),
            Rows::Postgres(c) => sqlx::query(statement).execute(c).await.map(drop),
        }
        .unwrap();
    }

    /// How many rows a table has.
    pub async fn count(&mut self, table: &'static str) -> i64 {
        let statement = format!("select count(*) from {table} where $1 = 1");
        let count: Vec<(i64,)> = all!(self, sqlx::AssertSqlSafe(statement.clone()), 1_i64);
        count[0].0
    }
}

async fn plan_of(c: &mut PgConnection, statement: &str) -> Vec<String> {
    for set in [
        "deallocate all",
        "set plan_cache_mode = force_generic_plan",
        "set enable_seqscan = off",
    ] {
        sqlx::raw_sql(set).execute(&mut *c).await.unwrap();
    }
    let prepare = format!("prepare asked as {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut *c)
        .await
        .unwrap();
    let count = "
        select cardinality(parameter_types) from pg_prepared_statements where name = 'asked'";
    let count = sqlx::raw_sql(count).fetch_one(&mut *c).await.unwrap();
    let count: i32 = sqlx::Row::get(&count, 0);
    let nulls = vec!["null"; usize::try_from(count).unwrap()].join(", ");
    let explain = match count {
        0 => "explain execute asked".to_owned(),
        _ => format!("explain execute asked({nulls})"),
    };
    let plan: Vec<(String,)> = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_all(c)
        .await
        .unwrap()
        .iter()
        .map(|row| (sqlx::Row::get(row, 0),))
        .collect();
    plan.into_iter().map(|(line,)| line).collect()
}
