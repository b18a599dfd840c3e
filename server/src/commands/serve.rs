//! `koffiekar serve`

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use koffiekar_server::config::Serve;
use koffiekar_server::web::bounds::Shares;
use koffiekar_server::web::proxies::Proxies;
use koffiekar_server::{Bounds, Koffiekar, ServingLock, demo, private_files};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::open::{Schema, make_folder, open_with, refuse_lost_database};

pub(crate) async fn run(options: Serve) -> Result<()> {
    if options.trust_proxy {
        bail!(
            "--trust-proxy (KOFFIEKAR_TRUST_PROXY) believed everybody who says that they are a proxy, and is \
             gone. Name your proxy instead, for instance --trusted-proxies 127.0.0.1 \
             (KOFFIEKAR_TRUSTED_PROXIES), and let it set X-Forwarded-For and X-Forwarded-Proto"
        );
    }
    let told_to_end = told_to_end()?;
    // Before the database, so that a second server on the same port touches nothing.
    let address = SocketAddr::new(options.address, options.port);
    let listener = listen_on(address, "--port").await?;
    let port = listener.local_addr()?.port();
    let watched = match options.metrics_listen {
        Some(address) => Some(listen_on(address, "--metrics-listen").await?),
        None => None,
    };
    refuse_lost_database(&options.place)?;
    let _lock = match options.place.sqlite_file() {
        Some(database) => {
            make_folder(&options.place.folder())?;
            Some(ServingLock::take(&database)?)
        }
        None => None,
    };
    let schema = match options.no_migrate {
        true => Schema::MustBeThere,
        false => Schema::BringUpToDate,
    };
    if private_files::runs_as_root() {
        tracing::warn!(
            "this server runs as root: a fault in it would be one of the whole machine. Give it an account of \
             its own (docs/operations.md)"
        );
    }
    let mut koffiekar = open_with(&options.place, schema).await?;
    koffiekar.proxies = Arc::new(Proxies::trusted(options.trusted_proxies.clone()));
    koffiekar.shares = Shares::of(bounds(&options));
    if options.demo {
        load_demo(&koffiekar).await?;
    } else {
        refuse_demo_accounts(&koffiekar).await?;
    }

    let engine = koffiekar.store.engine();
    tracing::info!(port, engine, version = env!("CARGO_PKG_VERSION"), "serving");
    let watching = match watched {
        Some(listener) => Some(watch(&koffiekar, listener)?),
        None => None,
    };
    println!("Koffiekar: http://localhost:{port}");
    if options.demo {
        let table = demo::accounts_table(&koffiekar).await?;
        println!("\nDemo accounts, password {}:\n{table}", demo::PASSWORD);
    }

    let store = koffiekar.store.clone();
    let grace = Duration::from_secs(options.grace);
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
            tokio::time::sleep(grace).await;
        } => tracing::warn!("some requests did not finish in time"),
    }
    if let Some(watching) = watching {
        watching.abort();
    }
    store.close().await;
    tracing::info!("ended");
    Ok(())
}

/// Files and sockets beside the connections of clients: of the database, of other servers, of the log.
const OTHER_DESCRIPTORS: usize = 200;

/// As they were asked for, as far as the system gives descriptors for it.
fn bounds(options: &Serve) -> Bounds {
    let descriptors = descriptors();
    let most = descriptors.saturating_sub(OTHER_DESCRIPTORS).max(1);
    if options.connections > most {
        tracing::warn!(
            descriptors,
            "at most {most} connections at once: let the system allow more open files (`ulimit -n`, LimitNOFILE)"
        );
    }
    Bounds {
        connections: options.connections.min(most),
        connections_of_address: options.connections_per_address,
        ..Bounds::default()
    }
}

/// How many files and sockets may be open: as many as the system lets the program have.
fn descriptors() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, "no more open files than the system gives at first");
            current
        }
    };
    // Without a limit there is none.
    current.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    })
}

/// An installation that is filled already keeps what it has.
async fn load_demo(koffiekar: &Koffiekar) -> Result<()> {
    let is_new = demo::load(koffiekar).await;
    if is_new.context("cannot load the demo")? {
        demo::conversations::load(koffiekar)
            .await
            .context("cannot load the demo's conversations")?;
    }
    Ok(())
}

/// Whose password is printed at every start with `--demo` may not open what residents said.
async fn refuse_demo_accounts(koffiekar: &Koffiekar) -> Result<()> {
    let open = demo::open_accounts(koffiekar).await?;
    if open.is_empty() {
        return Ok(());
    }
    let logins: Vec<&str> = open.iter().map(|account| &*account.login).collect();
    bail!(
        "this installation has demo accounts with the password that everybody knows: {}. A demo is started with \
         --demo. For real use begin in an empty folder; or end these accounts with `koffiekar \
         disable-demo-accounts`, and make others with `koffiekar add-person`",
        logins.join(", ")
    );
}

fn watch(koffiekar: &Koffiekar, listener: TcpListener) -> Result<JoinHandle<io::Result<()>>> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "other machines may read the metrics; let a firewall say which");
    }
    println!("Metrics: http://{address}/metrics");
    let served = koffiekar_server::serve_watched(koffiekar.clone(), listener);
    Ok(tokio::spawn(served))
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
