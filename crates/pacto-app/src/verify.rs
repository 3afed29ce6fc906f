//! `pacto verify`: the checks of the operator, over rendered manifests instead of a cluster.

mod manifests;

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::overrides::Overrides;
use pacto_contract::{Contract, ContractDocument, Diagnostic, Location, Severity, Source};
use pacto_engine::library::{Library, Resolved};
use pacto_engine::runtime::{
    self, Check, CheckStatus, ContractStatus, Declared, Observation, ObservedKind, RequiredKey, Summary,
    WorkloadKind,
};
use pacto_engine::validate::{References, Subject, Validator};
use pacto_k8s::ResourceKey;
use pacto_k8s::observe::{Inventory, Object, Target};
use schemars::JsonSchema;
use serde::Serialize;

use crate::load::{Scope, load};
use crate::{AppError, Context, lock, validate};
pub use manifests::Input;
use manifests::{Manifests, Placed};

/// What to verify.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directory or reference of the contract.
    pub contract: String,
    /// Changes to apply to it first.
    pub overrides: Overrides,
    /// The manifests.
    pub manifests: Input,
    /// Name of the Service; that of the contract without it.
    pub service: Option<String>,
    /// Name of the workload, and its kind where that is not to be found out; the name of the contract without it.
    pub workload: Option<(Option<WorkloadKind>, String)>,
    /// Namespace to look into; the one where the Service and the workload are without it.
    pub namespace: Option<String>,
    /// Count advisory checks.
    pub strict_checks: bool,
}

/// How manifests stand to a contract. Names are those of the status of a Pacto in a cluster.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The contract as the user named it.
    pub path: String,
    /// Who it is about; absent when it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Its version; absent when it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The verdict.
    pub contract_status: ContractStatus,
    /// Numbers of the checks that count.
    pub summary: Summary,
    /// Every check, in the order of the operator.
    pub conditions: Vec<Check>,
    /// What validating the contract said.
    pub validation: Validation,
    /// What was looked for.
    pub resources: Resources,
    /// What was read.
    pub manifests: Read,
    /// The contract's text, for renderers that show it.
    #[serde(skip)]
    pub source: Option<Source>,
}

/// What validating the contract said.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Validation {
    /// Whether there is no error.
    pub valid: bool,
    /// Errors.
    pub errors: Vec<Diagnostic>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// What was looked for.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Resources {
    /// Where it was looked for; absent when no manifest names a namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The Service; absent when none is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Resource>,
    /// The workload; absent when none is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<Resource>,
}

/// An object that was looked for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Resource {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub exists: bool,
    /// Where it stands.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// How much was read.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct Read {
    /// Files.
    pub files: usize,
    /// Objects of all kinds.
    pub objects: usize,
}

impl Outcome {
    /// Whether everything that counts holds.
    pub fn is_compliant(&self) -> bool {
        matches!(self.contract_status, ContractStatus::Compliant | ContractStatus::Reference)
    }

    /// Checks that do not hold, or of which nobody knows.
    pub fn open(&self) -> impl Iterator<Item = &Check> {
        self.conditions.iter().filter(|check| check.status != CheckStatus::True)
    }
}

