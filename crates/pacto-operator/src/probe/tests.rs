use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use pacto_engine::runtime::EndpointRole;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn endpoint(protocol: EndpointProtocol, path: &str) -> Endpoint {
    Endpoint { role: EndpointRole::Health, protocol, port: 80, path: path.to_owned() }
}

fn prober(address: SocketAddr) -> Prober {
    Prober::new(Resolver::Table([("web.shop.svc:80".to_owned(), address)].into()))
}

async fn ask(prober: &Prober, protocol: EndpointProtocol) -> ProbeResult {
    prober.probe(&ResourceKey::new("shop", "web"), &endpoint(protocol, "/ready?a=b")).await
}

/// A server that reads one request, writes this, and then does what `after` says.
async fn server(answer: Vec<u8>, after: After) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let text = String::from_utf8(request).unwrap();
            assert!(text.starts_with("GET /ready?a=b HTTP/1.1\r\nhost: web.shop.svc:80\r\n"), "{text}");
            stream.write_all(&answer).await.unwrap();
            match after {
                After::Close => {}
                After::Wait => std::future::pending().await,
                After::GoOn => while stream.write_all(&[b'x'; 1024]).await.is_ok() {},
            }
        }
    });
    address
}

#[derive(Clone, Copy)]
enum After {
    Close,
    Wait,
    GoOn,
}

async fn http(answer: &str, after: After) -> ProbeOutcome {
    let address = server(answer.as_bytes().to_vec(), after).await;
    let result = ask(&prober(address), EndpointProtocol::Http).await;
    assert_eq!(result.url, "http://web.shop.svc:80/ready?a=b");
    assert_eq!(result.latency_ms.is_some(), result.outcome.is_reachable());
    result.outcome
}

fn response(status: u16, empty: bool) -> ProbeOutcome {
    ProbeOutcome::Response { status, empty }
}

fn failed(error: &str) -> ProbeOutcome {
    ProbeOutcome::Failed { error: error.to_owned() }
}

#[tokio::test]
async fn any_status_is_an_answer() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    assert_eq!(http(ok, After::Close).await, response(200, false));
    assert_eq!(http(ok, After::Wait).await, response(200, false));
    assert_eq!(http("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", After::Wait).await, response(200, true));
    assert_eq!(http("HTTP/1.1 204 No Content\r\n\r\n", After::Wait).await, response(204, true));
    assert_eq!(
        http("HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno", After::Close).await,
        response(500, false)
    );
    // An old server: the end of the connection is that of the body.
    assert_eq!(http("HTTP/1.0 200 OK\r\n\r\nok", After::Close).await, response(200, false));
    assert_eq!(http("HTTP/1.0 200 OK\r\n\r\n", After::Close).await, response(200, true));
}

#[tokio::test]
async fn redirects_are_answers_and_lead_nowhere() {
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = trap.local_addr().unwrap();
    let answer = format!("HTTP/1.1 301 Moved\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(http(&answer, After::Close).await, response(301, true));
    let visit = tokio::time::timeout(Duration::from_millis(200), trap.accept()).await;
    assert!(visit.is_err(), "nobody came");
}

#[tokio::test]
async fn bodies_without_end_are_left() {
    let answer = "HTTP/1.1 200 OK\r\n\r\n";
    let begin = Instant::now();
    assert_eq!(http(answer, After::GoOn).await, response(200, false));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\n";
    assert_eq!(http(chunked, After::GoOn).await, response(200, false));
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn slow_servers_are_not_waited_for() {
    let impatient = |address| prober(address).with_patience(Duration::from_millis(300));
    let begin = Instant::now();
    for nothing in ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"] {
        let address = server(nothing.as_bytes().to_vec(), After::Wait).await;
        let result = ask(&impatient(address), EndpointProtocol::Http).await;
        assert_eq!(result.outcome, failed("timed out"), "{nothing:?}");
        assert_eq!(result.latency_ms, None);
    }
    // It answered, and is slow afterwards.
    let address = server(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec(), After::Wait).await;
    let result = ask(&impatient(address), EndpointProtocol::Http).await;
    assert_eq!(result.outcome, response(200, false));
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn what_is_not_http_is_said_so() {
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(MAX_HEADER_BYTES));
    assert_eq!(http(&large, After::Wait).await, failed("headers too large"));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(MAX_HEADERS + 1));
    assert_eq!(http(&many, After::Wait).await, failed("headers too large"));
    assert_eq!(http("SSH-2.0-OpenSSH_9.2\r\n", After::Wait).await, failed("the answer is not HTTP"));
    assert_eq!(http("", After::Close).await, failed("connection closed"));
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    assert_eq!(http(half, After::Close).await, failed("connection closed"));
}

