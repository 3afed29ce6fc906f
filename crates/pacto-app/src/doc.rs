//! `pacto doc`: Markdown for people, and pages for browsers.

pub mod documents;
pub mod page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pacto_contract::overrides::Overrides;
use pacto_engine::doc::{DocSubject, markdown};
use pacto_engine::graph::{Graph, GraphOptions};
use pacto_engine::library::{Origin, Resolved};
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use page::Page;

use crate::{AppError, Context, graph, write};

/// What to document.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory or reference.
    pub contract: String,
    /// Directory to write `<service>.md` into, or a file ending in `.html`.
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

/// A contract as a server of documents shows it.
#[derive(Debug, Clone)]
pub struct Documentation {
    /// The page.
    pub page: Page,
    /// HTTP interfaces with a description that can be read, in the order of the contract.
    pub apis: Vec<Api>,
    /// HTTP interfaces whose description cannot be read, and why.
    pub unreadable: Vec<(String, String)>,
    /// Directories on this machine in which there are files that the page was made of.
    pub directories: BTreeSet<PathBuf>,
}

/// One HTTP interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// Name of the interface.
    pub name: String,
    /// Its `OpenAPI` document.
    pub document: serde_json::Value,
}

/// Documents one contract; dependencies that cannot be read only thin out the document.
///
/// # Errors
/// [`AppError`] when the contract cannot be read or the file not be written.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let (root, graph) = resolved(context, &options.contract, &options.overrides)?;
    let subject = DocSubject { document: &root.document, bundle: &root.bundle, graph: Some(&graph) };
    let text = markdown(subject);
    let service_name = root.document.contract.service.name.clone();
    let path = match &options.output {
        None => None,
        Some(file) if is_page(file) => {
            let html = Page::new(subject, &text).alone();
            write::atomically(&context.directory, file, html.as_bytes())?;
            Some(file.display().to_string())
        }
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

/// Whether the output is a page, and not a directory.
pub fn is_page(output: &Path) -> bool {
    output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("html"))
}

/// The contract as a page, and its interfaces.
///
/// # Errors
/// [`AppError`] when the contract cannot be read.
pub fn documentation(
    context: &Context,
    contract: &str,
    overrides: &Overrides,
) -> Result<Documentation, AppError> {
    let (root, graph) = resolved(context, contract, overrides)?;
    let subject = DocSubject { document: &root.document, bundle: &root.bundle, graph: Some(&graph) };
    let (mut apis, mut unreadable) = (Vec::new(), Vec::new());
    for interface in &root.document.contract.interfaces {
        let (true, Some(path)) = (interface.kind == "http", &interface.contract) else { continue };
        match pacto_engine::doc::described::whole(&root.bundle, path) {
            Ok(document) => apis.push(Api { name: interface.name.clone(), document }),
            Err(why) => unreadable.push((interface.name.clone(), why)),
        }
    }
    let mut directories = BTreeSet::new();
    for resolved in std::iter::once(&root).chain(graph.services.iter().map(|service| &service.resolved)) {
        let Origin::Directory(directory) = &resolved.origin else { continue };
        let directory = Path::new(directory);
        directories.insert(directory.to_owned());
        let files = resolved.bundle.iter().filter_map(|(path, _)| Path::new(path).parent());
        directories.extend(files.map(|parent| directory.join(parent)));
    }
    Ok(Documentation { page: Page::new(subject, &markdown(subject)), apis, unreadable, directories })
}

fn resolved(
    context: &Context,
    contract: &str,
    overrides: &Overrides,
) -> Result<(Arc<Resolved>, Graph), AppError> {
    let root = load(context, contract, overrides, Scope::Documented)?;
    let graph = graph::resolve(context, &root, contract, GraphOptions::default());
    Ok((root, graph))
}
