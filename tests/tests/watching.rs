//! What whoever watches a server sees: figures, readiness, and where they are.

mod background;
mod spans;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use koffiekar_server::{Koffiekar, demo, watched};
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::office::{Problem, SignIn};
use koffiekar_tests::hand::Hand;
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::programs;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::Method;
use tower::ServiceExt;

/// Before a test that waits for something gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Status and body of what is given to whoever watches.
async fn seen(koffiekar: &Koffiekar, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = watched(koffiekar.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn page(server: &Server) -> String {
    let (status, text) = seen(&server.koffiekar, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    text
}

/// The figure with this name and these labels, as the page writes them.
fn figure(page: &str, name: &str) -> f64 {
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{page}"));
    line.parse().unwrap()
}

/// Two conversations come, one is changed by both tablets, and some requests are refused.
async fn a_day(server: &Server) -> (Tablet, Tablet) {
    let round = demo::round("buurtronde-2026");
    let mut one = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut two = Tablet::enrol(&server.url, "veldwerker2").await;
    let mut numbers = Numbers(1);
    for quotes in [2, 1] {
        let user = one.replica.identity().user;
        let new = conversation(&mut numbers, user, one.now(), quotes);
        one.record(round, &new);
    }
    one.sync().await.unwrap();
    two.sync().await.unwrap();
    let id = one.replica.conversations().next().unwrap().0;
    for tablet in [&mut one, &mut two] {
        // Neither knows of the other's.
        tablet.execute(id, &Command::SetArea { area: None });
        tablet.sync().await.unwrap();
    }
    let stranger = Office::stranger(&server.url);
    for _ in 0..3 {
        let (status, _) = stranger
            .call(Method::GET, "/api/v1/quotes", None::<&()>)
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let foreign = demo::round("overlegronde-2026");
    let new = conversation(&mut numbers, one.replica.identity().user, one.now(), 1);
    one.record(foreign, &new);
    let _ = one.sync().await;
    (one, two)
}

#[tokio::test]
async fn what_happens_is_counted_on_sqlite() {
    what_happens_is_counted(Place::sqlite()).await;
}

#[tokio::test]
async fn what_happens_is_counted_on_postgres() {
    what_happens_is_counted(Place::postgres().await).await;
}

async fn what_happens_is_counted(place: Place) {
    let server = Server::start(place).await;
    let before = page(&server).await;
    let pushed = |outcome| format!("koffiekar_conversations_pushed_total{{outcome=\"{outcome}\"}}");
    assert_eq!(figure(&before, &pushed("stored")), 0.0);
    assert_eq!(figure(&before, "koffiekar_devices{contact=\"never\"}"), 0.0);
    let suggested = figure(&before, "koffiekar_quotes_suggested_total");

    let (one, _) = a_day(&server).await;
    let page = page(&server).await;
    for (name, expected) in [
        (&*pushed("stored"), 4.0),
        (&*pushed("held"), 1.0),
        ("koffiekar_pushes_total{stored=\"all\"}", 3.0),
        ("koffiekar_pushes_total{stored=\"none\"}", 1.0),
        ("koffiekar_merges_total", 2.0),
        ("koffiekar_refusals_total{code=\"signed-out\"}", 3.0),
        ("koffiekar_sync_seconds_count{work=\"pushing\"}", 4.0),
        ("koffiekar_sync_lag_seconds_count", 2.0),
        // What was recorded just now.
        ("koffiekar_sync_lag_seconds_bucket{le=\"600\"}", 2.0),
        ("koffiekar_devices{contact=\"hour\"}", 2.0),
        ("koffiekar_devices{contact=\"never\"}", 0.0),
        ("koffiekar_live_streams", 0.0),
        ("koffiekar_writer_waiting", 0.0),
        (
            "koffiekar_request_seconds_count{method=\"GET\",route=\"/api/v1/quotes\",status=\"401\"}",
            3.0,
        ),
    ] {
        assert_eq!(figure(&page, name), expected, "{name} in\n{page}");
    }
    // Two new ones with three quotes, and one of them twice again.
    let spoken = figure(&page, "koffiekar_quotes_suggested_total") - suggested;
    assert!((5.0..=7.0).contains(&spoken), "{spoken}");
    assert!(figure(&page, "koffiekar_feed_bytes_total") > 100.0);
    assert!(figure(&page, "koffiekar_writer_wait_seconds_count") >= 4.0);
    assert!(figure(&page, "koffiekar_database_connections{state=\"used\"}") >= 0.0);
    let model = server.koffiekar.suggest.model();
    let info = format!("koffiekar_tagger_info{{model=\"{}\"}}", model.version);
    assert_eq!(figure(&page, &info), 1.0);
    assert!(figure(&page, "koffiekar_tagger_age_seconds") >= 0.0);
    if cfg!(target_os = "linux") {
        assert!(figure(&page, "process_resident_memory_bytes") > 1_000_000.0);
        assert!(figure(&page, "process_cpu_seconds_total") > 0.0);
        assert!(figure(&page, "process_open_fds") > 3.0);
    }

    // A stream that is open is seen.
    let hand = Hand {
        url: server.url.clone(),
        identity: one.replica.identity().clone(),
        session: [1; 8],
    };
    let stream = super::api::live::Stream::of(&hand).await;
    let page = self::page(&server).await;
    assert_eq!(figure(&page, "koffiekar_live_streams"), 1.0);
    drop(stream);
}

fn docs(file: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::read_to_string(docs.join(file)).unwrap()
}

/// Those that `docs/metrics.md` tells about: the first column under *Figures*.
fn documented() -> BTreeSet<String> {
    let text = docs("metrics.md");
    let (_, figures) = text.split_once("## Figures").unwrap();
    let (figures, _) = figures.split_once("\n## ").unwrap();
    let names = figures.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("| `")?.split_once('`')?;
        Some(name.to_owned())
    });
    names.collect()
}

#[tokio::test]
async fn every_figure_is_documented_and_every_documented_figure_is_there() {
    let server = Server::start(Place::sqlite()).await;
    a_day(&server).await;
    let page = page(&server).await;
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let there: BTreeSet<String> = types
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        documented(),
        there,
        "documented on the left, there on the right"
    );
    assert!(there.len() > 15);
    // None of them is only announced.
    for name in &there {
        let has_figures = page.lines().any(|line| line.starts_with(name.as_str()));
        assert!(has_figures, "{name} has no figures in\n{page}");
    }
}

#[test]
fn the_dashboard_asks_for_documented_figures_alone_and_for_all() {
    let documented = documented();
    let text = docs("grafana.json");
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let words = expression.split(|c: char| !c.is_alphanumeric() && c != '_');
            for word in
                words.filter(|word| word.starts_with("koffiekar_") || word.starts_with("process_"))
            {
                let mut name = word;
                for end in ["_bucket", "_sum", "_count"] {
                    name = name.strip_suffix(end).unwrap_or(name);
                }
                asked.insert(name.to_owned());
            }
        }
    }
    assert_eq!(
        documented, asked,
        "documented on the left, asked for on the right"
    );
}

