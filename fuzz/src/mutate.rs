//! Mutation that knows the format, besides libFuzzer's own: a change is taken apart, one part is
//! altered, and it is put together so that all lengths fit again.

use std::sync::LazyLock;

use libfuzzer_sys::fuzzer_mutate;

use crate::fuzz::admit::kind;
use crate::fuzz::change::{Body, Column};
use crate::fuzz::script::{self, Piece};
use crate::fuzz::{replica, seeds};
use crate::seed::Numbers;
use crate::{cbor, chunks};

/// For a byte that says what the rest is, which is CBOR mostly.
pub fn message(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut numbers = Numbers(seed.into());
    let altered = match data[..size].split_first() {
        Some((kind, bytes)) if numbers.below(3) > 0 => {
            cbor::altered(bytes, &mut numbers, &mutate).map(|bytes| [&[*kind][..], &bytes].concat())
        }
        _ => None,
    };
    put(data, size, max_size, altered)
}

/// For scripts of answers.
pub fn answers(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut numbers = Numbers(seed.into());
    let mut pieces = script::read(&data[..size]);
    let altered = match numbers.below(8) {
        0 => None,
        1 if !pieces.is_empty() => {
            let at = numbers.below(pieces.len());
            let piece = numbers.pick(&pieces).clone();
            match numbers.below(4) {
                0 => drop(pieces.remove(at)),
                1 => pieces.insert(at, piece),
                2 => pieces[at].kind = numbers.bytes::<1>()[0] % replica::kind::COUNT,
                _ => pieces.insert(
                    at,
                    Piece {
                        kind: replica::kind::DEED,
                        bytes: numbers.bytes::<2>().to_vec(),
                    },
                ),
            }
            Some(script::write(&pieces))
        }
        _ if !pieces.is_empty() => {
            let at = numbers.below(pieces.len());
            let altered = cbor::altered(&pieces[at].bytes, &mut numbers, &mutate);
            altered.map(|bytes| {
                pieces[at].bytes = bytes;
                script::write(&pieces)
            })
        }
        _ => None,
    };
    put(data, size, max_size, altered)
}

