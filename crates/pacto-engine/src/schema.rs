//! JSON Schema evaluation. The only module that names the `jsonschema` crate.
//!
//! Schemas come from people we do not know: they are parsed under limits, references never leave the bundle,
//! and patterns have a bounded cost.

mod effort;
mod simple;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{
    Draft, PatternOptions, ReferencingError, Registry, Retrieve, Uri, ValidationError, Validator,
};
use pacto_contract::limits::MAX_SCHEMA_VALUES;
use pacto_contract::{Bundle, Pointer};
use serde_json::Value;
use thiserror::Error;

use self::effort::{Cost, Effort, check_patterns};
use crate::library::Origin;

/// Steps that a pattern with look-around may take on one string.
const PATTERN_BACKTRACK_LIMIT: usize = 10_000;
/// Size in bytes that a compiled pattern may have.
const PATTERN_SIZE_LIMIT: usize = 1024 * 1024;
/// Base of the URIs under which bundle files refer to each other. Nothing is ever fetched from it.
const BUNDLE_BASE: &str = "pacto-bundle:///";
/// Longest reason in characters; a schema can be any size, and its parts are quoted in reasons.
const MAX_REASON_CHARS: usize = 300;
/// Longest part of a schema in characters that a reason quotes.
const MAX_VALUE_CHARS: usize = 80;

/// A schema that is ready to judge.
#[derive(Debug)]
pub struct Schema {
    document: Value,
    /// Made of simple keywords only, and so certainly a schema: it is compiled when a document breaks it.
    is_simple: bool,
    compiled: OnceLock<Result<Compiled, SchemaError>>,
    path: String,
    bundle: Bundle,
}

#[derive(Debug)]
struct Compiled {
    validator: Validator,
    effort: Effort,
}

/// Why a file is no schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Not JSON.
    #[error("{message}")]
    NotJson {
        /// What the parser says.
        message: String,
        /// Line, counted from 1.
        line: u32,
        /// Column, counted from 1.
        column: u32,
    },
    /// JSON, but no schema.
    #[error("{0}")]
    Invalid(String),
}

/// One way in which a document breaks a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Where in the document.
    pub pointer: Pointer,
    /// What the schema asks for. Never contains a value of the document.
    pub reason: String,
    /// `title` or `description` of the nearest schema around the keyword that failed.
    pub about: Option<String>,
}

/// The outcome of judging a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Violations by place.
    pub violations: Vec<Violation>,
    /// Set when something could not be evaluated within its budget; the judgement is then incomplete.
    pub undecided: Option<String>,
}

/// Reads a JSON file.
///
/// # Errors
/// [`SchemaError::NotJson`] with the place.
pub fn parse_json(bytes: &[u8]) -> Result<Value, SchemaError> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| SchemaError::NotJson {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
        column: u32::try_from(error.column()).unwrap_or(u32::MAX),
        message: format!("the file is not JSON: {}", strip_position(&error.to_string())),
    })
}

fn too_many_values() -> String {
    format!("the schema, with the files that it refers to, has more than {MAX_SCHEMA_VALUES} values")
}

/// At least as many values as a JSON text has, counted without building them.
fn count_values(bytes: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

fn strip_position(message: &str) -> &str {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message)
}

impl Schema {
    /// Compiles the schema in file `path` of `bundle`; other files of the bundle may be referred to.
    ///
    /// # Errors
    /// [`SchemaError`] when it is no JSON or no schema, or refers to something outside of the bundle.
    pub fn compile(bytes: &[u8], path: &str, bundle: &Bundle) -> Result<Self, SchemaError> {
        if count_values(bytes) > MAX_SCHEMA_VALUES {
            return Err(SchemaError::Invalid(too_many_values()));
        }
        let document = parse_json(bytes)?;
        let schema = Self {
            is_simple: simple::is_simple(&document),
            document,
            compiled: OnceLock::new(),
            path: path.to_owned(),
            bundle: bundle.clone(),
        };
        if !schema.is_simple {
            schema.compiled().as_ref().map_err(SchemaError::clone)?;
        }
        Ok(schema)
    }

