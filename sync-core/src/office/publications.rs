//! Texts of the programme, and the quotes chosen for them.

use serde::{Deserialize, Serialize};

use super::{QuoteRow, TagState};
use crate::consent::Purpose;
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
    /// Of the sections; missing where they are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
}

/// How the chosen quotes stand that the reader may see: each counts once, under the first reason that
/// keeps it out of print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub chosen: u64,
    /// As it stands.
    pub printable: u64,
    pub no_consent: u64,
    /// Two wordings, or editors who differ about the action line.
    pub unsettled: u64,
    /// No editor has said what it is about.
    pub unjudged: u64,
    pub removed: u64,
}

impl Tally {
    pub fn of<'a>(chosen: impl IntoIterator<Item = &'a SelectedQuote>) -> Self {
        let mut tally = Self::default();
        for one in chosen {
            tally.chosen += 1;
            *match one.blocked {
                None => &mut tally.printable,
                Some(SelectionBlock::NoConsent) => &mut tally.no_consent,
                Some(SelectionBlock::WordingConflict | SelectionBlock::Contested) => {
                    &mut tally.unsettled
                }
                Some(SelectionBlock::Unjudged) => &mut tally.unjudged,
                Some(SelectionBlock::Removed) => &mut tally.removed,
            } += 1;
        }
        tally
    }
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
    /// Editors differ about the action line that it is about.
    Contested,
    /// No editor has said what it is about.
    Unjudged,
}

impl SelectionBlock {
    /// Why a quote may not be printed as it stands: what the resident says first, then what an editor
    /// has to do first.
    ///
    /// Printing with a name follows from no answer: nothing records a name. So who said yes to that
    /// alone did not agree to what could be printed.
    pub fn of(row: &QuoteRow) -> Option<Self> {
        if !row.consent.contains(&Purpose::AnonymousPublication) {
            return Some(Self::NoConsent);
        }
        if row.wordings.len() > 1 {
            return Some(Self::WordingConflict);
        }
        match row.tag_state {
            TagState::Confirmed => None,
            TagState::Contested => Some(Self::Contested),
            // What is accepted by itself was seen by nobody.
            TagState::Untagged | TagState::Proposed | TagState::Accepted => Some(Self::Unjudged),
        }
    }
}

/// `POST /api/v1/sections/{section}/selections`; taken back by
/// `DELETE /api/v1/sections/{section}/selections/{quote}`. Both answer the [`Section`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChooseQuote {
    pub quote: QuoteId,
    /// It is put just before this one: where it stood, for who takes a removal back. Missing, or where
    /// that one is not there any more: at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<QuoteId>,
}
