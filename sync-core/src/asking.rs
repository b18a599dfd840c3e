//! Asking for consent: which questions are on the sheet, what stood before, and what will be recorded.
//!
//! A sheet shows what stands, and what is answered now. Only an answer that differs from what stood is
//! recorded; a question without an answer records nothing, and counts as no for as long as nobody asks
//! it. So nothing is recorded that the sheet did not show, and nothing changes in silence.
//!
//! The consent that the sheet is made of is that of the moment it was opened. An answer replaces the
//! statements that stood *then*: a withdrawal that comes in meanwhile is beaten by nobody who has not
//! seen it.

use crate::consent::{Consent, Decision, Purpose};

/// How an answer stood when the sheet was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    NotAsked,
    Given,
    Withdrawn,
    /// Two people asked at once, and the answers differ: counts as no until it is asked again.
    Disputed,
}

impl Before {
    pub fn of(consent: &Consent, purpose: Purpose) -> Self {
        let standing = consent.standing(purpose);
        let all = |decision: Decision| {
            let of = |id| consent.statements().get(id).map(|one| one.decision);
            standing.iter().all(|id| of(id) == Some(decision))
        };
        if standing.is_empty() {
            Self::NotAsked
        } else if consent.allows(purpose) {
            Self::Given
        } else if all(Decision::Withdrawn) {
            Self::Withdrawn
        } else {
            Self::Disputed
        }
    }

    /// The answer that the sheet shows before anybody touches it.
    pub fn answer(self) -> Option<Decision> {
        match self {
            Self::Given => Some(Decision::Given),
            Self::Withdrawn => Some(Decision::Withdrawn),
            Self::NotAsked | Self::Disputed => None,
        }
    }
}

/// One question on the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub purpose: Purpose,
    pub before: Before,
    /// What is answered now; none while nobody answered.
    pub now: Option<Decision>,
    /// Not asked any more: the resident said yes to it once, and may take that back.
    pub only_to_withdraw: bool,
}

impl Question {
    /// What will be recorded; none where nothing changes.
    pub fn change(&self) -> Option<Decision> {
        self.now.filter(|now| self.before.answer() != Some(*now))
    }
}

/// The questions of one asking, in the fixed order of purposes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub questions: Vec<Question>,
}

impl Sheet {
    /// `asks` are the purposes that the programme asks about; `given` is what was answered on this
    /// sheet, the later over the earlier.
    pub fn of(consent: &Consent, asks: &[Purpose], given: &[(Purpose, Decision)]) -> Self {
        let question = |purpose: Purpose| {
            let before = Before::of(consent, purpose);
            let is_asked = asks.contains(&purpose);
            if !is_asked && before != Before::Given {
                return None;
            }
            let answered = given.iter().rev().find(|(of, _)| *of == purpose);
            Some(Question {
                purpose,
                before,
                now: answered.map(|(_, decision)| *decision).or(before.answer()),
                only_to_withdraw: !is_asked,
            })
        };
        Self {
            questions: Purpose::ALL.into_iter().filter_map(question).collect(),
        }
    }

    /// Those that will be recorded.
    pub fn changes(&self) -> impl Iterator<Item = (&Question, Decision)> {
        self.questions
            .iter()
            .filter_map(|question| Some((question, question.change()?)))
    }

    pub fn unanswered(&self) -> impl Iterator<Item = &Question> {
        self.questions
            .iter()
            .filter(|question| question.now.is_none())
    }

