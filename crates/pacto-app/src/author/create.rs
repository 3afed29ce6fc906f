//! A new contract with the files that it names.

use std::path::Path;

use fs_err as fs;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::limits::MAX_BUNDLE_FILE_BYTES;
use pacto_contract::yaml::{Node, emit};
use pacto_contract::{Bundle, ContractDocument, Severity};
use pacto_engine::library::{Library, Origin};
use pacto_engine::validate::{References, Subject, Validator, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::place::within;
use super::{
    Data, Instances, NewDependency, NewInterface, NewProperty, Summary, dependency, files, infer, interface,
};
use crate::{AppError, Context, write};

/// What the contract is of.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the service.
    pub name: String,
    /// What it does, in words; what they say is assumed where nothing else is said.
    pub description: String,
    /// Directory; the name without one.
    pub path: Option<String>,
    /// Version; `0.1.0` without one.
    pub version: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it exposes.
    pub interfaces: Vec<NewInterface>,
    /// What it calls.
    pub dependencies: Vec<NewDependency>,
    /// `service`, `job` or `scheduled`.
    pub workload: Option<String>,
    /// What it keeps.
    pub data: Data,
    /// What it is configured with.
    pub properties: Vec<NewProperty>,
    /// How many instances.
    pub instances: Instances,
    /// Free form.
    pub metadata: Map<String, Value>,
    /// Writes nothing.
    pub dry_run: bool,
}

/// What was written, or would be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The contract.
    pub path: String,
    /// What it says.
    pub summary: Summary,
    /// What was assumed from the description.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<String>,
    /// Number of files that were written.
    pub file_count: usize,
    /// Every file, below the directory, with its text; only where nothing was written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<NewFile>,
}

/// A file that would be written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NewFile {
    /// Path below the directory.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Creates a contract. It is valid, or nothing is written.
///
/// # Errors
/// [`AppError::Usage`] for a path that leads elsewhere, [`AppError::Exists`] where a contract is, [`AppError::Invalid`]
/// where what was asked for makes no valid contract.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    if options.name.is_empty() {
        return Err(AppError::Usage("name is required".to_owned()));
    }
    let directory = options.path.as_deref().filter(|path| !path.is_empty()).unwrap_or(&options.name);
    let directory = directory.strip_prefix("file://").unwrap_or(directory);
    let target = within(context, directory)?;
    let shown = format!("{}/{CONTRACT_FILE}", directory.trim_end_matches('/'));
    if target.join(CONTRACT_FILE).symlink_metadata().is_ok() {
        return Err(AppError::Exists(format!("{shown} is there already; edit it, or choose another path")));
    }
    let (contract, mut written, derived) = compose(options);
    // What is there already is kept, and judged with the contract.
    let mut kept = Vec::new();
    for (file, text) in &mut written {
        if let Some(there) = existing(&target, file)? {
            *text = there;
            kept.push(file.clone());
        }
    }
    written.insert(0, (CONTRACT_FILE.to_owned(), emit(&Node::from_json(&contract))));
    let document = valid(&shown, &written)?;
    let summary = Summary::from(&document.contract);
    written.retain(|(file, _)| !kept.contains(file));
    if options.dry_run {
        let files = written.into_iter().map(|(path, text)| NewFile { path, text }).collect();
        return Ok(Outcome { path: shown, summary, derived, file_count: 0, files });
    }
    for (file, _) in &written {
        within(context, &format!("{directory}/{file}"))?;
    }
    // The contract comes last: a directory with one is complete.
    for (file, text) in written.iter().rev() {
        if let Some(parent) = target.join(file).parent() {
            let fail = |source| AppError::File { path: Path::new(directory).join(file), source };
            fs::create_dir_all(parent).map_err(fail)?;
        }
        write::atomically(&context.directory, &Path::new(directory).join(file), text.as_bytes())?;
    }
    Ok(Outcome { path: shown, summary, derived, file_count: written.len(), files: Vec::new() })
}

/// The text of a file that is there already.
fn existing(target: &Path, file: &str) -> Result<Option<String>, AppError> {
    let path = target.join(file);
    let Ok(there) = fs::symlink_metadata(&path) else { return Ok(None) };
    if !there.is_file() || there.len() > MAX_BUNDLE_FILE_BYTES as u64 {
        return Err(AppError::Usage(format!(
            "{file} is there already, and is no file that could be described"
        )));
    }
    fs::read_to_string(&path).map(Some).map_err(|source| AppError::File { path: file.into(), source })
}

