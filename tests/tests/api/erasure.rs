//! What a resident asks to be erased is gone: from the office, from every tablet, from the files, and
//! it does not come back.

mod again;
mod copies;
mod quotes;

use std::path::Path;

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{ConversationId, QuoteId};
use koffiekar_sync_core::office::{
    ChooseQuote, ConversationFound, ConversationOutline, EraseQuote, Erasure, ErasurePage,
    ErasureStage, Publication, QuotePage, Section,
};
use koffiekar_sync_core::wire::{Outcome, Reason, ReasonCode};
use koffiekar_tests::hand::Hand;
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::{Method, StatusCode};
use serde_json::Value;

const ROUND: &str = "buurtronde-2026";
/// Stands in no other text, and is its own stem.
const WORDS: &str = "zeggengewist";

/// A server, its administrator and an editor.
struct House {
    server: Server,
    admin: Office,
    editor: Office,
    numbers: Numbers,
}

impl House {
    async fn open(place: Place) -> House {
        let server = Server::start(place).await;
        House {
            admin: Office::sign_in(&server.url, "beheerder").await,
            editor: Office::sign_in(&server.url, "redacteur1").await,
            server,
            numbers: Numbers(1),
        }
    }

    async fn tablet(&self, login: &str) -> Tablet {
        Tablet::enrol(&self.server.url, login).await
    }

    /// A conversation of three quotes, the first of which holds the words.
    fn record(&mut self, tablet: &mut Tablet) -> (ConversationId, [QuoteId; 3]) {
        let by = tablet.replica.identity().user;
        let mut new = conversation(&mut self.numbers, by, tablet.now(), 3);
        new.quotes[0].verbatim = format!("Ik wil {WORDS} over de buurt.");
        new.notes = "Bij de koffiekar.".to_owned();
        let quotes = new.quotes.iter().map(|quote| quote.id);
        let quotes: Vec<QuoteId> = quotes.collect();
        let id = tablet.record(demo::round(ROUND), &new);
        (id, quotes.try_into().unwrap())
    }

    async fn choose(&self, quote: QuoteId) -> Section {
        let publications: Vec<Publication> = self.editor.get("/api/v1/publications").await;
        let path = format!("/api/v1/publications/{}", publications[0].id);
        let publication: Publication = self.editor.get(&path).await;
        let path = format!("/api/v1/sections/{}/selections", publication.sections[0].id);
        self.editor
            .post(
                &path,
                &ChooseQuote {
                    quote,
                    before: None,
                },
            )
            .await
    }

