//! Laws of sets, on schemas that nobody wrote.

use proptest::prelude::*;
use schema_inclusion::{Answer, Dialect, Options, included, is_satisfiable};
use serde_json::{Value, json};

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-4_i64..8).prop_map(Value::from),
        Just(json!(1.5)),
        "[ab]{0,3}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"])
            .prop_map(|kind| json!({"type": kind})),
        (-3_i64..6, 0_i64..6)
            .prop_map(|(low, width)| json!({"minimum": low, "exclusiveMaximum": low + width})),
        (1_i64..4).prop_map(|unit| json!({"type": "number", "multipleOf": unit})),
        (0_u8..3, 0_u8..3).prop_map(|(low, more)| json!({"minLength": low, "maxLength": low + more})),
        prop::sample::select(vec!["^a", "b$", "^[ab]*$", "aa", "^(ab)+$"])
            .prop_map(|text| json!({"pattern": text})),
        prop::collection::vec(scalar(), 1..4).prop_map(|values| json!({"enum": values})),
        (0_u8..3, 0_u8..3).prop_map(
            |(low, more)| json!({"minItems": low, "maxItems": low + more, "uniqueItems": low == 1})
        ),
        prop::collection::btree_set("[abc]", 0..3).prop_map(|names| json!({"required": names})),
        (0_u8..3, 0_u8..3).prop_map(|(low, more)| json!({"minProperties": low, "maxProperties": low + more})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let many = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            many.clone().prop_map(|all| json!({"allOf": all})),
            many.clone().prop_map(|any| json!({"anyOf": any})),
            many.prop_map(|one| json!({"oneOf": one})),
            inner.clone().prop_map(|not| json!({"not": not})),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            inner.clone().prop_map(|item| json!({"contains": item})),
            (inner.clone(), inner.clone())
                .prop_map(|(first, rest)| json!({"prefixItems": [first], "items": rest})),
            (inner.clone(), inner.clone()).prop_map(|(own, rest)| json!({
                "type": "object", "properties": {"a": own}, "additionalProperties": rest
            })),
            (inner.clone(), inner.clone()).prop_map(|(of, rest)| json!({
                "patternProperties": {"^[ab]$": of}, "additionalProperties": rest
            })),
            inner.clone().prop_map(|names| json!({"propertyNames": names})),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(one, two, three)| json!({"if": one, "then": two, "else": three})),
        ]
    })
}

fn ask(left: &Value, right: &Value) -> Answer {
    included(left, right, &Options { steps: 60_000, ..Options::new(Dialect::Draft202012) })
}

fn accepts(schema: &Value, value: &Value) -> bool {
    jsonschema::draft202012::options().build(schema).unwrap().is_valid(value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every set is in itself, in each union with it, and holds each intersection with it.
    #[test]
    fn unions_and_intersections(one in schema(), two in schema()) {
        let refused = |answer: Answer| matches!(answer, Answer::NotIncluded { .. });
        let (union, both, twice) = (json!({"anyOf": [one, two]}), json!({"allOf": [one, two]}), json!({"not": {"not": one}}));
        prop_assert_eq!(ask(&one, &one), Answer::Included);
        prop_assert_eq!(ask(&one, &json!(true)), Answer::Included);
        let broken = [(&one, &union), (&both, &one), (&one, &twice), (&twice, &one)]
            .into_iter()
            .find(|(left, right)| refused(ask(left, right)));
        prop_assert!(broken.is_none(), "{:?}", broken);
    }

    /// What was proven holds for documents that nobody thought of; what was refuted is refuted by its witness.
    #[test]
    fn answers_hold_for_documents(left in schema(), right in schema(), value in value()) {
        match ask(&left, &right) {
            Answer::Included => {
                prop_assert!(!accepts(&left, &value) || accepts(&right, &value), "{left} {right} {value}");
            }
            Answer::NotIncluded { witness, .. } => {
                prop_assert!(accepts(&left, &witness) && !accepts(&right, &witness), "{left} {right} {witness}");
            }
            Answer::Undecided { .. } => {}
        }
        if is_satisfiable(&left, &Options::new(Dialect::Draft202012)) == Some(false) {
            prop_assert!(!accepts(&left, &value), "{left} {value}");
        }
    }

    /// A witness never turns out to be none: the search and the other implementation agree on what they understand.
    #[test]
    fn witnesses_are_never_refused(left in schema(), right in schema()) {
        if let Answer::Undecided { reason, .. } = ask(&left, &right) {
            prop_assert!(!reason.contains("should tell the schemas apart"), "{left} {right}: {reason}");
        }
    }
}
