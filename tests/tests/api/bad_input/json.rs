//! JSON, query strings, ids, methods and paths that are not what they should be: a problem each
//! time, with the right status, and never an internal error.

use proptest::prelude::*;
use reqwest::Response;
use serde_json::Value;

use super::*;

/// Status and code of the problem; fails where it is none.
async fn told(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = response.text().await.unwrap();
    assert_eq!(
        headers["content-type"], "application/problem+json",
        "{status} {body}"
    );
    assert!(headers.contains_key("api-version") && headers.contains_key("x-request-id"));
    let problem: Problem = serde_json::from_str(&body).expect(&body);
    assert_eq!(problem.status, status);
    assert_eq!(
        problem.request_id.as_deref(),
        headers["x-request-id"].to_str().ok()
    );
    assert!(!problem.title.is_empty() && !problem.detail.is_empty());
    (status, problem.code().to_owned())
}

/// Sends whatever it is as somebody who is signed in.
async fn send(
    office: &Office,
    method: Method,
    path: &str,
    content_type: Option<&str>,
    body: Vec<u8>,
) -> Response {
    let mut request = http()
        .request(method, format!("{}{path}", office.url))
        .header("cookie", office.cookie.clone().unwrap_or_default())
        .header("origin", &office.url)
        .body(body);
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.send().await.unwrap()
}

const JSON: Option<&str> = Some("application/json");

/// Every route that takes JSON, with a body that it takes.
async fn takers(server: &Server) -> Vec<(Office, Method, String, Value)> {
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let page: QuotePage = editor.get("/api/v1/quotes").await;
    let quote = page.quotes[0].id;
    let section = SectionId(uuid::Uuid::nil());
    let person = demo::user("veldwerker3");
    let round = round("openhuis-2026");
    let line =
        serde_json::json!({"theme": "wonen", "title": "T", "description": "", "synonyms": []});
    let new_round = serde_json::json!({
        "name": "R", "kind": "open_house", "starts_on": "2026-01-01", "ends_on": "2026-01-01"
    });
    let new_person = serde_json::json!({
        "login": "nog-een", "name": "N", "role": "field", "password": "lang genoeg 1"
    });
    let device = serde_json::json!({
        "login": "veldwerker1", "password": demo::PASSWORD, "public_key": "00", "label": "T"
    });
    let sign_in = serde_json::json!({"login": "wie", "password": "dan ook niet"});
    let of = |office: &Office, method: Method, path: String, body: Value| {
        (office.clone(), method, path, body)
    };
    vec![
        of(
            &editor,
            Method::POST,
            format!("/api/v1/quotes/{quote}/tags"),
            serde_json::json!({"confirm": ["none"]}),
        ),
        of(
            &editor,
            Method::POST,
            format!("/api/v1/quotes/{quote}/wording"),
            serde_json::json!({"verbatim": "a", "seen": ["a"]}),
        ),
        of(
            &editor,
            Method::POST,
            format!("/api/v1/sections/{section}/selections"),
            serde_json::json!({"quote": quote}),
        ),
        of(
            &admin,
            Method::POST,
            "/api/v1/people".to_owned(),
            new_person,
        ),
        of(
            &admin,
            Method::PATCH,
            format!("/api/v1/people/{person}"),
            serde_json::json!({"name": "N"}),
        ),
        of(&admin, Method::POST, "/api/v1/rounds".to_owned(), new_round),
        of(
            &admin,
            Method::PATCH,
            format!("/api/v1/rounds/{round}"),
            serde_json::json!({"name": "N"}),
        ),
        of(
            &admin,
            Method::PUT,
            "/api/v1/action-lines/wonen-1".to_owned(),
            line.clone(),
        ),
        of(
            &admin,
            Method::POST,
            "/api/v1/line-acts".to_owned(),
            serde_json::json!({"kind": "split", "lines": ["wonen-1"], "into": [
                {"key": "wonen-2"}, {"key": "nieuw", "new": line}], "note": "N"}),
        ),
        of(&admin, Method::POST, "/api/v1/devices".to_owned(), device),
        of(&admin, Method::POST, "/api/v1/session".to_owned(), sign_in),
    ]
}

/// With one quote in it.
async fn open(place: Place) -> Server {
    let server = Server::start(place).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let recorded = new(&tablet, &mut Numbers(1));
    tablet.record(round("buurtronde-2026"), &recorded);
    tablet.sync().await.unwrap();
    server
}