    async fn erase(&self, id: ConversationId) -> Erasure {
        let path = format!("/api/v1/conversations/{id}/erase");
        let (status, body) = self.admin.call(Method::POST, &path, None::<&()>).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn erase_quote(&self, conversation: ConversationId, quote: QuoteId) -> Erasure {
        let path = format!("/api/v1/quotes/{quote}/erase");
        self.admin.post(&path, &EraseQuote { conversation }).await
    }

    async fn find(&self, id: ConversationId) -> ConversationFound {
        self.admin.get(&format!("/api/v1/conversations/{id}")).await
    }

    async fn outline(&self, id: ConversationId) -> ConversationOutline {
        match self.find(id).await {
            ConversationFound::Here(outline) => outline,
            ConversationFound::Gone(erasure) => panic!("{erasure:?}"),
        }
    }

    async fn erasures(&self) -> Vec<Erasure> {
        let page: ErasurePage = self.admin.get("/api/v1/erasures").await;
        assert_eq!(page.total, page.erasures.len() as u64);
        page.erasures
    }

    async fn quotes(&self) -> Vec<QuoteId> {
        let page: QuotePage = self.editor.get("/api/v1/quotes").await;
        let mut ids: Vec<QuoteId> = page.quotes.iter().map(|quote| quote.id).collect();
        ids.sort();
        ids
    }

    /// Nothing of the words stands in any file of this server.
    fn check_files(&self) {
        if let Place::Sqlite(folder) = &self.server.place {
            assert_eq!(files_with(folder.path()), Vec::<String>::new());
        }
    }

    /// No row of any table holds the words, and no audit line tells them.
    async fn check_rows(&self) {
        let mut rows = Rows::of(&self.server.place).await;
        for statement in [
            "select bytes from documents",
            "select sealed from quarantine",
            "select cast(verbatim as bytea) from quotes",
            "select cast(notes as bytea) from conversations",
            "select cast(object as bytea) from audit_log",
        ] {
            let statement = match &self.server.place {
                Place::Sqlite(_) => statement.replace("bytea", "blob"),
                Place::Postgres(_) => statement
                    .replace("cast(", "convert_to(")
                    .replace(" as bytea", ", 'UTF8'"),
            };
            for bytes in rows.bytes(Box::leak(statement.into_boxed_str())).await {
                assert!(!holds(&bytes));
            }
        }
    }
}

fn holds(bytes: &[u8]) -> bool {
    // Folded and stemmed it would stand in the index.
    let stem = &WORDS[..WORDS.len() - 1];
    bytes.windows(stem.len()).any(|w| w == stem.as_bytes())
}

fn files_with(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let with = files.filter(|file| holds(&std::fs::read(file.path()).unwrap()));
    with.map(|file| file.file_name().into_string().unwrap())
        .collect()
}

/// Nothing that the tablet keeps holds the words.
fn check_tablet(tablet: &Tablet) {
    for (_, held) in tablet.replica.conversations() {
        assert!(!holds(&held.to_bytes()));
    }
    for (_, voucher) in tablet.replica.vouchers() {
        assert!(!holds(voucher));
    }
    assert!(!holds(&tablet.replica.state()));
}

fn held(tablet: &Tablet) -> Vec<ConversationId> {
    tablet.replica.conversations().map(|(id, _)| id).collect()
}

fn correct(quote: QuoteId, words: &str) -> Command {
    Command::CorrectWording {
        quote,
        verbatim: words.to_owned(),
    }
}

#[tokio::test]
async fn a_conversation_is_erased_everywhere_on_sqlite() {
    a_conversation_is_erased_everywhere(Place::sqlite()).await;
}

#[tokio::test]
async fn a_conversation_is_erased_everywhere_on_postgres() {
    a_conversation_is_erased_everywhere(Place::postgres().await).await;
}

async fn a_conversation_is_erased_everywhere(place: Place) {
    let mut house = House::open(place).await;
    let mut one = house.tablet("veldwerker1").await;
    let mut two = house.tablet("veldwerker2").await;
    let (id, quotes) = house.record(&mut one);
    let by = one.replica.identity().user;
    let new = conversation(&mut house.numbers, by, one.now(), 1);
    let other = one.record(demo::round(ROUND), &new);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    assert_eq!(held(&two).len(), 2);
    // Waiting on a tablet, held sealed on the server, chosen for a publication.
    two.execute(id, &correct(quotes[0], &format!("Ik wil nog {WORDS}.")));
    let mut ended = house.tablet("veldwerker1").await;
    ended.sync().await.unwrap();
    ended.execute(id, &correct(quotes[1], &format!("Altijd {WORDS}.")));
    let path = format!("/api/v1/devices/{}/revoke", ended.replica.identity().device);
    let _: Value = house.admin.post(&path, &()).await;
    ended.sync().await.unwrap();
    house.choose(quotes[0]).await;
    let outline = house.outline(id).await;
    assert_eq!(outline.quotes[0].id, quotes[0]);
    let chars = format!("Ik wil {WORDS} over de buurt.").chars().count() as u64;
    assert_eq!(
        (outline.quotes[0].position, outline.quotes[0].chars),
        (1, chars)
    );
    assert_eq!(
        (outline.quotes[0].selections, outline.quotes[1].selections),
        (1, 0)
    );
    assert_eq!(outline.device, Some(one.replica.identity().device));
    assert_eq!(outline.round, demo::round(ROUND));

    let erasure = house.erase(id).await;
    assert_eq!((erasure.conversation, erasure.replaced_by), (id, None));
    let mut sorted = quotes;
    sorted.sort();
    assert_eq!(erasure.quotes, sorted);
    assert!(erasure.erased_by.is_some());
    let again = house.erase(id).await;
    assert_eq!(
        again,
        house.erasures().await[0],
        "a second click changes nothing"
    );
    assert_eq!(house.find(id).await, ConversationFound::Gone(again));
    assert_eq!(house.quotes().await.len(), 1);
    let mut rows = Rows::of(&house.server.place).await;
    for (table, left) in [
        ("documents", 1),
        ("conversations", 1),
        ("quotes", 1),
        ("quote_search", 1),
        ("quarantine", 0),
        ("selections", 0),
        ("tombstones", 1),
        ("erased_quotes", 3),
    ] {
        assert_eq!(rows.count(table).await, left, "{table}");
    }
    house.check_rows().await;
    match &house.server.place {
        Place::Sqlite(_) => {
            drop(rows);
            koffiekar_server::rewrite_files(&house.server.koffiekar)
                .await
                .unwrap();
        }
        Place::Postgres(_) => {
            assert_eq!(house.erasures().await[0].stage, ErasureStage::Unreachable);
            let cleared = koffiekar_server::rewrite_files(&house.server.koffiekar).await;
            assert_eq!(cleared.unwrap(), Some(1));
        }
    }
    assert_eq!(house.erasures().await[0].stage, ErasureStage::GoneFromFiles);
    house.check_files();

    // Clean or with work on it, tablets forget it; so does one whose access was ended.
    for tablet in [&mut one, &mut two] {
        tablet.sync().await.unwrap();
        assert_eq!(held(tablet), [other]);
        check_tablet(tablet);
    }
    ended.replica.retry_refused();
    ended.sync().await.unwrap();
    assert!(!held(&ended).contains(&id));
    check_tablet(&ended);
    let mut late = house.tablet("veldwerker1").await;
    late.sync().await.unwrap();
    assert_eq!(held(&late), [other]);
}

#[tokio::test]
async fn it_does_not_come_back_whoever_brings_it() {
    let house = House::open(Place::sqlite()).await;
    let one = Hand::enrol(&house.server.url, "veldwerker1").await;
    let two = Hand::enrol(&house.server.url, "veldwerker2").await;
    let stranger = Hand::enrol(&house.server.url, "veldwerker3").await;
    let mut numbers = Numbers(4);
    let new = conversation(&mut numbers, one.user(), koffiekar_tests::tablet::now(), 1);
    let copy = one.record(demo::round(ROUND), &new);
    one.push(&[&copy]).await;
    house.erase(copy.id).await;

    // Its recorder, a colleague, somebody of another round, and a device that was ended.
    for hand in [&one, &two, &stranger] {
        assert_eq!(hand.outcome(&copy).await, Outcome::Erased);
    }
    let path = format!("/api/v1/devices/{}/revoke", one.device());
    let _: Value = house.admin.post(&path, &()).await;
    assert_eq!(one.outcome(&copy).await, Outcome::Erased);
    assert_eq!(
        Rows::of(&house.server.place)
            .await
            .count("quarantine")
            .await,
        0
    );

    // The same quote in another conversation.
    let again = Hand::enrol(&house.server.url, "veldwerker1").await;
    let other = again.record(demo::round(ROUND), &new);
    let Outcome::Invalid(Reason { code, detail }) = again.outcome(&other).await else {
        panic!("an erased quote came back");
    };
    assert_eq!(code, ReasonCode::NotAllowed);
    assert!(detail.contains("erased"), "{detail}");
    assert_eq!(house.quotes().await, []);
}

/// Whatever comes first, in the end it is erased, and nothing of it is left.
#[tokio::test]
async fn an_erasure_wins_whatever_is_written_meanwhile_on_sqlite() {
    an_erasure_wins_whatever_is_written_meanwhile(Place::sqlite()).await;
}

#[tokio::test]
async fn an_erasure_wins_whatever_is_written_meanwhile_on_postgres() {
    an_erasure_wins_whatever_is_written_meanwhile(Place::postgres().await).await;
}

async fn an_erasure_wins_whatever_is_written_meanwhile(place: Place) {
    let mut house = House::open(place).await;
    let one = Hand::enrol(&house.server.url, "veldwerker1").await;
    let ended = Hand::enrol(&house.server.url, "veldwerker2").await;
    let mut copies = Vec::new();
    for _ in 0..12 {
        let at = koffiekar_tests::tablet::now();
        let new = conversation(&mut house.numbers, one.user(), at, 2);
        copies.push((one.record(demo::round(ROUND), &new), new));
    }
    one.push(&copies.iter().map(|(copy, _)| copy).collect::<Vec<_>>())
        .await;
    let path = format!("/api/v1/devices/{}/revoke", ended.device());
    let _: Value = house.admin.post(&path, &()).await;
    for (copy, new) in &mut copies {
        copy.known = copy.document.heads();
        let mut theirs = copy.clone();
        one.execute(copy, &correct(new.quotes[0].id, "Anders gezegd."));
        ended.execute(&mut theirs, &correct(new.quotes[1].id, "Elders gezegd."));
        let tags = format!("/api/v1/quotes/{}/tags", new.quotes[0].id);
        let decision = serde_json::json!({ "confirm": ["wonen-1"] });
        let ((status, _), pushed, held, erased) = tokio::join!(
            house.editor.call(Method::POST, &tags, Some(&decision)),
            one.outcome(copy),
            ended.outcome(&theirs),
            house.erase(copy.id),
        );
        assert!(
            matches!(status, StatusCode::OK | StatusCode::NOT_FOUND),
            "{status}"
        );
        assert!(
            matches!(pushed, Outcome::Stored | Outcome::Erased),
            "{pushed:?}"
        );
        assert!(
            matches!(held, Outcome::Held(_) | Outcome::Erased),
            "{held:?}"
        );
        assert_eq!(erased.conversation, copy.id);
        assert_eq!(one.outcome(copy).await, Outcome::Erased);
    }
    let mut rows = Rows::of(&house.server.place).await;
    for table in [
        "documents",
        "conversations",
        "quotes",
        "quote_search",
        "quarantine",
    ] {
        assert_eq!(rows.count(table).await, 0, "{table}");
    }
    assert_eq!(rows.count("tombstones").await, 12);
}

#[tokio::test]
async fn remains_in_the_files_wait_for_who_reads_in_them() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, _) = house.record(&mut one);
    one.sync().await.unwrap();
    let store = &house.server.koffiekar.store;
    let mut reading = store.read().await.unwrap();
    koffiekar_server::store::documents::count(&mut reading)
        .await
        .unwrap();
    assert_eq!(house.erase(id).await.stage, ErasureStage::Unreachable);
    let Place::Sqlite(folder) = &house.server.place else {
        unreachable!()
    };
    assert_ne!(
        files_with(folder.path()),
        Vec::<String>::new(),
        "the reader sees it still"
    );
    reading.commit().await.unwrap();
    koffiekar_server::rewrite_files(&house.server.koffiekar)
        .await
        .unwrap();
    let erasure = house.erasures().await.remove(0);
    assert_eq!(erasure.stage, ErasureStage::GoneFromFiles);
    assert!(erasure.gone_at.is_some());
    house.check_files();
}

