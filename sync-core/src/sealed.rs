//! Words that only the office may open: what is held in quarantine, and the file that a tablet writes
//! as its last resort.
//!
//! A sealed message is the public key of a pair made for it alone, then the message under
//! XChaCha20-Poly1305. The key is the SHA-256 of a domain tag, what X25519 gives for that pair and the
//! installation's, and both public keys; it is used once, so the nonce is zero.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

const DOMAIN: &[u8] = b"koffiekar sealed v1\0";

/// The public half: whoever has it can seal, and not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealKey(pub [u8; 32]);

/// The installation's secret half.
pub struct OpenKey(StaticSecret);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was not sealed for this installation, or it is damaged")]
pub struct NotOpened;

impl SealKey {
    /// `fresh` must be 32 new random bytes.
    pub fn seal(&self, message: &[u8], fresh: [u8; 32]) -> Vec<u8> {
        let own = StaticSecret::from(fresh);
        let public = PublicKey::from(&own);
        let shared = own.diffie_hellman(&PublicKey::from(self.0));
        let cipher = cipher(shared.as_bytes(), public.as_bytes(), &self.0);
        let mut sealed = public.as_bytes().to_vec();
        // Encrypting into memory fails for messages of 256 GB alone.
        sealed.extend(
            cipher
                .encrypt(&XNonce::default(), message)
                .unwrap_or_default(),
        );
        sealed
    }
}

impl OpenKey {
    pub fn new(secret: [u8; 32]) -> Self {
        Self(StaticSecret::from(secret))
    }

    pub fn seal_key(&self) -> SealKey {
        SealKey(PublicKey::from(&self.0).to_bytes())
    }

    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (public, message) = sealed.split_first_chunk::<32>().ok_or(NotOpened)?;
        let shared = self.0.diffie_hellman(&PublicKey::from(*public));
        cipher(shared.as_bytes(), public, &self.seal_key().0)
            .decrypt(&XNonce::default(), message)
            .map_err(|_| NotOpened)
    }
}

fn cipher(shared: &[u8; 32], own: &[u8; 32], to: &[u8; 32]) -> XChaCha20Poly1305 {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(shared);
    hash.update(own);
    hash.update(to);
    XChaCha20Poly1305::new(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_own_key_alone() {
        let office = OpenKey::new([1; 32]);
        let sealed = office.seal_key().seal(b"geheim", [2; 32]);
        assert_eq!(office.open(&sealed), Ok(b"geheim".to_vec()));
        assert_eq!(OpenKey::new([3; 32]).open(&sealed), Err(NotOpened));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(office.open(&damaged), Err(NotOpened), "byte {at}");
        }
    }
}
