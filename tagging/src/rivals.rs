//! Answers that are taken for each other learn to yield.
//!
//! The machine separates each answer from all others, so nothing in it knows that a quote has, as a rule, one answer:
//! two lines that share their words both stand high, and the wrong one now and then a little higher. Here the margins
//! of all answers change that of each, by a mixture that regression to a softmax finds. A sum of linear margins is
//! linear: what is found goes into the weights, and suggesting knows nothing of it.
//!
//! It has to be found on margins as quotes have them that the machine did not learn from; among its own examples hardly
//! one is taken for another. Those margins are estimated, not trained for: an example's dual variable tells how hard it
//! pulled at its own.

use crate::arithmetic::{Sequence, exp};
use crate::model::SHARPNESS;
use crate::svm::{Separation, Vectors};

/// What an example adds to its own margin, per unit of its dual variable: 2 where no other has anything in common with
/// it, almost nothing where many say the same. With about a half the margins are, on average, those of quotes kept
/// apart.
const OWN_PULL: f32 = 0.45;
/// Steps along the gradient of one example. They are so small and few that with few examples every answer keeps its
/// own margin almost as it is, and with many not all of the pull of a softmax is followed.
const RATE: f32 = 0.004;
const MOST_PASSES: usize = 10;
const MOST_STEPS: usize = 100_000;
/// With more answers, mixing would take longer than separating: their margins stay as they are.
const MOST_ANSWERS: usize = 256;
const SHUFFLE_SEED: u64 = 20_260_301;

/// Lets the answers of a separation yield to each other. One without `labels` stays as it is.
pub(crate) fn settle(
    separation: &mut Separation,
    examples: &Vectors,
    holds: &[Vec<usize>],
    labels: &[usize],
) {
    let stride = separation.biases.len();
    if stride > MOST_ANSWERS {
        return;
    }
    let unseen = unseen_margins(separation, examples, holds);
    let (mixture, shifts) = learn(&unseen, holds, labels, stride);
    let mut before = vec![0f32; stride];
    for weights in separation.weights.chunks_exact_mut(stride) {
        before.copy_from_slice(weights);
        add_mixed(&before, &mixture, weights);
    }
    for (before, bias) in before.iter_mut().zip(&separation.biases) {
        *before = bias - NOTHING_SAID;
    }
    add_mixed(&before, &mixture, &mut separation.biases);
    for (bias, shift) in separation.biases.iter_mut().zip(shifts) {
        *bias += shift;
    }
}

/// The margin for which nothing speaks; margins are mixed by how far they are from it.
const NOTHING_SAID: f32 = -1.0;

/// How far from [`NOTHING_SAID`] each example would stand, had the machine not learned from it.
fn unseen_margins(separation: &Separation, examples: &Vectors, holds: &[Vec<usize>]) -> Vec<f32> {
    let stride = separation.biases.len();
    let mut margins = Vec::with_capacity(examples.len() * stride);
    for (example, answers) in holds.iter().enumerate() {
        let start = margins.len();
        margins.extend(separation.biases.iter().map(|bias| bias - NOTHING_SAID));
        let margins = &mut margins[start..];
        for (row, value) in examples.get(example) {
            let weights = &separation.weights[row * stride..][..stride];
            for (margin, weight) in margins.iter_mut().zip(weights) {
                *margin += value * weight;
            }
        }
        let duals = &separation.duals[example * stride..][..stride];
        for (answer, (margin, dual)) in margins.iter_mut().zip(duals).enumerate() {
            let pull = OWN_PULL * dual;
            *margin += if answers.contains(&answer) {
                -pull
            } else {
                pull
            };
        }
    }
    margins
}

