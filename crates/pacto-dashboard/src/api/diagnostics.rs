//! What `--diagnostics` shows, for those who wonder why a service is not there.

use std::collections::BTreeMap;

use super::operation;
use pacto_k8s::kubeconfig_path;
use schemars::JsonSchema;
use serde::Serialize;

use super::health::Nothing;
use crate::app::sources as report;
use crate::http::operation::{Api, Call};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::index::merge::Parts;
use crate::wire::report::SourceInfo;
use crate::wire::service::{ContractStatus, SourceKind};

/// Adds the operations of this module.
pub fn add(api: Api) -> Api {
    let why = "Sources with everything that helps to find out why";
    api.get(operation("debug-sources", "/api/debug/sources", "Debug", why, &[]), sources).get(
        operation("debug-services", "/api/debug/services", "Debug", "Services by source, and merged", &[]),
        services,
    )
}

/// Most names that are listed.
const MAX_NAMES: usize = 1_000;

/// Sources with everything that helps to find out why.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DebugSources {
    /// As `/api/sources` has them.
    pub sources: Vec<SourceInfo>,
    /// By kind.
    pub diagnostics: Diagnostics,
    /// What is served now.
    pub live: Live,
}

/// By kind of source.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnostics {
    /// The cluster.
    pub k8s: ClusterDiagnostics,
    /// Registries.
    pub oci: OciDiagnostics,
    /// What was fetched before.
    pub cache: CacheDiagnostics,
    /// The directory.
    pub local: LocalDiagnostics,
}

