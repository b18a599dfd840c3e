//! Bodies of requests arrive within bounds: of time, and of memory for all of them together.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use crate::Koffiekar;
use crate::bounds::BodyClaim;
use crate::extract::Origin;
use crate::problem::ApiError;

/// What arrived counts until the answer is made: until then it is in memory in one form or another.
pub(crate) async fn receive(
    State(koffiekar): State<Koffiekar>,
    request: Request,
    next: Next,
) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let address = match Origin::from_request_parts(&mut parts, &koffiekar).await {
        Ok(origin) => origin.known(),
        Err(error) => return error.into_response(),
    };
    let shares = &koffiekar.shares;
    let receiving = Arc::new(Receiving {
        claim: shares.bodies.claim(address),
        pause: shares.bounds.body_pause,
        refusal: OnceLock::new(),
    });
    let arriving = (body.into_data_stream(), receiving.clone());
    let pieces = stream::try_unfold(arriving, |(mut body, receiving)| async {
        let piece = receiving.next(&mut body).await?;
        Ok::<_, axum::Error>(piece.map(|piece| (piece, (body, receiving))))
    });
    let request = Request::from_parts(parts, Body::from_stream(pieces));
    let response = next.run(request).await;
    // Whoever read the body knows only that it did not come whole.
    match receiving.refusal.get() {
        Some(refusal) if !response.status().is_success() => refusal.clone().into_response(),
        _ => response,
    }
}

struct Receiving {
    claim: BodyClaim,
    pause: Duration,
    /// Why the rest was not waited for.
    refusal: OnceLock<ApiError>,
}

impl Receiving {
    async fn next(&self, body: &mut BodyDataStream) -> Result<Option<Bytes>, axum::Error> {
        let Ok(piece) = tokio::time::timeout(self.pause, body.next()).await else {
            return Err(self.refuse(ApiError::BodyStalled));
        };
        let Some(piece) = piece.transpose()? else {
            return Ok(None);
        };
        match self.claim.take(piece.len()) {
            Ok(()) => Ok(Some(piece)),
            Err(_) => Err(self.refuse(ApiError::Busy(None))),
        }
    }

    fn refuse(&self, refusal: ApiError) -> axum::Error {
        let error = axum::Error::new(refusal.clone());
        let _ = self.refusal.set(refusal);
        error
    }
}
