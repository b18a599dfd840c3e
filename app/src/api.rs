//! Speaking with the server: JSON in, JSON out, and refusals as [`Problem`].

use std::fmt;

use js_sys::Uint8Array;
use koffiekar_sync_core::office::Problem;
use leptos::prelude::window;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Blob, Headers, RequestCredentials, RequestInit, RequestRedirect, Response,
};

use crate::{session, words};

/// Why a request gave no answer, by what the person can do about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// No connection, or nobody answers.
    Offline,
    /// No answer within the time.
    TimedOut,
    /// Somebody else answers in the server's place: the login page of a wifi, most likely.
    Stranger,
    /// The session is over: sign in again.
    SignedOut,
    /// The server refuses, and says why.
    Refused(Box<Problem>),
    /// An answer that this version of the app does not understand.
    Unreadable,
}

impl Failure {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    /// In the language of the screen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = &words::words().failure;
        match self {
            Self::Offline => f.write_str(words.offline),
            Self::TimedOut => f.write_str(words.timed_out),
            Self::Stranger => f.write_str(words.stranger),
            Self::SignedOut => f.write_str(words.signed_out),
            Self::Unreadable => f.write_str(words.unreadable),
            Self::Refused(problem) => {
                let text = if problem.detail.is_empty() {
                    &problem.title
                } else {
                    &problem.detail
                };
                f.write_str(text)?;
                match &problem.request_id {
                    Some(id) if problem.status >= 500 => write!(f, " ({}: {id})", words.reference),
                    _ => Ok(()),
                }
            }
        }
    }
}

const TIMEOUT_MS: u32 = 20_000;

/// For a file of many quotes over a slow line.
const FILE_TIMEOUT_MS: u32 = 600_000;

pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    read(query(path, TIMEOUT_MS).await?).await
}

/// A file that the server makes, with its name. The browser keeps a large one on disk.
pub(crate) async fn file(path: &str) -> Result<(String, Blob), Failure> {
    let response = accept(query(path, FILE_TIMEOUT_MS).await?).await?;
    let head = response.headers().get("content-disposition");
    let head = head.ok().flatten().unwrap_or_default();
    let name = head.split('"').nth(1).unwrap_or("koffiekar").to_owned();
    let blob = response.blob().map_err(|_| Failure::Unreadable)?;
    let blob = JsFuture::from(blob)
        .await
        .map_err(|error| failure_of(&error))?;
    Ok((name, blob.unchecked_into()))
}

/// Words that somebody searches for may be a resident's: they do not go into an address.
async fn query(path: &str, timeout_ms: u32) -> Result<Response, Failure> {
    if let Some((to, pairs)) = path.split_once('?')
        && pairs.split('&').any(|pair| pair.starts_with("text="))
    {
        let form = "application/x-www-form-urlencoded";
        return ask("POST", to, Some(pairs.into()), form, timeout_ms).await;
    }
    ask("GET", path, None, "application/json", timeout_ms).await
}

/// `method` is `POST`, `PUT` or `PATCH`.
pub(crate) async fn send<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    let body = serde_json::to_string(body).map_err(|_| Failure::Unreadable)?;
    read(
        ask(
            method,
            path,
            Some(body.into()),
            "application/json",
            TIMEOUT_MS,
        )
        .await?,
    )
    .await
}

