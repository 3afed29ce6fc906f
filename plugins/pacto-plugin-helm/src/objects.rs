//! The objects that a plan asks for. What may differ between environments is a [`Leaf`]: a value in manifests, and a
//! place in the values of a chart.

use serde_json::{Map, Value, json};

use crate::configuration::{as_text, as_variable};
use crate::plan::{Check, Plan, Port, Storage, Workload, set};
use crate::settings::Route;

/// An object and the file that it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Name of the file, without its ending.
    pub file: String,
    /// The object.
    pub value: Value,
}

/// How values that may differ are written down.
#[derive(Debug)]
pub enum Leaf {
    /// As they are.
    Plain,
    /// As marks, which a chart replaces; the values are collected.
    Mark(Value),
}

impl Leaf {
    fn leaf(&mut self, kind: &str, path: &str, default: Value) -> Value {
        match self {
            Self::Plain => default,
            Self::Mark(values) => {
                set(values, path, default);
                mark(kind, path)
            }
        }
    }

    fn text(&mut self, path: &str, default: &str) -> Value {
        self.leaf("text", path, default.into())
    }

    fn number(&mut self, path: &str, default: u64) -> Value {
        self.leaf("number", path, default.into())
    }

    fn tree(&mut self, path: &str, default: Value) -> Value {
        self.leaf("tree", path, default)
    }

    fn is_mark(&self) -> bool {
        matches!(self, Self::Mark(_))
    }
}

/// What a chart replaces. It begins with a control character, which no contract has by accident, and names a value and nothing more, so
/// that text of somebody else never becomes a template.
pub fn mark(kind: &str, path: &str) -> Value {
    format!("{MARK}{kind}:{path}{MARK}").into()
}

/// What a mark begins and ends with.
pub const MARK: &str = "\u{1}@@";

/// Port of a container or Service that a metrics scraper is told about.
const PROMETHEUS: &str = "prometheus.io";
/// Load of the processor at which instances are added, in percent.
const TARGET_LOAD: u64 = 80;
/// Part of a processor that an instance asks for, where its load is watched.
const CPU_REQUEST: &str = "100m";
/// Where data is mounted.
const DATA: &str = "/data";

/// Every object, in the order in which they are applied.
pub fn objects(plan: &Plan, leaf: &mut Leaf) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut add = |file: &str, value: Value| objects.push(Object { file: file.to_owned(), value });
    if plan.workload != Workload::None {
        if !plan.environment.known.is_empty() || leaf.is_mark() {
            add("configmap", config_map(plan, leaf));
        }
        if plan.storage == Storage::Shared {
            add("volume", claim(plan, leaf));
        }
        add("workload", workload(plan, leaf));
        if !plan.ports.is_empty() {
            add("service", service(plan, false));
        }
        if plan.workload == Workload::StatefulSet {
            add("service-headless", service(plan, true));
        }
        match plan.settings.route {
            Route::Ingress if plan.ports.iter().any(|port| port.is_public) => {
                add("ingress", ingress(plan, leaf));
            }
            Route::Ingress => {}
            Route::HttpRoute => {
                for public in public(plan) {
                    let file =
                        if public.0 == 0 { "route".to_owned() } else { format!("route-{}", public.1.name) };
                    add(&file, http_route(plan, public, leaf));
                }
            }
        }
        if let Some(bounds) = plan.bounds.filter(|(min, max)| min < max) {
            add("autoscaler", autoscaler(plan, bounds, leaf));
        }
        if plan.is_critical && matches!(plan.workload, Workload::Deployment | Workload::StatefulSet) {
            add("disruption", disruption(plan));
        }
    }
    if plan.settings.pacto {
        add("pacto", pacto(plan, leaf));
    }
    objects
}

fn labels(plan: &Plan) -> Value {
    json!({"app.kubernetes.io/name": plan.name})
}

fn object(api: &str, kind: &str, name: &str, plan: &Plan) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("apiVersion".into(), api.into());
    object.insert("kind".into(), kind.into());
    let version: String = plan
        .version
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' })
        .take(63)
        .collect();
    let version = version.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_owned();
    object.insert(
        "metadata".into(),
        json!({"name": name, "labels": {"app.kubernetes.io/name": plan.name, "app.kubernetes.io/version": version}}),
    );
    object
}

fn with(mut object: Map<String, Value>, key: &str, value: Value) -> Value {
    object.insert(key.to_owned(), value);
    Value::Object(object)
}

