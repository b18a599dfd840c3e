//! What the programme is made of, and what residents are asked.

use axum::extract::State;
use koffiekar_sync_core::catalogue::{Catalogue, Programme};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::office::AskPurposes;

use crate::Koffiekar;
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::catalogue;
use crate::web::caller::Caller;
use crate::web::extract::Json;

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

/// `PUT /api/v1/programme/asks`: answers that were given stay, whatever is asked from now on.
pub async fn ask(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(asked): Json<AskPurposes>,
) -> Result<Json<Programme>, ApiError> {
    caller.may(Action::ManageProgramme)?;
    // Each once, in their fixed order.
    let asks: Vec<Purpose> = Purpose::ALL
        .into_iter()
        .filter(|purpose| asked.asks.contains(purpose))
        .collect();
    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    let texts = catalogue::consent_texts(&mut tx).await?;
    let has_text = |purpose: &&Purpose| texts.iter().any(|text| text.purpose == **purpose);
    if let Some(silent) = asks.iter().find(|purpose| !has_text(purpose)) {
        let name = silent.as_str();
        return Err(ApiError::conflict(
            format!("Er is geen vraag over `{name}`. Laad eerst een programma met die vraag."),
            format!(
                "There is no question about `{name}`. Load a programme with that question first."
            ),
        ));
    }
    let programme = Programme {
        asks,
        ..catalogue::installation(&mut tx).await?.programme
    };
    catalogue::set_programme(&mut tx, &programme).await?;
    let names: Vec<&str> = programme
        .asks
        .iter()
        .map(|purpose| purpose.as_str())
        .collect();
    audit::write(
        &mut tx,
        Entry {
            at: koffiekar.clock.now(),
            actor: Some(caller.user),
            origin: &caller.origin,
            action: "change what residents are asked",
            object: &names.join(" "),
            result: DONE,
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(programme))
}
