//! What a tablet may say about where its words are: one function from how things stand to the sign.
//!
//! The least reassuring truth comes first, and nothing else that is true is left out. The tick stands only
//! where a receipt covers every word on the tablet, nothing is unfinished, and the server answers.

use crate::ids::Millis;

/// How the tablet's disk took what was written last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Disk {
    #[default]
    Works,
    Full,
    Broken,
    /// It was emptied, and what is in memory is being written anew.
    Emptied,
}

/// How the server answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Line {
    /// It answers, or it is known that there is no connection.
    #[default]
    Known,
    /// A request is under way for long, or its time passed.
    Silent,
    /// Somebody else answers in its place: the wifi asks for a login, most likely.
    Stranger,
}

/// How things stand on an open tablet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    pub disk: Disk,
    /// Finished conversations that wait for the server.
    pub waiting: usize,
    /// Kept sealed by the server until an administrator decides.
    pub undecided: usize,
    pub refused: usize,
    /// Conversations and edits that were not finished: on this tablet alone.
    pub unfinished: usize,
    /// Records that do not open.
    pub unreadable: usize,
    /// Conversations that are not opened, for opening them ended the app.
    pub aside: usize,
    /// Something was typed that is not on the disk yet.
    pub typing: bool,
    /// Somebody must sign in on this tablet again.
    pub signed_out: bool,
    /// A request is under way.
    pub busy: bool,
    pub line: Line,
    /// When the server last answered.
    pub contact: Option<Millis>,
    /// It is not known whether the server still has what it once signed for.
    pub comparing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    NeedsYou,
    Waiting,
    Busy,
    /// All of it is on the server, and some of it waits there for an administrator.
    Undecided,
    /// All that is finished is on the server.
    Unfinished,
    /// All of it was on the server, which does not answer now.
    NoAnswer,
    Safe,
}

/// One thing that is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    DiskFull,
    DiskBroken,
    DiskEmptied,
    Refused(usize),
    Aside(usize),
    SignIn,
    Unreadable(usize),
    Waiting(usize),
    Sending(usize),
    Undecided(usize),
    Unfinished(usize),
    Typing,
    Busy,
    /// There was no contact with the server yet.
    Never,
    /// It was not checked yet whether the server has everything.
    Unchecked,
    Silent,
    Stranger,
    /// Everything was safe then.
    Safe(Millis),
    /// The rest of it was safe then.
    RestSafe(Millis),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    pub state: State,
    /// In the order of telling; never empty.
    pub says: Vec<Say>,
}

pub fn sign(facts: &Facts) -> Sign {
    let is_sending = facts.busy && facts.line == Line::Known;
    let waiting = match facts.waiting {
        0 => None,
        several if is_sending => Some((State::Busy, Say::Sending(several))),
        several => Some((State::Waiting, Say::Waiting(several))),
    };
    let undecided =
        (facts.undecided > 0).then_some((State::Undecided, Say::Undecided(facts.undecided)));
    let unfinished = match (facts.unfinished, facts.typing) {
        (0, false) => None,
        (0, true) => Some((State::Unfinished, Say::Typing)),
        (several, _) => Some((State::Unfinished, Say::Unfinished(several))),
    };
    let line = match facts.line {
        Line::Known => None,
        Line::Silent => Some((State::NoAnswer, Say::Silent)),
        Line::Stranger => Some((State::NoAnswer, Say::Stranger)),
    };
    let rest = [waiting, undecided, unfinished, line].into_iter().flatten();
    let mut all: Vec<(State, Say)> = needs(facts).chain(rest).collect();
    let is_safe_but =
        |kind: State| matches!(kind, State::Undecided | State::Unfinished | State::NoAnswer);
    let contact = facts.contact.filter(|_| !facts.comparing);
    match (contact, all.first()) {
        (Some(at), None) => all.push((State::Safe, Say::Safe(at))),
        (Some(at), Some((first, _))) if is_safe_but(*first) => {
            all.push((State::Safe, Say::RestSafe(at)));
        }
        (Some(_), Some(_)) => {}
        (None, None) if facts.busy => all.push((State::Busy, Say::Busy)),
        (None, _) if facts.comparing => all.push((State::Waiting, Say::Unchecked)),
        (None, _) => all.push((State::Waiting, Say::Never)),
    }
    Sign {
        state: all.first().map_or(State::Waiting, |(state, _)| *state),
        says: all.into_iter().map(|(_, say)| say).collect(),
    }
}

/// What somebody must do something about.
fn needs(facts: &Facts) -> impl Iterator<Item = (State, Say)> {
    let disk = match facts.disk {
        Disk::Works => None,
        Disk::Full => Some(Say::DiskFull),
        Disk::Broken => Some(Say::DiskBroken),
        Disk::Emptied => Some(Say::DiskEmptied),
    };
    let refused = (facts.refused > 0).then_some(Say::Refused(facts.refused));
    let signed_out = facts.signed_out.then_some(Say::SignIn);
    let aside = (facts.aside > 0).then_some(Say::Aside(facts.aside));
    let unreadable = (facts.unreadable > 0).then_some(Say::Unreadable(facts.unreadable));
    let all = [disk, refused, signed_out, aside, unreadable]
        .into_iter()
        .flatten();
    all.map(|say| (State::NeedsYou, say))
}
