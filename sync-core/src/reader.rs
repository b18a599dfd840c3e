//! Reads numbers and pieces from bytes that nobody has looked at yet.
//!
//! Every number has one spelling. A second one would make two changes with different hashes of what
//! Automerge takes for one, and it forgets the spelling when it saves.

use crate::gatekeeper::Unreadable;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reader<'a> {
    pub(crate) bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(Unreadable::NotAChange)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        let (byte, rest) = self.bytes.split_first().ok_or(Unreadable::NotAChange)?;
        self.bytes = rest;
        Ok(*byte)
    }

    /// Unsigned LEB128.
    pub(crate) fn unsigned(&mut self) -> Result<u64, Unreadable> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            let longer_than_needed = byte == 0 && shift > 0;
            if longer_than_needed || (shift == 63 && part > 1) {
                break;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Unreadable::NotAChange)
    }

    /// Signed LEB128.
    pub(crate) fn signed(&mut self) -> Result<i64, Unreadable> {
        let mut value = 0_i64;
        let mut sign_before = false;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let sign = byte & 0x40 != 0;
            let longer_than_needed = shift > 0 && byte == (if sign_before { 0x7f } else { 0 });
            if longer_than_needed || (shift == 63 && byte != 0 && byte != 0x7f) {
                break;
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = sign && shift < 57;
                return Ok(if negative {
                    value | (-1_i64 << (shift + 7))
                } else {
                    value
                });
            }
            sign_before = sign;
        }
        Err(Unreadable::NotAChange)
    }

    /// The length of something that follows: never more than there is.
    pub(crate) fn length(&mut self) -> Result<usize, Unreadable> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| Unreadable::TooLarge)?;
        if length > self.bytes.len() {
            Err(Unreadable::NotAChange)
        } else {
            Ok(length)
        }
    }

    pub(crate) fn count(&mut self, most: usize) -> Result<usize, Unreadable> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| Unreadable::TooLarge)?;
        if count > most {
            Err(Unreadable::TooLarge)
        } else {
            Ok(count)
        }
    }

    /// Text with its length before it.
    pub(crate) fn text(&mut self) -> Result<&'a str, Unreadable> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Unreadable::NotAChange)
    }
}
