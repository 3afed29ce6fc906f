//! The objects of the dashboard, from settings alone.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{ApiResource, DynamicObject, ObjectMeta, TypeMeta};
use serde_json::{Map, Value, json};

use super::credentials::{CONFIG_KEY, Credentials};
use super::settings::Settings;

/// Name of every object.
pub const NAME: &str = "pacto-dashboard";
/// Name of the Secret with credentials.
pub const SECRET_NAME: &str = "pacto-dashboard-oci-creds";
/// Which operator made an object that belongs to no namespace.
pub const NAMESPACE_ANNOTATION: &str = "pacto.trianalab.io/operator-namespace";
/// Port of the container and of the Service.
const PORT: u16 = 3000;
/// User and group of the image.
const USER: u32 = 65_532;

const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "pacto-operator");
const COMPONENT: (&str, &str) = ("app.kubernetes.io/component", "dashboard");
const APP_NAME: (&str, &str) = ("app.kubernetes.io/name", NAME);

/// A kind of object, in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The account of the pod.
    ServiceAccount,
    /// What it may read in the cluster.
    ClusterRole,
    /// That it may.
    ClusterRoleBinding,
    /// What it may read in one namespace.
    Role,
    /// That it may.
    RoleBinding,
    /// Credentials of registries.
    Secret,
    /// The pod.
    Deployment,
    /// Its address.
    Service,
}

impl Kind {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::ServiceAccount,
        Self::ClusterRole,
        Self::ClusterRoleBinding,
        Self::Role,
        Self::RoleBinding,
        Self::Secret,
        Self::Deployment,
        Self::Service,
    ];

    /// Its name in paths: `deployments`.
    pub fn plural(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccounts",
            Self::ClusterRole => "clusterroles",
            Self::ClusterRoleBinding => "clusterrolebindings",
            Self::Role => "roles",
            Self::RoleBinding => "rolebindings",
            Self::Secret => "secrets",
            Self::Deployment => "deployments",
            Self::Service => "services",
        }
    }

    /// Name of its object.
    pub fn object_name(self) -> &'static str {
        if self == Self::Secret { SECRET_NAME } else { NAME }
    }

    /// Whether it belongs to no namespace.
    pub fn is_cluster_wide(self) -> bool {
        matches!(self, Self::ClusterRole | Self::ClusterRoleBinding)
    }

    /// How it is asked for.
    pub fn resource(self) -> ApiResource {
        let (group, version) = match self {
            Self::ServiceAccount | Self::Secret | Self::Service => ("", "v1"),
            Self::Deployment => ("apps", "v1"),
            Self::ClusterRole | Self::ClusterRoleBinding | Self::Role | Self::RoleBinding => {
                ("rbac.authorization.k8s.io", "v1")
            }
        };
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version,
            kind: format!("{self:?}"),
            plural: self.plural().to_owned(),
        }
    }
}

/// An object that is to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// As it is written.
    pub manifest: DynamicObject,
}

