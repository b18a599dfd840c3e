//! What the desks can take back, change and look up: readings and their authors, a quote that was taken
//! out of a text, the days of a round.

use koffiekar_server::demo;
use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{ConversationId, QuoteId, SectionId};
use koffiekar_sync_core::office::{
    ChangeRound, ChooseQuote, Publication, QuoteDetail, QuoteRow, RoundPreview, Section,
    SettleWording,
};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation, statement};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::{Method, StatusCode};

const ROUND: &str = "buurtronde-2026";

/// A conversation of three quotes whose resident agreed to all.
async fn record(tablet: &mut Tablet, numbers: &mut Numbers) -> (ConversationId, Vec<QuoteId>) {
    let by = tablet.replica.identity().user;
    let mut new = conversation(numbers, by, tablet.now(), 3);
    let given = |purpose| statement(numbers, purpose, Decision::Given, by, tablet.now());
    new.consent = [Purpose::Analysis, Purpose::AnonymousPublication]
        .map(given)
        .to_vec();
    let id = tablet.record(demo::round(ROUND), &new);
    tablet.sync().await.unwrap();
    (id, new.quotes.iter().map(|quote| quote.id).collect())
}

fn correct(tablet: &mut Tablet, id: ConversationId, quote: QuoteId, words: &str) {
    let verbatim = words.to_owned();
    tablet.execute(id, &Command::CorrectWording { quote, verbatim });
}

#[tokio::test]
async fn readings_name_their_authors_and_who_settled_stays_known_on_sqlite() {
    readings_name_their_authors_and_who_settled_stays_known(Place::sqlite()).await;
}

#[tokio::test]
async fn readings_name_their_authors_and_who_settled_stays_known_on_postgres() {
    readings_name_their_authors_and_who_settled_stays_known(Place::postgres().await).await;
}

async fn readings_name_their_authors_and_who_settled_stays_known(place: Place) {
    let server = Server::start(place).await;
    let mut one = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut two = Tablet::enrol(&server.url, "veldwerker2").await;
    let (id, quotes) = record(&mut one, &mut Numbers(1)).await;
    let quote = quotes[0];
    two.sync().await.unwrap();
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let path = format!("/api/v1/quotes/{quote}");
    let name = async |login: &str| {
        let session = Office::sign_in(&server.url, login).await;
        let session: koffiekar_sync_core::office::Session = session.get("/api/v1/session").await;
        session.name
    };
    let (anna, bea) = (name("veldwerker1").await, name("veldwerker2").await);

    // One reading has no need of an author.
    let detail: QuoteDetail = editor.get(&path).await;
    assert_eq!((detail.readings, detail.settled), (Vec::new(), None));

    correct(&mut one, id, quote, "Zo zei hij het.");
    correct(&mut two, id, quote, "Zo zei zij het.");
    for tablet in [&mut one, &mut two] {
        tablet.sync().await.unwrap();
    }
    one.sync().await.unwrap();
    let detail: QuoteDetail = editor.get(&path).await;
    let told: Vec<_> = detail
        .readings
        .iter()
        .map(|one| (one.verbatim.as_str(), one.by.as_deref()))
        .collect();
    let expected = [
        ("Zo zei hij het.", Some(anna.as_str())),
        ("Zo zei zij het.", Some(bea.as_str())),
    ];
    assert_eq!(told, expected);
    assert!(detail.readings.iter().all(|reading| reading.at.is_some()));
    assert_eq!(detail.settled, None);

    let settle = SettleWording {
        verbatim: "Zo zei zij het.".to_owned(),
        seen: detail.quote.wordings,
    };
    let _: QuoteRow = editor.post(&format!("{path}/wording"), &settle).await;
    // Another conversation goes on; this one is corrected once more, and still tells it.
    two.sync().await.unwrap();
    for correction in [None, Some("Zo zei zij het precies.")] {
        if let Some(words) = correction {
            correct(&mut two, id, quote, words);
            two.sync().await.unwrap();
        }
        let detail: QuoteDetail = editor.get(&path).await;
        assert_eq!(detail.readings, []);
        let settled = detail.settled.expect("it was settled");
        assert_eq!(
            settled.by.as_deref(),
            Some(name("redacteur1").await.as_str())
        );
        assert!(settled.at.is_some());
        let from: Vec<_> = settled
            .from
            .iter()
            .map(|one| (one.verbatim.as_str(), one.by.as_deref()))
            .collect();
        assert_eq!(from, expected);
    }
    // An analyst sees by whom, and not what was not chosen.
    let analyst = Office::sign_in(&server.url, "analist").await;
    let detail: QuoteDetail = analyst.get(&path).await;
    let settled = detail.settled.expect("it was settled");
    assert!(settled.by.is_some() && settled.from.is_empty());
}

