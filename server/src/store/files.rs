//! The file of an SQLite database as it was when it was opened.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Device and inode: two paths lead to the same file where both are the same.
type FileId = (u64, u64);

#[derive(Debug)]
pub(super) struct OpenedFile {
    path: PathBuf,
    id: Option<FileId>,
}

impl OpenedFile {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            id: file_id(path),
        }
    }

    /// Its path leads to it still.
    pub(super) fn is_in_place(&self) -> bool {
        self.id.is_some() && file_id(&self.path) == self.id
    }
}

fn file_id(path: &Path) -> Option<FileId> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}
