//! The input of targets that take several pieces of bytes one after the other: a kind, a length,
//! the bytes, and so on. Any bytes are a script: what is cut off at the end counts as far as it goes.

/// Bytes that say what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: u8,
    pub bytes: Vec<u8>,
}

pub fn read(mut bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<3>() {
        let length = usize::from(u16::from_le_bytes([header[1], header[2]])).min(rest.len());
        pieces.push(Piece {
            kind: header[0],
            bytes: rest[..length].to_vec(),
        });
        bytes = &rest[length..];
    }
    pieces
}

/// The script of these pieces; none of them may be longer than 65,535 bytes.
pub fn write(pieces: &[Piece]) -> Vec<u8> {
    let mut script = Vec::new();
    for piece in pieces {
        let length = piece.bytes.len().min(usize::from(u16::MAX));
        script.push(piece.kind);
        script.extend(u16::try_from(length).unwrap().to_le_bytes());
        script.extend(&piece.bytes[..length]);
    }
    script
}
