//! Decisions: shown at once, sent, and taken back when they fail or when the editor says so.

use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::{LineStanding, LineTag, QuoteRow, TagDecision, TagState};
use leptos::{prelude::*, task::spawn_local};

use super::list::{Entry, List};
use crate::{
    api,
    office::names::names,
    parts::{Tone, announce},
    route::{self, Route},
    words::{fill, words},
};

/// A decision that can be taken back.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    quote: QuoteId,
    lines: Vec<LineKey>,
    before: QuoteRow,
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
        let lines = [decision.confirm.clone(), decision.reject.clone()].concat();
        self.done.update(|done| {
            done.push(Done {
                quote: id,
                lines,
                before: before.clone(),
            })
        });
        entry.row.set(expected(&before, &decision));
        announce(Tone::Good, said);
        if self.is_listed() {
            self.advance(1);
        }
        self.send(entry, decision, before);
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
        // Decided in a list that is no longer shown: there is no card to go to.
        let entry = self
            .entry(last.quote)
            .unwrap_or_else(|| Entry::of(last.before.clone()));
        let now = entry.row.get_untracked();
        // What the decision had put an end to stands again.
        let mut confirm = confirmed(&last.before);
        let stands = confirmed(&now);
        confirm.retain(|line| !stands.contains(line) && !last.lines.contains(line));
        entry.row.set(last.before);
        if self.is_listed() {
            self.activate(last.quote);
        }
        announce(Tone::Good, words.undone);
        let decision = TagDecision {
            confirm,
            retract: last.lines,
            ..TagDecision::default()
        };
        self.send(entry, decision, now);
    }

    fn send(self, entry: Entry, decision: TagDecision, before: QuoteRow) {
        let turn = entry.next_turn();
        entry.trouble.set(None);
        spawn_local(async move {
            let path = format!("/api/v1/quotes/{}/tags", entry.id);
            match api::send::<QuoteRow>("POST", &path, &decision).await {
                Ok(mut row) => {
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
                    entry.row.set(before);
                    self.done.update(|done| {
                        let failed = done.iter().rposition(|done| done.quote == entry.id);
                        if let (Some(failed), true) = (failed, decision.retract.is_empty()) {
                            done.remove(failed);
                        }
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

fn confirmed(row: &QuoteRow) -> Vec<LineKey> {
    let tags = row.tags.iter();
    let tags = tags.filter(|tag| tag.standing == LineStanding::Confirmed);
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
