//! Erasing: a whole conversation, or one quote of it.
//!
//! In one transaction go the document, what was derived from it, and what is held of it; a tombstone
//! stays. Where quotes were erased, the rest goes on as another document, rebuilt without them and
//! without its history. What was erased is unreachable then. Remains in the files of the database are
//! cleared after it, and as soon as nobody reads in them; see [`clear_files`].

use std::collections::BTreeSet;
use std::time::Duration;

use koffiekar_sync_core::conversation::{Document, DocumentError};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, UserId};
use koffiekar_sync_core::office::Erasure;
use tokio::sync::{Mutex, Notify};

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::projection::{Arrival, Surroundings, project};
use crate::store::audit::{self, DONE, Entry};
use crate::store::documents::{self, NewVersion, StoredDocument};
use crate::store::erasing::Erasing;
use crate::store::tombstones::{Fate, Tombstone};
use crate::store::{self, StoreError, Tx, catalogue, tombstones};
use crate::upkeep::apart::ApartError;
use crate::upkeep::erasures::Line;

/// How often an erasure starts over because a tablet wrote the same conversation meanwhile.
const TRIES: usize = 10;
/// Until it is tried again where somebody was reading.
const AGAIN: Duration = Duration::from_secs(20);

/// How remains are cleared from the files.
#[derive(Debug, Default)]
pub(crate) struct Clearing {
    /// There is something to be cleared.
    due: Notify,
    /// Two at once would be in each other's way.
    one: Mutex<()>,
}

/// What is to be erased of a conversation: all of it, or these quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Which {
    pub(crate) whole: bool,
    pub(crate) quotes: BTreeSet<QuoteId>,
}

/// On whose behalf, for the tombstone and the audit log.
#[derive(Debug, Clone, Copy)]
struct By<'a> {
    user: Option<UserId>,
    origin: &'a str,
    at: Millis,
}

#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Apart(#[from] ApartError),
    #[error("a stored document cannot be rebuilt: {0}")]
    Document(#[from] DocumentError),
    #[error("others are writing this conversation right now")]
    Busy,
}

impl From<EraseError> for ApiError {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Store(error) => error.into(),
            EraseError::Busy => ApiError::Busy(None),
            other => ApiError::internal(other),
        }
    }
}

/// What an administrator asks for. Asked a second time it is done already.
pub(crate) async fn ask(
    koffiekar: &Koffiekar,
    by: UserId,
    origin: &str,
    id: ConversationId,
    which: &Which,
) -> Result<Erasure, ApiError> {
    let by = By {
        user: Some(by),
        origin,
        at: koffiekar.clock.now(),
    };
    if !erase(koffiekar, id, which, by).await? {
        let mut tx = koffiekar.store.read().await?;
        let fate = tombstones::fates(&mut tx, &[id]).await?.remove(&id);
        let erasure = tombstones::show(&mut tx, id).await?;
        match (fate, erasure, which) {
            (None, ..) | (_, None, _) => return Err(ApiError::not_found()),
            (Some(Fate::Erased), Some(erasure), _) => return Ok(erasure),
            (Some(Fate::Replaced { .. }), Some(erasure), which)
                if !which.whole && which.quotes.iter().all(|q| erasure.quotes.contains(q)) =>
            {
                return Ok(erasure);
            }
            (Some(Fate::Replaced { by, .. }), ..) => return Err(goes_on_as(by)),
        }
    }
    koffiekar.remembered.note(&koffiekar.store).await;
    clear_files(koffiekar).await?;
    let mut tx = koffiekar.store.read().await?;
    let erasure = tombstones::show(&mut tx, id).await?;
    erasure.ok_or_else(ApiError::not_found)
}

fn goes_on_as(by: ConversationId) -> ApiError {
    ApiError::conflict(
        format!(
            "Uit dit gesprek is eerder een citaat gewist; het ging verder als {by}. Open dat gesprek en wis het daar."
        ),
        format!(
            "A quote was erased from this conversation before; it went on as {by}. Open that one and erase it there."
        ),
    )
}

/// Erases again what the log names and this database still has, for an older copy of it was put back.
/// Returns how many erasures were carried out.
pub(crate) async fn again(koffiekar: &Koffiekar) -> Result<usize, EraseError> {
    let mut done = 0;
    let lines = koffiekar.erasures.read()?;
    complete_log(koffiekar, &lines).await?;
    for line in lines {
        let by = By {
            user: None,
            origin: "erasure log",
            at: line.at,
        };
        done += usize::from(again_as(koffiekar, &line, by).await?);
    }
    if done > 0 {
        tracing::warn!(done, "erased again what the erasure log names");
        clear_files(koffiekar).await?;
    }
    Ok(done)
}

