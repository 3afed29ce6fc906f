//! Resources that somebody wrote to break readers.

use pacto_contract::limits::{MAX_RESOURCE_ENTRIES, MAX_RESOURCE_TEXT_BYTES, MAX_RESOURCE_VIEW_BYTES};
use pacto_k8s::projection::{pacto, revision};
use proptest::prelude::*;
use serde_json::{Value, json};

fn with_status(status: &Value) -> Value {
    json!({"metadata": {"name": "payments", "namespace": "shop"}, "status": status})
}

fn with_message(message: &str) -> String {
    let view = pacto(&with_status(&json!({"conditions": [{"type": "A", "message": message}]})));
    view.conditions[0].message.clone().unwrap()
}

#[test]
fn a_name_of_253_characters_is_kept() {
    let name = "a".repeat(253);
    let view = pacto(&json!({"metadata": {"name": name, "namespace": "n".repeat(63)}}));
    assert_eq!((view.key.name.as_str(), view.service_name.as_str()), (name.as_str(), name.as_str()));
}

#[test]
fn a_text_is_kept_up_to_its_limit() {
    let longest = "x".repeat(MAX_RESOURCE_TEXT_BYTES);
    assert_eq!(with_message(&longest), longest);
    assert_eq!(with_message(&format!("{longest}x")), format!("{longest}…"));
}

#[test]
fn a_text_is_cut_between_characters() {
    let cut = with_message(&"ü".repeat(MAX_RESOURCE_TEXT_BYTES));
    assert_eq!(cut.chars().count(), MAX_RESOURCE_TEXT_BYTES / 2 + 1);
}

#[test]
fn a_list_is_kept_up_to_its_limit() {
    let ports = |count: usize| {
        let view = pacto(&with_status(&json!({"ports": {"expected": vec![1; count]}})));
        (view.ports.unwrap().expected.len(), view.dropped.len())
    };
    assert_eq!(ports(MAX_RESOURCE_ENTRIES), (MAX_RESOURCE_ENTRIES, 0));
    assert_eq!(ports(MAX_RESOURCE_ENTRIES + 1), (MAX_RESOURCE_ENTRIES, 1));
}

#[test]
fn all_texts_are_kept_up_to_their_limit() {
    let keys = |count: usize| {
        let keys: Vec<String> = (0..count).map(|index| format!("{index:0>1024}")).collect();
        let view = pacto(&with_status(&json!({"configuration": {"valueKeys": keys}})));
        (view.configurations[0].value_keys.len(), view.dropped)
    };
    // Name and namespace take a few bytes of it.
    let most = MAX_RESOURCE_VIEW_BYTES / 1024 - 1;
    assert_eq!(keys(most), (most, Vec::new()));
    let (kept, dropped) = keys(most + 1);
    assert_eq!(kept, most);
    assert_eq!(
        dropped,
        [format!("status.configuration.valueKeys[{most}]: left out, the resource is too large")]
    );
}

#[test]
fn a_status_of_a_megabyte_leaves_a_small_view() {
    let conditions: Vec<Value> = (0..500)
        .map(|index| json!({"type": format!("T{index}"), "status": "False", "message": "m".repeat(2_000)}))
        .collect();
    let status = json!({
        "contractStatus": "Warning",
        "contract": {"serviceName": "payments-service", "version": "1.0.0"},
        "conditions": conditions,
    });
    let object = with_status(&status);
    assert!(object.to_string().len() > 1_000_000);
    let view = pacto(&object);
    assert_eq!((view.service_name.as_str(), view.version.as_str()), ("payments-service", "1.0.0"));
    assert!(serde_json::to_string(&view).unwrap().len() < 2 * MAX_RESOURCE_VIEW_BYTES);
    assert!(view.dropped[0].contains("too large"), "{:?}", view.dropped);
}

#[test]
fn a_long_list_of_odd_things_gives_few_notes() {
    let view = pacto(&with_status(&json!({"interfaces": vec![7; 100_000]})));
    assert_eq!(view.dropped.len(), 16);
}

#[test]
fn a_long_key_is_not_repeated_in_notes() {
    let view = pacto(&with_status(&json!({"metadata": {"k".repeat(1_000_000): []}})));
    assert!(view.dropped[0].len() < 200, "{}", view.dropped[0].len());
}

#[test]
fn what_is_no_object_is_an_empty_view() {
    for odd in [
        json!(null),
        json!(7),
        json!("x"),
        json!([1]),
        json!({}),
        json!({"metadata": 7, "spec": [], "status": "x"}),
    ] {
        assert_eq!(pacto(&odd).service_name, "");
        assert_eq!(revision(&odd).version, "");
    }
}

/// Keys that are looked for, so that odd values meet the code that reads them.
const KEYS: &[&str] = &[
    "metadata",
    "spec",
    "status",
    "contract",
    "owner",
    "contacts",
    "conditions",
    "endpoints",
    "interfaces",
    "ports",
    "expected",
    "summary",
    "total",
    "validation",
    "errors",
    "message",
    "name",
    "type",
    "ref",
    "url",
    "reachable",
    "configurations",
    "policy",
    "valueKeys",
    "runtime",
    "source",
    "version",
    "createdAt",
    "health",
    "port",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let key = prop_oneof![
            8 => proptest::sample::select(KEYS).prop_map(str::to_owned),
            1 => ".{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_stops_a_projection(metadata in any_json(), spec in any_json(), status in any_json()) {
        let object = json!({"metadata": metadata, "spec": spec, "status": status});
        let view = pacto(&object);
        prop_assert!(view.dropped.len() <= 16);
        prop_assert_eq!(pacto(&object), view);
        let _ = revision(&object);
    }
}
