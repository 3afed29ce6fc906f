//! Whatever there can be many of.

use crate::support::{Case, HEAD, HTTP, assert_table, repeated};

const PADDING: usize = 3_000_000;

/// A schema that is large, and as a text only.
fn padded(schema: &str) -> String {
    format!("{}{schema}", " ".repeat(PADDING))
}

fn first_line(case: &Case) -> String {
    let said = case.said();
    format!("{} lines, the first: {}", said.lines().count(), said.lines().next().unwrap_or_default())
}

#[test]
fn a_file_that_is_named_often_is_read_once() {
    let schemas = |section: &str| {
        let entries = repeated(20_000, |index| format!("  - {{name: n{index}, schema: s.json}}\n"));
        Case::new(format!("{HEAD}{HTTP}{section}:\n{entries}"))
    };
    let configurations = schemas("configurations");
    configurations.file("bundle/s.json", padded("{\"allOf\": [true]}"));
    let policies = schemas("policies");
    policies.file("bundle/s.json", padded("{\"allOf\": [{\"required\": [\"service\"]}]}"));
    let linked = schemas("policies");
    linked.file("bundle/s.json", "{\"$ref\": \"t.json\"}").file("bundle/t.json", padded("true"));
    let broken = schemas("policies");
    broken.file("bundle/s.json", padded("{\"type\": 1}"));
    let interface = |index| format!("  - {{name: n{index}, type: http, port: 1, contract: a.yaml}}\n");
    let interfaces = Case::new(format!("{HEAD}interfaces:\n{}", repeated(12_000, interface)));
    interfaces.file("bundle/a.yaml", format!("[{}0]", "0, ".repeat(20_000)));
    assert_table(
        [
            ("a configuration", configurations, "0 lines, the first: "),
            ("a policy", policies, "0 lines, the first: "),
            ("a policy in two files", linked, "0 lines, the first: "),
            (
                "a broken policy",
                broken,
                "1000 lines, the first: ERROR INVALID_POLICY_SCHEMA policies[0].schema bundle/pacto.yaml:10:24 s.json is not a JSON Schema: the keyword at /type is wrong: 1 is not a type; types are null, boolean, integer, number, string, array, object",
            ),
            ("an interface", interfaces, "0 lines, the first: "),
        ],
        |case| first_line(&case),
    );
}

#[test]
fn missing_files_are_not_compared_with_all_others() {
    let path = |index| format!("i/{index}{}.yaml", "x".repeat(40));
    let interface =
        |index| format!("  - {{name: n{index}, type: http, port: 1, contract: {}}}\n", path(index));
    let case = Case::new(format!("{HEAD}interfaces:\n{}", repeated(9_000, interface)));
    for index in 0..2_000 {
        case.file(&format!("bundle/{}", path(index)), "a: 1\n");
    }
    assert_table(
        [(
            "7,000 of 9,000",
            case,
            "1000 lines, the first: ERROR FILE_NOT_FOUND interfaces[2000].contract bundle/pacto.yaml:2006:50 file \"i/2000xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.yaml\" is not in the bundle | did you mean \"i/1000xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.yaml\"?",
        )],
        |case| first_line(&case),
    );
}

#[test]
fn schemas_have_limits() {
    let under = |schema: String| {
        let case = Case::new(format!("{HEAD}configuration: {{schema: s.json, values: {{a: 1}}}}\n"));
        case.file("bundle/s.json", schema);
        case
    };
    let properties = |count, text: &str| {
        let property = |index| format!("\"k{index}\": {},", text.replace('#', &format!("{index}")));
        format!("{{\"properties\": {{{}\"z\": true}}}}", repeated(count, property))
    };
    let files = under("{\"allOf\": [{\"$ref\": \"a.json\"}, {\"$ref\": \"b.json\"}]}".to_owned());
    for file in ["a", "b"] {
        files.file(&format!("bundle/{file}.json"), format!("{{\"enum\": [{}0]}}", "0,".repeat(130_000)));
    }
    assert_table(
        [
            (
                "250,000 values: the list, what it is in, and what is in it",
                under(format!("{{\"enum\": [{}1]}}", "0,".repeat(249_997))),
                "ERROR CONFIG_VALUES_VALIDATION_FAILED configuration.values bundle/pacto.yaml:5:33 the value is not one of 0, 0 or 249996 other candidates",
            ),
            (
                "one more",
                under(format!("{{\"enum\": [{}1]}}", "0,".repeat(249_998))),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: the schema, with the files that it refers to, has more than 250000 values",
            ),
            (
                "5,000,000 values",
                under(format!("{{\"enum\": [{}1]}}", "0,".repeat(5_000_000))),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: the schema, with the files that it refers to, has more than 250000 values",
            ),
            (
                "260,000 values in two files",
                files,
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: a reference leads nowhere inside the bundle: the schema, with the files that it refers to, has more than 250000 values",
            ),
            (
                "commas and brackets in texts",
                under(format!("{{\"title\": \"{}\\\"\"}}", ",[{".repeat(200_000))),
                "",
            ),
            ("2,000 patterns", under(properties(2_000, "{\"pattern\": \"^[a-z]{1,60}#$\"}")), ""),
            (
                "20,000 patterns",
                under(properties(20_000, "{\"pattern\": \"#\"}")),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: its patterns have about 2088890 states, more than 500000",
            ),
            (
                "20,000 patterns of names",
                under(properties(20_000, "{\"patternProperties\": {\"#\": true}}")),
                "ERROR INVALID_CONFIG_SCHEMA configuration.schema bundle/pacto.yaml:5:25 s.json is not a JSON Schema: its patterns have about 2088890 states, more than 500000",
            ),
        ],
        |case| case.said(),
    );
}
