//! Schemas and `OpenAPI` documents by chance, in the spelling of `OpenAPI` 3.0.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

/// Names of properties; some are keywords elsewhere.
const NAMES: &[&str] =
    &["a", "b", "c", "id", "title", "description", "x-note", "items", "properties", "enum"];

/// The same cases in every run, unless the environment says otherwise.
pub fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(18);
    }
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    config
}

/// An object of the given keys, without those that are `None`.
fn object(keys: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect())
}

fn switch(on: bool) -> Option<Value> {
    on.then(|| json!(true))
}

fn text() -> impl Strategy<Value = Value> {
    let bounds = (of(1_u8..4), of(4_u8..9), of(select(vec!["^a", "z$"])), of(select(vec!["date", "uuid"])));
    let list = of(subsequence(vec!["a", "b", "c"], 1..=3));
    (bounds, list, any::<bool>(), of(select(vec!["a", "b"])), words()).prop_map(
        |((min, max, pattern, format), list, nullable, default, words)| {
            object([
                ("type", Some(json!("string"))),
                ("minLength", min.map(|value| json!(value))),
                ("maxLength", max.map(|value| json!(value))),
                ("pattern", pattern.map(|value| json!(value))),
                ("format", format.map(|value| json!(value))),
                ("enum", list.map(|values| json!(values))),
                ("default", default.map(|value| json!(value))),
                ("nullable", switch(nullable)),
                ("description", words.map(|value| json!(value))),
            ])
        },
    )
}

fn number() -> impl Strategy<Value = Value> {
    let kind = select(vec!["integer", "number"]);
    (kind, of(-5_i8..5), of(5_i8..50), of(1_u8..9), any::<bool>(), any::<bool>()).prop_map(
        |(kind, min, max, step, nullable, deprecated)| {
            object([
                ("type", Some(json!(kind))),
                ("minimum", min.map(|value| json!(value))),
                ("maximum", max.map(|value| json!(value))),
                ("multipleOf", step.map(|value| json!(value))),
                ("nullable", switch(nullable)),
                ("deprecated", switch(deprecated)),
            ])
        },
    )
}

fn words() -> impl Strategy<Value = Option<&'static str>> {
    of(select(vec!["one", "two"]))
}

fn properties(inner: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let described = btree_map(select(NAMES), inner.clone(), 0..4);
    let rest = prop_oneof![3 => Just(None), 1 => Just(Some(json!(false))), 1 => inner.prop_map(Some)];
    let access = prop_oneof![6 => Just(None), 1 => Just(Some("readOnly")), 1 => Just(Some("writeOnly"))];
    (described, subsequence(NAMES, 0..3), rest, any::<bool>(), access, words()).prop_map(
        |(described, required, rest, nullable, access, words)| {
            let described: Map<String, Value> =
                described.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
            let mut schema = object([
                ("type", Some(json!("object"))),
                ("required", (!required.is_empty()).then(|| json!(required))),
                ("properties", (!described.is_empty()).then(|| Value::Object(described))),
                ("additionalProperties", rest),
                ("nullable", switch(nullable)),
                ("description", words.map(|value| json!(value))),
            ]);
            if let Some(access) = access {
                schema[access] = json!(true);
            }
            schema
        },
    )
}

/// A schema.
pub fn schema() -> BoxedStrategy<Value> {
    let leaf =
        prop_oneof![3 => text(), 3 => number(), 1 => Just(json!({"type": "boolean"})), 1 => Just(json!({}))];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let list = (inner.clone(), of(0_u8..3), any::<bool>()).prop_map(|(items, min, unique)| {
            object([
                ("type", Some(json!("array"))),
                ("items", Some(items)),
                ("minItems", min.map(|value| json!(value))),
                ("uniqueItems", switch(unique)),
            ])
        });
        let choice = (select(vec!["oneOf", "anyOf"]), vec(inner.clone(), 2..4), any::<bool>()).prop_map(
            |(keyword, branches, nullable)| {
                object([(keyword, Some(json!(branches))), ("nullable", switch(nullable))])
            },
        );
        prop_oneof![4 => properties(inner), 1 => list, 1 => choice]
    })
    .boxed()
}

/// A schema with properties, as configuration has it.
pub fn configuration() -> BoxedStrategy<Value> {
    properties(schema()).boxed()
}

fn parameter() -> impl Strategy<Value = Value> {
    (select(vec!["query", "header", "cookie"]), any::<bool>(), schema(), words()).prop_map(
        |(location, required, schema, words)| {
            object([
                ("in", Some(json!(location))),
                ("required", switch(required)),
                ("schema", Some(schema)),
                ("description", words.map(|value| json!(value))),
            ])
        },
    )
}

fn content() -> impl Strategy<Value = Value> {
    let media = select(vec!["application/json", "text/plain"]);
    btree_map(media, schema(), 1..3).prop_map(|media| {
        let media = media.into_iter().map(|(name, schema)| (name.to_owned(), json!({"schema": schema})));
        Value::Object(media.collect())
    })
}

fn response() -> impl Strategy<Value = Value> {
    let headers = btree_map(select(vec!["X-A", "x-b"]), (any::<bool>(), schema()), 0..2);
    (of(content()), headers, words()).prop_map(|(content, headers, words)| {
        let headers: Map<String, Value> = headers
            .into_iter()
            .map(|(name, (required, schema))| {
                (name.to_owned(), json!({"required": required, "schema": schema}))
            })
            .collect();
        object([
            ("description", Some(json!(words.unwrap_or("three")))),
            ("content", content),
            ("headers", (!headers.is_empty()).then(|| Value::Object(headers))),
        ])
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let parameters = btree_map(select(vec!["p", "q"]), parameter(), 0..3);
    let body = of((any::<bool>(), content()));
    let responses = btree_map(select(vec!["200", "201", "404", "default"]), response(), 1..3);
    (parameters, body, responses, of(select(vec!["one", "two"])), any::<bool>()).prop_map(
        |(parameters, body, responses, id, deprecated)| {
            let named = |(name, mut parameter): (&str, Value)| {
                parameter["name"] = json!(name);
                parameter
            };
            let responses: Map<String, Value> =
                responses.into_iter().map(|(status, response)| (status.to_owned(), response)).collect();
            object([
                ("operationId", id.map(|id| json!(id))),
                ("deprecated", switch(deprecated)),
                ("parameters", Some(parameters.into_iter().map(named).collect())),
                (
                    "requestBody",
                    body.map(|(required, content)| json!({"required": required, "content": content})),
                ),
                ("responses", Some(Value::Object(responses))),
            ])
        },
    )
}

/// An `OpenAPI` 3.0 document without references.
pub fn document() -> BoxedStrategy<Value> {
    let item = btree_map(select(vec!["get", "post"]), operation(), 1..3);
    btree_map(select(vec!["/a", "/b/{id}"]), item, 1..3)
        .prop_map(|paths| {
            let item = |item: std::collections::BTreeMap<&str, Value>| {
                Value::Object(
                    item.into_iter().map(|(method, operation)| (method.to_owned(), operation)).collect(),
                )
            };
            let paths: Map<String, Value> =
                paths.into_iter().map(|(path, methods)| (path.to_owned(), item(methods))).collect();
            json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths})
        })
        .boxed()
}
