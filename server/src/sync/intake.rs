//! What tablets push becomes stored: judged and merged in parallel, then written durably.
//!
//! Merging happens outside the transaction, on copies. The transaction checks that the documents
//! are still those that were merged into, and starts over where one is not. One bad document never
//! blocks the rest; what is refused keeps its reason and stays on the tablet. What is well-formed
//! and only not permitted now is held sealed, see [`crate::sync::quarantine`].
//!
//! A large push goes in parts: while one is written, the next is judged. Each part is one transaction,
//! see [`writing`], and the answer comes after the last commit.

mod judge;
mod lost;
pub mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, RoundId};
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::receipt::ReceiptLine;
use koffiekar_sync_core::wire::{Outcome, Push, Reason, ReasonCode, Voucher};
use tracing::instrument;

use crate::Koffiekar;
use crate::projection::Surroundings;
use crate::store::documents::{self, NewVersion};
use crate::store::quarantine as held;
use crate::store::tombstones::{self, Fate};
use crate::store::{self, Store, receipt_keys};
use crate::sync::quarantine;
use crate::sync::vouchers::{self, Vouched};
use crate::traces::SPANS;
pub use judge::outcome_of;
use judge::{Case, Deed, Verdict, judge_part};
pub(crate) use judge::{NO_SUCH_ROUND, New};
use writing::{Work, Written};

/// What a push came to: an outcome per document in the order of the push, and what is stored.
#[derive(Debug)]
pub struct Intake {
    pub documents: Vec<ConversationId>,
    /// As the tablet says it.
    pub rounds: BTreeMap<ConversationId, RoundId>,
    pub outcomes: Vec<Outcome>,
    pub receipted: Vec<ReceiptLine>,
    /// Not in the round that the tablet says, and in none of this person's.
    pub moved_away: Vec<(RoundId, ConversationId)>,
    /// What was erased from the documents whose outcome is that they were replaced.
    pub erased_quotes: Vec<QuoteId>,
}

impl Intake {
    /// What is stored in exactly the state that was pushed, by the round that the tablet holds it in: of
    /// one that was moved it is to be told in the other round.
    pub(crate) fn as_pushed(&self) -> BTreeMap<(RoundId, ConversationId), Vec<Head>> {
        let lines = self.receipted.iter();
        lines
            .filter(|line| line.stored.is_empty() && !line.held)
            .filter_map(|line| {
                let round = *self.rounds.get(&line.document)?;
                Some(((round, line.document), line.pushed.clone()))
            })
            .collect()
    }

    /// Documents whose author's sequence was used twice: the tablet needs the stored ones.
    pub(crate) fn conflicting(&self) -> Vec<ConversationId> {
        let outcomes = self.documents.iter().zip(&self.outcomes);
        outcomes
            .filter(|(_, outcome)| **outcome == Outcome::ActorReused)
            .map(|(document, _)| *document)
            .collect()
    }

    /// These could not be given to the tablet with this answer.
    pub(crate) fn again_later(&mut self, documents: &BTreeSet<ConversationId>) {
        for (document, outcome) in self.documents.iter().zip(&mut self.outcomes) {
            if documents.contains(document) {
                let why = "the server's copies did not fit in one answer; send this one again";
                *outcome = Outcome::Invalid(reason(ReasonCode::TryAgain, why));
            }
        }
    }
}

/// Who pushes, and into what.
#[derive(Debug, Clone)]
pub struct Pusher {
    pub author: Author,
    /// The device's access was ended, or its person's was: all it sends is held.
    pub revoked: bool,
    /// When the device was enrolled.
    pub enrolled_at: Millis,
    /// The rounds this person may work in.
    pub rounds: Arc<[Round]>,
    pub surroundings: Arc<Surroundings>,
}

/// How often a push starts over because others wrote the same conversations meanwhile.
const TRIES: usize = 5;

/// Documents that are judged and written together.
const PART: usize = 200;

