//! Connections, their limits, and how they end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::Certificate;

/// Connections at once; more wait to be accepted.
pub const MAX_CONNECTIONS: usize = 128;
/// Time for the headers of a request, and for those of the next one.
pub const HEADER_TIME: Duration = Duration::from_secs(10);
/// Time for TLS to begin.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Time for an answer.
pub const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Time for a connection, however busy it is.
pub const CONNECTION_TIME: Duration = Duration::from_hours(1);
/// Time for answers that are under way when the server stops.
pub const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Bytes of the headers of a request.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Headers of a request.
pub const MAX_HEADERS: usize = 100;
/// Requests of one HTTP/2 connection at once.
const MAX_STREAMS: u32 = 16;

/// How a server speaks.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// HTTPS with this certificate; HTTP without one. HTTP/2 is spoken where the certificate offers it.
    pub certificate: Option<Arc<Certificate>>,
}

/// Serves `router` until `stop` is true or its sender is gone; then answers that are under way have [`DRAIN_TIME`].
pub async fn serve(listener: TcpListener, router: Router, options: Options, mut stop: watch::Receiver<bool>) {
    let router = limited(router);
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let stopped = async move {
        // Without a sender nobody can ask for the end any more.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    tokio::pin!(stopped);
    loop {
        let accepted = async {
            let turn = Arc::clone(&connections).acquire_owned().await;
            (turn, listener.accept().await)
        };
        let (turn, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stopped => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files: wait until some are closed.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (router, options, watcher) = (router.clone(), options.clone(), graceful.watcher());
        tokio::spawn(async move {
            if timeout(CONNECTION_TIME, talk(stream, router, &options, watcher)).await.is_err() {
                tracing::debug!("a connection was open for too long");
            }
            drop(turn);
        });
    }
    drop(listener);
    // Who does not finish in time is cut off.
    let _ = timeout(DRAIN_TIME, graceful.shutdown()).await;
}

async fn talk(stream: TcpStream, router: Router, options: &Options, watcher: Watcher) {
    // Small answers go out at once; where that cannot be set they go out late.
    let _ = stream.set_nodelay(true);
    let Some(certificate) = &options.certificate else {
        return http1(stream, router, watcher).await;
    };
    let acceptor = TlsAcceptor::from(certificate.current().await);
    match timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            http2(stream, router, watcher).await;
        }
        Ok(Ok(stream)) => http1(stream, router, watcher).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection without TLS"),
        Err(_) => tracing::debug!("a connection that did not begin TLS in time"),
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: Watcher,
) {
    let service = TowerToHyperService::new(
        router.map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new)),
    );
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: Watcher,
) {
    let service = TowerToHyperService::new(
        router.map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new)),
    );
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(Some(HEADER_TIME))
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Cuts off answers that take longer than [`ANSWER_TIME`].
fn limited(router: Router) -> Router {
    router.layer(axum::middleware::from_fn(|request: Request, next: axum::middleware::Next| async move {
        match timeout(ANSWER_TIME, next.run(request)).await {
            Ok(response) => response,
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "there was no answer in time\n").into_response(),
        }
    }))
}
