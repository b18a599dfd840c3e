//! What one caller does to a server. All of it is bounded, and ends when it is dropped.

use std::net::SocketAddr;

use koffiekar_server::{demo, random};
use koffiekar_sync_core::office::EnrolDevice;
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::{Envelope, Request};
use koffiekar_tests::hand::{Hand, fetching};
use koffiekar_tests::office::Office;
use koffiekar_tests::tablet::now;
use reqwest::Client;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// Where those who misbehave come from; others come from 127.0.0.1.
const ADDRESS: &str = "127.0.0.2";

const TABLES: usize = 30;
const BODIES: usize = 1_500;
/// Of each body that arrives, and that it says to have.
const BODY_BYTES: usize = 2_800_000;
const BODY_CLAIMED: usize = 4_000_000;
const HEADS: usize = 2_000;
const MOMENTS: usize = 50;
const ENROLMENTS: usize = 100;
const FEEDS: usize = 20;

#[derive(Clone, Copy)]
pub(super) enum Attack {
    /// To compare with.
    Nothing,
    /// Tables that an analyst asks for and does not read.
    UnreadTables,
    /// An enrolled tablet sends two thirds of a message, again and again.
    UnfinishedBodies,
    /// Nobody in particular sends half the head of a request.
    HalfHeads,
    /// An analyst asks about ever new moments of the past.
    Moments,
    /// A field worker enrols tablets, with the right password.
    Enrolments,
    /// A tablet fetches everything, many times at once.
    FeedsOfOneTablet,
}

impl Attack {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::UnreadTables => "unread_tables",
            Self::UnfinishedBodies => "unfinished_bodies",
            Self::HalfHeads => "half_heads",
            Self::Moments => "moments",
            Self::Enrolments => "enrolments",
            Self::FeedsOfOneTablet => "feeds_of_one_tablet",
        }
    }
}

/// Goes on until it is dropped.
pub(super) async fn begin(attack: Attack, url: &str, analyst: &Office) -> JoinSet<()> {
    let mut attacking = JoinSet::new();
    let address: SocketAddr = {
        let port = url.rsplit(':').next().unwrap();
        format!("127.0.0.1:{port}").parse().unwrap()
    };
    let cookie = analyst.cookie.clone().unwrap();
    match attack {
        Attack::Nothing => {}
        Attack::UnreadTables => {
            let head = format!(
                "GET /api/v1/quotes.csv HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n"
            );
            keep_sending(&mut attacking, TABLES, address, head.into_bytes());
        }
        Attack::UnfinishedBodies => {
            let hand = Hand::enrol(url, "veldwerker1").await;
            let mut message = format!(
                "POST /api/v1/sync HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\n\
                 content-length: {BODY_CLAIMED}\r\n\r\n"
            )
            .into_bytes();
            let key = hand.identity.signing_key();
            let nonce = random::bytes();
            let envelope = Envelope::seal(&Request::default(), hand.device(), &key, now(), nonce);
            message.extend(&envelope.to_bytes()[..64]);
            message.resize(message.len() + BODY_BYTES, 0);
            keep_sending(&mut attacking, BODIES, address, message);
        }
        Attack::HalfHeads => {
            let half = b"GET /healthz HTTP/1.1\r\nhost: local".to_vec();
            keep_sending(&mut attacking, HEADS, address, half);
        }
        Attack::Moments => {
            let client = client(&cookie);
            let start = now().0 - 3_600_000;
            for number in 0..MOMENTS {
                let (client, url) = (client.clone(), url.to_owned());
                attacking.spawn(async move {
                    let mut moment = start + i64::try_from(number).unwrap();
                    loop {
                        let path = "/api/v1/quotes/counts?rows=theme&as_of=";
                        let _ = client.get(format!("{url}{path}{moment}")).send().await;
                        moment += i64::try_from(MOMENTS).unwrap();
                    }
                });
            }
        }
        Attack::Enrolments => {
            let client = client(&cookie);
            for _ in 0..ENROLMENTS {
                let (client, url) = (client.clone(), url.to_owned());
                attacking.spawn(async move {
                    loop {
                        let asked = EnrolDevice {
                            login: "veldwerker1".to_owned(),
                            password: demo::PASSWORD.to_owned(),
                            public_key: Identity::public_key_of(&random::bytes()),
                            label: "One of many".to_owned(),
                        };
                        let request = client.post(format!("{url}/api/v1/devices"));
                        let _ = request.json(&asked).send().await;
                    }
                });
            }
        }
        Attack::FeedsOfOneTablet => {
            let tablet = Hand::enrol(url, "veldwerker1").await;
            for _ in 0..FEEDS {
                let hand = Hand {
                    url: tablet.url.clone(),
                    identity: tablet.identity.clone(),
                    session: tablet.session,
                };
                attacking.spawn(async move {
                    loop {
                        let mut request = fetching();
                        request.feed_bytes = 8 * 1024 * 1024;
                        let _ = hand.try_ask(&request).await;
                    }
                });
            }
        }
    }
    attacking
}

/// Connections on which this is sent and nothing is read. One that the server ends is opened again.
fn keep_sending(attacking: &mut JoinSet<()>, count: usize, to: SocketAddr, message: Vec<u8>) {
    let message: std::sync::Arc<[u8]> = message.into();
    for _ in 0..count {
        let message = message.clone();
        attacking.spawn(async move {
            loop {
                if let Ok(mut stream) = connect(to).await
                    && stream.write_all(&message).await.is_ok()
                {
                    gone(&stream).await;
                }
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        });
    }
}

async fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    socket.bind(SocketAddr::new(ADDRESS.parse().unwrap(), 0))?;
    socket.connect(to).await
}

/// Until the server closed it, without taking anything of what it sent.
async fn gone(stream: &TcpStream) {
    let _ = stream.ready(tokio::io::Interest::ERROR).await;
}

fn client(cookie: &str) -> Client {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("cookie", cookie.parse().unwrap());
    let client = Client::builder().no_proxy().default_headers(headers);
    client
        .local_address(Some(ADDRESS.parse().unwrap()))
        .build()
        .unwrap()
}