/// Where nothing came of it, or too much, libFuzzer's own mutation of the whole.
fn put(data: &mut [u8], size: usize, max_size: usize, altered: Option<Vec<u8>>) -> usize {
    match altered.filter(|altered| altered.len() <= max_size) {
        Some(altered) => {
            data[..altered.len()].copy_from_slice(&altered);
            altered.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// Parts of honest changes.
static DONORS: LazyLock<Vec<Body>> = LazyLock::new(|| {
    seeds::admit()
        .iter()
        .flat_map(|seed| script::read(seed))
        .filter_map(|piece| Body::read(&piece.bytes))
        .collect()
});

/// For scripts of changes.
pub fn changes(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut numbers = Numbers(seed.into());
    let mut pieces = script::read(&data[..size]);
    let body = pick_body(&mut numbers, &pieces);
    match (numbers.below(10), body) {
        (0, _) | (_, None) => return put(data, size, max_size, None),
        (1, _) => shuffle(&mut numbers, &mut pieces),
        (_, Some((at, mut body))) => {
            // One to four alterations: some mutants need two to be consistent again.
            for _ in 0..=numbers.below(4) {
                alter(&mut numbers, &mut body);
            }
            pieces[at].bytes = body.write();
        }
    }
    put(data, size, max_size, Some(script::write(&pieces)))
}

fn pick_body(numbers: &mut Numbers, pieces: &[Piece]) -> Option<(usize, Body)> {
    let mut bodies: Vec<(usize, Body)> = pieces
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, piece)| piece.kind % kind::COUNT == kind::BODY)
        .filter_map(|(at, piece)| Some((at, Body::read(&piece.bytes)?)))
        .collect();
    if bodies.is_empty() {
        return None;
    }
    let which = numbers.below(bodies.len());
    Some(bodies.swap_remove(which))
}

/// Another order of what is pushed, and other changes between.
fn shuffle(numbers: &mut Numbers, pieces: &mut Vec<Piece>) {
    let at = 1 + numbers.below(pieces.len());
    match numbers.below(4) {
        0 if pieces.len() > 2 => drop(pieces.remove(1 + numbers.below(pieces.len() - 1))),
        1 if pieces.len() > 2 => {
            let last = pieces.len() - 1;
            pieces.swap(at.min(last), 1 + numbers.below(last));
        }
        2 => pieces.insert(
            at.min(pieces.len()),
            Piece {
                kind: kind::NEXT_PUSH,
                bytes: Vec::new(),
            },
        ),
        _ => pieces.insert(
            at.min(pieces.len()),
            Piece {
                kind: kind::BODY,
                bytes: numbers.pick(&DONORS).write(),
            },
        ),
    }
}

fn alter(numbers: &mut Numbers, body: &mut Body) {
    let columns = body.columns.len();
    match numbers.below(16) {
        0 => body.seq = near(numbers, body.seq),
        1 => body.start_op = near(numbers, body.start_op),
        2 => body.time = near(numbers, body.time.cast_unsigned()).cast_signed(),
        3 => mutate(&mut body.actor),
        4 => {
            let actor = numbers.pick(&DONORS).actor.clone();
            match numbers.below(3) {
                0 => drop(body.other_actors.pop()),
                _ => body.other_actors.push(actor),
            }
        }
        5 => mutate(&mut body.message),
        // A column of another change, in place of the one of its kind or besides.
        6 | 7 => {
            let donor = numbers.pick(&DONORS);
            if donor.columns.is_empty() {
                return;
            }
            let column = numbers.pick(&donor.columns).clone();
            let own = body
                .columns
                .iter_mut()
                .find(|own| own.specification == column.specification);
            match own {
                Some(own) => *own = column,
                None => insert(body, column),
            }
        }
        8 if columns > 0 => drop(body.columns.remove(numbers.below(columns))),
        9 => insert(
            body,
            Column {
                specification: *numbers.pick(&SPECIFICATIONS),
                bytes: numbers.bytes::<4>().to_vec(),
            },
        ),
        _ if columns > 0 => {
            let column = &mut body.columns[numbers.below(columns)].bytes;
            match numbers.below(3) {
                0 => mutate(column),
                1 => alter_number(numbers, column),
                _ => alter_run(numbers, column),
            }
        }
        _ => {}
    }
}

/// Object, key, insert, action, value, predecessors; and some that no honest change has.
const SPECIFICATIONS: [u64; 16] = [
    0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5, 0x61, 0x80,
];

/// Columns stand in the order of their specification.
fn insert(body: &mut Body, column: Column) {
    let at = body
        .columns
        .partition_point(|other| other.specification <= column.specification);
    body.columns.insert(at, column);
}

/// libFuzzer's own mutation of a part, which may grow a little.
fn mutate(part: &mut Vec<u8>) {
    let size = part.len();
    part.resize(size + 16, 0);
    let room = part.len();
    let size = fuzzer_mutate(part, size, room);
    part.truncate(size);
}

fn near(numbers: &mut Numbers, value: u64) -> u64 {
    match numbers.below(8) {
        0 | 1 => value.wrapping_add(1),
        2 | 3 => value.wrapping_sub(1),
        4 => value.wrapping_add(numbers.below(300) as u64),
        5 => *numbers.pick(&[
            0,
            1,
            127,
            128,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            u64::MAX >> 1,
        ]),
        6 => numbers.below(16) as u64,
        _ => value / 2,
    }
}

/// Where the numbers of a column begin, read as a row of LEB128.
fn starts(column: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    for (at, byte) in column.iter().enumerate() {
        if byte & 0x80 == 0 && at + 1 < column.len() {
            starts.push(at + 1);
        }
    }
    starts
}

fn number_at(column: &[u8], at: usize) -> (u64, usize) {
    let mut value = 0_u64;
    let mut length = 0;
    for (index, byte) in column[at..].iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        length = index + 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    (value, length)
}

/// One number of the column becomes another: a run's length, a value, a count.
fn alter_number(numbers: &mut Numbers, column: &mut Vec<u8>) {
    if column.is_empty() {
        return;
    }
    let at = *numbers.pick(&starts(column));
    let (value, length) = number_at(column, at);
    let new = match numbers.below(3) {
        0 => {
            let run = numbers.below(200) as i64 - 100;
            chunks::signed(run)
        }
        1 => chunks::signed(*numbers.pick(&[i64::MIN, i64::MAX, -1, 0, 1 << 31, -(1 << 31)])),
        _ => chunks::unsigned(near(numbers, value)),
    };
    column.splice(at..at + length, new);
}

/// A run, as one number that tells how often and one value, is repeated, taken out or put in.
fn alter_run(numbers: &mut Numbers, column: &mut Vec<u8>) {
    let starts = starts(column);
    let at = *numbers.pick(&starts);
    let end = starts
        .iter()
        .copied()
        .find(|start| *start > at + 1)
        .unwrap_or(column.len());
    let run = column.get(at..end).unwrap_or_default().to_vec();
    match numbers.below(3) {
        0 => drop(column.splice(at..at, run)),
        1 => drop(column.splice(at..end.max(at), [])),
        _ => {
            let times = chunks::signed(1 + numbers.below(5) as i64);
            let value = chunks::signed(numbers.below(40) as i64 - 20);
            drop(column.splice(at..at, [times, value].concat()));
        }
    }
}
