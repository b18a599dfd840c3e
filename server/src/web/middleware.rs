//! What surrounds every handler: a number and a line in the log for each request, a body for each
//! refusal, the headers that browsers and clients are promised, and a bound on time.

pub(crate) mod bodies;

use std::any::Any;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use tracing::field::Empty;

use crate::Koffiekar;
use crate::problem::{ApiError, Language};
use crate::traces::SPANS;
use crate::web::caller;
use crate::web::extract::peer;

/// Of the API, as the NL API Design Rules ask; its first number stands in the path.
pub const API_VERSION: &str = "1.0.0";

/// The longest time a handler takes, which is that of a tablet on a slow line that sends its batch.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser that came by https once does not come by http again, for a year.
const HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// The outermost layer: gives the request its number, writes the body of a refusal in the caller's
/// language, and logs the request once. The query string and the bodies never reach the log.
pub(crate) async fn account_for(
    State(koffiekar): State<Koffiekar>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let now = u64::try_from(koffiekar.clock.now().0).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(now, &koffiekar.random.bytes()).into_uuid();
    let id = id.hyphenated().to_string();
    let language = Language::preferred(request.headers());
    let method = request.method().clone();
    let is_api = is_api(request.uri().path());
    let by_https = scheme(&koffiekar, &request) == Some("https");
    // The pattern, such as `/api/v1/quotes/{quote}`: it holds nobody's words.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());

    let route = route
        .as_deref()
        .unwrap_or(if is_api { "(no route)" } else { "(app)" });
    let span = tracing::info_span!(
        target: SPANS,
        "request",
        otel.name = format_args!("{} {route}", known(&method)),
        otel.kind = "server",
        http.request.method = known(&method),
        http.route = route,
        http.response.status_code = Empty,
        koffiekar.code = Empty,
        koffiekar.request_id = id,
    );
    let mut response = next.run(request).instrument(span.clone()).await;

    let refusal = response.extensions_mut().remove::<ApiError>();
    if let Some(error) = &refusal {
        if error.is_of_storage() {
            koffiekar.storage_failed.store(true, Ordering::Relaxed);
        }
        response = describe(error, response.headers(), language, &id);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", value);
    }
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if by_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
    if is_api {
        headers.insert("api-version", HeaderValue::from_static(API_VERSION));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }

    let status = response.status().as_u16();
    let took = started.elapsed();
    let latency_ms = (took.as_secs_f64() * 10_000.0).round() / 10.0;
    let code = refusal.as_ref().map_or("", ApiError::code);
    let metrics = &koffiekar.metrics;
    metrics.answered(known(&method), route, status, took);
    span.record("http.response.status_code", status);
    if refusal.is_some() {
        metrics.refused(code);
        span.record("koffiekar.code", code);
    }
    match refusal.as_ref().and_then(ApiError::cause) {
        Some(error) => {
            let error = chain(error);
            tracing::error!(%method, route, status, latency_ms, code, request_id = id, error, "request");
        }
        None => {
            tracing::info!(%method, route, status, latency_ms, code, request_id = id, "request")
        }
    }
    response
}

/// The name of a method. Whatever else a client makes up is one name: it may come with any.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The refusal with its body; headers that came with it stay (`Allow`, `Retry-After`).
fn describe(error: &ApiError, came: &HeaderMap, language: Language, id: &str) -> Response {
    let problem = error.problem(language, id);
    let mut response = (error.status(), Json(problem)).into_response();
    let headers = response.headers_mut();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = came.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let problem_json = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, problem_json);
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.code()),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

fn chain(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let further = error.to_string();
        if !text.contains(&further) {
            text.push_str(": ");
            text.push_str(&further);
        }
        source = error.source();
    }
    text
}

/// A handler that takes too long is given up; its transaction leaves nothing.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Busy(None).into_response(),
    }
}

