//! A model as bytes: what the database keeps and a tablet gets.
//!
//! CBOR: `[format, payload, checksum]`, where the payload is the array of [`Payload`]. Features are their ascending
//! numbers' differences as LEB128. Weights are, per feature, one bit an answer (set where the weight is not zero,
//! lowest bit first, filled up to a byte) and then the weights that are not zero, one byte each. Every count is checked
//! against the bounds of a model before memory is taken for it.

use std::fmt;

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};

use crate::arithmetic::mix;
use crate::model::{MOST_LINES, MOST_WEIGHTS, Model, stride};
use crate::vocabulary::Vocabulary;

/// 2: the beginning of a quote is a feature, and a feature tells its kind in two bits.
const WITHOUT_KEY: u32 = 2;
/// 3: features have their numbers under a key, which stands in the payload.
const WITH_KEY: u32 = 3;

/// Why bytes are not a tagger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaggerError {
    /// Written by a newer program: update this one, or fetch the model from a server of this version.
    UnknownFormat,
    /// Cut off, changed on the way or never a model: fetch it again.
    Damaged,
}

impl fmt::Display for TaggerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownFormat => {
                "the tagger was written in a format that this program does not know"
            }
            Self::Damaged => "the bytes are not a whole tagger",
        })
    }
}

impl std::error::Error for TaggerError {}

impl From<minicbor::decode::Error> for TaggerError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Damaged
    }
}

#[derive(Encode, Decode)]
struct Envelope<'b> {
    #[n(0)]
    format: u32,
    #[b(1)]
    payload: &'b ByteSlice,
    #[n(2)]
    checksum: u64,
}

#[derive(Encode, Decode)]
struct Payload<'b> {
    #[b(0)]
    lines: Vec<&'b str>,
    #[n(1)]
    labels_seen: u32,
    #[n(2)]
    sharpness: f32,
    #[n(9)]
    none_at_least: f32,
    #[n(3)]
    scales: Vec<f32>,
    #[n(4)]
    biases: Vec<f32>,
    #[n(5)]
    rarity_of_unknown: u8,
    #[b(6)]
    features: &'b ByteSlice,
    #[b(7)]
    rarities: &'b ByteSlice,
    #[b(8)]
    weights: &'b ByteSlice,
    #[n(10)]
    key: Option<u64>,
}

pub(crate) fn seal(payload: &[u8], key: u64) -> Vec<u8> {
    to_vec(&Envelope {
        format: if key == 0 { WITHOUT_KEY } else { WITH_KEY },
        payload: payload.into(),
        checksum: checksum(payload),
    })
}

/// The payload of an envelope that arrived whole, and whether there is a key in it.
pub(crate) fn open(bytes: &[u8]) -> Result<(&[u8], bool), TaggerError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.array()?;
    if !(WITHOUT_KEY..=WITH_KEY).contains(&decoder.u32()?) {
        return Err(TaggerError::UnknownFormat);
    }
    let mut decoder = minicbor::Decoder::new(bytes);
    let envelope: Envelope<'_> = decoder.decode()?;
    let is_whole =
        decoder.position() == bytes.len() && envelope.checksum == checksum(envelope.payload);
    if is_whole {
        Ok((envelope.payload, envelope.format == WITH_KEY))
    } else {
        Err(TaggerError::Damaged)
    }
}

