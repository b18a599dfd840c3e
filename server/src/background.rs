//! Work that goes on beside requests for as long as the server runs.
//!
//! Every loop is started here. One that dies is started again, after a pause that grows while it goes on
//! dying; what it was at is logged by the name of the loop alone. `/readyz` and the figures tell which are
//! down. One that returns is done.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// After the first death, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Who lived so long starts with the first pause again.
const LIVED_WELL: Duration = Duration::from_secs(600);

/// All loops of one server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Background {
    loops: Arc<Mutex<BTreeMap<&'static str, LoopState>>>,
    first_pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopState {
    /// It works, or is done.
    pub is_up: bool,
    pub deaths: u64,
}

impl Default for Background {
    fn default() -> Self {
        Self::with_first_pause(FIRST_PAUSE)
    }
}

impl Background {
    pub fn with_first_pause(first_pause: Duration) -> Self {
        Self {
            loops: Arc::default(),
            first_pause,
        }
    }

    /// Runs what `begin` gives, and begins again where it dies, until it returns or this is aborted.
    pub fn run<F>(
        &self,
        name: &'static str,
        begin: impl Fn() -> F + Send + 'static,
    ) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.note(name, true, 0);
        let background = self.clone();
        tokio::spawn(async move {
            let mut pause = background.first_pause;
            loop {
                let begun = Instant::now();
                // What runs in a set ends with it.
                let mut running = JoinSet::new();
                running.spawn(begin());
                let ended = running.join_next().await;
                if matches!(ended, None | Some(Ok(()))) {
                    return;
                }
                if begun.elapsed() > LIVED_WELL {
                    pause = background.first_pause;
                }
                background.note(name, false, 1);
                let pause_s = pause.as_secs_f64();
                tracing::error!(name, pause_s, "a background loop died; it is started again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                background.note(name, true, 0);
            }
        })
    }

    pub fn loops(&self) -> BTreeMap<&'static str, LoopState> {
        self.lock().clone()
    }

    /// The names of those that died and are not started again yet.
    pub fn down(&self) -> Vec<&'static str> {
        let loops = self.lock();
        let down = loops.iter().filter(|(_, state)| !state.is_up);
        down.map(|(name, _)| *name).collect()
    }

    fn note(&self, name: &'static str, is_up: bool, deaths: u64) {
        let mut loops = self.lock();
        let state = loops.entry(name).or_insert(LoopState { is_up, deaths: 0 });
        state.is_up = is_up;
        state.deaths += deaths;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, LoopState>> {
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
