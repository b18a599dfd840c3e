//! A message is looked at for its form before it is read, so that nobody pays for what is not a message
//! at all, and two readers never understand one message differently.

use minicbor::decode::Error;
use minicbor::{Decode, Decoder};

/// A list of at most so many. A longer one is refused by the length it claims.
pub(crate) fn list<'b, C, T: Decode<'b, C>, const MOST: usize>(
    d: &mut Decoder<'b>,
    c: &mut C,
) -> Result<Vec<T>, Error> {
    let claimed = d.array()?;
    let claimed = claimed.ok_or_else(|| Error::message(Malformed::Indefinite.to_string()))?;
    if claimed > MOST as u64 {
        return Err(Error::message("a list is longer than it may be"));
    }
    (0..claimed).map(|_| T::decode(d, c)).collect()
}

/// Why bytes are no message of this protocol, whatever it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it consists of too many parts")]
    TooManyParts,
    #[error("its parts stand in each other more than {DEEPEST} deep")]
    TooDeep,
    #[error("a list, map or text of indefinite length")]
    Indefinite,
    #[error("the keys of a map must be whole numbers in ascending order, each once")]
    Keys,
    #[error("it holds a tag, a floating point number or a simple value other than true and false")]
    OtherKind,
}

/// Deeper than any message of this protocol, with room for later ones.
const DEEPEST: usize = 16;

/// A list or map that is not at its end.
struct Open {
    /// Items that are still to come, keys and values of a map alike.
    left: u64,
    /// Of a map: the key before.
    keys: Option<Option<u64>>,
}

/// Looks at the first item of this CBOR and at all that stands in it: at most `most` numbers, texts,
/// lists and maps, in the forms that the protocol has. Where it is cut off, its reader says so.
pub(crate) fn check(most: usize, mut cbor: &[u8]) -> Result<(), Malformed> {
    let mut open: Vec<Open> = Vec::with_capacity(DEEPEST);
    let mut items = 0;
    while let Some((head, rest)) = cbor.split_first() {
        items += 1;
        if items > most {
            return Err(Malformed::TooManyParts);
        }
        let (major, short) = (head >> 5, head & 31);
        let width = match short {
            0..24 => 0,
            24..28 => 1 << (short - 24),
            31 if (2..=5).contains(&major) => return Err(Malformed::Indefinite),
            _ => return Err(Malformed::OtherKind),
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
        cbor = rest;
        if let Some(Open {
            left,
            keys: Some(before),
        }) = open.last_mut()
            && left.is_multiple_of(2)
        {
            if major != 0 || before.is_some_and(|before| number <= before) {
                return Err(Malformed::Keys);
            }
            *before = Some(number);
        }
        let (inside, keys) = match (major, short) {
            (0 | 1, _) | (7, 20 | 21) => (0, None),
            (2 | 3, _) => {
                let length = usize::try_from(number).unwrap_or(usize::MAX);
                cbor = cbor.get(length..).unwrap_or_default();
                (0, None)
            }
            (4, _) => (number, None),
            (5, _) => (number.saturating_mul(2), Some(None)),
            _ => return Err(Malformed::OtherKind),
        };
        if inside > 0 {
            if open.len() == DEEPEST {
                return Err(Malformed::TooDeep);
            }
            open.push(Open { left: inside, keys });
            continue;
        }
        // An item ends, and with it all that it was the last part of.
        while let Some(around) = open.last_mut() {
            around.left -= 1;
            if around.left > 0 {
                break;
            }
            open.pop();
        }
        if open.is_empty() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_counted_without_what_stands_in_texts() {
        // {0: [1, 2], 24: "aaaa…"}
        let mut cbor = vec![0xa2, 0x00, 0x82, 0x01, 0x02, 0x18, 24, 0x78, 200];
        cbor.extend([0x61; 200]);
        assert_eq!(check(7, &cbor), Ok(()));
        assert_eq!(check(6, &cbor), Err(Malformed::TooManyParts));
        let endless = [0x5b, 255, 255, 255, 255, 255, 255, 255, 255];
        assert_eq!(
            check(1, &endless),
            Ok(()),
            "its reader says that it is cut off"
        );
    }

    #[test]
    fn a_list_may_have_as_many_as_it_may() {
        let read = |cbor: &[u8]| list::<_, u8, 3>(&mut Decoder::new(cbor), &mut ());
        assert_eq!(read(&[0x83, 1, 2, 3]).unwrap(), [1, 2, 3]);
        assert!(read(&[0x80]).unwrap().is_empty());
        assert!(read(&[0x84, 1, 2, 3, 4]).is_err());
        assert!(read(&[0x9f, 1, 2, 3, 0xff]).is_err());
        assert!(read(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]).is_err());
    }

    #[test]
    fn a_message_has_one_form() {
        for good in [
            &[0xa2, 0x00, 0x01, 0x01, 0x80][..],
            // A map in a map: each has keys of its own.
            &[0xa2, 0x01, 0xa1, 0x00, 0xf5, 0x02, 0xf4],
            &[0x82, 0xa1, 0x05, 0x20, 0xa1, 0x05, 0x41, 0xff],
            &[0xa0],
        ] {
            assert_eq!(check(100, good), Ok(()), "{good:02x?}");
        }
        for (bad, why) in [
            // The same key twice, in one form and in two; keys that go back; a text as a key.
            (&[0xa2, 0x00, 0x01, 0x00, 0x02][..], Malformed::Keys),
            (&[0xa2, 0x00, 0x01, 0x18, 0x00, 0x02], Malformed::Keys),
            (&[0xa2, 0x01, 0x01, 0x00, 0x02], Malformed::Keys),
            (&[0xa1, 0x61, 0x61, 0x02], Malformed::Keys),
            (&[0xa2, 0x00, 0xa0, 0x00, 0x02], Malformed::Keys),
            (&[0x9f, 0x01, 0xff], Malformed::Indefinite),
            (&[0xbf, 0x00, 0x01, 0xff], Malformed::Indefinite),
            (&[0x5f, 0x41, 0x00, 0xff], Malformed::Indefinite),
            (&[0x7f, 0x61, 0x61, 0xff], Malformed::Indefinite),
            (&[0xc0, 0x00], Malformed::OtherKind),
            (&[0xf6], Malformed::OtherKind),
            (&[0xf9, 0x3c, 0x00], Malformed::OtherKind),
            (&[0x81, 0xff], Malformed::OtherKind),
            (&[0x1c], Malformed::OtherKind),
            (&[0x81; 17], Malformed::TooDeep),
        ] {
            assert_eq!(check(100, bad), Err(why), "{bad:02x?}");
        }
    }
}
