//! The demo's synthetic conversations, brought in as real ones are: by tablets that enrol, record,
//! and push through the API, signatures and receipts included. Only the radio waves are missing.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{Command, NewConversation, NewQuote};
use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, RoundId, StatementId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::office::{EnrolDevice, Enrolment};
use koffiekar_sync_core::replica::{Budget, Identity, Replica};
use serde::Deserialize;
use tower::ServiceExt;

use super::{PASSWORD, round, user};
use crate::Koffiekar;
use crate::calendar::Calendar;
use crate::random;
use crate::store::{StoreError, catalogue, devices, documents, rounds};
use crate::web::routes::sync::CONTENT_TYPE;

const CONVERSATIONS: &str = include_str!("../../demo/conversations.toml");
/// The version of the consent texts in the demo programme.
const CONSENT_TEXT: &str = "2026-1";

#[derive(Debug, thiserror::Error)]
pub enum ConversationsError {
    #[error("the demo conversations\n{0}")]
    Syntax(#[from] toml::de::Error),
    #[error("a demo tablet was refused: {0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    conversations: Vec<Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    round: String,
    worker: String,
    language: String,
    area: String,
    notes: String,
    day: i64,
    consent: Vec<Purpose>,
    quotes: Vec<QuoteTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuoteTable {
    text: String,
    line: LineKey,
    tagged: bool,
}

/// Brings them in where no conversation is stored yet. Returns how many were pushed.
pub async fn load(koffiekar: &Koffiekar) -> Result<usize, ConversationsError> {
    let mut tx = koffiekar.store.read().await?;
    let stored = documents::count(&mut tx).await?;
    let calendar = Calendar::of(&catalogue::installation(&mut tx).await?.programme);
    let starts: BTreeMap<RoundId, Millis> = rounds::list(&mut tx)
        .await?
        .into_iter()
        .filter_map(|round| Some((round.id, calendar.start_of_day(&round.starts_on)?)))
        .collect();
    drop(tx);
    if stored > 0 {
        return Ok(0);
    }
    let first = starts.values().min().copied();
    let first = first.unwrap_or(koffiekar.clock.now());
    let file: File = toml::from_str(CONVERSATIONS)?;
    let api = crate::router(koffiekar.clone());
    let mut tablets: BTreeMap<&str, Tablet> = BTreeMap::new();
    for (table, index) in file.conversations.iter().zip(0..) {
        if !tablets.contains_key(table.worker.as_str()) {
            let tablet = Tablet::enrol(koffiekar, &api, &table.worker).await?;
            tablet.was_there_since(first).await?;
            tablets.insert(&table.worker, tablet);
        }
        let Some(tablet) = tablets.get_mut(table.worker.as_str()) else {
            continue;
        };
        let round = round(&table.round);
        let start = starts.get(&round).copied().unwrap_or(koffiekar.clock.now());
        tablet.record(table, round, start, index)?;
    }
    let mut pushed = 0;
    for tablet in tablets.values_mut() {
        pushed += tablet.sync().await?;
    }
    disagree(&mut tablets).await?;
    Ok(pushed)
}

/// Two workers correct the same quote without knowing of each other, so that the desk shows what
/// becomes of that.
async fn disagree(tablets: &mut BTreeMap<&str, Tablet>) -> Result<(), ConversationsError> {
    let mut shared: Vec<ConversationId> = Vec::new();
    for tablet in tablets.values_mut() {
        tablet.sync().await?;
        let here: Vec<ConversationId> = tablet.replica.conversations().map(|(id, _)| id).collect();
        shared = if shared.is_empty() {
            here
        } else {
            let both: Vec<_> = here
                .iter()
                .filter(|id| shared.contains(id))
                .copied()
                .collect();
            if both.is_empty() { shared } else { both }
        };
    }
    let dutch = |tablet: &Tablet, id: &ConversationId| {
        tablet
            .replica
            .read(*id)
            .is_ok_and(|c| c.language == "nl" && c.consent.allows(Purpose::AnonymousPublication))
    };
    let holders = |id: &ConversationId| {
        tablets
            .values()
            .filter(|t| t.replica.held(*id).is_some() && dutch(t, id))
            .count()
    };
    let Some(id) = shared.iter().copied().find(|id| holders(id) >= 2) else {
        return Ok(());
    };
    let endings = [" Dat zeg ik al jaren.", " Dat zeg ik al twee jaar."];
    let mut here: Vec<&mut Tablet> = tablets
        .values_mut()
        .filter(|tablet| tablet.replica.held(id).is_some())
        .collect();
    for (tablet, ending) in here.iter_mut().zip(endings) {
        let now = tablet.koffiekar.clock.now();
        let Ok(conversation) = tablet.replica.read(id) else {
            continue;
        };
        let Some(quote) = conversation.quotes.first() else {
            continue;
        };
        let verbatim = format!("{}{ending}", quote.wording.first());
        let correct = Command::CorrectWording {
            quote: quote.id,
            verbatim,
        };
        tablet.replica.execute(id, &correct, now).map_err(refused)?;
    }
    for tablet in here {
        tablet.sync().await?;
    }
    Ok(())
}

struct Tablet {
    koffiekar: Koffiekar,
    api: Router,
    replica: Replica,
}

impl Tablet {
    async fn enrol(
        koffiekar: &Koffiekar,
        api: &Router,
        login: &str,
    ) -> Result<Tablet, ConversationsError> {
        let seed = koffiekar.random.bytes();
        let body = EnrolDevice {
            login: login.to_owned(),
            password: PASSWORD.to_owned(),
            public_key: Identity::public_key_of(&seed),
            label: format!("Demo-tablet van {login} (gesimuleerd)"),
        };
        let body = serde_json::to_vec(&body).map_err(refused)?;
        let answer = post(api, "/api/v1/devices", "application/json", body).await?;
        let enrolment: Enrolment = serde_json::from_slice(&answer).map_err(refused)?;
        let receipt_key = random::from_hex(&enrolment.receipt_key)
            .ok_or_else(|| ConversationsError::Refused("its receipt key is no key".to_owned()))?;
        let identity = Identity {
            device: enrolment.device,
            user: user(login),
            seed,
            receipt_key,
        };
        let replica = Replica::new(identity, koffiekar.random.bytes());
        Ok(Tablet {
            koffiekar: koffiekar.clone(),
            api: api.clone(),
            replica,
        })
    }

    /// What it brings was recorded in rounds that began before this program was started.
    async fn was_there_since(&self, at: Millis) -> Result<(), ConversationsError> {
        let mut tx = self.koffiekar.store.write().await?;
        devices::enrolled_before(&mut tx, self.replica.identity().device, at).await?;
        Ok(tx.commit().await?)
    }

    fn record(
        &mut self,
        table: &Table,
        round: RoundId,
        start: Millis,
        index: i64,
    ) -> Result<(), ConversationsError> {
        // Between ten and five, a few minutes apart.
        let minutes = 10 * 60 + (index * 7) % (7 * 60);
        let at = start.plus(table.day * Millis::DAY + minutes * 60 * Millis::SECOND + index);
        let statements = Purpose::ALL
            .into_iter()
            .map(|purpose| {
                let given = table.consent.contains(&purpose);
                let statement = Statement {
                    purpose,
                    decision: if given {
                        Decision::Given
                    } else {
                        Decision::Withdrawn
                    },
                    text: CONSENT_TEXT.to_owned(),
                    language: table.language.clone(),
                    at,
                    by: self.replica.identity().user,
                    supersedes: Vec::new(),
                    clock_doubtful: false,
                };
                (StatementId(self.koffiekar.random.bytes()), statement)
            })
            .collect();
        let new = NewConversation {
            recorded_at: at,
            recorded_by: self.replica.identity().user,
            language: table.language.clone(),
            area: Some(table.area.clone()),
            notes: table.notes.clone(),
            quotes: table
                .quotes
                .iter()
                .map(|quote| NewQuote {
                    id: QuoteId::new(at, self.koffiekar.random.bytes()),
                    verbatim: quote.text.clone(),
                    language: None,
                    lines: if quote.tagged {
                        vec![quote.line.clone()]
                    } else {
                        Vec::new()
                    },
                })
                .collect(),
            consent: statements,
            clock_doubtful: false,
        };
        let id = ConversationId::new(at, self.koffiekar.random.bytes());
        self.replica.record(id, round, &new).map_err(refused)?;
        Ok(())
    }

    /// Pushes and pulls until there is no more. Returns how many conversations were receipted.
    async fn sync(&mut self) -> Result<usize, ConversationsError> {
        let mut stored = 0;
        loop {
            let now = self.koffiekar.clock.now();
            let message = self.replica.next_request(Budget::default(), now);
            let answer = post(&self.api, "/api/v1/sync", CONTENT_TYPE, message).await?;
            let applied = self
                .replica
                .apply(&answer, self.koffiekar.clock.now())
                .map_err(refused)?;
            stored += applied.stored;
            if applied.refused > 0 {
                return Err(ConversationsError::Refused(format!(
                    "{} pushes",
                    applied.refused
                )));
            }
            if !applied.again {
                return Ok(stored);
            }
        }
    }
}

async fn post(
    api: &Router,
    path: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<Vec<u8>, ConversationsError> {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::HOST, "localhost")
        .body(Body::from(body))
        .map_err(refused)?;
    let response = api.clone().oneshot(request).await.map_err(refused)?;
    let status = response.status();
    let body = to_bytes(response.into_body(), limits::INFLATED_BYTES)
        .await
        .map_err(refused)?;
    if status == StatusCode::OK || status == StatusCode::CREATED {
        Ok(body.to_vec())
    } else {
        Err(ConversationsError::Refused(
            String::from_utf8_lossy(&body).into_owned(),
        ))
    }
}

fn refused(error: impl std::fmt::Display) -> ConversationsError {
    ConversationsError::Refused(error.to_string())
}
