//! From what is meant to what is there: one pass.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{DeleteParams, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Client};

use super::credentials::Credentials;
use super::difference::{is_as_meant, seal};
use super::objects::{Kind, NAMESPACE_ANNOTATION, Object, is_ours, labels, namespace_of, objects};
use super::settings::Settings;

/// Who writes the objects, for the cluster.
const FIELD_MANAGER: &str = "pacto-operator-dashboard";

/// The cluster did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{verb} {resource} {name}: {}", pacto_k8s::Problem::from(source))]
pub struct ApplyError {
    /// What was asked.
    pub verb: &'static str,
    /// Of which kind: `deployments`.
    pub resource: &'static str,
    /// Which one.
    pub name: String,
    /// What the cluster said.
    #[source]
    pub source: kube::Error,
}

impl ApplyError {
    fn of(verb: &'static str, resource: &'static str, name: &str) -> impl FnOnce(kube::Error) -> Self {
        let name = name.to_owned();
        move |source| Self { verb, resource, name, source }
    }

    /// Whether the cluster does not let us.
    fn is_forbidden(&self) -> bool {
        matches!(&self.source, kube::Error::Api(status) if status.code == 403)
    }
}

/// Something that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// What it is: `deployments`.
    pub resource: &'static str,
    /// What was done: `patch`.
    pub verb: &'static str,
}

/// The place of the dashboard in a cluster.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub client: &'a Client,
    /// Namespace of the operator.
    pub namespace: &'a str,
    /// The only namespace that it watches.
    pub watched: Option<&'a str>,
}

impl Place<'_> {
    fn api(&self, kind: Kind) -> Api<DynamicObject> {
        let resource = kind.resource();
        match namespace_of(kind, self.namespace, self.watched) {
            Some(namespace) => Api::namespaced_with(self.client.clone(), &namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    /// Makes everything as it is meant, and takes away what is not meant any more.
    pub async fn apply(&self, settings: &Settings) -> Result<Vec<Write>, ApplyError> {
        let mut writes = Vec::new();
        writes.extend(self.make_namespace().await?);
        let owner = self.owner(settings).await?;
        let credentials = self.credentials(settings).await?;
        let meant = objects(settings, &credentials, owner.as_ref());
        let kinds: BTreeSet<Kind> = meant.iter().map(|object| object.kind).collect();
        for object in meant {
            writes.extend(self.make(object).await?);
        }
        for kind in Kind::ALL.into_iter().rev().filter(|kind| !kinds.contains(kind)) {
            writes.extend(self.remove(kind).await?);
        }
        Ok(writes)
    }

    /// Takes everything away, the last one first.
    pub async fn clean_up(&self) -> Result<Vec<Write>, ApplyError> {
        let mut writes = Vec::new();
        for kind in Kind::ALL.into_iter().rev() {
            writes.extend(self.remove(kind).await?);
        }
        Ok(writes)
    }

    /// The namespace is there when the operator runs in it.
    async fn make_namespace(&self) -> Result<Option<Write>, ApplyError> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let failed = |verb| ApplyError::of(verb, "namespaces", self.namespace);
        match namespaces.get_metadata_opt(self.namespace).await.map_err(failed("get")) {
            Ok(Some(_)) => return Ok(None),
            // Who may not look at it need not make it.
            Err(error) if error.is_forbidden() => return Ok(None),
            Err(error) => return Err(error),
            Ok(None) => {}
        }
        let metadata = ObjectMeta {
            name: Some(self.namespace.to_owned()),
            labels: Some(labels()),
            ..ObjectMeta::default()
        };
        let namespace = Namespace { metadata, ..Namespace::default() };
        namespaces.create(&PostParams::default(), &namespace).await.map_err(failed("create"))?;
        Ok(Some(Write { resource: "namespaces", verb: "create" }))
    }

    /// The Deployment of the operator: when it goes, the dashboard goes with it.
    async fn owner(&self, settings: &Settings) -> Result<Option<OwnerReference>, ApplyError> {
        let Some(name) = &settings.owner else { return Ok(None) };
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), self.namespace);
        let found = deployments.get_metadata_opt(name).await;
        let Some(found) = found.map_err(ApplyError::of("get", "deployments", name))? else {
            tracing::warn!(deployment = %name, "there is no such Deployment; the dashboard has no owner");
            return Ok(None);
        };
        Ok(found.metadata.uid.map(|uid| OwnerReference {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            name: name.clone(),
            uid,
            ..OwnerReference::default()
        }))
    }

    /// Credentials of all Secrets that are there. One that cannot be used is named and passed over.
    async fn credentials(&self, settings: &Settings) -> Result<Credentials, ApplyError> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), self.namespace);
        let mut credentials = Credentials::default();
        for name in &settings.secrets {
            let found = secrets.get_opt(name).await.map_err(ApplyError::of("get", "secrets", name))?;
            let Some(secret) = found else {
                tracing::warn!(secret = %name, "there is no such Secret; the dashboard goes without it");
                continue;
            };
            if let Err(problem) = credentials.add(&secret) {
                tracing::warn!(secret = %name, %problem, "the dashboard goes without this Secret");
            }
        }
        Ok(credentials)
    }

    /// Writes an object where it is not there as it is meant.
    async fn make(&self, object: Object) -> Result<Option<Write>, ApplyError> {
        let Object { kind, mut manifest } = object;
        seal(&mut manifest);
        let (api, name) = (self.api(kind), kind.object_name());
        let live = api.get_opt(name).await.map_err(ApplyError::of("get", kind.plural(), name))?;
        if live.is_some_and(|live| is_as_meant(&manifest, &live)) {
            return Ok(None);
        }
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        let written = api.patch(name, &parameters, &Patch::Apply(&manifest)).await;
        written.map_err(ApplyError::of("patch", kind.plural(), name))?;
        tracing::info!(resource = kind.plural(), name, "an object of the dashboard is written");
        Ok(Some(Write { resource: kind.plural(), verb: "patch" }))
    }

    /// Deletes an object that we made and that nobody has replaced since.
    async fn remove(&self, kind: Kind) -> Result<Option<Write>, ApplyError> {
        let (api, name) = (self.api(kind), kind.object_name());
        let live = match api.get_metadata_opt(name).await.map_err(ApplyError::of("get", kind.plural(), name))
        {
            Ok(Some(live)) => live.metadata,
            Ok(None) => return Ok(None),
            // An operator that never made dashboards may not look either.
            Err(error) if error.is_forbidden() => return Ok(None),
            Err(error) => return Err(error),
        };
        let maker = live.annotations.as_ref().and_then(|annotations| annotations.get(NAMESPACE_ANNOTATION));
        let is_of_another = kind.is_cluster_wide() && maker.is_some_and(|maker| maker != self.namespace);
        if !is_ours(live.labels.as_ref()) || is_of_another || live.deletion_timestamp.is_some() {
            return Ok(None);
        }
        let preconditions = Preconditions { uid: live.uid, resource_version: None };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
        match api.delete(name, &parameters).await {
            Ok(_) => {}
            // Somebody else deleted it, or made another one.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => return Ok(None),
            Err(error) => return Err(ApplyError::of("delete", kind.plural(), name)(error)),
        }
        tracing::info!(resource = kind.plural(), name, "an object of the dashboard is deleted");
        Ok(Some(Write { resource: kind.plural(), verb: "delete" }))
    }
}
