//! `--set` and `--values` that do not fit.

use pacto_contract::overrides::Overrides;

use crate::support::{Case, HEAD, HTTP, assert_table};

const CONTRACT: &str = "scaling: {min: 1, max: 2}\nmetadata: {text: a, list: [1, 2]}\n";

fn said(set: impl AsRef<str>) -> String {
    let mut overrides = Overrides::default();
    match overrides.add_set(set.as_ref()) {
        Ok(()) => Case::new(format!("{HEAD}{HTTP}{CONTRACT}")).said_with(overrides),
        Err(error) => error.to_string(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn assignments_fit_or_say_why_not() {
    assert_table(
        [
            ("no value", "scaling.min", "--set \"scaling.min\" has no value; write path=value"),
            ("nothing", "", "--set \"\" has no value; write path=value"),
            ("no path", "=1", "--set \"\" has an empty part in its path; write a.b.c=value"),
            ("a dot", ".=1", "--set \".\" has an empty part in its path; write a.b.c=value"),
            (
                "two dots",
                "scaling..min=1",
                "--set \"scaling..min\" has an empty part in its path; write a.b.c=value",
            ),
            (
                "a dot at the end",
                "scaling.=1",
                "--set \"scaling.\" has an empty part in its path; write a.b.c=value",
            ),
            (
                "a huge index",
                "interfaces[999999999]=1",
                "--set \"interfaces[999999999]\": \"999999999\" is no list index; write name[0] up to 100000, or name[+] to append",
            ),
            (
                "an index over the limit",
                "interfaces[100001]=1",
                "--set \"interfaces[100001]\": \"100001\" is no list index; write name[0] up to 100000, or name[+] to append",
            ),
            (
                "an index at the limit",
                "interfaces[100000]=1",
                "--set \"interfaces[100000]\": interfaces has 1 element(s), there is none at index 100000",
            ),
            (
                "a negative index",
                "interfaces[-1]=1",
                "--set \"interfaces[-1]\": \"-1\" is no list index; write name[0] up to 100000, or name[+] to append",
            ),
            (
                "no index",
                "interfaces[]=1",
                "--set \"interfaces[]\": \"\" is no list index; write name[0] up to 100000, or name[+] to append",
            ),
            (
                "a word as index",
                "interfaces[a]=1",
                "--set \"interfaces[a]\": \"a\" is no list index; write name[0] up to 100000, or name[+] to append",
            ),
            (
                "an index beyond the end",
                "interfaces[1].port=1",
                "--set \"interfaces[1].port\": interfaces has 1 element(s), there is none at index 1",
            ),
            (
                "an index of a list that is not there",
                "dependencies[0].ref=x",
                "--set \"dependencies[0].ref\": dependencies has 0 element(s), there is none at index 0",
            ),
            (
                "an index of a mapping",
                "scaling[0]=1",
                "--set \"scaling[0]\": scaling is a mapping, not a list",
            ),
            (
                "a key of a list",
                "interfaces.name=x",
                "--set \"interfaces.name\": interfaces is a list, not a mapping",
            ),
            (
                "a key of a text",
                "metadata.text.a=1",
                "--set \"metadata.text.a\": metadata.text is a text, not a mapping",
            ),
            (
                "a key of a number",
                "scaling.min.a=1",
                "--set \"scaling.min.a\": scaling.min is a number, not a mapping",
            ),
            (
                "an unknown key",
                "colour=red",
                "ERROR SCHEMA_VIOLATION colour bundle/pacto.yaml (with overrides):17:1 additional property 'colour' not allowed | known keys are `pactoVersion`, `service`, `interfaces`, `configuration`, `configurations`, `policy`, `policies`, `dependencies`, `runtime`, `scaling`, `readiness`, `metadata`; free keys go below `metadata`",
            ),
            ("two indexes are a key", "metadata.list[0][1]=x", ""),
            (
                "a text for a mapping",
                "service=x",
                "ERROR PARSE_ERROR service.name bundle/pacto.yaml (with overrides):2:10 service.name is missing or empty | add service.name\nERROR PARSE_ERROR service.version bundle/pacto.yaml (with overrides):2:10 service.version is missing or empty | add service.version",
            ),
            (
                "a text for a number",
                "scaling.min=many",
                "ERROR SCHEMA_VIOLATION scaling.min bundle/pacto.yaml (with overrides):10:8 got string, want integer",
            ),
            (
                "a float for a number",
                "scaling.min=1.5",
                "ERROR SCHEMA_VIOLATION scaling.min bundle/pacto.yaml (with overrides):10:8 got number, want integer | write a whole number",
            ),
            (
                "not a number",
                "scaling.min=nan",
                "ERROR YAML_PARSE_ERROR scaling.min bundle/pacto.yaml (with overrides):10:8 the number .nan has no JSON form | write it as quoted text",
            ),
            (
                "infinity",
                "metadata.x=1e999",
                "ERROR YAML_PARSE_ERROR metadata.x bundle/pacto.yaml (with overrides):17:6 the number .inf has no JSON form | write it as quoted text",
            ),
            (
                "true for a name",
                "service.name=true",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml (with overrides):3:9 got boolean, want string | quote it: \"true\"",
            ),
            (
                "an empty name",
                "service.name=",
                "ERROR PARSE_ERROR service.name bundle/pacto.yaml (with overrides):3:9 service.name is missing or empty | add service.name",
            ),
            (
                "another version of the format",
                "pactoVersion=3",
                "ERROR SCHEMA_VIOLATION pactoVersion bundle/pacto.yaml (with overrides):1:15 got number, want string | quote it: \"3\"",
            ),
            ("an escaped dot", "metadata.a\\.b=1", ""),
            (
                "a line break",
                "service.name=a\nb",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml (with overrides):3:9 'a\\nb' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit",
            ),
            (
                "a terminal escape",
                "service.name=\u{1b}[31m",
                "ERROR SCHEMA_VIOLATION service.name bundle/pacto.yaml (with overrides):3:9 '\u{1b}[31m' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' | use lower-case letters, digits and hyphens; start and end with a letter or digit",
            ),
            ("YAML in a value", "metadata.x={a: [", ""),
            (
                "an element more",
                "interfaces[+].name=admin",
                "ERROR SCHEMA_VIOLATION interfaces[1] bundle/pacto.yaml (with overrides):9:5 missing property 'type' | add `type`: protocol",
            ),
            ("a value with an equals sign", "metadata.x=a=b", ""),
        ],
        said,
    );
}

#[test]
fn assignments_have_limits() {
    assert_table(
        [
            ("a path at the limit", format!("metadata.{}=1", "k".repeat(4_096 - 9)), ""),
            (
                "a path one past it",
                format!("metadata.{}=1", "k".repeat(4_096 - 8)),
                "the path of --set is longer than 4096 bytes",
            ),
            (
                "two megabytes without a value",
                "k".repeat(2_000_000),
                "--set \"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…\" has no value; write path=value",
            ),
            (
                "a value of two megabytes",
                format!("metadata.x={}", "v".repeat(2_000_000)),
                "ERROR PARSE_ERROR - bundle/pacto.yaml (with overrides):1:1 the file is larger than 1048576 bytes",
            ),
            ("as many parts as there may be", format!("metadata.{}x=1", "a.".repeat(126)), ""),
            (
                "one part more",
                format!("metadata.{}x=1", "a.".repeat(127)),
                "the path of --set has more than 128 parts",
            ),
            (
                "2,000 parts",
                format!("{}x=1", "a.".repeat(2_000)),
                "the path of --set has more than 128 parts",
            ),
        ],
        said,
    );
}

#[test]
fn values_files_fit_or_say_why_not() {
    let said = |text: String| {
        let mut overrides = Overrides::default();
        match overrides.add_values("values.yaml", &text) {
            Ok(()) => Case::new(format!("{HEAD}{HTTP}{CONTRACT}")).said_with(overrides),
            Err(error) => error.to_string(),
        }
    };
    assert_table(
        [
            ("empty", String::new(), "values.yaml: the file is empty"),
            ("a list", "- a\n".to_owned(), "values.yaml: a values file holds a mapping, this is a list"),
            ("a text", "text\n".to_owned(), "values.yaml: a values file holds a mapping, this is a text"),
            ("broken", "a: [\n".to_owned(), "values.yaml: unclosed bracket '['"),
            (
                "two documents",
                "a: 1\n---\nb: 2\n".to_owned(),
                "values.yaml: the file holds more than one YAML document",
            ),
            (
                "too large",
                format!("metadata: {{a: {}}}\n", "x".repeat(2_000_000)),
                "values.yaml: the file is larger than 1048576 bytes",
            ),
            (
                "too large together",
                format!("metadata: {{a: {}}}\n", "x".repeat(1_048_500)),
                "ERROR PARSE_ERROR - bundle/pacto.yaml (with overrides):1:1 the file is larger than 1048576 bytes",
            ),
            (
                "too deep",
                format!("metadata: {}\n", "[".repeat(200)),
                "values.yaml: collections are nested deeper than 128 levels",
            ),
            (
                "a bomb",
                "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b, *c]\n".to_owned(),
                "values.yaml: the alias refers to a value that contains it",
            ),
            (
                "a list for a mapping",
                "scaling: []\n".to_owned(),
                "ERROR SCHEMA_VIOLATION scaling bundle/pacto.yaml (with overrides):9:1 got array, want object",
            ),
            (
                "nothing for a mapping",
                "service:\n".to_owned(),
                "ERROR PARSE_ERROR service.name bundle/pacto.yaml (with overrides):2:1 service.name is missing or empty | add service.name\nERROR PARSE_ERROR service.version bundle/pacto.yaml (with overrides):2:1 service.version is missing or empty | add service.version",
            ),
            (
                "a key more",
                "scaling: {replicas: 3}\n".to_owned(),
                "ERROR SCHEMA_VIOLATION scaling.min bundle/pacto.yaml (with overrides):10:8 'min' is not allowed beside 'replicas' | keep `replicas` or `min`\nERROR SCHEMA_VIOLATION scaling.max bundle/pacto.yaml (with overrides):11:8 'max' is not allowed beside 'replicas' | keep `replicas` or `max`",
            ),
            ("a list is replaced", "interfaces: []\n".to_owned(), ""),
        ],
        said,
    );
}