/// Each text that must not be empty, filled with what has no width, or no ink.
#[tokio::test]
async fn a_text_of_nothing_that_can_be_seen_is_refused_as_empty() {
    let server = open(Place::sqlite()).await;
    let fields = ["name", "title", "label"];
    let mut tried = 0;
    for (office, method, path, body) in takers(&server).await {
        for field in fields.into_iter().filter(|field| body.get(field).is_some()) {
            for blank in ["\u{200b}\u{200b}", "\u{2060} \u{feff}", "\u{3164}"] {
                let mut body = body.clone();
                body[field] = Value::from(blank);
                let bytes = serde_json::to_vec(&body).unwrap();
                let response = send(&office, method.clone(), &path, JSON, bytes).await;
                let (status, code) = told(response).await;
                let who = format!("{method} {path}: {field} {blank:?}");
                assert_eq!((status, code.as_str()), (422, "invalid"), "{who}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 18, "people twice, rounds twice, lines, devices");
}

#[tokio::test]
async fn bodies_that_are_not_what_a_route_takes_are_named() {
    let server = open(Place::sqlite()).await;
    for (office, method, path, body) in takers(&server).await {
        let bytes = serde_json::to_vec(&body).unwrap();
        let name = format!("{method} {path}");
        let mut unknown = body.clone();
        unknown["unknown_field"] = Value::from(1);
        let large = format!("{{\"x\":\"{}\"}}", "a".repeat(70_000)).into_bytes();
        let deep = "[".repeat(50_000).into_bytes();
        let lists = body.as_object().unwrap().keys();
        let wrong = lists.map(|key| (key.clone(), serde_json::json!({"a": [1]})));
        let wrong: serde_json::Map<String, Value> = wrong.collect();
        let cases = [
            ("no content type", None, bytes.clone(), (415, "unsupported")),
            (
                "another content type",
                Some("text/plain"),
                bytes.clone(),
                (415, "unsupported"),
            ),
            (
                "a form",
                Some("application/x-www-form-urlencoded"),
                b"a=b".to_vec(),
                (415, "unsupported"),
            ),
            (
                "half of it",
                JSON,
                bytes[..bytes.len() - 1].to_vec(),
                (422, "invalid"),
            ),
            ("nothing", JSON, Vec::new(), (422, "invalid")),
            (
                "bytes that are no text",
                JSON,
                vec![b'{', 0xff, 0xfe],
                (422, "invalid"),
            ),
            ("a number", JSON, b"1".to_vec(), (422, "invalid")),
            ("null", JSON, b"null".to_vec(), (422, "invalid")),
            (
                "values of other types",
                JSON,
                serde_json::to_vec(&wrong).unwrap(),
                (422, "invalid"),
            ),
            ("70 kilobytes", JSON, large, (413, "too-large")),
            ("a deep nest", JSON, deep, (422, "invalid")),
        ];
        for (what, content_type, body, (status, code)) in cases {
            let response = send(&office, method.clone(), &path, content_type, body).await;
            assert_eq!(
                told(response).await,
                (status, code.to_owned()),
                "{what} to {name}"
            );
        }
        // What signs in takes no notice of more; every other route says so.
        if !path.ends_with("session") && !path.ends_with("devices") {
            let unknown = serde_json::to_vec(&unknown).unwrap();
            let response = send(&office, method.clone(), &path, JSON, unknown).await;
            assert_eq!(
                told(response).await,
                (422, "invalid".to_owned()),
                "more to {name}"
            );
        }
    }
    is_up(&server).await;
}

#[tokio::test]
async fn fields_beyond_their_bounds_are_named() {
    let server = open(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let long = "a".repeat(60_000);
    let many: Vec<String> = (0..500).map(|n| format!("lijn-{n}")).collect();
    for (office, method, path, body) in takers(&server).await {
        for (key, value) in body.as_object().unwrap() {
            let bad: Vec<Value> = match value {
                Value::String(_) => {
                    vec!["".into(), long.clone().into(), "a\0b".into(), "a\nb".into()]
                }
                Value::Array(_) => vec![
                    many.clone().into(),
                    vec![long.clone()].into(),
                    vec!["A B"].into(),
                ],
                _ => vec![Value::Null],
            };
            for bad in bad {
                let mut body = body.clone();
                body[key] = bad.clone();
                let (status, answer) = office.call(method.clone(), &path, Some(&body)).await;
                assert!(
                    !status.is_server_error(),
                    "{key} of {method} {path}: {answer}"
                );
                // A description or a note may be empty and have lines, a synonym may be two words.
                if status.is_success() {
                    let free = ["description", "synonyms", "note"].contains(&key.as_str());
                    assert!(free, "{key} of {method} {path}: {bad}");
                }
            }
        }
    }
    let people: Vec<Value> = admin.get("/api/v1/people").await;
    assert_eq!(people.len(), 7, "nobody came in by a bad request");
}

#[tokio::test]
async fn paths_methods_and_ids_that_lead_nowhere_say_so() {
    let server = open(Place::sqlite()).await;
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    for path in [
        "/api",
        "/api/",
        "/api/v1/",
        "/api/v2",
        "/api/v2/quotes",
        "/api/v1/nothing",
        "/api/v1/quotes/",
        "/api/v1/quotes/counts/",
        "/api/v1/quotes/a/b/c",
        "/api/v1/quotes%00",
        "/api/v1//quotes",
    ] {
        let response = send(&editor, Method::GET, path, None, Vec::new()).await;
        assert_eq!(
            told(response).await,
            (404, "not-found".to_owned()),
            "{path}"
        );
    }
    for id in [
        "x",
        "0",
        "-1",
        "%00",
        "'",
        "00000000-0000-0000-0000-000000000000",
        "%F0%9F%98%80",
        "00000000-0000-0000-0000-00000000000g",
        "1%3D1",
    ] {
        for (office, method, path) in [
            (&editor, Method::GET, format!("/api/v1/quotes/{id}")),
            (&editor, Method::GET, format!("/api/v1/publications/{id}")),
            (
                &editor,
                Method::DELETE,
                format!("/api/v1/sections/{id}/selections/{id}"),
            ),
            (&admin, Method::POST, format!("/api/v1/devices/{id}/revoke")),
        ] {
            let response = send(office, method, &path, None, Vec::new()).await;
            assert_eq!(
                told(response).await,
                (404, "not-found".to_owned()),
                "{path}"
            );
        }
        for (office, method, path, body) in [
            (
                &editor,
                Method::POST,
                format!("/api/v1/quotes/{id}/tags"),
                r#"{"confirm":["none"]}"#,
            ),
            (
                &editor,
                Method::POST,
                format!("/api/v1/sections/{id}/selections"),
                r#"{"quote":"00000000-0000-0000-0000-000000000000"}"#,
            ),
            (&admin, Method::PATCH, format!("/api/v1/people/{id}"), "{}"),
            (&admin, Method::PATCH, format!("/api/v1/rounds/{id}"), "{}"),
        ] {
            let response = send(office, method, &path, JSON, body.as_bytes().to_vec()).await;
            assert_eq!(
                told(response).await,
                (404, "not-found".to_owned()),
                "{path}"
            );
        }
    }
    for (method, path) in [
        (Method::DELETE, "/api/v1/quotes"),
        (Method::GET, "/api/v1/sync"),
        (Method::PUT, "/api/v1/session"),
        (Method::POST, "/api/v1/desk"),
        (Method::PATCH, "/api/v1"),
    ] {
        let response = send(&editor, method.clone(), path, None, Vec::new()).await;
        assert!(response.headers().contains_key("allow"), "{method} {path}");
        assert_eq!(
            told(response).await,
            (405, "method".to_owned()),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn filters_and_cursors_that_mean_nothing_are_refused_on_both_engines() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = open(place).await;
        let editor = Office::sign_in(&server.url, "redacteur1").await;
        for query in [
            "unknown=1",
            "limit=-1",
            "limit=x",
            "limit=1.5",
            "limit=99999999999",
            "limit=",
            "action_line=A%20B",
            "action_line=",
            "theme=%00",
            "theme=%27",
            "suggested=%F0%9F%98%80",
            "round=x",
            "round=",
            "kind=markt",
            "tag_state=maybe",
            "consent=all",
            "conflict=maybe",
            "conflict=1",
            "from=2026-02-30",
            "from=2026-13-01",
            "from=gisteren",
            "until=2026-1-1",
            "until=2026-%2B1-01",
            "from=",
            "until=20260101",
            "text=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k%20l%20m",
        ] {
            for path in [
                "/api/v1/quotes?",
                "/api/v1/quotes.csv?",
                "/api/v1/quotes/counts?rows=theme&",
            ] {
                let path = format!("{path}{query}");
                let response = send(&editor, Method::GET, &path, None, Vec::new()).await;
                assert_eq!(response.status(), 422, "{path}");
                assert_eq!(told(response).await, (422, "invalid".to_owned()), "{path}");
            }
        }
        for query in ["area=a%00b", "language=%00", "area=%27"] {
            let page: QuotePage = editor.get(&format!("/api/v1/quotes?{query}")).await;
            assert_eq!(page.total, 0, "{query}");
        }
        let long = "a".repeat(201);
        for query in [
            "after=",
            "after=1",
            "after=x-y",
            "after=-",
            "after=1-00",
            "after=%00-%00",
            "after=99999999999999999999-00000000000000000000000000000000",
            &format!("text={long}"),
        ] {
            let path = format!("/api/v1/quotes?{query}");
            let response = send(&editor, Method::GET, &path, None, Vec::new()).await;
            assert_eq!(told(response).await, (422, "invalid".to_owned()), "{path}");
        }
        for query in [
            "",
            "rows=",
            "rows=name",
            "rows=theme&columns=name",
            "columns=theme",
            "rows=theme;--",
        ] {
            let path = format!("/api/v1/quotes/counts?{query}");
            let response = send(&editor, Method::GET, &path, None, Vec::new()).await;
            assert_eq!(told(response).await, (422, "invalid".to_owned()), "{path}");
        }
        // Strange, and still a question that has an answer.
        for query in [
            "after=0-00000000000000000000000000000000",
            "after=9223372036854775807-ffffffffffffffffffffffffffffffff",
            "from=9999-12-31",
            "until=1970-01-01",
            "from=2026-02-01&until=2026-01-01",
            "area=%27%20or%201=1",
            "language=%22",
            "text=",
            "text=%20",
        ] {
            let (status, body) = editor
                .call(Method::GET, &format!("/api/v1/quotes?{query}"), None::<&()>)
                .await;
            assert_eq!(status, StatusCode::OK, "{query}: {body}");
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What people type into a search box, and what somebody does who knows what is behind it.
#[tokio::test]
async fn no_words_break_the_search_on_either_engine() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut any_text: Vec<String> = Vec::new();
    let strategy = proptest::collection::vec(any::<char>(), 0..30);
    for _ in 0..150 {
        let tree = strategy.new_tree(&mut runner).unwrap();
        any_text.push(
            proptest::strategy::ValueTree::current(&tree)
                .into_iter()
                .collect(),
        );
    }
    let words = [
        "\"*()- OR NEAR",
        "'",
        "\"",
        "\\",
        "%",
        "_",
        "*",
        "(",
        ")",
        "()",
        "((",
        "-",
        "--",
        ";",
        ":",
        ":*",
        "&",
        "|",
        "!",
        "<->",
        "^",
        "{",
        "}",
        "+",
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "NEAR(a b, 2)",
        "a OR",
        "OR a",
        "NOT a",
        "a AND",
        "rowid:1",
        "terms:a",
        "a*",
        "a:*",
        "a & b",
        "a:B",
        "' or 1=1 --",
        "'; drop table quotes; --",
        "\0",
        "a\0b",
        "😀",
        "😀 schimmel",
        "👩‍👩‍👧‍👦",
        "مرحبا",
        "ـ",
        "\u{202e}",
        "\u{feff}",
        "ß",
        "İ",
        "ǅ",
        "ﬁ",
        "①",
        "½",
        "१२३",
        "𝕬𝖇𝖈",
        "x1f600",
        "            ",
        "\t\n",
        "a\nb",
        "日本語",
        "ⵣⵉⴽ",
        "null",
        "NaN",
        "0",
        "-1",
        "1e9",
    ];
    let words: Vec<String> = words
        .map(str::to_owned)
        .into_iter()
        .chain(any_text)
        .collect();
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = open(place).await;
        let editor = Office::sign_in(&server.url, "redacteur1").await;
        for words in &words {
            let text = encoded(words);
            for path in ["/api/v1/quotes?", "/api/v1/quotes/counts?rows=kind&"] {
                let path = format!("{path}text={text}");
                let (status, body) = editor.call(Method::GET, &path, None::<&()>).await;
                let fine = status == StatusCode::OK || status == StatusCode::UNPROCESSABLE_ENTITY;
                assert!(fine, "{words:?}: {status} {body}");
            }
        }
        is_up(&server).await;
    }
}

/// Ten wrong passwords, and then not even the right one for a while.
#[tokio::test]
async fn guessing_passwords_ends_soon() {
    let server = open(Place::sqlite()).await;
    let stranger = Office::stranger(&server.url);
    let body = |password: &str| serde_json::json!({"login": "redacteur2", "password": password});
    for attempt in 0..10 {
        let wrong = body(&format!("verkeerd {attempt}"));
        let refused = stranger
            .refused(Method::POST, "/api/v1/session", Some(&wrong))
            .await;
        assert_eq!(refused.code(), "wrong-credentials");
    }
    let right = body(demo::PASSWORD);
    let refused = stranger
        .refused(Method::POST, "/api/v1/session", Some(&right))
        .await;
    assert_eq!((refused.status, refused.code()), (429, "too-many-attempts"));
    Office::sign_in(&server.url, "redacteur1").await;
}
