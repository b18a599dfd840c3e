//! What is decided about next, what that tells of the tagger, and what it may do by itself then.

use std::collections::BTreeSet;
use std::time::Duration;

use koffiekar_server::demo;
use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::{
    HoldLearning, LineStanding, QuotePage, QuoteRow, Review, TagDecision, TagState, TaggerQuality,
    TaggerState, TaggerVersion, VersionPreview, WantPrecision, WhyReviewed,
};
use koffiekar_tests::hand::{Hand, pushing};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation, statement};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Method, StatusCode};

const ROUND: &str = "buurtronde-2026";
const FOREIGN: &str = "openhuis-2026";

/// A house whose tagger learns when it is told to.
async fn house(quotes: usize) -> Server {
    let server = Server::start(Place::sqlite()).await;
    record(&server, ROUND, quotes).await;
    server
}

async fn record(server: &Server, round: &str, quotes: usize) {
    let mut numbers = Numbers(round.len() as u64);
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut copies = Vec::new();
    for _ in 0..quotes {
        let new = conversation(&mut numbers, hand.user(), now(), 1);
        copies.push(hand.record(demo::round(round), &new));
    }
    for part in copies.chunks(500) {
        hand.ask(&pushing(&part.iter().collect::<Vec<_>>())).await;
    }
}

async fn learn(server: &Server) {
    let koffiekar = &server.koffiekar;
    koffiekar.suggest.learn_now(&koffiekar.store).await.unwrap();
}

async fn review(office: &Office, limit: usize) -> Review {
    office.get(&format!("/api/v1/review?limit={limit}")).await
}

async fn decide(office: &Office, quote: QuoteId, line: &LineKey, drawn: bool) -> QuoteRow {
    let decision = TagDecision {
        confirm: vec![line.clone()],
        drawn,
        ..TagDecision::default()
    };
    let path = format!("/api/v1/quotes/{quote}/tags");
    office.post(&path, &decision).await
}

async fn row(office: &Office, quote: QuoteId) -> QuoteRow {
    let detail: koffiekar_sync_core::office::QuoteDetail =
        office.get(&format!("/api/v1/quotes/{quote}")).await;
    detail.quote
}

async fn count(office: &Office, state: &str) -> u64 {
    let path = format!("/api/v1/quotes?limit=1&tag_state={state}");
    office.get::<QuotePage>(&path).await.total
}

#[tokio::test]
async fn the_least_sure_come_first_and_each_fifth_is_drawn_by_chance() {
    let server = house(200).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let all = review(&editor, 50).await.items;
    assert_eq!(all.len(), 50);
    let ids: BTreeSet<QuoteId> = all.iter().map(|item| item.quote.id).collect();
    assert_eq!(ids.len(), 50);
    let mut last = 0.0;
    for (place, item) in all.iter().enumerate() {
        if place % 5 == 2 {
            assert_eq!(item.why, WhyReviewed::Drawn);
            assert!(item.quote.suggestions.is_empty() && item.quote.tags.is_empty());
            assert!(!row(&editor, item.quote.id).await.suggestions.is_empty());
        } else {
            assert_eq!(item.why, WhyReviewed::Unsure);
            let sure = item.quote.suggestions[0].probability;
            assert!(sure >= last, "{sure} after {last}");
            last = sure;
        }
    }
    // Who picks among them by a filter is given none by chance.
    let some: Review = editor.get("/api/v1/review?limit=50&language=nl").await;
    assert!(
        some.items
            .iter()
            .all(|item| item.why == WhyReviewed::Unsure)
    );
    assert!(!some.items.is_empty());

    // The same for everybody, and a decided one does not come again.
    assert_eq!(review(&editor, 50).await.items, all);
    let first = all[0].quote.id;
    decide(&editor, first, &LineKey::none(), false).await;
    let left = review(&editor, 50).await.items;
    assert!(left.iter().all(|item| item.quote.id != first));

    for login in ["analist", "beheerder", "veldwerker1"] {
        let other = Office::sign_in(&server.url, login).await;
        let (status, body) = other.call(Method::GET, "/api/v1/review", None::<&()>).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{login}: {body}");
    }
}

