//! Tablets: one is enrolled, seen, ended.

use serde::{Deserialize, Serialize};

use super::Role;
use crate::ids::{DeviceNumber, Millis, UserId};

/// `POST /api/v1/devices`: a tablet makes its key and asks for a number. Needs no session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolDevice {
    pub login: String,
    pub password: String,
    /// Ed25519 public key, 64 hexadecimal digits.
    pub public_key: String,
    /// What the administrator sees, for instance `Tablet 7`. 1 to 60 characters.
    pub label: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrolment {
    pub device: DeviceNumber,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    pub demo: bool,
    /// The key that signs receipts, to be pinned: 64 hexadecimal digits.
    pub receipt_key: String,
    pub server_time: Millis,
}

/// A tablet as the administrator sees one: `GET /api/v1/devices`;
/// `POST /api/v1/devices/{device}/revoke` ends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub number: DeviceNumber,
    pub label: String,
    pub user: UserId,
    pub user_name: String,
    pub enrolled_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Millis>,
    /// Conversations that waited on the tablet when it last called.
    pub waiting: u64,
    pub revoked: bool,
}

/// `GET /api/v1/devices`: the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DevicePage {
    pub devices: Vec<Device>,
    /// On all pages.
    pub total: u64,
    /// Give this as `after` for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
