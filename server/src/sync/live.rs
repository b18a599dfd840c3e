//! Who listens is told at once that a round's feed has moved on.
//!
//! The hub knows the last place of each round that was written to since the start; it is told after
//! each commit here, and hears of those of other servers, see [`crate::sync::others`]. Listeners compare it with
//! what they told last, so that a slow one skips to the newest place and misses nothing. It is a notice,
//! not the news: without it, a tablet asks a little later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use koffiekar_sync_core::ids::{DeviceNumber, RoundId};
use koffiekar_sync_core::live::LiveNotice;
use tokio::sync::watch;

use crate::store::feed::Places;

/// Streams that one device may have open: its page, and one that the network has not let go of yet.
const STREAMS: usize = 3;

/// Where rounds have come to. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    places: watch::Sender<BTreeMap<RoundId, u64>>,
    /// Those of them that were given by this server.
    given: watch::Sender<BTreeMap<RoundId, u64>>,
    streams: Arc<Mutex<BTreeMap<DeviceNumber, usize>>>,
    ended: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            places: watch::Sender::default(),
            given: watch::Sender::default(),
            streams: Arc::default(),
            ended: watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Call after the commit that gave these places.
    pub(crate) fn announce(&self, places: &Places) {
        let places = places.iter().map(|(round, at)| (*round, at.unsigned_abs()));
        let places: Vec<(RoundId, u64)> = places.collect();
        raise(&self.given, &places);
        self.heard(&places);
    }

    /// Where rounds are, whoever wrote to them.
    pub(crate) fn heard(&self, places: &[(RoundId, u64)]) {
        raise(&self.places, places);
    }

    /// The places that this server gives.
    pub(crate) fn given(&self) -> watch::Receiver<BTreeMap<RoundId, u64>> {
        self.given.subscribe()
    }

    /// Ends all streams: the server is about to.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Streams that are open now.
    pub(crate) fn streams(&self) -> usize {
        lock(&self.streams).values().sum()
    }

    /// `None` where the device listens too often already.
    pub(crate) fn listen(&self, device: DeviceNumber) -> Option<Listener> {
        let mut streams = lock(&self.streams);
        let open = streams.entry(device).or_default();
        if *open >= STREAMS {
            return None;
        }
        *open += 1;
        Some(Listener {
            places: self.places.subscribe(),
            ended: self.ended.subscribe(),
            streams: self.streams.clone(),
            device,
            told: BTreeMap::new(),
        })
    }
}

/// One stream of one device.
#[derive(Debug)]
pub(crate) struct Listener {
    places: watch::Receiver<BTreeMap<RoundId, u64>>,
    ended: watch::Receiver<bool>,
    streams: Arc<Mutex<BTreeMap<DeviceNumber, usize>>>,
    pub(crate) device: DeviceNumber,
    told: BTreeMap<RoundId, u64>,
}

impl Listener {
    /// Waits for a round to move on. `None` when the server ends.
    pub(crate) async fn moved(&mut self) -> Option<()> {
        if *self.ended.borrow() {
            return None;
        }
        tokio::select! {
            changed = self.places.changed() => changed.ok(),
            _ = self.ended.changed() => None,
        }
    }

    /// It is told these without asking.
    pub(crate) fn knows(&mut self, notices: &[LiveNotice]) {
        let told = notices.iter().map(|notice| (notice.round, notice.place));
        self.told.extend(told);
    }

    /// What it was not told yet of these rounds.
    pub(crate) fn news(&mut self, rounds: &[RoundId]) -> Vec<LiveNotice> {
        let places = self.places.borrow_and_update();
        let mut news = Vec::new();
        for round in rounds {
            let Some(place) = places.get(round).copied() else {
                continue;
            };
            let told = self.told.entry(*round).or_default();
            if *told < place {
                *told = place;
                news.push(LiveNotice {
                    round: *round,
                    place,
                });
            }
        }
        news
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut streams = lock(&self.streams);
        if let Some(open) = streams.get_mut(&self.device) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.device);
            }
        }
    }
}

/// Whoever waits is woken only where a round moved on.
fn raise(known: &watch::Sender<BTreeMap<RoundId, u64>>, places: &[(RoundId, u64)]) {
    known.send_if_modified(|known| {
        let mut moved = false;
        for (round, place) in places {
            let known = known.entry(*round).or_default();
            moved |= *known < *place;
            *known = (*known).max(*place);
        }
        moved
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
