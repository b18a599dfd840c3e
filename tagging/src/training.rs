//! From descriptions and decided quotes to a model.

use std::collections::BTreeMap;

use crate::features::Features;
use crate::model::{MOST_LINES, MOST_WEIGHTS, Model, SHARPNESS, stride};
use crate::suggesting::Weighed;
use crate::svm::{self, Vectors};
use crate::tagger::{Labelled, LineDescription};
use crate::vocabulary::{Vocabulary, rarity};

/// Features looked at in training: those of the descriptions, then the most frequent.
const MOST_FEATURES_TRAINED: usize = 1 << 16;
/// After this many labels of a line, half of its judgement comes from its description.
const LABELS_FOR_HALF: f32 = 5.0;
/// Nothing in common with a description gives the margin -1; this much is added for the same text. A short quote has a
/// cosine of 0.05 to 0.3 with the description of its line.
const NEARNESS: f32 = 8.0;

/// The margin of "no action line" as long as nobody labelled a quote so, and the least it ever has: -1 is where a line
/// stands for which nothing speaks, +1 where one stands for a typical quote of its own. With descriptions and a few
/// labels the right line often stands little above -1; with many, a line that stands there is none, so the bar rises.
const NONE_AT_FIRST: f32 = -0.65;
const NONE_RISES_BY: f32 = 0.25;
/// Labels of a line after which its part of that rise is half done.
const LABELS_FOR_HALF_RISE: f32 = 200.0;

/// How far below that bar a line stands, at least, for a text that says nothing.
const SILENCE_BELOW: f32 = 0.1;

pub(crate) fn train(lines: &[LineDescription], labelled: &[Labelled]) -> Model {
    let lines = &lines[..lines.len().min(MOST_LINES)];
    let none = lines.len();
    let answers = lines.len() + 1;
    let stride = stride(answers);

    let (quotes, holds) = decided(lines, labelled);
    let descriptions: Vec<String> = lines.iter().map(in_one_text).collect();
    let described: Vec<Features<'_>> = descriptions
        .iter()
        .map(|text| Features::of_content(text))
        .collect();
    let said: Vec<Features<'_>> = quotes
        .iter()
        .map(|quote| Features::of(&quote.text))
        .collect();
    let vocabulary = collect(&described, &said);

    let separation = svm::separate(
        &vectors(&said, &vocabulary),
        &holds,
        vocabulary.len(),
        stride,
    );
    let mut labels = vec![0usize; answers];
    for answer in holds.iter().flatten() {
        labels[*answer] += 1;
    }

    // The share of the description, and of the fixed margin of "no action line", shrinks with each label.
    let from_start = |answer: usize| 1.0 / (1.0 + labels[answer] as f32 / LABELS_FOR_HALF);
    let none_at_least = none_at_least(&labels[..none]);
    let mut weights = separation.weights;
    let mut biases = separation.biases;
    biases.truncate(answers);
    for row in weights.chunks_exact_mut(stride) {
        for (answer, weight) in row.iter_mut().enumerate() {
            *weight *= if answer < answers {
                1.0 - from_start(answer)
            } else {
                0.0
            };
        }
    }
    for (answer, bias) in biases.iter_mut().enumerate() {
        let start = if answer == none { none_at_least } else { -1.0 };
        *bias = (1.0 - from_start(answer)) * *bias + from_start(answer) * start;
        // Where most labels are of one line, its bias says "everything is of this line"; a text that says nothing
        // has to stay with none.
        if answer != none {
            *bias = bias.min(none_at_least - SILENCE_BELOW);
        }
    }
    for (line, features) in described.iter().enumerate() {
        for (row, value) in Weighed::of(features, &vocabulary).vector() {
            weights[row * stride + line] += from_start(line) * NEARNESS * value;
        }
    }

    let keys = lines.iter().map(|line| line.key.clone()).collect();
    round(
        keys,
        quotes.len(),
        &vocabulary,
        &weights,
        biases,
        none_at_least,
    )
}

/// The bar that the lines have to pass, from how many labels each has.
fn none_at_least(labels: &[usize]) -> f32 {
    let risen = |labels: &usize| *labels as f32 / (*labels as f32 + LABELS_FOR_HALF_RISE);
    NONE_AT_FIRST
        + NONE_RISES_BY * labels.iter().map(risen).sum::<f32>() / labels.len().max(1) as f32
}

