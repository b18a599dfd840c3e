//! What holds for any history and any bytes, not only for those that somebody thought of.
//!
//! A failing case prints its smallest form and the seed; `PROPTEST_RNG_SEED=<seed>` runs it again.

mod admitted;
mod clocks;
mod consented;
mod decoded;
mod history;
mod lengthy;
mod merged;
mod noted;
mod numbered;
mod projected;
mod replicas;
mod signs;
mod succeeded;
mod vouched;
mod wired;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};

/// Runs `test` on so many values, from a fresh seed or from the one in the environment.
fn hold<S: Strategy>(cases: u32, values: S, test: impl Fn(S::Value) -> TestCaseResult) {
    let seed = u64::from_le_bytes(koffiekar_server::random::bytes());
    hold_from(seed, cases, values, test);
}

/// As [`hold`], from this seed where the environment has none.
fn hold_from<S: Strategy>(
    seed: u64,
    cases: u32,
    values: S,
    test: impl Fn(S::Value) -> TestCaseResult,
) {
    let other = std::env::var("PROPTEST_RNG_SEED").ok();
    let seed = other.and_then(|seed| seed.parse().ok()).unwrap_or(seed);
    let config = Config {
        cases,
        max_shrink_iters: 4_000,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new(config).run(&values, test) {
        panic!("PROPTEST_RNG_SEED={seed}\n{failure}");
    }
}
