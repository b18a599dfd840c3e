//! Who wrote which reading of a quote, and who settled which one stands: read out of the changes that
//! wrote them, for nothing else holds it.

use std::collections::BTreeSet;

use automerge::{ActorId, ChangeHash, ObjId, ReadDoc};

use super::{Actor, Document, DocumentError, Parts};
use crate::ids::{DeviceNumber, Millis, QuoteId};

/// How far back a settlement is looked for, in changes of the wording.
const MOST_STEPS: usize = 100;

/// A reading, and the tablet on which somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenReading {
    pub verbatim: String,
    /// A tablet, or the server for an editor. One that nobody has where what went on of a conversation
    /// after an erasure was put together anew.
    pub device: Option<DeviceNumber>,
    /// By the clock of the device, in whole seconds.
    pub at: Millis,
}

/// There were several readings, and somebody said which one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledReading {
    pub chosen: WrittenReading,
    pub from: Vec<WrittenReading>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordingHistory {
    /// Those that stand, in the order of their texts; one where nobody disagrees.
    pub readings: Vec<WrittenReading>,
    /// The newest settlement, where one reading stands.
    pub settled: Option<SettledReading>,
}

/// A value of the wording and the change that wrote it.
struct Written {
    reading: WrittenReading,
    before: Vec<ChangeHash>,
}

impl Document {
    /// Empty where there is no such quote.
    pub fn wording_history(&self, quote: QuoteId) -> Result<WordingHistory, DocumentError> {
        let mut history = WordingHistory {
            readings: Vec::new(),
            settled: None,
        };
        let parts = Parts::of(&self.doc)?;
        let Ok(Some((_, object))) = self.doc.get(&parts.quotes, quote.key()) else {
            return Ok(history);
        };
        let mut written = self.written_at(&object, &self.doc.get_heads());
        history.readings = readings(&written);
        if history.readings.len() != 1 {
            return Ok(history);
        }
        for _ in 0..MOST_STEPS {
            // Several that say the same are one reading; each of them leads back.
            let Some(last) = written.pop() else { break };
            written = self.written_at(&object, &last.before);
            let from = readings(&written);
            if from.len() > 1 {
                let chosen = last.reading;
                history.settled = Some(SettledReading { chosen, from });
                break;
            }
        }
        Ok(history)
    }

    fn written_at(&self, quote: &ObjId, heads: &[ChangeHash]) -> Vec<Written> {
        let values = self.doc.get_all_at(quote, "verbatim", heads);
        let written = values
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(value, id)| {
                let ObjId::Id(counter, actor, _) = id else {
                    return None;
                };
                let (at, before) = self.change_of(&actor, counter)?;
                let reading = WrittenReading {
                    verbatim: value.as_str()?.to_owned(),
                    device: Actor::device_of(&actor),
                    at,
                };
                Some(Written { reading, before })
            });
        written.collect()
    }

    /// When the change with this operation was made, and what it was made on.
    fn change_of(&self, actor: &ActorId, counter: u64) -> Option<(Millis, Vec<ChangeHash>)> {
        let changes = self.doc.get_changes_meta(&[]);
        let change = changes.into_iter().find(|change| {
            *change.actor == *actor && (change.start_op..=change.max_op).contains(&counter)
        })?;
        let at = change.timestamp.checked_mul(Millis::SECOND)?;
        Some((Millis(at), change.deps))
    }
}

/// One for each text: the first who wrote it.
fn readings(written: &[Written]) -> Vec<WrittenReading> {
    let mut all: Vec<&WrittenReading> = written.iter().map(|written| &written.reading).collect();
    all.sort_by_key(|reading| (&reading.verbatim, reading.at, reading.device));
    let mut seen = BTreeSet::new();
    all.retain(|reading| seen.insert(&reading.verbatim));
    all.into_iter().cloned().collect()
}
