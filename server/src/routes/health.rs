//! For whatever watches the server.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use serde::Serialize;

use crate::Koffiekar;
use crate::extract::Json;
use crate::problem::{ApiError, NotReady};
use crate::store::{self, StoreError, catalogue};

/// How long the database may take for the least that can be asked of it.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// `GET /readyz`: the server was not told to end, and the database answers within a second. 503 where
/// that is not so. After the storage failed a request, until it is seen to take something again. The
/// schema is up to date before anything is answered.
pub async fn ready(State(koffiekar): State<Koffiekar>) -> Result<Json<Health>, ApiError> {
    if koffiekar.ending.load(Ordering::Relaxed) {
        return Err(ApiError::NotReady(NotReady::Ending));
    }
    let tried = tokio::time::timeout(PATIENCE, try_storage(&koffiekar)).await;
    let slow = |_| ApiError::NotReady(NotReady::SlowDatabase);
    tried.map_err(slow)?.map_err(unavailable)?;
    Ok(Json(Health { status: "ready" }))
}

async fn try_storage(koffiekar: &Koffiekar) -> store::Result<()> {
    read(koffiekar).await?;
    if koffiekar.storage_failed.load(Ordering::Relaxed) {
        write(koffiekar).await?;
        koffiekar.storage_failed.store(false, Ordering::Relaxed);
    }
    Ok(())
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
