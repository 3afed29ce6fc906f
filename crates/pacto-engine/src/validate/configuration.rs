//! Configurations: their schema files, their values, and the contracts they refer to.

use pacto_contract::bundle::CONFIGURATION_SCHEMA;
use pacto_contract::yaml::{Node, Value};
use pacto_contract::{Bundle, Code, ContractDocument, Diagnostic, Location, Pointer};

use super::cross_field::{file_exists, reference, unique_names};
use super::interface::file_beside;
use super::{References, Subject, quoted};
use crate::library::{Library, Request};
use crate::schema::{Schema, SchemaError, SchemaFiles};

pub(super) fn check(
    subject: Subject<'_>,
    schemas: &SchemaFiles<'_>,
    library: &mut Library,
    references: References,
    findings: &mut Vec<Diagnostic>,
) {
    let document = subject.document;
    let section = &document.contract.configurations;
    if section.is_plural() {
        let names = section.iter().map(|entry| entry.name.as_str());
        unique_names(document, "configurations", names, Code::DuplicateConfigurationName, findings);
    }
    for (index, entry) in section.iter().enumerate() {
        let at = section.pointer(index);
        if let (Some(path), Some(bundle)) = (&entry.schema, subject.bundle) {
            let codes = (Code::InvalidConfigJson, Code::InvalidConfigSchema);
            let schema = schema_file(subject, bundle, path, &at.key("schema"), schemas, codes, findings);
            let values = entry.values.as_ref().filter(|values| !values.entries().is_empty());
            if let (Some(schema), Some(values)) = (schema, values) {
                let values = Node::synthetic(Value::Mapping(values.clone()));
                judge_values(document, &schema, &values, &at.key("values"), findings);
            }
        }
        if let Some(text) = &entry.reference {
            let pointer = at.key("ref");
            let parsed = reference(document, text, || pointer.clone(), Code::InvalidConfigRef, findings);
            if parsed.is_some() && references == References::Follow {
                offered_schema(subject, text, &pointer, schemas, library, findings);
            }
        }
    }
}

/// Reads and compiles a schema file of the bundle, reporting what is wrong with it.
pub(super) fn schema_file(
    subject: Subject<'_>,
    bundle: &Bundle,
    path: &str,
    pointer: &Pointer,
    schemas: &SchemaFiles<'_>,
    (not_json, not_schema): (Code, Code),
    findings: &mut Vec<Diagnostic>,
) -> Option<std::sync::Arc<Schema>> {
    let document = subject.document;
    if !file_exists(document, bundle, path, pointer, findings) {
        return None;
    }
    match schemas.get(subject.origin, bundle, path)? {
        Ok(schema) => Some(schema),
        Err(SchemaError::NotJson { message, line, column }) => {
            let mut finding = Diagnostic::new(not_json, pointer, format!("{path}: {message}"));
            let file = file_beside(document.source.name(), path).into();
            finding.location = Some(Location { file, line, column });
            findings.push(finding.with_help("correct the file at this place"));
            None
        }
        Err(SchemaError::Invalid(message)) => {
            findings.push(document.finding(
                not_schema,
                pointer,
                format!("{path} is not a JSON Schema: {message}"),
            ));
            None
        }
    }
}

/// One finding a violation, at the value that breaks the schema; values are never shown, they may be secrets.
fn judge_values(
    document: &ContractDocument,
    schema: &Schema,
    values: &Node,
    at: &Pointer,
    findings: &mut Vec<Diagnostic>,
) {
    let Ok(instance) = values.to_json() else { return };
    let judgement = schema.judge(&instance);
    for violation in &judgement.violations {
        let pointer = join(at, &violation.pointer);
        let mut finding =
            document.finding(Code::ConfigValuesValidationFailed, &pointer, violation.reason.clone());
        finding.help.clone_from(&violation.about);
        findings.push(finding);
    }
    if let Some(reason) = judgement.undecided {
        let message = format!("the values could not be checked: {reason}");
        findings.push(document.finding(Code::ConfigValuesValidationFailed, at, message));
    }
}

fn join(at: &Pointer, inner: &Pointer) -> Pointer {
    inner.segments().iter().fold(at.clone(), |at, segment| match segment {
        pacto_contract::Segment::Key(key) => at.key(key),
        pacto_contract::Segment::Index(index) => at.index(*index),
    })
}

/// A referenced configuration must exist and offer a schema at the fixed path.
fn offered_schema(
    subject: Subject<'_>,
    text: &str,
    pointer: &Pointer,
    schemas: &SchemaFiles<'_>,
    library: &mut Library,
    findings: &mut Vec<Diagnostic>,
) {
    let answer = match Request::new(subject.origin, text, None) {
        Ok(request) => match library.look_up(&request) {
            Some(answer) => answer,
            None => return,
        },
        Err(error) => Err(error),
    };
    let problem = match answer {
        Err(error) => error.to_string(),
        Ok(resolved) => match schemas.get(&resolved.origin, &resolved.bundle, CONFIGURATION_SCHEMA) {
            None => format!("{} has no {CONFIGURATION_SCHEMA}", resolved.identity),
            Some(Ok(_)) => return,
            Some(Err(error)) => format!("{CONFIGURATION_SCHEMA} of {}: {error}", resolved.identity),
        },
    };
    let message = format!("configuration {} is unresolved: {problem}", quoted(text));
    findings.push(subject.document.finding(Code::ConfigRefUnresolved, pointer, message));
}
