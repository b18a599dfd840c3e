//! What should not be sent: a clear answer to each, the rest goes on, the server stays up.

mod json;
mod tablets;

use std::io::Write;

use automerge::ROOT;
use automerge::transaction::Transactable;
use flate2::{Compression, write::GzEncoder};
use koffiekar_server::{demo, random};
use koffiekar_sync_core::conversation::{Command, Document, NewConversation};
use koffiekar_sync_core::ids::{ConversationId, Millis, RoundId, SectionId};
use koffiekar_sync_core::limits;
use koffiekar_sync_core::office::{ChangeRound, Problem, QuotePage};
use koffiekar_sync_core::replica::Standing;
use koffiekar_sync_core::wire::{
    Answer, Cursor, Envelope, Outcome, PROTOCOL, Push, Reason, ReasonCode, Request,
};
use koffiekar_tests::chunks::{chunk, first_change, handmade, signed};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::rows::Rows;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{SyncError, Synced, Tablet, post};
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn round(key: &str) -> RoundId {
    demo::round(key)
}

fn new(tablet: &Tablet, numbers: &mut Numbers) -> NewConversation {
    conversation(numbers, tablet.replica.identity().user, tablet.now(), 1)
}

/// A request of this tablet that is not its replica's.
fn envelope(tablet: &Tablet, request: &Request) -> Envelope {
    let identity = tablet.replica.identity();
    let nonce = random::bytes();
    Envelope::seal(
        request,
        identity.device,
        &identity.signing_key(),
        tablet.now(),
        nonce,
    )
}

async fn outcomes(server: &Server, tablet: &Tablet, push: Vec<Push>) -> Vec<Outcome> {
    let request = Request {
        push,
        ..Request::default()
    };
    let answer = post(&server.url, envelope(tablet, &request).to_bytes())
        .await
        .unwrap();
    Answer::from_bytes(&answer).unwrap().outcomes
}

async fn problem(server: &Server, message: Vec<u8>) -> Problem {
    match post(&server.url, message).await {
        Err(SyncError::Refused(problem)) => problem,
        other => panic!("not refused: {other:?}"),
    }
}

