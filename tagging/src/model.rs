//! The trained model: one weight per feature and answer, and what turns sums into probabilities.

use crate::vocabulary::Vocabulary;

/// Lines a model has room for; further ones are never suggested.
pub(crate) const MOST_LINES: usize = 1_000;
/// Weights in a model, one byte each: the bound on its size in memory.
pub(crate) const MOST_WEIGHTS: usize = 1 << 22;
/// Bytes of a stored model that its weights take at most; gzip leaves two thirds of them, less than a megabyte.
pub(crate) const MOST_STORED: usize = 1_450_000;
/// Every row has room for a multiple of this many answers, so that the sums run over whole vector registers.
const LANES: usize = 8;

/// How fast a lead in margin becomes certainty, until a calibration is measured: the logit of a lead of 1.
pub(crate) const SHARPNESS: f32 = 4.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    /// The keys of the lines in the order of training; one more answer, "no action line", comes after them.
    pub(crate) lines: Vec<String>,
    /// Labelled quotes that the model was trained on.
    pub(crate) labels_seen: u32,
    pub(crate) vocabulary: Vocabulary,
    /// Under which features have their numbers; 0 for none.
    pub(crate) key: u64,
    /// `weights[row * stride + answer] * scales[answer]` is what a feature says for an answer.
    pub(crate) weights: Vec<i8>,
    pub(crate) scales: Vec<f32>,
    /// The margin of each answer for a text that says nothing.
    pub(crate) biases: Vec<f32>,
    /// "No action line" never stands lower than this margin: a quote that speaks for no line by more concerns none.
    pub(crate) none_at_least: f32,
    /// See [`SHARPNESS`]; part of the model so that a calibration may set it.
    pub(crate) sharpness: f32,
}

impl Model {
    /// The lines and "no action line".
    pub(crate) fn answers(&self) -> usize {
        self.lines.len() + 1
    }

    pub(crate) fn stride(&self) -> usize {
        stride(self.answers())
    }

    pub(crate) fn row(&self, row: usize) -> &[i8] {
        &self.weights[row * self.stride()..][..self.stride()]
    }
}

/// Places in a row for this many answers.
pub(crate) fn stride(answers: usize) -> usize {
    answers.next_multiple_of(LANES)
}
