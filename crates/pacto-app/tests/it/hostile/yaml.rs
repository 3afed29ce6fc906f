//! Bombs, sizes, encodings and scalars.

use std::fmt::Write;

use crate::support::{Case, HEAD, assert_table, repeated};

fn said(contract: impl AsRef<[u8]>) -> String {
    Case::new(contract).said()
}

fn with_metadata(metadata: &str) -> String {
    format!("{HEAD}metadata:\n{metadata}")
}

/// `levels` lists, each of `width` aliases of the one before.
fn laughs(levels: usize, width: usize) -> String {
    let mut text = with_metadata("  a0: &a0 [ha]\n");
    for level in 1..levels {
        let aliases = vec![format!("*a{}", level - 1); width].join(", ");
        writeln!(text, "  a{level}: &a{level} [{aliases}]").unwrap();
    }
    text
}

fn anchors_in_anchors() -> String {
    let inner = format!("[{}0]", "0,".repeat(99_000));
    with_metadata(&format!("  x: {}\n", (0..100).fold(inner, |inner, level| format!("&a{level} [{inner}]"))))
}

#[test]
fn aliases_cannot_unfold_without_end() {
    let replayed = with_metadata(&format!(
        "  a: &a [{}]\n{}",
        "0,".repeat(40_000),
        repeated(20_000, |index| format!("  b{index}: *a\n"))
    ));
    let long_text = with_metadata(&format!(
        "  a: &a {}\n{}",
        "x".repeat(300_000),
        repeated(2_000, |index| format!("  b{index}: *a\n"))
    ));
    let long_key = with_metadata(&format!(
        "  a: &a {}\n{}",
        "x".repeat(300_000),
        repeated(2_000, |index| format!("  b{index}: {{*a : 1}}\n"))
    ));
    let merges = with_metadata(&format!("  a: &a {{x: 1}}\n  b: {{{}}}\n", "<<: *a, ".repeat(90_000)));
    assert_table(
        [
            (
                "nine levels of nine",
                laughs(9, 9),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:11:42 the document has more than 100000 nodes once its aliases are expanded",
            ),
            (
                "twenty-one levels of two",
                laughs(21, 2),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:21:14 the document has more than 100000 nodes once its aliases are expanded",
            ),
            (
                "one long list, often",
                replayed,
                "ERROR PARSE_ERROR - bundle/pacto.yaml:8:7 the document has more than 100000 nodes once its aliases are expanded",
            ),
            (
                "one long text, often",
                long_text,
                "ERROR PARSE_ERROR - bundle/pacto.yaml:9:7 the document has more than 1048576 bytes of text once its aliases are expanded",
            ),
            (
                "one long key, often",
                long_key,
                "ERROR PARSE_ERROR - bundle/pacto.yaml:9:8 the document has more than 1048576 bytes of text once its aliases are expanded",
            ),
            (
                "anchors inside of anchors",
                anchors_in_anchors(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:6:590 the anchors of the document hold more than 100000 nodes, counted for each anchor around them",
            ),
            (
                "many merges of one mapping",
                merges,
                "ERROR PARSE_ERROR - bundle/pacto.yaml:7:399971 the document has more than 100000 nodes once its aliases are expanded",
            ),
            (
                "an alias inside of its own anchor",
                with_metadata("  a: &a [*a]\n"),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:6:10 the alias refers to a value that contains it",
            ),
            (
                "a collection as a key",
                with_metadata("  a: &a [x]\n  ? *a\n  : y\n"),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:7:5 a key must be text, not a list or a mapping",
            ),
            (
                "an alias as deep as the limit",
                {
                    let deep = format!("{}x{}", "[".repeat(120), "]".repeat(120));
                    with_metadata(&format!("  a: &a {deep}\n  b: [[[[[[[[[*a]]]]]]]]]\n"))
                },
                "ERROR PARSE_ERROR - bundle/pacto.yaml:7:15 collections are nested deeper than 128 levels",
            ),
            (
                "a few aliases",
                with_metadata("  a: &a {x: [1, 2]}\n  b: [*a, *a]\n  c: {<<: *a, y: *a}\n"),
                "",
            ),
        ],
        said,
    );
}

#[test]
fn size_and_depth_have_limits() {
    let keys = repeated(1_000_000, |index| format!("k{index}: \n"));
    let most_keys = repeated(90_000, |index| format!("  k{index}:\n"));
    assert_table(
        [
            (
                "100,000 open brackets",
                "[".repeat(100_000),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:130 collections are nested deeper than 128 levels",
            ),
            (
                "100,000 open braces",
                "{a: ".repeat(100_000),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:517 collections are nested deeper than 128 levels",
            ),
            (
                "100,000 nested lists",
                "- ".repeat(100_000),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:257 collections are nested deeper than 128 levels",
            ),
            (
                "100,000 nested mappings",
                repeated(1_000, |depth| format!("{}a:\n", " ".repeat(depth))),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:129:129 collections are nested deeper than 128 levels",
            ),
            (
                "100,000 complex keys",
                "? ".repeat(100_000),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:3 a key must be text, not a list or a mapping",
            ),
            (
                "a scalar of 10 MB",
                with_metadata(&format!("  a: {}\n", "x".repeat(10_000_000))),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is larger than 1048576 bytes",
            ),
            ("a scalar of 900 kB", with_metadata(&format!("  a: {}\n", "x".repeat(900_000))), ""),
            (
                "a million keys",
                keys,
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is larger than 1048576 bytes",
            ),
            ("as many keys as there may be", with_metadata(&most_keys), ""),
            (
                "a key of 65,536 characters",
                format!("{HEAD}{}: 1\n", "k".repeat(65_536)),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:1 simple key expected ':' (a key stands on one line and has at most 1024 characters)",
            ),
            ("a name of 65,536 characters", HEAD.replace("cart", &"n".repeat(65_536)), ""),
            (
                "a version of 65,536 characters",
                HEAD.replace("1.0.0", &"1".repeat(65_536)),
                "ERROR YAML_PARSE_ERROR service.version bundle/pacto.yaml:4:12 the number 1111111111111111111111111111111111111111… has no JSON form | write it as quoted text",
            ),
            (
                "half a million comments",
                "#\n".repeat(500_000),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is empty",
            ),
            (
                "a million colons",
                ":".repeat(1_000_000),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1000000 mapping values are not allowed in this context",
            ),
            (
                "quotes that never end",
                format!("a: \"{}", "\\x41".repeat(200_000)),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:4 unclosed quote",
            ),
        ],
        said,
    );
}

#[test]
fn a_long_line_with_many_findings_is_no_problem() {
    let keys = repeated(20_000, |index| format!(", k{index}: 1"));
    let line = format!("{HEAD}runtime: {{pad: {}{keys}}}\n", "é".repeat(300_000));
    let interface = "{name: a,type: event,contract: x}";
    let same = format!("{HEAD}interfaces: [{}]\n", vec![interface; 22_000].join(","));
    let names = format!(
        "{HEAD}interfaces: [{{name: {}, type: http, port: 1}}]\nruntime: {{workload: service, state: {{type: hybrid, \
         persistence: {{scope: local, durability: ephemeral}}, dataCriticality: low}}, health: {{interface: {}}}}}\n",
        "a".repeat(400_000),
        "b".repeat(400_000)
    );
    let summary = |contract: String| {
        let said = said(contract);
        let last = said.lines().last().unwrap_or_default();
        let shown: String = last.chars().take(300).collect();
        format!("{} lines, the last: {shown}", said.lines().count())
    };
    assert_table(
        [
            (
                "unknown keys",
                line,
                "1001 lines, the last: ERROR SCHEMA_ERROR - bundle/pacto.yaml:1:1 stopped after 1000 structural errors",
            ),
            (
                "one name 22,000 times",
                same,
                "1000 lines, the last: ERROR DUPLICATE_INTERFACE_NAME interfaces[1000].name bundle/pacto.yaml:5:34021 the name \"a\" is already used by interfaces[999] | 42999 more findings are left out; correct these and run again",
            ),
            (
                "names of 400,000 characters",
                names,
                "1 lines, the last: ERROR HEALTH_INTERFACE_NOT_FOUND runtime.health.interface bundle/pacto.yaml:6:147 no interface is called \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            ),
        ],
        summary,
    );
}

#[test]
fn encodings_and_line_ends_are_told_apart() {
    let utf16 = |order: fn(u16) -> [u8; 2], mark: bool| {
        let text = if mark { format!("\u{feff}{HEAD}") } else { HEAD.to_owned() };
        text.encode_utf16().flat_map(order).collect::<Vec<u8>>()
    };
    assert_table(
        [
            (
                "UTF-16, little endian, marked",
                utf16(u16::to_le_bytes, true),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is not UTF-8 text but UTF-16; save it as UTF-8",
            ),
            (
                "UTF-16, big endian, marked",
                utf16(u16::to_be_bytes, true),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:1 the file is not UTF-8 text but UTF-16; save it as UTF-8",
            ),
            (
                "UTF-16, not marked",
                utf16(u16::to_le_bytes, false),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:2 unexpected character: `\\u{0}'",
            ),
            ("a byte order mark", format!("\u{feff}{HEAD}").into_bytes(), ""),
            (
                "a byte order mark inside",
                format!("{HEAD}\u{feff}metadata: {{}}\n").into_bytes(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:1 a BOM must not appear inside a document",
            ),
            ("CR LF", HEAD.replace('\n', "\r\n").into_bytes(), ""),
            ("CR", HEAD.replace('\n', "\r").into_bytes(), ""),
            (
                "CR LF, and a mistake in line 4",
                HEAD.replace("version", "versoin").replace('\n', "\r\n").into_bytes(),
                "ERROR PARSE_ERROR service.version bundle/pacto.yaml:2:1 service.version is missing or empty | add service.version\n\
                 ERROR SCHEMA_VIOLATION service.versoin bundle/pacto.yaml:4:3 additional property 'versoin' not allowed | did you mean `version`?",
            ),
            (
                "NUL",
                format!("{HEAD}metadata: {{a: \"\0\"}}\n").into_bytes(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:16 unexpected character: `\\u{0}'",
            ),
            ("an escaped NUL", format!("{HEAD}metadata: {{a: \"\\0\"}}\n").into_bytes(), ""),
            (
                "a lone surrogate",
                format!("{HEAD}metadata: {{a: \"\\ud800\"}}\n").into_bytes(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:15 while parsing a quoted scalar, found high surrogate without following low surrogate",
            ),
            (
                "an encoded surrogate",
                [HEAD.as_bytes(), b"metadata: {a: \"\xed\xa0\x80\"}\n"].concat(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:16 the file is not UTF-8 text",
            ),
            (
                "overlong UTF-8",
                [HEAD.as_bytes(), b"metadata: {a: \"\xc0\xaf\"}\n"].concat(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:16 the file is not UTF-8 text",
            ),
            (
                "a bell",
                format!("{HEAD}metadata: {{a: \"\u{7}\"}}\n").into_bytes(),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:16 unexpected character: `\\u{7}'",
            ),
            (
                "a gzip file",
                vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
                "ERROR PARSE_ERROR - bundle/pacto.yaml:1:2 the file is not UTF-8 text",
            ),
        ],
        said,
    );
}

#[test]
fn keys_are_compared_byte_by_byte() {
    assert_table(
        [
            (
                "the same key",
                with_metadata("  a: 1\n  a: 2\n"),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:7:3 the key \"a\" is there twice; first on line 6",
            ),
            (
                "quoted and plain",
                with_metadata("  a: 1\n  'a': 2\n"),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:7:3 the key \"a\" is there twice; first on line 6",
            ),
            (
                "a number and a text",
                with_metadata("  1: a\n  '1': b\n"),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:7:3 the key \"1\" is there twice; first on line 6",
            ),
            ("case", with_metadata("  a: 1\n  A: 2\n"), ""),
            ("composed and decomposed", with_metadata("  é: 1\n  e\u{301}: 2\n"), ""),
            (
                "case at the top",
                format!("{HEAD}Service: {{}}\n"),
                "ERROR SCHEMA_VIOLATION Service bundle/pacto.yaml:5:1 additional property 'Service' not allowed | known keys are `pactoVersion`, `service`, `interfaces`, `configuration`, `configurations`, `policy`, `policies`, `dependencies`, `runtime`, `scaling`, `readiness`, `metadata`; free keys go below `metadata`",
            ),
            ("merged and written", with_metadata("  b: &b {a: 1}\n  c: {<<: *b, a: 2}\n"), ""),
            (
                "twice in flow style",
                format!("{HEAD}metadata: {{a: 1, \"a\": 2}}\n"),
                "ERROR PARSE_ERROR - bundle/pacto.yaml:5:18 the key \"a\" is there twice; first on line 5",
            ),
        ],
        said,
    );
}

#[test]
fn scalars_are_what_yaml_1_2_says() {
    let image = |private: &str| HEAD.to_owned() + "  image:\n    ref: a/b\n    private: " + private + "\n";
    let port = |port: &str| format!("{HEAD}interfaces:\n  - {{name: a, type: http, port: {port}}}\n");
    let version = |version: &str| HEAD.replace("1.0.0", version);
    assert_table(
        [
            (
                "yes",
                image("yes"),
                "ERROR SCHEMA_VIOLATION service.image.private bundle/pacto.yaml:7:14 got string, want boolean | write true or false, without quotes",
            ),
            (
                "on",
                image("on"),
                "ERROR SCHEMA_VIOLATION service.image.private bundle/pacto.yaml:7:14 got string, want boolean | write true or false, without quotes",
            ),
            ("TRUE", image("TRUE"), ""),
            (
                "y",
                image("y"),
                "ERROR SCHEMA_VIOLATION service.image.private bundle/pacto.yaml:7:14 got string, want boolean | write true or false, without quotes",
            ),
            ("octal", port("0o17"), ""),
            ("old octal is decimal", port("017"), ""),
            (
                "underscores",
                port("1_000"),
                "ERROR SCHEMA_VIOLATION interfaces[0].port bundle/pacto.yaml:6:33 got string, want integer",
            ),
            (
                "sexagesimal",
                port("1:30"),
                "ERROR SCHEMA_VIOLATION interfaces[0].port bundle/pacto.yaml:6:33 got string, want integer",
            ),
            (
                "infinity",
                port(".inf"),
                "ERROR YAML_PARSE_ERROR interfaces[0].port bundle/pacto.yaml:6:33 the number .inf has no JSON form | write it as quoted text",
            ),
            (
                "beyond a float",
                port("1e999"),
                "ERROR YAML_PARSE_ERROR interfaces[0].port bundle/pacto.yaml:6:33 the number 1e999 has no JSON form | write it as quoted text",
            ),
            (
                "negative zero",
                port("-0"),
                "ERROR SCHEMA_VIOLATION interfaces[0].port bundle/pacto.yaml:6:33 minimum: got -0, want 1 | from 1 to 65535",
            ),
            ("plus", port("+80"), ""),
            (
                "text",
                port("'80'"),
                "ERROR SCHEMA_VIOLATION interfaces[0].port bundle/pacto.yaml:6:33 got string, want integer | remove the quotes",
            ),
            (
                "nothing",
                port("~"),
                "ERROR SCHEMA_VIOLATION interfaces[0].port bundle/pacto.yaml:6:27 got null, want integer",
            ),
            (
                "a version that is a float",
                version("1.10"),
                "ERROR SCHEMA_VIOLATION service.version bundle/pacto.yaml:4:12 got number, want string | quote it: \"1.10\"",
            ),
            (
                "a version that is an integer",
                version("2024"),
                "ERROR SCHEMA_VIOLATION service.version bundle/pacto.yaml:4:12 got number, want string | quote it: \"2024\"",
            ),
            ("a version that is a date", version("2024-01-01"), ""),
            (
                "a version that is a float with an exponent",
                version("1e3"),
                "ERROR SCHEMA_VIOLATION service.version bundle/pacto.yaml:4:12 got number, want string | quote it: \"1e3\"",
            ),
            (
                "a version that is true",
                version("true"),
                "ERROR SCHEMA_VIOLATION service.version bundle/pacto.yaml:4:12 got boolean, want string | quote it: \"true\"",
            ),
            (
                "min above max",
                format!("{HEAD}scaling: {{min: 3, max: 2}}\n"),
                "ERROR SCALING_MIN_EXCEEDS_MAX scaling bundle/pacto.yaml:5:1 min (3) is larger than max (2) | swap the bounds",
            ),
        ],
        said,
    );
}
