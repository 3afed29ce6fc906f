//! Schemas of strangers: patterns, numbers, references, unfolding.

use serde_json::{Value, json};

use crate::support::{Case, HEAD, assert_table};

/// What is said about configuration values under a schema.
fn judged(schema: &Value, values: &Value) -> String {
    with_files(schema, values, &[])
}

fn with_files(schema: &Value, values: &Value, files: &[(&str, String)]) -> String {
    let contract = format!("{HEAD}configuration: {{schema: configuration/schema.json, values: {values}}}\n");
    let case = Case::new(contract);
    case.file("bundle/configuration/schema.json", schema.to_string());
    for (path, content) in files {
        case.file(&format!("bundle/{path}"), content);
    }
    case.said()
}

/// A pattern for the value `v`.
fn pattern(pattern: &str) -> Value {
    json!({"properties": {"v": {"pattern": pattern}}})
}

#[test]
fn patterns_cost_little_or_are_refused() {
    let long = json!({"v": "a".repeat(200_000) + "!"});
    let short = json!({"v": "a".repeat(60) + "!"});
    let words = json!({"v": "ab!"});
    let huge = "a".repeat(1_000_000);
    let many_looks = "(?=a)".repeat(200_000);
    let texts = (0..2_000).map(|index| (format!("k{index}"), json!("a".repeat(60))));
    let texts = Value::Object(texts.collect());
    let name = json!({"a".repeat(60) + "!": 1});
    let pairs = json!({"v": "ab".repeat(400_000)});
    let costly = "^(a|aa)+\\1$";
    let under_not = json!({"not": pattern(costly)});
    let in_a_name = json!({"patternProperties": {costly: false}});
    let of_each = json!({"additionalProperties": {"pattern": costly}});
    assert_table(
        [
            (
                "(a+)+$ is linear here",
                (pattern("^(a+)+$"), &long),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:65 the value does not match \"^(a+)+$\"",
            ),
            (
                "backtracking",
                (pattern(costly), &short),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: the pattern at /properties/v/pattern costs too much to evaluate",
            ),
            (
                "backtracking under not",
                (under_not, &short),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: the pattern at /not/properties/v/pattern costs too much to evaluate",
            ),
            (
                "backtracking in a name",
                (in_a_name, &name),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: the pattern at /patternProperties/^(a|aa)+\\1$ costs too much to evaluate",
            ),
            ("look-behind", (pattern("(?<=b)!$"), &words), ""),
            (
                "negative look-behind",
                (pattern("(?<!b)!$"), &words),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:65 the value does not match \"(?<!b)!$\"",
            ),
            ("look-ahead", (pattern("^(?=.*b)"), &words), ""),
            (
                "a Unicode class",
                (pattern("^\\p{Lu}"), &words),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:65 the value does not match \"^\\p{Lu}\"",
            ),
            (
                "an unknown Unicode class",
                (pattern("^\\p{Klingon}"), &words),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: the keyword at /properties/v/pattern is wrong: \"^\\\\p{Klingon}\" is not a regular expression, or too large a one",
            ),
            (
                "unbalanced",
                (pattern("(a"), &words),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: the keyword at /properties/v/pattern is wrong: \"(a\" is not a regular expression, or too large a one",
            ),
            (
                "a megabyte",
                (pattern(&huge), &words),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: its patterns have about 1000100 states, more than 500000",
            ),
            (
                "repeated repetitions",
                (pattern("((a{1,1000}){1,1000}){1,1000}"), &words),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: its patterns have about 1000000100 states, more than 500000",
            ),
            (
                "a megabyte of look-aheads",
                (pattern(&many_looks), &long),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: its patterns have about 600100 states, more than 500000",
            ),
            (
                "many states, long text",
                (pattern("([ab]{1,50}){1,100}c"), &pairs),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: it takes more than 1000000 steps",
            ),
            (
                "many texts",
                (of_each, &texts),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: it takes more than 1000000 steps",
            ),
        ],
        |(schema, values)| judged(&schema, values),
    );
}

