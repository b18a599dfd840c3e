//! What an installation is, and its programme.

use koffiekar_server::projection::Projection;
use koffiekar_server::store::{Tx, catalogue, derived, publications, quotes};
use koffiekar_sync_core::catalogue::{Area, AreaLevel, ConsentText, Programme};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{PublicationId, SectionId};
use koffiekar_sync_core::office::{LineStanding, Publication, TagState};
use koffiekar_sync_core::sealed::SealKey;
use koffiekar_sync_core::wire::Epoch;
use uuid::Uuid;

use super::world::*;

async fn version(tx: &mut Tx) -> u64 {
    catalogue::installation(tx).await.unwrap().catalogue_version
}

#[tokio::test]
async fn a_database_is_founded_once() {
    on_empty(async |store| {
        let mut tx = store.write().await.unwrap();
        assert!(catalogue::installation(&mut tx).await.is_err());
        assert!(!catalogue::is_founded(&mut tx).await.unwrap());
        catalogue::found(&mut tx, EPOCH).await.unwrap();
        catalogue::found(&mut tx, Epoch([1; 16])).await.unwrap();
        assert!(catalogue::is_founded(&mut tx).await.unwrap());
        let installation = catalogue::installation(&mut tx).await.unwrap();
        assert_eq!(installation.epoch, EPOCH);
        assert_eq!(installation.programme, Programme::default());
        assert_eq!(
            (installation.seal_key, installation.receipt_key),
            (None, None)
        );
        assert_eq!(installation.catalogue_version, 0);
    })
    .await;
}

#[tokio::test]
async fn epoch_seal_key_and_programme_are_those_set_last() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let programme = Programme {
            name: "Nieuw-West".to_owned(),
            cycle: "2026-2029".to_owned(),
            provisional: true,
            note: "Een voorstel".to_owned(),
            asks: vec![Purpose::Analysis, Purpose::FollowUpContact],
            time_zone: "America/Lima".to_owned(),
        };
        catalogue::set_programme(&mut tx, &programme).await.unwrap();
        catalogue::set_epoch(&mut tx, Epoch([9; 16])).await.unwrap();
        catalogue::set_seal_key(&mut tx, SealKey([0xab; 32]))
            .await
            .unwrap();
        let installation = catalogue::installation(&mut tx).await.unwrap();
        assert_eq!(installation.epoch, Epoch([9; 16]));
        assert_eq!(installation.seal_key, Some(SealKey([0xab; 32])));
        let read = catalogue::read(&mut tx).await.unwrap();
        assert_eq!(read.programme, programme);
        assert_eq!(read.seal_key, Some("ab".repeat(32)));
    })
    .await;
}

#[tokio::test]
async fn every_change_counts_once_it_is_told() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let before = version(&mut tx).await;
        catalogue::bump(&mut tx).await.unwrap();
        catalogue::set_seal_key(&mut tx, SealKey([1; 32]))
            .await
            .unwrap();
        assert_eq!(version(&mut tx).await, before + 2);
    })
    .await;
}

#[tokio::test]
async fn the_programme_is_read_in_its_order() {
    let read = on_both(async |store| {
        let mut tx = store.read().await.unwrap();
        let read = catalogue::read(&mut tx).await.unwrap();
        assert_eq!(catalogue::themes(&mut tx).await.unwrap(), read.themes);
        assert_eq!(
            catalogue::action_lines(&mut tx).await.unwrap(),
            read.action_lines
        );
        assert_eq!(catalogue::areas(&mut tx).await.unwrap(), read.areas);
        read
    })
    .await;
    assert_eq!(read.themes, [theme("wonen"), theme("groen")]);
    assert_eq!(
        read.action_lines,
        ["wonen-1", "wonen-2", "groen-1"].map(action_line)
    );
    assert_eq!(read.areas, areas());
    assert_eq!(read.rounds, [house(), street()]);
    assert_eq!(read.seal_key, None);
}

#[tokio::test]
async fn what_is_put_again_is_changed_and_keeps_its_place_where_none_is_told() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        let mut first = action_line("wonen-1");
        (first.title, first.synonyms) = ("Ander".to_owned(), Vec::new());
        catalogue::put_action_line(&mut tx, &first, None)
            .await
            .unwrap();
        let last = action_line("wonen-3");
        catalogue::put_action_line(&mut tx, &last, None)
            .await
            .unwrap();
        let lines = catalogue::action_lines(&mut tx).await.unwrap();
        let expected = [
            first.clone(),
            action_line("wonen-2"),
            last,
            action_line("groen-1"),
        ];
        assert_eq!(lines, expected);
        // Told where: behind the second one, which stands at 1.
        catalogue::put_action_line(&mut tx, &first, Some(2))
            .await
            .unwrap();
        let lines = catalogue::action_lines(&mut tx).await.unwrap();
        assert_eq!(lines[1], first);

        let mut green = theme("groen");
        green.title = "Groen en water".to_owned();
        catalogue::put_theme(&mut tx, &green, 0).await.unwrap();
        let themes = catalogue::themes(&mut tx).await.unwrap();
        // Both stand at 0 now: the key decides.
        assert_eq!(themes, [green, theme("wonen")]);

        let [_, mut wijk, _] = areas();
        wijk.name = None;
        catalogue::put_area(&mut tx, &wijk).await.unwrap();
        assert_eq!(catalogue::areas(&mut tx).await.unwrap()[1], wijk);
    })
    .await;
}