    /// Not without a name, but with one: whoever answers so has to say what they mean by it.
    pub fn is_contradictory(&self) -> bool {
        let says = |purpose: Purpose, decision: Decision| {
            let mut questions = self.questions.iter();
            questions.any(|one| one.purpose == purpose && one.now == Some(decision))
        };
        says(Purpose::AnonymousPublication, Decision::Withdrawn)
            && says(Purpose::NamedPublication, Decision::Given)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::consent::Statement;
    use crate::ids::{Millis, StatementId, UserId};
    use Decision::{Given, Withdrawn};
    use Purpose::{Analysis, AnonymousPublication, FollowUpContact, NamedPublication};

    const ASKS: [Purpose; 2] = [Analysis, AnonymousPublication];

    fn consent(statements: &[(u8, Purpose, Decision, &[u8])]) -> Consent {
        let id = |number: u8| StatementId([number; 8]);
        let statement = |(number, purpose, decision, older): &(u8, Purpose, Decision, &[u8])| {
            let statement = Statement {
                purpose: *purpose,
                decision: *decision,
                text: "2026-1".to_owned(),
                language: "nl".to_owned(),
                at: Millis(0),
                by: UserId::new(Millis(0), [0; 10]),
                supersedes: older.iter().map(|number| id(*number)).collect(),
                clock_doubtful: false,
            };
            (id(*number), statement)
        };
        Consent::new(statements.iter().map(statement).collect::<BTreeMap<_, _>>())
    }

    fn changes(sheet: &Sheet) -> Vec<(Purpose, Decision)> {
        let changes = sheet.changes();
        changes.map(|(one, now)| (one.purpose, now)).collect()
    }

    #[test]
    fn a_first_sheet_is_blank_and_records_what_is_answered() {
        let sheet = Sheet::of(&Consent::default(), &ASKS, &[]);
        assert_eq!(sheet.unanswered().count(), 2);
        assert!(changes(&sheet).is_empty());
        let sheet = Sheet::of(&Consent::default(), &ASKS, &[(Analysis, Withdrawn)]);
        assert_eq!(changes(&sheet), [(Analysis, Withdrawn)]);
        assert_eq!(sheet.unanswered().count(), 1);
    }

    #[test]
    fn a_second_sheet_shows_what_stands_and_records_only_what_changes() {
        let before = consent(&[
            (1, Analysis, Given, &[]),
            (2, AnonymousPublication, Withdrawn, &[]),
        ]);
        let sheet = Sheet::of(&before, &ASKS, &[]);
        assert_eq!(sheet.unanswered().count(), 0);
        assert!(changes(&sheet).is_empty());
        // The same answers once more change nothing; the last answer to a question counts.
        let given = [
            (Analysis, Given),
            (AnonymousPublication, Given),
            (AnonymousPublication, Withdrawn),
        ];
        assert!(changes(&Sheet::of(&before, &ASKS, &given)).is_empty());
        let sheet = Sheet::of(&before, &ASKS, &[(AnonymousPublication, Given)]);
        assert_eq!(changes(&sheet), [(AnonymousPublication, Given)]);
    }

    #[test]
    fn answers_of_two_people_that_differ_are_asked_again_and_settled_by_either() {
        let before = consent(&[
            (1, Analysis, Given, &[]),
            (2, Analysis, Withdrawn, &[1]),
            (3, Analysis, Given, &[1]),
        ]);
        let sheet = Sheet::of(&before, &ASKS, &[]);
        assert_eq!(sheet.questions[0].before, Before::Disputed);
        assert_eq!(sheet.unanswered().count(), 2);
        for answer in [Given, Withdrawn] {
            let sheet = Sheet::of(&before, &ASKS, &[(Analysis, answer)]);
            assert_eq!(changes(&sheet), [(Analysis, answer)]);
        }
    }

    #[test]
    fn an_answer_does_not_beat_a_withdrawal_that_came_in_while_the_sheet_was_open() {
        let seen = consent(&[(1, Analysis, Withdrawn, &[])]);
        assert_eq!(seen.standing(Analysis), [StatementId([1; 8])]);
        // The answer names what stood then; a colleague's withdrawal came in meanwhile.
        let after = consent(&[
            (1, Analysis, Withdrawn, &[]),
            (2, Analysis, Given, &[1]),
            (3, Analysis, Withdrawn, &[1]),
        ]);
        assert!(!after.allows(Analysis));
        assert_eq!(Before::of(&after, Analysis), Before::Disputed);
        let alone = consent(&[(1, Analysis, Withdrawn, &[]), (2, Analysis, Given, &[1])]);
        assert!(alone.allows(Analysis));
    }

    #[test]
    fn what_is_not_asked_any_more_is_there_only_to_be_withdrawn() {
        let before = consent(&[
            (1, NamedPublication, Given, &[]),
            (2, FollowUpContact, Withdrawn, &[]),
        ]);
        let sheet = Sheet::of(&before, &ASKS, &[]);
        let purposes: Vec<_> = sheet.questions.iter().map(|one| one.purpose).collect();
        assert_eq!(purposes, [Analysis, AnonymousPublication, NamedPublication]);
        assert!(sheet.questions[2].only_to_withdraw);
        let sheet = Sheet::of(&before, &ASKS, &[(NamedPublication, Withdrawn)]);
        assert_eq!(changes(&sheet), [(NamedPublication, Withdrawn)]);
    }

    #[test]
    fn with_a_name_and_not_without_one_is_a_contradiction() {
        let of = |anonymous, named| {
            let given = [(AnonymousPublication, anonymous), (NamedPublication, named)];
            Sheet::of(&Consent::default(), &Purpose::ALL, &given).is_contradictory()
        };
        assert!(of(Withdrawn, Given));
        assert!(!of(Withdrawn, Withdrawn));
        assert!(!of(Given, Given));
        assert!(!of(Given, Withdrawn));
        // A name that was allowed before, and a no to all printing now.
        let before = consent(&[(1, NamedPublication, Given, &[])]);
        let given = [(AnonymousPublication, Withdrawn)];
        assert!(Sheet::of(&before, &ASKS, &given).is_contradictory());
    }
}
