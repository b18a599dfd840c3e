//! What stands in the tables beside a document: all that screens and queries read.
//!
//! Derived from the document, the round it belongs to and the tagger, by one function; the same
//! input gives the same rows, so `reproject` rebuilds what the merge had written.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::catalogue::{Area, AreaLevel, Catalogue, RoundKind};
use koffiekar_sync_core::clock;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::conversation::{Conversation, Stance};
use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, RoundId, UserId};
use koffiekar_sync_core::office::{LineStanding, LineSuggestion, TagState};
use koffiekar_tagging::text::search_terms;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::crosswalk::Crosswalk;

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
    /// `2026-01` by UTC. For the version before alone: months count by the zone of the programme.
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
        month: Calendar::utc().month(recorded_at),
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

/// The search terms of a quote: of all its wordings, a JSON list, where two stand.
pub(crate) fn terms_of(verbatim: &str, wordings: Option<&str>, language: &str) -> Vec<String> {
    let all: Option<Vec<String>> = wordings.and_then(|all| serde_json::from_str(all).ok());
    match all {
        Some(all) => search_terms(&all.join(" "), language),
        None => search_terms(verbatim, language),
    }
}

pub(crate) fn json<T: Serialize>(value: &T) -> String {
    // Lists of plain structs always have a JSON form.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}
