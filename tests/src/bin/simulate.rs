//! The simulation of many tablets and the real server, for as many seeds as one likes; see
//! `koffiekar_tests::simulation`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use koffiekar_tests::simulation::plan::Plan;
use koffiekar_tests::simulation::{kept, run, shortened, simulate, told};

fn main() -> ExitCode {
    match command() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("simulate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
fn command() -> Result<bool> {
    let (mut seeds, mut from, mut one) = (1_000, 0, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        let number: u64 = value
            .parse()
            .with_context(|| format!("{name} `{value}` is no number"))?;
        match name.as_str() {
            "--seeds" => seeds = number,
            "--from" => from = number,
            "--seed" => one = Some(number),
            _ => bail!("`{name}` is none of --seeds, --from, --seed"),
        }
    }
    // A panic inside is a finding like another, told with its story.
    std::panic::set_hook(Box::new(|_| {}));
    Ok(match one {
        Some(seed) => tell(seed),
        None => many(from, seeds),
    })
}

/// One seed in full; where it fails, its shortened story after it.
fn tell(seed: u64) -> bool {
    let run = run(&Plan::of(seed));
    println!("seed {seed}\n  {}", run.story.join("\n  "));
    println!("hash {}", run.hash);
    if run.failure.is_some() {
        println!("\n{}", told(seed));
    }
    run.failure.is_none()
}

fn many(from: u64, seeds: u64) -> bool {
    for (_, plan) in kept::kept() {
        if run(&plan).failure.is_some() {
            println!(
                "what went wrong once goes wrong again: {}",
                shortened(&plan)
            );
            return false;
        }
    }
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let started = Instant::now();
    let simulated = simulate(from, seeds, threads);
    println!(
        "{} runs of {} events and {} requests on {threads} threads in {:.1} s",
        simulated.runs,
        simulated.events,
        simulated.requests,
        started.elapsed().as_secs_f64()
    );
    for (seed, wrong) in &simulated.failures {
        println!("seed {seed}: {wrong}");
    }
    if let Some((seed, _)) = simulated.failures.first() {
        println!("\n{}", told(*seed));
    }
    if let Some(line) = &simulated.logged {
        println!("the server's log tells what somebody said: {line}");
    }
    simulated.failures.is_empty() && simulated.logged.is_none()
}
