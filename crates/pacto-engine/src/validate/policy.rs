//! Layer 4: the policies that a contract adopts. Fails closed: what cannot be read is not followed.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use pacto_contract::bundle::POLICY_SCHEMA;
use pacto_contract::limits::{MAX_FINDINGS, MAX_POLICY_CHAIN};
use pacto_contract::model::{Policy, Section};
use pacto_contract::{Bundle, Code, ContractDocument, Diagnostic, Pointer, Severity};

use super::{References, Subject, quoted, satisfiable};
use crate::library::{Library, Origin, Request};
use crate::schema::{Judgement, Schema, SchemaFiles, shorten};

pub(super) fn check(
    subject: Subject<'_>,
    schemas: &SchemaFiles<'_>,
    library: &mut Library,
    references: References,
) -> Vec<Diagnostic> {
    let document = subject.document;
    let mut collection = Collection {
        schemas,
        library,
        references,
        root: document,
        policies: Vec::new(),
        findings: Vec::new(),
        expanded: BTreeSet::new(),
    };
    let Some(bundle) = subject.bundle else { return Vec::new() };
    let publisher = document.contract.is_publisher();
    let mut chain = vec![Link { identity: identity_of(subject.origin), name: document.contract.identity() }];
    collection.declared(&document.contract.policies, bundle, subject.origin, None, &mut chain, publisher);
    let Collection { policies, mut findings, .. } = collection;
    if library.is_waiting() {
        return findings;
    }
    let Ok(instance) = document.tree.to_json() else { return findings };
    let mut errors = 0;
    // One schema under many names is judged once.
    let mut rulings: HashMap<(*const Schema, bool), Ruling> = HashMap::new();
    for policy in &policies {
        let before = findings.len();
        let key = (Arc::as_ptr(&policy.schema), policy.published);
        let ruling = rulings.entry(key).or_insert_with(|| Ruling::of(policy, &instance));
        enforce(document, policy, ruling, &mut findings);
        errors += findings.iter().skip(before).filter(|finding| finding.severity == Severity::Error).count();
        // Enough to be invalid; the layer reports no more than this.
        if errors > MAX_FINDINGS {
            break;
        }
    }
    findings
}

fn identity_of(origin: &Origin) -> String {
    match origin {
        Origin::Directory(path) | Origin::Registry(path) => path.clone(),
    }
}

/// A contract on the way from the judged one to a policy.
struct Link {
    identity: String,
    name: String,
}

/// A schema that applies, and by what way it came.
struct Applied {
    /// The name or file of a policy, after a reference and an arrow for policies of other contracts.
    label: String,
    /// The entry of the judged contract that brought it in.
    pointer: Pointer,
    schema: Arc<Schema>,
    /// The contract publishes it and is not judged by it.
    published: bool,
}

struct Collection<'a> {
    schemas: &'a SchemaFiles<'a>,
    library: &'a mut Library,
    references: References,
    root: &'a ContractDocument,
    policies: Vec<Applied>,
    findings: Vec<Diagnostic>,
    /// Contracts whose policies are already collected; a second way to them adds nothing.
    expanded: BTreeSet<String>,
}

/// How a nested contract was reached.
struct Via {
    /// The references on the way, as they are written.
    way: Vec<String>,
    pointer: Pointer,
}

/// What a policy is called: the way to it, and its own name, file or reference.
fn label(via: Option<&Via>, own: &str) -> String {
    let way = via.map(|via| via.way.as_slice()).unwrap_or_default();
    let own = shorten(own.to_owned());
    joined(way.iter().map(String::as_str).chain([own.as_str()]).collect(), " → ")
}

/// The steps of a way; of a long one, its two ends.
fn joined(mut steps: Vec<&str>, arrow: &str) -> String {
    const ENDS: usize = 4;
    if steps.len() > 2 * ENDS {
        steps.splice(ENDS..steps.len() - ENDS, ["…"]);
    }
    steps.join(arrow)
}

