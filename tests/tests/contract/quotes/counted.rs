//! Numbers of quotes.

use koffiekar_sync_core::office::{Counts, Desk, DeskLine, Dimension};

use super::*;

async fn counted(
    tx: &mut Tx,
    filter: &QuoteFilter,
    rows: Dimension,
    columns: Option<Dimension>,
) -> Counts {
    let question = Question {
        sight: &editor(),
        filter,
        catalogue: &Arc::new(catalogue::read(tx).await.unwrap()),
        as_of: None,
    };
    let counts = Facets::default()
        .count_by(tx, question, rows, columns)
        .await;
    counts.unwrap()
}

/// `key 3` for each row of a table with one column.
fn rows(counts: &Counts) -> Vec<String> {
    let rows = counts.rows.iter().zip(&counts.cells);
    rows.map(|(row, cells)| format!("{} {}", row.key, cells[0]))
        .collect()
}

#[tokio::test]
async fn each_dimension_counts_every_quote_that_is_in_sight() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let everything = QuoteFilter::default();
        let [street, house] = [format!("{STREET} 5"), format!("{HOUSE} 0")];
        let cases: [(Dimension, &[&str]); 9] = [
            (
                Dimension::ActionLine,
                &[
                    "wonen-1 1",
                    "wonen-2 1",
                    "groen-1 1",
                    "none 1",
                    "untagged 2",
                ],
            ),
            // Two lines of one theme count once.
            (
                Dimension::Theme,
                &["wonen 1", "groen 1", "none 1", "untagged 2"],
            ),
            (Dimension::Area, &["FB03 4", "unknown 1"]),
            (Dimension::Wijk, &["FB 4", "unknown 1"]),
            (Dimension::Round, &[&house, &street]),
            (Dimension::Kind, &["neighbourhood_round 5", "open_house 0"]),
            (Dimension::Language, &["nl 4", "tr 1"]),
            (Dimension::Month, &["2026-01 4", "2026-02 1"]),
            (
                Dimension::TagState,
                &["confirmed 2", "contested 1", "proposed 1", "untagged 1"],
            ),
        ];
        let mut all = Vec::new();
        for (dimension, expected) in cases {
            let counts = counted(&mut tx, &everything, dimension, None).await;
            assert_eq!(rows(&counts), expected, "{dimension:?}");
            assert_eq!((counts.total, &*counts.columns[0].key), (5, "all"));
            all.push(counts);
        }
        all
    })
    .await;
}

#[tokio::test]
async fn two_dimensions_at_once_and_a_filter() {
    let tables = on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let mut tables = Vec::new();
        for rows in Dimension::ALL {
            for columns in Dimension::ALL {
                let filter = QuoteFilter {
                    area: Some("FB".to_owned()),
                    ..QuoteFilter::default()
                };
                tables.push(counted(&mut tx, &filter, rows, Some(columns)).await);
            }
        }
        tables
    })
    .await;
    for table in &tables {
        assert_eq!(table.total, 4);
        assert_eq!(table.cells.len(), table.rows.len());
    }
    let month_by_language = &tables[7 * 9 + 6];
    assert_eq!(month_by_language.cells, [[3, 0], [0, 1]]);
}

#[tokio::test]
async fn the_total_of_a_row_counts_each_quote_once() {
    let tables = on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let filter = QuoteFilter::default();
        let by_line = Some(Dimension::ActionLine);
        [
            counted(&mut tx, &filter, Dimension::Kind, by_line).await,
            counted(&mut tx, &filter, Dimension::Theme, by_line).await,
        ]
    })
    .await;
    let [kinds, themes] = tables;
    // One quote stands on two lines.
    assert_eq!(kinds.cells[0].iter().sum::<u64>(), 6);
    assert_eq!(kinds.totals, [5, 0]);
    assert_eq!(themes.cells[0].iter().sum::<u64>(), 2);
    assert_eq!(themes.totals, [1, 1, 1, 2]);
}

#[tokio::test]
async fn the_desk_tells_what_waits() {
    let desk = on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let programme = Arc::new(catalogue::read(&mut tx).await.unwrap());
        let desk = Facets::default().desk(&mut tx, &editor(), &programme).await;
        desk.unwrap()
    })
    .await;
    let waits = |key, confirmed, proposed, suggested| DeskLine {
        key: line(key),
        confirmed,
        proposed,
        accepted: 0,
        suggested,
    };
    let expected = Desk {
        lines: vec![
            waits("wonen-1", 0, 1, 1),
            waits("wonen-2", 0, 1, 0),
            waits("groen-1", 1, 0, 0),
        ],
        none: 1,
        untagged: 1,
        proposed: 1,
        contested: 1,
        accepted: 0,
        conflicts: 1,
        total: 5,
    };
    assert_eq!(desk, expected);
}
