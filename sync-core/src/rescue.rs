//! The file with everything that a tablet could not send: the last resort, carried to the office by hand.
//!
//! ```text
//! file      "koffiekar rescue v1\0", then a message sealed to the installation (see `sealed`)
//! message   CBOR: [+ bytes of an Envelope]
//! ```
//!
//! Each envelope is a sync request that only pushes, signed by the device as any other. Whoever finds
//! the file reads nothing in it and can change nothing. At the office each envelope is a push of that
//! device like any other, but for the clock: the file may be days old.

use minicbor::{Decode, Encode};

use crate::limits;
use crate::sealed::{OpenKey, SealKey};
use crate::wire::{Envelope, WireError, decode_strictly, encode};

const MAGIC: &[u8] = b"koffiekar rescue v1\0";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RescueError {
    #[error("this is no rescue file of a tablet, or one of a later version")]
    NotARescue,
    #[error("the file was not sealed for this installation, or it is damaged")]
    NotOpened,
    #[error("a rescue file has at most {} bytes", limits::RESCUE_BYTES)]
    TooLarge,
    #[error("what was sealed in the file is no list of requests: {0}")]
    Wire(#[from] WireError),
}

/// The message: each envelope as its own bytes, so that one is read by the reader of requests.
#[derive(Encode, Decode)]
#[cbor(transparent)]
struct Message(#[n(0)] Vec<Bytes>);

#[derive(Encode, Decode)]
#[cbor(transparent)]
struct Bytes(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

/// `fresh` must be 32 new random bytes.
pub fn seal(envelopes: &[Envelope], office: &SealKey, fresh: [u8; 32]) -> Vec<u8> {
    let envelopes = envelopes.iter().map(|e| Bytes(e.to_bytes())).collect();
    let mut file = MAGIC.to_vec();
    file.extend(office.seal(&encode(&Message(envelopes)), fresh));
    file
}

/// What a tablet wrote; no signature is checked yet.
pub fn open(file: &[u8], key: &OpenKey) -> Result<Vec<Envelope>, RescueError> {
    if file.len() > limits::RESCUE_BYTES {
        return Err(RescueError::TooLarge);
    }
    let sealed = file.strip_prefix(MAGIC).ok_or(RescueError::NotARescue)?;
    let message = key.open(sealed).map_err(|_| RescueError::NotOpened)?;
    let Message(envelopes) = decode_strictly(limits::REQUEST_ITEMS, &message)?;
    envelopes
        .iter()
        .map(|bytes| Envelope::from_bytes(&bytes.0).map_err(RescueError::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::ids::{DeviceNumber, Millis};
    use crate::wire::Request;

    fn envelopes() -> Vec<Envelope> {
        let key = SigningKey::from_bytes(&[7; 32]);
        let seal = |nonce| {
            let request = Request::default();
            Envelope::seal(&request, DeviceNumber(12), &key, Millis(1), [nonce; 16])
        };
        vec![seal(1), seal(2)]
    }

    #[test]
    fn what_a_tablet_wrote_is_what_the_office_reads() {
        let office = OpenKey::new([1; 32]);
        let file = super::seal(&envelopes(), &office.seal_key(), [2; 32]);
        assert_eq!(open(&file, &office), Ok(envelopes()));
        let other = OpenKey::new([3; 32]);
        assert_eq!(open(&file, &other), Err(RescueError::NotOpened));
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(open(&damaged, &office).is_err(), "byte {at}");
            assert!(open(&file[..at], &office).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn anything_else_is_told_what_it_is_not() {
        let office = OpenKey::new([1; 32]);
        assert_eq!(open(b"a photo", &office), Err(RescueError::NotARescue));
        let large = vec![0; limits::RESCUE_BYTES + 1];
        assert_eq!(open(&large, &office), Err(RescueError::TooLarge));
        let mut file = MAGIC.to_vec();
        file.extend(office.seal_key().seal(b"no list", [2; 32]));
        assert!(matches!(open(&file, &office), Err(RescueError::Wire(_))));
    }
}
