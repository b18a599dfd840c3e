//! Real documents and messages, always the same ones: where fuzzing begins.

use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::{
    Actor, Command, Document, NewConversation, NewQuote, NotesEdit, Splice, Stance,
};
use koffiekar_sync_core::ids::{DeviceNumber, Millis, QuoteId, UserId};
use koffiekar_sync_core::rescue;
use koffiekar_sync_core::wire::Envelope;
use minicbor::bytes::ByteVec;
use uuid::Uuid;

use super::admit::{PUSHER, kind, options};
use super::change::bodies;
use super::script::{self, Piece};
use super::{replica, wire};
use crate::messages;
use crate::seed::{self, Numbers};

pub const START: Millis = Millis(1_769_250_000_000);

pub fn user(device: DeviceNumber) -> UserId {
    UserId(Uuid::from_u128(u128::from(device.0)))
}

pub fn actor(device: DeviceNumber) -> Actor {
    Actor {
        device,
        session: [device.0.to_le_bytes()[0]; 8],
    }
}

fn recorded(seed: u64, quotes: usize) -> Document {
    let new = new(seed, quotes);
    Document::record(&new, actor(PUSHER)).unwrap()
}

pub fn new(seed: u64, quotes: usize) -> NewConversation {
    let mut new = seed::conversation(&mut Numbers(seed), user(PUSHER), START, quotes);
    if let Some(first) = new.quotes.first_mut() {
        first.lines = vec!["wonen-1".parse().unwrap(), "none".parse().unwrap()];
        first.language = Some("tr".to_owned());
    }
    new
}

/// One person's, as it was recorded.
pub fn small() -> Document {
    recorded(1, 2)
}

/// Three tablets wrote it without knowing of each other, and wrote the same places.
pub fn contested() -> Document {
    let mut document = recorded(2, 3);
    let base = document.clone();
    for device in [1, 2, 3].map(DeviceNumber) {
        let mut copy = base.clone();
        for command in commands(&base, device.0) {
            let by = user(device);
            let mut author = actor(device);
            author.session = [0xab; 8];
            copy.execute(&command, author, by, START).unwrap();
        }
        document.merge(&copy).unwrap();
    }
    document
}

/// With many quotes and long notes.
pub fn long() -> Document {
    let mut document = recorded(3, 12);
    let insert = "Buiten was het koud. ".repeat(12);
    let notes = Command::EditNotes(NotesEdit {
        seen: document.heads(),
        splices: vec![Splice {
            at: 5,
            delete: 3,
            insert,
        }],
    });
    let by = user(DeviceNumber(2));
    document
        .execute(&notes, actor(DeviceNumber(2)), by, START)
        .unwrap();
    document
}

/// Every kind of edit once.
pub fn commands(document: &Document, seed: u64) -> Vec<Command> {
    let mut numbers = Numbers(seed);
    let conversation = document.read().unwrap();
    let quotes: Vec<QuoteId> = conversation.quotes.iter().map(|quote| quote.id).collect();
    let answered = |decision| {
        let purpose = Purpose::AnonymousPublication;
        let (id, mut statement) = seed::statement(
            &mut Numbers(seed + 9),
            purpose,
            decision,
            user(DeviceNumber(seed)),
            START,
        );
        statement.supersedes = conversation.consent.standing(purpose);
        Command::Consent(vec![(id, statement)])
    };
    let mut commands = vec![
        Command::AddQuote(NewQuote {
            id: QuoteId::new(START, numbers.bytes()),
            verbatim: "Duvarlar ıslak, 😀 kimse bakmıyor.".to_owned(),
            language: Some("tr".to_owned()),
            lines: vec!["jeugd-2".parse().unwrap()],
        }),
        Command::EditNotes(NotesEdit {
            seen: document.heads(),
            splices: vec![
                Splice {
                    at: 2,
                    delete: 2,
                    insert: "الإنارة".to_owned(),
                },
                Splice {
                    at: 6,
                    delete: 0,
                    insert: "later".to_owned(),
                },
            ],
        }),
        Command::SetArea {
            area: (seed != 2).then(|| "FB08".to_owned()),
        },
        Command::SetLanguage {
            language: ["nl", "tr", "ar"][usize::try_from(seed).unwrap() % 3].to_owned(),
        },
        answered(if seed == 2 {
            Decision::Withdrawn
        } else {
            Decision::Given
        }),
    ];
    if let [first, second, ..] = quotes[..] {
        commands.push(Command::CorrectWording {
            quote: first,
            verbatim: format!("Zo zei hij het, volgens {seed}."),
        });
        commands.push(Command::Tag {
            quote: first,
            line: "veiligheid-1".parse().unwrap(),
            stance: Stance::Proposed,
        });
        commands.push(Command::RemoveQuote { quote: second });
    }
    commands
}