async fn is_up(server: &Server) {
    for path in ["/healthz", "/readyz"] {
        let response = http()
            .get(format!("{}{path}", server.url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_message_that_is_none_is_named_and_nothing_else_happens() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let honest = envelope(&tablet, &Request::default());
    let bytes = honest.to_bytes();
    let with = |change: &dyn Fn(&mut Envelope)| {
        let mut envelope = honest.clone();
        change(&mut envelope);
        envelope.to_bytes()
    };
    let resealed = |body: &[u8]| {
        // Signed as it is: what is wrong is inside.
        let identity = tablet.replica.identity();
        let mut envelope = Envelope::seal(
            &Request::default(),
            identity.device,
            &identity.signing_key(),
            tablet.now(),
            random::bytes(),
        );
        envelope.body = body.to_vec();
        envelope
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&vec![0; 1_000_000]).unwrap();
    let bomb = gzip.finish().unwrap();

    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("an empty body", Vec::new(), 422, "invalid"),
        ("no CBOR", b"{\"push\":[]}".to_vec(), 422, "invalid"),
        (
            "half a message",
            bytes[..bytes.len() / 2].to_vec(),
            422,
            "invalid",
        ),
        (
            "more than a message",
            [&bytes[..], &[0]].concat(),
            422,
            "invalid",
        ),
        (
            "another protocol",
            with(&|e| e.protocol = PROTOCOL + 1),
            422,
            "invalid",
        ),
        (
            "another signature",
            with(&|e| e.signature[0] ^= 1),
            401,
            "device-unknown",
        ),
        (
            "another body under the signature",
            with(&|e| e.body.push(0)),
            401,
            "device-unknown",
        ),
        (
            "another time under the signature",
            with(&|e| e.time.0 += 1),
            401,
            "device-unknown",
        ),
        (
            "another nonce under the signature",
            with(&|e| e.nonce[0] ^= 1),
            401,
            "device-unknown",
        ),
        (
            "a device that nobody enrolled",
            with(&|e| e.device.0 ^= 1),
            401,
            "device-unknown",
        ),
        (
            "the server's own number",
            with(&|e| e.device.0 = 0),
            401,
            "device-unknown",
        ),
        (
            "a bomb that nobody signed",
            resealed(&bomb).to_bytes(),
            401,
            "device-unknown",
        ),
    ];
    for (what, message, status, code) in cases {
        let problem = problem(&server, message).await;
        assert_eq!((problem.status, problem.code()), (status, code), "{what}");
        assert!(problem.request_id.is_some());
    }
    // Another content type, and none.
    for content_type in [Some("application/json"), None] {
        let mut request = http()
            .post(format!("{}/api/v1/sync", server.url))
            .body(bytes.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let problem: Problem = response.json().await.unwrap();
        assert!(problem.detail.contains("application/cbor"));
    }
    is_up(&server).await;
    tablet.sync().await.unwrap();
}

/// What the device itself signs, and still is none.
#[tokio::test]
async fn a_bomb_that_is_signed_is_not_unpacked_to_its_end() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    // Compresses to a few kilobytes.
    let bomb = Request {
        push: vec![Push {
            document: ConversationId::new(tablet.now(), random::bytes()),
            round: round("buurtronde-2026"),
            heads: Vec::new(),
            changes: vec![0; limits::INFLATED_BYTES + 1],
            voucher: None,
        }],
        ..Request::default()
    };
    let message = envelope(&tablet, &bomb).to_bytes();
    assert!(message.len() < 200_000);
    let refused = problem(&server, message).await;
    assert_eq!((refused.status, refused.code()), (413, "too-large"));

    let many = Request {
        push: vec![bomb_of_nothing(); limits::PUSH_DOCUMENTS + 1],
        ..Request::default()
    };
    let refused = problem(&server, envelope(&tablet, &many).to_bytes()).await;
    assert_eq!((refused.status, refused.code()), (422, "invalid"));
    is_up(&server).await;
    tablet.sync().await.unwrap();
}

fn bomb_of_nothing() -> Push {
    Push {
        document: ConversationId::new(Millis(0), [0; 10]),
        round: round("buurtronde-2026"),
        heads: Vec::new(),
        changes: Vec::new(),
        voucher: None,
    }
}

#[tokio::test]
async fn twenty_megabytes_are_refused_before_they_are_all_here() {
    let server = Server::start(Place::sqlite()).await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    for path in ["/api/v1/sync", "/api/v1/session"] {
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let content_type = if path.ends_with("sync") {
            "application/cbor"
        } else {
            "application/json"
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {content_type}\r\n\
             content-length: 20000000\r\n\r\n"
        );
        let sending = tokio::spawn(async move {
            // The server may hang up in the middle; what it said is what counts.
            let _ = writer.write_all(head.as_bytes()).await;
            let _ = writer.write_all(&vec![b' '; 20_000_000]).await;
            writer
        });
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = reader.read_buf(&mut answer).await.unwrap();
            assert!(read > 0, "hung up without a word");
        }
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        assert!(answer.starts_with("http/1.1 413 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        sending.abort();
    }
    is_up(&server).await;
}

fn pushed(tablet: &Tablet, id: ConversationId, round: RoundId, new: &NewConversation) -> Push {
    let actor = koffiekar_sync_core::conversation::Actor {
        device: tablet.replica.identity().device,
        session: random::bytes(),
    };
    let document = Document::record(new, actor).unwrap();
    Push {
        document: id,
        round,
        heads: document.heads(),
        changes: document.changes_since(&[]),
        voucher: None,
    }
}

#[tokio::test]
async fn each_bad_document_has_its_own_answer_and_the_rest_is_stored() {
    let server = Server::start(Place::sqlite()).await;
    let tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    let ours = round("buurtronde-2026");
    let honest = |numbers: &mut Numbers| {
        let id = ConversationId::new(tablet.now(), random::bytes());
        pushed(&tablet, id, ours, &new(&tablet, numbers))
    };
    let device = tablet.replica.identity().device;
    let actor = koffiekar_sync_core::conversation::Actor {
        device,
        session: [1; 8],
    };
    let made = |(changes, heads): (Vec<u8>, Vec<koffiekar_sync_core::conversation::Head>)| Push {
        document: ConversationId::new(tablet.now(), random::bytes()),
        round: ours,
        heads,
        changes,
        voucher: None,
    };

    let foreign = Push {
        round: round("overlegronde-2026"),
        ..honest(&mut numbers)
    };
    let nowhere = Push {
        round: RoundId::new(Millis(1), [1; 10]),
        ..honest(&mut numbers)
    };
    let no_conversation = made(handmade(actor, |tx| tx.put(ROOT, "title", "melk")));
    let noise = made((b"dit is geen Automerge".to_vec(), Vec::new()));
    let nothing = made((Vec::new(), Vec::new()));
    let cut = {
        let mut push = honest(&mut numbers);
        push.changes.truncate(push.changes.len() / 2);
        push
    };
    let large = made(handmade(actor, |tx| {
        tx.put(ROOT, "verbatim", "a".repeat(5_000_000))
    }));
    let bomb = {
        let run = [&signed(1_000_000)[..], &[1]].concat();
        made((chunk(1, &first_change(actor, &[(0x42, run)])), Vec::new()))
    };
    let twice = honest(&mut numbers);

    let bad: Vec<(&str, Push, ReasonCode)> = vec![
        ("a round of others", foreign, ReasonCode::ForeignRound),
        (
            "a round that is not there",
            nowhere,
            ReasonCode::ForeignRound,
        ),
        ("no conversation", no_conversation, ReasonCode::NotAllowed),
        ("no Automerge", noise, ReasonCode::Unreadable),
        ("nothing at all", nothing, ReasonCode::NotAConversation),
        ("half a change", cut, ReasonCode::Unreadable),
        ("a quote of 5 MB", large, ReasonCode::TooLarge),
        ("a million operations", bomb, ReasonCode::TooLarge),
        ("the same once more", twice.clone(), ReasonCode::TryAgain),
    ];
    let mut batch = vec![twice];
    for (_, push, _) in &bad {
        batch.push(push.clone());
        batch.push(honest(&mut numbers));
    }
    let outcomes = outcomes(&server, &tablet, batch).await;
    assert_eq!(outcomes[0], Outcome::Stored, "the first of the two");
    for ((what, _, code), pair) in bad.iter().zip(outcomes[1..].chunks(2)) {
        match &pair[0] {
            Outcome::Invalid(reason) | Outcome::Held(reason) => {
                assert_eq!(reason.code, *code, "{what}: {}", reason.detail);
            }
            other => panic!("{what} was not refused: {other:?}"),
        }
        assert_eq!(pair[1], Outcome::Stored, "behind {what}");
    }
    let mut rows = Rows::of(&server.place).await;
    assert_eq!(rows.count("documents").await, 1 + bad.len() as i64);
    is_up(&server).await;
}

/// Words that a tablet could hold and PostgreSQL could not, and terms that an index could not.
#[tokio::test]
async fn strange_words_are_stored_on_either_engine() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = Server::start(place).await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        let mut numbers = Numbers(1);
        let mut ids = Vec::new();
        for words in [
            "a".repeat(limits::QUOTE_CHARS),
            "😀".repeat(limits::QUOTE_CHARS),
            "ag ".repeat(limits::QUOTE_CHARS / 3),
            "' or 1=1; drop table quotes; --".to_owned(),
            "'a':1 'b':2 & | ! <-> :*".to_owned(),
            "\u{1}\u{7f}\u{85}\u{2028}\u{feff}\u{202e}\u{fffd}\u{10ffff}".to_owned(),
            "\"*()- OR NEAR/2 AND NOT ^".to_owned(),
            "مَرْحَبًا بِكُم ـــ ٣٤".to_owned(),
        ] {
            let mut recorded = new(&tablet, &mut numbers);
            recorded.quotes[0].verbatim = words;
            recorded.notes = "=1+1'; --".to_owned();
            ids.push(tablet.record(round("buurtronde-2026"), &recorded));
        }
        let Synced {
            stored, refused, ..
        } = tablet.sync().await.unwrap();
        assert_eq!((stored, refused), (ids.len(), 0));
        let office = Office::sign_in(&server.url, "redacteur1").await;
        let page: QuotePage = office.get("/api/v1/quotes").await;
        for id in ids {
            let words = tablet.read(id).quotes[0].wording.first().to_owned();
            assert!(
                page.quotes.iter().any(|quote| quote.verbatim == words),
                "{words}"
            );
        }
    }
}

/// No app can write it; a device that does gets its document back and harms nobody.
#[tokio::test]
async fn a_null_character_costs_its_document_alone() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = Server::start(place).await;
        let tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        let mut numbers = Numbers(1);
        let id = ConversationId::new(tablet.now(), random::bytes());
        let good = pushed(
            &tablet,
            id,
            round("buurtronde-2026"),
            &new(&tablet, &mut numbers),
        );
        let user = tablet.replica.identity().user.key();
        let device = tablet.replica.identity().device;
        let actor = koffiekar_sync_core::conversation::Actor {
            device,
            session: [1; 8],
        };
        let mut batch = vec![good];
        for key in ["language", "area"] {
            let (changes, heads) = handmade(actor, |tx| {
                koffiekar_tests::chunks::make_all_but(tx, &user, &["language"])?;
                let meta = koffiekar_tests::chunks::part(tx, "meta");
                tx.put(&meta, "language", "nl")?;
                tx.put(&meta, key, "n\0l")
            });
            let document = ConversationId::new(tablet.now(), random::bytes());
            batch.push(Push {
                document,
                round: round("buurtronde-2026"),
                heads,
                changes,
                voucher: None,
            });
        }
        let outcomes = outcomes(&server, &tablet, batch).await;
        assert_eq!(outcomes[0], Outcome::Stored);
        assert!(
            matches!(outcomes[1..], [Outcome::Invalid(_), Outcome::Invalid(_)]),
            "{outcomes:?}"
        );
    }
}
