//! How it starts, and how it does not.

use crate::running::{context, contract, serve};

#[test]
fn without_a_source_it_says_what_it_looked_for() {
    let cx = context();
    let output = cx.pacto(["dashboard", "--port", "0"]);
    assert_eq!(output.code, 3);
    assert!(
        output.stderr.contains("local: disabled (no pacto.yaml found in . or below)"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("oci: disabled (no repositories given)"), "{}", output.stderr);
    assert!(output.stderr.contains("Error: no source is available"), "{}", output.stderr);
}

#[test]
fn wrong_calls_are_refused() {
    let cx = context();
    cx.write("empty", "");
    for (arguments, message) in [
        (vec!["one", "two"], "dashboard takes one directory"),
        (vec!["oci://"], "oci:// names no repository"),
        (vec!["none"], "directory none is not there"),
        (vec!["--repo", "a b"], "a b"),
        (vec![".", "--auth-token-file", "empty"], "it is empty"),
        (vec![".", "--auth-token-file", "none"], "token file none"),
        (vec![".", "--user-header", "a b"], "is no name of a header"),
        (vec![".", "--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid"),
    ] {
        let output = cx.pacto([&["dashboard", "--port", "0"], arguments.as_slice()].concat());
        assert!(matches!(output.code, 2 | 3), "{arguments:?}: {}", output.code);
        assert!(output.stderr.contains(message), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn the_environment_says_what_flags_do_not() {
    let mut cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    cx.env("PACTO_DASHBOARD_DIAGNOSTICS", "true").env("PACTO_DASHBOARD_ACCESS_LOG", "json");
    cx.env("PACTO_DASHBOARD_HOST", "0.0.0.0");
    let mut server = serve(&cx, &["."]);
    server.line("running at http://localhost:");
    server.line("Warning: whoever reaches this address may read every contract");
    assert_eq!(server.get("/api/debug/sources?secret=1").status, 200);
    let line = server.line("/api/debug/sources");
    let record: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&record["method"], &record["status"]), (&"GET".into(), &200.into()));
    assert!(!line.contains("secret"), "queries are not logged");
    cx.env("PACTO_DASHBOARD_PORT", "many");
    let output = cx.pacto(["dashboard", "."]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("PACTO_DASHBOARD_PORT"), "{}", output.stderr);
}

#[test]
fn the_config_file_says_what_the_environment_does_not() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let config = "dashboard: {host: 0.0.0.0, diagnostics: true, namespace: shop, cors-origin: 'https://portal.example'}\n";
    cx.write("config.yaml", config);
    let mut server = serve(&cx, &[".", "--config", "config.yaml"]);
    server.line("running at http://localhost:");
    assert_eq!(server.get("/api/debug/sources").status, 200);
    let answer = server.ask("GET", "/health", &[("origin", "https://portal.example")], "");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://portal.example"));
    for (config, message) in [
        ("dashboard: {colour: red}\n", "colour"),
        ("dashboard: 1\n", "want a mapping"),
        ("dashboard: {port: many}\n", "dashboard.port \"many\" is no port"),
    ] {
        cx.write("config.yaml", config);
        let output = cx.pacto(["dashboard", ".", "--config", "config.yaml"]);
        assert_eq!(output.code, 2);
        assert!(output.stderr.contains(message), "{}", output.stderr);
    }
}

#[test]
fn it_is_asked_how_it_is() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let mut server = serve(&cx, &["."]);
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    assert_eq!(cx.pacto(["dashboard", "--healthcheck", "--port", &port]).code, 0);
    // No address in the usual form, so that it is looked up; no name server is needed for it.
    for host in ["localhost", "127.1", "0.0.0.0", "[::]"] {
        let output = cx.pacto(["dashboard", "--healthcheck", "--host", host, "--port", &port]);
        assert_eq!(output.code, 0, "{host}: {}", output.stderr);
    }
    let output = cx.pacto(["dashboard", "--healthcheck", "--host", "no.such.host.invalid", "--port", &port]);
    assert_eq!(output.code, 3);
    assert!(output.stderr.contains("\"no.such.host.invalid\" cannot be found"), "{}", output.stderr);
    assert_eq!(server.stop("INT"), Some(0));
    let output = cx.pacto(["dashboard", "--healthcheck", "--port", &port]);
    assert_eq!(output.code, 3);
    assert!(output.stderr.contains("/health does not answer"), "{}", output.stderr);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = cx.pacto(["dashboard", ".", "--port", &port]);
    assert_eq!(output.code, 3);
    assert!(output.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", output.stderr);
}
