//! `pacto mcp --transport http`: who may ask, what for, and what is refused.

use std::io::{BufRead, BufReader, Write};

use pacto_testkit::TestContext;
use pacto_testkit::dashboard::Server;
use serde_json::{Value, json};

use crate::mcp::{PATIENCE, workspace};

/// A server over HTTP, asked with bytes of our own.
fn over_http(cx: &TestContext, arguments: &[&str]) -> Server {
    let mut command = cx.command();
    command.args(["mcp", "--transport", "http", "--port", "0"]).args(arguments);
    Server::start_as_it_is(command)
}

fn post(server: &Server, headers: &[(&str, &str)], body: &Value) -> pacto_testkit::dashboard::Answer {
    let usual = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    server.ask("POST", "/mcp", &[&usual, headers].concat(), &body.to_string())
}

/// Headers and body of a request that stands for itself.
fn alone(method: &str, mut params: Value) -> (Vec<(&'static str, String)>, Value) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut headers =
        vec![("mcp-protocol-version", "2026-07-28".to_owned()), ("mcp-method", method.to_owned())];
    if let Some(name) = params["name"].as_str() {
        headers.push(("mcp-name", name.to_owned()));
    }
    (headers, json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
}

fn ask_alone(server: &Server, method: &str, params: Value) -> Value {
    let (headers, body) = alone(method, params);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post(server, &headers, &body).json()
}

#[test]
fn over_http_nothing_is_written_and_nothing_elsewhere_read() {
    let cx = workspace();
    cx.write("cart/pacto.yaml", "pactoVersion: '1.0'\nservice: {name: cart, version: 1.0.0}\n");
    cx.write("../outside/pacto.yaml", "pactoVersion: '1.0'\nservice: {name: outside, version: 1.0.0}\n");
    let server = over_http(&cx, &[]);
    let listed = ask_alone(&server, "tools/list", json!({}));
    let names: Vec<_> = listed["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"pacto_diff") && !names.contains(&"pacto_create"), "{names:?}");
    let call = |reference: &str| {
        ask_alone(&server, "tools/call", json!({"name": "pacto_inspect", "arguments": {"ref": reference}}))["result"].clone()
    };
    assert_eq!(call("cart")["structuredContent"]["name"], "cart");
    let layout = format!("oci-layout://{}", cx.path("x").display());
    for elsewhere in ["../outside", "/etc", "oci://127.0.0.1:9/x", "oci://169.254.169.254/x", layout.as_str()]
    {
        let refused = call(elsewhere);
        assert_eq!(refused["isError"], true, "{elsewhere}: {refused}");
    }
    let writing = over_http(&cx, &["--allow-writes", "--allow-registry", "registry.example.com"]);
    let made =
        ask_alone(&writing, "tools/call", json!({"name": "pacto_create", "arguments": {"name": "made"}}));
    assert_eq!(made["result"]["structuredContent"]["fileCount"], 1, "{made}");
    let known = ask_alone(
        &writing,
        "tools/call",
        json!({"name": "pacto_inspect", "arguments": {"ref": "oci://registry.example.com/veloria/pricing-service"}}),
    );
    assert_eq!(known["result"]["structuredContent"]["name"], "pricing-service", "{known}");
}

#[test]
fn only_this_machine_and_pages_of_it_may_ask() {
    let cx = workspace();
    let server = over_http(&cx, &[]);
    let (headers, body) = alone("server/discover", json!({}));
    let own: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let status = |more: &[(&str, &str)]| post(&server, &[own.as_slice(), more].concat(), &body).status;
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&[("origin", "http://localhost:1234")]), 200);
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "127.0.0.1.evil.example"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
    ] {
        assert_eq!(status(&[(name, value)]), 403, "{name}: {value}");
    }
    let twice = format!(
        "POST /mcp HTTP/1.1\r\nhost: {0}\r\nhost: evil.example\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        server.address()
    );
    assert_eq!(server.raw(twice.as_bytes()).status, 400);
    let allowed =
        over_http(&cx, &["--allowed-host", "mcp.example", "--allowed-origin", "https://portal.example"]);
    let (headers, body) = alone("server/discover", json!({}));
    let mut all: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend([("host", "mcp.example"), ("origin", "https://portal.example")]);
    assert_eq!(post(&allowed, &all, &body).status, 200);
}

#[test]
fn a_token_is_asked_for_where_there_is_one() {
    let cx = workspace();
    cx.write("token", "s3cret\n").write("empty", "");
    let server = over_http(&cx, &["--auth-token-file", "token"]);
    let (headers, body) = alone("server/discover", json!({}));
    let own: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let status =
        |value: &str| post(&server, &[own.as_slice(), &[("authorization", value)]].concat(), &body).status;
    assert_eq!(post(&server, &own, &body).status, 401);
    assert_eq!((status("Bearer wrong"), status("Basic s3cret"), status("Bearer s3cret")), (401, 401, 200));
    let output = cx.pacto(["mcp", "--transport", "http", "--port", "0", "--auth-token-file", "empty"]);
    assert!(output.code == 2 && output.stderr.contains("it is empty"), "{}", output.stderr);
}

