//! What surrounds a fuzz target under libFuzzer: weights, caught panics, mutation that knows the
//! format. `cargo xtask fuzz` builds and runs it. The targets are functions of the tests crate,
//! which runs them over the corpus without any of this.

// The tests crate itself would bring the server, its databases and a browser along.
#[path = "../../tests/src"]
mod shared {
    pub mod chunks;
    pub mod fuzz;
    pub mod messages;
    pub mod seed;
}
pub use shared::{chunks, fuzz, messages, seed};

mod cbor;
pub mod mutate;
mod panics;
mod scales;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fuzz::{TARGETS, Target};

pub fn target(name: &str) -> &'static Target {
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .expect("a target of this name")
}

/// Before the first input. Where a folder for them is named, writes the seeds into it and ends.
pub fn begin(name: &str) {
    panics::listen();
    let Some(folder) = std::env::var_os("KOFFIEKAR_FUZZ_SEEDS") else {
        return;
    };
    for (number, seed) in (target(name).seeds)().into_iter().enumerate() {
        let path = Path::new(&folder).join(format!("seed-{number}"));
        std::fs::write(path, seed).expect("the seeds are written");
    }
    std::process::exit(0);
}

/// Runs a target on one input. A finding ends the process, so that libFuzzer keeps the input.
pub fn run(target: &Target, input: &[u8]) {
    let scales = scales::Scales::new(target.name, input);
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input, &scales)));
    if let Some(finding) = panics::finding(outcome.is_err()) {
        eprintln!("FINDING: {finding}");
        std::process::abort();
    }
}

/// The program of one target.
#[macro_export]
macro_rules! program {
    ($name:literal, $mutate:path) => {
        libfuzzer_sys::fuzz_target!(init: $crate::begin($name), |input: &[u8]| {
            $crate::run($crate::target($name), input);
        });

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $mutate(data, size, max_size, seed)
        });
    };
}
