//! One quote is erased, and the rest of the conversation goes on as another document.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command, NewQuote, NotesEdit, Stance, Wording};
use koffiekar_sync_core::ids::{ConversationId, LineKey, QuoteId};
use koffiekar_sync_core::office::{
    ConversationFound, EraseQuote, Publication, QuoteDetail, QuoteRow, TagDecision,
};
use koffiekar_sync_core::replica::Standing;
use koffiekar_sync_core::wire::Outcome;
use koffiekar_tests::hand::{Copy, Hand};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::Place;
use koffiekar_tests::tablet::{Tablet, post};
use reqwest::Method;
use serde_json::Value;

use super::{House, ROUND, WORDS, check_tablet, correct, held};

fn line() -> LineKey {
    "wonen-1".parse().unwrap()
}

pub(super) fn write_notes(tablet: &mut Tablet, id: ConversationId, words: &str) {
    let before = tablet.read(id).notes;
    let after = format!("{before} {words}");
    let heads = tablet.replica.heads(id).unwrap();
    let edit = NotesEdit::between(heads, &before, &after);
    tablet.execute(id, &Command::EditNotes(edit));
}

pub(super) fn add_quote(tablet: &mut Tablet, id: ConversationId, number: u8) -> QuoteId {
    let quote = QuoteId::new(tablet.now(), [number; 10]);
    tablet.execute(
        id,
        &Command::AddQuote(NewQuote {
            id: quote,
            verbatim: format!("Nog iets, en wel het {number}e."),
            language: None,
            lines: Vec::new(),
        }),
    );
    quote
}

pub(super) fn check_standing(tablet: &Tablet) {
    for (id, held) in tablet.replica.conversations() {
        assert!(
            matches!(held.standing(), Standing::Stored(_)),
            "{id} {:?}",
            held.standing()
        );
    }
}

#[tokio::test]
async fn a_quote_is_erased_and_the_rest_goes_on_on_sqlite() {
    a_quote_is_erased_and_the_rest_goes_on(Place::sqlite()).await;
}

#[tokio::test]
async fn a_quote_is_erased_and_the_rest_goes_on_on_postgres() {
    a_quote_is_erased_and_the_rest_goes_on(Place::postgres().await).await;
}

