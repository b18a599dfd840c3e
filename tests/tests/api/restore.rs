//! A backup was put back: what tablets hold comes back, their own and that of others which the server once
//! signed for, and nothing else does.

mod compared;
mod keys;
mod vouchers;

use koffiekar_server::demo;
use koffiekar_server::upkeep::restored;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{ConversationId, RoundId};
use koffiekar_sync_core::office::{Device, QuotePage};
use koffiekar_sync_core::replica::Standing;
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Backup, Place, Server};
use koffiekar_tests::tablet::Tablet;

fn round() -> RoundId {
    demo::round("buurtronde-2026")
}

/// A server and the tablets of two colleagues.
struct House {
    server: Server,
    one: Tablet,
    two: Tablet,
    numbers: Numbers,
}

impl House {
    async fn open(place: Place) -> House {
        let server = Server::start(place).await;
        House {
            one: Tablet::enrol(&server.url, "veldwerker1").await,
            two: Tablet::enrol(&server.url, "veldwerker2").await,
            server,
            numbers: Numbers(11),
        }
    }

    async fn backup(&mut self) -> Backup {
        let backup = self.server.backup().await;
        self.follow();
        backup
    }

    async fn put_back(&mut self, backup: &Backup) {
        self.server.put_back(backup).await;
        self.follow();
    }

    async fn put_back_elsewhere(&mut self, backup: &Backup) {
        self.server.put_back_elsewhere(backup).await;
        self.follow();
    }

    /// The server is elsewhere now.
    fn follow(&mut self) {
        for tablet in [&mut self.one, &mut self.two] {
            tablet.url.clone_from(&self.server.url);
        }
    }

    /// What an administrator does then.
    async fn new_epoch(&self) {
        restored::begin_anew(&self.server.koffiekar, "console")
            .await
            .unwrap();
    }

    /// One that has nothing but what the server gives.
    async fn fresh(&self) -> Tablet {
        let mut fresh = Tablet::enrol(&self.server.url, "veldwerker1").await;
        fresh.sync().await.unwrap();
        fresh
    }
}

fn record(tablet: &mut Tablet, numbers: &mut Numbers) -> ConversationId {
    let new = conversation(numbers, tablet.replica.identity().user, tablet.now(), 1);
    tablet.record(round(), &new)
}

fn area(code: &str) -> Command {
    Command::SetArea {
        area: Some(code.to_owned()),
    }
}

fn all_of(tablet: &Tablet) -> Vec<ConversationId> {
    tablet.replica.conversations().map(|(id, _)| id).collect()
}

fn same(one: &Tablet, other: &Tablet) {
    assert_eq!(all_of(one), all_of(other));
    for id in all_of(one) {
        assert_eq!(
            one.replica.heads(id).unwrap(),
            other.replica.heads(id).unwrap()
        );
        assert_eq!(one.read(id), other.read(id));
    }
}

fn all_stored(tablet: &Tablet) {
    for (id, held) in tablet.replica.conversations() {
        let standing = held.standing();
        assert!(
            matches!(standing, Standing::Stored(_)),
            "{id}: {standing:?}"
        );
    }
}

#[tokio::test]
async fn a_colleagues_tablet_gives_all_of_it_back_and_the_recorders_may_stay_away_on_sqlite() {
    a_colleagues_tablet_gives_all_of_it_back_and_the_recorders_may_stay_away(Place::sqlite()).await;
}

#[tokio::test]
async fn a_colleagues_tablet_gives_all_of_it_back_and_the_recorders_may_stay_away_on_postgres() {
    let place = Place::postgres().await;
    a_colleagues_tablet_gives_all_of_it_back_and_the_recorders_may_stay_away(place).await;
}

