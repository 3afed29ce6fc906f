//! The HTTP clients: one for everybody, and one for this machine, which is ready at once.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Url};

use super::host::is_loopback;
use super::transport::cause;

/// Time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The clients, each with a pool of connections.
#[derive(Debug)]
pub(super) struct Http {
    /// For plain HTTP to this machine. It reads no certificates, which takes longer than a pull from there.
    local: Client,
    /// For everything else; made when it is needed first.
    wide: OnceLock<Result<Client, String>>,
    authorities: Vec<Certificate>,
    /// Longest silence while data is read.
    patience: Duration,
}

impl Http {
    /// Clients that also trust `authorities`, each a text of PEM.
    ///
    /// # Errors
    /// A text when a certificate cannot be read.
    pub fn new(authorities: &[Vec<u8>], patience: Duration) -> Result<Self, String> {
        // Not done before `main`, see `.cargo/config.toml`.
        aws_lc_rs::init();
        let mut certificates = Vec::new();
        for pem in authorities {
            let read = Certificate::from_pem_bundle(pem)
                .map_err(|error| format!("a certificate authority cannot be read: {}", cause(&error)))?;
            if read.is_empty() {
                return Err(
                    "a certificate authority cannot be read: there is no certificate in it".to_owned()
                );
            }
            certificates.extend(read);
        }
        // `client` never hands it out for HTTPS, and no proxy is asked for this machine, as everywhere else.
        let local = builder(patience).no_proxy().tls_danger_accept_invalid_certs(true).build();
        let local = local.map_err(|error| format!("HTTP cannot be set up: {}", cause(&error)))?;
        Ok(Self { local, wide: OnceLock::new(), authorities: certificates, patience })
    }

    /// The client for an address.
    ///
    /// # Errors
    /// A text when TLS cannot be set up.
    pub fn client(&self, url: &Url) -> Result<&Client, String> {
        if url.scheme() == "http" && url.host_str().is_some_and(is_loopback) {
            return Ok(&self.local);
        }
        let make = || {
            let client = builder(self.patience).tls_certs_merge(self.authorities.clone()).build();
            client.map_err(|error| format!("TLS cannot be set up: {}", cause(&error)))
        };
        self.wide.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

fn builder(patience: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("pacto/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(patience)
        .http2_adaptive_window(true)
}
