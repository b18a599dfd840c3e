//! From what training found to what a model keeps: the weights that matter, in one byte each.

use crate::arithmetic::exp;
use crate::model::{MOST_STORED, MOST_WEIGHTS, Model, SHARPNESS, stride};
use crate::vocabulary::Vocabulary;

/// Steps from nothing to the largest weight of an answer. Finer ones suggest no better, and compress worse.
const STEPS: f32 = 31.0;
/// A weight smaller than this share of the largest of its feature is none.
const NEGLIGIBLE: f32 = 0.1;

/// Keeps the features that say most for the bytes they take, and rounds their weights.
pub(crate) fn round(
    key: u64,
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
            *scale = scale.max(weight.abs() / STEPS);
        }
    }
    let rounded = |row: usize| {
        let least = NEGLIGIBLE * largest(rows[row]);
        rows[row]
            .iter()
            .enumerate()
            .map(move |(answer, weight)| (answer, if weight.abs() < least { 0.0 } else { *weight }))
            .map(|(answer, weight)| match scales.get(answer) {
                Some(scale) if *scale > 0.0 => (weight / scale).round() as i8,
                _ => 0,
            })
    };

    // How much a feature moves the margins of a text that has it, squared, times how many texts have it, for each byte.
    let worth = |row: usize, bytes: usize| {
        let rarity = vocabulary.rarity(row);
        let square: f32 = rows[row].iter().map(|weight| weight * weight).sum();
        square * rarity * rarity * exp(-f64::from(rarity)) as f32 / bytes as f32
    };
    let mut ranked: Vec<(f32, usize, usize)> = (0..rows.len())
        .map(|row| (row, rounded(row).filter(|weight| *weight != 0).count()))
        .filter(|(_, present)| *present > 0)
        .map(|(row, present)| {
            let bytes = BYTES_OF_FEATURE + answers.div_ceil(8) + present;
            (worth(row, bytes), row, bytes)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked.truncate(MOST_WEIGHTS / stride);
    let mut stored = 0;
    let mut kept: Vec<usize> = ranked
        .into_iter()
        .take_while(|(_, _, bytes)| {
            stored += bytes;
            stored <= MOST_STORED
        })
        .map(|(_, row, _)| row)
        .collect();
    kept.sort_unstable();
    Model {
        lines,
        labels_seen: quotes as u32,
        weights: kept.iter().flat_map(|row| rounded(*row)).collect(),
        vocabulary: vocabulary.keep(&kept),
        key,
        scales,
        biases,
        none_at_least,
        sharpness: SHARPNESS,
    }
}

/// The number of a feature as a difference, and its rarity.
const BYTES_OF_FEATURE: usize = 3;

fn largest(row: &[f32]) -> f32 {
    row.iter()
        .fold(0.0, |largest, weight| largest.max(weight.abs()))
}
