//! Many tablets and the real server in one thread, under one seed.
//!
//! The tablets are the app's own [`Replica`](koffiekar_sync_core::replica::Replica)s, the server is
//! the real router on the real store. Time, chance and the network are the scheduler's: a [`plan`] is
//! made from a seed, and a [`world`] lives through it event by event. Messages are lost, doubled,
//! delayed, cut; tablets crash between any two steps; clocks jump; people come and go. Beside it
//! runs a [`model`] that knows nothing but sets, and after every step, and more thoroughly when all
//! has come to rest, [`checks`] hold the one against the other.
//!
//! The same seed gives the same run, byte for byte. A failure is told as a shortened story
//! ([`shrink`]) with its seed.

pub mod answers;
pub mod checks;
pub mod deeds;
pub mod erasing;
pub mod erasure;
pub mod exchange;
pub mod forged;
pub mod gone;
pub mod host;
pub mod kept;
pub mod log;
pub mod model;
pub mod network;
pub mod office;
pub mod plan;
pub mod quarantine;
pub mod shrink;
pub mod story;
pub mod tablet;
pub mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use plan::Plan;
use shrink::shrink;
use story::Story;
use world::World;

/// What came of one plan.
pub struct Run {
    pub story: Vec<String>,
    /// Of all that happened, of all messages, and of what stands in the tables in the end.
    pub hash: String,
    /// What is wrong.
    pub failure: Option<String>,
    /// The event at which it went wrong; missing where it did not, or only at rest.
    pub failed_at: Option<u32>,
    pub requests: u64,
}

/// Lives through a plan, in this thread.
pub fn run(plan: &Plan) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let told = Arc::new(Mutex::new(None));
    let lived = catch_unwind(AssertUnwindSafe(|| runtime.block_on(live(plan, &told))));
    lived.unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without words");
        Run {
            story: Vec::new(),
            hash: String::new(),
            failure: Some(format!("panic: {words}")),
            failed_at: *told.lock().unwrap(),
            requests: 0,
        }
    })
}

async fn live(plan: &Plan, reached: &Mutex<Option<u32>>) -> Run {
    let mut world = World::new(plan).await;
    let cast = world.cast();
    world.tell(cast);
    let mut outcome = Ok(());
    for event in &plan.events {
        *reached.lock().unwrap() = Some(event.number);
        outcome = world.happen(event).await;
        if outcome.is_err() {
            break;
        }
    }
    let mut failed_at = *reached.lock().unwrap();
    if outcome.is_ok() {
        failed_at = None;
        outcome = world.come_to_rest().await;
    }
    let contents = host::contents(&world.host.koffiekar.store).await;
    world.story.note(&contents);
    let World {
        host,
        story,
        requests,
        model,
        ..
    } = world;
    let files = host.end().await;
    if outcome.is_ok()
        && let Some(found) = checks::find_mark(&files, &model.erased_marks())
    {
        outcome = Err(format!(
            "the files of the database hold `{found}`, which was erased"
        ));
    }
    let (story, hash) = Story::end(story);
    Run {
        story,
        hash,
        failure: outcome.err(),
        failed_at,
        requests,
    }
}

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Simulated {
    pub runs: u64,
    pub events: u64,
    pub requests: u64,
    /// Seed and what was wrong.
    pub failures: Vec<(u64, String)>,
    /// A line of the server's log in which somebody's words stand.
    pub logged: Option<String>,
}

/// Runs so many seeds, spread over threads. Stops soon after a few have failed.
pub fn simulate(from: u64, seeds: u64, threads: usize) -> Simulated {
    const ENOUGH: usize = 5;
    log::watch();
    let next = AtomicU64::new(0);
    let all = Mutex::new(Simulated::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if at >= seeds || all.lock().unwrap().failures.len() >= ENOUGH {
                        return;
                    }
                    let seed = from + at;
                    let plan = Plan::of(seed);
                    let run = run(&plan);
                    let mut all = all.lock().unwrap();
                    all.runs += 1;
                    all.events += plan.events.len() as u64;
                    all.requests += run.requests;
                    all.failures.extend(run.failure.map(|wrong| (seed, wrong)));
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap();
    all.failures.sort();
    all.logged = log::told();
    all
}

/// The story of a failing seed, made as short as can be, ready to be read.
pub fn told(seed: u64) -> String {
    shortened(&Plan::of(seed))
}

/// The same of any plan.
pub fn shortened(plan: &Plan) -> String {
    let seed = plan.seed;
    let first = run(plan);
    let Some(wrong) = first.failure.clone() else {
        return format!("seed {seed} does not fail");
    };
    let count = plan.events.len();
    let (short, run) = shrink(plan, first);
    let lines = run.story.join("\n  ");
    let again = run.failure.unwrap_or_default();
    format!(
        "seed {seed}: {wrong}\nshortened from {count} to {} events: {again}\n  {lines}\n\
         to be kept: {}",
        short.events.len(),
        kept::line(&short)
    )
}
