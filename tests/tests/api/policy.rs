//! What a tablet may not do to a conversation: each refused with its own reason, past every check
//! of the app, and the honest neighbour in the same batch stored.

use std::sync::Arc;

use automerge::transaction::{Transactable, Transaction};
use automerge::{AutomergeError, ObjType, ROOT, ReadDoc};
use koffiekar_server::intake::{Pusher, take_in};
use koffiekar_server::projection::Surroundings;
use koffiekar_server::store::Store;
use koffiekar_server::store::catalogue;
use koffiekar_server::{Clock, Koffiekar, demo, random};
use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{
    Actor, Command, Document, Head, NewConversation, Stance, TagKey, TagStatement,
};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, LineKey, Millis, QuoteId, UserId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::wire::ReasonCode::{self, NotAConversation, NotAllowed, TooLarge};
use koffiekar_sync_core::wire::{Outcome, Push};
use koffiekar_tests::chunks::{handmade, make_all_but, part, tampered};
use koffiekar_tests::seed::{Numbers, conversation, statement};
use koffiekar_tests::server::Place;

const NOW: Millis = Millis(1_769_250_000_000);

/// A store in which one conversation of a colleague stands, and a field worker who pushes.
struct Street {
    koffiekar: Koffiekar,
    surroundings: Arc<Surroundings>,
    rounds: Vec<Round>,
    numbers: Numbers,
    worker: UserId,
    colleague: UserId,
    _place: Place,
}

const DEVICE: DeviceNumber = DeviceNumber(41);
const OTHER_DEVICE: DeviceNumber = DeviceNumber(42);

fn actor(device: DeviceNumber) -> Actor {
    Actor {
        device,
        session: [device.0.to_le_bytes()[0]; 8],
    }
}

/// A stored conversation, and what its recorder wrote.
struct Stored {
    id: ConversationId,
    new: NewConversation,
    document: Document,
}

impl Stored {
    fn quote(&self) -> QuoteId {
        self.new.quotes[0].id
    }
}

impl Street {
    async fn open() -> Street {
        let place = Place::sqlite();
        let store = Store::open(&place.address()).await.unwrap();
        let koffiekar = Koffiekar::new(store, Clock::held(NOW)).await.unwrap();
        demo::load(&koffiekar).await.unwrap();
        let mut tx = koffiekar.store.read().await.unwrap();
        let catalogue = catalogue::read(&mut tx).await.unwrap();
        drop(tx);
        Street {
            koffiekar,
            surroundings: Arc::new(Surroundings::of(&catalogue)),
            rounds: catalogue.rounds,
            numbers: Numbers(11),
            worker: demo::user("veldwerker1"),
            colleague: demo::user("veldwerker2"),
            _place: place,
        }
    }

    fn new_id(&mut self) -> ConversationId {
        ConversationId::new(NOW, self.numbers.bytes())
    }

    fn record(&mut self, by: UserId, device: DeviceNumber) -> Stored {
        let new = conversation(&mut self.numbers, by, NOW, 1);
        Stored {
            id: self.new_id(),
            document: Document::record(&new, actor(device)).unwrap(),
            new,
        }
    }

    /// What a colleague recorded, stored.
    async fn stored(&mut self) -> Stored {
        let stored = self.record(self.colleague, OTHER_DEVICE);
        let push = whole(&stored);
        let outcomes = self
            .push_as(self.colleague, OTHER_DEVICE, false, vec![push])
            .await;
        assert_eq!(outcomes, [Outcome::Stored]);
        stored
    }

    async fn push_as(
        &self,
        user: UserId,
        device: DeviceNumber,
        edits: bool,
        push: Vec<Push>,
    ) -> Vec<Outcome> {
        let pusher = Pusher {
            author: Author {
                device,
                user,
                edits,
            },
            rounds: self.rounds.clone(),
            surroundings: self.surroundings.clone(),
            tagger: self.koffiekar.suggest.tagger(),
        };
        let intake = take_in(&self.koffiekar.store, &pusher, push, NOW)
            .await
            .unwrap();
        let stored = |o: &&Outcome| matches!(o, Outcome::Stored | Outcome::Unchanged);
        let receipted = intake.outcomes.iter().filter(stored).count();
        assert_eq!(
            intake.receipted.len(),
            receipted,
            "receipts for what is stored alone"
        );
        intake.outcomes
    }

