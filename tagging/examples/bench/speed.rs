//! How fast the tagger learns and answers, and how large a model is.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use koffiekar_tagging::{Labelled, LineDescription, Tagger};

use crate::data::{Data, Labels, some_of_each};
use crate::{tell, tell_less_is_better};

const LINES: usize = 30;
const LABELS: usize = 10_000;
/// A megabyte.
const MOST_BYTES: f64 = 1_000_000.0;

pub(crate) fn measure(data: &Data) {
    let (lines, labelled) = thirty(data);
    let start = Instant::now();
    let tagger = Tagger::train(&lines, &labelled);
    tell_less_is_better(
        "tagging_refit_seconds",
        start.elapsed().as_secs_f64(),
        "s",
        Some(2.0),
    );

    let evaluate = data.evaluate_of(Some("nl"));
    let start = Instant::now();
    for row in evaluate.iter().cycle().take(20_000) {
        black_box(tagger.suggest(&row.text, row.language, 3));
    }
    let each_second = 20_000.0 / start.elapsed().as_secs_f64();
    tell(
        "tagging_predict_per_second",
        each_second,
        "quotes/s",
        Some(20_000.0),
    );

    // What a field worker typed in a minute: some thousand characters.
    let texts: Vec<&str> = evaluate
        .iter()
        .take(30)
        .map(|row| row.text.as_str())
        .collect();
    let long = texts.join(". ");
    let start = Instant::now();
    for _ in 0..200 {
        black_box(tagger.suggest(&long, "nl", 3));
    }
    let milliseconds = start.elapsed().as_secs_f64() * 1_000.0 / 200.0;
    tell_less_is_better("tagging_suggest_long_ms", milliseconds, "ms", Some(16.0));

    let of = |labels: Labels, language: Option<&str>| {
        let labelled = some_of_each(&data.train_of(language), labels, None, 0);
        compressed(&Tagger::train(&data.lines(labels), &labelled))
    };
    for (name, bytes) in [
        ("thirty_lines", compressed(&tagger)),
        ("nl_intent", of(Labels::Intent, Some("nl"))),
        ("mixed", of(Labels::Scenario, None)),
        ("mixed_intent", of(Labels::Intent, None)),
    ] {
        let name = format!("tagging_{name}_bytes_compressed");
        tell_less_is_better(&name, bytes as f64, "bytes", Some(MOST_BYTES));
    }
}

/// Thirty lines: those beyond the eighteen scenarios take half of the quotes of the first twelve.
fn thirty(data: &Data) -> (Vec<LineDescription>, Vec<Labelled>) {
    let mut lines = data.lines(Labels::Scenario);
    let train = some_of_each(&data.train_of(Some("nl")), Labels::Scenario, None, 0);
    let mut labelled: Vec<Labelled> = train.iter().cycle().take(LABELS).cloned().collect();
    let scenarios = lines.len();
    for copy in scenarios..LINES {
        let original = lines[copy - scenarios].clone();
        let key = format!("{}-{copy}", original.key);
        let of_original = labelled
            .iter_mut()
            .filter(|quote| quote.lines[0] == original.key);
        of_original
            .step_by(2)
            .for_each(|quote| quote.lines[0].clone_from(&key));
        lines.push(LineDescription { key, ..original });
    }
    (lines, labelled)
}

fn compressed(tagger: &Tagger) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder
        .write_all(&tagger.to_bytes())
        .and_then(|()| encoder.finish());
    written.expect("memory takes everything").len()
}
