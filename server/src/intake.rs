//! What tablets push becomes stored: judged and merged in parallel, then one durable transaction.
//!
//! Merging happens outside the transaction, on copies. The transaction checks that the documents
//! are still those that were merged into, and starts over where one is not. One bad document never
//! blocks the rest; what is refused keeps its reason and stays on the tablet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use koffiekar_sync_core::admission::{Admission, Refusal, admit};
use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, RoundId};
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::receipt::ReceiptLine;
use koffiekar_sync_core::wire::{Outcome, Push, Reason, ReasonCode};
use koffiekar_tagging::Tagger;

use crate::projection::{Surroundings, project};
use crate::store::documents::{self, NewVersion, StoredDocument};
use crate::store::{self, Store};
use crate::suggest::suggestions;

/// What a push came to: an outcome per document in the order of the push, and what is stored.
#[derive(Debug)]
pub struct Intake {
    pub outcomes: Vec<Outcome>,
    pub receipted: Vec<ReceiptLine>,
}

/// Who pushes, and into what.
#[derive(Debug, Clone)]
pub struct Pusher {
    pub author: Author,
    /// The rounds this person may work in.
    pub rounds: Vec<Round>,
    pub surroundings: Arc<Surroundings>,
    pub tagger: Arc<Tagger>,
}

/// How often a push starts over because others wrote the same conversations meanwhile.
const TRIES: usize = 5;

/// Judges, merges and stores a push. When this returns, what is receipted is durable.
pub async fn take_in(
    store: &Store,
    pusher: &Pusher,
    push: Vec<Push>,
    now: Millis,
) -> store::Result<Intake> {
    let push = Arc::new(push);
    for attempt in 0..TRIES {
        let ids: Vec<ConversationId> = push.iter().map(|item| item.document).collect();
        let mut tx = store.read().await?;
        let stored = documents::find(&mut tx, &ids).await?;
        drop(tx);
        let mut judged = judge_all(pusher.clone(), push.clone(), stored, now).await;
        if attempt > 0 {
            // The first attempt may have met a quote that stands elsewhere. That is rare enough to
            // be looked for only now.
            refuse_borrowed_quotes(store, &mut judged).await?;
        }
        let (verdicts, versions): (Vec<Verdict>, Vec<Option<NewVersion>>) =
            judged.into_iter().unzip();
        let versions: Vec<NewVersion> = versions.into_iter().flatten().collect();
        if !versions.is_empty() {
            let mut tx = store.write().await?;
            if !documents::write(&mut tx, versions).await? {
                continue;
            }
            tx.commit().await?;
        }
        return Ok(intake(&push, verdicts));
    }
    let busy = reason(
        ReasonCode::TryAgain,
        "others are writing these conversations right now",
    );
    let outcomes = push
        .iter()
        .map(|_| Outcome::Invalid(busy.clone()))
        .collect();
    Ok(Intake {
        outcomes,
        receipted: Vec::new(),
    })
}

/// An outcome, and the heads that are stored then.
struct Verdict {
    outcome: Outcome,
    stored: Vec<Head>,
}

type Judged = (Verdict, Option<NewVersion>);

/// Spreads the work over the cores: it is all computation.
async fn judge_all(
    pusher: Pusher,
    push: Arc<Vec<Push>>,
    stored: Vec<StoredDocument>,
    now: Millis,
) -> Vec<Judged> {
    let expected = push.len();
    let judged = tokio::task::spawn_blocking(move || {
        let stored: BTreeMap<ConversationId, StoredDocument> = stored
            .into_iter()
            .map(|document| (document.id, document))
            .collect();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = push.len().div_ceil(cores).max(8);
        let judge_share = |items: &[Push]| -> Vec<Judged> {
            items
                .iter()
                .map(|item| judge(&pusher, item, stored.get(&item.document), now))
                .collect()
        };
        let mut judged: Vec<Judged> = std::thread::scope(|scope| {
            let shares: Vec<_> = push
                .chunks(share)
                .map(|items| scope.spawn(|| judge_share(items)))
                .collect();
            shares
                .into_iter()
                .flat_map(|share| share.join().unwrap_or_default())
                .collect()
        });
        refuse_doubles(&push, &mut judged);
        judged
    })
    .await
    .unwrap_or_default();
    if judged.len() == expected {
        return judged;
    }
    // A thread died beyond what `admit` catches: nothing of this push is stored.
    let why = reason(ReasonCode::TryAgain, "the server could not judge this push");
    (0..expected)
        .map(|_| (refused(Outcome::Invalid(why.clone())), None))
        .collect()
}

/// A conversation may stand once in a push; of a second one nothing is taken.
fn refuse_doubles(push: &[Push], judged: &mut [Judged]) {
    let mut seen = BTreeSet::new();
    for (item, verdict) in push.iter().zip(judged) {
        if !seen.insert(item.document) {
            let why = reason(
                ReasonCode::TryAgain,
                "the conversation stands twice in this push",
            );
            *verdict = (refused(Outcome::Invalid(why)), None);
        }
    }
}

