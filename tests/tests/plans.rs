//! Where much is stored, an index serves: what the program asked its database in a day's work is asked
//! again, with the question of how it would be answered.
//!
//! The statements are those that the program says it sent: a new one is looked at without anybody
//! thinking of it, as soon as a day's work holds it.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command as Edit, NewQuote};
use koffiekar_sync_core::ids::QuoteId;
use koffiekar_sync_core::office::{
    ChooseQuote, EraseQuote, MoveConversation, Publication, QuotePage, TagDecision,
};
use koffiekar_tests::office::Office;
use koffiekar_tests::postgres::Database;
use koffiekar_tests::programs;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, Place};
use koffiekar_tests::tablet::Tablet;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::process::Command;

/// Tables that grow with what people do.
const GROW: [&str; 12] = [
    "documents",
    "feed",
    "conversations",
    "quotes",
    "quote_lines",
    "line_history",
    "quote_search",
    "selections",
    "tombstones",
    "quarantine",
    "audit_log",
    "sessions",
];

/// Statements that read all of a table, and why that is right.
const ALL: [(&str, &str, &str); 6] = [
    (
        "sessions",
        "delete from sessions where expires_at",
        "people's sessions, which end",
    ),
    (
        "documents",
        "select count(*) from documents",
        "once, where the demo is laid out",
    ),
    (
        "tombstones",
        "from tombstones",
        "erasures are rare, and an administrator sees how many",
    ),
    (
        "quarantine",
        "select count(*) from quarantine",
        "what is held is bounded for each tablet",
    ),
    (
        "quote_lines",
        "(select quote from quote_lines where standing in ('confirmed', 'rejected'))",
        "learning takes all",
    ),
    (
        "quotes",
        "where area is not null and wijk is distinct from",
        "where areas are loaded, which is rare",
    ),
];

#[tokio::test]
async fn no_table_that_grows_is_read_whole_on_sqlite() {
    let place = Place::sqlite();
    let Place::Sqlite(folder) = &place else {
        unreachable!()
    };
    let asked = statements(serve(folder.path())).await;
    look_at(&place, asked).await;
}

#[tokio::test]
async fn no_table_that_grows_is_read_whole_on_postgres() {
    let database = Database::fresh().await;
    let mut command = serve(database.folder.path());
    command.env("KOFFIEKAR_DATABASE_URL", database.address());
    let asked = statements(command).await;
    look_at(&Place::Postgres(database), asked).await;
}

fn serve(data: &std::path::Path) -> Command {
    let mut command = Command::new(programs::koffiekar());
    command
        .args(["serve", "--demo", "--port", "0", "--log-json"])
        .args(["--log", "warn,sqlx::query=debug", "--data"])
        .arg(data);
    command
}

async fn look_at(place: &Place, asked: BTreeSet<String>) {
    assert!(asked.len() > 100, "only {} statements", asked.len());
    let mut rows = Rows::of(place).await;
    let mut whole = Vec::new();
    for statement in asked {
        let read = rows.read_whole(&statement).await;
        let right = |table: &&str| {
            let mut all = ALL.iter();
            all.any(|(whole, part, _)| whole == table && statement.contains(part))
        };
        let read = read.iter().filter_map(|name| growing(name, &statement));
        let read: Vec<&str> = read.filter(|table| !right(table)).collect();
        if !read.is_empty() {
            whole.push(format!("{read:?} by {statement}"));
        }
    }
    assert!(whole.is_empty(), "{}", whole.join("\n\n"));
}

/// The table that is called so in this statement, if it is one that grows.
fn growing(name: &str, statement: &str) -> Option<&'static str> {
    let words: Vec<&str> = statement
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && *word != "as")
        .collect();
    let is = |table: &&str| *table == name || words.windows(2).any(|pair| pair == [*table, name]);
    GROW.into_iter().find(|table| is(table))
}

/// What the program asks its database while people work.
async fn statements(command: Command) -> BTreeSet<String> {
    let mut server = Binary::launch(command).await.unwrap();
    work(&server.url).await;
    server.kill().await;
    let mut found = BTreeSet::new();
    for line in server.log() {
        let Ok(event) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        let said = |name: &str| event[name].as_str().map(str::trim);
        let whole = said("db.statement").filter(|text| !text.is_empty());
        let statement = whole.or(said("summary")).unwrap_or_default();
        let verb = statement.split_whitespace().next().unwrap_or_default();
        if ["select", "insert", "update", "delete", "with"].contains(&verb) {
            found.insert(statement.to_owned());
        }
    }
    found
}

