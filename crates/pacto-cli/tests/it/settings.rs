//! Flags, environment and config file.

use pacto_testkit::TestContext;

use crate::fixture::{context, service};

fn on_cart() -> TestContext {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    cx
}

/// The first line of stdout for a config file, or all of stderr.
fn with_config(cx: &TestContext, text: impl AsRef<[u8]>) -> String {
    cx.write(cx.config_path("config.yaml"), text);
    let output = cx.pacto(["validate", "cart"]);
    match output.code {
        0 => output.stdout.lines().next().unwrap_or_default().to_owned(),
        code => format!("{code} {}", output.stderr.trim_end()),
    }
}

#[test]
fn the_format_comes_from_flag_then_environment_then_file() {
    let mut cx = on_cart();
    assert_eq!(with_config(&cx, "output-format: json\n"), "{");
    cx.env("PACTO_OUTPUT_FORMAT", "markdown");
    assert_eq!(cx.pacto(["validate", "cart"]).stdout.lines().next(), Some("## Contract Validation"));
    let flag = cx.pacto(["validate", "cart", "--output-format", "text"]);
    assert_eq!(flag.stdout, "cart is valid\n");
    assert_eq!(cx.pacto(["--output-format", "text", "validate", "cart"]), flag);
}

#[test]
fn an_empty_variable_is_none() {
    let mut cx = on_cart();
    let plain = cx.pacto(["validate", "cart"]);
    for variable in [
        "PACTO_OUTPUT_FORMAT",
        "PACTO_CONFIG",
        "PACTO_JOBS",
        "PACTO_VERBOSE",
        "PACTO_NO_CACHE",
        "PACTO_REGISTRY_MIRROR",
    ] {
        cx.env(variable, "");
    }
    assert_eq!(cx.pacto(["validate", "cart"]), plain);
    assert_eq!(cx.pacto(["version"]).code, 0);
}

