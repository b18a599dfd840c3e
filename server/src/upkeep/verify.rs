//! Whether the database holds together: every document loads, its heads are those that are written down,
//! what stands beside it follows from it, and the feeds tell of it.
//!
//! What is not as it should be is told by its id, never by what it says. Faults in what is derived are put
//! right from the documents; see [`mend`]. Both go on beside a server that runs: a batch is one picture of
//! the data, and where something is put right nobody writes the same conversation meanwhile.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::LineSuggestion;
use koffiekar_tagging::text::TERMS_VERSION;

use crate::projection::{Projection, Surroundings, project};
use crate::store::derived::{self, Derived};
use crate::store::documents::StoredDocument;
use crate::store::{self, Store, StoreError, Tx, catalogue, health, search};
use crate::tagger::suggest::Model;

/// Documents that are looked at in one picture of the data.
const BATCH: u32 = 500;
/// A row that was numbered as another one may take that one's terms with it: then both are put right.
const PASSES: usize = 3;

/// One thing that is not as it should be; by ids, without words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub what: String,
    /// It follows from the documents: `koffiekar reproject` puts it right.
    pub derived: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    pub documents: u64,
    pub quotes: u64,
    pub faults: Vec<Fault>,
}

/// Looks at all of it, beside whoever works with it.
pub async fn verify(store: &Store) -> store::Result<Verified> {
    let mut tx = store.read().await?;
    let (mut verified, surroundings) = Verified::begin(&mut tx).await?;
    drop(tx);
    let mut after = None;
    loop {
        let mut tx = store.read().await?;
        match verified.go_on(&mut tx, after, &surroundings).await? {
            Some(last) => after = Some(last),
            None => return Ok(verified),
        }
    }
}

/// The same in a transaction of the caller's.
pub(crate) async fn verify_in(tx: &mut Tx) -> store::Result<Verified> {
    let (mut verified, surroundings) = Verified::begin(tx).await?;
    let mut after = None;
    while let Some(last) = verified.go_on(tx, after, &surroundings).await? {
        after = Some(last);
    }
    Ok(verified)
}

impl Verified {
    async fn begin(tx: &mut Tx) -> store::Result<(Verified, Arc<Surroundings>)> {
        let verified = Verified {
            faults: besides(tx).await?,
            ..Verified::default()
        };
        let surroundings = Surroundings::of(&catalogue::read(tx).await?);
        Ok((verified, Arc::new(surroundings)))
    }

    /// The next batch, and the last document of it.
    async fn go_on(
        &mut self,
        tx: &mut Tx,
        after: Option<ConversationId>,
        surroundings: &Arc<Surroundings>,
    ) -> store::Result<Option<ConversationId>> {
        let documents = derived::documents_after(tx, after, BATCH).await?;
        let batch = Batch::of(tx, documents, surroundings, None).await?;
        self.documents += batch.documents.len() as u64;
        self.quotes += batch.sound().map(|p| p.quotes.len() as u64).sum::<u64>();
        self.faults.extend(batch.faults());
        Ok(batch.last())
    }
}

/// What is not looked at document by document.
async fn besides(tx: &mut Tx) -> store::Result<Vec<Fault>> {
    let files = health::of_files(tx).await?.into_iter();
    let feeds = health::of_feeds(tx).await?.into_iter();
    let told = files.chain(feeds).map(|what| Fault {
        what,
        derived: false,
    });
    let stray = derived::stray(tx).await?.into_iter();
    let stray = stray.map(|(table, rows)| Fault {
        what: format!("{rows} rows of {table} belong to nothing that is stored"),
        derived: true,
    });
    let version = search::terms_version(tx).await?;
    let terms = (version != TERMS_VERSION).then(|| Fault {
        what: format!(
            "the words of quotes are found by the rules of another version ({version}, not {TERMS_VERSION}): the next \
             start of a server of this version makes them anew"
        ),
        derived: true,
    });
    Ok(told.chain(stray).chain(terms).collect())
}

/// Some documents, and what was found out about them.
struct Batch {
    documents: Vec<(ConversationId, Result<Projection, &'static str>)>,
    faults: Vec<derived::Fault>,
}

impl Batch {
    async fn of(
        tx: &mut Tx,
        documents: Vec<StoredDocument>,
        surroundings: &Arc<Surroundings>,
        model: Option<&Model>,
    ) -> store::Result<Batch> {
        let ids: Vec<ConversationId> = documents.iter().map(|document| document.id).collect();
        let rows = derived::read(tx, &ids).await?;
        let surroundings = surroundings.clone();
        let projecting = move || project_all(&documents, &surroundings);
        let projected = tokio::task::spawn_blocking(projecting).await;
        let documents = projected.map_err(|_| StoreError::Interrupted)?;
        let mut batch = Batch {
            documents,
            faults: Vec::new(),
        };
        for (_, projection) in &mut batch.documents {
            if let Ok(projection) = projection {
                keep_suggestions(projection, &rows, model);
            }
        }
        let sound: Vec<&Projection> = batch.sound().collect();
        batch.faults = rows.faults(tx, &sound).await?;
        Ok(batch)
    }

    fn last(&self) -> Option<ConversationId> {
        self.documents.last().map(|(id, _)| *id)
    }

    fn sound(&self) -> impl Iterator<Item = &Projection> {
        self.documents.iter().filter_map(|(_, p)| p.as_ref().ok())
    }

