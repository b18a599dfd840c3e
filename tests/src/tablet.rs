//! A tablet as the server meets one: the app's own replica, behind real HTTP.

use std::time::{SystemTime, UNIX_EPOCH};

use koffiekar_server::demo;
use koffiekar_server::random;
use koffiekar_sync_core::conversation::{Command, Conversation, Document, Head, NewConversation};
use koffiekar_sync_core::ids::{ConversationId, Millis, RoundId};
use koffiekar_sync_core::office::{EnrolDevice, Enrolment, Problem};
use koffiekar_sync_core::replica::{
    Applied, Budget, Effect, Identity, Reaction, Replica, Standing,
};

use crate::office::http;

pub struct Tablet {
    pub url: String,
    pub replica: Replica,
    /// What the tablet's clock is off, in milliseconds.
    pub clock_error_ms: i64,
    pub budget: Budget,
}

/// Why a sync did not come to its end.
#[derive(Debug)]
pub enum SyncError {
    /// No answer: the connection failed or broke.
    NoAnswer(reqwest::Error),
    /// The server refused the request as a whole.
    Refused(Problem),
}

/// What a whole sync came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Synced {
    pub requests: usize,
    pub stored: usize,
    pub refused: usize,
}

impl Tablet {
    /// Enrols with a demo account.
    pub async fn enrol(url: &str, login: &str) -> Tablet {
        let seed = random::bytes();
        let enrolment = enrol(url, login, &seed).await.unwrap();
        let identity = Identity {
            device: enrolment.device,
            user: enrolment.user,
            seed,
            receipt_key: random::from_hex(&enrolment.receipt_key).unwrap(),
        };
        Tablet {
            url: url.to_owned(),
            replica: Replica::new(identity, random::bytes()),
            clock_error_ms: 0,
            budget: Budget::default(),
        }
    }

    /// The process ends and starts again: only what was kept is left, and the session is fresh.
    pub fn restart(&mut self) {
        *self = self.copy();
    }

    /// Another one with all that this one kept, as from a backup.
    pub fn copy(&self) -> Tablet {
        let state = self.replica.state();
        let held: Vec<(ConversationId, Vec<u8>)> = self
            .replica
            .conversations()
            .map(|(id, held)| (id, held.to_bytes()))
            .collect();
        let identity = self.replica.identity().clone();
        let vouchers: Vec<_> = self
            .replica
            .vouchers()
            .map(|(id, bytes)| (id, bytes.to_vec()))
            .collect();
        let (replica, unreadable) =
            Replica::restore(identity, random::bytes(), Some(&state), held, vouchers);
        assert!(unreadable.is_empty());
        Tablet {
            url: self.url.clone(),
            replica,
            clock_error_ms: self.clock_error_ms,
            budget: self.budget,
        }
    }

    /// The same person signs in again: another device, another key.
    pub async fn sign_in_again(&mut self, login: &str) {
        let seed = random::bytes();
        let enrolment = enrol(&self.url, login, &seed).await.unwrap();
        let identity = Identity {
            device: enrolment.device,
            user: enrolment.user,
            seed,
            receipt_key: random::from_hex(&enrolment.receipt_key).unwrap(),
        };
        self.replica.enrolled_again(identity).unwrap();
    }

    pub fn now(&self) -> Millis {
        now().plus(self.clock_error_ms)
    }

    pub fn record(&mut self, round: RoundId, new: &NewConversation) -> ConversationId {
        let id = ConversationId::new(self.now(), random::bytes());
        self.replica.record(id, round, new).unwrap();
        id
    }

    pub fn execute(&mut self, id: ConversationId, command: &Command) -> Vec<Effect> {
        let now = self.now();
        self.replica.execute(id, command, now).unwrap()
    }

    /// Of the document as it stands here.
    pub fn heads(&self, id: ConversationId) -> Vec<Head> {
        Document::heads_of(self.replica.held(id).unwrap().bytes()).unwrap()
    }

    pub fn read(&self, id: ConversationId) -> Conversation {
        self.replica.read(id).unwrap()
    }

    pub fn standing(&self, id: ConversationId) -> Standing {
        self.replica.held(id).unwrap().standing()
    }

    /// One request and its answer.
    pub async fn exchange(&mut self) -> Result<Applied, SyncError> {
        let now = self.now();
        let message = self.replica.next_request(self.budget, now);
        let answer = post(&self.url, message).await?;
        let now = self.now();
        Ok(self.replica.apply(&answer, now).unwrap())
    }

    /// Until there is nothing more to send or to fetch.
    pub async fn sync(&mut self) -> Result<Synced, SyncError> {
        let mut synced = Synced::default();
        loop {
            synced.requests += 1;
            match self.exchange().await {
                Ok(applied) => {
                    synced.stored += applied.stored;
                    synced.refused += applied.refused;
                    if !applied.again {
                        return Ok(synced);
                    }
                }
                Err(SyncError::Refused(problem)) => {
                    let now = self.now();
                    if self.replica.refused(&problem, now) != Reaction::Retry {
                        return Err(SyncError::Refused(problem));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// `POST /api/v1/devices`
pub async fn enrol(url: &str, login: &str, seed: &[u8; 32]) -> Result<Enrolment, Problem> {
    let body = EnrolDevice {
        login: login.to_owned(),
        password: demo::PASSWORD.to_owned(),
        public_key: Identity::public_key_of(seed),
        label: format!("Tablet of {login}"),
    };
    let response = http()
        .post(format!("{url}/api/v1/devices"))
        .json(&body)
        .send()
        .await
        .unwrap();
    if response.status().is_success() {
        Ok(response.json().await.unwrap())
    } else {
        Err(response.json().await.unwrap())
    }
}

/// Sends a message to the sync endpoint as it is.
pub async fn post(url: &str, message: Vec<u8>) -> Result<Vec<u8>, SyncError> {
    let response = http()
        .post(format!("{url}/api/v1/sync"))
        .header("content-type", "application/cbor")
        .body(message)
        .send()
        .await
        .map_err(SyncError::NoAnswer)?;
    if response.status().is_success() {
        Ok(response
            .bytes()
            .await
            .map_err(SyncError::NoAnswer)?
            .to_vec())
    } else {
        Err(SyncError::Refused(
            response.json().await.map_err(SyncError::NoAnswer)?,
        ))
    }
}

pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Millis(since.as_millis().try_into().unwrap())
}
