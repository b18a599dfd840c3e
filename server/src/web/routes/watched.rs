//! What is given to whoever watches the server, on an address of its own. `docs/metrics.md` tells what
//! each figure is.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use super::health;
use crate::problem::ApiError;
use crate::web::middleware;
use crate::{Koffiekar, metrics};

/// Version 0.0.4 of the text format of Prometheus.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub fn watched(koffiekar: Koffiekar) -> Router {
    let accounted = from_fn_with_state(koffiekar.clone(), middleware::account_for);
    Router::new()
        .route("/metrics", get(figures))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::Method)
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(accounted)
        .with_state(koffiekar)
}

async fn figures(State(koffiekar): State<Koffiekar>) -> Result<Response, ApiError> {
    let text = metrics::text(&koffiekar).await;
    let text = text.map_err(ApiError::internal)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