#[test]
fn a_variable_that_cannot_be_used_is_named() {
    let mut said = Vec::new();
    for (variable, value) in [
        ("PACTO_OUTPUT_FORMAT", "yaml"),
        ("PACTO_JOBS", "many"),
        ("PACTO_JOBS", "0"),
        ("PACTO_REQUESTS_IN_FLIGHT", "-1"),
        ("PACTO_CONFIG", "none.yaml"),
        ("PACTO_REGISTRY_MIRROR", "ghcr.io/acme"),
        ("PACTO_REGISTRY_MIRROR", "=registry"),
        ("PACTO_REGISTRY_MIRROR", "ghcr.io=a,ghcr.io=b"),
    ] {
        let mut cx = on_cart();
        cx.env(variable, value);
        said.push(cx.pacto(["validate", "cart"]).to_string());
    }
    insta::assert_snapshot!(said.join(""), @r#"
    exit: 2
    ----- stderr -----
    Error: PACTO_OUTPUT_FORMAT: "yaml" is no output format; known are text, json, markdown, sarif, junit, github
    exit: 2
    ----- stderr -----
    Error: PACTO_JOBS: "many" is no number above 0
    exit: 2
    ----- stderr -----
    Error: PACTO_JOBS: "0" is no number above 0
    exit: 2
    ----- stderr -----
    Error: PACTO_REQUESTS_IN_FLIGHT: "-1" is no number above 0
    exit: 2
    ----- stderr -----
    Error: config file none.yaml is not there
    exit: 2
    ----- stderr -----
    Error: PACTO_REGISTRY_MIRROR: mirror "ghcr.io/acme" is not prefix=location, such as ghcr.io/acme=./services
    exit: 2
    ----- stderr -----
    Error: PACTO_REGISTRY_MIRROR: mirror "=registry" is not prefix=location, such as ghcr.io/acme=./services
    exit: 2
    ----- stderr -----
    Error: PACTO_REGISTRY_MIRROR: mirror "ghcr.io" is given twice, with different locations
    "#);
}

#[test]
fn mistakes_in_the_config_file_have_a_place() {
    let cx = on_cart();
    let files = [
        "output-format: xml\n",
        "output-format: 3\n",
        "colour: true\n",
        "# comment\nregistries:\n  - prefix: ghcr.io/acme\n    lcation: x\n",
        "registries:\n  - location: x\n",
        "registries:\n  - prefix: [a]\n",
        "registries:\n  - prefix: a\n    location: x\n  - prefix: a\n    location: y\n",
        "registries:\n  - prefix: a\n    plainHttp: perhaps\n",
        "registries: {}\n",
        "verbose: maybe\n",
        "no-cache: 1\n",
        "output-format: json\noutput-format: text\n",
        "- a\n",
        "a: [\n",
        "\"a\\u202e\\e[1m\": 1\n",
    ];
    insta::assert_snapshot!(files.map(|text| with_config(&cx, text)).join("\n"), @r#"
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:16: "xml" is no output format; known are text, json, markdown, sarif, junit, github
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:16: "3" is no output format; known are text, json, markdown, sarif, junit, github
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:1: unknown key "colour"; known are output-format, no-cache, verbose, registries, requests-in-flight, dashboard
    2 Error: config file [ROOT]/config/pacto/config.yaml:4:5: unknown key "lcation"; known are prefix, location, plainHttp, ca
    2 Error: config file [ROOT]/config/pacto/config.yaml:2:5: an entry of registries needs `prefix`
    2 Error: config file [ROOT]/config/pacto/config.yaml:2:13: got array, want text
    2 Error: config file [ROOT]/config/pacto/config.yaml:4:5: prefix "a" is there twice
    2 Error: config file [ROOT]/config/pacto/config.yaml:3:16: got string, want true or false
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:13: got object, want a list
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:10: got string, want true or false
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:11: got number, want true or false
    2 Error: config file [ROOT]/config/pacto/config.yaml:2:1: the key "output-format" is there twice; first on line 1
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:1: got array, want a mapping
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:4: unclosed bracket '['
    2 Error: config file [ROOT]/config/pacto/config.yaml:1:1: unknown key "a\u{202e}\u{1b}[1m"; known are output-format, no-cache, verbose, registries, requests-in-flight, dashboard
    "#);
    insta::assert_snapshot!(with_config(&cx, b"verbose: \xff\n"), @"2 Error: config file [ROOT]/config/pacto/config.yaml:1:1: the file is not UTF-8 text");
}

#[test]
fn an_empty_config_file_is_fine() {
    let cx = on_cart();
    for text in [
        "",
        "# nothing\n",
        "registries: []\n",
        "no-cache: true\n",
        "registries:\n  - prefix: a.example\n    plainHttp: true\n",
    ] {
        assert_eq!(with_config(&cx, text), "cart is valid", "{text}");
    }
}

#[test]
fn the_config_file_of_the_original_is_read_where_there_is_no_other() {
    let cx = on_cart();
    cx.write(cx.config_path("pacto.yaml"), "output-format: json\n");
    assert_eq!(cx.pacto(["validate", "cart"]).stdout.lines().next(), Some("{"));
    cx.write(cx.config_path("config.yaml"), "output-format: markdown\n");
    assert_eq!(cx.pacto(["validate", "cart"]).stdout.lines().next(), Some("## Contract Validation"));
}

#[test]
fn a_contract_in_the_current_directory_is_no_config_file() {
    let cx = on_cart();
    assert_eq!(cx.pacto_in("cart", ["validate"]).stdout, ". is valid\n");
}

#[test]
fn the_config_file_can_be_named() {
    let mut cx = on_cart();
    cx.write(cx.config_path("config.yaml"), "output-format: xml\n");
    cx.write("mine.yaml", "output-format: json\n");
    for arguments in
        [["--config", "mine.yaml", "validate", "cart"], ["validate", "cart", "--config", "mine.yaml"]]
    {
        assert_eq!(cx.pacto(arguments).stdout.lines().next(), Some("{"));
    }
    insta::assert_snapshot!(cx.pacto(["--config", "none.yaml", "validate", "cart"]), @"
    exit: 2
    ----- stderr -----
    Error: config file none.yaml is not there
    ");
    insta::assert_snapshot!(cx.pacto(["--config", "cart", "validate", "cart"]), @"
    exit: 2
    ----- stderr -----
    Error: config file cart cannot be read: not a regular file
    ");
    cx.env("PACTO_CONFIG", "mine.yaml");
    assert_eq!(cx.pacto(["validate", "cart"]).stdout.lines().next(), Some("{"));
}

#[test]
fn without_a_config_directory_the_home_is_used() {
    let mut cx = on_cart();
    cx.env_remove("XDG_CONFIG_HOME");
    cx.write("../home/.config/pacto/config.yaml", "output-format: json\n");
    assert_eq!(cx.pacto(["validate", "cart"]).stdout.lines().next(), Some("{"));
    cx.env_remove("HOME");
    assert_eq!(cx.pacto(["validate", "cart"]).code, 0);
}

#[test]
fn registries_of_the_config_file_start_beside_it() {
    let cx = on_cart();
    service(&cx, "../config/bundles/kv", "kv", "7.0.0", &[]);
    cx.write(cx.config_path("config.yaml"), "registries:\n  - prefix: r.example\n    location: ../bundles\n");
    insta::assert_snapshot!(cx.pacto(["explain", "oci://r.example/kv"]), @"
    exit: 0
    ----- stdout -----
    Service: kv@7.0.0
    Pacto Version: 1.0
    ");
}

#[test]
fn a_mirror_of_the_environment_wins_over_the_config_file() {
    let mut cx = on_cart();
    service(&cx, "one/kv", "kv", "1.0.0", &[]);
    service(&cx, "two/kv", "kv", "2.0.0", &[]);
    let location = cx.path("one");
    let text = format!("registries:\n  - prefix: r.example\n    location: {}\n", location.display());
    cx.write(cx.config_path("config.yaml"), text);
    let version = |cx: &TestContext| {
        cx.pacto(["explain", "oci://r.example/kv"]).stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(version(&cx), "Service: kv@1.0.0");
    cx.mirror("r.example", "two");
    assert_eq!(version(&cx), "Service: kv@2.0.0");
}

#[test]
fn verbose_writes_to_stderr_only() {
    let mut cx = context();
    service(&cx, "shop", "shop", "1.0.0", &[("../cart", "*"), ("../none", "*")]);
    service(&cx, "cart", "cart", "1.0.0", &[]);
    let quiet = cx.pacto(["graph", "shop"]);
    assert_eq!(quiet.stderr, "");
    let flag = cx.pacto(["graph", "shop", "--verbose"]);
    assert_eq!(flag.stdout, quiet.stdout);
    insta::assert_snapshot!(flag.stderr, @r#"
    DEBUG resolved reference=file://../cart identity=[ROOT]/work/cart
    DEBUG unresolved reference=file://../none error="cannot access none: No such file or directory (os error 2)"
    "#);
    cx.write(cx.config_path("config.yaml"), "verbose: true\n");
    assert_eq!(cx.pacto(["graph", "shop"]), flag);
    cx.write(cx.config_path("config.yaml"), "");
    for (value, on) in [("1", true), ("true", true), ("T", true), ("0", false), ("yes", false)] {
        cx.env("PACTO_VERBOSE", value);
        assert_eq!(cx.pacto(["graph", "shop"]) == flag, on, "PACTO_VERBOSE={value}");
    }
}
