//! One caller takes all that they can get; beside them another person works at a desk, and a tablet syncs.
//!
//! Whoever misbehaves does so from another address of this machine, for some seconds. What is measured is
//! what the others wait for, over connections that they open anew, and how much memory the server's process
//! held at most. The server is the real program, in a process of its own.

mod attacks;
mod others;

use std::path::Path;
use std::time::Duration;

use koffiekar_server::store::Store;
use koffiekar_server::{Clock, Koffiekar, demo};
use koffiekar_tests::office::Office;
use koffiekar_tests::programs;
use koffiekar_tests::server::{Binary, Place};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use tokio::process::Command;

use super::Bench;
use super::fill::fill;
use super::memory::{forget_peak_mb, peak_mb};
use attacks::Attack;
use others::Others;

/// Enough that a table of their quotes is more than fits into a connection.
const STORED: usize = 20_000;
/// How long each of them goes on.
const LASTS: Duration = Duration::from_secs(10);
const MEMORY_MB: f64 = 400.0;
const WAIT_MS: f64 = 1_000.0;

pub(super) async fn abuse(bench: &Bench) {
    eprintln!("abuse: filling {STORED} conversations");
    let place = bench.place().await;
    let folder = tempfile::tempdir().unwrap();
    lay_out(&place).await;
    let server = start(&place, &folder).await;
    // The server began with what the system gives at first, and sees to more by itself.
    hold_many_sockets();
    let mut others = Others::enrol(&server.url).await;
    // The server has read all quotes when it answers this.
    let analyst = Office::sign_in(&server.url, "analist").await;
    let _: serde_json::Value = analyst.get("/api/v1/quotes?limit=1").await;

    for attack in [
        Attack::Nothing,
        Attack::UnreadTables,
        Attack::UnfinishedBodies,
        Attack::HalfHeads,
        Attack::Moments,
        Attack::Enrolments,
        Attack::FeedsOfOneTablet,
    ] {
        let name = attack.name();
        eprintln!("abuse: {name}");
        forget_peak_mb(server.id());
        let attacking = attacks::begin(attack, &server.url, &analyst).await;
        let waits = others.work(LASTS).await;
        drop(attacking);
        let tell = |what: &str, value: f64, unit: &str, budget: f64| {
            bench.tell(&format!("abuse_{name}_{what}"), value, unit, Some(budget));
        };
        tell("desk_p95", waits.desk.p95_ms(), "ms", WAIT_MS);
        tell("sync_p95", waits.tablet.p95_ms(), "ms", WAIT_MS);
        tell("failures", waits.failures as f64, "requests", 0.0);
        tell("memory", peak_mb(server.id()), "MB", MEMORY_MB);
        others.until_well().await;
    }
}

/// As many as the system lets this program have: the clients are all in it.
fn hold_many_sockets() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

async fn lay_out(place: &Place) {
    let store = Store::open(&place.address()).await.unwrap();
    let koffiekar = Koffiekar::new(store, Clock::System, &place.apart()).await;
    let koffiekar = koffiekar.unwrap();
    demo::load(&koffiekar).await.unwrap();
    fill(&koffiekar, 0, STORED).await;
    koffiekar.store.look_at_sizes().await.unwrap();
    koffiekar.store.close().await;
}

async fn start(place: &Place, folder: &TempDir) -> Binary {
    let data: &Path = match place {
        Place::Sqlite(data) => data.path(),
        Place::Postgres(_) => folder.path(),
    };
    let command = match place {
        Place::Sqlite(_) => Binary::serve(Command::new(programs::koffiekar()), data, 0),
        Place::Postgres(database) => Binary::serve_on(database, data, 0),
    };
    Binary::launch(command).await.unwrap()
}
