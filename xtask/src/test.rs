//! `cargo xtask test`: everything that must hold before a change goes in.
//!
//! Native crates are always compiled as one selection (`--workspace` without the app), so that
//! cargo settles on one set of features and lints, server and tests share what they compile. The
//! app compiles for wasm32 only; its lints run in the profile that it is tested in, whose compiled
//! macros they then find ready.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{
    app::{self, Build},
    steps::Steps,
    tools::{self, CHROMEDRIVER, CHROMIUM, NODE, NPM, POSTGRES},
    wasm_target,
    workspace::{cargo, run, target_dir},
};

#[derive(Args)]
pub(crate) struct Options {
    /// A part of it, while working; without this, all of it
    #[arg(long)]
    only: Option<Part>,
    /// For the test programs: a part of the tests' names, --nocapture, ...
    #[arg(last = true)]
    args: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The tests that need no browser
    Fast,
    /// The tests in the browser: those in the module `browser` of the tests crate
    Browser,
    /// The format and the lints, no tests
    Lint,
}

const NATIVE: [&str; 3] = ["--workspace", "--exclude", "koffiekar-app"];
const BROWSER_TESTS: &str = "browser::";

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut steps = Steps::default();
    let outcome = all(&mut steps, options);
    // The steps that were not reached are missing from the list; the error says why.
    let summary = steps.summary();
    outcome.and(summary)
}

fn all(steps: &mut Steps, Options { only, args }: &Options) -> Result<()> {
    let (lints, tests) = (
        matches!(only, None | Some(Part::Lint)),
        *only != Some(Part::Lint),
    );
    let browser = matches!(only, None | Some(Part::Browser));
    if let Some(part) = only.and_then(|part| part.to_possible_value()) {
        eprintln!(
            "Only the part '{}': this is not the whole test.",
            part.get_name()
        );
    }

    let mut variables = Vec::new();
    if tests {
        variables = steps.run("find what the tests need", || find_tools(browser))?;
    }
    if lints {
        steps.run("find the lints", tools::ensure_lints)?;
        steps.check("check the format", || {
            run(&mut cargo(["fmt", "--all", "--check"]))
        });
    }
    // What is compiled for the browser and what is not share nothing: each is linted while the other compiles.
    let linting_native = lints.then(|| Beside::start("lint everything but the app", lint_native));
    let wasm = browser.then(|| app::compile(steps, Build::Tested));
    // The server's lint must not meet a half-written `app/dist`.
    Beside::end(linting_native, steps);
    if let Some(wasm) = wasm {
        app::bundle(steps, Build::Tested, &wasm?)?;
    }
    let linting_app = lints.then(|| Beside::start("lint the app", lint_app));
    let compiled = if tests {
        compile(steps, *only, &mut variables)
    } else {
        Ok(())
    };
    Beside::end(linting_app, steps);
    compiled?;
    if tests {
        if only.is_none() && args.is_empty() {
            steps.check("run the tests", || run_all(&variables));
            return Ok(());
        }
        steps.check("run the tests", || {
            let mut test = cargo_test(*only, &["--no-fail-fast", "--"]);
            if *only == Some(Part::Fast) {
                test.args(["--skip", BROWSER_TESTS]);
            }
            let named = args.iter().any(|arg| !arg.starts_with('-'));
            if *only == Some(Part::Browser) && !named {
                test.arg(BROWSER_TESTS);
            }
            run(test.args(args).envs(variables))
        });
    }
    Ok(())
}

fn compile(
    steps: &mut Steps,
    only: Option<Part>,
    variables: &mut Vec<(&'static str, PathBuf)>,
) -> Result<()> {
    let server = steps.run("compile the server", || {
        run(cargo(["build", "--bin", "koffiekar"]).args(NATIVE))?;
        Ok(target_dir()?.join("debug/koffiekar"))
    })?;
    variables.push(("KOFFIEKAR_BIN", server));
    steps.run("compile the tests", || {
        run(&mut cargo_test(only, &["--no-run"]))
    })
}

/// A check that runs beside other steps.
struct Beside {
    name: &'static str,
    running: JoinHandle<Result<()>>,
}

impl Beside {
    fn start(name: &'static str, check: fn() -> Result<()>) -> Self {
        eprintln!("==> {name}, beside what follows");
        let running = thread::spawn(check);
        Self { name, running }
    }

    /// Waits for it. Its time is what was waited.
    fn end(beside: Option<Self>, steps: &mut Steps) {
        if let Some(Self { name, running }) = beside {
            steps.check(name, || {
                running.join().unwrap_or_else(|panic| resume_unwind(panic))
            });
        }
    }
}

/// A test in the browser waits more than it works: the others run meanwhile, and give way to it.
fn run_all(variables: &[(&'static str, PathBuf)]) -> Result<()> {
    let envs = || variables.iter().map(|(name, path)| (*name, path));
    let mut browser = cargo_test(Some(Part::Browser), &["--", BROWSER_TESTS])
        .envs(envs())
        .spawn()?;
    let rest = cargo_test(None, &["--no-fail-fast", "--", "--skip", BROWSER_TESTS]);
    let mut giving_way = std::process::Command::new("nice");
    giving_way
        .args(["-n", "5"])
        .arg(rest.get_program())
        .args(rest.get_args());
    for (name, value) in rest.get_envs() {
        if let Some(value) = value {
            giving_way.env(name, value);
        }
    }
    if let Some(folder) = rest.get_current_dir() {
        giving_way.current_dir(folder);
    }
    let rest = run(giving_way.envs(envs()));
    let browser = browser.wait()?;
    anyhow::ensure!(browser.success(), "a test in the browser failed");
    rest
}

/// The browser tests are all in one test program, the others in every crate's own.
fn cargo_test(only: Option<Part>, args: &[&str]) -> std::process::Command {
    let mut test = cargo(["test"]);
    test.args(NATIVE);
    if only == Some(Part::Browser) {
        test.args(["--test", "koffiekar"]);
    }
    test.args(args);
    test
}

fn find_tools(browser: bool) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut needed = vec![&POSTGRES, &NODE, &NPM];
    if browser {
        needed.extend([&CHROMIUM, &CHROMEDRIVER]);
    }
    let mut variables = tools::ensure(&needed)?;
    let npm = variables
        .iter()
        .find(|(variable, _)| *variable == NPM.variable)
        .map(|(_, path)| path.clone());
    if let Some(npm) = npm {
        variables.push(("KOFFIEKAR_INTEROP", tools::ensure_interop(&npm)?));
        if browser {
            variables.push(("KOFFIEKAR_AXE", tools::ensure_axe(&npm)?));
        }
    }
    Ok(variables)
}

fn lint_native() -> Result<()> {
    run(cargo(["clippy", "--all-targets"])
        .args(NATIVE)
        .args(["--", "-D", "warnings"]))
}

fn lint_app() -> Result<()> {
    wasm_target::ensure()?;
    run(&mut cargo([
        "clippy",
        "--package=koffiekar-app",
        "--profile",
        app::TESTED_PROFILE,
        "--target",
        wasm_target::TRIPLE,
        "--",
        "-D",
        "warnings",
    ]))
}
