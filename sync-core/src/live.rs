//! How a tablet asks to be told at once of news: `GET /api/v1/sync/live`.
//!
//! A stream carries no body that a client could sign, so what a sync request holds in its envelope stands in
//! the header `Authorization`: `Koffiekar-Live device=...,time=...,nonce=...,signature=...`, hexadecimal but for
//! the time. It does not stand in the address, which proxies write into their logs. The signature is the
//! device key's over a domain tag, then device, time and nonce, numbers big-endian. The answer says only that a
//! round is at a place; what is there is fetched by a sync.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::ids::{DeviceNumber, Millis, RoundId};
use crate::wire::WireError;

/// The scheme of the header.
const SCHEME: &str = "Koffiekar-Live ";
const DOMAIN: &[u8] = b"koffiekar live v1\0";

/// What stands in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRequest {
    pub device: DeviceNumber,
    /// The tablet's clock, corrected; the window of a sync request holds here too.
    pub time: Millis,
    pub nonce: [u8; 16],
    pub signature: [u8; 64],
}

/// One event of the stream: this round's feed has come to this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveNotice {
    pub round: RoundId,
    pub place: u64,
}

impl LiveRequest {
    /// `nonce` must be fresh.
    pub fn sign(device: DeviceNumber, key: &SigningKey, time: Millis, nonce: [u8; 16]) -> Self {
        Self {
            device,
            time,
            nonce,
            signature: key.sign(&signed_text(device, time, &nonce)).to_bytes(),
        }
    }

    pub fn verify(&self, public_key: &[u8; 32]) -> Result<(), WireError> {
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| WireError::Signature)?;
        let text = signed_text(self.device, self.time, &self.nonce);
        key.verify_strict(&text, &Signature::from_bytes(&self.signature))
            .map_err(|_| WireError::Signature)
    }

    /// The value of `Authorization`.
    pub fn authorization(&self) -> String {
        format!(
            "{SCHEME}device={},time={},nonce={},signature={}",
            self.device,
            self.time.0,
            hex(&self.nonce),
            hex(&self.signature)
        )
    }

    /// Reads that. `None` for anything else: all four are there once, in this order.
    pub fn parse(authorization: &str) -> Option<Self> {
        let mut pairs = authorization.strip_prefix(SCHEME)?.split(',');
        let mut next = |name: &str| pairs.next()?.strip_prefix(name)?.strip_prefix('=');
        let asked = Self {
            device: next("device")?.parse().ok()?,
            time: Millis(next("time")?.parse().ok()?),
            nonce: from_hex(next("nonce")?)?,
            signature: from_hex(next("signature")?)?,
        };
        pairs.next().is_none().then_some(asked)
    }
}

fn signed_text(device: DeviceNumber, time: Millis, nonce: &[u8; 16]) -> Vec<u8> {
    let mut text = DOMAIN.to_vec();
    text.extend(device.0.to_be_bytes());
    text.extend(time.0.to_be_bytes());
    text.extend(nonce);
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_device_asks_and_only_for_what_it_signed() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key().to_bytes();
        let asked = LiveRequest::sign(DeviceNumber(12), &key, Millis(1_769_250_000_000), [9; 16]);
        assert_eq!(asked.verify(&public), Ok(()));
        let changes: [fn(&mut LiveRequest); 4] = [
            |asked| asked.device = DeviceNumber(13),
            |asked| asked.time = asked.time.plus(1),
            |asked| asked.nonce[0] ^= 1,
            |asked| asked.signature[63] ^= 1,
        ];
        for change in changes {
            let mut changed = asked.clone();
            change(&mut changed);
            assert_eq!(changed.verify(&public), Err(WireError::Signature));
        }
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
        assert_eq!(asked.verify(&other), Err(WireError::Signature));
    }

    #[test]
    fn the_header_says_what_was_signed() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let asked = LiveRequest::sign(DeviceNumber(12), &key, Millis(1_769_250_000_000), [9; 16]);
        let text = asked.authorization();
        assert_eq!(LiveRequest::parse(&text), Some(asked));
        for wrong in [
            String::new(),
            "Bearer device=1".to_owned(),
            text.replace("nonce=09", "nonce=+9"),
            text.replace("nonce=09", "nonce=0"),
            text.replace("device=", "apparaat="),
            format!("{text},time=1"),
            text.replace(',', ", "),
        ] {
            assert_eq!(LiveRequest::parse(&wrong), None, "{wrong}");
        }
    }
}
