//! Tells what became of each request to the API server.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service};

/// What is told of one request: its method, and the status of the answer; `None` where none came.
type Tell = dyn Fn(&Method, Option<StatusCode>) + Send + Sync;

/// Is told what became of each request of a client.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use pacto_k8s::{ConnectOptions, RequestObserver};
/// static FAILED: AtomicUsize = AtomicUsize::new(0);
/// let observer = RequestObserver::new(|_, status| {
///     if status.is_none() {
///         FAILED.fetch_add(1, Ordering::Relaxed);
///     }
/// });
/// let options = ConnectOptions { observer: Some(observer), ..ConnectOptions::default() };
/// ```
#[derive(Clone)]
pub struct RequestObserver(Arc<Tell>);

impl RequestObserver {
    /// Calls `tell` once for each request, when the head of its answer is there.
    pub fn new(tell: impl Fn(&Method, Option<StatusCode>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for RequestObserver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RequestObserver")
    }
}

impl<S> Layer<S> for RequestObserver {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { inner, observer: self.clone() }
    }
}

/// A client whose requests are told.
#[derive(Debug, Clone)]
pub struct Observed<S> {
    inner: S,
    observer: RequestObserver,
}

impl<S, A, B> Service<Request<A>> for Observed<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    B: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = request.method().clone();
        let observer = self.observer.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            (observer.0)(&method, answer.as_ref().ok().map(Response::status));
            answer
        })
    }
}
