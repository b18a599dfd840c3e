//! What the worst pushes cost the server that somebody with an enrolled tablet can send: processor time
//! and memory, one JSON line each for the worst that is refused, and for the worst that is taken in.
//!
//! `cargo xtask bench hostile`. All of them on standard error. The budget is for what is refused: who
//! sends something that is within all limits and makes sense has their work done.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must stop"
)]

mod messages;
mod pushes;

use std::time::Duration;

use cpu_time::ThreadTime;
use peak_alloc::PeakAlloc;
use serde_json::json;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Processor time, without what else the machine does; the least of so many times.
const TIMES: usize = 3;

struct Cost {
    name: String,
    took: Duration,
    bytes: usize,
    /// What became of it; nothing where it was taken in.
    refused: Option<String>,
}

fn cost<T>(name: &str, mut work: impl FnMut() -> Result<T, String>) -> Cost {
    let mut cost = Cost {
        name: name.to_owned(),
        took: Duration::MAX,
        bytes: 0,
        refused: None,
    };
    for _ in 0..TIMES {
        MEMORY.reset_peak_usage();
        let (before, began) = (MEMORY.current_usage(), ThreadTime::now());
        let outcome = work();
        cost.took = cost.took.min(began.elapsed());
        cost.bytes = cost.bytes.max(MEMORY.peak_usage().saturating_sub(before));
        cost.refused = outcome.err();
    }
    let outcome = cost.refused.as_deref().unwrap_or("taken in");
    let (ms, mb) = (cost.ms(), cost.mb());
    eprintln!("{ms:9.2} ms {mb:7.1} MB  {name}: {outcome:.100}");
    cost
}

impl Cost {
    fn ms(&self) -> f64 {
        self.took.as_secs_f64() * 1e3
    }

    fn mb(&self) -> f64 {
        self.bytes as f64 / 1e6
    }
}

fn main() {
    // Automerge panics on some; that is caught.
    std::panic::set_hook(Box::new(|_| {}));
    let mut costs = messages::all();
    costs.extend(pushes::all());
    let (refused, taken): (Vec<Cost>, Vec<Cost>) =
        costs.into_iter().partition(|cost| cost.refused.is_some());
    tell("hostile", &refused, Some((10.0, 32.0)));
    tell("taken_in", &taken, None);
}

fn tell(name: &str, costs: &[Cost], budgets: Option<(f64, f64)>) {
    let worst = |of: fn(&Cost) -> f64| {
        costs
            .iter()
            .max_by(|one, other| of(one).total_cmp(&of(other)))
            .unwrap()
    };
    let (slowest, heaviest) = (worst(Cost::ms), worst(Cost::mb));
    let say = |which: &str, cost: &Cost, value: f64, unit: &str, budget: Option<f64>| {
        let figure = json!({
            "name": format!("{name}_{which}"),
            "value": (value * 1e3).round() / 1e3,
            "unit": unit,
            "budget": budget,
            "better": "lower",
            "engine": "none",
            "of": cost.name,
        });
        println!("{figure}");
    };
    let ms_budget = budgets.map(|(ms, _)| ms);
    let mb_budget = budgets.map(|(_, mb)| mb);
    say("slowest_ms", slowest, slowest.ms(), "ms", ms_budget);
    say("heaviest_mb", heaviest, heaviest.mb(), "MB", mb_budget);
}
