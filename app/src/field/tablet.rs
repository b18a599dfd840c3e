//! The unlocked tablet of one person: the replica, what is typed, and the way to the disk.
//!
//! Whatever changes something goes through [`work`]: one at a time, first in memory, then all of its
//! effects in one durable transaction. Where that fails, memory is read anew from the disk, so that
//! no screen ever shows as kept what is not. Browser objects cannot cross threads and leptos' signals
//! want what can, so the tablet lives in a thread-local and the screens follow [`revision`].

mod count;
mod disk;
mod writes;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use koffiekar_sync_core::{
    catalogue::Catalogue,
    clock::Reading,
    conversation::Command,
    ids::{ConversationId, Millis, UserId},
    replica::{EditError, Effect, Identity, OtherPerson, Replica},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    clock,
    digest::{Digest, Digests},
    draft::{Draft, EditDraft, Target, draft_key},
    lock::Hold,
    opening, pause,
    records::{Records, aside_key},
    store::{Shelf, StoreError, Write},
    suggest,
    told::Elsewhere,
    unsent::Unsent,
    vault::{KeyRecord, PASSWORD_CHARS, Vault, VaultError},
};
use crate::{page, parts::set_time_zone};

pub(crate) use count::Count;
pub(crate) use disk::{
    is_all_kept, keep_all_again, look_after_closing, look_at_disk, written_anew,
};
use disk::{keep, tell_what_is_kept};
pub(crate) use writes::sealed;

