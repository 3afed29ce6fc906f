//! A registry in memory, for reading only, that takes its time for every answer, as one far away does.

#![expect(clippy::expect_used, reason = "a benchmark without its registry must fail, and say why")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};

use crate::http::Message;

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

#[derive(Debug)]
struct State {
    latency: Duration,
    contents: HashMap<String, Content>,
    requests: Arc<AtomicUsize>,
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
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
            contents,
            requests: Arc::clone(&requests),
            now: AtomicUsize::new(0),
            most: Arc::clone(&in_flight),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let state = Arc::clone(&state);
                    tokio::spawn(async move { serve(stream, &state).await });
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

async fn serve(stream: TcpStream, state: &State) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut client = BufReader::new(stream);
    loop {
        let request = Message::read(&mut client, true).await?;
        let path = request.target().split('?').next().unwrap_or_default();
        let is_ping = path == "/v2/";
        if !is_ping {
            state.requests.fetch_add(1, Ordering::Relaxed);
        }
        let now = state.now.fetch_add(1, Ordering::Relaxed) + 1;
        state.most.fetch_max(now, Ordering::Relaxed);
        // The distance that this registry plays.
        tokio::time::sleep(state.latency).await;
        state.now.fetch_sub(1, Ordering::Relaxed);
        let answer = match state.contents.get(path) {
            Some(content) => {
                let mut headers = vec![("content-type", content.media_type.as_str())];
                headers.extend(content.digest.as_deref().map(|digest| ("docker-content-digest", digest)));
                Message::response(200, &headers, content.bytes.clone())
            }
            None if is_ping => Message::response(200, &[], "{}"),
            None => Message::response(404, &[], r#"{"errors": []}"#),
        };
        answer.write(&mut client, request.method() != "HEAD").await.ok()?;
    }
}
