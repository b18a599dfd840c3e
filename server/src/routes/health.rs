//! For whatever watches the server.

use axum::extract::State;
use serde::Serialize;

use crate::Koffiekar;
use crate::extract::Json;
use crate::problem::ApiError;
use crate::store::catalogue;

#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// `GET /readyz`: the database answers too. 503 where it does not.
pub async fn ready(State(koffiekar): State<Koffiekar>) -> Result<Json<Health>, ApiError> {
    let unavailable = |error| ApiError::Busy(Some(std::sync::Arc::new(error)));
    let mut tx = koffiekar.store.read().await.map_err(unavailable)?;
    catalogue::installation(&mut tx)
        .await
        .map_err(unavailable)?;
    tx.commit().await.map_err(unavailable)?;
    Ok(Json(Health { status: "ready" }))
}