#[test]
fn numbers_are_compared_exactly() {
    let number = |keywords: Value| json!({"properties": {"v": keywords}});
    let text = |schema: Value, value: &str| {
        let contract = format!("{HEAD}configuration: {{schema: s.json, values: {{v: {value}}}}}\n");
        Case::new(contract).file("bundle/s.json", schema.to_string()).said()
    };
    assert_table(
        [
            (
                "min above max",
                (number(json!({"minimum": 5, "maximum": 1})), "3"),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:45 the value is greater than the maximum of 1\nERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:45 the value is less than the minimum of 5",
            ),
            (
                "a multiple of nothing",
                (number(json!({"multipleOf": 0})), "1"),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: the keyword at /properties/v/multipleOf is wrong: 0 is less than or equal to the minimum of 0",
            ),
            (
                "a negative multiple",
                (number(json!({"multipleOf": -2})), "1"),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: the keyword at /properties/v/multipleOf is wrong: -2 is less than or equal to the minimum of 0",
            ),
            ("a decimal multiple", (number(json!({"multipleOf": 0.01})), "0.1"), ""),
            (
                "a decimal that is none",
                (number(json!({"multipleOf": 0.01})), "0.105"),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:45 the value is not a multiple of 0.01",
            ),
            (
                "2^53 + 1",
                (number(json!({"maximum": 9_007_199_254_740_992_u64})), "9007199254740993"),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:45 the value is greater than the maximum of 9007199254740992",
            ),
            ("2^53", (number(json!({"maximum": 9_007_199_254_740_992_u64})), "9007199254740992"), ""),
            ("negative zero", (number(json!({"minimum": 0, "const": 0})), "-0.0"), ""),
            (
                "beyond a float",
                (number(json!({"type": "number"})), "1e400"),
                "ERROR YAML_PARSE_ERROR configuration.values.v bundle/pacto.yaml:5:45 the number 1e400 has no JSON form | write it as quoted text",
            ),
            ("the largest integer", (number(json!({"type": "integer"})), "18446744073709551615"), ""),
            (
                "one more",
                (number(json!({"type": "integer"})), "18446744073709551616"),
                "ERROR YAML_PARSE_ERROR configuration.values.v bundle/pacto.yaml:5:45 the number 18446744073709551616 has no JSON form | write it as quoted text",
            ),
            ("whole floats", (number(json!({"type": "integer"})), "1e3"), ""),
        ],
        |(schema, value)| text(schema, value),
    );
    let raw = Case::new(format!("{HEAD}configuration: {{schema: s.json}}\n"));
    raw.file("bundle/s.json", "{\"maximum\": 1e400}");
    assert_table(
        [(
            "a schema beyond a float",
            &raw,
            "ERROR INVALID_CONFIG_JSON configuration.schema bundle/s.json:1:17 s.json: the file is not JSON: number out of range | correct the file at this place",
        )],
        Case::said,
    );
}

/// Definitions `d0` to `d<length>`, each made of the name of the next, and the last of `leaf`.
fn definitions(length: usize, link: impl Fn(String) -> Value, leaf: Value) -> Value {
    let names = |index: usize| format!("d{index}");
    let mut links: serde_json::Map<_, _> =
        (0..length).map(|index| (names(index), link(names(index + 1)))).collect();
    links.insert(names(length), leaf);
    Value::Object(links)
}

