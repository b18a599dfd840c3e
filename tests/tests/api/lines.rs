//! Action lines are retired, split and merged while people go on tagging.

mod refused;
mod then;

use std::time::Duration;

use koffiekar_server::store::Store;
use koffiekar_server::{Clock, demo};
use koffiekar_sync_core::catalogue::{Catalogue, Ending};
use koffiekar_sync_core::conversation::{Command, Stance};
use koffiekar_sync_core::ids::{LineKey, Millis, QuoteId};
use koffiekar_sync_core::office::{
    Desk, LineAct, LineActPreview, LineStanding, QuotePage, QuoteRow, TagState,
};
use koffiekar_tests::days::in_amsterdam;
use koffiekar_tests::hand::Hand;
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The demo with its conversations, at a time that stands still.
struct World {
    server: Server,
    admin: Office,
    editor: Office,
    /// Keys of lines that take tags, in the order of the programme.
    lines: Vec<String>,
}

impl World {
    async fn open(place: Place) -> World {
        World::of(Server::start_with_clock(place, Clock::held(now())).await).await
    }

    async fn of(server: Server) -> World {
        demo::load(&server.koffiekar).await.unwrap();
        demo::conversations::load(&server.koffiekar).await.unwrap();
        let admin = Office::sign_in(&server.url, "beheerder").await;
        let editor = Office::sign_in(&server.url, "redacteur1").await;
        let catalogue: Catalogue = editor.get("/api/v1/programme").await;
        let lines = catalogue.action_lines.iter();
        let world = World {
            lines: lines.map(|line| line.key.to_string()).collect(),
            server,
            admin,
            editor,
        };
        world.learn().await;
        world
    }

    async fn learn(&self) {
        let koffiekar = &self.server.koffiekar;
        koffiekar.suggest.learn_now(&koffiekar.store).await.unwrap();
    }

    fn store(&self) -> &Store {
        &self.server.koffiekar.store
    }

    /// Time goes by.
    fn later(&self, millis: i64) {
        self.server.koffiekar.clock.advance(millis);
    }

    async fn act(&self, body: Value) -> LineAct {
        self.admin.post("/api/v1/line-acts", &body).await
    }

    async fn undo(&self, act: u32) -> LineAct {
        let path = format!("/api/v1/line-acts/{act}/undo");
        self.admin.post(&path, &()).await
    }

    async fn decide(&self, quote: QuoteId, decision: Value) -> QuoteRow {
        let path = format!("/api/v1/quotes/{quote}/tags");
        self.editor.post(&path, &decision).await
    }

    /// Quotes that nobody tagged.
    async fn untagged(&self, count: usize) -> Vec<QuoteId> {
        let quotes = self.found("tag_state=untagged&limit=200").await;
        assert!(quotes.len() >= count);
        quotes.iter().take(count).map(|quote| quote.id).collect()
    }

    async fn found(&self, filter: &str) -> Vec<QuoteRow> {
        let path = format!("/api/v1/quotes?{filter}");
        self.editor.get::<QuotePage>(&path).await.quotes
    }

    async fn total(&self, filter: &str) -> u64 {
        let path = format!("/api/v1/quotes?{filter}");
        self.editor.get::<QuotePage>(&path).await.total
    }

    async fn quote(&self, id: QuoteId) -> QuoteRow {
        let path = format!("/api/v1/quotes/{id}");
        let detail: koffiekar_sync_core::office::QuoteDetail = self.editor.get(&path).await;
        detail.quote
    }

    async fn labels(&self) -> Vec<(String, Vec<String>)> {
        let mut tx = self.store().read().await.unwrap();
        let labelled = koffiekar_server::store::quotes::labelled(&mut tx).await;
        let labelled = labelled.unwrap().into_iter();
        labelled
            .map(|d| (d.labelled.text, d.labelled.lines))
            .collect()
    }
}

fn key(text: &str) -> LineKey {
    text.parse().unwrap()
}

