//! What was read of residents' words stands in the audit log: who asked for it, with which filters, and how
//! much there was. Never the words, and not those that were searched for either.
//!
//! A person who turns pages asks one question: it is written down once, and again where they still ask it
//! after a quarter of an hour. A table that is downloaded is written down each time. Each server remembers
//! for itself what it wrote.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use koffiekar_sync_core::ids::{Millis, UserId};
use koffiekar_sync_core::office::{QuoteFilter, WhatWasRead};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::projection::json;
use crate::store::audit::{self, DONE, Entry};
use crate::web::caller::Caller;

/// One question that goes on.
const ONE_LINE_FOR_MS: i64 = 15 * 60 * 1000;
/// Questions that are remembered. Where there are more, some are written down once more.
const MOST: usize = 10_000;
/// What is longer, or has other characters than keys and codes have, is told as `?`.
const LONGEST_VALUE: usize = 40;

/// A person, and the hash of what they asked.
type Question = (UserId, [u8; 32]);

/// When which question was written down. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings(Arc<Mutex<BTreeMap<Question, Millis>>>);

/// Something that is read.
#[derive(Debug)]
pub(crate) struct ReadingEntry<'a> {
    /// A verb and its object's kind.
    pub(crate) action: &'a str,
    /// Which one, or all.
    pub(crate) object: &'a str,
    pub(crate) filter: Option<&'a QuoteFilter>,
    pub(crate) rows: u64,
    /// Written down whether or not it was a moment ago.
    pub(crate) each_time: bool,
}

impl Koffiekar {
    /// Call before the answer leaves. Where the database takes nothing now, that stands in the server's log.
    pub(crate) async fn note_reading(
        &self,
        caller: &Caller,
        reading: ReadingEntry<'_>,
    ) -> Result<(), ApiError> {
        let now = self.clock.now();
        let question = (caller.user, question(&reading));
        if !self.readings.is_new(question, now) && !reading.each_time {
            return Ok(());
        }
        let written = async {
            let mut tx = self.store.write().await?;
            let entry = Entry {
                at: now,
                actor: Some(caller.user),
                origin: &caller.origin,
                action: reading.action,
                object: reading.object,
                result: DONE,
            };
            audit::write_reading(&mut tx, entry, &what(&reading)).await?;
            tx.commit().await
        };
        self.besides(written.await).map(drop)
    }
}

impl Readings {
    fn is_new(&self, question: Question, now: Millis) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: Millis| at <= now && now < at.plus(ONE_LINE_FOR_MS);
        if written.get(&question).copied().is_some_and(is_fresh) {
            return false;
        }
        if written.len() >= MOST {
            written.retain(|_, at| is_fresh(*at));
            if written.len() >= MOST {
                written.clear();
            }
        }
        written.insert(question, now);
        true
    }
}

fn question(reading: &ReadingEntry<'_>) -> [u8; 32] {
    let filter = reading.filter.map(|filter| QuoteFilter {
        limit: None,
        after: None,
        ..filter.clone()
    });
    let text = [reading.action, reading.object, &json(&filter)].join("\n");
    Sha256::digest(text).into()
}

fn what(reading: &ReadingEntry<'_>) -> WhatWasRead {
    let text = reading.filter.and_then(|filter| filter.text.as_deref());
    let words = text.map_or(0, |text| text.split_whitespace().count());
    let shown = reading.filter.map(|filter| QuoteFilter {
        text: None,
        limit: None,
        after: None,
        ..filter.clone()
    });
    let filter = match shown.map(serde_json::to_value) {
        Some(Ok(Value::Object(values))) => values
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, code(&value)))
            .collect(),
        _ => BTreeMap::new(),
    };
    WhatWasRead {
        filter,
        words: u32::try_from(words).unwrap_or(u32::MAX),
        rows: reading.rows,
    }
}

fn code(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    match text.len() <= LONGEST_VALUE && text.chars().all(is_code) {
        true => text,
        false => "?".to_owned(),
    }
}
