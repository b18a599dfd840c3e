use super::*;
use crate::arithmetic::Sequence;

fn audited(language: &str, probability: f32, right: bool) -> Audited {
    Audited {
        language: language.into(),
        line: Some("homes".into()),
        probability,
        right,
    }
}

/// Quotes that are right as often as `holds` says of what was said, evenly spread and without chance.
fn spread(language: &str, quotes: usize, holds: impl Fn(f64) -> f64) -> Vec<Audited> {
    let mut sequence = Sequence::new(7);
    (0..quotes)
        .map(|_| {
            let said = 0.02 + 0.96 * (sequence.below(10_000) as f64 / 10_000.0);
            let right = (sequence.below(10_000) as f64) < 10_000.0 * holds(said);
            audited(language, said as f32, right)
        })
        .collect()
}

/// Worked out by hand: with one value of x, the likeliest curve passes through the mean of Platt's targets there.
#[test]
fn one_probability_becomes_the_share_that_was_right() {
    let quotes: Vec<Audited> = (0..100).map(|n| audited("nl", 0.9, n < 70)).collect();
    let expected = (70.0 * 71.0 / 72.0 + 30.0 / 32.0) / 100.0;
    let found = Calibration::from_audit(&quotes).probability("nl", 0.9);
    assert!(
        (f64::from(found) - expected).abs() < 1e-3,
        "{found} {expected}"
    );
}

#[test]
fn what_holds_already_stays_and_what_is_too_sure_is_damped() {
    let honest = Calibration::from_audit(&spread("nl", 4_000, |said| said));
    let too_sure = Calibration::from_audit(&spread("nl", 4_000, |said| 0.5 + (said - 0.5) / 2.0));
    for said in [0.2f32, 0.5, 0.8] {
        assert!((honest.probability("nl", said) - said).abs() < 0.04);
    }
    assert!((too_sure.probability("nl", 0.9) - 0.7).abs() < 0.05);
    assert!((too_sure.probability("nl", 0.1) - 0.3).abs() < 0.05);
}

#[test]
fn a_language_has_its_own_curve_from_enough_quotes_on() {
    let dutch = spread("nl", 2_000, |said| said);
    let worse = |quotes| [dutch.clone(), spread("tr", quotes, |said| said / 2.0)].concat();
    let calibrated = |quotes| Calibration::from_audit(&worse(quotes)).probability("tr", 0.9);
    assert!(
        calibrated(LANGUAGE_ALONE_FROM - 1) > 0.7,
        "shares the others'"
    );
    assert!(calibrated(LANGUAGE_ALONE_FROM * 4) < 0.6, "has its own");
}

#[test]
fn the_order_of_answers_stays() {
    for holds in [0.0, 0.5, 1.0] {
        let upside_down = spread("nl", 500, |said| (1.0 - said) * holds);
        let calibration = Calibration::from_audit(&upside_down);
        let curve: Vec<f32> = (0..=100)
            .map(|percent| calibration.probability("nl", percent as f32 / 100.0))
            .collect();
        assert!(curve.is_sorted(), "{curve:?}");
        assert!(curve.iter().all(|p| *p > 0.0 && *p < 1.0));
    }
}

#[test]
fn without_an_audit_nothing_changes() {
    let few = spread("nl", CURVE_FROM - 1, |_| 0.0);
    for calibration in [Calibration::default(), Calibration::from_audit(&few)] {
        assert!((calibration.probability("nl", 0.3) - 0.3).abs() < 1e-6);
    }
}

/// By hand: two of four right at 0.95 (0.45 apart) and one of one at 0.2 (0.8 apart): (4 * 0.45 + 0.8) / 5.
#[test]
fn the_error_is_the_mean_distance_over_the_quotes() {
    let answers = [
        (0.95, true),
        (0.95, true),
        (0.95, false),
        (0.95, false),
        (0.2, true),
    ];
    assert!((expected_error(&answers, 10) - 0.52).abs() < 1e-6);
    assert_eq!(expected_error(&[], 10), 0.0);
    let bins = reliability(&answers, 10);
    assert_eq!(bins.len(), 10);
    assert_eq!((bins[9].quotes, bins[9].right), (4, 0.5));
    assert_eq!(bins.iter().map(|bin| bin.quotes).sum::<usize>(), 5);
    assert_eq!(reliability(&[(1.0, true)], 10)[9].quotes, 1);
}