/// Verifies.
///
/// # Errors
/// [`AppError`] when the contract is not there or the manifests cannot be read. A contract that is wrong is an answer.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let manifests = manifests::read(context, &options.manifests)?;
    let read = Read { files: manifests.files, objects: manifests.count };
    let invalid = |findings: Vec<Diagnostic>, source: Source| invalid(options, read, findings, source);
    let resolved = match load(context, &options.contract, &options.overrides, Scope::Named) {
        Ok(resolved) => resolved,
        Err(AppError::Contract { failure, .. }) => return Ok(invalid(failure.findings, failure.source)),
        Err(AppError::Invalid { findings, text, .. }) => return Ok(invalid(findings, text)),
        Err(error) => return Err(error),
    };
    let document = &*resolved.document;
    let report = validate::report(context, &Validator::default(), &resolved, References::Follow);
    if !report.is_valid() {
        let outcome = invalid(report.findings, document.source.clone());
        let service = &document.contract.service;
        return Ok(Outcome {
            service: Some(service.name.clone()),
            version: Some(service.version.clone()),
            ..outcome
        });
    }
    let (target, inventory, places) = target(options, &document.contract, manifests)?;
    let observation = inventory.observe(&target);
    let keys = required_keys(context, &resolved);
    let conditions = conditions(document, &keys, &observation, options.strict_checks);
    let service = &document.contract.service;
    Ok(Outcome {
        path: options.contract.clone(),
        service: Some(service.name.clone()),
        version: Some(service.version.clone()),
        contract_status: runtime::contract_status(&conditions),
        summary: runtime::summary(&conditions),
        conditions,
        validation: validation(report.findings),
        resources: resources(&target, &observation, &places),
        manifests: read,
        source: Some(document.source.clone()),
    })
}

fn invalid(options: &Options, read: Read, findings: Vec<Diagnostic>, source: Source) -> Outcome {
    let validation = validation(findings);
    let first = validation.errors.first().map(|finding| finding.message.as_str()).unwrap_or_default();
    let message = match validation.errors.len() {
        1 => format!("the contract is not valid: {first}"),
        count => format!("the contract is not valid: {first}, and {} more", count - 1),
    };
    let mut check = Check::contract_invalid(message);
    if let Some(finding) = validation.errors.first() {
        check.path.clone_from(&finding.path);
        check.pointer.clone_from(&finding.pointer);
        check.location.clone_from(&finding.location);
        check.help.clone_from(&finding.help);
    }
    let conditions = vec![check];
    Outcome {
        path: options.contract.clone(),
        service: None,
        version: None,
        contract_status: runtime::contract_status(&conditions),
        summary: runtime::summary(&conditions),
        conditions,
        validation,
        resources: Resources::default(),
        manifests: read,
        source: Some(source),
    }
}