/// One of everything, with a few numbers each.
pub fn wire() -> Vec<Vec<u8>> {
    let of = |kind: u8, bytes: Vec<u8>| [vec![kind], bytes].concat();
    let mut seeds = Vec::new();
    for number in 0..6 {
        let mut numbers = Numbers(number);
        let request = messages::request(&mut numbers);
        let plain = minicbor::to_vec(&request).unwrap();
        let key = messages::key();
        let envelope = Envelope::seal(&request, PUSHER, &key, START, numbers.bytes());
        seeds.push(of(wire::kind::REQUEST, plain.clone()));
        seeds.push(of(wire::kind::BODY, wire::zipped(&plain)));
        seeds.push(of(wire::kind::ENVELOPE, envelope.to_bytes()));
        for voucher in &request.vouchers {
            let voucher = minicbor::to_vec(voucher).unwrap();
            seeds.push(of(wire::kind::VOUCHER, voucher));
        }
        let answer = minicbor::to_vec(messages::answer(&mut numbers)).unwrap();
        seeds.push(of(wire::kind::ANSWER, answer));
        let receipt = minicbor::to_vec(messages::receipt(&mut numbers)).unwrap();
        seeds.push(of(wire::kind::RECEIPT, receipt));
    }
    let mut replica = replica::tablet();
    let file = replica
        .rescue(&wire::office().seal_key(), [4; 32], START)
        .file;
    let envelopes = rescue::open(&file, &wire::office()).unwrap();
    let envelopes: Vec<ByteVec> = envelopes.iter().map(|e| e.to_bytes().into()).collect();
    seeds.push(of(wire::kind::RESCUE, minicbor::to_vec(envelopes).unwrap()));
    seeds.push(of(wire::kind::RESCUE_FILE, file));
    seeds.push(of(wire::kind::IDENTITY, replica.identity().to_bytes()));
    seeds.push(of(wire::kind::STATE, replica.state()));
    replica::honest(&mut replica, START);
    seeds.push(of(wire::kind::STATE, replica.state()));
    for (_, held) in replica.conversations() {
        seeds.push(of(wire::kind::HELD, held.to_bytes()));
    }
    seeds
}

/// Answers of an honest server and of others, and what a worker does between them.
pub fn replica() -> Vec<Vec<u8>> {
    use replica::{HONEST, NEWS, deed, kind};
    let piece = |kind: u8, bytes: &[u8]| Piece {
        kind,
        bytes: bytes.to_vec(),
    };
    let honest = piece(kind::HONEST, &[HONEST]);
    let news = piece(kind::HONEST, &[HONEST | NEWS]);
    let mut seeds = vec![
        script::write(std::slice::from_ref(&honest)),
        script::write(&[news.clone(), honest.clone()]),
    ];
    for deed in 0..deed::COUNT {
        let done = piece(kind::DEED, &[deed, 1]);
        let script = [
            done.clone(),
            news.clone(),
            done.clone(),
            honest.clone(),
            done,
            honest.clone(),
        ];
        seeds.push(script::write(&script));
    }
    for number in 0..24 {
        let mut numbers = Numbers(number);
        let mut answer = messages::answer(&mut numbers);
        replica::name_what_is_there(&mut answer, &mut numbers);
        let answer = minicbor::to_vec(answer).unwrap();
        let edit = piece(kind::DEED, &[deed::EDIT, numbers.bytes::<1>()[0]]);
        let kind = if number % 4 == 0 {
            kind::PLAIN
        } else {
            kind::SIGNED
        };
        let mut script = vec![edit.clone(), piece(kind, &answer), edit, honest.clone()];
        if number % 2 == 0 {
            script.insert(0, news.clone());
        }
        seeds.push(script::write(&script));
    }
    seeds
}

/// A colleague's change that the server lost, and one's own behind it.
fn vouched(start: &Document, options: Piece) -> Vec<u8> {
    let mut document = start.clone();
    let mut pieces = vec![options];
    for (device, command) in [2, 1].map(DeviceNumber).into_iter().zip(commands(start, 2)) {
        let mut author = actor(device);
        author.session = [0xef; 8];
        let change = document.execute(&command, author, user(device), START);
        let bodies = bodies(&change.unwrap());
        pieces.extend(bodies.into_iter().map(|bytes| Piece {
            kind: kind::BODY,
            bytes,
        }));
    }
    script::write(&pieces)
}

/// Honest pushes: of a new conversation in one piece, of one edit after the other, of all at once.
pub fn admit() -> Vec<Vec<u8>> {
    let options = |stored: u8| Piece {
        kind: kind::OPTIONS,
        bytes: vec![stored | options::EDITS | options::CLAIMS_HEADS],
    };
    let body = |bytes: &Vec<u8>| Piece {
        kind: kind::BODY,
        bytes: bytes.clone(),
    };
    let next = Piece {
        kind: kind::NEXT_PUSH,
        bytes: Vec::new(),
    };
    let mut seeds = Vec::new();
    for (stored, start) in [recorded(1, 2), small(), contested(), long()]
        .into_iter()
        .enumerate()
    {
        let stored = u8::try_from(stored).unwrap();
        let mut document = start.clone();
        let mut author = actor(PUSHER);
        author.session = [0xcd; 8];
        let mut edits = Vec::new();
        for command in commands(&start, PUSHER.0) {
            let change = document.execute(&command, author, user(PUSHER), START);
            edits.extend(bodies(&change.unwrap()));
        }
        if stored == 0 {
            for quotes in [0, 1, 12] {
                let new = recorded(4, quotes).changes_since(&[]);
                let mut pieces = vec![options(0)];
                pieces.extend(bodies(&new).iter().map(body));
                seeds.push(script::write(&pieces));
            }
            let first = bodies(&start.changes_since(&[]));
            edits.splice(0..0, first);
        }
        let mut at_once = vec![options(stored)];
        at_once.extend(edits.iter().map(body));
        seeds.push(script::write(&at_once));
        let mut one_by_one = vec![options(stored)];
        for edit in &edits {
            one_by_one.extend([body(edit), next.clone()]);
        }
        seeds.push(script::write(&one_by_one));
        if stored != 0 {
            seeds.push(vouched(&start, options(stored | options::VOUCHED)));
            for edit in &edits {
                // Each would be the first of its actor only where it is the first.
                let pieces = [options(stored), body(edit)];
                seeds.push(script::write(&pieces));
            }
        }
    }
    seeds
}
