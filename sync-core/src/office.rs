//! The JSON that the office screens and other clients speak with the server under `/api/v1`.
//!
//! Server and app share these types, so that a field that changes its name on one side does not
//! compile on the other. `docs/api.md` lists the paths.

use serde::{Deserialize, Serialize};

use crate::catalogue::{Round, RoundKind};
use crate::consent::Purpose;
use crate::ids::{
    ConversationId, DeviceNumber, LineKey, Millis, PublicationId, QuoteId, RoundId, SectionId,
    UserId,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Field,
    Editor,
    Analyst,
    Administrator,
}

impl Role {
    pub const ALL: [Role; 4] = [
        Self::Field,
        Self::Editor,
        Self::Analyst,
        Self::Administrator,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Editor => "editor",
            Self::Analyst => "analyst",
            Self::Administrator => "administrator",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// `POST /api/v1/session`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    pub login: String,
    pub password: String,
}

/// Answer to `POST` and `GET /api/v1/session`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub user: UserId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub rounds: Vec<Round>,
    /// A demo account: the screens say so.
    pub demo: bool,
    pub expires_at: Millis,
}

/// `POST /api/v1/devices`: a tablet makes its key and asks for a number. Needs no session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolDevice {
    pub login: String,
    pub password: String,
    /// Ed25519 public key, 64 hexadecimal digits.
    pub public_key: String,
    /// What the administrator sees, for instance `Tablet 7`. 1 to 60 characters.
    pub label: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrolment {
    pub device: DeviceNumber,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    pub demo: bool,
    /// The key that signs receipts, to be pinned: 64 hexadecimal digits.
    pub receipt_key: String,
    pub server_time: Millis,
}

/// How a quote stands towards the action lines, judged by what people said; suggestions do not count.
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
}

impl TagState {
    pub const ALL: [TagState; 4] = [
        Self::Untagged,
        Self::Proposed,
        Self::Confirmed,
        Self::Contested,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untagged => "untagged",
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Contested => "contested",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The filters of `GET /api/v1/quotes`, `/quotes/counts` and `/quotes.csv`; all that are given must hold.
///
/// As a query string: `?action_line=wonen-1&round=...&from=2026-01-01&tag_state=untagged&text=schimmel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuoteFilter {
    /// Quotes that people tagged (proposed or confirmed) to this line; `none` for "geen actielijn".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_line: Option<LineKey>,
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
    /// First day, inclusive, ISO date in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last day, inclusive, ISO date in UTC.
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

/// Newest first, by time of recording and id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotePage {
    pub quotes: Vec<QuoteRow>,
    /// Give this as `after` for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// All that match the filter, whatever the page.
    pub total: u64,
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
    /// When it was recorded by the tablet's clock, or when it was received where that clock was impossible.
    pub recorded_at: Millis,
    /// The recorded words. With a conflict of wording: the first of `wordings`.
    pub verbatim: String,
    /// More than one: recorded differently by two people, nobody settled it yet.
    pub wordings: Vec<String>,
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
}

impl LineStanding {
    pub const ALL: [LineStanding; 4] = [
        Self::Proposed,
        Self::Confirmed,
        Self::Contested,
        Self::Rejected,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Contested => "contested",
            Self::Rejected => "rejected",
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
    /// The model that said so.
    pub model: String,
    /// At most three words or parts of words that spoke for it.
    pub because: Vec<String>,
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

/// A dimension to count quotes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    ActionLine,
    Theme,
    Area,
    Wijk,
    Round,
    Kind,
    Language,
    Month,
    TagState,
}

impl Dimension {
    pub const ALL: [Dimension; 9] = [
        Self::ActionLine,
        Self::Theme,
        Self::Area,
        Self::Wijk,
        Self::Round,
        Self::Kind,
        Self::Language,
        Self::Month,
        Self::TagState,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActionLine => "action_line",
            Self::Theme => "theme",
            Self::Area => "area",
            Self::Wijk => "wijk",
            Self::Round => "round",
            Self::Kind => "kind",
            Self::Language => "language",
            Self::Month => "month",
            Self::TagState => "tag_state",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.as_str() == text)
    }
}

/// Answer to `GET /api/v1/quotes/counts?rows=theme&columns=kind` and any filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: Vec<Bucket>,
    /// One bucket with key `all` when no second dimension was asked for.
    pub columns: Vec<Bucket>,
    /// `cells[row][column]`, numbers of quotes. A quote with two action lines counts under both.
    pub cells: Vec<Vec<u64>>,
    /// Quotes that match the filter, each once.
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// `untagged` where a quote has no line, `unknown` where no area was recorded.
    pub key: String,
    pub label: String,
}

/// `GET /api/v1/desk`: what waits for the editor, a number per action line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    pub lines: Vec<DeskLine>,
    /// Confirmed as "geen actielijn".
    pub none: u64,
    pub untagged: u64,
    pub proposed: u64,
    pub contested: u64,
    pub conflicts: u64,
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeskLine {
    pub key: LineKey,
    pub confirmed: u64,
    pub proposed: u64,
    /// Untagged quotes whose best suggestion is this line.
    pub suggested: u64,
}

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

/// A person as the administrator sees one: `GET /api/v1/people`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    pub demo: bool,
    pub rounds: Vec<RoundId>,
}

/// `POST /api/v1/people`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// 3 to 40 of a-z, 0-9, dot and hyphen.
    pub login: String,
    pub name: String,
    pub role: Role,
    /// At least 10 characters.
    pub password: String,
    #[serde(default)]
    pub rounds: Vec<RoundId>,
}

/// `PATCH /api/v1/people/{user}`; what is missing stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangePerson {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Vec<RoundId>>,
}

/// `POST /api/v1/rounds`; `PATCH /api/v1/rounds/{round}` takes [`ChangeRound`]. Both answer a [`Round`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRound {
    pub name: String,
    pub kind: RoundKind,
    pub starts_on: String,
    pub ends_on: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeRound {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
}

/// `PUT /api/v1/action-lines/{key}`: what the tagger starts from. Answers the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteLine {
    pub theme: LineKey,
    pub title: String,
    pub description: String,
    pub synonyms: Vec<String>,
}

/// A tablet as the administrator sees one: `GET /api/v1/devices`;
/// `POST /api/v1/devices/{device}/revoke` ends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub number: DeviceNumber,
    pub label: String,
    pub user: UserId,
    pub user_name: String,
    pub enrolled_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Millis>,
    /// Conversations that waited on the tablet when it last called.
    pub waiting: u64,
    pub revoked: bool,
}

/// RFC 9457, `application/problem+json`: what every refusal looks like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name: `about:blank#` and the code, see [`Problem::code`].
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What, why and what to do, in Dutch when the request prefers it.
    pub detail: String,
    /// For asking help: stands in the server's log too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// With `clock-off`: the server's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<Millis>,
}

impl Problem {
    /// The code behind the `#`: `signed-out`, `not-allowed`, `clock-off`, `device-unknown`, ...
    pub fn code(&self) -> &str {
        self.kind.rsplit('#').next().unwrap_or("")
    }
}
