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

use crate::ids::{Millis, StatementId, UserId};

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

/// One answer of one resident to one question. In the document it is a JSON text of these fields;
/// CBOR where a tablet keeps what it has not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
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
        let withdrawals: Vec<StatementId> = self
            .about(purpose)
            .filter(|(_, statement)| statement.decision == Decision::Withdrawn)
            .map(|(id, _)| *id)
            .collect();
        self.about(purpose)
            .filter(|(_, statement)| statement.decision == Decision::Given)
            .any(|(id, _)| {
                let known = self.known_to(*id);
                withdrawals
                    .iter()
                    .all(|withdrawal| known.contains(withdrawal))
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

    /// Everything that whoever made this statement had in view, through all that it replaced.
    fn known_to(&self, grant: StatementId) -> BTreeSet<StatementId> {
        let mut known = BTreeSet::new();
        let mut open = vec![grant];
        while let Some(id) = open.pop() {
            let Some(statement) = self.statements.get(&id) else {
                continue;
            };
            for older in &statement.supersedes {
                if *older != grant && known.insert(*older) {
                    open.push(*older);
                }
            }
        }
        known
    }
}
