//! What an action line in other words would move is what it moves once it is written.

use koffiekar_server::demo::conversations;
use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::office::{LinePreview, MovedQuotes, QuotePage, WriteLine};
use koffiekar_tests::office::Office;
use koffiekar_tests::server::{Place, Server};
use reqwest::{Method, StatusCode};

async fn suggested(editor: &Office, line: &str) -> u64 {
    let path = format!("/api/v1/quotes?limit=1&tag_state=untagged&suggested={line}");
    editor.get::<QuotePage>(&path).await.total
}

/// The demo's quotes, with suggestions by the model in use.
async fn demo() -> Server {
    let mut server = Server::start(Place::sqlite()).await;
    conversations::load(&server.koffiekar).await.unwrap();
    server.restart().await;
    server
}

fn total(moved: &[MovedQuotes]) -> u32 {
    moved.iter().map(|moved| moved.quotes).sum()
}

#[tokio::test]
async fn what_would_move_moves_when_it_is_written() {
    let server = demo().await;
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
    let before = suggested(&editor, line.key.as_str()).await;

    let same: LinePreview = admin.post(&preview, &written).await;
    assert_eq!(u64::from(same.stay), before);
    assert_eq!((total(&same.come), total(&same.go)), (0, 0));
    assert!(same.looked_at > same.stay);

    // Words of another line: what is said in them comes from there.
    let other = catalogue.action_lines.iter();
    let other = other.filter(|other| other.key != line.key).nth(4).unwrap();
    let other = (other.key.clone(), other.synonyms.clone());
    written.description = other.1.join(" ");
    written.synonyms = other.1;
    let moved: LinePreview = admin.post(&preview, &written).await;
    assert!(
        moved.come.iter().any(|from| from.line == other.0),
        "{moved:?}"
    );
    assert!(total(&moved.go) > 0, "{moved:?}");
    assert_eq!(total(&moved.go) + moved.stay, same.stay);
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
    assert_eq!(u64::from(moved.stay + total(&moved.come)), after);
}

#[tokio::test]
async fn a_line_that_is_not_there_yet_can_be_looked_at_and_a_wrong_one_is_refused() {
    let server = demo().await;
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
