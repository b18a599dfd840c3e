//! Decisions: shown at once, sent, and taken back when they fail or when the editor says so.

use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::{
    LineStanding, LineTag, QuoteDetail, QuoteRow, TagDecision, TagState,
};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::list::{Entry, List};
use crate::{
    api,
    office::names::names,
    parts::{Tone, announce},
    route::{self, Route},
    words::{fill, words},
};

/// A decision that can be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Done {
    quote: QuoteId,
    confirm: Vec<LineKey>,
    reject: Vec<LineKey>,
    /// The lines that stood confirmed before.
    stood: Vec<LineKey>,
    /// The lines that stood rejected before.
    #[serde(default)]
    stood_rejected: Vec<LineKey>,
}

impl Done {
    fn lines(&self) -> Vec<LineKey> {
        [self.confirm.clone(), self.reject.clone()].concat()
    }

    /// What has to be said so that everything stands as before, where the decision itself was retracted.
    fn restored(&self, row: &QuoteRow) -> TagDecision {
        let missing = |lines: &[LineKey], standing| {
            let stand = lines_that_stand(row, standing);
            let missing = lines.iter().filter(|line| !stand.contains(line));
            missing.cloned().collect()
        };
        TagDecision {
            confirm: missing(&self.stood, LineStanding::Confirmed),
            reject: missing(&self.stood_rejected, LineStanding::Rejected),
            ..TagDecision::default()
        }
    }

    /// Whether it still stands as it was decided.
    fn stands(&self, row: &QuoteRow) -> bool {
        let confirmed = lines_that_stand(row, LineStanding::Confirmed);
        let rejects = |line: &LineKey| {
            let mut tags = row.tags.iter();
            tags.any(|tag| tag.line == *line && tag.standing != LineStanding::Confirmed)
        };
        self.confirm.iter().all(|line| confirmed.contains(line)) && self.reject.iter().all(rejects)
    }
}

/// What is sent, and what becomes of it where it fails.
enum Act {
    /// Then it was not decided.
    Decide(Done),
    /// Then it can be taken back still.
    TakeBack(Done),
    /// The rest of taking back.
    Restore,
}

impl List {
    /// The quote concerns this line, or none.
    pub(crate) fn confirm(self, id: QuoteId, line: LineKey) {
        let words = &words().desk;
        let said = if line.is_none() {
            words.decided_none.to_owned()
        } else {
            fill(words.decided_line, &[&names().line(&line)])
        };
        self.decide(
            id,
            TagDecision {
                confirm: vec![line],
                ..TagDecision::default()
            },
            said,
        );
    }

    pub(crate) fn reject(self, id: QuoteId, line: LineKey) {
        let said = fill(words().desk.rejected, &[&names().line(&line)]);
        self.decide(
            id,
            TagDecision {
                reject: vec![line],
                ..TagDecision::default()
            },
            said,
        );
    }

    fn decide(self, id: QuoteId, mut decision: TagDecision, said: String) {
        let Some(entry) = self.entry(id) else { return };
        decision.drawn = entry.is_unseen();
        let before = entry.row.get_untracked();
        let done = Done {
            quote: id,
            confirm: decision.confirm.clone(),
            reject: decision.reject.clone(),
            stood: lines_that_stand(&before, LineStanding::Confirmed),
            stood_rejected: lines_that_stand(&before, LineStanding::Rejected),
        };
        // Said once already: a second time would only be one more to take back.
        let last = |list: &Vec<Done>| list.iter().rfind(|one| one.quote == id).cloned();
        let is_said = self.done.with_untracked(last).is_some_and(|last| {
            last.stands(&before) && (&last.confirm, &last.reject) == (&done.confirm, &done.reject)
        });
        if is_said {
            return announce(Tone::Plain, words().desk.said_already);
        }
        self.done.update(|list| list.push(done.clone()));
        entry.row.set(expected(&before, &decision));
        announce(Tone::Good, said);
        if self.is_listed() {
            self.advance(1);
        }
        self.send(entry, decision, before, Act::Decide(done));
    }

    /// Is the list on the screen, and not one quote by itself?
    pub(super) fn is_listed(self) -> bool {
        untrack(route::current) == Route::Desk
    }

