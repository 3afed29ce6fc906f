//! `pacto.yaml` as text, tree and typed contract at once.

use crate::code::Code;
use crate::decode::decode;
use crate::diagnostic::Diagnostic;
use crate::model::Contract;
use crate::overrides::{OverrideError, Overrides};
use crate::pointer::Pointer;
use crate::source::{Source, Span};
use crate::yaml::{self, Budget, Node};

/// A contract that was read, with everything needed to point into it.
#[derive(Debug, Clone)]
pub struct ContractDocument {
    /// The text, under the name that messages show.
    pub source: Source,
    /// The tree with places.
    pub tree: Node,
    /// The typed contract.
    pub contract: Contract,
}

/// A text that is no contract.
#[derive(Debug, Clone)]
pub struct ParseFailure {
    /// The text, as far as it is text.
    pub source: Source,
    /// Why: one `PARSE_ERROR` or several.
    pub findings: Vec<Diagnostic>,
    /// The tree, where it is YAML and only what a contract cannot do without is missing.
    pub tree: Option<Node>,
}

impl ParseFailure {
    /// The failure of a file that is too large to be read at all.
    pub fn too_large(name: &str) -> Self {
        let source = Source::new(name, "");
        let kind = yaml::LoadErrorKind::TooLarge(Budget::CONTRACT.bytes);
        let finding = Diagnostic::new(Code::ParseError, &Pointer::root(), kind.to_string());
        Self { findings: vec![finding.at(&source, Span::default())], source, tree: None }
    }
}

impl ContractDocument {
    /// Reads a contract; `name` is the file name to show.
    ///
    /// ```
    /// use pacto_contract::ContractDocument;
    /// let text = b"pactoVersion: '1.0'\nservice: {name: cart, version: 1.10}\n";
    /// let document = ContractDocument::parse("cart/pacto.yaml", text).map_err(|failure| failure.findings[0].message.clone())?;
    /// assert_eq!(document.contract.identity(), "cart@1.10");
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// [`ParseFailure`]: no text, no YAML, no contract.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, ParseFailure> {
        let (source, tree) = parse_tree(name, bytes)?;
        Self::from_tree(source, tree)
    }

    /// Reads a contract and applies overrides before it is decoded.
    ///
    /// # Errors
    /// As [`ContractDocument::parse`]; and [`OverrideError`] when an override does not fit.
    pub fn parse_with(
        name: &str,
        bytes: &[u8],
        overrides: &Overrides,
    ) -> Result<Result<Self, ParseFailure>, OverrideError> {
        if overrides.is_empty() {
            return Ok(Self::parse(name, bytes));
        }
        let (_, mut tree) = match parse_tree(name, bytes) {
            Ok(parsed) => parsed,
            Err(failure) => return Ok(Err(failure)),
        };
        overrides.apply(&mut tree)?;
        // The merged text is what is judged and packed, so findings point into it.
        let text = yaml::emit(&tree);
        let merged = format!("{name} (with overrides)");
        Ok(Self::parse(&merged, text.as_bytes()))
    }

    fn from_tree(source: Source, tree: Node) -> Result<Self, ParseFailure> {
        match decode(&tree) {
            Ok(contract) => Ok(Self { source, tree, contract }),
            Err(findings) => {
                let place = |finding: Diagnostic| {
                    let span = tree.focus(&Pointer::from_json_pointer(&finding.pointer));
                    finding.at(&source, span)
                };
                let findings = findings.into_iter().map(place).collect();
                Err(ParseFailure { source, findings, tree: tree.as_mapping().is_some().then_some(tree) })
            }
        }
    }

    /// A finding at `pointer`, with its place in the file.
    pub fn finding(&self, code: Code, pointer: &Pointer, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, pointer, message).at(&self.source, self.tree.focus(pointer))
    }

    /// A finding about the key at `pointer` rather than its value.
    pub fn key_finding(&self, code: Code, pointer: &Pointer, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, pointer, message).at(&self.source, self.tree.focus_key(pointer))
    }
}

fn parse_tree(name: &str, bytes: &[u8]) -> Result<(Source, Node), ParseFailure> {
    let fail = |error: yaml::LoadError, text: &str| {
        let source = Source::new(name, text);
        let finding = Diagnostic::new(Code::ParseError, &Pointer::root(), error.to_string());
        ParseFailure { findings: vec![finding.at(&source, error.span)], source, tree: None }
    };
    if bytes.len() > Budget::CONTRACT.bytes {
        return Err(ParseFailure::too_large(name));
    }
    let text = yaml::decode_utf8(bytes).map_err(|error| fail(error, &String::from_utf8_lossy(bytes)))?;
    let tree = yaml::load(text, Budget::CONTRACT).map_err(|error| fail(error, text))?;
    Ok((Source::new(name, text), tree))
}
