//! What happened, line by line, and a hash over all of it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

pub struct Story {
    lines: Vec<String>,
    hash: Sha256,
}

impl Story {
    pub fn new() -> Story {
        Story {
            lines: Vec::new(),
            hash: Sha256::new(),
        }
    }

    pub fn tell(&mut self, line: String) {
        self.note(line.as_bytes());
        self.lines.push(line);
    }

    /// Counts for the hash, and is not told.
    pub fn note(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    pub fn end(self) -> (Vec<String>, String) {
        let hash = self.hash.finalize();
        let digits = hash.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        (self.lines, digits)
    }
}

impl Default for Story {
    fn default() -> Self {
        Self::new()
    }
}
