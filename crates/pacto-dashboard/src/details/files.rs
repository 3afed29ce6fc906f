//! What the files of a bundle say about interfaces, configuration, policies and packages.

use std::collections::BTreeMap;

use pacto_contract::bundle::{CONFIGURATION_SCHEMA, POLICY_SCHEMA};
use pacto_contract::yaml::{Entry, Mapping, Value};
use pacto_contract::{Bundle, Location, Severity};
use pacto_engine::doc::described::{self, Field};
use pacto_engine::library::Resolved;
use pacto_engine::sbom::{self, SbomFormat};

use crate::judge::Judgement;
use crate::wire::details::{
    ConfigValue, Configuration, Excerpt, Interface, Issue, Policy, PolicySource, Sbom, SbomComponent,
    ServiceDetails,
};

/// Largest file that is shown as it is, in bytes.
pub const MAX_SHOWN_BYTES: usize = 10_240;
/// Stands where a file was cut.
const CUT: &str = "\n… (cut)";
/// Most packages that are listed.
const MAX_COMPONENTS: usize = 2_000;
/// Lines shown above and below the one that an excerpt is about.
const AROUND: usize = 2;
/// Longest line of an excerpt, in characters.
const MAX_LINE: usize = 400;

/// Fills in what the files say.
pub(super) fn describe(
    details: &mut ServiceDetails,
    resolved: &Resolved,
    judged: &Judgement,
    notes: &mut Vec<String>,
) {
    let (contract, bundle) = (&resolved.document.contract, &*resolved.bundle);
    details.interfaces = contract.interfaces.iter().map(|found| interface(found, bundle, notes)).collect();
    details.configurations =
        contract.configurations.iter().map(|found| configuration(found, bundle, notes)).collect();
    let findings = &judged.report.findings;
    let policies = contract.policies.iter().enumerate().map(|(position, found)| {
        let own = contract.policies.pointer(position).to_string();
        let is_about =
            |path: &str| path == own || path.strip_prefix(&own).is_some_and(|rest| rest.starts_with('.'));
        let is_unchecked = judged.is_partial && found.reference.is_some();
        // A violation is reported at the place of the contract that it is about, so that it counts against all.
        let broken = findings.iter().filter(|finding| {
            finding.severity == Severity::Error
                && (is_about(&finding.path) || finding.code.as_str() == "POLICY_VIOLATION")
        });
        let problems = broken.map(Issue::from).collect();
        policy(found, bundle, (!is_unchecked && !contract.is_publisher()).then_some(problems), notes)
    });
    details.policies = policies.collect();
    if let [one] = details.configurations.as_slice() {
        details.configuration = Some(one.clone());
    }
    if let [one] = details.policies.as_slice() {
        details.policy = Some(one.clone());
    }
    details.sbom = packages(bundle, notes);
}

fn interface(
    found: &pacto_contract::model::Interface,
    bundle: &Bundle,
    notes: &mut Vec<String>,
) -> Interface {
    let mut interface = Interface {
        name: found.name.clone(),
        kind: found.kind.clone(),
        port: found.port,
        visibility: found.visibility.clone(),
        has_contract_file: found.contract.is_some(),
        contract_file: found.contract.clone(),
        contract_content: None,
        endpoints: Vec::new(),
        channels: Vec::new(),
        methods: Vec::new(),
    };
    let Some(file) = &found.contract else { return interface };
    if found.kind == "grpc" {
        interface.methods = described::methods(bundle, file).unwrap_or_default();
        if interface.methods.is_empty() {
            interface.contract_content = shown(bundle, file, notes);
        }
        return interface;
    }
    interface.endpoints = described::operations(bundle, file).unwrap_or_default();
    if interface.endpoints.is_empty() {
        interface.channels = described::channels(bundle, file).unwrap_or_default();
    }
    if interface.endpoints.is_empty() && interface.channels.is_empty() {
        interface.contract_content = shown(bundle, file, notes);
    }
    interface
}

/// The text of a file, cut where it is long.
fn shown(bundle: &Bundle, file: &str, notes: &mut Vec<String>) -> Option<String> {
    let Some(content) = bundle.get(file) else {
        notes.push(format!("{file} is not in the bundle."));
        return None;
    };
    let text = String::from_utf8_lossy(content);
    if text.len() <= MAX_SHOWN_BYTES {
        return Some(text.into_owned());
    }
    let end = text.floor_char_boundary(MAX_SHOWN_BYTES);
    Some(format!("{}{CUT}", text.get(..end).unwrap_or_default()))
}

fn configuration(
    found: &pacto_contract::model::Configuration,
    bundle: &Bundle,
    notes: &mut Vec<String>,
) -> Configuration {
    let implied = || {
        (found.reference.is_none() && bundle.contains(CONFIGURATION_SCHEMA))
            .then(|| CONFIGURATION_SCHEMA.to_owned())
    };
    let schema = found.schema.clone().or_else(implied);
    let fields = schema.as_ref().map(|file| fields(bundle, file, notes)).unwrap_or_default();
    let values = found.values.as_ref();
    let value_keys: Vec<String> = {
        let mut keys: Vec<String> = values
            .map(Mapping::entries)
            .unwrap_or_default()
            .iter()
            .map(|entry| entry.key.to_string())
            .collect();
        keys.sort();
        keys
    };
    Configuration {
        name: found.name.clone(),
        has_schema: schema.is_some(),
        schema,
        reference: found.reference.clone(),
        value_keys,
        secret_keys: Vec::new(),
        values: match values {
            Some(values) => of_values(values, &fields),
            None => fields.into_iter().map(of_field).collect(),
        },
    }
}

