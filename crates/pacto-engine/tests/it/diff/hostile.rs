//! Files made to hurt: every one is compared in time, and what cannot be compared is said.

use std::fmt::Write;
use std::time::{Duration, Instant};

use pacto_contract::yaml::{Budget, load};
use pacto_engine::diff::{Classification, Comparison};
use serde_json::{Map, Value, json};

use super::fixture::{Version, diff, rule_ids};

/// What a person would call a hang.
const HANG: Duration = Duration::from_secs(2);

/// Time that this thread has worked, where the system says so; other work on the machine does not count.
fn worked(since: Instant) -> Duration {
    let counter = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = counter.split_whitespace().next().and_then(|text| text.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// Compares both ways; neither may take long.
fn timed(what: &str, old: &Version, new: &Version) -> [Comparison; 2] {
    let start = Instant::now();
    [(old, new), (new, old)].map(|(old, new)| {
        let before = worked(start);
        let comparison = diff(old, new);
        let took = worked(start).saturating_sub(before);
        assert!(took < HANG, "{what} took {took:?}");
        comparison
    })
}

/// A document whose only body has the schema `Root` of these.
fn api(schemas: &Value) -> Version {
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Root"}}});
    Version::http(&json!({
        "openapi": "3.1.0",
        "paths": {"/it": {"post": {
            "requestBody": {"content": content.clone()},
            "responses": {"200": {"description": "fine", "content": content}},
        }}},
        "components": {"schemas": schemas},
    }))
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Schemas by number, the first is `Root`.
fn numbered(count: usize, schema: impl Fn(usize) -> Value) -> Value {
    let name = |number: usize| if number == 0 { "Root".to_owned() } else { format!("S{number}") };
    Value::Object((0..count).map(|number| (name(number), schema(number))).collect())
}

/// Puts a schema into another one.
type Wrap = fn(Value) -> Value;

fn silent(comparison: &Comparison) -> bool {
    comparison.changes.is_empty() && comparison.diagnostics.is_empty()
}

#[test]
fn cycles_of_references_end() {
    let cycles = [
        ("self", json!({"Root": reference("Root")})),
        ("mutual", json!({"Root": reference("B"), "B": reference("Root")})),
        ("through allOf", json!({"Root": {"allOf": [reference("Root"), {"type": "object"}]}})),
        (
            "through allOf and back",
            json!({"Root": {"allOf": [reference("B")]}, "B": {"allOf": [reference("Root")]}}),
        ),
        ("through a property", json!({"Root": {"properties": {"next": reference("Root")}}})),
        ("through items", json!({"Root": {"type": "array", "items": reference("Root")}})),
        ("through oneOf", json!({"Root": {"oneOf": [{"type": "string"}, reference("Root")]}})),
        ("through not", json!({"Root": {"not": reference("Root")}})),
        ("through additionalProperties", json!({"Root": {"additionalProperties": reference("Root")}})),
    ];
    for (what, schemas) in &cycles {
        let same = timed(what, &api(schemas), &api(schemas));
        assert!(same.iter().all(silent), "{what}: {same:?}");
        for (other, changed) in &cycles {
            let [forth, back] = timed(what, &api(schemas), &api(changed));
            assert_eq!(forth.changes.is_empty(), back.changes.is_empty(), "{what} and {other}");
        }
    }
}

#[test]
fn a_change_inside_of_a_cycle_is_found() {
    let list = |value: &str| {
        let next = json!({"oneOf": [{"type": "null"}, reference("Root")]});
        api(&json!({"Root": {"type": "object", "properties": {"value": {"type": value}, "next": next}}}))
    };
    let [forth, _] = timed("list", &list("string"), &list("integer"));
    assert_eq!(forth.classification, Classification::Breaking);
    assert!(rule_ids(&forth).contains("request-property-type-changed"), "{:?}", rule_ids(&forth));
}

#[test]
fn an_unrolled_cycle_is_the_same_list() {
    let node = |next: &str| json!({"type": "object", "properties": {"next": reference(next)}});
    let once = api(&json!({"Root": node("Root")}));
    let twice = api(&json!({"Root": node("Other"), "Other": node("Root")}));
    for comparison in timed("unrolled", &once, &twice) {
        assert!(silent(&comparison), "{comparison:?}");
    }
    let tree =
        |next: &str| json!({"oneOf": [{"type": "string"}, {"type": "array", "items": reference(next)}]});
    let once = api(&json!({"Root": tree("Root")}));
    let twice = api(&json!({"Root": tree("Other"), "Other": tree("Root")}));
    for comparison in timed("unrolled tree", &once, &twice) {
        assert!(silent(&comparison), "{comparison:?}");
    }
}

#[test]
fn a_long_chain_of_references_is_followed_or_given_up() {
    const LENGTH: usize = 10_000;
    let chain = |end: Value| {
        api(&numbered(LENGTH, |number| {
            if number + 1 == LENGTH { end.clone() } else { reference(&format!("S{}", number + 1)) }
        }))
    };
    let [forth, _] = timed("chain", &chain(json!({"type": "string"})), &chain(json!({"type": "integer"})));
    assert!(forth.classification >= Classification::PotentialBreaking, "{forth:?}");
    let same = timed("chain", &chain(json!({})), &chain(json!({})));
    assert!(same.iter().all(silent), "{same:?}");
}

#[test]
fn a_deep_schema_is_compared_or_said_to_be_too_deep() {
    for (what, wrap) in [
        ("properties", (|inner| json!({"properties": {"a": inner}})) as Wrap),
        ("items", |inner| json!({"type": "array", "items": inner})),
        ("allOf", |inner| json!({"allOf": [inner, {"type": "object"}]})),
        ("oneOf", |inner| json!({"oneOf": [{"type": "string"}, {"type": "array", "items": inner}]})),
        ("not", |inner| json!({"not": inner})),
        // With the types: else whatever is no array would be accepted at the second level, and nothing would differ.
        (
            "contains",
            |inner| json!({"type": "array", "contains": {"anyOf": [inner, {"type": "number", "minimum": 1}]}}),
        ),
    ] {
        // Deeper than a file may nest, by way of references.
        let deep = |end: Value| {
            api(&numbered(300, |number| {
                let mut schema =
                    if number == 299 { end.clone() } else { reference(&format!("S{}", number + 1)) };
                for _ in 0..20 {
                    schema = wrap(schema);
                }
                schema
            }))
        };
        let [forth, back] = timed(what, &deep(json!({"type": "string"})), &deep(json!({"type": "integer"})));
        for comparison in [forth, back] {
            assert!(comparison.classification >= Classification::PotentialBreaking, "{what}: {comparison:?}");
        }
    }
}

#[test]
fn a_deep_file_is_refused_with_a_reason() {
    for depth in [5_000, 100_000] {
        let nest = |end: &str| {
            let text = format!("{}{end}{}", "{\"allOf\":[".repeat(depth), "]}".repeat(depth));
            Version::http_text(&format!(
                "{{\"openapi\":\"3.1.0\",\"components\":{{\"schemas\":{{\"Root\":{text}}}}}}}"
            ))
        };
        let [forth, _] = timed("deep file", &nest("true"), &nest("false"));
        assert_eq!(forth.classification, Classification::PotentialBreaking);
        assert_eq!(forth.diagnostics.len(), 2);
    }
}

#[test]
fn exponential_webs_are_not_unrolled() {
    let webs: [(&str, Wrap); 5] = [
        ("allOf", |next| json!({"allOf": [next, next]})),
        ("properties", |next| json!({"properties": {"a": next, "b": next}})),
        ("oneOf", |next| json!({"oneOf": [next, {"allOf": [next]}]})),
        ("not", |next| json!({"not": {"properties": {"a": next, "b": next}}})),
        (
            "allOf of properties",
            |next| json!({"allOf": [{"properties": {"a": next}}, {"properties": {"a": next, "b": next}}]}),
        ),
    ];
    for (what, web) in webs {
        let build = |end: Value| {
            api(&numbered(31, |number| {
                if number == 30 { end.clone() } else { web(reference(&format!("S{}", number + 1))) }
            }))
        };
        let [forth, back] =
            timed(what, &build(json!({"type": "string"})), &build(json!({"type": "integer"})));
        assert!(forth.classification >= Classification::PotentialBreaking, "{what}");
        assert!(back.classification >= Classification::PotentialBreaking, "{what}");
        let same = timed(what, &build(json!({})), &build(json!({})));
        assert!(same.iter().all(silent), "{what}: {same:?}");
    }
}

/// Names that lead to sets of schemas: as an automaton, it has 2^30 states once it is made deterministic.
#[test]
fn sets_of_schemas_that_hold_together_are_not_enumerated() {
    let automaton = |end: Value| {
        api(&numbered(31, |number| {
            let next = if number == 30 { end.clone() } else { reference(&format!("S{}", number + 1)) };
            if number == 0 {
                let both = json!({"allOf": [reference("Root"), reference("S1")]});
                json!({"properties": {"a": both, "b": reference("Root")}})
            } else {
                json!({"properties": {"a": next, "b": next}})
            }
        }))
    };
    let [forth, _] =
        timed("automaton", &automaton(json!({"type": "string"})), &automaton(json!({"type": "integer"})));
    assert!(forth.classification >= Classification::PotentialBreaking);
}

/// Many places that each lead into something large.
#[test]
fn work_is_bounded_over_all_places_together() {
    let parts: Vec<_> = (0..1_500).map(|number| json!({"maxProperties": number})).collect();
    let places = |end: usize| {
        let named: Map<String, Value> =
            (0..1_500).map(|number| (format!("p{number}"), json!({"allOf": [reference("Large")]}))).collect();
        let mut parts = parts.clone();
        parts.push(json!({"maxLength": end}));
        api(&json!({"Root": {"type": "object", "properties": named}, "Large": {"allOf": parts}}))
    };
    let [forth, _] = timed("places", &places(1), &places(2));
    assert!(forth.classification >= Classification::PotentialBreaking);

    let many = |count: usize| {
        let parts: Vec<_> = (0..count).map(|number| json!({"maxProperties": number + 1})).collect();
        api(&json!({"Root": {"allOf": parts}}))
    };
    let [forth, _] = timed("parts", &many(9_000), &many(8_999));
    assert!(rule_ids(&forth).contains("request-body-all-of-removed"), "{:?}", rule_ids(&forth));

    let operations = |end: usize| {
        let schema = json!({"schema": reference("Large")});
        let operation = json!({"post": {"requestBody": {"content": {"application/json": schema}}}});
        let paths: Map<String, Value> =
            (0..1_000).map(|number| (format!("/p{number}"), operation.clone())).collect();
        let named: Map<String, Value> = (0..1_000)
            .map(|number| (format!("p{number}"), json!({"type": "string", "maxLength": end})))
            .collect();
        let large = json!({"not": {"properties": named.clone()}, "properties": named});
        Version::http(
            &json!({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"Large": large}}}),
        )
    };
    let [forth, _] = timed("operations", &operations(2), &operations(1));
    assert_eq!(forth.classification, Classification::Breaking);
}

#[test]
fn many_alternatives_are_compared() {
    let branches = |count: usize, kind: &str| {
        let branch = |number: usize| {
            let name = format!("k{number}");
            json!({"type": "object", "required": [name], "properties": {name: {"type": kind}}})
        };
        let branches: Vec<_> = (0..count).map(branch).collect();
        api(&json!({"Root": {"oneOf": branches}}))
    };
    let [forth, back] = timed("one more", &branches(2_000, "string"), &branches(2_001, "string"));
    assert!(rule_ids(&forth).contains("request-body-one-of-added"), "{:?}", rule_ids(&forth));
    assert!(rule_ids(&back).contains("request-body-one-of-removed"), "{:?}", rule_ids(&back));
    let [forth, _] = timed("all other", &branches(2_000, "string"), &branches(2_000, "integer"));
    assert!(forth.classification >= Classification::PotentialBreaking);
}

#[test]
fn references_out_of_the_bundle_lead_nowhere() {
    let secret: &[u8] = b"{\"type\": \"integer\"}";
    for target in [
        "file:///etc/passwd",
        "/etc/passwd",
        "/proc/self/environ",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]/schema.json",
        "//localhost/schema.json",
        "../../../etc/passwd",
        "../secret.json",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..\\secret.json",
        "\\\\server\\share",
        "C:\\secret.json",
        "C:/secret.json",
        "secret.json%00",
        "secret.json%zz",
        "#/components/schemas/%",
        "#/components/schemas/~2",
        "#/components/schemas/Lost",
        "#anchor",
        "",
        "#",
    ] {
        let version = |target: &str| {
            let schema = json!({"$ref": target});
            let content = json!({"application/json": {"schema": schema}});
            let operation = json!({"requestBody": {"content": content}});
            let document = json!({"openapi": "3.1.0", "paths": {"/it": {"post": operation}}});
            Version::http_files(
                &[("interfaces/api.json", document.to_string().as_bytes()), ("secret.txt", secret)],
                "interfaces/api.json",
            )
        };
        let known = version("#/openapi");
        let [forth, back] = timed(target, &known, &version(target));
        // The whole document is no schema of a string, but it is a target.
        let is_target = matches!(target, "" | "#");
        for comparison in [forth, back] {
            let lost = rule_ids(&comparison).contains("request-body-reference-unresolved");
            assert_eq!(lost, !is_target, "{target}: {comparison:?}");
            assert!(comparison.classification <= Classification::PotentialBreaking, "{target}");
        }
        let same = timed(target, &version(target), &version(target));
        assert!(same.iter().all(silent), "{target}: {same:?}");
    }
}

