//! The endpoints of a registry.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use oci_spec::distribution::TagList;
use oci_spec::image::{ImageIndex, MediaType};
use pacto_contract::limits::{MAX_MANIFEST_BYTES, MAX_TAGS};
use pacto_contract::reference::{Digest, OciReference};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LINK};
use reqwest::{Method, StatusCode, Url};

use super::error::RegistryError;
use super::host::{api_host, api_repository};
use super::transport::{Answer, Call, Failure, Settings, Target, Transport};
use crate::archive;
use crate::credential::Keychain;

/// Manifests that are understood: of images and artifacts, and lists of them by platform.
const MANIFESTS: &[&str] = &[
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
/// Tags that one page is asked for.
const TAGS_PER_PAGE: usize = 1000;
/// Most bytes of an error that are read.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Longest time for the words of an error.
const ERROR_PATIENCE: Duration = Duration::from_secs(5);
/// Most characters of an error that are shown.
const MAX_ERROR_CHARACTERS: usize = 200;
/// What comes slower than this is not waited for.
const MIN_BYTES_PER_MILLISECOND: u128 = 4;
const READ: &str = "pull";
const WRITE: &str = "pull,push";

/// Speaks with any number of registries over one pool of connections.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
}

/// A repository of a registry.
#[derive(Debug, Clone)]
pub struct Repository<'c> {
    client: &'c Client,
    host: String,
    path: String,
    /// As references name it.
    shown: String,
}

/// `repository:tag` or `repository@digest`.
pub(crate) fn with_version(repository: &str, version: &str) -> String {
    let separator = if version.contains(':') { '@' } else { ':' };
    format!("{repository}{separator}{version}")
}

/// A manifest as the registry holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The bytes that the digest is about.
    pub bytes: Bytes,
    /// Digest of the bytes.
    pub digest: String,
    /// What the registry says it is.
    pub media_type: MediaType,
}

impl Client {
    /// # Errors
    /// A text when TLS cannot be set up.
    pub fn new(settings: Settings, keychain: Arc<Keychain>) -> Result<Self, String> {
        Ok(Self { transport: Transport::new(settings, keychain)? })
    }

    /// Where credentials come from.
    pub fn keychain(&self) -> &Keychain {
        self.transport.keychain()
    }

    /// The repository that a reference names.
    pub fn repository(&self, reference: &OciReference) -> Repository<'_> {
        Repository {
            client: self,
            host: api_host(&reference.registry).to_owned(),
            path: api_repository(&reference.registry, &reference.repository),
            shown: reference.repository_path(),
        }
    }

    /// Asks the registry for nothing, with the credentials for it.
    ///
    /// # Errors
    /// [`RegistryError::Authentication`] when it accepts none, [`RegistryError::Unreachable`] when it has no answer.
    pub async fn ping(&self, registry: &str) -> Result<(), RegistryError> {
        let call = call(api_host(registry), "", registry);
        self.transport
            .persist((api_host(registry), registry), async || {
                let answer = self.transport.send(&call).await?;
                let status = answer.response.status();
                if status.is_success() { Ok(()) } else { Err(unexpected(registry, answer).await) }
            })
            .await
    }
}

/// A GET of the whole registry.
fn call<'a>(host: &'a str, repository: &'a str, reference: &'a str) -> Call<'a> {
    let target = Target::Path("/v2/".to_owned());
    let (method, access) = (Method::GET, READ);
    Call { reference, host, repository, method, target, access, is_start: false, accept: &[], body: None }
}

