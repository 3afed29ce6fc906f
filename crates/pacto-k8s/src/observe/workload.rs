//! What of Services, workloads and autoscalers is read. What a manifest leaves out is what the API server would fill in.

use pacto_engine::runtime::Service;
use pacto_engine::runtime::observation::{Autoscaler, ServiceKind, ServicePort};
use pacto_engine::runtime::workload::{
    Container, ContainerPort, EnvironmentFrom, Names, PodProbe, PortRef, ProbeAction, SourceKind, SourceName,
    Workload, WorkloadKind,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// Time that pods have to stop where nobody says otherwise, in seconds.
const DEFAULT_GRACE_PERIOD: u64 = 30;

/// An autoscaler and whom it scales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoscalerOf {
    /// Kind of what it scales, in the words of the API.
    pub target_kind: Box<str>,
    /// Its name.
    pub target_name: Box<str>,
    /// The bounds.
    pub bounds: Autoscaler,
}

/// `null` is the same as nothing at all.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    #[serde(rename = "type")]
    kind: Option<ServiceKind>,
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<Box<str>>,
    #[serde(deserialize_with = "nullable")]
    ports: Vec<ServicePortSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServicePortSpec {
    port: u16,
    name: Option<Box<str>>,
    protocol: Option<Box<str>>,
    target_port: Option<PortRef>,
}

