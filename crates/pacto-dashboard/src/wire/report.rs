//! What the sources say, and the events that follow from it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::details::ServiceDetails;
use super::service::{ServiceEntry, SourceKind};

/// How a source is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// What it says is true now.
    Live,
    /// It is still looking.
    Discovering,
    /// What it says was true at its as-of time; it could not be asked since.
    Stale,
    /// It could never be asked.
    Failing,
    /// There is no such source here.
    #[default]
    Disabled,
}

/// A failure in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceError {
    /// What went wrong.
    pub message: String,
    /// When; RFC 3339.
    pub at: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A place where a source looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceLocation {
    /// Directory, repository or cluster.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How it is.
    pub state: SourceState,
    /// The service found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How many versions it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<usize>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceInfo {
    /// Which one.
    #[serde(rename = "type")]
    pub kind: SourceKind,
    /// Whether it is in use.
    pub enabled: bool,
    /// What was found at the start, or why it is not in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it is.
    pub state: SourceState,
    /// Number of services that it knows.
    pub services: usize,
    /// Number of versions that it knows.
    pub versions: usize,
    /// When what it says was true; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// When it answered last; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<String>,
    /// What went wrong last, as long as it is still so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<SourceError>,
    /// Where it looks; at most 1,000, those with errors first.
    pub locations: Vec<SourceLocation>,
    /// Places that could not be read, those that are not listed among them; with some, a part of it is missing.
    pub failed: usize,
    /// What to know about how it looks, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether it looks for changes from time to time, since the system does not tell of them.
    pub polled: bool,
    /// What overrides what, in words.
    pub precedence: String,
}

/// How far a discovery has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Progress {
    /// Repositories that are known so far.
    pub known: usize,
    /// Repositories that were asked.
    pub loaded: usize,
}

/// All sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourcesReport {
    /// In the order local, k8s, oci.
    pub sources: Vec<SourceInfo>,
    /// Whether the first discovery is still under way.
    pub discovering: bool,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// One service as each source knows it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceSources {
    /// Name.
    pub name: String,
    /// By source: local, oci, k8s.
    pub sources: Vec<ServiceOfSource>,
    /// Merged.
    pub merged: ServiceDetails,
}

/// A service as one source knows it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceOfSource {
    /// Which source.
    pub source_type: SourceKind,
    /// What it says.
    pub service: ServiceDetails,
}

/// First event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelloEvent {
    /// Current snapshot.
    pub snapshot: String,
    /// Version of the server.
    pub version: String,
    /// When the snapshot was made; RFC 3339.
    pub as_of: String,
}

/// There is a new snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotEvent {
    /// Its identity.
    pub snapshot: String,
    /// When it was made; RFC 3339.
    pub as_of: String,
    /// Services that are new or look different in the list.
    pub changed: Vec<Arc<ServiceEntry>>,
    /// Services that are gone.
    pub removed: Vec<String>,
    /// Whether too much changed to say what: fetch the list again.
    pub reset: bool,
    /// Whether the graph has other nodes or edges.
    pub structure: bool,
    /// How the sources are.
    #[serde(flatten)]
    pub sources: SourcesReport,
}

/// Answer of `/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Version of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Answer of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Readiness {
    /// Whether at least one source that is in use has answered.
    pub ready: bool,
    /// How the sources are.
    pub sources: Vec<SourceReadiness>,
}

/// A source in a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceReadiness {
    /// Which one.
    #[serde(rename = "type")]
    pub kind: SourceKind,
    /// How it is.
    pub state: SourceState,
}

/// Answer of `/metrics` in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsReport {
    /// Number of services.
    pub service_count: usize,
    /// Number of sources, those that are not in use among them.
    pub source_count: usize,
}

/// Answer of `/api/refresh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refreshed {
    /// `ok`.
    pub status: String,
}

/// Answer of `/api/versions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemoteVersions {
    /// Tags that are versions, the newest first.
    pub versions: Vec<String>,
}
