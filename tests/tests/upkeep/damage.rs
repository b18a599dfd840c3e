//! Damage of every kind is found; what follows from documents is put right, and nothing else is touched.

use koffiekar_server::store::Store;
use koffiekar_server::upkeep::verify::{self, Mended, Verified};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::Place;

use super::house::{House, koffiekar, said, same};

async fn look(store: &Store) -> Verified {
    verify::verify(store).await.unwrap()
}

async fn mend(house: &House) -> Mended {
    let tagger = house.server.koffiekar.suggest.model();
    verify::mend(&house.server.koffiekar.store, &tagger)
        .await
        .unwrap()
}

/// All derived rows, with the numbers that the full-text index gives.
async fn derived(rows: &mut Rows) -> Vec<String> {
    let mut all = Vec::new();
    let terms = match rows {
        Rows::Sqlite(_) => "select rowid || ' ' || terms from quote_search order by rowid",
        Rows::Postgres(_) => {
            "select search_row || ' ' || terms from quote_search order by search_row"
        }
    };
    let hex = match rows {
        Rows::Sqlite(_) => "select hex(id) || hex(conversation) || position || kind || coalesce(area, '')
            || coalesce(wijk, '') || recorded_at || month || verbatim || coalesce(wordings, '') || tag_state
            || said || suggestions || coalesce(best_suggestion, '') || search_row from quotes order by id",
        Rows::Postgres(_) => "select id::text || conversation::text || position || kind || coalesce(area, '')
            || coalesce(wijk, '') || recorded_at || month || verbatim || coalesce(wordings, '') || tag_state
            || said || suggestions || coalesce(best_suggestion, '') || search_row from quotes order by id",
    };
    for statement in [terms, hex] {
        all.extend(rows.texts(statement).await);
    }
    all
}

#[tokio::test]
async fn on_a_sound_database_nothing_is_found_and_nothing_changes_on_sqlite() {
    on_a_sound_database_nothing_is_found_and_nothing_changes(Place::sqlite()).await;
}

#[tokio::test]
async fn on_a_sound_database_nothing_is_found_and_nothing_changes_on_postgres() {
    on_a_sound_database_nothing_is_found_and_nothing_changes(Place::postgres().await).await;
}

async fn on_a_sound_database_nothing_is_found_and_nothing_changes(place: Place) {
    let house = House::open(place).await;
    let verified = look(&house.server.koffiekar.store).await;
    assert_eq!(verified.faults, []);
    let mut rows = Rows::of(&house.server.place).await;
    assert_eq!(
        verified.documents,
        rows.count("documents").await.unsigned_abs()
    );
    assert_eq!(verified.quotes, rows.count("quotes").await.unsigned_abs());
    let before = derived(&mut rows).await;
    let mended = mend(&house).await;
    assert_eq!((mended.written, mended.removed), (0, 0));
    assert_eq!(mended.documents, verified.documents);
    assert_eq!(derived(&mut rows).await, before);
}

/// Everything that is derived, one thing after another, and by which name it is found.
const DERIVED: [(&str, &str); 20] = [
    (
        "update conversations set notes = 'iets anders'",
        "differs in notes",
    ),
    (
        "update conversations set consents = '[]'",
        "differs in consents",
    ),
    (
        "update conversations set recorded_at = recorded_at + 1",
        "recorded_at",
    ),
    ("update conversations set language = 'tr'", "language"),
    ("update quotes set verbatim = 'nooit gezegd'", "verbatim"),
    (
        "update quotes set for_named_publication = not for_named_publication",
        "for_named_publication",
    ),
    (
        "update quotes set for_analysis = not for_analysis",
        "for_analysis",
    ),
    ("update quotes set tag_state = 'confirmed'", "tag_state"),
    ("update quotes set wijk = 'FA'", "wijk"),
    ("update quotes set month = '2020-01'", "month"),
    ("update quotes set position = position + 1", "position"),
    ("update quotes set said = '[]' where said <> '[]'", "said"),
    ("update quotes set suggestions = 'geen'", "suggestions"),
    (
        "update quotes set best_suggestion = 'een-andere-lijn'",
        "best_suggestion",
    ),
    (
        "update quote_lines set standing = 'rejected'",
        "action lines",
    ),
    ("delete from quote_lines", "action lines"),
    (
        "update quotes set search_row = (select min(search_row) from quotes)",
        "search terms",
    ),
    ("delete from quote_search", "search terms"),
    (
        "update quotes set conversation = (select min(id::text)::bytea from conversations)",
        "missing",
    ),
    ("delete from quotes", "missing"),
];

#[tokio::test]
async fn damage_of_what_is_derived_is_found_and_put_right_on_sqlite() {
    damage_of_what_is_derived_is_found_and_put_right(Place::sqlite()).await;
}

#[tokio::test]
async fn damage_of_what_is_derived_is_found_and_put_right_on_postgres() {
    damage_of_what_is_derived_is_found_and_put_right(Place::postgres().await).await;
}

