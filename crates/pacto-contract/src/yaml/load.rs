//! Parser events to a tree, under a budget.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag, options};
use thiserror::Error;

use super::scalar;
use super::tree::{DuplicateKey, Entry, Mapping, Node, Value};
use crate::limits;
use crate::source::Span;

/// What a document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Most bytes of text.
    pub bytes: usize,
    /// Most nodes, counted after aliases and merge keys are expanded.
    pub nodes: usize,
    /// Deepest nesting of collections.
    pub depth: usize,
}

impl Budget {
    /// For contracts and values files.
    pub const CONTRACT: Self = Self {
        bytes: limits::MAX_CONTRACT_BYTES,
        nodes: limits::MAX_YAML_NODES,
        depth: limits::MAX_YAML_DEPTH,
    };
    /// For a stream of rendered manifests.
    pub const MANIFESTS: Self = Self {
        bytes: limits::MAX_RENDERED_BYTES,
        nodes: limits::MAX_INTERFACE_NODES,
        depth: limits::MAX_YAML_DEPTH,
    };
    /// For interface and schema files.
    pub const INTERFACE: Self = Self {
        bytes: limits::MAX_BUNDLE_FILE_BYTES,
        nodes: limits::MAX_INTERFACE_NODES,
        depth: limits::MAX_YAML_DEPTH,
    };
}

/// Why a text is no document, and where.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{kind}")]
pub struct LoadError {
    /// What is wrong.
    pub kind: LoadErrorKind,
    /// Where.
    pub span: Span,
}

/// See [`LoadError`].
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LoadErrorKind {
    /// Larger than the budget.
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    /// The text is not UTF-8.
    #[error("the file is not UTF-8 text{0}")]
    NotUtf8(&'static str),
    /// Nothing but blanks and comments.
    #[error("the file is empty")]
    Empty,
    /// Not YAML.
    #[error("{0}")]
    Syntax(String),
    /// A second `---` document.
    #[error("the file holds more than one YAML document")]
    SecondDocument,
    /// The key is there already.
    #[error("the key {key:?} is there twice; first on line {first_line}")]
    DuplicateKey {
        /// The key.
        key: Box<str>,
        /// Line of the first one.
        first_line: u32,
    },
    /// A sequence or mapping where a key must be.
    #[error("a key must be text, not a list or a mapping")]
    ComplexKey,
    /// Nested too deep.
    #[error("collections are nested deeper than {0} levels")]
    TooDeep(usize),
    /// Too many nodes, mostly from aliases.
    #[error("the document has more than {0} nodes once its aliases are expanded")]
    TooManyNodes(usize),
    /// Anchors around anchors around anchors.
    #[error("the anchors of the document hold more than {0} nodes, counted for each anchor around them")]
    TooManyAnchored(usize),
    /// Too much text, from aliases.
    #[error("the document has more than {0} bytes of text once its aliases are expanded")]
    TooMuchText(usize),
    /// `&a [*a]`.
    #[error("the alias refers to a value that contains it")]
    RecursiveAlias,
    /// `<<` with something that is no mapping.
    #[error("the merge key `<<` needs a mapping or a list of mappings")]
    BadMerge,
    /// `!!binary`, `!python/object`, …
    #[error("the tag {0} is not supported; write a plain value")]
    UnsupportedTag(String),
    /// `!!int abc`.
    #[error("{text:?} is not a value of tag {tag}")]
    TagMismatch {
        /// The scalar.
        text: Box<str>,
        /// The tag.
        tag: String,
    },
}

/// Reads bytes as text.
///
/// # Errors
/// [`LoadErrorKind::NotUtf8`], which names UTF-16 when the byte order mark shows it.
pub fn decode_utf8(bytes: &[u8]) -> Result<&str, LoadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let hint = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            " but UTF-16; save it as UTF-8"
        } else {
            ""
        };
        let at = error.valid_up_to();
        LoadError { kind: LoadErrorKind::NotUtf8(hint), span: Span::new(at, at) }
    })
}

