//! `POST /api/v1/sync`: one request in which a tablet pushes, is told what is durable, and pulls.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use ed25519_dalek::{SigningKey, VerifyingKey};
use koffiekar_sync_core::admission::operations_claimed;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::receipt::{
    KeyId, KeySuccession, Receipt, ReceiptLine, SignedReceipt, feed_fingerprint,
};
use koffiekar_sync_core::wire::{Answer, Envelope, Epoch, Fingerprint, News, Request, WireError};

use crate::Koffiekar;
use crate::metrics::SyncWork;
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::store::devices::EnrolledDevice;
use crate::store::{self, Tx, catalogue, conversations, devices, receipt_keys};
use crate::sync::compare::compare;
use crate::sync::feed::{self, Asked};
use crate::sync::intake::writing::Work;
use crate::sync::intake::{self, Pusher};
use crate::sync::reference::Reference;
use crate::web::bounds::SMALL_BODY;
use crate::web::extract::{Arriving, Origin};
use crate::web::middleware::bodies::Holds;

/// Requests that are worked on at once. Others wait with the bytes they sent: what a request is inflated
/// to, and all that is made of it, is many times as large, and a fleet that calls at once would fill the
/// memory with it.
pub(crate) const AT_ONCE: usize = 16;

/// What both messages are: CBOR, the larger part of it gzipped inside.
pub const CONTENT_TYPE: &str = "application/cbor";

pub async fn sync(
    State(koffiekar): State<Koffiekar>,
    headers: HeaderMap,
    origin: Origin,
    holds: Option<Extension<Holds>>,
    message: Arriving,
) -> Result<Response, ApiError> {
    let sent_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if sent_type != Some(CONTENT_TYPE) {
        return Err(ApiError::Unsupported {
            expected: CONTENT_TYPE,
        });
    }
    let message = receive(&koffiekar, origin, message).await?;
    let started = Instant::now();
    let envelope = Envelope::from_bytes(&message).map_err(refusal)?;
    let fingerprint = Fingerprint::of(&message);
    drop(message);
    let known = known_device(&koffiekar, &envelope).await?;
    koffiekar
        .take_once(envelope.device, &envelope.nonce, envelope.time)
        .await?;
    let now = koffiekar.clock.now();
    let devices = &koffiekar.shares.devices;
    let share = devices.take(known.device.number).await;
    let share = Arc::new(share.ok_or(ApiError::Busy(None))?);
    if let Some(Extension(holds)) = holds {
        holds.add(share.clone());
    }
    // Nobody closes it.
    let _turn = koffiekar.syncing.acquire().await;
    let request = open(envelope).await?;
    check(&request)?;

    let pusher = known.pusher();
    let Known {
        device,
        revoked,
        reference,
        epoch,
        key,
    } = known;
    let (pushes, compares) = (!request.push.is_empty(), !request.compare.is_empty());
    let (push, vouchers) = (request.push, request.vouchers);
    let mut intake = intake::take_in(&koffiekar, &pusher, push, vouchers, now).await?;
    // What was stored is told whatever becomes of this.
    let noted = note_contact(&koffiekar, &device, request.waiting.into()).await;
    if let Err(error) = koffiekar.besides(noted) {
        tracing::warn!(%error, device = %device.number, "a contact could not be written down");
    }

    let rounds: Vec<_> = reference.rounds.iter().map(|round| round.id).collect();
    // What the same request pushed is a part of what is compared with.
    let compared = compare(&koffiekar.store, &rounds, request.compare).await?;
    let asked = Asked {
        rounds: &rounds,
        cursors: match request.epoch == Some(epoch) {
            true => &request.cursors,
            false => &[],
        },
        bytes: request.feed_bytes,
        pushed: &intake.as_pushed(),
        wanted: &intake.conflicting(),
        moved_away: &intake.moved_away,
    };
    let mut tx = koffiekar.store.read().await?;
    let brought = feed::bring(&mut tx, &asked).await?;
    let keys = successions(&mut tx, request.receipt_key, &key).await?;
    let stored = intake.receipted.iter().chain(&compared.lines);
    let stored = stored.filter(|line| !line.held).map(|line| line.document);
    let told = stored.chain(brought.versions.iter().map(|version| version.document));
    let told: BTreeSet<ConversationId> = told.collect();
    let told: Vec<ConversationId> = told.into_iter().collect();
    let doubtful_times = conversations::doubtful_times(&mut tx, &told).await?;
    drop(tx);
    intake.again_later(&brought.left_out);

    let pages = brought.pages.iter().flat_map(|page| &page.news);
    let feed_bytes = pages.map(|news| match news {
        News::Changed(_, bytes) => bytes.len() as u64,
        _ => 0,
    });
    let metrics = &koffiekar.metrics;
    metrics.feed_bytes.inc_by(feed_bytes.sum());
    metrics.pushed(&intake.outcomes);
    let work = match (pushes, compares, brought.versions.is_empty()) {
        (true, ..) => SyncWork::Pushing,
        (_, true, _) => SyncWork::Comparing,
        (.., false) => SyncWork::Fetching,
        _ => SyncWork::Idle,
    };

    // What was written to a file that is gone is not there for anybody.
    koffiekar.database.ensure_same(&koffiekar.store)?;
    let model = koffiekar.suggest.model();
    let answered_at = koffiekar.clock.now();
    let receipt = (pushes || compares || !brought.versions.is_empty()).then(|| Receipt {
        epoch,
        key: KeyId::of(&key.verifying_key()),
        device: device.number,
        request: fingerprint,
        time: answered_at,
        documents: both(intake.receipted, compared.lines),
        feed: match brought.versions.is_empty() {
            true => None,
            false => Some(feed_fingerprint(&brought.versions)),
        },
    });
    let answer = Answer {
        epoch,
        time: answered_at,
        outcomes: intake.outcomes,
        receipt: receipt.map(|receipt| SignedReceipt::sign(&receipt, &key)),
        rounds: brought.pages,
        reference: (!revoked && request.reference != Some(reference.fingerprint))
            .then(|| reference.bytes.to_vec()),
        tagger: request
            .tagger
            .filter(|held| !revoked && *held != model.fingerprint)
            .map(|_| model.bytes.to_vec()),
        compared: compared.answers,
        keys,
        revoked,
        erased_quotes: [
            intake.erased_quotes,
            compared.erased_quotes,
            brought.erased_quotes,
        ]
        .concat(),
        doubtful_times,
    };
    let bytes = tokio::task::spawn_blocking(move || answer.to_bytes())
        .await
        .map_err(ApiError::internal)?;
    koffiekar.metrics.synced(work, started.elapsed());
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], bytes).into_response())
}

