//! What stands in the tables beside a document: all that screens and queries read.
//!
//! Derived from the document, the round it belongs to and the tagger, by one function; the same
//! input gives the same rows, so `reproject` rebuilds what the merge had written.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::catalogue::{Area, AreaLevel, Catalogue, RoundKind};
use koffiekar_sync_core::clock;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::conversation::{Conversation, Stance};
use koffiekar_sync_core::ids::{
    ConversationId, DeviceNumber, LineKey, Millis, QuoteId, RoundId, UserId,
};
use koffiekar_sync_core::office::{LineStanding, LineSuggestion, TagState};
use koffiekar_tagging::text::search_terms;
use serde::{Deserialize, Serialize};

use crate::crosswalk::Crosswalk;
use crate::store::documents::StoredDocument;

/// The rows of one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    pub id: ConversationId,
    pub round: RoundId,
    pub kind: RoundKind,
    pub area: Option<String>,
    pub wijk: Option<String>,
    pub language: String,
    pub recorded_at: Millis,
    pub clock_doubtful: bool,
    /// `2026-01`
    pub month: String,
    pub recorded_by: UserId,
    pub notes: String,
    /// JSON list of statements.
    pub consents: String,
    /// In the order of [`Purpose::ALL`].
    pub allowed: [bool; 4],
    pub quotes: Vec<QuoteProjection>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QuoteProjection {
    pub id: QuoteId,
    pub position: i64,
    pub language: String,
    pub verbatim: String,
    /// JSON list, where two stand.
    pub wordings: Option<String>,
    pub tag_state: TagState,
    pub lines: Vec<(LineKey, LineStanding)>,
    /// JSON list of [`Said`].
    pub said: String,
    /// JSON list of [`LineSuggestion`].
    pub suggestions: String,
    pub best_suggestion: Option<String>,
    /// How sure the tagger is of the first suggestion, in thousandths.
    pub certainty: Option<i64>,
    /// The first suggestion stands without a person, until one says otherwise.
    pub accepted: bool,
    pub terms: Vec<String>,
}

/// Who said what about a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub line: LineKey,
    pub by: UserId,
    pub stance: String,
    pub at: Millis,
}

/// What a projection needs to know of the programme.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    wijken: BTreeMap<String, Option<String>>,
    kinds: BTreeMap<RoundId, RoundKind>,
    crosswalk: Crosswalk,
}

impl Surroundings {
    pub fn of(catalogue: &Catalogue) -> Self {
        let wijk = |area: &Area| match area.level {
            AreaLevel::District => None,
            AreaLevel::Wijk => Some(area.code.clone()),
            AreaLevel::Buurt => Some(area.part_of.clone()),
        };
        Self {
            wijken: catalogue
                .areas
                .iter()
                .map(|area| (area.code.clone(), wijk(area)))
                .collect(),
            kinds: catalogue
                .rounds
                .iter()
                .map(|round| (round.id, round.kind))
                .collect(),
            crosswalk: Crosswalk::of(&catalogue.action_lines),
        }
    }

    pub fn kind(&self, round: RoundId) -> Option<RoundKind> {
        self.kinds.get(&round).copied()
    }
}

/// How a conversation came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub received_at: Millis,
    /// When the tablet was enrolled that recorded it, as far as that is known.
    pub enrolled_at: Option<Millis>,
}

impl Arrival {
    /// `recorded_on`: the tablet that recorded it. One that somebody else brought, or brought anew, may have
    /// been recorded before that tablet was enrolled.
    pub fn of(stored: &StoredDocument, recorded_on: Option<DeviceNumber>) -> Self {
        Self {
            received_at: stored.received_at,
            enrolled_at: stored
                .enrolled_at
                .filter(|_| recorded_on == Some(stored.device)),
        }
    }

    /// Whether the time at which it was recorded cannot be relied on; lists then have the time of receipt.
    pub fn is_time_doubtful(self, conversation: &Conversation) -> bool {
        let Self {
            received_at,
            enrolled_at,
        } = self;
        conversation.clock_doubtful
            || !clock::is_plausible(conversation.recorded_at, enrolled_at, received_at)
    }
}