async fn a_quote_is_erased_and_the_rest_goes_on(place: Place) {
    let mut house = House::open(place).await;
    let mut one = house.tablet("veldwerker1").await;
    let mut two = house.tablet("veldwerker2").await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    // Two wordings of the second, a tag by the office of the third, both chosen; so is the first.
    for (tablet, words) in [(&mut one, "Zo zei hij het."), (&mut two, "Zo zei zij het.")] {
        tablet.execute(id, &correct(quotes[1], words));
    }
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    one.sync().await.unwrap();
    let path = format!("/api/v1/quotes/{}/tags", quotes[2]);
    let confirm = TagDecision {
        confirm: vec![line()],
        ..TagDecision::default()
    };
    let _: QuoteRow = house.editor.post(&path, &confirm).await;
    house.choose(quotes[0]).await;
    house.choose(quotes[2]).await;
    let detail = |quote: QuoteId| {
        let editor = house.editor.clone();
        async move {
            let path = format!("/api/v1/quotes/{quote}");
            editor.get::<QuoteDetail>(&path).await
        }
    };
    let before = detail(quotes[2]).await;
    assert_eq!(before.quote.conversation, id, "an editor can say which one");

    let erasure = house.erase_quote(id, quotes[0]).await;
    let next = erasure.replaced_by.unwrap();
    assert_eq!(erasure.quotes, [quotes[0]]);
    let again = house.erase_quote(id, quotes[0]).await;
    assert_eq!(
        again.replaced_by,
        Some(next),
        "a second click changes nothing"
    );
    assert_eq!(house.erasures().await.len(), 1);
    assert_eq!(house.find(id).await, ConversationFound::Gone(again));
    let outline = house.outline(next).await;
    let left: Vec<QuoteId> = outline.quotes.iter().map(|quote| quote.id).collect();
    assert_eq!((left, outline.device), (vec![quotes[1], quotes[2]], None));

    // The office has the rest as it was.
    let mut expected = vec![quotes[1], quotes[2]];
    expected.sort();
    assert_eq!(house.quotes().await, expected);
    let mut after = detail(quotes[2]).await;
    assert_eq!(after.quote.conversation, next);
    after.quote.conversation = id;
    assert_eq!(after.said, before.said);
    assert_eq!(after.quote.tags, before.quote.tags);
    assert_eq!(after.quote.selected_in, before.quote.selected_in);
    assert_eq!(
        (after.notes, after.recorded_by),
        (before.notes, before.recorded_by)
    );
    assert_eq!(after.quote.consent, before.quote.consent);
    assert_eq!(
        detail(quotes[1]).await.quote.wordings,
        ["Zo zei hij het.", "Zo zei zij het."]
    );
    let publications: Vec<Publication> = house.editor.get("/api/v1/publications").await;
    let path = format!("/api/v1/publications/{}", publications[0].id);
    let publication: Publication = house.editor.get(&path).await;
    let chosen = publication
        .sections
        .iter()
        .flat_map(|section| &section.quotes);
    assert_eq!(chosen.count(), 1);
    house.check_rows().await;
    koffiekar_server::rewrite_files(&house.server.koffiekar)
        .await
        .unwrap();
    house.check_files();

    for tablet in [&mut one, &mut two] {
        tablet.sync().await.unwrap();
        assert_eq!(held(tablet), [next]);
        let read = tablet.read(next);
        assert_eq!(read.quotes.len(), 2);
        assert!(matches!(&read.quotes[0].wording, Wording::Conflict(words) if words.len() == 2));
        assert_eq!(read.notes, "Bij de koffiekar.");
        check_tablet(tablet);
        check_standing(tablet);
    }
    // And they go on with it.
    one.execute(next, &correct(quotes[2], "Beter gezegd."));
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    assert_eq!(two.read(next).quotes[1].wording.first(), "Beter gezegd.");

    // The next one goes as well, and whoever was away for both is told step by step.
    let refused = format!("/api/v1/quotes/{}/erase", quotes[1]);
    let asked = EraseQuote { conversation: id };
    let problem = house
        .admin
        .refused(Method::POST, &refused, Some(&asked))
        .await;
    assert_eq!(problem.code(), "conflict");
    assert!(
        problem.detail.contains(&next.to_string()),
        "{}",
        problem.detail
    );
    let last = house
        .erase_quote(next, quotes[1])
        .await
        .replaced_by
        .unwrap();
    one.sync().await.unwrap();
    assert_eq!(held(&one), [last]);
    assert_eq!(one.read(last).quotes.len(), 1);
    // At the end all of it: nothing waits for what it had become.
    two.execute(next, &correct(quotes[2], "Nog beter gezegd."));
    house.erase(last).await;
    for tablet in [&mut one, &mut two] {
        tablet.sync().await.unwrap();
        assert_eq!(held(tablet), []);
    }
    assert_eq!(house.quotes().await, []);
}

/// What was being written while a quote was erased: about that quote it is dropped, all else arrives
/// on the successor, once, and what was written into the notes stands there.
#[tokio::test]
async fn what_waited_arrives_on_the_successor_once_on_sqlite() {
    what_waited_arrives_on_the_successor_once(Place::sqlite()).await;
}

#[tokio::test]
async fn what_waited_arrives_on_the_successor_once_on_postgres() {
    what_waited_arrives_on_the_successor_once(Place::postgres().await).await;
}

async fn what_waited_arrives_on_the_successor_once(place: Place) {
    let mut house = House::open(place).await;
    let mut one = house.tablet("veldwerker1").await;
    let mut two = house.tablet("veldwerker2").await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    two.sync().await.unwrap();

    two.execute(id, &correct(quotes[0], &format!("Echt {WORDS} gezegd.")));
    two.execute(id, &correct(quotes[1], "Wat zij bedoelde."));
    let fresh = add_quote(&mut two, id, 1);
    two.execute(
        id,
        &Command::Tag {
            quote: quotes[2],
            line: line(),
            stance: Stance::Proposed,
        },
    );
    write_notes(&mut two, id, "Het regende.");
    // A colleague wrote too, and it arrived: the places in the notes cannot be found again.
    write_notes(&mut one, id, "Het was druk.");
    let first = add_quote(&mut one, id, 2);
    one.sync().await.unwrap();

    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();
    two.sync().await.unwrap();
    one.sync().await.unwrap();
    for tablet in [&mut two, &mut one] {
        assert_eq!(held(tablet), [next]);
        check_tablet(tablet);
        check_standing(tablet);
        let read = tablet.read(next);
        let mut ids: Vec<QuoteId> = read.quotes.iter().map(|quote| quote.id).collect();
        ids.sort();
        let mut expected = vec![quotes[1], quotes[2], first, fresh];
        expected.sort();
        assert_eq!(ids, expected);
        assert_eq!(
            read.quote(quotes[1]).unwrap().wording.first(),
            "Wat zij bedoelde."
        );
        assert_eq!(read.tags.statements().len(), 1);
        assert_eq!(
            read.notes,
            "Bij de koffiekar. Het was druk.\n\n[Later toegevoegd] Het regende."
        );
    }
    house.check_rows().await;
}

