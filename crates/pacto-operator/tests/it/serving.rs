//! Metrics over HTTPS, for those whom the cluster lets in.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pacto_operator::metrics::Metrics;
use pacto_operator::serve::{BindAddress, Certificate, Guard, Options, metrics, serve};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::clients::client;
use crate::harness::cluster;

/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; it ends when this is told to.
struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(guard: Option<Guard>, certificate: Option<Certificate>) -> Self {
        let listener = "127.0.0.1:0".parse::<BindAddress>().unwrap().listen().await.unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = metrics(Arc::new(Metrics::new()), guard.map(Arc::new));
        let options = Options { certificate: certificate.map(Arc::new) };
        let task = tokio::spawn(serve(listener, router, options, stopped));
        Self { address, stop, task }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").unwrap();
    }
}

/// Takes any certificate.
#[derive(Debug)]
struct Anyone(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// What was answered, the certificate that was shown, and the protocol that was agreed on.
struct Seen {
    response: Response<String>,
    certificate: Vec<u8>,
    protocol: Option<Vec<u8>>,
}

async fn get(address: SocketAddr, token: Option<&str>, protocols: &[&[u8]]) -> Seen {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Anyone(provider.signature_verification_algorithms));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let session = stream.get_ref().1;
    let certificate = session.peer_certificates().unwrap()[0].to_vec();
    let protocol = session.alpn_protocol().map(<[u8]>::to_vec);
    let mut request = Request::get(format!("https://{address}/metrics")).header(header::HOST, "localhost");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    let response = if protocol.as_deref() == Some(b"h2") {
        let io = TokioIo::new(stream);
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    };
    let (head, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Seen { response: Response::from_parts(head, body), certificate, protocol }
}

/// The token of a kubeconfig of the testkit.
fn token(kubeconfig: &Path) -> String {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    text.lines().find_map(|line| line.trim().strip_prefix("token: ")).unwrap().to_owned()
}

fn self_signed() -> Certificate {
    Certificate::self_signed(false).unwrap()
}

async fn status(server: &Server, token: Option<&str>) -> StatusCode {
    get(server.address, token, &[]).await.response.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_says_who_may_read_metrics() {
    let Some(plane) = cluster("serving") else { return };
    let client = client(&plane).await;
    let (admin, limited) = (token(&plane.kubeconfig()), token(&plane.limited_kubeconfig()));
    let server = Server::start(Some(Guard::new(client.clone())), Some(self_signed())).await;

    let allowed = get(server.address, Some(&admin), &[]).await.response;
    assert_eq!(allowed.status(), StatusCode::OK);
    assert!(allowed.body().contains("\nworkqueue_depth{name=\"pacto\"} 0\n"), "{}", allowed.body());
    assert_eq!(status(&server, Some(&limited)).await, StatusCode::FORBIDDEN);
    let unknown = get(server.address, Some("no-such-token"), &[]).await.response;
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert!(!unknown.body().contains("no-such-token"), "{}", unknown.body());
    for nothing in [None, Some(""), Some("x".repeat(20_000).as_str())] {
        assert_eq!(status(&server, nothing).await, StatusCode::UNAUTHORIZED);
    }

    // The answer is remembered for a moment; a guard that knows nothing yet learns of the new right.
    plane.kubectl(&["create", "clusterrole", "serving-reader", "--verb=get", "--non-resource-url=/metrics"]);
    plane.kubectl(&[
        "create",
        "clusterrolebinding",
        "serving-reader",
        "--clusterrole=serving-reader",
        "--user=limited",
    ]);
    assert_eq!(status(&server, Some(&limited)).await, StatusCode::FORBIDDEN);
    server.end().await;
    let begin = Instant::now();
    loop {
        let server = Server::start(Some(Guard::new(client.clone())), Some(self_signed())).await;
        let status = status(&server, Some(&limited)).await;
        server.end().await;
        if status == StatusCode::OK {
            break;
        }
        // The API server learns of a role a moment after it is written.
        assert!(begin.elapsed() < PATIENCE, "the right is never seen: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_when_the_cluster_does_not_answer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = kube::Client::try_from(kube::Config::new(nobody.parse().unwrap())).unwrap();
    let server = Server::start(Some(Guard::new(client)), Some(self_signed())).await;
    assert_eq!(status(&server, Some("admin-token")).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&server, None).await, StatusCode::UNAUTHORIZED);
    server.end().await;
}

fn write_certificate(directory: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(directory.join("tls.crt"), made.cert.pem()).unwrap();
    std::fs::write(directory.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_shown_to_the_next_connection() {
    let directory = tempfile::tempdir().unwrap();
    write_certificate(directory.path());
    let (certificate, key) = (directory.path().join("tls.crt"), directory.path().join("tls.key"));
    let files = Certificate::from_files(certificate, key, false).await.unwrap();
    let server = Server::start(None, Some(files.with_look_every(Duration::ZERO))).await;
    let first = get(server.address, None, &[]).await;
    let second = get(server.address, None, &[]).await;
    assert_eq!(first.certificate, second.certificate);
    write_certificate(directory.path());
    let third = get(server.address, None, &[]).await;
    assert_ne!(third.certificate, first.certificate);
    assert_eq!(third.response.status(), StatusCode::OK);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_only_where_it_is_offered() {
    for (enabled, expected) in [(true, b"h2".as_slice()), (false, b"http/1.1")] {
        let server = Server::start(None, Some(Certificate::self_signed(enabled).unwrap())).await;
        let seen = get(server.address, None, &[b"h2", b"http/1.1"]).await;
        assert_eq!(seen.protocol.as_deref(), Some(expected));
        assert_eq!(seen.response.status(), StatusCode::OK);
        server.end().await;
    }
}
