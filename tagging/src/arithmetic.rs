//! Arithmetic that gives the same bits everywhere.
//!
//! The standard library's `ln` and `exp` come from the platform and differ in the last bit between a server and a
//! browser; a model must not. These use only the operations that IEEE 754 defines exactly.

use std::f64::consts::{LN_2, LOG2_E};

/// Natural logarithm of a positive, finite number.
pub(crate) fn ln(x: f64) -> f64 {
    debug_assert!(x > 0.0 && x.is_finite());
    let mut mantissa = x;
    let mut exponent = 0.0;
    while mantissa > 1.5 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    while mantissa < 0.75 {
        mantissa *= 2.0;
        exponent -= 1.0;
    }
    // ln m = 2 artanh((m-1)/(m+1)); the argument is at most 0.2, so twelve terms reach the precision of f64.
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let series = (0..12)
        .rev()
        .fold(0.0, |sum, term| sum * z * z + 1.0 / f64::from(2 * term + 1));
    exponent * LN_2 + 2.0 * z * series
}

/// e to the power x; arguments beyond ±80 are taken as ±80.
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-80.0, 80.0);
    let halvings = (x * LOG2_E).round();
    let rest = x - halvings * LN_2;
    let series = (1..=14)
        .rev()
        .fold(1.0, |sum, term| 1.0 + sum * rest / f64::from(term));
    let power_of_two = f64::from_bits(((1023 + halvings as i64) as u64) << 52);
    series * power_of_two
}

/// A fixed sequence of numbers that look random (SplitMix64, Steele et al. 2014): for shuffling, never for secrets.
pub(crate) struct Sequence(u64);

impl Sequence {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 up to, not including, `bound`; 0 where there is no such number.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// Fisher-Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Spreads every bit of the input over the output (the finaliser of SplitMix64).
pub(crate) fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_power_agree_with_the_platform() {
        for x in [1e-9, 0.3, 0.75, 1.0, 1.5, 2.0, 17.0, 12_345.678] {
            assert!((ln(x) - x.ln()).abs() < 1e-12, "ln {x}");
        }
        for x in [-60.0, -1.0, 0.0, 0.3, 1.0, 20.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "exp {x}");
        }
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_repeats_itself() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..100).collect();
            Sequence::new(seed).shuffle(&mut items);
            items
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<u32>>());
    }
}