/// The cluster.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape that the original has")]
pub struct ClusterDiagnostics {
    /// Whether there is a configuration for a client.
    pub client_configured: bool,
    /// Whether it answers.
    pub cluster_reachable: bool,
    /// Whether it knows the resource.
    pub crd_exists: bool,
    /// The namespace that is looked at; empty for all.
    pub namespace: String,
    /// Whether all are looked at.
    pub all_namespaces: bool,
    /// Number of resources.
    pub resource_count: usize,
    /// The kubeconfig, outside of a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig_path: Option<String>,
    /// Group of the resources that it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected_group: Option<String>,
    /// Versions of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected_versions: Option<Vec<String>>,
    /// The version that is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_version: Option<String>,
    /// Name of the resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Registries.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciDiagnostics {
    /// Whether contracts can be fetched.
    pub store_configured: bool,
    /// Repositories that are known, by name.
    pub repos: Vec<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What was fetched before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheDiagnostics {
    /// Its directory; empty where there is none.
    pub cache_dir: String,
    /// Whether it is there.
    pub exists: bool,
    /// As `exists`: the directory is the one for registries.
    pub oci_dir_exists: bool,
    /// Number of repositories in it, one for each service.
    pub service_count: usize,
    /// Number of versions in it.
    pub version_count: usize,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The directory.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalDiagnostics {
    /// The directory.
    pub dir: String,
    /// Whether a contract was found.
    pub pacto_yaml_found: bool,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_in: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is served now.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// Number of services.
    pub service_count: usize,
    /// Their names; at most 1,000.
    pub service_names: Vec<String>,
}

/// Services by source, and merged.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DebugServices {
    /// Each source by itself.
    pub per_source: Vec<SourceServices>,
    /// Merged.
    pub aggregated_list: Vec<AggregatedService>,
}

/// Services of one source.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceServices {
    /// Which source.
    pub source_type: SourceKind,
    /// How many.
    pub count: usize,
    /// Names and versions; at most 1,000.
    pub services: Vec<NamedVersion>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A service of one source.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NamedVersion {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// A service as it was merged.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AggregatedService {
    /// Name.
    pub name: String,
    /// Where the contract is from.
    pub merged_source: SourceKind,
    /// Every source that knows it.
    pub merged_sources: Vec<SourceKind>,
    /// Status.
    pub merged_contract_status: ContractStatus,
    /// Version.
    pub merged_version: String,
    /// As `mergedSources`.
    pub present_in_sources: Vec<SourceKind>,
}

pub async fn sources(call: Call, _: Nothing) -> Result<Reply<DebugSources>, Problem> {
    let snapshot = call.app.snapshot();
    let contents = &snapshot.contents;
    let report = report(contents);
    let error = |kind: SourceKind| {
        let source = report.sources.iter().find(|source| source.kind == kind)?;
        source.last_error.as_ref().map(|error| error.message.clone())
    };
    let of = |kind: SourceKind| contents.status.get(&kind).cloned().unwrap_or_default();
    let (local, cluster) = (of(SourceKind::Local), of(SourceKind::K8s));
    let (cached, cache_error) = match call.app.oci.cached().await {
        Ok(cached) => (cached, None),
        Err(error) => (BTreeMap::default(), Some(error.to_string())),
    };
    let cache = call.app.context.sources.registries.cache();
    let directory = cache.map(|cache| cache.directory().to_owned());
    let exists = directory.as_ref().is_some_and(|directory| directory.is_dir());
    let root = local.locations.last().map(|location| location.reference.clone());
    // One that cannot be read was found, too.
    let is_found = !contents.local.is_empty() || local.failed > 0;
    let names = snapshot.services.iter().take(MAX_NAMES).map(|service| service.entry.name.clone());
    let served = call.app.cluster.served();
    let (group, version) = served.as_deref().and_then(|served| served.split_once('/')).unzip();
    let (group, version) = (group.map(str::to_owned), version.map(str::to_owned));
    let debug = DebugSources {
        diagnostics: Diagnostics {
            k8s: ClusterDiagnostics {
                client_configured: cluster.enabled,
                cluster_reachable: cluster.last_success.is_some() && cluster.last_error.is_none(),
                crd_exists: call.app.cluster.is_defined(),
                namespace: call.app.cluster.namespace().to_owned(),
                all_namespaces: call.app.cluster.namespace().is_empty(),
                resource_count: contents.k8s.values().map(Vec::len).sum(),
                kubeconfig_path: kubeconfig_path().map(|path| path.display().to_string()),
                detected_group: group.clone(),
                detected_versions: version.clone().map(|version| vec![version]),
                chosen_version: version,
                resource_name: group.map(|_| "pactos".to_owned()),
                error: error(SourceKind::K8s),
            },
            oci: OciDiagnostics {
                store_configured: true,
                repos: of(SourceKind::Oci).locations.into_iter().map(|location| location.reference).collect(),
                error: error(SourceKind::Oci),
            },
            cache: CacheDiagnostics {
                cache_dir: directory.map(|directory| directory.display().to_string()).unwrap_or_default(),
                exists,
                oci_dir_exists: exists,
                service_count: cached.len(),
                version_count: cached.values().map(Vec::len).sum(),
                error: cache_error,
            },
            local: LocalDiagnostics {
                dir: root.clone().unwrap_or_default(),
                pacto_yaml_found: is_found,
                found_in: root.filter(|_| is_found),
                error: error(SourceKind::Local),
            },
        },
        live: Live { service_count: snapshot.services.len(), service_names: names.collect() },
        sources: report.sources,
    };
    Ok(Reply::new(&debug))
}

pub async fn services(call: Call, _: Nothing) -> Result<Reply<DebugServices>, Problem> {
    let snapshot = call.app.snapshot();
    let contents = &snapshot.contents;
    let error = |kind: SourceKind| {
        let status = contents.status.get(&kind)?;
        status.last_error.as_ref().map(|error| error.message.clone())
    };
    let mut per_source = Vec::new();
    for kind in [SourceKind::Local, SourceKind::Oci] {
        let Some(services) = contents.services(kind) else { continue };
        let named = services.values().take(MAX_NAMES).map(|service| NamedVersion {
            name: service.current.name.to_string(),
            version: service.current.version.to_string(),
        });
        per_source.push(SourceServices {
            source_type: kind,
            count: services.len(),
            services: named.collect(),
            error: error(kind),
        });
    }
    let clusters = contents.k8s.iter().take(MAX_NAMES).filter_map(|(name, services)| {
        Some(NamedVersion { name: name.to_string(), version: services.first()?.details.version.clone() })
    });
    per_source.push(SourceServices {
        source_type: SourceKind::K8s,
        count: contents.k8s.len(),
        services: clusters.collect(),
        error: error(SourceKind::K8s),
    });
    let aggregated = snapshot.services.iter().map(|service| AggregatedService {
        name: service.entry.name.clone(),
        merged_source: service.entry.source,
        merged_sources: service.entry.sources.clone(),
        merged_contract_status: service.entry.contract_status,
        merged_version: service.entry.version.clone(),
        present_in_sources: Parts::of(contents, &service.entry.name).sources(),
    });
    Ok(Reply::new(&DebugServices { per_source, aggregated_list: aggregated.collect() }))
}