#[tokio::test]
async fn only_what_chance_drew_tells_how_good_the_tagger_is() {
    let server = house(200).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let other = Office::sign_in(&server.url, "redacteur2").await;
    let empty: TaggerQuality = editor.get("/api/v1/tagger/quality").await;
    assert_eq!(
        (empty.right.of, empty.agreement, empty.weeks.len()),
        (0, None, 0)
    );
    let second = |review: &Review| {
        let mut twice = review.items.iter();
        twice
            .find(|item| item.why == WhyReviewed::SecondOpinion)
            .map(|item| item.quote.clone())
    };
    assert_eq!(second(&review(&editor, 10).await), None);

    let items = review(&editor, 20).await.items;
    let drawn = |item: &&koffiekar_sync_core::office::ReviewItem| item.why == WhyReviewed::Drawn;
    let by_chance: Vec<QuoteId> = items.iter().filter(drawn).map(|i| i.quote.id).collect();
    assert_eq!(by_chance.len(), 4);
    // Three as the tagger has it, one otherwise.
    let mut wrong = None;
    for (place, id) in by_chance.iter().enumerate() {
        let first = row(&editor, *id).await.suggestions[0].line.clone();
        let line = match place {
            0 => {
                let none: LineKey = LineKey::none();
                let other = if first.is_none() {
                    "wonen-1".parse().unwrap()
                } else {
                    none
                };
                wrong = Some((first, other.clone()));
                other
            }
            _ => first,
        };
        decide(&editor, *id, &line, true).await;
    }
    // Of the others nothing counts: neither one that was looked for, nor one that calls itself drawn.
    let unsure = items
        .iter()
        .find(|item| item.why == WhyReviewed::Unsure)
        .unwrap();
    decide(&editor, unsure.quote.id, &LineKey::none(), true).await;
    let undrawn = review(&editor, 20).await.items;
    let undrawn = undrawn.iter().find(drawn).unwrap().quote.id;
    decide(&editor, undrawn, &LineKey::none(), false).await;

    let quality: TaggerQuality = editor.get("/api/v1/tagger/quality").await;
    assert_eq!((quality.right.hits, quality.right.of), (3, 4));
    assert!(quality.right.low < 0.75 && quality.right.high > 0.75);
    let (said, right) = wrong.unwrap();
    let confused = &quality.confused[0];
    assert_eq!(
        (&confused.said, &confused.right, confused.quotes),
        (&said, &right, 1)
    );
    let audited: u64 = quality.weeks.iter().map(|week| week.right.of).sum();
    assert_eq!(audited, 4);
    assert_eq!(
        quality.curve.iter().map(|point| point.quotes).sum::<u64>(),
        2
    );
    assert!(quality.lines.iter().any(|line| line.language.is_some()));

    // A second person judges what one had, and does not see it; nobody judges their own twice.
    assert_eq!(second(&review(&editor, 10).await), None);
    let quote = second(&review(&other, 10).await).unwrap();
    assert!(by_chance.contains(&quote.id));
    assert!(quote.tags.is_empty() && quote.tag_state == TagState::Untagged);
    let agreed = row(&editor, quote.id).await.tags[0].line.clone();
    decide(&other, quote.id, &agreed, true).await;
    let quality: TaggerQuality = other.get("/api/v1/tagger/quality").await;
    assert_eq!((quality.judged_twice, quality.right.of), (1, 4));
    let again = second(&review(&other, 10).await).unwrap();
    assert_ne!(again.id, quote.id);

    // What people take back is not a decision.
    let retracted = TagDecision {
        retract: vec![right],
        ..TagDecision::default()
    };
    let path = format!("/api/v1/quotes/{}/tags", by_chance[0]);
    let _: QuoteRow = editor.post(&path, &retracted).await;
    let quality: TaggerQuality = editor.get("/api/v1/tagger/quality").await;
    assert_eq!(quality.right.of, 3);
}