/// Reads one YAML or JSON document.
///
/// ```
/// use pacto_contract::yaml::{Budget, load};
/// let tree = load("service: {name: cart, version: 1.10}", Budget::CONTRACT)?;
/// let version = tree.get("service").and_then(|service| service.get("version"));
/// assert_eq!(version.and_then(|version| version.scalar_text()), Some("1.10"));
/// # Ok::<(), pacto_contract::yaml::LoadError>(())
/// ```
///
/// # Errors
/// [`LoadError`] with the place of the first problem.
pub fn load(text: &str, budget: Budget) -> Result<Node, LoadError> {
    let documents = documents(text, budget, false)?;
    let empty = || LoadError { kind: LoadErrorKind::Empty, span: Span::default() };
    documents.into_iter().next().ok_or_else(empty)
}

/// Reads every document of a stream; those without content are left out. The budget is for all of them together.
///
/// ```
/// use pacto_contract::yaml::{Budget, load_all};
/// let trees = load_all("a: 1\n---\n# nothing\n---\nb: 2\n", Budget::MANIFESTS)?;
/// assert_eq!(trees.len(), 2);
/// # Ok::<(), pacto_contract::yaml::LoadError>(())
/// ```
///
/// # Errors
/// [`LoadError`] with the place of the first problem.
pub fn load_all(text: &str, budget: Budget) -> Result<Vec<Node>, LoadError> {
    documents(text, budget, true)
}

fn documents(text: &str, budget: Budget, many: bool) -> Result<Vec<Node>, LoadError> {
    if text.len() > budget.bytes {
        return Err(LoadError { kind: LoadErrorKind::TooLarge(budget.bytes), span: Span::default() });
    }
    Loader::new(text, budget).run(many)
}

/// From this many nodes on, collections give back the room that they do not need.
const LARGE_DOCUMENT_NODES: usize = 250_000;

/// A collection whose end has not come yet.
struct Open {
    start: usize,
    anchor: usize,
    /// Nodes and bytes of text made before it, to know its size for its aliases.
    nodes_before: usize,
    bytes_before: usize,
    body: Body,
}

enum Body {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<(Box<str>, Span, bool)>, merges: Vec<Node> },
}

struct Anchor {
    node: Node,
    /// Nodes in it.
    size: usize,
    /// Bytes of text in it.
    bytes: usize,
}

struct Loader<'a> {
    text: &'a str,
    budget: Budget,
    nodes: usize,
    /// Bytes of scalars, counted like nodes: an alias of a long text costs as much as the text.
    bytes: usize,
    open: Vec<Open>,
    /// By anchor id; `None` while the anchored collection is still open.
    anchors: HashMap<usize, Option<Anchor>>,
    /// Nodes and bytes of text kept in `anchors`; anchors inside of anchors keep a node more than once.
    anchored: (usize, usize),
    root: Option<Node>,
}

impl<'a> Loader<'a> {
    fn new(text: &'a str, budget: Budget) -> Self {
        Self {
            text,
            budget,
            nodes: 0,
            bytes: 0,
            open: Vec::new(),
            anchors: HashMap::new(),
            anchored: (0, 0),
            root: None,
        }
    }