/// The answer was lost: the tablet does not know that its edits arrived before the quote was erased.
#[tokio::test]
async fn what_had_arrived_unknown_to_the_tablet_does_not_arrive_twice() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let mut two = house.tablet("veldwerker2").await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    write_notes(&mut two, id, "Het regende.");
    two.execute(id, &correct(quotes[1], "Wat zij bedoelde."));
    let fresh = add_quote(&mut two, id, 1);
    let message = two.replica.next_request(two.budget, two.now());
    post(&two.url, message).await.unwrap();
    // Since then a colleague went on, and took the new quote away.
    one.sync().await.unwrap();
    write_notes(&mut one, id, "Het was druk.");
    one.execute(id, &correct(quotes[1], "Wat hij bedoelde."));
    one.execute(id, &Command::RemoveQuote { quote: fresh });
    one.sync().await.unwrap();

    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();
    two.sync().await.unwrap();
    one.sync().await.unwrap();
    for tablet in [&one, &two] {
        let read = tablet.read(next);
        assert_eq!(read.notes, "Bij de koffiekar. Het regende. Het was druk.");
        assert_eq!(
            read.quote(quotes[1]).unwrap().wording.first(),
            "Wat hij bedoelde."
        );
        assert_eq!(read.quotes.len(), 2);
        check_standing(tablet);
    }
}

#[tokio::test]
async fn a_quote_that_was_taken_away_can_be_erased_and_does_not_come_back() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, quotes) = house.record(&mut one);
    one.execute(id, &Command::RemoveQuote { quote: quotes[0] });
    one.sync().await.unwrap();
    let outline = house.outline(id).await;
    let last = outline.quotes.last().unwrap();
    assert_eq!(
        (last.id, last.taken_away, last.position),
        (quotes[0], true, 0)
    );
    assert!(last.chars > 0, "its words are in the history");
    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();
    koffiekar_server::rewrite_files(&house.server.koffiekar)
        .await
        .unwrap();
    house.check_files();
    // Nor do its words go on where another one is erased.
    one.sync().await.unwrap();
    one.execute(next, &correct(quotes[1], &format!("Dit {WORDS}.")));
    one.execute(next, &Command::RemoveQuote { quote: quotes[1] });
    one.sync().await.unwrap();
    house.erase_quote(next, quotes[2]).await;
    koffiekar_server::rewrite_files(&house.server.koffiekar)
        .await
        .unwrap();
    house.check_files();
    one.sync().await.unwrap();
    check_tablet(&one);
}

/// Who is no member of the round, or whose device was ended, is told of it all the same.
#[tokio::test]
async fn everybody_is_told_what_a_conversation_was_replaced_by() {
    let house = House::open(Place::sqlite()).await;
    let one = Hand::enrol(&house.server.url, "veldwerker1").await;
    let stranger = Hand::enrol(&house.server.url, "veldwerker3").await;
    let mut numbers = koffiekar_tests::seed::Numbers(3);
    let at = koffiekar_tests::tablet::now();
    let new = koffiekar_tests::seed::conversation(&mut numbers, one.user(), at, 2);
    let copy: Copy = one.record(demo::round(ROUND), &new);
    one.push(&[&copy]).await;
    let quote = new.quotes[0].id;
    let next = house.erase_quote(copy.id, quote).await.replaced_by.unwrap();
    let admin: &Office = &house.admin;
    let path = format!("/api/v1/devices/{}/revoke", one.device());
    let _: Value = admin.post(&path, &()).await;
    for hand in [&one, &stranger] {
        let answered = hand.push(&[&copy]).await;
        assert_eq!(answered.answer.outcomes, [Outcome::Replaced(next)]);
        assert_eq!(answered.answer.erased_quotes, [quote]);
    }
}
