//! What the process takes of the machine, as Linux tells it. Elsewhere these figures stay 0.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// Under the names that Prometheus' own clients use.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) cpu: Counter<f64, AtomicU64>,
    pub(super) memory: Gauge,
    pub(super) files: Gauge,
}

/// Linux counts processor time in hundredths of a second, whatever its own clock does (`proc(5)`).
const TICKS_PER_SECOND: f64 = 100.0;

impl Process {
    pub(super) fn look(&self) {
        if let Some(seconds) = cpu_seconds() {
            self.cpu.inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
        if let Some(bytes) = memory_bytes() {
            self.memory.set(bytes);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            self.files
                .set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        }
    }
}

/// In the program and for it in the kernel.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in parentheses and may hold anything; fields 14 and 15 count from 1.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Option<f64> = ticks.map(|ticks| ticks.parse::<f64>().ok()).sum();
    Some(ticks? / TICKS_PER_SECOND)
}

fn memory_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
