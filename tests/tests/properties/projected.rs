//! The rows that screens read say what the documents say, after whatever was pushed in whatever order.

use std::sync::Arc;

use koffiekar_server::projection::{Surroundings, project};
use koffiekar_server::store::catalogue;
use koffiekar_server::store::documents::{self, StoredDocument};
use koffiekar_server::sync::intake::{Pusher, take_in};
use koffiekar_server::{Clock, Koffiekar, demo};
use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::ids::{ConversationId, Millis, RoundId};
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::wire::{Outcome, Push};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::Place;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::history::{Deed, History, START, World, anything, history};
use super::hold;

/// A store with the demo's programme, and what the intake needs beside it.
struct Desk {
    koffiekar: Koffiekar,
    surroundings: Arc<Surroundings>,
    round: RoundId,
    rounds: Arc<[koffiekar_sync_core::catalogue::Round]>,
}

impl Desk {
    async fn open(place: &Place) -> Desk {
        let store = koffiekar_server::store::Store::open(&place.address())
            .await
            .unwrap();
        let koffiekar = Koffiekar::new(store, Clock::held(START), &place.apart())
            .await
            .unwrap();
        demo::load(&koffiekar).await.unwrap();
        let mut tx = koffiekar.store.read().await.unwrap();
        let catalogue = catalogue::read(&mut tx).await.unwrap();
        Desk {
            koffiekar,
            surroundings: Arc::new(Surroundings::of(&catalogue)),
            round: demo::round("buurtronde-2026"),
            rounds: catalogue.rounds.into(),
        }
    }

    async fn stored(&self, id: ConversationId) -> StoredDocument {
        let mut tx = self.koffiekar.store.read().await.unwrap();
        documents::find(&mut tx, &[id]).await.unwrap().remove(0)
    }

    /// Sends what this person wrote and takes in what others did.
    async fn meet(&self, id: ConversationId, world: &mut World, who: usize, known: &mut Vec<Head>) {
        let copy = &mut world.copies[who];
        let push = Push {
            document: id,
            round: self.round,
            heads: copy.document.heads(),
            changes: copy.document.changes_since(known),
            voucher: None,
        };
        let pusher = Pusher {
            author: Author {
                device: copy.actor.device,
                user: copy.user,
                edits: true,
            },
            revoked: false,
            enrolled_at: Millis(0),
            rounds: self.rounds.clone(),
            surroundings: self.surroundings.clone(),
        };
        let intake = take_in(&self.koffiekar, &pusher, vec![push], Vec::new(), START)
            .await
            .unwrap();
        let outcome = &intake.outcomes[0];
        assert!(
            matches!(outcome, Outcome::Stored | Outcome::Unchanged),
            "{outcome:?}"
        );
        let stored = Document::load(&self.stored(id).await.bytes).unwrap();
        copy.document.merge(&stored).unwrap();
        *known = stored.heads();
        assert_eq!(copy.document.heads(), *known);
    }

    /// A whole history, with everybody in touch at its end.
    async fn live(&self, people: usize, deeds: &History) -> (ConversationId, World) {
        let id = ConversationId::new(START, koffiekar_server::random::bytes());
        // Fresh ids: the store keeps what earlier cases left.
        let seed = u64::from_le_bytes(koffiekar_server::random::bytes());
        let mut world = World::new(people, seed);
        let mut known = vec![Vec::new(); people];
        self.meet(id, &mut world, 0, &mut known[0]).await;
        let first = known[0].clone();
        known.fill(first);
        for (who, deed) in deeds {
            let who = who % people;
            match deed {
                Deed::Meet { .. } => self.meet(id, &mut world, who, &mut known[who]).await,
                _ => world.act(who, deed),
            }
        }
        for _ in 0..2 {
            for (who, known) in known.iter_mut().enumerate() {
                self.meet(id, &mut world, who, known).await;
            }
        }
        (id, world)
    }
}

fn the_rows_say_what_the_documents_say(place: &Place, runtime: &Runtime, cases: u32) {
    let desk = runtime.block_on(Desk::open(place));
    hold(cases, history(anything(), 30), |(people, deeds)| {
        runtime.block_on(async {
            let (id, world) = desk.live(people, &deeds).await;
            let stored = desk.stored(id).await;
            let document = Document::load(&stored.bytes).unwrap();
            let conversation = document.read().unwrap();
            for copy in &world.copies {
                prop_assert_eq!(&copy.read(), &conversation);
            }
            let tagger = desk.koffiekar.suggest.model();
            let kind = desk.surroundings.kind(stored.round).unwrap();
            let expected = project(
                id,
                stored.round,
                kind,
                &conversation,
                stored.arrival(document.recorded_on()),
                &desk.surroundings,
                |text, language, first| tagger.suggest(text, language, first),
            );
            let mut found = Rows::of(place).await.projection(id).await;
            if found.quotes.is_empty() {
                // Facets stand on quotes: without any there are none to read.
                found.wijk = expected.wijk.clone();
                found.month = expected.month.clone();
                found.allowed = expected.allowed;
            }
            prop_assert_eq!(found, expected);
            Ok(())
        })
    });
    // Nothing is left in the index of quotes that are gone.
    runtime.block_on(async {
        let mut rows = Rows::of(place).await;
        assert_eq!(rows.count("quote_search").await, rows.count("quotes").await);
    });
}

#[test]
fn the_rows_say_what_the_documents_say_on_sqlite() {
    let runtime = Runtime::new().unwrap();
    the_rows_say_what_the_documents_say(&Place::sqlite(), &runtime, 100);
}

#[test]
fn the_rows_say_what_the_documents_say_on_postgres() {
    let runtime = Runtime::new().unwrap();
    let place = runtime.block_on(Place::postgres());
    the_rows_say_what_the_documents_say(&place, &runtime, 25);
}
