//! Pushes of one conversation, each as bad as the limits allow.

use koffiekar_sync_core::admission::{Admission, admit};
use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{Actor, Document, Head, NewConversation};
use koffiekar_sync_core::ids::{DeviceNumber, Millis, QuoteId, StatementId, UserId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::Author;
use koffiekar_tests::operations::{Key, MAKE_MAP, MAKE_TEXT, Name, Operation, Place, change};
use koffiekar_tests::seed::Numbers;
use uuid::Uuid;

use super::{Cost, cost};

const DEVICE: DeviceNumber = DeviceNumber(1);
const USER: UserId = UserId(Uuid::from_u128(1));
const START: Millis = Millis(1_769_250_000_000);

/// What somebody pushes to a stored document, or to none.
struct Pushed {
    existing: Option<Vec<u8>>,
    changes: Vec<u8>,
    heads: Vec<Head>,
}

fn actor(session: u8) -> Actor {
    Actor {
        device: DEVICE,
        session: [session; 8],
    }
}

fn judge(pushed: &Pushed) -> Result<Admission, String> {
    let author = Author {
        device: DEVICE,
        user: USER,
        edits: true,
    };
    let existing = pushed.existing.as_deref();
    admit(existing, &pushed.changes, &pushed.heads, &author, &[])
        .map_err(|refusal| format!("{refusal:?}"))
}

/// Parts of a document that `whole` begins or `base` holds, by the counter of what made them.
const NOTES: u64 = 6;
const QUOTES: u64 = 7;
const TAGS: u64 = 8;
const CONSENT: u64 = 9;
const FIRST: u64 = 10;

/// The operations that make a conversation.
fn whole() -> Vec<Operation> {
    let meta = Some((0, 2));
    vec![
        Operation::int(None, "schema", 1),
        Operation::make("meta", MAKE_MAP),
        Operation::int(meta, "recorded_at", START.0),
        Operation::put(meta, "recorded_by", &USER.key()),
        Operation::put(meta, "language", "nl"),
        Operation::make("notes", MAKE_TEXT),
        Operation::make("quotes", MAKE_MAP),
        Operation::make("tags", MAKE_MAP),
        Operation::make("consent", MAKE_MAP),
    ]
}

fn base() -> Document {
    let new = NewConversation {
        recorded_at: START,
        recorded_by: USER,
        language: "nl".to_owned(),
        area: None,
        notes: String::new(),
        quotes: Vec::new(),
        consent: Vec::new(),
        clock_doubtful: false,
    };
    Document::record(&new, actor(1)).unwrap()
}

/// A first change: the whole conversation, and these operations.
fn first(operations: Vec<Operation>) -> Pushed {
    let place = Place {
        actor: actor(2),
        seq: 1,
        start_op: 1,
        others: Vec::new(),
        behind: Vec::new(),
    };
    Pushed {
        existing: None,
        changes: change(&place, &[whole(), operations].concat()),
        heads: Vec::new(),
    }
}

/// Changes of a second actor upon a stored document whose parts the first one made.
fn later(document: &Document, from: u64, parts: Vec<Vec<Operation>>) -> Pushed {
    let mut behind = document.heads();
    let mut start_op = from;
    let mut changes = Vec::new();
    for (seq, operations) in (1..).zip(parts) {
        let place = Place {
            actor: actor(2),
            seq,
            start_op,
            others: vec![actor(1)],
            behind,
        };
        let chunk = change(&place, &operations);
        behind = vec![Head(sha2_of(&chunk))];
        start_op += operations.len() as u64;
        changes.extend(chunk);
    }
    Pushed {
        existing: Some(document.save()),
        changes,
        heads: Vec::new(),
    }
}

fn sha2_of(chunk: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(&chunk[8..]).into()
}

/// The last operation of what would be fine without it.
fn forbidden() -> Operation {
    Operation::put(None, "nonsense", "x")
}

fn typed(notes: Name, from: u64, count: usize) -> Vec<Operation> {
    let mut behind = Key::Head;
    (0..count as u64)
        .map(|at| {
            let behind = std::mem::replace(&mut behind, Key::Element((0, from + at)));
            Operation::character(notes, behind, 'a')
        })
        .collect()
}

/// Each character behind a random earlier one.
fn scattered(notes: Name, from: u64, count: usize) -> Vec<Operation> {
    let mut numbers = Numbers(5);
    (0..count)
        .map(|at| {
            let behind = match at {
                0 => Key::Head,
                _ => Key::Element((0, from + numbers.below(at) as u64)),
            };
            Operation::character(notes, behind, char::from(b'a' + (at % 26) as u8))
        })
        .collect()
}

fn quote(number: u64) -> String {
    QuoteId::new(START, Numbers(number).bytes()).key()
}

fn statement(supersedes: usize) -> String {
    let mut numbers = Numbers(8);
    let statement = Statement {
        purpose: Purpose::Analysis,
        decision: Decision::Given,
        text: "2026-1".to_owned(),
        language: "nl".to_owned(),
        at: START,
        by: USER,
        supersedes: (0..supersedes)
            .map(|_| StatementId(numbers.bytes()))
            .collect(),
        clock_doubtful: false,
    };
    serde_json::to_string(&statement).unwrap()
}

fn ending<T>(mut list: Vec<T>, last: T) -> Vec<T> {
    list.push(last);
    list
}

fn deletes(count: u64, of: u64) -> Vec<Operation> {
    (0..count)
        .map(|at| Operation::delete((1, NOTES), (1, of + at)))
        .collect()
}

pub(super) fn all() -> Vec<Cost> {
    let base = base();
    let notes = limits::NOTES_CHARS;
    // A deletion counts twice.
    let most = usize::try_from(limits::CHANGE_OPERATIONS).unwrap() / 2 - 100;
    let chunks = usize::try_from(limits::ITEM_OPERATIONS).unwrap() / most / 2;
    let mut cases: Vec<(&str, Pushed)> = vec![
        (
            "notes as long as may be, then what is forbidden",
            first(ending(typed((0, NOTES), FIRST, notes), forbidden())),
        ),
        (
            "notes as long as may be",
            first(typed((0, NOTES), FIRST, notes)),
        ),
        (
            "notes in a wild order, then what is forbidden",
            first(ending(scattered((0, NOTES), FIRST, notes), forbidden())),
        ),
        (
            "notes in a wild order",
            first(scattered((0, NOTES), FIRST, notes)),
        ),
        (
            "notes behind what is not there",
            first(ending(
                typed((0, NOTES), FIRST, notes - 1),
                Operation::character((0, NOTES), Key::Element((0, 9_000_000)), 'a'),
            )),
        ),
        (
            "notes behind a part that is no character",
            first(ending(
                typed((0, NOTES), FIRST, notes - 1),
                Operation::character((0, NOTES), Key::Element((0, CONSENT)), 'a'),
            )),
        ),
        (
            "as many operations as may be, all deleting what is not there",
            later(
                &base,
                FIRST,
                (0..chunks)
                    .map(|_| deletes(most as u64, 5_000_000))
                    .collect(),
            ),
        ),
        (
            "as many operations as may be, deleting one character again and again",
            later(
                &base,
                FIRST,
                ending(
                    (0..chunks)
                        .map(|_| vec![Operation::delete((1, NOTES), (1, 5_000_000)); most])
                        .collect(),
                    vec![forbidden()],
                ),
            ),
        ),
    ];
    cases.push(("written and deleted until the limit", {
        let half = 2 * most / 3;
        let mut from = FIRST;
        let mut parts = Vec::new();
        while parts.len() < chunks {
            let mut part = typed((1, NOTES), from, half);
            part.extend((0..half as u64).map(|at| Operation::delete((1, NOTES), (0, from + at))));
            from += part.len() as u64;
            parts.push(part);
        }
        later(&base, FIRST, parts)
    }));
    let tag = |number: usize| format!("{}/wonen-{}/{}", quote(1), number, USER.key());
    let tagged = |operation: usize| {
        Operation::put(Some((0, TAGS)), &tag(operation), "proposed 1769250000000")
    };
    let one_quote = {
        let mut make = Operation::make(&quote(1), MAKE_MAP);
        make.object = Some((0, QUOTES));
        make
    };
    let tags: Vec<Operation> = (0..limits::TAGS).map(tagged).collect();
    let with_quote =
        |operations: Vec<Operation>| first([vec![one_quote.clone()], operations].concat());
    cases.push(("as many tags as may be", with_quote(tags.clone())));
    cases.push((
        "too many tags",
        with_quote(ending(tags, tagged(limits::TAGS))),
    ));
    let over = |at: u64| Operation {
        predecessors: vec![(0, at)],
        ..tagged(0)
    };
    let written_over: Vec<Operation> = (0..15_000).map(|at| over(FIRST + 1 + at)).collect();
    cases.push((
        "one tag written over and over, then what is forbidden",
        with_quote(ending(
            [vec![tagged(0)], written_over].concat(),
            forbidden(),
        )),
    ));
    let words = "een woord en nog een ".repeat(240);
    let quotes: Vec<Operation> = (0..limits::CHANGE_BYTES / 5_100 - 1)
        .flat_map(|number| {
            let made = FIRST + 2 * number as u64;
            let mut make = Operation::make(&quote(10 + number as u64), MAKE_MAP);
            make.object = Some((0, QUOTES));
            [
                make,
                Operation::put(Some((0, made)), "verbatim", &words[..4_990]),
            ]
        })
        .collect();
    cases.push((
        "quotes as long as may be, then what is forbidden",
        first(ending(quotes.clone(), forbidden())),
    ));
    cases.push(("quotes as long as may be", first(quotes)));
    for (name, supersedes) in [
        ("statements that name as many as may be", limits::STATEMENTS),
        ("a statement that names far too many", 24_000),
    ] {
        let json = statement(supersedes);
        let count = (limits::CHANGE_BYTES - 10_000) / (json.len() + 40);
        let statements: Vec<Operation> = (0..count.clamp(1, limits::STATEMENTS))
            .map(|number| {
                let id = StatementId(Numbers(number as u64).bytes()).to_string();
                Operation::put(Some((0, CONSENT)), &id, &json)
            })
            .collect();
        cases.push((name, first(ending(statements, forbidden()))));
    }
    cases.push((
        "as many changes as may be, the last of them forbidden",
        later(
            &base,
            FIRST,
            ending(
                (1..limits::CHANGES)
                    .map(|_| vec![Operation::put(Some((1, 2)), "language", "nl")])
                    .collect(),
                vec![forbidden(), Operation::put(Some((1, 2)), "language", "nl")],
            ),
        ),
    ));
    cases.push((
        "as many changes as may be",
        later(
            &base,
            FIRST,
            (0..limits::CHANGES)
                .map(|_| vec![Operation::put(Some((1, 2)), "language", "nl")])
                .collect(),
        ),
    ));
    cases.push(("behind as many changes as may be, again and again", {
        let behind: Vec<Head> = (0..limits::CHANGES as u64)
            .map(|n| Head(Numbers(n).bytes()))
            .collect();
        let place = Place {
            actor: actor(2),
            seq: 1,
            start_op: FIRST,
            others: vec![actor(1)],
            behind,
        };
        let one = change(&place, &[Operation::put(Some((1, 2)), "language", "nl")]);
        Pushed {
            existing: Some(base.save()),
            changes: one.repeat(limits::ITEM_BYTES / one.len()),
            heads: Vec::new(),
        }
    }));
    let mut costs: Vec<Cost> = cases
        .iter()
        .map(|(name, pushed)| cost(name, || judge(pushed)))
        .collect();
    costs.extend(upon_much(&base));
    costs
}

/// A conversation that somebody made as large as may be, and what a small push to it costs.
fn upon_much(base: &Document) -> Vec<Cost> {
    let half = usize::try_from(limits::CHANGE_OPERATIONS).unwrap() / 3 - 50;
    let mut document = base.save();
    let mut from = FIRST;
    let mut seq = 1;
    let mut behind = base.heads();
    let mut costs = Vec::new();
    loop {
        let mut part = typed((1, NOTES), from, half);
        part.extend((0..half as u64).map(|at| Operation::delete((1, NOTES), (0, from + at))));
        let place = Place {
            actor: actor(2),
            seq,
            start_op: from,
            others: vec![actor(1)],
            behind: behind.clone(),
        };
        let pushed = Pushed {
            existing: Some(document.clone()),
            changes: change(&place, &part),
            heads: Vec::new(),
        };
        let grown = cost(&format!("{seq}. times written and deleted"), || {
            judge(&pushed)
        });
        let refused = grown.refused.is_some();
        costs.push(grown);
        if refused || seq == 24 {
            break;
        }
        let Ok(Admission::Merged(merged)) = judge(&pushed) else {
            break;
        };
        document = merged.bytes;
        behind = merged.heads;
        from += part.len() as u64;
        seq += 1;
    }
    eprintln!("it is {} kB then", document.len() / 1000);
    let small = |operation: Operation| Pushed {
        existing: Some(document.clone()),
        changes: change(
            &Place {
                actor: actor(3),
                seq: 1,
                start_op: from,
                others: vec![actor(1)],
                behind: behind.clone(),
            },
            &[operation],
        ),
        heads: Vec::new(),
    };
    let forbidden = small(Operation::put(Some((1, 2)), "nonsense", "x"));
    let allowed = small(Operation::put(Some((1, 2)), "language", "nl"));
    costs.push(cost("what is forbidden, upon much", || judge(&forbidden)));
    costs.push(cost("a small edit, upon much", || judge(&allowed)));
    costs
}