/// The contract, the files that it names, and what was assumed.
fn compose(options: &Options) -> (Value, Vec<(String, String)>, Vec<String>) {
    let mut assumed = infer::infer(&options.description);
    let mut told = std::mem::take(&mut assumed.told);
    let is_told = |told: &mut Vec<String>, what: &str| told.retain(|line| !line.contains(what));
    let interfaces = if options.interfaces.is_empty() {
        assumed.interfaces
    } else {
        is_told(&mut told, "interface");
        options.interfaces.clone()
    };
    if options.workload.is_some() {
        is_told(&mut told, "workload");
    }
    let workload = options.workload.as_deref().or(assumed.workload).unwrap_or("service");
    let data = if options.data.is_said() {
        is_told(&mut told, "runtime");
        options.data.clone()
    } else {
        assumed.data
    };
    let version = options.version.as_deref().filter(|version| !version.is_empty()).unwrap_or("0.1.0");
    let mut service =
        Map::from_iter([("name".to_owned(), json!(options.name)), ("version".to_owned(), json!(version))]);
    if let Some(owner) = options.owner.as_deref().filter(|owner| !owner.is_empty()) {
        service.insert("owner".to_owned(), json!(owner));
    }
    let mut contract = Map::from_iter([
        ("pactoVersion".to_owned(), json!("1.0")),
        ("service".to_owned(), Value::Object(service)),
    ]);
    let mut put = |key: &str, value: Value| contract.insert(key.to_owned(), value);
    let mut written = Vec::new();
    if !interfaces.is_empty() {
        put("interfaces", interfaces.iter().map(interface).collect());
        for asked in &interfaces {
            let text = files::interface_text(asked, &options.name, version);
            written.extend(files::interface_path(asked).zip(text));
        }
    }
    if !options.properties.is_empty() {
        put("configurations", json!([{"name": "default", "schema": files::SCHEMA_PATH}]));
        written.push((files::SCHEMA_PATH.to_owned(), files::schema(&options.properties)));
    }
    if !options.dependencies.is_empty() {
        put("dependencies", options.dependencies.iter().map(dependency).collect());
    }
    let mut runtime = json!({"workload": workload, "state": data.state(None)});
    if let (Some(http), Some(runtime)) =
        (interfaces.iter().find(|interface| interface.kind == "http"), runtime.as_object_mut())
    {
        runtime.insert("health".to_owned(), json!({"interface": http.name, "path": "/health"}));
        runtime.insert("metrics".to_owned(), json!({"interface": http.name, "path": "/metrics"}));
    }
    put("runtime", runtime);
    if let Some(scaling) = options.instances.scaling(None) {
        put("scaling", scaling);
    }
    if !options.metadata.is_empty() {
        put("metadata", Value::Object(options.metadata.clone()));
    }
    (Value::Object(contract), written, told)
}

/// The contract among `files`, if it is valid with them. Nothing outside is asked for.
pub(super) fn valid(shown: &str, files: &[(String, String)]) -> Result<ContractDocument, AppError> {
    let mut bundle = Bundle::default();
    for (path, text) in files {
        let refuse = |error| AppError::Usage(format!("{path:?} cannot be a file of a bundle: {error}"));
        bundle.insert(path, text.clone().into_bytes()).map_err(refuse)?;
    }
    judged(shown, &bundle)
}

/// The contract of a bundle, if it is valid.
pub(super) fn judged(shown: &str, bundle: &Bundle) -> Result<ContractDocument, AppError> {
    let text = bundle.get(CONTRACT_FILE).unwrap_or_default();
    let path = || shown.trim_end_matches(CONTRACT_FILE).trim_end_matches('/').to_owned();
    let document = ContractDocument::parse(shown, text)
        .map_err(|failure| AppError::Contract { path: path(), failure: Box::new(failure) })?;
    let origin = Origin::Directory(String::new());
    let subject = Subject { document: &document, bundle: Some(bundle), origin: &origin };
    let verdict = Validator::default().validate(subject, &mut Library::default(), References::InsideOnly);
    let Verdict::Done(report) = verdict else { return Ok(document) };
    let findings: Vec<_> = report.of(Severity::Error).cloned().collect();
    if findings.is_empty() {
        return Ok(document);
    }
    Err(AppError::Invalid { path: path(), findings, text: document.source.clone() })
}
