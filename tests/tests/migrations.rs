//! A database of every earlier version, with data in it, is brought up to date and served.

mod kept;

use std::path::Path;

use ed25519_dalek::SigningKey;
use koffiekar_server::Clock;
use koffiekar_sync_core::conversation::{Actor, Document};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, RoundId, UserId};
use koffiekar_sync_core::receipt::KeyId;
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::Request;
use koffiekar_tests::hand::{Hand, fetching};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use sqlx::migrate::{Migration, Migrator};
use uuid::Uuid;

/// Runs a statement that is the same in both schemas.
macro_rules! run {
    ($rows:expr, $statement:expr $(, $value:expr)*) => {
        match &mut $rows {
            Rows::Sqlite(c) => sqlx::query($statement)$(.bind($value))*.execute(c).await.map(drop),
            Rows::Postgres(c) => sqlx::query($statement)$(.bind($value))*.execute(c).await.map(drop),
        }
        .unwrap()
    };
}

async fn scripts(place: &Place) -> Vec<Migration> {
    let engine = match place {
        Place::Sqlite(_) => "sqlite",
        Place::Postgres(_) => "postgres",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let migrator = Migrator::new(folder.join(engine)).await.unwrap();
    migrator.migrations.to_vec()
}

/// What stands in the data.
struct Data {
    user: UserId,
    round: RoundId,
    device: DeviceNumber,
    seed: [u8; 32],
    receipt_key: SigningKey,
    conversation: ConversationId,
    document: Document,
}

impl Data {
    fn new() -> Data {
        let mut numbers = Numbers(41);
        let user = UserId(Uuid::from_u128(1));
        let device = DeviceNumber(0xf000_0000_0000_0001);
        let actor = Actor {
            device,
            session: numbers.bytes(),
        };
        let recorded = conversation(&mut numbers, user, now(), 1);
        Data {
            user,
            round: RoundId(Uuid::from_u128(2)),
            device,
            seed: numbers.bytes(),
            receipt_key: SigningKey::from_bytes(&numbers.bytes()),
            conversation: ConversationId(Uuid::from_u128(3)),
            document: Document::record(&recorded, actor).unwrap(),
        }
    }

    /// In columns that every schema has; `counted` are keys for receipts since the script of their name.
    async fn write(&self, rows: &mut Rows, counted: bool) {
        let (user, round) = (self.user.as_bytes(), self.round.as_bytes());
        let statement = "insert into installation (one, epoch) values (1, $1)";
        run!(*rows, statement, [9_u8; 16].as_slice());
        let key = self.receipt_key.verifying_key();
        let statement = match counted {
            false => "insert into receipt_keys (id, secret, created_at) values ($1, $2, 1000)",
            true => {
                "insert into receipt_keys (id, secret, created_at, place) values ($1, $2, 1000, 1)"
            }
        };
        let (id, secret) = (KeyId::of(&key).0, self.receipt_key.to_bytes());
        run!(*rows, statement, id.as_slice(), secret.as_slice());
        let statement = "
            insert into users (id, login, name, role, password_hash, disabled, demo, created_at)
            values ($1, 'anna', 'Anna', 'field', 'none', $2, $2, 1000)";
        run!(*rows, statement, user.as_slice(), false);
        let statement = "
            insert into rounds (id, name, kind, starts_on, ends_on, closed, feed_place)
            values ($1, 'Ronde', 'neighbourhood_round', '2026-01-24', '2026-02-28', $2, 1)";
        run!(*rows, statement, round.as_slice(), false);
        let statement = "insert into round_members (round, member) values ($1, $2)";
        run!(*rows, statement, round.as_slice(), user.as_slice());
        let public_key = SigningKey::from_bytes(&self.seed).verifying_key();
        let statement = "
            insert into devices (number, account, public_key, label, enrolled_at, waiting)
            values ($1, $2, $3, 'Tablet 7', 1000, 3)";
        let number = self.device.0.cast_signed();
        let public_key = public_key.to_bytes();
        run!(
            *rows,
            statement,
            number,
            user.as_slice(),
            public_key.as_slice()
        );
        let statement = "
            insert into documents (id, round, version, heads, bytes, received_at, device)
            values ($1, $2, 1, $3, $4, 1000, $5)";
        let id = self.conversation.as_bytes().as_slice();
        let heads: Vec<u8> = self.document.heads().iter().flat_map(|h| h.0).collect();
        let bytes = self.document.save();
        run!(*rows, statement, id, round.as_slice(), heads, bytes, number);
        let statement = "
            insert into feed (round, place, document, kind) values ($1, 1, $2, 'changed')";
        run!(*rows, statement, round.as_slice(), id);
        let statement = "
            insert into conversations (id, round, language, recorded_at, clock_doubtful,
                recorded_by, notes, consents)
            values ($1, $2, 'nl', 1000, $3, $4, '', '[]')";
        run!(
            *rows,
            statement,
            id,
            round.as_slice(),
            false,
            user.as_slice()
        );
        for ((position, words), search_row) in WORDS.into_iter().enumerate().zip(SEARCH_ROWS) {
            let statement = "
                insert into quotes (id, conversation, position, round, kind, language,
                    recorded_at, month, verbatim, tag_state, said, for_analysis,
                    for_anonymous_publication, for_named_publication, for_follow_up_contact,
                    suggestions, search_row)
                values ($1, $2, $3, $4, 'neighbourhood_round', 'nl', 1000, '1970-01', $5,
                    'untagged', '[]', $6, $6, $6, $6, '[]', $7)";
            let quote = Uuid::from_u128(100 + position as u128).into_bytes();
            run!(
                *rows,
                statement,
                quote.as_slice(),
                id,
                position as i64,
                round.as_slice(),
                words,
                true,
                search_row
            );
            let statement = match rows {
                Rows::Sqlite(_) => "insert into quote_search (rowid, terms) values ($1, $2)",
                Rows::Postgres(_) => {
                    "insert into quote_search (search_row, terms)
                     values ($1, array_to_tsvector(array[$2]))"
                }
            };
            run!(*rows, statement, search_row, words);
        }
    }
}

/// Each is the words of a quote and its only term.
const WORDS: [&str; 3] = ["huis", "plein", "straat"];
/// In older versions they are hashes.
const SEARCH_ROWS: [i64; 3] = [i64::MAX - 1, 5, i64::MAX / 3];

#[tokio::test]
async fn every_earlier_version_with_data_in_it_is_brought_up_to_date_on_sqlite() {
    let count = scripts(&Place::sqlite()).await.len();
    for applied in 1..=count {
        brought_up_to_date(Place::sqlite(), applied).await;
    }
}

#[tokio::test]
async fn every_earlier_version_with_data_in_it_is_brought_up_to_date_on_postgres() {
    let count = scripts(&Place::sqlite()).await.len();
    for applied in 1..=count {
        brought_up_to_date(Place::postgres().await, applied).await;
    }
}

async fn brought_up_to_date(place: Place, applied: usize) {
    let mut first = scripts(&place).await;
    first.truncate(applied);
    let counted = first
        .iter()
        .any(|script| script.description == "receipt keys");
    let migrator = Migrator::with_migrations(first);
    if let Place::Sqlite(folder) = &place {
        std::fs::write(folder.path().join("koffiekar.sqlite"), b"").unwrap();
    }
    let mut rows = Rows::of(&place).await;
    match &mut rows {
        Rows::Sqlite(connection) => migrator.run(connection).await.unwrap(),
        Rows::Postgres(connection) => migrator.run(connection).await.unwrap(),
    }
    let data = Data::new();
    data.write(&mut rows, counted).await;
    drop(rows);

    let server = Server::start_with_clock(place, Clock::System).await;
    let hand = Hand {
        url: server.url.clone(),
        identity: Identity {
            device: data.device,
            user: data.user,
            seed: data.seed,
            receipt_key: data.receipt_key.verifying_key().to_bytes(),
        },
        session: [1; 8],
    };
    // Its tablet is known, the key of before signs, and what was stored is there.
    let fetched = hand.ask(&fetching()).await;
    assert!(fetched.receipt.is_some(), "{applied}");
    let documents = fetched.changed();
    assert_eq!(documents.len(), 1, "{applied}");
    assert_eq!(documents[0].0, data.conversation);
    assert_eq!(documents[0].1.heads(), data.document.heads());
    let asked = Request {
        compare: vec![koffiekar_sync_core::wire::Version {
            document: data.conversation,
            heads: data.document.heads(),
        }],
        ..Request::default()
    };
    let compared = hand.ask(&asked).await;
    assert!(compared.line(data.conversation).is_some());
    let mut rows = Rows::of(&server.place).await;
    let searched = found(&mut rows).await;
    assert_eq!(searched, WORDS, "{applied}");
    for table in [
        "users",
        "rounds",
        "devices",
        "documents",
        "feed",
        "receipt_keys",
    ] {
        assert_eq!(rows.count(table).await, 1, "{table} from {applied}");
    }
}

/// The words of the quotes that the full-text index finds by their term.
async fn found(rows: &mut Rows) -> Vec<String> {
    let mut all = Vec::new();
    for term in WORDS {
        let found: Vec<(String,)> = match rows {
            Rows::Sqlite(c) => {
                let statement = "
                    select verbatim from quotes where search_row in
                        (select rowid from quote_search where quote_search match $1)";
                sqlx::query_as(statement).bind(term).fetch_all(c).await
            }
            Rows::Postgres(c) => {
                let statement = "
                    select verbatim from quotes where search_row in
                        (select search_row from quote_search where terms @@ $1::tsquery)";
                sqlx::query_as(statement).bind(term).fetch_all(c).await
            }
        }
        .unwrap();
        all.extend(found.into_iter().map(|(words,)| words));
    }
    all
}
