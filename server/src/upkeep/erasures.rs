//! The log of what was erased, kept apart from the database: when an older copy of that is put back,
//! it is erased again.
//!
//! A line of JSON for each erasure, of ids and a time alone. It is on the disk before the erasure is:
//! a line too many is erased once more, a line too few would not be.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId};
use serde::{Deserialize, Serialize};

use crate::private_files::FILE_MODE;
use crate::upkeep::apart::ApartError;

/// The file, and who writes to it.
#[derive(Debug)]
pub(crate) struct Erasures {
    path: PathBuf,
    writing: Mutex<()>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) at: Millis,
    pub(crate) document: ConversationId,
    /// All of it; else the quotes alone, and the rest goes on under another id.
    pub(crate) whole: bool,
    /// What is gone; of a whole conversation all its quotes.
    pub(crate) quotes: Vec<QuoteId>,
}

impl Erasures {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self {
            path,
            writing: Mutex::new(()),
        }
    }

    /// When this returns, the line is on the disk.
    pub(crate) fn append(&self, line: &Line) -> Result<(), ApartError> {
        let _writing = self.writing.lock();
        let written = append(&self.path, line);
        written.map_err(|error| ApartError::File(self.path.clone(), error))
    }

    /// All lines, oldest first. One that was cut off by a crash tells of an erasure that was not
    /// carried out, and is passed over.
    pub(crate) fn read(&self) -> Result<Vec<Line>, ApartError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ApartError::File(self.path.clone(), error)),
        };
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            match serde_json::from_str(line) {
                Ok(line) => lines.push(line),
                Err(_) if line.is_empty() => {}
                Err(_) => tracing::warn!(number, "a line of the erasure log cannot be read"),
            }
        }
        Ok(lines)
    }
}

fn append(path: &Path, line: &Line) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path)?;
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.insert(0, '\n');
        }
    }
    // One write: two servers on one file never mix their lines.
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match path.parent().filter(|_| is_new) {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) => File::open(".")?.sync_all(),
        None => Ok(()),
    }
}
