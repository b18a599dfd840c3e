//! From descriptions and decided quotes to a model.

use std::collections::BTreeMap;

use crate::arithmetic::ln;
use crate::features::Features;
use crate::model::{MOST_LINES, Model, stride};
use crate::rivals;
use crate::rounding::round;
use crate::suggesting::Weighed;
use crate::svm::{self, Vectors};
use crate::tagger::{Labelled, LineDescription};
use crate::vocabulary::{Vocabulary, rarity};

/// In [`Labelled::not`], "no action line".
const NONE: &str = "none";

/// Features looked at in training: those of the descriptions, then the most frequent; so many at most, and fewer where
/// there are so many lines that the weights would take more than this.
const MOST_FEATURES_TRAINED: usize = 1 << 18;
const MOST_WEIGHTS_TRAINED: usize = 1 << 24;
/// After this many labels of a line, half of its judgement comes from its description; after ten times as many still
/// a quarter, because few labels tell less than a good description for longer than one would think.
const LABELS_FOR_HALF: f32 = 5.0;
/// Nothing in common with a description gives the margin -1; this much is added for the same text. A short quote has a
/// cosine of 0.05 to 0.3 with the description of its line.
const NEARNESS: f32 = 10.0;

/// The margin of "no action line" as long as nobody labelled a quote so, and the least it ever has: -1 is where a line
/// stands for which nothing speaks, +1 where one stands for a typical quote of its own. With descriptions and a few
/// labels the right line often stands little above -1; with many, a line that stands there is none, so the bar rises.
const NONE_AT_FIRST: f32 = -0.65;
const NONE_RISES_BY: f32 = 0.5;
/// Labels of a line after which its part of that rise is half done.
const LABELS_FOR_HALF_RISE: f32 = 200.0;

/// What a feature says by being more frequent in the quotes of a line than elsewhere, beside what the machine makes of
/// it, per unit of logarithm; half so much after this many labels of the line.
const FREQUENCY: f32 = 0.05;
const LABELS_FOR_HALF_FREQUENCY: f32 = 50.0;
/// Occurrences that every feature has in every line beforehand, seen and expected alike.
const SEEN_BEFORE: f32 = 0.5;

/// How far below that bar a line stands, at least, for a text that says nothing.
const SILENCE_BELOW: f32 = 0.1;

pub(crate) fn train(key: u64, lines: &[LineDescription], labelled: &[Labelled]) -> Model {
    let lines = &lines[..lines.len().min(MOST_LINES)];
    let none = lines.len();
    let answers = lines.len() + 1;
    let stride = stride(answers);

    let Lessons {
        quotes,
        holds,
        denied,
    } = lessons(lines, labelled);
    let descriptions: Vec<String> = lines.iter().map(in_one_text).collect();
    let described: Vec<Features<'_>> = descriptions
        .iter()
        .map(|text| Features::of_content(text, key))
        .collect();
    let said: Vec<Features<'_>> = quotes
        .iter()
        .map(|quote| Features::of(&quote.text, key))
        .collect();
    let room = MOST_FEATURES_TRAINED.min(MOST_WEIGHTS_TRAINED / stride);
    let vocabulary = collect(&described, &said, room);
    let examples = vectors(&said, &vocabulary);
    let mut separation = svm::separate(&examples, &holds, &denied, vocabulary.len(), stride);
    let mut labels = vec![0usize; answers];
    for answer in holds.iter().flatten() {
        labels[*answer] += 1;
    }
    rivals::settle(&mut separation, &examples, &holds, &labels);

    // The share of the description, and of the fixed margin of "no action line", shrinks with each label.
    let from_start = |answer: usize| 1.0 / (1.0 + (labels[answer] as f32 / LABELS_FOR_HALF).sqrt());
    let none_at_least = none_at_least(&labels[..none]);
    let mut weights = separation.weights;
    add_frequencies(&mut weights, stride, &examples, &holds, &labels);
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
        key,
        keys,
        holds.len(),
        &vocabulary,
        &weights,
        biases,
        none_at_least,
    )
}