pub(crate) struct Open {
    vault: Vault,
    pub(crate) person: KeyRecord,
    pub(crate) replica: Replica,
    pub(crate) catalogue: Catalogue,
    /// The server's model for suggestions, as it came.
    pub(crate) tagger: Option<Vec<u8>>,
    pub(crate) drafts: BTreeMap<ConversationId, Draft>,
    pub(crate) edits: BTreeMap<(ConversationId, Target), EditDraft>,
    /// Records that cannot be opened. They stay where they are.
    pub(crate) unreadable: usize,
    /// What was done elsewhere to conversations of this tablet.
    pub(crate) elsewhere: Elsewhere,
    /// The digits that bring the worker back after a resident held the tablet.
    pub(crate) return_code: Option<String>,
    digests: Digests,
    /// What stands readable about it on the disk, as far as that is known.
    pub(super) unsent: Option<Unsent>,
    /// Tells an answer to an earlier opening from one to this.
    pub(crate) opening: u64,
    _hold: Hold,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum WorkError {
    #[error("the tablet is locked")]
    Locked,
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Answer(#[from] koffiekar_sync_core::replica::AnswerError),
    #[error(transparent)]
    Person(#[from] OtherPerson),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What one piece of work leaves to be made durable.
pub(crate) struct Done<T> {
    pub(crate) value: T,
    pub(crate) effects: Vec<Effect>,
    pub(crate) writes: Vec<Write>,
}

/// How the last keystrokes stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kept {
    Quiet,
    Saving,
    Saved,
    Failed(StoreError),
}

thread_local! {
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
    static GATE: Rc<async_lock::Mutex<()>> = Rc::new(async_lock::Mutex::new(()));
    static REVISION: ArcRwSignal<u64> = ArcRwSignal::new(0);
    static TROUBLE: ArcRwSignal<Option<StoreError>> = ArcRwSignal::new(None);
    static KEPT: ArcRwSignal<Kept> = ArcRwSignal::new(Kept::Quiet);
    /// Writes of typed words that are under way.
    static UNSAVED_ANSWERS: Cell<bool> = const { Cell::new(false) };
    static WRITING: Cell<u32> = const { Cell::new(0) };
    static OPENINGS: RefCell<u64> = const { RefCell::new(0) };
}

/// Under which name it is kept what was done elsewhere and not read yet.
pub(super) const TOLD: &str = "told";
/// And the digits that bring the worker back.
pub(super) const RETURN_CODE: &str = "return-code";

/// Grows with every change of what the tablet holds.
pub(crate) fn revision() -> ArcRwSignal<u64> {
    REVISION.with(Clone::clone)
}

/// Set when the disk refused, until it takes something again.
pub(crate) fn trouble() -> ArcRwSignal<Option<StoreError>> {
    TROUBLE.with(Clone::clone)
}

pub(crate) fn kept() -> ArcRwSignal<Kept> {
    KEPT.with(Clone::clone)
}

/// Everything typed is on the disk.
pub(crate) fn is_written() -> bool {
    WRITING.get() == 0 && pause::is_quiet()
}

/// By the clock that people set: for ids and names of files. What is written down has [`clock::time`].
pub(crate) fn now() -> Millis {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    Millis(js_sys::Date::now() as i64)
}

/// Looks at the open tablet, and again whenever it changed.
pub(crate) fn see<T>(look: impl FnOnce(&Open) -> T) -> Option<T> {
    revision().track();
    peek(look)
}

/// Looks once.
pub(crate) fn peek<T>(look: impl FnOnce(&Open) -> T) -> Option<T> {
    OPEN.with_borrow(|open| open.as_ref().map(look))
}

/// Changes what is only in memory.
pub(crate) fn touch<T>(change: impl FnOnce(&mut Open) -> T) -> Option<T> {
    OPEN.with_borrow_mut(|open| open.as_mut().map(change))
}

/// Answers about consent stand on the screen and are not saved.
pub(crate) fn has_unsaved_answers() -> bool {
    UNSAVED_ANSWERS.get()
}

pub(crate) fn set_unsaved_answers(there_are: bool) {
    if UNSAVED_ANSWERS.replace(there_are) != there_are {
        changed();
    }
}

pub(crate) fn changed() {
    revision().update(|revision| *revision += 1);
}

/// Reads the person's records and opens the tablet with them.
pub(crate) async fn open(vault: Vault, person: KeyRecord, hold: Hold) -> Result<(), WorkError> {
    let mut records = Records::read(vault.user()).await?;
    let interrupted = opening::interrupted(vault.user());
    if !interrupted.is_empty() {
        records.set_aside(&vault, &interrupted).await?;
        opening::forget(vault.user());
        records = Records::read(vault.user()).await?;
    }
    let contents = records.open(&vault)?;
    set_time_zone(&contents.catalogue.programme);
    let opening = OPENINGS.with_borrow_mut(|openings| {
        *openings += 1;
        *openings
    });
    OPEN.set(Some(Open {
        vault,
        person,
        replica: contents.replica,
        catalogue: contents.catalogue,
        tagger: contents.tagger,
        drafts: contents.drafts,
        edits: contents.edits,
        unreadable: contents.unreadable,
        elsewhere: Elsewhere::new(contents.told),
        return_code: contents.return_code,
        digests: Digests::default(),
        unsent: None,
        opening,
        _hold: hold,
    }));
    suggest::forget();
    changed();
    tell_what_is_kept();
    // What a locked tablet tells of it, where an earlier version did not write that down.
    let nothing = |_: &mut Open| {
        Ok(Done {
            value: (),
            effects: Vec::new(),
            writes: Vec::new(),
        })
    };
    work(nothing).await
}

/// Forgets what is in memory. What is being written is written to the end; see [`is_all_kept`].
pub(crate) fn close() {
    super::handover::forget();
    OPEN.set(None);
    suggest::forget();
    kept().set(Kept::Quiet);
    trouble().set(None);
    changed();
}

/// One piece of work: in memory, then durably, or not at all.
pub(crate) async fn work<T>(
    act: impl FnOnce(&mut Open) -> Result<Done<T>, WorkError>,
) -> Result<T, WorkError> {
    let gate = GATE.with(Rc::clone);
    let _turn = gate.lock().await;
    let acted = OPEN.with_borrow_mut(|open| {
        let open = open.as_mut().ok_or(WorkError::Locked)?;
        let Done {
            value,
            effects,
            mut writes,
        } = act(open)?;
        let touches = |effect: &Effect| matches!(effect, Effect::Keep(_) | Effect::Forget(_));
        let anew = effects.iter().any(touches);
        let sealed = open.writes_of(effects).map(|more| writes.extend(more));
        writes.extend(open.unsent_writes(anew));
        Ok::<_, WorkError>((value, open.opening, sealed.map(|()| writes)))
    });
    let (value, opening, writes) = acted?;
    let stored = match writes {
        Ok(writes) => keep(&writes).await.map_err(WorkError::from),
        Err(error) => Err(error.into()),
    };
    match stored {
        Ok(()) => {
            settle(None);
            changed();
            Ok(value)
        }
        Err(error) => {
            if let WorkError::Store(error) = &error {
                settle(Some(error.clone()));
            }
            read_again_of(opening).await;
            Err(error)
        }
    }
}

fn settle(error: Option<StoreError>) {
    let trouble = trouble();
    if trouble.with_untracked(|before| *before != error) {
        trouble.set(error);
    }
}

/// What could not be stored is not pretended to be there.
async fn read_again_of(opening: u64) {
    let Some(user) = peek(|open| open.vault.user()) else {
        return;
    };
    let records = Records::read(user).await;
    if records.as_ref().err() == Some(&StoreError::Emptied) {
        // It is in memory alone, and the disk's trouble says so.
        return changed();
    }
    let still = touch(|open| {
        if open.opening != opening {
            return true;
        }
        match records
            .map_err(WorkError::from)
            .and_then(|records| records.open(&open.vault))
        {
            Ok(contents) => {
                open.replica = contents.replica;
                open.digests = Digests::default();
                open.unsent = None;
                open.elsewhere.told = contents.told;
                // Drafts stay as they are in memory: typed words are never older than stored ones.
                // What an answer took away that could not be kept is here again, to be taken away.
                for (key, edit) in contents.edits {
                    open.edits.entry(key).or_insert(edit);
                }
                true
            }
            Err(_) => false,
        }
    });
    if still == Some(false) {
        // Neither written nor read: going on would be going on without a floor. What was typed is
        // shown, to be copied.
        page::stop("the disk neither takes nor gives");
    }
    changed();
}

/// *Klaar*: the draft becomes a conversation.
pub(crate) async fn finish(draft: Draft) -> Result<(), WorkError> {
    let id = draft.id;
    work(|open| {
        let user = open.vault.user();
        let removed = open.removed(Shelf::Drafts, &draft_key(id));
        // A second tap on *Klaar*.
        let effects = if open.replica.held(id).is_some() {
            Vec::new()
        } else {
            let new = draft.finished(user)?;
            open.replica.record(id, draft.round, &new)?
        };
        Ok(Done {
            value: (),
            effects,
            writes: vec![removed],
        })
    })
    .await?;
    touch(|open| open.drafts.remove(&id));
    changed();
    Ok(())
}

/// One finished edit; the draft of it, if there was one, goes with it.
pub(crate) async fn edit(
    id: ConversationId,
    command: Command,
    target: Option<Target>,
) -> Result<(), WorkError> {
    work(|open| {
        let effects = open.replica.execute(id, &command, clock::reading())?;
        let removed = target.map(|target| open.removed(Shelf::Drafts, &EditDraft::key(id, target)));
        Ok(Done {
            value: (),
            effects,
            writes: removed.into_iter().collect(),
        })
    })
    .await?;
    if let Some(target) = target {
        touch(|open| open.edits.remove(&(id, target)));
        changed();
        tell_what_is_kept();
        let besides = touch(|open| open.unsent_writes(false)).unwrap_or_default();
        // The edit itself is on the disk.
        settle(keep(&besides).await.err());
    }
    Ok(())
}

/// What was set aside is opened like the rest from now on.
pub(crate) async fn try_aside_again() -> Result<(), WorkError> {
    work(|open| {
        let ids: Vec<ConversationId> = open.replica.aside().map(|(id, _)| id).collect();
        let writes = ids
            .iter()
            .map(|id| open.removed(Shelf::Meta, &aside_key(*id)));
        let writes = writes.collect();
        Ok(Done {
            value: (),
            effects: open.replica.try_again(),
            writes,
        })
    })
    .await
}

/// The same person signed in on this tablet again: another device to the server, with another key.
/// The password that the server took opens the tablet from now on.
pub(crate) async fn enrolled_again(
    identity: Identity,
    password: &str,
) -> Result<KeyRecord, WorkError> {
    let person = peek(|open| open.wrapped_anew(password)).ok_or(WorkError::Locked)??;
    let write = person.write();
    work(|open| {
        let effects = open.replica.enrolled_again(identity)?;
        // What had left comes back.
        open.elsewhere.has_access_again();
        let told = open.sealed_json(Shelf::Meta, TOLD, &open.elsewhere.told)?;
        Ok(Done {
            value: (),
            effects,
            writes: vec![write, told],
        })
    })
    .await?;
    touch(|open| open.person = person.clone());
    Ok(person)
}

pub(crate) async fn keep_return_code(code: String) -> Result<(), WorkError> {
    let kept = code.clone();
    work(|open| {
        let write = open.sealed(Shelf::Meta, RETURN_CODE, code.as_bytes())?;
        Ok(Done {
            value: (),
            effects: Vec::new(),
            writes: vec![write],
        })
    })
    .await?;
    touch(|open| open.return_code = Some(kept));
    Ok(())
}

/// The server said its time outside of sync; the clocks said this then.
pub(crate) async fn hear_server_time(server: Millis, heard: Reading) -> Result<(), WorkError> {
    work(|open| {
        Ok(Done {
            value: (),
            effects: open.replica.hear_server_time(server, heard),
            writes: Vec::new(),
        })
    })
    .await
}

/// Writes what was typed. Starts at once, so that it still happens when the page is being hidden.
pub(crate) fn keep_draft(draft: Draft) {
    let key = draft_key(draft.id);
    let write = touch(|open| {
        let write = open.sealed_json(Shelf::Drafts, &key, &draft);
        open.drafts.insert(draft.id, draft);
        write
    });
    start(write);
}

/// Nothing, where it is about words that were erased meanwhile.
pub(crate) fn keep_edit(edit: EditDraft) {
    let write = touch(|open| {
        let edit = open.elsewhere.placed(edit, &open.replica)?;
        let key = EditDraft::key(edit.conversation, edit.target);
        let write = open.sealed_json(Shelf::Drafts, &key, &edit);
        open.edits.insert((edit.conversation, edit.target), edit);
        Some(write)
    });
    start(write.flatten());
}

/// What was done elsewhere was read.
pub(crate) fn told_read() {
    let write = touch(|open| {
        open.elsewhere.told.clear();
        Ok(open.removed(Shelf::Meta, TOLD))
    });
    start(write);
}

pub(crate) fn drop_draft(id: ConversationId) {
    let write = touch(|open| {
        open.drafts.remove(&id);
        Ok(open.removed(Shelf::Drafts, &draft_key(id)))
    });
    start(write);
}

pub(crate) fn drop_edit(id: ConversationId, target: Target) {
    let write = touch(|open| {
        open.edits.remove(&(id, target));
        Ok(open.removed(Shelf::Drafts, &EditDraft::key(id, target)))
    });
    start(write);
}

fn start(write: Option<Result<Write, VaultError>>) {
    let Some(write) = write else { return };
    let besides = touch(|open| open.unsent_writes(false)).unwrap_or_default();
    changed();
    let kept = kept();
    let Ok(write) = write else {
        return kept.set(Kept::Failed(StoreError::Broken("no encryption".to_owned())));
    };
    kept.set(Kept::Saving);
    WRITING.set(WRITING.get() + 1);
    spawn_local(async move {
        let writes: Vec<Write> = std::iter::once(write).chain(besides).collect();
        let written = keep(&writes).await;
        WRITING.set(WRITING.get() - 1);
        match written {
            Ok(()) => {
                settle(None);
                // "Bewaard" is about the last key, not about an earlier one.
                if WRITING.get() == 0 && pause::is_quiet() {
                    kept.set(Kept::Saved);
                }
            }
            Err(error) => {
                // What was to be told with it may not stand there either.
                touch(|open| open.unsent = None);
                settle(Some(error.clone()));
                kept.set(Kept::Failed(error));
            }
        }
    });
}

impl Open {
    pub(crate) fn user(&self) -> UserId {
        self.vault.user()
    }

    /// What a list shows of this conversation; `None` where it cannot be read.
    pub(crate) fn digest(&self, id: ConversationId) -> Option<Rc<Digest>> {
        self.digests.of(&self.replica, id)
    }

    fn wrapped_anew(&self, password: &str) -> Result<KeyRecord, VaultError> {
        let KeyRecord {
            login,
            name,
            label,
            demo,
            ..
        } = &self.person;
        // Too short to lock a tablet: the one before does that still.
        if password.chars().count() < PASSWORD_CHARS {
            return Ok(self.person.clone());
        }
        self.vault.wrap(login, name, label, *demo, password)
    }
}
