//! `pacto doc`: Markdown for people.

use std::path::PathBuf;

use pacto_contract::overrides::Overrides;
use pacto_engine::doc::{DocSubject, markdown};
use pacto_engine::graph::GraphOptions;
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::{AppError, Context, graph, write};

/// What to document.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory or reference.
    pub contract: String,
    /// Directory to write `<service>.md` into.
    pub output: Option<PathBuf>,
    /// Changes to apply first.
    pub overrides: Overrides,
}

/// A document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Name of the service.
    pub service_name: String,
    /// The document.
    pub markdown: String,
    /// The file that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Documents one contract; dependencies that cannot be read only thin out the document.
///
/// # Errors
/// [`AppError`] when the contract cannot be read or the file not be written.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let root = load(context, &options.contract, &options.overrides, Scope::Named)?;
    let graph = graph::resolve(context, &root, &options.contract, GraphOptions::default());
    let subject = DocSubject { document: &root.document, bundle: &root.bundle, graph: Some(&graph) };
    let text = markdown(subject);
    let service_name = root.document.contract.service.name.clone();
    let path = match &options.output {
        None => None,
        Some(directory) => {
            if !write::is_file_name(&service_name) {
                return Err(AppError::Usage(format!("service name {service_name:?} cannot be a file name")));
            }
            let fail = |source| AppError::File { path: directory.clone(), source };
            std::fs::create_dir_all(context.directory.join(directory)).map_err(fail)?;
            let file = directory.join(format!("{service_name}.md"));
            write::atomically(&context.directory, &file, text.as_bytes())?;
            Some(file.display().to_string())
        }
    };
    Ok(Outcome { service_name, markdown: text, path })
}