#[test]
fn names_with_escapes_are_found() {
    let odd = ["a/b", "a~b", "a%b", "a b", "~1", "~0~1%25", "ü", "#", "$ref", ""];
    for name in odd {
        let escaped = name.replace('~', "~0").replace('/', "~1").replace('%', "%25");
        let version = |kind: &str| {
            let reference = json!({"$ref": format!("#/components/schemas/{escaped}")});
            api(&json!({"Root": reference, name: {"type": kind}}))
        };
        let [forth, _] = timed(name, &version("string"), &version("integer"));
        assert!(rule_ids(&forth).contains("request-body-type-changed"), "{name}: {forth:?}");
    }
}

#[test]
fn many_paths_are_compared() {
    let paths = |from: usize, to: usize| {
        let mut text = String::from("openapi: 3.1.0\npaths:\n");
        for number in from..to {
            writeln!(text, "  /p{number}: {{}}").unwrap();
        }
        Version::http_text(&text)
    };
    let (old, new) = (paths(0, 200_000), paths(1, 200_001));
    let start = Instant::now();
    let begin = worked(start);
    for version in [&old, &new] {
        let text = std::str::from_utf8(version.bundle.get("interfaces/api.json").unwrap()).unwrap();
        load(text, Budget::INTERFACE).unwrap();
    }
    let read = worked(start);
    let comparison = diff(&old, &new);
    // Reading is most of it, and a build without optimisation reads slowly.
    let took = worked(start).saturating_sub(read);
    assert!(took < HANG.max(read.saturating_sub(begin) * 2), "{took:?}");
    assert_eq!(comparison.changes.len(), 2);
}