fn config_map(plan: &Plan, leaf: &mut Leaf) -> Value {
    let name = format!("{}-config", plan.name);
    let data = match leaf {
        Leaf::Plain => plan
            .environment
            .known
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(as_text(value))))
            .collect(),
        Leaf::Mark(values) => {
            let known: Map<String, Value> = plan.environment.known.clone().into_iter().collect();
            set(values, "config", Value::Object(known));
            mark("raw", "config")
        }
    };
    with(object("v1", "ConfigMap", &name, plan), "data", data)
}

fn claim_spec(plan: &Plan, mode: &str, leaf: &mut Leaf) -> Value {
    let mut spec = json!({
        "accessModes": [mode],
        "resources": {"requests": {"storage": leaf.text("persistence.size", &plan.settings.storage)}},
    });
    if leaf.is_mark() {
        // The class of the cluster where nobody says otherwise.
        spec["storageClassName"] = leaf.leaf("choice", "persistence.storageClass", "".into());
    }
    spec
}

fn is_shared_by_many(plan: &Plan) -> bool {
    plan.replicas > 1 || plan.bounds.is_some()
}

fn claim(plan: &Plan, leaf: &mut Leaf) -> Value {
    let name = format!("{}-data", plan.name);
    let mode = if is_shared_by_many(plan) { "ReadWriteMany" } else { "ReadWriteOnce" };
    let spec = claim_spec(plan, mode, leaf);
    with(object("v1", "PersistentVolumeClaim", &name, plan), "spec", spec)
}

fn probe(check: &Check) -> Value {
    let mut probe = match &check.path {
        Some(path) => json!({"httpGet": {"path": path, "port": check.port}}),
        None => json!({"grpc": {"port": check.number}}),
    };
    if check.delay > 0 {
        probe["initialDelaySeconds"] = check.delay.into();
    }
    probe
}

fn container(plan: &Plan, leaf: &mut Leaf) -> Value {
    let mut container = json!({"name": "main", "image": leaf.text("image", &plan.image)});
    let ports = |port: &Port| json!({"name": port.name, "containerPort": port.number});
    if !plan.ports.is_empty() {
        container["ports"] = plan.ports.iter().map(ports).collect();
    }
    let environment = &plan.environment;
    if leaf.is_mark() {
        container["env"] = mark("raw", "env");
        container["envFrom"] = json!([{"configMapRef": {"name": format!("{}-config", plan.name)}}]);
    } else {
        if !environment.secret.is_empty() || !environment.open.is_empty() {
            container["env"] = variables(plan).into_iter().map(|(_, variable)| variable).collect();
        }
        if !environment.known.is_empty() {
            container["envFrom"] = json!([{"configMapRef": {"name": format!("{}-config", plan.name)}}]);
        }
    }
    if let Some(health) = &plan.health
        && matches!(plan.workload, Workload::Deployment | Workload::StatefulSet)
    {
        container["readinessProbe"] = probe(health);
        container["livenessProbe"] = probe(health);
    }
    if plan.storage != Storage::None {
        container["volumeMounts"] =
            json!([{"name": "data", "mountPath": leaf.text("persistence.mountPath", DATA)}]);
    }
    // Load is counted against what is requested: without a request an autoscaler does nothing.
    let is_scaled = plan.bounds.is_some_and(|(min, max)| min < max);
    let resources = if is_scaled { json!({"requests": {"cpu": CPU_REQUEST}}) } else { json!({}) };
    if leaf.is_mark() || is_scaled {
        container["resources"] = leaf.tree("resources", resources);
    }
    container["securityContext"] = leaf.tree(
        "securityContext",
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}),
    );
    container
}

/// Variables that are not in the `ConfigMap` of the known values: whether only the environment knows the value, and the variable.
pub fn variables(plan: &Plan) -> Vec<(Option<String>, Value)> {
    let of = |kind: &str, object: &str, key: &str| json!({"name": as_variable(key), "valueFrom": {kind: {"name": format!("{}-{object}", plan.name), "key": key}}});
    let secret = plan.environment.secret.iter().map(|key| (None, of("secretKeyRef", "secrets", key)));
    let open = plan
        .environment
        .open
        .iter()
        .map(|key| (Some(key.clone()), of("configMapKeyRef", "environment", key)));
    secret.chain(open).collect()
}

