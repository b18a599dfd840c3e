//! A share of quotes, and how far it can be trusted.

use serde::{Deserialize, Serialize};

use crate::arithmetic::{exp, ln};

/// So many of so many, with the interval that holds the true share in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    pub hits: usize,
    pub of: usize,
    /// 0 where there is nothing to take a share of.
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

/// The normal distribution leaves 2.5% beyond this on each side.
const Z: f64 = 1.959_963_984_540_054;

impl Proportion {
    /// Wilson's score interval, which is near its promise for few quotes as for many and never leaves 0 to 1 (Wilson
    /// 1927; Newcombe, Statistics in Medicine 17, 1998, method 3).
    pub fn of(hits: usize, of: usize) -> Self {
        if of == 0 {
            return Self {
                hits,
                of,
                share: 0.0,
                low: 0.0,
                high: 1.0,
            };
        }
        let n = of as f64;
        let share = hits as f64 / n;
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + Z * Z / n;
        Self {
            hits,
            of,
            share,
            low: if hits == 0 {
                0.0
            } else {
                (middle - half) / whole
            },
            high: if hits == of {
                1.0
            } else {
                (middle + half) / whole
            },
        }
    }
}

/// The share that is surpassed but for this `doubt`: Clopper and Pearson's lower bound (Biometrika 26, 1934), one-sided.
/// It keeps its promise for every share and number. Wilson's does not: near 1, where acceptance lives, it lies too high
/// (Cai, Journal of Statistical Planning and Inference 131, 2005).
pub(crate) fn surely_over(hits: usize, of: usize, doubt: f64) -> f64 {
    if hits == 0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // As many halvings as an f64 can tell apart here.
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if at_least(hits, of, middle) < doubt {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The chance of `hits` or more among `of` when each has the chance `p`, strictly between 0 and 1.
fn at_least(hits: usize, of: usize, p: f64) -> f64 {
    let odds = ln(p) - ln(1.0 - p);
    // From the chance of all of them downwards; each summand from the one before.
    let mut logarithm = of as f64 * ln(p);
    let mut sum = 0.0;
    for count in (hits..=of).rev() {
        if logarithm > -80.0 {
            sum += exp(logarithm);
        }
        if count > 0 {
            logarithm += ln(count as f64) - ln((of - count + 1) as f64) - odds;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 5e-5
    }

    /// Newcombe 1998, table I, method 3.
    #[test]
    fn wilsons_interval_is_the_published_one() {
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = Proportion::of(hits, of);
            assert!(near(found.low, low) && near(found.high, high), "{found:?}");
        }
        assert_eq!(Proportion::of(20, 20).high, 1.0);
        assert_eq!(Proportion::of(0, 0).share, 0.0);
    }

    /// Without a miss the bound is the root of 0.05; 59 hits are the least that put it over 0.95.
    #[test]
    fn the_lower_bound_is_clopper_and_pearsons() {
        for of in [1usize, 10, 59, 1_000] {
            assert!(
                near(surely_over(of, of, 0.05), 0.05f64.powf(1.0 / of as f64)),
                "{of}"
            );
        }
        assert!(surely_over(59, 59, 0.05) > 0.95 && surely_over(58, 58, 0.05) < 0.95);
        // By hand for 1 of n: 1 - (1 - p)^n = 0.05.
        assert!(near(surely_over(1, 10, 0.05), 1.0 - 0.95f64.powf(0.1)));
        // 93 of 93 + 1 miss is the least with one miss for 95% at 95% certainty (Wilks' tolerance limits).
        assert!(surely_over(92, 93, 0.05) > 0.95 && surely_over(91, 92, 0.05) < 0.95);
        assert_eq!(surely_over(0, 10, 0.05), 0.0);
    }

    #[test]
    fn more_hits_and_more_quotes_raise_the_bound() {
        for of in [5usize, 50, 500] {
            assert!(
                (1..=of).all(|hits| surely_over(hits, of, 0.05) > surely_over(hits - 1, of, 0.05))
            );
        }
        assert!(surely_over(95, 100, 0.05) < surely_over(950, 1_000, 0.05));
    }
}
