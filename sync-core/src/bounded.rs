//! A message is looked at for its proportions before it is read, so that nobody pays for what is not
//! a message at all.

use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decode, Decoder};

/// A list of at most so many. A longer one is refused by the length it claims.
pub(crate) fn list<'b, C, T: Decode<'b, C>, const MOST: usize>(
    d: &mut Decoder<'b>,
    c: &mut C,
) -> Result<Vec<T>, Error> {
    let too_long = || Error::message("a list is longer than it may be");
    let claimed = d.array()?;
    if claimed.is_some_and(|claimed| claimed > MOST as u64) {
        return Err(too_long());
    }
    let mut list = Vec::new();
    loop {
        let ends = match claimed {
            Some(claimed) => list.len() as u64 == claimed,
            None => d.datatype()? == Type::Break,
        };
        if ends {
            break;
        }
        if list.len() == MOST {
            return Err(too_long());
        }
        list.push(T::decode(d, c)?);
    }
    if claimed.is_none() {
        d.skip()?;
    }
    Ok(list)
}

/// Whether there are at most so many numbers, texts, lists and maps in this CBOR, whatever holds what.
/// Passing over what a reader does not know costs time for each of them.
pub(crate) fn has_at_most(most: usize, mut cbor: &[u8]) -> bool {
    let mut items = 0;
    while let Some((head, rest)) = cbor.split_first() {
        items += 1;
        if items > most {
            return false;
        }
        let (major, short) = (head >> 5, head & 31);
        let width = match short {
            24..28 => 1 << (short - 24),
            _ => 0,
        };
        let Some((argument, rest)) = rest.split_at_checked(width) else {
            break;
        };
        let number = match width {
            0 => u64::from(short),
            _ => argument
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        let definite = short < 28;
        let content = match major {
            2 | 3 if definite => usize::try_from(number).unwrap_or(usize::MAX),
            _ => 0,
        };
        // Where it is cut off, its reader says so.
        cbor = rest.get(content..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_counted_without_what_stands_in_texts() {
        // {0: [1, 2], 24: "aaaa…"}, and a list without an end.
        let mut cbor = vec![0xa2, 0x00, 0x82, 0x01, 0x02, 0x18, 24, 0x78, 200];
        cbor.extend([0x61; 200]);
        cbor.extend([0x9f, 0x01, 0xff]);
        assert!(has_at_most(10, &cbor));
        assert!(!has_at_most(9, &cbor));
        assert!(has_at_most(
            1,
            &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]
        ));
    }

    #[test]
    fn a_list_may_have_as_many_as_it_may() {
        let read = |cbor: &[u8]| list::<_, u8, 3>(&mut Decoder::new(cbor), &mut ());
        assert_eq!(read(&[0x83, 1, 2, 3]).unwrap(), [1, 2, 3]);
        assert_eq!(read(&[0x9f, 1, 2, 3, 0xff]).unwrap(), [1, 2, 3]);
        assert!(read(&[0x80]).unwrap().is_empty());
        assert!(read(&[0x84, 1, 2, 3, 4]).is_err());
        assert!(read(&[0x9f, 1, 2, 3, 4, 0xff]).is_err());
        assert!(read(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]).is_err());
    }
}
