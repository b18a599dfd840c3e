//! Tablets: enrolling one, seeing them, ending one.

use axum::extract::State;
use axum::http::StatusCode;
use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::office::{Device, EnrolDevice, Enrolment};

use super::session::authenticate;
use crate::Koffiekar;
use crate::caller::Caller;
use crate::extract::{Json, Origin, Path};
use crate::fields::{self, LABEL};
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::random::{self, Random};
use crate::store::audit::{self, DONE, Entry};
use crate::store::{devices, receipt_keys};

const LABEL_CHARS: usize = 60;

/// `POST /api/v1/devices`: a tablet brings its key and its user's password, and gets a number.
pub async fn enrol(
    State(koffiekar): State<Koffiekar>,
    Origin(origin): Origin,
    Json(asked): Json<EnrolDevice>,
) -> Result<(StatusCode, Json<Enrolment>), ApiError> {
    let public_key = checked_key(&asked.public_key)?;
    let label = fields::line(LABEL, &asked.label, 1..=LABEL_CHARS)?;
    let account = authenticate(&koffiekar, &origin, &asked.login, asked.password).await?;
    if !policy::allows(account.role, Action::Record) {
        return Err(ApiError::not_allowed());
    }

    let now = koffiekar.clock.now();
    let number = new_number(&koffiekar.random);
    let mut tx = koffiekar.store.write().await?;
    if !devices::enrol(&mut tx, number, account.id, &public_key, &label, now).await? {
        return Err(ApiError::internal("a random device number was taken"));
    }
    audit::write(
        &mut tx,
        Entry {
            at: now,
            actor: Some(account.id),
            origin: &origin,
            action: "enrol device",
            object: &number.to_string(),
            result: DONE,
        },
    )
    .await?;
    let receipt_key = receipt_keys::newest_public(&mut tx).await?;
    tx.commit().await?;
    let enrolment = Enrolment {
        device: number,
        user: account.id,
        name: account.name,
        role: account.role,
        demo: account.demo,
        receipt_key: random::hex(&receipt_key),
        server_time: koffiekar.clock.now(),
    };
    Ok((StatusCode::CREATED, Json(enrolment)))
}

/// `GET /api/v1/devices`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Vec<Device>>, ApiError> {
    caller.may(Action::ManageDevices)?;
    let mut tx = koffiekar.store.read().await?;
    let list = devices::list(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(list))
}

/// `POST /api/v1/devices/{device}/revoke`: what the tablet sends from now on is not stored.
pub async fn revoke(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(number): Path<DeviceNumber>,
) -> Result<Json<Device>, ApiError> {
    caller.may(Action::ManageDevices)?;
    let now = koffiekar.clock.now();
    let mut tx = koffiekar.store.write().await?;
    let device = devices::revoke(&mut tx, number, now)
        .await?
        .ok_or_else(ApiError::not_found)?;
    audit::write(
        &mut tx,
        Entry {
            at: now,
            actor: Some(caller.user),
            origin: &caller.origin,
            action: "revoke device",
            object: &number.to_string(),
            result: DONE,
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(device))
}

/// A point of the curve that is not one of the few that any signature fits.
fn checked_key(text: &str) -> Result<[u8; 32], ApiError> {
    random::from_hex::<32>(text)
        .filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()))
        .ok_or_else(|| {
            ApiError::invalid(
                "De sleutel van de tablet is geen Ed25519-sleutel van 64 hexadecimale cijfers. Laat de tablet een nieuwe maken.",
                "The device's key is no Ed25519 public key of 64 hexadecimal digits. Let the device make a new one.",
            )
        })
}

/// Random, so that nobody learns from a number how many tablets there are. 0 is the server.
fn new_number(random: &Random) -> DeviceNumber {
    DeviceNumber(u64::from_be_bytes(random.bytes()).max(1))
}
