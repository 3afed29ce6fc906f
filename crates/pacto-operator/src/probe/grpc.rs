//! `grpc.health.v1.Health/Check` over HTTP/2 without TLS, for the server as a whole.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use pacto_engine::runtime::ProbeOutcome;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::{Answer, Failure, MAX_BODY_BYTES, MAX_HEADER_BYTES, USER_AGENT, why_not};

const METHOD: &str = "/grpc.health.v1.Health/Check";
const NOT_GRPC: &str = "the answer is not gRPC";
/// One message, not compressed, with no bytes: the field `service` is empty, which is the whole server.
const REQUEST: &[u8] = &[0, 0, 0, 0, 0];
/// Bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// `HealthCheckResponse.status`: field 1, a number.
const STATUS_FIELD: u64 = 1;
const SERVING: u64 = 1;
/// Status codes of gRPC.
const OK: &str = "0";
const NOT_FOUND: &str = "5";
const UNIMPLEMENTED: &str = "12";

pub(super) async fn ask(stream: TcpStream, authority: &str) -> Result<Answer, Failure> {
    let request = Request::post(format!("http://{authority}{METHOD}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .header(header::USER_AGENT, USER_AGENT)
        .body(Full::new(Bytes::from_static(REQUEST)))
        .map_err(|_| NOT_GRPC.to_owned())?;
    let handshake = http2::Builder::new(TokioExecutor::new())
        .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
        .initial_stream_window_size(65_535)
        .handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| why_not(&error, NOT_GRPC))?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(|error| why_not(&error, NOT_GRPC))?;
        let at = Instant::now();
        Ok(Answer { outcome: outcome(response).await?, at })
    };
    tokio::pin!(asked, connection);
    tokio::select! {
        answer = &mut asked => answer,
        ended = &mut connection => match (ended, asked.await) {
            (Err(error), Err(_)) => Err(why_not(&error, NOT_GRPC)),
            (_, answer) => answer,
        },
    }
}

async fn outcome(response: http::Response<hyper::body::Incoming>) -> Result<ProbeOutcome, Failure> {
    let (head, mut body) = response.into_parts();
    match head.status {
        StatusCode::OK => {}
        // A server of something else, or a proxy that knows no such method.
        StatusCode::NOT_FOUND => return Ok(ProbeOutcome::Unimplemented),
        status => return Err(format!("HTTP status {}", status.as_u16())),
    }
    let kind = head.headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    if !kind.is_some_and(|kind| kind.starts_with(b"application/grpc")) {
        return Err(NOT_GRPC.to_owned());
    }
    // Without a message the status is in the headers.
    let (mut message, mut status) = (Vec::new(), status(&head.headers));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| why_not(&error, NOT_GRPC))?;
        if let Some(data) = frame.data_ref() {
            message.extend_from_slice(data);
        }
        if message.len() > MAX_BODY_BYTES {
            return Err("the answer is too long".to_owned());
        }
        if let Some(trailers) = frame.trailers_ref() {
            status = self::status(trailers).or(status);
        }
    }
    match status.as_deref() {
        Some(OK) => {
            let serving = serving(&message).ok_or_else(|| NOT_GRPC.to_owned())?;
            Ok(ProbeOutcome::Health { serving })
        }
        Some(UNIMPLEMENTED) => Ok(ProbeOutcome::Unimplemented),
        // The health service is there, and knows nothing of the server as a whole.
        Some(NOT_FOUND) => Ok(ProbeOutcome::Health { serving: false }),
        Some(code) if code.len() <= 2 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(format!("gRPC status {code}"))
        }
        _ => Err(NOT_GRPC.to_owned()),
    }
}

fn status(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("grpc-status")?.to_str().ok()?.to_owned())
}

/// Whether a framed `HealthCheckResponse` says `SERVING`; `None` when it is none.
fn serving(framed: &[u8]) -> Option<bool> {
    let (prefix, message) = framed.split_at_checked(PREFIX)?;
    let (compressed, length) = prefix.split_first()?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    if *compressed != 0 || usize::try_from(length).ok()? != message.len() {
        return None;
    }
    let mut rest = message;
    let mut serving = false;
    while !rest.is_empty() {
        let tag = number(&mut rest)?;
        let (field, wire) = (tag >> 3, tag & 7);
        match (field, wire) {
            // The last one counts.
            (STATUS_FIELD, 0) => serving = number(&mut rest)? == SERVING,
            (_, 0) => drop(number(&mut rest)?),
            (_, 1) => rest = rest.get(8..)?,
            (_, 2) => {
                let length = usize::try_from(number(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
            }
            (_, 5) => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some(serving)
}

/// A number of variable length.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::serving;

    #[test]
    fn the_status_is_read_from_its_field() {
        assert_eq!(serving(&[0, 0, 0, 0, 2, 8, 1]), Some(true));
        assert_eq!(serving(&[0, 0, 0, 0, 2, 8, 2]), Some(false));
        // Nothing is said: the status is UNKNOWN.
        assert_eq!(serving(&[0, 0, 0, 0, 0]), Some(false));
        // Fields that are not known are passed over.
        assert_eq!(serving(&[0, 0, 0, 0, 6, 18, 2, 8, 2, 8, 1]), Some(true));
        for wrong in
            [&[][..], &[0, 0, 0, 0], &[1, 0, 0, 0, 2, 8, 1], &[0, 0, 0, 0, 3, 8, 1], &[0, 0, 0, 0, 1, 8]]
        {
            assert_eq!(serving(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_comes_back_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut framed = vec![0, 0, 0, 0, u8::try_from(bytes.len()).unwrap()];
            framed.extend(&bytes);
            let _ = (serving(&bytes), serving(&framed));
        }
    }
}
