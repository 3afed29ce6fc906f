//! The certificate of the metrics: from files that somebody renews, or made at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Least time between two looks at the files.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A certificate that cannot be used. Keys are never part of the message.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file is missing or not readable.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no PEM, or has nothing of use.
    #[error("{path} has no {what} in PEM form")]
    Empty {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// They do not belong together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(tokio_rustls::rustls::Error),
    /// A new one could not be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// What a server shows, and how it is kept up to date.
#[derive(Debug)]
pub struct Certificate {
    files: Option<Files>,
    http2: bool,
    look_every: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// Text of the certificate and of the key.
type Pem = (Vec<u8>, Vec<u8>);

struct State {
    config: Arc<ServerConfig>,
    pem: Pem,
    looked: Instant,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("looked", &self.looked).finish_non_exhaustive()
    }
}

impl Certificate {
    /// One that belongs to nobody, made now and never written. Clients cannot check it.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn self_signed(http2: bool) -> Result<Self, CertificateError> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
        let pem = (made.cert.pem().into_bytes(), made.signing_key.serialize_pem().into_bytes());
        let config = config(&pem, http2, (Path::new("the certificate"), Path::new("the key")))?;
        let state = Mutex::new(State { config, pem, looked: Instant::now() });
        Ok(Self { files: None, http2, look_every: LOOK_EVERY, state })
    }

    /// The one of two files, which are read again when they change.
    ///
    /// # Errors
    /// When they cannot be read or used.
    pub async fn from_files(
        certificate: PathBuf,
        key: PathBuf,
        http2: bool,
    ) -> Result<Self, CertificateError> {
        let files = Files { certificate, key };
        let pem = files.read().await?;
        let config = config(&pem, http2, (&files.certificate, &files.key))?;
        let state = Mutex::new(State { config, pem, looked: Instant::now() });
        Ok(Self { files: Some(files), http2, look_every: LOOK_EVERY, state })
    }

    /// Looks at the files more or less often than every [`LOOK_EVERY`].
    #[must_use]
    pub fn with_look_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }

    /// What the next connection is shown. Files that are broken at the moment leave it as it was.
    pub async fn current(&self) -> Arc<ServerConfig> {
        let mut state = self.state.lock().await;
        if let Some(files) = self.files.as_ref().filter(|_| state.looked.elapsed() >= self.look_every) {
            state.looked = Instant::now();
            match files.read().await {
                Ok(pem) if pem == state.pem => {}
                Ok(pem) => match config(&pem, self.http2, (&files.certificate, &files.key)) {
                    Ok(config) => {
                        tracing::info!("the certificate of the metrics is a new one");
                        (state.config, state.pem) = (config, pem);
                    }
                    Err(error) => tracing::warn!(%error, "the new certificate of the metrics is not used"),
                },
                Err(error) => tracing::warn!(%error, "the certificate of the metrics is not renewed"),
            }
        }
        Arc::clone(&state.config)
    }
}

impl Files {
    async fn read(&self) -> Result<Pem, CertificateError> {
        Ok((read(&self.certificate).await?, read(&self.key).await?))
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let failed = |source| CertificateError::Read { path: path.to_owned(), source };
    let length = tokio::fs::metadata(path).await.map_err(failed)?.len();
    if length > MAX_FILE_BYTES {
        return Err(failed(std::io::Error::other("it is larger than 1 MiB")));
    }
    tokio::fs::read(path).await.map_err(failed)
}

fn config(
    (certificate, key): &Pem,
    http2: bool,
    (certificate_path, key_path): (&Path, &Path),
) -> Result<Arc<ServerConfig>, CertificateError> {
    let empty = |path: &Path, what| CertificateError::Empty { path: path.to_owned(), what };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| empty(certificate_path, "certificate"))?;
    if chain.is_empty() {
        return Err(empty(certificate_path, "certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| empty(key_path, "private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(CertificateError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(CertificateError::Unusable)?;
    if http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Path) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(directory.join("tls.crt"), made.cert.pem()).unwrap();
        std::fs::write(directory.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    }

    async fn load(directory: &Path) -> Result<Certificate, CertificateError> {
        Certificate::from_files(directory.join("tls.crt"), directory.join("tls.key"), false).await
    }

    #[tokio::test]
    async fn files_are_read_again_when_they_change() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path());
        let certificate = load(directory.path()).await.unwrap().with_look_every(Duration::ZERO);
        let first = certificate.current().await;
        assert!(Arc::ptr_eq(&first, &certificate.current().await), "nothing changed");
        // In the middle of a renewal: what was there is used.
        std::fs::write(directory.path().join("tls.key"), "half").unwrap();
        assert!(Arc::ptr_eq(&first, &certificate.current().await));
        std::fs::remove_file(directory.path().join("tls.crt")).unwrap();
        assert!(Arc::ptr_eq(&first, &certificate.current().await));
        write(directory.path());
        assert!(!Arc::ptr_eq(&first, &certificate.current().await), "it is a new one");
    }

    #[tokio::test]
    async fn files_that_cannot_be_used_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let message =
            |error: CertificateError| error.to_string().replace(&*directory.path().to_string_lossy(), "DIR");
        let missing = message(load(directory.path()).await.unwrap_err());
        assert!(missing.starts_with("cannot read DIR/tls.crt: "), "{missing}");
        write(directory.path());
        std::fs::write(directory.path().join("tls.key"), "not a key").unwrap();
        let empty = message(load(directory.path()).await.unwrap_err());
        assert_eq!(empty, "DIR/tls.key has no private key in PEM form");
        let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
        std::fs::write(directory.path().join("tls.key"), other).unwrap();
        let foreign = message(load(directory.path()).await.unwrap_err());
        assert!(foreign.starts_with("certificate and key cannot be used"), "{foreign}");
    }

    #[tokio::test]
    async fn http2_is_offered_when_it_is_asked_for() {
        let protocols = |http2| Certificate::self_signed(http2).unwrap();
        assert_eq!(protocols(false).current().await.alpn_protocols, [b"http/1.1".to_vec()]);
        assert_eq!(protocols(true).current().await.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }
}