/// Nothing is asked of a database, nor written to it, that is not the one that this server opened.
pub(crate) async fn on_its_database(
    State(koffiekar): State<Koffiekar>,
    request: Request,
    next: Next,
) -> Response {
    match is_api(request.uri().path()) {
        true => match koffiekar.database.ensure_same(&koffiekar.store) {
            Ok(()) => next.run(request).await,
            Err(error) => error.into_response(),
        },
        false => next.run(request).await,
    }
}

/// A change may come from our own pages alone: the browser says in `Origin` where it comes from, and
/// that must be the scheme and host it goes to. A request that changes something with our cookie and without
/// `Origin` is refused too.
pub(crate) async fn same_origin(
    State(koffiekar): State<Koffiekar>,
    request: Request,
    next: Next,
) -> Response {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if changes && is_api(request.uri().path()) {
        let scheme = scheme(&koffiekar, &request);
        if let Err((nl, en)) = comes_from_here(request.headers(), scheme) {
            return ApiError::NotAllowed(crate::problem::Text {
                nl: nl.into(),
                en: en.into(),
            })
            .into_response();
        }
    }
    next.run(request).await
}

/// How the client came here, where a proxy that is trusted says so.
fn scheme(koffiekar: &Koffiekar, request: &Request) -> Option<&'static str> {
    let peer = peer(request.extensions())?;
    let mut said = request.headers().get_all("x-forwarded-proto").iter();
    // The last one is that of the proxy that is connected.
    let last = said.next_back()?.to_str().ok()?.rsplit(',').next()?;
    match last.trim() {
        _ if !koffiekar.proxies.trusts(peer) => None,
        said if said.eq_ignore_ascii_case("https") => Some("https"),
        said if said.eq_ignore_ascii_case("http") => Some("http"),
        _ => None,
    }
}

/// A refusal in Dutch and in English.
type Refusal = (&'static str, &'static str);

const NO_ORIGIN: Refusal = (
    "Deze aanvraag zegt niet van welke pagina hij komt (de kop Origin ontbreekt). Open de app op het adres van de server zelf; een programma stuurt die kop mee.",
    "This request does not say which page it comes from (the header Origin is missing). Open the app at the server's own address; a program sends that header.",
);
const OTHER_HOST: Refusal = (
    "Deze aanvraag komt van een ander adres dan dat van de server. Open de app op het adres van de server zelf. Bent u daar al, dan geeft de proxy ervoor de kop Host niet door zoals hij kwam; meld dat aan uw beheerder.",
    "This request comes from another address than the server's. Open the app at the server's own address. If you are there, the proxy before it does not pass on the header Host as it came; tell your administrator.",
);
const OTHER_SCHEME: Refusal = (
    "Deze aanvraag komt van een http-pagina en de server van https, of andersom. Open de app op het https-adres van de server. Bent u daar al, dan zegt de proxy ervoor in X-Forwarded-Proto iets anders; meld dat aan uw beheerder.",
    "This request comes from an http page and the server's are https, or the other way round. Open the app at the server's https address. If you are there, the proxy before it says otherwise in X-Forwarded-Proto; tell your administrator.",
);

fn comes_from_here(headers: &HeaderMap, scheme: Option<&str>) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return match caller::token_hash(headers) {
            None => Ok(()),
            Some(_) => Err(NO_ORIGIN),
        };
    };
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let ((came_by, from), host) = origin.zip(host).ok_or(OTHER_HOST)?;
    if !from.eq_ignore_ascii_case(host) {
        return Err(OTHER_HOST);
    }
    let fits = match scheme {
        Some(scheme) => came_by.eq_ignore_ascii_case(scheme),
        // A browser keeps our cookie for https and for its own machine alone.
        None => came_by.eq_ignore_ascii_case("https") || is_own_machine(host),
    };
    if fits { Ok(()) } else { Err(OTHER_SCHEME) }
}

/// `localhost:8000`, `127.0.0.1`, `[::1]:8000`
fn is_own_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_matches(['[', ']']);
    let is_loopback = name
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    is_loopback || name.eq_ignore_ascii_case("localhost")
}

/// A panic is an error like another: logged with its words, told without them.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no words".to_owned());
    ApiError::internal(format!("a handler panicked: {words}")).into_response()
}

pub(crate) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
