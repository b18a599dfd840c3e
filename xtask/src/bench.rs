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

/// A program of its own: it counts every byte that is allocated, which would slow the others down.
const HOSTILE: &str = "hostile";

pub(crate) fn command(options: &Options) -> Result<()> {
    if options.names.is_empty() || options.names.iter().any(|name| name == HOSTILE) {
        let package = ["run", "--release", "--package", "koffiekar-tests"];
        run(cargo(package).args(["--bin", HOSTILE]))?;
    }
    let others: Vec<&String> = options.names.iter().filter(|n| *n != HOSTILE).collect();
    if others.is_empty() && !options.names.is_empty() {
        return Ok(());
    }
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
    bench.args(&others);
    bench.env("KOFFIEKAR_BIN", target_dir()?.join("release/koffiekar"));
    if options.postgres {
        bench.arg("--postgres").envs(tools::ensure(&[&POSTGRES])?);
    }
    run(&mut bench)
}
