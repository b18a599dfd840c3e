//! Bodies of requests arrive within bounds: of time, and of memory for all of them together. Bodies of answers
//! leave in pieces, and what a request holds is held until the last of them left: whoever does not read has used
//! up their share with it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::web::bounds::BodyClaim;
use crate::web::extract::Origin;

/// Of an answer, so many bytes leave at a time. One that is not longer leaves at once.
const PIECE_BYTES: usize = 64 * 1024;

/// What a request holds: turns at work.
#[derive(Clone, Default)]
pub struct Holds {
    held: Arc<Mutex<Vec<Box<dyn Send>>>>,
}

impl Holds {
    pub(crate) fn add(&self, turn: impl Send + 'static) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(Box::new(turn));
    }
}

pub(crate) async fn bound(
    State(koffiekar): State<Koffiekar>,
    mut request: Request,
    next: Next,
) -> Response {
    let holds = Holds::default();
    request.extensions_mut().insert(holds.clone());
    let response = receive(&koffiekar, request, next).await;
    in_pieces(response, holds)
}

/// A long answer that is there at once is given to the connection as it is taken from there.
fn in_pieces(response: Response, holds: Holds) -> Response {
    let length = response.body().size_hint().exact();
    let Some(length) = length.filter(|length| *length > PIECE_BYTES as u64) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(header::CONTENT_LENGTH, length.into());
    let leaving = (body.into_data_stream(), Bytes::new(), holds);
    let pieces = stream::try_unfold(leaving, |(mut body, mut rest, holds)| async move {
        while rest.is_empty() {
            match body.next().await.transpose()? {
                Some(more) => rest = more,
                None => return Ok::<_, axum::Error>(None),
            }
        }
        let piece = rest.split_to(rest.len().min(PIECE_BYTES));
        Ok(Some((piece, (body, rest, holds))))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// What arrived counts until the answer is made: until then it is in memory in one form or another.
async fn receive(koffiekar: &Koffiekar, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let address = match Origin::from_request_parts(&mut parts, koffiekar).await {
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
