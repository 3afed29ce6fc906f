//! References to contracts: registries, image-layout directories, local paths.

use std::fmt;

use thiserror::Error;

use crate::limits::MAX_REFERENCE_BYTES;

/// Where a contract is to be found, as written.
///
/// ```
/// use pacto_contract::Reference;
/// let reference = Reference::parse("oci://ghcr.io/acme/cart:1.2.0")?;
/// assert_eq!(reference.default_name(), "cart");
/// assert_eq!(Reference::parse("file://../cart")?.default_name(), "cart");
/// # Ok::<(), pacto_contract::ReferenceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `oci://registry/repository[:tag][@digest]`.
    Oci(OciReference),
    /// `oci-layout:///directory[:tag][@digest]`.
    Layout(LayoutReference),
    /// `file://path` or a bare path; relative to the contract that names it.
    Local(String),
}

/// A repository in a registry, with the version that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OciReference {
    /// Host and port.
    pub registry: String,
    /// Path inside the registry.
    pub repository: String,
    /// Tag, if one is named.
    pub tag: Option<String>,
    /// Digest, if one is named.
    pub digest: Option<Digest>,
}

/// A directory in OCI image layout, with the version that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayoutReference {
    /// The directory.
    pub directory: String,
    /// Tag, if one is named.
    pub tag: Option<String>,
    /// Digest, if one is named.
    pub digest: Option<Digest>,
}

/// A content digest such as `sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// Nothing there.
    #[error("the reference is empty")]
    Empty,
    /// Longer than [`MAX_REFERENCE_BYTES`].
    #[error("the reference is longer than {MAX_REFERENCE_BYTES} bytes")]
    TooLong,
    /// Blanks or control characters.
    #[error("the reference contains a blank or a control character")]
    Blank,
    /// `http://…` and others.
    #[error("the scheme {0}:// is not supported; use oci://, oci-layout://, file:// or a path")]
    Scheme(String),
    /// No `/` between registry and repository.
    #[error("{0:?} names no repository; write registry/repository")]
    NoRepository(String),
    /// The host has characters that no host has.
    #[error("{0:?} is not a registry host")]
    Registry(String),
    /// Upper case, `..`, empty parts.
    #[error("{0:?} is not a repository name; it has lower-case letters, digits and . _ - between slashes")]
    Repository(String),
    /// Outside of the tag grammar.
    #[error("{0:?} is not a tag; it has up to 128 letters, digits and . _ -")]
    Tag(String),
    /// `user:password@registry/…`. The text is not repeated: it may be a secret.
    #[error("a reference holds no user name and password; log in to the registry instead")]
    Credentials,
    /// Unknown algorithm, or not hexadecimal.
    #[error("{0:?} is not a digest; write sha256: and 64 hexadecimal digits")]
    Digest(String),
}

/// Most characters of a tag, from the distribution specification.
const MAX_TAG_CHARS: usize = 128;
/// Most characters of a repository name, from the distribution specification.
const MAX_REPOSITORY_CHARS: usize = 255;

impl Reference {
    /// Reads a reference as a contract or the command line writes it.
    ///
    /// # Errors
    /// [`ReferenceError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > MAX_REFERENCE_BYTES {
            return Err(ReferenceError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(ReferenceError::Blank);
        }
        if let Some(rest) = text.strip_prefix("oci://") {
            return OciReference::parse(rest).map(Self::Oci);
        }
        if let Some(rest) = text.strip_prefix("oci-layout://") {
            return LayoutReference::parse(rest).map(Self::Layout);
        }
        if let Some(path) = text.strip_prefix("file://") {
            let path = if path.is_empty() { "." } else { path };
            return Ok(Self::Local(path.to_owned()));
        }
        match text.split_once("://") {
            // Letters that only look like those of `oci` make no path.
            Some((scheme, _)) if !scheme.contains('/') => Err(ReferenceError::Scheme(scheme.to_owned())),
            _ => Ok(Self::Local(text.to_owned())),
        }
    }

    /// The name of a service or file that the reference ends in: its last path segment without tag and digest.
    pub fn default_name(&self) -> &str {
        let path = match self {
            Self::Oci(oci) => &oci.repository,
            Self::Layout(layout) => &layout.directory,
            Self::Local(path) => path.trim_end_matches('/'),
        };
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The registry reference, if it is one.
    pub fn as_oci(&self) -> Option<&OciReference> {
        if let Self::Oci(oci) = self { Some(oci) } else { None }
    }

    /// Whether it is a path on this machine.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local(_))
    }
}

