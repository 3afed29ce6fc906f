//! Layer 2: what one part of a contract says about another, and the files and references it names.

use std::collections::HashMap;

use pacto_contract::model::{Contract, Probe, Scaling};
use pacto_contract::reference::{Digest, OciReference};
use pacto_contract::{
    Bundle, Code, ContractDocument, Diagnostic, LenientVersion, Pointer, Reference, ReferenceError,
    VersionRange,
};

use super::{References, Subject, configuration, foreign_letter, interface, nearest, quoted};
use crate::library::Library;
use crate::schema::SchemaFiles;

/// Most names that a help lists.
const MAX_NAMES: usize = 20;

pub(super) fn check(
    subject: Subject<'_>,
    schemas: &SchemaFiles<'_>,
    library: &mut Library,
    references: References,
) -> Vec<Diagnostic> {
    let document = subject.document;
    let contract = &document.contract;
    let mut findings = Vec::new();
    version(document, &mut findings);
    interface_names(document, &mut findings);
    probe(
        document,
        contract.runtime.as_ref().and_then(|runtime| runtime.health.as_ref()),
        &HEALTH,
        &mut findings,
    );
    probe(
        document,
        contract.runtime.as_ref().and_then(|runtime| runtime.metrics.as_ref()),
        &METRICS,
        &mut findings,
    );
    interface::check(subject, &mut findings);
    configuration::check(subject, schemas, library, references, &mut findings);
    policies(subject, schemas, &mut findings);
    dependencies(document, &mut findings);
    image_and_chart(document, &mut findings);
    scaling(document, contract, &mut findings);
    findings
}

fn version(document: &ContractDocument, findings: &mut Vec<Diagnostic>) {
    let version = &document.contract.service.version;
    if let Err(error) = LenientVersion::parse(version) {
        let pointer = Pointer::root().key("service").key("version");
        let message = format!("version {} is not semver: {error}", quoted(version));
        let finding = document.finding(Code::InvalidSemver, &pointer, message);
        findings.push(finding.with_help("write major.minor.patch, such as 1.4.0"));
    }
}

/// Reports every name that was there before; the help names where.
pub(super) fn unique_names<'a>(
    document: &ContractDocument,
    section: &str,
    names: impl Iterator<Item = &'a str>,
    code: Code,
    findings: &mut Vec<Diagnostic>,
) {
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (index, name) in names.enumerate() {
        if let Some(earlier) = last.insert(name, index) {
            let pointer = Pointer::root().key(section).index(index).key("name");
            let message = format!("the name {} is already used by {section}[{earlier}]", quoted(name));
            findings.push(document.finding(code, &pointer, message).with_help("give it another name"));
        }
    }
}

fn interface_names(document: &ContractDocument, findings: &mut Vec<Diagnostic>) {
    let names = document.contract.interfaces.iter().map(|interface| interface.name.as_str());
    unique_names(document, "interfaces", names, Code::DuplicateInterfaceName, findings);
    for (index, interface) in document.contract.interfaces.iter().enumerate() {
        if interface.kind == "event" && interface.port.is_some() {
            let pointer = Pointer::root().key("interfaces").index(index).key("port");
            let message =
                format!("interface {} is of type event, which has no port", quoted(&interface.name));
            findings.push(document.finding(Code::PortIgnored, &pointer, message).with_help("remove `port`"));
        }
    }
}

struct ProbeCodes {
    section: &'static str,
    not_found: Code,
    invalid: Code,
    path_required: Code,
    path_ignored: Code,
}

const HEALTH: ProbeCodes = ProbeCodes {
    section: "health",
    not_found: Code::HealthInterfaceNotFound,
    invalid: Code::HealthInterfaceInvalid,
    path_required: Code::HealthPathRequired,
    path_ignored: Code::HealthPathIgnored,
};

const METRICS: ProbeCodes = ProbeCodes {
    section: "metrics",
    not_found: Code::MetricsInterfaceNotFound,
    invalid: Code::MetricsInterfaceInvalid,
    path_required: Code::MetricsPathRequired,
    path_ignored: Code::MetricsPathIgnored,
};

