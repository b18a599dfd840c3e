//! `POST /api/v1/rescues`: a tablet's file of last resort, read in at the office.
//!
//! What is in it is a push of that tablet like any other; only the clock does not count, for the file
//! may be days old. The answer says what became of each conversation, and nothing that stands in one.

use axum::extract::State;
use koffiekar_sync_core::limits;
use koffiekar_sync_core::office::{RescueOutcome, Rescued, RescuedConversation};
use koffiekar_sync_core::rescue::{self, RescueError};
use koffiekar_sync_core::wire::{Outcome, ReasonCode};

use super::sync::{check, known_device, open};
use crate::Koffiekar;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{devices, rounds};
use crate::sync::intake;
use crate::web::caller::Caller;
use crate::web::extract::{Arriving, Json};

pub async fn take_in(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    file: Arriving,
) -> Result<Json<Rescued>, ApiError> {
    caller.may(Action::DecideHeld)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    let file = file.whole(limits::RESCUE_BYTES).await?;
    let key = koffiekar.key.clone();
    let envelopes = tokio::task::spawn_blocking(move || rescue::open(&file, &key))
        .await
        .map_err(ApiError::internal)?
        .map_err(refusal)?;
    let Some((device, written_at)) = envelopes.first().map(|e| (e.device, e.time)) else {
        return Err(refusal(RescueError::NotARescue));
    };
    if envelopes.iter().any(|envelope| envelope.device != device) {
        return Err(refusal(RescueError::NotARescue));
    }

    let mut tx = koffiekar.store.read().await?;
    let rounds = rounds::list(&mut tx).await?;
    let tablet = devices::shown(&mut tx, device).await?;
    drop(tx);
    let tablet = tablet.ok_or(ApiError::DeviceUnknown)?;

    let mut conversations = Vec::new();
    for envelope in envelopes {
        let known = known_device(&koffiekar, &envelope).await?;
        let request = open(envelope).await?;
        check(&request)?;
        let pushed: Vec<_> = request.push.iter().map(|i| (i.document, i.round)).collect();
        let now = koffiekar.clock.now();
        let (push, vouchers) = (request.push, request.vouchers);
        let pusher = known.pusher();
        let intake = intake::take_in(&koffiekar, &pusher, push, vouchers, now).await?;
        for ((conversation, round), outcome) in pushed.into_iter().zip(&intake.outcomes) {
            let (became, why) = became(outcome);
            let round = rounds.iter().find(|known| known.id == round);
            conversations.push(RescuedConversation {
                conversation,
                round_name: round.map(|round| round.name.clone()),
                became,
                why,
            });
        }
    }

    let mut tx = koffiekar.store.write().await?;
    let entry = Entry {
        at: koffiekar.clock.now(),
        actor: Some(caller.user),
        origin: &caller.origin,
        action: "read in rescue file",
        object: &format!("{} conversations of device {device}", conversations.len()),
        result: DONE,
    };
    audit::write(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(Json(Rescued {
        device,
        label: tablet.label,
        user_name: tablet.user_name,
        written_at,
        conversations,
    }))
}

fn became(outcome: &Outcome) -> (RescueOutcome, Option<ReasonCode>) {
    match outcome {
        Outcome::Stored => (RescueOutcome::Stored, None),
        Outcome::Unchanged => (RescueOutcome::Unchanged, None),
        Outcome::Held(why) => (RescueOutcome::Held, Some(why.code)),
        Outcome::Erased | Outcome::Replaced(_) => (RescueOutcome::Erased, None),
        Outcome::Invalid(why) => (RescueOutcome::Refused, Some(why.code)),
        Outcome::MissingDependencies | Outcome::ActorReused => {
            (RescueOutcome::Refused, Some(ReasonCode::TryAgain))
        }
    }
}

fn refusal(error: RescueError) -> ApiError {
    let nl = match &error {
        RescueError::NotARescue => {
            "Dit is geen reddingsbestand van een tablet, of een van een latere versie. Kies het bestand dat de tablet bewaarde."
        }
        RescueError::NotOpened => {
            "Het bestand is beschadigd, of gemaakt voor een andere installatie. Bewaar het opnieuw op de tablet."
        }
        RescueError::TooLarge => {
            return ApiError::TooLarge {
                limit_bytes: Some(limits::RESCUE_BYTES),
            };
        }
        RescueError::Wire(_) => {
            "Wat in het bestand verzegeld is, kan niet worden gelezen. Bewaar het opnieuw op de tablet."
        }
    };
    ApiError::invalid(
        nl,
        format!("This cannot be read in: {error}. Save the file on the tablet again."),
    )
}
