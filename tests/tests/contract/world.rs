//! A small installation that every part of the contract begins with, and rows to put into it.

use std::fmt::Debug;

use koffiekar_server::projection::{Projection, QuoteProjection};
use koffiekar_server::store::accounts::{self, Account, NewAccount};
use koffiekar_server::store::documents::{self, NewVersion};
use koffiekar_server::store::feed::Places;
use koffiekar_server::store::{Store, Tx, catalogue, devices, rounds};
use koffiekar_sync_core::catalogue::{ActionLine, Area, AreaLevel, Round, RoundKind, Theme};
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{
    ConversationId, DeviceNumber, LineKey, Millis, QuoteId, RoundId, UserId,
};
use koffiekar_sync_core::office::{LineStanding, Role, TagState};
use koffiekar_sync_core::wire::Epoch;
use koffiekar_tagging::text::search_terms;
use koffiekar_tests::server::Place;
use uuid::Uuid;

/// Noon of 24 January 2026.
pub(crate) const AT: Millis = Millis(1_769_256_000_000);
/// Its highest bit is set: as a column it is a negative number.
pub(crate) const TABLET: DeviceNumber = DeviceNumber(0xf000_0000_0000_0001);
pub(crate) const EPOCH: Epoch = Epoch([7; 16]);

/// A field worker.
pub(crate) const ANNA: UserId = UserId(Uuid::from_u128(1));
/// An editor.
pub(crate) const BRAM: UserId = UserId(Uuid::from_u128(2));
/// Neighbourhood round, of Anna and Bram.
pub(crate) const STREET: RoundId = RoundId(Uuid::from_u128(11));
/// Open house, of Bram.
pub(crate) const HOUSE: RoundId = RoundId(Uuid::from_u128(12));

pub(crate) fn conversation(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(1000 + n))
}

pub(crate) fn quote(n: u128) -> QuoteId {
    QuoteId(Uuid::from_u128(2000 + n))
}

pub(crate) fn head(n: u8) -> Head {
    Head([n; 32])
}

pub(crate) fn line(key: &str) -> LineKey {
    key.parse().unwrap()
}

/// Runs it on an empty database of either engine; both must come to the same.
pub(crate) async fn on_empty<T: Debug + PartialEq>(test: impl AsyncFn(Store) -> T) -> T {
    let mut came_to = Vec::new();
    for place in [Place::sqlite(), Place::postgres().await] {
        let store = Store::open(&place.address()).await.unwrap();
        // Shown where it fails.
        eprintln!("on {}", store.engine());
        came_to.push(test(store.clone()).await);
        store.close().await;
    }
    assert_eq!(
        came_to[0], came_to[1],
        "SQLite on the left, PostgreSQL on the right"
    );
    came_to.remove(0)
}

/// As [`on_empty`], with what [`founded`] puts there.
pub(crate) async fn on_both<T: Debug + PartialEq>(test: impl AsyncFn(Store) -> T) -> T {
    on_empty(async |store| {
        founded(&store).await;
        test(store).await
    })
    .await
}

/// People, rounds, a programme, and a tablet of Anna's.
pub(crate) async fn founded(store: &Store) {
    let mut tx = store.write().await.unwrap();
    put_all(&mut tx).await;
    tx.commit().await.unwrap();
}

async fn put_all(tx: &mut Tx) {
    catalogue::found(tx, EPOCH).await.unwrap();
    for theme in [theme("wonen"), theme("groen")].iter().zip(0..) {
        catalogue::put_theme(tx, theme.0, theme.1).await.unwrap();
    }
    for (at, key) in ["wonen-1", "wonen-2", "groen-1"].into_iter().enumerate() {
        let line = action_line(key);
        catalogue::put_action_line(tx, &line, Some(at))
            .await
            .unwrap();
    }
    for area in areas() {
        catalogue::put_area(tx, &area).await.unwrap();
    }
    for round in [street(), house()] {
        rounds::put(tx, &round).await.unwrap();
    }
    for (id, name, role) in [(ANNA, "Anna", Role::Field), (BRAM, "Bram", Role::Editor)] {
        accounts::insert(tx, &account(id, name, role))
            .await
            .unwrap();
    }
    accounts::set_memberships(tx, ANNA, &[STREET])
        .await
        .unwrap();
    accounts::set_memberships(tx, BRAM, &[HOUSE, STREET])
        .await
        .unwrap();
    let enrolled = devices::enrol(tx, TABLET, ANNA, &[5; 32], "Tablet 7", AT).await;
    assert!(enrolled.unwrap());
}

