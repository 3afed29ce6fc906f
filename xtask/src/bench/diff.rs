//! Comparison: large `OpenAPI` documents, trees of `.proto` files, many pairs of schemas.

use std::fmt::Write;

use anyhow::{Result, ensure};
use pacto_contract::yaml::{Budget, load};
use pacto_contract::{Bundle, ContractDocument};
use pacto_engine::diff::{Comparison, Side, compare};
use schema_inclusion::{Answer, Dialect, Options, included};
use serde_json::Value;

use super::{median, milliseconds, row, time};

/// Size of each `OpenAPI` file of the diff.
const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// Files of a tree of `.proto` files.
const PROTO_FILES: usize = 500;
/// Pairs of schemas.
const PAIRS: usize = 10_000;
/// Runs of which the middle one counts.
const RUNS: usize = 5;

pub(super) fn openapi() -> Result<()> {
    let (old, new) = (document(0), document(1));
    let document = contract("http", "api.yaml")?;
    let bundle = |text: &str| -> Result<Bundle> {
        let mut bundle = Bundle::default();
        bundle.insert("api.yaml", text.as_bytes().to_vec())?;
        Ok(bundle)
    };
    let (old_bundle, new_bundle) = (bundle(&old)?, bundle(&new)?);
    let (mut ours, mut theirs, mut changes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        ours.push(time(|| {
            let comparison = compare(
                Side { document: &document, bundle: &old_bundle },
                Side { document: &document, bundle: &new_bundle },
            );
            changes = comparison.changes.len();
            Ok(())
        })?);
        theirs.push(time(|| {
            std::hint::black_box((load(&old, Budget::INTERFACE)?, load(&new, Budget::INTERFACE)?));
            Ok(())
        })?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let what = format!("diff of two {} MiB OpenAPI files, {changes} changes", DOCUMENT_BYTES / 1024 / 1024);
    let reference = format!("parsing both as YAML: {}", milliseconds(theirs));
    row(&what, &milliseconds(ours), &reference, ours.as_secs_f64() / theirs.as_secs_f64(), "<= 5");
    Ok(())
}

/// A large document whose schemas refer to each other; `version` 1 changes a few of them.
fn document(version: usize) -> String {
    let mut paths = String::new();
    let mut schemas = String::new();
    let mut index = 0;
    while paths.len() + schemas.len() < DOCUMENT_BYTES {
        let _ = write!(
            paths,
            "  /resource-{index}/{{id}}:\n    parameters:\n      - {{name: id, in: path, required: true, schema: {{type: string}}}}\n    get:\n      parameters:\n        - {{name: limit, in: query, schema: {{type: integer, maximum: {}}}}}\n      responses:\n        '200':\n          description: One resource of kind {index}\n          content:\n            application/json:\n              schema: {{$ref: '#/components/schemas/Resource{index}'}}\n    post:\n      requestBody:\n        required: true\n        content:\n          application/json:\n            schema: {{$ref: '#/components/schemas/Resource{index}'}}\n      responses:\n        '201': {{description: made}}\n",
            if version == 1 && index % 50 == 0 { 50 } else { 100 },
        );
        let _ = write!(
            schemas,
            "    Resource{index}:\n      type: object\n      required: [id, name]\n      properties:\n        id: {{type: string}}\n        name: {{type: string, maxLength: {}}}\n        tags: {{type: array, items: {{type: string}}}}\n        parent: {{$ref: '#/components/schemas/Resource{}'}}\n        state: {{type: string, enum: [new, open, closed]}}\n",
            if version == 1 && index % 70 == 0 { 40 } else { 80 },
            index / 2,
        );
        index += 1;
    }
    format!(
        "openapi: 3.0.3\ninfo: {{title: Large, version: 1.0.{version}}}\npaths:\n{paths}components:\n  schemas:\n{schemas}"
    )
}

/// A contract with an interface of one kind, described in a file.
fn contract(kind: &str, file: &str) -> Result<ContractDocument> {
    let text = format!(
        "pactoVersion: \"1.0\"\nservice: {{name: a, version: 1.0.0}}\ninterfaces: [{{name: api, type: {kind}, port: 80, contract: {file}}}]\n"
    );
    let document = ContractDocument::parse("pacto.yaml", text.as_bytes());
    document.map_err(|failure| anyhow::anyhow!("{:?}", failure.findings))
}

pub(super) fn protobuf() -> Result<()> {
    let document = contract("grpc", "root.proto")?;
    let (old, new) = (tree(0)?, tree(1)?);
    let (mut ours, mut theirs, mut found) = (Vec::new(), Vec::new(), Comparison::default());
    for _ in 0..RUNS {
        ours.push(time(|| {
            found = compare(
                Side { document: &document, bundle: &old },
                Side { document: &document, bundle: &new },
            );
            Ok(())
        })?);
        theirs.push(time(|| {
            for (path, bytes) in old.iter().chain(new.iter()) {
                std::hint::black_box(protox_parse::parse(path, std::str::from_utf8(bytes)?)?);
            }
            Ok(())
        })?);
    }
    ensure!(found.changes.len() > PROTO_FILES / 10, "only {} changes", found.changes.len());
    let (ours, theirs) = (median(ours), median(theirs));
    let bytes: usize = old.iter().map(|(_, bytes)| bytes.len()).sum();
    let what = format!(
        "diff of two trees of {PROTO_FILES} .proto files of {} KiB, {} changes",
        bytes / 1024,
        found.changes.len()
    );
    let reference = format!("parsing both: {}", milliseconds(theirs));
    row(&what, &milliseconds(ours), &reference, ours.as_secs_f64() / theirs.as_secs_f64(), "-");
    Ok(())
}

/// Files that import each other; `version` 1 changes a field in every fifth.
fn tree(version: usize) -> Result<Bundle> {
    let mut bundle = Bundle::default();
    let mut root = String::from("syntax = \"proto3\";\npackage bench.v1;\n");
    for file in 0..PROTO_FILES {
        let mut text =
            format!("syntax = \"proto3\";\npackage bench.v1;\nimport \"part{}.proto\";\n", file / 2);
        for message in 0..10 {
            let _ = writeln!(text, "// A message.\nmessage Message{file}x{message} {{");
            for field in 1..=20 {
                let kind = if version == 1 && file % 5 == 0 && field == 7 { "int64" } else { "string" };
                let _ = writeln!(text, "  {kind} field_{field} = {field};");
            }
            let _ = writeln!(text, "  Message{}x{message} parent = 30;\n}}", file / 2);
        }
        let _ = writeln!(
            text,
            "service Service{file} {{\n  rpc Get(Message{file}x0) returns (Message{file}x1);\n}}"
        );
        bundle.insert(&format!("part{file}.proto"), text.into_bytes())?;
        let _ = writeln!(root, "import \"part{file}.proto\";");
    }
    bundle.insert("root.proto", root.into_bytes())?;
    Ok(bundle)
}

pub(super) fn inclusion() -> Result<()> {
    let texts: Vec<(String, String)> = (0..PAIRS).map(pair).collect();
    let options = Options::new(Dialect::Draft202012);
    let (mut ours, mut theirs, mut decided) = (Vec::new(), Vec::new(), [0_usize; 3]);
    for _ in 0..RUNS {
        let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(PAIRS);
        theirs.push(time(|| {
            for (left, right) in &texts {
                pairs.push((serde_json::from_str(left)?, serde_json::from_str(right)?));
            }
            Ok(())
        })?);
        decided = [0; 3];
        ours.push(time(|| {
            for (left, right) in &pairs {
                match included(left, right, &options) {
                    Answer::Included => decided[0] += 1,
                    Answer::NotIncluded { .. } => decided[1] += 1,
                    Answer::Undecided { .. } => decided[2] += 1,
                }
            }
            Ok(())
        })?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let [yes, no, undecided] = decided;
    let what = format!(
        "inclusion of {PAIRS} pairs of schemas: {yes} yes, {no} no with a document, {undecided} undecided"
    );
    let reference = format!("parsing them as JSON: {}", milliseconds(theirs));
    row(&what, &milliseconds(ours), &reference, ours.as_secs_f64() / theirs.as_secs_f64(), "-");
    Ok(())
}

/// Two schemas that differ in one of ten ways, or in none.
fn pair(number: usize) -> (String, String) {
    let schema = |kind: &str, most: usize, values: &str, required: &str| {
        let text = format!(r#""type": "string", "pattern": "^[a-z]{{1,{most}}}$""#);
        let count = format!(r#""type": "{kind}", "minimum": {number}, "maximum": {}"#, number + most);
        let tags = format!(
            r#""type": "array", "items": {{"type": "string", "maxLength": {most}}}, "maxItems": {most}"#
        );
        let next = r##""anyOf": [{"$ref": "#"}, {"type": "null"}]"##;
        let properties = format!(
            r#""id": {{{text}}}, "count": {{{count}}}, "state": {{"enum": [{values}]}}, "tags": {{{tags}}}, "next": {{{next}}}"#
        );
        format!(r#"{{"type": "object", "required": [{required}], "properties": {{{properties}}}}}"#)
    };
    let usual = schema("integer", 8, r#""a","b""#, r#""id""#);
    let other = match number % 10 {
        0 => schema("number", 8, r#""a","b""#, r#""id""#),
        1 => schema("integer", 9, r#""a","b""#, r#""id""#),
        2 => schema("integer", 7, r#""a","b""#, r#""id""#),
        3 => schema("integer", 8, r#""a","b","c""#, r#""id""#),
        4 => schema("integer", 8, r#""a""#, r#""id""#),
        5 => schema("integer", 8, r#""a","b""#, ""),
        6 => schema("integer", 8, r#""a","b""#, r#""id","count""#),
        7 => format!(r#"{{"allOf":[{usual}]}}"#),
        8 => format!(r#"{{"anyOf":[{usual},{{"type":"string"}}]}}"#),
        _ => usual.clone(),
    };
    (usual, other)
}
