//! What a resident allows, and the rule that merging can only narrow it.
//!
//! Consent is a set of statements, never a switch. A statement says: for this purpose, given or
//! withdrawn, in answer to this text, in this language, at this time. A grant names the statements
//! that stood on the screen when it was asked, and ends those alone.
//!
//! A purpose is allowed when **one** grant stands that knew, directly or through the statements it
//! replaced, **every** withdrawal of that purpose. So a withdrawal beats every grant made without
//! knowledge of it, two people's grants that each knew half of the withdrawals do not add up, and
//! whatever a merge allows, one of its sides allowed already.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::codes::{UNDETERMINED, is_code, is_language};
use crate::ids::{Millis, StatementId, UserId};
use crate::limits;

/// What a resident's words may be used for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Purpose {
    /// Counting and learning what is going on.
    #[n(0)]
    Analysis,
    /// Printed without a name.
    #[n(1)]
    AnonymousPublication,
    /// Printed with the name.
    #[n(2)]
    NamedPublication,
    /// Being called or written to about it.
    #[n(3)]
    FollowUpContact,
}

impl Purpose {
    pub const ALL: [Purpose; 4] = [
        Self::Analysis,
        Self::AnonymousPublication,
        Self::NamedPublication,
        Self::FollowUpContact,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::AnonymousPublication => "anonymous_publication",
            Self::NamedPublication => "named_publication",
            Self::FollowUpContact => "follow_up_contact",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Decision {
    #[n(0)]
    Given,
    /// Also the answer "no" at the door.
    #[n(1)]
    Withdrawn,
}

/// One answer of one resident to one question. In the document it is a JSON text of these fields and
/// no others; CBOR where a tablet keeps what it has not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Statement {
    #[n(0)]
    pub purpose: Purpose,
    #[n(1)]
    pub decision: Decision,
    /// Which wording of the question was shown, for instance `2026-1`.
    #[n(2)]
    pub text: String,
    /// The language it was shown in, ISO 639-1.
    #[n(3)]
    pub language: String,
    #[n(4)]
    pub at: Millis,
    /// Who asked.
    #[n(5)]
    pub by: UserId,
    /// The statements about this purpose that stood on the screen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[n(6)]
    pub supersedes: Vec<StatementId>,
    /// The tablet could not be sure of `at`.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cbor(n(7), default)]
    pub clock_doubtful: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Statement {
    /// Whether every field is within its bounds.
    pub fn is_bounded(&self) -> bool {
        is_code(&self.text)
            && is_language(&self.language)
            && self.at.is_recordable()
            && self.supersedes.len() <= limits::STATEMENTS
    }

    /// What a new statement must be: these fields and no others, each within its bounds.
    pub(crate) fn parse(json: &str) -> Option<Statement> {
        if json.len() > limits::STATEMENT_BYTES {
            return None;
        }
        let statement: Statement = serde_json::from_str(json).ok()?;
        statement.is_bounded().then_some(statement)
    }

    /// What stands in a document already. Some were taken in when less was demanded, and an answer
    /// that is not read would be an answer that does not count: a withdrawal that ends nothing.
    pub(crate) fn read(json: &str) -> Option<Statement> {
        let stored: StoredStatement = serde_json::from_str(json).ok()?;
        Some(Statement {
            purpose: stored.purpose,
            decision: stored.decision,
            text: stored.text,
            language: stored.language,
            at: stored.at,
            by: UserId(stored.by),
            supersedes: stored
                .supersedes
                .iter()
                .filter_map(|id| id.read())
                .collect(),
            clock_doubtful: stored.clock_doubtful,
        })
    }

    /// The same answer in its present form: fields of ours alone, and no code that is none.
    pub(crate) fn renewed(mut self) -> Statement {
        if !is_code(&self.text) {
            UNKNOWN_TEXT.clone_into(&mut self.text);
        }
        if !is_language(&self.language) {
            UNDETERMINED.clone_into(&mut self.language);
        }
        self.at = Millis(self.at.0.clamp(0, Millis::LATEST.0));
        self.supersedes.truncate(limits::STATEMENTS);
        self
    }

    /// As it stands in a document.
    pub(crate) fn to_json(&self) -> String {
        // A `Statement` is plain data with text keys: it always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// In the place of a version that is no code.
const UNKNOWN_TEXT: &str = "unknown";

/// A statement as it was taken in before unknown fields and other spellings of ids were refused.
#[derive(Deserialize)]
struct StoredStatement {
    purpose: Purpose,
    decision: Decision,
    text: String,
    language: String,
    at: Millis,
    by: Uuid,
    #[serde(default)]
    supersedes: Vec<StoredId>,
    #[serde(default)]
    clock_doubtful: bool,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct StoredId(String);

impl StoredId {
    fn read(&self) -> Option<StatementId> {
        self.0.to_ascii_lowercase().parse().ok()
    }
}

/// All statements of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    statements: BTreeMap<StatementId, Statement>,
}

impl Consent {
    pub fn new(statements: BTreeMap<StatementId, Statement>) -> Self {
        Self { statements }
    }

    pub fn statements(&self) -> &BTreeMap<StatementId, Statement> {
        &self.statements
    }

    /// Whether the resident's words may be used for this, as far as is known here. None means no.
    pub fn allows(&self, purpose: Purpose) -> bool {
        let mut grants = Vec::new();
        let mut withdrawals = Vec::new();
        for (place, statement) in self.statements.values().enumerate() {
            if statement.purpose == purpose {
                match statement.decision {
                    Decision::Given => grants.push(place),
                    Decision::Withdrawn => withdrawals.push(place),
                }
            }
        }
        if withdrawals.is_empty() || grants.is_empty() {
            return !grants.is_empty();
        }
        let named: Vec<Places> = self.statements.values().map(|s| self.named(s)).collect();
        grants.into_iter().any(|grant| {
            let known = known_to(grant, &named);
            withdrawals.iter().all(|place| known.has(*place))
        })
    }

    /// The purposes allowed now, in their fixed order.
    pub fn allowed(&self) -> Vec<Purpose> {
        Purpose::ALL
            .into_iter()
            .filter(|purpose| self.allows(*purpose))
            .collect()
    }

    /// Was the resident asked about this at all?
    pub fn asked(&self, purpose: Purpose) -> bool {
        self.about(purpose).next().is_some()
    }

    /// The statements that a screen shows, and that a new answer therefore replaces.
    pub fn standing(&self, purpose: Purpose) -> Vec<StatementId> {
        let replaced: BTreeSet<StatementId> = self
            .about(purpose)
            .flat_map(|(_, statement)| statement.supersedes.clone())
            .collect();
        self.about(purpose)
            .map(|(id, _)| *id)
            .filter(|id| !replaced.contains(id))
            .collect()
    }

    fn about(&self, purpose: Purpose) -> impl Iterator<Item = (&StatementId, &Statement)> {
        self.statements
            .iter()
            .filter(move |(_, statement)| statement.purpose == purpose)
    }

    /// What a statement replaces directly, of what is here.
    fn named(&self, statement: &Statement) -> Places {
        let mut named = Places::none(self.statements.len());
        let mut older: Vec<&StatementId> = statement.supersedes.iter().collect();
        older.sort_unstable();
        let mut older = older.into_iter().peekable();
        for (place, id) in self.statements.keys().enumerate() {
            while older.next_if(|older| *older < id).is_some() {}
            if older.peek() == Some(&id) {
                named.add(place);
            }
        }
        named
    }
}

/// Everything that whoever made this statement had in view, through all that it replaced.
fn known_to(grant: usize, named: &[Places]) -> Places {
    let mut known = Places::none(named.len());
    let mut open = vec![grant];
    while let Some(place) = open.pop() {
        known.add_all(&named[place], |new| open.push(new));
    }
    known
}

/// Some of the statements, by their place among all: one bit each. Four hundred statements may each
/// name all others, and somebody would make them so.
#[derive(Debug, Clone)]
struct Places(Vec<u64>);

impl Places {
    fn none(of: usize) -> Self {
        Self(vec![0; of.div_ceil(64)])
    }

    fn has(&self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    fn add(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    fn add_all(&mut self, others: &Places, mut new: impl FnMut(usize)) {
        for (word, (mine, theirs)) in self.0.iter_mut().zip(&others.0).enumerate() {
            let mut added = *theirs & !*mine;
            *mine |= added;
            while added != 0 {
                new(word * 64 + added.trailing_zeros() as usize);
                added &= added - 1;
            }
        }
    }
}
