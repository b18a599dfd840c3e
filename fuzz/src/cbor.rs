//! Mutation of CBOR that leaves it CBOR: items are altered, repeated, taken out and put in.

use crate::seed::Numbers;

/// An item: the major type, its number, and what it holds.
#[derive(Debug, Clone)]
struct Item {
    major: u8,
    number: u64,
    /// Of byte and text strings.
    bytes: Vec<u8>,
    /// Of arrays, maps (keys and values in turn) and tags.
    items: Vec<Item>,
}

/// Alters an item somewhere in these bytes; `None` where they are no CBOR.
pub(crate) fn altered(
    bytes: &[u8],
    numbers: &mut Numbers,
    mutate: &dyn Fn(&mut Vec<u8>),
) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut item = read(&mut rest, 0)?;
    for _ in 0..=numbers.below(3) {
        let count = item.count();
        let donor = item.at(&mut numbers.below(count)).cloned();
        if let Some(place) = item.at(&mut numbers.below(count)) {
            place.alter(numbers, donor, mutate);
        }
    }
    let mut written = Vec::new();
    item.write(&mut written);
    written.extend(rest);
    Some(written)
}

impl Item {
    fn count(&self) -> usize {
        1 + self.items.iter().map(Item::count).sum::<usize>()
    }

    /// The item at this place, counted from the outside in.
    fn at(&mut self, place: &mut usize) -> Option<&mut Item> {
        if *place == 0 {
            return Some(self);
        }
        *place -= 1;
        self.items.iter_mut().find_map(|item| item.at(place))
    }

    fn alter(&mut self, numbers: &mut Numbers, donor: Option<Item>, mutate: &dyn Fn(&mut Vec<u8>)) {
        if numbers.below(5) == 0 {
            if let Some(donor) = donor {
                *self = donor;
                return;
            }
        }
        match self.major {
            2 | 3 => mutate(&mut self.bytes),
            4 | 5 if !self.items.is_empty() => {
                // Of a map, a key with its value.
                let step = if self.major == 5 { 2 } else { 1 };
                let at = numbers.below(self.items.len() / step) * step;
                let piece: Vec<Item> = self.items.iter().skip(at).take(step).cloned().collect();
                match numbers.below(4) {
                    0 => drop(self.items.drain(at..at + step)),
                    1 => drop(self.items.splice(at..at, piece)),
                    2 => self.items.extend(piece),
                    _ => self.items[at].alter(numbers, donor, mutate),
                }
            }
            4 | 5 => self.items.extend(donor.into_iter().cycle().take(2)),
            _ => {
                self.number = match numbers.below(5) {
                    0 => self.number.wrapping_add(1),
                    1 => self.number.wrapping_sub(1),
                    2 => numbers.below(12) as u64,
                    3 => u64::MAX >> numbers.below(64),
                    _ => numbers.next(),
                };
                // Positive becomes negative.
                if self.major < 2 && numbers.below(8) == 0 {
                    self.major ^= 1;
                }
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let number = match self.major {
            2 | 3 => self.bytes.len() as u64,
            4 => self.items.len() as u64,
            5 => self.items.len() as u64 / 2,
            _ => self.number,
        };
        head(self.major, number, out);
        out.extend(&self.bytes);
        for item in &self.items {
            item.write(out);
        }
    }
}

fn head(major: u8, number: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    match number {
        0..24 => out.push(major | bytes[7]),
        24..0x100 => out.extend([major | 24, bytes[7]]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend(&bytes[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend(bytes);
        }
    }
}

/// Indefinite lengths are left alone: what holds one is no CBOR here.
fn read(bytes: &mut &[u8], depth: usize) -> Option<Item> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let (major, short) = (first >> 5, first & 31);
    let number = match short {
        0..24 => u64::from(short),
        24..28 => {
            let (number, rest) = bytes.split_at_checked(1 << (short - 24))?;
            *bytes = rest;
            number
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        }
        _ => return None,
    };
    let mut item = Item {
        major,
        number,
        bytes: Vec::new(),
        items: Vec::new(),
    };
    let children = match major {
        2 | 3 => {
            let (held, rest) = bytes.split_at_checked(usize::try_from(number).ok()?)?;
            item.bytes = held.to_vec();
            *bytes = rest;
            0
        }
        4 => number,
        5 => number.checked_mul(2)?,
        6 => 1,
        _ => 0,
    };
    if depth > 16 || children > bytes.len() as u64 {
        return None;
    }
    for _ in 0..children {
        item.items.push(read(bytes, depth + 1)?);
    }
    Some(item)
}
