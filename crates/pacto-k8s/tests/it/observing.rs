//! Objects of the API, as their own types write them, and what is kept of them.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::CronJob;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::Resource;
use pacto_engine::runtime::observation::{ExposureKind, SourceKeys};
use pacto_engine::runtime::workload::{PortRef, ProbeAction};
use pacto_engine::runtime::{Observation, ObservedKind, WorkloadKind};
use pacto_k8s::ResourceKey;
use pacto_k8s::observe::object::DeploymentKind;
use pacto_k8s::observe::{Inventory, Object, Target, Watched};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// `value` as the type of the API has it, with `apiVersion` and `kind`: a name that the API does not know is lost.
fn typed<T: DeserializeOwned + Serialize>(value: Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(value).unwrap()).unwrap()
}

fn deployment() -> Value {
    typed::<Deployment>(json!({
        "metadata": {"name": "cart", "namespace": "shop", "resourceVersion": "7", "managedFields": [{"manager": "x"}]},
        "spec": {
            "replicas": 3,
            "selector": {},
            "strategy": {"type": "Recreate"},
            "template": {"spec": {
                "terminationGracePeriodSeconds": 45,
                "initContainers": [{"name": "init", "image": "init:1"}],
                "containers": [{
                    "name": "main", "image": "cart:1",
                    "ports": [{"name": "http", "containerPort": 8080}],
                    "env": [{"name": "PORT", "value": "hidden"}],
                    "envFrom": [{"configMapRef": {"name": "settings"}, "prefix": "APP_"}, {"secretRef": {"name": "keys"}}],
                    "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "initialDelaySeconds": 5},
                    "livenessProbe": {"grpc": {"port": 9000}},
                    "startupProbe": {"exec": {"command": ["true"]}, "failureThreshold": 30},
                }],
                "volumes": [
                    {"name": "a", "emptyDir": {}},
                    {"name": "b", "persistentVolumeClaim": {"claimName": "b"}},
                    {"name": "c", "projected": {"sources": [{"secret": {"name": "mounted"}}]}},
                ],
            }},
        },
    }))
}

fn observe(objects: &[Value], service: &str, workload: (WorkloadKind, &str)) -> Observation {
    let mut inventory = Inventory::default();
    for object in objects {
        let (key, object) = Object::from_json(object).unwrap().unwrap();
        inventory.apply(key, object);
    }
    let workload = Some((workload.0, workload.1.to_owned()));
    inventory.observe(&Target { namespace: "shop".to_owned(), service: Some(service.to_owned()), workload })
}

#[test]
fn a_deployment_is_read_as_the_api_writes_it() {
    let observation = observe(&[deployment()], "cart", (WorkloadKind::Deployment, "cart"));
    let found = observation.found_workload().unwrap();
    assert_eq!((found.replicas, found.grace_period_seconds), (Some(3), Some(45)));
    assert_eq!(found.strategy.as_deref(), Some("Recreate"));
    assert!(found.has_pvc && found.has_empty_dir && found.has_foreign_files);
    let [main] = &*found.containers else { panic!("{found:?}") };
    assert_eq!((&*main.name, &*main.image), ("main", "cart:1"));
    assert_eq!(main.port(&PortRef::Name("http".into())), Some(8080));
    let readiness = main.readiness.as_ref().unwrap();
    assert_eq!(readiness.initial_delay_seconds, 5);
    assert_eq!(
        readiness.action,
        ProbeAction::Http { path: "/health".into(), port: PortRef::Name("http".into()) }
    );
    assert_eq!(main.liveness.as_ref().unwrap().action, ProbeAction::Grpc { port: PortRef::Number(9000) });
    assert_eq!(main.startup.as_ref().unwrap().failure_threshold, 30);
    assert!(main.environment.contains("PORT"));
    let wanted: Vec<_> = observation.wanted_sources().iter().map(ToString::to_string).collect();
    assert_eq!(wanted, ["ConfigMap settings", "Secret keys", "Secret mounted"]);
    assert!(!serde_json::to_string(&observation).unwrap().contains("hidden"));
}

#[test]
fn what_a_manifest_leaves_out_is_what_the_api_server_fills_in() {
    let bare = |kind: &str, version: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "cart", "namespace": "shop"}});
    let objects = [
        bare("Deployment", "apps/v1"),
        bare("StatefulSet", "apps/v1"),
        bare("CronJob", "batch/v1"),
        bare("Service", "v1"),
    ];
    let found = |kind| observe(&objects, "cart", (kind, "cart")).workload.unwrap().found.unwrap();
    let deployment = found(WorkloadKind::Deployment);
    assert_eq!((deployment.replicas, deployment.grace_period_seconds), (Some(1), Some(30)));
    assert_eq!(deployment.strategy.as_deref(), Some("RollingUpdate"));
    let stateful = found(WorkloadKind::StatefulSet);
    assert_eq!(stateful.pod_management_policy.as_deref(), Some("OrderedReady"));
    assert_eq!(found(WorkloadKind::CronJob).replicas, None);
}