async fn a_colleagues_tablet_gives_all_of_it_back_and_the_recorders_may_stay_away(place: Place) {
    let mut house = House::open(place).await;
    let House {
        one, two, numbers, ..
    } = &mut house;
    let before = record(one, numbers);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    let backup = house.backup().await;

    // A day's work of both, in each other's conversations too, and of the office.
    let House {
        one, two, numbers, ..
    } = &mut house;
    one.execute(before, &area("FB08"));
    let after = record(one, numbers);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    two.execute(after, &area("FE01"));
    let theirs = record(two, numbers);
    two.sync().await.unwrap();
    let editor = Office::sign_in(&house.server.url, "redacteur1").await;
    let page: QuotePage = editor.get("/api/v1/quotes").await;
    let path = format!("/api/v1/quotes/{}/tags", page.quotes[0].id);
    let tags = serde_json::json!({"confirm": ["wonen-1"], "reject": [], "retract": []});
    let _: serde_json::Value = editor.post(&path, &tags).await;
    let House {
        one, two, numbers, ..
    } = &mut house;
    for tablet in [&mut *one, &mut *two] {
        tablet.sync().await.unwrap();
    }
    same(one, two);
    let unsent = record(one, numbers);

    house.put_back_elsewhere(&backup).await;
    assert_eq!(all_of(&house.fresh().await), [before]);
    house.new_epoch().await;

    // The one who recorded most of it does not come. Their colleague's tablet was killed in between.
    house.two.exchange().await.unwrap();
    house.two.restart();
    house.two.sync().await.unwrap();
    all_stored(&house.two);
    let fresh = house.fresh().await;
    same(&fresh, &house.two);
    assert_eq!(fresh.read(before).area.as_deref(), Some("FB08"));
    assert_eq!(fresh.read(after).area.as_deref(), Some("FE01"));
    let confirmed = |id| {
        let read = fresh.read(id);
        let quotes = read.quotes.iter();
        let lines = quotes.flat_map(|quote| read.tags.standing(quote.id));
        lines.count()
    };
    let tagged: usize = [before, after, theirs].into_iter().map(confirmed).sum();
    assert!(tagged >= 1, "the editor's tag is back");

    // And then they do.
    house.one.sync().await.unwrap();
    all_stored(&house.one);
    house.two.sync().await.unwrap();
    let mut all = vec![before, after, theirs, unsent];
    all.sort();
    assert_eq!(all_of(&house.one), all);
    same(&house.one, &house.two);
    same(&house.fresh().await, &house.one);
    let editor = Office::sign_in(&house.server.url, "redacteur1").await;
    let page: QuotePage = editor.get("/api/v1/quotes").await;
    assert_eq!(page.total, 4);
    let idle = house.one.sync().await.unwrap();
    assert_eq!(
        (idle.requests, idle.stored),
        (1, 0),
        "and it is quiet again"
    );
}

#[tokio::test]
async fn the_epoch_is_another_and_the_audit_log_says_so() {
    let house = House::open(Place::sqlite()).await;
    let mut rows = Rows::of(&house.server.place).await;
    let epoch = "select epoch from installation";
    let before = rows.bytes(epoch).await;
    house.new_epoch().await;
    let after = rows.bytes(epoch).await;
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    let audit = "select origin from audit_log where action = 'renew epoch'";
    assert_eq!(rows.texts(audit).await, ["console"]);
}

#[tokio::test]
async fn the_word_of_before_is_kept_though_the_document_comes_again_before_it_was_used() {
    let mut house = House::open(Place::sqlite()).await;
    let id = record(&mut house.one, &mut house.numbers);
    house.one.sync().await.unwrap();
    let backup = house.backup().await;
    house.one.execute(id, &area("FB08"));
    house.one.sync().await.unwrap();
    house.two.sync().await.unwrap();
    house.put_back(&backup).await;
    house.new_epoch().await;
    // It learns of the loss; then somebody writes on in what is left of it.
    house.two.exchange().await.unwrap();
    let mut third = house.fresh().await;
    let language = koffiekar_sync_core::conversation::Command::SetLanguage {
        language: "tr".to_owned(),
    };
    third.execute(id, &language);
    third.sync().await.unwrap();
    house.two.exchange().await.unwrap();
    house.two.sync().await.unwrap();
    all_stored(&house.two);
    let back = house.fresh().await.read(id);
    assert_eq!(
        (back.area.as_deref(), &*back.language),
        (Some("FB08"), "tr")
    );
}

