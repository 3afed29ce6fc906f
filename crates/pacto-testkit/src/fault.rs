//! A proxy before a real registry that spoils a part of the answers, and a site abroad that it sends clients to.
//!
//! What is spoiled is chosen by a seed, so that a run can be repeated.

#![expect(clippy::expect_used, reason = "a test without its proxy must fail, and say why")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::http::Message;

/// What may happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset before the registry is asked.
    ResetBefore,
    /// The connection is reset after the registry did what it was asked.
    ResetAfter,
    /// The answer ends half-way.
    Truncation,
    /// 429, come back at once.
    TooMany,
    /// 503.
    Unavailable,
    /// The body comes in small pieces.
    SlowBody,
    /// A byte of the body is another one.
    WrongByte,
    /// The answer says that it is shorter than the content.
    LyingSize,
    /// A list of tags leads to itself.
    EndlessLink,
    /// The client is sent abroad: a redirect, or the address of an upload.
    ForeignLocation,
    /// The client is asked for a token of a service abroad.
    ForeignRealm,
}

impl Fault {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Truncation,
        Self::TooMany,
        Self::Unavailable,
        Self::SlowBody,
        Self::WrongByte,
        Self::LyingSize,
        Self::EndlessLink,
        Self::ForeignLocation,
        Self::ForeignRealm,
    ];
}

/// A running proxy; it ends with the process.
#[derive(Debug, Clone)]
pub struct FaultProxy {
    address: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    upstream: String,
    abroad: String,
    seed: u64,
    /// Of a hundred requests, as many are spoiled by a reset, and as many again in another way.
    percent: u64,
    requests: AtomicU64,
    injected: Mutex<Vec<Fault>>,
    /// What arrived abroad.
    foreign: Mutex<Vec<Message>>,
}

