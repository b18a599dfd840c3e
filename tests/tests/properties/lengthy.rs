//! Much at once: honest people's long edits are taken, and what only costs the server time is refused
//! before Automerge sees it.

use koffiekar_sync_core::admission::{Admission, Refusal, admit};
use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{Actor, Command, Document, Head, NotesEdit, Splice};
use koffiekar_sync_core::ids::{DeviceNumber, Millis, StatementId, UserId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::{Author, Violation};
use koffiekar_tests::operations::{Key, Operation, Place, change};
use koffiekar_tests::seed::{Numbers, conversation};

use super::history::user;

const NOW: Millis = Millis(1_769_250_000_000);

fn person(number: u64) -> (Actor, Author) {
    let device = DeviceNumber(number);
    let actor = Actor {
        device,
        session: [7; 8],
    };
    let author = Author {
        device,
        user: user(usize::try_from(number).unwrap()),
        edits: false,
    };
    (actor, author)
}

/// A conversation with notes of so many characters.
fn with_notes(characters: usize) -> Document {
    let (actor, author) = person(1);
    let mut new = conversation(&mut Numbers(4), author.user, NOW, 1);
    new.notes = "de lantaarn ".repeat(characters / 12);
    Document::record(&new, actor).unwrap()
}

fn written_anew(document: &Document, words: &str) -> Command {
    let length = document.read().unwrap().notes.chars().count();
    Command::EditNotes(NotesEdit {
        seen: document.heads(),
        splices: vec![Splice {
            at: 0,
            delete: length,
            insert: words.to_owned(),
        }],
    })
}

#[test]
fn a_colleague_writes_long_notes_anew_and_both_of_two_who_do_are_taken() {
    let stored = with_notes(5_000);
    let mut bytes = stored.save();
    for number in [2, 3] {
        let (actor, author) = person(number);
        let mut theirs = stored.clone();
        let words = "wat er nu staat ".repeat(250);
        let command = written_anew(&theirs, &words);
        let chunk = theirs.execute(&command, actor, author.user, NOW).unwrap();
        let admission = admit(Some(&bytes), &chunk, &theirs.heads(), &author, &[]);
        let Ok(Admission::Merged(merged)) = admission else {
            panic!("{admission:?}")
        };
        bytes = merged.bytes;
    }
}

#[test]
fn characters_behind_one_that_nobody_wrote_are_refused_before_they_are_merged() {
    let stored = with_notes(1_200);
    let (actor, author) = person(2);
    let next = next_operation(&stored);
    let notes = (1, 6 + u64::from(stored.read().unwrap().area.is_some()));
    let place = Place {
        actor,
        seq: 1,
        start_op: next,
        others: vec![person(1).0],
        behind: stored.heads(),
    };
    let typed_behind = |first: u64| {
        let operations: Vec<Operation> = (0..5_000)
            .map(|at| {
                let behind = match at {
                    0 => (1, first),
                    _ => (0, next + at - 1),
                };
                Operation::character(notes, Key::Element(behind), 'a')
            })
            .collect();
        let chunk = change(&place, &operations);
        admit(Some(&stored.save()), &chunk, &[], &author, &[])
    };
    let first_character = notes.1 + 1;
    assert!(typed_behind(first_character).is_ok());
    let nowhere = Refusal::NotAllowed(Violation::UnknownPath("notes/?".to_owned()));
    assert_eq!(typed_behind(notes.1).unwrap_err(), nowhere);
    assert_eq!(typed_behind(next - 1).unwrap_err(), nowhere);
}

/// The number of the operation that comes behind all of a document with one change.
fn next_operation(document: &Document) -> u64 {
    let mut copy = document.clone();
    let (actor, author) = person(9);
    let language = Command::SetLanguage {
        language: "xx".to_owned(),
    };
    let chunk = copy.execute(&language, actor, author.user, NOW).unwrap();
    let body = &koffiekar_tests::fuzz::change::bodies(&chunk)[0];
    koffiekar_tests::fuzz::change::Body::read(body)
        .unwrap()
        .start_op
}

#[test]
fn a_conversation_takes_no_more_when_it_was_edited_too_much_and_the_tablet_says_so_first() {
    let (actor, author) = person(1);
    let mut document = with_notes(limits::NOTES_CHARS);
    let mut sent = Vec::new();
    let refused = loop {
        let mut next = document.clone();
        let command = written_anew(&next, &"a".repeat(3_000));
        match next.execute(&command, actor, author.user, NOW) {
            Ok(chunk) => sent.push(chunk),
            Err(error) => break error,
        }
        document = next;
    };
    assert!(refused.to_string().contains("another one"), "{refused}");
    assert!(!sent.is_empty());
    let all = document.changes_since(&[]);
    let admission = admit(None, &all, &document.heads(), &author, &[]);
    assert!(
        matches!(admission, Ok(Admission::Merged(_))),
        "{admission:?}"
    );
}

#[test]
fn in_a_full_conversation_a_resident_may_still_say_no_and_nothing_else_is_taken() {
    let (actor, author) = person(1);
    let mut document = with_notes(limits::NOTES_CHARS);
    while let Some(longer) = edited(&document, &written_anew(&document, &"a".repeat(3_000))) {
        document = longer;
    }
    // A colleague's copy from before the last of the room was used.
    let (colleague, their) = person(2);
    let mut theirs = document.clone();
    let mut room = 8_192;
    while room > 0 {
        let command = Command::EditNotes(NotesEdit {
            seen: document.heads(),
            splices: vec![Splice {
                at: 0,
                delete: 0,
                insert: "a".repeat(room),
            }],
        });
        match edited(&document, &command) {
            Some(longer) => document = longer,
            None => room /= 2,
        }
    }
    let bytes = document.save();
    let taken = |changes: &[u8], author: &Author| admit(Some(&bytes), changes, &[], author, &[]);

    let mut answered = document.clone();
    let no = Command::Consent(vec![(StatementId([1; 8]), withdrawn(author.user))]);
    let answer = answered.execute(&no, actor, author.user, NOW).unwrap();
    assert!(matches!(taken(&answer, &author), Ok(Admission::Merged(_))));

    let area = Command::SetArea {
        area: Some("FB03".to_owned()),
    };
    let edit = theirs.execute(&area, colleague, their.user, NOW).unwrap();
    assert_eq!(taken(&edit, &their).unwrap_err(), Refusal::TooLarge);
    let no = Command::Consent(vec![(StatementId([2; 8]), withdrawn(their.user))]);
    let answer = theirs.execute(&no, colleague, their.user, NOW).unwrap();
    let both = [edit, answer].concat();
    assert_eq!(taken(&both, &their).unwrap_err(), Refusal::TooLarge);
}

/// By the first person; nothing where there is no room for it.
fn edited(document: &Document, command: &Command) -> Option<Document> {
    let (actor, author) = person(1);
    let mut next = document.clone();
    let done = next.execute(command, actor, author.user, NOW);
    done.is_ok().then_some(next)
}

fn withdrawn(by: UserId) -> Statement {
    Statement {
        purpose: Purpose::Analysis,
        decision: Decision::Withdrawn,
        text: "2026-1".to_owned(),
        language: "nl".to_owned(),
        at: NOW,
        by,
        supersedes: Vec::new(),
        clock_doubtful: false,
    }
}

#[test]
fn jumping_about_in_the_notes_has_an_end() {
    let (actor, author) = person(1);
    let mut new = conversation(&mut Numbers(4), author.user, NOW, 0);
    new.notes = String::new();
    let stored = Document::record(&new, actor).unwrap();
    let notes = (0, 6 + u64::from(new.area.is_some()));
    let next = next_operation(&stored);
    let jumps = |count: usize| {
        let operations: Vec<Operation> = (0..count)
            .map(|_| Operation::character(notes, Key::Head, 'a'))
            .collect();
        let place = Place {
            actor,
            seq: 2,
            start_op: next,
            others: Vec::new(),
            behind: stored.heads(),
        };
        let none: &[Head] = &[];
        let chunk = change(&place, &operations);
        admit(Some(&stored.save()), &chunk, none, &author, &[])
    };
    assert!(jumps(limits::ITEM_JUMPS).is_ok());
    let refused = jumps(limits::ITEM_JUMPS + 1).unwrap_err();
    let too_much = Violation::TooMuch("places in the notes");
    assert_eq!(refused, Refusal::NotAllowed(too_much));
}

#[test]
fn whoever_chooses_between_no_area_and_another_is_taken_whichever_stands_first() {
    for (none, one) in [(2, 3), (3, 2)] {
        let mut base = with_notes(12);
        let named = |code: &str| Command::SetArea {
            area: (!code.is_empty()).then(|| code.to_owned()),
        };
        let (recorder, by) = person(1);
        base.execute(&named("FE01"), recorder, by.user, NOW)
            .unwrap();
        let set = |number: u64, code: &str| {
            let (actor, author) = person(number);
            let mut theirs = base.clone();
            theirs
                .execute(&named(code), actor, author.user, NOW)
                .unwrap();
            theirs
        };
        let mut both = set(none, "");
        both.merge(&set(one, "FB03")).unwrap();
        for code in ["FC02", "FB03", "", "-"] {
            let (actor, author) = person(4);
            let mut chosen = both.clone();
            let chunk = chosen
                .execute(&named(code), actor, author.user, NOW)
                .unwrap();
            let admission = admit(Some(&both.save()), &chunk, &[], &author, &[]);
            let Ok(Admission::Merged(merged)) = admission else {
                panic!("{code}: {admission:?}")
            };
            let area = merged.conversation.area.unwrap_or_default();
            assert_eq!(area, code);
        }
    }
}