    /// Pushed by the worker between two honest conversations, which must be stored. What is refused
    /// leaves nothing.
    async fn refused(&mut self, what: &str, push: Push, code: ReasonCode, says: &str) {
        let before = self.bytes(push.document).await;
        let document = push.document;
        let neighbours = [0; 2].map(|_| self.record(self.worker, DEVICE));
        let batch = vec![whole(&neighbours[0]), push, whole(&neighbours[1])];
        let outcomes = self.push_as(self.worker, DEVICE, false, batch).await;
        assert_eq!(outcomes[0], Outcome::Stored, "{what}: the neighbour before");
        assert_eq!(outcomes[2], Outcome::Stored, "{what}: the neighbour behind");
        let Outcome::Invalid(reason) = &outcomes[1] else {
            panic!("{what} was not refused: {:?}", outcomes[1]);
        };
        assert_eq!(reason.code, code, "{what}: {}", reason.detail);
        assert!(reason.detail.contains(says), "{what}: {}", reason.detail);
        assert_eq!(self.bytes(document).await, before, "{what} left something");
        for neighbour in neighbours {
            assert!(self.bytes(neighbour.id).await.is_some());
        }
    }

    async fn bytes(&self, id: ConversationId) -> Option<Vec<u8>> {
        let mut tx = self.koffiekar.store.read().await.unwrap();
        let found = koffiekar_server::store::documents::find(&mut tx, &[id]).await;
        found.unwrap().pop().map(|document| document.bytes)
    }

    /// A change of a colleague's conversation that the worker made past all commands.
    async fn edit_refused(
        &mut self,
        what: &str,
        code: ReasonCode,
        says: &str,
        tamper: impl FnOnce(&mut Transaction<'_>, &Stored) -> Result<(), AutomergeError>,
    ) {
        let stored = self.stored().await;
        let made = tampered(&stored.document, actor(DEVICE), |tx| tamper(tx, &stored));
        self.refused(what, push(stored.id, made), code, says).await;
    }

    /// A first change that the worker made past all commands.
    async fn first_refused(
        &mut self,
        what: &str,
        code: ReasonCode,
        says: &str,
        make: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
    ) {
        let id = self.new_id();
        self.refused(what, push(id, handmade(actor(DEVICE), make)), code, says)
            .await;
    }
}

fn push(document: ConversationId, (changes, heads): (Vec<u8>, Vec<Head>)) -> Push {
    Push {
        document,
        round: demo::round("buurtronde-2026"),
        heads,
        changes,
    }
}

fn whole(stored: &Stored) -> Push {
    let document = &stored.document;
    push(stored.id, (document.changes_since(&[]), document.heads()))
}

#[tokio::test]
async fn nobody_speaks_in_anothers_name() {
    let mut street = Street::open().await;
    let (worker, colleague) = (street.worker, street.colleague);

    let foreign = street.record(worker, OTHER_DEVICE);
    let foreign = whole(&foreign);
    street
        .refused(
            "another device's actor",
            foreign,
            NotAllowed,
            "another device",
        )
        .await;

    let borrowed = street.record(colleague, DEVICE);
    let borrowed = whole(&borrowed);
    street
        .refused(
            "recorded by somebody else",
            borrowed,
            NotAllowed,
            "somebody else's name",
        )
        .await;

    let tag = |by: UserId, stance: Stance| {
        move |tx: &mut Transaction<'_>, stored: &Stored| {
            let line: LineKey = "wonen-1".parse().unwrap();
            let key = TagKey {
                quote: stored.quote(),
                line,
                by,
            };
            let value = TagStatement { stance, at: NOW };
            let tags = part(tx, "tags");
            tx.put(tags, key.to_string(), value.to_string())
        }
    };
    street
        .edit_refused(
            "a tag of a colleague",
            NotAllowed,
            "somebody else's name",
            tag(colleague, Stance::Proposed),
        )
        .await;
    for stance in [Stance::Confirmed, Stance::Rejected] {
        street
            .edit_refused(
                "an editor's word",
                NotAllowed,
                "only an editor",
                tag(worker, stance),
            )
            .await;
    }
    let (_, mut said) = statement(
        &mut Numbers(3),
        Purpose::Analysis,
        Decision::Given,
        colleague,
        NOW,
    );
    let json = serde_json::to_string(&said).unwrap();
    street
        .edit_refused(
            "consent heard by a colleague",
            NotAllowed,
            "somebody else's name",
            |tx, _| {
                let consent = part(tx, "consent");
                tx.put(consent, "00000000000000aa", json)
            },
        )
        .await;
    said.by = worker;
    let honest = serde_json::to_string(&said).unwrap();
    let stored = street.stored().await;
    let made = tampered(&stored.document, actor(DEVICE), |tx| {
        let consent = part(tx, "consent");
        tx.put(consent, "00000000000000aa", honest)
    });
    let outcomes = street
        .push_as(worker, DEVICE, false, vec![push(stored.id, made)])
        .await;
    assert_eq!(outcomes, [Outcome::Stored], "the same in one's own name");
}