#[tokio::test]
async fn a_text_that_was_asked_keeps_its_wording() {
    let texts = on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        for (version, language, question) in [
            ("2026-2", "nl", "Nieuw?"),
            ("2026-1", "tr", "İzin?"),
            ("2026-1", "nl", "Mag dit?"),
            ("2026-1", "nl", "Iets anders?"),
        ] {
            let text = consent_text(version, language, question);
            catalogue::add_consent_text(&mut tx, &text).await.unwrap();
        }
        catalogue::consent_texts(&mut tx).await.unwrap()
    })
    .await;
    let expected = [
        consent_text("2026-1", "nl", "Mag dit?"),
        consent_text("2026-1", "tr", "İzin?"),
        consent_text("2026-2", "nl", "Nieuw?"),
    ];
    assert_eq!(texts, expected);
}

fn consent_text(version: &str, language: &str, question: &str) -> ConsentText {
    ConsentText {
        version: version.to_owned(),
        language: language.to_owned(),
        purpose: Purpose::Analysis,
        question: question.to_owned(),
    }
}

#[tokio::test]
async fn lines_and_themes_go_when_nothing_uses_them() {
    on_both(async |store| {
        let mut used = projection(1, &street(), "huis");
        let lines = [("wonen-1", LineStanding::Rejected)];
        tagged(&mut used, TagState::Untagged, &lines);
        stored(&store, &[new(used)]).await;
        let mut tx = store.write().await.unwrap();
        let book = Publication {
            id: PublicationId(Uuid::from_u128(30)),
            title: "Kern".to_owned(),
            form: "kern".to_owned(),
            state: "concept".to_owned(),
            sections: vec![],
            tally: None,
        };
        publications::insert(&mut tx, &book).await.unwrap();
        for (n, theme, action_line) in [(31, None, Some("wonen-1")), (32, Some("wonen"), None)] {
            let section = publications::SectionHead {
                id: SectionId(Uuid::from_u128(n)),
                title: "Wonen".to_owned(),
                theme: theme.map(line),
                action_line: action_line.map(line),
            };
            publications::insert_section(&mut tx, book.id, &section)
                .await
                .unwrap();
        }
        // What a quote says and what a section says both count.
        for (key, uses) in [("wonen-1", 2), ("wonen-2", 0), ("nothing", 0)] {
            let found = catalogue::uses_of_line(&mut tx, &line(key)).await.unwrap();
            assert_eq!(found, uses, "{key}");
        }
        for (key, uses) in [("wonen", 1), ("groen", 0)] {
            let found = catalogue::uses_of_theme(&mut tx, &line(key)).await.unwrap();
            assert_eq!(found, uses, "{key}");
        }
        catalogue::remove_action_line(&mut tx, &line("groen-1"))
            .await
            .unwrap();
        catalogue::remove_theme(&mut tx, &line("groen"))
            .await
            .unwrap();
        let read = catalogue::read(&mut tx).await.unwrap();
        assert_eq!(read.themes, [theme("wonen")]);
        assert_eq!(read.action_lines, ["wonen-1", "wonen-2"].map(action_line));
        // A theme of lines stays.
        assert!(
            catalogue::remove_theme(&mut tx, &line("wonen"))
                .await
                .is_err()
        );
    })
    .await;
}

#[tokio::test]
async fn conversations_follow_their_area_to_another_wijk() {
    on_both(async |store| {
        let quoted = |n, area: &str, wijk: Option<&str>| Projection {
            area: Some(area.to_owned()),
            wijk: wijk.map(str::to_owned),
            ..projection(n, &street(), "huis")
        };
        let there = [
            new(quoted(1, "FB08", Some("FB"))),
            new(quoted(2, "FB", Some("FB"))),
            // Named by a tablet before the programme did.
            new(quoted(3, "FX01", None)),
        ];
        stored(&store, &there).await;
        let mut tx = store.write().await.unwrap();
        let area = |code: &str, level, part_of: &str| Area {
            code: code.to_owned(),
            level,
            part_of: part_of.to_owned(),
            name: None,
        };
        for area in [
            area("FB", AreaLevel::Wijk, "F"),
            area("FB08", AreaLevel::Buurt, "FB"),
        ] {
            catalogue::put_area(&mut tx, &area).await.unwrap();
        }
        assert_eq!(catalogue::follow_areas(&mut tx).await.unwrap(), 0);
        let before = quotes::frontier(&mut tx).await.unwrap();
        for area in [
            area("FB08", AreaLevel::Buurt, "FE"),
            area("FX01", AreaLevel::Buurt, "FX"),
        ] {
            catalogue::put_area(&mut tx, &area).await.unwrap();
        }
        assert_eq!(catalogue::follow_areas(&mut tx).await.unwrap(), 2);
        // Servers that keep counts of quotes learn of it.
        let mut changed = quotes::changed_since(&mut tx, &before).await.unwrap();
        changed.sort();
        assert_eq!(changed, [1, 3].map(conversation));
        for (n, area, wijk) in [
            (1, "FB08", Some("FE")),
            (2, "FB", Some("FB")),
            (3, "FX01", Some("FX")),
        ] {
            let id = [conversation(n)];
            let rows = derived::read(&mut tx, &id).await.unwrap();
            let right = quoted(n, area, wijk);
            assert_eq!(rows.faults(&mut tx, &[&right]).await.unwrap(), []);
        }
    })
    .await;
}

#[tokio::test]
async fn the_secret_of_an_installation_is_set_once() {
    on_both(async |store| {
        let mut tx = store.write().await.unwrap();
        assert_eq!(catalogue::secret(&mut tx).await.unwrap(), None);
        for secret in [[1; 32], [2; 32]] {
            catalogue::set_secret(&mut tx, &secret).await.unwrap();
            assert_eq!(catalogue::secret(&mut tx).await.unwrap(), Some([1; 32]));
        }
    })
    .await;
}
