//! The way to the disk, also where the browser empties it: then all that is in memory is written anew.

use std::rc::Rc;

use koffiekar_sync_core::ids::Millis;
use leptos::{prelude::*, task::spawn_local};

use super::{
    GATE, Kept, Open, WRITING, changed, keep_draft, keep_edit, kept, now, peek, settle, touch,
    trouble,
};
use crate::{
    field::{
        pause, phase,
        store::{self, StoreError, Write},
        vault::VaultError,
    },
    page,
};

/// The browser's storage was emptied, and what was in memory was written once more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WrittenAnew {
    pub(crate) at: Millis,
    /// Who else worked on this tablet: what was theirs was not in memory.
    pub(crate) others: Vec<String>,
}

thread_local! {
    static WRITTEN_ANEW: ArcRwSignal<Option<WrittenAnew>> = ArcRwSignal::new(None);
}

/// Set when the storage was emptied under the open tablet, until the worker has read it.
pub(crate) fn written_anew() -> ArcRwSignal<Option<WrittenAnew>> {
    WRITTEN_ANEW.with(Clone::clone)
}

/// How often, and how long in between, it is looked whether all is written: ten seconds in all.
const MOST_LOOKS: u32 = 500;
const LOOK_PAUSE_MS: i32 = 20;

/// Writes what was typed and waits until nothing is being written; whether all of it is on the disk.
pub(crate) async fn is_all_kept() -> bool {
    pause::flush();
    let gate = GATE.with(Rc::clone);
    for _ in 0..MOST_LOOKS {
        let is_idle = WRITING.get() == 0 && pause::is_quiet() && gate.try_lock().is_some();
        if is_idle {
            let failed = matches!(&*kept().read_untracked(), Kept::Failed(_));
            return !failed && trouble().read_untracked().is_none();
        }
        phase::wait(LOOK_PAUSE_MS).await;
    }
    false
}

/// Looks whether the storage is still the one that was opened. Call when it may not be.
pub(crate) fn look_at_disk() {
    spawn_local(async {
        found(store::check().await).await;
    });
}

/// After this long each, a disk that was closed from outside is looked at again.
const LOOKS_AFTER_MS: [i32; 3] = [0, 1_000, 5_000];

/// The disk was closed from outside. What empties it closes it first, and may not be done at once.
pub(crate) async fn look_after_closing() {
    for pause_ms in LOOKS_AFTER_MS {
        phase::wait(pause_ms).await;
        found(store::check_anew().await).await;
    }
}

async fn found(disk: Result<(), StoreError>) {
    if disk == Err(StoreError::Emptied) {
        let written = keep_everything_anew(&[]).await;
        settle(written.err());
    }
}

/// All or nothing, on the disk that was opened, or on another all that is in memory besides.
pub(super) async fn keep(writes: &[Write]) -> Result<(), StoreError> {
    match store::write(writes).await {
        Err(StoreError::Emptied) => keep_everything_anew(writes).await?,
        done => done?,
    }
    tell_what_is_kept();
    Ok(())
}

/// The storage was emptied under the tablet: all that is in memory is written at once, and it is told.
/// `last` comes after all the rest.
async fn keep_everything_anew(last: &[Write]) -> Result<(), StoreError> {
    let everything = touch(|open| {
        open.unsent = None;
        let mut writes = open.everything()?;
        writes.extend(open.unsent_writes(true));
        Ok::<_, VaultError>(writes)
    });
    let Some(everything) = everything else {
        phase::storage_was_emptied();
        return Err(StoreError::Emptied);
    };
    let no_encryption = |_| StoreError::Broken("no encryption".to_owned());
    let mut writes = everything.map_err(no_encryption)?;
    writes.extend_from_slice(last);
    // Whatever stood in the way, nothing of it is on the disk.
    let written = store::write_anew(&writes).await;
    if written.is_err() {
        touch(|open| open.unsent = None);
        return Err(StoreError::Emptied);
    }
    touch(|open| open.unreadable = 0);
    // What could not be written a moment ago is among it.
    let has_failed = matches!(&*kept().read_untracked(), Kept::Failed(_));
    if has_failed && pause::is_quiet() {
        kept().set(Kept::Saved);
    }
    // Told of earlier, and not read yet.
    let told = written_anew().get_untracked();
    let mut others = told.map(|told| told.others).unwrap_or_default();
    others.extend(phase::alone_on_this_tablet());
    written_anew().set(Some(WrittenAnew { at: now(), others }));
    tell_what_is_kept();
    changed();
    Ok(())
}

/// For the screen of last resort, which the app itself cannot draw any more.
pub(super) fn tell_what_is_kept() {
    if let Some(count) = peek(Open::count) {
        page::kept(js_sys::Date::now(), count.all, count.waiting, count.drafts);
    }
}

/// After room was made: everything typed is written once more, whatever was written before.
pub(crate) fn keep_all_again() {
    spawn_local(async {
        let disk = match store::check().await {
            Err(StoreError::Emptied) => keep_everything_anew(&[]).await,
            done => done,
        };
        settle(disk.err());
        let (drafts, edits) = peek(|open| {
            (
                open.drafts.values().cloned().collect::<Vec<_>>(),
                open.edits.values().cloned().collect::<Vec<_>>(),
            )
        })
        .unwrap_or_default();
        drafts.into_iter().for_each(keep_draft);
        edits.into_iter().for_each(keep_edit);
    });
}