impl Repository<'_> {
    /// `registry/repository`.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    fn reference(&self, version: &str) -> String {
        with_version(&self.shown, version)
    }

    fn call<'a>(&'a self, reference: &'a str, path: &str) -> Call<'a> {
        let mut call = call(&self.host, &self.path, reference);
        call.target = Target::Path(format!("/v2/{}/{path}", self.path));
        call
    }

    /// All tags, in the order of the registry.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when there is no such repository, and as for every request.
    pub async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let mut tags = Vec::new();
        let mut seen = BTreeSet::new();
        let mut call = self.call(&self.shown, &format!("tags/list?n={TAGS_PER_PAGE}"));
        call.is_start = true;
        let refuse = |cause: String| RegistryError::unreachable(&self.shown, cause);
        loop {
            let (url, headers, body) = self
                .client
                .transport
                .persist((&self.host, &self.shown), async || self.page(&call).await)
                .await?;
            if !seen.insert(url.clone()) {
                return Err(refuse("the list of tags leads back to itself".to_owned()));
            }
            let page: Page = serde_json::from_slice(&body)
                .map_err(|error| refuse(format!("the list of tags cannot be read: {error}")))?;
            tags.extend(page.into_tags());
            if tags.len() > MAX_TAGS {
                return Err(refuse(format!("the repository has more than {MAX_TAGS} tags")));
            }
            let Some(next) = next_page(&headers) else { return Ok(tags) };
            let next = url.join(&next).map_err(|error| refuse(format!("no next page of tags: {error}")))?;
            if next.origin() != url.origin() {
                return Err(refuse("the next page of tags is on another host".to_owned()));
            }
            (call.target, call.is_start) = (Target::Url(next), false);
        }
    }

    async fn page(&self, call: &Call<'_>) -> Result<(Url, HeaderMap, Bytes), Failure> {
        let answer = self.client.transport.send(call).await?;
        let (url, headers) = (answer.response.url().clone(), answer.response.headers().clone());
        match answer.response.status() {
            StatusCode::OK => Ok((url, headers, read(&self.shown, answer, MAX_MANIFEST_BYTES).await?)),
            StatusCode::NOT_FOUND => Err(RegistryError::NotFound(self.shown.clone()).into()),
            _ => Err(unexpected(&self.shown, answer).await),
        }
    }

    /// The digest behind a tag or digest, without its content. `None` when it is not there, or when the registry does
    /// not say its digest.
    ///
    /// # Errors
    /// As for every request.
    pub async fn head(&self, version: &str) -> Result<Option<String>, RegistryError> {
        let reference = self.reference(version);
        let mut call = self.call(&reference, &format!("manifests/{version}"));
        (call.method, call.accept) = (Method::HEAD, MANIFESTS);
        self.client
            .transport
            .persist((&self.host, &reference), async || {
                let answer = self.client.transport.send(&call).await?;
                match answer.response.status() {
                    StatusCode::OK => Ok(content_digest(answer.response.headers())),
                    StatusCode::NOT_FOUND => Err(RegistryError::NotFound(reference.clone()).into()),
                    _ => Err(unexpected(&reference, answer).await),
                }
            })
            .await
            .or_else(|error| match error {
                RegistryError::NotFound(_) => Ok(None),
                error => Err(error),
            })
    }

    /// The manifest behind a tag or digest; its digest is computed here.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`]; [`RegistryError::Unreachable`] when the content is not what its digest says.
    pub async fn manifest(&self, version: &str) -> Result<Manifest, RegistryError> {
        let reference = self.reference(version);
        let mut call = self.call(&reference, &format!("manifests/{version}"));
        call.accept = MANIFESTS;
        let attempt = async || {
            let answer = self.client.transport.send(&call).await?;
            match answer.response.status() {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => return Err(RegistryError::NotFound(reference.clone()).into()),
                _ => return Err(unexpected(&reference, answer).await),
            }
            let headers = answer.response.headers().clone();
            let bytes = read(&reference, answer, MAX_MANIFEST_BYTES).await?;
            let digest = archive::digest(&bytes);
            let wanted = version.contains(':').then(|| version.to_owned());
            let claimed = content_digest(&headers).filter(|claimed| claimed.starts_with("sha256:"));
            for expected in wanted.into_iter().chain(claimed) {
                same_digest(&expected, &digest)?;
            }
            let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let media_type = MediaType::from(kind.split(';').next().unwrap_or_default().trim());
            Ok(Manifest { bytes, digest, media_type })
        };
        self.client.transport.persist((&self.host, &reference), attempt).await
    }

    /// A blob of `size` bytes, checked against its digest.
    ///
    /// # Errors
    /// As for every request; [`RegistryError::Unreachable`] when the content is not what its digest says.
    pub async fn blob(&self, digest: &Digest, size: usize) -> Result<Bytes, RegistryError> {
        let reference = self.reference(digest.as_str());
        let call = self.call(&reference, &format!("blobs/{}", digest.as_str()));
        let attempt = async || {
            let answer = self.client.transport.send(&call).await?;
            match answer.response.status() {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => return Err(RegistryError::NotFound(reference.clone()).into()),
                _ => return Err(unexpected(&reference, answer).await),
            }
            let bytes = read(&reference, answer, size).await?;
            if bytes.len() != size {
                let cause = format!("the content has {} bytes, not {size}", bytes.len());
                return Err(Failure::Transient { cause, after: None });
            }
            same_digest(digest.as_str(), &archive::digest(&bytes))?;
            Ok(bytes)
        };
        self.client.transport.persist((&self.host, &reference), attempt).await
    }

    /// Puts a blob into the repository, unless it is there.
    ///
    /// # Errors
    /// As for every request.
    pub async fn put_blob(&self, bytes: &Bytes) -> Result<String, RegistryError> {
        let digest = archive::digest(bytes);
        let reference = self.reference(&digest);
        let mut head = self.call(&reference, &format!("blobs/{digest}"));
        (head.method, head.access) = (Method::HEAD, WRITE);
        let mut start = self.call(&reference, "blobs/uploads/");
        (start.method, start.access) = (Method::POST, WRITE);
        start.body = Some((Bytes::new(), "application/octet-stream"));
        let attempt = async || {
            let transport = &self.client.transport;
            if transport.send(&head).await?.response.status() == StatusCode::OK {
                return Ok(());
            }
            let started = transport.send(&start).await?;
            if started.response.status() != StatusCode::ACCEPTED {
                return Err(unexpected(&reference, started).await);
            }
            let mut target = Transport::next(&start, started.response.url(), started.response.headers())?;
            drop(started);
            target.query_pairs_mut().append_pair("digest", &digest);
            let upload = Call {
                method: Method::PUT,
                target: Target::Url(target),
                body: Some((bytes.clone(), "application/octet-stream")),
                ..start.clone()
            };
            let finished = transport.send(&upload).await?;
            if finished.response.status() == StatusCode::CREATED {
                Ok(())
            } else {
                Err(unexpected(&reference, finished).await)
            }
        };
        self.client.transport.persist((&self.host, &reference), attempt).await?;
        Ok(digest)
    }

    /// Puts a manifest under a tag or its digest, and says its digest.
    ///
    /// # Errors
    /// As for every request; [`RegistryError::Unreachable`] when the registry says another digest.
    pub async fn put_manifest(
        &self,
        version: &str,
        bytes: &Bytes,
        media_type: &MediaType,
    ) -> Result<String, RegistryError> {
        let (reference, kind) = (self.reference(version), media_type.to_string());
        let mut call = self.call(&reference, &format!("manifests/{version}"));
        (call.method, call.access) = (Method::PUT, WRITE);
        call.body = Some((bytes.clone(), &kind));
        let digest = archive::digest(bytes);
        let attempt = async || {
            let answer = self.client.transport.send(&call).await?;
            if answer.response.status() != StatusCode::CREATED {
                return Err(unexpected(&reference, answer).await);
            }
            match content_digest(answer.response.headers()).filter(|claimed| claimed.starts_with("sha256:")) {
                Some(claimed) => same_digest(&digest, &claimed),
                None => Ok(()),
            }
        };
        self.client.transport.persist((&self.host, &reference), attempt).await?;
        Ok(digest)
    }

    /// Manifests that say they belong to `digest`: from the referrers API, else from the tag that stands in for it.
    ///
    /// # Errors
    /// As for every request.
    pub async fn referrers(&self, digest: &Digest) -> Result<ImageIndex, RegistryError> {
        let reference = self.reference(digest.as_str());
        let mut call = self.call(&reference, &format!("referrers/{}", digest.as_str()));
        call.accept = &["application/vnd.oci.image.index.v1+json"];
        let attempt = async || {
            let answer = self.client.transport.send(&call).await?;
            match answer.response.status() {
                StatusCode::OK => Ok(Some(read(&reference, answer, MAX_MANIFEST_BYTES).await?)),
                StatusCode::NOT_FOUND => Ok(None),
                _ => Err(unexpected(&reference, answer).await),
            }
        };
        let bytes = match self.client.transport.persist((&self.host, &reference), attempt).await? {
            Some(bytes) => bytes,
            None => match self.manifest(&digest.as_str().replace(':', "-")).await {
                Ok(manifest) => manifest.bytes,
                Err(RegistryError::NotFound(_)) => return Ok(ImageIndex::default()),
                Err(error) => return Err(error),
            },
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            RegistryError::unreachable(&reference, format!("the list of referrers cannot be read: {error}"))
        })
    }
}

