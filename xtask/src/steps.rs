//! Says on stderr what is going on, how long it took, and in the end what came of it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The steps of one command, in the order in which they ran.
#[derive(Default)]
pub(crate) struct Steps {
    finished: Vec<Finished>,
}

struct Finished {
    name: &'static str,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// A step that the next ones need: its failure ends the command.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        eprintln!("==> {name}");
        let start = Instant::now();
        let outcome = step();
        let (took, passed) = (start.elapsed(), outcome.is_ok());
        eprintln!("    {name}: {} in {}", word(passed), seconds(took));
        self.finished.push(Finished { name, took, passed });
        outcome
    }

    /// A step that stands by itself: its failure is told and counted, and the next ones run.
    pub(crate) fn check(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) {
        if let Err(error) = self.run(name, step) {
            eprintln!("    {error:#}");
        }
    }

    /// Prints the list, and fails if a step did.
    pub(crate) fn summary(&self) -> Result<()> {
        eprintln!("\nSummary");
        for Finished { name, took, passed } in &self.finished {
            eprintln!("  {:6} {:>9}  {name}", word(*passed), seconds(*took));
        }
        let total = self.finished.iter().map(|step| step.took).sum();
        eprintln!("         {:>9}  in all", seconds(total));
        let failed: Vec<_> = self
            .finished
            .iter()
            .filter(|step| !step.passed)
            .map(|step| step.name)
            .collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

fn word(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
