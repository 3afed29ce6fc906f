//! Numbers for Prometheus.
//!
//! What is known of each Pacto is kept, and series are made from it when somebody asks. So a Pacto that is gone leaves no
//! series, and where two Pactos of one namespace have the same service in their contracts the worse of both is shown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use pacto_engine::runtime::{Assessment, Check, CheckKind, CheckStatus, ContractStatus, Severity};
use pacto_k8s::ResourceKey;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

mod exposition;
#[cfg(target_os = "linux")]
mod process;
mod series;

pub use exposition::Exposition;

/// The controller in `controller_runtime_*`, and the queue in `workqueue_*`.
const CONTROLLER: &str = "pacto";
/// Bounds of the histogram of reconciliations, in seconds.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// What is shown of one Pacto.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// `service.name` of the contract, where it could be read.
    pub service: Option<String>,
    /// The verdict.
    pub status: ContractStatus,
    /// What each check says.
    pub checks: Vec<RecordedCheck>,
    /// The declared readiness, where the contract has one.
    pub readiness: Option<RecordedReadiness>,
}

/// What one check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedCheck {
    /// Which check.
    pub kind: CheckKind,
    /// Whether it holds.
    pub status: CheckStatus,
    /// How bad it is when it does not.
    pub severity: Severity,
    /// Shown as a result, and not counted.
    pub advisory: bool,
}

impl From<&Check> for RecordedCheck {
    fn from(check: &Check) -> Self {
        Self { kind: check.kind, status: check.status, severity: check.severity, advisory: check.advisory }
    }
}

/// The declared readiness of a contract.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedReadiness {
    /// Points, of 100.
    pub score: f64,
    /// Whether it is reached.
    pub status: ReadinessStatus,
    /// Items that are done.
    pub done: u32,
    /// Items that are done in part.
    pub partial: u32,
    /// Items that are not done.
    pub not_done: u32,
    /// Items that were put off.
    pub deferred: u32,
}

impl From<&Assessment> for RecordedReadiness {
    fn from(assessment: &Assessment) -> Self {
        let count = |word: &str| u32::try_from(assessment.count(word)).unwrap_or(u32::MAX);
        Self {
            score: assessment.score,
            status: match (assessment.is_expired, assessment.is_passing()) {
                (true, _) => ReadinessStatus::Expired,
                (false, true) => ReadinessStatus::Satisfied,
                (false, false) => ReadinessStatus::BelowMinScore,
            },
            done: count("done"),
            partial: count("partial"),
            not_done: count("not-done"),
            deferred: count("deferred"),
        }
    }
}

/// Whether the declared readiness is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadinessStatus {
    /// It is.
    Satisfied,
    /// The score is too low.
    BelowMinScore,
    /// The assessment is out of date.
    Expired,
}

impl ReadinessStatus {
    const ALL: [Self; 3] = [Self::Satisfied, Self::BelowMinScore, Self::Expired];
}

impl fmt::Display for ReadinessStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// How a reconciliation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReconcileResult {
    /// It failed and is tried again.
    Error,
    /// It comes again at once.
    Requeue,
    /// It comes again after a time.
    RequeueAfter,
    /// It is done until something changes.
    Success,
}

impl ReconcileResult {
    const ALL: [Self; 4] = [Self::Error, Self::Requeue, Self::RequeueAfter, Self::Success];

    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Requeue => "requeue",
            Self::RequeueAfter => "requeue_after",
            Self::Success => "success",
        }
    }
}

/// What series are made from.
#[derive(Debug, Default)]
struct Known {
    pactos: BTreeMap<ResourceKey, Recorded>,
    reconciled: BTreeMap<ReconcileResult, u64>,
    writes: BTreeMap<(String, String), u64>,
    /// Requests to the API server by status and method; no status where no answer came.
    requests: BTreeMap<(Option<u16>, String), u64>,
    /// Pactos that were put into the queue.
    adds: u64,
    /// Those of them that come again because they failed.
    retries: u64,
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Known>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Shared {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        series::write(&self.lock(), encoder)
    }
}

/// The numbers of a running operator.
///
/// ```
/// use pacto_engine::runtime::ContractStatus;
/// use pacto_k8s::ResourceKey;
/// use pacto_operator::metrics::{Exposition, Metrics, Recorded};
/// let metrics = Metrics::new();
/// let recorded = Recorded {
///     service: Some("payments".to_owned()),
///     status: ContractStatus::Compliant,
///     checks: Vec::new(),
///     readiness: None,
/// };
/// metrics.record(&ResourceKey::new("shop", "payments"), &recorded);
/// let text = metrics.text(Exposition::Prometheus);
/// assert!(text.contains("pacto_contract_status{name=\"payments\",namespace=\"shop\",status=\"Compliant\"} 1\n"));
/// ```
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    known: Shared,
    seconds: Histogram,
    depth: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Numbers that are all zero.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let known = Shared::default();
        known.lock().reconciled = ReconcileResult::ALL.map(|result| (result, 0)).into();
        registry.register_collector(Box::new(known.clone()));
        let seconds = Histogram::new(SECONDS);
        registry.sub_registry_with_label(("controller".into(), CONTROLLER.into())).register(
            "controller_runtime_reconcile_time_seconds",
            "Time of a reconciliation",
            seconds.clone(),
        );
        let depth = Gauge::default();
        registry.sub_registry_with_label(("name".into(), CONTROLLER.into())).register(
            "workqueue_depth",
            "Pactos that wait for their reconciliation",
            depth.clone(),
        );
        #[cfg(target_os = "linux")]
        registry.register_collector(Box::new(process::Usage));
        Self { registry, known, seconds, depth }
    }

    /// Shows `of` for a Pacto, instead of what was shown before.
    pub fn record(&self, key: &ResourceKey, of: &Recorded) {
        self.known.lock().pactos.insert(key.clone(), of.clone());
    }

    /// Shows nothing of a Pacto any more.
    pub fn forget(&self, key: &ResourceKey) {
        self.known.lock().pactos.remove(key);
    }

    /// A reconciliation ended.
    pub fn reconciled(&self, result: ReconcileResult, took: Duration) {
        let mut known = self.known.lock();
        *known.reconciled.entry(result).or_default() += 1;
        known.retries += u64::from(result == ReconcileResult::Error);
        drop(known);
        self.seconds.observe(took.as_secs_f64());
    }

    /// A Pacto came out of the queue, and so many wait.
    pub fn queue_depth(&self, waiting: usize) {
        self.known.lock().adds += 1;
        self.depth.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// Something was written to the API server: `wrote("pactos/status", "patch")`.
    pub fn wrote(&self, resource: &str, verb: &str) {
        *self.known.lock().writes.entry((resource.to_owned(), verb.to_owned())).or_default() += 1;
    }

    /// A request to the API server was answered, or not.
    pub fn requested(&self, method: &Method, status: Option<StatusCode>) {
        let key = (status.map(|status| status.as_u16()), method.as_str().to_owned());
        *self.known.lock().requests.entry(key).or_default() += 1;
    }

    /// All numbers as text, sorted.
    pub fn text(&self, exposition: Exposition) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match exposition {
            Exposition::OpenMetrics => encode(&mut text, &self.registry),
            Exposition::Prometheus => {
                let mut writer = exposition::PrometheusText::new(&mut text);
                encode(&mut writer, &self.registry)
            }
        };
        text
    }
}

#[cfg(test)]
mod tests;
