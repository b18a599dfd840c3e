//! Who a tablet's user is to the server.

use std::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::ids::{DeviceNumber, UserId};
use crate::wire::WireError;

/// Made at enrolment; kept encrypted. Holds the device's secret key.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    #[n(0)]
    pub device: DeviceNumber,
    #[n(1)]
    pub user: UserId,
    /// The secret half of the device key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seed: [u8; 32],
    /// The pinned public key that signs receipts.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub receipt_key: [u8; 32],
}

impl Identity {
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.seed)
    }

    /// The public half, as `EnrolDevice::public_key` wants it: 64 hexadecimal digits.
    pub fn public_key_of(seed: &[u8; 32]) -> String {
        let public = SigningKey::from_bytes(seed).verifying_key();
        public
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub(super) fn receipt_key(&self) -> Result<VerifyingKey, WireError> {
        VerifyingKey::from_bytes(&self.receipt_key).map_err(|_| WireError::Signature)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        crate::wire::encode(self)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        crate::wire::decode(bytes)
    }
}

impl fmt::Debug for Identity {
    /// Never the seed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} of {:?})", self.device, self.user)
    }
}