/// A log that was lost, or was another server's alone, gets the lines that follow from the database.
async fn complete_log(koffiekar: &Koffiekar, lines: &[Line]) -> Result<(), EraseError> {
    let mut tx = koffiekar.store.read().await?;
    if tombstones::count(&mut tx).await? <= lines.len() as u64 {
        return Ok(());
    }
    let all = tombstones::all(&mut tx).await?;
    drop(tx);
    let logged: BTreeSet<ConversationId> = lines.iter().map(|line| line.document).collect();
    let missing: Vec<Line> = all
        .into_iter()
        .filter(|stone| !logged.contains(&stone.document))
        .map(|stone| Line {
            at: stone.erased_at,
            document: stone.document,
            whole: stone.replaced_by.is_none(),
            quotes: stone.quotes,
        })
        .collect();
    for line in &missing {
        koffiekar.erasures.append(line)?;
    }
    if !missing.is_empty() {
        let lines = missing.len();
        tracing::warn!(
            lines,
            "the erasure log lacked erasures that the database knows; they are in it now"
        );
    }
    Ok(())
}

async fn again_as(koffiekar: &Koffiekar, line: &Line, by: By<'_>) -> Result<bool, EraseError> {
    let mut left: BTreeSet<QuoteId> = line.quotes.iter().copied().collect();
    let mut id = line.document;
    loop {
        let mut tx = koffiekar.store.read().await?;
        let fate = tombstones::fates(&mut tx, &[id]).await?.remove(&id);
        let is_here = !documents::outlines(&mut tx, &[id]).await?.is_empty();
        drop(tx);
        match fate {
            Some(Fate::Erased) => return Ok(false),
            // Another quote was erased from it first: what the line names is in what goes on.
            Some(Fate::Replaced { by, quotes, .. }) => {
                left.retain(|quote| !quotes.contains(quote));
                if !line.whole && left.is_empty() {
                    return Ok(false);
                }
                id = by;
            }
            None if is_here => {
                let which = Which {
                    whole: line.whole,
                    quotes: left,
                };
                return erase(koffiekar, id, &which, by).await;
            }
            None => return bury(koffiekar, id, line, left, by).await,
        }
    }
}

/// The conversation is not here, and must not come from a tablet that still has it.
async fn bury(
    koffiekar: &Koffiekar,
    id: ConversationId,
    line: &Line,
    quotes: BTreeSet<QuoteId>,
    by: By<'_>,
) -> Result<bool, EraseError> {
    let tombstone = Tombstone {
        document: id,
        replaced_by: (!line.whole).then(|| id.successor(&quotes, 0)),
        quotes: quotes.into_iter().collect(),
        erased_at: by.at,
        erased_by: by.user,
    };
    let mut tx = koffiekar.store.write().await?;
    let buried = store::erasing::bury(&mut tx, &tombstone).await?;
    tx.commit().await?;
    Ok(buried)
}

/// `false` where there is nothing of it here.
async fn erase(
    koffiekar: &Koffiekar,
    id: ConversationId,
    which: &Which,
    by: By<'_>,
) -> Result<bool, EraseError> {
    for _ in 0..TRIES {
        let mut tx = koffiekar.store.read().await?;
        let Some(erasing) = prepare(koffiekar, &mut tx, id, which, by).await? else {
            return Ok(false);
        };
        drop(tx);
        let mut tx = koffiekar.store.write().await?;
        let Some(places) = store::erasing::erase(&mut tx, &erasing).await? else {
            continue;
        };
        let (action, object) = match which.whole {
            true => ("erase conversation", id.to_string()),
            false => {
                let quotes: Vec<String> = which.quotes.iter().map(QuoteId::to_string).collect();
                let quotes = quotes.join(", ");
                ("erase quote", format!("{quotes} of conversation {id}"))
            }
        };
        let entry = Entry {
            at: koffiekar.clock.now(),
            actor: by.user,
            origin: by.origin,
            action,
            object: &object,
            result: DONE,
        };
        audit::write(&mut tx, entry).await?;
        if by.user.is_some() {
            write_down(koffiekar, which, &erasing).await?;
        }
        tx.commit().await?;
        koffiekar.live.announce(&places);
        // What the tagger knows was learnt from it too.
        koffiekar.suggest.learn_soon();
        return Ok(true);
    }
    Err(EraseError::Busy)
}

async fn write_down(
    koffiekar: &Koffiekar,
    which: &Which,
    erasing: &Erasing,
) -> Result<(), EraseError> {
    let line = Line {
        at: erasing.tombstone.erased_at,
        document: erasing.tombstone.document,
        whole: which.whole,
        quotes: erasing.tombstone.quotes.clone(),
    };
    let erasures = koffiekar.erasures.clone();
    let written = tokio::task::spawn_blocking(move || erasures.append(&line)).await;
    written.map_err(|_| EraseError::Busy)?.map_err(Into::into)
}

