//! What a tablet and the server send each other: `POST /api/v1/sync`, CBOR with integer keys.
//!
//! A request is an [`Envelope`]: who, when, once, and the gzipped [`Request`], signed with the
//! device key over exactly the bytes that were sent, so that nothing is inflated for a stranger.
//! The answer is a gzipped [`Answer`]. Caps hold before and after inflating.

use std::io::{Read, Write};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::bounded;
use crate::conversation::Head;
use crate::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId};
use crate::limits;
use crate::receipt::{KeyId, KeySuccession, SignedReceipt};

/// The version of all that stands in this file.
pub const PROTOCOL: u32 = 1;

const REQUEST_DOMAIN: &[u8] = b"koffiekar sync request v1\0";

/// The identity of a database, renewed when a backup is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Epoch(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Envelope {
    #[n(0)]
    pub protocol: u32,
    #[n(1)]
    pub device: DeviceNumber,
    /// The tablet's clock, corrected by what it knows of the server's.
    #[n(2)]
    pub time: Millis,
    #[cbor(n(3), with = "minicbor::bytes")]
    pub nonce: [u8; 16],
    /// A gzipped [`Request`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub body: Vec<u8>,
    #[cbor(n(5), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// The database that the cursors belong to; missing at first contact.
    #[n(0)]
    pub epoch: Option<Epoch>,
    #[cbor(
        n(1),
        decode_with = "bounded::list::<_, _, { limits::PUSH_DOCUMENTS }>"
    )]
    pub push: Vec<Push>,
    /// Where the tablet is in each round's feed. Rounds that it may follow and does not name start at 0.
    #[cbor(n(2), decode_with = "bounded::list::<_, _, { limits::ROUNDS }>")]
    pub cursors: Vec<Cursor>,
    /// How many bytes of feed the answer may hold before compression; 0 for none.
    #[n(3)]
    pub feed_bytes: u32,
    /// Hash of the reference data held; missing when there is none.
    #[n(4)]
    pub reference: Option<Fingerprint>,
    /// Hash of the tagger's model held, zeros when there is none; missing when none is wanted now.
    #[n(5)]
    pub tagger: Option<Fingerprint>,
    /// Conversations that wait on the tablet after this push: for the administrator's list.
    #[n(6)]
    pub waiting: u32,
    /// The key for receipts that the tablet trusts. Where another signs now, the answer says how one
    /// follows from the other.
    #[n(7)]
    pub receipt_key: Option<KeyId>,
    /// Conversations of which the tablet asks how the server has them: after a foreign epoch, after a
    /// place that the server never gave, after signing in anew.
    #[cbor(
        n(8),
        default,
        skip_if = "Vec::is_empty",
        decode_with = "bounded::list::<_, _, { limits::COMPARE_DOCUMENTS }>"
    )]
    pub compare: Vec<Version>,
    /// What this server signed about changes of others in this push, see [`Push::voucher`].
    #[cbor(
        n(9),
        default,
        skip_if = "Vec::is_empty",
        decode_with = "bounded::list::<_, _, { limits::VOUCHERS }>"
    )]
    pub vouchers: Vec<Voucher>,
}

/// A conversation as one side has it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Version {
    #[n(0)]
    pub document: ConversationId,
    /// Sorted.
    #[n(1)]
    pub heads: Vec<Head>,
}

/// The server's own word of earlier, brought back to it: that it once held these versions.
///
/// With it a tablet gives changes of others back to a server that lost them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Voucher {
    #[n(0)]
    pub receipt: SignedReceipt,
    /// What the feed brought with that receipt, in the order of the feed: its CBOR has the hash
    /// [`crate::receipt::Receipt::feed`]. Empty where the lines of the receipt itself are meant.
    #[n(1)]
    pub feed: Vec<Version>,
}

