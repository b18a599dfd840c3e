//! A client in JavaScript, written from `docs/sync-protocol.md` alone, beside our own tablets: what
//! the document tells is enough, and what both hold is the same.

use std::path::Path;

use koffiekar_server::demo;
use koffiekar_server::sync::receipt_keys;
use koffiekar_server::upkeep::restored;
use koffiekar_sync_core::conversation::{Command, Stance, Wording};
use koffiekar_sync_core::ids::{ConversationId, QuoteId, RoundId};
use koffiekar_sync_core::office::{QuotePage, TagState};
use koffiekar_sync_core::replica::Standing;
use koffiekar_tests::interop::{Client, reads};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{Tablet, now};
use serde_json::{Value, json};

/// A client with its disk, and the conversation that it recorded.
struct Stranger {
    client: Client,
    folder: tempfile::TempDir,
    id: ConversationId,
    quotes: [QuoteId; 2],
}

fn round() -> RoundId {
    demo::round("buurtronde-2026")
}

impl Stranger {
    async fn enrolled(server: &Server) -> Stranger {
        let mut numbers = Numbers(u64::from_le_bytes(koffiekar_server::random::bytes()));
        let mut quote = || QuoteId::new(now(), numbers.bytes());
        let quotes = [quote(), quote()];
        let mut stranger = Stranger {
            client: Client::start().await,
            folder: tempfile::tempdir().unwrap(),
            id: ConversationId::new(now(), numbers.bytes()),
            quotes,
        };
        let who = json!({
            "url": server.url,
            "login": "veldwerker1",
            "password": demo::PASSWORD,
            "file": stranger.file(),
        });
        stranger.client.does("enrol", who).await;
        stranger
    }

    fn file(&self) -> String {
        let file = self.folder.path().join("tablet.json");
        file.to_str().unwrap().to_owned()
    }

    /// Two quotes in two languages, and an answer to two questions.
    async fn records(&mut self) {
        let given = |purpose: &str| {
            json!({
                "purpose": purpose, "decision": "given", "text": "2026-1", "language": "tr",
                "at": now(),
            })
        };
        let [one, two] = self.quotes;
        let recording = json!({
            "recorded_at": now(),
            "language": "tr",
            "area": "FB03",
            "notes": "Koffie ☕ op de hoek, met de hond 🐕.",
            "quotes": [
                {"id": one, "verbatim": "Sokak lambası yanmıyor.", "lines": ["veiligheid-1"]},
                {"id": two, "verbatim": "Het park is mooi.", "language": "nl"},
            ],
            "consent": {
                "00000000000000a1": given("analysis"),
                "00000000000000a2": given("anonymous_publication"),
            },
        });
        let order = json!({"id": self.id, "round": round(), "recording": recording});
        let recorded = self.client.does("record", order).await;
        assert_eq!(recorded["standing"], "waiting");
    }

    async fn edits(&mut self, edit: Value) {
        let order = json!({"id": self.id, "edit": edit});
        self.client.does("edit", order).await;
    }

    async fn syncs(&mut self) {
        self.client.does("sync", json!({})).await;
    }

    async fn standing(&mut self) -> String {
        let order = json!({"id": self.id});
        let answer = self.client.does("standing", order).await;
        answer["standing"].as_str().unwrap().to_owned()
    }

    async fn moved(&mut self, server: &Server) {
        let order = json!({"url": server.url});
        self.client.does("moved", order).await;
    }

    async fn receipt_key(&mut self) -> Value {
        self.client.does("state", json!({})).await["receipt_key"].take()
    }

    async fn reads(&mut self) -> Value {
        let order = json!({"id": self.id});
        self.client.does("read", order).await["reads"].take()
    }
}

#[tokio::test]
async fn it_reads_every_vector() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let files = std::fs::read_dir(&folder).unwrap();
    let names = files.map(|file| file.unwrap().path());
    let names: Vec<_> = names
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    let mut client = Client::start().await;
    let checked = client.does("vectors", json!({ "folder": folder })).await;
    for name in &names {
        let name = name.file_stem().unwrap().to_str().unwrap();
        assert!(
            checked[name].as_u64() > Some(0),
            "{name} was not looked at: {checked}"
        );
    }
    assert!(names.len() >= 8);
}

