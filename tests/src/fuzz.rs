//! What fuzzing runs: a function of bytes for each boundary where bytes of others come in.
//!
//! A target panics where something does not hold, and does nothing with the outside. The fuzzer in
//! `fuzz/` calls it with millions of inputs; the tests call it with those that were worth keeping.
//! The fuzzer's crate takes these files in by their path, so they name nothing but the pure crates.

pub mod admit;
pub mod change;
pub mod replica;
pub mod script;
pub mod seeds;
pub mod wire;

/// A target, by the name of its folder in `fuzz/corpus`.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8], &dyn Gauge),
    /// Real messages and documents, from which the fuzzer sets out.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: [Target; 3] = [
    Target {
        name: "admit",
        run: admit::run,
        seeds: seeds::admit,
    },
    Target {
        name: "wire",
        run: wire::run,
        seeds: seeds::wire,
    },
    Target {
        name: "replica",
        run: replica::run,
        seeds: seeds::replica,
    },
];

/// Weighs the one call of a target that a stranger's bytes reach.
pub trait Gauge {
    /// The call begins.
    fn start(&self);
    /// It ended, with a refusal or not.
    fn end(&self, refused: bool);
}

/// Weighs nothing: under the tests many targets run at once.
pub struct Unweighed;

impl Gauge for Unweighed {
    fn start(&self) {}
    fn end(&self, _refused: bool) {}
}

/// Makes the call between start and end.
pub fn weigh<T, E>(gauge: &dyn Gauge, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    gauge.start();
    let outcome = call();
    gauge.end(outcome.is_err());
    outcome
}