#[test]
fn the_other_kinds_are_read_as_the_api_writes_them() {
    let name = json!({"name": "cart", "namespace": "shop"});
    let stateful = typed::<StatefulSet>(json!({"metadata": name, "spec": {
        "selector": {}, "serviceName": "cart", "updateStrategy": {"type": "OnDelete"},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}}], "template": {},
    }}));
    let cron = typed::<CronJob>(json!({"metadata": name, "spec": {
        "schedule": "* * * * *",
        "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "cart:2"}]}}}},
    }}));
    let scaler = typed::<HorizontalPodAutoscaler>(
        json!({"metadata": {"name": "any", "namespace": "shop"}, "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "cart"}, "maxReplicas": 5,
        }}),
    );
    let service = typed::<Service>(
        json!({"metadata": name, "spec": {"clusterIP": "None", "ports": [{"port": 80, "targetPort": "http"}]}}),
    );
    let ingress = typed::<Ingress>(
        json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"rules": [
            {"host": "shop.example", "http": {"paths": [{"pathType": "Prefix", "backend": {"service": {"name": "cart", "port": {"number": 80}}}}]}},
        ]}}),
    );
    let route = |name: &str, parent: &str| {
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name, "namespace": "edge"},
            "spec": {"parentRefs": [{"kind": parent, "name": "x"}], "rules": [{"backendRefs": [{"name": "cart", "namespace": "shop", "port": 80}]}]},
        })
    };
    let objects =
        [stateful, cron, scaler, service, ingress, route("open", "Gateway"), route("mesh", "Service")];
    let observation = observe(&objects, "cart", (WorkloadKind::StatefulSet, "cart"));
    let found = observation.found_workload().unwrap();
    assert!(found.has_pvc && found.strategy.as_deref() == Some("OnDelete"));
    assert_eq!(observation.autoscaler.map(|scaler| (scaler.min, scaler.max)), Some((1, 5)));
    assert!(observation.found_service().unwrap().headless);
    let exposures: Vec<_> = observation
        .exposures
        .iter()
        .map(|one| (one.kind, &*one.name, one.hosts.len(), &*one.ports[0]))
        .collect();
    assert_eq!(
        exposures,
        [(ExposureKind::Ingress, "web", 1, "80"), (ExposureKind::HttpRoute, "open", 0, "80")]
    );
    let cron = observe(&objects, "cart", (WorkloadKind::CronJob, "cart"));
    assert_eq!(&*cron.found_workload().unwrap().containers[0].image, "cart:2");
}

#[test]
fn an_object_of_a_watch_keeps_name_and_version() {
    let watched: Watched<DeploymentKind> = serde_json::from_value(deployment()).unwrap();
    assert_eq!(watched.key(), ResourceKey::new("shop", "cart"));
    assert_eq!(watched.meta().resource_version.as_deref(), Some("7"));
    assert_eq!(watched.meta().managed_fields, None);
    assert_eq!(
        <Watched<DeploymentKind> as Resource>::url_path(&(), Some("shop")),
        "/apis/apps/v1/namespaces/shop/deployments"
    );
    let known = Object::from_json(&deployment()).unwrap().unwrap().1;
    assert_eq!(watched.object, known);
}

