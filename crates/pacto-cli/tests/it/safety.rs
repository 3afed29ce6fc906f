//! Text from contracts has no power over terminals, pages and runners.

use pacto_testkit::TestContext;

use crate::fixture::context;

/// A contract in which everything that is free text attacks its reader.
const EVIL: &str = r#"pactoVersion: "1.0"
service:
  name: "::error::x\e[31mred\u202Eevil|<script>alert(1)</script>\n::error file=a::b"
  version: "1.0.0\e[2J##[add-mask]x"
  owner: "team|`x`[l](http://evil)<img src=x>\n::stop-commands::t"
interfaces:
  - {name: "i|\e[5m", type: "ht\r\ntp", port: 1, contract: "f|`\u202E.yaml"}
configurations:
  - {name: "c|\e[7m\n::c", schema: "s\u2066.json", values: {"k\e[1m": 1}}
dependencies:
  - {ref: "oci://r.example/x\e[1m", required: true, compatibility: "^1|\e[0m"}
  - {ref: "oci://r.example/y", required: true, compatibility: "\n::warning::w <b>"}
  - {name: "d\u202e", ref: "./\u2066x\e[3m", required: true, compatibility: "*"}
metadata:
  "::k|\e[1m": "v|`\n# heading <b>"
"#;

fn on_evil() -> TestContext {
    let cx = context();
    cx.write("evil/pacto.yaml", EVIL);
    cx.write("good/pacto.yaml", crate::fixture::contract("good", "1.0.0", &[]));
    cx
}

/// Everything on either stream that a reader would obey.
fn powers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("::") || line.contains("##[") {
            found.push(format!("a command to a runner: {line:?}"));
        }
    }
    for character in text.chars().filter(|character| *character != '\n') {
        let reorders =
            matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        if character.is_control() || reorders {
            found.push(format!("{character:?}"));
        }
    }
    found
}