fn pod(plan: &Plan, leaf: &mut Leaf) -> Value {
    let mut annotations = Map::new();
    if leaf.is_mark() {
        annotations.insert("checksum/config".to_owned(), mark("raw", "checksum"));
    }
    if let Some(metrics) = plan.metrics.as_ref() {
        annotations.insert(format!("{PROMETHEUS}/scrape"), "true".into());
        annotations.insert(format!("{PROMETHEUS}/port"), metrics.number.to_string().into());
        let path = metrics.path.as_deref().unwrap_or("/metrics");
        annotations.insert(format!("{PROMETHEUS}/path"), path.into());
    }
    let mut metadata = json!({"labels": labels(plan)});
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    let mut spec = Map::new();
    if leaf.is_mark() {
        for key in ["serviceAccountName", "imagePullSecrets", "nodeSelector", "affinity", "tolerations"] {
            let (kind, empty) = match key {
                "serviceAccountName" => ("choice", json!("")),
                "imagePullSecrets" | "tolerations" => ("optional", json!([])),
                _ => ("optional", json!({})),
            };
            spec.insert(key.to_owned(), leaf.leaf(kind, key, empty));
        }
    }
    if let Some(grace) = plan.grace {
        spec.insert(
            "terminationGracePeriodSeconds".into(),
            leaf.number("terminationGracePeriodSeconds", grace),
        );
    }
    let secure = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    spec.insert("securityContext".into(), leaf.tree("podSecurityContext", secure));
    if matches!(plan.workload, Workload::Job | Workload::CronJob) {
        spec.insert("restartPolicy".into(), "OnFailure".into());
    }
    spec.insert("containers".into(), json!([container(plan, leaf)]));
    match plan.storage {
        Storage::Ephemeral => {
            spec.insert("volumes".into(), json!([{"name": "data", "emptyDir": {}}]));
        }
        Storage::Shared => {
            let claim = format!("{}-data", plan.name);
            spec.insert(
                "volumes".into(),
                json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]),
            );
        }
        Storage::None | Storage::Own => {}
    }
    json!({"metadata": metadata, "spec": spec})
}

fn workload(plan: &Plan, leaf: &mut Leaf) -> Value {
    let name = plan.name.as_str();
    let mut spec = Map::new();
    let is_scaled = plan.bounds.is_some_and(|(min, max)| min < max);
    if matches!(plan.workload, Workload::Deployment | Workload::StatefulSet) {
        // Where there is an autoscaler the number is its business.
        if !is_scaled {
            spec.insert("replicas".into(), leaf.number("replicas", plan.replicas));
        }
        spec.insert("selector".into(), json!({"matchLabels": labels(plan)}));
    }
    let strategy = plan.strategy.as_deref();
    match plan.workload {
        Workload::None => Value::Null,
        Workload::Deployment => {
            // A claim for one node cannot be mounted by the new instance while the old one has it.
            let is_bound = plan.storage == Storage::Shared && !is_shared_by_many(plan);
            if let Some(strategy) = strategy.or(is_bound.then_some("recreate")) {
                let kind = if strategy == "recreate" { "Recreate" } else { "RollingUpdate" };
                spec.insert("strategy".into(), json!({"type": kind}));
            }
            spec.insert("template".into(), pod(plan, leaf));
            with(object("apps/v1", "Deployment", name, plan), "spec", Value::Object(spec))
        }
        Workload::StatefulSet => {
            spec.insert("serviceName".into(), format!("{name}-headless").into());
            if strategy == Some("ordered") {
                spec.insert("podManagementPolicy".into(), "OrderedReady".into());
            }
            if let Some(strategy) = strategy {
                // All old instances are to be gone before the new ones start, so nothing replaces them one by one.
                let kind = if strategy == "recreate" { "OnDelete" } else { "RollingUpdate" };
                spec.insert("updateStrategy".into(), json!({"type": kind}));
            }
            spec.insert("template".into(), pod(plan, leaf));
            if plan.storage == Storage::Own {
                let claim = claim_spec(plan, "ReadWriteOnce", leaf);
                spec.insert(
                    "volumeClaimTemplates".into(),
                    json!([{"metadata": {"name": "data"}, "spec": claim}]),
                );
            }
            with(object("apps/v1", "StatefulSet", name, plan), "spec", Value::Object(spec))
        }
        Workload::Job => {
            spec.insert("template".into(), pod(plan, leaf));
            with(object("batch/v1", "Job", name, plan), "spec", Value::Object(spec))
        }
        Workload::CronJob => {
            let schedule = leaf.text("schedule", &plan.settings.schedule);
            let spec = json!({
                "schedule": schedule,
                "concurrencyPolicy": "Forbid",
                "jobTemplate": {"spec": {"template": pod(plan, leaf)}},
            });
            with(object("batch/v1", "CronJob", name, plan), "spec", spec)
        }
    }
}

