//! Looks at a pushed change before Automerge does.
//!
//! Automerge trusts its input: a change of a hundred bytes can claim a million operations, and
//! mutated changes with a correct checksum make it panic. So the chunk is walked here first, by a
//! reader that allocates nothing in proportion to what the bytes claim. Accepted are whole,
//! uncompressed change chunks alone (no documents, no deflated changes, no bundles, no footer), in
//! which no column claims more items, and no repeated text more bytes, than the limits allow.
//!
//! The format is the one of <https://automerge.org/automerge-binary-format-spec/>.

use automerge::ActorId;
use sha2::{Digest, Sha256};

use crate::conversation::Head;
use crate::limits;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_CHUNK: u8 = 1;

/// One change as it was sent: whole, uncompressed, within the limits; not yet judged.
#[derive(Debug, Clone)]
pub(crate) struct RawChange<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: Head,
    pub(crate) deps: Vec<Head>,
    pub(crate) actor: ActorId,
    pub(crate) seq: u64,
    /// The number of its first operation.
    pub(crate) start_op: u64,
    /// At most so many, as far as its columns tell.
    operations: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the bytes are no Automerge change")]
    NotAChange,
    #[error("a change chunk must come whole and uncompressed")]
    WrongChunk,
    #[error("the checksum of a change does not match its bytes")]
    Checksum,
    #[error("a change claims more than a conversation may hold")]
    TooLarge,
}

/// Splits concatenated chunks and checks each.
pub(crate) fn changes(mut bytes: &[u8]) -> Result<Vec<RawChange<'_>>, Unreadable> {
    let mut found: Vec<RawChange<'_>> = Vec::new();
    let mut operations = 0;
    while !bytes.is_empty() {
        if found.len() == limits::CHANGES {
            return Err(Unreadable::TooLarge);
        }
        let (change, rest) = change(bytes)?;
        // A thousand changes that are each within the limit are a bomb too.
        operations += change.operations;
        if operations > limits::ITEM_OPERATIONS {
            return Err(Unreadable::TooLarge);
        }
        found.push(change);
        bytes = rest;
    }
    Ok(found)
}

/// The chunks of the first, then those of the second that are not among them.
pub fn union(first: &[u8], second: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let known: Vec<Head> = changes(first)?.iter().map(|change| change.hash).collect();
    let mut both = first.to_vec();
    for change in changes(second)? {
        if !known.contains(&change.hash) {
            both.extend(change.bytes);
        }
    }
    Ok(both)
}