impl OciReference {
    /// Reads `registry/repository[:tag][@digest]`, the part after `oci://`.
    ///
    /// # Errors
    /// [`ReferenceError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > MAX_REFERENCE_BYTES {
            return Err(ReferenceError::TooLong);
        }
        if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
            return Err(ReferenceError::Blank);
        }
        if text.split_once('@').is_some_and(|(before, after)| !before.contains('/') && after.contains('/')) {
            return Err(ReferenceError::Credentials);
        }
        let (path, tag, digest) = split_version(text)?;
        let Some((registry, repository)) = path.split_once('/') else {
            return Err(ReferenceError::NoRepository(path.to_owned()));
        };
        if !is_registry(registry) {
            return Err(ReferenceError::Registry(registry.to_owned()));
        }
        if !is_repository(repository) {
            return Err(ReferenceError::Repository(repository.to_owned()));
        }
        Ok(Self { registry: registry.to_owned(), repository: repository.to_owned(), tag, digest })
    }

    /// Registry and repository, without tag and digest.
    pub fn repository_path(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Whether a tag or digest is named.
    pub fn is_fixed(&self) -> bool {
        self.tag.is_some() || self.digest.is_some()
    }

    /// The same repository at `tag`.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }
}

impl LayoutReference {
    fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (directory, tag, digest) = split_version(text)?;
        if directory.is_empty() {
            return Err(ReferenceError::Empty);
        }
        Ok(Self { directory: directory.to_owned(), tag, digest })
    }
}

impl Digest {
    /// Reads `algorithm:hex`. A shorter sha256 is accepted here (people abbreviate in documents); see
    /// [`Digest::is_complete`].
    ///
    /// # Errors
    /// [`ReferenceError::Digest`] for an unknown algorithm, or for anything but lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let refuse = || ReferenceError::Digest(text.to_owned());
        let (algorithm, hex) = text.split_once(':').ok_or_else(refuse)?;
        let longest = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return Err(refuse()),
        };
        let hexadecimal = hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if hex.is_empty() || hex.len() > longest || !hexadecimal {
            return Err(refuse());
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether all digits of the algorithm are there; only then can it be fetched.
    pub fn is_complete(&self) -> bool {
        self.hex().len() == self.complete_length()
    }

    /// Number of digits that the algorithm makes.
    pub fn complete_length(&self) -> usize {
        if self.0.starts_with("sha256:") { 64 } else { 128 }
    }

    /// The whole text, `algorithm:hex`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hexadecimal digits.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }
}

type Versioned<'a> = (&'a str, Option<String>, Option<Digest>);

fn split_version(text: &str) -> Result<Versioned<'_>, ReferenceError> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(Digest::parse(digest)?)),
        None => (text, None),
    };
    let after_slash = rest.rfind('/').map_or(0, |slash| slash + 1);
    let colon = rest.get(after_slash..).and_then(|last| last.rfind(':')).map(|colon| after_slash + colon);
    // A colon in the only segment is a port, not a tag: `localhost:5000`.
    let (path, tag) = match colon {
        Some(colon) => {
            let (path, tag) = rest.split_at(colon);
            let tag = tag.trim_start_matches(':');
            if !is_tag(tag) {
                return Err(ReferenceError::Tag(tag.to_owned()));
            }
            (path, Some(tag.to_owned()))
        }
        None => (rest, None),
    };
    Ok((path, tag, digest))
}

