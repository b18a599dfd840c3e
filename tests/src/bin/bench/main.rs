//! Figures, one JSON line each on standard output: `{"name","value","unit","budget","better","engine"}`.
//! What is going on is told on standard error. Budgets: `docs/performance.md`.
//!
//! `cargo xtask bench [push|pull|idle|stages|fleet|memory|growth|query|export|move|abuse ...] [--postgres]`. Server and tablets
//! run in this process and speak HTTP over loopback; for `memory` and `abuse` the server is the real program, in
//! a process of its own. The database lies on the disk of the temporary folder.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must stop"
)]

mod abuse;
mod fill;
mod fleet;
mod growth;
mod memory;
mod moving;
mod pull;
mod push;
mod query;
mod raw;

use koffiekar_server::demo;
use koffiekar_sync_core::replica::Budget;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use serde::Serialize;

/// As in the server's program.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUOTES_EACH: usize = 3;
const ROUND: &str = "buurtronde-2026";
const KNOWN: [&str; 11] = [
    "push", "pull", "idle", "stages", "fleet", "memory", "growth", "query", "export", "move",
    "abuse",
];

/// A wired or good wireless connection: what a tablet takes when it comes home with a full day.
const LARGE: Budget = Budget {
    documents: 1_000,
    push_bytes: 4 * 1024 * 1024,
    feed_bytes: 4 * 1024 * 1024,
};

#[derive(Serialize)]
struct Figure<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    budget: Option<f64>,
    better: &'a str,
    engine: &'a str,
}

struct Bench {
    postgres: bool,
}

impl Bench {
    async fn place(&self) -> Place {
        if self.postgres {
            Place::postgres().await
        } else {
            Place::sqlite()
        }
    }

    async fn server(&self) -> Server {
        Server::start(self.place().await).await
    }

    /// Smaller is better.
    fn tell(&self, name: &str, value: f64, unit: &str, budget: Option<f64>) {
        self.say(name, value, unit, budget, "lower");
    }

    fn tell_more_is_better(&self, name: &str, value: f64, unit: &str, budget: f64) {
        self.say(name, value, unit, Some(budget), "higher");
    }

    fn say(&self, name: &str, value: f64, unit: &str, budget: Option<f64>, better: &str) {
        let engine = if self.postgres { "postgres" } else { "sqlite" };
        let value = (value * 1000.0).round() / 1000.0;
        let figure = Figure {
            name,
            value,
            unit,
            budget,
            better,
            engine,
        };
        println!("{}", serde_json::to_string(&figure).unwrap());
    }
}

fn main() {
    koffiekar_server::runtime().unwrap().block_on(run());
}

async fn run() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let bench = Bench {
        postgres: arguments.iter().any(|argument| argument == "--postgres"),
    };
    let named: Vec<&str> = arguments
        .iter()
        .filter(|a| !a.starts_with("--"))
        .map(String::as_str)
        .collect();
    if let Some(unknown) = named.iter().find(|name| !KNOWN.contains(name)) {
        eprintln!(
            "there is no benchmark `{unknown}`; there are {}",
            KNOWN.join(", ")
        );
        std::process::exit(2);
    }
    let wanted = |name: &str| named.is_empty() || named.contains(&name);
    if wanted("push") {
        push::push(&bench, 2_000, "push_2000", 13.4 / 20.0).await;
        push::push(&bench, 10_000, "push_10000", 3.05).await;
    }
    if wanted("stages") {
        push::stages(&bench).await;
    }
    if wanted("pull") || wanted("idle") {
        pull::pull_and_idle(&bench, wanted("pull"), wanted("idle")).await;
    }
    if wanted("fleet") {
        fleet::fleet(&bench).await;
    }
    if wanted("memory") {
        memory::memory(&bench).await;
    }
    if wanted("growth") {
        growth::growth(&bench).await;
    }
    if wanted("query") || wanted("export") {
        query::query_and_export(&bench, wanted("query"), wanted("export")).await;
    }
    if wanted("abuse") {
        abuse::abuse(&bench).await;
    }
    // Both ways, whichever engine is asked for.
    if wanted("move") {
        moving::move_there_and_back(&bench).await;
    }
}

/// A tablet with this many new conversations.
async fn full_tablet(server: &Server, count: usize) -> Tablet {
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    tablet.budget = LARGE;
    tablet.sync().await.unwrap();
    let mut numbers = Numbers(7);
    let user = tablet.replica.identity().user;
    let start = tablet.now();
    for index in 0..count {
        let at = start.plus(i64::try_from(index).unwrap());
        let new = conversation(&mut numbers, user, at, QUOTES_EACH);
        tablet.record(demo::round(ROUND), &new);
    }
    tablet
}
