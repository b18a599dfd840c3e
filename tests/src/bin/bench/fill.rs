//! A database that is full already: copies of real conversations under fresh ids, written by the
//! store's own functions. Their documents still hold the quote ids of the originals; nothing that is
//! measured on them reads a document.

use koffiekar_server::demo;
use koffiekar_server::projection::{Arrival, Projection, Surroundings, project};
use koffiekar_server::store::documents::{self, NewVersion};
use koffiekar_server::{Koffiekar, store};
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::conversation::{Actor, Document};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, UserId};
use koffiekar_tests::seed::{Numbers, conversation};
use uuid::Uuid;

use super::{QUOTES_EACH, ROUND};

const ORIGINALS: usize = 500;
const AT_ONCE: usize = 1_000;
/// A conversation every half minute.
const APART_MS: i64 = 30_000;

struct Original {
    document: Document,
    projection: Projection,
    model: String,
}

/// Adds conversations until there are this many; `from` were there already.
pub(super) async fn fill(koffiekar: &Koffiekar, from: usize, until: usize) {
    fill_with(koffiekar, from, until, |_, _| {}).await;
}

/// The same; each projection is made different first.
pub(super) async fn fill_with(
    koffiekar: &Koffiekar,
    from: usize,
    until: usize,
    vary: impl Fn(&mut Projection, &mut Numbers),
) {
    let mut numbers = Numbers(11);
    let originals = originals(koffiekar, &mut numbers);
    let start = Millis(1_500_000_000_000);
    let mut made = from;
    while made < until {
        let count = AT_ONCE.min(until - made);
        let versions = (made..made + count)
            .map(|index| {
                let at = start.plus(i64::try_from(index).unwrap() * APART_MS);
                let mut version = copy(&originals[index % ORIGINALS], at, &mut numbers);
                vary(&mut version.projection, &mut numbers);
                version.round = version.projection.round;
                version
            })
            .collect();
        write(koffiekar, versions).await.unwrap();
        made += count;
        if made.is_multiple_of(100_000) {
            eprintln!("fill: {made} conversations");
        }
    }
}

async fn write(koffiekar: &Koffiekar, versions: Vec<NewVersion>) -> store::Result<()> {
    let mut tx = koffiekar.store.write().await?;
    documents::write(&mut tx, versions.iter().collect()).await?;
    tx.commit().await
}

fn originals(koffiekar: &Koffiekar, numbers: &mut Numbers) -> Vec<Original> {
    let tagger = koffiekar.suggest.model();
    let surroundings = Surroundings::default();
    let by = UserId(Uuid::from_u128(1));
    let actor = Actor {
        device: DeviceNumber(1),
        session: [1; 8],
    };
    (0..ORIGINALS)
        .map(|_| {
            let at = Millis(0);
            let new = conversation(numbers, by, at, QUOTES_EACH);
            let document = Document::record(&new, actor).unwrap();
            let projection = project(
                ConversationId(Uuid::nil()),
                demo::round(ROUND),
                RoundKind::NeighbourhoodRound,
                &document.read().unwrap(),
                Arrival {
                    received_at: at,
                    enrolled_at: None,
                },
                &surroundings,
                |text, language, first| tagger.suggest(text, language, first),
            );
            Original {
                document,
                projection,
                model: tagger.version.to_string(),
            }
        })
        .collect()
}

fn copy(original: &Original, at: Millis, numbers: &mut Numbers) -> NewVersion {
    let id = ConversationId::new(at, numbers.bytes());
    let mut projection = original.projection.clone();
    projection.id = id;
    projection.recorded_at = at;
    for quote in &mut projection.quotes {
        quote.id = QuoteId::new(at, numbers.bytes());
    }
    NewVersion {
        id,
        round: projection.round,
        merged_into: None,
        heads: original.document.heads(),
        bytes: original.document.save(),
        received_at: at,
        written_at: at,
        device: DeviceNumber(1),
        projection,
        model: original.model.clone(),
    }
}
