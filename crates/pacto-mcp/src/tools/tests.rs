use serde_json::json;

use super::*;

/// Bytes of a token, as models count them in JSON: about four, a little less for safety.
const BYTES_PER_TOKEN: f64 = 3.6;
/// What all tools together may cost a model that does nothing with them, without the schemas of answers.
const MAX_CATALOGUE_TOKENS: f64 = 3_000.0;

#[test]
fn the_catalogue_is_small_and_says_what_each_tool_does() {
    let tools: Vec<Tool> = catalogue(true).tools().collect();
    let mut listed: Vec<Value> = tools.iter().map(|tool| serde_json::to_value(tool).unwrap()).collect();
    for tool in &mut listed {
        let name = tool["name"].as_str().unwrap().to_owned();
        assert!(name.starts_with("pacto_"), "{name}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        let writes = matches!(name.as_str(), "pacto_create" | "pacto_edit");
        assert_eq!(tool["annotations"]["readOnlyHint"], !writes, "{name}");
        tool.as_object_mut().unwrap().remove("outputSchema");
    }
    let bytes = f64::from(u32::try_from(serde_json::to_string(&listed).unwrap().len()).unwrap());
    assert!(bytes / BYTES_PER_TOKEN < MAX_CATALOGUE_TOKENS, "{bytes} bytes");
}

/// Calls `look` with every schema inside of `schema`, and with it.
fn each_schema(schema: &Value, look: &mut impl FnMut(&Value)) {
    look(schema);
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => {
                for one in named.values() {
                    each_schema(one, look);
                }
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(all)) => {
                for one in all {
                    each_schema(one, look);
                }
            }
            ("items", one) => each_schema(one, look),
            ("additionalProperties", one) if !one.is_boolean() => each_schema(one, look),
            _ => {}
        }
    }
}

#[test]
fn no_schema_is_a_bare_boolean_or_asks_for_null() {
    for tool in catalogue(true).tools() {
        each_schema(&Value::Object((*tool.input_schema).clone()), &mut |schema| {
            assert!(schema.is_object(), "{}: {schema}", tool.name);
            assert!(schema.get("default").is_none(), "{}: {schema}", tool.name);
            assert!(schema.get("type").is_none_or(Value::is_string), "{}: {schema}", tool.name);
        });
        let output = Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
        each_schema(&output, &mut |schema| assert!(schema.is_object(), "{}: {schema}", tool.name));
        jsonschema::validator_for(&output).unwrap();
    }
}

#[test]
fn without_writes_nothing_is_listed_that_writes() {
    let names: Vec<_> = catalogue(false).tools().map(|tool| tool.name.to_string()).collect();
    assert!(!names.iter().any(|name| name == "pacto_create" || name == "pacto_edit"), "{names:?}");
    assert!(catalogue(false).find("pacto_edit").is_none());
}

#[test]
fn arguments_may_be_lists_or_json_in_a_text() {
    let read = |value: Value| arguments::read::<arguments::Create>(value.as_object().unwrap().clone());
    let list = json!([{"name": "api", "type": "http"}]);
    for given in [list.clone(), json!(list.to_string())] {
        let found =
            read(json!({"name": "a", "interfaces": given, "metadata": "{\"a\": 1}", "owner": null})).unwrap();
        assert_eq!((found.interfaces.len(), found.metadata.len()), (1, 1));
    }
    assert!(read(json!({"name": "a", "interfaces": "", "metadata": ""})).unwrap().interfaces.is_empty());
    for (given, message) in [
        (json!({}), "missing field `name`"),
        (json!({"name": "a", "colour": 1}), "unknown field `colour`"),
        (json!({"name": "a", "interfaces": "[{"}), "invalid JSON"),
        (json!({"name": "a", "interfaces": [{"name": "b"}]}), "missing field `type`"),
        (json!({"name": 1}), "expected a string"),
    ] {
        let Err(failure) = read(given) else { panic!("{message}") };
        assert!(failure.to_string().contains(message), "{failure}");
    }
}
