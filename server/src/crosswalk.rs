//! What became of action lines, and what people's tags come to by it.
//!
//! A tag says what a person said of a line on a day. Lines are retired, split and merged after that, and
//! nobody says it again: the crosswalk is followed when tags are read. Nothing is written beside a quote
//! for it, so an act on a line costs the same with ten quotes as with a million, and taking it back leaves
//! no trace in the tags.
//!
//! Whatever concerned a line concerns the one that it was merged into; what did *not* concern it may well
//! concern the wider one. Of a line that was split a person has to say which part.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::catalogue::{ActionLine, Ended, Ending};
use koffiekar_sync_core::ids::{LineKey, Millis};
use koffiekar_sync_core::office::{LineStanding, TagState};

/// The lines that ended, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Crosswalk {
    ended: BTreeMap<LineKey, Ended>,
}

/// What people's statements about a quote and a line come to, and since when, by the server's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Stand {
    pub line: LineKey,
    pub standing: LineStanding,
    pub since: Millis,
}

/// What the tags of one quote come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The lines that it counts for, in the order of their keys.
    pub lines: Vec<(LineKey, LineStanding)>,
    pub state: TagState,
    /// Where a person has to decide again: the lines to choose from, as far as there are any.
    pub among: BTreeSet<LineKey>,
}

impl FromIterator<(LineKey, Ended)> for Crosswalk {
    fn from_iter<I: IntoIterator<Item = (LineKey, Ended)>>(ended: I) -> Self {
        Self {
            ended: ended.into_iter().collect(),
        }
    }
}

impl Crosswalk {
    pub fn of(lines: &[ActionLine]) -> Self {
        let ended = lines.iter();
        ended
            .filter_map(|line| Some((line.key.clone(), line.ended.clone()?)))
            .collect()
    }

    pub fn is_empty(&self) -> bool {
        self.ended.is_empty()
    }

    pub fn ended(&self, line: &LineKey) -> Option<&Ended> {
        self.ended.get(line)
    }

    /// What a tag of this line counts for now, or is to be chosen from.
    pub fn became(&self, line: &LineKey) -> Vec<LineKey> {
        let (end, _) = self.end(line);
        match self.is_split(end) {
            true => self.parts(end).last.into_iter().cloned().collect(),
            false if end == line => Vec::new(),
            false => vec![end.clone()],
        }
    }

    /// What these tags of one quote come to.
    pub fn judge(&self, said: &[Stand]) -> Judged {
        let mut told: BTreeMap<&LineKey, Told> = BTreeMap::new();
        let mut among = BTreeSet::new();
        let mut asked = false;
        for stand in said {
            let (end, merged) = self.end(&stand.line);
            if let Some(question) = self.question(stand, end)
                && !self.answers(&question, stand, said)
            {
                asked = true;
                among.extend(question.parts.last.into_iter().cloned());
            }
            if !self.is_split(end) {
                told.entry(end).or_default().add(stand, merged);
            }
        }
        let lines: Vec<(LineKey, LineStanding)> = told
            .into_iter()
            .filter_map(|(line, told)| Some((line.clone(), told.standing()?)))
            .collect();
        let any = |standing: LineStanding| lines.iter().any(|(_, s)| *s == standing);
        let state = if any(LineStanding::Contested) {
            TagState::Contested
        } else if any(LineStanding::Confirmed) && !asked {
            TagState::Confirmed
        } else if any(LineStanding::Proposed) {
            TagState::Proposed
        } else {
            TagState::Untagged
        };
        Judged {
            lines,
            state,
            among,
        }
    }

    /// The lines that suggestions for a quote with these tags begin with.
    pub fn among(&self, lines: &[(LineKey, LineStanding)]) -> BTreeSet<LineKey> {
        if self.is_empty() {
            return BTreeSet::new();
        }
        let said: Vec<Stand> = lines
            .iter()
            .map(|(line, standing)| Stand {
                line: line.clone(),
                standing: *standing,
                since: Millis(i64::MIN),
            })
            .collect();
        self.judge(&said).among
    }

    fn is_split(&self, line: &LineKey) -> bool {
        self.ended
            .get(line)
            .is_some_and(|ended| ended.how == Ending::Split)
    }