fn is_tag(tag: &str) -> bool {
    let mut characters = tag.chars();
    let first = characters.next().is_some_and(|first| first.is_ascii_alphanumeric() || first == '_');
    first
        && tag.len() <= MAX_TAG_CHARS
        && characters.all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
}

fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            return address.parse::<std::net::Ipv6Addr>().is_ok()
                && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (registry, None),
        },
    };
    let host_ok = !host.is_empty()
        && !host.starts_with(['.', '-'])
        && !host.contains("..")
        && host.chars().all(|character| character.is_ascii_alphanumeric() || ".-_".contains(character));
    host_ok && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_repository(repository: &str) -> bool {
    repository.len() <= MAX_REPOSITORY_CHARS
        && repository.split('/').all(|part| {
            let edge = |character: Option<char>| {
                character.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            };
            edge(part.chars().next())
                && edge(part.chars().next_back())
                && !part.contains("..")
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        })
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        write_version(f, self.tag.as_ref(), self.digest.as_ref())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oci(oci) => write!(f, "oci://{oci}"),
            Self::Layout(layout) => {
                write!(f, "oci-layout://{}", layout.directory)?;
                write_version(f, layout.tag.as_ref(), layout.digest.as_ref())
            }
            Self::Local(path) => write!(f, "file://{path}"),
        }
    }
}

fn write_version(f: &mut fmt::Formatter<'_>, tag: Option<&String>, digest: Option<&Digest>) -> fmt::Result {
    if let Some(tag) = tag {
        write!(f, ":{tag}")?;
    }
    if let Some(digest) = digest {
        write!(f, "@{digest}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oci(text: &str) -> Result<OciReference, ReferenceError> {
        OciReference::parse(text)
    }

    #[test]
    fn reads_every_part() {
        let reference = oci("localhost:5000/a/b-c:1.2.0").unwrap();
        assert_eq!((reference.registry.as_str(), reference.repository.as_str()), ("localhost:5000", "a/b-c"));
        assert_eq!(reference.tag.as_deref(), Some("1.2.0"));
        let short = oci("ghcr.io/acme/auth-pacto@sha256:abc123").unwrap();
        assert!(!short.digest.as_ref().unwrap().is_complete());
        assert_eq!(short.to_string(), "ghcr.io/acme/auth-pacto@sha256:abc123");
        let both = oci(&format!("[::1]:5000/a:1@sha256:{}", "0".repeat(64))).unwrap();
        assert!(both.digest.unwrap().is_complete());
    }

    #[test]
    fn refuses_what_could_escape() {
        for bad in [
            "",
            "nginx",
            "nginx:1.25",
            "/a",
            "a/",
            "a/../b",
            "a/b:..",
            "a/b:",
            "a/B",
            "a/b//c",
            "a b/c",
            "a/b@md5:abc",
            "a/b@sha256:../../x",
            "a/b@sha256:",
            "h:0/a",
            "h:99999/a",
            "a/b\u{7}",
        ] {
            assert!(oci(bad).is_err(), "{bad:?}");
        }
        assert!(oci(&format!("a/{}", "b".repeat(256))).is_err());
        assert!(oci(&format!("a/b:{}", "t".repeat(129))).is_err());
        assert!(oci(&format!("a/b:{}", "t".repeat(128))).is_ok());
    }

    #[test]
    fn tells_schemes_apart() {
        assert_eq!(Reference::parse("../x").unwrap(), Reference::Local("../x".into()));
        assert_eq!(Reference::parse("file://../x").unwrap(), Reference::Local("../x".into()));
        assert_eq!(
            Reference::parse("https://x/y").unwrap_err().to_string(),
            "the scheme https:// is not supported; use oci://, oci-layout://, file:// or a path"
        );
        let Reference::Layout(layout) = Reference::parse("oci-layout:///srv/x:1.0.0").unwrap() else {
            panic!()
        };
        assert_eq!((layout.directory.as_str(), layout.tag.as_deref()), ("/srv/x", Some("1.0.0")));
        assert_eq!(Reference::parse("oci-layout:///srv/x").unwrap().default_name(), "x");
    }
}
