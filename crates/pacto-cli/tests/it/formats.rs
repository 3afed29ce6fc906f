//! What all commands have in common: formats, exit codes, help.

use pacto_testkit::TestContext;

use crate::fixture::{cart, context, service};

/// Every command that reads a contract, with arguments that work.
const READERS: &[&[&str]] = &[
    &["validate", "cart"],
    &["explain", "cart"],
    &["graph", "cart"],
    &["diff", "cart", "cart"],
    &["doc", "cart"],
    &["pack", "cart"],
];

fn run(cx: &TestContext, command: &[&str], more: &[&str]) -> pacto_testkit::CommandOutput {
    cx.pacto(command.iter().chain(more))
}

#[test]
fn every_command_has_text_json_and_markdown() {
    let cx = context();
    cart(&cx, "cart");
    for command in READERS {
        for format in ["text", "json", "markdown"] {
            let output = run(&cx, command, &["--output-format", format]);
            assert_eq!(output.code, 0, "{command:?} {format}: {output}");
            assert!(
                output.stdout.ends_with('\n') && !output.stdout.ends_with("\n\n\n"),
                "{command:?} {format}"
            );
            if format == "json" {
                assert!(output.json().is_object(), "{command:?}");
                assert!(output.stdout.starts_with("{\n  \""), "{command:?} is not indented by two blanks");
                assert_eq!(output.stderr, "", "{command:?}");
            }
        }
    }
    for (number, format) in ["text", "json", "markdown"].into_iter().enumerate() {
        let output = cx.pacto(["init", &format!("new{number}"), "--output-format", format]);
        assert_eq!(output.code, 0, "{output}");
    }
}

#[test]
fn json_has_no_nulls_and_camel_case_keys() {
    fn check(value: &serde_json::Value, at: &str) {
        match value {
            serde_json::Value::Null => panic!("{at} is null"),
            serde_json::Value::Array(items) => items.iter().for_each(|item| check(item, at)),
            serde_json::Value::Object(fields) => {
                for (key, value) in fields {
                    let free = at.ends_with(".metadata");
                    let camel = key.starts_with(|first: char| first.is_ascii_lowercase())
                        && key.chars().all(|character| character.is_ascii_alphanumeric());
                    assert!(free || camel, "{at}.{key}");
                    check(value, &format!("{at}.{key}"));
                }
            }
            _ => {}
        }
    }
    let cx = context();
    cart(&cx, "cart");
    cx.pacto(["init", "minimal", "--minimal"]);
    for command in READERS {
        check(&run(&cx, command, &["--output-format", "json"]).json(), command[0]);
        let minimal: Vec<_> =
            command.iter().map(|word| if *word == "cart" { "minimal" } else { word }).collect();
        check(&run(&cx, &minimal, &["--output-format", "json"]).json(), command[0]);
    }
}

