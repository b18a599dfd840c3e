//! One tablet's requests wait for one another, and not others for them.

use koffiekar_server::{Bounds, demo};
use koffiekar_tests::hand::{Hand, fetching, pushing};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{SyncError, now};
use tokio::task::JoinSet;

use super::within;

const REQUESTS: usize = 30;

#[tokio::test]
async fn a_tablet_that_sends_many_requests_at_once_has_its_share_and_others_are_answered() {
    let bounds = Bounds::default();
    let share = bounds.requests_of_device + bounds.waiting_of_device;
    let server = Server::start_bounded(Place::sqlite(), bounds).await;
    let greedy = Hand::enrol(&server.url, "veldwerker1").await;
    let other = Hand::enrol(&server.url, "veldwerker2").await;
    // Its contact is written down, which waits for the writer.
    other.ask(&fetching()).await;

    // Nothing can be written now: whoever pushes waits in the server.
    let writing = server.koffiekar.store.write().await.unwrap();
    let mut numbers = Numbers(1);
    let mut pushes = JoinSet::new();
    for _ in 0..REQUESTS {
        let new = conversation(&mut numbers, greedy.user(), now(), 1);
        let copy = greedy.record(demo::round("buurtronde-2026"), &new);
        let hand = Hand {
            url: greedy.url.clone(),
            identity: greedy.identity.clone(),
            session: greedy.session,
        };
        pushes.spawn(async move { hand.try_ask(&pushing(&[&copy])).await.map(drop) });
    }
    within("requests beyond the share", async {
        for _ in share..REQUESTS {
            match pushes.join_next().await.unwrap().unwrap() {
                Err(SyncError::Refused(problem)) => assert_eq!(problem.code(), "busy"),
                answered => panic!("{answered:?}"),
            }
        }
    })
    .await;
    within("another tablet's request", other.ask(&fetching())).await;

    drop(writing);
    within("requests within the share", async {
        while let Some(pushed) = pushes.join_next().await {
            pushed.unwrap().unwrap();
        }
    })
    .await;
}
