//! Interface and schema files as trees, and `$ref` inside the bundle.

use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use indexmap::IndexSet;
use pacto_contract::limits::MAX_REF_DEPTH;
use pacto_contract::yaml::{Budget, LoadError, Node, Value, decode_utf8, load};
use pacto_contract::{Bundle, Location, Pointer, Segment, Source};

use super::fact::Area;
use super::schema::{Asked, Question};

/// One parsed file.
#[derive(Debug)]
pub(super) struct Document {
    path: String,
    source: Source,
    tree: Node,
    /// Names of places, collected when one is asked for.
    anchors: OnceCell<BTreeMap<String, Pointer>>,
}

/// The files that one interface or schema is made of.
#[derive(Debug)]
pub(super) struct Documents {
    files: BTreeMap<String, Document>,
    main: String,
    /// Where references were found to lead; see [`Located::follow`].
    followed: RefCell<Followed>,
    /// Work that is left; see [`Located::spend`].
    budget: Cell<usize>,
    /// Pairs of schemas that are known to be equal; see [`Located::is_equal`].
    equal: RefCell<BTreeMap<(Area, bool), Pairs>>,
    /// Questions about what schemas accept; see [`Located::asked`].
    asked: RefCell<BTreeMap<Question, Asked>>,
}

/// Where references lead, by the file in which they stand and their text: to a file, and there by positions.
type Followed = BTreeMap<String, HashMap<String, Option<(String, Vec<usize>)>>>;

/// Pairs of schemas by their addresses.
pub(super) type Pairs = IndexSet<(Vec<usize>, Vec<usize>)>;

/// Work that may be done for any file, in schemas that are looked at.
const LEAST_WORK: usize = 20_000;
/// Work for each node of a file. References can make a small file a large one.
const WORK_PER_NODE: usize = 32;

/// Why a file could not be compared.
#[derive(Debug)]
pub(super) enum Unreadable {
    Missing,
    Broken(Location, LoadError),
}

/// A node with the file it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located<'a> {
    documents: &'a Documents,
    document: &'a Document,
    pub node: &'a Node,
}

impl Documents {
    /// Parses `path` and every file of the bundle that it refers to. `shown` gives the name of a file in messages.
    pub fn read(bundle: &Bundle, path: &str, shown: impl Fn(&str) -> String) -> Result<Self, Unreadable> {
        let mut documents = Self {
            files: BTreeMap::new(),
            main: path.to_owned(),
            followed: RefCell::default(),
            budget: Cell::new(LEAST_WORK),
            equal: RefCell::default(),
            asked: RefCell::default(),
        };
        let mut wanted = vec![path.to_owned()];
        while let Some(file) = wanted.pop() {
            if documents.files.contains_key(&file) {
                continue;
            }
            let Some(bytes) = bundle.get(&file) else {
                if file == path {
                    return Err(Unreadable::Missing);
                }
                continue;
            };
            match parse(bytes, &shown(&file), &file) {
                Ok(document) => {
                    let nodes = collect_files(&document.tree, &file, &mut wanted);
                    documents.budget.update(|work| work + nodes * WORK_PER_NODE);
                    documents.files.insert(file, document);
                }
                Err(broken) if file == path => return Err(broken),
                // A reference into it leads nowhere, which is reported where it stands.
                Err(_) => {}
            }
        }
        Ok(documents)
    }

    /// Whether nothing differs at all: the same files with the same text.
    pub fn is_same(&self, other: &Self) -> bool {
        let equal = |(path, document): (&String, &Document)| {
            other
                .files
                .get(path)
                .is_some_and(|counterpart| counterpart.source.text() == document.source.text())
        };
        self.main == other.main && self.files.len() == other.files.len() && self.files.iter().all(equal)
    }

    /// Whether a file was read.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The root of the main file.
    pub fn root(&self) -> Option<Located<'_>> {
        let document = self.files.get(&self.main)?;
        Some(Located { documents: self, document, node: &document.tree })
    }
}

