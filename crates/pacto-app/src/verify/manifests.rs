//! Rendered manifests as objects: files, directories, a stream; many documents, lists inside of lists.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use pacto_contract::limits::{MAX_RENDERED_BYTES, MAX_RENDERED_FILES};
use pacto_contract::yaml::{Budget, Node, decode_utf8, load_all};
use pacto_contract::{Location, Pointer, Source, Span};
use pacto_k8s::ResourceKey;
use pacto_k8s::observe::Object;

use crate::error::shown;
use crate::{AppError, Context};

/// Where manifests are.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file, or a directory in which every `.yaml`, `.yml` and `.json` is read.
    Path(String),
    /// Text that somebody read already, and what to call it.
    Text {
        /// The name to show.
        name: String,
        /// The text.
        content: Vec<u8>,
    },
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// Objects of the kinds that checks look at, in the order of their files.
    pub objects: Vec<Placed>,
    /// Number of files.
    pub files: usize,
    /// Number of objects, of all kinds.
    pub count: usize,
}

/// An object and where it stands.
#[derive(Debug)]
pub(super) struct Placed {
    pub key: ResourceKey,
    pub object: Object,
    pub location: Location,
}

/// Endings of files that are read in a directory.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads all manifests.
///
/// # Errors
/// [`AppError`]: nothing there, not readable, over a limit, no manifest.
pub(super) fn read(context: &Context, input: &Input) -> Result<Manifests, AppError> {
    let mut manifests = Manifests::default();
    let path = match input {
        Input::Text { name, content } => {
            let mut left = MAX_RENDERED_BYTES;
            take(&mut left, content.len())?;
            manifests.add(name, content)?;
            return Ok(manifests);
        }
        Input::Path(path) => path,
    };
    let root = context.directory.join(path);
    let metadata = fs::metadata(&root).map_err(|source| AppError::File { path: path.into(), source })?;
    if !metadata.is_dir() {
        let mut left = MAX_RENDERED_BYTES;
        manifests.add(path, &content(&root, Path::new(path), &mut left)?)?;
        return Ok(manifests);
    }
    let mut left = MAX_RENDERED_BYTES;
    let files = files(&root, Path::new(path))?;
    if files.is_empty() {
        let message = format!("{}: no .yaml, .yml or .json below this directory", shown(path));
        return Err(AppError::Manifest(message));
    }
    for (file, name) in files {
        manifests.add(&name.to_string_lossy(), &content(&file, &name, &mut left)?)?;
    }
    Ok(manifests)
}

/// Files below a directory with the names to show, sorted. Hidden ones are left out, links are followed.
fn files(root: &Path, shown: &Path) -> Result<Vec<(PathBuf, PathBuf)>, AppError> {
    let walk = WalkBuilder::new(root).standard_filters(false).hidden(true).follow_links(true).build();
    let mut found = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| AppError::Manifest(error.to_string()))?;
        let path = entry.path();
        let is_manifest = path.extension().and_then(|ending| ending.to_str());
        if !is_manifest.is_some_and(|ending| ENDINGS.contains(&ending)) || path.is_dir() {
            continue;
        }
        let name = shown.join(path.strip_prefix(root).unwrap_or(path));
        found.push((path.to_owned(), name));
        if found.len() > MAX_RENDERED_FILES {
            let message = format!(
                "{}: more than {MAX_RENDERED_FILES} files; name a directory with the manifests of one service",
                shown.display()
            );
            return Err(AppError::Manifest(message));
        }
    }
    found.sort();
    Ok(found)
}

fn content(file: &Path, name: &Path, left: &mut usize) -> Result<Vec<u8>, AppError> {
    let unreadable = |source: std::io::Error| AppError::File { path: name.to_owned(), source };
    let mut content = Vec::new();
    let file = fs::File::open(file).map_err(unreadable)?;
    file.take(*left as u64 + 1).read_to_end(&mut content).map_err(unreadable)?;
    take(left, content.len())?;
    Ok(content)
}

fn take(left: &mut usize, bytes: usize) -> Result<(), AppError> {
    let message = "the manifests are larger than";
    let rest = left.checked_sub(bytes);
    *left =
        rest.ok_or_else(|| AppError::Manifest(format!("{message} {MAX_RENDERED_BYTES} bytes together")))?;
    Ok(())
}

/// What an object says to be.
#[derive(Clone, Copy, Default)]
struct Identity<'a> {
    version: Option<&'a str>,
    kind: Option<&'a str>,
}

impl Manifests {
    fn add(&mut self, name: &str, content: &[u8]) -> Result<(), AppError> {
        self.files += 1;
        let fail = |text: &str, span: Span, message: &str| {
            let place = Source::new(name, text).locate(span);
            AppError::Manifest(format!("{}:{}:{}: {message}", place.file, place.line, place.column))
        };
        let text = decode_utf8(content)
            .map_err(|error| fail(&String::from_utf8_lossy(content), error.span, &error.to_string()))?;
        let documents = load_all(text, Budget::MANIFESTS).map_err(|error| {
            let template = if text.contains("{{") { "; render templates first" } else { "" };
            fail(text, error.span, &format!("{error}{template}"))
        })?;
        let source = Source::new(name, text);
        for document in &documents {
            self.object(&source, document, Identity::default())?;
        }
        Ok(())
    }

    /// Takes an object, or every object of a list; items of a typed list need not say what they are.
    fn object(&mut self, source: &Source, node: &Node, default: Identity<'_>) -> Result<(), AppError> {
        let fail = |span: Span, message: &str| {
            let place = source.locate(span);
            AppError::Manifest(format!("{}:{}:{}: {message}", place.file, place.line, place.column))
        };
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        let version = text("apiVersion").or(default.version);
        let kind = text("kind").or(default.kind);
        let (Some(version), Some(kind)) = (version, kind) else {
            let start = Span::new(node.span.start as usize, node.span.start as usize);
            let message =
                "this is no Kubernetes object, which has apiVersion and kind; name rendered manifests alone";
            return Err(fail(start, message));
        };
        if let Some((of, items)) =
            kind.strip_suffix("List").zip(node.get("items").and_then(Node::as_sequence))
        {
            let is_typed = !of.is_empty();
            let item = Identity { version: is_typed.then_some(version), kind: is_typed.then_some(of) };
            return items.iter().try_for_each(|node| self.object(source, node, item));
        }
        self.count += 1;
        let mut json = node.to_json().map_err(|error| fail(error.span, &error.to_string()))?;
        if let Some(object) = json.as_object_mut() {
            object.insert("apiVersion".to_owned(), version.into());
            object.insert("kind".to_owned(), kind.into());
        }
        let found = Object::from_json(&json).map_err(|error| {
            let span = node.focus(&Pointer::from_path(&error.path));
            let at = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
            fail(span, &format!("{at}{error}"))
        })?;
        if let Some((key, object)) = found {
            if key.name.is_empty() {
                return Err(fail(
                    node.focus(&Pointer::root().key("metadata")),
                    "the object has no metadata.name",
                ));
            }
            let start = Span::new(node.span.start as usize, node.span.start as usize);
            self.objects.push(Placed { key, object, location: source.locate(start) });
        }
        Ok(())
    }
}
