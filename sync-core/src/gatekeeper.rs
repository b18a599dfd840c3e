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
use crate::operations::{OperationId, Operations};
use crate::reader::Reader;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_CHUNK: u8 = 1;

/// One change as it was sent: whole, uncompressed, within the limits; not yet judged.
#[derive(Debug, Clone)]
pub struct RawChange<'a> {
    pub bytes: &'a [u8],
    pub hash: Head,
    pub deps: Vec<Head>,
    pub author: ActorId,
    /// Others that its operations name.
    pub others: Vec<ActorId>,
    pub seq: u64,
    /// The number of its first operation.
    pub start_op: u64,
    /// Seconds since 1970, as its author says.
    pub(crate) time: i64,
    pub(crate) message: &'a str,
    operations: Operations<'a>,
    /// At most so many, as far as its columns tell.
    claimed: u64,
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

impl<'a> RawChange<'a> {
    pub fn operations(&self) -> Operations<'a> {
        self.operations.clone()
    }

    /// At most so many operations, as far as its columns tell.
    pub(crate) fn claimed(&self) -> u64 {
        self.claimed
    }

    /// How many operations it has. Reads them all: it is the change that it claims to be.
    pub(crate) fn count(&self) -> Result<u64, Unreadable> {
        let mut operations = self.operations();
        let mut count = 0;
        while operations.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// The change that it was first, where it was carried out again.
    pub(crate) fn origin(&self) -> Option<Head> {
        Head::parse(self.message)
    }

    /// Whose operation it is: see [`OperationId::actor`].
    pub fn actor(&self, id: OperationId) -> &ActorId {
        let other = id.actor.checked_sub(1).and_then(|at| self.others.get(at));
        other.unwrap_or(&self.author)
    }
}

/// Splits concatenated chunks and checks each.
pub fn changes(mut bytes: &[u8]) -> Result<Vec<RawChange<'_>>, Unreadable> {
    let mut found: Vec<RawChange<'_>> = Vec::new();
    let mut operations = 0;
    while !bytes.is_empty() {
        if found.len() == limits::CHANGES {
            return Err(Unreadable::TooLarge);
        }
        let (change, rest) = change(bytes)?;
        // A thousand changes that are each within the limit are a bomb too.
        operations += change.claimed;
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

pub(crate) fn change(bytes: &[u8]) -> Result<(RawChange<'_>, &[u8]), Unreadable> {
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
    let author = ActorId::from(reader.take(length)?);
    let mut others = Vec::new();
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    if seq == 0 || seq > u64::from(u32::MAX) || start_op == 0 || start_op > u64::from(u32::MAX / 2)
    {
        return Err(Unreadable::TooLarge);
    }
    let time = reader.signed()?;
    let message = reader.text()?;
    for _ in 0..reader.count(limits::CHANGES)? {
        let length = reader.length()?;
        others.push(ActorId::from(reader.take(length)?));
    }
    let before_author = others.iter().filter(|other| **other < author).count();
    if !others.is_sorted_by(|one, next| one < next) || others.contains(&author) {
        return Err(Unreadable::NotAChange);
    }
    let lengths = (0..reader.count(64)?)
        .map(|_| Ok((reader.unsigned()?, reader.length()?)))
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let mut columns = Vec::with_capacity(lengths.len());
    let mut claimed = 0;
    for (specification, length) in lengths {
        let column = Reader {
            bytes: reader.take(length)?,
        };
        claimed = claimed.max(check_column(specification, column)?);
        columns.push((specification, column));
    }
    if !reader.bytes.is_empty() {
        return Err(Unreadable::WrongChunk);
    }
    Ok((
        RawChange {
            bytes: whole,
            hash: Head(hash),
            deps,
            operations: Operations::of(others.len(), before_author, &columns)?,
            author,
            others,
            seq,
            start_op,
            time,
            message,
            claimed,
        },
        rest,
    ))
}

/// Counts what a column claims to hold without building it.
fn check_column(specification: u64, mut column: Reader<'_>) -> Result<u64, Unreadable> {
    const DEFLATED: u64 = 8;
    if specification & DEFLATED != 0 {
        return Err(Unreadable::WrongChunk);
    }
    let items = match specification & 7 {
        // How many entries a group has, per operation: the values count too.
        0 => run_lengths(
            &mut column,
            |c| c.unsigned(),
            |value, times| value.saturating_mul(times),
        )?,
        // Actor indexes, unsigned integers, lengths and types of values.
        1 | 2 | 6 => run_lengths(&mut column, |c| c.unsigned(), |_, _| 0)?,
        // Differences.
        3 => run_lengths(&mut column, |c| c.signed().map(|_| 0), |_, _| 0)?,
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
            let items = run_lengths(&mut column, text, |length, times| {
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
