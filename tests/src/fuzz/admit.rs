//! Gatekeeper, policy and merge, behind the checksum.
//!
//! A script makes one conversation: each push is judged against what became of the pushes before.
//! The first piece says what is stored already and who pushes. The checksum of a change is always
//! made right, and what it builds upon where the script says so: otherwise a mutant would get no
//! further than the first line of the gatekeeper.
//!
//! Whatever is admitted must be a conversation within the limits that loads again, that costs
//! nothing when it is pushed a second time, and that an honest colleague can go on with: their edit
//! of it is taken, and what they wrote without a connection merges with it.

use std::sync::LazyLock;

use koffiekar_sync_core::admission::{self, Admission, Merged, Refusal};
use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::{
    Actor, Command, CommandError, Document, Head, NewQuote, NotesEdit, Splice, Stance,
};
use koffiekar_sync_core::ids::{DeviceNumber, QuoteId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::{Author, Violation};
use sha2::{Digest, Sha256};

use super::change::chunk_behind;
use super::script::{self, Piece};
use super::seeds::{self, START, user};
use super::{Gauge, weigh};
use crate::seed;
use crate::seed::Numbers;

/// What kinds of pieces there are in a script of this target; others count modulo their number.
pub mod kind {
    /// The options of the whole script, where it is the first piece.
    pub const OPTIONS: u8 = 0;
    /// The body of a change without what it builds upon: that will be what is there.
    pub const BODY: u8 = 0;
    /// A whole body.
    pub const WHOLE_BODY: u8 = 1;
    /// Bytes as they are.
    pub const RAW: u8 = 2;
    /// The next push begins.
    pub const NEXT_PUSH: u8 = 3;
    pub const COUNT: u8 = 4;
}

/// Bits of the first byte of the first piece.
pub mod options {
    /// Which of the stored documents there is at the beginning.
    pub const STORED: u8 = 0b0011;
    pub const EDITS: u8 = 0b0100;
    pub const CLAIMS_HEADS: u8 = 0b1000;
    /// The server once signed for the first change of each push, whosever it is.
    pub const VOUCHED: u8 = 0b1_0000;
}

/// Whose tablet is in bad hands.
pub const PUSHER: DeviceNumber = DeviceNumber(1);
const COLLEAGUE: Actor = Actor {
    device: DeviceNumber(2),
    session: [0xee; 8],
};

/// Documents that may be stored already, by the options' number; the first is none.
pub static STORED: LazyLock<Vec<Option<Vec<u8>>>> = LazyLock::new(|| {
    vec![
        None,
        Some(seeds::small().save()),
        Some(seeds::contested().save()),
        Some(seeds::long().save()),
    ]
});

pub fn run(input: &[u8], gauge: &dyn Gauge) {
    let mut pieces = script::read(input).into_iter();
    let options = pieces
        .next()
        .and_then(|piece| piece.bytes.first().copied())
        .unwrap_or_default();
    let author = Author {
        device: PUSHER,
        user: user(PUSHER),
        edits: options & options::EDITS != 0,
    };
    let vouched = options & options::VOUCHED != 0;
    let first = &STORED[usize::from(options & options::STORED)];
    let mut stored = first.clone();
    let mut admitted = None;
    let pieces: Vec<Piece> = pieces.take(64).collect();
    for push in pieces.split(|piece| piece.kind % kind::COUNT == kind::NEXT_PUSH) {
        let Push {
            changes,
            first,
            last,
        } = push_of(stored.as_deref(), push);
        let claims = options & options::CLAIMS_HEADS != 0;
        let heads: Vec<Head> = last.into_iter().filter(|_| claims).collect();
        let signed_for: Vec<Head> = first.into_iter().filter(|_| vouched).collect();
        let before = stored.as_deref();
        let admit = |before: Option<&[u8]>| {
            admission::admit(before, &changes, &heads, &author, &signed_for)
        };
        if let Ok(Admission::Merged(merged)) = weigh(gauge, || admit(before)) {
            check(&merged, &heads, vouched, admit);
            stored = Some(merged.bytes.clone());
            admitted = Some(merged);
        }
    }
    // What costs most, once. What was signed for was judged when it came first, and is not again: of a
    // mutant, which nobody ever judged, no more can be asked than that it is a conversation.
    if let Some(merged) = admitted.filter(|_| !vouched) {
        let document = Document::load(&merged.bytes).expect("it was loaded before");
        go_on(&document, &merged);
        if let Some(first) = first {
            meet(first, &document);
        }
    }
}

struct Push {
    changes: Vec<u8>,
    first: Option<Head>,
    last: Option<Head>,
}

/// The chunks of a push, each body behind the one before it.
fn push_of(stored: Option<&[u8]>, pieces: &[Piece]) -> Push {
    let mut behind: Vec<[u8; 32]> = stored
        .and_then(|bytes| Document::load(bytes).ok())
        .map(|document| document.heads().into_iter().map(|head| head.0).collect())
        .unwrap_or_default();
    let mut push = Push {
        changes: Vec::new(),
        first: None,
        last: None,
    };
    for piece in pieces {
        let chunk = match piece.kind % kind::COUNT {
            kind::RAW => piece.bytes.clone(),
            kind::WHOLE_BODY => crate::chunks::chunk(crate::chunks::CHANGE, &piece.bytes),
            _ => chunk_behind(&behind, &piece.bytes),
        };
        if piece.kind % kind::COUNT != kind::RAW {
            // Its hash is that of what stands behind magic and checksum.
            let hash: [u8; 32] = Sha256::digest(&chunk[8..]).into();
            behind = vec![hash];
            push.first = push.first.or(Some(Head(hash)));
            push.last = Some(Head(hash));
        }
        push.changes.extend(chunk);
    }
    push
}

fn check(
    merged: &Merged,
    heads: &[Head],
    vouched: bool,
    admit: impl Fn(Option<&[u8]>) -> Result<Admission, Refusal>,
) {
    assert!(merged.bytes.len() <= limits::DOCUMENT_BYTES);
    assert!(vouched || merged.conversation.quotes.len() <= limits::QUOTES);
    let stored = Document::load(&merged.bytes).expect("what was admitted loads again");
    assert_eq!(stored.heads(), merged.heads);
    assert_eq!(stored.read().as_ref(), Ok(&merged.conversation));
    // What was never merged is spelled as a merge would have saved it.
    assert_eq!(stored.save(), merged.bytes);
    assert!(heads.iter().all(|head| stored.has(head)));

    let again = admit(Some(&merged.bytes));
    let unchanged = matches!(&again, Ok(Admission::Unchanged { heads }) if *heads == merged.heads);
    assert!(unchanged, "pushed a second time: {again:?}");
}

/// A colleague's tablet gets the document from the feed, edits it in every way, and pushes.
fn go_on(document: &Document, merged: &Merged) {
    let mut edited = document.clone();
    let mut changes = Vec::new();
    for command in commands(document) {
        match edited.execute(&command, COLLEAGUE, user(COLLEAGUE.device), START) {
            Ok(change) => changes.extend(change),
            Err(CommandError::Document(_) | CommandError::UnknownState) => {
                panic!("a colleague cannot {command:?}")
            }
            // Full.
            Err(_) => {}
        }
    }
    let colleague = Author {
        device: COLLEAGUE.device,
        user: user(COLLEAGUE.device),
        edits: false,
    };
    let heads = edited.heads();
    match admission::admit(Some(&merged.bytes), &changes, &heads, &colleague, &[]) {
        Ok(Admission::Merged(theirs)) => {
            assert_eq!(theirs.heads, heads);
            assert_eq!(edited.read().as_ref(), Ok(&theirs.conversation));
        }
        Err(Refusal::TooLarge | Refusal::NotAllowed(Violation::TooMuch(_))) => {}
        other => panic!("a colleague's honest edit: {other:?}"),
    }
}

/// A colleague who was without a connection meanwhile merges it with what they wrote.
fn meet(before: &[u8], document: &Document) {
    let Ok(mut mine) = Document::load(before) else {
        return;
    };
    for command in commands(&mine) {
        // Nothing but the size may stand against it; `go_on` looks at that.
        let _ = mine.execute(&command, COLLEAGUE, user(COLLEAGUE.device), START);
    }
    let mut theirs = document.clone();
    theirs.merge(&mine).expect("the server merges");
    mine.merge(document).expect("the tablet merges");
    assert_eq!(mine.heads(), theirs.heads());
    assert_eq!(mine.read(), theirs.read());
    let loaded = Document::load(&mine.save()).expect("the tablet loads what it merged");
    assert_eq!(loaded.read(), mine.read());
}

fn commands(document: &Document) -> Vec<Command> {
    let conversation = document.read().expect("a conversation");
    let mut numbers = Numbers(77);
    let user = user(COLLEAGUE.device);
    let fresh = NewQuote {
        id: QuoteId::new(START, numbers.bytes()),
        verbatim: "Ik wil het licht terug.".to_owned(),
        language: Some("tr".to_owned()),
        lines: vec!["wonen-1".parse().unwrap()],
    };
    let statement = seed::statement(
        &mut numbers,
        Purpose::NamedPublication,
        Decision::Withdrawn,
        user,
        START,
    );
    let written = Splice {
        at: conversation.notes.chars().count(),
        delete: 0,
        insert: " Tot slot.".to_owned(),
    };
    let mut commands = vec![
        Command::AddQuote(fresh),
        Command::EditNotes(NotesEdit {
            seen: document.heads(),
            splices: vec![written],
        }),
        Command::SetArea {
            area: Some("FB03".to_owned()),
        },
        Command::SetLanguage {
            language: "ar".to_owned(),
        },
        Command::Consent(vec![statement]),
    ];
    if let Some(quote) = conversation.quotes.first() {
        commands.push(Command::CorrectWording {
            quote: quote.id,
            verbatim: "Zo zei hij het niet.".to_owned(),
        });
        commands.push(Command::Tag {
            quote: quote.id,
            line: "jeugd-2".parse().unwrap(),
            stance: Stance::Proposed,
        });
        commands.push(Command::RemoveQuote { quote: quote.id });
    }
    commands
}
