//! How a tablet asks to be told at once of news: `GET /api/v1/sync/live`.
//!
//! A stream that a browser opens carries no body, so what a sync request holds in its envelope stands
//! in the address: `?device=...&time=...&nonce=...&signature=...`, hexadecimal but for the time. The
//! signature is the device key's over a domain tag, then device, time and nonce, numbers big-endian.
//! The answer says only that a round is at a place; what is there is fetched by a sync.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::ids::{DeviceNumber, Millis, RoundId};
use crate::wire::WireError;

const DOMAIN: &[u8] = b"koffiekar live v1\0";

/// Serialises to what stands behind the `?`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRequest {
    pub device: DeviceNumber,
    /// The tablet's clock, corrected; the window of a sync request holds here too.
    pub time: Millis,
    #[serde(with = "hex")]
    pub nonce: [u8; 16],
    #[serde(with = "hex")]
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

    /// What stands behind the `?`.
    pub fn query(&self) -> String {
        format!(
            "device={}&time={}&nonce={}&signature={}",
            self.device,
            self.time.0,
            hex::of(&self.nonce),
            hex::of(&self.signature)
        )
    }
}

fn signed_text(device: DeviceNumber, time: Millis, nonce: &[u8; 16]) -> Vec<u8> {
    let mut text = DOMAIN.to_vec();
    text.extend(device.0.to_be_bytes());
    text.extend(time.0.to_be_bytes());
    text.extend(nonce);
    text
}

mod hex {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn of(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        s: S,
    ) -> Result<S::Ok, S::Error> {
        s.serialize_str(&of(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        d: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(d)?;
        let wrong = || D::Error::custom(format!("{} hexadecimal digits are needed", 2 * N));
        if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; N];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(bytes)
    }
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
    fn the_address_says_what_was_signed() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let asked = LiveRequest::sign(DeviceNumber(12), &key, Millis(1_769_250_000_000), [9; 16]);
        let pairs: serde_json::Map<String, serde_json::Value> = asked
            .query()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                let value = match name {
                    "time" => value.parse::<i64>().unwrap().into(),
                    _ => value.into(),
                };
                (name.to_owned(), value)
            })
            .collect();
        let read: LiveRequest = serde_json::from_value(pairs.into()).unwrap();
        assert_eq!(read, asked);
        for wrong in ["", "zz", "+f000000000000000000000000000000", "0f"] {
            let mut pairs = serde_json::to_value(&asked).unwrap();
            pairs["nonce"] = wrong.into();
            assert!(
                serde_json::from_value::<LiveRequest>(pairs).is_err(),
                "{wrong}"
            );
        }
    }
}