/// A SHA-256.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Fingerprint(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl Fingerprint {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// One conversation's new changes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Push {
    #[n(0)]
    pub document: ConversationId,
    #[n(1)]
    pub round: RoundId,
    /// The heads on the tablet with these changes, sorted.
    #[n(2)]
    pub heads: Vec<Head>,
    /// Uncompressed change chunks, one after the other.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub changes: Vec<u8>,
    /// Which of the request's vouchers names heads of this document. Changes of other devices are
    /// taken where they are those heads or come before them.
    #[n(4)]
    pub voucher: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    #[n(0)]
    pub round: RoundId,
    #[n(1)]
    pub place: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub time: Millis,
    /// One for each pushed document, in the order of the push.
    #[n(2)]
    pub outcomes: Vec<Outcome>,
    /// What is durably stored; missing where nothing was pushed, compared or brought by the feed.
    #[n(3)]
    pub receipt: Option<SignedReceipt>,
    /// The rounds that this device may work in, all of them.
    #[n(4)]
    pub rounds: Vec<FeedPage>,
    /// Reference data (JSON of a `Catalogue`), where it differs from what the tablet holds.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub reference: Option<Vec<u8>>,
    /// The tagger, where it differs from what the tablet holds.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub tagger: Option<Vec<u8>>,
    /// One for each compared document, in the order of the request.
    #[cbor(n(7), default, skip_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
    /// From the key that the tablet trusts to the one that signs now, oldest first; empty where they
    /// are the same.
    #[cbor(n(8), default, skip_if = "Vec::is_empty")]
    pub keys: Vec<KeySuccession>,
    /// This device's access was ended. What it pushes is held for an administrator; it gets nothing.
    #[cbor(n(9), default, skip_if = "is_false")]
    pub revoked: bool,
    /// The quotes that were erased from the conversations that this answer says were replaced: what a
    /// tablet has not sent about them goes too.
    #[cbor(n(10), default, skip_if = "Vec::is_empty")]
    pub erased_quotes: Vec<QuoteId>,
    /// Those of the conversations that this answer speaks of of which the server doubts when they were
    /// recorded.
    #[cbor(n(11), default, skip_if = "Vec::is_empty")]
    pub doubtful_times: Vec<DoubtfulTime>,
}

