//! Files from the web that are no part of a registry, such as releases of this program. No credential is ever sent.

use std::time::Duration;

use reqwest::{StatusCode, Url, header};
use thiserror::Error;

use super::host::is_loopback;
use super::http::Http;
use super::transport::cause;

/// Most redirects that are followed.
const MAX_REDIRECTS: usize = 5;

/// Why a file did not come.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DownloadError {
    /// The address is none, or one that is not encrypted.
    #[error("{0}: not an https:// address")]
    Address(String),
    /// There is no such file.
    #[error("{0} is not there")]
    Missing(String),
    /// The server has no answer.
    #[error("{url}: status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// What was answered.
        status: u16,
    },
    /// Nobody answers, or not in time.
    #[error("{url} cannot be fetched: {cause}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why.
        cause: String,
    },
    /// It is larger than it may be.
    #[error("{url} is larger than {most} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// Bytes that are taken.
        most: usize,
    },
}

/// Fetches a file of at most `most` bytes within `time`; redirects lead to encrypted addresses only.
///
/// # Errors
/// [`DownloadError`].
pub async fn fetch(url: &str, accept: &str, most: usize, time: Duration) -> Result<Vec<u8>, DownloadError> {
    let late = || DownloadError::Unreachable {
        url: url.to_owned(),
        cause: format!("there was no answer within {} seconds", time.as_secs()),
    };
    tokio::time::timeout(time, follow(url, accept, most, time)).await.map_err(|_| late())?
}

async fn follow(url: &str, accept: &str, most: usize, time: Duration) -> Result<Vec<u8>, DownloadError> {
    let unreachable = |url: &Url, cause: String| DownloadError::Unreachable { url: url.to_string(), cause };
    let mut address = parsed(url)?;
    let http = Http::new(&[], time).map_err(|cause| unreachable(&address, cause))?;
    for _ in 0..=MAX_REDIRECTS {
        let client = http.client(&address).map_err(|cause| unreachable(&address, cause))?;
        let answer = client.get(address.clone()).header(header::ACCEPT, accept).send().await;
        let mut answer = answer.map_err(|error| unreachable(&address, cause(&error)))?;
        let status = answer.status();
        if status.is_redirection() {
            let target = answer.headers().get(header::LOCATION).and_then(|target| target.to_str().ok());
            let target = target.and_then(|target| address.join(target).ok());
            let target =
                target.ok_or_else(|| unreachable(&address, "a redirect leads nowhere".to_owned()))?;
            address = parsed(target.as_str())?;
            continue;
        }
        if status == StatusCode::NOT_FOUND {
            return Err(DownloadError::Missing(address.to_string()));
        }
        if !status.is_success() {
            return Err(DownloadError::Status { url: address.to_string(), status: status.as_u16() });
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| unreachable(&address, cause(&error)))? {
            if body.len() + part.len() > most {
                return Err(DownloadError::TooLarge { url: address.to_string(), most });
            }
            body.extend_from_slice(&part);
        }
        return Ok(body);
    }
    Err(unreachable(&address, format!("more than {MAX_REDIRECTS} redirects")))
}

/// An address that is encrypted, or on this machine.
fn parsed(url: &str) -> Result<Url, DownloadError> {
    let refuse = || DownloadError::Address(url.to_owned());
    let address = Url::parse(url).map_err(|_| refuse())?;
    let is_here = address.scheme() == "http" && address.host_str().is_some_and(is_loopback);
    if address.scheme() == "https" || is_here { Ok(address) } else { Err(refuse()) }
}