/// Judges, merges and stores a push. When this returns, what is receipted is durable.
#[instrument(target = SPANS, name = "take in", skip_all, fields(conversations = push.len()))]
pub async fn take_in(
    koffiekar: &Koffiekar,
    pusher: &Pusher,
    push: Vec<Push>,
    vouchers: Vec<Voucher>,
    now: Millis,
) -> store::Result<Intake> {
    let push: Arc<[Push]> = push.into();
    let vouched = Arc::new(vouched(&koffiekar.store, push.clone(), vouchers).await?);
    let mut verdicts: Vec<Option<Verdict>> = push.iter().map(|_| None).collect();
    let starts = (0..push.len()).step_by(PART);
    let mut open: Vec<Range<usize>> = starts
        .map(|start| start..push.len().min(start + PART))
        .collect();
    let mut all_gone = BTreeMap::new();
    for attempt in 0..TRIES {
        let ids = open.iter().flat_map(|part| &push[part.clone()]);
        let ids: Vec<ConversationId> = ids.map(|item| item.document).collect();
        if ids.is_empty() {
            break;
        }
        let mut tx = koffiekar.store.read().await?;
        let stored = documents::find(&mut tx, &ids).await?;
        let held = held::of_device(&mut tx, pusher.author.device, &ids).await?;
        let gone = tombstones::fates(&mut tx, &ids).await?;
        drop(tx);
        all_gone.extend(gone.clone());
        let case = Arc::new(Case {
            pusher: pusher.clone(),
            push: push.clone(),
            vouched: vouched.clone(),
            stored: stored.into_iter().map(|found| (found.id, found)).collect(),
            held: held.into_iter().map(|held| (held.document, held)).collect(),
            gone,
            model: koffiekar.suggest.model(),
            key: koffiekar.key.clone(),
            now,
        });
        let mut under_way = Vec::new();
        for part in std::mem::take(&mut open) {
            let mut judged = judge_part(case.clone(), part.clone()).await;
            if attempt > 0 {
                // The first attempt may have met a quote that stands elsewhere or was erased. That is
                // rare enough to be looked for only now.
                refuse_borrowed_quotes(&koffiekar.store, &mut judged).await?;
            }
            let work = work(koffiekar, &case, &push[part.clone()], &mut judged);
            let answer = work.map(|work| koffiekar.writing.write(koffiekar, work));
            under_way.push((part, judged, answer));
        }
        for (part, mut judged, answer) in under_way {
            match answer {
                None => {}
                Some(answer) => match answer.wait().await? {
                    Written::Done { full } => refuse_full(&push[part.clone()], &full, &mut judged),
                    Written::Overtaken => {
                        open.push(part);
                        continue;
                    }
                },
            }
            for (place, verdict) in verdicts[part].iter_mut().zip(judged) {
                *place = Some(verdict);
            }
        }
    }
    let busy = "others are writing these conversations right now";
    let busy = || Verdict::invalid(ReasonCode::TryAgain, busy);
    let verdicts = verdicts.into_iter();
    let verdicts = verdicts.map(|verdict| verdict.unwrap_or_else(busy));
    Ok(intake(&push, verdicts.collect(), &all_gone))
}

/// What this server once signed for, as far as the tablet brings its word for it.
async fn vouched(
    store: &Store,
    push: Arc<[Push]>,
    vouchers: Vec<Voucher>,
) -> store::Result<Vouched> {
    if vouchers.is_empty() {
        return Ok(Vouched::new());
    }
    let mut tx = store.read().await?;
    let keys = receipt_keys::publics(&mut tx).await?;
    drop(tx);
    let verified =
        tokio::task::spawn_blocking(move || vouchers::vouched(&push, &vouchers, &keys)).await;
    Ok(verified.unwrap_or_default())
}

/// What the verdicts on these ask for; nothing where they ask for nothing.
fn work(
    koffiekar: &Koffiekar,
    case: &Case,
    items: &[Push],
    verdicts: &mut [Verdict],
) -> Option<Work> {
    let mut work = Work::of(case.pusher.author.device);
    for (item, verdict) in items.iter().zip(verdicts) {
        let earlier = case.held.get(&item.document);
        let released = earlier.map(|earlier| (earlier.id, earlier.heads.clone()));
        match std::mem::replace(&mut verdict.deed, Deed::Nothing) {
            Deed::Nothing => {}
            Deed::Store(version) => work.versions.push(*version),
            Deed::Release => work.released.extend(released),
            Deed::StoreAndRelease(version) => {
                work.versions.push(*version);
                work.released.extend(released);
            }
            Deed::Hold(sealed) => {
                let author = &case.pusher.author;
                let holding = sealed.holding(koffiekar, item, author, earlier, case.now);
                work.holdings.push(holding);
            }
        }
    }
    (!work.is_empty()).then_some(work)
}