/// The rows of a conversation. `suggest` answers for a text and its language; where a person has to choose
/// among some lines again, with these first.
pub fn project(
    id: ConversationId,
    round: RoundId,
    kind: RoundKind,
    conversation: &Conversation,
    arrival: Arrival,
    surroundings: &Surroundings,
    suggest: impl Fn(&str, &str, &BTreeSet<LineKey>) -> Vec<LineSuggestion>,
) -> Projection {
    let clock_doubtful = arrival.is_time_doubtful(conversation);
    let recorded_at = if clock_doubtful {
        arrival.received_at
    } else {
        conversation.recorded_at
    };
    let area = conversation.area.clone();
    let wijk = area
        .as_ref()
        .and_then(|code| surroundings.wijken.get(code).cloned().flatten());
    let quotes = conversation
        .quotes
        .iter()
        .zip(0..)
        .map(|(quote, position)| {
            let language = quote.language(conversation);
            let verbatim = quote.wording.first();
            let lines = conversation.lines_of(quote.id);
            let suggestions = suggest(verbatim, language, &surroundings.crosswalk.among(&lines));
            let tag_state = conversation.tags.state(quote.id);
            let said = conversation.tags.statements().iter();
            let said: Vec<Said> = said
                .filter(|(key, told)| key.quote == quote.id && told.stance != Stance::Retracted)
                .map(|(key, told)| Said {
                    line: key.line.clone(),
                    by: key.by,
                    stance: told.stance.as_str().to_owned(),
                    at: told.at,
                })
                .collect();
            let all_words = quote.wording.all().join(" ");
            let mut row = QuoteProjection {
                id: quote.id,
                position,
                language: language.to_owned(),
                verbatim: verbatim.to_owned(),
                wordings: quote
                    .wording
                    .is_conflict()
                    .then(|| json(&quote.wording.all())),
                tag_state,
                lines,
                said: json(&said),
                suggestions: String::new(),
                best_suggestion: None,
                certainty: None,
                accepted: false,
                terms: search_terms(&all_words, language),
            };
            row.take(&suggestions);
            row
        })
        .collect();
    Projection {
        id,
        round,
        kind,
        area,
        wijk,
        language: conversation.language.clone(),
        recorded_at,
        clock_doubtful,
        month: month(recorded_at),
        recorded_by: conversation.recorded_by,
        notes: conversation.notes.clone(),
        consents: json(
            &conversation
                .consent
                .statements()
                .values()
                .collect::<Vec<_>>(),
        ),
        allowed: Purpose::ALL.map(|purpose| conversation.consent.allows(purpose)),
        quotes,
    }
}

impl QuoteProjection {
    /// Puts these suggestions beside it.
    pub fn take(&mut self, suggestions: &[LineSuggestion]) {
        let best = suggestions.first();
        let open = best.filter(|_| self.tag_state == TagState::Untagged);
        self.suggestions = json(&suggestions);
        self.best_suggestion = open.map(|best| best.line.to_string());
        self.certainty = best.map(LineSuggestion::certainty);
        self.accepted = self.lines.is_empty() && open.is_some_and(|best| best.accepted);
    }
}

pub(crate) fn json<T: Serialize>(value: &T) -> String {
    // Lists of plain structs always have a JSON form.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

/// `2026-01-31`, in UTC.
pub(crate) fn date(at: Millis) -> String {
    let (year, month, day) = civil(at);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-01`, in UTC.
fn month(at: Millis) -> String {
    let (year, month, _) = civil(at);
    format!("{year:04}-{month:02}")
}

/// Year, month and day in UTC: the proleptic Gregorian calendar, counted in eras of 400 years that
/// begin in March.
pub(crate) fn civil(at: Millis) -> (i64, i64, i64) {
    let days = at.0.div_euclid(Millis::DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The start of a day given as `2026-01-31`, in UTC.
pub(crate) fn start_of_day(date: &str) -> Option<Millis> {
    let as_written = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if date.len() != 10 || !date.bytes().enumerate().all(as_written) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    let year_from_march = if month <= 2 { year - 1 } else { year };
    let era = year_from_march.div_euclid(400);
    let year_of_era = year_from_march.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let at = Millis((era * 146_097 + day_of_era - 719_468) * Millis::DAY);
    // 2026-02-30 would come out as another day.
    (civil(at) == (year, month, day)).then_some(at)
}

/// `2026-01-31T14:05:00Z`
pub(crate) fn timestamp(at: Millis) -> String {
    let (year, month, day) = civil(at);
    let seconds = at.0.rem_euclid(Millis::DAY) / Millis::SECOND;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}