/// What to add to the answers' margins: `mixture[from * stride + to]` times the margin of each, and a shift.
fn learn(
    margins: &[f32],
    holds: &[Vec<usize>],
    labels: &[usize],
    stride: usize,
) -> (Vec<f32>, Vec<f32>) {
    let mut mixture = vec![0f32; stride * stride];
    let mut shifts = vec![0f32; stride];
    let mut order: Vec<usize> = (0..holds.len()).collect();
    let mut sequence = Sequence::new(SHUFFLE_SEED);
    let mut missing = vec![0f32; stride];
    let passes = (MOST_STEPS / holds.len().max(1)).clamp(1, MOST_PASSES);
    for _ in 0..passes {
        sequence.shuffle(&mut order);
        for &example in &order {
            let margins = &margins[example * stride..][..stride];
            for ((missing, margin), shift) in missing.iter_mut().zip(margins).zip(&shifts) {
                *missing = margin + shift;
            }
            add_mixed(margins, &mixture, &mut missing);
            to_missing(&mut missing, &holds[example], labels);
            for (shift, missing) in shifts.iter_mut().zip(&missing) {
                *shift += RATE * missing;
            }
            for (margin, mixture) in margins.iter().zip(mixture.chunks_exact_mut(stride)) {
                for (weight, missing) in mixture.iter_mut().zip(&missing) {
                    *weight += RATE * margin * missing;
                }
            }
        }
    }
    (mixture, shifts)
}

/// Adds the mixture of what stands in `from`, one number an answer, to `to`.
fn add_mixed(from: &[f32], mixture: &[f32], to: &mut [f32]) {
    for (value, mixture) in from.iter().zip(mixture.chunks_exact(from.len())) {
        for (sum, weight) in to.iter_mut().zip(mixture) {
            *sum += value * weight;
        }
    }
}

/// Turns margins into what their probabilities lack to the right ones. Answers without labels have no probability.
fn to_missing(margins: &mut [f32], holds: &[usize], labels: &[usize]) {
    let has_labels = |answer: usize| labels.get(answer).is_some_and(|labels| *labels > 0);
    let best = margins
        .iter()
        .enumerate()
        .filter(|(answer, _)| has_labels(*answer))
        .fold(f32::MIN, |best, (_, margin)| best.max(*margin));
    let mut all = 0.0;
    for (answer, margin) in margins.iter_mut().enumerate() {
        *margin = if has_labels(answer) {
            exp(f64::from(SHARPNESS * (*margin - best))) as f32
        } else {
            0.0
        };
        all += *margin;
    }
    for margin in margins.iter_mut() {
        *margin /= -all;
    }
    for answer in holds {
        margins[*answer] += 1.0 / holds.len() as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::svm::separate;

    /// Where answer 1 holds, answer 0 stands a little higher, as it does where it holds itself; answer 1 does not there.
    #[test]
    fn an_answer_yields_to_the_one_that_it_is_taken_for() {
        let margins = [1.6f32, 0.2, 0.0, 1.6, 1.5, 0.0].repeat(200);
        let holds: Vec<Vec<usize>> = (0..400).map(|example| vec![example % 2]).collect();
        let (mixture, shifts) = learn(&margins, &holds, &[200, 200, 0], 3);
        for (example, answers) in margins.chunks(3).zip(&holds).take(2) {
            let mut settled: Vec<f32> = example.iter().zip(&shifts).map(|(m, s)| m + s).collect();
            add_mixed(example, &mixture, &mut settled);
            assert!(settled[answers[0]] > settled[1 - answers[0]], "{settled:?}");
        }
    }

    fn examples() -> (Vectors, Vec<Vec<usize>>) {
        let vectors = Vectors {
            ends: vec![1, 2, 3],
            rows: vec![0, 1, 2],
            values: vec![1.0; 3],
        };
        (vectors, vec![vec![0], vec![1], vec![0, 1]])
    }

    #[test]
    fn an_example_that_was_not_learned_from_stands_less_sure() {
        let (examples, holds) = examples();
        let separation = separate(&examples, &holds, &[], 3, 3);
        let unseen = unseen_margins(&separation, &examples, &holds);
        let sure =
            |answer: usize| separation.weights[answer] + separation.biases[answer] - NOTHING_SAID;
        assert!(unseen[0] < sure(0), "it holds");
        assert!(unseen[1] > sure(1), "it does not");
    }

    #[test]
    fn an_answer_without_labels_stays_as_it_is() {
        let (examples, holds) = examples();
        let before = separate(&examples, &holds, &[], 3, 3);
        let mut settled = separate(&examples, &holds, &[], 3, 3);
        settle(&mut settled, &examples, &holds, &[2, 2, 0]);
        let of = |separation: &Separation, answer: usize| {
            let rows = separation.weights.chunks(3).map(|row| row[answer]);
            rows.chain([separation.biases[answer]])
                .collect::<Vec<f32>>()
        };
        assert_eq!(of(&settled, 2), of(&before, 2));
        assert_ne!(of(&settled, 0), of(&before, 0));
    }
}