/// Labels of every object.
pub fn labels() -> BTreeMap<String, String> {
    [MANAGED_BY, COMPONENT, APP_NAME].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// Whether labels are those of an object that we made.
pub fn is_ours(labels: Option<&BTreeMap<String, String>>) -> bool {
    let has =
        |(key, value): (&str, &str)| labels.and_then(|labels| labels.get(key)).is_some_and(|is| is == value);
    has(MANAGED_BY) && has(COMPONENT)
}

/// The namespace in which roles of a kind are.
pub fn namespace_of(kind: Kind, own: &str, watched: Option<&str>) -> Option<String> {
    match kind {
        Kind::ClusterRole | Kind::ClusterRoleBinding => None,
        Kind::Role | Kind::RoleBinding => Some(watched.unwrap_or(own).to_owned()),
        _ => Some(own.to_owned()),
    }
}

/// Every object of the dashboard, in the order in which they are made.
///
/// `credentials` without entries make no Secret. `owner` is the operator's Deployment, where it is known.
pub fn objects(
    settings: &Settings,
    credentials: &Credentials,
    owner: Option<&OwnerReference>,
) -> Vec<Object> {
    let mut kinds = vec![Kind::ServiceAccount];
    kinds.extend(match settings.watch_namespace {
        Some(_) => [Kind::Role, Kind::RoleBinding],
        None => [Kind::ClusterRole, Kind::ClusterRoleBinding],
    });
    kinds.extend((!credentials.is_empty()).then_some(Kind::Secret));
    kinds.extend([Kind::Deployment, Kind::Service]);
    let object = |kind: Kind| {
        let data = match kind {
            Kind::ServiceAccount => json!({}),
            Kind::ClusterRole | Kind::Role => role(),
            Kind::ClusterRoleBinding => binding("ClusterRole", &settings.namespace),
            Kind::RoleBinding => binding("Role", &settings.namespace),
            Kind::Secret => json!({
                "type": "kubernetes.io/dockerconfigjson",
                "data": { CONFIG_KEY: STANDARD.encode(credentials.config()) },
            }),
            Kind::Deployment => deployment(settings),
            Kind::Service => service(),
        };
        Object { kind, manifest: manifest(kind, settings, owner, data) }
    };
    kinds.into_iter().map(object).collect()
}

fn manifest(kind: Kind, settings: &Settings, owner: Option<&OwnerReference>, data: Value) -> DynamicObject {
    let resource = kind.resource();
    let namespace = namespace_of(kind, &settings.namespace, settings.watch_namespace.as_deref());
    // An owner must be in the same namespace.
    let owner = owner.filter(|_| namespace.as_deref() == Some(&settings.namespace));
    let annotations = kind
        .is_cluster_wide()
        .then(|| BTreeMap::from([(NAMESPACE_ANNOTATION.to_owned(), settings.namespace.clone())]));
    DynamicObject {
        types: Some(TypeMeta { api_version: resource.api_version, kind: resource.kind }),
        metadata: ObjectMeta {
            name: Some(kind.object_name().to_owned()),
            namespace,
            labels: Some(labels()),
            annotations,
            owner_references: owner.map(|owner| vec![owner.clone()]),
            ..ObjectMeta::default()
        },
        data,
    }
}

fn role() -> Value {
    json!({ "rules": [
        {
            "apiGroups": [pacto_k8s::GROUP],
            "resources": ["pactos", "pactorevisions"],
            "verbs": ["get", "list", "watch"],
        },
        { "apiGroups": [""], "resources": ["services"], "verbs": ["get", "list", "watch"] },
    ] })
}

fn binding(role: &str, namespace: &str) -> Value {
    json!({
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": NAME },
        "subjects": [{ "kind": "ServiceAccount", "name": NAME, "namespace": namespace }],
    })
}

fn selector() -> Value {
    [COMPONENT, APP_NAME]
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect::<Map<_, _>>()
        .into()
}

fn service() -> Value {
    json!({ "spec": {
        "type": "ClusterIP",
        "selector": selector(),
        "ports": [{ "name": "http", "port": PORT, "targetPort": PORT, "protocol": "TCP" }],
    } })
}

fn deployment(settings: &Settings) -> Value {
    let mut volumes =
        vec![json!({ "name": "cache", "emptyDir": {} }), json!({ "name": "tmp", "emptyDir": {} })];
    if !settings.secrets.is_empty() {
        volumes.push(json!({ "name": "oci-creds", "secret": {
            "secretName": SECRET_NAME,
            "items": [{ "key": CONFIG_KEY, "path": "config.json" }],
            // Where no Secret had credentials there is none.
            "optional": true,
        } }));
    }
    json!({ "spec": {
        "replicas": 1,
        "selector": { "matchLabels": selector() },
        "template": {
            "metadata": { "labels": labels() },
            "spec": {
                "serviceAccountName": NAME,
                "terminationGracePeriodSeconds": 10,
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": USER,
                    "runAsGroup": USER,
                    "fsGroup": USER,
                    "seccompProfile": { "type": "RuntimeDefault" },
                },
                "containers": [container(settings)],
                "volumes": volumes,
            },
        },
    } })
}