fn probe(
    document: &ContractDocument,
    probe: Option<&Probe>,
    codes: &ProbeCodes,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(probe) = probe else { return };
    let at = Pointer::root().key("runtime").key(codes.section);
    let interfaces = &document.contract.interfaces;
    let Some(interface) = document.contract.interface(&probe.interface) else {
        let message = format!("no interface is called {}", quoted(&probe.interface));
        let names = || interfaces.iter().map(|interface| interface.name.as_str());
        let help = match nearest(&probe.interface, names()) {
            Some(name) => format!("did you mean {name:?}?"),
            None if interfaces.is_empty() => "declare it in `interfaces`".to_owned(),
            None => {
                let more = if interfaces.len() > MAX_NAMES { ", …" } else { "" };
                let names: Vec<_> = names().take(MAX_NAMES).map(quoted).collect();
                format!("declared are {}{more}", names.join(", "))
            }
        };
        findings.push(document.finding(codes.not_found, &at.key("interface"), message).with_help(help));
        return;
    };
    let (name, path) = (quoted(&interface.name), probe.path.as_deref().unwrap_or_default());
    match interface.kind.as_str() {
        "event" => {
            let message = format!("interface {name} is of type event, which cannot be asked");
            let finding = document.finding(codes.invalid, &at.key("interface"), message);
            findings.push(finding.with_help("name an http or grpc interface"));
        }
        "http" if path.is_empty() => {
            let message = format!("interface {name} is http, so a path is needed");
            let finding = document.finding(codes.path_required, &at.key("path"), message);
            findings.push(finding.with_help(format!("add `path` to runtime.{}", codes.section)));
        }
        "grpc" if !path.is_empty() => {
            let message = format!("interface {name} is grpc, so the path is ignored");
            let finding = document.finding(codes.path_ignored, &at.key("path"), message);
            findings.push(finding.with_help("remove `path`"));
        }
        _ => {}
    }
}

/// Reports a file that the contract names and the bundle does not have. True when it is there.
pub(super) fn file_exists(
    document: &ContractDocument,
    bundle: &Bundle,
    path: &str,
    pointer: &Pointer,
    findings: &mut Vec<Diagnostic>,
) -> bool {
    if bundle.contains(path) {
        return true;
    }
    let message = format!("file {} is not in the bundle", quoted(path));
    let help = if pacto_contract::bundle::is_bundle_path(path) {
        // Nobody reads a hundred suggestions, and each is looked for among all files.
        let others = bundle.iter().map(|(path, _)| path).filter(|_| findings.len() < MAX_NAMES);
        match nearest(path, others) {
            Some(other) => format!("did you mean {other:?}?"),
            None => "add the file, or correct the path".to_owned(),
        }
    } else {
        let clean = path.trim_start_matches("./").trim_start_matches('/');
        if bundle.contains(clean) {
            format!("write {clean:?}: paths start at pacto.yaml, without `./` and `/`")
        } else {
            "paths start at pacto.yaml, with `/` between parts, without `./` and `..`".to_owned()
        }
    };
    findings.push(document.finding(Code::FileNotFound, pointer, message).with_help(help));
    false
}

/// Checks the grammar of a reference; local paths are always fine here.
pub(super) fn reference(
    document: &ContractDocument,
    text: &str,
    pointer: impl Fn() -> Pointer,
    code: Code,
    findings: &mut Vec<Diagnostic>,
) -> Option<Reference> {
    match Reference::parse(text) {
        Ok(reference) => {
            let digest = match &reference {
                Reference::Oci(oci) => oci.digest.as_ref(),
                Reference::Layout(layout) => layout.digest.as_ref(),
                Reference::Local(_) => None,
            };
            short_digest(document, digest, pointer, findings);
            Some(reference)
        }
        Err(error) => {
            findings.push(invalid_reference(document, text, &error, &pointer(), code));
            None
        }
    }
}

fn invalid_reference(
    document: &ContractDocument,
    text: &str,
    error: &ReferenceError,
    pointer: &Pointer,
    code: Code,
) -> Diagnostic {
    if *error == ReferenceError::Credentials {
        return document.finding(code, pointer, error.to_string());
    }
    let mut finding =
        document.finding(code, pointer, format!("{} is not a reference: {error}", quoted(text)));
    finding.help = foreign_letter(text);
    finding
}

fn short_digest(
    document: &ContractDocument,
    digest: Option<&Digest>,
    at: impl Fn() -> Pointer,
    findings: &mut Vec<Diagnostic>,
) {
    if let Some(digest) = digest.filter(|digest| !digest.is_complete()) {
        let all = digest.complete_length();
        let message =
            format!("digest {digest} has {} digits, not {all}; it cannot be fetched", digest.hex().len());
        let finding = document.finding(Code::InvalidDigest, &at(), message);
        findings.push(finding.with_help(format!("write all {all} digits")));
    }
}