#[test]
fn numbers_out_of_range_are_numbers() {
    for number in ["0", "-0.0", "0.01", "1e400", "-1e400", "1e-400", "9007199254740993", "1e308", "0.1"] {
        for keyword in ["multipleOf", "minimum", "maximum", "minLength", "const", "default"] {
            let version = |value: &str| {
                let schema = format!("{{\"type\": \"number\", \"{keyword}\": {value}}}");
                let content = format!("{{\"application/json\": {{\"schema\": {schema}}}}}");
                let operation = format!("{{\"requestBody\": {{\"content\": {content}}}}}");
                Version::http_text(&format!(
                    "{{\"openapi\": \"3.1.0\", \"paths\": {{\"/it\": {{\"post\": {operation}}}}}}}"
                ))
            };
            let same = timed(number, &version(number), &version(number));
            assert!(same.iter().all(silent), "{keyword}: {number}: {same:?}");
            timed(number, &version(number), &version("7"));
        }
    }
}

#[test]
fn schemas_that_are_no_schemas_are_read_without_panic() {
    let odd = [
        json!(null),
        json!(1),
        json!("text"),
        json!([]),
        json!(true),
        json!(false),
        json!({}),
        json!({"type": 1}),
        json!({"type": []}),
        json!({"type": ["string", 1]}),
        json!({"type": "nothing"}),
        json!({"properties": []}),
        json!({"properties": {"a": 1}}),
        json!({"required": "a"}),
        json!({"required": [1]}),
        json!({"enum": {}}),
        json!({"enum": []}),
        json!({"allOf": {}}),
        json!({"oneOf": []}),
        json!({"oneOf": [1]}),
        json!({"items": []}),
        json!({"items": [true]}),
        json!({"additionalProperties": 1}),
        json!({"$ref": 1}),
        json!({"$ref": {}}),
        json!({"minimum": "1"}),
        json!({"pattern": 1}),
        json!({"not": {}}),
        json!({"not": {"not": {}}}),
        json!({"pattern": "(a+)+$"}),
        json!({"pattern": "["}),
        json!({"discriminator": {"propertyName": "a"}}),
        json!({"unevaluatedProperties": false, "$recursiveRef": "#"}),
        json!({"$dynamicRef": "#node"}),
    ];
    for old in &odd {
        for new in &odd {
            let [forth, back] = timed("odd", &api(&json!({"Root": old})), &api(&json!({"Root": new})));
            assert_eq!(silent(&forth), silent(&back), "{old} and {new}");
            if old == new {
                assert!(silent(&forth), "{old}: {forth:?}");
            }
        }
    }
}