    fn run(mut self, many: bool) -> Result<Vec<Node>, LoadError> {
        // One level more than the budget, so that our own message names the limit.
        let nesting = self.budget.depth + 1;
        let options = options! {
            emit_comments: false,
            flow_nesting_limit: nesting,
            block_nesting_limit: nesting,
        };
        let mut documents = Vec::new();
        let mut started = 0_usize;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let span = Span::new(
                span.start.byte_offset().unwrap_or_default(),
                span.end.byte_offset().unwrap_or_default(),
            );
            match event {
                Event::DocumentStart(..) => {
                    started += 1;
                    if started > 1 && !many {
                        return Err(LoadError { kind: LoadErrorKind::SecondDocument, span });
                    }
                    // An anchor ends with its document.
                    self.anchors.clear();
                    documents.extend(self.root.take());
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let tag = tag.as_deref();
                    self.scalar(&text, style, anchor, tag, span)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    check_tag(tag, "seq", span)?;
                    self.push(Body::Sequence(Vec::new()), anchor, span)?;
                }
                Event::MappingStart(_, anchor, tag) => {
                    check_tag(tag, "map", span)?;
                    let body = Body::Mapping { entries: Vec::new(), key: None, merges: Vec::new() };
                    self.push(body, anchor, span)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.pop(span)?,
                Event::Alias(id) => self.alias(id, span)?,
                _ => {}
            }
        }
        documents.extend(self.root);
        documents.retain(|root| root.value != Value::Null);
        Ok(documents)
    }

    fn syntax(&self, error: &ScanError) -> LoadError {
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        let mut message = error.info();
        if message.contains("nesting") || message.contains("recursion limit") {
            return LoadError { kind: LoadErrorKind::TooDeep(self.budget.depth), span: Span::new(at, at) };
        }
        let line_start = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        if self.text.get(line_start..at).is_some_and(|lead| lead.contains('\t') && lead.trim().is_empty()) {
            message.push_str(" (tabs may not indent YAML; use spaces)");
        }
        if message.contains("simple key") {
            message.push_str(" (a key stands on one line and has at most 1024 characters)");
        }
        LoadError { kind: LoadErrorKind::Syntax(message), span: Span::new(at, at) }
    }

