//! The file of `pacto login`.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{Credential, Secret, docker};
use crate::atomic::{self, Readers};

/// Stored credentials. Entries and keys that this program does not know are kept.
#[derive(Debug, Clone, Default)]
pub struct CredentialFile {
    content: Map<String, Value>,
}

/// Why the file cannot be used.
#[derive(Debug, Error)]
pub enum CredentialFileError {
    /// Not readable or not writable.
    #[error("{path}: {source}")]
    Access {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Readable, but not ours.
    #[error("{path} is not a file of credentials; repair or remove it")]
    Form {
        /// The file.
        path: PathBuf,
    },
}

impl CredentialFile {
    /// Reads the file; one that is not there is empty.
    ///
    /// # Errors
    /// [`CredentialFileError`].
    pub fn read(path: &Path) -> Result<Self, CredentialFileError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(CredentialFileError::Access { path: path.to_owned(), source }),
        };
        let form = || CredentialFileError::Form { path: path.to_owned() };
        let content: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| form())?;
        if content.get("auths").is_some_and(|auths| !auths.is_object()) {
            return Err(form());
        }
        Ok(Self { content })
    }

    /// What is stored for a host.
    pub fn get(&self, host: &str) -> Option<Credential> {
        let auths = self.content.get("auths")?.as_object()?;
        let entry = auths.iter().find(|(name, _)| crate::registry::api_host(name) == host)?.1;
        docker::decode(entry.get("auth")?.as_str()?)
    }

    /// Stores user and password for a host.
    pub fn set(&mut self, host: &str, user: &str, password: &Secret) {
        let auth = STANDARD.encode(format!("{user}:{}", password.expose()));
        let auths = self.content.entry("auths").or_insert_with(|| json!({}));
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(host.to_owned(), json!({ "auth": auth }));
        }
    }

    /// Forgets a host. False when nothing was stored.
    pub fn remove(&mut self, host: &str) -> bool {
        let auths = self.content.get_mut("auths").and_then(Value::as_object_mut);
        auths.and_then(|auths| auths.shift_remove(host)).is_some()
    }

    /// Writes the file in one step, for its owner alone.
    ///
    /// # Errors
    /// [`CredentialFileError::Access`].
    pub fn write(&self, path: &Path) -> Result<(), CredentialFileError> {
        let access = |source| CredentialFileError::Access { path: path.to_owned(), source };
        let directory = path.parent().unwrap_or(Path::new("."));
        atomic::create_private_directories(directory).map_err(access)?;
        let mut text = serde_json::to_string_pretty(&self.content).unwrap_or_default();
        text.push('\n');
        atomic::write(path, text.as_bytes(), Readers::Owner).map_err(access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_it_does_not_know() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/config.json");
        let mut file = CredentialFile::read(&path).unwrap();
        file.set("ghcr.io", "me", &Secret::new("p:w"));
        file.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\n  \"auths\": {\n    \"ghcr.io\": {\n      \"auth\": \"bWU6cDp3\"\n    }\n  }\n}\n"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let parent = path.parent().unwrap();
            assert_eq!(std::fs::metadata(parent).unwrap().permissions().mode() & 0o777, 0o700);
        }
        std::fs::write(&path, r#"{"other": 1, "auths": {"a": {"auth": "eDp5", "email": "e"}}}"#).unwrap();
        let mut file = CredentialFile::read(&path).unwrap();
        let basic = Credential::Basic { user: "x".to_owned(), password: Secret::new("y") };
        assert_eq!(file.get("a"), Some(basic));
        file.set("b", "u", &Secret::new("p"));
        assert!(file.remove("b") && !file.remove("b"));
        file.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"other\": 1") && text.contains("\"email\": \"e\""), "{text}");
        std::fs::write(&path, "[]").unwrap();
        assert!(CredentialFile::read(&path).is_err());
    }
}