#[tokio::test]
async fn an_editor_confirms_from_a_tablet_and_a_field_worker_does_not() {
    let mut street = Street::open().await;
    let stored = street.stored().await;
    let mut mine = stored.document.clone();
    let command = Command::Tag {
        quote: stored.quote(),
        line: "wonen-1".parse().unwrap(),
        stance: Stance::Confirmed,
    };
    let change = mine
        .execute(&command, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let edit = push(stored.id, (change, mine.heads()));
    street
        .refused("a confirmation", edit.clone(), NotAllowed, "only an editor")
        .await;
    let outcomes = street
        .push_as(street.worker, DEVICE, true, vec![edit])
        .await;
    assert_eq!(outcomes, [Outcome::Stored]);
}

#[tokio::test]
async fn only_quotes_are_made_after_the_first_change() {
    let mut street = Street::open().await;
    let worker = street.worker;
    for (name, kind) in [
        ("notes", ObjType::Text),
        ("quotes", ObjType::Map),
        ("tags", ObjType::Map),
    ] {
        street
            .edit_refused(
                "a container made anew",
                NotAllowed,
                "only the first change",
                |tx, _| tx.put_object(ROOT, name, kind).map(drop),
            )
            .await;
    }
    street
        .edit_refused(
            "a container inside another",
            NotAllowed,
            "`tags`",
            |tx, stored| {
                let tags = part(tx, "tags");
                let key = format!("{}/wonen-1/{}", stored.quote().key(), worker.key());
                tx.put_object(tags, key, ObjType::Map).map(drop)
            },
        )
        .await;
    street
        .edit_refused(
            "a schema of its own",
            NotAllowed,
            "only the first change",
            |tx, _| tx.put(ROOT, "schema", 2_i64),
        )
        .await;
    street
        .edit_refused(
            "a quote made anew over the first",
            NotAllowed,
            "`quotes`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                tx.put_object(quotes, stored.quote().key(), ObjType::Map)
                    .map(drop)
            },
        )
        .await;
    street
        .edit_refused(
            "a quote under another spelling",
            NotAllowed,
            "`quotes`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                tx.put_object(quotes, stored.quote().key().to_uppercase(), ObjType::Map)
                    .map(drop)
            },
        )
        .await;
    // A second beginning of the same conversation.
    let stored = street.stored().await;
    let again = Document::record(&stored.new, actor(DEVICE)).unwrap();
    let again = push(stored.id, (again.changes_since(&[]), again.heads()));
    street
        .refused(
            "a second first change",
            again,
            NotAllowed,
            "only the first change",
        )
        .await;
}

fn random_id() -> uuid::Uuid {
    uuid::Uuid::from_bytes(random::bytes())
}