#[tokio::test]
async fn answers_stand_by_themselves_only_as_long_as_the_audit_proves_them() {
    let server = house(2_000).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let want = async |wanted_precision| {
        let asked = WantPrecision { wanted_precision };
        let path = "/api/v1/tagger/acceptance";
        admin.call(Method::PUT, path, Some(&asked)).await
    };
    for refused in [0, 799, 1_000] {
        let (status, body) = want(Some(refused)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let (status, body) = editor
        .call(
            Method::PUT,
            "/api/v1/tagger/acceptance",
            Some(&WantPrecision {
                wanted_precision: None,
            }),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    let (status, body) = want(Some(900)).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    // Chance drew some four hundred; the first are found as the tagger had them.
    let mut drawn = Vec::new();
    while drawn.len() < 330 {
        let items = review(&editor, 50).await.items;
        for item in items
            .into_iter()
            .filter(|item| item.why == WhyReviewed::Drawn)
        {
            let first = row(&editor, item.quote.id).await.suggestions[0]
                .line
                .clone();
            decide(&editor, item.quote.id, &first, true).await;
            drawn.push(item.quote.id);
            if drawn.len() == 290 {
                learn(&server).await;
                assert_eq!(
                    count(&editor, "accepted").await,
                    0,
                    "too few to prove anything"
                );
            }
        }
    }
    learn(&server).await;
    let state: TaggerState = admin.get("/api/v1/tagger").await;
    assert_eq!(state.wanted_precision, Some(900));
    assert!(
        state.acceptance.iter().any(|line| line.from.is_some()),
        "{state:?}"
    );
    let accepted = count(&editor, "accepted").await;
    assert!(accepted > 0);
    let untagged = count(&editor, "untagged").await;
    let page: QuotePage = editor
        .get("/api/v1/quotes?limit=1&tag_state=accepted")
        .await;
    let one = page.quotes[0].clone();
    assert_eq!(one.tags[0].line, one.suggestions[0].line);

    // That this tagger proved itself says nothing of the one before, which nobody measured so often.
    let versions: Vec<TaggerVersion> = admin.get("/api/v1/tagger/versions").await;
    for (held_at, stand) in [(Some(versions[1].number), 0), (None, accepted)] {
        let asked = HoldLearning { held_at };
        let path = "/api/v1/tagger/learning";
        let (status, body) = admin.call(Method::PUT, path, Some(&asked)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(count(&editor, "accepted").await, stand);
    }

    // A person's word goes over it.
    let other: LineKey = if one.tags[0].line.is_none() {
        "wonen-1".parse().unwrap()
    } else {
        LineKey::none()
    };
    let decided = decide(&editor, one.id, &other, false).await;
    assert_eq!(decided.tag_state, TagState::Confirmed);
    assert!(decided.tags.iter().all(|tag| tag.line == other));
    assert_eq!(count(&editor, "accepted").await, accepted - 1);

    // Too many of the surest turn out wrong: nothing stands any more, without anybody's doing.
    for id in &drawn[drawn.len() - 150..] {
        let before = row(&editor, *id).await.tags[0].line.clone();
        let wrong: LineKey = if before.is_none() {
            "wonen-1".parse().unwrap()
        } else {
            LineKey::none()
        };
        let decision = TagDecision {
            confirm: vec![wrong],
            retract: vec![before],
            ..TagDecision::default()
        };
        let _: QuoteRow = editor
            .post(&format!("/api/v1/quotes/{id}/tags"), &decision)
            .await;
    }
    learn(&server).await;
    assert_eq!(count(&editor, "accepted").await, 0);
    assert_eq!(count(&editor, "untagged").await, untagged + accepted - 1);
}

#[tokio::test]
async fn a_second_opinion_is_asked_of_what_the_editor_may_see() {
    let server = house(40).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let decide_drawn = async || {
        let items = review(&editor, 50).await.items.into_iter();
        let drawn = items.filter(|item| item.why == WhyReviewed::Drawn);
        let mut rounds = BTreeSet::new();
        for item in drawn {
            decide(&editor, item.quote.id, &LineKey::none(), true).await;
            rounds.insert(item.quote.round);
        }
        rounds
    };
    // The newest answers are those of a round that the other editor is not in.
    let own = demo::round(ROUND);
    assert_eq!(decide_drawn().await, BTreeSet::from([own]));
    record(&server, FOREIGN, 40).await;
    assert!(decide_drawn().await.contains(&demo::round(FOREIGN)));
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/people/{}", demo::user("redacteur2"));
    let change = serde_json::json!({ "rounds": [own] });
    let (status, body) = admin.call(Method::PATCH, &path, Some(&change)).await;
    assert!(status.is_success(), "{body}");
    let other = Office::sign_in(&server.url, "redacteur2").await;
    let items = review(&other, 10).await.items.into_iter();
    let mut twice = items.filter(|item| item.why == WhyReviewed::SecondOpinion);
    assert_eq!(twice.next().unwrap().quote.round, own);
}

#[tokio::test]
async fn who_changes_their_mind_between_a_line_and_none_says_one_of_the_two() {
    let server = house(1).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let other = Office::sign_in(&server.url, "redacteur2").await;
    let page: QuotePage = editor.get("/api/v1/quotes?limit=1").await;
    let quote = page.quotes[0].id;
    let wonen: LineKey = "wonen-1".parse().unwrap();
    let confirmed = |row: &QuoteRow| -> Vec<LineKey> {
        let tags = row.tags.iter();
        let tags = tags.filter(|tag| tag.standing == LineStanding::Confirmed);
        tags.map(|tag| tag.line.clone()).collect()
    };
    decide(&editor, quote, &wonen, false).await;
    let row = decide(&editor, quote, &LineKey::none(), false).await;
    assert_eq!(confirmed(&row), [LineKey::none()]);
    let row = decide(&editor, quote, &wonen, false).await;
    assert_eq!(confirmed(&row), std::slice::from_ref(&wonen));
    // What somebody else says is theirs.
    let row = decide(&other, quote, &LineKey::none(), false).await;
    assert_eq!(confirmed(&row), [LineKey::none(), wonen]);
}

#[tokio::test]
async fn what_a_resident_takes_back_is_unlearnt_without_anybodys_decision() {
    let server = Server::start(Place::sqlite()).await;
    let koffiekar = &server.koffiekar;
    let learnt = async |labels: usize| {
        let told = async {
            while koffiekar.suggest.model().tagger.labels_seen() != labels {
                tokio::task::yield_now().await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(60), told).await;
        told.unwrap_or_else(|_| panic!("not learnt: {labels} labels"));
    };
    let mut numbers = Numbers(5);
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut new = conversation(&mut numbers, hand.user(), now(), 1);
    let mut said = |decision| {
        let purpose = Purpose::Analysis;
        statement(&mut numbers, purpose, decision, hand.user(), now())
    };
    new.consent = vec![said(Decision::Given)];
    let mut copy = hand.record(demo::round(ROUND), &new);
    hand.push(&[&copy]).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    decide(
        &editor,
        new.quotes[0].id,
        &"wonen-1".parse().unwrap(),
        false,
    )
    .await;
    learnt(1).await;
    hand.execute(
        &mut copy,
        &Command::Consent(vec![said(Decision::Withdrawn)]),
    );
    hand.push(&[&copy]).await;
    learnt(0).await;
}

#[tokio::test]
async fn learning_can_go_back_to_an_earlier_version_and_go_on() {
    let server = house(120).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let versions = async || -> Vec<TaggerVersion> { admin.get("/api/v1/tagger/versions").await };
    let tagger = || server.koffiekar.suggest.model().tagger.version().to_owned();
    let first = (versions().await, tagger());
    let line: LineKey = "wonen-1".parse().unwrap();
    let page: QuotePage = editor
        .get("/api/v1/quotes?limit=60&tag_state=untagged")
        .await;
    for quote in &page.quotes {
        decide(&editor, quote.id, &line, false).await;
    }
    learn(&server).await;
    let now = versions().await;
    assert!(now[0].number > first.0[0].number);
    assert_eq!(
        (now[0].labels, now.last().unwrap().labels),
        (60, first.0[0].labels)
    );
    assert_ne!(tagger(), first.1);

    let old = first.0[0].number;
    let best = async || -> Vec<LineKey> {
        let page: QuotePage = editor
            .get("/api/v1/quotes?limit=200&tag_state=untagged")
            .await;
        let quotes = page.quotes.iter();
        quotes
            .map(|quote| quote.suggestions[0].line.clone())
            .collect()
    };
    let before = best().await;
    let path = format!("/api/v1/tagger/versions/{old}/preview");
    let preview: VersionPreview = admin.get(&path).await;
    let hold = async |held_at| {
        let asked = HoldLearning { held_at };
        admin
            .call(Method::PUT, "/api/v1/tagger/learning", Some(&asked))
            .await
    };
    let (status, body) = hold(Some(old)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(
        tagger(),
        first.1,
        "the same lines and decisions are the same tagger"
    );
    let after = best().await;
    let moved = before.iter().zip(&after).filter(|(b, a)| b != a).count();
    assert!(moved > 0);
    assert_eq!(preview.looked_at as usize, before.len());
    // It was told in tens, and rather too little of it.
    assert!(
        preview.moved.is_multiple_of(10) && preview.moved as usize <= moved,
        "{preview:?} {moved}"
    );

    // Decisions are kept, and teach nothing until learning goes on.
    let left: QuotePage = editor
        .get("/api/v1/quotes?limit=5&tag_state=untagged")
        .await;
    for quote in &left.quotes {
        decide(&editor, quote.id, &line, false).await;
    }
    learn(&server).await;
    assert_eq!(tagger(), first.1);
    let state: TaggerState = editor.get("/api/v1/tagger").await;
    assert_eq!(
        (state.held_at, state.labels),
        (Some(old), first.0[0].labels)
    );
    let (status, body) = hold(None).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let state: TaggerState = editor.get("/api/v1/tagger").await;
    assert_eq!((state.held_at, state.labels), (None, 65));

    let (status, _) = hold(Some(9_999)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let nowhere = admin.call(
        Method::GET,
        "/api/v1/tagger/versions/9999/preview",
        None::<&()>,
    );
    assert_eq!(nowhere.await.0, StatusCode::NOT_FOUND);
}
