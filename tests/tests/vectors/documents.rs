//! `documents.json`: conversations as their documents hold them: every change, the heads after it,
//! the saved document, and what a client must read out of it.

use automerge::Change;
use koffiekar_server::random;
use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{
    Command, Document, Head, NewConversation, NewQuote, NotesEdit, Stance,
};
use koffiekar_sync_core::ids::{Millis, StatementId};
use koffiekar_tests::interop::reads;
use serde_json::{Value, json};

use super::cast::{self, NOON, Person, anna, bilal, editor, quote};
use super::{bytes, hex, list, pinned, text};

/// A conversation whose story is told change by change.
pub(super) struct Story {
    pub(super) document: Document,
    told: Vec<Value>,
    clock: Millis,
}

impl Story {
    pub(super) fn begin(by: &Person, new: &NewConversation) -> Story {
        let document = Document::record(new, by.actor()).unwrap();
        let mut story = Story {
            document,
            told: Vec::new(),
            clock: new.recorded_at,
        };
        let chunk = story.document.changes_since(&[]);
        story.tell("record", &chunk);
        story
    }

    /// One command of this person on what stands there.
    pub(super) fn then(&mut self, by: &Person, what: &str, command: &Command) -> Vec<u8> {
        self.clock = self.clock.plus(90_000);
        let chunk = self
            .document
            .execute(command, by.actor(), by.user, self.clock)
            .unwrap();
        assert!(!chunk.is_empty(), "{what}");
        self.tell(what, &chunk);
        chunk
    }

    /// Somebody edits a copy of what stands there, and knows nothing of the rest.
    fn meanwhile(&self) -> Story {
        Story {
            document: self.document.clone(),
            told: Vec::new(),
            clock: self.clock,
        }
    }

    fn joined(&mut self, other: Story) {
        self.document.merge(&other.document).unwrap();
        self.told.extend(other.told);
    }

    fn tell(&mut self, what: &str, chunk: &[u8]) {
        let change = Change::from_bytes(chunk.to_vec()).unwrap();
        self.told.push(json!({
            "what": what,
            "chunk": hex(chunk),
            "hash": hex(change.hash().0),
            "time_s": change.timestamp(),
            "operations": operations(&change),
        }));
    }

    fn finished(self, name: &str) -> Value {
        json!({
            "name": name,
            "changes": self.told,
            "heads": heads(&self.document.heads()),
            "saved": hex(self.document.save()),
            "reads": reads(&self.document.read().unwrap()),
        })
    }
}

pub(super) fn heads(heads: &[Head]) -> Value {
    heads.iter().map(|head| hex(head.0)).collect()
}

/// The operations of a change, as Automerge's own JSON of decoded changes names them.
fn operations(change: &Change) -> Value {
    serde_json::to_value(change.decode()).unwrap()["ops"].take()
}

pub(super) fn statement(
    by: &Person,
    number: u8,
    purpose: Purpose,
    decision: Decision,
    supersedes: &[u8],
) -> (StatementId, Statement) {
    let statement = Statement {
        purpose,
        decision,
        text: "2026-1".to_owned(),
        language: "nl".to_owned(),
        at: NOON.plus(i64::from(number) * 1_000),
        by: by.user,
        supersedes: supersedes.iter().copied().map(cast::statement).collect(),
        clock_doubtful: false,
    };
    (cast::statement(number), statement)
}

fn new_quote(number: u8, verbatim: &str, language: Option<&str>, lines: &[&str]) -> NewQuote {
    NewQuote {
        id: quote(number),
        verbatim: verbatim.to_owned(),
        language: language.map(str::to_owned),
        lines: lines.iter().map(|line| line.parse().unwrap()).collect(),
    }
}

/// The least that a conversation is.
pub(super) fn bare(by: &Person) -> NewConversation {
    NewConversation {
        recorded_at: NOON,
        recorded_by: by.user,
        language: "nl".to_owned(),
        area: None,
        notes: String::new(),
        quotes: Vec::new(),
        consent: Vec::new(),
        clock_doubtful: false,
    }
}

/// One of each: what the worked example of the document shows.
pub(super) fn full(by: &Person) -> NewConversation {
    NewConversation {
        area: Some("FB03".to_owned()),
        notes: "Koffie ☕".to_owned(),
        quotes: vec![
            new_quote(1, "Het licht doet het niet.", None, &["veiligheid-1"]),
            new_quote(2, "Parkı seviyorum.", Some("tr"), &[]),
        ],
        consent: vec![
            statement(by, 1, Purpose::Analysis, Decision::Given, &[]),
            statement(by, 2, Purpose::AnonymousPublication, Decision::Given, &[]),
        ],
        ..bare(by)
    }
}

/// By a tablet that could not be sure of the time.
pub(super) fn in_doubt(by: &Person) -> NewConversation {
    let (id, statement) = statement(by, 5, Purpose::Analysis, Decision::Given, &[]);
    let statement = Statement {
        clock_doubtful: true,
        ..statement
    };
    NewConversation {
        clock_doubtful: true,
        consent: vec![(id, statement)],
        ..bare(by)
    }
}

