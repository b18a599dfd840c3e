//! `cargo xtask bench`: the benchmarks are a program of the tests crate; this starts it.

use anyhow::Result;
use clap::Args;

use crate::tools::{self, POSTGRES};
use crate::workspace::{cargo, run, target_dir};

#[derive(Args)]
pub(crate) struct Options {
    /// Benchmarks to run; all of them if none is named
    names: Vec<String>,
    /// On a throw-away PostgreSQL instead of SQLite
    #[arg(long)]
    postgres: bool,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    // One of them looks at the program itself.
    if options.names.is_empty() || options.names.iter().any(|name| name == "memory") {
        run(&mut cargo([
            "build",
            "--release",
            "--package",
            "koffiekar-tests",
            "--package",
            "koffiekar-server",
            "--bin",
            "koffiekar",
        ]))?;
    }
    let mut bench = cargo([
        "run",
        "--release",
        "--package",
        "koffiekar-tests",
        "--bin",
        "bench",
        "--",
    ]);
    bench.args(&options.names);
    bench.env("KOFFIEKAR_BIN", target_dir()?.join("release/koffiekar"));
    if options.postgres {
        bench.arg("--postgres").envs(tools::ensure(&[&POSTGRES])?);
    }
    run(&mut bench)
}