/// Bytes in which the sender's number stands, but for very odd senders.
const BEGINNING: usize = 64;

/// The whole message. A large one is waited for only where its sender is known, and of one sender a few at a
/// time.
async fn receive(
    koffiekar: &Koffiekar,
    Origin(origin): Origin,
    mut message: Arriving,
) -> Result<Vec<u8>, ApiError> {
    if !message.may_exceed(SMALL_BODY) {
        return message.whole(limits::REQUEST_BYTES).await;
    }
    let sender = sender_of(message.beginning(BEGINNING).await?);
    if let Some(sender) = sender {
        let mut tx = koffiekar.store.read().await?;
        let device = devices::find(&mut tx, sender).await?;
        device.ok_or(ApiError::DeviceUnknown)?;
    }
    // Those who do not say who they are share one place.
    let sender = sender.unwrap_or(DeviceNumber::SERVER);
    let share = koffiekar.shares.receiving.take((sender, origin)).await;
    let _share = share.ok_or(ApiError::Busy(None))?;
    message.whole(limits::REQUEST_BYTES).await
}

/// Who says to have sent an envelope, from its beginning. `None` where that does not tell: other fields may
/// stand before.
fn sender_of(beginning: &[u8]) -> Option<DeviceNumber> {
    const DEVICE: u32 = 1;
    let mut decoder = minicbor::Decoder::new(beginning);
    let fields = decoder.map().ok()?.unwrap_or(u64::MAX);
    for _ in 0..fields {
        if decoder.u32().ok()? == DEVICE {
            return decoder.decode().ok();
        }
        decoder.skip().ok()?;
    }
    None
}

/// How the key that signs follows from the one that the tablet trusts.
async fn successions(
    tx: &mut Tx,
    trusted: Option<KeyId>,
    key: &SigningKey,
) -> store::Result<Vec<KeySuccession>> {
    let now = KeyId::of(&key.verifying_key());
    let Some(trusted) = trusted.filter(|trusted| *trusted != now) else {
        return Ok(Vec::new());
    };
    let mut keys = receipt_keys::since(tx, trusted).await?;
    // Another one may sign since this request came in.
    let last = keys.iter().position(|step| id_of(step) == Some(now));
    keys.truncate(last.map_or(0, |last| last + 1));
    Ok(keys)
}

fn id_of(step: &KeySuccession) -> Option<KeyId> {
    let key = VerifyingKey::from_bytes(&step.key).ok()?;
    Some(KeyId::of(&key))
}

/// One line for each conversation: what was pushed has its own, which says more than the comparison.
fn both(mut lines: Vec<ReceiptLine>, compared: Vec<ReceiptLine>) -> Vec<ReceiptLine> {
    let mut named: BTreeSet<ConversationId> = lines.iter().map(|line| line.document).collect();
    lines.extend(
        compared
            .into_iter()
            .filter(|line| named.insert(line.document)),
    );
    lines
}

/// Who sends, and what they may know.
pub(super) struct Known {
    device: EnrolledDevice,
    /// What it sends is held, and it gets nothing.
    revoked: bool,
    reference: Reference,
    epoch: Epoch,
    /// Signs the receipt.
    key: Arc<SigningKey>,
}

