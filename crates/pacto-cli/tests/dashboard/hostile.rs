//! Requests that mean no good.

use std::io::{Read as _, Write as _};

use pacto_testkit::dashboard::Server;

use crate::running::{context, contract, names, serve};

fn server() -> (pacto_testkit::TestContext, Server) {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    (cx, server)
}

#[test]
fn headers_are_bounded() {
    let (_cx, server) = server();
    let host = server.address();
    let long = format!("GET / HTTP/1.1\r\nhost: {host}\r\nx: {}\r\n\r\n", "x".repeat(1 << 20));
    assert!(matches!(server.raw(long.as_bytes()).status, 0 | 431));
    let many: Vec<_> = (0..1_000).map(|number| format!("x{number}: y\r\n")).collect();
    let many = many.concat();
    let many = format!("GET / HTTP/1.1\r\nhost: {host}\r\n{many}\r\n");
    assert!(matches!(server.raw(many.as_bytes()).status, 0 | 431));
    let path = format!("GET /{} HTTP/1.1\r\nhost: {host}\r\n\r\n", "x".repeat(100_000));
    assert!(matches!(server.raw(path.as_bytes()).status, 0 | 414 | 431));
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn a_request_is_read_in_one_way_only() {
    let (_cx, server) = server();
    let host = server.address();
    for request in [
        format!(
            "POST /api/refresh HTTP/1.1\r\nhost: {host}\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcde"
        ),
        format!(
            "POST /api/refresh HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n"
        ),
        format!("POST /api/refresh HTTP/1.1\r\nhost: {host}\r\ncontent-length: -1\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nhost: {host}\r\nhost: evil.example\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nhost : {host}\r\n\r\n"),
        "GET http://evil.example/health HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
        "GET /health HTTP/1.1\r\n\r\n".to_owned(),
        "GET /health\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
    ] {
        let answer = server.raw(request.as_bytes());
        assert!(!(200..300).contains(&answer.status), "{request:?} was answered {}", answer.status);
        // Nothing behind it is taken for a second request.
        assert!(!answer.text().contains("HTTP/1.1 200"), "{request:?}");
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn files_of_the_machine_are_not_served() {
    let (_cx, server) = server();
    for path in [
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/index.html/../../Cargo.toml",
        "//etc/passwd",
        "/\\..\\etc",
        "/%00",
        "/schemas/..%2f..%2fetc",
    ] {
        let answer = server.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:"), "{path}");
    }
}

#[test]
fn methods_that_are_not_there_are_refused() {
    let (_cx, server) = server();
    for (method, path) in [
        ("PUT", "/api/services"),
        ("DELETE", "/api/services/a"),
        ("POST", "/api/services"),
        ("PATCH", "/"),
        ("GET", "/api/refresh"),
        ("TRACE", "/"),
    ] {
        let answer = server.ask(method, path, &[], "");
        let expected = if path == "/" { 404 } else { 405 };
        assert_eq!(answer.status, expected, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {path}");
    }
    let head = server.ask("HEAD", "/api/services", &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn names_that_mean_no_good_are_only_names() {
    let cx = context();
    let hostile = [
        "<script>alert(1)</script>".to_owned(),
        "x".repeat(300),
        "\u{202e}gnp.exe".to_owned(),
        "\u{1b}[31mred".to_owned(),
        "a/../b".to_owned(),
        "%2e%2e".to_owned(),
        "..".to_owned(),
        "a?b#c&d=e".to_owned(),
    ];
    for (position, name) in hostile.iter().enumerate() {
        let quoted = serde_json::to_string(name).unwrap();
        cx.write(format!("s{position}/pacto.yaml"), contract(&quoted, "1.0.0", ""));
    }
    let server = serve(&cx, &["."]);
    let list = server.wait("/api/services", |list| list.as_array().unwrap().len() == hostile.len());
    let mut expected: Vec<&str> = hostile.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(names(&list), expected);
    for name in &hostile {
        let encoded: Vec<_> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let encoded = encoded.concat();
        let answer = server.get(&format!("/api/services/{encoded}"));
        if name.chars().count() > 255 {
            assert_eq!(answer.status, 422, "{name}");
        } else {
            assert_eq!(answer.json()["name"].as_str(), Some(name.as_str()));
        }
        // JSON is never taken for a page.
        assert!(answer.header("content-type").unwrap().contains("json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(server.get("/api/services/%ff%fe").status, 422);
}

#[test]
fn who_sends_slowly_does_not_keep_others_out() {
    let (_cx, server) = server();
    let mut slow: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: local").unwrap();
    }
    assert_eq!(server.get("/api/services").status, 200);
    // They are cut off by and by: the first one is seen to be.
    let mut rest = Vec::new();
    let _ = slow[0].read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn listeners_are_bounded() {
    let (_cx, server) = server();
    let mut listening = Vec::new();
    let mut refused = 0;
    for _ in 0..1_030 {
        let mut stream = server.connect();
        stream
            .write_all(format!("GET /api/events HTTP/1.1\r\nhost: {}\r\n\r\n", server.address()).as_bytes())
            .unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        match &status[9..] {
            b"200" => listening.push(stream),
            b"503" => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((listening.len(), refused), (1_024, 6));
    assert_eq!(server.get("/api/services").status, 200);
    drop(listening);
    let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let mut is_free = false;
    while !is_free && std::time::Instant::now() < until {
        // A server only notices by writing, so something has to be written.
        server.post("/api/refresh", "");
        let mut stream = server.connect();
        stream
            .write_all(format!("GET /api/events HTTP/1.1\r\nhost: {}\r\n\r\n", server.address()).as_bytes())
            .unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        is_free = &status[9..] == b"200";
    }
    assert!(is_free, "those who left still count");
}
