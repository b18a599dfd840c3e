//! Days and months are those of the programme's time zone.

use koffiekar_sync_core::catalogue::Programme;
use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::office::Dimension;

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Midnight in UTC before 24 January 2026.
const JANUARY_24: i64 = 1_769_212_800_000;
/// Those of 2026 on which the clock in Amsterdam is put forward and back.
const MARCH_29: i64 = JANUARY_24 + 64 * DAY;
const OCTOBER_25: i64 = JANUARY_24 + 274 * DAY;

async fn recorded(store: &Store, moments: &[i64]) {
    let at = |(at, n): (&i64, u128)| {
        let mut one = projection(n, &street(), "huis");
        one.recorded_at = Millis(*at);
        new(one)
    };
    let all: Vec<_> = moments.iter().zip(1..).map(at).collect();
    stored(store, &all).await;
}

/// The numbers of the quotes that were recorded on this day, the first one first.
async fn of_day(tx: &mut Tx, day: &str) -> Vec<u128> {
    let filter = QuoteFilter {
        from: Some(day.to_owned()),
        until: Some(day.to_owned()),
        ..QuoteFilter::default()
    };
    let page = page(tx, &editor(), &filter).await.unwrap();
    let mut numbers: Vec<u128> = page
        .quotes
        .iter()
        .map(|q| q.id.0.as_u128() - 2000)
        .collect();
    numbers.reverse();
    numbers
}

async fn months(tx: &mut Tx, facets: &Facets) -> Vec<String> {
    let question = Question {
        sight: &editor(),
        filter: &QuoteFilter::default(),
        catalogue: &Arc::new(catalogue::read(tx).await.unwrap()),
        as_of: None,
    };
    let counts = facets.count_by(tx, question, Dimension::Month, None).await;
    let counts = counts.unwrap();
    let rows = counts.rows.iter().zip(&counts.cells);
    rows.map(|(row, cells)| format!("{} {}", row.key, cells[0]))
        .collect()
}

async fn set_zone(store: &Store, zone: &str) {
    let mut tx = store.write().await.unwrap();
    let programme = Programme {
        time_zone: zone.to_owned(),
        ..Programme::default()
    };
    catalogue::set_programme(&mut tx, &programme).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn half_past_midnight_in_amsterdam_is_that_day_and_that_month() {
    on_both(async |store| {
        // 30 minutes past midnight of 1 April, and of 1 February, by the clock on the wall.
        let (april, february) = (
            JANUARY_24 + 67 * DAY - HOUR * 3 / 2,
            JANUARY_24 + 8 * DAY - HOUR / 2,
        );
        recorded(&store, &[february, april]).await;
        let mut tx = store.read().await.unwrap();
        assert_eq!(of_day(&mut tx, "2026-04-01").await, [2]);
        assert_eq!(of_day(&mut tx, "2026-03-31").await, []);
        assert_eq!(of_day(&mut tx, "2026-02-01").await, [1]);
        let found = months(&mut tx, &Facets::default()).await;
        let found: Vec<String> = found
            .into_iter()
            .filter(|month| !month.ends_with(" 0"))
            .collect();
        assert_eq!(found, ["2026-02 1", "2026-04 1"]);
    })
    .await;
}

#[tokio::test]
async fn a_day_has_as_many_hours_as_the_clock_says() {
    on_both(async |store| {
        // The first and the last minute of each day, and the minutes beside them.
        let minute = 60_000;
        let (spring, autumn) = (MARCH_29 - HOUR, OCTOBER_25 - 2 * HOUR);
        let edges = [(spring, 23), (autumn, 25)];
        let moments = edges.map(|(start, hours)| {
            let end = start + hours * HOUR;
            [start - minute, start, end - minute, end]
        });
        recorded(&store, moments.as_flattened()).await;
        let mut tx = store.read().await.unwrap();
        assert_eq!(of_day(&mut tx, "2026-03-29").await, [2, 3]);
        assert_eq!(of_day(&mut tx, "2026-10-25").await, [6, 7]);
        assert_eq!(of_day(&mut tx, "2026-03-28").await, [1]);
        assert_eq!(of_day(&mut tx, "2026-10-26").await, [8]);
    })
    .await;
}

#[tokio::test]
async fn another_zone_of_the_programme_holds_at_once() {
    on_both(async |store| {
        recorded(&store, &[JANUARY_24 + 8 * DAY - HOUR / 2]).await;
        let facets = Facets::default();
        for (zone, month, day) in [
            ("Europe/Amsterdam", "2026-02 1", "2026-02-01"),
            ("America/Lima", "2026-01 1", "2026-01-31"),
            ("Pacific/Kiritimati", "2026-02 1", "2026-02-01"),
        ] {
            set_zone(&store, zone).await;
            let mut tx = store.read().await.unwrap();
            assert_eq!(months(&mut tx, &facets).await, [month], "{zone}");
            assert_eq!(of_day(&mut tx, day).await, [1], "{zone}");
        }
    })
    .await;
}