fn validation(findings: Vec<Diagnostic>) -> Validation {
    let (errors, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    let warnings = others.into_iter().filter(|finding| finding.severity == Severity::Warning).collect();
    Validation { valid: errors.is_empty(), errors, warnings }
}

fn conditions(
    document: &ContractDocument,
    keys: &[RequiredKey],
    observation: &Observation,
    strict_checks: bool,
) -> Vec<Check> {
    let declared = Declared { contract: &document.contract, required_keys: keys };
    // Without a clock the same commit has the same verdict tomorrow.
    let options = runtime::Options { strict_checks, probes: false, today: None };
    let checks = runtime::check(declared, observation, &options);
    checks.into_iter().map(|check| check.locate(document)).collect()
}

/// The keys that are needed, with the schemas of other contracts.
fn required_keys(context: &Context, resolved: &Resolved) -> Vec<RequiredKey> {
    let subject =
        Subject { document: &resolved.document, bundle: Some(&resolved.bundle), origin: &resolved.origin };
    let (pins, _) = lock::pins_of(context, resolved);
    let mut library = Library::default();
    loop {
        let keys = runtime::required_keys(subject, &mut library);
        if !library.is_waiting() {
            return keys;
        }
        context.sources.supply(&mut library, &pins);
    }
}

type Places = BTreeMap<(ObservedKind, ResourceKey), Location>;

/// What to look for, in what, and where everything stands.
fn target(
    options: &Options,
    contract: &Contract,
    manifests: Manifests,
) -> Result<(Target, Inventory, Places), AppError> {
    let own = &contract.service.name;
    let is_service = options.service.is_some() || contract.interfaces.iter().any(|one| one.port.is_some());
    let service = is_service.then(|| options.service.clone().unwrap_or_else(|| own.clone()));
    let is_workload = options.workload.is_some() || !contract.is_publisher();
    let workload = is_workload.then(|| options.workload.clone().unwrap_or_else(|| (None, own.clone())));
    let namespace = match &options.namespace {
        Some(namespace) => namespace.clone(),
        None => namespace(&manifests.objects, service.as_deref(), workload.as_ref())?,
    };
    let mut inventory = Inventory::default();
    let mut places = Places::new();
    for placed in manifests.objects {
        // An object without a namespace goes where the others of its service go.
        let mut key = placed.key;
        if key.namespace.is_empty() {
            key.namespace.clone_from(&namespace);
        }
        let kind = placed.object.kind();
        let location = placed.location;
        let first = places.insert((kind, key.clone()), location.clone());
        if let Some(first) = first.filter(|_| key.namespace == namespace) {
            return Err(AppError::Manifest(format!(
                "{}:{}:{}: {kind} {:?} is there twice, first at {}:{}; name the manifests of one environment",
                location.file, location.line, location.column, key.name, first.file, first.line
            )));
        }
        inventory.apply(key, placed.object);
    }
    let workload = workload.map(|(kind, name)| {
        let key = ResourceKey::new(namespace.as_str(), name.as_str());
        (kind.unwrap_or_else(|| workload_kind(contract, &places, &key)), name)
    });
    Ok((Target { namespace, service, workload }, inventory, places))
}

/// The namespace in which the Service and the workload are; empty when no manifest says one.
fn namespace(
    objects: &[Placed],
    service: Option<&str>,
    workload: Option<&(Option<WorkloadKind>, String)>,
) -> Result<String, AppError> {
    let is_meant = |placed: &&Placed| match &placed.object {
        Object::Service(_) => service == Some(&placed.key.name),
        Object::Workload(found) => workload.is_some_and(|(kind, name)| {
            *name == placed.key.name && kind.is_none_or(|kind| kind == found.kind)
        }),
        _ => false,
    };
    let namespaces: BTreeSet<&str> = objects
        .iter()
        .filter(is_meant)
        .map(|placed| placed.key.namespace.as_str())
        .filter(|namespace| !namespace.is_empty())
        .collect();
    if namespaces.len() > 1 {
        let names: Vec<_> = namespaces.into_iter().collect();
        return Err(AppError::Usage(format!(
            "the service is in the namespaces {}; name one with --namespace",
            names.join(", ")
        )));
    }
    Ok(namespaces.into_iter().next().unwrap_or_default().to_owned())
}

/// The kind of the workload of this name: one that the contract declares before others, and what it would be when there
/// is none.
fn workload_kind(contract: &Contract, places: &Places, key: &ResourceKey) -> WorkloadKind {
    let runtime = contract.runtime.as_ref();
    let declared = |kind: &WorkloadKind| runtime.is_none_or(|runtime| runtime.workload == kind.declared());
    let (fitting, others): (Vec<_>, Vec<_>) = WorkloadKind::ALL.into_iter().partition(declared);
    let is_there = |kind: &WorkloadKind| places.contains_key(&((*kind).into(), key.clone()));
    let found = fitting.iter().chain(&others).copied().find(is_there);
    let is_stateful =
        runtime.is_some_and(|runtime| runtime.workload == "service" && runtime.state.kind == "stateful");
    let default = if is_stateful { Some(WorkloadKind::StatefulSet) } else { fitting.first().copied() };
    found.or(default).unwrap_or_default()
}

fn resources(target: &Target, observation: &Observation, places: &Places) -> Resources {
    let location = |kind: ObservedKind, name: &str| {
        places.get(&(kind, ResourceKey::new(target.namespace.as_str(), name))).cloned()
    };
    let service = observation.service.as_ref().map(|sought| Resource {
        kind: ObservedKind::Service.to_string(),
        name: sought.name.clone(),
        exists: sought.found.is_some(),
        location: location(ObservedKind::Service, &sought.name),
    });
    let workload = observation.workload.as_ref().map(|sought| Resource {
        kind: sought.kind.to_string(),
        name: sought.name.clone(),
        exists: sought.found.is_some(),
        location: location(sought.kind.into(), &sought.name),
    });
    let namespace = Some(target.namespace.clone()).filter(|namespace| !namespace.is_empty());
    Resources { namespace, service, workload }
}
