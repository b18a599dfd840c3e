//! Names are what they look like.

use koffiekar_sync_core::office::Problem;
use koffiekar_tests::office::Office;
use koffiekar_tests::server::{Place, Server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A right-to-left override, a zero-width space, a soft hyphen, a line break, a mark of an encoding.
const UNSEEN: [(&str, &str); 5] = [
    ("Ann\u{202e}a", "U+202E"),
    ("Ann\u{200b}a", "U+200B"),
    ("Ann\u{ad}a", "U+00AD"),
    ("Ann\na", "U+000A"),
    ("Ann\u{feff}a", "U+FEFF"),
];

fn requests(name: &str) -> [(Method, &'static str, Value); 5] {
    [
        (
            Method::POST,
            "/api/v1/people",
            json!({"login": "nieuw", "name": name, "role": "field", "password": "drie losse woorden"}),
        ),
        (
            Method::POST,
            "/api/v1/rounds",
            json!({"name": name, "kind": "open_house", "starts_on": "2026-01-01", "ends_on": "2026-01-02"}),
        ),
        (
            Method::PUT,
            "/api/v1/action-lines/nieuw-1",
            json!({"theme": "wonen", "title": name, "description": "", "synonyms": []}),
        ),
        (
            Method::PUT,
            "/api/v1/action-lines/nieuw-1",
            json!({"theme": "wonen", "title": "Vocht", "description": "", "synonyms": [name]}),
        ),
        (
            Method::POST,
            "/api/v1/devices",
            json!({"login": "veldwerker1", "password": "maakt niet uit", "label": name,
                "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}),
        ),
    ]
}

#[tokio::test]
async fn what_nobody_sees_in_a_name_is_refused_with_its_place() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    for (name, code) in UNSEEN {
        for (method, path, body) in requests(name) {
            let refused: Problem = admin.refused(method, path, Some(&body)).await;
            assert_eq!(refused.status, 422, "{path}: {refused:?}");
            assert!(refused.detail.contains(code), "{path}: {refused:?}");
            assert!(refused.detail.contains("plaats 4"), "{path}: {refused:?}");
        }
    }
    // In a login there is no room for it.
    let body = json!({"login": "an\u{200b}na", "name": "Anna", "role": "field", "password": "drie losse woorden"});
    let refused = admin
        .refused(Method::POST, "/api/v1/people", Some(&body))
        .await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn names_of_every_writing_are_taken() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    // Arabic, Persian with the joiner that its writing needs, an accent in two pieces, a family.
    let names = [
        "\u{641}\u{627}\u{637}\u{645}\u{629}",
        "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
        "Rene\u{301}e",
        "Buurtfeest \u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{2615}\u{fe0f}",
    ];
    for (number, name) in names.into_iter().enumerate() {
        let body = json!({"login": format!("nieuw{number}"), "name": name, "role": "field",
            "password": "drie losse woorden"});
        let (status, answer) = admin
            .call(Method::POST, "/api/v1/people", Some(&body))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{name}: {answer}");
    }
}