fn parse(bytes: &[u8], shown: &str, path: &str) -> Result<Document, Unreadable> {
    let broken = |source: &Source, error: LoadError| Unreadable::Broken(source.locate(error.span), error);
    let text = decode_utf8(bytes)
        .map_err(|error| broken(&Source::new(shown, String::from_utf8_lossy(bytes)), error))?;
    let source = Source::new(shown, text);
    let tree = load(text, Budget::INTERFACE).map_err(|error| broken(&source, error))?;
    Ok(Document { path: path.to_owned(), source, tree, anchors: OnceCell::new() })
}

/// Counts the nodes and collects the files that they refer to. Depth is bounded by the depth of a document.
fn collect_files(node: &Node, from: &str, wanted: &mut Vec<String>) -> usize {
    let mut nodes = 1;
    match &node.value {
        Value::Mapping(mapping) => {
            for entry in mapping.entries() {
                if let (Some(target), "$ref") = (entry.node.as_str(), &*entry.key) {
                    wanted.extend(split(target, from).map(|(file, _)| file));
                }
                nodes += collect_files(&entry.node, from, wanted);
            }
        }
        Value::Sequence(items) => {
            nodes += items.iter().map(|item| collect_files(item, from, wanted)).sum::<usize>();
        }
        _ => {}
    }
    nodes
}

/// Every place that has a name of its own, by name; the first of a name counts.
fn anchors(tree: &Node) -> BTreeMap<String, Pointer> {
    let mut anchors = BTreeMap::new();
    let mut work = vec![(tree, Pointer::root())];
    while let Some((node, pointer)) = work.pop() {
        match &node.value {
            Value::Mapping(mapping) => {
                for key in ["$anchor", "$dynamicAnchor", "$id", "id"] {
                    let name = mapping.get(key).and_then(Node::as_str);
                    let is_anchor = key.ends_with("nchor");
                    let name =
                        name.and_then(|name| if is_anchor { Some(name) } else { name.strip_prefix('#') });
                    if let Some(name) = name.filter(|name| !name.is_empty()) {
                        anchors.entry(name.to_owned()).or_insert_with(|| pointer.clone());
                    }
                }
                let children = mapping.entries().iter().rev();
                let children = children.filter(|entry| entry.node.scalar_text().is_none());
                work.extend(children.map(|entry| (&entry.node, pointer.key(&entry.key))));
            }
            Value::Sequence(items) => {
                let items = items.iter().enumerate().rev().filter(|(_, item)| item.scalar_text().is_none());
                work.extend(items.map(|(index, item)| (item, pointer.index(index))));
            }
            _ => {}
        }
    }
    anchors
}

/// File of the bundle and pointer inside it; nothing for anything that leaves the bundle.
fn split(target: &str, from: &str) -> Option<(String, String)> {
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    if path.contains(':') || path.contains('\\') || path.starts_with('/') {
        return None;
    }
    if path.is_empty() {
        return Some((from.to_owned(), percent_decode(fragment)?));
    }
    let path = percent_decode(path)?;
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    let file = parts.join("/");
    pacto_contract::bundle::is_bundle_path(&file).then_some(())?;
    Some((file, percent_decode(fragment)?))
}

fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

