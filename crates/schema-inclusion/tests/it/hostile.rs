//! Schemas made to hurt end soon, with an answer that is not wrong.

use std::time::{Duration, Instant};

use schema_inclusion::{Answer, Dialect, Options, Part, Questions, included};
use serde_json::{Value, json};

/// Far more than any of these needs.
const PATIENCE: Duration = Duration::from_secs(30);

fn ask(left: &Value, right: &Value) -> Answer {
    included(left, right, &Options::new(Dialect::Draft202012))
}

#[test]
fn schemas_made_to_hurt_end_soon() {
    let began = Instant::now();
    let many: Vec<Value> = (0..2_000)
        .map(|index| json!({"properties": {"kind": {"const": index}}, "required": ["kind"]}))
        .collect();
    let mut nested = json!({"type": "integer"});
    let mut negated = json!({"type": "string"});
    // Much deeper ones are more than `Value` itself can be made and dropped with, on the stack of a test.
    for _ in 0..450 {
        nested = json!({"allOf": [nested]});
        negated = json!({"not": negated});
    }
    // Each speaks of the one before twice: written out it would have sixteen million parts.
    let mut parts = serde_json::Map::from_iter([("s0".to_owned(), json!({"type": "string"}))]);
    for index in 1..=24 {
        let before = json!({"$ref": format!("#/$defs/s{}", index - 1)});
        parts.insert(
            format!("s{index}"),
            json!({"anyOf": [before, {"allOf": [before, {"minLength": index}]}]}),
        );
    }
    // The smallest document of this web has sixteen million values.
    let mut web = serde_json::Map::from_iter([("s0".to_owned(), json!({"type": "integer"}))]);
    for index in 1..=24 {
        let before = json!({"$ref": format!("#/$defs/s{}", index - 1)});
        web.insert(
            format!("s{index}"),
            json!({"type": "object", "properties": {"a": before, "b": before}, "required": ["a", "b"]}),
        );
    }
    let web = json!({"$defs": web, "$ref": "#/$defs/s24"});
    // Every way to the last one is gone by whoever checks a document without keeping what it saw.
    let mut ways = serde_json::Map::from_iter([("s0".to_owned(), json!({"type": "string"}))]);
    for index in 1..=30 {
        let before = json!({"$ref": format!("#/$defs/s{}", index - 1)});
        ways.insert(format!("s{index}"), json!({"allOf": [before, before]}));
    }
    let all = json!({"$defs": ways, "$ref": "#/$defs/s30"});
    let doubled = json!({"$defs": parts, "$ref": "#/$defs/s24"});
    let wide: Value = (0..40).map(|index| json!({"anyOf": [{"required": [format!("a{index}")]}, {"required": [format!("b{index}")]}]})).collect();
    let slow = json!({"pattern": "^(a|aa)+$", "minLength": 500});
    let patterns: Value = (0..12)
        .map(|index| (format!("^.{{{index}}}x.*y{{3,9}}$"), json!({"type": "integer"})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (left, right) in [
        (json!({"oneOf": many}), json!({"type": "object"})),
        (json!({"anyOf": many}), json!({"anyOf": many.iter().rev().cloned().collect::<Vec<_>>()})),
        (nested.clone(), json!({"type": "number"})),
        (negated, json!({"type": "string"})),
        (web, json!({"type": "string"})),
        (all, json!({"type": "integer"})),
        (doubled, json!({"type": "string"})),
        (json!({"allOf": wide}), json!({"required": ["c"]})),
        (slow, json!({"pattern": "b"})),
        (json!({"pattern": "(a?){50}(b?){50}c{900}"}), json!({"maxLength": 3})),
        (json!({"pattern": "^(?=x)"}), json!({"pattern": "^y"})),
        (json!({"patternProperties": patterns}), json!({"additionalProperties": {"type": "integer"}})),
        (json!({"minItems": 90_000_000}), json!({"type": "string"})),
        (json!({"minProperties": 90_000_000, "type": "object"}), json!({"type": "string"})),
        (json!({"minLength": 90_000_000, "type": "string"}), json!({"type": "object"})),
        (json!({"multipleOf": 1e-300, "type": "number"}), json!({"multipleOf": 1e300})),
        (json!({"type": "number", "multipleOf": 0.000_000_1}), json!({"multipleOf": 7_919})),
        (json!({"$ref": "#"}), json!({"type": "integer"})),
        (
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
            json!(false),
        ),
        (
            json!({"$defs": {"t": {"properties": {"n": {"$ref": "#/$defs/t"}}, "required": ["n"], "type": "object"}}, "$ref": "#/$defs/t"}),
            json!(false),
        ),
        (json!({"$ref": "https://elsewhere.example/x"}), json!({"type": "integer"})),
        (
            json!({"type": 5, "enum": 7, "properties": [], "required": {}, "items": 3}),
            json!({"type": "integer"}),
        ),
    ] {
        let each = Instant::now();

        let answer = ask(&left, &right);
        assert!(each.elapsed() < PATIENCE, "{:?}", each.elapsed());
        if let Answer::NotIncluded { witness, .. } = &answer {
            assert!(witness.to_string().len() < 10_000, "{}", witness.to_string().len());
        }
    }
    assert!(began.elapsed() < 4 * PATIENCE, "{:?}", began.elapsed());
    // Nothing finite is of this type: nothing at all is.
    let endless = json!({"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]});
    assert_eq!(ask(&endless, &json!(false)), Answer::Included);
}

/// Each level that may be null is read once: read twice at each, thirty levels would never end.
#[test]
fn nullable_levels_are_read_once() {
    let mut levels = json!({"type": "string", "nullable": true});
    for _ in 0..30 {
        levels = json!({"type": "object", "nullable": true, "properties": {"a": levels}});
    }
    let options = Options::new(Dialect::OpenApi30);
    assert_eq!(included(&levels, &levels.clone(), &options), Answer::Included);
}

/// Items that have to be there are several, even where every item is of that kind anyway.
#[test]
fn items_that_have_to_be_there_are_counted() {
    let of = |least: u64| json!({"type": "array", "items": {"type": "string"}, "contains": {"type": "string"}, "minContains": least});
    assert_eq!(ask(&of(3), &of(2)), Answer::Included);
    let Answer::NotIncluded { witness, .. } = ask(&of(1), &of(2)) else { panic!() };
    assert_eq!(witness, json!([""]));
}

/// What is not understood is not taken for the same because it stands at the same place.
#[test]
fn what_is_not_understood_is_never_the_same() {
    let of = |inner: Value| json!({"properties": {"a": {"unevaluatedProperties": inner}}});
    assert!(matches!(
        ask(&of(json!({"type": "string"})), &of(json!({"type": "integer"}))),
        Answer::Undecided { .. }
    ));
    let deep =
        |end: &str| (0..300).fold(json!({"type": end}), |inner, _| json!({"properties": {"a": inner}}));
    assert!(matches!(ask(&deep("string"), &deep("integer")), Answer::Undecided { .. }));
}

#[test]
fn what_looked_like_proof_and_was_none() {
    // Two demands about the same items are met by the same items.
    let most = |most: Option<u64>| {
        let mut schema = json!({"type": "array", "contains": {"type": "integer"}, "maxItems": 4});
        if let Some(most) = most {
            schema["maxContains"] = json!(most);
        }
        schema
    };
    let Answer::NotIncluded { witness, .. } = ask(&most(None), &most(Some(3))) else { panic!() };
    assert_eq!(witness, json!([0, 0, 0, 0]));
    // Numbers that are large are numbers.
    let large =
        |most: u64| json!({"type": "integer", "minimum": 9_000_000_000_000_000_000_u64, "maximum": most});
    let between = json!({"type": "integer", "minimum": 9_223_372_036_854_775_808_u64, "maximum": u64::MAX});
    assert_eq!(ask(&large(9_223_372_036_854_775_807), &large(u64::MAX)), Answer::Included);
    assert!(matches!(ask(&between, &json!(false)), Answer::NotIncluded { .. }));
    let beyond = json!({"type": "integer", "minimum": 1e25});
    assert!(matches!(ask(&beyond, &json!(false)), Answer::Undecided { .. }));
    // A web that is asked about one value.
    let mut web = serde_json::Map::from_iter([("l45".to_owned(), json!({"type": "integer"}))]);
    for index in 0..45 {
        let next = json!({"$ref": format!("#/$defs/l{}", index + 1)});
        web.insert(
            format!("l{index}"),
            json!({"anyOf": [{"allOf": [next, {"minLength": index}]}, {"allOf": [next, {"maxLength": 90 + index}]}]}),
        );
    }
    let web = json!({"$defs": web, "$ref": "#/$defs/l0"});
    assert!(!matches!(ask(&json!({"enum": ["x"]}), &web), Answer::Included));
    let many = json!({"type": "array", "minItems": 20_000, "contains": {}, "minContains": 20_000});
    assert!(!matches!(ask(&many, &json!({"maxItems": 5})), Answer::Included));
}

/// Whatever is asked about nothing is true.
#[test]
fn nothing_and_parts_that_are_nothing_are_seen() {
    let is_inhabited = |schema: &Value| {
        let part = Part { schema, root: schema };
        Questions::new(Dialect::Draft202012, Dialect::Draft202012).is_inhabited(part, 100_000).0
    };
    let never = json!({"type": "string", "enum": [1, 2]});
    assert!(!is_inhabited(&never));
    assert!(!is_inhabited(&json!({"properties": {"a": never}})));
    assert!(!is_inhabited(&json!({"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]})));
    assert!(!is_inhabited(&json!({"properties": {"p": {"allOf": [
        {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": false},
        {"type": "object", "properties": {"b": {}}, "required": ["b"], "additionalProperties": false}
    ]}}})));
    assert!(is_inhabited(&json!({
        "type": "object", "properties": {"a": {"type": "array", "items": {"$ref": "#"}}}, "additionalProperties": false
    })));
}

#[test]
fn refactorings_change_nothing() {
    let inline =
        json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]});
    let referring = json!({
        "type": "object", "properties": {"a": {"$ref": "#/$defs/text"}}, "required": ["a"],
        "$defs": {"text": {"minLength": 1, "type": "string", "description": "words"}}
    });
    let split = json!({"allOf": [
        {"required": ["a"]}, {"type": "object"}, {"properties": {"a": {"allOf": [{"type": "string"}, {"minLength": 1}]}}}
    ]});
    let spellings = [
        json!({"type": ["string", "null"]}),
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        json!({"oneOf": [{"type": "null"}, {"type": "string"}]}),
    ];
    for group in [vec![inline, referring, split], spellings.to_vec()] {
        for left in &group {
            for right in &group {
                assert_eq!(ask(left, right), Answer::Included, "{left} {right}");
            }
        }
    }
    let nullable = json!({"type": "string", "nullable": true});
    let mut options = Options::new(Dialect::OpenApi30);
    options.right = Dialect::Draft202012;
    for spelling in &spellings {
        assert_eq!(included(&nullable, spelling, &options), Answer::Included);
    }
}