#[tokio::test]
async fn consent_is_neither_rewritten_nor_taken_away() {
    let mut street = Street::open().await;
    let first = |tx: &Transaction<'_>| {
        let consent = part(tx, "consent");
        let key = tx.keys(&consent).next().unwrap();
        (consent, key)
    };
    street
        .edit_refused(
            "a deleted statement",
            NotAllowed,
            "never changed or taken away",
            |tx, _| {
                let (consent, key) = first(tx);
                tx.delete(consent, key)
            },
        )
        .await;
    let worker = street.worker;
    street
        .edit_refused(
            "an overwritten statement",
            NotAllowed,
            "never changed or taken away",
            |tx, _| {
                let (consent, key) = first(tx);
                let (_, said) = statement(
                    &mut Numbers(4),
                    Purpose::Analysis,
                    Decision::Given,
                    worker,
                    NOW,
                );
                tx.put(consent, key, serde_json::to_string(&said).unwrap())
            },
        )
        .await;
    // Written apart, without knowing of it: merged, one of the two would win.
    let stored = street.stored().await;
    let key = stored.new.consent[0].0;
    let said = Statement {
        decision: Decision::Withdrawn,
        by: worker,
        ..stored.new.consent[0].1.clone()
    };
    let mut mine = stored.document.clone();
    let command = Command::Consent(vec![(key, said)]);
    let change = mine.execute(&command, actor(DEVICE), worker, NOW).unwrap();
    let edit = push(stored.id, (change, mine.heads()));
    street
        .refused(
            "a statement under a taken id",
            edit,
            NotAllowed,
            "never changed",
        )
        .await;
    street
        .edit_refused(
            "consent that is no statement",
            NotAllowed,
            "`consent`",
            |tx, _| {
                let consent = part(tx, "consent");
                tx.put(consent, "00000000000000ab", "yes")
            },
        )
        .await;
    street
        .edit_refused(
            "a statement under a name that is no id",
            NotAllowed,
            "`consent`",
            |tx, _| {
                let consent = part(tx, "consent");
                let (_, said) = statement(
                    &mut Numbers(4),
                    Purpose::Analysis,
                    Decision::Given,
                    worker,
                    NOW,
                );
                tx.put(consent, "mine", serde_json::to_string(&said).unwrap())
            },
        )
        .await;
}

#[tokio::test]
async fn nothing_is_taken_away() {
    let mut street = Street::open().await;
    for container in ["quotes", "meta", "tags"] {
        let line: LineKey = "wonen-1".parse().unwrap();
        let mut stored = street.stored().await;
        let tag = Command::Tag {
            quote: stored.quote(),
            line,
            stance: Stance::Proposed,
        };
        let by = street.colleague;
        let change = stored
            .document
            .execute(&tag, actor(OTHER_DEVICE), by, NOW)
            .unwrap();
        let edit = push(stored.id, (change, stored.document.heads()));
        assert_eq!(
            street.push_as(by, OTHER_DEVICE, false, vec![edit]).await,
            [Outcome::Stored]
        );
        let made = tampered(&stored.document, actor(DEVICE), |tx| {
            let object = part(tx, container);
            let key = tx.keys(&object).next().unwrap();
            tx.delete(object, key)
        });
        street
            .refused(
                container,
                push(stored.id, made),
                NotAllowed,
                "nothing is deleted",
            )
            .await;
    }
    street
        .edit_refused(
            "a part of the root",
            NotAllowed,
            "only the first change",
            |tx, _| tx.delete(ROOT, "notes"),
        )
        .await;
    street
        .edit_refused("the recorder", NotAllowed, "`recorded_by`", |tx, _| {
            let meta = part(tx, "meta");
            tx.put(meta, "recorded_by", random_id().simple().to_string())
        })
        .await;
}

#[tokio::test]
async fn what_is_no_part_of_a_conversation_is_not_kept() {
    let mut street = Street::open().await;
    street
        .edit_refused(
            "a key of the root",
            NotAllowed,
            "`address` is not a part",
            |tx, _| tx.put(ROOT, "address", "Osdorpplein 1"),
        )
        .await;
    street
        .edit_refused(
            "a key of meta",
            NotAllowed,
            "`meta/name` is not a part",
            |tx, _| {
                let meta = part(tx, "meta");
                tx.put(meta, "name", "Fatima")
            },
        )
        .await;
    street
        .edit_refused(
            "a key of a quote",
            NotAllowed,
            "`quotes/*/phone` is not a part",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "phone", "0612345678")
            },
        )
        .await;
    street
        .edit_refused(
            "a tag of a quote that is not there",
            NotAllowed,
            "`tags`",
            |tx, _| {
                let tags = part(tx, "tags");
                let key = format!("{0}/wonen-1/{0}", random_id().simple());
                tx.put(tags, key, "proposed 1")
            },
        )
        .await;
    street
        .edit_refused(
            "a number as wording",
            NotAllowed,
            "`verbatim`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "verbatim", 1_i64)
            },
        )
        .await;
    street
        .edit_refused(
            "a null character",
            NotAllowed,
            "`verbatim`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "verbatim", "nul\0")
            },
        )
        .await;
    street
        .edit_refused("marks in the notes", NotAllowed, "`notes`", |tx, _| {
            let notes = part(tx, "notes");
            let mark = automerge::marks::Mark::new("bold".to_owned(), true, 0, 3);
            tx.mark(notes, mark, automerge::marks::ExpandMark::Both)
        })
        .await;
    street
        .edit_refused("an object in the notes", NotAllowed, "`notes`", |tx, _| {
            let notes = part(tx, "notes");
            tx.insert_object(notes, 0, ObjType::Map).map(drop)
        })
        .await;
    street
        .edit_refused("a counter", NotAllowed, "`area`", |tx, _| {
            let meta = part(tx, "meta");
            tx.put(meta, "area", automerge::ScalarValue::counter(1))
        })
        .await;
}

