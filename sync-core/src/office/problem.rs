//! Why something was not done.

use serde::{Deserialize, Serialize};

use crate::ids::Millis;

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
