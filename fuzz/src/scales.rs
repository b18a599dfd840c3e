//! What refusing an input costs: memory has a bound, the slowest is told and kept.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use cpu_time::ThreadTime;
use peak_alloc::PeakAlloc;

use crate::fuzz::Gauge;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A refusal may take no more memory than this.
const REFUSED_BYTES: usize = 32 * 1024 * 1024;

static WORST: Mutex<Worst> = Mutex::new(Worst {
    slowest: Duration::ZERO,
    heaviest: 0,
});

struct Worst {
    slowest: Duration,
    heaviest: usize,
}

pub(crate) struct Scales<'a> {
    target: &'static str,
    input: &'a [u8],
    before: Cell<(usize, Option<ThreadTime>)>,
}

impl<'a> Scales<'a> {
    pub(crate) fn new(target: &'static str, input: &'a [u8]) -> Self {
        let before = Cell::new((0, None));
        Self {
            target,
            input,
            before,
        }
    }

    /// Keeps the input where the caller of the program wants it, and says so.
    fn tell(&self, name: &str, what: &str) {
        let Some(folder) = std::env::var_os("KOFFIEKAR_FUZZ_KEEP") else {
            return;
        };
        let path = PathBuf::from(folder).join(format!("{}-{name}", self.target));
        if fs::write(&path, self.input).is_ok() {
            eprintln!("{name}: {what} ({})", path.display());
        }
    }
}

impl Gauge for Scales<'_> {
    fn start(&self) {
        MEMORY.reset_peak_usage();
        let time = ThreadTime::try_now().ok();
        self.before.set((MEMORY.current_usage(), time));
    }

    fn end(&self, refused: bool) {
        let (bytes, time) = self.before.take();
        let took = time.map_or(Duration::ZERO, |time| time.elapsed());
        let bytes = MEMORY.peak_usage().saturating_sub(bytes);
        if !refused {
            return;
        }
        assert!(
            bytes <= REFUSED_BYTES,
            "a refusal took {bytes} bytes of memory"
        );
        let Ok(mut worst) = WORST.lock() else { return };
        // Not every microsecond more is news.
        if took > worst.slowest.mul_f64(1.2) {
            worst.slowest = took;
            self.tell(
                "slowest-refusal",
                &format!("{:.1} ms", took.as_secs_f64() * 1e3),
            );
        }
        if bytes > worst.heaviest + worst.heaviest / 5 {
            worst.heaviest = bytes;
            self.tell("heaviest-refusal", &format!("{} kB", bytes / 1024));
        }
    }
}