#[test]
fn documents_that_are_no_documents_are_read_without_panic() {
    let odd = [
        "{}",
        "[]",
        "null",
        "1",
        "text",
        "openapi: 3",
        "openapi: []\npaths: []",
        "openapi: 3.1.0\npaths: {/a: 1}",
        "openapi: 3.1.0\npaths: {/a: {get: 1}}",
        "openapi: 3.1.0\npaths: {/a: {get: {parameters: {}, responses: []}}}",
        "openapi: 3.1.0\npaths: {/a: {get: {parameters: [1, {name: 1, in: 2}], requestBody: 1}}}",
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {200: 1, '404': {headers: [], content: 1}}}}}",
        "openapi: 3.1.0\npaths: {/a: {$ref: '#/paths/~1a'}}",
        "openapi: 3.1.0\npaths: {$ref: '#/paths'}",
        "openapi: 3.1.0\nsecurity: 1\nservers: {}\nwebhooks: []",
    ];
    for old in odd {
        for new in odd {
            let [forth, _] = timed("odd", &Version::http_text(old), &Version::http_text(new));
            // What is not read at all is said, changed or not.
            let unread = matches!(old, "null");
            assert!(old != new || unread || silent(&forth), "{old}: {forth:?}");
        }
    }
}

/// A contract with `count` entries of each list, from number `from`.
fn wide_contract(from: usize, count: usize) -> Version {
    let mut text = String::from("pactoVersion: '1.0'\nservice: {name: wide, version: 1.0.0}\ninterfaces:\n");
    let numbers = from..from + count;
    for number in numbers.clone() {
        writeln!(text, "- {{name: i{number}, type: http, port: 80}}").unwrap();
    }
    text.push_str("dependencies:\n");
    for number in numbers.clone() {
        writeln!(text, "- {{ref: 'oci://h/d{number}:{from}', compatibility: ^1.0.0}}").unwrap();
    }
    for list in ["configurations", "policies"] {
        writeln!(text, "{list}:").unwrap();
        for number in numbers.clone() {
            writeln!(text, "- {{name: n{number}, ref: 'oci://h/r{number}'}}").unwrap();
        }
    }
    Version::of(&[("pacto.yaml", text.as_bytes())])
}

