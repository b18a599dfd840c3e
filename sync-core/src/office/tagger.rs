//! What people decide about quotes in the order of the review, and what that tells of the tagger.

use serde::{Deserialize, Serialize};

use super::{MovedQuotes, QuoteRow};
use crate::ids::{LineKey, Millis};

/// `GET /api/v1/review`: what to decide about next. Four of five are those that the tagger is least sure of;
/// each fifth is drawn by chance, and only those tell how good the tagger is. Takes the filters of
/// `GET /api/v1/quotes`; with any of them nothing is drawn. `limit` is 1 to 50, 20 when missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub items: Vec<ReviewItem>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewItem {
    pub why: WhyReviewed,
    /// Without suggestions and without what others said where it is to be judged unseen.
    pub quote: QuoteRow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyReviewed {
    /// The tagger is not sure.
    Unsure,
    /// Chance. It is judged without suggestions; send the decision with `drawn`.
    Drawn,
    /// Somebody else judged it, drawn by chance: do people agree? Also without suggestions.
    SecondOpinion,
}

impl WhyReviewed {
    /// Whether it is judged without suggestions.
    pub fn is_unseen(self) -> bool {
        self != Self::Unsure
    }
}

/// So many of so many, with the interval that holds the true share in 95 of 100 cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub hits: u64,
    pub of: u64,
    /// All three from 0 to 1.
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

/// `GET /api/v1/tagger`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaggerState {
    pub model: String,
    /// Decided quotes that it learnt from.
    pub labels: u64,
    /// The share of right answers that must be proven before answers stand without a person, in thousandths;
    /// missing where none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_precision: Option<u16>,
    /// The version at which the learning was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<i64>,
    /// Quotes drawn by chance and decided that count, at most 3,000: the newest.
    pub audited: u64,
    /// Fewer than these in a language prove nothing.
    pub audited_from: u64,
    /// By language and line of the tagger's first answer.
    pub acceptance: Vec<LineAcceptance>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineAcceptance {
    pub language: String,
    /// `none` for "no action line".
    pub line: LineKey,
    /// Of the audited quotes that the tagger answered so, those where people found the same.
    pub right: Share,
    /// The tagger's own probability from which such an answer stands; missing where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f32>,
}

/// `PUT /api/v1/tagger/acceptance`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantPrecision {
    /// In thousandths, 800 to 999; null: no answer stands without a person.
    pub wanted_precision: Option<u16>,
}

/// `PUT /api/v1/tagger/learning`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLearning {
    /// A version: its lines and decisions are learnt from, and no later ones. Null: all are again.
    pub held_at: Option<i64>,
}

/// One of `GET /api/v1/tagger/versions`, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaggerVersion {
    pub number: i64,
    pub model: String,
    pub used_from: Millis,
    pub labels: u64,
    pub lines: u64,
    /// Of the audited quotes that it answered while it was in use, those where people found the same.
    pub right: Share,
}

/// `GET /api/v1/tagger/versions/{number}/preview`: which quotes that nobody tagged yet would get another
/// first suggestion.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionPreview {
    /// The newest of those quotes, so many.
    pub looked_at: u32,
    pub moved: u32,
    /// Those that would come to each line, and those that would leave it; the most first.
    pub come: Vec<MovedQuotes>,
    pub go: Vec<MovedQuotes>,
}

/// `GET /api/v1/tagger/quality`: how good the tagger's first answers are, by the quotes that chance drew and
/// people decided about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaggerQuality {
    pub right: Share,
    /// How far the probabilities that are shown and what turned out lie apart, as a mean; and before they were
    /// calibrated.
    pub calibration_error: f64,
    pub calibration_error_before: f64,
    /// Quotes by the probability that is shown.
    pub curve: Vec<CurvePoint>,
    /// First of all languages together, then by language.
    pub lines: Vec<LineQuality>,
    /// The most frequent first, at most 20.
    pub confused: Vec<Confused>,
    /// Weeks in which quotes were audited, the oldest first.
    pub weeks: Vec<WeekOfAudit>,
    /// Krippendorff's alpha of people who judged the same quotes: 1 where they agree in all, 0 as chance would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f64>,
    /// Audited quotes that two people judged or more.
    pub judged_twice: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub from: f64,
    pub to: f64,
    pub quotes: u64,
    /// Means; 0 where there are no quotes.
    pub said: f64,
    pub right: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineQuality {
    /// Missing for all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `none` for "no action line".
    pub line: LineKey,
    /// Of the quotes that were answered so, those that concern the line.
    pub precision: Share,
    /// Of the quotes that concern the line, those that were answered so.
    pub recall: Share,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confused {
    /// `none` for "no action line", here and below.
    pub said: LineKey,
    pub right: LineKey,
    pub quotes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeekOfAudit {
    /// Its Monday, `2026-01-26`.
    pub monday: String,
    pub right: Share,
}