#[test]
fn an_unknown_format_is_a_usage_error() {
    let cx = context();
    cart(&cx, "cart");
    for command in READERS {
        let output = run(&cx, command, &["--output-format", "yaml"]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{command:?}");
    }
    insta::assert_snapshot!(cx.pacto(["explain", "cart", "--output-format", "yaml"]), @"
    exit: 2
    ----- stderr -----
    error: invalid value 'yaml' for '--output-format <FORMAT>'
      [possible values: text, json, markdown, sarif, junit, github]

    For more information, try '--help'.
    ");
}

#[test]
fn formats_of_validate_alone_are_refused_elsewhere() {
    let cx = context();
    cart(&cx, "cart");
    for command in READERS[1..].iter().filter(|command| command[0] != "diff") {
        for format in ["sarif", "junit", "github"] {
            let output = run(&cx, command, &["--output-format", format]);
            assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{command:?} {format}");
        }
    }
    insta::assert_snapshot!(cx.pacto(["graph", "cart", "--output-format", "sarif"]), @"
    exit: 2
    ----- stderr -----
    Error: graph has no output format sarif; it has text, json, markdown
    ");
    assert_eq!(cx.pacto(["init", "new", "--output-format", "sarif"]).code, 2);
    assert!(!cx.path("new").exists());
}

#[test]
fn what_is_not_there_is_exit_3() {
    let cx = context();
    cart(&cx, "cart");
    cx.write("file", "").write("empty/x", "");
    let mut said = Vec::new();
    for command in READERS {
        for wrong in ["none", "file", "empty"] {
            let arguments: Vec<_> =
                command.iter().map(|word| if *word == "cart" { wrong } else { word }).collect();
            let output = run(&cx, &arguments, &[]);
            assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{arguments:?}: {output}");
            said.push(output.stderr.replace("old contract: ", ""));
        }
    }
    said.sort();
    said.dedup();
    insta::assert_snapshot!(said.concat(), @"
    Error: cannot access none: No such file or directory (os error 2)
    Error: file is not a directory
    Error: no pacto.yaml found in empty
    ");
}

#[test]
fn what_is_no_contract_is_exit_1() {
    let cx = context();
    cx.write("cart/pacto.yaml", "pactoVersion: \"1.0\"\nservice: [cart\n");
    for command in READERS {
        let output = run(&cx, command, &[]);
        assert_eq!(output.code, 1, "{command:?}: {output}");
        assert!(output.stderr.contains("ERROR [PARSE_ERROR]"), "{command:?}: {output}");
        assert!(output.stderr.contains("cart/pacto.yaml:2:10"), "{command:?}: {output}");
    }
}

#[test]
fn an_invalid_contract_can_still_be_explained() {
    let cx = context();
    cx.write(
        "cart/pacto.yaml",
        "pactoVersion: \"1.0\"\nservice: {name: cart, version: 1.0.0}\nsurprise: 1\n",
    );
    let codes = READERS.iter().map(|command| format!("{} {}", command[0], run(&cx, command, &[]).code));
    insta::assert_snapshot!(codes.collect::<Vec<_>>().join("\n"), @"
    validate 1
    explain 0
    graph 0
    diff 0
    doc 0
    pack 1
    ");
}

#[test]
fn wrong_arguments_are_exit_2() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    let wrong: &[&[&str]] = &[
        &["frobnicate"],
        &["validat", "cart"],
        &["validate", "cart", "--strict"],
        &["explain", "cart", "cart"],
        &["graph", "cart", "cart"],
        &["diff", "cart"],
        &["diff", "cart", "cart", "cart"],
        &["init"],
        &["pack", "cart", "--jobs", "0"],
        &["completion", "tcsh"],
    ];
    let outputs: Vec<_> = wrong.iter().map(|arguments| run(&cx, arguments, &[])).collect();
    assert!(outputs.iter().all(|output| output.code == 2 && output.stdout.is_empty()));
    let first = outputs.iter().map(|output| output.stderr.lines().next().unwrap().to_owned());
    insta::assert_snapshot!(first.collect::<Vec<_>>().join("\n"), @r#"
    error: unrecognized subcommand 'frobnicate'
    error: unrecognized subcommand 'validat'
    error: unexpected argument '--strict' found
    error: unexpected argument 'cart' found
    error: unexpected argument 'cart' found
    error: the following required arguments were not provided:
    error: unexpected argument 'cart' found
    error: the following required arguments were not provided:
    error: invalid value '0' for '--jobs <N>': "0" is no number above 0
    error: invalid value 'tcsh' for '<SHELL>'
    "#);
    insta::assert_snapshot!(outputs[1], @"
    exit: 2
    ----- stderr -----
    error: unrecognized subcommand 'validat'

      tip: a similar subcommand exists: 'validate'

    Usage: pacto [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn the_program_alone_shows_what_it_can_do() {
    let output = context().pacto([""; 0]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(output.stderr, @"
    Contracts for cloud-native services: author, validate, compare and package them

    Usage: pacto [OPTIONS] <COMMAND>

    Commands:
      init        Create a contract to start from
      validate    Judge contracts in four layers: structure, cross-field, semantics, policies
      verify      Hold rendered Kubernetes manifests to a contract, without a cluster
      explain     Say what a contract says, for people
      diff        Compare two versions of a contract and classify every change
      graph       Resolve the dependency graph of a contract
      pack        Write a validated bundle as one file, the same bytes everywhere
      push        Validate a bundle and push it to a registry or an image layout
      pull        Fetch a contract from a registry or an image layout into a directory
      mirror      Copy a contract with everything it leads to into another registry or directory
      versions    List the versions in a repository, and how each changes the one before
      lock        Write down by digest what a contract is resolved to
      login       Store the password of a registry, once the registry accepted it
      logout      Forget the password of a registry
      cache       List or remove what was fetched before
      doc         Document a contract: Markdown, a page, or a server that follows its files
      generate    Make files from a contract with a plugin, such as a chart or a schema
      plugin      List the plugins that there are
      dashboard   Explore every contract in the browser: directories, registries and clusters in one
                  place, live
      mcp         Serve assistants: read, compare and write contracts over the Model Context Protocol
      update      Replace this program by another release, once its checksum is right
      version     Print the version
      completion  Print a completion script for a shell
      help        Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help (see more with '--help')

    Global options:
          --config <PATH>           Config file [default: ~/.config/pacto/config.yaml, then pacto.yaml
                                    beside it] [env: PACTO_CONFIG]
          --output-format <FORMAT>  Form of the output [env: PACTO_OUTPUT_FORMAT] [possible values:
                                    text, json, markdown, sarif, junit, github]
          --no-cache                Do not read from the bundle cache [env: PACTO_NO_CACHE]
          --jobs <N>                Threads for work on many contracts [default: number of processors]
                                    [env: PACTO_JOBS]
      -v, --verbose                 Say on stderr what is done [env: PACTO_VERBOSE]
    ");
    let help = context().pacto(["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for command in [
        "init",
        "validate",
        "explain",
        "diff",
        "graph",
        "pack",
        "push",
        "pull",
        "login",
        "logout",
        "doc",
        "version",
        "completion",
        "help",
    ] {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}\n{help}");
        let of_command = context().pacto(["help", command]);
        assert_eq!(of_command.code, 0);
        assert!(!of_command.stdout.contains('`'), "{of_command}");
        assert!(of_command.stdout.lines().all(|line| line.chars().count() <= 100), "{of_command}");
    }
}

#[test]
fn version_is_one_line_or_one_key() {
    let cx = context();
    let text = cx.pacto(["version"]);
    let version = text.stdout.strip_prefix("pacto version ").unwrap().trim_end().to_owned();
    assert_eq!((text.code, text.stderr.as_str(), version.is_empty()), (0, "", false));
    let json = cx.pacto(["version", "--output-format", "json"]).json();
    assert_eq!(json, serde_json::json!({"version": version}));
    assert_eq!(cx.pacto(["version", "--output-format", "markdown"]).stdout, text.stdout);
}
