//! Configurations as people write them: the schema that is inferred accepts the sample, and a contract that uses both is
//! valid.

use std::path::Path;
use std::process::{Command, Output};

use pacto_testkit::checkout_dir;
use serde_json::Value;

/// The program beside the plugin, which finds the plugin beside itself.
fn pacto(directory: &Path, arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_pacto-plugin-schema-infer")).with_file_name("pacto");
    assert!(program.is_file(), "{} is missing: cargo build -p pacto-cli", program.display());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("PATH", "/usr/bin:/bin");
    command.output().unwrap()
}

fn fine(what: &str, output: &Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what}: {}{}", text(&output.stdout), text(&output.stderr));
}

fn contract(more: &str) -> String {
    format!(
        "pactoVersion: '1.0'\nservice: {{name: cart, version: 1.0.0}}\ninterfaces: [{{name: api, type: http, port: 80}}]\n{more}"
    )
}

#[test]
fn twenty_configurations_give_schemas_that_accept_them() {
    let samples = checkout_dir().join("tests/configurations");
    let mut files: Vec<_> = std::fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{}", files.len());
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        std::fs::copy(&path, place.join(&name)).unwrap();
        std::fs::write(place.join("pacto.yaml"), contract("")).unwrap();
        for defaults in ["false", "true"] {
            let (file, defaults) = (format!("file={name}"), format!("defaults={defaults}"));
            let made = pacto(
                place,
                &["generate", "schema-infer", ".", "-o", ".", "--option", &file, "--option", &defaults],
            );
            fine(&name, &made);
        }
        let text = std::fs::read_to_string(place.join("config.schema.json")).unwrap();
        for secret in ["hunter2", "correct-horse", "sk_live", "PRIVATE KEY", "AKIA"] {
            assert!(!text.contains(secret), "{name}: {secret} is in {text}");
        }
        let schema: Value = serde_json::from_str(&text).unwrap();
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        // As values of a contract, the sample is valid under its schema: the program itself judges it.
        let Some(values) = values(&path) else { continue };
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&values).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let more = format!("configurations: [{{name: app, schema: config.schema.json, values: {values}}}]\n");
        std::fs::write(place.join("pacto.yaml"), contract(&more)).unwrap();
        fine(&name, &pacto(place, &["validate", "."]));
    }
}

/// The sample as JSON, for the formats that need no reader of their own here.
fn values(path: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    match path.extension()?.to_str()? {
        "json" | "yaml" | "yml" => {
            let tree = pacto_contract::yaml::load(&text, pacto_contract::yaml::Budget::INTERFACE).unwrap();
            Some(tree.to_json().unwrap())
        }
        "toml" => Some(without_dates(serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap())),
        _ => None,
    }
}

/// A date of TOML is a text everywhere else.
fn without_dates(value: Value) -> Value {
    match value {
        Value::Object(map) => match map.get("$__toml_private_datetime") {
            Some(date) => date.clone(),
            None => Value::Object(map.into_iter().map(|(key, value)| (key, without_dates(value))).collect()),
        },
        Value::Array(items) => items.into_iter().map(without_dates).collect(),
        other => other,
    }
}

#[test]
fn several_samples_are_merged_and_what_is_wrong_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    std::fs::write(place.join("pacto.yaml"), contract("")).unwrap();
    std::fs::write(place.join("dev.yaml"), "port: 8080\ndebug: true\n").unwrap();
    std::fs::write(place.join("prod.yaml"), "port: 80\nreplicas: 3\n").unwrap();
    let made = pacto(
        place,
        &[
            "generate",
            "schema-infer",
            ".",
            "-o",
            "out",
            "--option",
            "file=dev.yaml,prod.yaml",
            "--option",
            "title=cart",
        ],
    );
    fine("merged", &made);
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(place.join("out/config.schema.json")).unwrap())
            .unwrap();
    assert_eq!(
        schema,
        serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "cart",
            "type": "object",
            "properties": {"port": {"type": "integer"}, "debug": {"type": "boolean"}, "replicas": {"type": "integer"}},
            "required": ["port"],
            "additionalProperties": false,
        })
    );
    for (options, cause) in [
        (&[][..], "--option file=PATH names a sample"),
        (&["file=gone.yaml"], "gone.yaml: No such file"),
        (&["file=../x.yaml"], "is not inside of the directory"),
        (&["fiel=x"], "there is no option fiel; there are: defaults, file, title"),
        (&["file=pacto.yaml", "defaults=yes"], "defaults is true or false"),
    ] {
        let mut arguments = vec!["generate", "schema-infer", ".", "-o", "none"];
        for option in options {
            arguments.extend(["--option", option]);
        }
        let refused = pacto(place, &arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{said}");
        assert!(said.contains(&format!("plugin schema-infer: {cause}")) || said.contains(cause), "{said}");
    }
    assert!(!place.join("none").exists());
}
