//! A bundle to push, and clients that wait for nothing.

use std::path::PathBuf;
use std::time::Duration;

use pacto_contract::reference::OciReference;
use pacto_contract::{Bundle, ContractDocument};
use pacto_oci::artifact::Artifact;
use pacto_oci::credential::{Keychain, Secret, Surroundings};
use pacto_oci::registry::{Client, Retry, Settings};

/// A small contract with a file beside it.
pub fn bundle(name: &str, version: &str) -> Bundle {
    let mut bundle = Bundle::default();
    let contract = format!("pactoVersion: \"1.0\"\nservice:\n  name: {name}\n  version: {version}\n");
    bundle.insert("pacto.yaml", contract.into_bytes()).unwrap();
    bundle.insert("docs/notes.md", b"# Notes\n".to_vec()).unwrap();
    bundle
}

pub fn artifact(bundle: &Bundle) -> Artifact {
    let document = ContractDocument::parse("pacto.yaml", bundle.get("pacto.yaml").unwrap()).unwrap();
    Artifact::new(bundle, &document.contract).unwrap()
}

/// A client that repeats at once and has the credentials of `surroundings`.
pub fn client(surroundings: Surroundings) -> Client {
    let (first_wait, patience) = (Duration::from_millis(1), Duration::from_secs(5));
    let retry = Retry { attempts: 4, first_wait, longest_wait: Duration::from_millis(10), patience };
    Client::new(Settings { retry, ..Settings::default() }, Keychain::new(surroundings).into()).unwrap()
}

pub fn anonymous() -> Client {
    client(Surroundings::default())
}

/// Credentials of the environment.
pub fn with_password(user: &str, password: &str) -> Surroundings {
    Surroundings { basic: Some((user.to_owned(), Secret::new(password))), ..Surroundings::default() }
}

pub fn reference(text: &str) -> OciReference {
    OciReference::parse(text).unwrap()
}

/// A file in a directory that lives as long as the test.
pub fn file(directory: &tempfile::TempDir, name: &str) -> PathBuf {
    directory.path().join(name)
}