fn container(settings: &Settings) -> Value {
    let mut env = vec![
        json!({ "name": "PACTO_DASHBOARD_HOST", "value": "0.0.0.0" }),
        json!({ "name": "PACTO_DASHBOARD_PORT", "value": PORT.to_string() }),
        json!({ "name": "PACTO_NO_UPDATE_CHECK", "value": "1" }),
    ];
    if let Some(namespace) = &settings.watch_namespace {
        env.push(json!({ "name": "PACTO_DASHBOARD_NAMESPACE", "value": namespace }));
        // The name that other images of the dashboard know.
        env.push(json!({ "name": "PACTO_WATCH_NAMESPACE", "value": namespace }));
    }
    let mut mounts = vec![
        json!({ "name": "cache", "mountPath": "/home/pacto/.cache/pacto" }),
        json!({ "name": "tmp", "mountPath": "/tmp" }),
    ];
    if !settings.secrets.is_empty() {
        mounts.push(json!({ "name": "oci-creds", "mountPath": "/home/pacto/.docker", "readOnly": true }));
    }
    let resources = &settings.resources;
    let mut limits = json!({ "memory": resources.memory_limit.to_string() });
    if let Some(cpu) = &resources.cpu_limit {
        limits["cpu"] = cpu.to_string().into();
    }
    let probe = |delay: u32, period: u32| json!({ "httpGet": { "path": "/health", "port": "http" }, "initialDelaySeconds": delay, "periodSeconds": period });
    json!({
        "name": "dashboard",
        "image": settings.image,
        "ports": [{ "name": "http", "containerPort": PORT, "protocol": "TCP" }],
        "env": env,
        "livenessProbe": probe(10, 30),
        "readinessProbe": probe(5, 10),
        "resources": {
            "requests": {
                "cpu": resources.cpu_request.to_string(),
                "memory": resources.memory_request.to_string(),
            },
            "limits": limits,
        },
        "securityContext": {
            "runAsNonRoot": true,
            "readOnlyRootFilesystem": true,
            "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] },
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "volumeMounts": mounts,
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn settings(watched: Option<&str>, secrets: &[&str]) -> Settings {
        use clap::Parser as _;
        let watch = format!("--watch-namespace={}", watched.unwrap_or_default());
        let secrets = format!("--dashboard-oci-secrets={}", secrets.join(","));
        let flags = [
            "pacto-operator",
            "--pod-namespace=pacto",
            "--dashboard-image=r.io/pacto-dashboard:1.2.3",
            &watch,
            &secrets,
        ];
        Settings::from_arguments(&crate::arguments::Arguments::try_parse_from(flags).unwrap()).unwrap()
    }

    fn summary(objects: &[Object]) -> String {
        let mut text = String::new();
        for Object { kind, manifest } in objects {
            let namespace = manifest.metadata.namespace.as_deref().unwrap_or("-");
            let owners = manifest.metadata.owner_references.as_ref().map_or(0, Vec::len);
            writeln!(text, "{kind:?} {namespace} {} owners={owners}", kind.object_name()).unwrap();
        }
        text
    }

    #[test]
    fn a_dashboard_of_the_whole_cluster_has_a_cluster_role() {
        let made = objects(&settings(None, &[]), &Credentials::default(), Some(&OwnerReference::default()));
        insta::assert_snapshot!(summary(&made), @"
        ServiceAccount pacto pacto-dashboard owners=1
        ClusterRole - pacto-dashboard owners=0
        ClusterRoleBinding - pacto-dashboard owners=0
        Deployment pacto pacto-dashboard owners=1
        Service pacto pacto-dashboard owners=1
        ");
        let text = serde_json::to_string(&made[3].manifest).unwrap();
        assert!(!text.contains("NAMESPACE") && !text.contains("oci-creds"), "{text}");
    }

    #[test]
    fn a_dashboard_of_one_namespace_may_see_no_other() {
        let mut credentials = Credentials::default();
        let data = [("registry", "ghcr.io"), ("token", "t")];
        let data = data.map(|(key, value)| (key.to_owned(), k8s_openapi::ByteString(value.into())));
        let secret = k8s_openapi::api::core::v1::Secret { data: Some(data.into()), ..Default::default() };
        credentials.add(&secret).unwrap();
        let made =
            objects(&settings(Some("shop"), &["creds"]), &credentials, Some(&OwnerReference::default()));
        insta::assert_snapshot!(summary(&made), @"
        ServiceAccount pacto pacto-dashboard owners=1
        Role shop pacto-dashboard owners=0
        RoleBinding shop pacto-dashboard owners=0
        Secret pacto pacto-dashboard-oci-creds owners=1
        Deployment pacto pacto-dashboard owners=1
        Service pacto pacto-dashboard owners=1
        ");
        let container = &made[4].manifest.data["spec"]["template"]["spec"]["containers"][0];
        insta::assert_snapshot!(container["env"], @r#"[{"name":"PACTO_DASHBOARD_HOST","value":"0.0.0.0"},{"name":"PACTO_DASHBOARD_PORT","value":"3000"},{"name":"PACTO_NO_UPDATE_CHECK","value":"1"},{"name":"PACTO_DASHBOARD_NAMESPACE","value":"shop"},{"name":"PACTO_WATCH_NAMESPACE","value":"shop"}]"#);
        insta::assert_snapshot!(container["volumeMounts"], @r#"[{"name":"cache","mountPath":"/home/pacto/.cache/pacto"},{"name":"tmp","mountPath":"/tmp"},{"name":"oci-creds","mountPath":"/home/pacto/.docker","readOnly":true}]"#);
    }

    #[test]
    fn what_is_ours_has_both_labels() {
        assert!(is_ours(Some(&labels())));
        let mut foreign = labels();
        foreign.insert(MANAGED_BY.0.to_owned(), "Helm".to_owned());
        assert!(!is_ours(Some(&foreign)) && !is_ours(None));
        let mut other = labels();
        other.remove(COMPONENT.0);
        assert!(!is_ours(Some(&other)));
    }
}
