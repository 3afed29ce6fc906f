//! Ports and environment of one process against a contract: the comparison that plugins and scripts use.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::yaml::Mapping;
use pacto_contract::{Code, ContractDocument, Diagnostic, Pointer};

/// What somebody saw. An empty list means that nothing was looked at, not that nothing is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Open ports.
    pub ports: BTreeSet<u16>,
    /// Environment variables. Only the names are compared.
    pub environment: BTreeMap<String, String>,
}

/// Compares declared ports and configured values with an sighting.
///
/// ```
/// use pacto_contract::ContractDocument;
/// use pacto_engine::runtime::{Sighting, compare};
/// let text = b"pactoVersion: '1.0'\nservice: {name: a, version: 1.0.0}\ninterfaces: [{name: api, type: http, port: 80}]\n";
/// let document = ContractDocument::parse("pacto.yaml", text).unwrap();
/// let sighting = Sighting { ports: [8080].into(), ..Sighting::default() };
/// assert_eq!(compare(&document, &sighting)[0].code.as_str(), "PORT_NOT_OBSERVED");
/// ```
pub fn compare(document: &ContractDocument, sighting: &Sighting) -> Vec<Diagnostic> {
    let contract = &document.contract;
    let mut findings = Vec::new();
    if !sighting.ports.is_empty() {
        for (index, interface) in contract.interfaces.iter().enumerate() {
            if let Some(port) = interface.port.filter(|port| !sighting.ports.contains(port)) {
                let pointer = Pointer::root().key("interfaces").index(index).key("port");
                let message = format!("port {port} of interface {:?} was not observed", interface.name);
                let seen: Vec<_> = sighting.ports.iter().map(u16::to_string).collect();
                let finding = document.finding(Code::PortNotObserved, &pointer, message);
                findings.push(finding.with_help(format!("observed were {}", seen.join(", "))));
            }
        }
    }
    if !sighting.environment.is_empty() {
        for (index, entry) in contract.configurations.iter().enumerate() {
            let values = entry.values.iter().flat_map(Mapping::entries);
            for value in values.filter(|value| !sighting.environment.contains_key(&*value.key)) {
                let pointer = contract.configurations.pointer(index).key("values").key(&value.key);
                let message = format!("{} was not observed in the environment", value.key);
                findings.push(document.finding(Code::ConfigNotObserved, &pointer, message));
            }
        }
    }
    findings
}