#[test]
fn text_has_no_power_over_terminals_and_runners() {
    let cx = on_evil();
    let commands: &[&[&str]] = &[
        &["validate", "evil"],
        &["explain", "evil", "--all"],
        &["graph", "evil", "-v"],
        &["graph", "evil", "--with-references", "--strict"],
        &["diff", "good", "evil", "--details"],
        &["diff", "evil", "good", "--details"],
        &["pack", "evil"],
    ];
    for command in commands {
        let output = cx.pacto(*command);
        assert_eq!(powers(&output.to_string()), [""; 0], "{command:?}\n{output:?}");
    }
    insta::assert_snapshot!(cx.pacto(["explain", "evil", "--all"]), @r"
    exit: 0
    ----- stdout -----
    Service: \::error::x\u{1b}[31mred\u{202e}evil|<script>alert(1)</script>\n::error file=a::b@1.0.0\u{1b}[2J##\[add-mask]x
    Owner: team|`x`[l](http://evil)<img src=x>\n::stop-commands::t
    Pacto Version: 1.0

    Interfaces (1):
      - i|\u{1b}[5m (ht\u{d}\ntp, port 1)

    Dependencies (3):
      - oci://r.example/x\u{1b}[1m (^1|\u{1b}[0m, required)
      - oci://r.example/y (\\n::warning::w <b>, required)
      - d\u{202e}: ./\u{2066}x\u{1b}[3m (*, required)

    Configurations (1):
      - c|\u{1b}[7m\n::c (s\u{2066}.json, 1 value)

    Metadata (1):
      \::k|\u{1b}[1m: v|`\n# heading <b>
    ");
    insta::assert_snapshot!(cx.pacto(["graph", "evil"]), @r#"
    exit: 0
    ----- stdout -----
    \::error::x\u{1b}[31mred\u{202e}evil|<script>alert(1)</script>\n::error file=a::b@1.0.0\u{1b}[2J##\[add-mask]x
    ├─ x\u{1b}[1m (error: the reference contains a blank or a control character)
    ├─ y (error: no versions of r.example/y match constraint "\n::warning::w <b>": invalid constraint: term "::warning::w" at column 2: version "::warning::w": the character ':' is not allowed; use digits, letters, '.' and '-' only)
    └─ \u{2066}x\u{1b}[3m [local] (error: the reference contains a blank or a control character)
    "#);
}

#[test]
fn github_output_holds_only_our_own_commands() {
    let output = on_evil().pacto(["validate", "evil", "good", "--output-format", "github"]);
    assert_eq!(output.code, 1);
    for line in output.stdout.lines() {
        let ours = ["::error file=evil/pacto.yaml,", "::warning file=evil/pacto.yaml,"];
        let rest =
            ours.iter().find_map(|start| line.strip_prefix(start)).unwrap_or_else(|| panic!("{line:?}"));
        let (properties, _) = rest.split_once("::").unwrap();
        assert!(properties.contains(",title="), "{line:?}");
        assert_eq!(powers(rest), [""; 0]);
    }
    insta::assert_snapshot!(output, @r"
    exit: 1
    ----- stdout -----
    ::error file=evil/pacto.yaml,line=3,col=9,title=SCHEMA_VIOLATION::service.name: '::error::x\u{1b}[31mred\u{202e}evil|<script>alert(1)</script>\n::error file=a::b' does not match pattern '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' (use lower-case letters, digits and hyphens; start and end with a letter or digit; '\u{202e}' is U+202E)
    ::error file=evil/pacto.yaml,line=7,col=29,title=SCHEMA_VIOLATION::interfaces[0].type: value must be one of 'http', 'grpc', 'event'
    ");
}

/// What Markdown reads of a line: a code span ends at the next run of as many backticks.
fn without_code_spans(line: &str) -> String {
    let run = |text: &str| text.chars().take_while(|character| *character == '`').count();
    let (mut prose, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        let (before, span) = rest.split_at(start);
        prose.push_str(before);
        let length = run(span);
        let inside = &span[length..];
        let closing = inside.char_indices().find(|(at, character)| {
            let after_other = inside[..*at].ends_with('`');
            *character == '`' && !after_other && run(&inside[*at..]) == length
        });
        match closing {
            Some((at, _)) => rest = &inside[at + length..],
            None => {
                prose.push_str(&span[..length]);
                rest = inside;
            }
        }
    }
    prose + rest
}

#[test]
fn markdown_holds_no_html_no_link_and_no_broken_table() {
    let cx = on_evil();
    let commands: &[&[&str]] = &[
        &["validate", "evil"],
        &["explain", "evil"],
        &["graph", "evil"],
        &["diff", "good", "evil"],
        &["doc", "evil"],
    ];
    for command in commands {
        let mut arguments = command.to_vec();
        arguments.extend(["--output-format", "markdown"]);
        let output = cx.pacto(&arguments);
        assert_eq!(powers(&output.stdout), [""; 0], "{command:?}\n{}", output.stdout);
        let mut fenced = false;
        let mut columns = None;
        for line in output.stdout.lines() {
            if line.starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            let prose = without_code_spans(line);
            assert!(
                !prose.contains("<script") && !prose.contains("<img") && !prose.contains("<b>"),
                "{line}"
            );
            assert!(!prose.contains("[l](http"), "{line}");
            let cells = line.replace("\\|", "").matches('|').count();
            columns = line.starts_with('|').then(|| *columns.get_or_insert(cells));
            assert!(columns.is_none_or(|columns| columns == cells), "{command:?}: {line}");
        }
    }
    insta::assert_snapshot!(cx.pacto(["explain", "evil", "--output-format", "markdown"]), @r"
    exit: 0
    ----- stdout -----
    ## `::error::x�[31mred�evil\|<script>alert(1)</script> ::error file=a::b@1.0.0�[2J##\[add-mask]x`

    | Fact | Value |
    |---|---|
    | Owner | team\|\`x\`\[l\](http://evil)&lt;img src=x&gt; ::stop-commands::t |
    | Pacto version | `1.0` |

    ### Interfaces

    | Name | Type | Port | Visibility | Contract |
    |---|---|---|---|---|
    | `i\|�[5m` | ht  tp | 1 |  | ``f\|`�.yaml`` |

    ### Dependencies

    | Name | Reference | Compatibility | Required |
    |---|---|---|---|
    | `x�[1m` | `oci://r.example/x�[1m` | `^1\|�[0m` | yes |
    | `y` | `oci://r.example/y` | ` ::warning::w <b>` | yes |
    | `d�` | `./�x�[3m` | `*` | yes |

    ### Configurations

    | Name | Schema or reference | Values for |
    |---|---|---|
    | `c\|�[7m ::c` | `s�.json` | `k�[1m` |

    ### Metadata

    | Key | Value |
    |---|---|
    | `::k\|�[1m` | ``v\|` # heading <b>`` |
    ");
    insta::assert_snapshot!(cx.pacto(["diff", "good", "evil", "--output-format", "markdown"]), @r#"
    exit: 1
    ----- stdout -----
    ## Contract Diff

    **Classification:** `BREAKING`

    ### Changes (8)

    | Classification | Path | Type | Reason | Old | New |
    |---|---|---|---|---|---|
    | BREAKING | `service.name` | modified | service.name modified | `good` | `::error::x�[31mred�evil\|<script>alert(1)</script> ::error file=a::b` |
    | NON_BREAKING | `service.version` | modified | service.version modified | `1.0.0` | `1.0.0�[2J##\[add-mask]x` |
    | NON_BREAKING | `service.owner` | added | service.owner added |  | ``team\|`x`[l](http://evil)<img src=x> ::stop-commands::t`` |
    | NON_BREAKING | `dependencies` | added | dependencies added |  | `oci://r.example/x�[1m` |
    | NON_BREAKING | `dependencies` | added | dependencies added |  | `oci://r.example/y` |
    | NON_BREAKING | `dependencies` | added | dependencies added |  | `d�` |
    | NON_BREAKING | `interfaces` | added | interfaces added |  | `i\|�[5m` |
    | NON_BREAKING | `configurations[c\|�[7m ::c]` | added | configurations\[c\|�\[7m ::c\] added |  | `s�.json` |

    ### Diagnostics

    | Code | Message | Place |
    |---|---|---|
    | `DEPENDENCY_UNRESOLVED` | oci://r.example/x�\[1m, which ::error::x�\[31mred�evil\|&lt;script&gt;alert(1)&lt;/script&gt; ::error file=a::b needs, was not compared: the reference contains a blank or a control character |  |
    | `DEPENDENCY_UNRESOLVED` | oci://r.example/y, which ::error::x�\[31mred�evil\|&lt;script&gt;alert(1)&lt;/script&gt; ::error file=a::b needs, was not compared: no versions of r.example/y match constraint " ::warning::w &lt;b&gt;": invalid constraint: term "::warning::w" at column 2: version "::warning::w": the character ':' is not allowed; use digits, letters, '.' and '-' only |  |
    | `DEPENDENCY_UNRESOLVED` | ./�x�\[3m, which ::error::x�\[31mred�evil\|&lt;script&gt;alert(1)&lt;/script&gt; ::error file=a::b needs, was not compared: the reference contains a blank or a control character |  |
    "#);
}

#[test]
fn a_fence_cannot_be_closed_from_inside() {
    let cx = context();
    cx.write("a/pacto.yaml", "pactoVersion: \"1.0\"\nservice: {name: \"```\\n<b>\", version: 1.0.0}\n");
    insta::assert_snapshot!(cx.pacto(["graph", "a", "--output-format", "markdown"]), @r"
    exit: 0
    ----- stdout -----
    ````
    ```\n<b>@1.0.0
    ````
    ");
}

#[test]
fn junit_is_well_formed() {
    let output = on_evil().pacto(["validate", "evil", "--output-format", "junit"]);
    let text = &output.stdout;
    assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
    let forbidden = |character: char| character.is_control() && character != '\n';
    assert!(!text.contains(forbidden), "{text}");
    let opened = text.matches("<testcase ").count();
    let closed = text.matches("</testcase>").count() + text.matches("name=\"valid\"/>").count();
    assert_eq!((opened > 0, opened), (true, closed));
}

#[test]
fn json_holds_the_text_as_it_is() {
    let json = on_evil().pacto(["explain", "evil", "--output-format", "json"]);
    assert!(!json.stdout.contains('\u{1b}'), "an escape character is not escaped");
    let name = json.json()["name"].as_str().unwrap().to_owned();
    assert_eq!(name, "::error::x\u{1b}[31mred\u{202e}evil|<script>alert(1)</script>\n::error file=a::b");
    assert!(json.stdout.contains("<script>"), "HTML is escaped in JSON");
}

#[test]
#[cfg(unix)]
fn names_of_directories_are_text_of_others_too() {
    let cx = context();
    for name in ["::error::pwned", "##[error]pwned", "\u{202e}dlog", "a|b <b>", "100%"] {
        cx.write(format!("services/{name}/pacto.yaml"), "a: [");
    }
    for format in ["text", "markdown", "github"] {
        let output = cx.pacto_in("services", ["validate", "--output-format", format]);
        let own =
            if format == "github" { output.stdout.replace("::error file=", "") } else { output.to_string() };
        assert_eq!(powers(&own), [""; 0], "{format}\n{output:?}");
    }
    insta::assert_snapshot!(cx.pacto_in("services", ["validate"]), @r"
    exit: 1
    ----- stdout -----
    ##\[error]pwned is invalid
    100% is invalid
    \::error::pwned is invalid
    a|b <b> is invalid
    \u{202e}dlog is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] unclosed bracket '['
          at ##\[error]pwned/pacto.yaml:1:4
      ERROR [PARSE_ERROR] unclosed bracket '['
          at 100%/pacto.yaml:1:4
      ERROR [PARSE_ERROR] unclosed bracket '['
          at \::error::pwned/pacto.yaml:1:4
      ERROR [PARSE_ERROR] unclosed bracket '['
          at a|b <b>/pacto.yaml:1:4
      ERROR [PARSE_ERROR] unclosed bracket '['
          at \u{202e}dlog/pacto.yaml:1:4
    0 valid, 5 invalid
    Error: validation failed with 5 error(s)
    ");
}

#[test]
fn arguments_are_text_too() {
    let cx = context();
    let arguments = ["::error::x", "\u{1b}[31m", "a\n::error::b", "oci://\u{202e}", "*\u{1b}[31m"];
    for argument in arguments {
        for command in ["validate", "explain", "graph", "doc", "pack"] {
            let output = cx.pacto([command, argument]);
            assert!(output.code >= 2, "{output}");
            assert_eq!(powers(&output.to_string()), [""; 0], "{command} {argument:?}\n{output:?}");
        }
    }
}
