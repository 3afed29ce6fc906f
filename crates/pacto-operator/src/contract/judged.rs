//! One contract, judged.
//!
//! Of ten thousand contracts the files are not kept: they were judged, and the text is enough for what follows.

use std::collections::BTreeSet;
use std::sync::Arc;

use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::{Bundle, ContractDocument, Diagnostic, ParseFailure};
use pacto_engine::doc::described::{self, Field};
use pacto_engine::library::{Library, Origin};
use pacto_engine::runtime::{RequiredKey, required_keys};
use pacto_engine::validate::{References, Report, Subject, Validator, Verdict};
use pacto_k8s::pacto::{Issue, PolicySummary, PropertySummary, Validation};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Most findings of each severity that a status lists: a status is no report.
const MAX_ISSUES: usize = 50;

/// Most properties that are listed of one schema.
const MAX_PROPERTIES: usize = 100;

/// Longest text of one finding or description in a status, in bytes.
const MAX_TEXT: usize = 1024;

/// A contract and what validating it said.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Its text.
    pub text: Arc<str>,
    /// SHA-256 of the text.
    pub hash: [u8; 32],
    /// `registry/repository:tag`; none for one that stands in its Pacto.
    pub reference: Option<String>,
    /// Digest of its manifest, where it has one.
    pub digest: Option<String>,
    /// What validating it said.
    pub validation: Validation,
    /// The configuration keys that somebody has to set.
    pub required: Box<[RequiredKey]>,
    /// What the schemas of the configurations declare, by path, where they are in the bundle.
    pub configurations: Box<[(String, Vec<PropertySummary>)]>,
    /// Title, description and properties of the policies that are in the bundle, by path.
    pub policies: Box<[(String, PolicySummary)]>,
}

impl Judged {
    /// Judges a contract that stands in its Pacto: no file is there, so none is looked at.
    pub fn inline(text: &str, validator: &Validator) -> Self {
        Self::new(text.as_bytes(), None, &Origin::Directory(String::new()), validator)
    }

    /// Judges a contract of a registry.
    pub fn bundle(bundle: &Bundle, reference: &str, digest: &str, validator: &Validator) -> Self {
        let text = bundle.get(CONTRACT_FILE).unwrap_or_default();
        let judged = Self::new(text, Some(bundle), &Origin::Registry(reference.to_owned()), validator);
        Self { reference: Some(reference.to_owned()), digest: Some(digest.to_owned()), ..judged }
    }

    fn new(text: &[u8], bundle: Option<&Bundle>, origin: &Origin, validator: &Validator) -> Self {
        let mut judged = Self {
            text: String::from_utf8_lossy(text).into(),
            hash: Sha256::digest(text).into(),
            reference: None,
            digest: None,
            validation: Validation::default(),
            required: Box::default(),
            configurations: Box::default(),
            policies: Box::default(),
        };
        let document = match ContractDocument::parse(CONTRACT_FILE, text) {
            Ok(document) => document,
            Err(ParseFailure { findings, .. }) => {
                judged.validation = validation(&findings);
                return judged;
            }
        };
        let subject = Subject { document: &document, bundle, origin };
        let verdict = validator.validate(subject, &mut Library::default(), References::InsideOnly);
        let report = match verdict {
            Verdict::Done(report) => report,
            // Nothing outside is asked for, so nothing can be missing.
            Verdict::NeedsMore => Report::default(),
        };
        judged.validation = validation(&report.findings);
        judged.required = required_keys(subject, &mut Library::default()).into();
        if let Some(bundle) = bundle {
            judged.configurations = configurations(&document, bundle);
            judged.policies = policies(&document, bundle);
        }
        judged
    }

    /// The contract; none where the text is no contract.
    pub fn document(&self) -> Option<ContractDocument> {
        ContractDocument::parse(CONTRACT_FILE, self.text.as_bytes()).ok()
    }

    /// What is wrong, in one line.
    pub fn trouble(&self) -> String {
        match self.validation.errors.as_slice() {
            [] => "the contract is not valid".to_owned(),
            [one] => said(one),
            [first, rest @ ..] => format!("{}, and {} more", said(first), rest.len()),
        }
    }
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default().to_owned()
}

fn said(issue: &Issue) -> String {
    match &issue.path {
        Some(path) if !path.is_empty() => format!("{path}: {}", issue.message),
        _ => issue.message.clone(),
    }
}

fn validation(findings: &[Diagnostic]) -> Validation {
    use pacto_contract::Severity;
    let of = |severity: Severity| {
        let found = findings.iter().filter(|finding| finding.severity == severity);
        let issue = |finding: &Diagnostic| Issue {
            code: Some(finding.code.as_str().to_owned()),
            path: (!finding.path.is_empty()).then(|| finding.path.clone()),
            // What has no path in the contract has a place in its text.
            message: match finding.location.as_ref().filter(|_| finding.path.is_empty()) {
                Some(place) => format!("line {}, column {}: {}", place.line, place.column, finding.message),
                None => cut(&finding.message),
            },
        };
        found.take(MAX_ISSUES).map(issue).collect::<Vec<_>>()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    Validation { valid: errors.is_empty(), errors, warnings }
}

/// What a schema declares; nothing where it cannot be read, which is a finding already.
fn properties(bundle: &Bundle, path: &str) -> Vec<PropertySummary> {
    let declared = described::properties(bundle, path).unwrap_or_default();
    let property = |field: Field| PropertySummary {
        key: cut(&field.name),
        value: field.default.as_deref().map(cut),
        kind: Some(cut(&field.kind)),
    };
    declared.into_iter().take(MAX_PROPERTIES).map(property).collect()
}

fn configurations(document: &ContractDocument, bundle: &Bundle) -> Box<[(String, Vec<PropertySummary>)]> {
    let declared = document.contract.configurations.iter();
    let paths: BTreeSet<&String> = declared.filter_map(|entry| entry.schema.as_ref()).collect();
    paths.into_iter().map(|path| (path.clone(), properties(bundle, path))).collect()
}

fn policies(document: &ContractDocument, bundle: &Bundle) -> Box<[(String, PolicySummary)]> {
    let summary = |path: &String| {
        let schema: Value = serde_json::from_slice(bundle.get(path)?).ok()?;
        let text = |key: &str| schema.get(key).and_then(Value::as_str).map(cut);
        let (title, description) = (text("title"), text("description"));
        let properties = properties(bundle, path);
        Some((path.clone(), PolicySummary { title, description, properties, ..PolicySummary::default() }))
    };
    document.contract.policies.iter().filter_map(|policy| summary(policy.schema.as_ref()?)).collect()
}
