//! The server's words of earlier that a tablet may have to bring back to it.
//!
//! Whoever lost changes, for instance by a backup put back, takes changes of *other* devices only where
//! it once signed for them itself. So a tablet keeps, for each conversation, the newest receipt that
//! named it, as long as it holds the conversation.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use super::{Effect, Held, Replica};
use crate::ids::InvalidId;
use crate::wire::{Fingerprint, Voucher, encode};

/// The first sixteen bytes of the hash of a kept [`Voucher`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct VoucherId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl VoucherId {
    /// With what is to be kept under it.
    pub(super) fn of(voucher: &Voucher) -> (Self, Vec<u8>) {
        let bytes = encode(voucher);
        let mut id = [0; 16];
        id.copy_from_slice(&Fingerprint::of(&bytes).0[..16]);
        (Self(id), bytes)
    }
}

impl Replica {
    /// Keeps those of the new ones that a conversation needs, and forgets those that none needs any more.
    pub(super) fn keep_vouchers(&mut self, fresh: Vec<(VoucherId, Vec<u8>)>) -> Vec<Effect> {
        let needed: BTreeSet<VoucherId> = self.held.values().filter_map(Held::voucher).collect();
        let mut effects = Vec::new();
        self.vouchers.retain(|id, _| {
            let keep = needed.contains(id);
            if !keep {
                effects.push(Effect::ForgetVoucher(*id));
            }
            keep
        });
        for (id, bytes) in fresh {
            if needed.contains(&id) {
                self.vouchers.insert(id, bytes);
                effects.push(Effect::KeepVoucher(id));
            }
        }
        effects
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for VoucherId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let kind = "voucher id";
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidId { kind });
        }
        u128::from_str_radix(text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(|_| InvalidId { kind })
    }
}