#[tokio::test]
async fn what_it_records_is_in_the_office_and_on_our_tablets_and_reads_the_same() {
    let server = Server::start(Place::sqlite()).await;
    let mut stranger = Stranger::enrolled(&server).await;
    let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
    stranger.records().await;
    stranger.syncs().await;
    assert_eq!(stranger.standing().await, "stored");
    colleague.sync().await.unwrap();
    let id = stranger.id;
    let [one, two] = stranger.quotes;
    assert_eq!(reads(&colleague.read(id)), stranger.reads().await);

    // Every edit once, beside two of a colleague who does not know of them.
    let added = QuoteId::new(now(), Numbers(5).bytes());
    let withdrawn = json!({
        "purpose": "analysis", "decision": "withdrawn", "text": "2026-1", "language": "tr",
        "at": now(), "supersedes": ["00000000000000a1"],
    });
    for edit in [
        json!({"edit": "add_quote", "quote": {"id": added, "verbatim": "Er is te weinig groen.", "language": "nl", "lines": ["none"]}}),
        json!({"edit": "correct_wording", "quote": one, "verbatim": "Sokak lambaları yanmıyor."}),
        json!({"edit": "remove_quote", "quote": two}),
        json!({"edit": "edit_notes", "notes": "Thee 🫖 op de hoek, met de hond 🐕 en de kat."}),
        json!({"edit": "set_area", "area": ""}),
        json!({"edit": "set_language", "language": "en"}),
        json!({"edit": "tag", "quote": one, "line": "veiligheid-1", "stance": "retracted"}),
        json!({"edit": "consent", "statements": {"00000000000000a3": withdrawn}}),
    ] {
        stranger.edits(edit).await;
    }
    assert_eq!(stranger.standing().await, "waiting");
    colleague.execute(
        id,
        &Command::CorrectWording {
            quote: one,
            verbatim: "Sokak lambası hiç yanmıyor.".to_owned(),
        },
    );
    colleague.execute(
        id,
        &Command::Tag {
            quote: one,
            line: "wonen-1".parse().unwrap(),
            stance: Stance::Proposed,
        },
    );
    colleague.sync().await.unwrap();
    stranger.syncs().await;
    assert_eq!(stranger.standing().await, "stored");
    colleague.sync().await.unwrap();
    assert!(matches!(colleague.standing(id), Standing::Stored(_)));

    let merged = colleague.read(id);
    assert_eq!(reads(&merged), stranger.reads().await);
    let both = vec![
        "Sokak lambaları yanmıyor.".to_owned(),
        "Sokak lambası hiç yanmıyor.".to_owned(),
    ];
    let wording = &merged.quote(one).unwrap().wording;
    assert_eq!(*wording, Wording::Conflict(both.clone()));
    assert_eq!(
        merged.notes,
        "Thee 🫖 op de hoek, met de hond 🐕 en de kat."
    );
    assert!(merged.quote(two).is_none());

    let office = Office::sign_in(&server.url, "redacteur1").await;
    let page: QuotePage = office.get("/api/v1/quotes?conflict=true").await;
    assert_eq!(page.quotes[0].wordings, both);
    assert_eq!(page.quotes[0].tag_state, TagState::Proposed);
    let page: QuotePage = office.get("/api/v1/quotes").await;
    let words: Vec<&str> = page.quotes.iter().map(|q| q.verbatim.as_str()).collect();
    assert_eq!(page.total, 2, "{words:?}");
    assert!(words.contains(&"Er is te weinig groen."));

    // It settles the wording itself, and the office sees one.
    let settled = json!({"edit": "correct_wording", "quote": one, "verbatim": both[1]});
    stranger.edits(settled).await;
    stranger.syncs().await;
    let page: QuotePage = office.get("/api/v1/quotes?conflict=true").await;
    assert_eq!(page.total, 0);
    colleague.sync().await.unwrap();
    assert_eq!(reads(&colleague.read(id)), stranger.reads().await);
}

#[tokio::test]
async fn it_believes_no_receipt_but_the_servers_for_this_very_request() {
    let server = Server::start(Place::sqlite()).await;
    let mut stranger = Stranger::enrolled(&server).await;
    stranger.records().await;
    stranger.client.does("overheard", json!({})).await;
    assert_eq!(stranger.standing().await, "stored");
    let edit = json!({"edit": "set_area", "area": "FB08"});
    stranger.edits(edit).await;
    let ways = [
        "another key",
        "a changed bit",
        "an old receipt",
        "none at all",
        "a cut answer",
    ];
    for how in ways {
        let answer = stranger.client.does("forged", json!({ "how": how })).await;
        assert!(answer["not_believed"].is_string(), "{how}: {answer}");
        assert_eq!(stranger.standing().await, "waiting", "{how}");
    }
    stranger.syncs().await;
    assert_eq!(stranger.standing().await, "stored");
}