impl FaultProxy {
    /// Starts before the registry at `upstream`: of a hundred requests, `percent` are reset and `percent` spoiled in
    /// another way.
    ///
    /// # Panics
    /// When there is no port or no thread left.
    pub fn start(upstream: &str, seed: u64, percent: u64) -> Self {
        let listen = || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.set_nonblocking(true).expect("a socket");
            let address = listener.local_addr().expect("an address").to_string();
            (listener, address)
        };
        let ((home, address), (abroad, foreign)) = (listen(), listen());
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            abroad: foreign,
            seed,
            percent,
            requests: AtomicU64::new(0),
            injected: Mutex::default(),
            foreign: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let home = TcpListener::from_std(home).expect("a listener");
                let abroad = TcpListener::from_std(abroad).expect("a listener");
                loop {
                    let state = Arc::clone(&shared);
                    tokio::select! {
                        Ok((stream, _)) = home.accept() => {
                            tokio::spawn(async move { serve(stream, &state).await });
                        }
                        Ok((stream, _)) = abroad.accept() => {
                            tokio::spawn(async move { serve_abroad(stream, &state).await });
                        }
                    }
                }
            });
        });
        Self { address, state }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What was done so far.
    pub fn injected(&self) -> Vec<Fault> {
        self.state.injected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What arrived abroad so far.
    pub fn foreign(&self) -> Vec<Message> {
        self.state.foreign.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    /// A number that depends on the seed and on how many were taken before.
    fn roll(&self) -> u64 {
        let mut state = self
            .seed
            .wrapping_add(self.requests.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }

    /// What happens to a request. The question for the scheme is left alone: it is no part of a pull or a push.
    fn fault(&self, request: &Message) -> Option<Fault> {
        if request.target() == "/v2/" {
            return None;
        }
        let roll = self.roll();
        let (share, pick) = (roll % 100, roll / 100);
        let resets = &Fault::ALL[..2];
        let others = &Fault::ALL[2..];
        let chosen = match share {
            share if share < self.percent => resets[usize::try_from(pick % 2).unwrap_or_default()],
            share if share < 2 * self.percent => {
                others[usize::try_from(pick % others.len() as u64).unwrap_or_default()]
            }
            _ => return None,
        };
        let target = request.target();
        let reads_content =
            request.method() == "GET" && (target.contains("/blobs/") || target.contains("/manifests/"));
        let starts_upload = request.method() == "POST";
        let fits = match chosen {
            // Nothing vouches for a list of tags but the connection.
            Fault::WrongByte | Fault::LyingSize => reads_content,
            Fault::EndlessLink => target.contains("/tags/list"),
            Fault::ForeignLocation => reads_content || starts_upload,
            Fault::Truncation | Fault::SlowBody => request.method() == "GET",
            _ => true,
        };
        fits.then_some(chosen)
    }
}

async fn serve(stream: TcpStream, state: &State) -> Option<()> {
    let mut client = BufReader::new(stream);
    loop {
        let request = Message::read(&mut client, true).await?;
        let has_body = request.method() != "HEAD";
        let fault = state.fault(&request);
        if let Some(fault) = fault {
            state.injected.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        }
        let early = match fault {
            Some(Fault::ResetBefore) => {
                reset(client.into_inner());
                return None;
            }
            Some(Fault::TooMany) => Some(Message::response(429, &[("retry-after", "0")], "")),
            Some(Fault::Unavailable) => Some(Message::response(503, &[], "")),
            Some(Fault::ForeignRealm) => {
                let challenge = format!("Bearer realm=\"http://{}/token\",service=\"abroad\"", state.abroad);
                Some(Message::response(401, &[("www-authenticate", &challenge)], ""))
            }
            Some(Fault::ForeignLocation) => {
                let location = format!("http://{}{}", state.abroad, request.target());
                let status = if request.method() == "POST" { 202 } else { 307 };
                Some(Message::response(status, &[("location", &location)], ""))
            }
            _ => None,
        };
        let mut answer = match early {
            Some(answer) => answer,
            None => forward(&request, state).await?,
        };
        match fault {
            Some(Fault::ResetAfter) => {
                reset(client.into_inner());
                return None;
            }
            Some(Fault::Truncation) => {
                let half = answer.body.len() / 2;
                client.write_all(&answer.head()).await.ok()?;
                client.write_all(answer.body.get(..half)?).await.ok()?;
                client.flush().await.ok()?;
                return None;
            }
            Some(Fault::SlowBody) => {
                client.write_all(&answer.head()).await.ok()?;
                for piece in answer.body.chunks((answer.body.len() / 8).max(1)) {
                    client.write_all(piece).await.ok()?;
                    client.flush().await.ok()?;
                    // The fault itself: pieces that come one by one.
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                continue;
            }
            Some(Fault::WrongByte) => {
                let middle = answer.body.len() / 2;
                if let Some(byte) = answer.body.get_mut(middle) {
                    *byte ^= 1;
                }
            }
            Some(Fault::LyingSize) => {
                answer.body.pop();
                let length = answer.body.len().to_string();
                answer.set_header("content-length", Some(&length));
            }
            Some(Fault::EndlessLink) => {
                let link = format!("<{}>; rel=\"next\"", request.target());
                answer.set_header("link", Some(&link));
            }
            _ => {}
        }
        answer.write(&mut client, has_body).await.ok()?;
    }
}

/// Asks the registry; what it says of its own address is said of that of the proxy.
async fn forward(request: &Message, state: &State) -> Option<Message> {
    let mut upstream = BufReader::new(TcpStream::connect(&state.upstream).await.ok()?);
    let mut asked = request.clone();
    asked.set_header("connection", Some("close"));
    asked.write(&mut upstream, true).await.ok()?;
    let mut answer = Message::read(&mut upstream, request.method() != "HEAD").await?;
    answer.set_header("connection", None);
    if request.method() != "HEAD" && answer.header("content-length").is_none() {
        answer.set_header("transfer-encoding", None);
        let length = answer.body.len().to_string();
        answer.set_header("content-length", Some(&length));
    }
    Some(answer)
}

async fn serve_abroad(stream: TcpStream, state: &State) -> Option<()> {
    let mut client = BufReader::new(stream);
    loop {
        let request = Message::read(&mut client, true).await?;
        let has_body = request.method() != "HEAD";
        state.foreign.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let token = r#"{"token": "forged", "expires_in": 60}"#;
        let answer = Message::response(200, &[("content-type", "application/json")], token);
        answer.write(&mut client, has_body).await.ok()?;
    }
}

/// Ends a connection so that the other side sees an error.
fn reset(stream: TcpStream) {
    if let Ok(stream) = stream.into_std() {
        let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}
