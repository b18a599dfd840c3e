//! Random histories of one conversation: a few people, each with a copy of it, who edit and now and
//! then take in what another wrote.

use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{
    Actor, Command, Conversation, Document, Head, NewConversation, NewQuote, NotesEdit, Stance,
};
use koffiekar_sync_core::ids::{DeviceNumber, LineKey, Millis, QuoteId, StatementId, UserId};
use koffiekar_tests::seed::Numbers;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

/// What somebody does with their copy. Indexes are taken modulo what is there.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    AddQuote {
        words: u8,
        line: Option<u8>,
    },
    Correct {
        quote: usize,
        words: u8,
    },
    Remove {
        quote: usize,
    },
    /// Opens the notes: what is edited later is edited on this text.
    Look,
    EditNotes {
        at: usize,
        delete: usize,
        insert: String,
    },
    Area(u8),
    Language(u8),
    Tag {
        quote: usize,
        line: u8,
        stance: Stance,
    },
    Answer {
        purpose: Purpose,
        decision: Decision,
        knowing: Knowing,
    },
    /// The app is started again: another actor of the same device.
    Restart,
    /// Takes in what another wrote; where there is a server, sends and fetches.
    Meet {
        other: usize,
    },
}

/// Which statements stood on the screen that was answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Knowing {
    Standing,
    First,
    Nothing,
}

pub(super) type History = Vec<(usize, Deed)>;

const LINES: [&str; 4] = ["wonen-1", "jeugd-2", "veiligheid-1", "none"];
const AREAS: [&str; 4] = ["FB03", "FB", "", "F"];
const LANGUAGES: [&str; 4] = ["nl", "tr", "ar", "en"];

pub(super) fn anything() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (any::<u8>(), proptest::option::of(any::<u8>()))
            .prop_map(|(words, line)| Deed::AddQuote { words, line }),
        4 => (any::<usize>(), any::<u8>()).prop_map(|(quote, words)| Deed::Correct { quote, words }),
        1 => any::<usize>().prop_map(|quote| Deed::Remove { quote }),
        2 => Just(Deed::Look),
        5 => (any::<usize>(), 0..6_usize, "[a-zé😀ع ]{0,6}")
            .prop_map(|(at, delete, insert)| Deed::EditNotes { at, delete, insert }),
        1 => any::<u8>().prop_map(Deed::Area),
        1 => any::<u8>().prop_map(Deed::Language),
        4 => (any::<usize>(), any::<u8>(), stance())
            .prop_map(|(quote, line, stance)| Deed::Tag { quote, line, stance }),
        4 => answer(),
        1 => Just(Deed::Restart),
        5 => any::<usize>().prop_map(|other| Deed::Meet { other }),
    ]
}

/// About consent alone.
pub(super) fn answers() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => answer(),
        4 => any::<usize>().prop_map(|other| Deed::Meet { other }),
    ]
}

fn answer() -> impl Strategy<Value = Deed> {
    let purpose = proptest::sample::select(&Purpose::ALL[..2]);
    let decision = prop_oneof![Just(Decision::Given), Just(Decision::Withdrawn)];
    let knowing = prop_oneof![
        5 => Just(Knowing::Standing),
        1 => Just(Knowing::First),
        1 => Just(Knowing::Nothing)
    ];
    (purpose, decision, knowing).prop_map(|(purpose, decision, knowing)| Deed::Answer {
        purpose,
        decision,
        knowing,
    })
}

fn stance() -> impl Strategy<Value = Stance> {
    prop_oneof![
        Just(Stance::Proposed),
        Just(Stance::Confirmed),
        Just(Stance::Rejected),
        Just(Stance::Retracted)
    ]
}

/// Two to four people and what they do.
pub(super) fn history(
    deed: impl Strategy<Value = Deed>,
    deeds: usize,
) -> impl Strategy<Value = (usize, History)> {
    (2..=4_usize, vec((any::<usize>(), deed), 0..deeds))
}

/// One person's copy.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub(super) document: Document,
    pub(super) actor: Actor,
    pub(super) user: UserId,
    /// What the open form shows.
    form: (Vec<Head>, String),
}

impl Copy {
    pub(super) fn read(&self) -> Conversation {
        self.document.read().unwrap()
    }

    pub(super) fn do_it(&mut self, command: &Command, now: Millis) -> Vec<u8> {
        self.document
            .execute(command, self.actor, self.user, now)
            .unwrap()
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) copies: Vec<Copy>,
    numbers: Numbers,
    now: Millis,
}

pub(super) const START: Millis = Millis(1_769_250_000_000);

impl World {
    /// Somebody recorded a conversation; the others hold copies of it.
    /// The seed makes the ids.
    pub(super) fn new(people: usize, seed: u64) -> World {
        let mut numbers = Numbers(seed);
        let devices: Vec<u64> = (1..=people as u64).collect();
        let actor = |device: u64| Actor {
            device: DeviceNumber(device),
            session: [device.to_le_bytes()[0]; 8],
        };
        let quote = NewQuote {
            id: QuoteId::new(START, numbers.bytes()),
            verbatim: words(0),
            language: None,
            lines: vec![LINES[0].parse().unwrap()],
        };
        let new = NewConversation {
            recorded_at: START,
            recorded_by: user(0),
            language: "nl".to_owned(),
            area: None,
            notes: "Bij de koffiekar.".to_owned(),
            quotes: vec![quote],
            consent: Vec::new(),
            clock_doubtful: false,
        };
        let document = Document::record(&new, actor(1)).unwrap();
        let form = (document.heads(), new.notes);
        let copies = devices.iter().enumerate().map(|(index, device)| Copy {
            document: document.clone(),
            actor: actor(*device),
            user: user(index),
            form: form.clone(),
        });
        World {
            copies: copies.collect(),
            numbers,
            now: START,
        }
    }

