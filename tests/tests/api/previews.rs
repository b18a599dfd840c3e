//! What an action line in other words would move is what it moves once it is written.

use koffiekar_server::demo::{self, conversations};
use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::office::{AuditPage, LinePreview, MovedQuotes, QuotePage, WriteLine};
use koffiekar_tests::hand::Hand;
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;
use reqwest::{Method, StatusCode};

async fn suggested(editor: &Office, line: &str) -> u64 {
    let path = format!("/api/v1/quotes?limit=1&tag_state=untagged&suggested={line}");
    editor.get::<QuotePage>(&path).await.total
}

/// The demo's quotes, with suggestions by the model in use.
async fn filled() -> Server {
    let mut server = Server::start(Place::sqlite()).await;
    conversations::load(&server.koffiekar).await.unwrap();
    server.restart().await;
    server
}

/// A number is told as a ten that it has, or as the one below.
fn tells(told: u32, number: u64) -> bool {
    let told = u64::from(told);
    told.is_multiple_of(10) && told <= number && number < told + 19
}

fn total(moved: &[MovedQuotes]) -> u32 {
    moved.iter().map(|moved| moved.quotes).sum()
}

#[tokio::test]
async fn what_would_move_moves_when_it_is_written() {
    let server = filled().await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let catalogue: Catalogue = admin.get("/api/v1/programme").await;
    let line = catalogue.action_lines[0].clone();
    let (path, preview) = {
        let path = format!("/api/v1/action-lines/{}", line.key);
        (path.clone(), format!("{path}/preview"))
    };
    let mut written = WriteLine {
        theme: line.theme,
        title: line.title,
        description: line.description,
        synonyms: line.synonyms,
    };
    // Enough that is said in the words of another line.
    let other = catalogue.action_lines.iter();
    let other = other.filter(|other| other.key != line.key).nth(4).unwrap();
    let other = (other.key.clone(), other.synonyms.clone());
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(4);
    let said: Vec<_> = (0..60)
        .map(|_| {
            let mut new = conversation(&mut numbers, hand.user(), now(), 1);
            new.quotes[0].verbatim = other.1.join(", ");
            hand.record(demo::round("buurtronde-2026"), &new)
        })
        .collect();
    hand.push(&said.iter().collect::<Vec<_>>()).await;
    let before = suggested(&editor, line.key.as_str()).await;

    let same: LinePreview = admin.post(&preview, &written).await;
    assert!(tells(same.stay, before), "{same:?} {before}");
    assert_eq!((total(&same.come), total(&same.go)), (0, 0));
    assert!(same.looked_at > same.stay);

    // What is said in those words comes from there.
    written.description = other.1.join(" ");
    written.synonyms = other.1;
    let moved: LinePreview = admin.post(&preview, &written).await;
    assert!(
        moved.come.iter().any(|from| from.line == other.0),
        "{moved:?}"
    );
    assert_eq!(moved.looked_at, same.looked_at);
    assert_eq!(
        suggested(&editor, line.key.as_str()).await,
        before,
        "nothing is written"
    );

    let (status, body) = admin.call(Method::PUT, &path, Some(&written)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let koffiekar = &server.koffiekar;
    koffiekar.suggest.learn_now(&koffiekar.store).await.unwrap();
    let after = suggested(&editor, line.key.as_str()).await;
    // Each of the numbers that are told may be too low, and those below ten are not told at all.
    let told = u64::from(moved.stay + total(&moved.come));
    assert!(told <= after, "{moved:?} {after}");
    assert!(after > before, "{after} {before}");
}

#[tokio::test]
async fn a_line_that_is_not_there_yet_can_be_looked_at_and_a_wrong_one_is_refused() {
    let server = filled().await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let mut written = WriteLine {
        theme: "wonen".parse().unwrap(),
        title: "Lift en trappenhuis".to_owned(),
        description: String::new(),
        synonyms: vec!["lift".to_owned(), "trap".to_owned()],
    };
    let path = "/api/v1/action-lines/wonen-99/preview";
    let new: LinePreview = admin.post(path, &written).await;
    assert_eq!((new.stay, total(&new.go)), (0, 0));
    assert!(new.looked_at > 0);
    written.title = String::new();
    let (status, body) = admin.call(Method::POST, path, Some(&written)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
}

/// Whoever has a list of names and may describe action lines does not find out which of them were said.
#[tokio::test]
async fn a_preview_tells_of_no_word_that_few_quotes_hold() {
    let server = filled().await;
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(3);
    let says = |words: &str, numbers: &mut Numbers| {
        let mut new = conversation(numbers, hand.user(), now(), 1);
        new.quotes[0].verbatim = words.to_owned();
        hand.record(demo::round("buurtronde-2026"), &new)
    };
    let said: Vec<_> = (0..3)
        .map(|_| says("Zwxqvkine Zwxqvkine", &mut numbers))
        .collect();
    hand.push(&said.iter().collect::<Vec<_>>()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let asks = |word: &str| WriteLine {
        theme: "wonen".parse().unwrap(),
        title: word.to_owned(),
        description: String::new(),
        synonyms: Vec::new(),
    };
    let path = "/api/v1/action-lines/wonen-99/preview";
    for word in ["Zwxqvkine", "Qjfyzbnop"] {
        let told: LinePreview = admin.post(path, &asks(word)).await;
        assert_eq!((told.stay, total(&told.come), total(&told.go)), (0, 0, 0));
        let again: LinePreview = admin.post(path, &asks(word)).await;
        assert_eq!(told, again, "nothing is learnt by asking again");
    }
    // And whoever asks stands in the audit log.
    let log: AuditPage = admin.get("/api/v1/audit?act=preview+action+line").await;
    assert_eq!(log.lines.len(), 1);
}