async fn work(url: &str) {
    let admin = Office::sign_in(url, "beheerder").await;
    let editor = Office::sign_in(url, "redacteur1").await;
    let analyst = Office::sign_in(url, "analist").await;
    let round = demo::round("buurtronde-2026");
    let mut one = Tablet::enrol(url, "veldwerker1").await;
    let mut two = Tablet::enrol(url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    let by = one.replica.identity().user;
    let mut ids = Vec::new();
    for _ in 0..12 {
        let new = conversation(&mut numbers, by, one.now(), 2);
        ids.push(one.record(round, &new));
    }
    let synced = one.sync().await.unwrap();
    assert_eq!(
        (synced.stored, synced.refused),
        (ids.len(), 0),
        "{:?}",
        one.standing(ids[0])
    );
    two.sync().await.unwrap();
    let add = Edit::AddQuote(NewQuote {
        id: QuoteId::new(two.now(), numbers.bytes()),
        verbatim: "Nog een verzonnen citaat.".to_owned(),
        language: None,
        lines: Vec::new(),
    });
    two.execute(ids[0], &add);
    two.sync().await.unwrap();
    one.sync().await.unwrap();
    // Signed in anew, everything is compared.
    one.sign_in_again("veldwerker1").await;
    one.sync().await.unwrap();

    let page: QuotePage = editor.get("/api/v1/quotes?limit=200").await;
    let quotes: Vec<_> = page
        .quotes
        .iter()
        .map(|quote| (quote.id, quote.conversation))
        .collect();
    let filters = [
        "",
        "text=straat",
        "language=tr",
        "theme=wonen",
        "action_line=none",
        "area=FB",
        "tag_state=untagged",
        "from=2026-01-01&until=2026-12-31",
        "consent=named_publication",
        "tagged_as=wonen-1",
        "as_of=2020-01-01",
    ];
    for filter in filters {
        for office in [&editor, &analyst] {
            let _: Value = office.get(&format!("/api/v1/quotes?{filter}")).await;
            let counts = format!("/api/v1/quotes/counts?rows=theme&columns=wijk&{filter}");
            let _: Value = office.get(&counts).await;
        }
    }
    editor
        .call(Method::GET, "/api/v1/quotes.csv", None::<&()>)
        .await;
    let (quote, _) = quotes[0];
    let decided = TagDecision {
        confirm: vec!["wonen-1".parse().unwrap()],
        ..TagDecision::default()
    };
    let path = format!("/api/v1/quotes/{quote}");
    let _: Value = editor.post(&format!("{path}/tags"), &decided).await;
    let _: Value = editor.get(&path).await;
    let _: Value = editor.get("/api/v1/desk").await;
    let publications: Vec<Publication> = editor.get("/api/v1/publications").await;
    let path = format!("/api/v1/publications/{}", publications[0].id);
    let publication: Publication = editor.get(&path).await;
    let path = format!("/api/v1/sections/{}/selections", publication.sections[0].id);
    let _: Value = editor
        .post(
            &path,
            &ChooseQuote {
                quote,
                before: None,
            },
        )
        .await;

    for path in [
        "people",
        "devices",
        "audit",
        "held",
        "erasures",
        "programme",
        "session",
    ] {
        let _: Value = admin.get(&format!("/api/v1/{path}")).await;
    }
    let (moved, erased) = (ids[1], ids[2]);
    let _: Value = admin.get(&format!("/api/v1/conversations/{moved}")).await;
    let elsewhere = MoveConversation {
        round: demo::round("openhuis-2026"),
    };
    let path = format!("/api/v1/conversations/{moved}/move");
    admin.call(Method::POST, &path, Some(&elsewhere)).await;
    let path = format!("/api/v1/conversations/{erased}/erase");
    let _: Value = admin.post(&path, &()).await;
    let (quote, conversation) = quotes[3];
    let path = format!("/api/v1/quotes/{quote}/erase");
    let _: Value = admin.post(&path, &EraseQuote { conversation }).await;
    one.sync().await.unwrap();
    two.sync().await.unwrap();
}
