//! The project's own commands: `cargo xtask run`, `test`, `simulate`, `app`, `bench`, `fuzz`.
//!
//! Everything that building, running and testing Koffiekar takes beyond plain cargo is here, so
//! that a fresh machine needs rustup, a C compiler and git, and nobody needs a second build tool.
//! What a command does stands on stderr, step by step, with the time each step took.

mod app;
mod bench;
mod bind;
mod bundle;
mod dist;
mod fuzz;
mod run;
mod simulate;
mod steps;
mod test;
mod tools;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and tests Koffiekar")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the app for the browser into app/dist
    App(app::Options),
    /// Build app and server in release and start the server with the demo programme
    Run(run::Options),
    /// Check the format, run the lints and all tests, after making sure that what they need is there
    Test(test::Options),
    /// Let many tablets and the server live through whatever can go wrong, for many seeds
    Simulate(simulate::Options),
    /// Measure the budgets: one JSON line for each benchmark
    Bench(bench::Options),
    /// Look for bytes that no part may be brought down by
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let outcome = match Xtask::parse().command {
        Command::App(options) => app::command(&options),
        Command::Run(options) => run::command(&options),
        Command::Test(options) => test::command(&options),
        Command::Simulate(options) => simulate::command(&options),
        Command::Bench(options) => bench::command(&options),
        Command::Fuzz(options) => fuzz::command(&options),
    };
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    eprintln!("\nError: {error:#}");
    ExitCode::FAILURE
}
