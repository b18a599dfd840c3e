//! The successor of a conversation, without a quote that was erased: nothing of that is in it, all else
//! is, and two that were made of different states come together.

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::conversation::{Command, Conversation, Document, NewQuote, Wording};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, QuoteId};
use koffiekar_sync_core::policy::Author;
use koffiekar_tests::chunks::{handmade, make_all_but, part};
use proptest::prelude::*;
use uuid::Uuid;

use super::history::{History, START, World, anything, history, user};
use super::hold;

const WORDS: &str = "gezegdenuitgewist";

fn old() -> ConversationId {
    ConversationId::new(START, [3; 10])
}

/// People edit a conversation of which the first quote is erased afterwards.
fn world(people: usize, deeds: &History) -> (World, BTreeSet<QuoteId>) {
    let mut world = World::new(people, 7);
    let quote = world.copies[0].read().quotes[0].id;
    let verbatim = WORDS.to_owned();
    world.copies[0].do_it(&Command::CorrectWording { quote, verbatim }, START);
    go_on(&mut world, deeds);
    (world, BTreeSet::from([quote]))
}

fn go_on(world: &mut World, deeds: &History) {
    let people = world.copies.len();
    for (who, deed) in deeds {
        world.live(who % people, deed);
    }
}

/// All that anybody did.
fn all(world: &World) -> Document {
    let mut all = world.copies[0].document.clone();
    for copy in &world.copies {
        all.merge(&copy.document).unwrap();
    }
    all
}

fn succeed(document: &Document, erased: &BTreeSet<QuoteId>) -> Document {
    let id = old().successor(erased, 0);
    document.successor(id, erased, false).unwrap()
}

