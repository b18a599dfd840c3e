//! The file of last resort: written by a tablet without a connection, read in at the office.

use koffiekar_server::demo;
use koffiekar_sync_core::office::{
    HeldPage, Problem, QuotePage, RescueOutcome, Rescued, RescuedConversation,
};
use koffiekar_sync_core::replica::Standing;
use koffiekar_sync_core::sealed::SealKey;
use koffiekar_sync_core::wire::ReasonCode;
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::StatusCode;

const OURS: &str = "buurtronde-2026";
/// Stands in no other text.
const WORDS: &str = "zeggeninhetbestand";

struct House {
    server: Server,
    tablet: Tablet,
    admin: Office,
    numbers: Numbers,
}

impl House {
    async fn open(place: Place) -> House {
        let server = Server::start(place).await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        tablet.sync().await.unwrap();
        House {
            admin: Office::sign_in(&server.url, "beheerder").await,
            server,
            tablet,
            numbers: Numbers(5),
        }
    }

    fn record(&mut self) {
        let user = self.tablet.replica.identity().user;
        let mut new = conversation(&mut self.numbers, user, self.tablet.now(), 1);
        new.quotes[0].verbatim = format!("Daarover wil ik iets {WORDS}.");
        self.tablet.record(demo::round(OURS), &new);
    }

    fn file(&mut self) -> Vec<u8> {
        let office: SealKey = self.server.koffiekar.key.seal_key();
        let now = self.tablet.now();
        let fresh = self.numbers.bytes();
        self.tablet.replica.rescue(&office, fresh, now).file
    }

    async fn revoke(&self) {
        let device = self.tablet.replica.identity().device;
        let path = format!("/api/v1/devices/{device}/revoke");
        let _: serde_json::Value = self.admin.post(&path, &()).await;
    }

    async fn total(&self) -> u64 {
        let office = Office::sign_in(&self.server.url, "redacteur1").await;
        let page: QuotePage = office.get("/api/v1/quotes?limit=1").await;
        page.total
    }
}

async fn read_in(office: &Office, file: Vec<u8>) -> (StatusCode, String) {
    let response = http()
        .post(format!("{}/api/v1/rescues", office.url))
        .header("cookie", office.cookie.clone().unwrap_or_default())
        .header("origin", &office.url)
        .body(file)
        .send()
        .await
        .unwrap();
    (response.status(), response.text().await.unwrap())
}

fn of(rescued: &Rescued) -> Vec<RescueOutcome> {
    let all = rescued.conversations.iter();
    all.map(|RescuedConversation { became, .. }| *became)
        .collect()
}

#[tokio::test]
async fn what_a_tablet_could_not_send_arrives_by_its_file_and_once() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let mut house = House::open(place).await;
        for _ in 0..3 {
            house.record();
        }
        // Days pass before the file is at the office: its clock does not count.
        house.tablet.clock_error_ms = -3 * 86_400_000;
        let file = house.file();
        assert!(!String::from_utf8_lossy(&file).contains(WORDS));

        let (status, body) = read_in(&house.admin, file.clone()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(!body.contains(WORDS));
        let rescued: Rescued = serde_json::from_str(&body).unwrap();
        assert_eq!(of(&rescued), [RescueOutcome::Stored; 3]);
        assert_eq!(rescued.device, house.tablet.replica.identity().device);
        let name = rescued.conversations[0].round_name.as_deref();
        assert!(name.is_some_and(|name| !name.is_empty()));
        assert_eq!(house.total().await, 3);

        let (_, body) = read_in(&house.admin, file).await;
        let again: Rescued = serde_json::from_str(&body).unwrap();
        assert_eq!(of(&again), [RescueOutcome::Unchanged; 3]);
        // The tablet itself sends it too, when it can, and is told that it is safe.
        house.tablet.clock_error_ms = 0;
        house.tablet.sync().await.unwrap();
        let mut held = house.tablet.replica.conversations();
        assert!(held.all(|(_, held)| matches!(held.standing(), Standing::Stored(_))));
        assert_eq!(house.total().await, 3);
    }
}

#[tokio::test]
async fn the_file_of_a_tablet_that_was_ended_waits_for_a_decision() {
    let mut house = House::open(Place::sqlite()).await;
    house.record();
    let file = house.file();
    house.revoke().await;
    let (_, body) = read_in(&house.admin, file).await;
    let rescued: Rescued = serde_json::from_str(&body).unwrap();
    assert_eq!(of(&rescued), [RescueOutcome::Held]);
    let why = rescued.conversations[0].why;
    assert_eq!(why, Some(ReasonCode::DeviceRevoked));
    let page: HeldPage = house.admin.get("/api/v1/held").await;
    assert_eq!(page.held.len(), 1);
    assert_eq!(house.total().await, 0);
}

#[tokio::test]
async fn anything_else_is_refused_and_only_an_administrator_reads_one_in() {
    let mut house = House::open(Place::sqlite()).await;
    house.record();
    let file = house.file();
    for login in ["veldwerker1", "redacteur1", "analist"] {
        let office = Office::sign_in(&house.server.url, login).await;
        let (status, _) = read_in(&office, file.clone()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{login}");
    }
    let mut damaged = file.clone();
    damaged[100] ^= 1;
    for wrong in [b"a photo".to_vec(), damaged, Vec::new()] {
        let (status, body) = read_in(&house.admin, wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let problem: Problem = serde_json::from_str(&body).unwrap();
        assert_eq!(problem.code(), "invalid");
    }
    assert_eq!(house.total().await, 0);
}