    fn compiled(&self) -> &Result<Compiled, SchemaError> {
        self.compiled.get_or_init(|| {
            let draft = Draft::Draft202012.detect(&self.document);
            let known = draft != Draft::Unknown;
            let draft = if known { draft } else { Draft::Draft202012 };
            let mut document = self.document.clone();
            if known && let Some(object) = document.as_object_mut() {
                // The draft is known; naming it again would load every meta-schema there is.
                object.shift_remove("$schema");
            }
            check_patterns(&document).map_err(SchemaError::Invalid)?;
            let document = Arc::new(document);
            let uri = bundle_uri(&self.path);
            let unresolved = |error: ReferencingError| SchemaError::Invalid(describe_unresolved(&error));
            let base = jsonschema::uri::from_str(&uri).map_err(unresolved)?;
            let registry = Registry::new()
                .draft(draft)
                .retriever(BundleFiles { bundle: self.bundle.clone(), values: AtomicUsize::new(0) })
                .add(&uri, Arc::clone(&document))
                .and_then(jsonschema::RegistryBuilder::prepare)
                .map_err(unresolved)?;
            let effort = Effort::new(registry, base, draft, Arc::clone(&document));
            let effort = effort.map_err(|excess| SchemaError::Invalid(excess.reason()))?;
            let validator = jsonschema::options()
                .with_draft(draft)
                .with_base_uri(uri)
                .with_registry(effort.registry())
                .should_validate_formats(false)
                .with_pattern_options(
                    PatternOptions::fancy_regex()
                        .backtrack_limit(PATTERN_BACKTRACK_LIMIT)
                        .size_limit(PATTERN_SIZE_LIMIT),
                )
                .build(&document)
                .map_err(|error| SchemaError::Invalid(describe_invalid(&error)))?;
            Ok(Compiled { validator, effort })
        })
    }

    /// The schema as JSON.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Judges `instance`. Violations are sorted by place, then reason.
    pub fn judge(&self, instance: &Value) -> Judgement {
        let mut judgement = Judgement::default();
        if self.is_simple && simple::accepts(&self.document, instance) {
            return judgement;
        }
        let Compiled { validator, effort } = match self.compiled() {
            Ok(compiled) => compiled,
            Err(error) => {
                judgement.undecided = Some(error.to_string());
                return judgement;
            }
        };
        let cost = match effort.of(instance) {
            Ok(cost) => cost,
            Err(excess) => {
                judgement.undecided = Some(excess.reason());
                return judgement;
            }
        };
        if validator.is_valid(instance) {
            return judgement;
        }
        if cost == Cost::High {
            let reason = "the document breaks the schema; there are too many combinations to say where";
            let violation = Violation { pointer: Pointer::root(), reason: reason.to_owned(), about: None };
            judgement.violations.push(violation);
            return judgement;
        }
        for error in validator.iter_errors(instance) {
            self.leaves(&error, &mut judgement);
        }
        judgement.violations.sort();
        judgement.violations.dedup();
        judgement
    }

