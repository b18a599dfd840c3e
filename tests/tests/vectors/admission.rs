//! `admission.json`: what becomes of pushed changes: what the gatekeeper, the order of changes and
//! the policy take, and what they refuse.

use std::io::Write;

use automerge::transaction::{Transactable, Transaction};
use automerge::{AutomergeError, ObjType, ROOT, ScalarValue};
use flate2::{Compression, write::DeflateEncoder};
use koffiekar_server::sync::intake::outcome_of;
use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::{Actor, Command, Document, Head, Stance};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::wire::Outcome;
use koffiekar_tests::chunks::{
    self, CHANGE, DEFLATED, chunk, first_change, handmade, make_all_but, part, signed, tampered,
};
use serde_json::{Value, json};

use super::cast::{self, NOON, Person, anna, bilal, quote};
use super::documents::{Story, full, heads, statement};
use super::{array, bytes, hex, list, pinned, text};

type Tampering<'a> = &'a dyn Fn(&mut Transaction<'_>) -> Result<(), AutomergeError>;

/// A conversation that Anna recorded and the server has, and what somebody pushes to it.
struct Cases {
    base: Document,
    told: Vec<Value>,
}

/// What is pushed: changes, and the heads that the receipt should cover.
struct Pushed(Vec<u8>, Vec<Head>);

impl From<(Vec<u8>, Vec<Head>)> for Pushed {
    fn from((changes, heads): (Vec<u8>, Vec<Head>)) -> Self {
        Self(changes, heads)
    }
}

fn author(person: &Person, edits: bool) -> Author {
    Author {
        device: person.device,
        user: person.user,
        edits,
    }
}

impl Cases {
    fn case(&mut self, name: &str, exists: bool, by: Author, pushed: Pushed) {
        let Pushed(changes, pushed_heads) = pushed;
        let existing = exists.then(|| self.base.save());
        let outcome = judged(existing.as_deref(), &changes, &pushed_heads, &by);
        let mut told = json!({
            "name": name,
            "exists": exists,
            "device": by.device.to_string(),
            "user": by.user.to_string(),
            "edits": by.edits,
            "changes": hex(changes),
            "heads": heads(&pushed_heads),
        });
        let (outcome, code) = named(&outcome);
        told["outcome"] = outcome.into();
        told["code"] = code;
        self.told.push(told);
    }

    /// Anna's device, past all commands.
    fn tampered(&mut self, name: &str, tampering: Tampering<'_>) {
        let anna = anna();
        let pushed = tampered(&self.base, later(&anna), tampering);
        self.case(name, true, author(&anna, false), pushed.into());
    }

    /// A first change that is no conversation.
    fn first(&mut self, name: &str, make: Tampering<'_>) {
        let anna = anna();
        let pushed = handmade(anna.actor(), make);
        self.case(name, false, author(&anna, false), pushed.into());
    }

    /// Bytes that Automerge never sees.
    fn raw(&mut self, name: &str, changes: Vec<u8>) {
        let pushed = Pushed(changes, Vec::new());
        self.case(name, false, author(&anna(), false), pushed);
    }
}

/// The same tablet after the app was started again.
fn later(person: &Person) -> Actor {
    Actor {
        session: cast::counting(0x44),
        ..person.actor()
    }
}

fn judged(existing: Option<&[u8]>, changes: &[u8], heads: &[Head], by: &Author) -> Outcome {
    match admit(existing, changes, heads, by, &[]) {
        Ok(Admission::Merged(_)) => Outcome::Stored,
        Ok(Admission::Unchanged { .. }) => Outcome::Unchanged,
        Err(refusal) => outcome_of(&refusal),
    }
}

/// Its name here, and the code of its reason where it has one.
fn named(outcome: &Outcome) -> (&'static str, Value) {
    match outcome {
        Outcome::Stored => ("stored", Value::Null),
        Outcome::Unchanged => ("unchanged", Value::Null),
        Outcome::MissingDependencies => ("missing_dependencies", Value::Null),
        Outcome::ActorReused => ("actor_reused", Value::Null),
        Outcome::Invalid(reason) => ("invalid", serde_json::to_value(reason.code).unwrap()),
        other => panic!("{other:?} is nothing that admission says"),
    }
}

fn honest(cases: &mut Cases) {
    let (anna, bilal) = (anna(), bilal());
    let base = cases.base.clone();
    let first = Pushed(base.changes_since(&[]), base.heads());
    let again = Pushed(base.changes_since(&[]), base.heads());
    cases.case("a new conversation", false, author(&anna, false), first);
    cases.case("the same once more", true, author(&anna, false), again);

    let correct = Command::CorrectWording {
        quote: quote(1),
        verbatim: "Het licht is stuk.".to_owned(),
    };
    let mut edited = base.clone();
    let edit = edited
        .execute(&correct, bilal.actor(), bilal.user, NOON)
        .unwrap();
    let pushed = || Pushed(edit.clone(), edited.heads());
    cases.case("a colleague's edit", true, author(&bilal, false), pushed());
    cases.case(
        "an edit sent by another device than wrote it",
        true,
        author(&anna, false),
        pushed(),
    );
    cases.case(
        "an edit of what is not there",
        false,
        author(&bilal, false),
        pushed(),
    );
    let beyond = Pushed(edit.clone(), vec![Head([7; 32])]);
    cases.case(
        "heads that the changes do not lead to",
        true,
        author(&bilal, false),
        beyond,
    );

    // Anna's actor goes on in two places, as after a backup of the tablet.
    let quote = quote(1);
    let mut one = Story::begin(&anna, &full(&anna));
    let taken = one.then(&anna, "", &Command::RemoveQuote { quote });
    let mut other = base.clone();
    let reused = other
        .execute(&correct, anna.actor(), anna.user, NOON)
        .unwrap();
    let pushed = Pushed([taken, reused].concat(), other.heads());
    cases.case(
        "two changes with one place in their actor's sequence",
        true,
        author(&anna, false),
        pushed,
    );

    let confirm = Command::Tag {
        quote,
        line: "veiligheid-1".parse().unwrap(),
        stance: Stance::Confirmed,
    };
    let mut confirmed = base.clone();
    let change = confirmed
        .execute(&confirm, bilal.actor(), bilal.user, NOON)
        .unwrap();
    for (name, edits) in [
        ("an editor confirms a line", true),
        ("a field worker confirms a line", false),
    ] {
        let pushed = Pushed(change.clone(), confirmed.heads());
        cases.case(name, true, author(&bilal, edits), pushed);
    }
    let answer = statement(&anna, 9, Purpose::Analysis, Decision::Given, &[1]);
    let mut answered = base.clone();
    let change = answered
        .execute(
            &Command::Consent(vec![answer]),
            bilal.actor(),
            bilal.user,
            NOON,
        )
        .unwrap();
    let pushed = Pushed(change, answered.heads());
    cases.case(
        "a consent asked in a colleague's name",
        true,
        author(&bilal, false),
        pushed,
    );
}

fn bytes_that_are_none(cases: &mut Cases) {
    let change = cases.base.changes_since(&[]);
    let body = chunks::body(&change).to_vec();
    cases.raw("nothing at all", Vec::new());
    cases.raw("words", b"koffie".to_vec());
    cases.raw("a saved document", cases.base.save());
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(&body).unwrap();
    let deflated = deflate.finish().unwrap();
    let length = chunks::unsigned(deflated.len() as u64);
    // The checksum of a deflated change is that of the change.
    cases.raw(
        "a deflated change",
        [&change[..8], &[DEFLATED], &length, &deflated].concat(),
    );
    cases.raw(
        "a change with something behind it",
        chunk(CHANGE, &[&body[..], &[1, 2, 3]].concat()),
    );
    let mut wrong = change.clone();
    wrong[4] ^= 1;
    cases.raw("a wrong checksum", wrong);
    cases.raw("half a change", change[..change.len() / 2].to_vec());
    let million = signed(1_000_000);
    let bomb = first_change(anna().actor(), &[(0x42, [million, vec![1]].concat())]);
    cases.raw(
        "a million operations in a hundred bytes",
        chunk(CHANGE, &bomb),
    );
}

fn first_changes(cases: &mut Cases) {
    let by = anna().user.key();
    for missing in ["schema", "notes", "consent", "recorded_by"] {
        cases.first(&format!("a first change without `{missing}`"), &|tx| {
            make_all_but(tx, &by, &[missing])
        });
    }
    cases.first("a conversation recorded in a colleague's name", &|tx| {
        make_all_but(tx, &bilal().user.key(), &[])
    });
    cases.first("a part that does not belong there", &|tx| {
        make_all_but(tx, &by, &[])?;
        tx.put(ROOT, "extra", 1_i64)
    });
    cases.first("a schema that is no signed integer", &|tx| {
        tx.put(ROOT, "schema", 1_u64)?;
        make_all_but(tx, &by, &["schema"])
    });
    cases.first("notes that are a string and no text", &|tx| {
        make_all_but(tx, &by, &["notes"])?;
        tx.put(ROOT, "notes", "Koffie")
    });
    cases.first("a time that is in doubt", &|tx| {
        make_all_but(tx, &by, &[])?;
        let meta = part(tx, "meta");
        tx.put(&meta, "clock_doubtful", true)
    });
    cases.first("a time that is said to be in no doubt", &|tx| {
        make_all_but(tx, &by, &[])?;
        let meta = part(tx, "meta");
        tx.put(&meta, "clock_doubtful", false)
    });
    cases.first("a time of recording that is a timestamp", &|tx| {
        make_all_but(tx, &by, &["recorded_at"])?;
        let meta = part(tx, "meta");
        tx.put(&meta, "recorded_at", ScalarValue::Timestamp(NOON.0))
    });
}

/// Values beyond their bounds, and in another form than the one that they have.
fn bounds(cases: &mut Cases) {
    let anna = anna();
    let first = quote(1).key();
    let (_, said) = statement(&anna, 9, Purpose::Analysis, Decision::Given, &[1]);
    let said = serde_json::to_value(said).unwrap();
    let unlike = |change: &dyn Fn(&mut Value)| {
        let mut said = said.clone();
        change(&mut said);
        said.to_string()
    };
    for (name, json) in [
        (
            "a consent with a field of its own",
            unlike(&|said| said["note"] = "x".into()),
        ),
        (
            "a consent whose version is words",
            unlike(&|said| said["text"] = "twee woorden".into()),
        ),
        (
            "a consent whose language is no code",
            unlike(&|said| said["language"] = "NL".into()),
        ),
        (
            "a consent before 1970",
            unlike(&|said| said["at"] = (-1).into()),
        ),
        (
            "a consent by a person without hyphens",
            unlike(&|said| said["by"] = anna.user.key().into()),
        ),
    ] {
        cases.tampered(name, &|tx| {
            let consent = part(tx, "consent");
            tx.put(&consent, "00000000000000fe", json.as_str())
        });
    }
    cases.first("a conversation recorded before 1970", &|tx| {
        make_all_but(tx, &anna.user.key(), &["recorded_at"])?;
        let meta = part(tx, "meta");
        tx.put(&meta, "recorded_at", -1_i64)
    });
    cases.first("a person with hyphens", &|tx| {
        make_all_but(tx, &anna.user.to_string(), &[])
    });
    cases.tampered("an area that is no code", &|tx| {
        let meta = part(tx, "meta");
        tx.put(&meta, "area", "bij het plein")
    });
    cases.tampered("a place beyond the last quote", &|tx| {
        let quotes = part(tx, "quotes");
        let (_, quote) = automerge::ReadDoc::get(tx, &quotes, first.as_str())?.unwrap();
        tx.put(&quote, "position", 201_i64)
    });
    cases.tampered("a line with its time in another form", &|tx| {
        let tags = part(tx, "tags");
        let key = format!("{first}/wonen-1/{}", anna.user.key());
        tx.put(&tags, key, "proposed 01769250000000")
    });
}

fn edits(cases: &mut Cases) {
    let first = quote(1).key();
    cases.tampered("a quote whose words are a text", &|tx| {
        let quotes = part(tx, "quotes");
        let quote = tx.put_object(&quotes, cast::quote(8).key(), ObjType::Map)?;
        tx.put_object(&quote, "verbatim", ObjType::Text)?;
        Ok(())
    });
    cases.tampered("a quote under an id with hyphens", &|tx| {
        let quotes = part(tx, "quotes");
        tx.put_object(&quotes, cast::quote(8).to_string(), ObjType::Map)?;
        Ok(())
    });
    cases.tampered("a quote made a second time", &|tx| {
        let quotes = part(tx, "quotes");
        tx.put_object(&quotes, first.as_str(), ObjType::Map)?;
        Ok(())
    });
    cases.tampered("a field that a quote does not have", &|tx| {
        let quotes = part(tx, "quotes");
        let (_, quote) = automerge::ReadDoc::get(tx, &quotes, first.as_str())?.unwrap();
        tx.put(&quote, "speaker", "x")
    });
    cases.tampered("a quote that is deleted", &|tx| {
        let quotes = part(tx, "quotes");
        tx.delete(&quotes, first.as_str())
    });
    cases.tampered("a part that is replaced", &|tx| {
        tx.put_object(ROOT, "quotes", ObjType::Map)?;
        Ok(())
    });
    cases.tampered("another time of recording", &|tx| {
        let meta = part(tx, "meta");
        tx.put(&meta, "recorded_at", 1_i64)
    });
    cases.tampered("a time that is doubted later", &|tx| {
        let meta = part(tx, "meta");
        tx.put(&meta, "clock_doubtful", true)
    });
    cases.tampered("a language of 41 characters", &|tx| {
        let meta = part(tx, "meta");
        tx.put(&meta, "language", "n".repeat(41))
    });
    cases.tampered("a null character", &|tx| {
        let meta = part(tx, "meta");
        tx.put(&meta, "area", "F\0")
    });
    cases.tampered("a line of a quote that is not there", &|tx| {
        let tags = part(tx, "tags");
        let key = format!("{}/wonen-1/{}", cast::quote(8).key(), anna().user.key());
        tx.put(&tags, key, "proposed 1769250000000")
    });
    cases.tampered("a line in a colleague's name", &|tx| {
        let tags = part(tx, "tags");
        let key = format!("{first}/wonen-1/{}", bilal().user.key());
        tx.put(&tags, key, "proposed 1769250000000")
    });
    cases.tampered("a line with a stance that does not exist", &|tx| {
        let tags = part(tx, "tags");
        let key = format!("{first}/wonen-1/{}", anna().user.key());
        tx.put(&tags, key, "liked 1769250000000")
    });
    let given = cast::statement(1).to_string();
    cases.tampered("a consent that is rewritten", &|tx| {
        let consent = part(tx, "consent");
        tx.put(&consent, given.as_str(), "{}")
    });
    cases.tampered("a consent that is deleted", &|tx| {
        let consent = part(tx, "consent");
        tx.delete(&consent, given.as_str())
    });
    cases.tampered("a consent that is no statement", &|tx| {
        let consent = part(tx, "consent");
        tx.put(&consent, "00000000000000ff", "{}")
    });
}

fn made() -> Value {
    let anna = anna();
    let mut cases = Cases {
        base: Story::begin(&anna, &full(&anna)).document,
        told: Vec::new(),
    };
    honest(&mut cases);
    bytes_that_are_none(&mut cases);
    first_changes(&mut cases);
    edits(&mut cases);
    bounds(&mut cases);
    json!({
        "about": "What becomes of changes that somebody pushes to a conversation: `document` where it exists, else nothing",
        "document": hex(cases.base.save()),
        "cases": cases.told,
    })
}

#[test]
fn admission() {
    let kept = pinned("admission.json", &made());
    let document = bytes(&kept, "document");
    for case in list(&kept, "cases") {
        let exists = case["exists"].as_bool().unwrap();
        let author = Author {
            device: text(case, "device").parse().unwrap(),
            user: text(case, "user").parse().unwrap(),
            edits: case["edits"].as_bool().unwrap(),
        };
        assert_ne!(author.device, DeviceNumber::SERVER);
        let heads: Vec<Head> = list(case, "heads")
            .iter()
            .map(|head| Head(array(&json!({ "head": head }), "head")))
            .collect();
        let existing = exists.then_some(&document[..]);
        let outcome = judged(existing, &bytes(case, "changes"), &heads, &author);
        let (outcome, code) = named(&outcome);
        assert_eq!(outcome, text(case, "outcome"), "{}", text(case, "name"));
        assert_eq!(code, case["code"], "{}", text(case, "name"));
    }
}
