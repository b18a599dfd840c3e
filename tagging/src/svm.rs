//! A linear support vector machine per answer, trained by dual coordinate descent.
//!
//! Hsieh, Chang, Lin, Keerthi, Sundararajan: *A Dual Coordinate Descent Method for Large-scale Linear SVM* (ICML
//! 2008), algorithm 1 with squared hinge loss. All answers are trained in the same pass: an example's features are
//! fetched once and every answer's weight for a feature lies beside the others, so the inner loops run over whole
//! rows. Examples come in one fixed shuffled order per pass.

use crate::arithmetic::Sequence;

/// Cost of an example on the wrong side of its margin, where the answer does not hold and where it does. An answer
/// holds for one quote in many, so each of these counts for more.
const COST: [f32; 2] = [1.0, 2.0];
/// Passes at most; training ends earlier once no example moves an answer by [`SETTLED`].
const MOST_PASSES: usize = 20;
/// The largest violation of the optimum's conditions that counts as none (LIBLINEAR's default).
const SETTLED: f32 = 0.1;
const SHUFFLE_SEED: u64 = 20_240_229;

/// Sparse vectors of length 1, one after the other.
#[derive(Default)]
pub(crate) struct Vectors {
    /// Where each vector ends in `rows` and `values`.
    pub(crate) ends: Vec<usize>,
    pub(crate) rows: Vec<u32>,
    pub(crate) values: Vec<f32>,
}

impl Vectors {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, index: usize) -> impl Iterator<Item = (usize, f32)> + Clone {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let range = start..self.ends[index];
        self.rows[range.clone()]
            .iter()
            .map(|row| *row as usize)
            .zip(self.values[range].iter().copied())
    }
}

/// What training gives: `weights[row * stride + answer]` and a bias per answer.
pub(crate) struct Separation {
    pub(crate) weights: Vec<f32>,
    pub(crate) biases: Vec<f32>,
    /// `duals[example * stride + answer]`, how much an example's vector counts in the weights of an answer, for it where
    /// the answer holds and against it elsewhere; at least 0.
    pub(crate) duals: Vec<f32>,
}

/// Separates, for each of the `stride` answers, the examples it holds for from the others. `holds[example]` lists the
/// answers that hold; the columns of an answer that never occurs end below every margin. Behind these examples come
/// those of which nothing is known but that the answers in `denied` do not hold.
pub(crate) fn separate(
    examples: &Vectors,
    holds: &[Vec<usize>],
    denied: &[Vec<usize>],
    rows: usize,
    stride: usize,
) -> Separation {
    let mut weights = vec![0f32; rows * stride];
    let mut biases = vec![0f32; stride];
    let mut duals = vec![0f32; examples.len() * stride];
    let mut signs = vec![-1f32; examples.len() * stride];
    for (example, answers) in holds.iter().enumerate() {
        for answer in answers {
            signs[example * stride + answer] = 1.0;
        }
    }
    // Without a sign an example does not count for an answer.
    for (example, answers) in (holds.len()..).zip(denied) {
        let signs = &mut signs[example * stride..][..stride];
        signs.fill(0.0);
        for answer in answers {
            signs[*answer] = -1.0;
        }
    }

    let [against, holding] = COST.map(|cost| 1.0 / (2.0 * cost));
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut sequence = Sequence::new(SHUFFLE_SEED);
    let mut moves = vec![0f32; stride];
    for _ in 0..MOST_PASSES {
        sequence.shuffle(&mut order);
        let mut worst = 0f32;
        for &example in &order {
            let vector = examples.get(example);
            // `moves` first holds the margins, then how far each answer's weights move along this example.
            moves.copy_from_slice(&biases);
            let mut square = 1.0;
            for (row, value) in vector.clone() {
                square += value * value;
                let weights = &weights[row * stride..][..stride];
                for (margin, weight) in moves.iter_mut().zip(weights) {
                    *margin += value * weight;
                }
            }
            let [step_against, step_holding] = [against, holding].map(|own| 1.0 / (square + own));
            let duals = &mut duals[example * stride..][..stride];
            let signs = &signs[example * stride..][..stride];
            let mut largest = 0f32;
            for ((moved, dual), sign) in moves.iter_mut().zip(duals).zip(signs) {
                if *sign == 0.0 {
                    *moved = 0.0;
                    continue;
                }
                let (diagonal, step) = if *sign > 0.0 {
                    (holding, step_holding)
                } else {
                    (against, step_against)
                };
                let gradient = sign * *moved - 1.0 + diagonal * *dual;
                let target = (*dual - gradient * step).max(0.0);
                let change = target - *dual;
                *dual = target;
                *moved = change * sign;
                largest = largest.max(change.abs());
            }
            if largest == 0.0 {
                continue;
            }
            worst = worst.max(largest / step_holding);
            for (bias, moved) in biases.iter_mut().zip(&moves) {
                *bias += moved;
            }
            for (row, value) in vector {
                let weights = &mut weights[row * stride..][..stride];
                for (weight, moved) in weights.iter_mut().zip(&moves) {
                    *weight += value * moved;
                }
            }
        }
        if worst < SETTLED {
            break;
        }
    }
    Separation {
        weights,
        biases,
        duals,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_separated_is_separated() {
        // Two features, each speaks for its own answer; the third speaks for both.
        let examples = Vectors {
            ends: vec![1, 2, 3, 4],
            rows: vec![0, 1, 2, 0],
            values: vec![1.0; 4],
        };
        let holds = [vec![0], vec![1], vec![0, 1], vec![0]];
        let Separation {
            weights, biases, ..
        } = separate(&examples, &holds, &[], 3, 2);
        let margin = |row: usize, answer: usize| weights[row * 2 + answer] + biases[answer];
        assert!(margin(0, 0) > 0.0 && margin(0, 1) < 0.0);
        assert!(margin(1, 1) > 0.0 && margin(1, 0) < 0.0);
        assert!(margin(2, 0) > 0.0 && margin(2, 1) > 0.0);
    }

    #[test]
    fn what_is_denied_speaks_against_that_answer_alone() {
        // The third feature is nowhere but in an example of which one answer was denied.
        let examples = Vectors {
            ends: vec![1, 2, 3],
            rows: vec![0, 1, 2],
            values: vec![1.0; 3],
        };
        let separation = separate(&examples, &[vec![0], vec![1]], &[vec![0]], 3, 2);
        let weights = |row: usize| &separation.weights[row * 2..][..2];
        assert!(weights(2)[0] < 0.0, "{:?}", weights(2));
        assert_eq!(weights(2)[1], 0.0);
        assert!(weights(0)[0] > 0.0 && weights(1)[1] > 0.0);
    }

    #[test]
    fn nothing_to_learn_from_gives_no_weights() {
        let separation = separate(&Vectors::default(), &[], &[], 4, 3);
        assert!(
            separation
                .weights
                .iter()
                .chain(&separation.biases)
                .all(|weight| *weight == 0.0)
        );
    }
}
