//! How images are compared.

use pacto_contract::Pointer;

use super::check::{Check, Subject, listed};
use super::kind::{CheckKind, Reason};

pub(super) fn check(subject: Subject<'_>) -> Option<Check> {
    let kind = CheckKind::ImageMatch;
    subject.contract.runtime.as_ref()?;
    let expected = subject.contract.service.image.as_ref()?.reference.as_str();
    if expected.is_empty() {
        return None;
    }
    let place = Pointer::root().key("service").key("image").key("ref");
    subject.of_workload(kind, &place, |workload| {
        if workload.containers.is_empty() {
            return Check::fails(kind, Reason::Missing, &place, "the workload has no container");
        }
        let runs = |image: &str| matches(expected, image);
        let found = workload.containers.iter().find(|container| {
            runs(&container.image)
                || container.image_id.as_deref().is_some_and(|id| runs(id) || is_same_digest(expected, id))
        });
        if let Some(container) = found {
            let message = format!("container {:?} runs {}", container.name, container.image);
            return Check::holds(kind, Reason::Match, &place, message);
        }
        let images: Vec<_> = workload.containers.iter().map(|container| &container.image).collect();
        let message =
            format!("the contract declares the image {expected}, and containers run {}", listed(&images));
        let help =
            "deploy the image of the contract, or publish a version of the contract with the image that runs";
        Check::fails(kind, Reason::Mismatch, &place, message).with_help(help)
    })
}

/// Whether an image that runs is the one that is expected.
///
/// A digest of the expectation decides alone. A tag must be the same one; an image without tag and digest has the tag
/// `latest`. An expectation with neither takes any. Names without a registry are those of Docker Hub.
///
/// ```
/// use pacto_engine::runtime::image::matches;
/// assert!(matches("nginx", "docker.io/library/nginx:latest"));
/// assert!(matches("ghcr.io/org/svc:v1", "ghcr.io/org/svc:v1@sha256:abc"));
/// assert!(!matches("svc@sha256:abc", "svc:v1"));
/// ```
pub fn matches(expected: &str, observed: &str) -> bool {
    if expected == observed {
        return true;
    }
    let (expected, observed) = (Image::split(expected), Image::split(observed));
    if expected.repository != observed.repository {
        return false;
    }
    match (expected.digest, expected.tag) {
        (Some(digest), _) => observed.digest == Some(digest),
        (None, Some(tag)) => match (observed.tag, observed.digest) {
            (Some(other), _) => other == tag,
            (None, None) => tag == "latest",
            // Which tag a digest had is not known.
            (None, Some(_)) => false,
        },
        (None, None) => true,
    }
}

/// Whether the image that a node pulled has the expected digest, whatever the node calls its repository.
fn is_same_digest(expected: &str, image_id: &str) -> bool {
    let expected = Image::split(expected).digest;
    expected.is_some() && expected == Image::split(image_id).digest
}

struct Image<'a> {
    repository: String,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    fn split(text: &'a str) -> Self {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match name.get(last..).and_then(|last| last.split_once(':')) {
            Some((_, tag)) => (name.strip_suffix(tag).and_then(|rest| rest.strip_suffix(':')), Some(tag)),
            None => (Some(name), None),
        };
        Self { repository: normalised(repository.unwrap_or(name)), tag, digest }
    }
}

fn normalised(repository: &str) -> String {
    match repository.split_once('/') {
        None => format!("docker.io/library/{repository}"),
        Some(("docker.io" | "index.docker.io" | "registry-1.docker.io", path)) => {
            if path.contains('/') {
                format!("docker.io/{path}")
            } else {
                format!("docker.io/library/{path}")
            }
        }
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => repository.to_owned(),
        Some(_) => format!("docker.io/{repository}"),
    }
}