pub(crate) fn encode(model: &Model) -> Vec<u8> {
    let mut features = Vec::with_capacity(model.vocabulary.len() * 3);
    let mut before = 0;
    for feature in model.vocabulary.features() {
        push_number(feature - before, &mut features);
        before = *feature;
    }
    let mut weights = Vec::with_capacity(model.weights.len());
    for row in 0..model.vocabulary.len() {
        let row = &model.row(row)[..model.answers()];
        for eight in row.chunks(8) {
            weights.push(
                eight
                    .iter()
                    .rev()
                    .fold(0u8, |bits, weight| bits << 1 | u8::from(*weight != 0)),
            );
        }
        weights.extend(
            row.iter()
                .filter(|weight| **weight != 0)
                .map(|weight| *weight as u8),
        );
    }
    to_vec(&Payload {
        lines: model.lines.iter().map(String::as_str).collect(),
        labels_seen: model.labels_seen,
        sharpness: model.sharpness,
        none_at_least: model.none_at_least,
        scales: model.scales.clone(),
        biases: model.biases.clone(),
        rarity_of_unknown: model.vocabulary.unknown(),
        features: features.as_slice().into(),
        rarities: model.vocabulary.rarities().into(),
        weights: weights.as_slice().into(),
        key: (model.key != 0).then_some(model.key),
    })
}

pub(crate) fn decode(payload: &[u8]) -> Result<Model, TaggerError> {
    let mut decoder = minicbor::Decoder::new(payload);
    let stored: Payload<'_> = decoder.decode()?;
    let answers = stored.lines.len() + 1;
    let stride = stride(answers);
    let rows = stored.rarities.len();
    let is_sound = decoder.position() == payload.len()
        && stored.lines.len() <= MOST_LINES
        && rows * stride <= MOST_WEIGHTS
        && stored.rarity_of_unknown > 0
        && !stored.rarities.contains(&0)
        && [stored.scales.len(), stored.biases.len()] == [answers; 2]
        && stored
            .scales
            .iter()
            .chain(&stored.biases)
            .chain([&stored.sharpness, &stored.none_at_least])
            .all(|number| number.abs() < 1e6);
    if !is_sound {
        return Err(TaggerError::Damaged);
    }
    let features = read_features(stored.features, rows).ok_or(TaggerError::Damaged)?;
    let weights = read_weights(stored.weights, rows, answers).ok_or(TaggerError::Damaged)?;
    Ok(Model {
        lines: stored.lines.into_iter().map(str::to_owned).collect(),
        labels_seen: stored.labels_seen,
        vocabulary: Vocabulary::new(features, stored.rarities.to_vec(), stored.rarity_of_unknown),
        key: stored.key.unwrap_or(0),
        weights,
        scales: stored.scales,
        biases: stored.biases,
        sharpness: stored.sharpness,
        none_at_least: stored.none_at_least,
    })
}

/// Exactly `rows` strictly ascending numbers.
fn read_features(mut bytes: &[u8], rows: usize) -> Option<Vec<u32>> {
    let mut features: Vec<u32> = Vec::with_capacity(rows);
    for _ in 0..rows {
        let difference = take_number(&mut bytes)?;
        let feature = match features.last() {
            Some(before) if difference > 0 => before.checked_add(difference)?,
            Some(_) => return None,
            None => difference,
        };
        features.push(feature);
    }
    bytes.is_empty().then_some(features)
}

/// Exactly `rows` rows, each of `answers` weights and filled up with zeros.
fn read_weights(mut bytes: &[u8], rows: usize, answers: usize) -> Option<Vec<i8>> {
    let stride = stride(answers);
    let mut weights = vec![0i8; rows * stride];
    for row in weights.chunks_exact_mut(stride) {
        let present;
        (present, bytes) = bytes.split_at_checked(answers.div_ceil(8))?;
        for (answer, weight) in row[..answers].iter_mut().enumerate() {
            if present[answer / 8] >> (answer % 8) & 1 == 1 {
                let first;
                (first, bytes) = bytes.split_first()?;
                *weight = *first as i8;
            }
        }
    }
    bytes.is_empty().then_some(weights)
}

fn push_number(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

/// Finds accidents, not forgers: whoever may hand over a model may as well hand over another one.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(mix(bytes.len() as u64), |sum, chunk| {
        let mut eight = [0; 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        mix(sum.rotate_left(23) ^ u64::from_le_bytes(eight))
    })
}

fn to_vec<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(()) = minicbor::encode(value, &mut bytes) else {
        unreachable!("writing to memory does not fail");
    };
    bytes
}

#[cfg(test)]
mod tests;