/// The field workers may settle it themselves, on a tablet.
#[tokio::test]
async fn a_reading_that_a_tablet_settled_names_its_worker() {
    let server = Server::start(Place::sqlite()).await;
    let mut one = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut two = Tablet::enrol(&server.url, "veldwerker2").await;
    let (id, quotes) = record(&mut one, &mut Numbers(2)).await;
    two.sync().await.unwrap();
    correct(&mut one, id, quotes[1], "Zo zei hij het.");
    correct(&mut two, id, quotes[1], "Zo zei zij het.");
    for tablet in [&mut one, &mut two] {
        tablet.sync().await.unwrap();
    }
    one.sync().await.unwrap();
    correct(&mut one, id, quotes[1], "Zo zei hij het.");
    one.sync().await.unwrap();
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let worker = Office::sign_in(&server.url, "veldwerker1").await;
    let worker: koffiekar_sync_core::office::Session = worker.get("/api/v1/session").await;
    let path = format!("/api/v1/quotes/{}", quotes[1]);
    let detail: QuoteDetail = editor.get(&path).await;
    let settled = detail.settled.expect("it was settled");
    assert_eq!((settled.by, settled.from.len()), (Some(worker.name), 2));
}

#[tokio::test]
async fn a_quote_that_was_taken_out_is_put_back_where_it_stood() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let (_, quotes) = record(&mut tablet, &mut Numbers(3)).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let section = first_section(&editor).await;
    let path = format!("/api/v1/sections/{section}/selections");
    let choose = async |quote: QuoteId, before: Option<QuoteId>| -> Vec<QuoteId> {
        let section: Section = editor.post(&path, &ChooseQuote { quote, before }).await;
        ids(&section)
    };
    for quote in &quotes {
        choose(*quote, None).await;
    }
    for (place, quote) in quotes.iter().enumerate() {
        let (status, body) = editor
            .call(Method::DELETE, &format!("{path}/{quote}"), None::<&()>)
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let left: Section = serde_json::from_str(&body).unwrap();
        assert_eq!(left.quotes.len(), 2);
        // Nothing stood behind the last one.
        let back = choose(*quote, quotes.get(place + 1).copied()).await;
        assert_eq!(back, quotes, "after number {place}");
    }
}

async fn first_section(editor: &Office) -> SectionId {
    let publications: Vec<Publication> = editor.get("/api/v1/publications").await;
    let path = format!("/api/v1/publications/{}", publications[0].id);
    editor.get::<Publication>(&path).await.sections[0].id
}

fn ids(section: &Section) -> Vec<QuoteId> {
    section
        .quotes
        .iter()
        .map(|chosen| chosen.quote.id)
        .collect()
}

#[tokio::test]
async fn a_round_gets_other_days_and_what_lies_outside_of_them_is_told_before() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    record(&mut tablet, &mut Numbers(4)).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/rounds/{}", demo::round(ROUND));
    let days = |starts_on: &str, ends_on: &str| ChangeRound {
        starts_on: Some(starts_on.to_owned()),
        ends_on: Some(ends_on.to_owned()),
        ..ChangeRound::default()
    };
    let outside = async |change: &ChangeRound| -> u64 {
        let preview: RoundPreview = admin.post(&format!("{path}/preview"), change).await;
        preview.outside
    };
    assert_eq!(outside(&days("2000-01-01", "2099-12-31")).await, 0);
    assert_eq!(outside(&days("2000-01-01", "2000-01-02")).await, 1);

    for (refused, why) in [
        (days("2026-03-02", "2026-03-01"), "the end before the start"),
        (days("2026-02-30", "2026-03-01"), "a day that is none"),
        (
            ChangeRound {
                ends_on: Some("1999-01-01".to_owned()),
                ..ChangeRound::default()
            },
            "the end before the start as it stands",
        ),
    ] {
        for (method, path) in [
            (Method::POST, format!("{path}/preview")),
            (Method::PATCH, path.clone()),
        ] {
            let problem = admin.refused(method, &path, Some(&refused)).await;
            assert_eq!(problem.status, 422, "{why}: {problem:?}");
        }
    }

    let change = ChangeRound {
        name: Some("Voorjaarsronde".to_owned()),
        ..days("2026-03-01", "2026-03-20")
    };
    let (status, body) = admin.call(Method::PATCH, &path, Some(&change)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let round: Round = serde_json::from_str(&body).unwrap();
    let told = |round: &Round| {
        let Round {
            name,
            starts_on,
            ends_on,
            closed,
            ..
        } = round.clone();
        (name, starts_on, ends_on, closed)
    };
    let expected = (
        "Voorjaarsronde".to_owned(),
        "2026-03-01".to_owned(),
        "2026-03-20".to_owned(),
        false,
    );
    assert_eq!(told(&round), expected);
    // Closing it leaves the days.
    let close = ChangeRound {
        closed: Some(true),
        ..ChangeRound::default()
    };
    let (_, body) = admin.call(Method::PATCH, &path, Some(&close)).await;
    let round: Round = serde_json::from_str(&body).unwrap();
    assert_eq!(told(&round), (expected.0, expected.1, expected.2, true));
}
