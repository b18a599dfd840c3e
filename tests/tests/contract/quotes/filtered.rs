//! Filters and pages.

use super::*;

/// What a filter lets through, by the numbers of the quotes in the order of the page.
async fn found(tx: &mut Tx, filter: QuoteFilter) -> Vec<u128> {
    let page = page(tx, &editor(), &filter).await.unwrap();
    assert_eq!(page.total, page.quotes.len() as u64);
    let numbers = page.quotes.iter().map(|row| row.id.0.as_u128() - 2000);
    numbers.collect()
}

#[tokio::test]
async fn each_filter_lets_through_what_it_says() {
    on_both(async |store| {
        library(&store).await;
        let mut tx = store.read().await.unwrap();
        let none = QuoteFilter::default;
        let text = |text: &str| Some(text.to_owned());
        let cases: [(QuoteFilter, &[u128]); 20] = [
            (
                QuoteFilter {
                    action_line: Some(line("wonen-1")),
                    ..none()
                },
                &[3],
            ),
            // A line that was denied is none of the quote's.
            (
                QuoteFilter {
                    action_line: Some(line("wonen-2")),
                    ..none()
                },
                &[3],
            ),
            (
                QuoteFilter {
                    action_line: Some(line("none")),
                    ..none()
                },
                &[12],
            ),
            (
                QuoteFilter {
                    theme: Some(line("groen")),
                    ..none()
                },
                &[2],
            ),
            (
                QuoteFilter {
                    suggested: Some(line("wonen-1")),
                    ..none()
                },
                &[1],
            ),
            (
                QuoteFilter {
                    area: text("FB03"),
                    ..none()
                },
                &[4, 12, 2, 1],
            ),
            (
                QuoteFilter {
                    area: text("FB"),
                    ..none()
                },
                &[4, 12, 2, 1],
            ),
            (
                QuoteFilter {
                    area: text("F"),
                    ..none()
                },
                &[4, 12, 2, 1],
            ),
            (
                QuoteFilter {
                    area: text("X"),
                    ..none()
                },
                &[],
            ),
            (
                QuoteFilter {
                    round: Some(HOUSE),
                    ..none()
                },
                &[],
            ),
            (
                QuoteFilter {
                    kind: Some(street().kind),
                    ..none()
                },
                &[4, 3, 12, 2, 1],
            ),
            (
                QuoteFilter {
                    language: text("tr"),
                    ..none()
                },
                &[4],
            ),
            (
                QuoteFilter {
                    from: text("2026-01-25"),
                    ..none()
                },
                &[4],
            ),
            (
                QuoteFilter {
                    until: text("2026-01-24"),
                    ..none()
                },
                &[3, 12, 2, 1],
            ),
            (
                QuoteFilter {
                    tag_state: Some(TagState::Untagged),
                    ..none()
                },
                &[1],
            ),
            (
                QuoteFilter {
                    consent: Some(Purpose::NamedPublication),
                    ..none()
                },
                &[],
            ),
            (
                QuoteFilter {
                    conflict: Some(true),
                    ..none()
                },
                &[3],
            ),
            (
                QuoteFilter {
                    conflict: Some(false),
                    ..none()
                },
                &[4, 12, 2, 1],
            ),
            // Stems, and the last word as the beginning of one.
            (
                QuoteFilter {
                    text: text("bomen plei"),
                    ..none()
                },
                &[2],
            ),
            (
                QuoteFilter {
                    text: text("küf"),
                    ..none()
                },
                &[4],
            ),
        ];
        for (filter, expected) in cases {
            let shown = format!("{filter:?}");
            assert_eq!(found(&mut tx, filter).await, expected, "{shown}");
        }
        // Several at once must all hold.
        let both = QuoteFilter {
            area: text("FB"),
            conflict: Some(true),
            ..none()
        };
        assert_eq!(found(&mut tx, both).await, []);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_filter_is_refused_alike() {
    on_both(async |store| {
        let mut tx = store.read().await.unwrap();
        let text = |text: &str| Some(text.to_owned());
        let none = QuoteFilter::default;
        let cases = [
            QuoteFilter {
                from: text("2026-02-30"),
                ..none()
            },
            QuoteFilter {
                after: text("yesterday"),
                ..none()
            },
            QuoteFilter {
                text: text(&"huis ".repeat(13)),
                ..none()
            },
        ];
        let mut said = Vec::new();
        for filter in cases {
            let error = page(&mut tx, &editor(), &filter).await.unwrap_err();
            assert!(!matches!(error, FilterError::Store(_)), "{error}");
            said.push(error.to_string());
        }
        said
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    on_both(async |store| {
        let together: Vec<_> = (1..=7)
            .map(|n| {
                let mut one = projection(n, &street(), "huis");
                // Four of one moment: the id decides.
                one.recorded_at = AT.plus(i64::try_from(n / 4).unwrap());
                new(one)
            })
            .collect();
        stored(&store, &together).await;
        let mut tx = store.read().await.unwrap();
        let mut filter = QuoteFilter {
            limit: Some(3),
            ..QuoteFilter::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = page(&mut tx, &editor(), &filter).await.unwrap();
            assert_eq!(page.total, 7);
            seen.extend(ids(&page.quotes));
            filter.after = page.next;
            if filter.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1].map(quote));
    })
    .await;
}
