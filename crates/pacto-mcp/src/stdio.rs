//! One client on a pair of streams: a message a line.
//!
//! The lines are read here, not by the library, so that a line without an end, bytes that are no text and a flood of messages
//! are answered or held back, and never fill the memory.

use std::future::Future;
use std::io;
use std::sync::Arc;

use rmcp::model::{ClientJsonRpcMessage, ErrorData, ServerJsonRpcMessage};
use rmcp::service::{QuitReason, ServerInitializeError, serve_server_with_ct};
use rmcp::transport::{Transport, TransportAdapterIdentity};
use rmcp::{RoleServer, ServerHandler};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use crate::ServeError;

/// Longest message, in bytes.
pub const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;
/// Messages that were read and not handled yet; more stay in the stream.
const MAX_WAITING: usize = 16;

/// Serves one client until it closes its stream, or `stop` is cancelled.
///
/// # Errors
/// [`ServeError`] when the client does not keep to the protocol before it began, or a stream breaks.
pub async fn serve<S: ServerHandler>(
    server: S,
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let transport = Lines::new(reader, writer);
    match serve_server_with_ct::<_, _, _, TransportAdapterIdentity>(server, transport, stop).await {
        Ok(running) => match running.waiting().await {
            Ok(QuitReason::Closed | QuitReason::Cancelled) => Ok(()),
            Ok(_) | Err(_) => Err(ServeError::Broken),
        },
        // Nobody said anything, which is no failure.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(error) => Err(ServeError::Start(error.to_string())),
    }
}

type Out<W> = Arc<Mutex<Option<W>>>;

/// Messages on lines.
struct Lines<W> {
    incoming: mpsc::Receiver<ClientJsonRpcMessage>,
    out: Out<W>,
}

impl<W: AsyncWrite + Send + Unpin + 'static> Lines<W> {
    fn new(reader: impl AsyncRead + Send + Unpin + 'static, writer: W) -> Self {
        let (sender, incoming) = mpsc::channel(MAX_WAITING);
        let out = Arc::new(Mutex::new(Some(writer)));
        tokio::spawn(read(reader, sender, Arc::clone(&out)));
        Self { incoming, out }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Lines<W> {
    type Error = io::Error;

    fn send(&mut self, item: ServerJsonRpcMessage) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let out = Arc::clone(&self.out);
        async move { write(&out, &item).await }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.incoming.recv().await
    }

    async fn close(&mut self) -> io::Result<()> {
        if let Some(mut writer) = self.out.lock().await.take() {
            writer.flush().await?;
        }
        Ok(())
    }
}

async fn write<W: AsyncWrite + Unpin>(out: &Out<W>, message: &impl serde::Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    match out.lock().await.as_mut() {
        Some(writer) => {
            writer.write_all(&line).await?;
            writer.flush().await
        }
        None => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// Reads until the end of the stream. What is no message is answered here.
async fn read<W: AsyncWrite + Unpin>(
    reader: impl AsyncRead + Unpin,
    sender: mpsc::Sender<ClientJsonRpcMessage>,
    out: Out<W>,
) {
    let mut reader = BufReader::new(reader);
    let mut has_begun = false;
    loop {
        let message = match line(&mut reader).await {
            Ok(Line::End) | Err(_) => return,
            Ok(Line::TooLong) => Err(ErrorData::invalid_request(
                format!("a message is longer than {MAX_LINE_BYTES} bytes"),
                None,
            )),
            Ok(Line::Whole(bytes)) if bytes.trim_ascii().is_empty() => continue,
            Ok(Line::Whole(bytes)) => message(&bytes),
        };
        match message {
            // Before anything was asked there is nothing that could be told or cancelled.
            Ok(message) if !has_begun && !matches!(message, ClientJsonRpcMessage::Request(_)) => {}
            Ok(message) => {
                has_begun = true;
                if sender.send(message).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let answer = ServerJsonRpcMessage::error(error, None);
                if write(&out, &answer).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn message(bytes: &[u8]) -> Result<ClientJsonRpcMessage, ErrorData> {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return Err(ErrorData::parse_error("a line is no JSON", None));
    };
    if value.is_array() {
        return Err(ErrorData::invalid_request(
            "batches are no part of the protocol; send one message a line",
            None,
        ));
    }
    serde_json::from_value(value).map_err(|_| {
        ErrorData::invalid_request(
            "a line is no message of JSON-RPC 2.0 with an id that is a text or a whole number",
            None,
        )
    })
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

/// The next line. Of one that is too long nothing is kept.
async fn line(reader: &mut BufReader<impl AsyncRead + Unpin>) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut is_too_long = false;
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            // Half a line is none.
            return Ok(Line::End);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
        is_too_long |= line.len() + part.len() > MAX_LINE_BYTES;
        if is_too_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(part);
        }
        let used = end.map_or(available.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(if is_too_long { Line::TooLong } else { Line::Whole(line) });
        }
    }
}