#[tokio::test]
async fn who_does_not_listen_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for protocol in [EndpointProtocol::Http, EndpointProtocol::Grpc] {
        assert_eq!(ask(&prober(address), protocol).await.outcome, failed("connection refused"));
    }
    let nobody = Prober::new(Resolver::Table(BTreeMap::new()));
    assert_eq!(ask(&nobody, EndpointProtocol::Http).await.outcome, failed("no such host"));
}

#[tokio::test]
async fn only_services_are_asked() {
    let prober = Prober::new(Resolver::Table(BTreeMap::new()));
    let http = |path: &str| endpoint(EndpointProtocol::Http, path);
    for (namespace, name) in [
        ("shop", "evil.com/"),
        ("shop", "a.b"),
        ("evil.com", "a"),
        ("", "a"),
        ("shop", ""),
        ("shop", "a@b"),
        ("shop", "A"),
    ] {
        let result = prober.probe(&ResourceKey::new(namespace, name), &http("/")).await;
        assert!(matches!(result.outcome, ProbeOutcome::Skipped { .. }), "{result:?}");
    }
    for path in
        ["", "health", "/a b", "/a\r\nx: y", "http://evil.com/", &format!("/{}", "x".repeat(MAX_PATH_BYTES))]
    {
        let result = prober.probe(&ResourceKey::new("shop", "web"), &http(path)).await;
        assert!(matches!(result.outcome, ProbeOutcome::Skipped { .. }), "{result:?}");
    }
}

#[tokio::test]
async fn a_host_is_asked_one_thing_at_a_time_and_then_forgotten() {
    let prober = Prober::new(Resolver::System);
    let (enter, mut entered) = tokio::sync::mpsc::unbounded_channel();
    let (leave, left) = tokio::sync::watch::channel(false);
    let work = |host: &'static str| {
        let (enter, mut left) = (enter.clone(), left.clone());
        prober.in_turn(host, async move {
            enter.send(host).unwrap();
            left.wait_for(|left| *left).await.unwrap();
        })
    };
    let check = async {
        let mut first = [entered.recv().await.unwrap(), entered.recv().await.unwrap()];
        first.sort_unstable();
        assert_eq!(first, ["a", "b"]);
        tokio::task::yield_now().await;
        assert!(entered.try_recv().is_err(), "the second turn of a waits");
        leave.send_replace(true);
        assert_eq!(entered.recv().await, Some("a"));
    };
    tokio::join!(work("a"), work("a"), work("b"), check);
    prober.in_turn("c", async {}).await;
    assert_eq!(prober.hosts.lock().unwrap().keys().collect::<Vec<_>>(), ["c"]);
}

/// What a gRPC server answers: HTTP status, headers, body, trailers.
#[derive(Clone)]
struct Reply {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static [u8],
    trailers: Vec<(&'static str, &'static str)>,
}

static LONG: [u8; MAX_BODY_BYTES + 1] = [0; MAX_BODY_BYTES + 1];
const GRPC: (&str, &str) = ("content-type", "application/grpc");