#[tokio::test]
async fn no_figure_names_anybody_or_anything_that_somebody_wrote() {
    let server = Server::start(Place::sqlite()).await;
    let (one, two) = a_day(&server).await;
    let made_up = Method::from_bytes(b"GEHEIM").unwrap();
    let office = Office::stranger(&server.url);
    let secret = "/api/v1/quotes/mijn-geheim?text=schimmel";
    office.call(made_up, secret, None::<&()>).await;
    office
        .call(Method::GET, "/api/v1/geheim", None::<&()>)
        .await;
    office.call(Method::GET, "/geheim", None::<&()>).await;
    let wrong = SignIn {
        login: "geheim".to_owned(),
        password: "geheim".to_owned(),
    };
    office
        .call(Method::POST, "/api/v1/session", Some(&wrong))
        .await;
    let page = page(&server).await.to_lowercase();
    let mut never = vec![
        "geheim".to_owned(),
        "schimmel".to_owned(),
        "veldwerker".to_owned(),
    ];
    for tablet in [&one, &two] {
        let identity = tablet.replica.identity();
        never.push(identity.device.to_string());
        never.push(identity.user.key());
        for (id, _) in tablet.replica.conversations() {
            never.extend([id.key(), id.to_string()]);
        }
    }
    for word in never {
        assert!(!page.contains(&word.to_lowercase()), "{word} is in\n{page}");
    }
    let other = "method=\"other\",route=\"/api/v1/quotes/{quote}\"";
    assert!(page.contains(other), "{page}");
}

#[tokio::test]
async fn a_server_that_was_told_to_end_is_not_ready() {
    let server = Server::start(Place::sqlite()).await;
    let (status, _) = seen(&server.koffiekar, "/readyz").await;
    assert_eq!(status, StatusCode::OK);
    let koffiekar = server.koffiekar.clone();
    // Ends it, as an administrator would.
    let mut server = server;
    server.restart().await;
    let (status, body) = seen(&koffiekar, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let problem: Problem = serde_json::from_str(&body).unwrap();
    assert!(problem.kind.ends_with("#ending"), "{body}");
    let (status, _) = seen(&koffiekar, "/healthz").await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = seen(&server.koffiekar, "/readyz").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_whose_database_is_slow_is_not_ready_and_still_shows_figures() {
    let server = Server::start(Place::sqlite()).await;
    let store = &server.koffiekar.store;
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(store.read().await.unwrap());
    }
    let (status, body) = seen(&server.koffiekar, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let problem: Problem = serde_json::from_str(&body).unwrap();
    assert!(problem.kind.ends_with("#slow-database"), "{body}");
    let text = page(&server).await;
    assert!(figure(&text, "koffiekar_database_connections{state=\"used\"}") >= 8.0);
    // No figure is better than a wrong one.
    assert!(!text.contains("koffiekar_devices{"), "{text}");
    drop(all);
    let ready = async { while seen(&server.koffiekar, "/readyz").await.0 != StatusCode::OK {} };
    let waited = tokio::time::timeout(PATIENCE, ready).await;
    assert!(waited.is_ok(), "it is not ready again");
}

#[tokio::test]
async fn figures_are_on_an_address_of_their_own_alone() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let mut command = Binary::serve(
        tokio::process::Command::new(programs::koffiekar()),
        data.path(),
        0,
    );
    command.args(["--metrics-listen", "127.0.0.1:0"]);
    let binary = Binary::launch(command).await.unwrap();
    let metrics = binary.metrics.clone().unwrap();
    let get = async |url: &str| http().get(url).send().await.unwrap();
    let response = get(&metrics).await;
    assert_eq!(response.status().as_u16(), 200);
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("koffiekar_pushes_total")
    );
    let ready = get(&metrics.replace("/metrics", "/readyz")).await;
    assert_eq!(ready.status().as_u16(), 200);
    // Neither is the API there, nor are the figures with the API.
    let api = get(&metrics.replace("/metrics", "/api/v1")).await;
    assert_eq!(api.status().as_u16(), 404);
    let public = get(&format!("{}/metrics", binary.url)).await;
    assert_eq!(public.status().as_u16(), 404);
    assert!(!public.text().await.unwrap().contains("koffiekar_pushes"));
}