#[tokio::test]
async fn a_first_change_makes_the_whole_conversation_and_nothing_else() {
    let mut street = Street::open().await;
    let by = street.worker.key();
    for missing in [
        "schema",
        "meta",
        "notes",
        "quotes",
        "tags",
        "consent",
        "recorded_at",
        "recorded_by",
        "language",
    ] {
        street
            .first_refused(missing, NotAConversation, "a part is missing", |tx| {
                make_all_but(tx, &by, &[missing])
            })
            .await;
    }
    street
        .first_refused("a part of the wrong type", NotAllowed, "`notes`", |tx| {
            make_all_but(tx, &by, &["notes"])?;
            tx.put_object(ROOT, "notes", ObjType::List).map(drop)
        })
        .await;
    street
        .first_refused("a part that is a value", NotAllowed, "`tags`", |tx| {
            make_all_but(tx, &by, &["tags"])?;
            tx.put(ROOT, "tags", "none")
        })
        .await;
    street
        .first_refused("a later schema", NotAllowed, "`schema`", |tx| {
            make_all_but(tx, &by, &["schema"])?;
            tx.put(ROOT, "schema", 99_i64)
        })
        .await;
    street
        .first_refused(
            "another document",
            NotAllowed,
            "`todo` is not a part",
            |tx| tx.put(ROOT, "todo", "melk kopen"),
        )
        .await;
    street
        .first_refused(
            "a foreign key beside the rest",
            NotAllowed,
            "`extra` is not a part",
            |tx| {
                make_all_but(tx, &by, &[])?;
                tx.put(ROOT, "extra", 1_i64)
            },
        )
        .await;
    let id = street.new_id();
    let honest = push(id, handmade(actor(DEVICE), |tx| make_all_but(tx, &by, &[])));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![honest])
        .await;
    assert_eq!(outcomes, [Outcome::Stored], "all parts and nothing else");
}

#[tokio::test]
async fn more_than_the_limits_is_refused_and_the_limit_named() {
    let mut street = Street::open().await;
    let by = street.worker.key();
    let with_notes = |chars: usize| {
        let by = by.clone();
        move |tx: &mut Transaction<'_>| {
            make_all_but(tx, &by, &[])?;
            let notes = part(tx, "notes");
            tx.splice_text(notes, 0, 0, &"a".repeat(chars))
        }
    };
    street
        .first_refused(
            "notes too long",
            TooLarge,
            "notes",
            with_notes(limits::NOTES_CHARS + 1),
        )
        .await;
    street
        .first_refused(
            "notes beyond all measure",
            TooLarge,
            "claims more",
            with_notes(90_000),
        )
        .await;
    let id = street.new_id();
    let longest = push(id, handmade(actor(DEVICE), with_notes(limits::NOTES_CHARS)));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![longest])
        .await;
    assert_eq!(outcomes, [Outcome::Stored], "the longest notes");

    let wording = |chars: usize| {
        move |tx: &mut Transaction<'_>, stored: &Stored| {
            let quotes = part(tx, "quotes");
            let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
            tx.put(quote, "verbatim", "é".repeat(chars))
        }
    };
    let says = "a quote may hold at most 5000 characters";
    street
        .edit_refused(
            "a quote too long",
            TooLarge,
            says,
            wording(limits::QUOTE_CHARS + 1),
        )
        .await;
    street
        .edit_refused(
            "a quote of 5 MB",
            TooLarge,
            "claims more",
            wording(2_500_000),
        )
        .await;
    street
        .edit_refused("too many quotes", TooLarge, "quotes", |tx, _| {
            let quotes = part(tx, "quotes");
            for _ in 0..limits::QUOTES {
                tx.put_object(&quotes, random_id().simple().to_string(), ObjType::Map)?;
            }
            Ok(())
        })
        .await;
    let worker = street.worker;
    street
        .edit_refused("too many statements", TooLarge, "consent", |tx, _| {
            let consent = part(tx, "consent");
            let mut numbers = Numbers(9);
            for _ in 0..limits::STATEMENTS {
                let (id, said) = statement(
                    &mut numbers,
                    Purpose::Analysis,
                    Decision::Given,
                    worker,
                    NOW,
                );
                tx.put(
                    &consent,
                    id.to_string(),
                    serde_json::to_string(&said).unwrap(),
                )?;
            }
            Ok(())
        })
        .await;
    street
        .edit_refused("an area of a page", NotAllowed, "`area`", |tx, _| {
            let meta = part(tx, "meta");
            tx.put(meta, "area", "F".repeat(limits::SHORT_CHARS + 1))
        })
        .await;
}

