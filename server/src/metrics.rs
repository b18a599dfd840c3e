//! Figures about the work, for Prometheus: what came, what became of it, how long it took.
//!
//! Counted where it happens, in atomics; what can be looked at any time is looked at when somebody asks.
//! Labels are words of this program alone: no name, no id, nothing that anybody wrote. `docs/metrics.md`
//! tells what each figure is.

mod process;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::wire::{Outcome, ReasonCode};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use tokio::sync::Mutex;

use process::Process;

use crate::Koffiekar;
use crate::store::documents::NewVersion;
use crate::store::{self, devices};

type Label = (&'static str, &'static str);
type TextLabel = (&'static str, String);
type Seconds = Gauge<f64, AtomicU64>;
/// One for each set of labels.
type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// All figures of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Whoever asks does so alone: what is looked at is taken away and put anew.
    asking: Mutex<()>,
    pushes: Family<[Label; 1], Counter>,
    conversations_pushed: Family<[Label; 1], Counter>,
    conversations_refused: Family<[TextLabel; 1], Counter>,
    refusals: Family<[Label; 1], Counter>,
    merges: Counter,
    pub(crate) quotes_suggested: Counter,
    pub(crate) feed_bytes: Counter,
    sync: Times<[Label; 1]>,
    sync_lag: Histogram,
    requests: Times<[TextLabel; 3]>,
    pub(crate) writer_wait: Histogram,
    seen: Seen,
}

/// What is looked at when somebody asks.
#[derive(Debug)]
struct Seen {
    writer_waiting: Gauge,
    live_streams: Gauge,
    connections: Family<[Label; 1], Gauge>,
    devices: Family<[Label; 1], Gauge>,
    tagger: Family<[TextLabel; 1], Gauge>,
    tagger_labels: Gauge,
    tagger_age: Seconds,
    background_up: Family<[Label; 1], Gauge>,
    background_deaths: Family<[Label; 1], Counter>,
    process: Process,
}

/// What a tablet's request was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SyncWork {
    Pushing,
    Comparing,
    /// It got news and brought nothing.
    Fetching,
    Idle,
}

/// Those of a server.
const REASONS: [ReasonCode; 11] = [
    ReasonCode::Unreadable,
    ReasonCode::NotAConversation,
    ReasonCode::TooLarge,
    ReasonCode::NotAllowed,
    ReasonCode::ForeignRound,
    ReasonCode::ClosedRound,
    ReasonCode::OtherRound,
    ReasonCode::TryAgain,
    ReasonCode::DeviceRevoked,
    ReasonCode::TurnedDown,
    ReasonCode::QuarantineFull,
];

/// Codes of refusals for which somebody is woken (`docs/metrics.md`).
const WOKEN_BY: [&str; 4] = [
    "internal",
    "storage-full",
    "storage-unavailable",
    "database-replaced",
];

const OUTCOMES: [&str; 8] = [
    "stored",
    "unchanged",
    "missing_dependencies",
    "actor_reused",
    "held",
    "erased",
    "replaced",
    "invalid",
];

/// Milliseconds for a screen, a minute for a large push.
fn durations() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    ])
}

/// From a tablet that has a connection to one that comes back after the holidays.
fn lags() -> Histogram {
    const HOUR: f64 = 3_600.0;
    const DAY: f64 = 24.0 * HOUR;
    Histogram::new([
        1.0,
        10.0,
        60.0,
        600.0,
        HOUR,
        6.0 * HOUR,
        DAY,
        3.0 * DAY,
        7.0 * DAY,
        30.0 * DAY,
    ])
}

