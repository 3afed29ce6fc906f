//! A registry that behaves as a test wants, on loopback, which writes down what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request: method and path, and the header `authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub line: String,
    pub authorization: Option<String>,
}

/// Status, headers as they are written, body.
pub type Answer = (u16, String, Vec<u8>);

/// A running registry.
pub struct Fake {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// Starts; `answer` gets each request and the address.
    pub async fn start(answer: impl Fn(&Asked, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let (log, own) = (Arc::clone(&asked), address.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer, own) = (Arc::clone(&log), Arc::clone(&answer), own.clone());
                tokio::spawn(async move { serve(stream, &log, &*answer, &own).await });
            }
        });
        Self { address, asked }
    }

    /// What it was asked so far, the question for its scheme left out.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.line != "GET /v2/").cloned().collect()
    }
}

async fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked, &str) -> Answer + Send + Sync),
    own: &str,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    // What is no HTTP is a client that tries TLS first.
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let mut body =
        vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default()];
    stream.read_exact(&mut body).await.ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let line = if body.contains("grant_type") { format!("{line} {body}") } else { line };
    let asked = Asked { line, authorization: header("authorization") };
    log.lock().unwrap().push(asked.clone());
    let (status, headers, body) = answer(&asked, own);
    let head = format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    if !asked.line.starts_with("HEAD") {
        stream.write_all(&body).await.ok()?;
    }
    stream.flush().await.ok()
}
