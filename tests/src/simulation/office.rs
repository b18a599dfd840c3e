//! What the office does: decisions of editors, people and rounds, tablets that are ended.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::conversation::Stance;
use koffiekar_sync_core::ids::{ConversationId, LineKey, QuoteId, RoundId};
use koffiekar_sync_core::office::{ChangePerson, ChangeRound, SettleWording, TagDecision};

use super::host::{self, Desk, LINES};
use super::model::{Edit, Part};
use super::world::{Checked, World};
use crate::seed::Numbers;

/// What an editor sees needs one of these.
const SEEN_FOR: [Purpose; 3] = [
    Purpose::Analysis,
    Purpose::AnonymousPublication,
    Purpose::NamedPublication,
];

impl World {
    fn any_editor(&self, dice: &mut Numbers) -> Option<usize> {
        let editors: Vec<usize> = (0..self.people).filter(|p| host::is_editor(*p)).collect();
        (!editors.is_empty()).then(|| *dice.pick(&editors))
    }

    /// Any quote that the server has, also one that nobody at a desk may see.
    fn any_quote(&self, dice: &mut Numbers) -> Option<(ConversationId, QuoteId)> {
        let mut all = Vec::new();
        for (id, set) in &self.model.truth.has {
            let reading = self.model.reading(*id, set);
            all.extend(reading.quotes.keys().map(|quote| (*id, *quote)));
        }
        (!all.is_empty()).then(|| *dice.pick(&all))
    }

    /// Whether this editor may see the quotes of a conversation.
    pub(super) fn sees(&self, editor: usize, id: ConversationId) -> bool {
        let truth = &self.model.truth;
        let (Some(round), Some(set)) = (truth.round_of.get(&id), truth.has.get(&id)) else {
            return false;
        };
        let reading = self.model.reading(id, set);
        let allowed = SEEN_FOR.iter().any(|purpose| reading.allows(*purpose));
        allowed && self.model.is_member(editor, *round)
    }

    pub(super) async fn tag(&mut self, dice: &mut Numbers) -> Checked {
        let (Some(editor), Some((id, quote))) = (self.any_editor(dice), self.any_quote(dice))
        else {
            return Ok(());
        };
        let line: LineKey = dice.pick(&LINES).parse().unwrap();
        let stance = *dice.pick(&[Stance::Confirmed, Stance::Rejected, Stance::Retracted]);
        let mut decision = TagDecision::default();
        match stance {
            Stance::Confirmed => decision.confirm.push(line.clone()),
            Stance::Rejected => decision.reject.push(line.clone()),
            _ => decision.retract.push(line.clone()),
        }
        let by = host::person(editor);
        let mut parts = vec![Part::Tag(quote, line.clone(), by, stance)];
        if stance == Stance::Confirmed {
            // Lines or none: the other is taken back.
            let reading = self.model.reading(id, &self.model.truth.has[&id]);
            let own = reading.tags.into_iter().filter(|((about, other, who), _)| {
                *about == quote && *who == by && other.is_none() != line.is_none()
            });
            let own = own.filter(|(_, stances)| stances.contains("confirmed"));
            for ((_, other, _), stances) in own {
                if stances.len() > 1 {
                    // Which of them the server goes by, the model does not know.
                    return Ok(());
                }
                parts.push(Part::Tag(quote, other, by, Stance::Retracted));
            }
        }
        let path = format!("/quotes/{quote}/tags");
        let what = format!("P{editor} at the desk: {}", stance.as_str());
        self.decide(editor, id, &path, &decision, parts, &what)
            .await
    }

