//! Quotes that concern no action line: each scenario in turn is taken away, and its quotes should be answered with "no
//! action line", the others not.

use koffiekar_tagging::Tagger;

use crate::data::{Data, Labels, some_of_each};
use crate::{tell, tell_less_is_better};

pub(crate) fn measure(data: &Data) {
    let lines = data.lines(Labels::Scenario);
    let train = data.train_of(Some("nl"));
    let evaluate = data.evaluate_of(Some("nl"));
    for each in [Some(0), Some(20), None] {
        let labelled = some_of_each(&train, Labels::Scenario, each, 0);
        let (mut found, mut taken_away, mut lost, mut inside) = (0usize, 0usize, 0usize, 0usize);
        let mut area = 0.0;
        for away in &lines {
            let others: Vec<_> = lines
                .iter()
                .filter(|line| line.key != away.key)
                .cloned()
                .collect();
            let said: Vec<_> = labelled
                .iter()
                .filter(|quote| quote.lines[0] != away.key)
                .cloned()
                .collect();
            let tagger = Tagger::train(&others, &said);
            let (mut outside_scores, mut inside_scores) = (Vec::new(), Vec::new());
            for row in &evaluate {
                let answers = tagger.suggest(&row.text, row.language, usize::MAX);
                let none = answers.iter().find(|answer| answer.line.is_none());
                let score = none.map_or(0.0, |none| none.probability);
                let is_first = answers[0].line.is_none();
                if row.label(Labels::Scenario) == away.key {
                    taken_away += 1;
                    found += usize::from(is_first);
                    outside_scores.push(score);
                } else {
                    inside += 1;
                    lost += usize::from(is_first);
                    inside_scores.push(score);
                }
            }
            area +=
                outside_scores.len() as f64 * area_under_curve(&outside_scores, &mut inside_scores);
        }
        let name = each.map_or("all".to_owned(), |each| each.to_string());
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        tell(
            &format!("tagging_none_{name}_found"),
            percent(found, taken_away),
            "%",
            None,
        );
        tell_less_is_better(
            &format!("tagging_none_{name}_lost"),
            percent(lost, inside),
            "%",
            None,
        );
        tell(
            &format!("tagging_none_{name}_auroc"),
            100.0 * area / taken_away.max(1) as f64,
            "%",
            None,
        );
    }
}

/// How often a quote from outside stands above one from inside; equal ones count half.
fn area_under_curve(outside: &[f32], inside: &mut [f32]) -> f64 {
    inside.sort_by(f32::total_cmp);
    let above = |score: &f32| {
        let below = inside.partition_point(|other| other < score);
        let not_above = inside.partition_point(|other| other <= score);
        (below + not_above) as f64 / 2.0 / inside.len().max(1) as f64
    };
    outside.iter().map(above).sum::<f64>() / outside.len().max(1) as f64
}
