//! Answers on a tablet, where nothing may panic: the browser's code cannot unwind, and what was kept
//! would bring the app down again at every start.
//!
//! A script is what happens to one tablet that holds a few conversations: answers of an honest
//! server, answers that nobody should send, and what its worker does between them. Answers are
//! packed, and where the script says so their receipt names this request and is signed.
//!
//! Documents in the feed come with Automerge's own checksum. Where it does not match they are
//! refused; a server that computes it over garbage is outside of what a tablet can withstand.

use std::sync::LazyLock;

use koffiekar_sync_core::conversation::{Command, Document, Head, NotesEdit, Splice};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, RoundId, UserId};
use koffiekar_sync_core::office::Problem;
use koffiekar_sync_core::receipt::{KeyId, Receipt, ReceiptLine, SignedReceipt};
use koffiekar_sync_core::replica::{Budget, Identity, Replica};
use koffiekar_sync_core::sealed::OpenKey;
use koffiekar_sync_core::wire::{
    Answer, Compared, Envelope, Epoch, FeedPage, Fingerprint, News, Outcome, Request,
};
use uuid::Uuid;

use super::admit::{PUSHER, STORED};
use super::seeds::{self, START, user};
use super::{Gauge, script, weigh, wire};
use crate::chunks;
use crate::messages;
use crate::seed::Numbers;

/// What kinds of pieces there are; others count modulo their number.
pub mod kind {
    /// The CBOR of an answer, made to fit the request where that can be.
    pub const SIGNED: u8 = 0;
    /// The CBOR of an answer as it is.
    pub const PLAIN: u8 = 1;
    /// Bytes instead of an answer.
    pub const RAW: u8 = 2;
    /// Something that the worker or the browser does, see [`super::deed`].
    pub const DEED: u8 = 3;
    /// The answer of an honest server, see [`super::HONEST`].
    pub const HONEST: u8 = 4;
    pub const COUNT: u8 = 5;
}

/// What is done, by the first byte of the piece; the second one says to which conversation.
pub mod deed {
    pub const EDIT: u8 = 0;
    pub const RECORD: u8 = 1;
    pub const RESTART: u8 = 2;
    pub const RETRY: u8 = 3;
    pub const REFUSED: u8 = 4;
    pub const SIGN_IN: u8 = 5;
    pub const RESCUE: u8 = 6;
    pub const LIVE: u8 = 7;
    pub const COUNT: u8 = 8;
}

pub const HONEST: u8 = 0;
/// The honest answer brings what colleagues wrote.
pub const NEWS: u8 = 1;

const EPOCH: Epoch = Epoch([3; 16]);

fn round() -> RoundId {
    RoundId(Uuid::from_u128(1))
}

fn id(number: usize) -> ConversationId {
    ConversationId::new(START.plus(number as i64), [9; 10])
}

/// Making everything anew for each input would cost more than what is looked at.
static TABLET: LazyLock<Kept> = LazyLock::new(|| {
    let tablet = recorded();
    let held = tablet.conversations();
    Kept {
        identity: tablet.identity().clone(),
        held: held.map(|(id, held)| (id, held.to_bytes())).collect(),
    }
});

struct Kept {
    identity: Identity,
    held: Vec<(ConversationId, Vec<u8>)>,
}

/// With two conversations of its own that were never sent.
pub fn tablet() -> Replica {
    let Kept { identity, held } = &*TABLET;
    Replica::restore(identity.clone(), [1; 8], None, held.clone(), None).0
}

fn recorded() -> Replica {
    let identity = Identity {
        device: PUSHER,
        user: user(PUSHER),
        seed: [6; 32],
        receipt_key: messages::key().verifying_key().to_bytes(),
    };
    let mut tablet = Replica::new(identity, [1; 8]);
    for number in [1, 2] {
        let new = seeds::new(number, 2);
        tablet
            .record(id(usize::try_from(number).unwrap()), round(), &new)
            .unwrap();
    }
    tablet
}

/// So that an answer out of random numbers is about something.
pub fn name_what_is_there(answer: &mut Answer, numbers: &mut Numbers) {
    answer.epoch = EPOCH;
    for page in &mut answer.rounds {
        page.round = round();
        for news in &mut page.news {
            let here = id(1 + numbers.below(4));
            *news = match news {
                News::Changed(..) => {
                    News::Changed(here, numbers.pick(&STORED[1..]).clone().unwrap_or_default())
                }
                News::Erased(_) => News::Erased(here),
                News::Replaced(_, by) => News::Replaced(here, *by),
                News::MovedAway(_) => News::MovedAway(here),
            };
        }
    }
    for outcome in &mut answer.outcomes {
        if let Outcome::Replaced(by) = outcome {
            *by = id(1 + numbers.below(4));
        }
    }
    for compared in &mut answer.compared {
        if let Compared::Replaced(by) = compared {
            *by = id(1 + numbers.below(4));
        }
    }
}

