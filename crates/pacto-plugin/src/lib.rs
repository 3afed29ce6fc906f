//! Plugins make files from a contract: `pacto generate NAME` starts the program `pacto-plugin-NAME`, gives it one
//! [`Request`] on standard input, and takes one [`Response`] from its standard output.
//!
//! Any program in any language may be one. In Rust it is a `main` that calls [`guest::run`]:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use pacto_plugin::{File, Response, guest};
//!
//! fn main() -> ExitCode {
//!     guest::run("pacto-plugin-summary", env!("CARGO_PKG_VERSION"), |request| {
//!         let document = request.document()?;
//!         let service = &document.contract.service;
//!         let text = format!("# {} {}\n", service.name, service.version);
//!         Ok(Response { files: vec![File::text("SUMMARY.md", text)], message: None })
//!     })
//! }
//! ```
//!
//! What a plugin writes to standard error is shown to the user while it works; exit code 0 means that it is done.

pub mod guest;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pacto_contract::ContractDocument;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// The protocol that this crate speaks.
pub const PROTOCOL_VERSION: &str = "1";
/// What the name of every plugin begins with.
pub const PREFIX: &str = "pacto-plugin-";

/// What a plugin is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// [`PROTOCOL_VERSION`].
    pub protocol_version: String,
    /// The contract, as its file has it, with what the user changed on the command line.
    pub contract: Value,
    /// Directory with all files of the bundle; an absolute path.
    pub bundle_dir: String,
    /// Directory that the files will be written into; an absolute path. The plugin does not write there itself.
    pub output_dir: String,
    /// What the user gave with `--option`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Schemas of configurations that are those of another contract (`ref`), by the name of the configuration. Those in the
    /// bundle are in its files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: BTreeMap<String, Value>,
}

impl Request {
    /// The contract with its types.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn document(&self) -> Result<ContractDocument, String> {
        // Every JSON document is a YAML document.
        let text = self.contract.to_string();
        ContractDocument::parse("pacto.yaml", text.as_bytes()).map_err(|failure| {
            let first = failure.findings.first().map(|finding| finding.message.clone());
            first.unwrap_or_else(|| "the contract cannot be read".to_owned())
        })
    }

    /// An option, where the user gave it.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Refuses options that the plugin does not have: a typing error would else change nothing, silently.
    ///
    /// # Errors
    /// One line with the option and those that there are.
    ///
    /// ```
    /// let request = pacto_plugin::Request {
    ///     protocol_version: pacto_plugin::PROTOCOL_VERSION.to_owned(),
    ///     contract: serde_json::json!({}),
    ///     bundle_dir: "/b".to_owned(),
    ///     output_dir: "/o".to_owned(),
    ///     options: [("fromat".to_owned(), "x".to_owned())].into(),
    ///     schemas: Default::default(),
    /// };
    /// assert_eq!(request.only(&["format"]).unwrap_err(), "there is no option fromat; there are: format");
    /// ```
    pub fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.options.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) if known.is_empty() => Err(format!("there is no option {name}; there are none")),
            Some(name) => Err(format!("there is no option {name}; there are: {}", known.join(", "))),
        }
    }
}

/// What a plugin made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The files.
    #[serde(default)]
    pub files: Vec<File>,
    /// What the user should know or do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Where it goes, relative to the output directory, with `/` between the parts.
    pub path: String,
    /// What is in it.
    pub content: String,
    /// How `content` is written down; without it, it is the text of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

/// How the content of a file is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Bytes that are no text, in Base64 with padding.
    Base64,
}

/// The content of a file is not what its encoding says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the content of {path} is not Base64")]
pub struct EncodingError {
    path: String,
}

impl File {
    /// A text file.
    pub fn text(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), encoding: None }
    }

    /// A file of any bytes.
    pub fn bytes(path: impl Into<String>, content: &[u8]) -> Self {
        let content = BASE64_STANDARD.encode(content);
        Self { path: path.into(), content, encoding: Some(Encoding::Base64) }
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// [`EncodingError`].
    pub fn decoded(&self) -> Result<Vec<u8>, EncodingError> {
        match self.encoding {
            None => Ok(self.content.clone().into_bytes()),
            Some(Encoding::Base64) => {
                BASE64_STANDARD.decode(&self.content).map_err(|_| EncodingError { path: self.path.clone() })
            }
        }
    }
}

/// Whether a word can be the name of a plugin: letters, digits, `-` and `_`, beginning with a letter or digit.
///
/// ```
/// assert!(pacto_plugin::is_name("schema-infer"));
/// assert!(!pacto_plugin::is_name("../evil") && !pacto_plugin::is_name("-rf") && !pacto_plugin::is_name("a b"));
/// ```
pub fn is_name(name: &str) -> bool {
    const MAX_NAME: usize = 64;
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() <= MAX_NAME
        && name.bytes().all(is_inner)
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_sent_has_the_names_of_the_protocol() {
        let request = Request {
            protocol_version: PROTOCOL_VERSION.to_owned(),
            contract: json!({"pactoVersion": "1.0", "service": {"name": "cart", "version": "1.0.0"}}),
            bundle_dir: "/bundle".to_owned(),
            output_dir: "/out".to_owned(),
            options: BTreeMap::new(),
            schemas: BTreeMap::new(),
        };
        let sent = serde_json::to_value(&request).unwrap();
        let keys: Vec<&String> = sent.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["protocolVersion", "contract", "bundleDir", "outputDir"]);
        assert_eq!(request.document().unwrap().contract.service.name, "cart");
        assert_eq!(serde_json::from_value::<Request>(sent).unwrap(), request);
    }

    #[test]
    fn bytes_come_back_and_what_is_no_base64_is_said() {
        let file = File::bytes("a.bin", &[0, 255, 10]);
        assert_eq!(file.decoded().unwrap(), [0, 255, 10]);
        let wrong = File { content: "?".to_owned(), ..file };
        assert_eq!(wrong.decoded().unwrap_err().to_string(), "the content of a.bin is not Base64");
        let response: Response =
            serde_json::from_value(json!({"files": [{"path": "a", "content": "b"}]})).unwrap();
        assert_eq!(response.files, [File::text("a", "b")]);
    }

    #[test]
    fn names_lead_nowhere() {
        for name in ["", "-rf", "../evil", "a/b", "a b", "a;b", "a\0b", "ä", ".hidden", &"x".repeat(65)] {
            assert!(!is_name(name), "{name:?}");
        }
        for name in ["helm", "schema-infer", "a1_b", &"x".repeat(64)] {
            assert!(is_name(name), "{name:?}");
        }
    }
}
