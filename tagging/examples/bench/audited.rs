//! Calibration and automatic acceptance, from a thousand audited quotes that the tagger did not learn from.

use koffiekar_tagging::acceptance::Acceptance;
use koffiekar_tagging::calibration::{Calibration, expected_error};
use koffiekar_tagging::{Audited, Tagger};

use crate::data::{Data, Labels, Row, shuffled, some_of_each};
use crate::{tell, tell_less_is_better};

const AUDITED: usize = 1_000;
const WANTED: f64 = 0.95;
const DRAWS: u64 = 10;
const BINS: usize = 15;

pub(crate) fn measure(data: &Data) {
    let lines = data.lines(Labels::Scenario);
    let all = data.train_of(Some("nl"));
    let evaluate = data.evaluate_of(Some("nl"));
    let (mut precision, mut coverage, mut lowest) = (0.0, 0.0, 1f64);
    let (mut error_before, mut error_after) = (0.0, 0.0);
    for draw in 0..DRAWS {
        let mixed_up = shuffled(&all, draw);
        let (audit, train) = mixed_up.split_at(AUDITED.min(mixed_up.len() / 2));
        let tagger = Tagger::train(&lines, &some_of_each(train, Labels::Scenario, None, 0));
        let audit = answers(&tagger, audit);
        let calibration = Calibration::from_audit(&audit);
        let acceptance = Acceptance::from_audit(&audit, WANTED);

        let answers = answers(&tagger, &evaluate);
        let accepted: Vec<&Audited> = answers
            .iter()
            .filter(|answer| {
                acceptance
                    .threshold(&answer.language, answer.line.as_deref())
                    .is_some_and(|threshold| answer.probability >= threshold)
            })
            .collect();
        let right = accepted.iter().filter(|answer| answer.right).count();
        let kept = right as f64 / accepted.len().max(1) as f64;
        precision += kept;
        lowest = lowest.min(kept);
        coverage += accepted.len() as f64 / answers.len() as f64;

        let said = |answer: &Audited| (answer.probability, answer.right);
        let calibrated = |answer: &Audited| {
            let p = calibration.probability(&answer.language, answer.probability);
            (p, answer.right)
        };
        error_before += expected_error(&answers.iter().map(said).collect::<Vec<_>>(), BINS);
        error_after += expected_error(&answers.iter().map(calibrated).collect::<Vec<_>>(), BINS);
    }
    let mean = |sum: f64| 100.0 * sum / DRAWS as f64;
    tell("tagging_precision_at_95", mean(precision), "%", Some(93.0));
    tell("tagging_precision_at_95_lowest", 100.0 * lowest, "%", None);
    tell("tagging_coverage_at_95", mean(coverage), "%", Some(70.0));
    tell_less_is_better("tagging_calibration_error", mean(error_after), "%", None);
    tell_less_is_better(
        "tagging_calibration_error_before",
        mean(error_before),
        "%",
        None,
    );
}

/// The first answers, judged as people would who go by the labels.
fn answers(tagger: &Tagger, rows: &[&Row]) -> Vec<Audited> {
    rows.iter()
        .map(|row| {
            let first = tagger.suggest(&row.text, row.language, 1).remove(0);
            Audited {
                language: row.language.into(),
                right: first.line.as_deref() == Some(row.label(Labels::Scenario)),
                line: first.line,
                probability: first.probability,
            }
        })
        .collect()
}