    /// Alternatives are reported by their closest branch: the one that fails deepest with the fewest violations.
    fn leaves(&self, error: &ValidationError<'_>, judgement: &mut Judgement) {
        match error.kind() {
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
                if !context.is_empty() =>
            {
                let depth = |branch: &Vec<ValidationError<'_>>| {
                    branch.iter().map(|error| error.instance_path().as_str().len()).max().unwrap_or_default()
                };
                let rank = |branch: &&Vec<ValidationError<'_>>| {
                    (mismatch(branch), std::cmp::Reverse(depth(branch)), branch.len())
                };
                let branches = || context.iter().filter(|branch| !branch.is_empty());
                let best = branches().min_by_key(rank).filter(|best| {
                    mismatch(best) == 0 || branches().filter(|other| rank(other) == rank(best)).count() == 1
                });
                match best {
                    Some(branch) => branch.iter().for_each(|error| self.leaves(error, judgement)),
                    None => judgement.violations.push(self.violation(error)),
                }
            }
            ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. } => {
                let place = error.schema_path().as_str();
                judgement
                    .undecided
                    .get_or_insert(format!("the pattern at {place} costs too much to evaluate"));
            }
            _ => judgement.violations.push(self.violation(error)),
        }
    }

    fn violation(&self, error: &ValidationError<'_>) -> Violation {
        Violation {
            pointer: Pointer::from_json_pointer(error.instance_path().as_str()),
            reason: describe(error),
            about: self.about(error.schema_path().as_str()),
        }
    }

    /// The text of the nearest enclosing schema that has any.
    fn about(&self, schema_path: &str) -> Option<String> {
        let mut path = schema_path;
        loop {
            path = path.get(..path.rfind('/')?)?;
            if let Some(schema) = self.document.pointer(path).and_then(Value::as_object) {
                let text =
                    |key: &str| schema.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
                match (text("title"), text("description")) {
                    (Some(title), Some(description)) => {
                        return Some(shorten(format!("{title}: {description}")));
                    }
                    (Some(text), None) | (None, Some(text)) => return Some(shorten(text.to_owned())),
                    (None, None) => {}
                }
            }
        }
    }
}

/// How certainly a branch was not meant: 2 for another type, 1 for another constant, 0 for neither.
fn mismatch(branch: &[ValidationError<'_>]) -> u8 {
    let of = |error: &ValidationError<'_>| match error.kind() {
        ValidationErrorKind::Type { .. }
            if branch.first().is_some_and(|first| first.instance_path() == error.instance_path()) =>
        {
            2
        }
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => 1,
        _ => 0,
    };
    branch.iter().map(of).max().unwrap_or_default()
}

/// Why a schema is none. Schemas are no secret, so the part that is wrong is shown.
fn describe_invalid(error: &ValidationError<'_>) -> String {
    let place = error.instance_path().as_str();
    let place = if place.is_empty() { "the schema".to_owned() } else { format!("the keyword at {place}") };
    shorten(match error.kind() {
        ValidationErrorKind::Referencing(error) => describe_unresolved(error),
        ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
            let value = cut(error.instance().to_string(), MAX_VALUE_CHARS);
            if place.ends_with("/type") {
                const TYPES: &str = "null, boolean, integer, number, string, array, object";
                format!("{place} is wrong: {value} is not a type; types are {TYPES}")
            } else {
                format!("{place} is wrong: {value} is not allowed there")
            }
        }
        ValidationErrorKind::Format { format } if format == "regex" => {
            let pattern = cut(error.instance().to_string(), MAX_VALUE_CHARS);
            format!("{place} is wrong: {pattern} is not a regular expression, or too large a one")
        }
        _ => format!("{place} is wrong: {error}"),
    })
}

fn describe_unresolved(error: &ReferencingError) -> String {
    let reason = match error {
        ReferencingError::Unretrievable { source, .. } => source.to_string(),
        other => other.to_string(),
    };
    shorten(format!("a reference leads nowhere inside the bundle: {reason}"))
}

/// The reason in words, without any value of the instance.
fn describe(error: &ValidationError<'_>) -> String {
    shorten(match error.kind() {
        ValidationErrorKind::Required { property } => match property.as_str() {
            Some(name) => format!("missing property '{name}'"),
            None => format!("missing property {property}"),
        },
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let names: Vec<_> = unexpected.iter().map(|name| format!("'{name}'")).collect();
            format!("additional properties {} not allowed", names.join(", "))
        }
        ValidationErrorKind::FalseSchema => "nothing is allowed here".to_owned(),
        _ => error.masked_with("the value").to_string(),
    })
}

/// A text as far as a message can hold it.
pub(crate) fn shorten(text: String) -> String {
    cut(text, MAX_REASON_CHARS)
}

fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Answers references from the files of the bundle, and refuses everything else.
struct BundleFiles {
    bundle: Bundle,
    /// JSON values that were handed out so far.
    values: AtomicUsize,
}