    /// Whose rows differ.
    fn differing(&self) -> Vec<ConversationId> {
        let mut ids: Vec<ConversationId> = self.faults.iter().map(|(id, _)| *id).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    fn faults(&self) -> impl Iterator<Item = Fault> {
        let broken = self.documents.iter().filter_map(|(id, projection)| {
            let why = projection.as_ref().err()?;
            Some((id, *why, false))
        });
        let differing = self.faults.iter().map(|(id, what)| (id, &**what, true));
        broken.chain(differing).map(|(id, what, derived)| Fault {
            what: format!("conversation {id}: {what}"),
            derived,
        })
    }
}

/// On all cores.
fn project_all(
    documents: &[StoredDocument],
    surroundings: &Surroundings,
) -> Vec<(ConversationId, Result<Projection, &'static str>)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = documents.len().div_ceil(cores).max(1);
    let project_share = |documents: &[StoredDocument]| -> Vec<_> {
        let projected = documents.iter().map(|document| {
            let projection = catch_unwind(AssertUnwindSafe(|| derive(document, surroundings)));
            let projection = projection.unwrap_or(Err("its document cannot be read"));
            (document.id, projection)
        });
        projected.collect()
    };
    std::thread::scope(|scope| {
        let shares: Vec<_> = documents
            .chunks(share)
            .map(|documents| scope.spawn(move || project_share(documents)))
            .collect();
        let shares = shares.into_iter();
        shares
            .flat_map(|share| share.join().unwrap_or_default())
            .collect()
    })
}

/// What follows from a document, but for suggestions; or what is wrong with it.
fn derive(
    document: &StoredDocument,
    surroundings: &Surroundings,
) -> Result<Projection, &'static str> {
    let loaded = Document::load(&document.bytes).map_err(|_| "its document cannot be loaded")?;
    if loaded.heads() != document.heads {
        return Err("the heads of its document are others than those that are written down");
    }
    let conversation = loaded
        .read()
        .map_err(|_| "its document is not a conversation")?;
    let kind = surroundings
        .kind(document.round)
        .ok_or("its round does not exist")?;
    Ok(project(
        document.id,
        document.round,
        kind,
        &conversation,
        document.arrival(loaded.recorded_on()),
        surroundings,
        |_, _, _| Vec::new(),
    ))
}

/// Suggestions follow from what editors had decided when they were made, not from the document: those
/// that stand there stay. A tagger makes new ones where none do that can be read.
fn keep_suggestions(projection: &mut Projection, rows: &Derived, model: Option<&Model>) {
    for quote in &mut projection.quotes {
        let standing = rows
            .suggestions(projection.id, quote.id)
            .and_then(|text| serde_json::from_str::<Vec<LineSuggestion>>(text).ok());
        let suggested = match (standing, model) {
            (Some(standing), None) => standing,
            (Some(standing), Some(_)) if !standing.is_empty() => standing,
            (_, Some(model)) => model.suggest(&quote.verbatim, &quote.language, &BTreeSet::new()),
            (None, None) => Vec::new(),
        };
        quote.take(&suggested);
    }
}

/// What was put right, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    pub documents: u64,
    /// Conversations whose rows were written anew.
    pub written: u64,
    /// Rows that belonged to nothing.
    pub removed: u64,
    /// Of the documents themselves; they keep the rows that they have.
    pub faults: Vec<Fault>,
}

/// Derives the rows of all documents again, and writes those that differ; the others are not touched.
pub async fn mend(store: &Store, model: &Model) -> store::Result<Mended> {
    let mut mended = Mended::default();
    for _ in 0..PASSES {
        let before = mended.written;
        mended.documents = 0;
        mended.faults.clear();
        pass(store, model, &mut mended).await?;
        if mended.written == before {
            break;
        }
    }
    Ok(mended)
}

async fn pass(store: &Store, model: &Model, mended: &mut Mended) -> store::Result<()> {
    let mut tx = store.read().await?;
    let has_stray = !derived::stray(&mut tx).await?.is_empty();
    let surroundings = Arc::new(Surroundings::of(&catalogue::read(&mut tx).await?));
    drop(tx);
    if has_stray {
        let mut tx = store.write().await?;
        mended.removed += derived::remove_stray(&mut tx).await?;
        tx.commit().await?;
    }
    let mut after = None;
    loop {
        let mut tx = store.read().await?;
        let documents = derived::documents_after(&mut tx, after, BATCH).await?;
        let batch = Batch::of(&mut tx, documents, &surroundings, Some(model)).await?;
        drop(tx);
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = Some(last);
        mended.documents += batch.documents.len() as u64;
        let broken = batch.faults().filter(|fault| !fault.derived);
        mended.faults.extend(broken);
        let differing = batch.differing();
        if differing.is_empty() {
            continue;
        }
        let mut tx = store.write().await?;
        let documents = derived::lock(&mut tx, &differing).await?;
        // Somebody may have written one of them since it was read.
        let batch = Batch::of(&mut tx, documents, &surroundings, Some(model)).await?;
        let differing = batch.differing();
        let projections = batch.sound().filter(|p| differing.contains(&p.id));
        let projections: Vec<&Projection> = projections.collect();
        derived::put(&mut tx, &projections).await?;
        tx.commit().await?;
        mended.written += projections.len() as u64;
    }
}
