//! An older copy of the database is put back: what was erased since is erased again, before anybody
//! reads in it.

use koffiekar_server::upkeep::restored;
use koffiekar_server::{Clock, demo};
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::office::{Device, Erasure};
use koffiekar_sync_core::wire::Outcome;
use koffiekar_tests::hand::Hand;
use koffiekar_tests::office::Office;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{Tablet, now};
use tempfile::TempDir;

use super::{House, ROUND, check_tablet, correct, files_with, held, holds};

/// The database as it is now, alone.
async fn copy_of(house: &House) -> TempDir {
    assert!(house.server.koffiekar.store.clear_files().await.unwrap());
    let backup = tempfile::tempdir().unwrap();
    take(&house.server.place, backup.path(), &["koffiekar.sqlite"]);
    backup
}

fn take(place: &Place, to: &std::path::Path, names: &[&str]) {
    let Place::Sqlite(folder) = place else {
        unreachable!()
    };
    for name in names {
        std::fs::copy(folder.path().join(name), to.join(name)).unwrap();
    }
}

impl House {
    /// Another server begins with this copy, and with what is kept apart from the database.
    async fn put_back(self, backup: TempDir) -> House {
        take(
            &self.server.place,
            backup.path(),
            &["koffiekar.key", "erasures.log"],
        );
        let server = Server::start_with_clock(Place::Sqlite(backup), Clock::System).await;
        let renewed = restored::begin_anew(&server.koffiekar, "test").await;
        renewed.unwrap();
        House {
            admin: Office::sign_in(&server.url, "beheerder").await,
            editor: Office::sign_in(&server.url, "redacteur1").await,
            server,
            numbers: self.numbers,
        }
    }
}

#[tokio::test]
async fn what_was_erased_is_erased_again_when_an_older_copy_is_put_back() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (whole, _) = house.record(&mut one);
    let (part, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    let backup = copy_of(&house).await;
    assert_ne!(files_with(backup.path()), Vec::<String>::new());

    // Written since: what is lost with the copy, and comes back from a tablet.
    one.execute(part, &correct(quotes[1], "Wat zij bedoelde."));
    one.sync().await.unwrap();
    house.erase(whole).await;
    let next = house
        .erase_quote(part, quotes[0])
        .await
        .replaced_by
        .unwrap();
    one.sync().await.unwrap();
    one.execute(next, &correct(quotes[2], "Op de opvolger gezegd."));
    one.sync().await.unwrap();
    assert_eq!(held(&one), [next]);

    let house = house.put_back(backup).await;
    house.check_rows().await;
    house.check_files();
    let mut told: Vec<_> = house.erasures().await;
    told.sort_by_key(|erasure: &Erasure| erasure.conversation);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|erasure| erasure.erased_by.is_none()));
    assert!(
        told.iter().any(|erasure| erasure.replaced_by == Some(next)),
        "the same successor"
    );

    // The tablet's successor and the one that was made again come together, nothing twice.
    one.url.clone_from(&house.server.url);
    one.sync().await.unwrap();
    let mut late = Tablet::enrol(&house.server.url, "veldwerker2").await;
    late.sync().await.unwrap();
    for tablet in [&one, &late] {
        assert_eq!(held(tablet), [next]);
        check_tablet(tablet);
    }
    let read = one.read(next);
    assert_eq!(read.quotes.len(), 2);
    assert_eq!(read.notes, "Bij de koffiekar.");
    let second = read.quote(quotes[2]).unwrap();
    assert_eq!(second.wording.first(), "Op de opvolger gezegd.");
}

#[tokio::test]
async fn what_the_copy_never_had_cannot_come_from_a_tablet_either() {
    let house = House::open(Place::sqlite()).await;
    let one = Hand::enrol(&house.server.url, "veldwerker1").await;
    let backup = copy_of(&house).await;
    let mut numbers = Numbers(3);
    let mut record = || conversation(&mut numbers, one.user(), now(), 2);
    let (gone, cut) = (record(), record());
    let whole = one.record(demo::round(ROUND), &gone);
    let part = one.record(demo::round(ROUND), &cut);
    one.push(&[&whole, &part]).await;
    house.erase(whole.id).await;
    let quote = cut.quotes[0].id;
    let next = house.erase_quote(part.id, quote).await.replaced_by.unwrap();
    // The rest was erased after that, under its new id.
    let last = house
        .erase_quote(next, cut.quotes[1].id)
        .await
        .replaced_by
        .unwrap();

    let house = house.put_back(backup).await;
    let one = Hand {
        url: house.server.url.clone(),
        ..one
    };
    assert_eq!(one.outcome(&whole).await, Outcome::Erased);
    let answered = one.push(&[&part]).await;
    assert_eq!(answered.answer.outcomes, [Outcome::Replaced(last)]);
    let both = [quote, cut.quotes[1].id];
    assert_eq!(answered.answer.erased_quotes, both);
    assert_eq!(house.quotes().await, []);
    let found = house.find(next).await;
    let koffiekar_sync_core::office::ConversationFound::Gone(erasure) = found else {
        panic!("{found:?}");
    };
    assert_eq!(erasure.replaced_by, Some(last));
    // A second start finds nothing to do.
    let mut house = house;
    let before = house.erasures().await;
    house.server.restart().await;
    house.admin.url.clone_from(&house.server.url);
    assert_eq!(house.erasures().await, before);
}

