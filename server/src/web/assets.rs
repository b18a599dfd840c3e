//! The app's files, embedded when the server was compiled. Any address that is neither a file nor
//! the server's own is a screen of the app.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use crate::problem::ApiError;
use crate::random;

/// What `cargo xtask app` makes.
#[derive(RustEmbed)]
#[folder = "../app/dist"]
#[allow_missing = true]
struct Dist;

/// How a file is sent, from `assets.json`.
#[derive(Debug, Deserialize)]
struct Asset {
    content_type: String,
    /// Its name holds the hash of its content.
    immutable: bool,
    /// Compressed forms that lie beside it: `br`, `gz`.
    #[serde(default)]
    encodings: Vec<String>,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let list = Dist::get("assets.json");
    list.and_then(|file| serde_json::from_slice(&file.data).ok())
        .unwrap_or_default()
});

const PAGE: &str = "index.html";
/// Addresses that the server answers itself, and that are never a screen.
const OWN: [&str; 5] = ["api", "healthz", "readyz", "metrics", "r"];
const NOT_BUILT: &str = "Koffiekar: the server runs, but the app was not built when it was compiled.\n\
    Run `cargo xtask app`, compile the server again, and reload this page.\n";

/// Answers every address that is not in the table of routes.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let path = uri.path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if OWN.contains(&first) {
        return Err(ApiError::not_found());
    }
    if method != Method::GET && method != Method::HEAD {
        return Ok(([(header::ALLOW, "GET,HEAD")], ApiError::Method).into_response());
    }
    if !ASSETS.contains_key(PAGE) {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response());
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = match ASSETS.contains_key(path) {
        true => path,
        // The name of a file that an older build had is no screen.
        false if last.contains('.') => return Err(ApiError::not_found()),
        false => PAGE,
    };
    send(name, &headers)
}

fn send(name: &str, headers: &HeaderMap) -> Result<Response, ApiError> {
    let asset = ASSETS.get(name).ok_or_else(ApiError::not_found)?;
    let (encoding, file) = best_form(name, asset, headers).ok_or_else(ApiError::not_found)?;

    let hash = random::hex(&file.metadata.sha256_hash()[..16]);
    let etag = format!("\"{hash}\"");
    let cache = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if is_held(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        // Not copied: whoever asks for it and does not read would hold megabytes each.
        let body = match file.data {
            Cow::Borrowed(embedded) => Body::from(embedded),
            Cow::Owned(read) => Body::from(read),
        };
        let mut response = Response::new(body);
        let content_type =
            HeaderValue::from_str(&asset.content_type).map_err(ApiError::internal)?;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        if let Some(encoding) = encoding {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::ETAG,
        HeaderValue::from_str(&etag).map_err(ApiError::internal)?,
    );
    if !asset.encodings.is_empty() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    Ok(response)
}

/// The smallest form that the client takes, with its content coding.
fn best_form(
    name: &str,
    asset: &Asset,
    headers: &HeaderMap,
) -> Option<(Option<&'static str>, EmbeddedFile)> {
    for (ending, coding) in [("br", "br"), ("gz", "gzip")] {
        if asset.encodings.iter().any(|encoding| encoding == ending)
            && takes(headers, coding)
            && let Some(file) = Dist::get(&format!("{name}.{ending}"))
        {
            return Some((Some(coding), file));
        }
    }
    Some((None, Dist::get(name)?))
}

fn takes(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|accepted| {
            let (name, weight) = accepted.split_once(';').unwrap_or((accepted, ""));
            let weight = weight
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
        })
}

fn is_held(headers: &HeaderMap, etag: &str) -> bool {
    let held = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|held| held.to_str().ok());
    held.is_some_and(|held| {
        held.split(',')
            .any(|held| held.trim().trim_start_matches("W/") == etag)
    })
}