/// A quote stands in one conversation. One that brings a quote of another is not taken.
async fn refuse_borrowed_quotes(store: &Store, judged: &mut [Judged]) -> store::Result<()> {
    let versions = judged.iter().filter_map(|(_, version)| version.as_ref());
    let quotes: Vec<QuoteId> = versions
        .flat_map(|version| version.projection.quotes.iter().map(|quote| quote.id))
        .collect();
    let mut tx = store.read().await?;
    let mut homes = documents::homes_of(&mut tx, &quotes).await?;
    drop(tx);
    for verdict in judged {
        let Some(version) = &verdict.1 else { continue };
        let borrowed = version
            .projection
            .quotes
            .iter()
            .any(|quote| *homes.entry(quote.id).or_insert(version.id) != version.id);
        if borrowed {
            let why = reason(
                ReasonCode::NotAllowed,
                "a quote of another conversation stands in this one",
            );
            *verdict = (refused(Outcome::Invalid(why)), None);
        }
    }
    Ok(())
}

fn judge(pusher: &Pusher, item: &Push, stored: Option<&StoredDocument>, now: Millis) -> Judged {
    let round = match allowed_round(pusher, item, stored) {
        Ok(round) => round,
        Err(why) => return (refused(Outcome::Invalid(why)), None),
    };
    let existing = stored.map(|document| document.bytes.as_slice());
    let admission = admit(existing, &item.changes, &item.heads, &pusher.author, &[]);
    let merged = match admission {
        Ok(Admission::Unchanged { heads }) => {
            return (
                Verdict {
                    outcome: Outcome::Unchanged,
                    stored: heads,
                },
                None,
            );
        }
        Ok(Admission::Merged(merged)) => merged,
        Err(refusal) => return (refused(outcome_of(&refusal)), None),
    };
    let Some(kind) = pusher.surroundings.kind(round) else {
        let why = reason(ReasonCode::ForeignRound, "there is no such round");
        return (refused(Outcome::Invalid(why)), None);
    };
    let received_at = stored.map_or(now, |document| document.received_at);
    let suggest = |text: &str, language: &str| suggestions(&pusher.tagger, text, language);
    let projection = project(
        item.document,
        round,
        kind,
        &merged.conversation,
        received_at,
        &pusher.surroundings,
        suggest,
    );
    let held_by = (merged.heads == item.heads).then_some(pusher.author.device);
    let version = NewVersion {
        id: item.document,
        round,
        merged_into: stored.map(|document| document.version),
        heads: merged.heads.clone(),
        bytes: merged.bytes,
        received_at,
        device: pusher.author.device,
        held_by,
        projection,
    };
    (
        Verdict {
            outcome: Outcome::Stored,
            stored: merged.heads,
        },
        Some(version),
    )
}

/// The round is the server's word: a stored conversation stays where it is.
fn allowed_round(
    pusher: &Pusher,
    item: &Push,
    stored: Option<&StoredDocument>,
) -> Result<RoundId, Reason> {
    let round = stored.map_or(item.round, |document| document.round);
    match pusher.rounds.iter().find(|allowed| allowed.id == round) {
        None if stored.is_some_and(|document| document.round != item.round) => Err(reason(
            ReasonCode::OtherRound,
            "the conversation was moved to another round",
        )),
        None => Err(reason(
            ReasonCode::ForeignRound,
            "this person is no member of the round",
        )),
        Some(allowed) if allowed.closed && stored.is_none() => {
            Err(reason(ReasonCode::ClosedRound, "the round is closed"))
        }
        Some(_) => Ok(round),
    }
}

/// What a tablet is told of a refusal.
pub fn outcome_of(refusal: &Refusal) -> Outcome {
    let code = match refusal {
        Refusal::MissingDependencies => return Outcome::MissingDependencies,
        Refusal::ActorReused => return Outcome::ActorReused,
        Refusal::Unreadable(koffiekar_sync_core::admission::Unreadable::TooLarge)
        | Refusal::TooLarge
        | Refusal::NotAllowed(
            koffiekar_sync_core::policy::Violation::QuoteTooLong
            | koffiekar_sync_core::policy::Violation::TooMuch(_),
        ) => ReasonCode::TooLarge,
        Refusal::Unreadable(_) | Refusal::Unmergeable => ReasonCode::Unreadable,
        Refusal::NotAConversation
        | Refusal::NotAllowed(koffiekar_sync_core::policy::Violation::FirstChange(_)) => {
            ReasonCode::NotAConversation
        }
        Refusal::ForeignActor | Refusal::NotAllowed(_) => ReasonCode::NotAllowed,
    };
    Outcome::Invalid(reason(code, &refusal.to_string()))
}

fn intake(push: &[Push], verdicts: Vec<Verdict>) -> Intake {
    let mut outcomes = Vec::with_capacity(verdicts.len());
    let mut receipted = Vec::new();
    for (item, verdict) in push.iter().zip(verdicts) {
        if matches!(verdict.outcome, Outcome::Stored | Outcome::Unchanged) {
            let same = verdict.stored == item.heads;
            receipted.push(ReceiptLine {
                document: item.document,
                pushed: item.heads.clone(),
                stored: if same { Vec::new() } else { verdict.stored },
                held: false,
            });
        }
        outcomes.push(verdict.outcome);
    }
    Intake {
        outcomes,
        receipted,
    }
}

fn refused(outcome: Outcome) -> Verdict {
    Verdict {
        outcome,
        stored: Vec::new(),
    }
}

fn reason(code: ReasonCode, detail: &str) -> Reason {
    Reason {
        code,
        detail: detail.to_owned(),
    }
}
