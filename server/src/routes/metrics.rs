//! `GET /metrics`: figures for Prometheus. `docs/metrics.md` tells what each is.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::Koffiekar;
use crate::problem::ApiError;

/// Version 0.0.4 of the text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub async fn metrics(State(koffiekar): State<Koffiekar>) -> Result<Response, ApiError> {
    let text = crate::metrics::text(&koffiekar).await;
    let text = text.map_err(ApiError::internal)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
