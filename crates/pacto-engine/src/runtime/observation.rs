//! What was looked for in a cluster, or in manifests, and what was found. Never a value of configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::endpoint::ProbeResult;
use super::workload::{Names, PortRef, SourceKind, SourceName, Workload, WorkloadKind};

/// What is known about one service at one time.
///
/// ```
/// use pacto_engine::runtime::{Observation, Sought};
/// let nothing = Observation::default();
/// assert!(nothing.is_reference_only());
/// let missing = Observation { service: Some(Sought::missing("cart")), ..Observation::default() };
/// assert!(!missing.is_reference_only());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Observation {
    /// The Service, when one was looked for.
    pub service: Option<Sought<Service>>,
    /// The workload, when one was looked for.
    pub workload: Option<SoughtWorkload>,
    /// The autoscaler of the workload.
    pub autoscaler: Option<Autoscaler>,
    /// What routes requests from outside to the Service.
    pub exposures: Vec<Exposure>,
    /// Key names of the objects that the workload takes configuration from. An object that is not listed was not
    /// looked at.
    pub sources: Vec<Source>,
    /// What the health endpoint said, when it was asked.
    pub health: Option<ProbeResult>,
    /// What the metrics endpoint said, when it was asked.
    pub metrics: Option<ProbeResult>,
    /// Kinds that could not be read, and why; nothing is known about objects of these kinds.
    pub unreadable: BTreeMap<ObservedKind, String>,
    /// Why nothing at all could be read.
    pub failure: Option<String>,
}

impl Observation {
    /// Whether nothing was to be looked at.
    pub fn is_reference_only(&self) -> bool {
        self.service.is_none() && self.workload.is_none()
    }

    /// The Service, if it is there.
    pub fn found_service(&self) -> Option<&Service> {
        self.service.as_ref()?.found.as_deref()
    }

    /// The workload, if it is there.
    pub fn found_workload(&self) -> Option<&Workload> {
        self.workload.as_ref()?.found.as_deref()
    }

    /// Why objects of this kind could not be read.
    pub fn unreadable(&self, kind: ObservedKind) -> Option<&str> {
        self.unreadable.get(&kind).map(String::as_str)
    }

    /// The key names of one object; `None` when it was not looked at.
    pub fn source(&self, name: &SourceName) -> Option<&SourceKeys> {
        self.sources.iter().find(|source| source.name == *name).map(|source| &source.keys)
    }

    /// The objects that the workload takes configuration from, sorted, each once.
    pub fn wanted_sources(&self) -> Vec<SourceName> {
        let Some(workload) = self.found_workload() else { return Vec::new() };
        let variables = workload.containers.iter().flat_map(|container| container.environment_from.iter());
        let variables = variables.map(|from| &from.source);
        let mut names: Vec<SourceName> = variables.chain(&*workload.mounted).cloned().collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Something that was looked for by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sought<T> {
    /// Its name.
    pub name: String,
    /// What was found; `None` when it is not there or could not be read ([`Observation::unreadable`]).
    #[serde(default = "Option::default")]
    pub found: Option<Arc<T>>,
}

impl<T> Sought<T> {
    /// Looked for and not found.
    pub fn missing(name: impl Into<String>) -> Self {
        Self { name: name.into(), found: None }
    }

    /// Looked for and found.
    pub fn found(name: impl Into<String>, found: impl Into<Arc<T>>) -> Self {
        Self { name: name.into(), found: Some(found.into()) }
    }
}

/// A workload that was looked for by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoughtWorkload {
    /// The kind that was asked for.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: String,
    /// What was found, as in [`Sought`].
    #[serde(default)]
    pub found: Option<Arc<Workload>>,
}

/// A Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// How it is reached.
    #[serde(rename = "type")]
    pub kind: ServiceKind,
    /// Whether it has no address of its own.
    pub headless: bool,
    /// Its ports.
    pub ports: Box<[ServicePort]>,
}

/// How a Service is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceKind {
    /// Inside of the cluster.
    #[default]
    ClusterIP,
    /// On a port of every node.
    NodePort,
    /// Through a load balancer.
    LoadBalancer,
    /// A name for something outside.
    ExternalName,
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// A port of a Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// The port that callers use.
    pub port: u16,
    /// Its name.
    pub name: Option<Box<str>>,
    /// `TCP`, `UDP` or `SCTP`; absent means TCP.
    pub protocol: Option<Box<str>>,
    /// The port of the pod; absent means the same number.
    pub target: Option<PortRef>,
}

/// A `HorizontalPodAutoscaler` of a workload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Autoscaler {
    /// Fewest pods.
    pub min: u32,
    /// Most pods.
    pub max: u32,
}

/// Something that routes requests to the Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposure {
    /// Its kind.
    pub kind: ExposureKind,
    /// Its name.
    pub name: Box<str>,
    /// Names of hosts under which it listens; none means every host.
    #[serde(default)]
    pub hosts: Box<[Box<str>]>,
    /// The ports of the Service that it routes to, by number or name.
    #[serde(default)]
    pub ports: Box<[Box<str>]>,
}

/// What routes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ExposureKind {
    /// An Ingress.
    Ingress,
    /// An `HTTPRoute` of the Gateway API.
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
}

impl fmt::Display for ExposureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ingress => "Ingress",
            Self::HttpRoute => "HTTPRoute",
        })
    }
}

/// An object that holds configuration, and its key names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which.
    #[serde(flatten)]
    pub name: SourceName,
    /// What it holds.
    pub keys: SourceKeys,
}

/// What is known about the keys of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SourceKeys {
    /// These, and no others.
    Known(Arc<Names>),
    /// The object is not there.
    Missing,
    /// It could not be read; the reason.
    Unknown(String),
}

/// Kinds of objects that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObservedKind {
    /// A Service.
    Service,
    /// A Deployment.
    Deployment,
    /// A `StatefulSet`.
    StatefulSet,
    /// A `ReplicaSet`.
    ReplicaSet,
    /// A Job.
    Job,
    /// A `CronJob`.
    CronJob,
    /// A `HorizontalPodAutoscaler`.
    HorizontalPodAutoscaler,
    /// An Ingress.
    Ingress,
    /// An `HTTPRoute`.
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
    /// A `ConfigMap`.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl ObservedKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Service,
        Self::Deployment,
        Self::StatefulSet,
        Self::ReplicaSet,
        Self::Job,
        Self::CronJob,
        Self::HorizontalPodAutoscaler,
        Self::Ingress,
        Self::HttpRoute,
        Self::ConfigMap,
        Self::Secret,
    ];
}

impl fmt::Display for ObservedKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HttpRoute => formatter.write_str("HTTPRoute"),
            kind => fmt::Debug::fmt(kind, formatter),
        }
    }
}

impl From<WorkloadKind> for ObservedKind {
    fn from(kind: WorkloadKind) -> Self {
        match kind {
            WorkloadKind::Deployment => Self::Deployment,
            WorkloadKind::StatefulSet => Self::StatefulSet,
            WorkloadKind::ReplicaSet => Self::ReplicaSet,
            WorkloadKind::Job => Self::Job,
            WorkloadKind::CronJob => Self::CronJob,
        }
    }
}

impl From<SourceKind> for ObservedKind {
    fn from(kind: SourceKind) -> Self {
        match kind {
            SourceKind::ConfigMap => Self::ConfigMap,
            SourceKind::Secret => Self::Secret,
        }
    }
}