/// So that it is shown from now on.
fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Default for Metrics {
    #[rustfmt::skip]
    fn default() -> Self {
        let mut registry = Registry::default();
        let r = &mut registry;
        let metrics = Metrics {
            pushes: add(r, "koffiekar_pushes", "Requests of tablets that pushed, by how much of it is stored", Family::default()),
            conversations_pushed: add(r, "koffiekar_conversations_pushed", "Conversations in pushes, by what became of them", Family::default()),
            conversations_refused: add(r, "koffiekar_conversations_refused", "Pushed conversations that were held or not taken, by reason", Family::default()),
            refusals: add(r, "koffiekar_refusals", "Requests that were refused, by code", Family::default()),
            merges: add(r, "koffiekar_merges", "Conversations that were merged into what was stored of them", Counter::default()),
            quotes_suggested: add(r, "koffiekar_quotes_suggested", "Quotes that the tagger spoke about", Counter::default()),
            feed_bytes: add(r, "koffiekar_feed_bytes", "Bytes of conversations given to tablets, before compression", Counter::default()),
            sync: add(r, "koffiekar_sync_seconds", "How long a request of a tablet took, by what it was about", Family::new_with_constructor(durations as _)),
            sync_lag: add(r, "koffiekar_sync_lag_seconds", "From recording on the tablet until it is stored durably", lags()),
            requests: add(r, "koffiekar_request_seconds", "How long a request took, by method, route and status", Family::new_with_constructor(durations as _)),
            writer_wait: add(r, "koffiekar_writer_wait_seconds", "How long work waited for its turn to be written", durations()),
            seen: Seen {
                writer_waiting: add(r, "koffiekar_writer_waiting", "Work that waits for its turn to be written", Gauge::default()),
                live_streams: add(r, "koffiekar_live_streams", "Streams of live notices that are open", Gauge::default()),
                connections: add(r, "koffiekar_database_connections", "Connections to the database, by whether they are in use", Family::default()),
                devices: add(r, "koffiekar_devices", "Tablets that may call, by when they did last", Family::default()),
                tagger: add(r, "koffiekar_tagger_info", "The model of the tagger", Family::default()),
                tagger_labels: add(r, "koffiekar_tagger_labels", "Decided quotes that the model learnt from", Gauge::default()),
                tagger_age: add(r, "koffiekar_tagger_age_seconds", "Since the model was trained", Seconds::default()),
                background_up: add(r, "koffiekar_background_up", "Whether a loop beside requests works or is done", Family::default()),
                background_deaths: add(r, "koffiekar_background_deaths", "How often a loop beside requests died", Family::default()),
                process: Process {
                    cpu: add(r, "process_cpu_seconds", "Time on processors", Counter::default()),
                    memory: add(r, "process_resident_memory_bytes", "Memory held", Gauge::default()),
                    files: add(r, "process_open_fds", "Files and sockets held open", Gauge::default()),
                },
            },
            registry,
            asking: Mutex::default(),
        };
        // A figure that is 0 is there from the start: an alert that asks for it finds it.
        for outcome in OUTCOMES {
            let _ = metrics.conversations_pushed.get_or_create(&[("outcome", outcome)]);
        }
        for stored in ["all", "some", "none"] {
            let _ = metrics.pushes.get_or_create(&[("stored", stored)]);
        }
        for reason in REASONS {
            let label = ("reason", name_of(reason));
            let _ = metrics.conversations_refused.get_or_create(&[label]);
        }
        for code in WOKEN_BY {
            let _ = metrics.refusals.get_or_create(&[("code", code)]);
        }
        metrics
    }
}

impl Metrics {
    /// What became of the conversations of one request.
    pub(crate) fn pushed(&self, outcomes: &[Outcome]) {
        if outcomes.is_empty() {
            return;
        }
        let mut stored = 0;
        for outcome in outcomes {
            let (name, reason) = match outcome {
                Outcome::Stored => ("stored", None),
                Outcome::Unchanged => ("unchanged", None),
                Outcome::MissingDependencies => ("missing_dependencies", None),
                Outcome::ActorReused => ("actor_reused", None),
                Outcome::Held(reason) => ("held", Some(reason)),
                Outcome::Erased => ("erased", None),
                Outcome::Replaced(_) => ("replaced", None),
                Outcome::Invalid(reason) => ("invalid", Some(reason)),
            };
            self.conversations_pushed
                .get_or_create(&[("outcome", name)])
                .inc();
            if let Some(reason) = reason {
                let label = ("reason", name_of(reason.code));
                self.conversations_refused.get_or_create(&[label]).inc();
            }
            stored += usize::from(matches!(outcome, Outcome::Stored | Outcome::Unchanged));
        }
        let stored = match stored {
            0 => "none",
            all if all == outcomes.len() => "all",
            _ => "some",
        };
        self.pushes.get_or_create(&[("stored", stored)]).inc();
    }

