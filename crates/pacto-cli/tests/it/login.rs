//! `pacto login` and `pacto logout`.

use std::io::Write;
use std::process::Stdio;

use pacto_testkit::registry::{PASSWORD, Registry, USER};

use crate::fixture::context;

#[test]
fn a_password_is_stored_when_the_registry_accepts_it() {
    let Some(registry) = Registry::start_with_login() else { return };
    let cx = context();
    cx.pacto(["init", "cart"]);
    let host = registry.address();
    let said = |arguments: &[&str]| cx.pacto(arguments).to_string().replace(host, "HOST");
    insta::assert_snapshot!(said(&["login", host, "-u", USER, "-p", "wrong"]), @"
    exit: 3
    ----- stderr -----
    Error: login failed for HOST: 401 Unauthorized: authentication required; nothing was stored
    ");
    assert!(!cx.config_path("config.json").exists());
    insta::assert_snapshot!(said(&["login", &format!("https://{host}/"), "-u", USER, "-p", PASSWORD]), @"
    exit: 0
    ----- stdout -----
    Login succeeded for HOST
    ");
    let stored = std::fs::read_to_string(cx.config_path("config.json")).unwrap();
    assert!(stored.contains(host) && !stored.contains(PASSWORD), "{stored}");
    let reference = format!("oci://{host}/acme/cart");
    assert_eq!(cx.pacto(["push", &reference, "-p", "cart"]).code, 0);
    assert_eq!(cx.pacto(["explain", &reference]).code, 0);
    insta::assert_snapshot!(said(&["logout", host]), @"
    exit: 0
    ----- stdout -----
    Logged out of HOST
    ");
    insta::assert_snapshot!(said(&["logout", host]), @"
    exit: 0
    ----- stderr -----
    Not logged in to HOST
    ");
    assert_eq!(cx.pacto(["explain", &reference]).code, 3);
}

#[test]
fn a_password_comes_from_standard_input() {
    let Some(registry) = Registry::start_with_login() else { return };
    let cx = context();
    let mut command = cx.command();
    command.args(["login", registry.address(), "-u", USER, "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(cx.config_path("config.json").exists());
}

#[test]
fn what_cannot_be_asked_is_stored_with_a_warning() {
    let cx = context();
    insta::assert_snapshot!(cx.pacto(["login", "registry.example", "-u", "me", "-p", "secret"]), @"
    exit: 0
    ----- stdout -----
    Login stored for registry.example
    ----- stderr -----
    Warning: registry.example could not be asked (the name of the host cannot be resolved); stored all the same
    ");
    insta::assert_snapshot!(cx.pacto(["login", "not a host", "-u", "me", "-p", "secret"]), @r#"
    exit: 2
    ----- stderr -----
    Error: "not a host" is not a registry
    "#);
    insta::assert_snapshot!(cx.pacto(["login", "registry.example", "-u", "me"]), @"
    exit: 2
    ----- stderr -----
    Error: there is no terminal to ask for the password; use --password-stdin
    ");
    std::fs::write(cx.config_path("config.json"), "[]").unwrap();
    let broken = cx.pacto(["login", "registry.example", "-u", "me", "-p", "secret"]).to_string();
    assert!(broken.contains("is not a file of credentials; repair or remove it"), "{broken}");
}
