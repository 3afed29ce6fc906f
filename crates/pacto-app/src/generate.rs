//! `pacto generate`: files from a contract, made by a plugin.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pacto_contract::bundle::CONFIGURATION_SCHEMA;
use pacto_contract::overrides::Overrides;
use pacto_contract::{Reference, limits};
use pacto_engine::library::{self, Resolved};
use pacto_plugin::{PROTOCOL_VERSION, Request, Response};
use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use crate::load::{Scope, load};
use crate::plugin::call::{Budget, call};
use crate::plugin::{Places, PluginError};
use crate::{AppError, Context, write};

/// Lines around a change that a difference shows.
const AROUND: usize = 3;

/// What to generate.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the plugin.
    pub plugin: String,
    /// Directory or reference.
    pub contract: String,
    /// Where the files go; `<plugin>-output` without it.
    pub output: Option<PathBuf>,
    /// `key=value` each.
    pub options: Vec<String>,
    /// Whether nothing is written, and what would change is shown instead.
    pub dry_run: bool,
    /// Changes to apply first.
    pub overrides: Overrides,
    /// Where plugins are.
    pub places: Places,
}

/// What was generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The plugin.
    pub plugin: String,
    /// Where the files are.
    pub output_dir: String,
    /// How many.
    pub files_count: usize,
    /// What the plugin has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The files by path.
    pub files: Vec<Generated>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Generated {
    /// Relative to the output directory.
    pub path: String,
    /// Against what was there before.
    pub change: FileChange,
    /// With `--dry-run`, what would change in a text, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// A file against the one that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileChange {
    /// There was none.
    Created,
    /// It was another one.
    Changed,
    /// It is the same.
    Unchanged,
}

/// Starts a plugin on a contract and writes its files: all of them, or none. What the plugin says on standard error goes to
/// `said`, line by line.
///
/// # Errors
/// [`AppError`]: the contract cannot be read, there is no such plugin, it fails, or one of its files may not be written.
pub fn run(context: &Context, options: &Options, said: &mut dyn FnMut(&str)) -> Result<Outcome, AppError> {
    let chosen = choices(&options.options)?;
    let name = options.plugin.as_str();
    let program = options.places.find(name)?;
    let root = load(context, &options.contract, &options.overrides, Scope::Contract)?;
    let shown = options.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}-output")));
    let directory = context.directory.join(&shown);
    // A directory of the user is read where it is; what comes from a registry is laid out for the time of the call.
    let mut unpacked = None;
    let argument = if options.contract.is_empty() { "." } else { &options.contract };
    let bundle_dir = match Reference::parse(argument) {
        Ok(Reference::Local(path)) => context.directory.join(path),
        _ => {
            let place = tempfile::tempdir()
                .map_err(|source| AppError::File { path: "a temporary directory".into(), source })?;
            for (file, content) in root.bundle.iter() {
                write_new(place.path(), file, content)?;
            }
            let path = place.path().to_owned();
            unpacked = Some(place);
            path
        }
    };
    let absolute =
        |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let contract = root.document.tree.to_json().map_err(|error| AppError::Usage(error.to_string()))?;
    let request = Request {
        protocol_version: PROTOCOL_VERSION.to_owned(),
        contract,
        bundle_dir: absolute(&bundle_dir),
        output_dir: absolute(&directory),
        options: chosen,
        schemas: foreign_schemas(context, &root, said),
    };
    let response = call(name, &program, &request, Budget::default(), said)?;
    drop(unpacked);
    let message = response.message.clone();
    let files = checked(name, response)?;
    let mut generated = Vec::new();
    for (path, content) in &files {
        generated.push(against(&directory, path, content, options.dry_run, name)?);
    }
    if !options.dry_run {
        let changed = generated.iter().zip(&files).filter(|(made, _)| made.change != FileChange::Unchanged);
        write_all(
            &directory,
            &shown,
            changed.map(|(_, (path, content))| (path.as_str(), content.as_slice())),
        )?;
    }
    Ok(Outcome {
        plugin: name.to_owned(),
        output_dir: shown.display().to_string(),
        files_count: generated.len(),
        message,
        dry_run: options.dry_run,
        files: generated,
    })
}

