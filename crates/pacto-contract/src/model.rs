//! The contract as typed values.
//!
//! Singular and plural sections are one list here; [`Form`] remembers which form was read, so that paths and
//! output keep it. Absent keys stay absent: nothing is filled in.

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::pointer::Pointer;
use crate::yaml::{Mapping, Node};

/// Name of a configuration or policy that was written in the singular form.
pub const DEFAULT_NAME: &str = "default";

/// One service's contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// Version of the format, as written.
    pub pacto_version: String,
    /// Who the service is.
    pub service: Service,
    /// What it exposes.
    pub interfaces: Vec<Interface>,
    /// What it is configured with, or offers as configuration.
    pub configurations: Section<Configuration>,
    /// Rules it follows or publishes.
    pub policies: Section<Policy>,
    /// Services it calls.
    pub dependencies: Vec<Arc<Dependency>>,
    /// Behaviour at run time.
    pub runtime: Option<Runtime>,
    /// Number of instances.
    pub scaling: Option<Scaling>,
    /// Production readiness (formats 1.1 and 1.2), carried through.
    pub readiness: Option<Node>,
    /// Free form.
    pub metadata: Option<Mapping>,
}

/// Whether a section was written as one object or as a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Not there at all.
    #[default]
    Absent,
    /// `configuration:` or `policy:`.
    Singular,
    /// `configurations:` or `policies:`.
    Plural,
}

/// A section that has a singular and a plural form.
#[derive(Debug, Clone, PartialEq)]
pub struct Section<T> {
    /// Which form was read.
    pub form: Form,
    /// The entries; a singular one is named [`DEFAULT_NAME`].
    pub entries: Vec<T>,
    keys: (&'static str, &'static str),
}

impl<T> Section<T> {
    pub(crate) fn new(form: Form, entries: Vec<T>, keys: (&'static str, &'static str)) -> Self {
        Self { form, entries, keys }
    }

    /// Where entry `index` stands in the contract: `configuration` or `configurations[2]`.
    pub fn pointer(&self, index: usize) -> Pointer {
        match self.form {
            Form::Plural => Pointer::root().key(self.keys.1).index(index),
            Form::Singular | Form::Absent => Pointer::root().key(self.keys.0),
        }
    }

    /// Whether the plural form was read.
    pub fn is_plural(&self) -> bool {
        self.form == Form::Plural
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }
}

impl<'a, T> IntoIterator for &'a Section<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Identity of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Name, unique in the platform.
    pub name: String,
    /// Version, as written.
    pub version: String,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// Container image.
    pub image: Option<Image>,
    /// Helm chart.
    pub chart: Option<Chart>,
}

/// Who answers for a service; the form that was written is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Owner {
    /// A plain name.
    Name(String),
    /// A team with people and contacts.
    Team(Team),
}

/// Structured ownership.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Team {
    /// Owning team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Directly responsible individual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dri: Option<String>,
    /// How to reach them, in order of preference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

/// One way to reach an owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Contact {
    /// `email`, `url`, `group`, `oncall`, `chat` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Address, link or name.
    pub value: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// What an owner without team and responsible person is called.
pub const UNNAMED_OWNER: &str = "(unnamed owner)";

impl Owner {
    /// The name to show and to group by: team, else the plain name, else the responsible person.
    ///
    /// ```
    /// use pacto_contract::model::{Owner, Team};
    /// let owner = Owner::Team(Team { dri: Some("ada".into()), ..Team::default() });
    /// assert_eq!(owner.display(), "ada");
    /// ```
    pub fn display(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Team(team) => team.team.as_deref().or(team.dri.as_deref()).unwrap_or(UNNAMED_OWNER),
        }
    }
}

/// Container image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// `registry/repository:tag`.
    pub reference: String,
    /// Whether pulling it needs credentials.
    pub private: Option<bool>,
}

/// Helm chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// `oci://…`, `file://…` or a path.
    pub reference: String,
    /// Version, as written.
    pub version: String,
}

