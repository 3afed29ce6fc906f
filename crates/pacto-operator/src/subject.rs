//! The Pacto resource as the operator keeps it: the spec, and of the status what the next one is compared with.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::NamespaceResourceScope;
use pacto_k8s::condition::Condition;
use pacto_k8s::pacto::{Pacto, PactoSpec, PactoStatus};
use pacto_k8s::view::ContractStatus;
use pacto_k8s::{GROUP, ResourceKey, VERSION};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Annotation of a Pacto: with `false` its endpoints are not asked.
pub const PROBE_ANNOTATION: &str = "pacto.trianalab.io/probe";

/// A Pacto. One whose spec is not what the definition says is kept too, with the reason: one bad object must not hide the
/// others.
#[derive(Debug, Clone)]
pub struct Subject {
    metadata: ObjectMeta,
    /// What is wanted, or why it cannot be read.
    pub spec: Result<PactoSpec, String>,
    /// What was written last.
    pub prior: Prior,
    /// Whether its endpoints may be asked.
    pub is_probed: bool,
}

/// The status that is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prior {
    /// The verdict.
    pub contract_status: Option<ContractStatus>,
    /// The checks, for their times.
    pub conditions: Vec<Condition>,
    /// Identity of everything but clocks; none without a status.
    pub fingerprint: Option<Fingerprint>,
    /// Name of the revision that was in force.
    pub current_revision: Option<String>,
    /// The artifact that it was pulled from.
    pub resolved_ref: Option<String>,
    /// Errors of validation, in one text.
    pub trouble: Option<String>,
}

/// Identity of a status without its clocks.
pub type Fingerprint = [u8; 16];

impl Subject {
    /// Where it is.
    pub fn key(&self) -> ResourceKey {
        ResourceKey::new(
            self.metadata.namespace.clone().unwrap_or_default(),
            self.metadata.name.clone().unwrap_or_default(),
        )
    }

    /// How often the spec changed.
    pub fn generation(&self) -> Option<i64> {
        self.metadata.generation
    }

    /// Its identity in the cluster.
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// Whether it goes away.
    pub fn is_going(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Whether `other`, an older or newer state of the same resource, asks for the same.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        self.spec == other.spec && self.is_probed == other.is_probed && self.is_going() == other.is_going()
            && self.uid() == other.uid()
            // Somebody else wrote the status: it is to be what it was.
            && (self.prior.fingerprint.is_some() || other.prior.fingerprint.is_none())
    }
}

impl kube::Resource for Subject {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        Pacto::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        GROUP.into()
    }

    fn version((): &()) -> Cow<'_, str> {
        VERSION.into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        Pacto::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            metadata: ObjectMeta,
            #[serde(default)]
            spec: Value,
            #[serde(default)]
            status: Value,
        }
        let Wire { metadata, spec, status } = Wire::deserialize(deserializer)?;
        let annotations = metadata.annotations.as_ref();
        let is_probed =
            annotations.and_then(|all| all.get(PROBE_ANNOTATION)).is_none_or(|word| word != "false");
        // Labels, annotations and managed fields of ten thousand resources are not kept.
        let metadata = ObjectMeta {
            name: metadata.name,
            namespace: metadata.namespace,
            uid: metadata.uid,
            generation: metadata.generation,
            resource_version: metadata.resource_version,
            deletion_timestamp: metadata.deletion_timestamp,
            ..ObjectMeta::default()
        };
        let spec = serde_json::from_value(spec).map_err(|error| format!("the spec cannot be read: {error}"));
        let prior = serde_json::from_value(status).map(|status| Prior::of(&status)).unwrap_or_default();
        Ok(Self { metadata, spec, prior, is_probed })
    }
}

impl Prior {
    /// What of a status is kept.
    pub fn of(status: &PactoStatus) -> Self {
        // A resource without a status has an empty one.
        let is_there = status.contract_status.is_some();
        Self {
            contract_status: status.contract_status,
            conditions: status.conditions.clone(),
            current_revision: status.current_revision.clone(),
            resolved_ref: status.contract.as_ref().and_then(|contract| contract.resolved_ref.clone()),
            fingerprint: is_there.then(|| fingerprint(status)),
            trouble: status.validation.as_ref().and_then(|validation| {
                let errors: Vec<&str> =
                    validation.errors.iter().map(|error| error.message.as_str()).collect();
                (!errors.is_empty()).then(|| errors.join("; "))
            }),
        }
    }
}

/// Identity of a status without its clocks: two statuses with the same one say the same.
pub fn fingerprint(status: &PactoStatus) -> Fingerprint {
    let mut status = status.clone();
    status.last_reconciled_at = None;
    if let Some(readiness) = &mut status.readiness {
        readiness.days_remaining = None;
    }
    for endpoint in status.endpoints.values_mut() {
        endpoint.latency_ms = None;
    }
    let mut value = serde_json::to_value(&status).unwrap_or_default();
    if let Some(conditions) = value.get_mut("conditions").and_then(Value::as_array_mut) {
        for condition in conditions.iter_mut().filter_map(Value::as_object_mut) {
            condition.remove("lastTransitionTime");
        }
    }
    let hash = Sha256::digest(value.to_string().as_bytes());
    let mut identity = Fingerprint::default();
    for (target, source) in identity.iter_mut().zip(hash) {
        *target = source;
    }
    identity
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resource_is_reduced_and_its_clocks_do_not_count() {
        let text = |time: &str, latency: u64, reason: &str| {
            json!({
                "metadata": {"name": "cart", "namespace": "shop", "labels": {"a": "b"},
                    "annotations": {PROBE_ANNOTATION: "false", "big": "x"}},
                "spec": {"contractRef": {"oci": "r.example/cart"}},
                "status": {
                    "contractStatus": "Compliant", "lastReconciledAt": time,
                    "endpoints": {"health": {"url": "u", "reachable": true, "latencyMs": latency}},
                    "conditions": [{"type": "ContractValid", "status": "True", "reason": reason, "message": "",
                        "lastTransitionTime": time}],
                },
            })
        };
        let read = |value: Value| serde_json::from_value::<Subject>(value).unwrap();
        let first = read(text("2026-01-01T00:00:00Z", 1, "Parsed"));
        let later = read(text("2026-02-01T00:00:00Z", 9, "Parsed"));
        let other = read(text("2026-02-01T00:00:00Z", 9, "ReferenceOnly"));
        assert!(!first.is_probed && first.metadata.labels.is_none() && first.metadata.annotations.is_none());
        assert_eq!(first.prior.fingerprint, later.prior.fingerprint);
        assert_ne!(first.prior.fingerprint, other.prior.fingerprint);
        assert!(first.asks_the_same(&other));
    }

    #[test]
    fn one_that_cannot_be_read_is_kept_with_the_reason() {
        let value =
            json!({"metadata": {"name": "a"}, "spec": {"contractRef": 3}, "status": {"conditions": 1}});
        let subject: Subject = serde_json::from_value(value).unwrap();
        assert!(subject.spec.unwrap_err().contains("contractRef") || subject.prior == Prior::default());
    }
}
