//! Everything that the operator writes: statuses and revisions by server-side apply, events.

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, MicroTime, ObjectMeta, Time};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource as _};
use pacto_k8s::pacto::{Pacto, PactoStatus};
use pacto_k8s::revision::{PactoRevision, PactoRevisionStatus};
use pacto_k8s::{Problem, Timestamp};
use serde_json::{Value, json};

use crate::contract::Judged;
use crate::metrics::Metrics;
use crate::plan::Notice;
use crate::revision::{hexadecimal, revision};
use crate::subject::Subject;

/// Who writes, for the API server.
pub const FIELD_MANAGER: &str = "pacto-operator";
/// Component of events, as the original's.
const COMPONENT: &str = "pacto-controller";
/// Longest text of an event, in bytes.
const MAX_NOTE: usize = 1024;
/// Longest beginning of the name of an event; a time in hexadecimal digits follows.
const MAX_EVENT_PREFIX: usize = 230;

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be written: {problem}")]
pub struct WriteError {
    what: String,
    problem: Problem,
    is_gone: bool,
}

impl WriteError {
    fn new(what: &str, error: &kube::Error) -> Self {
        let is_gone = matches!(error, kube::Error::Api(status) if status.code == 404);
        Self { what: what.to_owned(), problem: Problem::from(error), is_gone }
    }

    /// Whether it is not there any more.
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }
}

/// Writes.
#[derive(Clone)]
pub struct Writer {
    client: Client,
    /// Which replica speaks.
    instance: String,
    metrics: std::sync::Arc<Metrics>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Writes by way of `client`, in the name of `instance`.
    pub fn new(client: Client, instance: &str, metrics: std::sync::Arc<Metrics>) -> Self {
        let instance = if instance.is_empty() { COMPONENT } else { instance }.to_owned();
        Self { client, instance, metrics }
    }

    /// Counts a request that changes something.
    pub fn wrote(&self, resource: &'static str, verb: &'static str) {
        self.metrics.wrote(resource, verb);
    }

    /// Writes the status of a Pacto.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn status(&self, subject: &Subject, status: &PactoStatus) -> Result<(), WriteError> {
        let key = subject.key();
        let api: Api<Pacto> = Api::namespaced(self.client.clone(), &key.namespace);
        let applied = json!({
            "apiVersion": Pacto::api_version(&()),
            "kind": Pacto::kind(&()),
            // One of the same name that was made meanwhile is another one.
            "metadata": {"name": key.name, "uid": subject.uid()},
            "status": status,
        });
        self.wrote("pactos/status", "apply");
        let failed = |error: &kube::Error| WriteError::new(&format!("the status of {key}"), error);
        let written = api.patch_status(&key.name, &applying(), &Patch::Apply(&applied)).await;
        let written = written.map_err(|error| failed(&error))?;
        // Fields of another operator that wrote this status before would stay for ever, also those that we do not know.
        let Some(patch) = take_over(&written.metadata) else { return Ok(()) };
        tracing::info!(pacto = %key, "the status was written by somebody else before; all of it is ours now");
        self.wrote("pactos", "patch");
        api.patch(&key.name, &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .map_err(|error| failed(&error))?;
        self.wrote("pactos/status", "apply");
        let written = api.patch_status(&key.name, &applying(), &Patch::Apply(&applied)).await;
        written.map(|_| ()).map_err(|error| failed(&error))
    }