/// A new line, in words of its own.
fn new(key: &str, title: &str, words: &str) -> Value {
    json!({ "key": key, "new": {
        "theme": "wonen", "title": title, "description": words, "synonyms": words.split(' ').collect::<Vec<_>>(),
    }})
}

#[tokio::test]
async fn who_denies_a_line_that_was_split_answers_for_the_other_that_stands() {
    let world = World::open(Place::sqlite()).await;
    let [old, other] = [&*world.lines[0], &*world.lines[1]];
    let quote = world.untagged(1).await[0];
    world
        .decide(quote, json!({ "confirm": [old, other] }))
        .await;
    world.later(1_000);
    world
        .act(json!({
            "kind": "split", "lines": [old],
            "into": [new("deel-1", "Een", "een"), new("deel-2", "Twee", "twee")],
        }))
        .await;
    assert_eq!(world.quote(quote).await.tag_state, TagState::Untagged);
    world.later(1_000);
    let second = Office::sign_in(&world.server.url, "redacteur2").await;
    let path = format!("/api/v1/quotes/{quote}/tags");
    let row: QuoteRow = second.post(&path, &json!({ "reject": [old] })).await;
    assert_eq!(row.tag_state, TagState::Confirmed);
}

#[tokio::test]
async fn quotes_of_a_split_line_wait_until_a_person_says_which_on_sqlite() {
    quotes_of_a_split_line_wait_until_a_person_says_which(Place::sqlite()).await;
}

#[tokio::test]
async fn quotes_of_a_split_line_wait_until_a_person_says_which_on_postgres() {
    quotes_of_a_split_line_wait_until_a_person_says_which(Place::postgres().await).await;
}

