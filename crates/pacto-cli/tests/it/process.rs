//! The program as a process: pipes, arguments, colours.

use std::ffi::OsString;
use std::process::Stdio;

use crate::fixture::{cart, cart_with, context, service};

const WRITERS: &[&[&str]] = &[
    &["validate", "cart"],
    &["validate", "bad"],
    &["validate", "bad", "--output-format", "json"],
    &["explain", "cart"],
    &["graph", "cart"],
    &["diff", "cart", "bad"],
    &["doc", "cart"],
    &["doc", "cart", "--output-format", "json"],
    &["version"],
    &["completion", "bash"],
    &["--help"],
    &["frobnicate"],
];

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let cx = context();
    cart(&cx, "cart");
    cart_with(&cx, "bad", &[("min: 2", "min: two")]);
    for arguments in WRITERS {
        let wanted = cx.pacto(*arguments).code;
        // Both ends of the pipe are closed before the program starts to write.
        let mut child =
            cx.command().args(*arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        drop(child.stderr.take());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(wanted), "{arguments:?} {status}");
    }
}

#[test]
fn a_reader_may_stop_after_one_byte() {
    use std::io::Read;
    let cx = context();
    // More than a pipe holds, so that the program is still writing when its reader goes away.
    let many: Vec<_> = (0..3000).map(|number| format!("oci://r.example/service-{number}")).collect();
    let needs: Vec<_> = many.iter().map(|reference| (reference.as_str(), "^1.0.0")).collect();
    service(&cx, "wide", "wide", "1.0.0", &needs);
    for format in ["text", "json", "markdown"] {
        let mut command = cx.command();
        command.args(["graph", "wide", "--output-format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0]).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let cx = context();
    cart(&cx, "cart");
    for arguments in [
        &["validate", "cart"][..],
        &["validate", "cart", "--output-format", "json"],
        &["doc", "cart"],
        &["graph", "cart"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = cx.command().args(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?} {stderr}");
        assert_eq!(stderr, "Error: stdout: No space left on device (os error 28)\n", "{arguments:?}");
    }
}

#[test]
fn arguments_of_two_megabytes_are_answered() {
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    // Linux takes no single argument over 128 KiB and about 2 MiB in all.
    let long = "a".repeat(120_000);
    let one = |arguments: &[&str]| {
        let output = cx.pacto(arguments);
        assert!(output.stderr.len() < 2000, "{} bytes on stderr", output.stderr.len());
        format!("{} {}", output.code, output.stderr.replace(&"a".repeat(50), ""))
    };
    let set = format!("{long}=1");
    let deep = format!("{}a=1", "a.".repeat(50_000));
    let said = [
        one(&["explain", &long]),
        one(&["validate", &long]),
        one(&["init", &long]),
        one(&["explain", "cart", "--set", &set]),
        one(&["explain", "cart", "--set", &deep]),
        one(&["explain", "cart", "--set", &long]),
    ];
    insta::assert_snapshot!(said.join(""), @r#"
    2 Error: "aaaaaaaaaaaaaaaaaaaa…": the reference is longer than 4096 bytes
    2 Error: "aaaaaaaaaaaaaaaaaaaa…": the reference is longer than 4096 bytes
    2 Error: "aaaaaaaaaaaaaaaaaaaa…" is longer than 63 characters, as no DNS name may be
    2 Error: the path of --set is longer than 4096 bytes
    2 Error: the path of --set is longer than 4096 bytes
    2 Error: --set "aaaaaaaaaa…" has no value; write path=value
    "#);
    let sets: Vec<_> = (0..15).map(|number| format!("metadata.k{number}={long}")).collect();
    let mut arguments = vec!["validate", "cart"];
    arguments.extend(sets.iter().flat_map(|set| ["--set", set]));
    insta::assert_snapshot!(cx.pacto(&arguments), @"
    exit: 1
    ----- stdout -----
    cart is invalid
    ----- stderr -----
      ERROR [PARSE_ERROR] the file is larger than 1048576 bytes
          at cart/pacto.yaml (with overrides):1:1
    Error: validation failed with 1 error(s)
    ");
}

#[test]
fn dashes_after_two_dashes_are_a_path() {
    let cx = context();
    service(&cx, "--cart", "cart", "1.0.0", &[]);
    insta::assert_snapshot!(cx.pacto(["validate", "--", "--cart"]), @"
    exit: 0
    ----- stdout -----
    --cart is valid
    ");
    insta::assert_snapshot!(cx.pacto(["validate", "--cart"]), @"
    exit: 2
    ----- stderr -----
    error: unexpected argument '--cart' found

      tip: to pass '--cart' as a value, use '-- --cart'

    Usage: pacto validate [OPTIONS] [CONTRACT]...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(cx.pacto(["explain", "./--cart"]), @"
    exit: 0
    ----- stdout -----
    Service: cart@1.0.0
    Pacto Version: 1.0
    ");
}

#[test]
#[cfg(unix)]
fn a_path_that_is_no_text_is_a_usage_error_and_an_output_may_be_one() {
    use std::os::unix::ffi::OsStringExt;
    let cx = context();
    service(&cx, "cart", "cart", "1.0.0", &[]);
    let no_text = OsString::from_vec(b"c\xffrt".to_vec());
    for command in ["validate", "explain", "graph", "doc", "pack", "init"] {
        let output = cx.pacto([OsString::from(command), no_text.clone()]);
        assert_eq!(output.code, 2, "{command}: {output}");
    }
    insta::assert_snapshot!(cx.pacto([OsString::from("validate"), no_text.clone()]), @"
    exit: 2
    ----- stderr -----
    error: invalid UTF-8 was detected in one or more arguments

    Usage: pacto validate [OPTIONS] [CONTRACT]...

    For more information, try '--help'.
    ");
    let output = cx.pacto([OsString::from("pack"), "cart".into(), "-o".into(), no_text.clone()]);
    assert_eq!(output.code, 0, "{output}");
    assert!(cx.path(no_text).is_file());
}

#[test]
fn there_is_no_colour_where_there_is_no_terminal() {
    let mut cx = context();
    cart_with(&cx, "bad", &[("min: 2", "min: two")]);
    let plain = cx.pacto(["validate", "bad"]);
    assert!(!plain.to_string().contains('\u{1b}'), "{plain:?}");
    cx.env_remove("NO_COLOR").env("TERM", "xterm-256color");
    for arguments in WRITERS {
        let output = cx.pacto(*arguments);
        assert!(!output.to_string().contains('\u{1b}'), "{arguments:?} {output:?}");
    }
}

#[test]
fn colours_can_be_forced_and_no_color_wins() {
    let mut cx = context();
    cart_with(&cx, "bad", &[("min: 2", "min: two")]);
    let plain = cx.pacto(["validate", "bad"]);
    cx.env("CLICOLOR_FORCE", "1");
    assert_eq!(cx.pacto(["validate", "bad"]), plain);
    cx.env("NO_COLOR", "");
    let coloured = cx.pacto(["validate", "bad"]);
    assert!(coloured.stdout.contains("\u{1b}[31minvalid\u{1b}[0m"), "{coloured:?}");
    assert!(coloured.stderr.contains('\u{1b}'), "{coloured:?}");
    // Data for machines stays free of them.
    for format in ["json", "markdown", "sarif", "junit", "github"] {
        let output = cx.pacto(["validate", "bad", "--output-format", format]);
        assert!(!output.to_string().contains('\u{1b}'), "{format} {output:?}");
    }
}
