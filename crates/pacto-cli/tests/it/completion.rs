//! What shells offer while somebody types.

use std::process::Command;

use pacto_testkit::TestContext;

use crate::fixture::{context, service};

const SHELLS: &[&str] = &["bash", "elvish", "fish", "powershell", "zsh"];

/// What a shell is offered for the last of `words`, a line each.
fn offered(cx: &TestContext, shell: &str, words: &[&str]) -> Vec<String> {
    let mut command = cx.command();
    command
        .env("PACTO_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_IFS", "\n");
    command.args(["--", "pacto"]).args(words);
    let output = command.output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split(['\t', ':']).next().unwrap().to_owned()).collect()
}

#[test]
fn every_shell_gets_a_script_and_the_commands() {
    let cx = context();
    for shell in SHELLS {
        let output = cx.pacto(["completion", shell]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""));
        assert!(output.stdout.contains("PACTO_COMPLETE"), "{shell}");
        let found = offered(&cx, shell, &[""]).join(" ");
        for word in ["validate", "explain", "diff", "graph", "pack", "doc", "mcp"] {
            assert!(found.contains(word), "{shell} {word}: {found}");
        }
    }
    assert!(offered(&cx, "fish", &["diff", "--fail"]).contains(&"--fail-on".to_owned()));
    let classes = offered(&cx, "fish", &["diff", "--fail-on", ""]);
    assert!(classes.contains(&"breaking".to_owned()), "{classes:?}");
}

#[test]
fn contracts_tags_and_services_are_offered() {
    let cx = context();
    service(&cx, "shops/cart", "cart", "1.0.0", &[]);
    service(&cx, "shops/stock", "stock", "1.0.0", &[]);
    assert_eq!(offered(&cx, "fish", &["validate", "sh"]), ["shops/"]);
    assert_eq!(offered(&cx, "fish", &["verify", "--service", ""]), ["cart", "stock"]);
    assert_eq!(offered(&cx, "fish", &["verify", "--service", "st"]), ["stock"]);
    // Nothing was fetched yet: the scheme is all that is known.
    assert_eq!(offered(&cx, "bash", &["pull", "o"]), ["oci"]);
}

#[test]
fn tags_of_the_cache_are_offered() {
    let Some(registry) = pacto_testkit::registry::Registry::start() else { return };
    let cx = context();
    cx.pacto(["init", "cart"]);
    let reference = format!("oci://{}/acme/cart", registry.address());
    assert_eq!(cx.pacto(["push", &reference, "-p", "cart"]).code, 0);
    assert_eq!(cx.pacto(["explain", &reference]).code, 0);
    let mut command = cx.command();
    command.env("PACTO_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
    let output = command.args(["--", "pacto", "pull", "oci://"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().any(|line| line == format!("{reference}:0.1.0")), "{text}");
}

/// The scripts in the shells themselves, of those that are there.
#[test]
fn bash_runs_its_script() {
    let cx = context();
    service(&cx, "shops/cart", "cart", "1.0.0", &[]);
    let script = cx.pacto(["completion", "bash"]).stdout;
    cx.write("script.bash", &script);
    let program = cx.command().get_program().to_owned();
    let folder = std::path::Path::new(&program).parent().unwrap().to_owned();
    let mut bash = Command::new("bash");
    let ask = "source script.bash; COMP_WORDS=(pacto validate sh); COMP_CWORD=2; COMP_TYPE=9; \
        $(complete -p pacto | sed 's/.*-F \\([^ ]*\\).*/\\1/') pacto sh validate; printf '%s\\n' \"${COMPREPLY[@]}\"";
    bash.args(["--norc", "-c", ask]).current_dir(cx.path("")).env_clear();
    bash.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).env("HOME", cx.path(""));
    let output = bash.output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "shops/",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