async fn quotes_of_a_split_line_wait_until_a_person_says_which(place: Place) {
    let world = World::open(place).await;
    let [old, other] = [&*world.lines[0], &*world.lines[1]];
    let quotes = world.untagged(5).await;
    let words = world.quote(quotes[0]).await.verbatim;
    for quote in &quotes {
        world.decide(*quote, json!({ "confirm": [old] })).await;
    }
    // It concerns another line as well, which answers nothing.
    world.decide(quotes[4], json!({ "confirm": [other] })).await;
    world.later(1_000);
    world.learn().await;
    let confirmed = world
        .total(&format!("action_line={old}&tag_state=confirmed"))
        .await;
    // What a worker proposed for another line waits for an editor as it did.
    let on_the_line = world.found(&format!("action_line={old}&limit=200")).await;
    let alone = |quote: &&QuoteRow| {
        let mut tags = quote.tags.iter().filter(|tag| tag.line.as_str() != old);
        !tags.any(|tag| tag.standing == LineStanding::Proposed)
    };
    let asked = on_the_line.iter().filter(alone).count() as u64;
    assert!(asked > confirmed, "some were proposed alone");
    let waiting = world.total("tag_state=untagged").await;
    let labels = world.labels().await.len();

    let body = json!({
        "kind": "split", "lines": [old], "note": "Te breed",
        "into": [new("wonen-deel-1", "Eerste deel", &words), new("wonen-deel-2", "Tweede deel", "iets heel anders")],
    });
    let preview: LinePreviewed = world.admin.post("/api/v1/line-acts/preview", &body).await;
    assert_eq!(preview.lines[0].confirmed, confirmed);
    let spread: u32 = preview.suggested.iter().map(|moved| moved.quotes).sum();
    // In tens alone: the words of the new lines are the administrator's, those of the quotes are not.
    let mut suggested = preview.suggested.iter();
    assert!(
        suggested.all(|moved| moved.quotes.is_multiple_of(10)),
        "{preview:?}"
    );
    assert!(spread as usize <= on_the_line.len(), "{preview:?}");
    assert_eq!(
        world.total("tag_state=untagged").await,
        waiting,
        "nothing is written"
    );

    let act = world.act(body).await;
    assert_eq!(
        (act.kind, act.act, act.can_be_undone),
        (Ending::Split, 1, true)
    );
    assert_eq!(act.into, [key("wonen-deel-1"), key("wonen-deel-2")]);
    world.learn().await;

    // They are undecided, among the parts, and found by what they were tagged as.
    assert_eq!(world.total(&format!("action_line={old}")).await, 0);
    assert_eq!(world.total("tag_state=untagged").await, waiting + asked);
    let found = world.found(&format!("tagged_as={old}&limit=200")).await;
    assert!(
        quotes
            .iter()
            .all(|id| found.iter().any(|quote| quote.id == *id))
    );
    let parts = [key("wonen-deel-1"), key("wonen-deel-2")];
    for id in &quotes {
        let quote = world.quote(*id).await;
        assert_eq!(quote.tag_state, TagState::Untagged);
        let tag = quote
            .tags
            .iter()
            .find(|tag| tag.line.as_str() == old)
            .unwrap();
        assert_eq!(
            (tag.standing, &tag.became[..]),
            (LineStanding::Confirmed, &parts[..])
        );
        assert!(
            parts.contains(&quote.suggestions[0].line),
            "{:?}",
            quote.suggestions
        );
    }
    let best = world.quote(quotes[0]).await.suggestions[0].line.clone();
    assert_eq!(best, parts[0], "its own words describe the first part");
    let suggested = world
        .found("suggested=wonen-deel-1&tag_state=untagged&limit=200")
        .await;
    assert!(suggested.iter().any(|quote| quote.id == quotes[0]));
    let desk: Desk = world.editor.get("/api/v1/desk").await;
    assert_eq!(desk.untagged, waiting + asked);
    // What was confirmed for the whole teaches none of the parts.
    assert_eq!(world.labels().await.len() as u64, labels as u64 - confirmed);

    // A part, another line, none, and both parts denied: a person decided.
    for (quote, decision) in quotes.iter().zip([
        json!({ "confirm": ["wonen-deel-2"] }),
        json!({ "confirm": [other] }),
        json!({ "confirm": ["none"] }),
        json!({ "reject": ["wonen-deel-1", "wonen-deel-2"] }),
    ]) {
        world.later(1_000);
        world.decide(*quote, decision).await;
    }
    let states: Vec<TagState> = {
        let mut states = Vec::new();
        for quote in &quotes {
            states.push(world.quote(*quote).await.tag_state);
        }
        states
    };
    let confirmed_thrice = [TagState::Confirmed; 3];
    assert_eq!(states[..3], confirmed_thrice);
    assert_eq!(
        states[3],
        TagState::Untagged,
        "nobody named a line that is there"
    );
    assert_eq!(world.total("action_line=wonen-deel-2").await, 1);
    let labels = world.labels().await;
    assert!(labels.iter().any(|(_, lines)| *lines == ["wonen-deel-2"]));
}

type LinePreviewed = LineActPreview;

