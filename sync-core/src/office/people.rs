//! Accounts, their roles, and signing in.

use serde::{Deserialize, Serialize};

use crate::catalogue::Round;
use crate::ids::{Millis, RoundId, UserId};

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
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    pub login: String,
    pub password: String,
}

/// `PUT /api/v1/session/password`
#[derive(Clone, Serialize, Deserialize)]
pub struct OwnPassword {
    pub current: String,
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