impl<'a> Located<'a> {
    /// The value of `key`, in the same file.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| self.with(node))
    }

    /// Keys and values of a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let here = *self;
        let entries = self.node.as_mapping().map(pacto_contract::yaml::Mapping::entries).unwrap_or_default();
        entries.iter().map(move |entry| (&*entry.key, here.with(&entry.node)))
    }

    /// Elements of a sequence.
    pub fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let here = *self;
        self.node.as_sequence().unwrap_or_default().iter().map(move |node| here.with(node))
    }

    fn with(&self, node: &'a Node) -> Self {
        Self { node, ..*self }
    }

    /// The text at `key`.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.node.get(key).and_then(Node::scalar_text)
    }

    /// The switch at `key`; absent is off.
    pub fn is_on(&self, key: &str) -> bool {
        self.node.get(key).and_then(Node::as_bool).unwrap_or(false)
    }

    /// Line and column.
    pub fn location(&self) -> Location {
        self.document.source.locate(self.node.span)
    }

    /// Line and column of a key, here or where the node refers to.
    pub fn location_of(&self, key: &str) -> Option<Location> {
        let target = self.resolved().unwrap_or(*self);
        let entry = [*self, target].into_iter().find_map(|at| Some((at, at.node.as_mapping()?.entry(key)?)));
        entry.map(|(at, entry)| at.document.source.locate(entry.key_span))
    }

    /// Questions about schemas of these files and of their counterparts, by which way documents go. This is the old side.
    pub fn asked(&self) -> RefMut<'a, BTreeMap<Question, Asked>> {
        self.documents.asked.borrow_mut()
    }

    /// The text at `key` of the whole file.
    pub fn of_file(&self, key: &str) -> Option<&'a str> {
        self.document.tree.get(key).and_then(Node::as_str)
    }

    /// Identity of the node in memory: two equal addresses are one node.
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self.node).addr()
    }

    /// Whether a pair of schemas was found to be equal before, somewhere in these files. This is the old side.
    pub fn is_equal(&self, place: (Area, bool), pair: &(Vec<usize>, Vec<usize>)) -> bool {
        self.documents.equal.borrow().get(&place).is_some_and(|pairs| pairs.contains(pair))
    }

    /// Keeps pairs of schemas between which nothing differs.
    pub fn remember_equal(
        &self,
        place: (Area, bool),
        pairs: impl IntoIterator<Item = (Vec<usize>, Vec<usize>)>,
    ) {
        self.documents.equal.borrow_mut().entry(place).or_default().extend(pairs);
    }

    /// Takes from the work that may be done for this file; `false` when there is none left.
    pub fn spend(&self, work: usize) -> bool {
        let left = self.documents.budget.get();
        self.documents.budget.set(left.saturating_sub(work));
        left >= work
    }

    /// What the node refers to. A dynamic reference is followed to where it leads from this file alone.
    pub fn reference(&self) -> Option<&'a str> {
        REFERENCES.iter().find_map(|key| self.node.get(key).and_then(Node::as_str))
    }

    /// The target of a `$ref` that stands in this file.
    pub fn follow(&self, target: &str) -> Option<Self> {
        let known = self.documents.followed.borrow();
        if let Some(trail) = known.get(&self.document.path).and_then(|of_file| of_file.get(target)) {
            let (file, positions) = trail.as_ref()?;
            return self.at(file, positions);
        }
        drop(known);
        let trail = self.trail(target);
        let found = trail.as_ref().and_then(|(file, positions)| self.at(file, positions));
        let mut known = self.documents.followed.borrow_mut();
        known.entry(self.document.path.clone()).or_default().insert(target.to_owned(), trail);
        found
    }

    /// The node in a file, by the position in each collection on the way.
    fn at(&self, file: &str, positions: &[usize]) -> Option<Self> {
        let document = self.documents.files.get(file)?;
        let node = positions.iter().try_fold(&document.tree, |node, position| match &node.value {
            Value::Mapping(mapping) => mapping.entries().get(*position).map(|entry| &entry.node),
            Value::Sequence(items) => items.get(*position),
            _ => None,
        })?;
        Some(Self { documents: self.documents, document, node })
    }

    fn trail(&self, target: &str) -> Option<(String, Vec<usize>)> {
        let (file, fragment) = split(target, &self.document.path)?;
        let document = self.documents.files.get(&file)?;
        let written;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            written = Pointer::from_json_pointer(&fragment);
            &written
        } else {
            document.anchors.get_or_init(|| anchors(&document.tree)).get(&fragment)?
        };
        let mut node = &document.tree;
        let mut positions = Vec::with_capacity(pointer.segments().len());
        for segment in pointer.segments() {
            let (position, next) = match (segment, &node.value) {
                (Segment::Index(index), Value::Sequence(items)) => (*index, items.get(*index)?),
                (segment, Value::Mapping(mapping)) => {
                    let position = match segment {
                        Segment::Key(key) => mapping.position(key)?,
                        Segment::Index(index) => mapping.position(&index.to_string())?,
                    };
                    (position, &mapping.entries().get(position)?.node)
                }
                _ => return None,
            };
            positions.push(position);
            node = next;
        }
        Some((file, positions))
    }

    /// Whether nothing differs, and nothing is referred to: the same on both sides without looking any further. `false` says
    /// nothing, as for what is larger than a short look.
    pub fn is_plainly_equal(&self, other: Self) -> bool {
        plainly_equal(self.node, other.node, &mut PLAIN_NODES.to_owned())
    }

    /// Follows `$ref` until there is none. `Err` holds the reference that leads nowhere.
    pub fn resolved(self) -> Result<Self, &'a str> {
        let mut at = self;
        for _ in 0..MAX_REF_DEPTH {
            let Some(target) = at.reference() else { return Ok(at) };
            at = at.follow(target).ok_or(target)?;
        }
        Err(at.reference().unwrap_or_default())
    }
}