/// A conversation whose time of recording cannot be right, or is not sure. Lists have it in the place of
/// the moment at which the server received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DoubtfulTime {
    #[n(0)]
    pub document: ConversationId,
    /// By the server's clock.
    #[n(1)]
    pub received_at: Millis,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// How the server has a document that the tablet asked about.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Compared {
    /// It has all that the tablet has; the receipt covers it.
    #[n(0)]
    Has,
    /// It lacks something. These are its heads; none where it does not have the document, or the
    /// person may not know of it.
    #[n(1)]
    Lacks(#[n(0)] Vec<Head>),
    #[n(2)]
    Erased,
    #[n(3)]
    Replaced(#[n(0)] ConversationId),
}

/// What became of one pushed document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    #[n(0)]
    Stored,
    #[n(1)]
    Unchanged,
    /// Send all changes of this conversation.
    #[n(2)]
    MissingDependencies,
    /// Replay the unsynced commands under a fresh actor.
    #[n(3)]
    ActorReused,
    /// Well-formed but not permitted: kept sealed until an administrator decides.
    #[n(4)]
    Held(#[n(0)] Reason),
    #[n(5)]
    Erased,
    #[n(6)]
    Replaced(#[n(0)] ConversationId),
    /// Not stored; it stays on the tablet.
    #[n(7)]
    Invalid(#[n(0)] Reason),
}

/// Why a document was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reason {
    #[n(0)]
    pub code: ReasonCode,
    /// For whoever helps: what exactly, in English, without a resident's words.
    #[n(1)]
    pub detail: String,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum ReasonCode {
    /// The bytes are no Automerge changes.
    #[n(0)]
    Unreadable,
    /// The document is no conversation.
    #[n(1)]
    NotAConversation,
    /// A quote, the notes or the whole is larger than the limits.
    #[n(2)]
    TooLarge,
    /// A change that this person or device may not make.
    #[n(3)]
    NotAllowed,
    /// The person is not a member of this round.
    #[n(4)]
    ForeignRound,
    /// The round takes no new conversations.
    #[n(5)]
    ClosedRound,
    /// The conversation exists in another round.
    #[n(6)]
    OtherRound,
    /// The server could not take this one now; send it again.
    #[n(7)]
    TryAgain,
    /// The device's access was ended.
    #[n(8)]
    DeviceRevoked,
    /// An administrator looked at what was held and did not take it; the detail is what they wrote.
    #[n(9)]
    TurnedDown,
    /// So much of this device is held already that no more is taken.
    #[n(10)]
    QuarantineFull,
    /// Only on a tablet: it carries work that cannot be carried over to what became of the document.
    #[n(11)]
    CannotReplay,
}

/// The news of one round.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedPage {
    #[n(0)]
    pub round: RoundId,
    /// The cursor after this page.
    #[n(1)]
    pub place: u64,
    /// There is more: ask again.
    #[n(2)]
    pub more: bool,
    #[n(3)]
    pub news: Vec<News>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum News {
    /// A saved document, not deflated.
    #[n(0)]
    Changed(
        #[n(0)] ConversationId,
        #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>,
    ),
    #[n(1)]
    Erased(#[n(0)] ConversationId),
    #[n(2)]
    Replaced(#[n(0)] ConversationId, #[n(1)] ConversationId),
    #[n(3)]
    MovedAway(#[n(0)] ConversationId),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("the message is not the CBOR of this protocol: {0}")]
    NotCbor(String),
    #[error("the message speaks protocol {0}; this side speaks {PROTOCOL}")]
    Protocol(u32),
    #[error("the message is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the message cannot be inflated")]
    NotGzip,
    #[error("something stands behind the one gzip member")]
    BehindGzip,
    #[error("the signature does not match")]
    Signature,
}

impl Envelope {
    /// Packs and signs.
    pub fn seal(
        request: &Request,
        device: DeviceNumber,
        key: &SigningKey,
        time: Millis,
        nonce: [u8; 16],
    ) -> Envelope {
        let body = pack(request);
        let signature = key
            .sign(&signed_text(device, time, &nonce, &body))
            .to_bytes();
        Envelope {
            protocol: PROTOCOL,
            device,
            time,
            nonce,
            body,
            signature,
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Envelope, WireError> {
        if bytes.len() > limits::REQUEST_BYTES {
            return Err(WireError::TooLarge(limits::REQUEST_BYTES));
        }
        let envelope: Envelope = decode_strictly(limits::ENVELOPE_ITEMS, bytes)?;
        if envelope.protocol == PROTOCOL {
            Ok(envelope)
        } else {
            Err(WireError::Protocol(envelope.protocol))
        }
    }

    /// Whether this device key signed exactly these bytes. Nothing is inflated before.
    pub fn verify(&self, public_key: &[u8; 32]) -> Result<(), WireError> {
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| WireError::Signature)?;
        let text = signed_text(self.device, self.time, &self.nonce, &self.body);
        key.verify_strict(&text, &Signature::from_bytes(&self.signature))
            .map_err(|_| WireError::Signature)
    }

    /// What was sent. Only behind [`Envelope::verify`].
    pub fn open(&self) -> Result<Request, WireError> {
        let plain = inflate(&self.body, limits::REQUEST_INFLATED_BYTES)?;
        decode_strictly(limits::REQUEST_ITEMS, &plain)
    }
}

fn signed_text(device: DeviceNumber, time: Millis, nonce: &[u8; 16], body: &[u8]) -> Vec<u8> {
    let mut text = REQUEST_DOMAIN.to_vec();
    text.extend(device.0.to_be_bytes());
    text.extend(time.0.to_be_bytes());
    text.extend(nonce);
    text.extend(Fingerprint::of(body).0);
    text
}

impl Answer {
    pub fn to_bytes(&self) -> Vec<u8> {
        pack(self)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Answer, WireError> {
        decode(&inflate(bytes, limits::INFLATED_BYTES)?)
    }
}

pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector cannot fail.
    let _ = minicbor::encode(value, &mut bytes);
    bytes
}

pub(crate) fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, WireError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder
        .decode()
        .map_err(|e| WireError::NotCbor(e.to_string()))?;
    if decoder.position() == bytes.len() {
        Ok(value)
    } else {
        Err(WireError::NotCbor("bytes are left over".to_owned()))
    }
}

/// What a tablet sends: in the one form that the protocol has.
pub(crate) fn decode_strictly<'b, T: Decode<'b, ()>>(
    most_items: usize,
    bytes: &'b [u8],
) -> Result<T, WireError> {
    bounded::check(most_items, bytes).map_err(|error| WireError::NotCbor(error.to_string()))?;
    decode(bytes)
}

fn pack<T: Encode<()>>(value: &T) -> Vec<u8> {
    let plain = encode(value);
    let mut gzip = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::new(3));
    // Writing to a vector cannot fail.
    let _ = gzip.write_all(&plain);
    gzip.finish().unwrap_or_default()
}

fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, WireError> {
    let mut plain = Vec::new();
    let mut rest = bytes;
    GzDecoder::new(&mut rest)
        .take(most as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| WireError::NotGzip)?;
    if plain.len() > most {
        return Err(WireError::TooLarge(most));
    }
    // A second member would be read by some libraries and passed over by others.
    if !rest.is_empty() {
        return Err(WireError::BehindGzip);
    }
    Ok(plain)
}
