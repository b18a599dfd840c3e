//! `POST /api/v1/sync`: one request in which a tablet pushes, is told what is durable, and pulls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::ids::{DeviceNumber, Millis};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::receipt::{KeyId, Receipt, ReceiptLine, SignedReceipt};
use koffiekar_sync_core::wire::{Answer, Envelope, Epoch, Fingerprint, Request, WireError};

use crate::Koffiekar;
use crate::extract::Raw;
use crate::feed;
use crate::intake::{self, Pusher};
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::projection::Surroundings;
use crate::store::devices::EnrolledDevice;
use crate::store::{catalogue, devices};

/// What both messages are: CBOR, the larger part of it gzipped inside.
pub const CONTENT_TYPE: &str = "application/cbor";

pub async fn sync(
    State(koffiekar): State<Koffiekar>,
    headers: HeaderMap,
    Raw(message): Raw,
) -> Result<Response, ApiError> {
    let sent_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if sent_type != Some(CONTENT_TYPE) {
        return Err(ApiError::Unsupported {
            expected: CONTENT_TYPE,
        });
    }
    let envelope = Envelope::from_bytes(&message).map_err(refusal)?;
    let (device, surroundings, catalogue, epoch) = known_device(&koffiekar, &envelope).await?;
    let now = koffiekar.clock.now();
    if envelope.time.0.abs_diff(now.0) > limits::CLOCK_WINDOW_MS.unsigned_abs() {
        return Err(ApiError::ClockOff { server_time: now });
    }
    let fingerprint = Fingerprint::of(&message);
    let request = open(envelope).await?;
    check(&request)?;

    let pusher = Pusher {
        author: Author {
            device: device.number,
            user: device.user.id,
            edits: policy::allows(device.user.role, Action::Tag),
        },
        rounds: catalogue.rounds.clone(),
        surroundings,
        tagger: koffiekar.suggest.tagger(),
    };
    let pushed = !request.push.is_empty();
    let intake = intake::take_in(&koffiekar.store, &pusher, request.push, now).await?;
    note_contact(&koffiekar, device.number, u64::from(request.waiting)).await?;

    let rounds: Vec<_> = catalogue.rounds.iter().map(|round| round.id).collect();
    let cursors = if request.epoch == Some(epoch) {
        request.cursors
    } else {
        Vec::new()
    };
    let mut tx = koffiekar.store.read().await?;
    let pages = feed::pages(
        &mut tx,
        device.number,
        &rounds,
        &cursors,
        request.feed_bytes,
    )
    .await?;
    drop(tx);
    let reference = serde_json::to_vec(&catalogue).map_err(ApiError::internal)?;
    let model = koffiekar.suggest.model();
    let answered_at = koffiekar.clock.now();
    let answer = Answer {
        epoch,
        time: answered_at,
        outcomes: intake.outcomes,
        receipt: pushed.then(|| {
            receipt(
                &koffiekar,
                epoch,
                device.number,
                fingerprint,
                answered_at,
                intake.receipted,
            )
        }),
        rounds: pages,
        reference: (request.reference != Some(Fingerprint::of(&reference))).then_some(reference),
        tagger: request
            .tagger
            .filter(|held| *held != model.fingerprint)
            .map(|_| model.bytes.to_vec()),
        compared: Vec::new(),
        keys: Vec::new(),
        revoked: false,
        erased_quotes: Vec::new(),
    };
    let bytes = tokio::task::spawn_blocking(move || answer.to_bytes())
        .await
        .map_err(ApiError::internal)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], bytes).into_response())
}

/// The device, with the catalogue as its user may see it.
async fn known_device(
    koffiekar: &Koffiekar,
    envelope: &Envelope,
) -> Result<(EnrolledDevice, Arc<Surroundings>, Catalogue, Epoch), ApiError> {
    let mut tx = koffiekar.store.read().await?;
    let device = devices::find(&mut tx, envelope.device)
        .await?
        .ok_or(ApiError::DeviceUnknown)?;
    // Only whoever holds its key is told that a device was revoked.
    envelope.verify(&device.public_key).map_err(refusal)?;
    if device.revoked || !policy::allows(device.user.role, Action::Record) {
        return Err(ApiError::DeviceRevoked);
    }
    let installation = catalogue::installation(&mut tx).await?;
    let mut catalogue = catalogue::read(&mut tx).await?;
    drop(tx);
    let surroundings = Arc::new(Surroundings::of(&catalogue));
    catalogue
        .rounds
        .retain(|round| device.rounds.contains(&round.id));
    Ok((device, surroundings, catalogue, installation.epoch))
}

async fn open(envelope: Envelope) -> Result<Request, ApiError> {
    tokio::task::spawn_blocking(move || envelope.open())
        .await
        .map_err(ApiError::internal)?
        .map_err(refusal)
}

fn check(request: &Request) -> Result<(), ApiError> {
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
    Ok(())
}

fn receipt(
    koffiekar: &Koffiekar,
    epoch: Epoch,
    device: DeviceNumber,
    request: Fingerprint,
    time: Millis,
    documents: Vec<ReceiptLine>,
) -> SignedReceipt {
    let key = KeyId::of(&koffiekar.receipts.verifying_key());
    SignedReceipt::sign(
        &Receipt {
            epoch,
            key,
            device,
            request,
            time,
            documents,
            feed: None,
        },
        &koffiekar.receipts,
    )
}

/// When each tablet's last call was written down, and how much waited then. Only spares writes: an
/// idle tablet that asks every few seconds costs one a minute.
pub type Contacts = Arc<Mutex<BTreeMap<DeviceNumber, (Millis, u64)>>>;

const NOTE_EVERY_MS: i64 = 60_000;

async fn note_contact(
    koffiekar: &Koffiekar,
    device: DeviceNumber,
    waiting: u64,
) -> Result<(), ApiError> {
    let now = koffiekar.clock.now();
    let due = {
        let mut noted = match koffiekar.contacts.lock() {
            Ok(noted) => noted,
            Err(poisoned) => poisoned.into_inner(),
        };
        let fresh = noted
            .get(&device)
            .is_some_and(|(at, waited)| now < at.plus(NOTE_EVERY_MS) && *waited == waiting);
        if !fresh {
            noted.insert(device, (now, waiting));
        }
        !fresh
    };
    if due {
        let mut tx = koffiekar.store.write().await?;
        devices::note_contact(&mut tx, device, now, waiting).await?;
        tx.commit().await?;
    }
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