/// Configuration schemas of other contracts. One that cannot be had is said, and left out.
fn foreign_schemas(
    context: &Context,
    root: &Resolved,
    said: &mut dyn FnMut(&str),
) -> BTreeMap<String, serde_json::Value> {
    let mut schemas = BTreeMap::new();
    for configuration in &root.document.contract.configurations {
        let Some(reference) = &configuration.reference else { continue };
        let found = library::Request::new(&root.origin, reference, None)
            .map_err(|error| error.to_string())
            .and_then(|request| context.sources.answer(&request).map_err(|error| error.to_string()));
        let schema = found.and_then(|resolved| {
            let text = resolved.bundle.get(CONFIGURATION_SCHEMA).ok_or("it has no configuration schema")?;
            serde_json::from_slice(text).map_err(|error| error.to_string())
        });
        match schema {
            Ok(schema) => drop(schemas.insert(configuration.name.clone(), schema)),
            Err(cause) => said(&format!("configuration {reference} is not known here: {cause}")),
        }
    }
    schemas
}

/// Options by name; what is none is refused, and so is one that is given twice.
fn choices(options: &[String]) -> Result<BTreeMap<String, String>, AppError> {
    let mut chosen = BTreeMap::new();
    for option in options {
        let (key, value) = option.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            AppError::Usage(format!("--option {:?} is not key=value", crate::error::shown(option)))
        })?;
        if chosen.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(AppError::Usage(format!("--option {key} is given twice")));
        }
    }
    Ok(chosen)
}

/// The files of an answer by path, if every one of them may be written.
fn checked(name: &str, response: Response) -> Result<BTreeMap<String, Vec<u8>>, PluginError> {
    let refuse = |cause: String| PluginError::File { name: name.to_owned(), cause };
    if response.files.len() > limits::MAX_PLUGIN_FILES {
        return Err(refuse(format!("it made more than {} files", limits::MAX_PLUGIN_FILES)));
    }
    let mut files = BTreeMap::new();
    let mut folded = BTreeSet::new();
    for file in response.files {
        let path = relative(&file.path).ok_or_else(|| {
            refuse(format!("plugin file path {:?} escapes output directory", crate::error::shown(&file.path)))
        })?;
        let content = file.decoded().map_err(|error| refuse(error.to_string()))?;
        // On some systems names that differ in case only are one file.
        if !folded.insert(path.to_lowercase()) {
            return Err(refuse(format!("it made {path:?} twice")));
        }
        files.insert(path, content);
    }
    // A file cannot be a directory as well.
    for path in files.keys() {
        let mut parents = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        if let Some(parent) = parents.find(|parent| files.contains_key(*parent)) {
            return Err(refuse(format!("{parent:?} is a file and the directory of {path:?}")));
        }
    }
    Ok(files)
}

/// A path without steps, if it stays in its directory and is no file that other programs obey.
fn relative(path: &str) -> Option<String> {
    const MAX_PATH: usize = limits::MAX_BUNDLE_PATH_BYTES;
    let is_plain = !path.is_empty() && path.len() <= MAX_PATH && !path.contains(['\\', '\0', ':']);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let is_inside = !path.starts_with('/') && !path.ends_with('/') && !parts.contains(&"..");
    let is_harmless = !parts.iter().any(|part| part.eq_ignore_ascii_case(".git"));
    (is_plain && is_inside && is_harmless && !parts.is_empty()).then(|| parts.join("/"))
}

fn against(
    directory: &Path,
    path: &str,
    content: &[u8],
    with_diff: bool,
    name: &str,
) -> Result<Generated, AppError> {
    let refuse = |cause: String| PluginError::File { name: name.to_owned(), cause };
    // Links may lead out of the directory, at every step.
    let mut step = directory.to_owned();
    let count = path.split('/').count();
    for (number, part) in path.split('/').enumerate() {
        step.push(part);
        let Ok(there) = step.symlink_metadata() else { continue };
        let shown = step.display();
        let is_last = number + 1 == count;
        if there.is_symlink() {
            return Err(refuse(format!("{shown} is a link, which is not followed")).into());
        } else if is_last && there.is_dir() {
            return Err(refuse(format!("{shown} is a directory")).into());
        } else if !is_last && !there.is_dir() {
            return Err(refuse(format!("{shown} is no directory")).into());
        }
    }
    let before = std::fs::read(&step).ok();
    let change = match &before {
        None => FileChange::Created,
        Some(before) if before == content => FileChange::Unchanged,
        Some(_) => FileChange::Changed,
    };
    let diff = (with_diff && change != FileChange::Unchanged)
        .then(|| difference(path, before.as_deref().unwrap_or_default(), content, before.is_some()))
        .flatten();
    Ok(Generated { path: path.to_owned(), change, diff })
}