impl Retrieve for BundleFiles {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let path = bundle_path(uri.as_str()).ok_or_else(|| {
            format!("{uri} is outside of the bundle; nothing is fetched while a schema is read")
        })?;
        let bytes = self.bundle.get(&path).ok_or_else(|| format!("the file {path} is not in the bundle"))?;
        let values = count_values(bytes);
        if self.values.fetch_add(values, Ordering::Relaxed).saturating_add(values) > MAX_SCHEMA_VALUES {
            return Err(too_many_values().into());
        }
        let document = parse_json(bytes).map_err(|error| format!("{path}: {error}"))?;
        check_patterns(&document).map_err(|reason| format!("{path}: {reason}"))?;
        Ok(document)
    }
}

/// The URI of a file of the bundle, with everything escaped that has a meaning in URIs.
fn bundle_uri(path: &str) -> String {
    let mut uri = BUNDLE_BASE.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The file behind a URI, if it is one of the bundle.
fn bundle_path(uri: &str) -> Option<String> {
    let mut rest = uri.strip_prefix(BUNDLE_BASE)?.bytes();
    let mut path = Vec::new();
    while let Some(byte) = rest.next() {
        path.push(if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(rest.next()?)? * 16 + digit(rest.next()?)?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(path).ok()
}

/// Compiled schemas by content, so that a thousand contracts under one policy compile it once.
#[derive(Debug, Default)]
pub struct SchemaCache {
    schemas: Mutex<HashMap<Arc<[u8]>, Arc<Schema>>>,
}

/// Most schemas that a [`SchemaCache`] keeps; more distinct ones are compiled each time.
const CACHED_SCHEMAS: usize = 256;

impl SchemaCache {
    /// The compiled schema of `bytes`. Schemas that refer to other files are compiled each time, because those
    /// files belong to the bundle and not to the bytes.
    ///
    /// # Errors
    /// As [`Schema::compile`].
    pub fn compile(&self, bytes: &[u8], path: &str, bundle: &Bundle) -> Result<Arc<Schema>, SchemaError> {
        let cached = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(bytes).cloned();
        if let Some(schema) = cached {
            return Ok(schema);
        }
        let schema = Arc::new(Schema::compile(bytes, path, bundle)?);
        if !names_other_documents(&schema.document) {
            let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
            if schemas.len() < CACHED_SCHEMAS {
                schemas.insert(bytes.into(), Arc::clone(&schema));
            }
        }
        Ok(schema)
    }
}

/// A schema file, or why it is none.
pub type SchemaFile = Result<Arc<Schema>, SchemaError>;

/// The schemas of one run over one contract: each file of each contract is looked at once, however often it is named.
#[derive(Debug)]
pub struct SchemaFiles<'a> {
    cache: &'a SchemaCache,
    /// By contract and path.
    files: RefCell<HashMap<(Origin, Box<str>), SchemaFile>>,
}

impl<'a> SchemaFiles<'a> {
    /// Schemas that `cache` keeps for later runs.
    pub fn new(cache: &'a SchemaCache) -> Self {
        Self { cache, files: RefCell::default() }
    }

    /// The schema in file `path` of the contract from `origin`, which has the files of `bundle`; `None` when there is
    /// no such file.
    pub fn get(&self, origin: &Origin, bundle: &Bundle, path: &str) -> Option<SchemaFile> {
        let bytes = bundle.get(path)?;
        let key = (origin.clone(), path.into());
        let mut files = self.files.borrow_mut();
        Some(files.entry(key).or_insert_with(|| self.cache.compile(bytes, path, bundle)).clone())
    }
}

fn names_other_documents(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(key, child)| {
            let elsewhere = |text: &str| !text.starts_with('#');
            (matches!(key.as_str(), "$ref" | "$dynamicRef") && child.as_str().is_some_and(elsewhere))
                || names_other_documents(child)
        }),
        Value::Array(items) => items.iter().any(names_other_documents),
        _ => false,
    }
}
