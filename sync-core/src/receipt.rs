//! The server's signed word that conversations are durably stored.
//!
//! A tablet says *veilig opgeslagen* on nothing less, and frees nothing before it. The signature is
//! over the exact bytes of the receipt behind a domain tag; the tablet pinned the key at enrolment.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::conversation::Head;
use crate::ids::{ConversationId, DeviceNumber, Millis};
use crate::wire::{Epoch, Fingerprint, Version, WireError, decode, encode};

const RECEIPT_DOMAIN: &[u8] = b"koffiekar receipt v1\0";
const SUCCESSION_DOMAIN: &[u8] = b"koffiekar receipt key v1\0";

/// The first eight bytes of the SHA-256 of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct KeyId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);

impl KeyId {
    pub fn of(key: &VerifyingKey) -> Self {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let mut id = [0; 8];
        id.copy_from_slice(&hash[..8]);
        Self(id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub key: KeyId,
    #[n(2)]
    pub device: DeviceNumber,
    /// SHA-256 of the request as it was sent.
    #[n(3)]
    pub request: Fingerprint,
    /// The server's clock after the commit.
    #[n(4)]
    pub time: Millis,
    #[n(5)]
    pub documents: Vec<ReceiptLine>,
    /// SHA-256 of the CBOR of the list of [`Version`]s that the feed of this answer brought, in its
    /// order; missing where it brought none. So the tablet can prove later what the server once held.
    #[n(6)]
    pub feed: Option<Fingerprint>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReceiptLine {
    #[n(0)]
    pub document: ConversationId,
    /// The heads that the tablet pushed: what this receipt covers.
    #[n(1)]
    pub pushed: Vec<Head>,
    /// The heads of the stored document; empty where they are the pushed ones.
    #[n(2)]
    pub stored: Vec<Head>,
    /// Kept sealed until an administrator decides, and not part of the conversation yet.
    #[cbor(n(3), default, skip_if = "is_false")]
    pub held: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What [`Receipt::feed`] is for these versions.
pub fn feed_fingerprint(versions: &[Version]) -> Fingerprint {
    Fingerprint::of(&encode(&versions))
}

/// One key for receipts hands over to the next.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeySuccession {
    /// The new public key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The old key's signature over it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl KeySuccession {
    pub fn sign(new: &VerifyingKey, old: &SigningKey) -> Self {
        let key = new.to_bytes();
        let signature = old.sign(&[SUCCESSION_DOMAIN, &key].concat()).to_bytes();
        Self { key, signature }
    }

    /// The new key, if this old one handed over to it.
    pub fn verify(&self, old: &VerifyingKey) -> Result<VerifyingKey, WireError> {
        let text = [SUCCESSION_DOMAIN, &self.key[..]].concat();
        old.verify_strict(&text, &Signature::from_bytes(&self.signature))
            .map_err(|_| WireError::Signature)?;
        VerifyingKey::from_bytes(&self.key).map_err(|_| WireError::Signature)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedReceipt {
    /// The CBOR of a [`Receipt`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub receipt: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl SignedReceipt {
    pub fn sign(receipt: &Receipt, key: &SigningKey) -> Self {
        let receipt = encode(receipt);
        let signature = key.sign(&[RECEIPT_DOMAIN, &receipt].concat()).to_bytes();
        Self { receipt, signature }
    }

    /// The key that it says signed it: where to look for one to verify with, and nothing to believe.
    pub fn claimed_key(&self) -> Option<KeyId> {
        decode::<Receipt>(&self.receipt)
            .ok()
            .map(|receipt| receipt.key)
    }

    /// The receipt, if this key signed it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Receipt, WireError> {
        let text = [RECEIPT_DOMAIN, &self.receipt[..]].concat();
        key.verify_strict(&text, &Signature::from_bytes(&self.signature))
            .map_err(|_| WireError::Signature)?;
        decode(&self.receipt)
    }
}
