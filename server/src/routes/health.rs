//! For whatever watches the server.

use std::sync::atomic::Ordering;

use axum::extract::State;
use serde::Serialize;

use crate::Koffiekar;
use crate::extract::Json;
use crate::problem::ApiError;
use crate::store::{self, StoreError, catalogue};

#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// `GET /readyz`: the database answers too. 503 where it does not. After the storage failed a
/// request, until it is seen to take something again.
pub async fn ready(State(koffiekar): State<Koffiekar>) -> Result<Json<Health>, ApiError> {
    read(&koffiekar).await.map_err(unavailable)?;
    if koffiekar.storage_failed.load(Ordering::Relaxed) {
        write(&koffiekar).await.map_err(unavailable)?;
        koffiekar.storage_failed.store(false, Ordering::Relaxed);
    }
    Ok(Json(Health { status: "ready" }))
}

async fn read(koffiekar: &Koffiekar) -> store::Result<()> {
    let mut tx = koffiekar.store.read().await?;
    catalogue::installation(&mut tx).await?;
    tx.commit().await
}

async fn write(koffiekar: &Koffiekar) -> store::Result<()> {
    let mut tx = koffiekar.store.write().await?;
    store::try_to_write(&mut tx).await?;
    tx.commit().await
}

/// A server that cannot read its own data takes nothing, whatever the fault is.
fn unavailable(error: StoreError) -> ApiError {
    match ApiError::from(error) {
        ApiError::Internal(source) => ApiError::Busy(Some(source)),
        other => other,
    }
}
