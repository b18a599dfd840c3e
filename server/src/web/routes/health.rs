//! For whatever watches the server.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use serde::Serialize;

use crate::Koffiekar;
use crate::problem::{ApiError, NotReady};
use crate::store::{self, StoreError};
use crate::web::extract::Json;

/// How long the database may take for the least that can be asked of it.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
    /// Loops beside requests that died and are not started again yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    background_down: Vec<&'static str>,
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> Json<Health> {
    Json(Health {
        status: "alive",
        background_down: Vec::new(),
    })
}

/// `GET /readyz`: the server was not told to end, and the database answers within a second. 503 where
/// that is not so, or where it is another than the one that was opened; after the storage failed a request,
/// until it is seen to take something again. The schema is up to date before anything is answered.
pub async fn ready(State(koffiekar): State<Koffiekar>) -> Result<Json<Health>, ApiError> {
    if koffiekar.ending.load(Ordering::Relaxed) {
        return Err(ApiError::NotReady(NotReady::Ending));
    }
    let tried = tokio::time::timeout(PATIENCE, try_storage(&koffiekar)).await;
    let slow = |_| ApiError::NotReady(NotReady::SlowDatabase);
    tried.map_err(slow)?.map_err(unavailable)?;
    koffiekar.database.ensure_same(&koffiekar.store)?;
    Ok(Json(Health {
        status: "ready",
        background_down: koffiekar.background.down(),
    }))
}

async fn try_storage(koffiekar: &Koffiekar) -> store::Result<()> {
    koffiekar.look_at_database().await?;
    if koffiekar.storage_failed.load(Ordering::Relaxed) {
        write(koffiekar).await?;
        koffiekar.storage_failed.store(false, Ordering::Relaxed);
    }
    Ok(())
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
