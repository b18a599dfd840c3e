//! What time it is. Tests hand in a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use koffiekar_sync_core::ids::Millis;

/// The server's clock. Cheap to clone; clones of a held clock show the same time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Stands still until it is set.
    Held(Arc<AtomicI64>),
}

impl Clock {
    pub fn held(at: Millis) -> Clock {
        Clock::Held(Arc::new(AtomicI64::new(at.0)))
    }

    pub fn now(&self) -> Millis {
        match self {
            Clock::System => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Clock::Held(at) => Millis(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a held clock; the machine's own cannot be moved.
    pub fn advance(&self, millis: i64) {
        if let Clock::Held(at) = self {
            at.fetch_add(millis, Ordering::SeqCst);
        }
    }
}
