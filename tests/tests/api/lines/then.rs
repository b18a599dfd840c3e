//! An answer as of a moment stays the same, whatever is done after it.

use koffiekar_sync_core::office::Counts;

use super::*;

/// All that is asked about one moment, with how it was answered.
async fn asked(world: &World, as_of: i64) -> (String, String, String) {
    let office = Office::sign_in(&world.server.url, "analist").await;
    let counted = async |rows| -> String {
        let path = "/api/v1/quotes/counts";
        let question = format!("{path}?rows={rows}&columns=tag_state&as_of={as_of}");
        let counts: Counts = office.get(&question).await;
        format!("{:?} {:?} {:?}", counts.cells, counts.rows, counts.total)
    };
    let counts = [counted("action_line").await, counted("theme").await].concat();
    let page: QuotePage = office
        .get(&format!("/api/v1/quotes?limit=200&as_of={as_of}"))
        .await;
    assert_eq!(page.as_of.as_ref().unwrap().at.0, as_of);
    assert!(page.as_of.unwrap().without.contains("erased"));
    let tags = page
        .quotes
        .iter()
        .map(|quote| (quote.id, quote.tag_state, &quote.tags));
    let tags: Vec<_> = tags.collect();
    let csv = format!("/api/v1/quotes.csv?as_of={as_of}");
    let (status, table) = office.call(Method::GET, &csv, None::<&()>).await;
    assert_eq!(status, StatusCode::OK, "{table}");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows = reader.deserialize::<std::collections::BTreeMap<String, String>>();
    let rows: Vec<_> = rows
        .map(Result::unwrap)
        .map(|row| {
            (
                row["quote"].clone(),
                row["action_lines"].clone(),
                row["themes"].clone(),
                row["tag_state"].clone(),
            )
        })
        .collect();
    (counts, format!("{tags:?}"), format!("{rows:?}"))
}

#[tokio::test]
async fn an_answer_as_of_then_stays_the_same_on_sqlite() {
    an_answer_as_of_then_stays_the_same(Place::sqlite()).await;
}

#[tokio::test]
async fn an_answer_as_of_then_stays_the_same_on_postgres() {
    an_answer_as_of_then_stays_the_same(Place::postgres().await).await;
}

async fn an_answer_as_of_then_stays_the_same(place: Place) {
    const MINUTE: i64 = 60_000;
    let mut world = World::open(place).await;
    let [one, two, three] = [0, 1, 2].map(|at| world.lines[at].clone());
    let quotes = world.untagged(4).await;
    let moment = |world: &World| world.server.koffiekar.clock.now().0;
    // What each moment's answer was six minutes after it.
    let mut answers = Vec::new();
    let mut remember = async |world: &World| {
        let at = moment(world);
        world.later(6 * MINUTE);
        answers.push((at, asked(world, at).await));
    };
    remember(&world).await;
    world.decide(quotes[0], json!({ "confirm": [one] })).await;
    world.decide(quotes[1], json!({ "confirm": [two] })).await;
    remember(&world).await;
    world
        .act(json!({ "kind": "merged", "lines": [one], "into": [{ "key": three }] }))
        .await;
    remember(&world).await;
    world.decide(quotes[0], json!({ "reject": [one] })).await;
    world
        .decide(quotes[2], json!({ "confirm": [two, three] }))
        .await;
    remember(&world).await;
    world.undo(1).await;
    remember(&world).await;
    let into = [new("deel-1", "Een", "een"), new("deel-2", "Twee", "twee")];
    world
        .act(json!({ "kind": "split", "lines": [two], "into": into }))
        .await;
    remember(&world).await;
    world
        .decide(quotes[1], json!({ "confirm": ["deel-1"] }))
        .await;
    world
        .act(json!({ "kind": "retired", "lines": [three] }))
        .await;
    remember(&world).await;
    let [four, five] = [3, 4].map(|at| world.lines[at].clone());
    world.decide(quotes[3], json!({ "confirm": [four] })).await;
    world
        .act(json!({ "kind": "merged", "lines": [four, five], "into": [new("samen", "Samen", "samen")] }))
        .await;
    remember(&world).await;
    world.undo(4).await;
    remember(&world).await;
    let differ: std::collections::BTreeSet<&String> =
        answers.iter().map(|(_, answer)| &answer.0).collect();
    assert!(
        differ.len() >= 6,
        "each step is seen in the counts: {}",
        differ.len()
    );

    // Quotes come, and the rows of all are derived again.
    world.later(5 * MINUTE);
    let hand = Hand::enrol(&world.server.url, "veldwerker1").await;
    let mut numbers = Numbers(3);
    let at = world.server.koffiekar.clock.now();
    let late = conversation(&mut numbers, hand.user(), at.plus(-30 * MINUTE), 2);
    let copy = hand.record(demo::round("buurtronde-2026"), &late);
    let sealed = hand.seal_at(&koffiekar_tests::hand::pushing(&[&copy]), at);
    let answer = koffiekar_tests::tablet::post(&world.server.url, sealed.to_bytes()).await;
    assert!(answer.is_ok());
    let koffiekar = &world.server.koffiekar;
    let mut rows = Rows::of(&world.server.place).await;
    rows.run("update quotes set month = 'wrong'").await;
    drop(rows);
    let tagger = koffiekar.suggest.model();
    let mended = koffiekar_server::upkeep::verify::mend(&koffiekar.store, &tagger)
        .await
        .unwrap();
    assert!(mended.written > 0 && mended.faults.is_empty());
    for (at, answer) in &answers {
        assert_eq!(asked(&world, *at).await, *answer);
    }
    // By a server that read nothing before as well.
    world.server.restart().await;
    for (at, answer) in &answers {
        assert_eq!(asked(&world, *at).await, *answer);
    }
}

