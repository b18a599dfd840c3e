//! Tablets: enrolling one, seeing them, ending one.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ed25519_dalek::VerifyingKey;
use koffiekar_sync_core::ids::{DeviceNumber, Millis};
use koffiekar_sync_core::office::{Device, DevicePage, EnrolDevice, Enrolment};
use serde::Deserialize;

use super::session::authenticate;
use crate::Koffiekar;
use crate::office::fields::{self, LABEL};
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::random::{self, Random};
use crate::store::audit::{self, DONE, Entry};
use crate::store::{devices, receipt_keys};
use crate::web::caller::Caller;
use crate::web::extract::{Json, Origin, Path, Query};

const LABEL_CHARS: usize = 60;
/// Tablets that one person has at a time.
const MOST_OF_PERSON: u64 = 300;
/// Tablets of a page.
const PAGE: usize = 100;

/// `POST /api/v1/devices`: a tablet brings its key and its user's password, and gets a number.
pub async fn enrol(
    State(koffiekar): State<Koffiekar>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Json(asked): Json<EnrolDevice>,
) -> Result<Response, ApiError> {
    let public_key = checked_key(&asked.public_key)?;
    let label = fields::line(LABEL, &asked.label, 1..=LABEL_CHARS)?;
    let (account, browser) =
        authenticate(&koffiekar, &origin, &headers, &asked.login, asked.password).await?;
    if !policy::allows(account.role, Action::Record) {
        return Err(ApiError::not_allowed());
    }

    let now = koffiekar.clock.now();
    let number = new_number(&koffiekar.random);
    let mut tx = koffiekar.store.write().await?;
    if devices::count_active(&mut tx, account.id).await? >= MOST_OF_PERSON {
        return Err(ApiError::conflict(
            format!(
                "Er staan al {MOST_OF_PERSON} tablets op uw naam. Laat uw beheerder intrekken wat u niet meer gebruikt."
            ),
            format!(
                "{MOST_OF_PERSON} devices stand in your name already. Have your administrator revoke those that you use no longer."
            ),
        ));
    }
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
    let cookie = [(header::SET_COOKIE, browser.set_cookie()?)];
    Ok((StatusCode::CREATED, cookie, Json(enrolment)).into_response())
}

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    after: Option<String>,
}

/// `GET /api/v1/devices`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(behind): Query<Behind>,
) -> Result<Json<DevicePage>, ApiError> {
    caller.may(Action::ManageDevices)?;
    let after = behind.after.as_deref().map(place).transpose()?;
    let mut tx = koffiekar.store.read().await?;
    let mut devices = devices::list(&mut tx, after, PAGE + 1).await?;
    let total = devices::count(&mut tx).await?;
    tx.commit().await?;
    let is_last = devices.len() <= PAGE;
    devices.truncate(PAGE);
    let next = match (is_last, devices.last()) {
        (false, Some(last)) => Some(format!("{}-{}", last.enrolled_at.0, last.number)),
        _ => None,
    };
    Ok(Json(DevicePage {
        devices,
        total,
        next,
    }))
}

fn place(text: &str) -> Result<(Millis, DeviceNumber), ApiError> {
    let parts = text.split_once('-');
    let place =
        parts.and_then(|(at, number)| Some((Millis(at.parse().ok()?), number.parse().ok()?)));
    place.ok_or_else(|| {
        ApiError::invalid(
            "`after` is geen `next` van een eerdere bladzijde. Begin opnieuw zonder `after`.",
            "`after` is no `next` of an earlier page. Begin anew without `after`.",
        )
    })
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
