//! What a programme is made of, as it travels: in the programme file, to the tablets, to the screens.

use serde::{Deserialize, Serialize};

use crate::consent::Purpose;
use crate::ids::{LineKey, Millis, RoundId};
use crate::sealed::SealKey;

/// Everything a tablet must know to work without a connection, and the office to draw its screens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    pub programme: Programme,
    pub themes: Vec<Theme>,
    pub action_lines: Vec<ActionLine>,
    pub areas: Vec<Area>,
    pub consent_texts: Vec<ConsentText>,
    /// The rounds that whoever asks may work in.
    #[serde(default)]
    pub rounds: Vec<Round>,
    /// The public half of the installation's key for sealed words, 64 hexadecimal digits: with it a
    /// tablet writes a file that the office alone opens. Missing in a programme file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_key: Option<String>,
}

impl Catalogue {
    /// Missing, or not 64 hexadecimal digits: nothing can be sealed.
    pub fn seal_key(&self) -> Option<SealKey> {
        let is_hex = |hex: &&String| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let hex = self.seal_key.as_ref().filter(is_hex)?;
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(SealKey(key))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    pub name: String,
    pub cycle: String,
    /// The action lines are a proposal of this software, not an adopted text.
    #[serde(default)]
    pub provisional: bool,
    #[serde(default)]
    pub note: String,
    /// The purposes that residents are asked about.
    #[serde(default = "asked_unless_said")]
    pub asks: Vec<Purpose>,
    /// The name of the zone by which days and months count, such as [`Programme::TIME_ZONE`].
    #[serde(default = "Programme::time_zone")]
    pub time_zone: String,
}

impl Programme {
    /// Where nothing else is said.
    pub const TIME_ZONE: &str = "Europe/Amsterdam";

    fn time_zone() -> String {
        Self::TIME_ZONE.to_owned()
    }
}

impl Default for Programme {
    fn default() -> Self {
        Self {
            name: String::new(),
            cycle: String::new(),
            provisional: false,
            note: String::new(),
            asks: asked_unless_said(),
            time_zone: Self::time_zone(),
        }
    }
}

/// What is asked where nobody says otherwise. With a name, or by telephone or mail: nothing here can
/// record a name or a number, so an answer could not be honoured.
pub fn asked_unless_said() -> Vec<Purpose> {
    vec![Purpose::Analysis, Purpose::AnonymousPublication]
}

/// An *opgave*.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    pub key: LineKey,
    pub title: String,
}

/// An *actielijn*: what will be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionLine {
    pub key: LineKey,
    pub theme: LineKey,
    pub title: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub synonyms: Vec<String>,
    /// Missing while it takes tags. A line stays readable after that: old tags are true for their date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl ActionLine {
    /// Whether it takes new tags.
    pub fn is_open(&self, now: Millis) -> bool {
        self.ended.as_ref().is_none_or(|ended| now < ended.at)
    }
}

/// That an action line takes no new tags, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub how: Ending,
    /// From this moment on, by the server's clock.
    pub at: Millis,
    /// The lines that it was split or merged into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub into: Vec<LineKey>,
}

/// How an action line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Nothing follows it; what was tagged stays tagged.
    Retired,
    /// Several follow it: of each quote a person says which.
    Split,
    /// One follows it, and all its quotes count there.
    Merged,
}

impl Ending {
    pub const ALL: [Ending; 3] = [Self::Retired, Self::Split, Self::Merged];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Split => "split",
            Self::Merged => "merged",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }
}

/// A district, wijk or buurt with its official code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub code: String,
    pub level: AreaLevel,
    pub part_of: String,
    /// Missing where no public source gives it: the code is shown then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Area {
    /// Its name; where none is known, what it is with its code: `buurt FB03`.
    pub fn label(&self) -> String {
        let level = match (&self.name, self.level) {
            (Some(name), _) => return name.clone(),
            (None, AreaLevel::District) => "stadsdeel",
            (None, AreaLevel::Wijk) => "wijk",
            (None, AreaLevel::Buurt) => "buurt",
        };
        format!("{level} {}", self.code)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaLevel {
    District,
    Wijk,
    Buurt,
}

/// A question about consent as it is asked at the door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentText {
    pub version: String,
    /// ISO 639-1: `nl`, `en`, `tr`, `ar`.
    pub language: String,
    pub purpose: Purpose,
    pub question: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub id: RoundId,
    pub name: String,
    pub kind: RoundKind,
    /// ISO date, `2026-01-24`.
    pub starts_on: String,
    pub ends_on: String,
    /// A closed round takes no new conversations.
    #[serde(default)]
    pub closed: bool,
}

/// How a round lies towards a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoundTime {
    Running,
    /// Its first day is still to come.
    Ahead,
    /// Its last day has gone by.
    Over,
}

impl Round {
    /// On this day, an ISO date such as `2026-01-24`.
    pub fn time_on(&self, day: &str) -> RoundTime {
        // ISO dates sort as they follow each other.
        if day < self.starts_on.as_str() {
            RoundTime::Ahead
        } else if day > self.ends_on.as_str() {
            RoundTime::Over
        } else {
            RoundTime::Running
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundKind {
    /// *Buurtronde* with the coffee cart.
    NeighbourhoodRound,
    /// *Open huis*.
    OpenHouse,
    /// *Overlegronde*.
    Consultation,
    /// *Conceptreactie*: a written reaction to the concept.
    ConceptReaction,
}

impl RoundKind {
    pub const ALL: [RoundKind; 4] = [
        Self::NeighbourhoodRound,
        Self::OpenHouse,
        Self::Consultation,
        Self::ConceptReaction,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeighbourhoodRound => "neighbourhood_round",
            Self::OpenHouse => "open_house",
            Self::Consultation => "consultation",
            Self::ConceptReaction => "concept_reaction",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_runs_from_its_first_day_to_its_last() {
        let round = Round {
            id: RoundId::new(Millis(0), [0; 10]),
            name: "Buurtronde".to_owned(),
            kind: RoundKind::NeighbourhoodRound,
            starts_on: "2026-01-24".to_owned(),
            ends_on: "2026-01-31".to_owned(),
            closed: false,
        };
        let times = [
            ("2025-12-31", RoundTime::Ahead),
            ("2026-01-23", RoundTime::Ahead),
            ("2026-01-24", RoundTime::Running),
            ("2026-01-31", RoundTime::Running),
            ("2026-02-01", RoundTime::Over),
            ("2026-12-01", RoundTime::Over),
        ];
        for (day, time) in times {
            assert_eq!(round.time_on(day), time, "{day}");
        }
    }

    #[test]
    fn nothing_is_asked_that_cannot_be_honoured_unless_a_programme_says_so() {
        let asks = |json: &str| serde_json::from_str::<Programme>(json).unwrap().asks;
        let silent = asks(r#"{"name":"","cycle":""}"#);
        assert_eq!(silent, [Purpose::Analysis, Purpose::AnonymousPublication]);
        let said = asks(r#"{"name":"","cycle":"","asks":["named_publication"]}"#);
        assert_eq!(said, [Purpose::NamedPublication]);
    }
}