    fn count(&mut self, nodes: usize, bytes: usize, span: Span) -> Result<(), LoadError> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.budget.bytes {
            return Err(LoadError { kind: LoadErrorKind::TooMuchText(self.budget.bytes), span });
        }
        if self.nodes > self.budget.nodes {
            return Err(LoadError { kind: LoadErrorKind::TooManyNodes(self.budget.nodes), span });
        }
        Ok(())
    }

    fn push(&mut self, body: Body, anchor: usize, span: Span) -> Result<(), LoadError> {
        if let Some(Open { body: Body::Mapping { key: None, .. }, .. }) = self.open.last() {
            return Err(LoadError { kind: LoadErrorKind::ComplexKey, span });
        }
        if self.open.len() >= self.budget.depth {
            return Err(LoadError { kind: LoadErrorKind::TooDeep(self.budget.depth), span });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let (nodes_before, bytes_before) = (self.nodes, self.bytes);
        self.open.push(Open { start: span.start as usize, anchor, nodes_before, bytes_before, body });
        self.count(1, 0, span)
    }

    fn pop(&mut self, end: Span) -> Result<(), LoadError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (size, bytes) = (self.nodes - open.nodes_before, self.bytes - open.bytes_before);
        // In a large document, room that small collections leave unused adds up.
        let is_large = self.nodes > LARGE_DOCUMENT_NODES;
        let value = match open.body {
            Body::Sequence(mut items) => {
                if is_large {
                    items.shrink_to_fit();
                }
                Value::Sequence(items)
            }
            Body::Mapping { mut entries, merges, .. } => {
                merge(&mut entries, merges)?;
                if is_large {
                    entries.shrink_to_fit();
                }
                Value::Mapping(Mapping::from_entries(entries).map_err(|duplicate| self.duplicate(duplicate))?)
            }
        };
        let node = Node { span: Span::new(open.start, end.end as usize), value };
        if open.anchor != 0 {
            let (anchored_nodes, anchored_bytes) = &mut self.anchored;
            *anchored_nodes = anchored_nodes.saturating_add(size);
            *anchored_bytes = anchored_bytes.saturating_add(bytes);
            if *anchored_nodes > self.budget.nodes || *anchored_bytes > self.budget.bytes {
                return Err(LoadError {
                    kind: LoadErrorKind::TooManyAnchored(self.budget.nodes),
                    span: node.span,
                });
            }
            self.anchors.insert(open.anchor, Some(Anchor { node: node.clone(), size, bytes }));
        }
        self.place(node)
    }

    fn duplicate(&self, duplicate: DuplicateKey) -> LoadError {
        let before = self.text.get(..duplicate.first.start as usize).unwrap_or_default();
        let first_line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        LoadError {
            kind: LoadErrorKind::DuplicateKey { key: duplicate.key, first_line },
            span: duplicate.second,
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), LoadError> {
        let (node, size, bytes) = match self.anchors.get(&id) {
            Some(Some(anchor)) => (&anchor.node, anchor.size, anchor.bytes),
            _ => return Err(LoadError { kind: LoadErrorKind::RecursiveAlias, span }),
        };
        if let Some(Open { body: Body::Mapping { key: key @ None, .. }, .. }) = self.open.last_mut() {
            let Some(text) = node.scalar_text() else {
                return Err(LoadError { kind: LoadErrorKind::ComplexKey, span });
            };
            *key = Some((text.into(), span, false));
            return self.count(0, bytes, span);
        }
        let depth = self.open.len() + depth_of(node);
        let size_fits = self.nodes.saturating_add(size) <= self.budget.nodes
            && self.bytes.saturating_add(bytes) <= self.budget.bytes;
        // The copy is made only when it fits, so that a bomb costs nothing.
        let node = (size_fits && depth <= self.budget.depth).then(|| node.clone());
        self.count(size, bytes, span)?;
        match node {
            Some(node) => self.place(Node { span, value: node.value }),
            None => Err(LoadError { kind: LoadErrorKind::TooDeep(self.budget.depth), span }),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), LoadError> {
        if let Some(Open { body: Body::Mapping { key: key @ None, .. }, .. }) = self.open.last_mut() {
            let merge = text == "<<" && style == ScalarStyle::Plain;
            *key = Some((text.into(), span, merge));
            if anchor != 0 {
                let node = Node { span, value: Value::String(text.into()) };
                self.anchors.insert(anchor, Some(Anchor { node, size: 1, bytes: text.len() }));
            }
            return Ok(());
        }
        self.count(1, text.len(), span)?;
        let value = match tag {
            None if style == ScalarStyle::Plain => scalar::resolve_plain(text),
            None => Value::String(text.into()),
            Some(tag) => tagged(text, tag, span)?,
        };
        let node = Node { span, value };
        if anchor != 0 {
            self.anchors.insert(anchor, Some(Anchor { node: node.clone(), size: 1, bytes: text.len() }));
        }
        self.place(node)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node) -> Result<(), LoadError> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { body: Body::Sequence(items), .. }) => items.push(node),
            Some(Open { body: Body::Mapping { entries, key, merges }, .. }) => match key.take() {
                None => return Err(LoadError { kind: LoadErrorKind::ComplexKey, span: node.span }),
                Some((_, _, true)) => merges.push(node),
                Some((key, key_span, false)) => entries.push(Entry { key, key_span, node }),
            },
        }
        Ok(())
    }
}

/// `<<`: keys that are written win over merged ones, earlier merges over later ones.
fn merge(entries: &mut Vec<Entry>, merges: Vec<Node>) -> Result<(), LoadError> {
    let mut known: HashSet<Box<str>> = HashSet::new();
    if !merges.is_empty() {
        known.extend(entries.iter().map(|entry| entry.key.clone()));
    }
    for merge in merges {
        let span = merge.span;
        let sources = match merge.value {
            Value::Sequence(items) => items,
            value => vec![Node { span, value }],
        };
        for source in sources {
            let Value::Mapping(mapping) = source.value else {
                return Err(LoadError { kind: LoadErrorKind::BadMerge, span });
            };
            let fresh = mapping.entries().iter().filter(|entry| known.insert(entry.key.clone()));
            entries.extend(fresh.cloned());
        }
    }
    Ok(())
}

