//! `pacto init`: a contract to start from, valid as it stands.

use std::fs;
use std::path::{Path, PathBuf};

use pacto_contract::Source;
use pacto_contract::limits::MAX_BUNDLE_FILE_BYTES;
use pacto_contract::shape::Pattern;
use pacto_contract::yaml::{Budget, Node, decode_utf8, load};
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::referenced_files;
use crate::{AppError, Context, write};

/// What to create.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the service and of the directory.
    pub name: String,
    /// Only what a contract must have.
    pub minimal: bool,
    /// An `OpenAPI` file to describe the http interface with.
    pub from_openapi: Option<PathBuf>,
}

/// What was created.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The directory.
    pub dir: String,
    /// The contract.
    pub path: String,
    /// Everything that was written, below the directory.
    pub files: Vec<String>,
}

const DEFAULT_VERSION: &str = "0.1.0";
const DEFAULT_PORT: u16 = 8080;
/// Longest name of a new service: a label of DNS, and so of everything that is named after it.
const MAX_NAME_CHARS: usize = 63;

/// Creates `<name>/` with a contract and the files it names.
///
/// # Errors
/// [`AppError::Usage`] for a name that no service may have, [`AppError::Exists`] when the directory is there.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let name = &options.name;
    if !Pattern::ServiceName.matches(name) {
        let rule = Pattern::ServiceName.words();
        return Err(AppError::Usage(format!(
            "{:?} cannot be the name of a service: {rule}",
            crate::error::shown(name)
        )));
    }
    if name.len() > MAX_NAME_CHARS {
        let name = crate::error::shown(name);
        return Err(AppError::Usage(format!(
            "{name:?} is longer than {MAX_NAME_CHARS} characters, as no DNS name may be"
        )));
    }
    let files = match (&options.from_openapi, options.minimal) {
        (Some(_), true) => {
            return Err(AppError::Usage("--minimal and --from-openapi exclude each other".to_owned()));
        }
        (Some(path), false) => from_openapi(context, name, path)?,
        (None, true) => vec![("pacto.yaml".to_owned(), minimal(name))],
        (None, false) => full(name),
    };
    match fs::create_dir(context.directory.join(name)) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(AppError::Exists(format!("directory {name:?} already exists")));
        }
        Err(source) => return Err(AppError::File { path: name.into(), source }),
    }
    for (file, content) in &files {
        let path = Path::new(name).join(file);
        if let Some(parent) = path.parent() {
            let fail = |source| AppError::File { path: parent.to_owned(), source };
            fs::create_dir_all(context.directory.join(parent)).map_err(fail)?;
        }
        write::atomically(&context.directory, &path, content.as_bytes())?;
    }
    let files = files.into_iter().map(|(file, _)| file).collect();
    Ok(Outcome { dir: name.clone(), path: format!("{name}/pacto.yaml"), files })
}

fn minimal(name: &str) -> String {
    let name = quoted(name);
    format!("pactoVersion: \"1.0\"\n\nservice:\n  name: {name}\n  version: {DEFAULT_VERSION}\n")
}

fn full(name: &str) -> Vec<(String, String)> {
    vec![
        ("pacto.yaml".to_owned(), contract(name, DEFAULT_VERSION, DEFAULT_PORT, "/health", "openapi.yaml")),
        ("interfaces/openapi.yaml".to_owned(), openapi(name)),
        ("configuration/schema.json".to_owned(), CONFIGURATION.to_owned()),
    ]
}

/// A text as a YAML scalar: `1.0`, `123` and `null` without quotes are none.
fn quoted(text: &str) -> String {
    let is_text = load(text, Budget::CONTRACT).is_ok_and(|node| node.as_str() == Some(text));
    if is_text { text.to_owned() } else { format!("\"{text}\"") }
}

fn contract(name: &str, version: &str, port: u16, health: &str, file: &str) -> String {
    let (written_name, written_version) = (quoted(name), quoted(version));
    format!(
        r#"pactoVersion: "1.0"

service:
  name: {written_name}
  version: {written_version}
  owner: team/my-team
  image:
    ref: ghcr.io/my-org/{name}:{version}
    private: false

# What the service exposes.
interfaces:
  - name: api
    type: http
    port: {port}
    visibility: internal
    contract: interfaces/{file}

# What it must be configured with.
configuration:
  schema: configuration/schema.json

# What it calls.
# dependencies:
#   - name: other-service
#     ref: oci://ghcr.io/my-org/other-service
#     required: true
#     compatibility: "^1.0.0"

runtime:
  workload: service
  state:
    type: stateless
    persistence:
      scope: local
      durability: ephemeral
    dataCriticality: low
  lifecycle:
    upgradeStrategy: rolling
    gracefulShutdownSeconds: 30
  health:
    interface: api
    path: {health}
    initialDelaySeconds: 5

scaling:
  min: 1
  max: 3

metadata:
  team: my-team
  tier: standard
"#
    )
}