    /// Everybody does what stands in the history; meeting means taking in the other's copy.
    pub(super) fn after(people: usize, history: &History) -> World {
        let mut world = World::new(people, 7);
        for (who, deed) in history {
            world.live(who % people, deed);
        }
        world
    }

    /// One deed, also meeting.
    pub(super) fn live(&mut self, who: usize, deed: &Deed) {
        if let Deed::Meet { other } = deed {
            let other = self.copies[other % self.copies.len()].document.clone();
            self.copies[who].document.merge(&other).unwrap();
        } else {
            self.act(who, deed);
        }
    }

    /// Everybody holds this document from now on.
    pub(super) fn begin_with(&mut self, document: &Document) {
        for copy in &mut self.copies {
            copy.document = document.clone();
            copy.form = (document.heads(), copy.read().notes);
        }
    }

    /// One deed but meeting.
    pub(super) fn act(&mut self, who: usize, deed: &Deed) {
        self.now = self.now.plus(1_000);
        match deed {
            Deed::Look => {
                let copy = &mut self.copies[who];
                copy.form = (copy.document.heads(), copy.read().notes);
            }
            Deed::Restart => self.copies[who].actor.session = self.numbers.bytes(),
            _ => {
                if let Some(command) = self.command(who, deed) {
                    let now = self.now;
                    self.copies[who].do_it(&command, now);
                }
            }
        }
    }

    /// The command that this deed comes to for this person, if there is anything to do it to.
    fn command(&mut self, who: usize, deed: &Deed) -> Option<Command> {
        let copy = &self.copies[who];
        let conversation = copy.read();
        let quote = |index: &usize| {
            let quotes = &conversation.quotes;
            (!quotes.is_empty()).then(|| quotes[index % quotes.len()].id)
        };
        Some(match deed {
            Deed::AddQuote { words: index, line } => Command::AddQuote(NewQuote {
                id: QuoteId::new(self.now, self.numbers.bytes()),
                verbatim: words(*index),
                language: index.is_multiple_of(3).then(|| "tr".to_owned()),
                lines: line.iter().map(|line| self::line(*line)).collect(),
            }),
            Deed::Correct {
                quote: index,
                words: other,
            } => Command::CorrectWording {
                quote: quote(index)?,
                verbatim: words(*other),
            },
            Deed::Remove { quote: index } => Command::RemoveQuote {
                quote: quote(index)?,
            },
            Deed::EditNotes { at, delete, insert } => {
                let (seen, before) = copy.form.clone();
                let mut text: Vec<char> = before.chars().collect();
                let at = at % (text.len() + 1);
                let end = (at + delete).min(text.len());
                text.splice(at..end, insert.chars());
                let after: String = text.into_iter().collect();
                Command::EditNotes(NotesEdit::between(seen, &before, &after))
            }
            Deed::Area(index) => {
                let code = AREAS[usize::from(*index) % AREAS.len()];
                Command::SetArea {
                    area: Some(code.to_owned()),
                }
            }
            Deed::Language(index) => {
                let language = LANGUAGES[usize::from(*index) % LANGUAGES.len()];
                Command::SetLanguage {
                    language: language.to_owned(),
                }
            }
            Deed::Tag {
                quote: index,
                line,
                stance,
            } => Command::Tag {
                quote: quote(index)?,
                line: self::line(*line),
                stance: *stance,
            },
            Deed::Answer {
                purpose,
                decision,
                knowing,
            } => {
                let standing = conversation.consent.standing(*purpose);
                let supersedes = match knowing {
                    Knowing::Standing => standing,
                    Knowing::First => standing.into_iter().take(1).collect(),
                    Knowing::Nothing => Vec::new(),
                };
                let statement = Statement {
                    purpose: *purpose,
                    decision: *decision,
                    text: "2026-1".to_owned(),
                    language: "nl".to_owned(),
                    at: self.now,
                    by: copy.user,
                    supersedes,
                    clock_doubtful: false,
                };
                Command::Consent(vec![(StatementId(self.numbers.bytes()), statement)])
            }
            Deed::Look | Deed::Restart | Deed::Meet { .. } => return None,
        })
    }
}

pub(super) fn user(index: usize) -> UserId {
    UserId(Uuid::from_u128(index as u128 + 1))
}

fn line(index: u8) -> LineKey {
    LINES[usize::from(index) % LINES.len()].parse().unwrap()
}

fn words(index: u8) -> String {
    const WORDS: [&str; 6] = [
        "Er zit al jaren schimmel in de slaapkamer.",
        "Mijn zoon vindt geen stageplek.",
        "Duvarlar ıslak, kimse bakmıyor.",
        "الإنارة في الشارع لا تعمل.",
        "=SUM(A1) zei hij 😀",
        "Het licht doet het niet.",
    ];
    WORDS[usize::from(index) % WORDS.len()].to_owned()
}
