//! `cargo xtask bench`: most benchmarks are a program of the tests crate; this starts it.

use std::path::PathBuf;

use anyhow::{Result, bail};
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
    /// For `tagging`: the folder with `massive_{nl,tr,ar,en}.csv`
    #[arg(long)]
    data: Option<PathBuf>,
    /// For `tagging`: the part that is measured on; `hold-out` takes it from the train part
    #[arg(long, default_value = "dev", value_parser = ["dev", "test", "hold-out"])]
    evaluate: String,
    /// For `tagging`: a TOML table `[scenario]`, and `[intent]`, of label = "text"
    #[arg(long)]
    descriptions: Option<PathBuf>,
}

/// A program of its own: it counts every byte that is allocated, which would slow the others down.
const HOSTILE: &str = "hostile";

/// An example of its crate, so that it is built without a server. Its data is not part of the project.
const TAGGING: &str = "tagging";

pub(crate) fn command(options: &Options) -> Result<()> {
    let is_named = |name: &str| options.names.iter().any(|named| named == name);
    if is_named(TAGGING) || options.names.is_empty() && options.data.is_some() {
        tagging(options)?;
    }
    if options.names.is_empty() || is_named(HOSTILE) {
        let package = ["run", "--release", "--package", "koffiekar-tests"];
        run(cargo(package).args(["--bin", HOSTILE]))?;
    }
    let others: Vec<&String> = options
        .names
        .iter()
        .filter(|name| ![HOSTILE, TAGGING].contains(&name.as_str()))
        .collect();
    if others.is_empty() && !options.names.is_empty() {
        return Ok(());
    }
    // Two of them look at the program itself.
    if options.names.is_empty() || is_named("memory") || is_named("abuse") {
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

fn tagging(options: &Options) -> Result<()> {
    let Some(data) = &options.data else {
        bail!(
            "`bench tagging` learns from quotes that are not part of the project: name the folder with \
             massive_{{nl,tr,ar,en}}.csv (MASSIVE 1.0, columns id,partition,scenario,intent,text) by --data DIR"
        );
    };
    let package = ["run", "--release", "--package", "koffiekar-tagging"];
    let mut bench = cargo(package);
    bench.args(["--example", "bench", "--", "--evaluate", &options.evaluate]);
    // Cargo runs in the workspace's root, and whoever named the paths may stand elsewhere.
    bench.arg("--data").arg(std::path::absolute(data)?);
    if let Some(file) = &options.descriptions {
        bench.arg("--descriptions").arg(std::path::absolute(file)?);
    }
    run(&mut bench)
}
