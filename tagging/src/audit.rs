//! What the audit stream tells: whether people agreed with the tagger's first answer.

use serde::{Deserialize, Serialize};

/// One quote of the audit stream, which is drawn from all quotes with equal chance and never from those that the
/// tagger was unsure of: only so do shares among audited quotes hold for the others. It did not teach the tagger that
/// answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audited {
    /// ISO 639-1, the language of the quote.
    pub language: String,
    /// The tagger's first answer: the key of a line, or `None` for "no action line".
    pub line: Option<String>,
    /// What the tagger gave that answer, as it came from [`crate::Tagger::suggest`].
    pub probability: f32,
    /// People found that the quote concerns this line (or none, where that was the answer).
    pub right: bool,
}
