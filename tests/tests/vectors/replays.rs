//! `replays.json`: an edit that is done again by another actor, and what a server says of it that has
//! the edit in one form or the other.

use automerge::ReadDoc;
use automerge::transaction::{CommitOptions, Transactable};
use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::conversation::{Actor, Command, Document, Head};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::policy::Author;
use koffiekar_tests::chunks::{part, tampered_with};
use serde_json::{Value, json};

use super::cast::{NOON, Person, anna, counting, quote};
use super::documents::{Story, full, heads};
use super::{array, bytes, hex, list, pinned, text};

/// Anna, who signed in anew: another device number, and so other actors.
fn anna_anew() -> Person {
    Person {
        device: DeviceNumber(0x0fed_cba9_8765_4321),
        session: counting(0x66),
        ..anna()
    }
}

const WORDS: &str = "Het licht is stuk.";

/// The correction once more, as the document says: its old time, and the hash of what it was first.
fn again(base: &Document, actor: Actor, first: Head) -> (Vec<u8>, Vec<Head>) {
    let options = CommitOptions::default()
        .with_time(NOON.0 / 1_000)
        .with_message(first.to_string());
    tampered_with(base, actor, options, |tx| {
        let quotes = part(tx, "quotes");
        let (_, quote) = tx.get(&quotes, quote(1).key())?.unwrap();
        tx.put(&quote, "verbatim", WORDS)
    })
}

fn outcome(existing: &[u8], pushed: &[u8], by: &Author) -> &'static str {
    match admit(Some(existing), pushed, &[], by, &[]) {
        Ok(Admission::Merged(_)) => "stored",
        Ok(Admission::Unchanged { .. }) => "unchanged",
        Err(_) => "actor_reused",
    }
}

fn author() -> Author {
    let anew = anna_anew();
    Author {
        device: anew.device,
        user: anew.user,
        edits: false,
    }
}

fn made() -> Value {
    let (anna, anew) = (anna(), anna_anew());
    let base = Story::begin(&anna, &full(&anna)).document;
    let correct = Command::CorrectWording {
        quote: quote(1),
        verbatim: WORDS.to_owned(),
    };
    let mut edited = base.clone();
    let first = edited
        .execute(&correct, anna.actor(), anna.user, NOON)
        .unwrap();
    let origin = edited.heads()[0];
    let (chunk, after) = again(&base, anew.actor(), origin);
    let case = |name: &str, existing: &Document| {
        json!({
            "name": name,
            "document": hex(existing.save()),
            "outcome": outcome(&existing.save(), &chunk, &author()),
        })
    };
    let mut with_again = base.clone();
    with_again
        .merge(&Document::load(&[base.save(), chunk.clone()].concat()).unwrap())
        .unwrap();
    json!({
        "about": "A correction that Anna made, and the same done again after she signed in anew; then, for each state of the server's document, what becomes of a push of it",
        "document": hex(base.save()),
        "device": anna.device.to_string(),
        "device_anew": anew.device.to_string(),
        "user": anew.user.to_string(),
        "first": { "chunk": hex(&first), "hash": hex(origin.0) },
        "again": { "chunk": hex(&chunk), "message": origin.to_string(), "heads": heads(&after) },
        "pushes": [
            case("the server has neither", &base),
            case("the server has it as it was first", &edited),
            case("the server has it as it was done again", &with_again),
        ],
    })
}

#[test]
fn replays() {
    let kept = pinned("replays.json", &made());
    let again = bytes(&kept["again"], "chunk");
    let change = automerge::Change::from_bytes(again.clone()).unwrap();
    let message = change.message();
    assert_eq!(
        message.map(AsRef::as_ref),
        Some(text(&kept["first"], "hash"))
    );
    assert_eq!(array::<32>(&kept["first"], "hash"), {
        let first = automerge::Change::from_bytes(bytes(&kept["first"], "chunk")).unwrap();
        first.hash().0
    });
    let outcomes: Vec<&str> = list(&kept, "pushes")
        .iter()
        .map(|push| {
            let outcome = outcome(&bytes(push, "document"), &again, &author());
            assert_eq!(outcome, text(push, "outcome"), "{}", text(push, "name"));
            outcome
        })
        .collect();
    assert_eq!(outcomes, ["stored", "actor_reused", "unchanged"]);
}
