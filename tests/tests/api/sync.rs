//! What tablets push is there, once, on every other tablet and in the office.

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command, NotesEdit, Stance, Wording};
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{ChangePerson, QuotePage, TagState};
use koffiekar_sync_core::replica::Standing;
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;

#[tokio::test]
async fn a_conversation_reaches_the_other_tablet_and_the_office_on_sqlite() {
    a_conversation_reaches_the_other_tablet_and_the_office(Place::sqlite()).await;
}

#[tokio::test]
async fn a_conversation_reaches_the_other_tablet_and_the_office_on_postgres() {
    a_conversation_reaches_the_other_tablet_and_the_office(Place::postgres().await).await;
}

async fn a_conversation_reaches_the_other_tablet_and_the_office(place: Place) {
    let server = Server::start(place).await;
    let round = demo::round("buurtronde-2026");
    let mut one = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut two = Tablet::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    let new = conversation(&mut numbers, one.replica.identity().user, one.now(), 2);
    let id = one.record(round, &new);
    assert_eq!(one.standing(id), Standing::Waiting);

    let synced = one.sync().await.unwrap();
    assert_eq!((synced.stored, synced.refused), (1, 0));
    assert!(matches!(one.standing(id), Standing::Stored(_)));
    two.sync().await.unwrap();
    assert_eq!(two.read(id), one.read(id));

    // Both edit it without knowing of each other: notes, wording twice, a tag.
    let quote = new.quotes[0].id;
    let before = one.read(id).notes;
    let seen = one.replica.heads(id).unwrap();
    let after = format!("{before} De bewoner woont er al lang.");
    one.execute(
        id,
        &Command::EditNotes(NotesEdit::between(seen, &before, &after)),
    );
    one.execute(
        id,
        &Command::CorrectWording {
            quote,
            verbatim: "Zo zei hij het.".into(),
        },
    );
    two.execute(
        id,
        &Command::CorrectWording {
            quote,
            verbatim: "Zo zei zij het.".into(),
        },
    );
    let line: LineKey = "wonen-1".parse().unwrap();
    two.execute(
        id,
        &Command::Tag {
            quote,
            line: line.clone(),
            stance: Stance::Proposed,
        },
    );
    assert_eq!(one.standing(id), Standing::Waiting);
    for tablet in [&mut one, &mut two] {
        tablet.sync().await.unwrap();
    }
    one.sync().await.unwrap();
    assert_eq!(one.read(id), two.read(id));
    let merged = one.read(id);
    assert_eq!(merged.notes, after);
    let both = vec!["Zo zei hij het.".to_owned(), "Zo zei zij het.".to_owned()];
    assert_eq!(
        merged.quote(quote).unwrap().wording,
        Wording::Conflict(both.clone())
    );

    let office = Office::sign_in(&server.url, "redacteur1").await;
    let page: QuotePage = office.get("/api/v1/quotes?conflict=true").await;
    assert_eq!(page.total, 1);
    assert_eq!(page.quotes[0].wordings, both);
    assert_eq!(page.quotes[0].tag_state, TagState::Proposed);
    let page: QuotePage = office.get("/api/v1/quotes?action_line=wonen-1").await;
    assert_eq!(page.total, 1);
    let page: QuotePage = office.get("/api/v1/quotes").await;
    assert_eq!(page.total, 2);
    assert!(
        page.quotes
            .iter()
            .all(|quote| !quote.suggestions.is_empty())
    );
}

#[tokio::test]
async fn who_comes_back_to_a_round_gets_their_own_conversations_again() {
    let server = Server::start(Place::sqlite()).await;
    let round = demo::round("buurtronde-2026");
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let user = tablet.replica.identity().user;
    let mut numbers = Numbers(3);
    let new = conversation(&mut numbers, user, tablet.now(), 1);
    let id = tablet.record(round, &new);
    tablet.sync().await.unwrap();
    let unsent = tablet.record(round, &conversation(&mut numbers, user, tablet.now(), 1));

    let administrator = Office::sign_in(&server.url, "beheerder").await;
    let rounds_are = async |rounds: Vec<koffiekar_sync_core::ids::RoundId>| {
        let change = ChangePerson {
            rounds: Some(rounds),
            ..ChangePerson::default()
        };
        let path = format!("/api/v1/people/{user}");
        let (status, answer) = administrator
            .call(reqwest::Method::PATCH, &path, Some(&change))
            .await;
        assert!(status.is_success(), "{answer}");
    };
    rounds_are(vec![]).await;
    tablet.sync().await.unwrap();
    assert!(
        tablet.replica.held(id).is_none(),
        "what is safe on the server goes"
    );
    assert!(matches!(tablet.standing(unsent), Standing::Held(_)));

    rounds_are(vec![round]).await;
    tablet.replica.retry_refused();
    tablet.sync().await.unwrap();
    assert!(matches!(tablet.standing(id), Standing::Stored(_)));
    assert!(matches!(tablet.standing(unsent), Standing::Stored(_)));
    assert_eq!(tablet.read(id).quotes.len(), 1);
}