pub(crate) fn account(id: UserId, name: &str, role: Role) -> NewAccount {
    NewAccount {
        account: Account {
            id,
            login: name.to_lowercase(),
            name: name.to_owned(),
            role,
            disabled: false,
            demo: false,
        },
        password_hash: format!("$argon2id${name}"),
        created_at: AT,
    }
}

pub(crate) fn street() -> Round {
    Round {
        id: STREET,
        name: "Straat".to_owned(),
        kind: RoundKind::NeighbourhoodRound,
        starts_on: "2026-01-24".to_owned(),
        ends_on: "2026-02-28".to_owned(),
        closed: false,
    }
}

/// Begins before the street.
pub(crate) fn house() -> Round {
    Round {
        id: HOUSE,
        name: "Huis".to_owned(),
        kind: RoundKind::OpenHouse,
        starts_on: "2026-01-10".to_owned(),
        ends_on: "2026-01-31".to_owned(),
        closed: false,
    }
}

pub(crate) fn theme(key: &str) -> Theme {
    Theme {
        key: line(key),
        title: format!("Opgave {key}"),
    }
}

/// Its theme is what stands before the hyphen.
pub(crate) fn action_line(key: &str) -> ActionLine {
    ActionLine {
        key: line(key),
        theme: line(key.split('-').next().unwrap()),
        title: format!("Lijn {key}"),
        description: "Wat er gebeurt".to_owned(),
        synonyms: vec!["huis".to_owned(), "\"çatı\" 'dak'".to_owned()],
        ended: None,
    }
}

pub(crate) fn areas() -> [Area; 3] {
    let area = |code: &str, level, part_of: &str, name: Option<&str>| Area {
        code: code.to_owned(),
        level,
        part_of: part_of.to_owned(),
        name: name.map(str::to_owned),
    };
    [
        area("F", AreaLevel::District, "", Some("Nieuw-West")),
        area("FB", AreaLevel::Wijk, "F", Some("Geuzenveld")),
        area("FB03", AreaLevel::Buurt, "FB", None),
    ]
}

/// One with these words as its only quote, `n` its conversation and its quote, recorded `n` minutes
/// after [`AT`], with consent for analysis and for publication without a name.
pub(crate) fn projection(n: u128, round: &Round, words: &str) -> Projection {
    Projection {
        id: conversation(n),
        round: round.id,
        kind: round.kind,
        area: Some("FB03".to_owned()),
        wijk: Some("FB".to_owned()),
        language: "nl".to_owned(),
        recorded_at: AT.plus(i64::try_from(n).unwrap() * 60_000),
        clock_doubtful: false,
        month: "2026-01".to_owned(),
        recorded_by: ANNA,
        notes: format!("Notitie {n}"),
        consents: "[]".to_owned(),
        allowed: [true, true, false, false],
        quotes: vec![words_of(n, 0, words)],
    }
}

/// A quote that nobody tagged yet.
pub(crate) fn words_of(n: u128, position: i64, words: &str) -> QuoteProjection {
    QuoteProjection {
        id: quote(n),
        position,
        language: "nl".to_owned(),
        verbatim: words.to_owned(),
        wordings: None,
        tag_state: TagState::Untagged,
        lines: Vec::new(),
        said: "[]".to_owned(),
        suggestions: "[]".to_owned(),
        best_suggestion: None,
        certainty: None,
        accepted: false,
        terms: search_terms(words, "nl"),
    }
}

/// People spoke about its first quote.
pub(crate) fn tagged(projection: &mut Projection, state: TagState, lines: &[(&str, LineStanding)]) {
    let quote = &mut projection.quotes[0];
    quote.tag_state = state;
    quote.lines = lines.iter().map(|(key, how)| (line(key), *how)).collect();
}

/// To be written as a new document; its bytes and its head are `n`.
pub(crate) fn new(projection: Projection) -> NewVersion {
    let n = u8::try_from(projection.id.0.as_u128() - 1000).unwrap();
    NewVersion {
        id: projection.id,
        round: projection.round,
        merged_into: None,
        heads: vec![head(n)],
        bytes: vec![n; 40 + usize::from(n)],
        received_at: AT.plus(1),
        written_at: AT.plus(1),
        device: TABLET,
        model: String::new(),
        projection,
    }
}

/// Writes these with one commit.
pub(crate) async fn stored(store: &Store, versions: &[NewVersion]) -> Places {
    let mut tx = store.write().await.unwrap();
    let written = documents::write(&mut tx, versions.iter().collect()).await;
    let written = written.unwrap().unwrap();
    tx.commit().await.unwrap();
    written.places
}
