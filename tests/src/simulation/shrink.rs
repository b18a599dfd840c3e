//! A failing story made shorter: events are left out as long as it still fails.

use super::plan::Plan;
use super::{Run, run};

/// Runs that shrinking may take.
const TRIES: usize = 400;

/// The shortest plan that was found to fail, and its run.
pub fn shrink(plan: &Plan, failed: Run) -> (Plan, Run) {
    let (mut best, mut best_run) = (plan.clone(), failed);
    let mut tries = 0;
    // What comes after the failure has no part in it.
    if let Some(at) = best_run.failed_at {
        best.events.retain(|event| event.number <= at);
    }
    let mut size = best.events.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        let mut shorter = false;
        while from < best.events.len() && tries < TRIES {
            let mut candidate = best.clone();
            let to = (from + size).min(candidate.events.len());
            candidate.events.drain(from..to);
            tries += 1;
            let tried = run(&candidate);
            if tried.failure.is_some() {
                (best, best_run) = (candidate, tried);
                shorter = true;
            } else {
                from = to;
            }
        }
        if tries >= TRIES {
            break;
        }
        if size > 1 {
            size /= 2;
        } else if !shorter {
            break;
        }
    }
    (best, best_run)
}
