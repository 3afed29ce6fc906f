//! A description file of a bundle: `OpenAPI`, `AsyncAPI`, JSON Schema.

use std::cell::Cell;
use std::collections::BTreeMap;

use pacto_contract::yaml::{self, Budget, Node};
use pacto_contract::{Bundle, Pointer, limits};

use super::markdown::{MAX_DOCUMENT_BYTES, note, prose};
use super::protobuf;

/// Longest `$ref` that is followed, in bytes.
const MAX_REF_BYTES: usize = 1_024;
/// Most `$ref` that are followed in one file.
const MAX_REFS: usize = 100_000;

/// Says that the bundle has no such file.
pub(super) const NOT_THERE: &str = "The file is not in the bundle.";

/// Says that nothing more is listed.
const LEFT_OUT: &str = "The content of the file is left out; this document is long already.";

/// What of a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Excerpt {
    Operations,
    Events,
    Methods,
    Properties,
    Policy,
}

/// The description files of one bundle. Each is read once for each kind of excerpt.
#[derive(Debug)]
pub(super) struct Files<'a> {
    bundle: &'a Bundle,
    excerpts: BTreeMap<(Excerpt, String), Result<String, String>>,
}

impl<'a> Files<'a> {
    /// The files of `bundle`.
    pub(super) fn new(bundle: &'a Bundle) -> Self {
        Self { bundle, excerpts: BTreeMap::new() }
    }

    /// Whether the file is in the bundle.
    pub(super) fn contains(&self, path: &str) -> bool {
        self.bundle.contains(path)
    }

    /// What `write` says about the file, or in Markdown why it cannot be read.
    pub(super) fn excerpt(
        &mut self,
        excerpt: Excerpt,
        path: &str,
        write: impl FnOnce(&Specification) -> String,
    ) -> &Result<String, String> {
        let excerpts = self.excerpts.entry((excerpt, path.to_owned()));
        excerpts.or_insert_with(|| {
            Specification::read(self.bundle, path).map(|specification| write(&specification))
        })
    }

    /// Appends what `write` says about the file, or an italic note why there is nothing.
    pub(super) fn append(
        &mut self,
        out: &mut String,
        excerpt: Excerpt,
        path: &str,
        write: impl FnOnce(&mut String, &Specification),
    ) {
        if out.len() >= MAX_DOCUMENT_BYTES {
            return note(out, LEFT_OUT);
        }
        let written = self.excerpt(excerpt, path, |specification| {
            let mut text = String::new();
            write(&mut text, specification);
            text
        });
        match written {
            Ok(text) => out.push_str(text),
            Err(reason) => note(out, reason),
        }
    }
}

impl Files<'_> {
    /// Appends the methods of a protobuf file, or an italic note why there is nothing.
    pub(super) fn append_methods(&mut self, out: &mut String, path: &str) {
        if out.len() >= MAX_DOCUMENT_BYTES {
            return note(out, LEFT_OUT);
        }
        let key = (Excerpt::Methods, path.to_owned());
        let written = self.excerpts.entry(key).or_insert_with(|| {
            let mut text = String::new();
            protobuf::write(&mut text, self.bundle, path);
            Ok(text)
        });
        if let Ok(text) = written {
            out.push_str(text);
        }
    }
}

/// A description file that was read.
#[derive(Debug)]
pub(super) struct Specification {
    root: Node,
    /// How many `$ref` may still be followed.
    references: Cell<usize>,
}

impl Specification {
    /// Reads `path` from the bundle, or says in Markdown why that does not work.
    pub(super) fn read(bundle: &Bundle, path: &str) -> Result<Self, String> {
        let Some(bytes) = bundle.get(path) else {
            return Err(NOT_THERE.to_owned());
        };
        match yaml::decode_utf8(bytes).and_then(|text| yaml::load(text, Budget::INTERFACE)) {
            Ok(root) => Ok(Self { root, references: Cell::new(MAX_REFS) }),
            Err(error) => Err(format!("The file cannot be read: {}.", prose(&error.to_string()))),
        }
    }

    /// The whole document.
    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// What `#/…` names.
    pub(super) fn resolve(&self, reference: &str) -> Option<&Node> {
        let fragment = reference.strip_prefix('#').filter(|_| reference.len() <= MAX_REF_BYTES)?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return None;
        }
        self.references.set(self.references.get().checked_sub(1)?);
        self.root.find(&Pointer::from_json_pointer(&percent_decoded(fragment)?))
    }

    /// The node that `node` leads to through its `$ref`, with the last reference on the way.
    pub(super) fn follow<'a>(&'a self, node: &'a Node) -> Option<(&'a Node, Option<&'a str>)> {
        let (mut node, mut last) = (node, None);
        for _ in 0..=limits::MAX_REF_DEPTH {
            let Some(reference) = node.get("$ref").and_then(Node::as_str) else { return Some((node, last)) };
            last = Some(reference);
            node = self.resolve(reference)?;
        }
        None
    }
}

/// The last part of a JSON Pointer, unescaped.
pub(super) fn last_segment(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    let last = percent_decoded(last).unwrap_or_else(|| last.to_owned());
    last.replace("~1", "/").replace("~0", "~")
}

/// A URI fragment without `%XX`.
fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn specification(text: &str) -> Specification {
        let mut bundle = Bundle::default();
        bundle.insert("a.yaml", text.as_bytes()).unwrap();
        Specification::read(&bundle, "a.yaml").unwrap()
    }

    #[test]
    fn local_references() {
        let specification = specification("{'/a/{b}': {x y: 1}, list: [2], '': 3}");
        let text = |reference: &str| specification.resolve(reference).and_then(Node::scalar_text);
        assert_eq!(text("#/~1a~1%7Bb%7D/x%20y"), Some("1"));
        assert_eq!(text("#/list/0"), Some("2"));
        assert_eq!(text("#/"), Some("3"));
        assert!(specification.resolve("#").is_some_and(|node| node.as_mapping().is_some()));
        for foreign in
            ["", "other.yaml#/list", "#anchor", "#/list/1", "#/%", "#/%zz", "#/%+1", "http://h/#/list"]
        {
            assert!(specification.resolve(foreign).is_none(), "{foreign}");
        }
        assert_eq!(last_segment("#/components/messages/a~1b%20c"), "a/b c");
    }

    #[test]
    fn reference_chains_end() {
        let cycle = specification("{a: {$ref: '#/b'}, b: {$ref: '#/a'}}");
        assert!(cycle.follow(cycle.root().get("a").unwrap()).is_none());
        for (links, ends) in [(limits::MAX_REF_DEPTH, true), (limits::MAX_REF_DEPTH + 1, false)] {
            let mut text = format!("n{links}: {{x: 1}}\n");
            for index in 0..links {
                let _ = writeln!(text, "n{index}: {{$ref: '#/n{}'}}", index + 1);
            }
            let chain = specification(&text);
            let found = chain.follow(chain.root().get("n0").unwrap());
            assert_eq!(found.is_some_and(|(node, _)| node.get("x").is_some()), ends, "{links}");
        }
    }
}