#[tokio::test]
async fn quotes_of_a_merged_line_count_for_its_successor_and_teach_it() {
    let world = World::open(Place::sqlite()).await;
    let [one, two, end] = [&*world.lines[0], &*world.lines[1], &*world.lines[2]];
    let quotes = world.untagged(5).await;
    world.decide(quotes[0], json!({ "confirm": [one] })).await;
    world
        .decide(quotes[1], json!({ "confirm": [two], "reject": [end] }))
        .await;
    // Only one of the merged lines: what did not concern it may concern the wider one.
    world
        .decide(quotes[2], json!({ "confirm": [one], "reject": [two] }))
        .await;
    world.decide(quotes[3], json!({ "reject": [one] })).await;
    let words = world.quote(quotes[0]).await.verbatim;
    world.later(1_000);
    world
        .act(json!({ "kind": "merged", "lines": [one, two], "into": [{ "key": end }] }))
        .await;
    world.learn().await;

    let found = world.found(&format!("action_line={end}&limit=200")).await;
    for id in &quotes[..3] {
        let quote = found.iter().find(|quote| quote.id == *id).unwrap();
        assert_eq!(quote.tag_state, TagState::Confirmed, "{:?}", quote.tags);
        let old = quote
            .tags
            .iter()
            .find(|tag| tag.line.as_str() != end)
            .unwrap();
        assert_eq!(old.became, [key(end)], "it shows what it was tagged as");
    }
    assert!(!found.iter().any(|quote| quote.id == quotes[3]));
    assert_eq!(world.quote(quotes[3]).await.tag_state, TagState::Untagged);
    assert_eq!(world.total(&format!("action_line={one}")).await, 0);
    let labels = world.labels().await;
    let label = labels.iter().find(|(text, _)| *text == words).unwrap();
    assert_eq!(label.1, [end]);

    // Followed to its end, and a denial behind the merge speaks of the wider line.
    world.later(1_000);
    world.decide(quotes[0], json!({ "reject": [end] })).await;
    assert_eq!(world.quote(quotes[0]).await.tag_state, TagState::Contested);
    let last = &*world.lines[3];
    world
        .act(json!({ "kind": "merged", "lines": [end], "into": [{ "key": last }] }))
        .await;
    let labels = world.labels().await;
    let text = world.quote(quotes[1]).await;
    let label = labels
        .iter()
        .find(|(words, _)| *words == text.verbatim)
        .unwrap();
    assert_eq!(label.1, [last]);
    assert!(text.tags.iter().any(|tag| tag.became == [key(last)]));
    let csv = world
        .editor
        .call(Method::GET, "/api/v1/quotes.csv", None::<&()>)
        .await;
    let mut rows = csv::Reader::from_reader(csv.1.as_bytes());
    let rows = rows.deserialize::<std::collections::BTreeMap<String, String>>();
    let row = rows
        .map(Result::unwrap)
        .find(|row| row["quote"] == quotes[1].to_string());
    let row = row.unwrap();
    assert_eq!((&*row["action_lines"], &*row["tagged_as"]), (last, two));
}

#[tokio::test]
async fn a_retired_line_takes_no_new_tags_and_keeps_its_old_ones() {
    let world = World::open(Place::sqlite()).await;
    let old = &*world.lines[0];
    let quotes = world.untagged(2).await;
    world.decide(quotes[0], json!({ "confirm": [old] })).await;
    world.later(1_000);
    let act = world
        .act(json!({ "kind": "retired", "lines": [old] }))
        .await;
    world.learn().await;

    let catalogue: Catalogue = world.editor.get("/api/v1/programme").await;
    let line = catalogue
        .action_lines
        .iter()
        .find(|line| line.key.as_str() == old);
    let ended = line.unwrap().ended.as_ref().unwrap();
    assert_eq!((ended.how, ended.at), (Ending::Retired, act.starts_at));
    assert_eq!(world.quote(quotes[0]).await.tag_state, TagState::Confirmed);
    assert!(world.total(&format!("action_line={old}")).await > 0);
    assert_eq!(world.total(&format!("suggested={old}")).await, 0);
    for quote in world.found("limit=200").await {
        let named = quote.suggestions.iter().any(|one| one.line.as_str() == old);
        assert!(!named, "{:?}", quote.suggestions);
    }
    let path = format!("/api/v1/quotes/{}/tags", quotes[1]);
    let body = json!({ "confirm": [old] });
    let refused = world.editor.refused(Method::POST, &path, Some(&body)).await;
    assert_eq!(refused.status, 409);
    assert!(refused.detail.contains(old), "{}", refused.detail);
    // What was said can be denied and taken back.
    world.decide(quotes[0], json!({ "retract": [old] })).await;
    assert_eq!(world.quote(quotes[0]).await.tag_state, TagState::Untagged);

    world.undo(act.act).await;
    world.learn().await;
    world.decide(quotes[1], json!({ "confirm": [old] })).await;
    let acts: Vec<LineAct> = world.admin.get("/api/v1/line-acts").await;
    assert!(acts[0].undone_at.is_some() && !acts[0].can_be_undone);
    let mut rows = Rows::of(&world.server.place).await;
    let logged = rows
        .texts("select action || ' ' || object from audit_log where action like '%action line%' order by place")
        .await;
    let expected = [
        format!("retire action line {old} (act 1)"),
        format!("undo act on action lines {old} (act 1)"),
    ];
    assert_eq!(logged, expected);
}

