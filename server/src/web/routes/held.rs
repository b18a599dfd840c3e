//! Work that was not permitted when it came: the administrator sees whose it is, never what it says,
//! and decides.

use axum::extract::State;
use axum::http::StatusCode;
use koffiekar_sync_core::ids::HeldId;
use koffiekar_sync_core::office::{HeldPage, HeldWork, TurnDown};
use serde::Deserialize;

use crate::Koffiekar;
use crate::office::fields::{self, TEXT};
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::quarantine as held;
use crate::sync::quarantine;
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path, Query};

/// Characters of what an author reads.
const TEXT_CHARS: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(default)]
    decided: bool,
    after: Option<String>,
}

/// `GET /api/v1/held`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<HeldPage>, ApiError> {
    caller.may(Action::DecideHeld)?;
    let mut tx = koffiekar.store.read().await?;
    let page = held::page(&mut tx, asked.decided, asked.after.as_deref()).await?;
    page.map(Json).ok_or_else(|| {
        ApiError::invalid(
            "`after` is niet de `next` van een eerdere bladzijde. Begin bij de eerste.",
            "`after` is not the `next` of a page before. Begin with the first.",
        )
    })
}

/// `POST /api/v1/held/{id}/accept`
pub async fn accept(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<HeldId>,
) -> Result<StatusCode, ApiError> {
    caller.may(Action::DecideHeld)?;
    quarantine::accept(&koffiekar, caller.user, &caller.origin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/held/{id}/turn-down`: the text is for its author.
pub async fn turn_down(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<HeldId>,
    Json(asked): Json<TurnDown>,
) -> Result<Json<HeldWork>, ApiError> {
    caller.may(Action::DecideHeld)?;
    let text = fields::paragraph(TEXT, &asked.text, 1..=TEXT_CHARS)?;
    let now = koffiekar.clock.now();
    let mut tx = koffiekar.store.write().await?;
    if !held::turn_down(&mut tx, id, &text, caller.user, now).await? {
        return Err(ApiError::not_found());
    }
    let entry = Entry {
        at: now,
        actor: Some(caller.user),
        origin: &caller.origin,
        action: "turn down held work",
        object: &id.to_string(),
        result: DONE,
    };
    audit::write(&mut tx, entry).await?;
    let work = held::show(&mut tx, id).await?;
    tx.commit().await?;
    work.map(Json).ok_or_else(ApiError::not_found)
}