fn depth_of(node: &Node) -> usize {
    match &node.value {
        Value::Sequence(items) => 1 + items.iter().map(depth_of).max().unwrap_or_default(),
        Value::Mapping(mapping) => {
            1 + mapping.entries().iter().map(|entry| depth_of(&entry.node)).max().unwrap_or_default()
        }
        _ => 0,
    }
}

/// A tag as people write it.
fn shown(tag: &Tag) -> String {
    let text = tag.to_string();
    match text.strip_prefix("tag:yaml.org,2002:") {
        Some(suffix) => format!("!!{suffix}"),
        None => text,
    }
}

fn check_tag(tag: Option<Cow<'_, Tag>>, expected: &str, span: Span) -> Result<(), LoadError> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema_tag(expected) => {
            Err(LoadError { kind: LoadErrorKind::UnsupportedTag(shown(&tag)), span })
        }
        _ => Ok(()),
    }
}

fn tagged(text: &str, tag: &Tag, span: Span) -> Result<Value, LoadError> {
    let mismatch =
        || LoadError { kind: LoadErrorKind::TagMismatch { text: text.into(), tag: shown(tag) }, span };
    match tag.core_suffix() {
        Some("str") => Ok(Value::String(text.into())),
        Some("int") => scalar::integer(text).ok_or_else(mismatch),
        Some("float") => scalar::float(text).ok_or_else(mismatch),
        Some("bool" | "null") => match scalar::resolve_plain(text) {
            value @ (Value::Bool(_) | Value::Null) => Ok(value),
            _ => Err(mismatch()),
        },
        // `!` alone means "a string", as in YAML 1.2 section 6.9.1.
        _ if tag.to_string() == "!" => Ok(Value::String(text.into())),
        _ => Err(LoadError { kind: LoadErrorKind::UnsupportedTag(shown(tag)), span }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Budget = Budget { bytes: 64, nodes: 8, depth: 4 };

    fn texts(text: &str) -> Result<Vec<String>, LoadErrorKind> {
        let documents = load_all(text, SMALL).map_err(|error| error.kind)?;
        Ok(documents.iter().map(|document| document.to_json().unwrap().to_string()).collect())
    }

    #[test]
    fn a_stream_is_its_documents_without_empty_ones() {
        assert_eq!(
            texts("a: 1\n---\n# nothing\n---\n- b\n...\n---\n~\n"),
            Ok(vec![r#"{"a":1}"#.into(), r#"["b"]"#.into()])
        );
        assert_eq!(texts(""), Ok(Vec::new()));
        assert_eq!(load("---\n---\n", SMALL).unwrap_err().kind, LoadErrorKind::SecondDocument);
        assert_eq!(load("# nothing", SMALL).unwrap_err().kind, LoadErrorKind::Empty);
    }

    #[test]
    fn the_budget_is_for_all_documents_together() {
        let document = "[a, b, c]\n";
        assert_eq!(texts(&format!("{document}---\n{document}")).map(|found| found.len()), Ok(2));
        let three = format!("{document}---\n{document}---\n- a\n");
        assert_eq!(texts(&three), Err(LoadErrorKind::TooManyNodes(8)));
    }

    #[test]
    fn an_anchor_ends_with_its_document() {
        assert_eq!(texts("a: &x 1\nb: *x\n"), Ok(vec![r#"{"a":1,"b":1}"#.into()]));
        assert!(texts("a: &x 1\n---\nb: *x\n").is_err());
    }

    #[test]
    fn the_place_of_an_error_is_counted_from_the_start_of_the_stream() {
        let text = "a: 1\n---\nb: [\n";
        let error = load_all(text, SMALL).unwrap_err();
        assert!(error.span.start as usize > text.find("b:").unwrap(), "{error:?}");
    }
}