/// As it is read, without what was said of quotes that are not there.
fn without(document: &Document, erased: &BTreeSet<QuoteId>) -> Conversation {
    let mut read = document.read().unwrap();
    read.quotes.retain(|quote| !erased.contains(&quote.id));
    let mut tags = koffiekar_sync_core::conversation::Tags::default();
    for (key, said) in read.tags.statements() {
        if read.quote(key.quote).is_some() {
            tags.insert(key.clone(), *said);
        }
    }
    read.tags = tags;
    read
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn an_id_is_a_valid_one_and_follows_from_what_was_erased() {
    let quotes = |numbers: &[u128]| -> BTreeSet<QuoteId> {
        let ids = numbers
            .iter()
            .map(|number| QuoteId(Uuid::from_u128(*number)));
        ids.collect()
    };
    let one = old().successor(&quotes(&[1, 2]), 0);
    assert_eq!(one, old().successor(&quotes(&[2, 1]), 0));
    assert_eq!(
        (one.0.get_version_num(), one.0.get_variant()),
        (8, uuid::Variant::RFC4122)
    );
    assert_eq!(
        one.as_bytes()[..6],
        old().as_bytes()[..6],
        "sorts by the time of the old one"
    );
    let others = [
        old().successor(&quotes(&[1]), 0),
        old().successor(&quotes(&[1, 2]), 1),
        one.successor(&quotes(&[1, 2]), 0),
        old(),
    ];
    assert!(!others.contains(&one));
}

#[test]
fn nothing_of_what_was_erased_is_in_it_and_all_else_is() {
    hold(100, history(anything(), 40), |(people, deeds)| {
        let (world, erased) = world(people, &deeds);
        let before = all(&world);
        let after = succeed(&before, &erased);
        prop_assert_eq!(after.read().unwrap(), without(&before, &erased));
        let bytes = [after.save(), after.changes_since(&[])].concat();
        prop_assert!(!holds(&bytes, WORDS));
        for quote in &erased {
            prop_assert!(!holds(&bytes, &quote.key()));
        }
        prop_assert_eq!(after.heads().len(), 1);
        // It follows from the conversation, not from who rebuilds it or when.
        let again = succeed(&Document::load(&before.save()).unwrap(), &erased);
        prop_assert_eq!(again.save(), after.save());
        // A tablet brings it back to a server that lost it, by what the server signed.
        let nobody = Author {
            device: DeviceNumber(99),
            user: user(0),
            edits: false,
        };
        let heads = after.heads();
        let brought = admit(None, &after.changes_since(&[]), &heads, &nobody, &heads);
        let Ok(Admission::Merged(brought)) = brought else {
            panic!("{brought:?}");
        };
        prop_assert_eq!(brought.heads, after.heads());
        Ok(())
    });
}

#[test]
fn people_go_on_with_it() {
    let story = (history(anything(), 20), history(anything(), 20));
    hold(60, story, |((people, before), (_, deeds))| {
        let (mut world, erased) = world(people, &before);
        let successor = succeed(&all(&world), &erased);
        let authors: Vec<Author> = world
            .copies
            .iter()
            .map(|copy| Author {
                device: copy.actor.device,
                user: copy.user,
                edits: true,
            })
            .collect();
        world.begin_with(&successor);
        go_on(&mut world, &deeds);
        let mut stored = successor.save();
        for (copy, author) in world.copies.iter().zip(&authors) {
            // What others made, it has from the server.
            let mut document = Document::load(&stored).unwrap();
            let others = world.copies.iter().filter(|other| other.user != copy.user);
            others.for_each(|other| document.merge(&other.document).unwrap());
            let own = copy.document.changes_since(&document.heads());
            if own.is_empty() {
                continue;
            }
            let admission = admit(Some(&document.save()), &own, &[], author, &[]);
            match admission {
                Ok(Admission::Merged(merged)) => stored = merged.bytes,
                Ok(Admission::Unchanged { .. }) => {}
                Err(refusal) => panic!("{refusal}"),
            }
        }
        Ok(())
    });
}

#[test]
fn two_that_were_made_of_different_states_come_together() {
    let story = (history(anything(), 20), history(anything(), 20));
    hold(100, story, |((people, before), (_, since))| {
        let (mut world, erased) = world(people, &before);
        let earlier = all(&world);
        go_on(&mut world, &since);
        let later = all(&world);
        let (one, other) = (succeed(&earlier, &erased), succeed(&later, &erased));
        let mut both = one.clone();
        both.merge(&other).unwrap();
        let mut otherwise = other.clone();
        otherwise.merge(&one).unwrap();
        prop_assert_eq!(both.heads(), otherwise.heads());
        let both = Document::load(&both.save()).unwrap();

        let (earlier, later) = (one.read().unwrap(), other.read().unwrap());
        let merged = both.read().unwrap();
        // What was taken away since does not come back.
        let ids = |read: &Conversation| -> BTreeSet<QuoteId> {
            read.quotes.iter().map(|quote| quote.id).collect()
        };
        prop_assert_eq!(ids(&merged), ids(&later));
        prop_assert_eq!(merged.quotes.len(), later.quotes.len());
        for quote in &merged.quotes {
            let words = |read: &Conversation| -> BTreeSet<String> {
                let all = read
                    .quote(quote.id)
                    .map(|quote| quote.wording.all().to_vec());
                all.unwrap_or_default().into_iter().collect()
            };
            let mut stand = words(&earlier);
            stand.extend(words(&later));
            let stand: Vec<String> = stand.into_iter().collect();
            prop_assert_eq!(quote.wording.all(), &stand[..]);
            prop_assert_eq!(quote.wording.is_conflict(), stand.len() > 1);
        }
        if earlier.notes == later.notes {
            prop_assert_eq!(&merged.notes, &later.notes);
        }
        let mut said = earlier.consent.statements().clone();
        said.extend(later.consent.statements().clone());
        prop_assert_eq!(merged.consent.statements(), &said);
        let about = without(&both, &BTreeSet::new()).tags;
        prop_assert!(
            later
                .tags
                .statements()
                .keys()
                .all(|key| about.statements().contains_key(key))
        );
        // Erasing once more goes on from there.
        if let Some(quote) = merged.quotes.first() {
            let next = BTreeSet::from([quote.id]);
            let id = old().successor(&erased, 0).successor(&next, 0);
            let last = both.successor(id, &next, false).unwrap();
            prop_assert_eq!(last.read().unwrap(), without(&both, &next));
        }
        Ok(())
    });
}

/// The largest conversation that there may be still has a successor that every part takes.
#[test]
fn the_largest_has_one_as_well() {
    let mut world = World::new(2, 7);
    for number in 1..200_u128 {
        let quote = NewQuote {
            id: QuoteId(Uuid::from_u128(number)),
            verbatim: format!("{number}").repeat(100),
            language: None,
            lines: ["wonen-1", "jeugd-2"]
                .map(|line| line.parse().unwrap())
                .to_vec(),
        };
        world.copies[0].do_it(&Command::AddQuote(quote), START);
    }
    let other = world.copies[0].document.clone();
    world.copies[1].document.merge(&other).unwrap();
    for copy in &mut world.copies {
        for number in 1..200_u128 {
            let quote = QuoteId(Uuid::from_u128(number));
            let verbatim = format!("{number} {:?}", copy.user);
            copy.do_it(&Command::CorrectWording { quote, verbatim }, START);
        }
    }
    let erased = BTreeSet::from([QuoteId(Uuid::from_u128(100))]);
    let successor = succeed(&all(&world), &erased);
    let read = successor.read().unwrap();
    assert_eq!(read.quotes.len(), 199);
    let two = |quote: &koffiekar_sync_core::conversation::Quote| matches!(&quote.wording, Wording::Conflict(words) if words.len() == 2);
    assert_eq!(read.quotes.iter().filter(|quote| two(quote)).count(), 198);
}

/// A document from before unknown fields, other forms and wild values were refused.
fn from_before(extra: &str) -> Document {
    let world = World::new(1, 7);
    let copy = &world.copies[0];
    let by = copy.user;
    let (changes, _) = handmade(copy.actor, |tx| {
        make_all_but(tx, &by.to_string(), &["recorded_at", "language"])?;
        let meta = part(tx, "meta");
        tx.put(&meta, "recorded_at", i64::MIN)?;
        tx.put(&meta, "language", extra)?;
        tx.put(&meta, "area", extra)?;
        let quotes = part(tx, "quotes");
        for number in [1, 2_u128] {
            let key = QuoteId(Uuid::from_u128(number)).key();
            let quote = tx.put_object(&quotes, key, automerge::ObjType::Map)?;
            tx.put(&quote, "verbatim", format!("woorden {number}"))?;
            tx.put(&quote, "position", i64::MAX)?;
            tx.put(&quote, "language", extra)?;
        }
        let consent = part(tx, "consent");
        let said = |decision: &str, supersedes: &[&str]| {
            serde_json::json!({
                "purpose": "analysis", "decision": decision, "text": extra, "language": extra,
                "at": i64::MIN, "by": by.to_string().to_uppercase(), "supersedes": supersedes,
                "story": extra,
            })
        };
        tx.put(&consent, "00000000000000aa", said("given", &[]).to_string())?;
        let withdrawn = said("withdrawn", &["00000000000000AA"]).to_string();
        tx.put(&consent, "00000000000000ab", withdrawn)
    });
    Document::load(&changes).unwrap()
}

#[test]
fn what_was_taken_in_before_it_had_bounds_is_read_and_succeeded_without_the_rest() {
    let words = "woorden die nergens horen";
    let before = from_before(words);
    let read = before.read().unwrap();
    assert_eq!(
        read.consent.statements().len(),
        2,
        "a withdrawal is still one"
    );
    assert!(read.consent.allowed().is_empty());
    let erased = BTreeSet::from([QuoteId(Uuid::from_u128(1))]);
    let after = succeed(&before, &erased);
    let bytes = [after.save(), after.changes_since(&[])].concat();
    assert!(!holds(&bytes, words), "in a field that nobody knows");
    let read = after.read().unwrap();
    assert_eq!(read.quotes.len(), 1);
    assert!(read.recorded_at.is_recordable());
    let statements = read.consent.statements();
    assert_eq!(statements.len(), 2);
    assert!(statements.values().all(|said| said.is_bounded()));
    assert!(read.consent.allowed().is_empty());
    // Whoever edits it goes on as with any other.
    let mut edited = after.clone();
    let world = World::new(1, 7);
    let copy = &world.copies[0];
    let author = Author {
        device: copy.actor.device,
        user: copy.user,
        edits: false,
    };
    let area = Some("FB03".to_owned());
    let change = edited.execute(&Command::SetArea { area }, copy.actor, copy.user, START);
    let admitted = admit(Some(&after.save()), &change.unwrap(), &[], &author, &[]);
    assert!(matches!(admitted, Ok(Admission::Merged(_))), "{admitted:?}");
}
