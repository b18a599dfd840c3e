//! An installation with everything in it that there can be.

use std::process::Output;

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::{
    ChooseQuote, ConversationOutline, EraseQuote, Erasure, MoveConversation, Publication,
    QuotePage, QuoteRow, Section, TagDecision,
};
use koffiekar_tests::hand::{Copy, Hand, fetching};
use koffiekar_tests::office::Office;
use koffiekar_tests::programs;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{Tablet, now};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(super) const OURS: &str = "buurtronde-2026";
pub(super) const THEIRS: &str = "overlegronde-2026";
const CLOSED: &str = "openhuis-2026";

/// The demo with conversations that were erased, lost a quote, were moved, are edited and held.
pub(super) struct House {
    pub(super) server: Server,
    /// Its tablet recorded some of it.
    pub(super) tablet: Tablet,
    pub(super) numbers: Numbers,
    /// A conversation that is there as it came.
    pub(super) plain: ConversationId,
}

impl House {
    pub(super) async fn open(place: Place) -> House {
        let mut server = Server::start(place).await;
        demo::conversations::load(&server.koffiekar).await.unwrap();
        let mut numbers = Numbers(7);
        let wrong = json!({ "login": "niemand", "password": "niet dit wachtwoord" });
        let stranger = Office::stranger(&server.url);
        stranger
            .refused(Method::POST, "/api/v1/session", Some(&wrong))
            .await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker2").await;
        let ids: Vec<ConversationId> = (0..5).map(|_| record(&mut tablet, &mut numbers)).collect();
        tablet.sync().await.unwrap();
        let [plain, erased, less, moved, edited] = ids[..] else {
            panic!("five were recorded")
        };
        let admin = Office::sign_in(&server.url, "beheerder").await;
        erase(&admin, &format!("/api/v1/conversations/{erased}/erase")).await;
        let quote = tablet.read(less).quotes[0].id;
        let path = format!("/api/v1/quotes/{quote}/erase");
        let _: Erasure = admin.post(&path, &EraseQuote { conversation: less }).await;
        let round = demo::round(THEIRS);
        let path = format!("/api/v1/conversations/{moved}/move");
        let _: ConversationOutline = admin.post(&path, &MoveConversation { round }).await;
        tablet.execute(
            edited,
            &Command::SetArea {
                area: Some("FA08".to_owned()),
            },
        );
        tablet.sync().await.unwrap();
        hold(&server, &admin, &mut numbers).await;
        let editor = Office::sign_in(&server.url, "redacteur1").await;
        let page: QuotePage = editor.get("/api/v1/quotes?tag_state=untagged").await;
        let decision = TagDecision {
            confirm: vec![page.quotes[0].suggestions[0].line.clone()],
            ..TagDecision::default()
        };
        let path = format!("/api/v1/quotes/{}/tags", page.quotes[0].id);
        let _: QuoteRow = editor.post(&path, &decision).await;
        let line = page.quotes[1].suggestions[0].line.clone();
        let path = format!("/api/v1/quotes/{}/tags", page.quotes[1].id);
        for what in ["confirm", "retract"] {
            let _: QuoteRow = editor.post(&path, &json!({ what: [line] })).await;
        }
        let retired = json!({ "kind": "retired", "lines": ["wonen-1"] });
        let _: Value = admin.post("/api/v1/line-acts", &retired).await;
        let publications: Vec<Publication> = editor.get("/api/v1/publications").await;
        let path = format!("/api/v1/publications/{}", publications[0].id);
        let publication: Publication = editor.get(&path).await;
        let path = format!("/api/v1/sections/{}/selections", publication.sections[0].id);
        let quote = tablet.read(edited).quotes[0].id;
        let _: Section = editor
            .post(
                &path,
                &ChooseQuote {
                    quote,
                    before: None,
                },
            )
            .await;
        // It learns from all of that now, and not a moment later.
        server.restart().await;
        tablet.url.clone_from(&server.url);
        House {
            server,
            tablet,
            numbers,
            plain,
        }
    }

    pub(super) fn record(&mut self) -> ConversationId {
        record(&mut self.tablet, &mut self.numbers)
    }

    /// What the API tells of it, in the order in which it tells it.
    pub(super) async fn told(&self) -> Vec<String> {
        told(&self.server.url).await
    }
}

fn record(tablet: &mut Tablet, numbers: &mut Numbers) -> ConversationId {
    let by = tablet.replica.identity().user;
    let new = conversation(numbers, by, tablet.now(), 3);
    tablet.record(demo::round(OURS), &new)
}

pub(super) async fn erase(admin: &Office, path: &str) {
    let (status, said) = admin.call(Method::POST, path, None::<&()>).await;
    assert!(status.is_success(), "{path}: {status} {said}");
}

async fn hold(server: &Server, admin: &Office, numbers: &mut Numbers) {
    let path = format!("/api/v1/rounds/{}", demo::round(CLOSED));
    let change = json!({ "closed": true });
    let (status, _) = admin.call(Method::PATCH, &path, Some(&change)).await;
    assert_eq!(status, StatusCode::OK);
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let new = conversation(numbers, hand.user(), now(), 2);
    let late: Copy = hand.record(demo::round(CLOSED), &new);
    hand.push(&[&late]).await;
    let held: Value = admin.get("/api/v1/held").await;
    assert_eq!(held["total"], 1);
}

/// The office's answers, and all that a tablet of each field worker is given.
pub(super) async fn told(url: &str) -> Vec<String> {
    let mut told = Vec::new();
    let editor = Office::sign_in(url, "redacteur1").await;
    let analyst = Office::sign_in(url, "analist").await;
    let admin = Office::sign_in(url, "beheerder").await;
    for (who, paths) in [
        (
            &editor,
            &[
                "/api/v1/quotes?limit=100",
                "/api/v1/quotes?text=verlichting&limit=100",
                "/api/v1/publications",
            ][..],
        ),
        (
            &analyst,
            &[
                "/api/v1/quotes/counts?rows=action_line",
                "/api/v1/quotes/counts?rows=area&columns=kind&text=huur",
                "/api/v1/quotes.csv",
            ],
        ),
        (
            &admin,
            &["/api/v1/erasures", "/api/v1/held", "/api/v1/people"],
        ),
    ] {
        for path in paths {
            let (status, body) = who.call(Method::GET, path, None::<&()>).await;
            assert_eq!(status, StatusCode::OK, "{path}: {body}");
            told.push(format!("{path}: {body}"));
        }
    }
    for login in ["veldwerker1", "veldwerker2", "veldwerker3"] {
        let hand = Hand::enrol(url, login).await;
        let fetched = hand.ask(&fetching()).await;
        assert!(fetched.answer.rounds.iter().all(|page| !page.more));
        told.push(format!("{login}: {:?}", fetched.answer.rounds));
    }
    told
}

/// Fails at the first answer that differs, and shows where; all of them are long.
pub(super) fn same(one: &[String], other: &[String]) {
    for (one, other) in one.iter().zip(other) {
        let bytes = one.bytes().zip(other.bytes());
        let at = bytes.take_while(|(one, other)| one == other).count();
        let from =
            |text: &str| -> String { text.chars().skip(at.saturating_sub(60)).take(160).collect() };
        assert!(one == other, "{:.60}: {} | {}", one, from(one), from(other));
    }
    assert_eq!(one.len(), other.len());
}

/// The program, until it ends.
pub(super) async fn koffiekar(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(programs::koffiekar());
    command.args(arguments).args(["--log", "warn"]);
    command.output().await.unwrap()
}

/// What it said, on both ways.
pub(super) fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(&[&out[..], err].concat()).into_owned()
}
