//! Where the time of a request went, as a collector is told.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use koffiekar_server::demo;
use koffiekar_tests::certified::Certified;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Binary, Place};
use koffiekar_tests::tablet::Tablet;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::PATIENCE;

/// Takes whatever spans come; where it is, and what came.
async fn collector() -> (String, UnboundedReceiver<Bytes>) {
    async fn take(State(came): State<UnboundedSender<Bytes>>, spans: Bytes) {
        let _ = came.send(spans);
    }
    let (sender, came) = mpsc::unbounded_channel();
    let router = Router::new()
        .route("/v1/traces", post(take))
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, came)
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|here| here == words.as_bytes())
}

#[tokio::test]
async fn a_push_yields_spans_without_anybodys_words() {
    let place = Place::sqlite();
    let Place::Sqlite(data) = &place else {
        unreachable!()
    };
    Binary::lay_out_empty_demo(data.path()).await;
    let (url, mut came) = collector().await;
    let program = tokio::process::Command::new(koffiekar_tests::programs::koffiekar());
    let mut command = Binary::serve(program, data.path(), 0);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .env("OTEL_BSP_SCHEDULE_DELAY", "20")
        .env("NO_PROXY", "127.0.0.1");
    let binary = Binary::launch(command).await.unwrap();
    let mut tablet = Tablet::enrol(&binary.url, "veldwerker1").await;
    let user = tablet.replica.identity().user;
    let new = conversation(&mut Numbers(1), user, tablet.now(), 1);
    let id = tablet.record(demo::round("buurtronde-2026"), &new);
    assert_eq!(tablet.sync().await.unwrap().stored, 1);

    let mut all: Vec<u8> = Vec::new();
    let names = [
        "POST /api/v1/sync",
        "take in",
        "judge",
        "write",
        "bring",
        "http.response.status_code",
        "koffiekar",
    ];
    let complete = async {
        while !names.iter().all(|name| holds(&all, name)) {
            all.extend(came.recv().await.unwrap());
        }
    };
    let waited = tokio::time::timeout(PATIENCE, complete).await;
    let missing: Vec<_> = names.iter().filter(|name| !holds(&all, name)).collect();
    assert!(waited.is_ok(), "no span has {missing:?}");
    let device = tablet.replica.identity().device.to_string();
    let never = [
        &new.quotes[0].verbatim,
        &new.notes,
        "veldwerker1",
        &device,
        &user.to_string(),
        &user.key(),
        &id.to_string(),
        &id.key(),
    ];
    for words in never {
        assert!(!holds(&all, words), "a span holds {words}");
    }
}

async fn started_with(
    data: &std::path::Path,
    endpoint: &str,
    more: &[(&str, &str)],
) -> Result<Binary, String> {
    let program = tokio::process::Command::new(koffiekar_tests::programs::koffiekar());
    let mut command = Binary::serve(program, data, 0);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_BSP_SCHEDULE_DELAY", "20")
        .envs(more.iter().copied());
    Binary::launch(command).await
}

#[tokio::test]
async fn spans_go_to_another_machine_encrypted_or_where_it_is_said() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    for endpoint in [
        "http://192.0.2.7:4318",
        "http://collector:4318",
        "http://[2001:db8::7]:4318/",
    ] {
        let refused = started_with(data.path(), endpoint, &[]).await;
        let refused = refused.map(drop).unwrap_err();
        assert!(refused.contains("in the clear"), "{refused}");
        assert!(refused.contains("https://"), "{refused}");
    }
    let insecure = [("OTEL_EXPORTER_OTLP_INSECURE", "true")];
    for (endpoint, more) in [
        ("http://192.0.2.7:4318", &insecure[..]),
        ("https://192.0.2.7:4318", &[]),
        ("http://localhost:4318", &[]),
        ("http://[::1]:4318", &[]),
    ] {
        let mut server = started_with(data.path(), endpoint, more).await.unwrap();
        server.kill().await;
    }
}

/// Takes one request after another over TLS; what came.
fn encrypted_collector(certified: &Certified) -> (u16, UnboundedReceiver<Vec<u8>>) {
    use std::io::{Read, Write};
    let chain = CertificateDer::pem_slice_iter(certified.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(certified.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, came) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            let (mut request, mut piece) = (Vec::new(), [0; 4096]);
            // Who does not trust the certificate says nothing.
            while let Ok(count) = stream.read(&mut piece) {
                request.extend_from_slice(&piece[..count]);
                if count == 0 || is_whole(&request) {
                    break;
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (port, came)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.unwrap().parse().unwrap();
    request.len() >= end + 4 + length
}

#[tokio::test]
async fn an_encrypted_collector_gets_spans_where_its_certificate_is_trusted() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let certified = Certified::of(&["localhost"]);
    let authority = data.path().join("authority.pem");
    std::fs::write(&authority, &certified.authority).unwrap();
    let trusted = [(
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        authority.to_str().unwrap(),
    )];
    for (more, arrives) in [(&trusted[..], true), (&[], false)] {
        let (port, mut came) = encrypted_collector(&certified);
        let endpoint = format!("https://localhost:{port}");
        let mut server = started_with(data.path(), &endpoint, more).await.unwrap();
        Tablet::enrol(&server.url, "veldwerker1").await;
        let request = tokio::time::timeout(PATIENCE, came.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            request.starts_with(b"POST /v1/traces HTTP/1.1\r\n"),
            arrives
        );
        assert_eq!(holds(&request, "http.response.status_code"), arrives);
        server.kill().await;
    }
}
