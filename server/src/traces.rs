//! Where the time of a request went, told to a collector: OpenTelemetry, OTLP over HTTP.
//!
//! Only where the environment names a collector, in the variables of the standard
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>); otherwise a span costs nothing. Spans
//! carry routes, numbers and codes: nothing that anybody wrote, and nobody's name or id. They are no part
//! of the log: they have a target of their own, which it leaves out.

use std::env;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The target of all spans.
pub const SPANS: &str = "koffiekar_spans";

/// Sends what it gathered when it is shut down.
pub type Provider = SdkTracerProvider;

const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// `None` where no collector is named.
pub fn provider() -> Result<Option<Provider>, ExporterBuildError> {
    let is_named = |name: &str| env::var(name).is_ok_and(|address| !address.is_empty());
    if !ENDPOINTS.iter().any(|name| is_named(name)) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_http().build()?;
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