#[tokio::test]
async fn a_tablet_whose_access_was_ended_keeps_what_the_server_lost_until_it_may_ask() {
    let mut house = House::open(Place::sqlite()).await;
    let backup = house.backup().await;
    let lost = record(&mut house.one, &mut house.numbers);
    house.one.sync().await.unwrap();
    house.put_back(&backup).await;
    house.new_epoch().await;
    let administrator = Office::sign_in(&house.server.url, "beheerder").await;
    let device = house.one.replica.identity().device;
    let _: Device = administrator
        .post(&format!("/api/v1/devices/{device}/revoke"), &())
        .await;
    for _ in 0..2 {
        house.one.sync().await.unwrap();
        assert!(house.one.replica.revoked());
        assert_eq!(all_of(&house.one), [lost], "the only copy there is");
    }
    house.one.sign_in_again("veldwerker1").await;
    house.one.sync().await.unwrap();
    all_stored(&house.one);
    assert_eq!(all_of(&house.fresh().await), [lost]);
}

#[tokio::test]
async fn a_tablet_notices_by_itself_where_nobody_renewed_the_epoch() {
    let mut house = House::open(Place::sqlite()).await;
    let backup = house.backup().await;
    let House {
        one, two, numbers, ..
    } = &mut house;
    let mine = record(one, numbers);
    one.sync().await.unwrap();
    let theirs = record(two, numbers);
    two.sync().await.unwrap();
    house.put_back_elsewhere(&backup).await;
    house.two.sync().await.unwrap();
    let mut both = [mine, theirs];
    both.sort();
    assert_eq!(all_of(&house.fresh().await), both);
    all_stored(&house.two);
}

#[tokio::test]
async fn a_server_notices_by_itself_that_its_database_went_back_on_sqlite() {
    a_server_notices_by_itself_that_its_database_went_back(Place::sqlite()).await;
}

#[tokio::test]
async fn a_server_notices_by_itself_that_its_database_went_back_on_postgres() {
    a_server_notices_by_itself_that_its_database_went_back(Place::postgres().await).await;
}

async fn a_server_notices_by_itself_that_its_database_went_back(place: Place) {
    let mut house = House::open(place).await;
    let audit = "select origin from audit_log where action = 'renew epoch'";
    record(&mut house.one, &mut house.numbers);
    house.one.sync().await.unwrap();
    let backup = house.backup().await;
    // Nothing was written since: it did not go back.
    house.put_back(&backup).await;
    let mut rows = Rows::of(&house.server.place).await;
    assert_eq!(rows.texts(audit).await, [""; 0]);
    drop(rows);

    record(&mut house.one, &mut house.numbers);
    house.one.sync().await.unwrap();
    house.server.restart().await;
    house.follow();
    let mut rows = Rows::of(&house.server.place).await;
    let epoch = "select epoch from installation";
    let before = rows.bytes(epoch).await;
    assert_eq!(rows.texts(audit).await, [""; 0], "it went on");
    drop(rows);
    house.put_back(&backup).await;
    let mut rows = Rows::of(&house.server.place).await;
    assert_eq!(rows.texts(audit).await, ["start"]);
    assert_ne!(rows.bytes(epoch).await, before);
    drop(rows);
    house.server.restart().await;
    house.follow();
    let mut rows = Rows::of(&house.server.place).await;
    assert_eq!(rows.texts(audit).await, ["start"], "once");
    drop(rows);
    house.one.sync().await.unwrap();
    same(&house.fresh().await, &house.one);
    assert_eq!(all_of(&house.one).len(), 2);
}

#[tokio::test]
async fn the_answer_comes_even_where_the_contact_cannot_be_written_down() {
    let mut house = House::open(Place::sqlite()).await;
    let mut rows = Rows::of(&house.server.place).await;
    rows.run(
        "create trigger no_contact before update of last_contact on devices
         begin select raise(abort, 'the disk is tired'); end",
    )
    .await;
    let House { one, numbers, .. } = &mut house;
    let id = record(one, numbers);
    one.sync().await.unwrap();
    assert!(matches!(one.standing(id), Standing::Stored(_)));
    rows.run("drop trigger no_contact").await;
    // It was not taken for written down: the next call does it.
    let noted = "select cast(last_contact as blob) from devices where last_contact is not null";
    assert_eq!(rows.bytes(noted).await.len(), 0);
    house.one.sync().await.unwrap();
    assert_eq!(rows.bytes(noted).await.len(), 1);
}
