//! `cargo xtask simulate`: many tablets and the real server, seed after seed; the simulation is a
//! program of the tests crate, this starts it.

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run};

#[derive(Args)]
pub(crate) struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed alone, told in full
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
}

/// In the profile of the tests: what they compiled is ready, and overflow is a failure.
pub(crate) fn command(options: &Options) -> Result<()> {
    let mut simulate = cargo([
        "run",
        "--package",
        "koffiekar-tests",
        "--bin",
        "simulate",
        "--",
    ]);
    match options.seed {
        Some(seed) => simulate.arg("--seed").arg(seed.to_string()),
        None => simulate
            .arg("--seeds")
            .arg(options.seeds.to_string())
            .arg("--from")
            .arg(options.from.to_string()),
    };
    run(&mut simulate)
}