#[test]
fn long_lists_of_a_contract_are_matched() {
    let (old, new) = (wide_contract(0, 4_000), wide_contract(1, 4_000));
    let [forth, _] = timed("contract", &old, &new);
    // One goes and one comes in each list; the references of the others have another tag.
    assert_eq!(forth.changes.len(), 8 + 3_999);
}

#[test]
fn a_file_that_is_named_often_is_read_once() {
    let version = |kind: &str| {
        let mut text =
            String::from("pactoVersion: '1.0'\nservice: {name: wide, version: 1.0.0}\ninterfaces:\n");
        for number in 0..4_000 {
            writeln!(text, "- {{name: i{number}, type: http, port: 80, contract: api.json}}").unwrap();
        }
        text.push_str("configurations:\n");
        for number in 0..300 {
            writeln!(text, "- {{name: n{number}, schema: schema.json}}").unwrap();
        }
        let many: Map<String, Value> =
            (0..2_000).map(|number| (format!("/p{number}"), json!({kind: {}}))).collect();
        let api = json!({"openapi": "3.1.0", "paths": many}).to_string();
        let schema = json!({"properties": {"a": {"const": kind}}}).to_string();
        let files: [(&str, &[u8]); 3] = [
            ("pacto.yaml", text.as_bytes()),
            ("api.json", api.as_bytes()),
            ("schema.json", schema.as_bytes()),
        ];
        Version::of(&files)
    };
    let [forth, _] = timed("shared files", &version("get"), &version("put"));
    // A method goes and one comes in its place; each configuration has another constant.
    assert_eq!(forth.changes.len(), 2 * 2_000 + 300);
}