fn notes(document: &Document, after: &str) -> Command {
    let before = document.read().unwrap().notes;
    Command::EditNotes(NotesEdit::between(document.heads(), &before, after))
}

fn correct(number: u8, verbatim: &str) -> Command {
    Command::CorrectWording {
        quote: quote(number),
        verbatim: verbatim.to_owned(),
    }
}

fn tag(number: u8, line: &str, stance: Stance) -> Command {
    Command::Tag {
        quote: quote(number),
        line: line.parse().unwrap(),
        stance,
    }
}

/// Every command once, by one person.
fn edited() -> Value {
    let anna = anna();
    let mut story = Story::begin(&anna, &full(&anna));
    let added = new_quote(3, "دعنا نتحدث", Some("ar"), &["wonen-1", "none"]);
    story.then(&anna, "add a quote", &Command::AddQuote(added));
    story.then(
        &anna,
        "correct its wording",
        &correct(1, "Het licht doet het nooit."),
    );
    story.then(
        &anna,
        "remove a quote",
        &Command::RemoveQuote { quote: quote(2) },
    );
    let edit = notes(&story.document, "Thee ☕, regen");
    story.then(&anna, "edit the notes", &edit);
    story.then(&anna, "clear the area", &Command::SetArea { area: None });
    let language = "en".to_owned();
    story.then(
        &anna,
        "set the language",
        &Command::SetLanguage { language },
    );
    story.then(
        &anna,
        "take back a line",
        &tag(3, "none", Stance::Retracted),
    );
    let answers = vec![statement(
        &anna,
        3,
        Purpose::Analysis,
        Decision::Withdrawn,
        &[1],
    )];
    story.then(&anna, "withdraw a consent", &Command::Consent(answers));
    story.finished("every edit, one after the other")
}

/// Two people who did not know of each other: nothing is lost, and nothing is mixed up.
fn merged() -> Story {
    let (anna, bilal) = (anna(), bilal());
    let mut story = Story::begin(&anna, &full(&anna));
    let mut other = story.meanwhile();
    story.then(
        &anna,
        "Anna corrects a wording",
        &correct(1, "Zo zei hij het."),
    );
    let edit = notes(&story.document, "Koffie ☕ buiten");
    story.then(&anna, "Anna edits the notes", &edit);
    let given = statement(&anna, 3, Purpose::Analysis, Decision::Given, &[1]);
    story.then(&anna, "Anna asks again", &Command::Consent(vec![given]));
    other.then(
        &bilal,
        "Bilal corrects the same wording",
        &correct(1, "Zo zei zij het."),
    );
    let edit = notes(&other.document, "Warme koffie ☕");
    other.then(&bilal, "Bilal edits the notes", &edit);
    other.then(
        &bilal,
        "Bilal proposes a line",
        &tag(1, "wonen-1", Stance::Proposed),
    );
    let withdrawn = statement(&bilal, 4, Purpose::Analysis, Decision::Withdrawn, &[1]);
    other.then(
        &bilal,
        "Bilal takes a consent back",
        &Command::Consent(vec![withdrawn]),
    );
    story.joined(other);
    story
}

fn settled() -> Value {
    let editor = editor();
    let mut story = merged();
    let shown = story.document.read().unwrap();
    let chosen = shown.quote(quote(1)).unwrap().wording.first().to_owned();
    let settle = Command::CorrectWording {
        quote: quote(1),
        verbatim: chosen,
    };
    story.then(&editor, "an editor settles the wording", &settle);
    story.then(
        &editor,
        "an editor confirms a line",
        &tag(1, "wonen-1", Stance::Confirmed),
    );
    story.then(
        &editor,
        "an editor rejects a line",
        &tag(1, "veiligheid-1", Stance::Rejected),
    );
    story.finished("two wordings, settled at the office")
}

fn made() -> Value {
    let anna = anna();
    json!({
        "about": "Conversations: their changes in an order in which they can be applied, heads, the saved document, and what is read out of it",
        "documents": [
            Story::begin(&anna, &bare(&anna)).finished("the least that a conversation is"),
            edited(),
            merged().finished("two people who did not know of each other"),
            settled(),
            Story::begin(&anna, &in_doubt(&anna)).finished("recorded by a clock that was in doubt"),
        ],
    })
}

#[test]
fn documents() {
    let kept = pinned("documents.json", &made());
    for story in list(&kept, "documents") {
        let name = text(story, "name");
        let saved = Document::load(&bytes(story, "saved")).unwrap();
        assert_eq!(heads(&saved.heads()), story["heads"], "{name}");
        assert_eq!(reads(&saved.read().unwrap()), story["reads"], "{name}");
        // The changes one after the other are the same document.
        let chunks: Vec<u8> = list(story, "changes")
            .iter()
            .flat_map(|change| bytes(change, "chunk"))
            .collect();
        let told = Document::load(&chunks).unwrap();
        assert_eq!(told.heads(), saved.heads(), "{name}");
        assert_eq!(told.read().unwrap(), saved.read().unwrap(), "{name}");
        for change in list(story, "changes") {
            let read = Change::from_bytes(bytes(change, "chunk")).unwrap();
            assert_eq!(random::hex(&read.hash().0), text(change, "hash"), "{name}");
        }
    }
}