#[tokio::test]
async fn it_sends_everything_where_the_server_lacks_what_comes_before() {
    let server = Server::start(Place::sqlite()).await;
    let mut stranger = Stranger::enrolled(&server).await;
    stranger.records().await;
    let edit = json!({"edit": "edit_notes", "notes": "Zonder begin."});
    stranger.edits(edit).await;
    let order = json!({"id": stranger.id});
    stranger.client.does("forget_all_but_the_last", order).await;
    let synced = stranger.client.does("sync", json!({})).await;
    assert_eq!(synced["requests"], 2);
    assert_eq!(stranger.standing().await, "stored");
    let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
    colleague.sync().await.unwrap();
    assert_eq!(colleague.read(stranger.id).notes, "Zonder begin.");
}

#[tokio::test]
async fn what_it_kept_is_enough_to_go_on_from() {
    let server = Server::start(Place::sqlite()).await;
    let mut stranger = Stranger::enrolled(&server).await;
    stranger.syncs().await;
    stranger.records().await;
    let before = stranger.reads().await;
    // Killed: nothing but its disk is left.
    stranger.client = Client::start().await;
    let order = json!({"file": stranger.file()});
    let restarted = stranger.client.does("restart", order).await;
    assert_eq!(restarted["held"], 1);
    assert_eq!(stranger.standing().await, "waiting");
    assert_eq!(stranger.reads().await, before);
    let edit = json!({"edit": "set_area", "area": "FB08"});
    stranger.edits(edit).await;
    stranger.syncs().await;
    assert_eq!(stranger.standing().await, "stored");
}

#[tokio::test]
async fn it_gives_back_what_a_restored_server_lost_and_follows_a_new_key_for_receipts() {
    let mut server = Server::start(Place::sqlite()).await;
    let mut stranger = Stranger::enrolled(&server).await;
    let mut colleague = Tablet::enrol(&server.url, "veldwerker2").await;
    stranger.syncs().await;
    let key = stranger.receipt_key().await;
    for _ in 0..2 {
        let renewed = receipt_keys::renew(&server.koffiekar, "console").await;
        assert!(renewed.unwrap().is_some());
    }
    stranger.records().await;
    stranger.syncs().await;
    assert_eq!(stranger.standing().await, "stored");
    assert_ne!(stranger.receipt_key().await, key);
    colleague.sync().await.unwrap();
    let backup = server.backup().await;
    stranger.moved(&server).await;
    colleague.url.clone_from(&server.url);

    // Both write in what the other one recorded, and the stranger fetches all of it.
    let user = colleague.replica.identity().user;
    let new = conversation(&mut Numbers(8), user, colleague.now(), 1);
    let theirs = colleague.record(round(), &new);
    let area = Some("FA03".to_owned());
    colleague.execute(stranger.id, &Command::SetArea { area });
    colleague.sync().await.unwrap();
    stranger.syncs().await;
    assert_eq!(stranger.reads().await["area"], "FA03");
    let edit = json!({"edit": "set_area", "area": "FB08"});
    let order = json!({"id": theirs, "edit": edit});
    stranger.client.does("edit", order).await;
    stranger.syncs().await;

    // The colleague does not come back.
    server.put_back(&backup).await;
    restored::begin_anew(&server.koffiekar, "console")
        .await
        .unwrap();
    stranger.moved(&server).await;
    stranger.syncs().await;
    let state = stranger.client.does("state", json!({})).await;
    assert_eq!(state["comparing"], 0);
    assert_eq!(state["refusals"], json!([]));
    let mut fresh = Tablet::enrol(&server.url, "veldwerker2").await;
    fresh.sync().await.unwrap();
    assert_eq!(fresh.read(stranger.id).area.as_deref(), Some("FA03"));
    assert_eq!(reads(&fresh.read(stranger.id)), stranger.reads().await);
    assert_eq!(fresh.read(theirs).area.as_deref(), Some("FB08"));
    assert_eq!(fresh.read(theirs).quotes.len(), 1);
    assert_eq!(stranger.standing().await, "stored");
}