/// Nodes that are looked at to see whether two schemas are written alike.
const PLAIN_NODES: usize = 64;

fn plainly_equal(old: &Node, new: &Node, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match (&old.value, &new.value) {
        (Value::Mapping(old), Value::Mapping(new)) => {
            let (old, new) = (old.entries(), new.entries());
            old.len() == new.len()
                && old.iter().zip(new).all(|(old, new)| {
                    old.key == new.key && !is_reference(&old.key) && plainly_equal(&old.node, &new.node, left)
                })
        }
        (Value::Sequence(old), Value::Sequence(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| plainly_equal(old, new, left))
        }
        (old, new) => old == new,
    }
}

/// Keywords that refer to another schema.
const REFERENCES: &[&str] = &["$ref", "$dynamicRef", "$recursiveRef"];

/// Whether a key refers to another schema.
pub(super) fn is_reference(key: &str) -> bool {
    REFERENCES.contains(&key)
}

/// Longest canonical form that is built, in bytes. A web of references can be exponentially large.
const MAX_CANONICAL_BYTES: usize = 256 * 1024;
/// Most levels of a canonical form. Files nest less; with references there is no end.
const MAX_CANONICAL_LEVELS: usize = 512;
/// Bytes of a canonical form that cost as much as one schema that is looked at.
const BYTES_PER_WORK: usize = 64;

/// The value in one fixed form: sorted keys, references followed, keys that `leave_out` names left out. For
/// equality only; `None` when it would be too large, which is equal to nothing.
pub(super) fn canonical(located: Located<'_>, leave_out: &dyn Fn(&str) -> bool) -> Option<String> {
    canonical_at("", located, leave_out)
}

/// The same for the value of `key`, which may be a map of names or plain data.
pub(super) fn canonical_at(
    key: &str,
    located: Located<'_>,
    leave_out: &dyn Fn(&str) -> bool,
) -> Option<String> {
    if !located.spend(1) {
        return None;
    }
    let mut writer =
        Canonical { out: String::new(), leave_out, path: Vec::new(), level: 0, is_too_large: false };
    writer.write(located, Content::Keywords.under(key));
    let is_paid = located.spend(writer.out.len() / BYTES_PER_WORK);
    (is_paid && !writer.is_too_large).then_some(writer.out)
}

/// Whether two values of `key` are the same but for what `leave_out` names.
pub(super) fn same(key: &str, old: Located<'_>, new: Located<'_>, leave_out: &dyn Fn(&str) -> bool) -> bool {
    canonical_at(key, old, leave_out).is_some_and(|old| canonical_at(key, new, leave_out) == Some(old))
}