/// Adds to each weight how much more often its feature occurs in the quotes of the answer than in all, as a logarithm: a
/// naive Bayes that leans on the machine, as Wang and Manning mix the two (*Baselines and Bigrams*, ACL 2012).
fn add_frequencies(
    weights: &mut [f32],
    stride: usize,
    examples: &Vectors,
    holds: &[Vec<usize>],
    labels: &[usize],
) {
    let mut seen = vec![0f32; weights.len()];
    let mut holding = vec![0f32; weights.len() / stride];
    for (example, answers) in holds.iter().enumerate() {
        for (row, _) in examples.get(example) {
            holding[row] += 1.0;
            for answer in answers {
                seen[row * stride + answer] += 1.0;
            }
        }
    }
    let quotes = holds.len() as f32;
    for (answer, labels) in labels.iter().enumerate().filter(|(_, labels)| **labels > 0) {
        let labels = *labels as f32;
        let counts = FREQUENCY * labels / (labels + LABELS_FOR_HALF_FREQUENCY);
        for (row, holding) in holding
            .iter()
            .enumerate()
            .filter(|(_, holding)| **holding > 0.0)
        {
            let place = row * stride + answer;
            let expected = holding * labels / quotes;
            let ratio = (seen[place] + SEEN_BEFORE) / (expected + SEEN_BEFORE);
            weights[place] += counts * ln(f64::from(ratio)) as f32;
        }
    }
}

/// The bar that the lines have to pass, from how many labels each has.
fn none_at_least(labels: &[usize]) -> f32 {
    let risen = |labels: &usize| *labels as f32 / (*labels as f32 + LABELS_FOR_HALF_RISE);
    NONE_AT_FIRST
        + NONE_RISES_BY * labels.iter().map(risen).sum::<f32>() / labels.len().max(1) as f32
}

/// The quotes to learn from.
struct Lessons<'l> {
    /// First those of which people said what they concern.
    quotes: Vec<&'l Labelled>,
    /// The answers that hold for each of these.
    holds: Vec<Vec<usize>>,
    /// The answers that do not for each of the others.
    denied: Vec<Vec<usize>>,
}

fn lessons<'l>(lines: &[LineDescription], labelled: &'l [Labelled]) -> Lessons<'l> {
    let mut places = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        places.entry(line.key.as_str()).or_insert(place);
    }
    let places_of = |keys: &[String]| -> Vec<usize> {
        let known = keys.iter().filter_map(|key| match key.as_str() {
            NONE => Some(lines.len()),
            key => places.get(key).copied(),
        });
        let mut answers: Vec<usize> = known.collect();
        answers.sort_unstable();
        answers.dedup();
        answers
    };
    let (said, refused): (Vec<&Labelled>, Vec<&Labelled>) =
        labelled.iter().partition(|quote| quote.not.is_empty());
    let said = said.into_iter().map(|quote| {
        let answers = match quote.lines.is_empty() {
            true => vec![lines.len()],
            false => places_of(&quote.lines),
        };
        (quote, answers)
    });
    let known = |(_, answers): &(&Labelled, Vec<usize>)| !answers.is_empty();
    let (mut quotes, holds): (Vec<&Labelled>, Vec<Vec<usize>>) = said.filter(known).unzip();
    let refused = refused
        .into_iter()
        .map(|quote| (quote, places_of(&quote.not)));
    let (more, denied): (Vec<&Labelled>, Vec<Vec<usize>>) = refused.filter(known).unzip();
    quotes.extend(more);
    Lessons {
        quotes,
        holds,
        denied,
    }
}

pub(crate) fn in_one_text(line: &LineDescription) -> String {
    let mut text = format!("{}\n{}", line.title, line.description);
    for synonym in &line.synonyms {
        text.push('\n');
        text.push_str(synonym);
    }
    text
}

/// The vocabulary of these texts: every feature of a description, then the most frequent of the quotes.
fn collect(described: &[Features<'_>], said: &[Features<'_>], room: usize) -> Vocabulary {
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
    if known.len() > room {
        let is_described = |feature: u32| of_descriptions.binary_search(&feature).is_ok();
        known.sort_by_cached_key(|(feature, holding)| {
            (!is_described(*feature), usize::MAX - holding, *feature)
        });
        known.truncate(room);
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
