//! From the tagger's probabilities to ones that hold: of the quotes answered at 80%, eight in ten are right.
//!
//! Platt's method (*Probabilistic Outputs for Support Vector Machines*, 1999) on the logit of the tagger's
//! probability, found with the damped Newton steps of Lin, Lin and Weng (*A Note on Platt's Probabilistic Outputs*,
//! Machine Learning 68, 2007). Two numbers a language need far fewer audited quotes than a step function does
//! (Niculescu-Mizil and Caruana, ICML 2005), and keep the order of the answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arithmetic::{exp, ln};
use crate::audit::Audited;

/// Audited quotes from which a language has its own curve; with fewer it shares that of all quotes.
pub const LANGUAGE_ALONE_FROM: usize = 200;
/// Audited quotes from which there is a curve at all; before, the tagger's probabilities stand as they are.
pub const CURVE_FROM: usize = 50;
/// Probabilities are kept this far from 0 and 1, where a logit has no end.
const EDGE: f64 = 1e-6;
/// Keeps a step finite where all quotes were answered with one probability.
const RIDGE: f64 = 1e-6;
const MOST_STEPS: usize = 100;

/// A curve for each language that has enough audited quotes, and one for all others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pooled: Curve,
    languages: BTreeMap<String, Curve>,
}

/// `logit(calibrated) = slope * logit(said) + shift`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Curve {
    slope: f64,
    shift: f64,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            slope: 1.0,
            shift: 0.0,
        }
    }
}

impl Calibration {
    pub fn from_audit(audited: &[Audited]) -> Self {
        let mut of_language: BTreeMap<&str, Vec<&Audited>> = BTreeMap::new();
        for quote in audited {
            of_language.entry(&quote.language).or_default().push(quote);
        }
        Self {
            pooled: Curve::fit(&audited.iter().collect::<Vec<_>>()),
            languages: of_language
                .into_iter()
                .filter(|(_, quotes)| quotes.len() >= LANGUAGE_ALONE_FROM)
                .map(|(language, quotes)| (language.to_owned(), Curve::fit(&quotes)))
                .collect(),
        }
    }

    /// How likely an answer is right that the tagger gave with this probability.
    pub fn probability(&self, language: &str, said: f32) -> f32 {
        let curve = self.languages.get(language).unwrap_or(&self.pooled);
        curve.at(logit(said)) as f32
    }
}

impl Curve {
    fn at(&self, logit: f64) -> f64 {
        1.0 / (1.0 + exp(-(self.slope * logit + self.shift)))
    }

    /// The likeliest curve. It never falls: where the audit says that surer answers are worse, which only chance
    /// does, the curve is flat.
    fn fit(audited: &[&Audited]) -> Self {
        if audited.len() < CURVE_FROM {
            return Self::default();
        }
        let right = audited.iter().filter(|quote| quote.right).count() as f64;
        let wrong = audited.len() as f64 - right;
        // Platt's targets: as if one more quote of each kind had been seen, so that no answer becomes a certainty.
        let (high, low) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
        let points: Vec<(f64, f64)> = audited
            .iter()
            .map(|quote| {
                (
                    logit(quote.probability),
                    if quote.right { high } else { low },
                )
            })
            .collect();
        let prior = ln((right + 1.0) / (wrong + 1.0));
        let fitted = Self::descend(&points, prior);
        if fitted.slope > 0.0 {
            fitted
        } else {
            Self {
                slope: 0.0,
                shift: prior,
            }
        }
    }

    /// Newton's method; a step that does not lower the loss is halved.
    fn descend(points: &[(f64, f64)], prior: f64) -> Self {
        let mut curve = Self {
            slope: 0.0,
            shift: prior,
        };
        let mut loss = curve.loss(points);
        for _ in 0..MOST_STEPS {
            let (mut along, mut up) = (0.0, 0.0);
            let (mut a, mut b, mut c) = (RIDGE, 0.0, RIDGE);
            for (x, target) in points {
                let p = curve.at(*x);
                let (error, width) = (p - target, p * (1.0 - p));
                along += error * x;
                up += error;
                a += width * x * x;
                b += width * x;
                c += width;
            }
            if along.abs() < 1e-7 && up.abs() < 1e-7 {
                break;
            }
            let determinant = a * c - b * b;
            let step = (
                (c * along - b * up) / determinant,
                (a * up - b * along) / determinant,
            );
            let Some((next, lower)) = (0..30).find_map(|halvings| {
                let share = 1.0 / f64::from(1u32 << halvings);
                let next = Self {
                    slope: curve.slope - share * step.0,
                    shift: curve.shift - share * step.1,
                };
                let lower = next.loss(points);
                (lower < loss).then_some((next, lower))
            }) else {
                break;
            };
            (curve, loss) = (next, lower);
        }
        curve
    }

    fn loss(&self, points: &[(f64, f64)]) -> f64 {
        let of_one = |(x, target): &(f64, f64)| {
            let z = self.slope * x + self.shift;
            // ln(1 + e^z) without overflow.
            z.max(0.0) + ln(1.0 + exp(-z.abs())) - target * z
        };
        points.iter().map(of_one).sum()
    }
}

fn logit(probability: f32) -> f64 {
    let p = f64::from(probability).clamp(EDGE, 1.0 - EDGE);
    ln(p / (1.0 - p))
}

/// The quotes that were answered with about the same probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// From this probability to, not including, the next; the last includes 1.
    pub from: f64,
    pub to: f64,
    pub quotes: usize,
    /// Means over the quotes; 0 where there are none.
    pub said: f64,
    pub right: f64,
}

/// The picture of a calibration: bins of equal width, of probabilities and whether the answer was right.
pub fn reliability(answers: &[(f32, bool)], bins: usize) -> Vec<Bin> {
    let bins = bins.max(1);
    let mut sums = vec![(0usize, 0f64, 0usize); bins];
    for (probability, right) in answers {
        let place = (f64::from(*probability) * bins as f64) as usize;
        let sum = &mut sums[place.min(bins - 1)];
        sum.0 += 1;
        sum.1 += f64::from(*probability);
        sum.2 += usize::from(*right);
    }
    let bin = |(place, (quotes, said, right)): (usize, (usize, f64, usize))| Bin {
        from: place as f64 / bins as f64,
        to: (place + 1) as f64 / bins as f64,
        quotes,
        said: said / quotes.max(1) as f64,
        right: right as f64 / quotes.max(1) as f64,
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Expected calibration error: how far said and right lie apart, as a mean over the quotes (Naeini, Cooper and
/// Hauskrecht, AAAI 2015). 15 bins is the custom (Guo et al., ICML 2017).
pub fn expected_error(answers: &[(f32, bool)], bins: usize) -> f64 {
    let apart = |bin: &Bin| bin.quotes as f64 * (bin.said - bin.right).abs();
    reliability(answers, bins).iter().map(apart).sum::<f64>() / answers.len().max(1) as f64
}

#[cfg(test)]
mod tests;