/// One way into, or out of, a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Name, unique in the contract.
    pub name: String,
    /// `http`, `grpc` or `event`.
    pub kind: String,
    /// Port.
    pub port: Option<u16>,
    /// `public` or `internal`; absent is not filled in.
    pub visibility: Option<String>,
    /// Description file in the bundle.
    pub contract: Option<String>,
}

/// One configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Name, [`DEFAULT_NAME`] in the singular form.
    pub name: String,
    /// JSON Schema file in the bundle.
    pub schema: Option<String>,
    /// Contract whose schema applies.
    pub reference: Option<String>,
    /// Values; absent is not empty.
    pub values: Option<Mapping>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Name, [`DEFAULT_NAME`] in the singular form.
    pub name: String,
    /// JSON Schema file in the bundle.
    pub schema: Option<String>,
    /// Contract whose policies apply.
    pub reference: Option<String>,
}

/// A service that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The name that was written, if any; see [`Dependency::name`].
    pub declared_name: Option<String>,
    /// `oci://…`, `file://…` or a path, as written.
    pub reference: String,
    /// Whether the service cannot work without it.
    pub required: bool,
    /// Version constraint, as written.
    pub compatibility: String,
}

impl Dependency {
    /// The declared name, else the last part of the reference without tag and digest.
    pub fn name(&self) -> &str {
        match &self.declared_name {
            Some(name) => name,
            None => {
                let path = self.reference.split('@').next().unwrap_or_default().trim_end_matches('/');
                let last = path.rsplit('/').next().unwrap_or(path);
                last.split(':').next().unwrap_or(last)
            }
        }
    }
}

/// Behaviour at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// `service`, `job` or `scheduled`.
    pub workload: String,
    /// What it keeps, and where.
    pub state: State,
    /// How it is replaced and stopped.
    pub lifecycle: Option<Lifecycle>,
    /// Health check.
    pub health: Option<Probe>,
    /// Metrics endpoint.
    pub metrics: Option<Probe>,
}

/// State model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `stateless`, `stateful` or `hybrid`.
    pub kind: String,
    /// `local` or `shared`.
    pub scope: String,
    /// `ephemeral` or `persistent`.
    pub durability: String,
    /// `low`, `medium` or `high`.
    pub data_criticality: String,
}

/// How instances come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// `rolling`, `recreate` or `ordered`.
    pub upgrade_strategy: Option<String>,
    /// Time to stop, in seconds.
    pub graceful_shutdown_seconds: Option<u64>,
}

/// An endpoint that is asked: health or metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Name of an interface.
    pub interface: String,
    /// Path, for http.
    pub path: Option<String>,
    /// Time before the first question, in seconds; health only.
    pub initial_delay_seconds: Option<u64>,
}

/// Number of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// A fixed number.
    Replicas(u64),
    /// Between two bounds.
    Range {
        /// Fewest.
        min: u64,
        /// Most.
        max: u64,
    },
}

impl Contract {
    /// Whether the contract describes a running service. One with neither interfaces nor runtime only publishes
    /// schemas: it *offers* its configuration and is not judged by its own policy.
    pub fn is_publisher(&self) -> bool {
        self.interfaces.is_empty() && self.runtime.is_none()
    }

    /// The interface called `name`.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.name == name)
    }

    /// `name@version`.
    pub fn identity(&self) -> String {
        format!("{}@{}", self.service.name, self.service.version)
    }

    /// The files of the bundle that the contract names, in document order, each once.
    pub fn named_files(&self) -> Vec<&str> {
        let interfaces = self.interfaces.iter().filter_map(|interface| interface.contract.as_deref());
        let configurations = self.configurations.iter().filter_map(|entry| entry.schema.as_deref());
        let policies = self.policies.iter().filter_map(|entry| entry.schema.as_deref());
        let mut seen = HashSet::new();
        interfaces.chain(configurations).chain(policies).filter(|file| seen.insert(*file)).collect()
    }
}
