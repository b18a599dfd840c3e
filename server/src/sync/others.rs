//! Several servers on one PostgreSQL: each hears at once what the others did.
//!
//! A notice that got lost must not be missed for ever, so the places of all rounds are read from the
//! database as well: whenever listening begins, be it anew, and every now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use koffiekar_sync_core::ids::RoundId;

use crate::Koffiekar;
use crate::store::notices::{Notice, Notices};
use crate::store::{self, feed};

/// Seldom enough to cost nothing.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Until the database is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs until the server stops: what others tell. Returns at once where there are no others.
pub(crate) async fn hear(koffiekar: Koffiekar) {
    let mut complained = false;
    loop {
        let ended = match koffiekar.store.listen().await {
            Ok(None) => return,
            Ok(Some(notices)) => {
                complained = false;
                listen(&koffiekar, notices).await
            }
            Err(error) => Err(error),
        };
        if let (Err(error), false) = (ended, complained) {
            tracing::warn!(%error, "other servers are not heard; trying again");
        }
        complained = true;
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(koffiekar: &Koffiekar, mut notices: Notices) -> store::Result<()> {
    look(koffiekar).await?;
    koffiekar.suggest.follow_soon();
    loop {
        match notices.next().await? {
            Notice::Moved(round, place) => koffiekar.live.heard(&[(round, place)]),
            Notice::Learnt => koffiekar.suggest.follow_soon(),
        }
    }
}

async fn look(koffiekar: &Koffiekar) -> store::Result<()> {
    let mut tx = koffiekar.store.read().await?;
    koffiekar.live.heard(&feed::last_places(&mut tx).await?);
    Ok(())
}

/// Runs until the server stops.
pub(crate) async fn look_every_now_and_then(koffiekar: Koffiekar) {
    loop {
        tokio::time::sleep(koffiekar.look_every).await;
        if let Err(error) = look(&koffiekar).await {
            tracing::warn!(%error, "where the rounds are was not read");
        }
    }
}

/// Runs until the server stops: tells the others where rounds came to by what was written here. What
/// happens while a notice is under way goes into the next.
pub(crate) async fn tell(koffiekar: Koffiekar) {
    let mut given = koffiekar.live.given();
    let mut told: BTreeMap<RoundId, u64> = BTreeMap::new();
    while given.changed().await.is_ok() {
        let places = given.borrow_and_update().clone();
        let news: Vec<Notice> = places
            .iter()
            .filter(|(round, place)| told.get(round) != Some(place))
            .map(|(round, place)| Notice::Moved(*round, *place))
            .collect();
        match koffiekar.store.tell(&news).await {
            Ok(()) => told = places,
            Err(error) => tracing::warn!(%error, "other servers were not told; they will look"),
        }
    }
}