/// What the keys of a mapping are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Keywords, which may be left out.
    Keywords,
    /// Names that somebody chose: a property called `title` is a property.
    Names,
    /// A value of its own.
    Data,
}

impl Content {
    /// What stands under a key of a mapping of this kind.
    pub(super) fn under(self, key: &str) -> Self {
        match (self, key) {
            (Self::Data, _) | (Self::Keywords, "enum" | "const" | "default") => Self::Data,
            (
                Self::Keywords,
                "properties"
                | "patternProperties"
                | "dependentSchemas"
                | "dependentRequired"
                | "dependencies"
                | "headers"
                | "responses"
                | "content"
                | "callbacks"
                | "webhooks"
                | "securitySchemes"
                | "securityDefinitions"
                | "scopes"
                | "variables"
                | "mapping"
                | "links"
                | "encoding",
            ) => Self::Names,
            (Self::Keywords | Self::Names, _) => Self::Keywords,
        }
    }
}

struct Canonical<'a> {
    out: String,
    leave_out: &'a dyn Fn(&str) -> bool,
    /// The targets of references that are being written, and the level where each stands.
    path: Vec<(usize, usize)>,
    level: usize,
    is_too_large: bool,
}

impl Canonical<'_> {
    fn write(&mut self, at: Located<'_>, content: Content) {
        self.is_too_large |= self.out.len() > MAX_CANONICAL_BYTES || self.level > MAX_CANONICAL_LEVELS;
        if self.is_too_large {
            return;
        }
        let reference = at.reference().filter(|_| content != Content::Data);
        if let Some(target) = reference {
            self.reference(at, target, content);
            // Keywords beside the reference hold too.
            if at.entries().all(|(key, _)| is_reference(key) || (self.leave_out)(key)) {
                return;
            }
        }
        match &at.node.value {
            Value::Mapping(_) => {
                let left_out = |key: &str| {
                    content == Content::Keywords && (self.leave_out)(key)
                        || reference.is_some() && is_reference(key)
                };
                let mut entries: Vec<_> = at.entries().filter(|(key, _)| !left_out(key)).collect();
                entries.sort_by_key(|(key, _)| *key);
                self.out.push('{');
                self.level += 1;
                for (key, value) in entries {
                    let _ = write!(self.out, "{key:?}:");
                    self.write(value, content.under(key));
                    self.out.push(',');
                }
                self.level -= 1;
                self.out.push('}');
            }
            Value::Sequence(_) => {
                self.out.push('[');
                self.level += 1;
                for item in at.items() {
                    self.write(item, content);
                    self.out.push(',');
                }
                self.level -= 1;
                self.out.push(']');
            }
            _ => self.out.push_str(&scalar(at.node)),
        }
    }

    /// What the reference leads to. A way back is written as the number of levels up, so that names do not count.
    fn reference(&mut self, at: Located<'_>, target: &str, content: Content) {
        let Some(next) = at.follow(target) else {
            let _ = write!(self.out, "$ref {target}");
            return;
        };
        let address = next.address();
        if let Some((_, level)) = self.path.iter().find(|(known, _)| *known == address) {
            let _ = write!(self.out, "^{}", self.level - level);
        } else if self.path.len() < MAX_REF_DEPTH {
            self.path.push((address, self.level));
            self.write(next, content);
            self.path.pop();
        } else {
            self.is_too_large = true;
        }
    }
}

/// A scalar in one fixed form: `1.0` and `1` are one number.
pub(super) fn scalar(node: &Node) -> String {
    match &node.value {
        Value::Int(value, _) => value.to_string(),
        Value::Float(value, text) if value.is_finite() => match node.as_integer() {
            Some(whole) => whole.to_string(),
            None if value.to_string().len() < text.len() + 8 => value.to_string(),
            None => text.to_string(),
        },
        Value::Float(_, text) => text.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Sequence(_) => "[…]".to_owned(),
        Value::Mapping(_) => "{…}".to_owned(),
    }
}
