//! The administrator's rounds.

use axum::extract::State;
use axum::http::StatusCode;
use koffiekar_sync_core::catalogue::Round;
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::office::{ChangeRound, NewRound, RoundPreview};

use crate::Koffiekar;
use crate::calendar::{Calendar, date_of};
use crate::office::fields::{self, NAME};
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{catalogue, rounds};
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path};

const NAME_CHARS: usize = 120;
/// Rounds of one installation.
const MOST: usize = koffiekar_sync_core::limits::ROUNDS;

/// `POST /api/v1/rounds`
pub async fn add(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(new): Json<NewRound>,
) -> Result<(StatusCode, Json<Round>), ApiError> {
    caller.may(Action::ManageRounds)?;
    let NewRound {
        name,
        kind,
        starts_on,
        ends_on,
    } = new;
    let name = fields::line(NAME, &name, 1..=NAME_CHARS)?;
    check_dates(&starts_on, &ends_on)?;
    let now = koffiekar.clock.now();
    let id = RoundId::new(now, koffiekar.random.bytes());
    let round = Round {
        id,
        name,
        kind,
        starts_on,
        ends_on,
        closed: false,
    };

    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    let there = rounds::list(&mut tx).await?;
    if let Some(same) = there.iter().find(|other| is_same(other, &round)) {
        return Err(ApiError::conflict(
            format!(
                "De ronde `{}` van {} tot en met {} is er al. Gebruik die, of kies een andere naam.",
                same.name, same.starts_on, same.ends_on
            ),
            format!(
                "The round `{}` from {} to {} is there already. Use that one, or choose another name.",
                same.name, same.starts_on, same.ends_on
            ),
        ));
    }
    if there.len() >= MOST {
        return Err(ApiError::conflict(
            format!("Er zijn al {MOST} rondes; meer kan niet."),
            format!("There are {MOST} rounds already; there cannot be more."),
        ));
    }
    rounds::put(&mut tx, &round).await?;
    audit::write(
        &mut tx,
        Entry {
            at: now,
            actor: Some(caller.user),
            origin: &caller.origin,
            action: "add round",
            object: &round.id.to_string(),
            result: DONE,
        },
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(round)))
}

/// `PATCH /api/v1/rounds/{round}`
pub async fn change(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<RoundId>,
    Json(change): Json<ChangeRound>,
) -> Result<Json<Round>, ApiError> {
    caller.may(Action::ManageRounds)?;
    let name = change
        .name
        .map(|name| fields::line(NAME, &name, 1..=NAME_CHARS))
        .transpose()?;

    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    let mut round = rounds::find(&mut tx, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    round.name = name.unwrap_or(round.name);
    round.closed = change.closed.unwrap_or(round.closed);
    if change.starts_on.is_some() || change.ends_on.is_some() {
        round.starts_on = change.starts_on.unwrap_or(round.starts_on);
        round.ends_on = change.ends_on.unwrap_or(round.ends_on);
        check_dates(&round.starts_on, &round.ends_on)?;
    }
    rounds::put(&mut tx, &round).await?;
    audit::write(
        &mut tx,
        Entry {
            at: koffiekar.clock.now(),
            actor: Some(caller.user),
            origin: &caller.origin,
            action: match change.closed {
                Some(true) => "close round",
                Some(false) => "open round",
                None => "change round",
            },
            object: &id.to_string(),
            result: DONE,
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(round))
}

/// `POST /api/v1/rounds/{round}/preview`
pub async fn preview(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<RoundId>,
    Json(change): Json<ChangeRound>,
) -> Result<Json<RoundPreview>, ApiError> {
    caller.may(Action::ManageRounds)?;
    let mut tx = koffiekar.store.read().await?;
    let round = rounds::find(&mut tx, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let starts_on = change.starts_on.unwrap_or(round.starts_on);
    let ends_on = change.ends_on.unwrap_or(round.ends_on);
    check_dates(&starts_on, &ends_on)?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let calendar = Calendar::of(&catalogue.programme);
    let days = (calendar.start_of_day(&starts_on)).zip(calendar.end_of_day(&ends_on));
    let Some((from, until)) = days else {
        return Err(date_missing());
    };
    let outside = rounds::recorded_outside(&mut tx, id, from, until).await?;
    tx.commit().await?;
    Ok(Json(RoundPreview { outside }))
}

/// The same to whoever chooses one of them: a second press of the button made it.
fn is_same(one: &Round, other: &Round) -> bool {
    let name = |round: &Round| {
        let words: Vec<String> = round
            .name
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        words
    };
    let kind = |round: &Round| (round.kind, round.starts_on.clone(), round.ends_on.clone());
    name(one) == name(other) && kind(one) == kind(other)
}

fn check_dates(starts_on: &str, ends_on: &str) -> Result<(), ApiError> {
    if date_of(starts_on).is_none() || date_of(ends_on).is_none() {
        return Err(date_missing());
    }
    if ends_on < starts_on {
        return Err(ApiError::invalid(
            "De laatste dag ligt voor de eerste dag. Verwissel ze of verbeter de datum.",
            "The last day lies before the first. Swap them or correct the date.",
        ));
    }
    Ok(())
}

fn date_missing() -> ApiError {
    ApiError::invalid(
        "De eerste en de laatste dag moeten bestaande datums zijn, zoals 2026-01-24. Verbeter de datum.",
        "The first and the last day must be dates that exist, such as 2026-01-24. Correct the date.",
    )
}