#[test]
fn an_inventory_says_whom_a_change_concerns_and_forgets_whole() {
    let object = |value: Value| Object::from_json(&value).unwrap().unwrap();
    let scaler = |target: &str| {
        object(json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "any", "namespace": "shop"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": target}, "minReplicas": 2, "maxReplicas": 5},
        }))
    };
    let mut inventory = Inventory::default();
    let cart = ResourceKey::new("shop", "cart");
    let (key, deployment) = object(deployment());
    assert_eq!(inventory.apply(key, deployment), std::slice::from_ref(&cart));
    let (key, first) = scaler("cart");
    assert_eq!(inventory.apply(key, first), std::slice::from_ref(&cart));
    let (key, second) = scaler("stock");
    let both = [cart, ResourceKey::new("shop", "stock")];
    assert_eq!(inventory.apply(key.clone(), second), both);
    let target = Target {
        namespace: "shop".to_owned(),
        service: None,
        workload: Some((WorkloadKind::Deployment, "cart".to_owned())),
    };
    assert_eq!(inventory.observe(&target).autoscaler, None);
    assert_eq!(inventory.remove(ObservedKind::HorizontalPodAutoscaler, &key), [both[1].clone()]);
    assert_eq!(inventory.remove(ObservedKind::HorizontalPodAutoscaler, &key), []);

    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"}, "data": {"TOKEN": "c2VjcmV0"}, "stringData": {"USER": "u"}});
    let (key, secret) = object(secret);
    inventory.apply(key, secret);
    let observation = inventory.observe(&target);
    let [source] = &*observation.sources else { panic!("{:?}", observation.sources) };
    let SourceKeys::Known(names) = &source.keys else { panic!("{source:?}") };
    assert_eq!(names.iter().collect::<Vec<_>>(), ["TOKEN", "USER"]);

    inventory.mark_unreadable(ObservedKind::Deployment, "forbidden");
    let observation = inventory.observe(&target);
    assert!(observation.found_workload().is_none());
    assert_eq!(observation.unreadable(ObservedKind::Deployment), Some("forbidden"));
    inventory.replace(ObservedKind::Deployment, []);
    assert_eq!(inventory.observe(&target).unreadable(ObservedKind::Deployment), None);
}

#[test]
fn a_wrong_form_is_named_by_its_place_and_no_value_of_a_secret_is_said() {
    let wrong = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": "http"}]}});
    let error = Object::from_json(&wrong).unwrap_err();
    assert_eq!((error.kind, error.path.as_str()), (ObservedKind::Service, "spec.ports[0].port"));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": "hunter2"});
    let error = Object::from_json(&secret).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let other = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
    assert_eq!(Object::from_json(&other).unwrap(), None);
}

#[test]
fn every_reason_of_a_check_is_in_the_table_of_conditions() {
    use pacto_engine::runtime::{CheckStatus, Declared, Options, ProbeOutcome, ProbeResult, Sought, check};
    let text = b"pactoVersion: '1.2'
service: {name: cart, version: 1.0.0, image: {ref: 'cart:2'}}
interfaces: [{name: api, type: http, port: 80, visibility: public}]
scaling: {min: 4, max: 5}
readiness: {checks: [{id: a, type: url, status: not-done, weight: 1, evidence: e}]}
runtime: {workload: job, state: {type: stateful, persistence: {scope: local, durability: persistent}, dataCriticality: low}, lifecycle: {upgradeStrategy: ordered, gracefulShutdownSeconds: 60}, health: {interface: api, path: /x, initialDelaySeconds: 99}, metrics: {interface: api, path: /metrics}}\n";
    let document = pacto_contract::ContractDocument::parse("pacto.yaml", text).unwrap();
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop"}, "spec": {"ports": [{"port": 8080}]}});
    let found = observe(&[deployment(), service], "cart", (WorkloadKind::Deployment, "cart"));
    let missing = observe(&[], "cart", (WorkloadKind::Deployment, "cart"));
    let mut unreadable = missing.clone();
    unreadable.unreadable =
        ObservedKind::ALL.into_iter().map(|kind| (kind, "forbidden".to_owned())).collect();
    let failed = Observation { failure: Some("timed out".to_owned()), ..missing.clone() };
    let mut observations = vec![found.clone(), missing, unreadable, failed, Observation::default()];
    observations.push(Observation { service: Some(Sought::missing("cart")), ..found.clone() });
    for outcome in [
        ProbeOutcome::Response { status: 200, empty: true },
        ProbeOutcome::Response { status: 500, empty: false },
        ProbeOutcome::Health { serving: false },
        ProbeOutcome::Unimplemented,
        ProbeOutcome::Failed { error: "refused".to_owned() },
    ] {
        let result = Some(ProbeResult { url: "http://cart".to_owned(), outcome, latency_ms: None });
        observations.push(Observation { health: result.clone(), metrics: result, ..found.clone() });
    }
    let options = Options { probes: true, ..Options::default() };
    let mut count = 0;
    for observation in &observations {
        let declared = Declared { contract: &document.contract, required_keys: &[] };
        for check in check(declared, observation, &options) {
            let row = pacto_k8s::condition::kind(&check.kind.to_string()).unwrap();
            let words = if check.status == CheckStatus::True { row.holds } else { row.fails };
            // A gRPC answer to a question for metrics is nothing that a prober gives.
            let is_foreign = check.kind.to_string() == "MetricsEndpointValid"
                && check.reason.to_string().starts_with("Not");
            assert!(is_foreign || words.contains(&check.reason.to_string().as_str()), "{check:?}");
            count += 1;
        }
    }
    assert!(count > 80, "{count}");
}
