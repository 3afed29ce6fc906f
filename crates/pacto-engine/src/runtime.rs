//! A contract against what was observed while the service ran.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::yaml::Mapping;
use pacto_contract::{Code, ContractDocument, Diagnostic, Pointer};

/// What somebody saw. An empty list means that nothing was looked at, not that nothing is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// Open ports.
    pub ports: BTreeSet<u16>,
    /// Environment variables. Only the names are compared.
    pub environment: BTreeMap<String, String>,
}

/// Compares declared ports and configured values with an observation.
///
/// ```
/// use pacto_contract::ContractDocument;
/// use pacto_engine::runtime::{Observation, compare};
/// let text = b"pactoVersion: '1.0'\nservice: {name: a, version: 1.0.0}\ninterfaces: [{name: api, type: http, port: 80}]\n";
/// let document = ContractDocument::parse("pacto.yaml", text).unwrap();
/// let observation = Observation { ports: [8080].into(), ..Observation::default() };
/// assert_eq!(compare(&document, &observation)[0].code.as_str(), "PORT_NOT_OBSERVED");
/// ```
pub fn compare(document: &ContractDocument, observation: &Observation) -> Vec<Diagnostic> {
    let contract = &document.contract;
    let mut findings = Vec::new();
    if !observation.ports.is_empty() {
        for (index, interface) in contract.interfaces.iter().enumerate() {
            if let Some(port) = interface.port.filter(|port| !observation.ports.contains(port)) {
                let pointer = Pointer::root().key("interfaces").index(index).key("port");
                let message = format!("port {port} of interface {:?} was not observed", interface.name);
                let seen: Vec<_> = observation.ports.iter().map(u16::to_string).collect();
                let finding = document.finding(Code::PortNotObserved, &pointer, message);
                findings.push(finding.with_help(format!("observed were {}", seen.join(", "))));
            }
        }
    }
    if !observation.environment.is_empty() {
        for (index, entry) in contract.configurations.iter().enumerate() {
            let values = entry.values.iter().flat_map(Mapping::entries);
            for value in values.filter(|value| !observation.environment.contains_key(&*value.key)) {
                let pointer = contract.configurations.pointer(index).key("values").key(&value.key);
                let message = format!("{} was not observed in the environment", value.key);
                findings.push(document.finding(Code::ConfigNotObserved, &pointer, message));
            }
        }
    }
    findings
}
