//! An object as it comes from the API: in a watch ([`Watched`]) or out of a file ([`Object::from_json`]).

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::NamespaceResourceScope;
use pacto_engine::runtime::workload::{Names, SourceKind, Workload, WorkloadKind};
use pacto_engine::runtime::{ObservedKind, Service};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::exposure::{self, Routes};
use super::source::KeyNames;
use super::workload::{self, AutoscalerOf};
use crate::view::ResourceKey;

/// An object, reduced to what checks need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A Service.
    Service(Arc<Service>),
    /// A workload of any kind.
    Workload(Arc<Workload>),
    /// An autoscaler.
    Autoscaler(AutoscalerOf),
    /// An Ingress or `HTTPRoute`.
    Routes(Arc<Routes>),
    /// A `ConfigMap` or Secret: the names of its keys.
    Source(SourceKind, Arc<Names>),
    /// One that the API server has and that has not the form of its kind, with the reason: one odd object must not hide all others
    /// of its kind.
    Odd(ObservedKind, Arc<str>),
}

/// A text that says to be an object of a kind and has not its form.
#[derive(Debug, thiserror::Error)]
#[error("this is no {kind}: {problem}")]
pub struct ObjectError {
    /// The kind that it says to be.
    pub kind: ObservedKind,
    /// Where inside of the object, as a dotted path; empty where that is not known.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

impl Object {
    /// The kind of the object.
    pub fn kind(&self) -> ObservedKind {
        match self {
            Self::Service(_) => ObservedKind::Service,
            Self::Workload(workload) => workload.kind.into(),
            Self::Autoscaler(_) => ObservedKind::HorizontalPodAutoscaler,
            Self::Routes(routes) => routes.observed_kind(),
            Self::Source(kind, _) => (*kind).into(),
            Self::Odd(kind, _) => *kind,
        }
    }

    /// Reads an object from JSON with `apiVersion` and `kind`; `None` when it is of a kind that no check needs.
    ///
    /// # Errors
    /// [`ObjectError`] when it has not the form of its kind.
    pub fn from_json(value: &Value) -> Result<Option<(ResourceKey, Self)>, ObjectError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        Ok(Some(match (group, text("kind")) {
            ("", "Service") => read::<ServiceKind>(value)?,
            ("apps" | "extensions", "Deployment") => read::<DeploymentKind>(value)?,
            ("apps", "StatefulSet") => read::<StatefulSetKind>(value)?,
            ("apps" | "extensions", "ReplicaSet") => read::<ReplicaSetKind>(value)?,
            ("batch", "Job") => read::<JobKind>(value)?,
            ("batch", "CronJob") => read::<CronJobKind>(value)?,
            ("autoscaling", "HorizontalPodAutoscaler") => read::<AutoscalerKind>(value)?,
            ("networking.k8s.io" | "extensions", "Ingress") => read::<IngressKind>(value)?,
            ("gateway.networking.k8s.io", "HTTPRoute") => read::<HttpRouteKind>(value)?,
            ("", "ConfigMap") => read::<ConfigMapKind>(value)?,
            ("", "Secret") => read::<SecretKind>(value)?,
            _ => return Ok(None),
        }))
    }
}

fn read<K: Kind>(value: &Value) -> Result<(ResourceKey, Object), ObjectError> {
    let body: Wire<K::Spec> = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        // The words of the reader may quote a value, and those of a Secret are nobody's business.
        let is_secret = matches!(K::KIND, ObservedKind::ConfigMap | ObservedKind::Secret);
        let problem =
            if is_secret { "it has not the form of one".to_owned() } else { error.into_inner().to_string() };
        ObjectError { kind: K::KIND, path, problem }
    })?;
    let key = ResourceKey::new(
        body.metadata.namespace.clone().unwrap_or_default(),
        body.metadata.name.clone().unwrap_or_default(),
    );
    Ok((key, body.project::<K>()))
}

/// A kind of objects that is looked at.
pub trait Kind: fmt::Debug + Clone + Send + Sync + 'static {
    /// Which.
    const KIND: ObservedKind;
    /// Group of the API; empty for the core.
    const GROUP: &'static str;
    /// Version of the API.
    const VERSION: &'static str;
    /// Name of the resource in paths.
    const PLURAL: &'static str;
    /// What of `spec` is read.
    type Spec: DeserializeOwned + Default;
    /// From what was read to what is kept.
    fn project(spec: Self::Spec, keys: Names) -> Object;
}

/// An object in a list or watch: `Api<Watched<DeploymentKind>>` reads no more of a Deployment than is kept.
///
/// Of the metadata name, namespace, version, identity and generation are kept. A `spec` that has not the form of the kind gives an
/// [`Object::Odd`].
#[derive(Debug, Clone)]
pub struct Watched<K> {
    metadata: ObjectMeta,
    /// What was kept.
    pub object: Object,
    kind: PhantomData<K>,
}

impl<K: Kind> Watched<K> {
    /// Where the object is.
    pub fn key(&self) -> ResourceKey {
        ResourceKey::new(
            self.metadata.namespace.clone().unwrap_or_default(),
            self.metadata.name.clone().unwrap_or_default(),
        )
    }
}

