//! A conversation is put into another round: who sees both has it once, who sees one of them has it or
//! not, and what waits is not lost.

use koffiekar_server::demo;
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{ConversationId, RoundId};
use koffiekar_sync_core::live::LiveNotice;
use koffiekar_sync_core::office::{
    ConversationOutline, HeldPage, MoveConversation, QuotePage, QuoteRow,
};
use koffiekar_sync_core::replica::Standing;
use koffiekar_sync_core::wire::ReasonCode;
use koffiekar_tests::hand::Hand;
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::live::Stream;

/// Of both field workers below.
const SHARED: &str = "buurtronde-2026";
/// Of the second alone.
const THEIRS: &str = "overlegronde-2026";

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

    fn record(&mut self, tablet: &mut Tablet) -> ConversationId {
        let by = tablet.replica.identity().user;
        let new = conversation(&mut self.numbers, by, tablet.now(), 2);
        tablet.record(demo::round(SHARED), &new)
    }

    async fn move_to(&self, id: ConversationId, round: RoundId) -> ConversationOutline {
        let path = format!("/api/v1/conversations/{id}/move");
        self.admin.post(&path, &MoveConversation { round }).await
    }

    async fn quotes_of(&self, round: &str) -> Vec<QuoteRow> {
        let path = format!("/api/v1/quotes?round={}", demo::round(round));
        let page: QuotePage = self.editor.get(&path).await;
        page.quotes
    }
}

fn held(tablet: &Tablet) -> Vec<(ConversationId, RoundId)> {
    let all = tablet.replica.conversations();
    all.map(|(id, held)| (id, held.round())).collect()
}

fn area() -> Command {
    Command::SetArea {
        area: Some("FA08".to_owned()),
    }
}

#[tokio::test]
async fn it_is_in_the_new_round_alone_on_sqlite() {
    it_is_in_the_new_round_alone(Place::sqlite()).await;
}

#[tokio::test]
async fn it_is_in_the_new_round_alone_on_postgres() {
    it_is_in_the_new_round_alone(Place::postgres().await).await;
}

async fn it_is_in_the_new_round_alone(place: Place) {
    let mut house = House::open(place).await;
    let mut one = Tablet::enrol(&house.server.url, "veldwerker1").await;
    let mut both = Tablet::enrol(&house.server.url, "veldwerker2").await;
    let mut other = Tablet::enrol(&house.server.url, "veldwerker3").await;
    let (id, stays) = (house.record(&mut one), house.record(&mut one));
    for tablet in [&mut one, &mut both, &mut other] {
        tablet.sync().await.unwrap();
    }
    assert_eq!((held(&both).len(), held(&other).len()), (2, 0));

    let (from, to) = (demo::round(SHARED), demo::round(THEIRS));
    let outline = house.move_to(id, to).await;
    assert_eq!((outline.round, outline.quotes.len()), (to, 2));
    let row = Rows::of(&house.server.place).await.projection(id).await;
    assert_eq!((row.round, row.kind), (to, RoundKind::Consultation));
    let moved = house.quotes_of(THEIRS).await;
    assert!(
        moved
            .iter()
            .all(|quote| quote.conversation == id && quote.round == to)
    );
    assert_eq!((moved.len(), house.quotes_of(SHARED).await.len()), (2, 2));

    for tablet in [&mut one, &mut both, &mut other] {
        tablet.sync().await.unwrap();
    }
    let mut all = vec![(id, to), (stays, from)];
    all.sort();
    assert_eq!(held(&one), [(stays, from)]);
    assert_eq!(held(&both), all);
    assert_eq!(held(&other), [(id, to)]);
    // Who fetches everything anew has it once as well.
    let mut late = Tablet::enrol(&house.server.url, "veldwerker2").await;
    late.sync().await.unwrap();
    assert_eq!(held(&late), all);

    // An edit goes on where it is now, and back it comes with it.
    other.execute(id, &area());
    other.sync().await.unwrap();
    house.move_to(id, from).await;
    for tablet in [&mut one, &mut both, &mut other] {
        tablet.sync().await.unwrap();
    }
    let mut all = vec![(id, from), (stays, from)];
    all.sort();
    assert_eq!((held(&one), held(&both)), (all.clone(), all));
    assert_eq!(held(&other), []);
    assert_eq!(one.read(id).area.as_deref(), Some("FA08"));
}