async fn grpc(reply: Reply) -> ProbeOutcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(move |request: ::http::Request<hyper::body::Incoming>| {
            let reply = reply.clone();
            async move {
                assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
                assert_eq!(request.headers()["te"], "trailers");
                let sent = request.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(&*sent, [0; 5]);
                let mut response = ::http::Response::builder().status(reply.status);
                for (name, value) in reply.headers {
                    response = response.header(name, value);
                }
                let trailers = reply.trailers.iter().map(|(name, value)| {
                    (
                        name.parse::<::http::HeaderName>().unwrap(),
                        value.parse::<::http::HeaderValue>().unwrap(),
                    )
                });
                let frames = [
                    Ok::<_, Infallible>(Frame::data(Bytes::from_static(reply.body))),
                    Ok(Frame::trailers(trailers.collect())),
                ];
                let body = StreamBody::new(futures_util::stream::iter(frames));
                Ok::<_, Infallible>(response.body(body).unwrap())
            }
        });
        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
    });
    let result = ask(&prober(address), EndpointProtocol::Grpc).await;
    assert_eq!(result.url, "grpc://web.shop.svc:80");
    assert_eq!(result.latency_ms.is_some(), result.outcome.is_reachable());
    result.outcome
}

#[tokio::test]
async fn grpc_servers_say_whether_they_serve() {
    let said =
        |body, code| Reply { status: 200, headers: vec![GRPC], body, trailers: vec![("grpc-status", code)] };
    assert_eq!(grpc(said(&[0, 0, 0, 0, 2, 8, 1], "0")).await, ProbeOutcome::Health { serving: true });
    assert_eq!(grpc(said(&[0, 0, 0, 0, 2, 8, 2], "0")).await, ProbeOutcome::Health { serving: false });
    assert_eq!(grpc(said(&[], "12")).await, ProbeOutcome::Unimplemented);
    assert_eq!(grpc(said(&[], "5")).await, ProbeOutcome::Health { serving: false });
    assert_eq!(grpc(said(&[], "14")).await, failed("gRPC status 14"));
    assert_eq!(grpc(said(&[0, 0, 0], "0")).await, failed("the answer is not gRPC"));
    assert_eq!(grpc(said(&LONG, "0")).await, failed("the answer is too long"));
    // Without a message the status may be in the headers.
    let short =
        Reply { status: 200, headers: vec![GRPC, ("grpc-status", "12")], body: &[], trailers: Vec::new() };
    assert_eq!(grpc(short).await, ProbeOutcome::Unimplemented);
}

#[tokio::test]
async fn servers_of_something_else_are_told_apart() {
    let plain = |status, kind| Reply {
        status,
        headers: vec![("content-type", kind)],
        body: b"hello",
        trailers: Vec::new(),
    };
    assert_eq!(grpc(plain(404, "text/plain")).await, ProbeOutcome::Unimplemented);
    assert_eq!(grpc(plain(503, "text/plain")).await, failed("HTTP status 503"));
    assert_eq!(grpc(plain(200, "text/html")).await, failed("the answer is not gRPC"));
    // HTTP/1.1 alone: it answers in words of its own.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service =
            service_fn(|_| async { Ok::<_, Infallible>(::http::Response::new(Full::new(Bytes::new()))) });
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
    let result = ask(&prober(address), EndpointProtocol::Grpc).await;
    assert!(matches!(result.outcome, ProbeOutcome::Failed { .. }), "{result:?}");
}

proptest! {
    #[test]
    fn a_name_never_brings_more_than_itself_into_a_url(name in "\\PC{0,70}") {
        if is_name(&name) {
            let uri: ::http::Uri = format!("http://{name}.shop.svc:80/").parse().unwrap();
            prop_assert_eq!(uri.host(), Some(&*format!("{name}.shop.svc")));
            prop_assert_eq!(uri.path(), "/");
        }
    }
}
