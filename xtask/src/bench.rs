//! `cargo xtask bench`: the benchmarks are a program of the tests crate; this starts it.

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run};

#[derive(Args)]
pub(crate) struct Options {
    /// Benchmarks to run; all of them if none is named
    names: Vec<String>,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut bench = cargo([
        "run",
        "--release",
        "--package",
        "koffiekar-tests",
        "--bin",
        "bench",
        "--",
    ]);
    run(bench.args(&options.names))
}