#[tokio::test]
async fn what_cannot_be_found_or_was_never_there_is_told_apart() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    let nowhere = ConversationId::new(one.now(), [1; 10]);
    let admin = &house.admin;
    let path = format!("/api/v1/conversations/{nowhere}");
    assert_eq!(
        admin.refused(Method::GET, &path, None::<&()>).await.code(),
        "not-found"
    );
    let path = format!("/api/v1/conversations/{nowhere}/erase");
    assert_eq!(
        admin.refused(Method::POST, &path, None::<&()>).await.code(),
        "not-found"
    );
    let path = format!("/api/v1/quotes/{}/erase", quotes[0]);
    let asked = EraseQuote {
        conversation: nowhere,
    };
    assert_eq!(
        admin
            .refused(Method::POST, &path, Some(&asked))
            .await
            .code(),
        "not-found"
    );
    let path = format!("/api/v1/quotes/{}/erase", QuoteId::new(one.now(), [1; 10]));
    let asked = EraseQuote { conversation: id };
    assert_eq!(
        admin
            .refused(Method::POST, &path, Some(&asked))
            .await
            .code(),
        "not-found"
    );
    let path = "/api/v1/erasures?after=nonsense";
    assert_eq!(
        admin.refused(Method::GET, path, None::<&()>).await.code(),
        "invalid"
    );
    assert_eq!(house.erasures().await, []);
    assert_eq!(house.quotes().await.len(), 3);
}

#[tokio::test]
async fn erasures_are_told_page_by_page() {
    let house = House::open(Place::sqlite()).await;
    let one = Hand::enrol(&house.server.url, "veldwerker1").await;
    let mut numbers = Numbers(9);
    let mut erased = Vec::new();
    for _ in 0..103 {
        let at = koffiekar_tests::tablet::now();
        let copy = one.record(
            demo::round(ROUND),
            &conversation(&mut numbers, one.user(), at, 0),
        );
        one.push(&[&copy]).await;
        house.erase(copy.id).await;
        erased.push(copy.id);
    }
    let first: ErasurePage = house.admin.get("/api/v1/erasures").await;
    assert_eq!((first.erasures.len(), first.total), (100, 103));
    let path = format!("/api/v1/erasures?after={}", first.next.unwrap());
    let last: ErasurePage = house.admin.get(&path).await;
    assert_eq!((last.erasures.len(), last.next), (3, None));
    let all = first.erasures.iter().chain(&last.erasures);
    let mut told: Vec<ConversationId> = all.map(|erasure| erasure.conversation).collect();
    told.sort();
    erased.sort();
    assert_eq!(told, erased);
}
