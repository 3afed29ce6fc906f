//! A registry that behaves as a test wants, on loopback, which writes down what it was asked.

use std::sync::{Arc, Mutex};

use pacto_testkit::http::Message;
use tokio::io::BufReader;
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
    let request = Message::read(&mut stream, true).await?;
    let line = request.line.trim_end_matches(" HTTP/1.1").to_owned();
    let body = String::from_utf8_lossy(&request.body);
    let line = if body.contains("grant_type") { format!("{line} {body}") } else { line };
    let authorization = request.header("authorization").map(str::to_owned);
    let asked = Asked { line, authorization };
    log.lock().unwrap().push(asked.clone());
    let (status, headers, body) = answer(&asked, own);
    let headers: Vec<_> = headers.lines().filter_map(|line| line.split_once(": ")).collect();
    let mut response = Message::response(status, &headers, body);
    response.set_header("connection", Some("close"));
    response.write(&mut stream, request.method() != "HEAD").await.ok()
}
