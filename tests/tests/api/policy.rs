//! What a tablet may not do to a conversation: each refused with its own reason, past every check
//! of the app, and the honest neighbour in the same batch stored.

mod content;

use std::sync::Arc;

use automerge::transaction::{Transactable, Transaction};
use automerge::{AutomergeError, ObjType, ROOT, ReadDoc};
use koffiekar_server::projection::Surroundings;
use koffiekar_server::store::Store;
use koffiekar_server::store::catalogue;
use koffiekar_server::sync::intake::{Pusher, take_in};
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
    rounds: Arc<[Round]>,
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
        let koffiekar = Koffiekar::new(store, Clock::held(NOW), &place.apart())
            .await
            .unwrap();
        demo::load(&koffiekar).await.unwrap();
        let mut tx = koffiekar.store.read().await.unwrap();
        let catalogue = catalogue::read(&mut tx).await.unwrap();
        drop(tx);
        Street {
            koffiekar,
            surroundings: Arc::new(Surroundings::of(&catalogue)),
            rounds: catalogue.rounds.into(),
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
            revoked: false,
            enrolled_at: Millis(0),
            rounds: self.rounds.clone(),
            surroundings: self.surroundings.clone(),
        };
        let intake = take_in(&self.koffiekar, &pusher, push, Vec::new(), NOW)
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
        voucher: None,
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