/// A unified diff, where both are text.
fn difference(path: &str, before: &[u8], after: &[u8], is_there: bool) -> Option<String> {
    let (before, after) = (std::str::from_utf8(before).ok()?, std::str::from_utf8(after).ok()?);
    let old = if is_there { format!("a/{path}") } else { "/dev/null".to_owned() };
    let diff = TextDiff::from_lines(before, after);
    Some(diff.unified_diff().context_radius(AROUND).header(&old, &format!("b/{path}")).to_string())
}

/// Writes all files, or none of them: they are laid down beside their places first, so that a full disk changes nothing.
fn write_all<'f>(
    directory: &Path,
    shown: &Path,
    files: impl Iterator<Item = (&'f str, &'f [u8])>,
) -> Result<(), AppError> {
    let fail = |source| AppError::File { path: shown.to_owned(), source };
    std::fs::create_dir_all(directory).map_err(fail)?;
    let stage = tempfile::Builder::new().prefix(".pacto-generate-").tempdir_in(directory).map_err(fail)?;
    let mut staged = Vec::new();
    for (number, (path, content)) in files.enumerate() {
        let place = stage.path().join(number.to_string());
        std::fs::write(&place, content).map_err(fail)?;
        staged.push((place, path));
    }
    for (place, path) in staged {
        let target = directory.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|source| AppError::File { path: shown.join(path), source })?;
        }
        std::fs::rename(&place, &target)
            .map_err(|source| AppError::File { path: shown.join(path), source })?;
    }
    Ok(())
}

fn write_new(directory: &Path, file: &str, content: &[u8]) -> Result<(), AppError> {
    if let Some((parent, _)) = file.rsplit_once('/') {
        let fail = |source| AppError::File { path: parent.into(), source };
        std::fs::create_dir_all(directory.join(parent)).map_err(fail)?;
    }
    write::atomically(directory, Path::new(file), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a\\b",
            "C:x",
            "a\0b",
            "a/",
            ".",
            ".git/hooks/x",
            "a/.GIT/config",
        ] {
            assert_eq!(relative(path), None, "{path:?}");
        }
        assert_eq!(relative("./a//b.yaml").as_deref(), Some("a/b.yaml"));
        assert_eq!(
            relative(&"x".repeat(limits::MAX_BUNDLE_PATH_BYTES)).map(|path| path.len()),
            Some(limits::MAX_BUNDLE_PATH_BYTES)
        );
        assert_eq!(relative(&"x".repeat(limits::MAX_BUNDLE_PATH_BYTES + 1)), None);
    }

    #[test]
    fn options_are_pairs_given_once() {
        let of =
            |options: &[&str]| choices(&options.iter().map(|&option| option.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&["a=b=c", "d="]).unwrap(),
            [("a".into(), "b=c".into()), ("d".into(), String::new())].into()
        );
        for wrong in [&["a"][..], &["=b"], &["a=1", "a=2"]] {
            assert!(matches!(of(wrong), Err(AppError::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn more_files_than_may_be_are_refused_and_so_are_two_of_one_name() {
        let of = |count: usize| Response {
            files: (0..count).map(|number| pacto_plugin::File::text(number.to_string(), "")).collect(),
            message: None,
        };
        assert_eq!(checked("x", of(limits::MAX_PLUGIN_FILES)).unwrap().len(), limits::MAX_PLUGIN_FILES);
        assert!(checked("x", of(limits::MAX_PLUGIN_FILES + 1)).is_err());
        let twice = Response {
            files: vec![pacto_plugin::File::text("A", ""), pacto_plugin::File::text("./a", "")],
            message: None,
        };
        assert_eq!(
            checked("x", twice).unwrap_err().to_string(),
            "plugin x: it made \"a\" twice; nothing was written"
        );
    }
}
