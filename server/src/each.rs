//! Work on many things of which one may bring the work down: a panic is that one's alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Each by itself; where the work on one panics, `broken` answers for it. The words of the panic, which may be
/// somebody's, are told to nobody.
pub fn each_by_itself<T, R>(
    items: &[T],
    work: impl Fn(&T) -> R,
    broken: impl Fn(&T) -> R,
) -> Vec<R> {
    items
        .iter()
        .map(|item| by_itself(|| work(item)).unwrap_or_else(|| broken(item)))
        .collect()
}

/// `None` where it panics.
pub(crate) fn by_itself<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