#[tokio::test]
async fn a_quote_that_is_younger_than_the_copy_is_erased_from_what_goes_on() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, quotes) = house.record(&mut one);
    one.execute(id, &Command::RemoveQuote { quote: quotes[0] });
    one.sync().await.unwrap();
    let mut stale = house.tablet("veldwerker2").await;
    let backup = copy_of(&house).await;
    let fresh = super::quotes::add_quote(&mut one, id, 1);
    one.sync().await.unwrap();
    stale.sync().await.unwrap();
    let next = house.erase_quote(id, fresh).await.replaced_by.unwrap();

    let house = house.put_back(backup).await;
    stale.url.clone_from(&house.server.url);
    stale.sync().await.unwrap();
    assert_eq!(held(&stale), [next]);
    assert_eq!(stale.read(next).quotes.len(), 2);
    assert!(!house.quotes().await.contains(&fresh));
    assert!(!house.quotes().await.contains(&quotes[0]));
}

#[tokio::test]
async fn what_goes_on_is_made_of_the_old_conversation_where_the_copy_has_neither() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let backup = copy_of(&house).await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    one.execute(id, &correct(quotes[1], "Al ontvangen."));
    one.sync().await.unwrap();
    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();

    let house = house.put_back(backup).await;
    one.url.clone_from(&house.server.url);
    one.execute(id, &correct(quotes[2], "Nog niet gestuurd."));
    one.sync().await.unwrap();
    let mut left = quotes[1..].to_vec();
    left.sort();
    assert_eq!(house.quotes().await, left);
    let mut late = Tablet::enrol(&house.server.url, "veldwerker2").await;
    late.sync().await.unwrap();
    for tablet in [&one, &late] {
        assert_eq!(held(tablet), [next]);
        check_tablet(tablet);
        let read = tablet.read(next);
        let words = |quote| read.quote(quote).unwrap().wording.first().to_owned();
        assert_eq!(words(quotes[1]), "Al ontvangen.");
        assert_eq!(words(quotes[2]), "Nog niet gestuurd.");
        assert_eq!(read.notes, "Bij de koffiekar.");
    }
    house.check_rows().await;
    house.check_files();
}

#[tokio::test]
async fn a_colleague_brings_what_goes_on_and_a_tablet_without_access_brings_nothing_of_it() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let mut two = house.tablet("veldwerker2").await;
    let backup = copy_of(&house).await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();
    let last = house
        .erase_quote(next, quotes[1])
        .await
        .replaced_by
        .unwrap();

    let house = house.put_back(backup).await;
    let path = format!("/api/v1/devices/{}/revoke", one.replica.identity().device);
    let _: Device = house.admin.post(&path, &()).await;
    one.url.clone_from(&house.server.url);
    one.execute(id, &correct(quotes[2], "Zonder toegang gezegd."));
    one.sync().await.unwrap();
    assert!(one.replica.revoked());
    check_tablet(&one);
    assert_eq!(house.quotes().await, []);
    let mut rows = Rows::of(&house.server.place).await;
    let sealed = rows.bytes("select sealed from quarantine").await;
    assert_eq!(sealed, Vec::<Vec<u8>>::new());

    two.url.clone_from(&house.server.url);
    two.sync().await.unwrap();
    assert_eq!(held(&two), [last]);
    check_tablet(&two);
    assert_eq!(house.quotes().await, [quotes[2]]);
    house.check_rows().await;
    house.check_files();

    // What waited on the other finds its place now.
    one.sign_in_again("veldwerker1").await;
    one.sync().await.unwrap();
    assert_eq!(held(&one), [last]);
    let read = one.read(last);
    let left = read.quote(quotes[2]).unwrap();
    assert_eq!(left.wording.first(), "Zonder toegang gezegd.");
}

#[tokio::test]
async fn the_log_holds_no_words_and_a_line_that_was_cut_off_is_passed_over() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (first, _) = house.record(&mut one);
    let (second, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    house.erase(first).await;
    let Place::Sqlite(folder) = &house.server.place else {
        unreachable!()
    };
    let log = folder.path().join("erasures.log");
    let written = std::fs::read_to_string(&log).unwrap();
    assert_eq!(written.lines().count(), 1);
    // Killed in the middle of a line.
    std::fs::write(&log, format!("{written}{{\"at\":17")).unwrap();
    house.erase_quote(second, quotes[0]).await;
    let written = std::fs::read(&log).unwrap();
    assert!(!holds(&written));
    assert_eq!(String::from_utf8(written).unwrap().lines().count(), 3);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&log).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    house.server.restart().await;
    house.admin.url.clone_from(&house.server.url);
    assert_eq!(house.erasures().await.len(), 2);
}
