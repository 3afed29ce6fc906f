//! The installer, from a directory that looks like a release.

use std::fmt::Write as _;
use std::process::{Command, Output};

use pacto_testkit::{TestContext, checkout_dir};
use sha2::{Digest as _, Sha256};

use crate::fixture::context;

const PROGRAMS: [&str; 4] =
    ["pacto", "pacto-plugin-helm", "pacto-plugin-openapi-infer", "pacto-plugin-schema-infer"];

fn platform() -> String {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{}_{arch}", if cfg!(target_os = "macos") { "darwin" } else { "linux" })
}

/// A release of programs that say what they are called.
fn release(cx: &TestContext, version: &str) {
    let mut sums = String::new();
    for program in PROGRAMS {
        let (file, text) =
            (format!("{program}_{}", platform()), format!("#!/bin/sh\necho {program} {version}\n"));
        let hash = Sha256::digest(text.as_bytes())
            .iter()
            .fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        let _ = writeln!(sums, "{hash}  {file}");
        cx.write(format!("releases/v{version}/{file}"), text);
    }
    cx.write(format!("releases/v{version}/checksums.txt"), sums);
}

fn install(cx: &TestContext, arguments: &[&str]) -> Output {
    Command::new("sh")
        .arg(checkout_dir().join("scripts/get-pacto.sh"))
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", cx.path("../home"))
        .env("PACTO_INSTALL_DIR", cx.path("bin"))
        .env("PACTO_RELEASES", cx.path("releases"))
        .env("PACTO_LATEST", cx.path("latest.json"))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_release_is_installed_whole_and_a_wrong_checksum_changes_nothing() {
    let cx = context();
    release(&cx, "1.2.3");
    release(&cx, "1.3.0");
    cx.write("latest.json", r#"{"url": "x", "tag_name": "v1.3.0", "name": "v1.3.0"}"#);
    let runs = |program: &str| said(&Command::new(cx.path(format!("bin/{program}"))).output().unwrap());
    // A version with or without its v, then the newest.
    for (arguments, version) in [
        (&["--version", "1.2.3", "--no-sudo"][..], "1.2.3"),
        (&["-v", "v1.2.3", "--no-sudo"], "1.2.3"),
        (&["--no-sudo"], "1.3.0"),
    ] {
        let output = install(&cx, arguments);
        assert!(output.status.success(), "{}", said(&output));
        for program in PROGRAMS {
            assert_eq!(runs(program), format!("{program} {version}\n"));
        }
    }
    let files = || {
        let mut names: Vec<_> =
            std::fs::read_dir(cx.path("bin")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(files(), PROGRAMS);

    // One wrong file of three, a missing checksum, no checksums: nothing is replaced.
    release(&cx, "2.0.0");
    cx.write(format!("releases/v2.0.0/pacto-plugin-helm_{}", platform()), "#!/bin/sh\necho evil\n");
    release(&cx, "2.1.0");
    cx.write("releases/v2.1.0/checksums.txt", "0000  another\n");
    release(&cx, "2.2.0");
    std::fs::remove_file(cx.path("releases/v2.2.0/checksums.txt")).unwrap();
    for (version, cause) in [
        ("2.0.0", "nothing was installed"),
        ("2.1.0", "checksums.txt of v2.1.0 has no pacto_"),
        ("2.2.0", "checksums.txt is not there"),
        ("9.9.9", "is not there"),
        ("../x", "is no version"),
    ] {
        let output = install(&cx, &["--version", version, "--no-sudo"]);
        assert!(!output.status.success(), "{version}");
        assert!(said(&output).contains(cause), "{version}: {}", said(&output));
        assert_eq!(runs("pacto"), "pacto 1.3.0\n");
        assert_eq!(files(), PROGRAMS);
    }
}

#[test]
fn it_says_what_it_can_do_and_refuses_what_it_cannot() {
    let cx = context();
    let help = install(&cx, &["--help"]);
    assert!(
        help.status.success() && said(&help).contains("get-pacto.sh [--version 1.2.3] [--no-sudo]"),
        "{}",
        said(&help)
    );
    let wrong = install(&cx, &["--verison", "1"]);
    assert!(
        !wrong.status.success() && said(&wrong).contains("there is no option --verison"),
        "{}",
        said(&wrong)
    );
}