    /// These are durable now.
    pub(crate) fn written(&self, versions: &[&NewVersion], now: Millis) {
        for version in versions {
            let projection = &version.projection;
            self.quotes_suggested.inc_by(projection.quotes.len() as u64);
            if version.merged_into.is_some() {
                self.merges.inc();
            } else if !projection.clock_doubtful {
                let lag_ms = (now.0 - projection.recorded_at.0).max(0);
                self.sync_lag.observe(lag_ms as f64 / 1_000.0);
            }
        }
    }

    pub(crate) fn synced(&self, work: SyncWork, took: Duration) {
        let work = match work {
            SyncWork::Pushing => "pushing",
            SyncWork::Comparing => "comparing",
            SyncWork::Fetching => "fetching",
            SyncWork::Idle => "idle",
        };
        let times = self.sync.get_or_create(&[("work", work)]);
        times.observe(took.as_secs_f64());
    }

    /// `route` is a template, such as `/api/v1/quotes/{quote}`.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        let times = self.requests.get_or_create(&labels);
        times.observe(took.as_secs_f64());
    }

    pub(crate) fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&[("code", code)]).inc();
    }
}

/// `closed_round`
fn name_of(code: ReasonCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => text,
        // A code without fields has a text for its JSON.
        _ => String::new(),
    }
}

/// How long the database may take for the tablets' contacts: the other figures do not wait for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// All figures in the text format of Prometheus.
pub(crate) async fn text(koffiekar: &Koffiekar) -> Result<String, fmt::Error> {
    let _alone = koffiekar.metrics.asking.lock().await;
    look(koffiekar).await;
    let mut text = String::new();
    prometheus_text::encode(&mut text, &koffiekar.metrics.registry)?;
    Ok(text)
}

async fn look(koffiekar: &Koffiekar) {
    let seen = &koffiekar.metrics.seen;
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (used, idle) = koffiekar.store.connections();
    for (state, count) in [("used", used), ("idle", idle)] {
        let connections = seen.connections.get_or_create(&[("state", state)]);
        connections.set(number(count));
    }
    seen.writer_waiting.set(number(koffiekar.writing.waiting()));
    seen.live_streams.set(number(koffiekar.live.streams()));
    let model = koffiekar.suggest.model();
    seen.tagger.clear();
    let version = ("model", model.version.to_string());
    seen.tagger.get_or_create(&[version]).set(1);
    seen.tagger_labels.set(number(model.tagger.labels_seen()));
    seen.tagger_age.set(model.trained.elapsed().as_secs_f64());
    for (name, state) in koffiekar.background.loops() {
        let label = [("loop", name)];
        seen.background_up
            .get_or_create(&label)
            .set(state.is_up.into());
        let deaths = seen.background_deaths.get_or_create(&label);
        deaths.inner().store(state.deaths, Ordering::Relaxed);
    }
    seen.process.look();
    // Without an answer there is no figure, rather than an old one.
    seen.devices.clear();
    let contacts = tokio::time::timeout(PATIENCE, contacts(koffiekar)).await;
    for (contact, count) in contacts.ok().and_then(Result::ok).into_iter().flatten() {
        let devices = seen.devices.get_or_create(&[("contact", contact)]);
        devices.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

async fn contacts(koffiekar: &Koffiekar) -> store::Result<[(&'static str, u64); 5]> {
    let mut tx = koffiekar.store.read().await?;
    devices::by_contact(&mut tx, koffiekar.clock.now()).await
}