async fn damage_of_what_is_derived_is_found_and_put_right(place: Place) {
    let house = House::open(place).await;
    let store = &house.server.koffiekar.store;
    let mut rows = Rows::of(&house.server.place).await;
    let told = house.told().await;
    for (damage, found_by) in DERIVED {
        if damage.starts_with("delete from quotes") {
            rows.run("delete from quote_lines").await;
        }
        let damage = match (&rows, damage) {
            (Rows::Sqlite(_), damage) if damage.contains("::") => {
                "update quotes set conversation = (select min(id) from conversations)"
            }
            (_, damage) => damage,
        };
        rows.run(damage).await;
        let verified = look(store).await;
        let found = verified
            .faults
            .iter()
            .any(|fault| fault.what.contains(found_by));
        assert!(found, "{damage}: {:?}", verified.faults);
        assert!(
            verified.faults.iter().all(|fault| fault.derived),
            "{damage}"
        );
        // By ids and columns alone.
        for words in ["nooit", "iets anders", "geen"] {
            assert!(
                verified
                    .faults
                    .iter()
                    .all(|fault| !fault.what.contains(words))
            );
        }
        let mended = mend(&house).await;
        assert!(mended.written > 0, "{damage}");
        assert_eq!(look(store).await.faults, [], "{damage}");
    }
    same(&house.told().await, &told);
}

#[tokio::test]
async fn damage_of_the_truth_is_found_and_left_alone_on_sqlite() {
    damage_of_the_truth_is_found_and_left_alone(Place::sqlite()).await;
}

#[tokio::test]
async fn damage_of_the_truth_is_found_and_left_alone_on_postgres() {
    damage_of_the_truth_is_found_and_left_alone(Place::postgres().await).await;
}

/// What is done, what undoes it, and by which words it is found.
const TRUTH: [(&str, &str, &str); 5] = [
    (
        "update rounds set feed_place = feed_place - 1",
        "update rounds set feed_place = feed_place + 1",
        "was never given",
    ),
    (
        "update feed set kind = 'moved' where kind = 'changed'",
        "update feed set kind = 'changed' where kind = 'moved' and exists
            (select 1 from documents d where d.id = feed.document and d.round = feed.round)",
        "does not tell of it",
    ),
    (
        "update feed set kind = 'changed' where kind = 'erased'",
        "update feed set kind = 'erased' where kind = 'changed' and not exists
            (select 1 from documents d where d.id = feed.document and d.round = feed.round)",
        "where it is not",
    ),
    (
        "update feed set kind = 'replaced' where kind = 'erased'",
        "update feed set kind = 'erased' where kind = 'replaced' and exists
            (select 1 from tombstones t where t.document = feed.document and t.replaced_by is null)",
        "not written down",
    ),
    (
        "update documents set heads = decode(repeat('00', 32), 'hex')",
        "",
        "the heads of its document",
    ),
];

async fn damage_of_the_truth_is_found_and_left_alone(place: Place) {
    let house = House::open(place).await;
    let store = &house.server.koffiekar.store;
    let mut rows = Rows::of(&house.server.place).await;
    for (damage, undo, found_by) in TRUTH {
        match (&rows, damage) {
            (Rows::Sqlite(_), damage) if damage.contains("decode") => {
                rows.run("update documents set heads = zeroblob(32)").await;
            }
            (_, damage) => rows.run(damage).await,
        }
        let verified = look(store).await;
        let mut found = verified.faults.iter();
        let found = found.any(|fault| fault.what.contains(found_by) && !fault.derived);
        assert!(found, "{damage}: {:?}", verified.faults);
        let mended = mend(&house).await;
        assert_eq!((mended.written, mended.removed), (0, 0), "{damage}");
        if !undo.is_empty() {
            rows.run(undo).await;
            assert_eq!(look(store).await.faults, [], "{undo}");
        }
    }
    let documents = rows.count("documents").await.unsigned_abs();
    let faults = look(store).await.faults.len() as u64;
    assert_eq!(faults, documents);
    let bytes = match rows {
        Rows::Sqlite(_) => "update documents set bytes = cast('geen document' as blob)",
        Rows::Postgres(_) => "update documents set bytes = 'geen document'::bytea",
    };
    rows.run(bytes).await;
    let verified = look(store).await;
    assert!(
        verified
            .faults
            .iter()
            .all(|fault| fault.what.contains("cannot be loaded"))
    );
    assert_eq!(mend(&house).await.faults.len() as u64, documents);
}

#[tokio::test]
async fn the_commands_tell_by_their_exit_codes() {
    let house = House::open(Place::sqlite()).await;
    let Place::Sqlite(folder) = &house.server.place else {
        panic!("it is SQLite")
    };
    let data = ["--data", folder.path().to_str().unwrap()];
    let run = async |command: &str| koffiekar(&[&[command], &data[..]].concat()).await;
    assert!(run("verify").await.status.success());
    let mut rows = Rows::of(&house.server.place).await;
    rows.run("update quotes set month = '2020-01'").await;
    let verified = run("verify").await;
    assert!(!verified.status.success());
    assert!(
        said(&verified).contains("koffiekar reproject"),
        "{}",
        said(&verified)
    );
    let mended = run("reproject").await;
    assert!(mended.status.success(), "{}", said(&mended));
    assert!(run("verify").await.status.success());
    rows.run("update rounds set feed_place = 0").await;
    let verified = run("verify").await;
    assert!(!verified.status.success());
    assert!(
        said(&verified).contains("docs/operations.md"),
        "{}",
        said(&verified)
    );
}