    /// Makes the revision of a contract, if it is not there; gives its name.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn ensure_revision(
        &self,
        subject: &Subject,
        judged: &Judged,
        service: &str,
        version: &str,
    ) -> Result<String, WriteError> {
        let wanted = revision(subject, judged, service, version);
        let name = wanted.metadata.name.clone().unwrap_or_default();
        let key = subject.key();
        let failed = |error: &kube::Error| WriteError::new(&format!("revision {name} of {key}"), error);
        let api: Api<PactoRevision> = Api::namespaced(self.client.clone(), &key.namespace);
        let found = api.get_opt(&name).await.map_err(|error| failed(&error))?;
        let is_complete = found.as_ref().and_then(|found| found.status.as_ref()).is_some_and(|status| {
            status.resolved && status.contract_hash.is_some() && status.created_at.is_some()
        });
        if is_complete {
            return Ok(name);
        }
        let is_new = found.is_none();
        if is_new {
            self.wrote("pactorevisions", "create");
            let parameters =
                PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
            match api.create(&parameters, &wanted).await {
                Ok(_) => {}
                // Another replica was faster.
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        let created = found.and_then(|found| found.metadata.creation_timestamp);
        let status = PactoRevisionStatus {
            resolved: true,
            contract_hash: Some(hexadecimal(&judged.hash)),
            created_at: Some(created.unwrap_or_else(|| {
                let now = Timestamp::now();
                Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
            })),
            conditions: Vec::new(),
        };
        let applied = json!({
            "apiVersion": PactoRevision::api_version(&()),
            "kind": PactoRevision::kind(&()),
            "metadata": {"name": name},
            "status": status,
        });
        self.wrote("pactorevisions/status", "apply");
        let written = api.patch_status(&name, &applying(), &Patch::Apply(&applied)).await;
        written.map_err(|error| failed(&error))?;
        if is_new {
            let message = format!("revision {name} holds version {version}");
            self.tell(subject, &Notice { reason: "RevisionCreated", is_warning: false, message }).await;
        }
        Ok(name)
    }

    /// Tells people what happened. That an event is lost is not worth a second try.
    pub async fn tell(&self, subject: &Subject, notice: &Notice) {
        let note = notice.message.get(..notice.message.floor_char_boundary(MAX_NOTE)).unwrap_or_default();
        let key = subject.key();
        let regarding = ObjectReference {
            api_version: Some(Pacto::api_version(&()).into_owned()),
            kind: Some(Pacto::kind(&()).into_owned()),
            namespace: Some(key.namespace.clone()),
            name: Some(key.name.clone()),
            uid: Some(subject.uid().to_owned()),
            ..ObjectReference::default()
        };
        let now = Timestamp::now();
        // The recorder of the library counts events of one reason together and shows only the text of the first: which tag was
        // overwritten, and which revision was made, would be lost. And its names get longer than names may be.
        let start = key.name.get(..key.name.floor_char_boundary(MAX_EVENT_PREFIX)).unwrap_or_default();
        let event = Event {
            metadata: ObjectMeta {
                name: Some(format!("{}.{:x}", start.trim_end_matches(['-', '.']), now.as_nanosecond())),
                namespace: Some(key.namespace.clone()),
                ..ObjectMeta::default()
            },
            action: Some("Reconcile".to_owned()),
            event_time: Some(MicroTime(now)),
            note: Some(note.to_owned()),
            reason: Some(notice.reason.to_owned()),
            regarding: Some(regarding),
            reporting_controller: Some(COMPONENT.to_owned()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(if notice.is_warning { "Warning" } else { "Normal" }.to_owned()),
            ..Event::default()
        };
        self.wrote("events", "create");
        let api: Api<Event> = Api::namespaced(self.client.clone(), &key.namespace);
        if let Err(error) = api.create(&PostParams::default(), &event).await {
            tracing::info!(pacto = %key, reason = notice.reason, error = %error, "an event was not written");
        }
    }
}

/// What makes the fields that others wrote into the status ours, so that the next apply removes those that it does not name.
/// Nothing where there are none.
fn take_over(metadata: &ObjectMeta) -> Option<Value> {
    let is_status = |entry: &ManagedFieldsEntry| entry.subresource.as_deref() == Some("status");
    let is_ours = |entry: &ManagedFieldsEntry| {
        entry.manager.as_deref() == Some(FIELD_MANAGER) && entry.operation.as_deref() == Some("Apply")
    };
    let entries = metadata.managed_fields.as_deref().unwrap_or_default();
    let (status, mut kept): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(is_status);
    let (ours, others): (Vec<_>, Vec<_>) = status.into_iter().partition(is_ours);
    let mut ours = ours.into_iter().next()?;
    if others.is_empty() {
        return None;
    }
    for other in others {
        let (Some(own), Some(other)) = (&mut ours.fields_v1, other.fields_v1) else { continue };
        unite(&mut own.0, other.0);
    }
    kept.push(ours);
    // Somebody may write meanwhile: then the version is another one, and the next look tries again.
    Some(json!({"metadata": {"resourceVersion": metadata.resource_version, "managedFields": kept}}))
}

/// Adds the fields of one set to another: sets of fields are objects whose members are fields.
fn unite(fields: &mut Value, more: Value) {
    let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) else { return };
    for (name, below) in more {
        match fields.get_mut(&name) {
            Some(known) => unite(known, below),
            None => drop(fields.insert(name, below)),
        }
    }
}

fn applying() -> PatchParams {
    PatchParams::apply(FIELD_MANAGER).force()
}