impl Collection<'_> {
    fn declared(
        &mut self,
        section: &Section<Policy>,
        bundle: &Bundle,
        origin: &Origin,
        via: Option<&Via>,
        chain: &mut Vec<Link>,
        published: bool,
    ) {
        for (index, policy) in section.iter().enumerate() {
            let file = policy.schema.as_deref().unwrap_or(POLICY_SCHEMA);
            let own = if section.is_plural() { quoted(&policy.name) } else { file.to_owned() };
            let label = label(via, &own);
            let pointer = via.map_or_else(|| section.pointer(index), |via| via.pointer.clone());
            if let Some(path) = &policy.schema {
                self.local(path, (origin, bundle), &label, &pointer, published, via.is_some());
            }
            if let Some(reference) = &policy.reference {
                self.referenced(reference, origin, via, &pointer, chain);
            }
        }
    }

    /// A schema file of a bundle. In the judged contract itself, layer 2 has reported a broken file already.
    fn local(
        &mut self,
        path: &str,
        (origin, bundle): (&Origin, &Bundle),
        label: &str,
        pointer: &Pointer,
        published: bool,
        nested: bool,
    ) {
        let compiled = match self.schemas.get(origin, bundle, path) {
            None => Err(format!("{path} is not in the bundle")),
            Some(compiled) => compiled.map_err(|error| format!("{path}: {error}")),
        };
        match compiled {
            Ok(schema) => {
                self.policies.push(Applied {
                    label: label.to_owned(),
                    pointer: pointer.clone(),
                    schema,
                    published,
                });
            }
            Err(problem) if nested => self.unresolved(label, pointer, &problem),
            Err(_) => {}
        }
    }

    fn referenced(
        &mut self,
        reference: &str,
        origin: &Origin,
        via: Option<&Via>,
        pointer: &Pointer,
        chain: &mut Vec<Link>,
    ) {
        let at = if via.is_some() { pointer.clone() } else { pointer.key("ref") };
        let label = label(via, reference);
        if self.references == References::InsideOnly {
            let message = format!("policy {label} is not in the bundle and was not enforced");
            let finding = self.root.finding(Code::PolicyRefNotEnforced, &at, message);
            self.findings.push(finding.with_help("`pacto validate` fetches and enforces it"));
            return;
        }
        if chain.len() > MAX_POLICY_CHAIN {
            let problem = format!("the chain of policies is longer than {MAX_POLICY_CHAIN}");
            return self.unresolved(&label, &at, &problem);
        }
        let answer = match Request::new(origin, reference, None) {
            Ok(request) => match self.library.look_up(&request) {
                Some(answer) => answer,
                None => return,
            },
            Err(error) => Err(error),
        };
        let resolved = match answer {
            Ok(resolved) => resolved,
            Err(error) => return self.unresolved(&label, &at, &error.to_string()),
        };
        let name = shorten(resolved.document.contract.identity());
        let link = Link { identity: resolved.identity.clone(), name };
        if chain.iter().any(|known| known.identity == link.identity) {
            let names = chain.iter().chain([&link]).map(|link| link.name.as_str()).collect();
            let message = format!("policy {label} leads back to itself: {}", joined(names, " -> "));
            self.findings.push(self.root.finding(Code::PolicyRefCycle, &at, message));
            return;
        }
        if !self.expanded.insert(resolved.identity.clone()) {
            return;
        }
        let mut way = via.map(|via| via.way.clone()).unwrap_or_default();
        way.push(shorten(reference.to_owned()));
        let via = Via { way, pointer: at };
        let policies = &resolved.document.contract.policies;
        if policies.is_empty() {
            self.local(
                POLICY_SCHEMA,
                (&resolved.origin, &resolved.bundle),
                &label,
                &via.pointer,
                false,
                true,
            );
        } else {
            chain.push(link);
            self.declared(policies, &resolved.bundle, &resolved.origin, Some(&via), chain, false);
            chain.pop();
        }
    }

    fn unresolved(&mut self, label: &str, pointer: &Pointer, problem: &str) {
        let message = format!("policy {label} is unresolved: {problem}");
        let finding = self.root.finding(Code::PolicyRefUnresolved, pointer, message);
        self.findings.push(finding.with_help("a contract is not valid while a policy of it cannot be read"));
    }
}

/// What a schema says about the contract.
struct Ruling {
    /// Why no contract can satisfy it.
    contradiction: Option<String>,
    judgement: Judgement,
}

impl Ruling {
    fn of(policy: &Applied, instance: &serde_json::Value) -> Self {
        let contradiction = satisfiable::contradiction(policy.schema.document()).map(shorten);
        let judgement = if policy.published { Judgement::default() } else { policy.schema.judge(instance) };
        Self { contradiction, judgement }
    }
}

fn enforce(document: &ContractDocument, policy: &Applied, ruling: &Ruling, findings: &mut Vec<Diagnostic>) {
    let label = &policy.label;
    if let Some(reason) = &ruling.contradiction {
        let message = format!("no contract can satisfy policy {label}: {reason}");
        let finding = document.finding(Code::PolicyUnsatisfiable, &policy.pointer, message);
        findings
            .push(finding.with_help("tell the owner of the policy; it may be meant for another document"));
    }
    if policy.published {
        let message =
            format!("policy {label} is published, and not applied to the contract that publishes it");
        findings.push(document.finding(Code::PolicyNotSelfEnforced, &policy.pointer, message));
        return;
    }
    let judgement = &ruling.judgement;
    for violation in judgement.violations.iter().take(MAX_FINDINGS) {
        let message = match &violation.about {
            Some(about) => format!("policy {label}: {about} ({})", violation.reason),
            None => format!("policy {label}: {}", violation.reason),
        };
        findings.push(document.finding(Code::PolicyViolation, &violation.pointer, message));
    }
    if let Some(reason) = &judgement.undecided {
        let message = format!("policy {label} could not be evaluated: {reason}");
        findings.push(document.finding(Code::PolicyEnforcementError, &policy.pointer, message));
    }
}
