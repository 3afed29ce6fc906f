//! Who may ask what.

use crate::running::{context, contract, serve};

#[test]
fn only_names_of_this_machine_are_served_on_loopback() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    for (method, path) in [
        ("GET", "/health"),
        ("GET", "/api/services"),
        ("POST", "/api/refresh"),
        ("GET", "/"),
        ("OPTIONS", "/api/services"),
    ] {
        let answer = server.ask(method, path, &[("host", "evil.example")], "");
        assert_eq!(answer.status, 421, "{method} {path}");
    }
    assert_eq!(server.ask("GET", "/health", &[("host", "localhost")], "").status, 200);
    let allowed = serve(&cx, &[".", "--allowed-host", "pacto.test"]);
    assert_eq!(allowed.ask("GET", "/api/services", &[("host", "pacto.test:80")], "").status, 200);
    let open = serve(&cx, &[".", "--host", "0.0.0.0"]);
    assert_eq!(open.ask("GET", "/health", &[("host", "10.1.2.3:3000")], "").status, 200);
    assert_eq!(open.ask("GET", "/api/services", &[("host", "any.example")], "").status, 200);
}

#[test]
fn pages_of_others_change_nothing() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    let json = ("content-type", "application/json");
    for path in ["/api/refresh", "/api/resolve", "/api/versions"] {
        for headers in
            [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
        {
            let answer = server.ask("POST", path, &[headers, json], r#"{"ref": "evil.example/x"}"#);
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    let own = format!("http://{}", server.address());
    assert_eq!(server.ask("POST", "/api/refresh", &[("origin", &own)], "").status, 200);
    let answer = server.ask("GET", "/api/services", &[("origin", "http://evil.example")], "");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let cors = serve(&cx, &[".", "--cors-origin", "https://portal.example"]);
    let origin = ("origin", "https://portal.example");
    let preflight = cors.ask("OPTIONS", "/api/refresh", &[origin], "");
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (204, Some("https://portal.example"))
    );
    assert_eq!(cors.ask("POST", "/api/refresh", &[origin], "").status, 200);
    assert_eq!(cors.ask("POST", "/api/refresh", &[("origin", "https://other.example")], "").status, 403);
}

#[test]
fn nobody_makes_the_server_knock_at_other_doors() {
    let cx = context();
    let needs = "dependencies: [{ref: 'oci://127.0.0.1:9/named', required: true, compatibility: '^1.0.0'}]\n";
    cx.write("a/pacto.yaml", contract("a", "1.0.0", needs));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 1);
    for reference in
        ["evil.example/x", "oci://169.254.169.254/latest", "oci://127.0.0.1:9/other", "[::1]:80/x"]
    {
        for path in ["/api/resolve", "/api/versions"] {
            let answer = server.post(path, &format!(r#"{{"ref": "{reference}"}}"#));
            assert!(matches!(answer.status, 403 | 422), "{path} {reference}: {}", answer.text());
        }
    }
    // Nobody listens at that port, but the contract names it, so it is asked.
    let answer =
        server.post("/api/resolve", r#"{"ref": "oci://127.0.0.1:9/named", "compatibility": "^1.0.0"}"#);
    assert_eq!(answer.status, 502, "{}", answer.text());
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("{}", 422),
        (r#"{"ref": 1}"#, 422),
        (r#"{"ref": "x/y", "more": 1}"#, 422),
        (r#"{"ref": "file:///etc"}"#, 422),
        (r#"{"ref": "../../etc"}"#, 422),
    ] {
        assert_eq!(server.post("/api/resolve", body).status, status, "{body}");
    }
    let secret = server.post("/api/resolve", r#"{"ref": "oci://bob:hunter2@127.0.0.1:9/named"}"#);
    assert!(secret.status == 422 && !secret.text().contains("hunter2"), "{}", secret.text());
    let untyped = server.ask("POST", "/api/resolve", &[("content-type", "text/plain")], r#"{"ref": "x/y"}"#);
    assert_eq!(untyped.status, 415);
    let large = format!(r#"{{"ref": "{}"}}"#, "x".repeat(70_000));
    assert_eq!(server.post("/api/resolve", &large).status, 413);
    let allowed = serve(&cx, &[".", "--allow-registry", "127.0.0.1:9"]);
    assert_eq!(allowed.post("/api/versions", r#"{"ref": "oci://127.0.0.1:9/other"}"#).status, 502);
}

#[test]
fn a_token_is_asked_for_where_there_is_one() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    cx.write("token", "s3cret\n");
    let server = serve(&cx, &[".", "--auth-token-file", "token"]);
    let refused = server.get("/api/services");
    assert_eq!((refused.status, refused.header("www-authenticate").is_some()), (401, true));
    assert_eq!(server.ask("GET", "/api/services", &[("authorization", "Bearer wrong")], "").status, 401);
    assert_eq!(server.ask("GET", "/api/services", &[("authorization", "Bearer s3cret")], "").status, 200);
    assert_eq!((server.get("/health").status, server.get("/").status), (200, 200));
    assert_eq!(server.get("/api/events").status, 401);
}

#[test]
fn browsers_are_told_to_be_careful() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    for path in ["/", "/app.js", "/api/services", "/none", "/api/none", "/health"] {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
    let page = server.get("/").text();
    assert!(!page.contains("<script>") && !page.contains("style="), "{page}");
    for line in page.lines().filter(|line| line.contains("src=") || line.contains("href=")) {
        assert!(!line.contains("//"), "{line}");
    }
}

#[test]
fn a_trusted_proxy_says_who_somebody_is() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let header = ["--user-header", "X-Forwarded-User", "--access-log", "json"];
    let start = |proxy: &str| serve(&cx, &[&[".", "--trusted-proxy", proxy], header.as_slice()].concat());
    let mut server = start("127.0.0.1");
    let ask = |server: &pacto_testkit::dashboard::Server, headers: &[(&str, &str)]| {
        server.ask("GET", "/api/owners", headers, "").status
    };
    assert_eq!(ask(&server, &[]), 401);
    assert_eq!(ask(&server, &[("x-forwarded-user", "")]), 401);
    assert_eq!(ask(&server, &[("x-forwarded-user", "ada")]), 200);
    let record = loop {
        let record: serde_json::Value = serde_json::from_str(&server.line("\"status\":200")).unwrap();
        if record["path"] == "/api/owners" {
            break record;
        }
    };
    assert_eq!(record["user"], "ada");
    // Whoever is no proxy may say what he likes.
    let other = start("192.0.2.1");
    assert_eq!(ask(&other, &[("x-forwarded-user", "ada")]), 401);
}