impl Known {
    pub(super) fn pusher(&self) -> Pusher {
        let Self {
            device, reference, ..
        } = self;
        Pusher {
            author: Author {
                device: device.number,
                user: device.user.id,
                edits: policy::allows(device.user.role, Action::Tag),
            },
            revoked: self.revoked,
            enrolled_at: device.enrolled_at,
            rounds: reference.rounds.clone(),
            surroundings: reference.surroundings.clone(),
        }
    }
}

/// Whose key signed this, and what they may do now.
pub(super) async fn known_device(
    koffiekar: &Koffiekar,
    envelope: &Envelope,
) -> Result<Known, ApiError> {
    let marks = koffiekar.marks();
    let mut tx = koffiekar.store.read().await?;
    let device = devices::find(&mut tx, envelope.device)
        .await?
        .ok_or(ApiError::DeviceUnknown)?;
    // Only whoever holds its key is told that a device was revoked.
    envelope.verify(&device.public_key).map_err(refusal)?;
    let revoked = device.revoked || !policy::allows(device.user.role, Action::Record);
    let rounds = match revoked {
        true => &[],
        false => &device.rounds[..],
    };
    let installation = catalogue::installation(&mut tx).await?;
    koffiekar
        .database
        .look(&mut tx, marks, &installation)
        .await?;
    koffiekar.database.ensure_same(&koffiekar.store)?;
    let references = &koffiekar.references;
    let reference = references.of(&mut tx, &installation, rounds).await?;
    let key = koffiekar.receipts.newest(&mut tx, &installation).await?;
    Ok(Known {
        device,
        revoked,
        reference,
        epoch: installation.epoch,
        key,
    })
}

pub(super) async fn open(envelope: Envelope) -> Result<Request, ApiError> {
    tokio::task::spawn_blocking(move || {
        let request = envelope.open().map_err(refusal)?;
        let pushed = request.push.iter();
        let claimed: u64 = pushed.map(|item| operations_claimed(&item.changes)).sum();
        // Each may be within its limit: a thousand of them keep a server busy for minutes.
        if claimed > limits::REQUEST_OPERATIONS {
            return Err(ApiError::TooLarge { limit_bytes: None });
        }
        Ok(request)
    })
    .await
    .map_err(ApiError::internal)?
}

pub(super) fn check(request: &Request) -> Result<(), ApiError> {
    if request.push.len() > limits::PUSH_DOCUMENTS || request.cursors.len() > limits::ROUNDS {
        return Err(ApiError::invalid(
            format!(
                "Een zending bevat hoogstens {} gesprekken. Stuur ze in delen.",
                limits::PUSH_DOCUMENTS
            ),
            format!(
                "A push holds at most {} conversations. Send them in parts.",
                limits::PUSH_DOCUMENTS
            ),
        ));
    }
    // Beyond it a number is not the same in every language that a client may be written in.
    if request
        .cursors
        .iter()
        .any(|cursor| cursor.place >= limits::WHOLE_NUMBERS)
    {
        return Err(ApiError::invalid(
            "Een plaats in een ronde is een getal onder 2^53. Begin voor die ronde bij 0."
                .to_owned(),
            "A place in a round is a number below 2^53. Begin at 0 for that round.".to_owned(),
        ));
    }
    if request.compare.len() > limits::COMPARE_DOCUMENTS
        || request.vouchers.len() > limits::VOUCHERS
    {
        return Err(ApiError::invalid(
            format!(
                "Een bericht vergelijkt hoogstens {} gesprekken en brengt hoogstens {} bewijzen mee. Stuur ze in delen.",
                limits::COMPARE_DOCUMENTS,
                limits::VOUCHERS
            ),
            format!(
                "A request compares at most {} conversations and brings at most {} vouchers. Send them in parts.",
                limits::COMPARE_DOCUMENTS,
                limits::VOUCHERS
            ),
        ));
    }
    Ok(())
}

/// An idle tablet that asks every few seconds is written down once a minute.
const NOTE_EVERY_MS: i64 = 60_000;

async fn note_contact(
    koffiekar: &Koffiekar,
    device: &EnrolledDevice,
    waiting: u64,
) -> store::Result<()> {
    let now = koffiekar.clock.now();
    let is_fresh = |(at, waited): (Millis, u64)| now < at.plus(NOTE_EVERY_MS) && waited == waiting;
    if device.contact.is_some_and(is_fresh) {
        return Ok(());
    }
    let mut work = Work::of(device.number);
    work.contact = Some((now, waiting));
    koffiekar.writing.write(koffiekar, work).wait().await?;
    Ok(())
}

fn refusal(error: WireError) -> ApiError {
    match error {
        WireError::TooLarge(bytes) => ApiError::TooLarge {
            limit_bytes: Some(bytes),
        },
        WireError::Signature => ApiError::DeviceUnknown,
        other => ApiError::invalid(
            format!(
                "Het bericht is niet leesbaar ({other}). Werk de app bij; wat op de tablet staat, blijft staan."
            ),
            format!(
                "The message cannot be read: {other}. Update the app; what the device holds stays."
            ),
        ),
    }
}
