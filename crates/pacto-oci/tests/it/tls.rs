//! A registry behind TLS, with a certificate of an authority of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pacto_oci::credential::Keychain;
use pacto_oci::registry::{Client, RegistryError, Retry, Settings};
use pacto_testkit::http::Message;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::{reference, with_password};

/// An authority, as PEM, and the server's side of TLS for `localhost` with a certificate of it.
fn authority() -> (Vec<u8>, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&own_key, &issuer).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], private)
        .unwrap();
    (root.pem().into_bytes(), TlsAcceptor::from(Arc::new(config)))
}

/// A registry that answers over TLS as `answer` says, by the head of the request; others get what `plain` says, one after
/// the other and the last for ever, or nothing.
async fn serve(acceptor: TlsAcceptor, plain: Vec<Message>, answer: fn(&str) -> Message) -> String {
    let count = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (acceptor, plain, count) = (acceptor.clone(), plain.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let mut first = [0];
                stream.peek(&mut first).await.ok()?;
                if first != [22] {
                    // No greeting of TLS.
                    let turn = count.fetch_add(1, Ordering::Relaxed).min(plain.len().checked_sub(1)?);
                    let plain = plain.get(turn)?;
                    stream.write_all(&plain.head()).await.ok()?;
                    return stream.write_all(&plain.body).await.ok();
                }
                let mut stream = acceptor.accept(stream).await.ok()?;
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.ok()?);
                }
                let mut response = answer(&String::from_utf8_lossy(&request));
                response.set_header("connection", Some("close"));
                stream.write_all(&response.head()).await.ok()?;
                stream.write_all(&response.body).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    format!("localhost:{port}")
}

fn client(authorities: Vec<Vec<u8>>) -> Result<Client, String> {
    let (first_wait, patience) = (Duration::from_millis(1), Duration::from_secs(5));
    let retry = Retry { attempts: 2, first_wait, longest_wait: first_wait, patience };
    let keychain = Arc::new(Keychain::new(with_password("me", "pw")));
    Client::new(Settings { authorities, retry, ..Settings::default() }, keychain)
}

async fn tags(client: &Client, host: &str) -> Result<Vec<String>, RegistryError> {
    client.keychain().trust(host);
    client.repository(&reference(&format!("{host}/acme/cart"))).tags().await
}

fn answer(request: &str) -> Message {
    let body = r#"{"name": "acme/cart", "tags": ["1.0.0"]}"#;
    if request.contains("authorization: Basic bWU6cHc=") || request.starts_with("GET /v2/ ") {
        Message::response(200, &[], body)
    } else {
        Message::response(401, &[("www-authenticate", "Basic realm=\"x\"")], "")
    }
}

#[tokio::test]
async fn an_own_authority_is_trusted_where_it_is_named() {
    let (root, acceptor) = authority();
    // What Go's servers say to a client that speaks no TLS; others close.
    let refusal = Message::response(400, &[], "Client sent an HTTP request to an HTTPS server.\n");
    for plain in [vec![refusal], Vec::new()] {
        let host = serve(acceptor.clone(), plain, answer).await;
        let trusting = client(vec![root.clone()]).unwrap();
        assert_eq!(tags(&trusting, &host).await.unwrap(), ["1.0.0"]);
        let error = tags(&client(Vec::new()).unwrap(), &host).await.unwrap_err().to_string();
        assert!(error.contains("certificate") && !error.contains("pw"), "{error}");
    }
    let error = client(vec![b"no certificate".to_vec()]).unwrap_err();
    assert_eq!(error, "a certificate authority cannot be read: there is no certificate in it");
    let odd = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let host = serve(acceptor, Vec::new(), answer).await;
    let error = tags(&client(vec![odd]).unwrap(), &host).await.unwrap_err().to_string();
    assert!(error.contains("TLS cannot be set up"), "{error}");
}

#[tokio::test]
async fn nobody_is_sent_from_tls_to_plain_http() {
    let (root, acceptor) = authority();
    let host = serve(acceptor, Vec::new(), |request| {
        if request.starts_with("GET /v2/ ") {
            Message::response(200, &[], "{}")
        } else {
            Message::response(301, &[("location", "http://localhost:1/v2/acme/cart/tags/list")], "")
        }
    })
    .await;
    let error = tags(&client(vec![root]).unwrap(), &host).await.unwrap_err().to_string();
    assert!(error.ends_with("to http://localhost:1 is not followed"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_no_reason_for_plain_http() {
    let (_, acceptor) = authority();
    // It says that it wants TLS, and would answer without it the next time.
    let refusal = Message::response(400, &[], "");
    let forged = Message::response(200, &[], r#"{"name": "acme/cart", "tags": ["6.6.6"]}"#);
    let host = serve(acceptor, vec![refusal, forged], answer).await;
    let error = tags(&client(Vec::new()).unwrap(), &host).await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
}