impl From<ServiceSpec> for Service {
    fn from(spec: ServiceSpec) -> Self {
        let ports = spec.ports.into_iter().map(|port| ServicePort {
            port: port.port,
            name: port.name,
            protocol: port.protocol,
            target: port.target_port,
        });
        Self {
            kind: spec.kind.unwrap_or_default(),
            headless: spec.cluster_ip.as_deref() == Some("None"),
            ports: ports.collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AutoscalerSpec {
    scale_target_ref: TargetRef,
    min_replicas: Option<u32>,
    max_replicas: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TargetRef {
    kind: Box<str>,
    name: Box<str>,
}

impl From<AutoscalerSpec> for AutoscalerOf {
    fn from(spec: AutoscalerSpec) -> Self {
        Self {
            target_kind: spec.scale_target_ref.kind,
            target_name: spec.scale_target_ref.name,
            bounds: Autoscaler { min: spec.min_replicas.unwrap_or(1), max: spec.max_replicas },
        }
    }
}

/// The specs of all kinds of workloads; each has some of the fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadSpec {
    replicas: Option<u32>,
    #[serde(deserialize_with = "nullable")]
    strategy: Strategy,
    #[serde(deserialize_with = "nullable")]
    update_strategy: Strategy,
    pod_management_policy: Option<Box<str>>,
    #[serde(deserialize_with = "nullable")]
    volume_claim_templates: Vec<IgnoredAny>,
    #[serde(deserialize_with = "nullable")]
    template: PodTemplate,
    #[serde(deserialize_with = "nullable")]
    job_template: JobTemplate,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Strategy {
    #[serde(rename = "type")]
    kind: Option<Box<str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobTemplate {
    #[serde(deserialize_with = "nullable")]
    spec: JobSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobSpec {
    #[serde(deserialize_with = "nullable")]
    template: PodTemplate,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodTemplate {
    #[serde(deserialize_with = "nullable")]
    spec: PodSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodSpec {
    termination_grace_period_seconds: Option<u64>,
    #[serde(deserialize_with = "nullable")]
    containers: Vec<ContainerSpec>,
    #[serde(deserialize_with = "nullable")]
    volumes: Vec<Volume>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerSpec {
    name: Box<str>,
    #[serde(deserialize_with = "nullable")]
    image: Box<str>,
    #[serde(deserialize_with = "nullable")]
    ports: Vec<ContainerPortSpec>,
    readiness_probe: Option<ProbeSpec>,
    liveness_probe: Option<ProbeSpec>,
    startup_probe: Option<ProbeSpec>,
    #[serde(deserialize_with = "nullable")]
    env: Vec<Variable>,
    #[serde(deserialize_with = "nullable")]
    env_from: Vec<EnvFrom>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerPortSpec {
    name: Option<Box<str>>,
    container_port: u16,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Variable {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EnvFrom {
    #[serde(deserialize_with = "nullable")]
    prefix: Box<str>,
    config_map_ref: Option<Named>,
    secret_ref: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "nullable")]
    name: Box<str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProbeSpec {
    http_get: Option<HttpGet>,
    tcp_socket: Option<Socket>,
    grpc: Option<Socket>,
    exec: Option<IgnoredAny>,
    initial_delay_seconds: Option<u64>,
    period_seconds: Option<u64>,
    failure_threshold: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct HttpGet {
    #[serde(default, deserialize_with = "nullable")]
    path: Box<str>,
    port: PortRef,
}

#[derive(Debug, Deserialize)]
struct Socket {
    port: PortRef,
}

/// A volume: one of these, or of a kind that is not listed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Volume {
    persistent_volume_claim: Option<IgnoredAny>,
    empty_dir: Option<IgnoredAny>,
    config_map: Option<Named>,
    secret: Option<SecretVolume>,
    projected: Option<Projected>,
    #[serde(rename = "downwardAPI")]
    downward_api: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SecretVolume {
    #[serde(deserialize_with = "nullable")]
    secret_name: Box<str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Projected {
    #[serde(deserialize_with = "nullable")]
    sources: Vec<ProjectedSource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProjectedSource {
    config_map: Option<Named>,
    secret: Option<Named>,
}

impl WorkloadSpec {
    /// The workload, of this kind.
    pub fn project(self, kind: WorkloadKind) -> Workload {
        let rolling = || Some("RollingUpdate".into());
        let strategy = match kind {
            WorkloadKind::Deployment => self.strategy.kind.or_else(rolling),
            WorkloadKind::StatefulSet => self.update_strategy.kind.or_else(rolling),
            _ => None,
        };
        let is_stateful = kind == WorkloadKind::StatefulSet;
        let policy = self.pod_management_policy.or_else(|| Some("OrderedReady".into()));
        let pod = if kind == WorkloadKind::CronJob {
            self.job_template.spec.template.spec
        } else {
            self.template.spec
        };
        let runs_once = matches!(kind, WorkloadKind::Job | WorkloadKind::CronJob);
        let mounted = pod.volumes.iter().flat_map(Volume::sources).collect();
        Workload {
            kind,
            strategy,
            pod_management_policy: policy.filter(|_| is_stateful),
            replicas: (!runs_once).then(|| self.replicas.unwrap_or(1)),
            grace_period_seconds: Some(pod.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_PERIOD)),
            has_pvc: pod.volumes.iter().any(|volume| volume.persistent_volume_claim.is_some())
                || is_stateful && !self.volume_claim_templates.is_empty(),
            has_empty_dir: pod.volumes.iter().any(|volume| volume.empty_dir.is_some()),
            has_foreign_files: pod.volumes.iter().any(Volume::is_foreign),
            mounted,
            containers: pod.containers.into_iter().map(Into::into).collect(),
        }
    }
}

impl Volume {
    fn sources(&self) -> Vec<SourceName> {
        let name = |kind: SourceKind, name: &str| SourceName { kind, name: name.into() };
        let mut sources = Vec::new();
        sources.extend(self.config_map.iter().map(|map| name(SourceKind::ConfigMap, &map.name)));
        sources.extend(self.secret.iter().map(|secret| name(SourceKind::Secret, &secret.secret_name)));
        for source in self.projected.iter().flat_map(|projected| &projected.sources) {
            sources.extend(source.config_map.iter().map(|map| name(SourceKind::ConfigMap, &map.name)));
            sources.extend(source.secret.iter().map(|secret| name(SourceKind::Secret, &secret.name)));
        }
        sources
    }

    fn is_foreign(&self) -> bool {
        let known = self.empty_dir.is_some()
            || self.config_map.is_some()
            || self.secret.is_some()
            || self.projected.is_some()
            || self.downward_api.is_some();
        !known
    }
}

impl From<ContainerSpec> for Container {
    fn from(spec: ContainerSpec) -> Self {
        let ports =
            spec.ports.into_iter().map(|port| ContainerPort { name: port.name, number: port.container_port });
        Self {
            name: spec.name,
            image: spec.image,
            image_id: None,
            ports: ports.collect(),
            readiness: spec.readiness_probe.and_then(ProbeSpec::project),
            liveness: spec.liveness_probe.and_then(ProbeSpec::project),
            startup: spec.startup_probe.and_then(ProbeSpec::project),
            environment: Names::new(spec.env.iter().map(|variable| variable.name.as_str())),
            environment_from: spec.env_from.into_iter().filter_map(EnvFrom::project).collect(),
        }
    }
}

impl EnvFrom {
    fn project(self) -> Option<EnvironmentFrom> {
        let (kind, named) = match (self.config_map_ref, self.secret_ref) {
            (Some(map), _) => (SourceKind::ConfigMap, map),
            (None, Some(secret)) => (SourceKind::Secret, secret),
            (None, None) => return None,
        };
        Some(EnvironmentFrom { source: SourceName { kind, name: named.name }, prefix: self.prefix })
    }
}

impl ProbeSpec {
    fn project(self) -> Option<PodProbe> {
        let action = if let Some(get) = self.http_get {
            let path = if get.path.is_empty() { "/".into() } else { get.path };
            ProbeAction::Http { path, port: get.port }
        } else if let Some(socket) = self.grpc {
            ProbeAction::Grpc { port: socket.port }
        } else if let Some(socket) = self.tcp_socket {
            ProbeAction::Tcp { port: socket.port }
        } else {
            self.exec?;
            ProbeAction::Exec
        };
        Some(PodProbe {
            action,
            initial_delay_seconds: self.initial_delay_seconds.unwrap_or_default(),
            period_seconds: self.period_seconds.unwrap_or(10),
            failure_threshold: self.failure_threshold.unwrap_or(3),
        })
    }
}
