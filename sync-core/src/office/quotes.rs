//! Quotes: found, read, tagged.

use serde::{Deserialize, Serialize};

use super::AsOf;
use crate::catalogue::RoundKind;
use crate::consent::Purpose;
use crate::ids::{ConversationId, LineKey, Millis, QuoteId, RoundId, SectionId};

/// How a quote stands towards the action lines, judged by what people said; suggestions do not count, but
/// where an administrator lets proven ones stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagState {
    /// Nobody said anything yet.
    Untagged,
    /// A field worker proposed at least one line, no editor has spoken.
    Proposed,
    /// Editors confirmed at least one line, or "geen actielijn".
    Confirmed,
    /// Two editors disagree about a line.
    Contested,
    /// Nobody said anything yet, and what the tagger answered first stands until somebody does: the audit
    /// proves that such answers are right.
    Accepted,
}

impl TagState {
    pub const ALL: [TagState; 5] = [
        Self::Untagged,
        Self::Proposed,
        Self::Confirmed,
        Self::Contested,
        Self::Accepted,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untagged => "untagged",
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Contested => "contested",
            Self::Accepted => "accepted",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Numbers of quotes by how they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByState {
    pub untagged: u64,
    pub proposed: u64,
    pub confirmed: u64,
    pub contested: u64,
    pub accepted: u64,
}

impl ByState {
    pub fn of(&self, state: TagState) -> u64 {
        match state {
            TagState::Untagged => self.untagged,
            TagState::Proposed => self.proposed,
            TagState::Confirmed => self.confirmed,
            TagState::Contested => self.contested,
            TagState::Accepted => self.accepted,
        }
    }

    pub fn add(&mut self, state: TagState, number: u64) {
        let place = match state {
            TagState::Untagged => &mut self.untagged,
            TagState::Proposed => &mut self.proposed,
            TagState::Confirmed => &mut self.confirmed,
            TagState::Contested => &mut self.contested,
            TagState::Accepted => &mut self.accepted,
        };
        *place += number;
    }

    pub fn total(&self) -> u64 {
        TagState::ALL.iter().map(|state| self.of(*state)).sum()
    }
}

/// The filters of `GET /api/v1/quotes`, `/quotes/counts` and `/quotes.csv`; all that are given must hold.
///
/// As a query string: `?action_line=wonen-1&round=...&from=2026-01-01&tag_state=untagged&text=schimmel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuoteFilter {
    /// Quotes that people tagged (proposed or confirmed) to this line, or that were accepted for it; `none` for
    /// "geen actielijn".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_line: Option<LineKey>,
    /// Quotes that people tagged to this line, whatever became of it: also those of a line that was split
    /// or merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagged_as: Option<LineKey>,
    /// Quotes that people tagged to a line of this theme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<LineKey>,
    /// Quotes nobody tagged yet whose best suggestion is this line (`none` for "geen actielijn").
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested: Option<LineKey>,
    /// Area code; a wijk or district holds its buurten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RoundKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// First day, inclusive, ISO date; days are those of the programme's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last day, inclusive, ISO date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_state: Option<TagState>,
    /// Only quotes whose resident allows this purpose now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Purpose>,
    /// `true`: only quotes of which two wordings were recorded and nobody settled it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<bool>,
    /// Tags and action lines as they stood then: at the end of a day that is over (ISO date), or at
    /// a moment of at least five minutes ago (milliseconds). All else is as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Words that must all occur; Dutch, Turkish and English stems, Arabic folded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Page size, 1 to 200; 50 when missing. Not used by counts and CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl QuoteFilter {
    /// Whether it says anything of tags, or of readings that are to be settled.
    pub fn is_of_tags(&self) -> bool {
        self.without_tags() != *self
    }

    /// The same without what it says of them.
    pub fn without_tags(&self) -> Self {
        Self {
            action_line: None,
            tagged_as: None,
            theme: None,
            suggested: None,
            tag_state: None,
            conflict: None,
            ..self.clone()
        }
    }
}

/// Newest first, by time of recording and id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotePage {
    pub quotes: Vec<QuoteRow>,
    /// Give this as `after` for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// All that match the filter, whatever the page.
    pub total: u64,
    /// The numbers that the same filter gives without what it says of tags (`action_line`, `theme`, `tagged_as`,
    /// `suggested`, `tag_state`): so a filter by theme hides no quotes that nobody judged yet.
    #[serde(default)]
    pub by_state: ByState,
    /// Other words that may have been meant, where those of the filter are found in few quotes or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// A `text` to look for in the place of the one that was asked for. All its words stand in quotes that the asker may
/// see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    pub text: String,
    /// Quotes that match with it, by the same filter otherwise.
    pub total: u64,
    /// The same without what the filter says of tags.
    pub anywhere: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteRow {
    pub id: QuoteId,
    pub conversation: ConversationId,
    pub round: RoundId,
    pub round_name: String,
    pub kind: RoundKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    pub language: String,
    /// When it was recorded by the tablet's clock, or when it was received where that cannot be relied on.
    pub recorded_at: Millis,
    /// `recorded_at` is when it was received.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub clock_doubtful: bool,
    /// The recorded words. With a conflict of wording: the first of `wordings`.
    pub verbatim: String,
    /// More than one: recorded differently by two people, nobody settled it yet.
    pub wordings: Vec<String>,
    /// By the action lines as they are: what people said of a line that was split asks for another word.
    pub tag_state: TagState,
    /// What people said, a row per line.
    pub tags: Vec<LineTag>,
    /// What the tagger proposes, best first, at most three.
    pub suggestions: Vec<LineSuggestion>,
    /// Purposes the resident allows now.
    pub consent: Vec<Purpose>,
    /// Sections this quote was chosen for.
    pub selected_in: Vec<SectionId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineTag {
    pub line: LineKey,
    pub standing: LineStanding,
    /// Of a line that was merged: the one it counts for. Of one that was split: those to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub became: Vec<LineKey>,
}

/// What people's statements about one quote and one line come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStanding {
    /// A field worker says so, no editor has spoken.
    Proposed,
    /// An editor says so, and no editor says otherwise.
    Confirmed,
    /// One editor says so, another says no.
    Contested,
    /// An editor says no, and no editor says yes.
    Rejected,
    /// The tagger says so, and nobody said anything: see [`TagState::Accepted`].
    Accepted,
}

impl LineStanding {
    pub const ALL: [LineStanding; 5] = [
        Self::Proposed,
        Self::Confirmed,
        Self::Contested,
        Self::Rejected,
        Self::Accepted,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Contested => "contested",
            Self::Rejected => "rejected",
            Self::Accepted => "accepted",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineSuggestion {
    /// `none` for "geen actielijn".
    pub line: LineKey,
    /// 0 to 1.
    pub probability: f32,
    /// Of all lines of its theme together, 0 to 1; 0 where it was not told yet.
    #[serde(default)]
    pub theme_probability: f32,
    /// The model that said so.
    pub model: String,
    /// At most three words or parts of words that spoke for it.
    pub because: Vec<String>,
    /// It stands without a person, as long as none says otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
}

impl LineSuggestion {
    /// How sure the tagger is, in thousandths.
    pub fn certainty(&self) -> i64 {
        (self.probability * 1000.0).round() as i64
    }
}

/// `GET /api/v1/quotes/{quote}`: the row and what surrounds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteDetail {
    pub quote: QuoteRow,
    /// The worker's notes on the conversation: what was seen and heard, not the resident's words.
    pub notes: String,
    /// The name of who recorded it.
    pub recorded_by: String,
    /// Other quotes of the same conversation.
    pub others: Vec<QuoteRow>,
    /// Who said what about which line.
    pub said: Vec<TagSaid>,
    /// Where several wordings stand: each with its author, in the order of `wordings` of the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// Several stood, and somebody said which is right: the last time that happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// A recorded wording and who wrote it. Its author is missing where that cannot be known any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub verbatim: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// By the clock of the tablet; missing where that is impossible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// Who chose among which readings, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    /// Empty for whoever does not settle wordings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Reading>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TagSaid {
    pub line: LineKey,
    pub by: String,
    /// `proposed`, `confirmed` or `rejected`.
    pub stance: String,
    pub at: Millis,
}

/// `POST /api/v1/quotes/{quote}/tags`: an editor decides. Answer: the new [`QuoteRow`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TagDecision {
    /// Lines it concerns; `["none"]` for "geen actielijn". At most 10.
    pub confirm: Vec<LineKey>,
    /// Lines it does not concern.
    pub reject: Vec<LineKey>,
    /// Take back what this editor said about these lines.
    pub retract: Vec<LineKey>,
    /// It was shown as one of the quotes that are drawn by chance, without suggestions: see [`Review`].
    ///
    /// [`Review`]: super::Review
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub drawn: bool,
}

/// `POST /api/v1/quotes/{quote}/wording`: an editor settles which recorded wording stands.
/// Answer: the new [`QuoteRow`], or 409 when the wordings are no longer those that were seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleWording {
    /// One of `seen`, to the letter.
    pub verbatim: String,
    /// The wordings that were on the screen.
    pub seen: Vec<String>,
}
