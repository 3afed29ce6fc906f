//! Whether an object in the cluster is as it was meant.

use std::fmt::Write as _;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::DynamicObject;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::quantity::Quantity;

/// Annotation with the digest of what was written last: fields that are not meant any more must go, too.
pub const DIGEST_ANNOTATION: &str = "pacto.trianalab.io/digest";

/// Writes the digest into an object. Contents of a Secret are no part of it: short ones could be guessed.
pub fn seal(object: &mut DynamicObject) {
    let mut open = object.clone();
    if let Some(data) = open.data.as_object_mut() {
        data.shift_remove("data");
    }
    let text = serde_json::to_vec(&open).unwrap_or_default();
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(text) {
        // Writing to a string does not fail.
        let _ = write!(digest, "{byte:02x}");
    }
    let annotations = object.metadata.annotations.get_or_insert_default();
    annotations.insert(DIGEST_ANNOTATION.to_owned(), digest);
}

/// Whether everything that is meant is there. What others added beside it, or the cluster filled in, is theirs.
pub fn is_as_meant(meant: &DynamicObject, live: &DynamicObject) -> bool {
    let metadata = |metadata: &ObjectMeta| {
        serde_json::json!({
            "annotations": metadata.annotations,
            "labels": metadata.labels,
            "ownerReferences": metadata.owner_references,
        })
    };
    holds(&metadata(&meant.metadata), &metadata(&live.metadata), "") && holds(&meant.data, &live.data, "")
}

fn holds(meant: &Value, live: &Value, key: &str) -> bool {
    match (meant, live) {
        (Value::Object(meant), Value::Object(live)) => meant.iter().all(|(name, meant)| {
            let inner = if matches!(key, "requests" | "limits") { key } else { name };
            live.get(name).map_or_else(|| is_nothing(meant), |live| holds(meant, live, inner))
        }),
        (Value::Array(meant), Value::Array(live)) if is_merged_by_name(meant, key) => {
            meant.iter().all(|meant| {
                live.iter().any(|live| live.get("name") == meant.get("name") && holds(meant, live, ""))
            })
        }
        (Value::Array(meant), Value::Array(live)) => {
            meant.len() == live.len() && meant.iter().zip(live).all(|(meant, live)| holds(meant, live, ""))
        }
        (Value::String(meant), Value::String(live)) if matches!(key, "requests" | "limits") => {
            // The cluster writes quantities in its own way: 1000m is 1.
            match (meant.parse::<Quantity>(), live.parse::<Quantity>()) {
                (Ok(meant), Ok(live)) => meant.is_same_as(&live),
                _ => meant == live,
            }
        }
        (meant, live) => meant == live || (is_nothing(meant) && live.is_null()),
    }
}

/// Lists to which others may add. Subjects of a binding are none: one more has the rights, too.
fn is_merged_by_name(meant: &[Value], key: &str) -> bool {
    key != "subjects" && !meant.is_empty() && meant.iter().all(|entry| entry.get("name").is_some())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(entries) => entries.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(data: Value) -> DynamicObject {
        DynamicObject { types: None, metadata: ObjectMeta::default(), data }
    }

    #[test]
    fn what_the_cluster_fills_in_is_no_difference() {
        let meant = json!({ "spec": { "replicas": 1, "containers": [{ "name": "a", "image": "i:1",
            "resources": { "limits": { "cpu": "1000m", "memory": "1024Mi" } } }], "cache": {} } });
        let live = json!({ "spec": { "replicas": 1, "strategy": "x", "containers": [
            { "name": "sidecar", "image": "s" },
            { "name": "a", "image": "i:1", "pull": "Always", "resources": { "limits": { "cpu": "1", "memory": "1Gi" } } },
        ] }, "status": { "ready": 1 } });
        assert!(is_as_meant(&object(meant), &object(live)));
    }

    #[test]
    fn an_edit_is_a_difference() {
        let meant = json!({ "spec": { "replicas": 1, "drop": ["ALL"], "env": [{ "name": "A", "value": "1" }],
            "limits": { "cpu": "1" } }, "subjects": [{ "name": "a" }] });
        let edits: [fn(&mut Value); 7] = [
            |live| live["spec"]["replicas"] = json!(2),
            |live| live["spec"]["drop"] = json!([]),
            |live| live["spec"]["drop"] = json!(["ALL", "NET"]),
            |live| live["spec"]["env"][0]["value"] = json!("2"),
            |live| live["spec"]["env"] = json!(null),
            |live| live["spec"]["limits"]["cpu"] = json!("2"),
            |live| live["subjects"] = json!([{ "name": "a" }, { "name": "b" }]),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            let mut live = meant.clone();
            assert!(is_as_meant(&object(meant.clone()), &object(live.clone())));
            edit(&mut live);
            assert!(!is_as_meant(&object(meant.clone()), &object(live)), "edit {number}");
        }
    }

    #[test]
    fn the_digest_is_of_what_is_meant_without_secrets() {
        let sealed = |data: Value| {
            let mut object = object(data);
            seal(&mut object);
            object.metadata.annotations.unwrap()[DIGEST_ANNOTATION].clone()
        };
        assert_eq!(
            sealed(json!({ "type": "t", "data": { "k": "a" } })),
            sealed(json!({ "type": "t", "data": { "k": "b" } }))
        );
        assert_ne!(sealed(json!({ "type": "t" })), sealed(json!({ "type": "u" })));
    }
}