fn service(plan: &Plan, is_headless: bool) -> Value {
    let ports = |port: &Port| {
        let mut spec = json!({"name": port.name, "port": port.number, "targetPort": port.name});
        if port.is_grpc {
            spec["appProtocol"] = "kubernetes.io/h2c".into();
        }
        spec
    };
    let mut spec =
        json!({"selector": labels(plan), "ports": plan.ports.iter().map(ports).collect::<Vec<_>>()});
    let mut name = plan.name.clone();
    if is_headless {
        // Names for each instance, also before it is ready.
        spec["clusterIP"] = "None".into();
        spec["publishNotReadyAddresses"] = true.into();
        name.push_str("-headless");
    }
    with(object("v1", "Service", &name, plan), "spec", spec)
}

fn public(plan: &Plan) -> impl Iterator<Item = (usize, &Port)> {
    plan.ports.iter().filter(|port| port.is_public).enumerate()
}

/// The first public interface answers at the host, each further one at a host of its own.
fn host_of(plan: &Plan, number: usize, port: &Port, leaf: &mut Leaf) -> Value {
    if number == 0 {
        return leaf.text("host", &plan.host());
    }
    match leaf {
        Leaf::Plain => format!("{}.{}", port.name, plan.host()).into(),
        Leaf::Mark(_) => mark("host", &port.name),
    }
}

fn ingress(plan: &Plan, leaf: &mut Leaf) -> Value {
    let mut rules = Vec::new();
    for (number, port) in public(plan) {
        let backend = json!({"service": {"name": plan.name, "port": {"name": port.name}}});
        rules.push(json!({
            "host": host_of(plan, number, port, leaf),
            "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
        }));
    }
    let mut spec = json!({"rules": rules});
    if leaf.is_mark() {
        spec["ingressClassName"] = leaf.leaf("choice", "ingress.className", "".into());
        spec["tls"] = leaf.leaf("optional", "ingress.tls", json!([]));
    }
    with(object("networking.k8s.io/v1", "Ingress", &plan.name, plan), "spec", spec)
}

/// One route for each public port: each has a host of its own.
fn http_route(plan: &Plan, (number, port): (usize, &Port), leaf: &mut Leaf) -> Value {
    let parents = leaf.tree("route.parentRefs", json!([{"name": "gateway"}]));
    let name = if number == 0 { plan.name.clone() } else { format!("{}-{}", plan.name, port.name) };
    let spec = json!({
        "parentRefs": parents,
        "hostnames": [host_of(plan, number, port, leaf)],
        "rules": [{"backendRefs": [{"name": plan.name, "port": port.number}]}],
    });
    with(object("gateway.networking.k8s.io/v1", "HTTPRoute", &name, plan), "spec", spec)
}

fn autoscaler(plan: &Plan, (min, max): (u64, u64), leaf: &mut Leaf) -> Value {
    let kind = if plan.workload == Workload::StatefulSet { "StatefulSet" } else { "Deployment" };
    let target = json!({"type": "Utilization", "averageUtilization": leaf.number("autoscaling.targetLoad", TARGET_LOAD)});
    let spec = json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": plan.name},
        // None at all is a matter of another kind of autoscaler.
        "minReplicas": leaf.number("autoscaling.min", min.max(1)),
        "maxReplicas": leaf.number("autoscaling.max", max.max(1)),
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    });
    with(object("autoscaling/v2", "HorizontalPodAutoscaler", &plan.name, plan), "spec", spec)
}

fn disruption(plan: &Plan) -> Value {
    let spec = json!({"maxUnavailable": 1, "selector": {"matchLabels": labels(plan)}});
    with(object("policy/v1", "PodDisruptionBudget", &plan.name, plan), "spec", spec)
}

fn pacto(plan: &Plan, leaf: &Leaf) -> Value {
    let contract = match (&plan.settings.reference, leaf.is_mark()) {
        (Some(reference), _) => json!({"oci": reference}),
        (None, true) => json!({"inline": mark("raw", "contract")}),
        (None, false) => json!({"inline": plan.contract}),
    };
    let mut spec = json!({"contractRef": contract});
    let kind = match plan.workload {
        Workload::None => None,
        Workload::Deployment => Some("Deployment"),
        Workload::StatefulSet => Some("StatefulSet"),
        Workload::Job => Some("Job"),
        Workload::CronJob => Some("CronJob"),
    };
    if let Some(kind) = kind {
        let mut target = json!({"workloadRef": {"name": plan.name, "kind": kind}});
        if !plan.ports.is_empty() {
            target["serviceName"] = plan.name.as_str().into();
        }
        spec["target"] = target;
    }
    with(object("pacto.trianalab.io/v1alpha1", "Pacto", &plan.name, plan), "spec", spec)
}