/// What must be written to erase it. `None` where there is nothing of it here.
async fn prepare(
    koffiekar: &Koffiekar,
    tx: &mut Tx,
    id: ConversationId,
    which: &Which,
    by: By<'_>,
) -> Result<Option<Erasing>, EraseError> {
    let Some(stored) = documents::find(tx, &[id]).await?.pop() else {
        return Ok(None);
    };
    let document = Document::load(&stored.bytes)?;
    let here: BTreeSet<QuoteId> = document.quotes()?.into_keys().collect();
    let mut quotes = which.quotes.clone();
    let successor = if which.whole {
        quotes.extend(here);
        None
    } else {
        // What the log names is erased from a copy that is older than the quote as well: it may come
        // from a tablet yet.
        if by.user.is_some() && !quotes.is_subset(&here) {
            return Ok(None);
        }
        Some(successor(koffiekar, tx, &stored, &document, &quotes).await?)
    };
    Ok(Some(Erasing {
        version: stored.version,
        tombstone: Tombstone {
            document: id,
            replaced_by: successor.as_ref().map(|successor| successor.id),
            quotes: quotes.into_iter().collect(),
            erased_at: by.at,
            erased_by: by.user,
        },
        successor,
    }))
}

async fn successor(
    koffiekar: &Koffiekar,
    tx: &mut Tx,
    old: &StoredDocument,
    document: &Document,
    erased: &BTreeSet<QuoteId>,
) -> Result<NewVersion, EraseError> {
    let arrival = old.arrival(document.recorded_on());
    let is_doubtful = arrival.is_time_doubtful(&document.read()?);
    // A tablet that knew the quote's id could take the successor's before it is made.
    for attempt in 0..u8::MAX {
        let id = old.id.successor(erased, attempt);
        if tombstones::fates(tx, &[id]).await?.contains_key(&id) {
            continue;
        }
        let mut document = document.successor(id, erased, is_doubtful)?;
        let there = documents::find(tx, &[id]).await?.pop();
        if let Some(there) = &there {
            let there = Document::load(&there.bytes)?;
            if !there.shares_history(&document) {
                continue;
            }
            // A tablet brought it back before it was erased here again.
            document.merge(&there)?;
        }
        let conversation = document.read()?;
        let surroundings = Surroundings::of(&catalogue::read(tx).await?);
        let kind = surroundings
            .kind(old.round)
            .ok_or_else(|| StoreError::Corrupt(format!("round of conversation {}", old.id)))?;
        let model = koffiekar.suggest.model();
        let projection = project(
            id,
            old.round,
            kind,
            &conversation,
            // What the server makes was recorded on no tablet: a doubt stands in the document itself.
            Arrival {
                received_at: old.received_at,
                enrolled_at: None,
            },
            &surroundings,
            |text, language, first| model.suggest(text, language, first),
        );
        return Ok(NewVersion {
            id,
            round: old.round,
            merged_into: there.map(|there| there.version),
            heads: document.heads(),
            bytes: document.save(),
            received_at: old.received_at,
            written_at: koffiekar.clock.now(),
            device: DeviceNumber::SERVER,
            projection,
            model: model.version.to_string(),
        });
    }
    Err(EraseError::Busy)
}

/// Clears the files of the database of what was erased, where nobody reads in them just now. With
/// PostgreSQL that takes `koffiekar clear-files`.
pub(crate) async fn clear_files(koffiekar: &Koffiekar) -> store::Result<bool> {
    let _one = koffiekar.clearing.one.lock().await;
    let mut tx = koffiekar.store.read().await?;
    let erased = tombstones::not_gone(&mut tx).await?;
    drop(tx);
    if erased.is_empty() {
        return Ok(true);
    }
    let cleared = koffiekar.store.clear_files().await?;
    if cleared {
        note_gone(koffiekar, &erased).await?;
    } else {
        koffiekar.clearing.due.notify_one();
    }
    Ok(cleared)
}

async fn note_gone(koffiekar: &Koffiekar, erased: &[ConversationId]) -> store::Result<()> {
    let mut tx = koffiekar.store.write().await?;
    tombstones::are_gone(&mut tx, erased, koffiekar.clock.now()).await?;
    tx.commit().await
}

/// Runs until the server stops: what was in the way at first is waited for.
pub(crate) async fn clear_in_background(koffiekar: Koffiekar) {
    loop {
        match clear_files(&koffiekar).await {
            Ok(true) => koffiekar.clearing.due.notified().await,
            Ok(false) => tokio::time::sleep(AGAIN).await,
            Err(error) => {
                tracing::error!(%error, "clearing the database's files failed; it is tried again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Rewrites the files of the database, so that nothing of what was erased is in them. Tables are locked
/// meanwhile. Returns of how many erasures remains were cleared; nothing where somebody was in the way.
pub async fn rewrite_files(koffiekar: &Koffiekar) -> store::Result<Option<usize>> {
    let _one = koffiekar.clearing.one.lock().await;
    let mut tx = koffiekar.store.read().await?;
    let erased = tombstones::not_gone(&mut tx).await?;
    drop(tx);
    if !koffiekar.store.rewrite_files().await? {
        return Ok(None);
    }
    note_gone(koffiekar, &erased).await?;
    Ok(Some(erased.len()))
}