pub fn run(input: &[u8], gauge: &dyn Gauge) {
    let mut tablet = tablet();
    for (step, piece) in script::read(input).into_iter().take(40).enumerate() {
        let now = START.plus(step as i64 * 1_000);
        match piece.kind % kind::COUNT {
            kind::DEED => act(&mut tablet, &piece.bytes, now),
            kind::HONEST => {
                let news = piece.bytes.first().is_some_and(|byte| byte & NEWS != 0);
                let request = asked(&mut tablet, now);
                let answer = answer_of(&request, news, now);
                // It may be refused, for instance since the tablet was told of another key.
                let _ = tablet.apply(&answer.to_bytes(), now);
            }
            kind => {
                let request = asked(&mut tablet, now);
                let answer = match kind {
                    kind::SIGNED => made_to_fit(&piece.bytes, &request),
                    kind::PLAIN => wire::zipped(&piece.bytes),
                    _ => piece.bytes,
                };
                let _ = weigh(gauge, || tablet.apply(&answer, now));
            }
        }
    }
    let now = START.plus(Millis::DAY);
    for (id, _) in tablet.conversations() {
        // One that cannot be read is a text on the screen.
        let _ = tablet.read(id);
    }
    for byte in [0, 1] {
        act(&mut tablet, &[deed::EDIT, byte], now);
    }
    restart(&mut tablet);
    let answer = answer_of(&asked(&mut tablet, now), true, now);
    let _ = tablet.apply(&answer.to_bytes(), now);
}

/// What the server saw.
struct Asked {
    message: Fingerprint,
    device: DeviceNumber,
    request: Request,
}

fn asked(tablet: &mut Replica, now: Millis) -> Asked {
    let message = tablet.next_request(Budget::default(), now);
    let envelope = Envelope::from_bytes(&message).expect("a tablet's own message");
    Asked {
        message: Fingerprint::of(&message),
        device: envelope.device,
        request: envelope.open().expect("a tablet's own request"),
    }
}

/// One honest exchange.
pub fn honest(tablet: &mut Replica, now: Millis) {
    let answer = answer_of(&asked(tablet, now), true, now);
    tablet.apply(&answer.to_bytes(), now).unwrap();
}

/// Takes every push that builds upon nothing, and knows two more conversations. What admission thinks
/// of pushes is looked at elsewhere: here it would take most of the time.
fn answer_of(asked: &Asked, news: bool, now: Millis) -> Answer {
    let mut outcomes = Vec::new();
    let mut lines = Vec::new();
    for push in &asked.request.push {
        let begins = !push.changes.is_empty() && chunks::body(&push.changes).first() == Some(&0);
        outcomes.push(if begins {
            lines.push(line(push.document, &push.heads));
            Outcome::Stored
        } else {
            Outcome::MissingDependencies
        });
    }
    let brought = [3, 4].into_iter().filter(|_| news).filter_map(|number| {
        let document = STORED[number - 2].clone()?;
        Some(News::Changed(id(number), document))
    });
    Answer {
        epoch: EPOCH,
        time: now.plus(5_000),
        outcomes,
        receipt: Some(receipt(asked, EPOCH, lines)),
        rounds: vec![FeedPage {
            round: round(),
            place: 7,
            more: false,
            news: brought.collect(),
        }],
        reference: None,
        tagger: None,
        compared: asked
            .request
            .compare
            .iter()
            .map(|_| Compared::Has)
            .collect(),
        keys: Vec::new(),
        revoked: false,
        erased_quotes: Vec::new(),
        doubtful_times: Vec::new(),
    }
}

fn line(document: ConversationId, heads: &[Head]) -> ReceiptLine {
    ReceiptLine {
        document,
        pushed: heads.to_vec(),
        stored: Vec::new(),
        held: false,
    }
}

fn receipt(asked: &Asked, epoch: Epoch, documents: Vec<ReceiptLine>) -> SignedReceipt {
    let key = messages::key();
    let receipt = Receipt {
        epoch,
        key: KeyId::of(&key.verifying_key()),
        device: asked.device,
        request: asked.message,
        time: START,
        documents,
        feed: None,
    };
    SignedReceipt::sign(&receipt, &key)
}

