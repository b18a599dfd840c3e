//! How far people agree who tagged the same quotes.

use std::collections::{BTreeMap, BTreeSet};

type Tags<'q> = BTreeSet<&'q str>;

/// Krippendorff's alpha: 1 where people agree in all, 0 where they agree as often as chance would have it, less where
/// they avoid each other (*Content Analysis*, 4th edition 2018, chapter 12). `quotes` holds, for each quote, what each
/// person said of it: a set of keys, empty for "no action line". A quote that only one person tagged tells nothing.
///
/// Two sets are as far apart as MASI says (Passonneau, LREC 2006). For people who give one tag each that is nominal
/// alpha; who said one thing more or less is nearer than who said something else.
///
/// `None` where no quote was tagged twice, or where nobody ever said anything else: then nothing could have differed.
pub fn agreement(quotes: &[Vec<Vec<String>>]) -> Option<f64> {
    let sets: Vec<Vec<Tags<'_>>> = quotes
        .iter()
        .filter(|people| people.len() > 1)
        .map(|people| people.iter().map(|tags| tags_of(tags)).collect())
        .collect();
    let said: usize = sets.iter().map(Vec::len).sum();

    let mut observed = 0.0;
    let mut times: BTreeMap<&Tags<'_>, usize> = BTreeMap::new();
    for people in &sets {
        let mut apart = 0.0;
        for (place, one) in people.iter().enumerate() {
            apart += people[..place]
                .iter()
                .map(|other| distance(one, other))
                .sum::<f64>();
            *times.entry(one).or_default() += 1;
        }
        observed += apart / (people.len() - 1) as f64;
    }
    let mut expected = 0.0;
    let times: Vec<(&Tags<'_>, usize)> = times.into_iter().collect();
    for (place, (one, often)) in times.iter().enumerate() {
        for (other, as_often) in &times[..place] {
            expected += (often * as_often) as f64 * distance(one, other);
        }
    }
    // Each pair is counted once in both sums.
    let expected = expected / said.saturating_sub(1).max(1) as f64;
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

fn tags_of(tags: &[String]) -> Tags<'_> {
    tags.iter().map(String::as_str).collect()
}

/// MASI as a distance: 1 less the share of common tags, which counts by two thirds where one set holds the other and
/// by one third where they only overlap.
fn distance(one: &Tags<'_>, other: &Tags<'_>) -> f64 {
    if one == other {
        return 0.0;
    }
    let common = one.intersection(other).count() as f64;
    let all = one.union(other).count() as f64;
    let counts = if one.is_subset(other) || other.is_subset(one) {
        2.0 / 3.0
    } else {
        1.0 / 3.0
    };
    1.0 - common / all * counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row of digits a person, one column a quote; a point where the person did not tag it.
    fn of_rows(rows: &[&str]) -> Vec<Vec<Vec<String>>> {
        let columns = rows[0].len();
        (0..columns)
            .map(|column| {
                let said = rows.iter().map(|row| &row[column..=column]);
                said.filter(|tag| *tag != ".")
                    .map(|tag| vec![tag.to_owned()])
                    .collect()
            })
            .collect()
    }

    fn near(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() < 5e-4)
    }

    /// Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011): sections A and C.
    #[test]
    fn with_one_tag_each_it_is_the_published_nominal_alpha() {
        assert!(near(
            agreement(&of_rows(&["0100000010", "1110010000"])),
            0.095
        ));
        let missing = of_rows(&[
            "123321412...",
            "1233224125.3",
            ".3332342251.",
            "12332441251.",
        ]);
        assert!(
            near(agreement(&missing), 0.743),
            "{:?}",
            agreement(&missing)
        );
    }

    fn set(tags: &str) -> Vec<String> {
        tags.split_whitespace().map(str::to_owned).collect()
    }

    /// Passonneau 2006: a half in common counts by two thirds in a subset and by one third in an overlap.
    #[test]
    fn sets_are_as_far_apart_as_masi_says() {
        for (one, other, expected) in [
            ("a b", "a b", 0.0),
            ("a b", "a b c d", 1.0 - 0.5 * 2.0 / 3.0),
            ("a b c", "b c d", 1.0 - 0.5 / 3.0),
            ("a", "b", 1.0),
            ("", "a", 1.0),
            ("", "", 0.0),
        ] {
            let found = distance(&tags_of(&set(one)), &tags_of(&set(other)));
            assert!(
                (found - expected).abs() < 1e-12,
                "{one} and {other}: {found}"
            );
        }
    }

    /// By hand: two quotes, [a, ab] and [b, b]. Observed (2/3 + 0) / 4 pairable values; expected of the sets a, ab, b,
    /// b: 2 * (2/3 + 2 * 1 + 2 * 2/3) / (4 * 3). With each pair once: 2/3 against 4 / 3, so 1 - 1/2.
    #[test]
    fn of_sets_it_is_what_comes_out_by_hand() {
        let quotes = vec![vec![set("a"), set("a b")], vec![set("b"), set("b")]];
        assert!(near(agreement(&quotes), 0.5), "{:?}", agreement(&quotes));
    }

    #[test]
    fn there_is_no_agreement_where_nothing_could_differ() {
        assert_eq!(agreement(&[]), None);
        assert_eq!(agreement(&[vec![set("a")], vec![set("b")]]), None);
        assert_eq!(agreement(&vec![vec![set("a"), set("a")]; 5]), None);
        let all = vec![vec![set("a"), set("a")], vec![set(""), set("")]];
        assert!(near(agreement(&all), 1.0));
    }
}
