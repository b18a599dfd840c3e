//! Texts of the programme, and the quotes chosen for them.

use serde::{Deserialize, Serialize};

use super::QuoteRow;
use crate::ids::{LineKey, Millis, PublicationId, QuoteId, SectionId};

/// `GET /api/v1/publications` (without sections) and `/api/v1/publications/{publication}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    pub id: PublicationId,
    pub title: String,
    /// `kern` or `verdiepend`.
    pub form: String,
    /// `concept` or `definitive`.
    pub state: String,
    #[serde(default)]
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub id: SectionId,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<LineKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_line: Option<LineKey>,
    pub quotes: Vec<SelectedQuote>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectedQuote {
    pub quote: QuoteRow,
    pub chosen_by: String,
    pub chosen_at: Millis,
    /// Why it may not be published as it stands, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<SelectionBlock>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectionBlock {
    /// The resident does not (or no longer) allow publication.
    NoConsent,
    /// Two wordings stand side by side.
    WordingConflict,
    /// The quote was removed by who recorded it.
    Removed,
}

/// `POST /api/v1/sections/{section}/selections`; taken back by
/// `DELETE /api/v1/sections/{section}/selections/{quote}`. Both answer the [`Section`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChooseQuote {
    pub quote: QuoteId,
}
