//! `cargo xtask fuzz`: looks for bytes that do to Koffiekar what no bytes may do.
//!
//! The targets are programs of the crate in `fuzz/`, around functions of the tests crate. They are
//! compiled with LLVM's instruments for coverage, which the stable compiler has, and linked with
//! libFuzzer. What it learns stays in the target folder; what is worth keeping is committed, in
//! `fuzz/corpus` and `fuzz/findings`, and every test run goes through that.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::steps::Steps;
use crate::workspace::{cargo, read, root, run, target_dir};

#[derive(Args)]
pub(crate) struct Options {
    /// The target; all of them, one after the other, if none is named
    target: Option<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run a target on this file alone, and show what it does
    #[arg(long, requires = "target")]
    replay: Option<PathBuf>,
    /// Afterwards, put into the committed corpus what reaches code that it does not reach yet
    #[arg(long, conflicts_with = "replay")]
    keep: bool,
}

/// Compared values are not traced: that takes half of the time, most of it in cryptography, and what it
/// would find out our own mutators know.
const INSTRUMENTS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Ccodegen-units=1";
/// Longer inputs find little that shorter ones do not.
const LONGEST_INPUT: &str = "-max_len=8192";
/// The committed corpus of a target is small: the tests run all of it, unoptimised.
const KEPT_BYTES: u64 = 256 * 1024;
const KEPT_FILES: usize = 200;

pub(crate) fn command(options: &Options) -> Result<()> {
    let targets = targets(options.target.as_deref())?;
    let mut steps = Steps::default();
    let programs = steps.run("compile with instruments", build)?;
    if let Some(file) = &options.replay {
        return replay(&programs.join(&targets[0]), file);
    }
    for target in &targets {
        let fuzz = Fuzz::new(target, &programs)?;
        steps.check("fuzz", || fuzz.run(options.seconds));
        if options.keep {
            steps.check("keep what is new", || fuzz.keep());
        }
    }
    steps.summary()
}

/// The programs in `fuzz/src/bin`.
fn targets(wanted: Option<&str>) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for file in fs::read_dir(root().join("fuzz/src/bin"))? {
        let name = file?.path().file_stem().map(|name| name.to_owned());
        targets.extend(name.and_then(|name| name.into_string().ok()));
    }
    targets.sort();
    let known = targets.join(", ");
    targets.retain(|target| wanted.is_none_or(|wanted| wanted == target));
    if targets.is_empty() {
        bail!("there is no such target; there are {known}");
    }
    Ok(targets)
}

/// Builds the targets; returns the folder of the programs.
fn build() -> Result<PathBuf> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let found = Command::new(&compiler)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        bail!("libFuzzer is written in C++: install a compiler, on Debian `apt-get install g++`");
    }
    let version = read(Command::new("rustc").arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names no host")?;
    let folder = target_dir()?.join("fuzz");
    // A target of its own keeps the instruments out of build scripts.
    run(cargo(["build", "--release", "--locked", "--bins"])
        .args(["--target", host, "--manifest-path"])
        .arg(root().join("fuzz/Cargo.toml"))
        .env("RUSTFLAGS", INSTRUMENTS)
        .env("CARGO_TARGET_DIR", &folder))?;
    Ok(folder.join(host).join("release"))
}

fn replay(program: &Path, file: &Path) -> Result<()> {
    run(Command::new(program).arg(file)).context("this input is a finding")?;
    eprintln!("Nothing is wrong with this input.");
    Ok(())
}

/// One target with its folders.
struct Fuzz<'a> {
    target: &'a str,
    program: PathBuf,
    committed: PathBuf,
    /// What it learned in earlier runs.
    grown: PathBuf,
    seeds: PathBuf,
    findings: PathBuf,
    log: PathBuf,
}