impl<K: Kind> kube::Resource for Watched<K> {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        K::KIND.to_string().into()
    }

    fn group((): &()) -> Cow<'_, str> {
        K::GROUP.into()
    }

    fn version((): &()) -> Cow<'_, str> {
        K::VERSION.into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::PLURAL.into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl<'de, K: Kind> Deserialize<'de> for Watched<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { mut metadata, spec, data, binary_data, string_data } =
            Wire::<Value>::deserialize(deserializer)?;
        let metadata = std::mem::take(&mut metadata).into();
        let object = match spec.map(serde_json::from_value::<K::Spec>).transpose() {
            Ok(spec) => {
                Wire { metadata: Meta::default(), spec, data, binary_data, string_data }.project::<K>()
            }
            Err(error) => Object::Odd(K::KIND, error.to_string().into()),
        };
        Ok(Self { metadata, object, kind: PhantomData })
    }
}

/// What of metadata is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
}

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        Self {
            name: meta.name,
            namespace: meta.namespace,
            uid: meta.uid,
            resource_version: meta.resource_version,
            generation: meta.generation,
            ..Self::default()
        }
    }
}

/// What of any object is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<S> {
    #[serde(default)]
    metadata: Meta,
    spec: Option<S>,
    #[serde(default)]
    data: KeyNames,
    #[serde(default)]
    binary_data: KeyNames,
    #[serde(default)]
    string_data: KeyNames,
}

impl<S: Default> Wire<S> {
    fn project<K: Kind<Spec = S>>(self) -> Object {
        let keys = self.data.iter().chain(self.binary_data.iter()).chain(self.string_data.iter());
        let keys = Names::new(keys);
        K::project(self.spec.unwrap_or_default(), keys)
    }
}

macro_rules! kinds {
    ($($(#[$note:meta])* $name:ident: $kind:ident, $group:literal, $version:literal, $plural:literal, $spec:ty, $project:expr;)*) => {$(
        $(#[$note])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Kind for $name {
            const KIND: ObservedKind = ObservedKind::$kind;
            const GROUP: &'static str = $group;
            const VERSION: &'static str = $version;
            const PLURAL: &'static str = $plural;
            type Spec = $spec;
            fn project(spec: Self::Spec, keys: Names) -> Object {
                let project: fn($spec, Names) -> Object = $project;
                project(spec, keys)
            }
        }
    )*};
}

kinds! {
    /// Services.
    ServiceKind: Service, "", "v1", "services", workload::ServiceSpec,
        |spec, _| Object::Service(Arc::new(spec.into()));
    /// Deployments.
    DeploymentKind: Deployment, "apps", "v1", "deployments", workload::WorkloadSpec,
        |spec, _| Object::Workload(Arc::new(spec.project(WorkloadKind::Deployment)));
    /// `StatefulSets`.
    StatefulSetKind: StatefulSet, "apps", "v1", "statefulsets", workload::WorkloadSpec,
        |spec, _| Object::Workload(Arc::new(spec.project(WorkloadKind::StatefulSet)));
    /// `ReplicaSets`.
    ReplicaSetKind: ReplicaSet, "apps", "v1", "replicasets", workload::WorkloadSpec,
        |spec, _| Object::Workload(Arc::new(spec.project(WorkloadKind::ReplicaSet)));
    /// Jobs.
    JobKind: Job, "batch", "v1", "jobs", workload::WorkloadSpec,
        |spec, _| Object::Workload(Arc::new(spec.project(WorkloadKind::Job)));
    /// `CronJobs`.
    CronJobKind: CronJob, "batch", "v1", "cronjobs", workload::WorkloadSpec,
        |spec, _| Object::Workload(Arc::new(spec.project(WorkloadKind::CronJob)));
    /// `HorizontalPodAutoscalers`.
    AutoscalerKind: HorizontalPodAutoscaler, "autoscaling", "v2", "horizontalpodautoscalers", workload::AutoscalerSpec,
        |spec, _| Object::Autoscaler(spec.into());
    /// Ingresses.
    IngressKind: Ingress, "networking.k8s.io", "v1", "ingresses", exposure::IngressSpec,
        |spec, _| Object::Routes(Arc::new(spec.into()));
    /// `HTTPRoutes`.
    HttpRouteKind: HttpRoute, "gateway.networking.k8s.io", "v1", "httproutes", exposure::HttpRouteSpec,
        |spec, _| Object::Routes(Arc::new(spec.into()));
    /// `ConfigMaps`, by the names of their keys.
    ConfigMapKind: ConfigMap, "", "v1", "configmaps", serde::de::IgnoredAny,
        |_, keys| Object::Source(SourceKind::ConfigMap, Arc::new(keys));
    /// Secrets, by the names of their keys.
    SecretKind: Secret, "", "v1", "secrets", serde::de::IgnoredAny,
        |_, keys| Object::Source(SourceKind::Secret, Arc::new(keys));
}