/// As many outcomes as pushes, and a valid receipt over what it calls stored; where the bytes are no
/// answer, they themselves.
fn made_to_fit(bytes: &[u8], asked: &Asked) -> Vec<u8> {
    let Ok(mut answer) = minicbor::decode::<Answer>(bytes) else {
        return wire::zipped(bytes);
    };
    let request = &asked.request;
    answer.outcomes.resize(request.push.len(), Outcome::Stored);
    answer.compared.resize(request.compare.len(), Compared::Has);
    let stored = request.push.iter().zip(&answer.outcomes);
    let lines = stored
        .filter_map(|(push, outcome)| match outcome {
            Outcome::Stored | Outcome::Unchanged => Some(line(push.document, &push.heads)),
            Outcome::Held(_) => Some(ReceiptLine {
                held: true,
                ..line(push.document, &push.heads)
            }),
            _ => None,
        })
        .collect();
    answer.receipt = Some(match answer.receipt {
        // Bytes that are no receipt, in good order.
        Some(signed) if minicbor::decode::<Receipt>(&signed.receipt).is_err() => {
            wire::sign(signed.receipt, &messages::key())
        }
        _ => receipt(asked, answer.epoch, lines),
    });
    answer.to_bytes()
}

fn act(tablet: &mut Replica, bytes: &[u8], now: Millis) {
    let mut bytes = bytes.iter().copied();
    let (deed, which) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
    match deed % deed::COUNT {
        deed::EDIT => edit(tablet, usize::from(which), now),
        deed::RECORD => {
            let new = seeds::new(u64::from(which), 1);
            let _ = tablet.record(id(usize::from(which % 8)), round(), &new);
        }
        deed::RESTART => restart(tablet),
        deed::RETRY => tablet.retry_refused(),
        deed::REFUSED => {
            let code = ["clock-off", "device-revoked", "busy", ""][usize::from(which % 4)];
            let problem = Problem {
                kind: format!("about:blank#{code}"),
                title: String::new(),
                status: 401,
                detail: String::new(),
                request_id: None,
                server_time: (which & 4 == 0).then_some(Millis(i64::from(which) << 55)),
            };
            tablet.refused(&problem, now);
        }
        deed::SIGN_IN => {
            let device = DeviceNumber(u64::from(which));
            let seed = [which; 32];
            let someone = UserId(Uuid::from_u128(u128::from(which)));
            let identity = Identity {
                device,
                seed,
                user: if which & 1 == 0 {
                    someone
                } else {
                    user(PUSHER)
                },
                ..tablet.identity().clone()
            };
            let _ = tablet.enrolled_again(identity);
        }
        deed::RESCUE => {
            let office = OpenKey::new([8; 32]);
            let rescue = tablet.rescue(&office.seal_key(), [which; 32], now);
            let read = koffiekar_sync_core::rescue::open(&rescue.file, &office);
            assert!(read.is_ok(), "{read:?}");
        }
        _ => drop(tablet.live_request(now)),
    }
}

/// One of the commands on one of the conversations.
fn edit(tablet: &mut Replica, which: usize, now: Millis) {
    let ids: Vec<ConversationId> = tablet.conversations().map(|(id, _)| id).collect();
    let Some(id) = ids.get(which % ids.len().max(1)) else {
        return;
    };
    let Some(document) = tablet
        .held(*id)
        .and_then(|held| Document::load(held.bytes()).ok())
    else {
        return;
    };
    if document.read().is_err() {
        return;
    }
    let mut commands = seeds::commands(&document, 1);
    commands.push(Command::EditNotes(NotesEdit {
        seen: document.heads(),
        splices: vec![Splice {
            at: 0,
            delete: 0,
            insert: "Nog iets. ".to_owned(),
        }],
    }));
    let command = &commands[which / 8 % commands.len()];
    let _ = tablet.execute(*id, command, now);
}

/// The browser was closed: only what was kept is left.
fn restart(tablet: &mut Replica) {
    let held: Vec<_> = tablet
        .conversations()
        .map(|(id, held)| (id, held.to_bytes()))
        .collect();
    let vouchers: Vec<_> = tablet
        .vouchers()
        .map(|(id, bytes)| (id, bytes.to_vec()))
        .collect();
    let (identity, state) = (tablet.identity().clone(), tablet.state());
    let (again, unreadable) =
        Replica::restore(identity, [2; 8], Some(&state), held.clone(), vouchers);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    assert_eq!(again.state(), state);
    let held_again: Vec<_> = again
        .conversations()
        .map(|(id, held)| (id, held.to_bytes()))
        .collect();
    assert_eq!(held_again, held);
    *tablet = again;
}