    /// The line at the end of all merging, and when it took in the last of them.
    fn end<'a>(&'a self, line: &'a LineKey) -> (&'a LineKey, Option<Millis>) {
        let (mut end, mut merged) = (line, None);
        // No act makes a circle; a damaged database must not either.
        for _ in 0..self.ended.len() {
            match self.ended.get(end) {
                Some(ended) if ended.how == Ending::Merged && !ended.into.is_empty() => {
                    (end, merged) = (&ended.into[0], Some(ended.at));
                }
                _ => break,
            }
        }
        (end, merged)
    }

    /// All that came of a line, and those of it that go on.
    fn parts<'a>(&'a self, line: &'a LineKey) -> Parts<'a> {
        let mut parts = Parts::default();
        let mut open = vec![line];
        while let Some(line) = open.pop() {
            let into = self.ended.get(line).map(|ended| &ended.into);
            match into.filter(|into| !into.is_empty()) {
                Some(into) => open.extend(into.iter().filter(|part| parts.all.insert(*part))),
                None => {
                    parts.last.insert(line);
                }
            }
        }
        parts
    }

    /// A tag of a line that was split, or one that came when its line had ended, asks a person again.
    fn question<'a>(&'a self, stand: &'a Stand, end: &'a LineKey) -> Option<Question<'a>> {
        if stand.standing == LineStanding::Rejected {
            return None;
        }
        let ended = self.ended.get(&stand.line)?;
        if stand.since >= ended.at {
            let mut parts = self.parts(&stand.line);
            parts.last.remove(&stand.line);
            return Some(Question {
                asked_at: ended.at,
                parts,
            });
        }
        self.is_split(end).then(|| Question {
            asked_at: self.ended[end].at,
            parts: self.parts(end),
        })
    }

    /// An editor named one of the parts, or another line or none after it was asked; or denied all parts, or
    /// the line itself, after that.
    fn answers(&self, question: &Question<'_>, asking: &Stand, said: &[Stand]) -> bool {
        let Question { asked_at, parts } = question;
        let names = |stand: &Stand| {
            let (end, _) = self.end(&stand.line);
            let is_part = parts.all.contains(&stand.line) || parts.all.contains(end);
            let is_new = stand.since >= *asked_at && !self.ended.contains_key(&stand.line);
            stand.line != asking.line && (is_part || is_new)
        };
        let spoke = |stand: &&Stand| {
            matches!(
                stand.standing,
                LineStanding::Confirmed | LineStanding::Contested
            )
        };
        let denied = |part: &&LineKey| {
            let mut said = said.iter();
            said.any(|stand| stand.line == **part && stand.standing == LineStanding::Rejected)
        };
        let denied_itself = asking.standing == LineStanding::Contested && asking.since >= *asked_at;
        denied_itself
            || said.iter().filter(spoke).any(names)
            || !parts.last.is_empty() && parts.last.iter().all(denied)
    }
}

/// What came of a line.
#[derive(Debug, Default)]
struct Parts<'a> {
    all: BTreeSet<&'a LineKey>,
    last: BTreeSet<&'a LineKey>,
}

struct Question<'a> {
    asked_at: Millis,
    parts: Parts<'a>,
}

/// What was said of a line, and of those that were merged into it.
#[derive(Debug, Default)]
struct Told {
    proposed: bool,
    confirmed: bool,
    denied: bool,
    /// Nobody confirms beside it; and since when.
    rejected: Option<Millis>,
    /// When what was said of another line began to count here.
    merged: Option<Millis>,
}

impl Told {
    fn add(&mut self, stand: &Stand, merged: Option<Millis>) {
        match stand.standing {
            // Nobody said it.
            LineStanding::Accepted => return,
            LineStanding::Rejected if merged.is_some() => return,
            LineStanding::Rejected => self.rejected = Some(stand.since),
            LineStanding::Proposed => self.proposed = true,
            LineStanding::Confirmed => self.confirmed = true,
            LineStanding::Contested => (self.confirmed, self.denied) = (true, true),
        }
        self.merged = self.merged.max(merged);
    }

    fn standing(&self) -> Option<LineStanding> {
        // Who said no before knew a narrower line.
        let rejected = self
            .rejected
            .is_some_and(|since| self.merged.is_none_or(|merged| since >= merged));
        match (self.confirmed, self.denied || rejected) {
            (true, true) => Some(LineStanding::Contested),
            (true, false) => Some(LineStanding::Confirmed),
            (false, true) => Some(LineStanding::Rejected),
            (false, false) if self.proposed => Some(LineStanding::Proposed),
            (false, false) => None,
        }
    }
}
