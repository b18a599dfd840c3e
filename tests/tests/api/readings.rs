//! Who read what stands in the audit log, and nobody is told of what is not theirs.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{QuoteId, RoundId, SectionId};
use koffiekar_sync_core::office::{
    AuditLine, AuditPage, ChooseQuote, Counts, Publication, QuotePage, Section, SelectionBlock,
};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const WORD: &str = "zwxqvkine";

struct House {
    server: Server,
    tablet: Tablet,
    numbers: Numbers,
}

impl House {
    async fn open(place: Place) -> House {
        let server = Server::start(place).await;
        let tablet = Tablet::enrol(&server.url, "veldwerker2").await;
        House {
            server,
            tablet,
            numbers: Numbers(5),
        }
    }

    async fn record(&mut self, round: RoundId) -> QuoteId {
        let by = self.tablet.replica.identity().user;
        let mut new = conversation(&mut self.numbers, by, self.tablet.now(), 1);
        new.quotes[0].verbatim = format!("Ik zie {WORD} in het park.");
        self.tablet.record(round, &new);
        self.tablet.sync().await.unwrap();
        new.quotes[0].id
    }

    async fn log(&self, query: &str) -> Vec<AuditLine> {
        let admin = Office::sign_in(&self.server.url, "beheerder").await;
        let page: AuditPage = admin.get(&format!("/api/v1/audit?{query}")).await;
        page.lines
    }
}

