//! `GET /api/v1/sync/live`: server-sent events, each saying that a round's feed is at a place.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::live::{LiveNotice, LiveRequest};
use tokio::time::{Instant, Interval, interval_at};

use crate::Koffiekar;
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::store::{self, devices, feed};
use crate::sync::live::Listener;

/// How long a stream may be silent; then it says that it is there. As often, it looks whether the device still
/// may listen, and to which rounds.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// nginx otherwise gathers what is said until there is much of it.
const NOT_BUFFERED: (&str, &str) = ("x-accel-buffering", "no");

pub async fn live(
    State(koffiekar): State<Koffiekar>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let signed = headers.get(header::AUTHORIZATION);
    let signed = signed.and_then(|value| LiveRequest::parse(value.to_str().ok()?));
    let asked = signed.ok_or_else(unsigned)?;
    let mut tx = koffiekar.store.read().await?;
    let device = devices::find(&mut tx, asked.device)
        .await?
        .ok_or(ApiError::DeviceUnknown)?;
    asked
        .verify(&device.public_key)
        .map_err(|_| ApiError::DeviceUnknown)?;
    drop(tx);
    koffiekar
        .take_once(asked.device, &asked.nonce, asked.time)
        .await?;
    if device.revoked || !policy::allows(device.user.role, Action::Record) {
        return Err(ApiError::DeviceRevoked);
    }
    let mut listener = koffiekar
        .live
        .listen(asked.device)
        .ok_or(ApiError::Busy(None))?;
    let mut tx = koffiekar.store.read().await?;
    let mut first = Vec::with_capacity(device.rounds.len());
    for round in &device.rounds {
        let place = feed::last_place(&mut tx, *round).await?.unsigned_abs();
        first.push(LiveNotice {
            round: *round,
            place,
        });
    }
    drop(tx);
    // What was written since that look at the database.
    listener.knows(&first);
    first.extend(listener.news(&device.rounds));

    let state = Stream {
        koffiekar,
        listener,
        rounds: device.rounds,
        waiting: first,
        looking: interval_at(Instant::now() + HEARTBEAT, HEARTBEAT),
    };
    let events = stream::unfold(state, |mut stream| async {
        let event = stream.next().await?;
        Some((Ok::<_, Infallible>(event), stream))
    });
    let kept = KeepAlive::new().interval(HEARTBEAT);
    let stream = Sse::new(events).keep_alive(kept);
    Ok(([NOT_BUFFERED], stream).into_response())
}

fn unsigned() -> ApiError {
    ApiError::invalid(
        "Deze aanvraag is niet ondertekend in de kop Authorization. Werk de app bij; `docs/sync-protocol.md` zegt hoe.",
        "This request is not signed in the header Authorization. Update the app; `docs/sync-protocol.md` says how.",
    )
}

struct Stream {
    koffiekar: Koffiekar,
    listener: Listener,
    rounds: Vec<RoundId>,
    /// To be told, the last one first.
    waiting: Vec<LiveNotice>,
    /// Whether the device still may listen: also while rounds move all the time.
    looking: Interval,
}

impl Stream {
    /// `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(notice) = self.waiting.pop() {
                let text = serde_json::to_string(&notice).ok()?;
                return Some(Event::default().data(text));
            }
            tokio::select! {
                moved = self.listener.moved() => moved?,
                _ = self.looking.tick() => self.look_again().await.ok()??,
            }
            self.waiting = self.listener.news(&self.rounds);
        }
    }

    /// `None` where the device may listen no longer.
    async fn look_again(&mut self) -> store::Result<Option<()>> {
        let mut tx = self.koffiekar.store.read().await?;
        let device = devices::find(&mut tx, self.listener.device).await?;
        let allowed = device
            .filter(|device| !device.revoked && policy::allows(device.user.role, Action::Record));
        Ok(allowed.map(|device| self.rounds = device.rounds))
    }
}