fn policies(subject: Subject<'_>, schemas: &SchemaFiles<'_>, findings: &mut Vec<Diagnostic>) {
    let document = subject.document;
    let section = &document.contract.policies;
    if section.is_plural() {
        let names = section.iter().map(|policy| policy.name.as_str());
        unique_names(document, "policies", names, Code::DuplicatePolicyName, findings);
    }
    for (index, policy) in section.iter().enumerate() {
        let at = section.pointer(index);
        if let (Some(path), Some(bundle)) = (&policy.schema, subject.bundle) {
            let codes = (Code::InvalidPolicyJson, Code::InvalidPolicySchema);
            configuration::schema_file(subject, bundle, path, &at.key("schema"), schemas, codes, findings);
        }
        if let Some(text) = &policy.reference {
            reference(document, text, || at.key("ref"), Code::InvalidPolicyRef, findings);
        }
    }
}

fn dependencies(document: &ContractDocument, findings: &mut Vec<Diagnostic>) {
    let dependencies = &document.contract.dependencies;
    let names = dependencies.iter().map(|dependency| dependency.name());
    unique_names(document, "dependencies", names, Code::DuplicateDependencyName, findings);
    for (index, dependency) in dependencies.iter().enumerate() {
        let at = |key| Pointer::root().key("dependencies").index(index).key(key);
        let parsed = reference(document, &dependency.reference, || at("ref"), Code::InvalidOciRef, findings);
        let Some(parsed) = parsed else { continue };
        if let Some(OciReference { tag: Some(tag), digest: None, .. }) = parsed.as_oci() {
            let message = format!("tag {tag:?} can be moved to other content");
            let finding = document.finding(Code::TagNotDigest, &at("ref"), message);
            findings.push(finding.with_help("drop the tag and let `compatibility` choose, or fix a digest"));
        }
        match VersionRange::parse(&dependency.compatibility) {
            Err(error) => {
                let message =
                    format!("{} is not a version constraint: {error}", quoted(&dependency.compatibility));
                findings.push(document.finding(Code::InvalidCompatibility, &at("compatibility"), message));
            }
            Ok(range) if range.is_empty() => {
                let message = format!("no version satisfies {}", quoted(&dependency.compatibility));
                let finding = document.finding(Code::ImpossibleCompatibility, &at("compatibility"), message);
                findings.push(finding.with_help("correct the bounds"));
            }
            Ok(_) => {}
        }
    }
}

fn image_and_chart(document: &ContractDocument, findings: &mut Vec<Diagnostic>) {
    let service = Pointer::root().key("service");
    if let Some(image) = &document.contract.service.image {
        let pointer = service.key("image").key("ref");
        match OciReference::parse(&image.reference) {
            Ok(parsed) => short_digest(document, parsed.digest.as_ref(), || pointer.clone(), findings),
            Err(error) => {
                let finding =
                    invalid_reference(document, &image.reference, &error, &pointer, Code::InvalidImageRef);
                let help = match image.reference.strip_prefix("oci://") {
                    Some(bare) => format!("write {bare}, without oci://"),
                    None => "write registry/repository:tag, such as docker.io/library/nginx:1.25".to_owned(),
                };
                findings.push(finding.with_help(help));
            }
        }
    }
    if let Some(chart) = &document.contract.service.chart {
        reference(
            document,
            &chart.reference,
            || service.key("chart").key("ref"),
            Code::InvalidChartRef,
            findings,
        );
        if let Err(error) = LenientVersion::parse(&chart.version) {
            let message = format!("chart version {} is not semver: {error}", quoted(&chart.version));
            findings.push(document.finding(
                Code::InvalidChartVersion,
                &service.key("chart").key("version"),
                message,
            ));
        }
    }
}

fn scaling(document: &ContractDocument, contract: &Contract, findings: &mut Vec<Diagnostic>) {
    let pointer = Pointer::root().key("scaling");
    if let Some(Scaling::Range { min, max }) = contract.scaling
        && min > max
    {
        let message = format!("min ({min}) is larger than max ({max})");
        findings.push(
            document.finding(Code::ScalingMinExceedsMax, &pointer, message).with_help("swap the bounds"),
        );
    }
    let job = contract.runtime.as_ref().is_some_and(|runtime| runtime.workload == "job");
    if job && contract.scaling.is_some() {
        let message = "a job runs to completion and cannot be scaled";
        let finding = document.finding(Code::JobScalingNotAllowed, &pointer, message);
        findings.push(finding.with_help("remove `scaling`, or use workload service"));
    }
}
