//! Connections, their limits, and their end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

/// Most connections at once; more wait to be accepted.
pub const MAX_CONNECTIONS: usize = 2_048;
/// Time for the headers of a request, from its first byte or the end of the one before.
pub const HEADER_TIME: Duration = Duration::from_secs(10);
/// Time for answers that are under way when the server stops.
pub const DRAIN_TIME: Duration = Duration::from_secs(10);
/// Most bytes of the headers of a request.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Most headers of a request.
pub const MAX_HEADERS: usize = 100;

/// Serves `site` until `stop` ends. Then `stopping` is called, which ends what never ends by itself, and answers that
/// are under way have [`DRAIN_TIME`].
///
/// Requests know the other end as [`ConnectInfo`] of a [`SocketAddr`].
pub async fn accept(
    listener: TcpListener,
    site: &Router,
    stop: impl Future<Output = ()> + Send,
    stopping: impl FnOnce(),
) {
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let turn = tokio::select! {
            turn = Arc::clone(&connections).acquire_owned() => turn,
            () = &mut stop => break,
        };
        let Ok(turn) = turn else { break };
        let (stream, peer): (_, SocketAddr) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files: wait until some are closed.
                    tracing::warn!(error = %error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Small answers go out at once; where that cannot be set they go out late.
        let _ = stream.set_nodelay(true);
        let service = site.clone().map_request(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .max_buf_size(MAX_HEADER_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection ended badly");
            }
            drop(turn);
        });
    }
    drop(listener);
    stopping();
    // Who does not finish in time is cut off.
    let _ = tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await;
}