/// The quotes to learn from, each with the answers that hold for it.
fn decided<'l>(
    lines: &[LineDescription],
    labelled: &'l [Labelled],
) -> (Vec<&'l Labelled>, Vec<Vec<usize>>) {
    let mut places = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        places.entry(line.key.as_str()).or_insert(place);
    }
    let answers_of = |quote: &Labelled| -> Vec<usize> {
        if quote.lines.is_empty() {
            return vec![lines.len()];
        }
        let mut answers: Vec<usize> = quote
            .lines
            .iter()
            .filter_map(|key| places.get(key.as_str()).copied())
            .collect();
        answers.sort_unstable();
        answers.dedup();
        answers
    };
    labelled
        .iter()
        .map(|quote| (quote, answers_of(quote)))
        .filter(|(_, answers)| !answers.is_empty())
        .unzip()
}

fn in_one_text(line: &LineDescription) -> String {
    let mut text = format!("{}\n{}", line.title, line.description);
    for synonym in &line.synonyms {
        text.push('\n');
        text.push_str(synonym);
    }
    text
}

/// The vocabulary of these texts: every feature of a description, then the most frequent of the quotes.
fn collect(described: &[Features<'_>], said: &[Features<'_>]) -> Vocabulary {
    let texts = described.len() + said.len();
    let features_of = |texts: &[Features<'_>]| -> Vec<u32> {
        texts
            .iter()
            .flat_map(Features::distinct)
            .map(|occurring| occurring.feature)
            .collect()
    };
    let mut of_descriptions = features_of(described);
    let mut all = features_of(said);
    all.extend_from_slice(&of_descriptions);
    all.sort_unstable();
    of_descriptions.sort_unstable();

    let mut known: Vec<(u32, usize)> = all
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len()))
        .collect();
    if known.len() > MOST_FEATURES_TRAINED {
        let is_described = |feature: u32| of_descriptions.binary_search(&feature).is_ok();
        known.sort_by_cached_key(|(feature, holding)| {
            (!is_described(*feature), usize::MAX - holding, *feature)
        });
        known.truncate(MOST_FEATURES_TRAINED);
        known.sort_unstable();
    }
    let rarities = known
        .iter()
        .map(|(_, holding)| rarity(texts, *holding))
        .collect();
    let features = known.into_iter().map(|(feature, _)| feature).collect();
    Vocabulary::new(features, rarities, rarity(texts, 1))
}

fn vectors(said: &[Features<'_>], vocabulary: &Vocabulary) -> Vectors {
    let mut vectors = Vectors::default();
    for features in said {
        for (row, value) in Weighed::of(features, vocabulary).vector() {
            vectors.rows.push(row as u32);
            vectors.values.push(value);
        }
        vectors.ends.push(vectors.rows.len());
    }
    vectors
}

/// Keeps the features that say most and rounds their weights to one byte, in steps of each answer's largest.
fn round(
    lines: Vec<String>,
    quotes: usize,
    vocabulary: &Vocabulary,
    weights: &[f32],
    biases: Vec<f32>,
    none_at_least: f32,
) -> Model {
    let answers = lines.len() + 1;
    let stride = stride(answers);
    let rows: Vec<&[f32]> = weights.chunks_exact(stride).collect();
    let mut scales = vec![0f32; answers];
    for row in &rows {
        for (scale, weight) in scales.iter_mut().zip(*row) {
            *scale = scale.max(weight.abs() / f32::from(i8::MAX));
        }
    }
    let rounded = |row: usize| {
        rows[row]
            .iter()
            .enumerate()
            .map(|(answer, weight)| match scales.get(answer) {
                Some(scale) if *scale > 0.0 => (weight / scale).round() as i8,
                _ => 0,
            })
    };

    let mut kept: Vec<usize> = (0..rows.len())
        .filter(|row| rounded(*row).any(|weight| weight != 0))
        .collect();
    let room = MOST_WEIGHTS / stride;
    if kept.len() > room {
        let says = |row: usize| rows[row].iter().map(|weight| weight * weight).sum::<f32>();
        kept.sort_by(|a, b| says(*b).total_cmp(&says(*a)).then(a.cmp(b)));
        kept.truncate(room);
        kept.sort_unstable();
    }
    Model {
        lines,
        labels_seen: quotes as u32,
        weights: kept.iter().flat_map(|row| rounded(*row)).collect(),
        vocabulary: vocabulary.keep(&kept),
        scales,
        biases,
        none_at_least,
        sharpness: SHARPNESS,
    }
}