/// There was no room to hold these.
fn refuse_full(items: &[Push], full: &BTreeSet<ConversationId>, verdicts: &mut [Verdict]) {
    for (item, verdict) in items.iter().zip(verdicts) {
        if full.contains(&item.document) {
            *verdict = Verdict::invalid(ReasonCode::QuarantineFull, quarantine::FULL);
        }
    }
}

/// A quote stands in one conversation, and not any more once it was erased. What brings another is not
/// taken.
async fn refuse_borrowed_quotes(store: &Store, verdicts: &mut [Verdict]) -> store::Result<()> {
    let versions: Vec<&NewVersion> = verdicts.iter().filter_map(Verdict::version).collect();
    let borrowing = borrowing(store, &versions).await?;
    for verdict in verdicts {
        let why = verdict
            .version()
            .and_then(|version| borrowing.get(&version.id));
        if let Some(why) = why {
            *verdict = Verdict::invalid(ReasonCode::NotAllowed, why);
        }
    }
    Ok(())
}

/// Those that hold a quote which was erased, or one of another conversation, be it one of these; and
/// why they may not.
pub(crate) async fn borrowing(
    store: &Store,
    versions: &[&NewVersion],
) -> store::Result<BTreeMap<ConversationId, &'static str>> {
    let quotes = |version: &NewVersion| -> Vec<QuoteId> {
        let quotes = version.projection.quotes.iter();
        quotes.map(|quote| quote.id).collect()
    };
    let all: Vec<QuoteId> = versions
        .iter()
        .flat_map(|version| quotes(version))
        .collect();
    let ids: Vec<ConversationId> = versions.iter().map(|version| version.id).collect();
    let mut tx = store.read().await?;
    let mut homes = documents::homes_of(&mut tx, &all).await?;
    let erased = tombstones::erased_among(&mut tx, &all).await?;
    let gone = tombstones::fates(&mut tx, &ids).await?;
    drop(tx);
    let mut borrowing = BTreeMap::new();
    // What was erased since it was judged is not written, and judged anew as what it became.
    let here = |version: &&&NewVersion| !gone.contains_key(&version.id);
    for version in versions.iter().filter(here) {
        for quote in quotes(version) {
            if erased.contains(&quote) {
                let why = "a quote stands in this conversation that was erased";
                borrowing.insert(version.id, why);
            } else if *homes.entry(quote).or_insert(version.id) != version.id {
                let why = "a quote of another conversation stands in this one";
                borrowing.insert(version.id, why);
            }
        }
    }
    Ok(borrowing)
}

fn intake(push: &[Push], verdicts: Vec<Verdict>, gone: &BTreeMap<ConversationId, Fate>) -> Intake {
    let mut outcomes = Vec::with_capacity(verdicts.len());
    let mut receipted = Vec::new();
    let mut moved_away = Vec::new();
    for (item, verdict) in push.iter().zip(verdicts) {
        let held = matches!(verdict.outcome, Outcome::Held(_));
        if held || matches!(verdict.outcome, Outcome::Stored | Outcome::Unchanged) {
            let same = verdict.stored == item.heads;
            receipted.push(ReceiptLine {
                document: item.document,
                pushed: item.heads.clone(),
                stored: if same { Vec::new() } else { verdict.stored },
                held,
            });
        }
        if verdict.elsewhere {
            moved_away.push((item.round, item.document));
        }
        outcomes.push(verdict.outcome);
    }
    let erased_quotes = gone.values().flat_map(Fate::quotes).copied();
    Intake {
        documents: push.iter().map(|item| item.document).collect(),
        rounds: push
            .iter()
            .map(|item| (item.document, item.round))
            .collect(),
        outcomes,
        receipted,
        moved_away,
        erased_quotes: erased_quotes.collect(),
    }
}

fn reason(code: ReasonCode, detail: &str) -> Reason {
    Reason {
        code,
        detail: detail.to_owned(),
    }
}
