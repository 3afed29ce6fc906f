//! A registry in memory, for reading only, that takes its time for every answer, as one far away does.

#![expect(clippy::expect_used, reason = "a benchmark without its registry must fail, and say why")]

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};

use crate::http::Message;

/// Longest head of a request.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// How a head ends.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// Wait for a client that does not read.
const FULL: Duration = Duration::from_millis(1);

/// What is behind a path, such as `/v2/acme/cart/manifests/1.0.0`.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its media type.
    pub media_type: String,
    /// Its digest, where it has one.
    pub digest: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A running registry; it ends with the process.
#[derive(Debug)]
pub struct LatencyRegistry {
    address: String,
    requests: Arc<AtomicUsize>,
    in_flight: Arc<AtomicUsize>,
}

/// An answer as it is sent. It is made once: what the registry computes, its client waits for on the same processors.
#[derive(Debug)]
struct Answer {
    bytes: Vec<u8>,
    /// Bytes of it that answer a HEAD.
    head: usize,
}

impl Answer {
    fn new(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Self {
        let message = Message::response(status, headers, body);
        let mut bytes = message.head();
        let head = bytes.len();
        bytes.extend_from_slice(&message.body);
        Self { bytes, head }
    }

    fn of(content: Content) -> Self {
        let mut headers = vec![("content-type", content.media_type.as_str())];
        headers.extend(content.digest.as_deref().map(|digest| ("docker-content-digest", digest)));
        Self::new(200, &headers, content.bytes)
    }
}

#[derive(Debug)]
struct State {
    latency: Duration,
    answers: HashMap<String, Answer>,
    ping: Answer,
    nothing: Answer,
    requests: Arc<AtomicUsize>,
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
}

impl State {
    fn answer(&self, path: &str) -> &Answer {
        let none = if path == "/v2/" { &self.ping } else { &self.nothing };
        self.answers.get(path).unwrap_or(none)
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    path: String,
    has_body: bool,
    client: Arc<OwnedWriteHalf>,
}

impl LatencyRegistry {
    /// Serves `contents`, by path.
    ///
    /// # Panics
    /// When there is no port or no thread left.
    pub fn start(latency: Duration, contents: HashMap<String, Content>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address").to_string();
        let (requests, in_flight) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let state = Arc::new(State {
            latency,
            answers: contents.into_iter().map(|(path, content)| (path, Answer::of(content))).collect(),
            ping: Answer::new(200, &[], b"{}".to_vec()),
            nothing: Answer::new(404, &[], br#"{"errors": []}"#.to_vec()),
            requests: Arc::clone(&requests),
            now: AtomicUsize::new(0),
            most: Arc::clone(&in_flight),
        });
        let (arrived, waiting) = mpsc::channel();
        let deliverer = Arc::clone(&state);
        std::thread::spawn(move || deliver(&deliverer, &waiting));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let (state, arrived) = (Arc::clone(&state), arrived.clone());
                    tokio::spawn(async move { receive(stream, &state, &arrived).await });
                }
            });
        });
        Self { address, requests, in_flight }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Requests since this was asked last, and most of them at once; the question for the scheme does not count.
    pub fn take_requests(&self) -> (usize, usize) {
        (self.requests.swap(0, Ordering::Relaxed), self.in_flight.swap(0, Ordering::Relaxed))
    }
}

/// Takes requests from one connection.
async fn receive(stream: TcpStream, state: &State, arrived: &mpsc::Sender<Waiting>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut requests, client) = stream.into_split();
    let client = Arc::new(client);
    let mut read = Vec::with_capacity(4096);
    while requests.read_buf(&mut read).await.ok()? > 0 && read.len() <= MAX_HEAD_BYTES {
        let since = Instant::now();
        while let Some(end) = read.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD) {
            let mut words = std::str::from_utf8(read.get(..end)?).ok()?.split(' ');
            let (method, target) = (words.next()?, words.next()?);
            let path = target.split('?').next().unwrap_or_default().to_owned();
            let has_body = method != "HEAD";
            if path != "/v2/" {
                state.requests.fetch_add(1, Ordering::Relaxed);
            }
            let now = state.now.fetch_add(1, Ordering::Relaxed) + 1;
            state.most.fetch_max(now, Ordering::Relaxed);
            arrived.send(Waiting { since, path, has_body, client: Arc::clone(&client) }).ok()?;
            read.drain(..end + END_OF_HEAD.len());
        }
    }
    Some(())
}

/// Answers requests in the order in which they came, each when its time is up. This is a thread of its own because the
/// timers of the runtime count in milliseconds, rounded up, which would make the distance up to a tenth longer.
fn deliver(state: &State, waiting: &mpsc::Receiver<Waiting>) {
    for request in waiting {
        // The distance that this registry plays.
        std::thread::sleep((request.since + state.latency).saturating_duration_since(Instant::now()));
        state.now.fetch_sub(1, Ordering::Relaxed);
        let Answer { bytes, head } = state.answer(&request.path);
        let mut rest = if request.has_body { bytes.as_slice() } else { bytes.get(..*head).unwrap_or(bytes) };
        while !rest.is_empty() {
            match request.client.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(FULL),
                // The client has gone away.
                Err(_) => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn waits_before_every_answer() {
        let latency = Duration::from_millis(20);
        let content = Content {
            media_type: "text/plain".into(),
            digest: Some("sha256:x".into()),
            bytes: b"tag".to_vec(),
        };
        let registry = LatencyRegistry::start(latency, HashMap::from([("/v2/a/tags/list".into(), content)]));
        let mut client = std::net::TcpStream::connect(registry.address()).unwrap();
        let mut ask = |request: &str, answer: &str| {
            let start = Instant::now();
            write!(client, "{request} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut read = vec![0; answer.len()];
            client.read_exact(&mut read).unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), answer);
            assert!(start.elapsed() >= latency);
        };
        let head = "HTTP/1.1 200 X\r\ncontent-type: text/plain\r\ndocker-content-digest: sha256:x\r\n\
                    content-length: 3\r\n\r\n";
        ask("HEAD /v2/a/tags/list", head);
        ask("GET /v2/a/tags/list?n=1", &format!("{head}tag"));
        ask("GET /v2/", "HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\n{}");
        ask("GET /v2/b", "HTTP/1.1 404 X\r\ncontent-length: 14\r\n\r\n{\"errors\": []}");
        assert_eq!(registry.take_requests(), (3, 1));
    }
}