fn change(bytes: &[u8]) -> Result<(RawChange<'_>, &[u8]), Unreadable> {
    let mut reader = Reader { bytes };
    if reader.take(4)? != MAGIC {
        return Err(Unreadable::NotAChange);
    }
    let checksum = reader.take(4)?;
    let hashed_from = reader.bytes;
    if reader.take(1)? != [CHANGE_CHUNK] {
        return Err(Unreadable::WrongChunk);
    }
    let length = reader.length()?;
    if length > limits::CHANGE_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let body = reader.take(length)?;
    let hashed = &hashed_from[..hashed_from.len() - reader.bytes.len()];
    let hash: [u8; 32] = Sha256::digest(hashed).into();
    if hash[..4] != *checksum {
        return Err(Unreadable::Checksum);
    }
    let whole = &bytes[..bytes.len() - reader.bytes.len()];
    let rest = reader.bytes;

    let mut reader = Reader { bytes: body };
    let deps = (0..reader.count(limits::CHANGES)?)
        .map(|_| {
            reader
                .take(32)?
                .try_into()
                .map(Head)
                .map_err(|_| Unreadable::NotAChange)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let length = reader.length()?;
    let actor = ActorId::from(reader.take(length)?);
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    if seq == 0 || seq > u64::from(u32::MAX) || start_op == 0 || start_op > u64::from(u32::MAX / 2)
    {
        return Err(Unreadable::TooLarge);
    }
    reader.signed()?; // time
    let length = reader.length()?;
    std::str::from_utf8(reader.take(length)?).map_err(|_| Unreadable::NotAChange)?; // message
    for _ in 0..reader.count(limits::CHANGES)? {
        let length = reader.length()?;
        reader.take(length)?; // other actors
    }
    let columns = (0..reader.count(64)?)
        .map(|_| Ok((reader.unsigned()?, reader.length()?)))
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let mut operations = 0;
    for (specification, length) in columns {
        let mut column = Reader {
            bytes: reader.take(length)?,
        };
        operations = operations.max(check_column(specification, &mut column)?);
    }
    if !reader.bytes.is_empty() {
        return Err(Unreadable::WrongChunk);
    }
    Ok((
        RawChange {
            bytes: whole,
            hash: Head(hash),
            deps,
            actor,
            seq,
            start_op,
            operations,
        },
        rest,
    ))
}

/// Counts what a column claims to hold without building it.
fn check_column(specification: u64, column: &mut Reader<'_>) -> Result<u64, Unreadable> {
    const DEFLATED: u64 = 8;
    if specification & DEFLATED != 0 {
        return Err(Unreadable::WrongChunk);
    }
    let items = match specification & 7 {
        // How many entries a group has, per operation: the values count too.
        0 => run_lengths(
            column,
            |c| c.unsigned(),
            |value, times| value.saturating_mul(times),
        )?,
        // Actor indexes, unsigned integers, lengths and types of values.
        1 | 2 | 6 => run_lengths(column, |c| c.unsigned(), |_, _| 0)?,
        // Differences.
        3 => run_lengths(column, |c| c.signed().map(|_| 0), |_, _| 0)?,
        4 => {
            let mut total = 0_u64;
            while !column.bytes.is_empty() {
                total = total.saturating_add(column.unsigned()?);
            }
            total
        }
        // Keys: a repeated text must not grow without bound either.
        5 => {
            let mut spread = 0_u64;
            let text = |c: &mut Reader<'_>| {
                let length = c.length()?;
                c.take(length)?;
                Ok(length as u64)
            };
            let items = run_lengths(column, text, |length, times| {
                spread = spread.saturating_add(length.saturating_mul(times));
                0
            })?;
            if spread > limits::CHANGE_BYTES as u64 * 4 {
                return Err(Unreadable::TooLarge);
            }
            items
        }
        // The raw bytes of values: as long as they are.
        _ => 0,
    };
    if items > limits::CHANGE_OPERATIONS {
        Err(Unreadable::TooLarge)
    } else {
        Ok(items)
    }
}

/// Adds up a run-length encoded column: the number of items, and what `weigh` makes of each run.
fn run_lengths<'a>(
    column: &mut Reader<'a>,
    mut value: impl FnMut(&mut Reader<'a>) -> Result<u64, Unreadable>,
    mut weigh: impl FnMut(u64, u64) -> u64,
) -> Result<u64, Unreadable> {
    let mut total = 0_u64;
    while !column.bytes.is_empty() {
        let run = column.signed()?;
        let length = run.unsigned_abs();
        total = total.saturating_add(length);
        match run {
            0 => total = total.saturating_add(column.unsigned()?), // nulls
            1.. => {
                let read = value(column)?;
                total = total.saturating_add(weigh(read, length));
            }
            _ => {
                if length > limits::CHANGE_OPERATIONS {
                    return Err(Unreadable::TooLarge);
                }
                for _ in 0..length {
                    let read = value(column)?;
                    total = total.saturating_add(weigh(read, 1));
                }
            }
        }
        if total > limits::CHANGE_OPERATIONS {
            return Err(Unreadable::TooLarge);
        }
    }
    Ok(total)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(Unreadable::NotAChange)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// Unsigned LEB128.
    fn unsigned(&mut self) -> Result<u64, Unreadable> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
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
    fn signed(&mut self) -> Result<i64, Unreadable> {
        let mut value = 0_i64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0 && shift < 57;
                return Ok(if negative {
                    value | (-1_i64 << (shift + 7))
                } else {
                    value
                });
            }
        }
        Err(Unreadable::NotAChange)
    }

    fn length(&mut self) -> Result<usize, Unreadable> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| Unreadable::TooLarge)?;
        if length > self.bytes.len() {
            Err(Unreadable::NotAChange)
        } else {
            Ok(length)
        }
    }

    fn count(&mut self, most: usize) -> Result<usize, Unreadable> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| Unreadable::TooLarge)?;
        if count > most {
            Err(Unreadable::TooLarge)
        } else {
            Ok(count)
        }
    }
}
