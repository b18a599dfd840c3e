//! Synthetic conversations for tests and benchmarks: the same seed gives the same words.

use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{NewConversation, NewQuote};
use koffiekar_sync_core::ids::{Millis, QuoteId, StatementId, UserId};

/// A small generator of numbers that look random and repeat (SplitMix64, Steele et al., 2014).
#[derive(Debug, Clone)]
pub struct Numbers(pub u64);

impl Numbers {
    #[expect(
        clippy::should_implement_trait,
        reason = "they never end: there is no `None` to unwrap"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for piece in bytes.chunks_mut(8) {
            let number = self.next().to_le_bytes();
            piece.copy_from_slice(&number[..piece.len()]);
        }
        bytes
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const BEGINNINGS: [&str; 8] = [
    "Bij ons in de straat",
    "Al jaren vraag ik of",
    "Wat ik mis is dat",
    "Mijn buurvrouw zegt ook dat",
    "Op het plein voor de deur",
    "Als ik 's avonds thuiskom",
    "Voor mijn kinderen wil ik dat",
    "Het zou helpen wanneer",
];
const MIDDLES: [&str; 10] = [
    "de verlichting wordt gerepareerd",
    "er iemand naar de schimmel kijkt",
    "jongeren een eigen plek krijgen",
    "de huur niet weer omhoog gaat",
    "er taalles in de buurt komt",
    "het afval vaker wordt opgehaald",
    "de speeltuin veilig is",
    "we eerder iets terug horen",
    "er werk is voor mijn zoon",
    "scooters niet meer over de stoep rijden",
];
const ENDINGS: [&str; 6] = [
    ", want zo gaat het niet langer.",
    ", dat is toch niet te veel gevraagd.",
    " en dan voel ik me weer thuis.",
    ", daar moet je als buurt om vragen.",
    ".",
    " voordat het winter wordt.",
];
pub const AREAS: [&str; 6] = ["FB03", "FB08", "FC02", "FE01", "FJ01", "FM06"];

/// A conversation of this many quotes. Consent for analysis and anonymous publication is given.
pub fn conversation(
    numbers: &mut Numbers,
    by: UserId,
    at: Millis,
    quotes: usize,
) -> NewConversation {
    let quotes = (0..quotes)
        .map(|_| NewQuote {
            id: QuoteId::new(at, numbers.bytes()),
            verbatim: format!(
                "{} {}{}",
                numbers.pick(&BEGINNINGS),
                numbers.pick(&MIDDLES),
                numbers.pick(&ENDINGS)
            ),
            language: None,
            lines: Vec::new(),
        })
        .collect();
    let given = [Purpose::Analysis, Purpose::AnonymousPublication];
    NewConversation {
        recorded_at: at,
        recorded_by: by,
        language: "nl".to_owned(),
        area: Some((*numbers.pick(&AREAS)).to_owned()),
        notes: format!("Synthetisch gesprek {}.", numbers.below(1_000_000)),
        quotes,
        consent: given
            .map(|purpose| statement(numbers, purpose, Decision::Given, by, at))
            .into(),
        clock_doubtful: false,
    }
}

/// An answer at the door, with nothing standing before it.
pub fn statement(
    numbers: &mut Numbers,
    purpose: Purpose,
    decision: Decision,
    by: UserId,
    at: Millis,
) -> (StatementId, Statement) {
    let statement = Statement {
        purpose,
        decision,
        text: "2026-1".to_owned(),
        language: "nl".to_owned(),
        at,
        by,
        supersedes: Vec::new(),
        clock_doubtful: false,
    };
    (StatementId(numbers.bytes()), statement)
}