/// A request with a body whose answer does not matter.
pub(crate) async fn send_only(
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> Result<(), Failure> {
    let body = serde_json::to_string(body).map_err(|_| Failure::Unreadable)?;
    let asked = ask(
        method,
        path,
        Some(body.into()),
        "application/json",
        TIMEOUT_MS,
    );
    accept(asked.await?).await.map(drop)
}

/// A request whose answer, if any, does not matter: `DELETE`, or a `POST` without a body.
pub(crate) async fn order(method: &str, path: &str) -> Result<(), Failure> {
    accept(ask(method, path, None, "application/json", TIMEOUT_MS).await?)
        .await
        .map(drop)
}

/// A request without a body that is answered: a `DELETE` with what is left, a `POST` with what became.
pub(crate) async fn order_for<T: DeserializeOwned>(method: &str, path: &str) -> Result<T, Failure> {
    read(ask(method, path, None, "application/json", TIMEOUT_MS).await?).await
}

/// Bytes out, bytes in: the sync of the field screens, which sign their requests in `headers`.
pub(crate) async fn post_bytes(
    path: &str,
    content_type: &str,
    headers: &[(&str, String)],
    body: &[u8],
    timeout_ms: u32,
) -> Result<Vec<u8>, Failure> {
    let ready = prepare(
        "POST",
        Some(Uint8Array::from(body).into()),
        content_type,
        timeout_ms,
    )
    .ok_or(Failure::Unreadable)?;
    for (name, value) in headers {
        ready.1.set(name, value).map_err(|_| Failure::Unreadable)?;
    }
    let response = accept(fetch(path, &ready.0).await?).await?;
    let bytes = response.array_buffer().map_err(|_| Failure::Unreadable)?;
    let bytes = JsFuture::from(bytes)
        .await
        .map_err(|error| failure_of(&error))?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

fn prepare(
    method: &str,
    body: Option<JsValue>,
    content_type: &str,
    timeout_ms: u32,
) -> Option<(RequestInit, Headers)> {
    let headers = Headers::new().ok()?;
    headers
        .set(
            "accept",
            "application/json, application/problem+json, application/cbor",
        )
        .ok()?;
    headers
        .set("accept-language", words::chosen().code())
        .ok()?;
    if body.is_some() {
        headers.set("content-type", content_type).ok()?;
    }
    let init = RequestInit::new();
    init.set_method(method);
    init.set_credentials(RequestCredentials::SameOrigin);
    // The API redirects nobody: whoever does is somebody else, and where to is none of our business.
    init.set_redirect(RequestRedirect::Manual);
    init.set_headers_headers(&headers);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    if let Some(body) = body {
        init.set_body(&body);
    }
    Some((init, headers))
}

async fn ask(
    method: &str,
    path: &str,
    body: Option<JsValue>,
    content_type: &str,
    timeout_ms: u32,
) -> Result<Response, Failure> {
    let (init, _) = prepare(method, body, content_type, timeout_ms).ok_or(Failure::Unreadable)?;
    fetch(path, &init).await
}

async fn fetch(path: &str, init: &RequestInit) -> Result<Response, Failure> {
    let answer = JsFuture::from(window().fetch_with_str_and_init(path, init)).await;
    answer
        .map_err(|error| failure_of(&error))?
        .dyn_into()
        .map_err(|_| Failure::Unreadable)
}

/// A rejected fetch is a passed time limit or, as far as a page is told, a missing connection.
fn failure_of(error: &JsValue) -> Failure {
    let name = js_sys::Reflect::get(error, &"name".into())
        .ok()
        .and_then(|name| name.as_string());
    match name.as_deref() {
        Some("TimeoutError" | "AbortError") => Failure::TimedOut,
        _ => Failure::Offline,
    }
}

/// Every answer of the API has this; the page of a wifi that asks for a login has not.
pub(crate) const SIGN_OF_SERVER: &str = "api-version";

async fn accept(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if !response.headers().has(SIGN_OF_SERVER).unwrap_or_default() {
        return Err(match status {
            // A proxy of our own, before a server that does not run.
            502..=504 => Failure::Offline,
            _ => Failure::Stranger,
        });
    }
    if response.ok() {
        return Ok(response);
    }
    let problem: Problem =
        serde_json::from_str(&text(&response).await?).map_err(|_| Failure::Unreadable)?;
    if problem.status == 401 && problem.code() == "signed-out" {
        session::lost();
        return Err(Failure::SignedOut);
    }
    Err(Failure::Refused(Box::new(problem)))
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    let text = text(&accept(response).await?).await?;
    serde_json::from_str(&text).map_err(|error| {
        leptos::logging::warn!("an answer of the server is not as expected: {error}");
        Failure::Unreadable
    })
}

async fn text(response: &Response) -> Result<String, Failure> {
    let text = response.text().map_err(|_| Failure::Unreadable)?;
    let text = JsFuture::from(text)
        .await
        .map_err(|error| failure_of(&error))?;
    text.as_string().ok_or(Failure::Unreadable)
}
