//! What the server's process holds in memory with a lot stored and a fleet about it.

use koffiekar_server::store::Store;
use koffiekar_server::{Apart, Clock, Koffiekar, demo};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, sqlite_address};
use koffiekar_tests::tablet::now;
use tokio::task::JoinSet;

use super::fill::fill;
use super::fleet::enrol;
use super::{Bench, QUOTES_EACH, ROUND};

const STORED: usize = 100_000;
const TABLETS: usize = 500;
/// Syncs of each tablet while it is watched.
const ROUNDS: usize = 5;

pub(super) async fn memory(bench: &Bench) {
    if bench.postgres {
        return eprintln!("memory: measured with SQLite inside the server's process only");
    }
    eprintln!("memory: filling {STORED} conversations");
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_address(folder.path())).await.unwrap();
    let koffiekar = Koffiekar::new(store, Clock::System, &Apart::beside(folder.path()))
        .await
        .unwrap();
    demo::load(&koffiekar).await.unwrap();
    fill(&koffiekar, 0, STORED).await;
    koffiekar.store.close().await;
    drop(koffiekar);

    let program = Binary::start(folder.path(), 0, false).await;
    let process = program.id();
    bench.tell("memory_at_start", resident_mb(process), "MB", None);
    eprintln!("memory: {TABLETS} tablets fetch a part, hand in, and stay");
    let mut fleet = enrol(&program.url, TABLETS).await;
    for tablet in &mut fleet {
        tablet.budget.feed_bytes = 16 * 1024;
    }
    for round in 0..ROUNDS {
        let mut syncing = JoinSet::new();
        for (number, mut tablet) in fleet.drain(..).enumerate() {
            syncing.spawn(async move {
                let mut numbers = Numbers((round * TABLETS + number) as u64);
                let user = tablet.replica.identity().user;
                let new = conversation(&mut numbers, user, now(), QUOTES_EACH);
                tablet.record(demo::round(ROUND), &new);
                tablet.exchange().await.unwrap();
                tablet
            });
        }
        fleet = syncing.join_all().await;
    }
    bench.tell("memory_live", resident_mb(process), "MB", Some(150.0));
    bench.tell("memory_peak", peak_mb(process), "MB", None);
}

pub(super) fn resident_mb(process: u32) -> f64 {
    of_status(process, "VmRSS:")
}

/// What it held at most since [`forget_peak_mb`], or since its start.
pub(super) fn peak_mb(process: u32) -> f64 {
    of_status(process, "VmHWM:")
}

pub(super) fn forget_peak_mb(process: u32) {
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
}

fn of_status(process: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1024.0
}
