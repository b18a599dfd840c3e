//! The names of things. Each is its own type, so that a round is never taken for a conversation.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that should name something and does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidId {
    /// What it should have been, for instance `conversation id`.
    pub kind: &'static str,
}

/// A UUID in the one form that has so many characters: 36 with hyphens, 32 without. A second spelling
/// of an id would be a second key for one thing, and room for something else.
fn spelled(text: &str, length: usize) -> Option<Uuid> {
    let upper_case = text.bytes().any(|byte| byte.is_ascii_uppercase());
    if text.len() != length || upper_case {
        return None;
    }
    Uuid::try_parse(text).ok()
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A UUIDv7: sorts by time. `random` must be fresh for every call.
            pub fn new(now: Millis, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.0).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
            /// The sixteen bytes that stand in databases and on the wire.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
            pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
                Uuid::from_slice(bytes).map(Self).map_err(|_| InvalidId { kind: $kind })
            }
            /// 32 hexadecimal digits, the form used for keys inside a document.
            pub fn key(&self) -> String {
                self.0.simple().to_string()
            }
            /// Reads that form and no other.
            pub fn from_key(key: &str) -> Result<Self, InvalidId> {
                spelled(key, 32).map(Self).ok_or(InvalidId { kind: $kind })
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.simple())
            }
        }
        /// Reads 36 characters, lower case with hyphens, and no other form.
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                spelled(text, 36).map(Self).ok_or(InvalidId { kind: $kind })
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(self.as_bytes())?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Self::from_slice(d.bytes()?)
                    .map_err(|e| minicbor::decode::Error::message(e.to_string()))
            }
        }
    };
}

uuid_id!(
    /// One conversation with one speaker: the unit of sync, of access and of erasure.
    ConversationId, "conversation id"
);
uuid_id!(
    /// One quote of a resident.
    QuoteId, "quote id"
);
uuid_id!(
    /// A round of collecting: an open house, a neighbourhood round, a consultation, a concept reaction.
    RoundId, "round id"
);
uuid_id!(
    /// A person with an account.
    UserId, "user id"
);
uuid_id!(
    /// A Kern or Verdiepend, concept or definitive.
    PublicationId, "publication id"
);
uuid_id!(
    /// What one device sent of one conversation and is held for an administrator.
    HeldId, "id of held work"
);
uuid_id!(
    /// A place in a publication for quotes.
    SectionId, "section id"
);

impl ConversationId {
    /// When the id was made, by the clock of whoever made it.
    pub fn made_at(&self) -> Millis {
        let [a, b, c, d, e, f, ..] = *self.as_bytes();
        Millis(i64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Millis(#[n(0)] pub i64);

impl Millis {
    pub const SECOND: i64 = 1_000;
    pub const DAY: i64 = 86_400_000;
    /// The last moment of the year 9999: later ones have no date that people write.
    pub const LATEST: Millis = Millis(253_402_300_799_999);

    /// Whether a document may hold it: from 1970 to the year 9999. A tablet whose clock began anew is
    /// within that, however wrong it is.
    pub fn is_recordable(self) -> bool {
        (0..=Self::LATEST.0).contains(&self.0)
    }

    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// The number given to a tablet's user at enrolment: the first eight bytes of its actors. 0 is the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct DeviceNumber(#[n(0)] pub u64);

impl DeviceNumber {
    pub const SERVER: DeviceNumber = DeviceNumber(0);
}

impl fmt::Display for DeviceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for DeviceNumber {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let kind = "device number";
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 16 || !text.bytes().all(digit) {
            return Err(InvalidId { kind });
        }
        u64::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidId { kind })
    }
}

impl Serialize for DeviceNumber {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeviceNumber {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One statement about consent inside one conversation: eight random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct StatementId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl FromStr for StatementId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let number: DeviceNumber = text.parse().map_err(|_| InvalidId {
            kind: "statement id",
        })?;
        Ok(Self(number.0.to_be_bytes()))
    }
}

impl Serialize for StatementId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatementId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a tag points at: an action line by its key, or the answer "geen actielijn".
///
/// Keys are chosen by the installation: 1 to 40 of `a-z`, `0-9` and `-`; `none` is reserved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LineKey(String);

impl LineKey {
    /// "Geen actielijn": people looked, and it concerns none.
    pub const NONE: &'static str = "none";

    pub fn none() -> Self {
        Self(Self::NONE.to_owned())
    }
    pub fn is_none(&self) -> bool {
        self.0 == Self::NONE
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LineKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || !text.chars().all(allowed) {
            return Err(InvalidId {
                kind: "action line key",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for LineKey {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl<C> Encode<C> for LineKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for LineKey {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?
            .parse()
            .map_err(|e: InvalidId| minicbor::decode::Error::message(e.to_string()))
    }
}

impl From<LineKey> for String {
    fn from(key: LineKey) -> String {
        key.0
    }
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