#[test]
fn long_lists_of_a_document_are_matched() {
    const COUNT: usize = 10_000;
    let named = |from: usize, value: &dyn Fn(usize) -> Value| -> Map<String, Value> {
        (from..from + COUNT).map(|number| (format!("n{number}"), value(number))).collect()
    };
    let values =
        |from: usize| -> Vec<String> { (from..from + COUNT).map(|number| format!("n{number}")).collect() };
    let lists: [(&str, &dyn Fn(usize) -> Version); 8] = [
        ("enum", &|from| api(&json!({"Root": {"enum": values(from)}}))),
        ("enum twice", &|from| api(&json!({"Root": {"enum": values(from), "allOf": [{"enum": values(0)}]}}))),
        ("properties", &|from| {
            api(&json!({"Root": {"properties": named(from, &|_| json!({"type": "string"}))}}))
        }),
        ("required", &|from| api(&json!({"Root": {"required": values(from)}}))),
        ("parameters", &|from| {
            let list: Vec<_> = values(from).iter().map(|name| json!({"name": name, "in": "query"})).collect();
            Version::http(&json!({"openapi": "3.1.0", "paths": {"/it": {"get": {"parameters": list}}}}))
        }),
        ("responses", &|from| {
            let operation = json!({"responses": named(from, &|_| json!({}))});
            Version::http(&json!({"openapi": "3.1.0", "paths": {"/it": {"get": operation}}}))
        }),
        ("headers", &|from| {
            let operation = json!({"responses": {"200": {"headers": named(from, &|_| json!({}))}}});
            Version::http(&json!({"openapi": "3.1.0", "paths": {"/it": {"get": operation}}}))
        }),
        ("media types", &|from| {
            let operation = json!({"requestBody": {"content": named(from, &|_| json!({}))}});
            Version::http(&json!({"openapi": "3.1.0", "paths": {"/it": {"post": operation}}}))
        }),
    ];
    for (what, list) in lists {
        let [forth, back] = timed(what, &list(0), &list(1));
        assert!(!silent(&forth) && !silent(&back), "{what}");
    }
}

#[test]
fn long_texts_are_texts() {
    for length in [65_536, 1_048_576] {
        let long = "a".repeat(length);
        let schema = |end: &str| {
            let text = format!("{long}{end}");
            api(&json!({"Root": {"pattern": text.clone(), "properties": {text.clone(): {"const": text}}}}))
        };
        let [forth, _] = timed("long", &schema("b"), &schema("c"));
        assert!(forth.classification >= Classification::PotentialBreaking);
    }
}
