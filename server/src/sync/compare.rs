//! How the server has what a tablet asks about.
//!
//! Nearly always the heads are equal, and then no document is looked at. Where they differ it is loaded,
//! to see whether the tablet's heads are somewhere in it. To say `Lacks` of a document that has all of it
//! costs a push and nothing else, so whatever is too much for one answer is told so.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::ids::{ConversationId, QuoteId, RoundId};
use koffiekar_sync_core::receipt::ReceiptLine;
use koffiekar_sync_core::wire::{Compared, Version};

use crate::store::documents::{self, Outline};
use crate::store::tombstones::{self, Fate};
use crate::store::{self, Store};

/// Bytes of documents that are loaded for one request.
const LOADED_BYTES: usize = 16 * 1024 * 1024;

/// What a request's comparison came to.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// One for each version, in the order asked.
    pub(crate) answers: Vec<Compared>,
    /// What is stored of it durably.
    pub(crate) lines: Vec<ReceiptLine>,
    /// What was erased from those that were replaced.
    pub(crate) erased_quotes: Vec<QuoteId>,
}

/// For a member of these rounds. Of a conversation in another one nothing is told, not even whether there
/// is one; nor is what is held for an administrator a part of a conversation. The tablet sends what it has
/// of such a one, and is told what becomes of it as for any push.
pub(crate) async fn compare(
    store: &Store,
    rounds: &[RoundId],
    asked: Vec<Version>,
) -> store::Result<Comparison> {
    if asked.is_empty() {
        return Ok(Comparison::default());
    }
    let ids: Vec<ConversationId> = asked.iter().map(|version| version.document).collect();
    let mut tx = store.read().await?;
    // Whoever asks: a tablet of another round must let go of it too.
    let gone = tombstones::fates(&mut tx, &ids).await?;
    let known: BTreeMap<ConversationId, Outline> = documents::outlines(&mut tx, &ids)
        .await?
        .into_iter()
        .filter(|outline| rounds.contains(&outline.round))
        .map(|outline| (outline.id, outline))
        .collect();
    let mut room = LOADED_BYTES;
    let mut unlike = BTreeSet::new();
    for version in &asked {
        if let Some(outline) = known.get(&version.document)
            && outline.heads != version.heads
            && outline.bytes <= room
            && unlike.insert(version.document)
        {
            room -= outline.bytes;
        }
    }
    let unlike: Vec<ConversationId> = unlike.into_iter().collect();
    let loaded = documents::bytes_of(&mut tx, &unlike).await?;
    drop(tx);

    let count = asked.len();
    let compared = tokio::task::spawn_blocking(move || {
        let mut comparison = Comparison {
            erased_quotes: gone.values().flat_map(Fate::quotes).copied().collect(),
            ..Comparison::default()
        };
        for version in asked {
            if let Some(fate) = gone.get(&version.document) {
                comparison.answers.push(fate.compared());
                continue;
            }
            let stored = known.get(&version.document);
            let bytes = loaded.get(&version.document);
            comparison.add(version, stored, bytes.map(Vec::as_slice));
        }
        comparison
    });
    let lacks = |_| Compared::Lacks(Vec::new());
    Ok(compared.await.unwrap_or_else(|_| Comparison {
        answers: (0..count).map(lacks).collect(),
        ..Comparison::default()
    }))
}

impl Comparison {
    fn add(&mut self, version: Version, stored: Option<&Outline>, bytes: Option<&[u8]>) {
        let Some(stored) = stored else {
            return self.answers.push(Compared::Lacks(Vec::new()));
        };
        let same = stored.heads == version.heads;
        if !same && !bytes.is_some_and(|bytes| has(bytes, &version.heads)) {
            return self.answers.push(Compared::Lacks(stored.heads.clone()));
        }
        self.answers.push(Compared::Has);
        self.lines.push(ReceiptLine {
            document: version.document,
            pushed: version.heads,
            stored: match same {
                true => Vec::new(),
                false => stored.heads.clone(),
            },
            held: false,
        });
    }
}

/// Is everything that these heads stand for in this document?
fn has(document: &[u8], heads: &[Head]) -> bool {
    // A document at which Automerge stumbles must not cost the whole answer.
    catch_unwind(AssertUnwindSafe(|| {
        let document = Document::load(document);
        document.is_ok_and(|document| heads.iter().all(|head| document.has(head)))
    }))
    .unwrap_or(false)
}