/// A page of tags; some registries write `null` for none.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Page {
    Tags(TagList),
    None {},
}

impl Page {
    fn into_tags(self) -> Vec<String> {
        match self {
            Self::Tags(list) => list.tags().clone(),
            Self::None {} => Vec::new(),
        }
    }
}

fn same_digest(expected: &str, found: &str) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    let cause = format!("the content does not match its digest: {found} came back for {expected}");
    Err(Failure::Transient { cause, after: None })
}

fn content_digest(headers: &HeaderMap) -> Option<String> {
    let digest = headers.get("docker-content-digest")?.to_str().ok()?;
    Digest::parse(digest).ok().filter(Digest::is_complete).map(|digest| digest.as_str().to_owned())
}

/// The address with `rel="next"`.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    links.flat_map(|link| link.split(',')).find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            let parameter = parameter.replace([' ', '"'], "");
            parameter.eq_ignore_ascii_case("rel=next")
        });
        is_next.then(|| address.to_owned())
    })
}

/// The body of an answer, at most `limit` bytes of it.
async fn read(reference: &str, answer: Answer, limit: usize) -> Result<Bytes, Failure> {
    let Answer { mut response, patience, .. } = answer;
    let started = Instant::now();
    let too_large = || {
        let cause = format!("the answer is larger than {limit} bytes");
        Failure::Final(RegistryError::unreachable(reference, cause))
    };
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body.into()),
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => {
                return Err(Failure::Transient { cause: super::transport::cause(&error), after: None });
            }
        }
        let took = started.elapsed();
        if took > patience && (body.len() as u128) < took.as_millis() * MIN_BYTES_PER_MILLISECOND {
            let cause = "the answer comes too slowly".to_owned();
            return Err(Failure::Transient { cause, after: None });
        }
    }
}

/// A status that no request of ours asks for.
async fn unexpected(reference: &str, answer: Answer) -> Failure {
    let status = answer.response.status();
    // An error that comes slowly is known by its status.
    let message =
        tokio::time::timeout(answer.patience, error_message(answer.response)).await.unwrap_or_default();
    let cause = match message {
        Some(message) => format!("the registry answered {status}: {message}"),
        None => format!("the registry answered {status}"),
    };
    RegistryError::unreachable(reference, cause).into()
}

/// The first error of an error answer, cut to what can be shown.
pub(super) async fn error_message(mut response: reqwest::Response) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(serde::Deserialize)]
    struct One {
        code: Option<String>,
        message: Option<String>,
    }
    let read = async {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ERROR_BYTES {
                return None;
            }
        }
        Some(body)
    };
    // An error that comes slowly is known by its status.
    let body = tokio::time::timeout(ERROR_PATIENCE, read).await.ok()??;
    let first = serde_json::from_slice::<Errors>(&body).ok()?.errors.into_iter().next()?;
    let text = first.message.filter(|message| !message.is_empty()).or(first.code)?;
    Some(text.chars().filter(|character| !character.is_control()).take(MAX_ERROR_CHARACTERS).collect())
}