#[test]
fn sessions_of_the_older_revision_are_bounded() {
    let cx = workspace();
    let server = over_http(&cx, &[]);
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }});
    let mut statuses = Vec::new();
    for _ in 0..260 {
        let (head, _) = first_bytes(&server, &hello);
        statuses.push(head);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 256, "{statuses:?}");
    assert!(statuses[256..].iter().all(|status| *status == 503));
    // Those that need no session are served all the same.
    assert!(ask_alone(&server, "server/discover", json!({}))["result"].is_object());
}

/// Status of an answer that may stay open, and the rest of its first line.
fn first_bytes(server: &Server, body: &Value) -> (u16, String) {
    let body = body.to_string();
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n\
         content-length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    (status, line)
}

#[test]
fn bodies_made_to_hurt_are_refused() {
    let cx = workspace();
    let server = over_http(&cx, &[]);
    let kind = ("content-type", "application/json");
    let accept = ("accept", "application/json, text/event-stream");
    let ask = |body: &str| server.ask("POST", "/mcp", &[kind, accept], body);
    let batch = format!("[{}]", vec![r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#; 50_000].join(","));
    for (body, code) in [("{", -32700), (batch.as_str(), -32600), ("{}", -32600)] {
        let answer = ask(body);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (400, &code.into()),
            "{}",
            answer.text()
        );
    }
    assert_eq!(ask(&"x".repeat(5 * 1024 * 1024)).status, 413);
    assert_eq!(server.ask("POST", "/mcp", &[("content-type", "text/plain"), accept], "{}").status, 415);
    assert_eq!(server.ask("PUT", "/mcp", &[kind, accept], "{}").status, 405);
    assert_eq!(server.get("/none").status, 404);
    assert_eq!(server.get("/health").text(), "ok\n");
    let large = format!(
        "GET /health HTTP/1.1\r\nhost: {}\r\nx: {}\r\n\r\n",
        server.address(),
        "x".repeat(1024 * 1024)
    );
    assert!(matches!(server.raw(large.as_bytes()).status, 0 | 400 | 431));
}

/// Who sends the headers of a request byte by byte is cut off, and holds nobody else up.
#[test]
fn slow_requests_are_cut_off() {
    let cx = workspace();
    let server = over_http(&cx, &[]);
    let mut stream = server.connect();
    stream.write_all(b"POST /mcp HTTP/1.1\r\nhost: ").unwrap();
    assert_eq!(server.get("/health").text(), "ok\n");
    // The end of the stream, or a status that says why: never an answer to what was not asked.
    let mut said = String::new();
    BufReader::new(&stream).read_line(&mut said).unwrap();
    assert!(said.is_empty() || said.contains(" 408 "), "{said}");
    assert_eq!(server.get("/health").text(), "ok\n");
}

/// What a contract refers to is as far away as what a client names.
#[test]
fn contracts_lead_nowhere_that_a_client_may_not_name() {
    let mut cx = workspace();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let other = listener.local_addr().unwrap().to_string();
    cx.env("PACTO_INSECURE_REGISTRIES", &other);
    cx.env("PACTO_REGISTRY_USERNAME", "bob").env("PACTO_REGISTRY_PASSWORD", "hunter2");
    cx.write("../outside/pacto.yaml", "pactoVersion: '1.0'\nservice: {name: outside, version: 1.0.0}\n");
    let needs = |reference: &str| {
        format!(
            "pactoVersion: '1.0'\nservice: {{name: cart, version: 1.0.0}}\n\
             dependencies: [{{ref: '{reference}', required: true, compatibility: '^1.0.0'}}]\n"
        )
    };
    let server = over_http(&cx, &[]);
    for reference in
        [format!("oci://{other}/x"), "file://../../outside".to_owned(), "oci-layout:///etc".to_owned()]
    {
        cx.write("cart/pacto.yaml", needs(&reference));
        let call = json!({"name": "pacto_resolve_dependencies", "arguments": {"ref": "cart"}});
        let answer = ask_alone(&server, "tools/call", call);
        let edge = &answer["result"]["structuredContent"]["root"]["dependencies"][0];
        assert!(edge["error"].is_string() && edge["node"].is_null(), "{reference}: {answer}");
    }
    assert!(listener.accept().is_err(), "nobody knocked");
    // Over streams the host is asked, and gets no password that is not its own.
    listener.set_nonblocking(false).unwrap();
    let asked = std::thread::spawn(move || {
        let mut requests = Vec::new();
        // Every request that comes is refused and kept, until the test says that no more will.
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            while lines.read_line(&mut request).is_ok_and(|read| read > 2) {}
            if request.starts_with("STOP") {
                break;
            }
            let refused = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(refused.as_bytes()).unwrap();
            requests.push(request);
        }
        requests
    });
    cx.write("cart/pacto.yaml", needs(&format!("oci://{other}/x")));
    let (mut client, _) = crate::mcp::Client::with_handshake(&cx, "", &[]);
    client.ask("tools/call", json!({"name": "pacto_resolve_dependencies", "arguments": {"ref": "cart"}}));
    drop(client);
    std::net::TcpStream::connect(&other).unwrap().write_all(b"STOP\r\n\r\n").unwrap();
    let requests = asked.join().unwrap();
    assert!(!requests.is_empty(), "the host was asked");
    assert!(requests.iter().all(|one| !one.to_lowercase().contains("authorization")), "{requests:?}");
}
