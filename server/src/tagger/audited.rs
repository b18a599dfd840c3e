//! Which quotes are drawn for the audit, and what it tells of the tagger: how sure it may be called, and
//! which of its answers may stand without a person.
//!
//! Chance decides by the quote's id alone, which nobody chooses: a fifth of all quotes. They are judged in
//! the order of that same chance, without the tagger's answer in sight, and never because the tagger was
//! unsure of them. So shares among them hold for all quotes. What the tagger is held to is its answer of
//! just before, when it could not yet have learnt from the decision.

use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::wire::Fingerprint;
use koffiekar_tagging::acceptance::Acceptance;
use koffiekar_tagging::calibration::Calibration;
use koffiekar_tagging::{Audited, Suggestion};

use crate::store::answers::Judged;

/// One in so many quotes is drawn.
pub(crate) const ONE_IN: u16 = 5;
/// The newest audited quotes that count. A tagger of long ago says little about today's.
pub(crate) const NEWEST: u32 = 3_000;

const DOMAIN: &[u8] = b"koffiekar audit v1\0";

/// Chance, the same for a quote at all times and on all servers.
pub(crate) fn draw(quote: QuoteId) -> u16 {
    let hash = Fingerprint::of(&[DOMAIN, quote.as_bytes()].concat());
    u16::from_be_bytes([hash.0[0], hash.0[1]])
}

pub(crate) fn is_drawn(draw: u16) -> bool {
    draw < u16::MAX / ONE_IN
}

/// What the audit allows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proven {
    calibration: Calibration,
    acceptance: Acceptance,
}

impl Proven {
    /// `precision`: the share of right answers among those that stand by themselves, from 0 to 1; none
    /// stand where it is not given.
    pub(crate) fn from(judged: &[Judged], precision: Option<f64>) -> Self {
        let audited = audited(judged);
        let acceptance = precision.map(|precision| Acceptance::from_audit(&audited, precision));
        Self {
            calibration: Calibration::from_audit(&audited),
            acceptance: acceptance.unwrap_or_default(),
        }
    }

    /// How likely an answer is right that the tagger gave with this probability.
    pub(crate) fn probability(&self, language: &str, said: f32) -> f32 {
        self.calibration.probability(language, said)
    }

    pub(crate) fn accepts(&self, language: &str, first: &Suggestion) -> bool {
        self.acceptance.accepts(language, first)
    }

    pub(crate) fn threshold(&self, language: &str, line: &LineKey) -> Option<f32> {
        let line = (!line.is_none()).then(|| line.as_str());
        self.acceptance.threshold(language, line)
    }
}

/// What people decided about, as the tagging crate takes it.
pub(crate) fn audited(judged: &[Judged]) -> Vec<Audited> {
    let decided = judged
        .iter()
        .filter_map(|one| Some((one, one.decided.as_ref()?)));
    decided
        .map(|(one, lines)| {
            let answer = &one.answer;
            let none = answer.line.is_none();
            Audited {
                language: one.language.clone(),
                line: (!none).then(|| answer.line.to_string()),
                probability: answer.probability,
                right: match none {
                    true => lines.is_empty(),
                    false => lines.contains(&answer.line),
                },
            }
        })
        .collect()
}
