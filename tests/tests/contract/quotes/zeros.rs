//! What nobody spoke of, and what a filter leaves out, is told.

use koffiekar_sync_core::office::{ByState, Counts, Dimension};

use super::*;

async fn counted(tx: &mut Tx, sight: &Sight, filter: &QuoteFilter, rows: Dimension) -> Counts {
    let question = Question {
        sight,
        filter,
        catalogue: &Arc::new(catalogue::read(tx).await.unwrap()),
        as_of: None,
    };
    let counts = Facets::default().count_by(tx, question, rows, None).await;
    counts.unwrap()
}

/// `key 3` for each row.
fn rows(counts: &Counts) -> Vec<String> {
    let rows = counts.rows.iter().zip(&counts.cells);
    rows.map(|(row, cells)| format!("{} {}", row.key, cells[0]))
        .collect()
}

#[tokio::test]
async fn a_filter_by_tags_says_how_many_quotes_it_leaves_out_and_how_they_stand() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let all = ByState {
            untagged: 1,
            proposed: 1,
            confirmed: 2,
            contested: 1,
            accepted: 0,
        };
        let none = QuoteFilter::default;
        let by_tags = [
            none(),
            QuoteFilter {
                theme: Some(line("groen")),
                ..none()
            },
            QuoteFilter {
                action_line: Some(line("wonen-1")),
                ..none()
            },
            QuoteFilter {
                tagged_as: Some(line("wonen-1")),
                ..none()
            },
            QuoteFilter {
                suggested: Some(line("wonen-1")),
                ..none()
            },
            QuoteFilter {
                tag_state: Some(TagState::Contested),
                ..none()
            },
            // A list of its own at the desk.
            QuoteFilter {
                conflict: Some(true),
                ..none()
            },
        ];
        for filter in by_tags {
            let page = page(&mut tx, &editor(), &filter).await.unwrap();
            assert_eq!(page.by_state, all, "{filter:?}");
            let counts = counted(&mut tx, &editor(), &filter, Dimension::Kind).await;
            assert_eq!(
                (counts.by_state, counts.total),
                (all, page.total),
                "{filter:?}"
            );
        }
        // What else a filter says holds for these numbers as well: a day, words, a language.
        let others = [
            (
                QuoteFilter {
                    from: Some("2026-02-01".to_owned()),
                    theme: Some(line("groen")),
                    ..none()
                },
                TagState::Contested,
            ),
            (
                QuoteFilter {
                    text: Some("huur".to_owned()),
                    theme: Some(line("groen")),
                    ..none()
                },
                TagState::Untagged,
            ),
        ];
        for (filter, state) in others {
            let page = page(&mut tx, &editor(), &filter).await.unwrap();
            let mut one = ByState::default();
            one.add(state, 1);
            assert_eq!((page.total, page.by_state), (0, one), "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn numbers_beside_a_list_hold_nothing_that_is_out_of_sight() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let filter = QuoteFilter {
            theme: Some(line("wonen")),
            ..QuoteFilter::default()
        };
        let stranger = Sight {
            rounds: vec![HOUSE],
            purposes: vec![Purpose::Analysis],
        };
        let page = page(&mut tx, &stranger, &filter).await.unwrap();
        assert_eq!((page.total, page.by_state.total()), (0, 0));
        let rounds = counted(
            &mut tx,
            &stranger,
            &QuoteFilter::default(),
            Dimension::Round,
        )
        .await;
        assert_eq!(rows(&rounds), [format!("{HOUSE} 0")]);
    })
    .await;
}

#[tokio::test]
async fn silent_months_areas_lines_and_themes_stand_there_with_zero() {
    on_both(async |store| {
        let two = [(1, 0), (2, 75)].map(|(n, days)| {
            let mut one = projection(n, &street(), "huis");
            one.recorded_at = AT.plus(days * 86_400_000);
            one.area = None;
            one.wijk = None;
            new(one)
        });
        stored(&store, &two).await;
        let mut tx = store.read().await.unwrap();
        let everything = QuoteFilter::default();
        let cases: [(Dimension, &[&str]); 5] = [
            (
                Dimension::Month,
                &["2026-01 1", "2026-02 0", "2026-03 0", "2026-04 1"],
            ),
            (Dimension::Area, &["FB03 0", "unknown 2"]),
            (Dimension::Wijk, &["FB 0", "unknown 2"]),
            (Dimension::Theme, &["wonen 0", "groen 0", "untagged 2"]),
            (
                Dimension::ActionLine,
                &["wonen-1 0", "wonen-2 0", "groen-1 0", "untagged 2"],
            ),
        ];
        for (dimension, expected) in cases {
            let counts = counted(&mut tx, &editor(), &everything, dimension).await;
            assert_eq!(rows(&counts), expected, "{dimension:?}");
        }
        // The period that was asked for is drawn to its ends, unless it has none to speak of.
        for (from, until, expected) in [
            (
                "2025-12-05",
                "2026-05-31",
                "2025-12 0, 2026-01 1, 2026-02 0, 2026-03 0, 2026-04 1, 2026-05 0",
            ),
            (
                "1990-01-01",
                "2026-04-30",
                "2026-01 1, 2026-02 0, 2026-03 0, 2026-04 1",
            ),
        ] {
            let period = QuoteFilter {
                from: Some(from.to_owned()),
                until: Some(until.to_owned()),
                ..QuoteFilter::default()
            };
            let counts = counted(&mut tx, &editor(), &period, Dimension::Month).await;
            assert_eq!(rows(&counts).join(", "), expected);
        }
        // But not what the filter has no room for.
        let of_theme = QuoteFilter {
            theme: Some(line("groen")),
            ..QuoteFilter::default()
        };
        let counts = counted(&mut tx, &editor(), &of_theme, Dimension::ActionLine).await;
        assert_eq!(rows(&counts), ["groen-1 0"]);
        let elsewhere = QuoteFilter {
            area: Some("X".to_owned()),
            ..QuoteFilter::default()
        };
        let counts = counted(&mut tx, &editor(), &elsewhere, Dimension::Area).await;
        assert_eq!(rows(&counts), [""; 0]);
    })
    .await;
}