#[tokio::test]
async fn what_is_not_settled_or_not_kept_is_refused() {
    let world = World::open(Place::sqlite()).await;
    let now = world.server.koffiekar.clock.now().0;
    let soon = (now - 290_000).to_string();
    let today = day(now);
    for filter in [
        "as_of=tomorrow".to_owned(),
        format!("as_of={soon}"),
        format!("as_of={today}"),
        "as_of=-5".to_owned(),
        "as_of=2026-02-30".to_owned(),
        format!("as_of=2026-01-31&suggested={}", world.lines[0]),
    ] {
        for path in ["quotes", "quotes.csv"] {
            let path = format!("/api/v1/{path}?{filter}");
            let refused = world.editor.refused(Method::GET, &path, None::<&()>).await;
            assert_eq!(refused.status, 422, "{filter}");
        }
    }
    assert_eq!(
        world.total("as_of=2020-01-31").await,
        0,
        "nothing was known then"
    );
    let yesterday = day(now - 86_400_000);
    assert_eq!(world.total(&format!("as_of={yesterday}")).await, 0);
}

#[tokio::test]
async fn a_day_of_the_past_ends_at_midnight_in_the_zone_of_the_programme() {
    // Ten minutes past midnight in Amsterdam, in summer: the 10th is over there, and not in UTC.
    let now = Millis(1_775_859_000_000);
    let server = Server::start_with_clock(Place::sqlite(), Clock::held(now)).await;
    let world = World::of(server).await;
    let page: QuotePage = world.editor.get("/api/v1/quotes?as_of=2026-04-10").await;
    assert_eq!(page.as_of.unwrap().at, Millis(1_775_858_399_999));
    let path = "/api/v1/quotes?as_of=2026-04-11";
    let refused = world.editor.refused(Method::GET, path, None::<&()>).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn erasure_takes_what_was_said_from_answers_about_the_past_as_well() {
    let world = World::open(Place::sqlite()).await;
    let line = &*world.lines[0];
    let quote = world.untagged(1).await[0];
    world.decide(quote, json!({ "confirm": [line] })).await;
    let at = world.server.koffiekar.clock.now().0;
    world.later(1_000);
    world.decide(quote, json!({ "retract": [line] })).await;
    world.later(600_000);
    let filter = format!("action_line={line}&as_of={at}");
    let before = world.total(&filter).await;
    let conversation = world.quote(quote).await.conversation;
    let path = format!("/api/v1/quotes/{quote}/erase");
    let _: Value = world
        .admin
        .post(&path, &json!({ "conversation": conversation }))
        .await;
    assert_eq!(world.total(&filter).await, before - 1);
    let mut rows = Rows::of(&world.server.place).await;
    assert_eq!(rows.count("line_history").await, 0);
}