#[tokio::test]
async fn to_the_round_where_it_is_nothing_happens_and_a_closed_one_takes_it() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = Tablet::enrol(&house.server.url, "veldwerker1").await;
    let id = house.record(&mut one);
    one.sync().await.unwrap();
    let mut rows = Rows::of(&house.server.place).await;
    let place = one.replica.place(demo::round(SHARED));
    let audited = rows.count("audit_log").await;
    let before = house.move_to(id, demo::round(SHARED)).await;
    assert_eq!(before.round, demo::round(SHARED));
    one.sync().await.unwrap();
    assert_eq!(one.replica.place(demo::round(SHARED)), place);
    assert_eq!(rows.count("audit_log").await, audited);
    assert_eq!(rows.count("feed").await, 1);

    let closed = demo::round("openhuis-2026");
    let path = format!("/api/v1/rounds/{closed}");
    let change = json!({ "closed": true });
    let (status, _) = house.admin.call(Method::PATCH, &path, Some(&change)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(house.move_to(id, closed).await.round, closed);
    one.sync().await.unwrap();
    assert_eq!(held(&one), [(id, closed)]);

    let path = format!("/api/v1/conversations/{id}/move");
    let nowhere = MoveConversation {
        round: RoundId::new(one.now(), [1; 10]),
    };
    let problem = house
        .admin
        .refused(Method::POST, &path, Some(&nowhere))
        .await;
    assert_eq!(problem.code(), "invalid");
    let path = format!(
        "/api/v1/conversations/{}/move",
        ConversationId::new(one.now(), [1; 10])
    );
    let there = MoveConversation { round: closed };
    let problem = house.admin.refused(Method::POST, &path, Some(&there)).await;
    assert_eq!(problem.code(), "not-found");
}

#[tokio::test]
async fn what_waits_for_a_conversation_that_left_is_held_and_not_lost() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = Tablet::enrol(&house.server.url, "veldwerker1").await;
    let id = house.record(&mut one);
    one.sync().await.unwrap();
    one.execute(id, &area());
    let to = demo::round(THEIRS);
    house.move_to(id, to).await;
    one.sync().await.unwrap();
    assert!(matches!(one.standing(id), Standing::Held(why) if why.code == ReasonCode::OtherRound));
    let page: HeldPage = house.admin.get("/api/v1/held").await;
    assert_eq!((page.total, page.held[0].conversation), (1, id));
    let path = format!("/api/v1/held/{}/accept", page.held[0].id);
    let (status, _) = house.admin.call(Method::POST, &path, None::<&()>).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let mut rows = Rows::of(&house.server.place).await;
    let row = rows.projection(id).await;
    assert_eq!((row.area.as_deref(), row.round), (Some("FA08"), to));
}

/// Whatever is written meanwhile, it is in the new round then, and nothing of that is lost.
#[tokio::test]
async fn a_move_meets_what_is_written_meanwhile_on_sqlite() {
    a_move_meets_what_is_written_meanwhile(Place::sqlite()).await;
}

#[tokio::test]
async fn a_move_meets_what_is_written_meanwhile_on_postgres() {
    a_move_meets_what_is_written_meanwhile(Place::postgres().await).await;
}

async fn a_move_meets_what_is_written_meanwhile(place: Place) {
    let mut house = House::open(place).await;
    let mut both = Tablet::enrol(&house.server.url, "veldwerker2").await;
    let to = demo::round(THEIRS);
    for _ in 0..10 {
        let id = house.record(&mut both);
        both.sync().await.unwrap();
        both.execute(id, &area());
        let (moved, synced) = tokio::join!(house.move_to(id, to), both.sync());
        synced.unwrap();
        assert_eq!(moved.round, to);
        let row = Rows::of(&house.server.place).await.projection(id).await;
        assert_eq!((row.area.as_deref(), row.round), (Some("FA08"), to));
    }
    both.sync().await.unwrap();
    assert!(held(&both).iter().all(|(_, round)| *round == to));
}

#[tokio::test]
async fn whoever_listens_to_either_round_is_told() {
    let mut house = House::open(Place::sqlite()).await;
    let mut both = Tablet::enrol(&house.server.url, "veldwerker2").await;
    let id = house.record(&mut both);
    both.sync().await.unwrap();
    let hand = Hand::enrol(&house.server.url, "veldwerker2").await;
    let mut stream = Stream::of(&hand).await;
    let before = stream.beginning(3).await;
    let (from, to) = (demo::round(SHARED), demo::round(THEIRS));
    house.move_to(id, to).await;
    let mut told = [stream.next().await.unwrap(), stream.next().await.unwrap()];
    told.sort_by_key(|notice| notice.round);
    let mut expected = [from, to].map(|round| LiveNotice {
        round,
        place: before[&round] + 1,
    });
    expected.sort_by_key(|notice| notice.round);
    assert_eq!(told, expected);
}
