//! Who only wants to work: an editor at a desk, and a field worker's tablet.

use std::time::{Duration, Instant};

use koffiekar_server::demo;
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::tablet::Tablet;
use reqwest::Client;

use super::super::{QUOTES_EACH, ROUND};

/// Who waited so long is counted as one who got nothing.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two requests of one of them: a person reads, a tablet waits.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Others {
    editor: Office,
    tablet: Tablet,
    numbers: Numbers,
}

#[derive(Default)]
pub(super) struct Waits {
    pub(super) desk: Times,
    pub(super) tablet: Times,
    pub(super) failures: usize,
}

#[derive(Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn p95_ms(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[sorted.len() * 95 / 100].as_secs_f64() * 1000.0
    }
}

/// Opens a connection for each request: whoever comes in anew must be let in.
fn client() -> Client {
    let client = Client::builder().no_proxy().pool_max_idle_per_host(0);
    client.timeout(PATIENCE).build().unwrap()
}

impl Others {
    pub(super) async fn enrol(url: &str) -> Others {
        let mut tablet = Tablet::enrol(url, "veldwerker2").await;
        tablet.budget.feed_bytes = 16 * 1024;
        tablet.exchange().await.unwrap();
        Others {
            editor: Office::sign_in(url, "redacteur1").await,
            tablet,
            numbers: Numbers(3),
        }
    }

    /// Both of them, for so long.
    pub(super) async fn work(&mut self, lasts: Duration) -> Waits {
        let until = Instant::now() + lasts;
        let client = client();
        let mut waits = Waits::default();
        let (mut of_desk, mut of_tablet) = (0, 0);
        let Others {
            editor,
            tablet,
            numbers,
        } = self;
        let desk = async {
            while Instant::now() < until {
                for path in ["/api/v1/desk", "/api/v1/quotes?limit=50"] {
                    let began = Instant::now();
                    let is_answered = read(&client, editor, path).await;
                    waits.desk.0.push(began.elapsed());
                    of_desk += usize::from(!is_answered);
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let syncing = async {
            while Instant::now() < until {
                let user = tablet.replica.identity().user;
                let new = conversation(numbers, user, tablet.now(), QUOTES_EACH);
                tablet.record(demo::round(ROUND), &new);
                let began = Instant::now();
                let is_answered = exchange(&client, tablet).await;
                waits.tablet.0.push(began.elapsed());
                of_tablet += usize::from(!is_answered);
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::join!(desk, syncing);
        waits.failures = of_desk + of_tablet;
        waits
    }

    /// Waits until nothing is left of what somebody did to the server.
    pub(super) async fn until_well(&mut self) {
        let client = client();
        for _ in 0..60 {
            let is_read = read(&client, &self.editor, "/api/v1/desk").await;
            if is_read && exchange(&client, &mut self.tablet).await {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        eprintln!("abuse: the server is not well after a minute");
    }
}

async fn read(client: &Client, editor: &Office, path: &str) -> bool {
    let request = client.get(format!("{}{path}", editor.url));
    let cookie = editor.cookie.as_ref().unwrap();
    let Ok(answer) = request.header("cookie", cookie).send().await else {
        return false;
    };
    answer.status().is_success() && answer.bytes().await.is_ok()
}

async fn exchange(client: &Client, tablet: &mut Tablet) -> bool {
    let message = tablet.replica.next_request(tablet.budget, tablet.now());
    let request = client.post(format!("{}/api/v1/sync", tablet.url));
    let request = request.header("content-type", "application/cbor");
    let Ok(answer) = request.body(message).send().await else {
        return false;
    };
    if !answer.status().is_success() {
        return false;
    }
    match answer.bytes().await {
        Ok(bytes) => tablet.replica.apply(&bytes, tablet.now()).is_ok(),
        Err(_) => false,
    }
}
