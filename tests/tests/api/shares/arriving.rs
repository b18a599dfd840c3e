//! Connections, heads and bodies: what arrives late, in part or in too large a number.

use std::time::Duration;

use koffiekar_server::{Bounds, random};
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::wire::{Envelope, Request};
use koffiekar_tests::hand::{Hand, fetching};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::now;

use super::{Wire, within};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
/// Long enough for what a test sends at once, and soon over.
const SOON: Duration = Duration::from_millis(500);

async fn bounded(bounds: Bounds) -> Server {
    Server::start_bounded(Place::sqlite(), bounds).await
}

#[tokio::test]
async fn half_a_head_and_a_connection_without_a_request_are_ended() {
    let server = bounded(Bounds {
        head_time: SOON,
        ..Bounds::default()
    })
    .await;
    let mut half = Wire::open(&server.url).await;
    half.send("GET /healthz HTTP/1.1\r\nhost: loc").await;
    let mut silent = Wire::open(&server.url).await;
    let mut idle = Wire::open(&server.url).await;
    idle.send(HEALTH).await;
    assert_eq!(within("an answer", idle.answer()).await.0, 200);
    for wire in [&mut half, &mut silent, &mut idle] {
        within("a connection on which nothing moves", wire.closed()).await;
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_kept() {
    let server = bounded(Bounds::default()).await;
    let mut wire = Wire::open(&server.url).await;
    wire.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: ")
        .await;
    wire.try_send(&[b'a'; 200_000]).await;
    within("a head without an end", wire.closed()).await;
}

#[tokio::test]
async fn one_address_has_a_share_of_the_connections_and_all_have_a_bound() {
    let of_address = Bounds {
        connections_of_address: 2,
        ..Bounds::default()
    };
    let in_all = Bounds {
        connections: 2,
        ..Bounds::default()
    };
    for bounds in [of_address, in_all] {
        let server = bounded(bounds).await;
        let mut kept = Vec::new();
        for _ in 0..2 {
            let mut wire = Wire::open(&server.url).await;
            wire.send(HEALTH).await;
            assert_eq!(within("an answer", wire.answer()).await.0, 200);
            kept.push(wire);
        }
        let mut third = Wire::open(&server.url).await;
        third.send(HEALTH).await;
        let told = third.refusal().await;
        assert_eq!(told, (429, "too-many-at-once".to_owned()));
        within("a connection too many", third.closed()).await;

        kept.pop();
        within("a place that becomes free", async {
            loop {
                let mut wire = Wire::open(&server.url).await;
                wire.send(HEALTH).await;
                if wire.answer().await.0 == 200 {
                    break;
                }
            }
        })
        .await;
    }
}

fn sign_in_of(length: usize) -> String {
    format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_body_that_stalls_is_not_waited_for() {
    let server = bounded(Bounds {
        body_pause: SOON,
        ..Bounds::default()
    })
    .await;
    let mut wire = Wire::open(&server.url).await;
    wire.send(sign_in_of(100)).await;
    wire.send("{\"login\":").await;
    assert_eq!(wire.refusal().await, (408, "body-stalled".to_owned()));
    within("the connection of it", wire.closed()).await;
}

#[tokio::test]
async fn bodies_take_no_more_memory_than_all_of_them_may() {
    let server = bounded(Bounds {
        body_bytes: 40_000,
        ..Bounds::default()
    })
    .await;
    // Not whole, and so held.
    let mut first = Wire::open(&server.url).await;
    first.send(sign_in_of(30_001)).await;
    first.send([b' '; 30_000]).await;
    within("room that is taken", async {
        loop {
            let mut second = Wire::open(&server.url).await;
            second.send(sign_in_of(20_001)).await;
            second.try_send(&[b' '; 20_001]).await;
            if second.refusal().await == (503, "busy".to_owned()) {
                break;
            }
        }
    })
    .await;
    // What it held is free again.
    drop(first);
    within("room that becomes free", async {
        loop {
            let mut third = Wire::open(&server.url).await;
            third.send(sign_in_of(20_001)).await;
            third.try_send(&[b' '; 20_001]).await;
            if third.refusal().await.1 == "invalid" {
                break;
            }
        }
    })
    .await;
}

fn sync_head(length: usize) -> String {
    format!(
        "POST /api/v1/sync HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_large_body_is_waited_for_from_a_known_device_alone_and_from_each_only_its_share() {
    let server = bounded(Bounds {
        requests_of_device: 1,
        waiting_of_device: 0,
        ..Bounds::default()
    })
    .await;
    let hand = Hand::enrol(&server.url, "veldwerker1").await;
    let other = Hand::enrol(&server.url, "veldwerker2").await;
    let begins = |device: DeviceNumber| {
        let key = hand.identity.signing_key();
        let envelope = Envelope::seal(&Request::default(), device, &key, now(), random::bytes());
        envelope.to_bytes()[..64].to_vec()
    };

    let mut stranger = Wire::open(&server.url).await;
    stranger.send(sync_head(4_000_000)).await;
    stranger.send(begins(DeviceNumber(1))).await;
    let told = stranger.refusal().await;
    assert_eq!(told, (401, "device-unknown".to_owned()));
    // The refusal is read although all of the rest is sent first.
    let mut stranger = Wire::open(&server.url).await;
    stranger.send(sync_head(1_000_000)).await;
    stranger.send(begins(DeviceNumber(1))).await;
    stranger.try_send(&vec![0; 1_000_000 - 64]).await;
    assert_eq!(stranger.refusal().await.0, 401);

    let mut two = [Wire::open(&server.url).await, Wire::open(&server.url).await];
    for wire in &mut two {
        wire.send(sync_head(4_000_000)).await;
        wire.send(begins(hand.device())).await;
    }
    let [one, another] = &mut two;
    // Whichever came first has the share.
    let told = tokio::select! {
        told = one.refusal() => told,
        told = another.refusal() => told,
    };
    assert_eq!(told, (503, "busy".to_owned()));
    // Small messages go past it, and so do others.
    hand.ask(&fetching()).await;
    other.ask(&fetching()).await;
}