async fn reading_is_written_down(place: Place) {
    let mut house = House::open(place).await;
    let round = demo::round("buurtronde-2026");
    let mut quotes = Vec::new();
    for _ in 0..3 {
        quotes.push(house.record(round).await);
    }
    let analyst = Office::sign_in(&house.server.url, "analist").await;
    let mine = format!("person={}", demo::user("analist"));
    let read = async |house: &House| -> Vec<AuditLine> {
        let mut lines = house.log(&mine).await;
        lines.retain(|line| line.act != "sign in");
        lines
    };

    let path = format!("/api/v1/quotes?limit=1&round={round}&text={WORD}+park");
    let mut page: QuotePage = analyst.get(&path).await;
    while let Some(next) = page.next {
        page = analyst.get(&format!("{path}&after={next}")).await;
    }
    let lines = read(&house).await;
    // One question, whatever the pages.
    assert_eq!(lines.len(), 1, "{lines:?}");
    let told = lines[0].read.as_ref().unwrap();
    assert_eq!((told.rows, told.words), (3, 2));
    assert_eq!(told.filter["round"], round.to_string());
    assert_eq!(lines[0].act, "read quotes");

    // Each table that is downloaded, and each quote that is opened.
    for _ in 0..2 {
        let csv = format!("/api/v1/quotes.csv?text={WORD}");
        let (status, body) = analyst.call(Method::GET, &csv, None::<&()>).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    let counts = format!("/api/v1/quotes/counts.csv?rows=kind&text={WORD}");
    let (status, body) = analyst.call(Method::GET, &counts, None::<&()>).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    for quote in &quotes[..2] {
        let _: Value = analyst.get(&format!("/api/v1/quotes/{quote}")).await;
    }
    let lines = read(&house).await;
    let acts: Vec<&str> = lines.iter().map(|line| line.act.as_str()).collect();
    assert_eq!(
        acts,
        [
            "read quote",
            "read quote",
            "export counts",
            "export quotes",
            "export quotes",
            "read quotes"
        ]
    );
    assert_eq!(lines[1].object, quotes[0].to_string());
    let kinds: Counts = analyst
        .get(&format!("/api/v1/quotes/counts?rows=kind&text={WORD}"))
        .await;
    let rows = lines[2].read.as_ref().unwrap().rows;
    assert_eq!(rows, kinds.rows.len() as u64);
    assert_eq!(lines[3].read.as_ref().unwrap().rows, 3);

    // A word in a place where a code belongs is no code.
    let smuggled = format!("/api/v1/quotes?area={WORD}%20in%20het%20park");
    let _ = analyst.call(Method::GET, &smuggled, None::<&()>).await;
    let editor = Office::sign_in(&house.server.url, "redacteur1").await;
    let _: Value = editor.get(&format!("/api/v1/review?text={WORD}")).await;
    let publications: Vec<Publication> = editor.get("/api/v1/publications").await;
    let _: Value = editor
        .get(&format!("/api/v1/publications/{}", publications[0].id))
        .await;
    let acts = house
        .log(&format!("person={}", demo::user("redacteur1")))
        .await;
    let acts: Vec<&str> = acts.iter().map(|line| line.act.as_str()).collect();
    assert_eq!(acts, ["read publication", "read review", "sign in"]);
    let all = serde_json::to_string(&house.log("").await).unwrap();
    assert!(!all.contains(WORD), "{all}");
    // Reading the log is in it too.
    assert!(all.contains("read audit log"));
    assert_eq!(house.log("until=2020-12-31").await, []);
    assert_ne!(house.log("from=2020-12-31").await, []);
    for wrong in [
        "act=sleep",
        "after=1",
        "person=x",
        "colour=red",
        "from=1769250000000",
        "until=2026-02-30",
    ] {
        let admin = Office::sign_in(&house.server.url, "beheerder").await;
        let path = format!("/api/v1/audit?{wrong}");
        let refused = admin.refused(Method::GET, &path, None::<&()>).await;
        assert_eq!(refused.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn who_reads_what_is_written_down_without_a_word_on_sqlite() {
    reading_is_written_down(Place::sqlite()).await;
}

#[tokio::test]
async fn who_reads_what_is_written_down_without_a_word_on_postgres() {
    reading_is_written_down(Place::postgres().await).await;
}

#[tokio::test]
async fn the_log_is_read_page_by_page() {
    let house = House::open(Place::sqlite()).await;
    let admin = Office::sign_in(&house.server.url, "beheerder").await;
    for _ in 0..150 {
        let path = format!("/api/v1/people/{}", demo::user("analist"));
        let change = json!({ "name": "Anders" });
        let (status, body) = admin.call(Method::PATCH, &path, Some(&change)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    let path = "/api/v1/audit?act=change+person";
    let first: AuditPage = admin.get(path).await;
    let next = first.next.clone().unwrap();
    let second: AuditPage = admin.get(&format!("{path}&after={next}")).await;
    assert_eq!((first.lines.len(), second.lines.len()), (100, 50));
    assert_eq!(second.next, None);
    assert!(first.lines.iter().all(|line| line.act == "change person"));
}

/// Nothing of a round tells somebody outside of it whether a quote was there, is there or was chosen.
#[tokio::test]
async fn a_quote_of_a_foreign_round_is_as_one_that_never_was() {
    let mut house = House::open(Place::sqlite()).await;
    let url = house.server.url.clone();
    let foreign = demo::round("overlegronde-2026");
    let (gone, there) = (house.record(foreign).await, house.record(foreign).await);
    let inside = Office::sign_in(&url, "redacteur1").await;
    let publications: Vec<Publication> = inside.get("/api/v1/publications").await;
    let book = format!("/api/v1/publications/{}", publications[0].id);
    let section = inside.get::<Publication>(&book).await.sections[0].id;
    for quote in [gone, there] {
        let path = format!("/api/v1/sections/{section}/selections");
        let _: Section = inside
            .post(
                &path,
                &ChooseQuote {
                    quote,
                    before: None,
                },
            )
            .await;
    }
    // Its worker takes one of them away.
    let conversations: Vec<_> = house
        .tablet
        .replica
        .conversations()
        .map(|(id, _)| id)
        .collect();
    for id in conversations {
        if house.tablet.read(id).quotes[0].id == gone {
            house
                .tablet
                .execute(id, &Command::RemoveQuote { quote: gone });
        }
    }
    house.tablet.sync().await.unwrap();

    let admin = Office::sign_in(&url, "beheerder").await;
    let path = format!("/api/v1/people/{}", demo::user("redacteur2"));
    let change = json!({ "rounds": [demo::round("buurtronde-2026")] });
    let _ = admin.call(Method::PATCH, &path, Some(&change)).await;
    let outside = Office::sign_in(&url, "redacteur2").await;
    let chosen = async |office: &Office, section: SectionId| {
        let book: Publication = office.get(&book).await;
        let mut sections = book.sections.into_iter();
        let found = sections.find(|one| one.id == section).unwrap();
        let quotes = found.quotes.into_iter();
        quotes
            .map(|one| (one.quote.id, one.blocked))
            .collect::<Vec<_>>()
    };
    assert_eq!(chosen(&outside, section).await, []);
    let never = QuoteId(uuid::Uuid::from_u128(7));
    let mut answers = Vec::new();
    for quote in [gone, there, never] {
        let path = format!("/api/v1/sections/{section}/selections/{quote}");
        answers.push(outside.call(Method::DELETE, &path, None::<&()>).await);
    }
    assert_eq!(answers[0].0, StatusCode::OK);
    assert!(
        answers.iter().all(|answer| *answer == answers[2]),
        "{answers:?}"
    );
    let removed = Some(SelectionBlock::Removed);
    let unjudged = Some(SelectionBlock::Unjudged);
    let stand = chosen(&inside, section).await;
    assert_eq!(
        stand,
        [(gone, removed), (there, unjudged)],
        "nothing was taken back"
    );

    let path = format!("/api/v1/sections/{section}/selections/{gone}");
    let (status, _) = inside.call(Method::DELETE, &path, None::<&()>).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(chosen(&inside, section).await, [(there, unjudged)]);
}

/// What is searched for may be a resident's words: it need not stand in an address.
#[tokio::test]
async fn a_form_asks_what_a_query_string_asks() {
    let mut house = House::open(Place::sqlite()).await;
    house.record(demo::round("buurtronde-2026")).await;
    let editor = Office::sign_in(&house.server.url, "redacteur1").await;
    let ask = async |path: &str, kind: &str, pairs: &str| {
        let request = http()
            .post(format!("{}{path}", house.server.url))
            .header("cookie", editor.cookie.clone().unwrap())
            .header("origin", &house.server.url)
            .header("content-type", kind)
            .body(pairs.to_owned());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let form = "application/x-www-form-urlencoded";
    for (path, pairs) in [
        ("/api/v1/quotes", format!("text={WORD}+park&limit=1")),
        (
            "/api/v1/quotes.csv",
            format!("text={WORD}&kind=neighbourhood_round"),
        ),
        ("/api/v1/quotes/counts", format!("rows=kind&text={WORD}")),
        ("/api/v1/review", format!("text={WORD}")),
    ] {
        let address = format!("{path}?{pairs}");
        let (status, answer) = editor.call(Method::GET, &address, None::<&()>).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(
            answer.contains(WORD) || !path.contains("/quotes") || path.ends_with("counts"),
            "{answer}"
        );
        assert_eq!(ask(path, form, &pairs).await, (200, answer), "{path}");
    }
    for (kind, pairs, expected) in [
        ("application/json", "{}", 415),
        (form, "limit=many", 422),
        (form, "colour=red", 422),
        (form, "text=\u{e9}\n", 422),
    ] {
        let told = ask("/api/v1/quotes", kind, pairs).await;
        assert_eq!(told.0, expected, "{pairs}: {}", told.1);
    }
}
