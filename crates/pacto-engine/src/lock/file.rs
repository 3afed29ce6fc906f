//! The text of a lock, with places to point to.

use pacto_contract::yaml::{self, Budget, Node};
use pacto_contract::{Code, Diagnostic, Pointer, Source, Span};

use super::{LOCK_VERSION, Lock};

/// A lock that was read.
#[derive(Debug, Clone)]
pub struct LockFile {
    /// Its content.
    pub lock: Lock,
    source: Source,
    tree: Node,
}

impl Lock {
    /// The text of the file: same lock, same bytes.
    pub fn to_yaml(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        let header = "# Written by `pacto lock`. Commit this file; do not edit it.\n";
        header.to_owned() + &yaml::emit(&Node::from_json(&value))
    }
}

impl LockFile {
    /// Reads a lock; `name` is the file name to show.
    ///
    /// # Errors
    /// One `LOCK_UNREADABLE`, with its place.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        let fail = |source: &Source, span: Span, message: String| {
            let finding = Diagnostic::new(Code::LockUnreadable, &Pointer::root(), message).at(source, span);
            Box::new(finding.with_help("remove the file and run `pacto lock`"))
        };
        let text = yaml::decode_utf8(bytes)
            .map_err(|error| fail(&Source::new(name, ""), Span::default(), error.to_string()))?;
        let source = Source::new(name, text);
        let tree = yaml::load(text, Budget::INTERFACE)
            .map_err(|error| fail(&source, error.span, error.to_string()))?;
        let version = tree.get("lockVersion").and_then(Node::as_integer);
        if version != Some(i128::from(LOCK_VERSION)) {
            let span = tree.focus(&Pointer::root().key("lockVersion"));
            let got = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
            let message = format!("lockVersion: got {got}, want {LOCK_VERSION}");
            return Err(fail(&source, span, message));
        }
        let json = tree
            .to_json()
            .map_err(|error| fail(&source, tree.span, format!("{} has no JSON form", error.text)))?;
        let lock = serde_json::from_value(json)
            .map_err(|error| fail(&source, tree.span, format!("this is no lock: {error}")))?;
        Ok(Self { lock, source, tree })
    }

    /// A finding about a part of the file.
    pub(super) fn finding(&self, code: Code, pointer: &Pointer, message: String) -> Diagnostic {
        let mut finding = Diagnostic::new(code, pointer, message).at(&self.source, self.tree.focus(pointer));
        // Paths of findings are those of the contract, which has no such part.
        finding.path = format!("{}#{}", super::LOCK_FILE, finding.path);
        finding
    }
}