fn local(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn references_stay_inside_and_come_to_an_end() {
    let values = json!({"v": 1});
    let chain = |length, schema: Value| {
        let mut schema = schema;
        schema["$defs"] = definitions(length, |next| local(&next), json!({"type": "string"}));
        schema
    };
    let each: Vec<_> = (0..10_000).map(|index| local(&format!("d{index}"))).collect();
    let anchors = |length: usize| {
        let defs = (0..length).map(|index| {
            (format!("d{index}"), json!({"$anchor": format!("a{index}"), "$ref": format!("#a{}", index + 1)}))
        });
        let mut defs: serde_json::Map<_, _> = defs.collect();
        defs.insert("end".into(), json!({"$anchor": format!("a{length}"), "type": "string"}));
        json!({"$ref": "#a0", "$defs": defs})
    };
    assert_table(
        [
            (
                "a chain of 100",
                chain(100, local("d0")),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the value is not of type \"string\"",
            ),
            (
                "a chain of 10,000",
                chain(10_000, local("d0")),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "a chain of 10,000 that hides behind its links",
                chain(10_000, json!({"allOf": each})),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "a chain of 10,000 anchors",
                anchors(10_000),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "a chain with escapes",
                {
                    let escaped = |name: &str| json!({"$ref": format!("#/%24defs/{name}")});
                    let mut schema = escaped("d0");
                    schema["$defs"] = definitions(10_000, |next| escaped(&next), json!({"type": "string"}));
                    schema
                },
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "itself",
                json!({"$ref": "#"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "itself through allOf",
                json!({"allOf": [{"$ref": "#"}]}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "itself through not",
                json!({"not": {"$ref": "#"}}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "itself through $dynamicRef",
                json!({"$dynamicAnchor": "n", "$dynamicRef": "#n"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
            ),
            (
                "a tree, which is fine",
                json!({"additionalProperties": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}, "type": "object"}),
                "",
            ),
            (
                "a file of the system",
                json!({"$ref": "file:///etc/passwd"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: file:///etc/passwd is outside of the bundle; nothing is fetched while a schema is read",
            ),
            (
                "the environment",
                json!({"$ref": "file:///proc/self/environ"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: file:///proc/self/environ is outside of the bundle; nothing is fetched while a schema is read",
            ),
            (
                "the metadata service",
                json!({"$ref": "http://169.254.169.254/latest/meta-data/"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: http://169.254.169.254/latest/meta-data/ is outside of the bundle; nothing is fetched while a schema is read",
            ),
            (
                "loopback",
                json!({"$ref": "http://[::1]:1/x"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: http://[::1]:1/x is outside of the bundle; nothing is fetched while a schema is read",
            ),
            (
                "a decimal address",
                json!({"$ref": "http://2852039166/latest"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: http://2852039166/latest is outside of the bundle; nothing is fetched while a schema is read",
            ),
            (
                "above the bundle",
                json!({"$ref": "../../../../../etc/passwd"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: the file etc/passwd is not in the bundle",
            ),
            (
                "above the bundle, escaped",
                json!({"$ref": "..%2f..%2f..%2fetc%2fpasswd"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: the file configuration/../../../etc/passwd is not in the bundle",
            ),
            (
                "a share",
                json!({"$ref": "\\\\server\\share"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: Invalid URI reference '\\\\server\\share': unexpected character at index 0",
            ),
            (
                "a host",
                json!({"$ref": "//server/share"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: pacto-bundle://server/share is outside of the bundle; nothing is fetched while a schema is read",
            ),
            (
                "another base",
                json!({"$id": "http://169.254.169.254/a", "$ref": "b"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: http://169.254.169.254/b is outside of the bundle; nothing is fetched while a schema is read",
            ),
            ("another draft", json!({"$schema": "http://169.254.169.254/schema", "type": "object"}), ""),
            (
                "nowhere",
                json!({"$ref": "#/$defs/none"}),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: a reference leads nowhere inside the bundle: Pointer '/$defs/none' does not exist",
            ),
            (
                "escapes in a fragment",
                json!({"$ref": "#/$defs/a~1b~0c%25", "$defs": {"a/b~c%": {"type": "string"}}}),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the value is not of type \"string\"",
            ),
        ],
        |schema| judged(&schema, &values),
    );
}

#[test]
fn a_chain_of_files_comes_to_an_end() {
    let mut files: Vec<_> = (0..3_000)
        .map(|index| {
            (format!("configuration/f{index}.json"), format!("{{\"$ref\": \"f{}.json\"}}", index + 1))
        })
        .collect();
    files.push(("configuration/f3000.json".to_owned(), "{\"type\": \"string\"}".to_owned()));
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.clone())).collect();
    assert_table(
        [(
            "3,000 files",
            &files,
            "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 configuration/schema.json is not a JSON Schema: `$ref` leads through more than 128 steps, or in a circle",
        )],
        |files| with_files(&json!({"$ref": "f0.json"}), &json!({"v": 1}), files),
    );
}

#[test]
fn schemas_cannot_unfold_without_end() {
    let values = json!({"v": 1});
    let twice = |length| {
        let mut schema = local("d0");
        let both = |next: String| json!({"allOf": [local(&next), local(&next)]});
        schema["$defs"] = definitions(length, both, json!({"type": "object"}));
        schema
    };
    let mut deep = json!({"x": 1});
    for _ in 0..100 {
        deep = json!({"a": deep});
    }
    let doubling =
        json!({"allOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]});
    let mut unevaluated = json!({"properties": {"v": true}});
    for _ in 0..30 {
        unevaluated = json!({"anyOf": [unevaluated], "unevaluatedProperties": false});
    }
    let choices: Vec<_> = (0..2_000).map(|index| json!({"const": index})).collect();
    let objects: Vec<_> = (0..2_000).map(|index| json!({"properties": {"v": {"const": index}}})).collect();
    let mut nested = json!({"type": "object"});
    for _ in 0..60 {
        nested = json!({"allOf": [nested]});
    }
    assert_table(
        [
            ("twice at 10 steps", (twice(10), &values), ""),
            (
                "twice at 40 steps",
                (twice(40), &values),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: it takes more than 1000000 steps",
            ),
            (
                "twice at every level of the document",
                (doubling, &deep),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: it takes more than 1000000 steps",
            ),
            (
                "unevaluated properties in each other",
                (unevaluated, &values),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the values could not be checked: it takes more than 1000000 steps",
            ),
            (
                "one of 2,000 constants",
                (json!({"properties": {"v": {"oneOf": choices}}}), &json!({"v": "x"})),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values.v bundle/pacto.yaml:5:65 the value is not valid under any of the schemas listed in the 'oneOf' keyword",
            ),
            (
                "one of 2,000 objects",
                (json!({"oneOf": objects}), &json!({"v": "x"})),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 the value is not valid under any of the schemas listed in the 'oneOf' keyword",
            ),
            ("allOf in allOf", (nested, &values), ""),
            (
                "nothing at all",
                (json!(false), &values),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 nothing is allowed here",
            ),
            (
                "not everything",
                (json!({"not": {}}), &values),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:52 {} is not allowed for the value",
            ),
        ],
        |(schema, values)| judged(&schema, values),
    );
}

#[test]
fn no_value_is_ever_shown() {
    let secret = "hunter2";
    let values = json!({"a": secret, "b": [secret], "c": {"d": secret}, "e": secret});
    for keywords in [
        json!({"type": "integer"}),
        json!({"const": "x"}),
        json!({"enum": ["x", "y"]}),
        json!({"pattern": "^x"}),
        json!({"maxLength": 1}),
        json!({"minLength": 99}),
        json!({"oneOf": [{"const": 1}, {"const": 2}]}),
        json!({"anyOf": [{"type": "null"}, {"type": "boolean"}]}),
        json!({"not": {"type": ["string", "array", "object"]}}),
        json!({"properties": {"d": {"const": 1}}}),
        json!({"items": {"const": 1}}),
        json!({"contains": {"const": 1}}),
        json!({"pattern": "^(a|aa)+\\1$"}),
        json!(false),
    ] {
        let schema = json!({"additionalProperties": keywords});
        let said = judged(&schema, &values);
        assert!(!said.contains(secret), "{schema}: {said}");
    }
}