#[tokio::test]
async fn a_quote_stands_in_one_conversation() {
    let mut street = Street::open().await;
    let stored = street.stored().await;
    let with_quote_of = |street: &mut Street, other: &NewConversation| {
        let mut new = conversation(&mut street.numbers, street.worker, NOW, 2);
        new.quotes[1].id = other.quotes[0].id;
        let document = Document::record(&new, actor(DEVICE)).unwrap();
        Stored {
            id: street.new_id(),
            document,
            new,
        }
    };
    let borrowed = with_quote_of(&mut street, &stored.new);
    let borrowed = whole(&borrowed);
    street
        .refused(
            "a quote of another conversation",
            borrowed,
            NotAllowed,
            "another conversation",
        )
        .await;
    // Two in one push that claim the same quote: the first has it.
    let one = street.record(street.worker, DEVICE);
    let two = with_quote_of(&mut street, &one.new);
    let pushes = vec![whole(&one), whole(&two)];
    let outcomes = street.push_as(street.worker, DEVICE, false, pushes).await;
    assert_eq!(outcomes[0], Outcome::Stored);
    assert!(matches!(&outcomes[1], Outcome::Invalid(why) if why.code == NotAllowed));
}

#[tokio::test]
async fn what_only_a_resend_or_a_fresh_actor_cures_says_so() {
    let mut street = Street::open().await;
    // The first change is not here.
    let mut lost = street.record(street.worker, DEVICE);
    let command = Command::SetArea {
        area: Some("FB03".to_owned()),
    };
    let change = lost
        .document
        .execute(&command, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let edit = push(lost.id, (change, lost.document.heads()));
    // Two different changes at the same place of one actor's sequence.
    let twice = street.record(street.worker, DEVICE);
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![whole(&twice)])
        .await;
    assert_eq!(outcomes, [Outcome::Stored]);
    let other = Document::record(&twice.new, actor(DEVICE)).unwrap();
    let mut fork = other.clone();
    let fork_change = fork
        .execute(&command, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let mut fork_too = other;
    let language = Command::SetLanguage {
        language: "tr".to_owned(),
    };
    let too = fork_too
        .execute(&language, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let first = push(twice.id, (fork_change, fork.heads()));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![first])
        .await;
    assert_eq!(outcomes, [Outcome::Stored]);
    let second = push(twice.id, (too, fork_too.heads()));
    // Heads that are not here, with and without changes.
    let stored = street.stored().await;
    let invented = push(stored.id, (Vec::new(), vec![Head([9; 32])]));
    let honest = street.record(street.worker, DEVICE);
    let batch = vec![edit, second, invented, whole(&honest)];
    let outcomes = street.push_as(street.worker, DEVICE, false, batch).await;
    let expected = [
        Outcome::MissingDependencies,
        Outcome::ActorReused,
        Outcome::MissingDependencies,
        Outcome::Stored,
    ];
    assert_eq!(outcomes, expected);
}
