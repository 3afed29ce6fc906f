//! Numbers for operators, in the format of Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::app::{Dashboard, sources};
use crate::wire::report::SourceState;

/// What a request was: its operation, not its path, so that names of services make no new numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: Class,
}

/// Hundreds of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Class {
    Ok,
    NotModified,
    ClientError,
    ServerError,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: &'static str,
}

/// Counters of a running dashboard.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Histogram,
    index_seconds: Histogram,
    services: Gauge,
    listeners: Gauge,
    source_services: Family<OfSource, Gauge>,
    source_up: Family<OfSource, Gauge>,
    source_success: Family<OfSource, Gauge<f64, AtomicU64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("pacto_dashboard");
        let (requests, services, listeners) = (Family::default(), Gauge::default(), Gauge::default());
        let (source_services, source_up, source_success) =
            (Family::default(), Family::default(), Family::default());
        let seconds = Histogram::new(exponential_buckets(0.000_25, 4.0, 9));
        let index_seconds = Histogram::new(exponential_buckets(0.000_25, 4.0, 9));
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time to an answer",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register_with_unit(
            "index_build_duration",
            "Time to make a snapshot",
            Unit::Seconds,
            index_seconds.clone(),
        );
        registry.register("services", "Services of the current snapshot", services.clone());
        registry.register("event_listeners", "Clients that listen to events", listeners.clone());
        registry.register("source_services", "Services that a source knows", source_services.clone());
        registry.register("source_up", "Whether a source that is in use answers", source_up.clone());
        registry.register_with_unit(
            "source_last_success_timestamp",
            "When a source answered last",
            Unit::Seconds,
            source_success.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            index_seconds,
            services,
            listeners,
            source_services,
            source_up,
            source_success,
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let status = match status {
            304 => Class::NotModified,
            0..400 => Class::Ok,
            400..500 => Class::ClientError,
            _ => Class::ServerError,
        };
        self.requests.get_or_create(&Answered { route: route.to_owned(), status }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A snapshot was made.
    pub fn index_built(&self, took: Duration) {
        self.index_seconds.observe(took.as_secs_f64());
    }

    /// All numbers, as `OpenMetrics` text.
    pub fn text(&self, app: &Dashboard) -> String {
        let snapshot = app.snapshot();
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.services.set(whole(snapshot.services.len()));
        self.listeners.set(whole(app.listeners.load(std::sync::atomic::Ordering::Relaxed)));
        for source in sources(&snapshot.contents).sources.into_iter().filter(|source| source.enabled) {
            let label = OfSource { source: source.kind.as_str() };
            self.source_services.get_or_create(&label).set(whole(source.services));
            let is_up = matches!(source.state, SourceState::Live | SourceState::Discovering);
            self.source_up.get_or_create(&label).set(i64::from(is_up));
            let success = snapshot.contents.status.get(&source.kind).and_then(|status| status.last_success);
            if let Some(success) = success {
                self.source_success.get_or_create(&label).set(success.as_duration().as_secs_f64());
            }
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
