//! What the programme is made of.

use axum::extract::State;
use koffiekar_sync_core::catalogue::Catalogue;

use crate::Koffiekar;
use crate::caller::Caller;
use crate::extract::Json;
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::store::catalogue;

/// `GET /api/v1/programme`: with the caller's rounds, or all of them for who manages rounds.
pub async fn read(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Catalogue>, ApiError> {
    caller.may(Action::ReadProgramme)?;
    let mut tx = koffiekar.store.read().await?;
    let mut catalogue = catalogue::read(&mut tx).await?;
    tx.commit().await?;
    if !policy::allows(caller.role, Action::ManageRounds) {
        catalogue.rounds.retain(|round| caller.is_member(round.id));
    }
    Ok(Json(catalogue))
}