    /// Takes the last decision back.
    pub(crate) fn undo(self) {
        let words = &words().desk;
        let Some(last) = self.done.try_update(Vec::pop).flatten() else {
            return announce(Tone::Plain, words.nothing_to_undo);
        };
        if let Some(entry) = self.entry(last.quote) {
            if self.is_listed() {
                self.activate(last.quote);
            }
            announce(Tone::Good, words.undone);
            return self.take_back(entry, last);
        }
        // Decided in another list, or before the page was loaded: how does it stand now?
        spawn_local(async move {
            let path = format!("/api/v1/quotes/{}", last.quote);
            match api::get::<QuoteDetail>(&path).await {
                Ok(detail) if last.stands(&detail.quote) => {
                    let lines: Vec<String> = last.lines().iter().map(|l| names().line(l)).collect();
                    announce(
                        Tone::Good,
                        fill(words.undone_elsewhere, &[&lines.join(", ")]),
                    );
                    self.take_back(Entry::of(detail.quote), last);
                }
                Ok(_) => announce(Tone::Bad, words.decided_since),
                Err(failure) if failure.status() == Some(404) => {
                    announce(Tone::Bad, words.quote_gone)
                }
                Err(failure) => {
                    self.done.update(|done| done.push(last));
                    announce(Tone::Bad, failure.to_string());
                }
            }
        });
    }

    fn take_back(self, entry: Entry, last: Done) {
        let now = entry.row.get_untracked();
        let lines = last.lines();
        let mut shown = now.clone();
        shown.tags.retain(|tag| !lines.contains(&tag.line));
        let decision = TagDecision {
            retract: lines,
            ..TagDecision::default()
        };
        // What the decision had put an end to stands again.
        entry.row.set(expected(&shown, &last.restored(&shown)));
        self.send(entry, decision, now, Act::TakeBack(last));
    }

    fn send(self, entry: Entry, decision: TagDecision, before: QuoteRow, act: Act) {
        let turn = entry.next_turn();
        entry.trouble.set(None);
        spawn_local(async move {
            let path = format!("/api/v1/quotes/{}/tags", entry.id);
            match api::send::<QuoteRow>("POST", &path, &decision).await {
                Ok(mut row) => {
                    // The words of others stand again by themselves; one's own of before are said again.
                    if let Act::TakeBack(last) = &act {
                        let restored = last.restored(&row);
                        if restored != TagDecision::default() {
                            return self.send(entry, restored, row, Act::Restore);
                        }
                    }
                    if entry.is_unseen() {
                        let again = !decision.retract.is_empty();
                        hide(&mut row, again);
                    }
                    if entry.is_last(turn) {
                        entry.row.set(row);
                    }
                    self.judged.update(|judged| *judged += 1);
                }
                Err(failure) => {
                    // Another decision may have been made since; its answer tells how the quote stands.
                    if entry.is_last(turn) {
                        entry.row.set(before);
                    }
                    self.done.update(|done| match act {
                        Act::TakeBack(taken_back) => done.push(taken_back),
                        Act::Decide(failed) => {
                            let failed = done.iter().rposition(|one| *one == failed);
                            failed.map(|failed| done.remove(failed));
                        }
                        Act::Restore => {}
                    });
                    let text = format!("{} {failure}", words().desk.failed);
                    // The focus stays: the editor may be judging the next one already.
                    entry.trouble.set(Some(text.clone()));
                    announce(Tone::Bad, text);
                }
            }
            self.load_numbers_soon();
        });
    }
}

/// The tagger's word on a quote that is judged unseen stays out of sight: who takes a decision back judges again.
/// Then, so does everybody else's.
fn hide(row: &mut QuoteRow, again: bool) {
    row.suggestions.clear();
    if again {
        row.tags.clear();
        row.tag_state = TagState::Untagged;
    }
}

fn lines_that_stand(row: &QuoteRow, standing: LineStanding) -> Vec<LineKey> {
    let tags = row.tags.iter().filter(|tag| tag.standing == standing);
    tags.map(|tag| tag.line.clone()).collect()
}

/// What the row will look like, as far as can be known before the server answers.
fn expected(row: &QuoteRow, decision: &TagDecision) -> QuoteRow {
    let mut row = row.clone();
    let confirmed = decision
        .confirm
        .iter()
        .map(|line| (line, LineStanding::Confirmed));
    let rejected = decision
        .reject
        .iter()
        .map(|line| (line, LineStanding::Rejected));
    for (line, standing) in confirmed.chain(rejected) {
        match row.tags.iter_mut().find(|tag| tag.line == *line) {
            Some(tag) => tag.standing = standing,
            None => row.tags.push(LineTag {
                line: line.clone(),
                standing,
                became: Vec::new(),
            }),
        }
    }
    // A person's word goes over the tagger's.
    row.tags
        .retain(|tag| tag.standing != LineStanding::Accepted);
    // Either lines or none; where somebody else says the other, the server's answer brings it back.
    if let Some(named) = decision.confirm.first() {
        row.tags.retain(|tag| {
            tag.standing != LineStanding::Confirmed || tag.line.is_none() == named.is_none()
        });
    }
    let any = |standing| row.tags.iter().any(|tag| tag.standing == standing);
    row.tag_state = if any(LineStanding::Contested) {
        TagState::Contested
    } else if any(LineStanding::Confirmed) {
        TagState::Confirmed
    } else if any(LineStanding::Proposed) {
        TagState::Proposed
    } else {
        TagState::Untagged
    };
    row
}
