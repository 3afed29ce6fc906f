//! A workload as it was found: of its pods, what a contract can say something about.
//!
//! Lists are boxed and texts exact, because an operator keeps tens of thousands of these.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Kinds of workloads.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
pub enum WorkloadKind {
    /// A Deployment.
    #[default]
    Deployment,
    /// A `StatefulSet`.
    StatefulSet,
    /// A `ReplicaSet`.
    ReplicaSet,
    /// A Job.
    Job,
    /// A `CronJob`.
    CronJob,
}

impl WorkloadKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Deployment, Self::StatefulSet, Self::ReplicaSet, Self::Job, Self::CronJob];

    /// The word of `runtime.workload` that this kind fits.
    pub fn declared(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet | Self::ReplicaSet => "service",
            Self::Job => "job",
            Self::CronJob => "scheduled",
        }
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl FromStr for WorkloadKind {
    type Err = ();

    /// Reads a kind in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(text)).ok_or(())
    }
}

/// What a workload looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// `RollingUpdate` or `Recreate` of a Deployment, `RollingUpdate` or `OnDelete` of a `StatefulSet`.
    pub strategy: Option<Box<str>>,
    /// `OrderedReady` or `Parallel` of a `StatefulSet`.
    pub pod_management_policy: Option<Box<str>>,
    /// How many pods it asks for; `None` for jobs.
    pub replicas: Option<u32>,
    /// Time that pods have to stop, in seconds.
    pub grace_period_seconds: Option<u64>,
    /// Containers in their order, without those that only initialise.
    pub containers: Box<[Container]>,
    /// Whether a volume claim is mounted.
    #[serde(rename = "hasPVC")]
    pub has_pvc: bool,
    /// Whether an empty directory is mounted.
    pub has_empty_dir: bool,
    /// Objects that are mounted as files.
    pub mounted: Box<[SourceName]>,
    /// Whether files come from elsewhere: a CSI driver, a host path, a volume claim.
    pub has_foreign_files: bool,
}

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Its name.
    pub name: Box<str>,
    /// The image as the pod asks for it.
    pub image: Box<str>,
    /// The image that runs, where somebody looked at pods: `repository@sha256:…`.
    #[serde(rename = "imageID")]
    pub image_id: Option<Box<str>>,
    /// Ports that it says it listens on.
    pub ports: Box<[ContainerPort]>,
    /// Whether it may get requests.
    pub readiness: Option<PodProbe>,
    /// Whether it lives.
    pub liveness: Option<PodProbe>,
    /// Whether it has started; holds the others back until then.
    pub startup: Option<PodProbe>,
    /// Names of environment variables. Never a value.
    pub environment: Names,
    /// Objects whose keys become environment variables.
    pub environment_from: Box<[EnvironmentFrom]>,
}

/// A port of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Its name.
    pub name: Option<Box<str>>,
    /// Its number.
    pub number: u16,
}

/// A port by number, or by the name that a container gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PortRef {
    /// By number.
    Number(u16),
    /// By name.
    Name(Box<str>),
}

impl fmt::Display for PortRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

impl Container {
    /// The number of a port of this container; a name that it does not have has none.
    pub fn port(&self, port: &PortRef) -> Option<u16> {
        match port {
            PortRef::Number(number) => Some(*number),
            PortRef::Name(name) => {
                let found = self.ports.iter().find(|port| port.name.as_deref() == Some(name));
                found.map(|port| port.number)
            }
        }
    }
}

/// A probe that the kubelet makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodProbe {
    /// What it does.
    pub action: ProbeAction,
    /// Time before the first one, in seconds.
    #[serde(default)]
    pub initial_delay_seconds: u64,
    /// Time between two, in seconds.
    #[serde(default = "default_period")]
    pub period_seconds: u64,
    /// How many must fail in a row until it counts.
    #[serde(default = "default_threshold")]
    pub failure_threshold: u64,
}

fn default_period() -> u64 {
    10
}

fn default_threshold() -> u64 {
    3
}

/// What a probe does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum ProbeAction {
    /// Asks for a path.
    Http {
        /// The path.
        path: Box<str>,
        /// The port.
        port: PortRef,
    },
    /// Connects.
    Tcp {
        /// The port.
        port: PortRef,
    },
    /// Asks the gRPC health service.
    Grpc {
        /// The port.
        port: PortRef,
    },
    /// Runs a command inside.
    Exec,
}

/// Objects that hold configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SourceKind {
    /// A `ConfigMap`.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl fmt::Display for SourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// A `ConfigMap` or Secret of the namespace of the workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceName {
    /// Its kind.
    pub kind: SourceKind,
    /// Its name.
    pub name: Box<str>,
}

impl fmt::Display for SourceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.name)
    }
}

/// An object whose keys become environment variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentFrom {
    /// The object.
    pub source: SourceName,
    /// What is put in front of each key.
    #[serde(default)]
    pub prefix: Box<str>,
}

/// Sorted names in one piece of memory. Written as a list.
///
/// ```
/// use pacto_engine::runtime::workload::Names;
/// let names = Names::new(["PORT", "HOST", "PORT"]);
/// assert_eq!(names.iter().collect::<Vec<_>>(), ["HOST", "PORT"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Box<str>);

impl Names {
    /// These names; order and repetition do not matter. A line break ends a name.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<&str> =
            names.into_iter().flat_map(str::lines).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        Self(names.join("\n").into())
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `name` is one.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|other| other == name)
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(Self::new(names.iter().map(String::as_str)))
    }
}
