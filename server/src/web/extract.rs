//! What handlers take from a request. Like axum's own, but whatever does not fit becomes a problem.

use std::net::{IpAddr, SocketAddr};

use axum::body::{BodyDataStream, Bytes};
use axum::extract::rejection::{
    BytesRejection, FailedToBufferBody, JsonRejection, PathRejection, QueryRejection,
};
use axum::extract::{self, ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Koffiekar;
use crate::problem::ApiError;

/// A JSON body, in or out.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// The parameters in the path. What does not fit names nothing that exists.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// The query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// What is asked for: the query string, or with `POST` the same pairs as a form. Words that somebody searches
/// for may be a resident's, and an address stands in the logs of proxies.
#[derive(Debug)]
pub struct Asked<T>(pub T);

/// A body that is read when its sender is known: first its beginning, then the rest.
#[derive(Debug)]
pub struct Arriving {
    pieces: BodyDataStream,
    read: Vec<u8>,
    /// What the sender says that it is long.
    claimed: Option<usize>,
}

impl Arriving {
    /// Whether it is said to be so long, or not said how long.
    pub(crate) fn may_exceed(&self, bytes: usize) -> bool {
        self.claimed.is_none_or(|claimed| claimed > bytes)
    }

    /// So many bytes, as far as there are that many; perhaps some more.
    pub(crate) async fn beginning(&mut self, bytes: usize) -> Result<&[u8], ApiError> {
        while self.read.len() < bytes && self.read_on(usize::MAX).await? {}
        Ok(&self.read)
    }

    /// All of it; refused where that is more than so many bytes.
    pub(crate) async fn whole(mut self, most: usize) -> Result<Vec<u8>, ApiError> {
        if self.claimed.is_some_and(|claimed| claimed > most) {
            return Err(too_large(most));
        }
        while self.read_on(most).await? {}
        Ok(self.read)
    }

    /// `false` at the end.
    async fn read_on(&mut self, most: usize) -> Result<bool, ApiError> {
        let Some(piece) = self.pieces.next().await else {
            return Ok(false);
        };
        let piece = piece.map_err(|_| not_whole())?;
        if self.read.len() + piece.len() > most {
            return Err(too_large(most));
        }
        self.read.extend_from_slice(&piece);
        Ok(true)
    }
}

impl<S: Send + Sync> FromRequest<S> for Arriving {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let claimed = request.headers().get(header::CONTENT_LENGTH);
        let claimed = claimed.and_then(|length| length.to_str().ok()?.parse().ok());
        Ok(Self {
            pieces: request.into_body().into_data_stream(),
            read: Vec::new(),
            claimed,
        })
    }
}

fn too_large(most: usize) -> ApiError {
    ApiError::TooLarge {
        limit_bytes: Some(most),
    }
}

fn not_whole() -> ApiError {
    ApiError::invalid(
        "De inhoud kwam niet volledig aan. Stuur hem opnieuw.",
        "The body did not arrive whole. Send it again.",
    )
}

/// The network address a request came from, as it stands in the audit log: `203.0.113.7`.
///
/// Behind proxies that the configuration names: the last address in `X-Forwarded-For` that is none of them.
#[derive(Debug, Clone)]
pub struct Origin(pub String);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let extract::Json(value) = extract::Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        extract::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let extract::Path(value) = extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let extract::Query(value) = extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// As [`Origin`] tells it where nobody knows the address.
const UNKNOWN: &str = "unknown";

const FORM: &str = "application/x-www-form-urlencoded";

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequest<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if *request.method() != Method::POST {
            let (mut parts, _) = request.into_parts();
            let Query(value) = Query::from_request_parts(&mut parts, state).await?;
            return Ok(Self(value));
        }
        let sent_type = request.headers().get(header::CONTENT_TYPE);
        let sent_type = sent_type.map(|value| value.as_bytes().to_vec());
        let body = Bytes::from_request(request, state).await?;
        if !body.is_empty() && !sent_type.is_some_and(|sent| sent.starts_with(FORM.as_bytes())) {
            return Err(ApiError::Unsupported { expected: FORM });
        }
        let unreadable = |reason: &str| unreadable("Het formulier", "The form", reason);
        let pairs = std::str::from_utf8(&body).map_err(|error| unreadable(&error.to_string()))?;
        let uri: Uri = format!("/?{pairs}")
            .parse()
            .map_err(|_| unreadable("pairs of a form, encoded"))?;
        let asked: Result<extract::Query<T>, _> = extract::Query::try_from_uri(&uri);
        match asked {
            Ok(extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(unreadable(&rejection.body_text())),
        }
    }
}

impl Origin {
    pub(crate) fn known(self) -> Option<String> {
        Some(self.0).filter(|address| address != UNKNOWN)
    }
}

impl FromRequestParts<Koffiekar> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Koffiekar) -> Result<Self, ApiError> {
        let forwarded = parts.headers.get_all("x-forwarded-for").iter();
        let forwarded = forwarded.filter_map(|line| line.to_str().ok());
        let forwarded: Vec<&str> = forwarded.collect();
        let client = peer(&parts.extensions).map(|peer| {
            state
                .proxies
                .client(peer, forwarded.iter().copied())
                .to_string()
        });
        Ok(Self(client.unwrap_or_else(|| UNKNOWN.to_owned())))
    }
}

/// Who is connected: the client or the proxy before it.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.0.ip())
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            JsonRejection::MissingJsonContentType(_) => Self::Unsupported {
                expected: "application/json",
            },
            other => unreadable("De JSON", "The JSON", &other.body_text()),
        }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        unreadable(
            "Het adres na het vraagteken",
            "The query string",
            &rejection.body_text(),
        )
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                Self::TooLarge { limit_bytes: None }
            }
            _ => not_whole(),
        }
    }
}

/// The reason is the parser's, in English: it is for whoever writes the client.
fn unreadable(nl: &str, en: &str, reason: &str) -> ApiError {
    ApiError::invalid(
        format!("{nl} is niet wat dit adres verwacht ({reason}). Verbeter dit en stuur opnieuw."),
        format!("{en} is not what this address expects ({reason}). Correct it and send again."),
    )
}
