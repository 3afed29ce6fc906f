//! One GET over HTTP/1.1. Redirects lead nowhere.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pacto_engine::runtime::ProbeOutcome;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::{Answer, Failure, MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADERS, USER_AGENT, why_not};

const NOT_HTTP: &str = "the answer is not HTTP";

pub(super) async fn ask(
    stream: TcpStream,
    authority: &str,
    path: &PathAndQuery,
    deadline: Instant,
) -> Result<Answer, Failure> {
    let request = Request::get(path.as_str())
        .header(header::HOST, authority)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| "this is not a path".to_owned())?;
    let handshake = http1::Builder::new()
        .max_buf_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS)
        .handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| why_not(&error, NOT_HTTP))?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(|error| why_not(&error, NOT_HTTP))?;
        let (at, status) = (Instant::now(), response.status().as_u16());
        let empty = !has_content(response.into_body(), deadline).await?;
        Ok(Answer { outcome: ProbeOutcome::Response { status, empty }, at })
    };
    tokio::pin!(asked, connection);
    // The connection ends with this function, whatever the other end does.
    tokio::select! {
        answer = &mut asked => answer,
        ended = &mut connection => {
            // The answer may have come with the end.
            match (ended, asked.await) {
                (Err(error), Err(_)) => Err(why_not(&error, NOT_HTTP)),
                (_, answer) => answer,
            }
        }
    }
}

/// Whether a body has at least one byte. Some more are read, so that servers with little to say are not cut off; one that is
/// slow after the first bytes did answer.
async fn has_content(mut body: hyper::body::Incoming, deadline: Instant) -> Result<bool, Failure> {
    let mut read = 0;
    while read < MAX_BODY_BYTES {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => read += frame.data_ref().map_or(0, Bytes::len),
            Ok(None) => break,
            // Half a body is content, too.
            Ok(Some(Err(_))) | Err(_) if read > 0 => break,
            Ok(Some(Err(error))) => return Err(why_not(&error, NOT_HTTP)),
            Err(_) => return Err("timed out".to_owned()),
        }
    }
    Ok(read > 0)
}
