//! From a closed tablet to an open one: who uses it, signing in once, unlocking, locking.

use std::time::Duration;

use koffiekar_sync_core::{
    clock::Reading,
    ids::{Millis, UserId},
    office::{EnrolDevice, Enrolment},
    replica::Identity,
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;
use zeroize::Zeroizing;

use super::{
    clock,
    lock::{self, NoHold},
    storage,
    store::{self, Change, Shelf, StoreError, Write},
    sync,
    tablet::{self, WorkError},
    unsent,
    vault::{self, KeyRecord, Vault, VaultError},
};
use crate::{
    api::{self, Failure},
    keep, page, route, session,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Phase {
    /// Looking who uses this tablet.
    Starting,
    /// The disk does not work: nothing can be kept here.
    NoStorage(StoreError),
    /// Somebody signs in on this tablet for the first time.
    Enrol,
    /// Waiting for the password of one of [`people`].
    Locked,
    /// Somebody of [`people`] has another password by now than the one that locks their work here.
    NewPassword(Box<KeyRecord>),
    /// Another window of this browser works with this person's conversations.
    Elsewhere(Box<KeyRecord>),
    /// A newer version of the app in another window has the disk.
    Renewed,
    Open,
}

/// Why somebody was not let in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    WrongPassword,
    PasswordTooShort,
    /// This person's earlier work lies here under another password: unlock with that one first.
    OtherPassword,
    Server(Failure),
    Work(WorkError),
    /// The browser cannot keep two windows apart.
    NoLocks,
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::WrongPassword => Self::WrongPassword,
            other => Self::Work(other.into()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Work(error.into())
    }
}

thread_local! {
    static PHASE: ArcRwSignal<Phase> = ArcRwSignal::new(Phase::Starting);
    static PEOPLE: ArcRwSignal<Vec<KeyRecord>> = ArcRwSignal::new(Vec::new());
    static EMPTIED: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

const LAST: &str = "field-person";
/// Whose tablet locked itself, and at which address: never any words.
const LOCKED_BY_ITSELF: &str = "locked-by-itself";

pub(crate) fn phase() -> ArcRwSignal<Phase> {
    PHASE.with(Clone::clone)
}

/// Those who use this tablet, whoever was here last first.
pub(crate) fn people() -> ArcRwSignal<Vec<KeyRecord>> {
    PEOPLE.with(Clone::clone)
}

/// The storage was emptied while the tablet was locked.
pub(crate) fn emptied() -> ArcRwSignal<bool> {
    EMPTIED.with(Clone::clone)
}

/// Call when the field screens are drawn; does nothing while the tablet is open.
pub(crate) fn start() {
    if tablet::peek(|_| ()).is_some() {
        return;
    }
    spawn_local(async {
        match store::all(Shelf::Keys).await {
            Ok(records) => {
                let mut people: Vec<KeyRecord> = records
                    .iter()
                    .filter_map(|(_, bytes)| KeyRecord::from_bytes(bytes))
                    .collect();
                let last = keep::read(LAST);
                people.sort_by_key(|person| {
                    (
                        last.as_deref() != Some(&person.user.key()),
                        person.name.clone(),
                    )
                });
                let next = if people.is_empty() {
                    Phase::Enrol
                } else {
                    Phase::Locked
                };
                self::people().set(people);
                phase().set(next);
            }
            Err(StoreError::Emptied) => storage_was_emptied(),
            Err(StoreError::Newer) => phase().set(Phase::Renewed),
            Err(error) => phase().set(Phase::NoStorage(error)),
        }
    });
}

/// Nobody had unlocked the tablet: what was on it is gone. It begins anew, and says so.
pub(crate) fn storage_was_emptied() {
    store::begin_anew();
    EMPTIED.with(|emptied| emptied.set(true));
    people().set(Vec::new());
    start();
}

/// The disk holds nothing any more but what is this person's; who the others were.
pub(crate) fn alone_on_this_tablet() -> Vec<String> {
    let own = tablet::peek(|open| (open.user(), open.user().key()));
    if let Some((_, key)) = &own {
        keep::write(LAST, key);
        keep::write(session::ENROLLED, "1");
    }
    let mut others = Vec::new();
    people().update(|people| {
        let is_own = |person: &KeyRecord| own.as_ref().is_some_and(|own| own.0 == person.user);
        let (stay, gone) = std::mem::take(people).into_iter().partition(is_own);
        *people = stay;
        others = gone;
    });
    others.into_iter().map(|person| person.name).collect()
}

/// What happened to the disk from outside.
pub(crate) fn disk_changed(change: Change) {
    match change {
        Change::Closed => spawn_local(tablet::look_after_closing()),
        Change::NewerWaits => spawn_local(async {
            let before = phase().get_untracked();
            // Forms write what they hold when they go.
            phase().set(Phase::Renewed);
            wait(0).await;
            if tablet::is_all_kept().await {
                sync::stop();
                tablet::close();
                store::let_go();
            } else {
                // The other window goes on waiting.
                phase().set(before);
            }
        }),
    }
}

pub(crate) fn go(next: Phase) {
    phase().set(next);
}

/// Opens what lies on this tablet. Needs no connection.
pub(crate) async fn unlock(person: KeyRecord, password: Zeroizing<String>) -> Result<(), Refusal> {
    let hold = match lock::take(person.user).await {
        Ok(hold) => hold,
        Err(NoHold::Taken) => {
            wait_for(person.clone());
            go(Phase::Elsewhere(Box::new(person)));
            return Ok(());
        }
        Err(NoHold::Unavailable) => return Err(Refusal::NoLocks),
    };
    drawn().await;
    let vault = person.open(&password)?;
    match enter(vault, person, hold, None).await {
        Err(WorkError::Store(StoreError::Emptied)) => {
            storage_was_emptied();
            Ok(())
        }
        done => done.map_err(Refusal::Work),
    }
}

/// `time`: what the server just said that it is, and when.
async fn enter(
    vault: Vault,
    person: KeyRecord,
    hold: lock::Hold,
    time: Option<(Millis, Reading)>,
) -> Result<(), WorkError> {
    keep::write(LAST, &person.user.key());
    keep::write(session::ENROLLED, "1");
    tablet::open(vault, person, hold).await?;
    if let Some((server, heard)) = time {
        tablet::hear_server_time(server, heard).await?;
    }
    go_back();
    EMPTIED.with(|emptied| emptied.set(false));
    go(Phase::Open);
    sync::start();
    storage::ask_to_persist();
    storage::look();
    storage::probe();
    set_timeout(super::suggest::prepare, Duration::from_millis(600));
    Ok(())
}

/// The other window may close: then this one may be unlocked.
fn wait_for(person: KeyRecord) {
    spawn_local(async move {
        let hold = lock::wait(person.user).await;
        // Only to hear of it: unlocking takes the lock again.
        drop(hold);
        let waits = matches!(&*phase().read_untracked(), Phase::Elsewhere(here) if here.user == person.user);
        if waits {
            start();
        }
    });
}

/// Signs in with the server, once: it learns this tablet's key and gives it a number.
pub(crate) async fn enrol(
    login: String,
    password: Zeroizing<String>,
    label: String,
) -> Result<(), Refusal> {
    if password.chars().count() < vault::PASSWORD_CHARS {
        return Err(Refusal::PasswordTooShort);
    }
    let known = |user: UserId| {
        people()
            .read_untracked()
            .iter()
            .find(|p| p.user == user)
            .cloned()
    };
    let (enrolment, identity, heard) = register(&login, &password, &label).await?;
    let hold = match lock::take(enrolment.user).await {
        Ok(hold) => hold,
        Err(NoHold::Taken) => return Err(Refusal::OtherPassword),
        Err(NoHold::Unavailable) => return Err(Refusal::NoLocks),
    };
    drawn().await;
    // Whoever worked here before keeps the same data key, or the earlier words could not be read.
    let vault = match known(enrolment.user) {
        Some(before) => before.open(&password).map_err(|_| Refusal::OtherPassword)?,
        None => Vault::new(enrolment.user)?,
    };
    let person = vault.wrap(&login, &enrolment.name, &label, enrolment.demo, &password)?;
    // The key and who it belongs to come together or not at all.
    let writes = vec![
        person.write(),
        tablet::sealed(&vault, Shelf::Meta, "identity", &identity.to_bytes())?,
    ];
    match store::write(&writes).await {
        // Nothing of it is in memory: it begins anew.
        Err(StoreError::Emptied) => store::write_anew(&writes).await?,
        done => done?,
    }
    known_again(person.clone());
    let time = Some((enrolment.server_time, heard));
    enter(vault, person, hold, time)
        .await
        .map_err(Refusal::Work)
}

/// Signs in with the password that the server knows, on a tablet whose work is locked with another one and
/// is all at the office. What lies here is thrown away for it; the server gives it again.
pub(crate) async fn begin_anew(
    person: KeyRecord,
    password: Zeroizing<String>,
) -> Result<(), Refusal> {
    if password.chars().count() < vault::PASSWORD_CHARS {
        return Err(Refusal::PasswordTooShort);
    }
    let hold = match lock::take(person.user).await {
        Ok(hold) => hold,
        Err(NoHold::Taken) => {
            wait_for(person.clone());
            go(Phase::Elsewhere(Box::new(person)));
            return Ok(());
        }
        Err(NoHold::Unavailable) => return Err(Refusal::NoLocks),
    };
    // Looked at once more behind the lock: another window may have worked here meanwhile.
    let unsent = unsent::read(person.user).await?.unsent;
    if !unsent.is_some_and(|unsent| unsent.is_nothing()) {
        return Err(Refusal::OtherPassword);
    }
    let (enrolment, identity, heard) = register(&person.login, &password, &person.label).await?;
    if enrolment.user != person.user {
        return Err(Refusal::WrongPassword);
    }
    drawn().await;
    let vault = Vault::new(person.user)?;
    let login = person.login.as_str();
    let person = vault.wrap(
        login,
        &enrolment.name,
        &person.label,
        enrolment.demo,
        &password,
    )?;
    let mut writes = Vec::new();
    for shelf in Shelf::OF_PEOPLE {
        let records = store::all_of(shelf, person.user).await?;
        writes.extend(records.into_iter().map(|(key, _)| Write {
            shelf,
            key: store::key_of(person.user, key),
            bytes: None,
        }));
    }
    // All at once: either what was there is locked as before, or the new one begins.
    writes.push(person.write());
    let identity = identity.to_bytes();
    writes.push(tablet::sealed(&vault, Shelf::Meta, "identity", &identity)?);
    store::write(&writes).await?;
    known_again(person.clone());
    let time = Some((enrolment.server_time, heard));
    enter(vault, person, hold, time)
        .await
        .map_err(Refusal::Work)
}

/// The server does not know this tablet any more: a new key and number for whoever is here.
pub(crate) async fn enrol_again(password: Zeroizing<String>) -> Result<(), Refusal> {
    let Some(person) = tablet::peek(|open| open.person.clone()) else {
        return Err(Refusal::Work(WorkError::Locked));
    };
    let (enrolment, identity, heard) = register(&person.login, &password, &person.label).await?;
    if enrolment.user != person.user {
        return Err(Refusal::WrongPassword);
    }
    drawn().await;
    let person = tablet::enrolled_again(identity, &password)
        .await
        .map_err(Refusal::Work)?;
    tablet::hear_server_time(enrolment.server_time, heard)
        .await
        .map_err(Refusal::Work)?;
    known_again(person);
    sync::forget_troubles();
    sync::now();
    Ok(())
}

async fn register(
    login: &str,
    password: &str,
    label: &str,
) -> Result<(Enrolment, Identity, Reading), Refusal> {
    let seed: [u8; 32] = vault::random()?;
    let ask = EnrolDevice {
        login: login.to_owned(),
        password: password.to_owned(),
        public_key: Identity::public_key_of(&seed),
        label: label.to_owned(),
    };
    let answer: Enrolment =
        api::send("POST", "/api/v1/devices", &ask)
            .await
            .map_err(|failure| match failure.status() {
                Some(401) => Refusal::WrongPassword,
                _ => Refusal::Server(failure),
            })?;
    let heard = clock::reading();
    let receipt_key = bytes_of(&answer.receipt_key).ok_or(Refusal::Server(Failure::Unreadable))?;
    let identity = Identity {
        device: answer.device,
        user: answer.user,
        seed,
        receipt_key,
    };
    Ok((answer, identity, heard))
}

fn known_again(person: KeyRecord) {
    people().update(|people| {
        people.retain(|other| other.user != person.user);
        people.insert(0, person);
    });
}

/// 64 hexadecimal digits.
fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Why the tablet is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locking {
    /// *Vergrendel*.
    Asked,
    /// Nobody touched it.
    Idle,
    /// Somebody went to the office's screens.
    Left,
}

/// Nothing readable stays in memory, so the page is loaded anew once all is on the disk. Where that cannot
/// be, it stays open, and the disk's trouble is on the screen.
pub(crate) fn lock(why: Locking) {
    if *phase().read_untracked() != Phase::Open {
        return;
    }
    let here = route::path();
    let user = tablet::peek(|open| open.user().key()).unwrap_or_default();
    // Forms write what they hold when they go.
    phase().set(Phase::Starting);
    spawn_local(async move {
        wait(0).await;
        if !tablet::is_all_kept().await {
            phase().set(Phase::Open);
            if why == Locking::Left {
                route::go("/veld/tablet");
            }
            return;
        }
        sync::stop();
        tablet::close();
        let place = match why {
            Locking::Idle => format!("{user} {here}"),
            Locking::Asked | Locking::Left => String::new(),
        };
        keep::write(LOCKED_BY_ITSELF, &place);
        match why {
            // Whoever comes next begins at the round, not at somebody else's page.
            Locking::Asked | Locking::Idle => page::leave("/veld"),
            Locking::Left => page::leave_here(),
        }
    });
}

/// The tablet was not locked by anybody, but because nobody touched it.
pub(crate) fn has_locked_itself() -> bool {
    keep::read(LOCKED_BY_ITSELF).is_some_and(|place| !place.is_empty())
}

/// Whoever it locked itself on finds the page again.
fn go_back() {
    let place = keep::read(LOCKED_BY_ITSELF).unwrap_or_default();
    keep::write(LOCKED_BY_ITSELF, "");
    let user = tablet::peek(|open| open.user().key());
    if let Some((of, path)) = place.split_once(' ')
        && user.as_deref() == Some(of)
    {
        route::replace(path);
    }
}

/// Lets the browser draw before the password is stretched, which stops everything for a moment.
async fn drawn() {
    wait(40).await;
}

pub(crate) async fn wait(millis: i32) {
    let passed = js_sys::Promise::new(&mut |done, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, millis);
    });
    let _ = JsFuture::from(passed).await;
}
