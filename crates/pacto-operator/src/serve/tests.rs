use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

async fn start(router: Router) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    (address, stop, tokio::spawn(serve(listener, router, Options::default(), stopped)))
}

/// Everything that comes back for a request.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer").unwrap();
    String::from_utf8(answer).unwrap()
}

/// Status and body of a GET.
async fn get(address: SocketAddr, path: &str, headers: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{headers}\r\n");
    let answer = ask(address, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn a_server_is_ready_when_nothing_is_missing() {
    let readiness = Readiness::waits_for(["pactos", "services"]);
    let (address, _stop, _task) = start(health(readiness.clone())).await;
    let answer = |status: &str, body: &str| (status.to_owned(), body.to_owned());
    assert_eq!(get(address, "/healthz", "").await, answer("200", "ok"));
    assert_eq!(get(address, "/readyz", "").await, answer("503", "not ready: pactos, services\n"));
    readiness.is_there("services");
    assert_eq!(get(address, "/readyz", "").await, answer("503", "not ready: pactos\n"));
    readiness.is_there("pactos");
    assert_eq!(get(address, "/readyz", "").await, answer("200", "ok"));
    assert_eq!(get(address, "/metrics", "").await.0, "404");
    assert!(
        ask(address, "POST /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 405 ")
    );
}

#[tokio::test]
async fn metrics_come_in_the_format_that_is_preferred() {
    let (address, _stop, _task) = start(metrics(Arc::new(Metrics::new()), None)).await;
    let (status, plain) = get(address, "/metrics", "").await;
    assert_eq!(status, "200");
    assert!(plain.contains("# TYPE controller_runtime_reconcile_total counter\n"), "{plain}");
    let (_, open) = get(address, "/metrics", "accept: application/openmetrics-text\r\n").await;
    assert!(open.ends_with("# EOF\n"), "{open}");
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let (address, _stop, _task) = start(health(Readiness::default())).await;
    let many = "x: y\r\n".repeat(server::MAX_HEADERS + 1);
    assert_eq!(get(address, "/healthz", &many).await.0, "431");
    // Twice as much: it does not fit, whatever was read before. The rest of it may meet a closed connection.
    let long = format!("GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(2 * server::MAX_HEADER_BYTES));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    if stream.write_all(long.as_bytes()).await.is_ok() {
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    }
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[tokio::test]
async fn a_server_ends_after_the_answers_that_are_under_way() {
    let (begun, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let (finish, finished) = watch::channel(false);
    let slow = get_route(begun, finished);
    let (address, stop, task) = start(Router::new().route("/slow", slow)).await;
    let asking = tokio::spawn(async move { get(address, "/slow", "").await });
    asked.recv().await.unwrap();
    // It is idle, and does not keep the server.
    let _idle = TcpStream::connect(address).await.unwrap();
    stop.send_replace(true);
    finish.send_replace(true);
    assert_eq!(timeout(PATIENCE, asking).await.unwrap().unwrap().1, "done");
    timeout(PATIENCE, task).await.expect("it ends").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

fn get_route(
    begun: tokio::sync::mpsc::UnboundedSender<()>,
    finished: watch::Receiver<bool>,
) -> axum::routing::MethodRouter {
    axum::routing::get(move || async move {
        begun.send(()).unwrap();
        finished.clone().wait_for(|finished| *finished).await.unwrap();
        "done"
    })
}