#[tokio::test]
async fn a_line_is_retired_when_its_day_comes() {
    let (clock, often) = (Clock::held(now()), Duration::from_millis(5));
    let world = World::of(Server::start_looking(Place::sqlite(), clock, often).await).await;
    let old = &*world.lines[0];
    let quote = world.untagged(1).await[0];
    let tomorrow = day(world.server.koffiekar.clock.now().0 + 86_400_000);
    world
        .act(json!({ "kind": "retired", "lines": [old], "on": tomorrow }))
        .await;
    assert!(world.total(&format!("suggested={old}")).await > 0);
    world.decide(quote, json!({ "confirm": [old] })).await;
    world.decide(quote, json!({ "retract": [old] })).await;
    world.later(90_000_000);
    // Sessions ended meanwhile.
    let editor = Office::sign_in(&world.server.url, "redacteur1").await;
    let path = format!("/api/v1/quotes/{quote}/tags");
    let refused = editor
        .refused(Method::POST, &path, Some(&json!({ "confirm": [old] })))
        .await;
    assert_eq!(refused.status, 409);
    // The tagger notices by itself.
    let path = format!("/api/v1/quotes?suggested={old}");
    for _ in 0..10_000 {
        if editor.get::<QuotePage>(&path).await.total == 0 {
            return;
        }
    }
    panic!("it is suggested still");
}

/// `2026-01-31` of a time in milliseconds.
fn day(at: i64) -> String {
    in_amsterdam(Millis(at))
}

#[tokio::test]
async fn what_an_old_tablet_says_of_a_line_that_ended_is_kept_and_asks_a_person() {
    let world = World::open(Place::sqlite()).await;
    let [retired, merged, end] = [&*world.lines[0], &*world.lines[1], &*world.lines[2]];
    // An editor's own tablet: what it says weighs as much as a word at the desk.
    let hand = Hand::enrol(&world.server.url, "redacteur1").await;
    let mut numbers = Numbers(7);
    let mut copies = Vec::new();
    for _ in 0..2 {
        let mut new = conversation(&mut numbers, hand.user(), now(), 1);
        new.quotes[0].lines.clear();
        copies.push(hand.record(demo::round("buurtronde-2026"), &new));
    }
    world
        .act(json!({ "kind": "retired", "lines": [retired] }))
        .await;
    world
        .act(json!({ "kind": "merged", "lines": [merged], "into": [{ "key": end }] }))
        .await;
    let mut quotes = Vec::new();
    for (copy, line) in copies.iter_mut().zip([retired, merged]) {
        let quote = *copy.document.quotes().unwrap().keys().next().unwrap();
        let command = Command::Tag {
            quote,
            line: key(line),
            stance: Stance::Confirmed,
        };
        hand.execute(copy, &command);
        quotes.push(quote);
        assert_eq!(
            hand.outcome(copy).await,
            koffiekar_sync_core::wire::Outcome::Stored
        );
    }
    for (quote, line) in quotes.iter().zip([retired, end]) {
        let row = world.quote(*quote).await;
        assert_eq!(row.tag_state, TagState::Untagged, "{line}");
        assert_eq!(row.tags[0].standing, LineStanding::Confirmed);
        let found = world.found(&format!("action_line={line}&limit=200")).await;
        assert!(found.iter().any(|row| row.id == *quote), "{line}");
    }
    world.later(1_000);
    let row = world.decide(quotes[0], json!({ "confirm": [end] })).await;
    assert_eq!(row.tag_state, TagState::Confirmed);
    let row = world.decide(quotes[1], json!({ "confirm": [end] })).await;
    assert_eq!(row.tag_state, TagState::Confirmed);
}
