//! The body of a change chunk taken apart, so that one part can be altered and the rest still fits.

use crate::chunks::{self, CHANGE};

/// The body of a change, behind the changes that it builds upon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    pub actor: Vec<u8>,
    pub seq: u64,
    pub start_op: u64,
    pub time: i64,
    pub message: Vec<u8>,
    pub other_actors: Vec<Vec<u8>>,
    pub columns: Vec<Column>,
    /// What stands behind the columns; nothing in an honest change.
    pub rest: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub specification: u64,
    pub bytes: Vec<u8>,
}

impl Body {
    /// `None` where the bytes do not fit together.
    pub fn read(bytes: &[u8]) -> Option<Body> {
        let mut reader = Reader { bytes };
        let mut body = Body {
            actor: reader.piece()?,
            seq: reader.unsigned()?,
            start_op: reader.unsigned()?,
            time: reader.signed()?,
            message: reader.piece()?,
            ..Body::default()
        };
        for _ in 0..reader.unsigned()?.min(1_000) {
            body.other_actors.push(reader.piece()?);
        }
        let columns = reader.unsigned()?.min(1_000);
        let mut heads = Vec::new();
        for _ in 0..columns {
            heads.push((reader.unsigned()?, reader.unsigned()?));
        }
        for (specification, length) in heads {
            let bytes = reader.take(usize::try_from(length).ok()?)?.to_vec();
            body.columns.push(Column {
                specification,
                bytes,
            });
        }
        body.rest = reader.bytes.to_vec();
        Some(body)
    }

    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let piece = |bytes: &mut Vec<u8>, piece: &[u8]| {
            bytes.extend(chunks::unsigned(piece.len() as u64));
            bytes.extend(piece);
        };
        piece(&mut bytes, &self.actor);
        bytes.extend(chunks::unsigned(self.seq));
        bytes.extend(chunks::unsigned(self.start_op));
        bytes.extend(chunks::signed(self.time));
        piece(&mut bytes, &self.message);
        bytes.extend(chunks::unsigned(self.other_actors.len() as u64));
        for actor in &self.other_actors {
            piece(&mut bytes, actor);
        }
        bytes.extend(chunks::unsigned(self.columns.len() as u64));
        for column in &self.columns {
            bytes.extend(chunks::unsigned(column.specification));
            bytes.extend(chunks::unsigned(column.bytes.len() as u64));
        }
        for column in &self.columns {
            bytes.extend(&column.bytes);
        }
        bytes.extend(&self.rest);
        bytes
    }
}

/// A whole chunk around a body, behind these changes. Length and checksum are right.
pub fn chunk_behind(heads: &[[u8; 32]], body: &[u8]) -> Vec<u8> {
    let mut whole = chunks::unsigned(heads.len() as u64);
    whole.extend(heads.concat());
    whole.extend(body);
    chunks::chunk(CHANGE, &whole)
}

/// The bodies of these chunks, behind what they build upon.
pub fn bodies(mut chunks: &[u8]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    while !chunks.is_empty() {
        let body = chunks::body(chunks);
        let header = body.as_ptr() as usize - chunks.as_ptr() as usize;
        chunks = &chunks[header + body.len()..];
        let mut reader = Reader { bytes: body };
        let heads = reader.unsigned().unwrap();
        reader.take(usize::try_from(heads).unwrap() * 32).unwrap();
        bodies.push(reader.bytes.to_vec());
    }
    bodies
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn piece(&mut self) -> Option<Vec<u8>> {
        let length = usize::try_from(self.unsigned()?).ok()?;
        self.take(length).map(<[u8]>::to_vec)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let mut value = 0_i64;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0 && shift < 56;
                return Some(if negative {
                    value | (-1 << (shift + 7))
                } else {
                    value
                });
            }
        }
        None
    }
}
