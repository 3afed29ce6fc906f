use serde_json::json;

use super::*;

fn written(schemas: &Value) -> String {
    let text = module(&json!({"openapi": "3.1.0", "components": {"schemas": schemas}})).unwrap();
    text.strip_prefix(HEADER).unwrap().to_owned()
}

/// The type that one schema gets.
fn type_of(schema: &Value) -> String {
    let text = written(&json!({"A": schema, "Other": {"type": "string"}}));
    let (first, _) = text.split_once("\n\nexport type Other").unwrap();
    first.trim().trim_start_matches("export type A = ").trim_end_matches(';').to_owned()
}

#[test]
fn an_object_is_an_interface_with_its_comments() {
    let text = written(&json!({
        "Service": {
            "type": "object",
            "description": "One service.\n\nAs the sources say.",
            "required": ["name", "sources", "x-y"],
            "properties": {
                "name": {"type": "string", "description": "Its name. */ alert()"},
                "version": {"type": ["string", "null"]},
                "sources": {"type": "array", "items": {"$ref": "#/components/schemas/Source"}},
                "owner": {
                    "type": "object",
                    "required": ["team"],
                    "properties": {"team": {"type": "string"}}
                },
                "x-y": {"type": "boolean"}
            }
        },
        "Source": {"type": "string", "enum": ["local", "oci", "k8s"]}
    }));
    assert_eq!(
        text,
        r#"
/**
 * One service.
 *
 * As the sources say.
 */
export interface Service {
  /** Its name. *\/ alert() */
  name: string;
  version?: string | null;
  sources: Source[];
  owner?: {
    team: string;
  };
  "x-y": boolean;
}

export type Source = "local" | "oci" | "k8s";
"#
    );
}

#[test]
fn every_form_of_schema_has_a_type() {
    let cases = [
        (json!({}), "unknown"),
        (json!(true), "unknown"),
        (json!(false), "never"),
        (json!({"type": "integer"}), "number"),
        (json!({"type": ["integer", "number", "null"]}), "number | null"),
        (json!({"type": "string", "nullable": true}), "string | null"),
        (json!({"const": "a\"|b"}), r#""a\"|b""#),
        (json!({"type": "string", "enum": ["a", null]}), r#""a" | null"#),
        (
            json!({"$ref": "#/components/schemas/Other", "description": "why"}),
            "/** why */\nexport type A = Other",
        ),
        (json!({"type": "array"}), "unknown[]"),
        (json!({"type": "array", "items": {"enum": ["a|b"]}}), r#""a|b"[]"#),
        (json!({"type": "array", "items": {"type": ["string", "null"]}}), "(string | null)[]"),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}),
            "[string, number]",
        ),
        (json!({"type": "object"}), "Record<string, unknown>"),
        (json!({"type": "object", "additionalProperties": false}), "Record<string, never>"),
        (
            json!({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Other"}}),
            "Record<string, Other>",
        ),
        (json!({"oneOf": [{"$ref": "#/components/schemas/Other"}, {"type": "null"}]}), "Other | null"),
        (json!({"anyOf": [{"const": "a"}, {"const": "b"}, {"const": "a"}]}), r#""a" | "b""#),
        (
            json!({"allOf": [{"$ref": "#/components/schemas/Other"}, {"oneOf": [{"const": 1}, {"const": 2}]}]}),
            "Other & (1 | 2)",
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(type_of(&schema), expected, "{schema}");
    }
}

#[test]
fn variants_keep_what_they_share() {
    let text = written(&json!({
        "Answer": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}},
            "oneOf": [
                {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "found"}}},
                {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "missing"}}}
            ]
        }
    }));
    assert_eq!(
        text,
        r#"
export type Answer = ({
  kind: "found";
} | {
  kind: "missing";
}) & {
  name: string;
};
"#
    );
}

#[test]
fn other_properties_do_not_contradict_named_ones() {
    let text = written(&json!({
        "Labels": {
            "type": "object",
            "required": ["count"],
            "properties": {"count": {"type": "integer"}},
            "additionalProperties": {"type": "string"}
        }
    }));
    assert_eq!(text, "\nexport interface Labels {\n  count: number;\n  [name: string]: unknown;\n}\n");
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let fails = |schemas: Value| {
        let document = json!({"components": {"schemas": schemas}});
        format!("{:#}", module(&document).unwrap_err())
    };
    assert_eq!(
        fails(json!({"A": {"properties": {"b": {"$ref": "#/components/schemas/Gone"}}}})),
        "schema A: property b: \"#/components/schemas/Gone\" leads to no schema of the document"
    );
    assert_eq!(fails(json!({"A-B": {}, "A.B": {}})), "schemas A-B and A.B have one name in TypeScript");
    assert_eq!(fails(json!({"A": {"type": "file"}})), "schema A: type \"file\" is none of JSON Schema");
    assert!(module(&json!({})).is_err());
}

#[test]
fn the_order_of_the_schemas_does_not_matter() {
    let one = written(&json!({"B": {"type": "string"}, "A": {"type": "null"}}));
    assert_eq!(one, written(&json!({"A": {"type": "null"}, "B": {"type": "string"}})));
}
