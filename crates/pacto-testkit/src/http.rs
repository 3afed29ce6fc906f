//! As much HTTP/1.1 as a registry for tests needs: messages read and written whole.

use std::fmt::Write as _;
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Longest head of a message.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A request or a response: the first line, headers as they were written, and the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// `GET /v2/ HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub line: String,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Sets a header, or takes it away.
    pub fn set_header(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// The method of a request.
    pub fn method(&self) -> &str {
        self.line.split(' ').next().unwrap_or_default()
    }

    /// The path and query of a request.
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The status of a response.
    pub fn status(&self) -> u16 {
        self.target().parse().unwrap_or_default()
    }

    /// A response with a body of a known length.
    pub fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut message = Self { line: format!("HTTP/1.1 {status} X"), headers: Vec::new(), body };
        for (name, value) in headers {
            message.headers.push(((*name).to_owned(), (*value).to_owned()));
        }
        message.headers.push(("content-length".to_owned(), message.body.len().to_string()));
        message
    }

    /// The head, with the empty line.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Reads a message. `None` at the end of the stream, and for what is no HTTP, such as a client that tries TLS first.
    pub async fn read(stream: &mut BufReader<TcpStream>, has_body: bool) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 || head.len() > MAX_HEAD_BYTES {
                return None;
            }
        }
        let mut lines = head.lines();
        let line = lines.next()?.to_owned();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut message = Self { line, headers, body: Vec::new() };
        if has_body {
            match message.header("content-length").and_then(|length| length.parse().ok()) {
                Some(length) => {
                    message.body = vec![0; length];
                    stream.read_exact(&mut message.body).await.ok()?;
                }
                // A response without a length ends with the connection.
                None if message.line.starts_with("HTTP/") => {
                    stream.read_to_end(&mut message.body).await.ok()?;
                }
                None => {}
            }
        }
        Some(message)
    }

    /// Writes head and body; a HEAD is answered without one.
    ///
    /// # Errors
    /// When the other side has gone away.
    pub async fn write(&self, stream: &mut BufReader<TcpStream>, has_body: bool) -> io::Result<()> {
        let mut bytes = self.head();
        if has_body {
            bytes.extend_from_slice(&self.body);
        }
        stream.write_all(&bytes).await?;
        stream.flush().await
    }
}