fn fields(bundle: &Bundle, file: &str, notes: &mut Vec<String>) -> Vec<Field> {
    described::properties(bundle, file).unwrap_or_else(|_| {
        notes.push(format!("{file} cannot be read."));
        Vec::new()
    })
}

fn of_field(field: Field) -> ConfigValue {
    ConfigValue {
        key: field.name,
        value: field.default.clone().unwrap_or_else(|| ConfigValue::ANY.to_owned()),
        kind: field.kind,
        required: field.required,
        default: field.default,
        description: field.description,
    }
}

/// Top-level values by key, with what the schema says of them; and what the schema names beside.
fn of_values(values: &Mapping, fields: &[Field]) -> Vec<ConfigValue> {
    let described: BTreeMap<&str, &Field> = fields.iter().map(|field| (field.name.as_str(), field)).collect();
    let value = |entry: &Entry| {
        let (value, kind) = match &entry.node.value {
            Value::Null => (ConfigValue::ANY.to_owned(), "any"),
            Value::Bool(_) => (entry.node.scalar_text().unwrap_or_default().to_owned(), "boolean"),
            Value::Int(..) | Value::Float(..) => {
                (entry.node.scalar_text().unwrap_or_default().to_owned(), "number")
            }
            Value::String(_) => (entry.node.as_str().unwrap_or_default().to_owned(), "string"),
            _ => (entry.node.to_json().map(|json| json.to_string()).unwrap_or_default(), "object"),
        };
        let field = described.get(&*entry.key);
        ConfigValue {
            key: entry.key.to_string(),
            value,
            kind: kind.to_owned(),
            required: field.is_some_and(|field| field.required),
            default: field.and_then(|field| field.default.clone()),
            description: field.and_then(|field| field.description.clone()),
        }
    };
    let mut shown: Vec<ConfigValue> = values.entries().iter().map(value).collect();
    let is_given = |name: &str| {
        let top = name.split(['.', '[']).next().unwrap_or(name);
        values.get(top).is_some()
    };
    shown.extend(fields.iter().filter(|field| !is_given(&field.name)).cloned().map(of_field));
    shown.sort_by(|left, right| left.key.cmp(&right.key));
    shown
}

fn policy(
    found: &pacto_contract::model::Policy,
    bundle: &Bundle,
    problems: Option<Vec<Issue>>,
    notes: &mut Vec<String>,
) -> Policy {
    let in_bundle = found.reference.clone().filter(|file| bundle.contains(file));
    let implied =
        || (found.reference.is_none() && bundle.contains(POLICY_SCHEMA)).then(|| POLICY_SCHEMA.to_owned());
    let schema = found.schema.clone().or(in_bundle).or_else(implied);
    let text = schema.as_ref().and_then(|file| bundle.get(file));
    let parsed: Option<serde_json::Value> = text.and_then(|text| serde_json::from_slice(text).ok());
    let said = |key: &str| parsed.as_ref()?.get(key)?.as_str().map(str::to_owned);
    let values = schema.as_ref().map(|file| fields(bundle, file, notes)).unwrap_or_default();
    Policy {
        name: found.name.clone(),
        has_schema: schema.is_some(),
        reference: found.reference.clone(),
        title: said("title"),
        description: said("description"),
        content: schema.as_ref().and_then(|file| shown(bundle, file, notes)),
        values: values.into_iter().map(of_field).collect(),
        schema,
        satisfied: problems.as_ref().map(Vec::is_empty),
        source: if found.reference.is_some() { PolicySource::Reference } else { PolicySource::Bundle },
        problems: problems.unwrap_or_default(),
    }
}

fn packages(bundle: &Bundle, notes: &mut Vec<String>) -> Option<Sbom> {
    let read = sbom::read(bundle.iter());
    for problem in &read.problems {
        notes.push(format!("{}:{}: {}", problem.file, problem.line, problem.message));
    }
    let document = read.document?;
    let total = document.packages.len();
    let component = |package: sbom::Package| SbomComponent {
        name: package.name,
        version: package.version,
        purl: package.purl,
        licenses: package.license.into_iter().collect(),
    };
    Some(Sbom {
        format: match document.format {
            SbomFormat::Spdx => "spdx".to_owned(),
            SbomFormat::CycloneDx => "cyclonedx".to_owned(),
        },
        components: document.packages.into_iter().take(MAX_COMPONENTS).map(component).collect(),
        total,
        truncated: total > MAX_COMPONENTS,
    })
}

/// The lines around a place.
pub fn excerpt(text: &str, place: &Location, length: usize) -> Excerpt {
    let line = usize::try_from(place.line).unwrap_or(1).max(1);
    let first = line.saturating_sub(AROUND).max(1);
    let shown = text.lines().enumerate().map(|(number, line)| (number + 1, line));
    let cut = |line: &str| line.chars().take(MAX_LINE).collect::<String>();
    let lines =
        shown.filter(|(number, _)| (first..=line + AROUND).contains(number)).map(|(_, line)| cut(line));
    let whole = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Excerpt {
        file: place.file.to_string(),
        line: place.line,
        column: place.column,
        length: whole(length.clamp(1, MAX_LINE)),
        first_line: whole(first),
        lines: lines.collect(),
    }
}