    pub(super) async fn settle_wording(&mut self, dice: &mut Numbers) -> Checked {
        let Some(editor) = self.any_editor(dice) else {
            return Ok(());
        };
        let mut open = Vec::new();
        for (id, set) in &self.model.truth.has {
            let reading = self.model.reading(*id, set);
            for (quote, wordings) in reading.quotes {
                if reading.exact && wordings.len() > 1 {
                    open.push((*id, quote, wordings));
                }
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let (id, quote, wordings) = dice.pick(&open).clone();
        let seen: Vec<String> = wordings.into_iter().collect();
        let verbatim = dice.pick(&seen).clone();
        let parts = vec![Part::Wording(quote, verbatim.clone())];
        let path = format!("/quotes/{quote}/wording");
        let settled = SettleWording { verbatim, seen };
        let what = format!("P{editor} at the desk settles a wording");
        self.decide(editor, id, &path, &settled, parts, &what).await
    }

    /// One decision: carried out where the editor sees the quote, and not there where they do not.
    async fn decide(
        &mut self,
        editor: usize,
        id: ConversationId,
        path: &str,
        body: &impl serde::Serialize,
        parts: Vec<Part>,
        what: &str,
    ) -> Checked {
        let sees = self.sees(editor, id);
        let desk = Desk::Editor(editor);
        let (status, answer) = self.host.office(desk, Method::POST, path, body).await;
        let name = self.model.name(id);
        self.tell(format!("{what}, {name}: {status}"));
        match (status, sees) {
            (StatusCode::OK, true) => {
                let edit = self.model.edits.len();
                let knew = self.model.truth.has[&id].clone();
                self.model.edits.push(Edit {
                    conversation: id,
                    knew,
                    parts,
                });
                let round = self.model.truth.round_of[&id];
                self.model.stored(id, round, &BTreeSet::from([edit]));
                Ok(())
            }
            (StatusCode::NOT_FOUND, false) => Ok(()),
            _ => Err(format!(
                "{name}: P{editor} {} see it, and the answer is {status}: {}",
                if sees { "may" } else { "may not" },
                String::from_utf8_lossy(&answer)
            )),
        }
    }

    pub(super) async fn manage(
        &mut self,
        method: Method,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Checked {
        let (status, answer) = self
            .host
            .office(Desk::Administrator, method, path, body)
            .await;
        if status.is_success() {
            Ok(())
        } else {
            let answer = String::from_utf8_lossy(&answer);
            Err(format!("the administrator's {path}: {status} {answer}"))
        }
    }

    pub(super) async fn join(&mut self, dice: &mut Numbers) -> Checked {
        let person = dice.below(self.people);
        let round = dice.below(self.rounds);
        let mut rounds = self.model.truth.members[person].clone();
        rounds.insert(host::round(round));
        self.tell(format!("P{person} joins R{round}"));
        self.set_members(person, rounds).await
    }

    pub(super) async fn leave(&mut self, dice: &mut Numbers) -> Checked {
        let person = dice.below(self.people);
        let mut rounds = self.model.truth.members[person].clone();
        let named: Vec<usize> = (0..self.rounds)
            .filter(|round| rounds.contains(&host::round(*round)))
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        let round = *dice.pick(&named);
        rounds.remove(&host::round(round));
        self.tell(format!("P{person} is taken out of R{round}"));
        self.set_members(person, rounds).await
    }

    async fn set_members(&mut self, person: usize, rounds: BTreeSet<RoundId>) -> Checked {
        let change = ChangePerson {
            rounds: Some(rounds.iter().copied().collect()),
            ..ChangePerson::default()
        };
        let path = format!("/people/{}", host::person(person));
        self.manage(Method::PATCH, &path, &change).await?;
        self.model.truth.members[person] = rounds;
        self.model.let_know();
        Ok(())
    }

    /// A field worker's account is ended, or opened again.
    pub(super) async fn set_disabled(&mut self, dice: &mut Numbers, disabled: bool) -> Checked {
        let person = dice.below(self.people);
        if host::is_editor(person) {
            return Ok(());
        }
        let change = ChangePerson {
            disabled: Some(disabled),
            ..ChangePerson::default()
        };
        let word = if disabled { "ended" } else { "opened" };
        self.tell(format!("the account of P{person} is {word}"));
        let path = format!("/people/{}", host::person(person));
        self.manage(Method::PATCH, &path, &change).await?;
        if disabled {
            self.model.truth.disabled.insert(person);
        } else {
            self.model.truth.disabled.remove(&person);
        }
        Ok(())
    }

    pub(super) async fn set_closed(&mut self, dice: &mut Numbers, closed: bool) -> Checked {
        let at = dice.below(self.rounds);
        let round = host::round(at);
        let change = ChangeRound {
            closed: Some(closed),
            ..ChangeRound::default()
        };
        let word = if closed { "closes" } else { "opens again" };
        self.tell(format!("R{at} {word}"));
        self.manage(Method::PATCH, &format!("/rounds/{round}"), &change)
            .await?;
        if closed {
            self.model.truth.closed.insert(round);
        } else {
            self.model.truth.closed.remove(&round);
        }
        Ok(())
    }
}