fn openapi(name: &str) -> String {
    format!(
        r"openapi: 3.0.0
info:
  title: {name}
  version: {DEFAULT_VERSION}
paths:
  /health:
    get:
      summary: Health check
      responses:
        '200':
          description: The service is well
"
    )
}

const CONFIGURATION: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {},
  "additionalProperties": false
}
"#;

/// Paths that are taken as health checks, best first.
const HEALTH_PATHS: &[&str] = &["/health", "/healthz", "/readyz", "/ready", "/livez", "/ping", "/status"];

fn from_openapi(context: &Context, name: &str, path: &Path) -> Result<Vec<(String, String)>, AppError> {
    let target = context.directory.join(path);
    let shown = path.display();
    let fail = |source| AppError::File { path: path.to_owned(), source };
    // Asked before it is opened: a pipe would wait for a writer, a device would never end.
    let metadata = fs::metadata(&target).map_err(fail)?;
    if !metadata.is_file() || metadata.len() > MAX_BUNDLE_FILE_BYTES as u64 {
        let limit = MAX_BUNDLE_FILE_BYTES;
        return Err(AppError::Usage(format!("{shown} is not a regular file of at most {limit} bytes")));
    }
    let bytes = fs::read(&target).map_err(fail)?;
    let text = decode_utf8(&bytes).map_err(|error| AppError::Usage(format!("{shown}: {error}")))?;
    let tree = load(text, Budget::INTERFACE).map_err(|error| {
        let place = Source::new(shown.to_string(), text).locate(error.span);
        AppError::Usage(format!("{}:{}:{}: {error}", place.file, place.line, place.column))
    })?;
    if tree.get("openapi").is_none() && tree.get("swagger").is_none() {
        return Err(AppError::Usage(format!("{shown} is no OpenAPI document: it has no `openapi` key")));
    }
    let version = tree.get("info").and_then(|info| info.get("version")).and_then(Node::scalar_text);
    let version = version.filter(|version| pacto_contract::LenientVersion::parse(version).is_ok());
    let port =
        tree.get("servers").and_then(Node::as_sequence).unwrap_or_default().iter().find_map(server_port);
    let answers =
        |health: &&&str| tree.get("paths").and_then(|paths| paths.get(health)?.get("get")).is_some();
    let health = HEALTH_PATHS.iter().find(answers);
    let extension = if text.trim_start().starts_with('{') { "json" } else { "yaml" };
    let file = format!("openapi.{extension}");
    let mut contract = contract(
        name,
        version.unwrap_or(DEFAULT_VERSION),
        port.unwrap_or(DEFAULT_PORT),
        health.unwrap_or(&"/"),
        &file,
    );
    if health.is_none() {
        // A path that the service may not answer must not become a probe.
        let block = "  health:\n    interface: api\n    path: /\n    initialDelaySeconds: 5\n";
        contract = contract.replace(block, "  # health:\n  #   interface: api\n  #   path: /health\n");
    }
    let mut files = vec![
        ("pacto.yaml".to_owned(), contract),
        (format!("interfaces/{file}"), text.to_owned()),
        ("configuration/schema.json".to_owned(), CONFIGURATION.to_owned()),
    ];
    files.extend(referenced(&target, &format!("interfaces/{file}"), &bytes)?);
    Ok(files)
}

/// The files that a document refers to, directly or not, which must lie beside it or below.
fn referenced(target: &Path, file: &str, content: &[u8]) -> Result<Vec<(String, String)>, AppError> {
    let base = target.parent().unwrap_or(Path::new("."));
    let mut files: Vec<(String, String)> = Vec::new();
    let mut wanted = referenced_files(file, content);
    while let Some(path) = wanted.pop() {
        if path == file || files.iter().any(|(known, _)| *known == path) {
            continue;
        }
        let missing = |why: &str| AppError::Usage(format!("{} refers to {path:?}, {why}", target.display()));
        let below = path.strip_prefix("interfaces/");
        let below = below.ok_or_else(|| missing("which does not lie beside it or below"))?;
        let bytes = fs::read(base.join(below)).map_err(|_| missing("which cannot be read"))?;
        if bytes.len() > MAX_BUNDLE_FILE_BYTES {
            return Err(missing("which is too large"));
        }
        wanted.extend(referenced_files(&path, &bytes));
        let text = String::from_utf8(bytes).map_err(|_| missing("which is no text"))?;
        files.push((path, text));
    }
    Ok(files)
}

fn server_port(server: &Node) -> Option<u16> {
    let url = server.get("url").and_then(Node::as_str)?;
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next()?;
    host.rsplit_once(':')?.1.parse().ok()
}
