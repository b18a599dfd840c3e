//! The program `koffiekar`: reads its configuration and does what was asked.

mod commands;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use commands::{
    add_person, backup, clear_files, disable_demo_accounts, load_programme, migrate, move_all,
    new_epoch, new_receipt_key, reproject, restore, serve, verify,
};
use koffiekar_server::config::{Command, CommandLine, Log};
use koffiekar_server::{private_files, traces};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Gives memory back after a burst of pushes, which glibc's keeps; faster besides (`docs/performance.md`).
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long threads may go on after the work was done.
const ENDING: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    private_files::set_umask();
    let CommandLine { command, log } = CommandLine::parse();
    let traces = match start_log(&log) {
        Ok(traces) => traces,
        Err(error) => {
            eprintln!("koffiekar: {}", explain(&error));
            return ExitCode::FAILURE;
        }
    };
    let runtime = match koffiekar_server::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("koffiekar: no threads to work with: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ran = runtime.block_on(run(command));
    if let Some(Err(error)) = traces.map(|traces| traces.shutdown()) {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
    // Long work that nobody waits for any more does not hold up the end.
    runtime.shutdown_timeout(ENDING);
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("koffiekar: {}", explain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(options) => serve::run(options).await,
        Command::Migrate(place) => migrate::run(&place).await,
        Command::Backup(options) => backup::run(&options).await,
        Command::Restore(options) => restore::run(&options).await,
        Command::Verify(place) => verify::run(&place).await,
        Command::Reproject(place) => reproject::run(&place).await,
        Command::DisableDemoAccounts(place) => disable_demo_accounts::run(&place).await,
        Command::Move(options) => move_all::run(&options).await,
        Command::AddPerson(options) => add_person::run(options).await,
        Command::LoadProgramme(options) => load_programme::run(options).await,
        Command::NewEpoch(place) => new_epoch::run(&place).await,
        Command::NewReceiptKey(place) => new_receipt_key::run(&place).await,
        Command::ClearFiles(place) => clear_files::run(&place).await,
    }
}

/// What went wrong and why, from the outside in; a cause that the text told already is left out.
fn explain(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| {
        let cause = cause.to_string();
        if text.is_empty() {
            cause
        } else if text.contains(&cause) {
            text
        } else {
            format!("{text}: {cause}")
        }
    })
}

/// The log, and spans for a collector where the environment names one.
fn start_log(log: &Log) -> Result<Option<traces::Provider>> {
    let filter = EnvFilter::try_new(&log.log)
        .with_context(|| format!("--log `{}` is no filter", log.log))?
        .add_directive(format!("{}=off", traces::SPANS).parse()?);
    let to_stderr = fmt::layer().with_writer(std::io::stderr);
    let to_stderr = match log.log_json {
        true => to_stderr.json().flatten_event(true).boxed(),
        false => to_stderr.boxed(),
    };
    let provider = traces::provider()
        .context("no spans can be sent to what OTEL_EXPORTER_OTLP_ENDPOINT names")?;
    tracing_subscriber::registry()
        .with(to_stderr.with_filter(filter))
        .with(provider.as_ref().map(traces::layer))
        .init();
    Ok(provider)
}
