//! Where the time of a request went, told to a collector: OpenTelemetry, OTLP over HTTP.
//!
//! Only where the environment names a collector, in the variables of the standard
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>); otherwise a span costs nothing. Spans
//! carry routes, numbers and codes: nothing that anybody wrote, and nobody's name or id. They are no part
//! of the log: they have a target of their own, which it leaves out.
//!
//! They go to another machine encrypted, or not at all unless the environment says that they may.

mod collector;

use std::env;

use collector::Collector;

use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HttpError;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::this_machine::is_this_machine;

/// The target of all spans.
pub const SPANS: &str = "koffiekar_spans";

/// Sends what it gathered when it is shut down.
pub type Provider = SdkTracerProvider;

/// The one that counts first.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
/// Say that spans may go in the clear.
const INSECURE: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    "OTEL_EXPORTER_OTLP_INSECURE",
];

/// Why no spans are sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    #[error(
        "the collector {0} is on another machine, and spans would go there in the clear: name it with https://, or a \
         collector on this machine, or say OTEL_EXPORTER_OTLP_INSECURE=true"
    )]
    InTheClear(String),
    #[error("a certificate cannot be read: {0}")]
    Encryption(HttpError),
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
}

/// `None` where no collector is named.
pub fn provider() -> Result<Option<Provider>, TracesError> {
    let said = |name: &&str| env::var(name).ok().filter(|said| !said.is_empty());
    let Some(endpoint) = ENDPOINTS.iter().find_map(said) else {
        return Ok(None);
    };
    let may_be_clear = INSECURE
        .iter()
        .find_map(said)
        .is_some_and(|said| said == "true");
    if let Some(host) = in_the_clear_to(&endpoint).filter(|_| !may_be_clear) {
        return Err(TracesError::InTheClear(host.to_owned()));
    }
    let collector = Collector::new().map_err(TracesError::Encryption)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(collector)
        .build()?;
    let mut resource = Resource::builder();
    if env::var("OTEL_SERVICE_NAME").is_err() {
        resource = resource.with_service_name("koffiekar");
    }
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    Ok(Some(provider))
}

/// The other machine that an address leads to without encryption. What is no address the exporter refuses.
fn in_the_clear_to(endpoint: &str) -> Option<&str> {
    let (scheme, rest) = endpoint.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.split_once(']') {
        Some((address, _)) => address,
        None => host.split(':').next()?,
    };
    (!scheme.eq_ignore_ascii_case("https") && !is_this_machine(host)).then_some(host)
}

/// Gives spans, and nothing of the log, to the collector.
pub fn layer<S>(provider: &Provider) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("koffiekar"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(filter_fn(|metadata| metadata.target() == SPANS))
}
