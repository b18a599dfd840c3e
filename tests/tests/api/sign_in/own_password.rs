//! Which passwords there are, and how their owners change them.

use std::process::Stdio;

use argon2::{Argon2, PasswordHasher};
use koffiekar_server::store::accounts;
use koffiekar_server::{Clock, demo};
use koffiekar_tests::office::Office;
use koffiekar_tests::programs;
use koffiekar_tests::server::{Place, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Browser, NOW, WRONG};

const NEW: &str = "drie losse woorden";

/// In one piece, in two, and with a blank that does not break.
const COMPOSED: &str = "caf\u{e9} op de hoek";
const DECOMPOSED: &str = "cafe\u{301} op\u{a0}de hoek";

async fn give(admin: &Office, login: &str, password: &str) -> (u16, String) {
    let path = format!("/api/v1/people/{}", demo::user(login));
    let change = json!({ "password": password });
    let (status, answer) = admin.call(Method::PATCH, &path, Some(&change)).await;
    (status.as_u16(), answer)
}

#[tokio::test]
async fn a_password_is_the_same_however_a_keyboard_makes_its_letters() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    for (given, typed) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)] {
        assert_eq!(give(&admin, "analist", given).await.0, 200);
        let mut browser = Browser::new(&server.url);
        assert_eq!(browser.sign_in("analist", typed).await.0, 200, "{typed}");
        assert_eq!(browser.sign_in("analist", given).await.0, 200, "{given}");
    }
    // Hashes of before passwords were compared so go on working.
    let argon2 = Argon2::default();
    let hash = argon2.hash_password_with_salt(DECOMPOSED.as_bytes(), &[7; 16]);
    let mut tx = server.koffiekar.store.write().await.unwrap();
    let user = demo::user("analist");
    accounts::set_password(&mut tx, user, &hash.unwrap().to_string())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut browser = Browser::new(&server.url);
    assert_eq!(browser.sign_in("analist", DECOMPOSED).await.0, 200);
}

#[tokio::test]
async fn passwords_that_anybody_would_try_first_are_refused_and_told_why() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    for (password, why) in [
        ("kort", "10 tot 200"),
        ("aaaaaaaaaaaa", "verschillende"),
        ("abababababab", "verschillende"),
        ("koffie koffie ", "spatie"),
        (" drie losse woorden", "spatie"),
        ("bakkiebakkiebakkie", "herhaalt"),
        ("1234567890", "rij"),
        ("qwertyuiop12", "rij"),
        ("zyxwvutsrqponm", "rij"),
        ("ikben-analist-x", "aanmeldnaam"),
        ("Welkom2026!", "meest gekozen"),
        ("w3lk0m2026!!", "meest gekozen"),
        ("P@ssw0rd1234", "meest gekozen"),
        ("September2026", "meest gekozen"),
        ("\u{feff}drie losse woorden", "onzichtbaar"),
        ("drie losse\twoorden", "onzichtbaar"),
    ] {
        let (status, answer) = give(&admin, "analist", password).await;
        assert_eq!(status, 422, "{password}: {answer}");
        assert!(answer.contains(why), "{password}: {answer}");
        assert!(!answer.contains(password.trim()), "it is not repeated");
    }
    for password in [
        NEW,
        "Tr0ub4dor&3-fiets",
        "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{628}\u{627}\u{644}\u{639}\u{627}\u{644}\u{645}",
        "mijn fiets is 12345 keer gestolen",
    ] {
        let (status, answer) = give(&admin, "analist", password).await;
        assert_eq!(status, 200, "{password}: {answer}");
    }
    // Of a new person the name counts as well.
    let body = json!({"login": "nieuw", "name": "Zonnebloem de Vries", "role": "field",
        "password": "zonnebloem-en-maan"});
    let refused = admin
        .refused(Method::POST, "/api/v1/people", Some(&body))
        .await;
    assert!(refused.detail.contains("de naam"), "{refused:?}");
}

#[tokio::test]
async fn who_changes_their_own_password_stays_signed_in_here_alone() {
    let server = Server::start_behind(Place::sqlite(), Clock::held(NOW), &[]).await;
    let (mut here, mut there) = (Browser::new(&server.url), Browser::new(&server.url));
    for browser in [&mut here, &mut there] {
        assert_eq!(browser.sign_in("analist", demo::PASSWORD).await.0, 200);
    }
    let path = "/api/v1/session/password";
    let ask = |current: &str, password: &str| json!({ "current": current, "password": password });
    let weak = ask(demo::PASSWORD, "Welkom2026!");
    let refused = here.send(Method::PUT, path, &weak).await;
    assert_eq!(refused.status(), 422);
    let wrong = ask(WRONG, NEW);
    let refused = here.send(Method::PUT, path, &wrong).await;
    assert_eq!(refused.status(), 422);
    let changed = here
        .send(Method::PUT, path, &ask(demo::PASSWORD, NEW))
        .await;
    assert_eq!(changed.status(), 204);

    let who = async |browser: &mut Browser| {
        let answer = browser.send(Method::GET, "/api/v1/session", &Value::Null);
        answer.await.status().as_u16()
    };
    assert_eq!(who(&mut here).await, 200);
    assert_eq!(who(&mut there).await, 401);
    assert_eq!(there.sign_in("analist", demo::PASSWORD).await.0, 401);
    assert_eq!(there.sign_in("analist", NEW).await.0, 200);
    // Who left a session open does not lend it to somebody who guesses.
    for _ in 0..10 {
        let refused = here.send(Method::PUT, path, &wrong).await;
        assert_eq!(refused.status(), 422);
    }
    let right = ask(NEW, "vier andere losse woorden");
    let refused = here.send(Method::PUT, path, &right).await;
    assert_eq!(refused.status(), 429);
}

#[tokio::test]
async fn a_file_with_a_password_gives_the_password_and_not_what_stands_around_it() {
    let folder = tempfile::tempdir().unwrap();
    for (login, input) in [
        ("met-merk", "\u{feff}drie losse woorden\r\n"),
        ("zonder-merk", "drie losse woorden\n"),
        ("kaal", "drie losse woorden"),
    ] {
        let mut adding = Command::new(programs::koffiekar())
            .args(["add-person", "--login", login, "--name", "Nieuw"])
            .args(["--role", "analyst", "--data"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut typed = adding.stdin.take().unwrap();
        typed.write_all(input.as_bytes()).await.unwrap();
        drop(typed);
        assert!(adding.wait().await.unwrap().success(), "{login}");
    }
    let server = Server::start_with_clock(Place::Sqlite(folder), Clock::System).await;
    for login in ["met-merk", "zonder-merk", "kaal"] {
        let mut browser = Browser::new(&server.url);
        assert_eq!(browser.sign_in(login, NEW).await.0, 200, "{login}");
    }
}
