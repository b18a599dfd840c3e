//! What will happen in a run, made from its seed before anything does.
//!
//! An event carries its own dice, so that leaving one out does not change what the others choose by
//! them. Each seed leaves some kinds of trouble out altogether: what hides behind one kind shows
//! where it is missing.

use std::fmt;

use super::host::{MOST_PEOPLE, MOST_ROUNDS};
use crate::seed::Numbers;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub people: usize,
    pub rounds: usize,
    /// Requests and answers are cut small, so that a sync takes several.
    pub small_parcels: bool,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its place in the whole plan, kept when others are left out.
    pub number: u32,
    pub what: What,
    /// For everything that is chosen while it happens.
    pub dice: u64,
}

/// One thing that happens; to whom or what, the dice say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    // On a tablet.
    Record,
    Edit,
    OpenNotes,
    Retry,
    // Between a tablet and the server, nothing going wrong.
    Sync,
    Exchange,
    // The same, piece by piece.
    Ask,
    Arrive,
    Lose,
    Double,
    CutRequest,
    CutAnswer,
    Forge,
    // Tablets.
    Crash,
    CopyDisk,
    PutBackDisk,
    Clone,
    Freeze,
    Thaw,
    SecondTab,
    MoveClock,
    // The office.
    Tag,
    Settle,
    Learn,
    Join,
    Leave,
    Close,
    Reopen,
    Revoke,
    Disable,
    Enable,
    SignInAgain,
    Accept,
    TurnDown,
    Move,
    Erase,
    EraseQuote,
    // The server.
    Restart,
    BackUp,
    PutBack,
    RenewKey,
    // Time passes.
    Wait,
}

/// How often each happens, and whether it is trouble that some seeds go without.
pub(super) const KINDS: [(What, u64, bool); 42] = [
    (What::Record, 14, false),
    (What::Edit, 26, false),
    (What::OpenNotes, 3, false),
    (What::Retry, 1, false),
    (What::Sync, 9, false),
    (What::Exchange, 7, false),
    (What::Ask, 8, true),
    (What::Arrive, 14, false),
    (What::Lose, 3, true),
    (What::Double, 3, true),
    (What::CutRequest, 2, true),
    (What::CutAnswer, 2, true),
    (What::Forge, 2, true),
    (What::Crash, 7, true),
    (What::CopyDisk, 3, true),
    (What::PutBackDisk, 2, true),
    (What::Clone, 1, true),
    (What::Freeze, 2, true),
    (What::Thaw, 2, true),
    (What::SecondTab, 2, true),
    (What::MoveClock, 3, true),
    (What::Tag, 6, false),
    (What::Settle, 2, false),
    (What::Learn, 1, true),
    (What::Join, 3, true),
    (What::Leave, 3, true),
    (What::Close, 1, true),
    (What::Reopen, 1, true),
    (What::Revoke, 1, true),
    (What::Disable, 1, true),
    (What::Enable, 1, true),
    (What::SignInAgain, 2, true),
    (What::Accept, 2, false),
    (What::TurnDown, 1, true),
    (What::Move, 2, true),
    (What::Erase, 1, true),
    (What::EraseQuote, 3, true),
    (What::Restart, 1, true),
    (What::BackUp, 2, true),
    (What::PutBack, 1, true),
    (What::RenewKey, 1, true),
    (What::Wait, 4, false),
];

/// Of a small run, and of a large one.
const EVENTS: [usize; 2] = [8, 90];

impl Plan {
    pub fn of(seed: u64) -> Plan {
        let mut numbers = Numbers(seed);
        // Far from each other, also for seeds that follow each other.
        numbers.0 = numbers.next() ^ seed.rotate_left(32);
        let people = 2 + numbers.below(MOST_PEOPLE - 1);
        let rounds = 2 + numbers.below(MOST_ROUNDS - 1);
        // Most runs are short: more of them fit into a minute, and a short story is told soon.
        let long = numbers.below(100).min(numbers.below(100));
        let count = EVENTS[0] + (EVENTS[1] - EVENTS[0]) * long / 99;
        let mut weights = Vec::new();
        for (what, weight, trouble) in KINDS {
            let left_out = trouble && numbers.below(5) < 2;
            let weight = if left_out { 0 } else { weight };
            weights.push((what, weight * (1 + numbers.below(3)) as u64));
        }
        let total: u64 = weights.iter().map(|(_, weight)| weight).sum();
        let events = (0..count)
            .map(|number| {
                let mut dice = numbers.next() % total;
                let chosen = weights.iter().find(|(_, weight)| {
                    let here = dice < *weight;
                    dice = dice.saturating_sub(*weight);
                    here
                });
                Event {
                    number: u32::try_from(number).unwrap(),
                    what: chosen.unwrap().0,
                    dice: numbers.next(),
                }
            })
            .collect();
        Plan {
            seed,
            people,
            rounds,
            small_parcels: numbers.below(2) == 0,
            events,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