impl<'a> Fuzz<'a> {
    fn new(target: &'a str, programs: &Path) -> Result<Self> {
        let own = target_dir()?.join("fuzz/work").join(target);
        let fuzz = Self {
            target,
            program: programs.join(target),
            committed: root().join("fuzz/corpus").join(target),
            grown: own.join("corpus"),
            seeds: own.join("seeds"),
            findings: own.join("findings"),
            log: own.join("log"),
        };
        for folder in [&fuzz.committed, &fuzz.grown, &fuzz.seeds, &fuzz.findings] {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(fuzz)
    }

    fn run(&self, seconds: u32) -> Result<()> {
        eprintln!("    {}: {seconds} seconds", self.target);
        run(Command::new(&self.program).env("KOFFIEKAR_FUZZ_SEEDS", &self.seeds))?;
        let mut fuzzer = Command::new(&self.program);
        fuzzer
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", self.findings.display()))
            .args([LONGEST_INPUT, "-timeout=60", "-print_final_stats=1"])
            .args([&self.grown, &self.committed, &self.seeds])
            .env("KOFFIEKAR_FUZZ_KEEP", &self.findings)
            .stdout(Stdio::null())
            .stderr(File::create(&self.log)?);
        let status = fuzzer.status()?;
        let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        for line in summary(&log) {
            eprintln!("    {line}");
        }
        if status.success() {
            return Ok(());
        }
        let last: Vec<&str> = log.lines().rev().take(40).collect();
        for line in last.into_iter().rev() {
            eprintln!("    | {line}");
        }
        let input = log
            .lines()
            .find_map(|line| line.split("Test unit written to ").nth(1));
        match input {
            Some(input) => bail!(
                "{target}: a finding. Look at it with `cargo xtask fuzz {target} --replay {input}`; \
                 once it is mended, keep it in fuzz/findings/{target}, where the tests go through it",
                target = self.target
            ),
            None => bail!("{}: {status}; see {}", self.target, self.log.display()),
        }
    }

    /// The committed corpus becomes a part of those inputs that together cover all that is reached, as
    /// many as there is room for. The seeds are made anew at every run and are not kept.
    fn keep(&self) -> Result<()> {
        let covering = self.grown.with_file_name("covering");
        let _ = fs::remove_dir_all(&covering);
        fs::create_dir_all(&covering)?;
        let mut merge = Command::new(&self.program);
        merge
            .arg("-set_cover_merge=1")
            .args([&covering, &self.committed, &self.grown])
            .stdout(Stdio::null())
            .stderr(File::create(&self.log)?);
        run(&mut merge)?;
        let mut inputs = Vec::new();
        for file in fs::read_dir(&covering)? {
            let file = file?;
            inputs.push((file.metadata()?.len(), file.path(), file.file_name()));
        }
        inputs.sort();
        fs::remove_dir_all(&self.committed)?;
        fs::create_dir_all(&self.committed)?;
        let (mut files, mut bytes) = (0, 0);
        // Short and long ones.
        let step = inputs.len().div_ceil(KEPT_FILES).max(1);
        for (length, path, name) in inputs.into_iter().step_by(step) {
            if bytes + length > KEPT_BYTES {
                break;
            }
            fs::copy(path, self.committed.join(name))?;
            files += 1;
            bytes += length;
        }
        eprintln!("    {}: {files} files, {} kB", self.target, bytes / 1000);
        Ok(())
    }
}

/// What the run came to, out of all that libFuzzer and the target say.
fn summary(log: &str) -> Vec<String> {
    let statistic = |name: &str| {
        let line = log.lines().rev().find(|line| line.contains(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value.unwrap_or("?").to_owned()
    };
    let coverage = log
        .lines()
        .rev()
        .find_map(|line| line.split("cov: ").nth(1)?.split(' ').next());
    let mut lines = vec![format!(
        "{} executions, {} a second; {} places in the code reached; {} new inputs",
        statistic("number_of_executed_units"),
        statistic("average_exec_per_sec"),
        coverage.unwrap_or("?"),
        statistic("new_units_added"),
    )];
    for kind in ["slowest-refusal: ", "heaviest-refusal: "] {
        let told = log.lines().rev().find(|line| line.contains(kind));
        lines.extend(told.map(str::to_owned));
    }
    let caught = log.lines().filter(|line| line.contains("caught: "));
    lines.extend(caught.map(|line| format!("panicked in a dependency, and was {line}")));
    lines
}
