//! Who says that a quote concerns which action line, and what it comes to.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use crate::ids::{InvalidId, LineKey, Millis, QuoteId, UserId};
use crate::office::{LineStanding, TagState};

/// One person about one quote and one line: the key of a statement, so that two coders both stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagKey {
    pub quote: QuoteId,
    pub line: LineKey,
    pub by: UserId,
}

/// What a person says of a quote and a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Stance {
    /// A field worker: it concerns this line.
    #[n(0)]
    Proposed,
    /// An editor: it does.
    #[n(1)]
    Confirmed,
    /// An editor: it does not.
    #[n(2)]
    Rejected,
    /// Taken back by who said it.
    #[n(3)]
    Retracted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagStatement {
    pub stance: Stance,
    pub at: Millis,
}

/// All tag statements of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    statements: BTreeMap<TagKey, TagStatement>,
}

impl Tags {
    pub fn insert(&mut self, key: TagKey, statement: TagStatement) {
        self.statements.insert(key, statement);
    }

    pub fn statements(&self) -> &BTreeMap<TagKey, TagStatement> {
        &self.statements
    }

    /// What stands about each line of this quote; lines whose statements were all taken back are left out.
    pub fn standing(&self, quote: QuoteId) -> Vec<(LineKey, LineStanding)> {
        let mut stances: BTreeMap<&LineKey, Vec<Stance>> = BTreeMap::new();
        for (key, statement) in &self.statements {
            if key.quote == quote {
                stances.entry(&key.line).or_default().push(statement.stance);
            }
        }
        let mut lines = Vec::new();
        for (line, stances) in stances {
            let says = |stance: Stance| stances.contains(&stance);
            let standing = match (says(Stance::Confirmed), says(Stance::Rejected)) {
                (true, true) => LineStanding::Contested,
                (true, false) => LineStanding::Confirmed,
                (false, true) => LineStanding::Rejected,
                (false, false) if says(Stance::Proposed) => LineStanding::Proposed,
                (false, false) => continue,
            };
            lines.push((line.clone(), standing));
        }
        lines
    }

    /// How the quote as a whole stands.
    pub fn state(&self, quote: QuoteId) -> TagState {
        let lines = self.standing(quote);
        let any = |standing: LineStanding| lines.iter().any(|(_, s)| *s == standing);
        if any(LineStanding::Contested) {
            TagState::Contested
        } else if any(LineStanding::Confirmed) {
            TagState::Confirmed
        } else if any(LineStanding::Proposed) {
            TagState::Proposed
        } else {
            TagState::Untagged
        }
    }
}

impl fmt::Display for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}",
            self.quote.0.simple(),
            self.line,
            self.by.0.simple()
        )
    }
}

impl FromStr for TagKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.split('/');
        let (Some(quote), Some(line), Some(by), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidId { kind: "tag" });
        };
        Ok(Self {
            quote: QuoteId::from_key(quote)?,
            line: line.parse()?,
            by: UserId::from_key(by)?,
        })
    }
}

impl Stance {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Retracted => "retracted",
        }
    }
}

impl FromStr for Stance {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        [
            Self::Proposed,
            Self::Confirmed,
            Self::Rejected,
            Self::Retracted,
        ]
        .into_iter()
        .find(|stance| stance.as_str() == text)
        .ok_or(InvalidId { kind: "stance" })
    }
}

impl fmt::Display for TagStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.stance.as_str(), self.at.0)
    }
}

impl FromStr for TagStatement {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            kind: "tag statement",
        };
        let (stance, at) = text.split_once(' ').ok_or(invalid.clone())?;
        let at = at.parse().map_err(|_| invalid)?;
        Ok(Self {
            stance: stance.parse()?,
            at: Millis(at),
        })
    }
}
