//! Signing in: who guesses is slowed down, and nobody else is.

mod names;
mod own_password;
mod web;

use koffiekar_server::web::proxies::{Network, Proxies};
use koffiekar_server::{Clock, demo, random};
use koffiekar_sync_core::ids::Millis;
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::enrol;
use reqwest::Response;
use serde_json::json;
use tokio::task::JoinSet;

const NOW: Millis = Millis(1_769_250_000_000);
const SECOND: i64 = 1000;
const WRONG: &str = "niet dit wachtwoord";

/// A browser, with the cookies that it was given, behind a proxy or not.
#[derive(Clone)]
struct Browser {
    url: String,
    from: Option<String>,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn new(url: &str) -> Browser {
        Browser {
            url: url.to_owned(),
            from: None,
            cookies: Vec::new(),
        }
    }

    fn from(url: &str, address: &str) -> Browser {
        Browser {
            from: Some(address.to_owned()),
            ..Browser::new(url)
        }
    }

    async fn send(
        &mut self,
        method: reqwest::Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Response {
        let request = http()
            .request(method, format!("{}{path}", self.url))
            .header("origin", &self.url)
            .json(body);
        let request = match &self.from {
            Some(address) => request.header("x-forwarded-for", address),
            None => request,
        };
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request
            .header("cookie", pairs.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.retain(|(other, _)| other != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        response
    }

    /// The status, and in how many seconds to try again.
    async fn sign_in(&mut self, login: &str, password: &str) -> (u16, Option<u64>) {
        let body = json!({ "login": login, "password": password });
        let method = reqwest::Method::POST;
        let response = self.send(method, "/api/v1/session", &body).await;
        let later = response.headers().get("retry-after");
        let later = later.map(|seconds| seconds.to_str().unwrap().parse().unwrap());
        (response.status().as_u16(), later)
    }

    async fn guess(&mut self, login: &str, times: usize) {
        for _ in 0..times {
            assert_eq!(self.sign_in(login, WRONG).await, (401, None));
        }
    }
}

async fn right_passwords_at_once(place: Place) {
    let server = Server::start(place).await;
    let mut under_way = JoinSet::new();
    for _ in 0..30 {
        let url = server.url.clone();
        under_way.spawn(async move {
            let seed = random::bytes();
            enrol(&url, "veldwerker1", &seed).await.map(drop)
        });
    }
    for enrolled in under_way.join_all().await {
        assert_eq!(enrolled, Ok(()));
    }
}

#[tokio::test]
async fn right_passwords_given_at_once_are_never_refused_on_sqlite() {
    right_passwords_at_once(Place::sqlite()).await;
}

#[tokio::test]
async fn right_passwords_given_at_once_are_never_refused_on_postgres() {
    right_passwords_at_once(Place::postgres().await).await;
}

#[tokio::test]
async fn guesses_at_once_are_no_more_than_are_forgiven() {
    let server = Server::start(Place::sqlite()).await;
    let mut under_way = JoinSet::new();
    for _ in 0..25 {
        let mut browser = Browser::new(&server.url);
        under_way.spawn(async move { browser.sign_in("redacteur2", WRONG).await.0 });
    }
    let said = under_way.join_all().await;
    let told = |status: u16| said.iter().filter(|said| **said == status).count();
    // A server with many cores works on some at once.
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(
        (10..10 + (cores / 2).max(1)).contains(&told(401)),
        "{said:?}"
    );
    assert_eq!(told(401) + told(429), 25, "{said:?}");
}

async fn pauses_grow(place: Place) {
    let clock = Clock::held(NOW);
    let server = Server::start_behind(place, clock.clone(), &["127.0.0.1"]).await;
    let mut stranger = Browser::from(&server.url, "203.0.113.1");
    stranger.guess("redacteur2", 10).await;
    for pause in [30, 60, 120, 240, 480, 900, 900] {
        let refused = stranger.sign_in("redacteur2", demo::PASSWORD).await;
        assert_eq!(refused, (429, Some(pause)));
        clock.advance(i64::try_from(pause).unwrap() * SECOND);
        // From wherever the next guess comes.
        stranger = Browser::from(&server.url, &format!("203.0.113.{}", pause % 250));
        stranger.guess("redacteur2", 1).await;
    }
    // A login that nobody has is told the same.
    stranger.guess("niemand", 10).await;
    let refused = stranger.sign_in("niemand", WRONG).await;
    assert_eq!(refused, (429, Some(30)));
    clock.advance(900 * SECOND);
    assert_eq!(stranger.sign_in("redacteur2", demo::PASSWORD).await.0, 200);
    // Next day the wrong ones are forgotten.
    clock.advance(Millis::DAY);
    let mut other = Browser::from(&server.url, "203.0.113.99");
    other.guess("redacteur2", 10).await;
}

#[tokio::test]
async fn pauses_grow_for_a_login_wherever_its_guesses_come_from_and_end_on_sqlite() {
    pauses_grow(Place::sqlite()).await;
}

#[tokio::test]
async fn pauses_grow_for_a_login_wherever_its_guesses_come_from_and_end_on_postgres() {
    pauses_grow(Place::postgres().await).await;
}

#[tokio::test]
async fn nobody_is_locked_out_by_what_others_guess() {
    let server = Server::start_behind(Place::sqlite(), Clock::held(NOW), &["127.0.0.1"]).await;
    let mut own = Browser::from(&server.url, "203.0.113.1");
    assert_eq!(own.sign_in("redacteur2", demo::PASSWORD).await.0, 200);
    // Signing out does not make it a stranger.
    let out = json!(null);
    own.send(reqwest::Method::DELETE, "/api/v1/session", &out)
        .await;
    let mut stranger = Browser::from(&server.url, "203.0.113.1");
    stranger.guess("redacteur2", 10).await;
    assert_eq!(stranger.sign_in("redacteur2", demo::PASSWORD).await.0, 429);
    assert_eq!(own.sign_in("redacteur2", demo::PASSWORD).await.0, 200);
    // It is known for its owner alone, and its own guesses count as well.
    stranger.guess("redacteur1", 10).await;
    assert_eq!(own.sign_in("redacteur1", demo::PASSWORD).await.0, 429);
    own.guess("redacteur2", 10).await;
    assert_eq!(
        own.sign_in("redacteur2", demo::PASSWORD).await,
        (429, Some(30))
    );

    // An administrator lets somebody in with another password, and whoever knew the old one is a stranger.
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/people/{}", demo::user("redacteur2"));
    let change = json!({ "password": "vier losse woorden samen" });
    let (status, answer) = admin
        .call(reqwest::Method::PATCH, &path, Some(&change))
        .await;
    assert_eq!(status, 200, "{answer}");
    let mut other = Browser::from(&server.url, "203.0.113.2");
    let welcome = other
        .sign_in("redacteur2", "vier losse woorden samen")
        .await;
    assert_eq!(welcome.0, 200);
    own.guess("redacteur2", 1).await;
}

#[tokio::test]
async fn an_office_goes_on_behind_an_address_from_which_somebody_guesses() {
    let server = Server::start_behind(Place::sqlite(), Clock::held(NOW), &["127.0.0.1"]).await;
    let mut stranger = Browser::from(&server.url, "203.0.113.1");
    for number in 0..11 {
        stranger.guess(&format!("niemand{number}"), 9).await;
    }
    stranger.guess("analist", 1).await;
    // Who was guessed at from here waits a moment, also for another of these logins.
    let refused = stranger.sign_in("analist", WRONG).await;
    assert_eq!(refused, (429, Some(1)));
    assert_eq!(stranger.sign_in("niemand3", WRONG).await, (429, Some(1)));
    // Others do not, and elsewhere nobody does.
    let mut colleague = Browser::from(&server.url, "203.0.113.1");
    assert_eq!(colleague.sign_in("redacteur1", demo::PASSWORD).await.0, 200);
    let mut elsewhere = Browser::from(&server.url, "203.0.113.2");
    assert_eq!(elsewhere.sign_in("analist", demo::PASSWORD).await.0, 200);
}

#[tokio::test]
async fn a_clock_that_jumped_locks_nobody_out() {
    let clock = Clock::held(NOW);
    let server = Server::start_behind(Place::sqlite(), clock.clone(), &[]).await;
    let mut stranger = Browser::new(&server.url);
    clock.advance(400 * Millis::DAY);
    stranger.guess("redacteur2", 10).await;
    assert_eq!(stranger.sign_in("redacteur2", demo::PASSWORD).await.0, 429);
    clock.advance(-400 * Millis::DAY);
    // What was tried meanwhile is not forgotten, but nobody waits for the day on which it was.
    stranger.guess("redacteur2", 1).await;
    let refused = stranger.sign_in("redacteur2", demo::PASSWORD).await;
    assert_eq!(refused, (429, Some(60)));
    clock.advance(60 * SECOND);
    assert_eq!(stranger.sign_in("redacteur2", demo::PASSWORD).await.0, 200);
}

#[tokio::test]
async fn nobody_but_a_trusted_proxy_says_who_is_asking() {
    let server = Server::start_behind(Place::sqlite(), Clock::held(NOW), &["10.0.0.0/8"]).await;
    for number in 0..10 {
        let mut browser = Browser::from(&server.url, &format!("203.0.113.{number}"));
        browser.guess("redacteur2", 1).await;
    }
    let mut tx = server.koffiekar.store.read().await.unwrap();
    let lines = koffiekar_server::store::audit::lines(&mut tx, &Default::default(), 50)
        .await
        .unwrap();
    let mut refused = lines.iter().filter(|(_, line)| line.act == "sign in");
    assert!(
        refused.all(|(_, line)| line.origin == "127.0.0.1"),
        "{lines:?}"
    );
}

#[test]
fn the_client_is_the_last_address_that_no_trusted_proxy_stands_for() {
    let trusted: Vec<Network> = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"]
        .map(|network| network.parse().unwrap())
        .to_vec();
    let proxies = Proxies::trusted(trusted);
    for (peer, forwarded, client) in [
        ("127.0.0.1", &["203.0.113.7"][..], "203.0.113.7"),
        // What the client itself made up stands before it.
        ("127.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (
            "127.0.0.1",
            &["198.51.100.1", "203.0.113.7, 10.1.2.3"],
            "203.0.113.7",
        ),
        ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", &[], "127.0.0.1"),
        ("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        (
            "127.0.0.1",
            &["198.51.100.1, unknown, 10.0.0.2"],
            "10.0.0.2",
        ),
        ("127.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
        (
            "::ffff:127.0.0.1",
            &["[2001:db8:2::7]:4711"],
            "2001:db8:2::7",
        ),
        ("2001:db8:1::5", &["2001:db8:2::7"], "2001:db8:2::7"),
    ] {
        let found = proxies.client(peer.parse().unwrap(), forwarded.iter().copied());
        assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
    }
    for wrong in [
        "",
        "localhost",
        "10.0.0.0/33",
        "10.0.0/8",
        "::/129",
        "10.0.0.1/-1",
    ] {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
    let all: Network = "0.0.0.0/0".parse().unwrap();
    assert!(Proxies::trusted(vec![all]).trusts("203.0.113.7".parse().unwrap()));
}
