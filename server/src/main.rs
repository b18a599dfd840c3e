//! The program `koffiekar`: reads its configuration, opens the database, does what was asked.

use std::future::Future;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use koffiekar_server::config::{AddPerson, Command, CommandLine, LoadProgramme, Log, Place, Serve};
use koffiekar_server::random::hex;
use koffiekar_server::routes::people;
use koffiekar_server::store::{Settings, Store, StoreError, Trouble};
use koffiekar_server::{
    Apart, Clock, Koffiekar, StartError, demo, programme, receipt_keys, restored, traces,
};
use koffiekar_sync_core::office::NewPerson;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Gives memory back after a burst of pushes, which glibc's keeps; faster besides (`docs/performance.md`).
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the audit log says that a command came from.
const CONSOLE: &str = "console";
/// How long running requests may take after the server was told to end.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
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
        Command::Serve(options) => serve(options).await,
        Command::AddPerson(options) => add_person(options).await,
        Command::LoadProgramme(options) => load_programme(options).await,
        Command::NewEpoch(place) => new_epoch(&place).await,
        Command::NewReceiptKey(place) => new_receipt_key(&place).await,
        Command::ClearFiles(place) => clear_files(&place).await,
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

async fn serve(options: Serve) -> Result<()> {
    let told_to_end = told_to_end()?;
    // Before the database, so that a second server on the same port touches nothing.
    let address = SocketAddr::new(options.address, options.port);
    let listener = listen_on(address, "--port").await?;
    let port = listener.local_addr()?.port();
    let watched = match options.metrics_listen {
        Some(address) => Some(listen_on(address, "--metrics-listen").await?),
        None => None,
    };
    let mut koffiekar = open(&options.place).await?;
    koffiekar.trust_proxy = options.trust_proxy;
    if options.demo {
        demo::load(&koffiekar)
            .await
            .context("cannot load the demo")?;
        demo::conversations::load(&koffiekar)
            .await
            .context("cannot load the demo's conversations")?;
    }

    let engine = koffiekar.store.engine();
    tracing::info!(port, engine, version = env!("CARGO_PKG_VERSION"), "serving");
    let watching = match watched {
        Some(listener) => {
            let address = listener.local_addr()?;
            if !address.ip().is_loopback() {
                tracing::warn!(%address, "other machines may read the metrics; let a firewall say which");
            }
            println!("Metrics: http://{address}/metrics");
            let served = koffiekar_server::serve_watched(koffiekar.clone(), listener);
            Some(tokio::spawn(served))
        }
        None => None,
    };
    println!("Koffiekar: http://localhost:{port}");
    if options.demo {
        let table = demo::accounts_table(&koffiekar).await?;
        println!("\nDemo accounts, password {}:\n{table}", demo::PASSWORD);
    }

    let store = koffiekar.store.clone();
    let (tell, mut told) = tokio::sync::watch::channel(false);
    let ended = async move {
        let _ = told.wait_for(|told| *told).await;
    };
    tokio::select! {
        result = koffiekar_server::serve(koffiekar, listener, ended) => result?,
        () = async {
            told_to_end.await;
            tracing::info!("told to end: finishing what runs");
            let _ = tell.send(true);
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("some requests did not finish in time"),
    }
    if let Some(watching) = watching {
        watching.abort();
    }
    store.close().await;
    tracing::info!("ended");
    Ok(())
}

async fn add_person(options: AddPerson) -> Result<()> {
    let AddPerson {
        place,
        login,
        name,
        role,
    } = options;
    let mut password = String::new();
    std::io::stdin()
        .take(10_000)
        .read_to_string(&mut password)
        .context("the password cannot be read from standard input")?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let koffiekar = open(&place).await?;
    let new = NewPerson {
        login,
        name,
        role,
        password,
        rounds: Vec::new(),
    };
    let person = people::insert(&koffiekar, new, None, CONSOLE).await?;
    koffiekar.store.close().await;
    println!("Added {} ({}).", person.login, person.role.as_str());
    Ok(())
}

async fn load_programme(options: LoadProgramme) -> Result<()> {
    let LoadProgramme { place, file } = options;
    let shown = file.display();
    let size = std::fs::metadata(&file)
        .with_context(|| format!("cannot read {shown}"))?
        .len();
    if size > programme::bounds::FILE_BYTES as u64 {
        bail!("{shown}: {}", programme::ProgrammeError::TooLarge);
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {shown}"))?;
    let catalogue = programme::parse(&text).with_context(|| shown.to_string())?;
    let koffiekar = open(&place).await?;
    let mut tx = koffiekar.store.write().await?;
    programme::write(&mut tx, &catalogue)
        .await
        .with_context(|| shown.to_string())?;
    tx.commit().await?;
    koffiekar.suggest.learn_now(&koffiekar.store).await?;
    koffiekar.store.close().await;
    println!(
        "Loaded {}: {} themes, {} action lines, {} areas, {} consent texts.",
        catalogue.programme.name,
        catalogue.themes.len(),
        catalogue.action_lines.len(),
        catalogue.areas.len(),
        catalogue.consent_texts.len(),
    );
    println!("Servers that run propose the new action lines within half a minute.");
    Ok(())
}

async fn new_epoch(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    restored::begin_anew(&koffiekar, CONSOLE).await?;
    koffiekar.store.close().await;
    println!(
        "This database has a new epoch. What happens now:
- Each tablet notices at its next connection. It asks about every conversation that it holds, and sends
  what is missing here: its own work, and that of colleagues of which it has this server's receipt.
  Nobody has to do anything on a tablet, but each has to connect once.
- What no tablet holds any more stays lost. Of the office's work since the backup, tags and wordings come
  back with the conversations of tablets that fetched them; quotes chosen for a text do not.
- People, passwords, rounds, their members and ended tablets are as they were when the backup was made.
  Look at them now: a round that was opened or a tablet that was ended since then is not.
- If `koffiekar new-receipt-key` ran since the backup was made: the new key came back from the file
  koffiekar.remembered beside the key file. Where that file is lost too, somebody has to sign in again on
  each tablet that learnt that key, and what it signed for stays on the tablets that made it.
Servers that run need no restart."
    );
    Ok(())
}

async fn new_receipt_key(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    let renewed = receipt_keys::renew(&koffiekar, CONSOLE).await?;
    koffiekar.store.close().await;
    let Some(renewed) = renewed else {
        bail!("somebody else made a new key for receipts in this very moment; that one signs now");
    };
    println!(
        "Receipts are signed with the new key {} from now on; servers that run need no restart.
The key before, {}, handed over to it, and its secret half is gone. Tablets follow at their next
connection, however long they were away; nobody has to do anything.
Make a backup now, and keep a copy of koffiekar.remembered, beside the key file, with that of the key:
a backup from before knows the old key alone.",
        hex(&renewed.now.0),
        hex(&renewed.before.0)
    );
    Ok(())
}

async fn clear_files(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    let cleared = koffiekar_server::rewrite_files(&koffiekar).await?;
    koffiekar.store.close().await;
    let Some(cleared) = cleared else {
        bail!("somebody was reading or writing in the database; try again in a minute");
    };
    println!("Cleared the files of the database of what was left of {cleared} erasures.");
    println!("Its own log, and backups from before, keep what they hold until they are gone.");
    Ok(())
}

async fn open(place: &Place) -> Result<Koffiekar> {
    let address = match &place.database_url {
        Some(address) => address.clone(),
        None => format!("sqlite:{}", place.data.join("koffiekar.sqlite").display()),
    };
    let folder = match address.strip_prefix("sqlite:").map(Path::new) {
        Some(file) => file.parent().unwrap_or(Path::new("")),
        None => &place.data,
    };
    if !folder.as_os_str().is_empty() {
        make_folder(folder)?;
    }
    let mut apart = Apart::beside(folder);
    if let Some(file) = &place.key_file {
        apart.key_file.clone_from(file);
    }
    let settings = Settings {
        connections: place.database_connections,
        direct: place.database_direct_url.clone(),
    };
    let store = match Store::open_with(&address, &settings).await {
        Ok(store) => store,
        Err(error) => {
            let advice = advice(&error);
            return Err(error).context(format!("cannot open the database{advice}"));
        }
    };
    match Koffiekar::new(store, Clock::System, &apart).await {
        Err(StartError::Store(error)) => {
            let advice = advice(&error);
            Err(error).context(format!("cannot open the database{advice}"))
        }
        other => Ok(other?),
    }
}

/// What an administrator can do about it.
fn advice(error: &StoreError) -> &'static str {
    match error.trouble() {
        Some(Trouble::Busy) => "; another program holds it: end that one, then start again",
        Some(Trouble::Full) => "; no room is left on its disk: make room, then start again",
        Some(Trouble::Unavailable) => {
            "; it does not answer, or cannot be read or written there: see that PostgreSQL runs, or look at \
             the disk and at whose the files are, or put a backup back, then start again"
        }
        None => "",
    }
}

/// Readable by nobody else, and proven writable.
fn make_folder(data: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let shown = data.display();
    if !data.exists() {
        let mut folder = std::fs::DirBuilder::new();
        let made = folder.recursive(true).mode(0o700).create(data);
        made.with_context(|| format!("cannot make the data folder {shown}"))?;
    }
    let probe = data.join(format!(".writable-{}", std::process::id()));
    let written = std::fs::write(&probe, b"");
    written.with_context(|| {
        format!("cannot write in the data folder {shown}; choose another with --data")
    })?;
    std::fs::remove_file(&probe).with_context(|| format!("cannot remove {}", probe.display()))
}

async fn listen_on(address: SocketAddr, flag: &str) -> Result<TcpListener> {
    let (ip, port) = (address.ip(), address.port());
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is taken by another program; choose another with {flag}")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {ip}, port {port}")),
    }
}

/// Ends at SIGINT or SIGTERM.
fn told_to_end() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
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
