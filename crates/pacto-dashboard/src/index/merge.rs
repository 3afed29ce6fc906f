//! One service from all sources: the contract from the best source, its state from the cluster.

use std::sync::Arc;

use pacto_contract::LenientVersion;
use pacto_contract::model::Owner;
use pacto_contract::version::highest;
use pacto_k8s::condition;

use crate::catalog::Contents;
use crate::cluster::ClusterService;
use crate::record::{ContractRecord, CrossReference, Need, Place, ServiceRecord, hexadecimal, newest_first};
use crate::wire::details::{Compliance, ComplianceSummary, ServiceDetails};
use crate::wire::observed::{Condition, Insight, InsightSeverity};
use crate::wire::owner::UNOWNED;
use crate::wire::service::{ComplianceStatus, ContractStatus, ServiceEntry, SourceKind, Version};

/// What of a service does not depend on others.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// As lists show it, without the numbers of the graph.
    pub entry: Arc<ServiceEntry>,
    /// What it needs.
    pub needs: Arc<[Need]>,
    /// Whose configuration and policies it uses.
    pub references: Arc<[CrossReference]>,
    /// Names of its image and chart.
    pub aliases: Vec<String>,
}

/// What is known of one service.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Directories.
    pub local: Option<&'a Arc<ServiceRecord>>,
    /// Registries.
    pub oci: Option<&'a Arc<ServiceRecord>>,
    /// The cluster; the worst comes first.
    pub k8s: Option<&'a [Arc<ClusterService>]>,
    /// The contract of the version that the cluster runs, where the registry has a higher one.
    pub running: Option<&'a Arc<ContractRecord>>,
}

impl<'a> Parts<'a> {
    /// What the sources know of `name`.
    pub fn of(contents: &'a Contents, name: &str) -> Self {
        Self {
            local: contents.local.get(name),
            oci: contents.oci.get(name),
            k8s: contents.k8s.get(name).map(Vec::as_slice),
            running: contents.running.get(name),
        }
    }

    /// The source of contracts that wins.
    pub fn contract(&self) -> Option<(SourceKind, &'a Arc<ServiceRecord>)> {
        let local = self.local.map(|record| (SourceKind::Local, record));
        local.or_else(|| self.oci.map(|record| (SourceKind::Oci, record)))
    }

    /// The contract that is shown: of the version that runs where it is known, else the current one of the source that wins.
    fn shown(&self) -> Option<&'a Arc<ContractRecord>> {
        let runs = running(*self);
        let known = self.running.filter(|record| Some(&*record.version) == runs);
        known.or_else(|| self.contract().map(|(_, service)| &service.current))
    }

    /// The resource of the cluster that is shown.
    pub fn cluster(&self) -> Option<&'a Arc<ClusterService>> {
        self.k8s.and_then(<[_]>::first)
    }

    /// Sources that know the service, sorted.
    pub fn sources(&self) -> Vec<SourceKind> {
        let known = [
            (SourceKind::K8s, self.cluster().is_some()),
            (SourceKind::Local, self.local.is_some()),
            (SourceKind::Oci, self.oci.is_some()),
        ];
        known.into_iter().filter(|(_, is_known)| *is_known).map(|(kind, _)| kind).collect()
    }
}

/// The name that services are grouped by; empty without one.
pub fn owner_key(owner: Option<&Owner>) -> String {
    match owner {
        Some(Owner::Name(name)) => name.clone(),
        Some(Owner::Team(team)) => team.team.clone().or_else(|| team.dri.clone()).unwrap_or_default(),
        None => String::new(),
    }
}

/// The key under which `owner_key` is grouped.
pub fn group_key(owner_key: &str) -> &str {
    if owner_key.is_empty() { UNOWNED } else { owner_key }
}

/// Merges what is known of a service; `None` where nobody knows it.
pub fn merge(name: &str, parts: Parts<'_>) -> Option<Merged> {
    let (contract, cluster) = (parts.contract(), parts.cluster());
    let source = contract.map_or(SourceKind::K8s, |(kind, _)| kind);
    let current = parts.shown();
    let details = cluster.map(|cluster| &cluster.details);
    let (version, owner) = match (current, details) {
        (Some(current), _) => (running(parts).unwrap_or(&current.version).to_owned(), current.owner.clone()),
        (None, Some(details)) => (details.version.clone(), details.owner.clone()),
        (None, None) => return None,
    };
    let own = current.map(|current| contract_status(current.is_valid()));
    let status = match details.map(|details| details.contract_status) {
        Some(ContractStatus::Unknown) | None => own.unwrap_or_default(),
        Some(status) => status,
    };
    let compliance = details.and_then(|details| details.compliance.clone());
    let compliance = compliance.unwrap_or_else(|| compliance_of(status, &[]));
    let summary = compliance.summary.unwrap_or_default();
    let checks = details.and_then(|details| details.checks_summary).unwrap_or_default();
    let versions = versions(parts);
    // A pre-release is an update only where there is nothing else.
    let latest = highest(versions.iter().map(|version| version.version.as_str()), None).map(str::to_owned);
    let insights = insights_of_record(
        status,
        details,
        current.map(|current| (current.errors, current.first_error.as_deref(), current.warnings)),
    );
    let entry = ServiceEntry {
        name: name.to_owned(),
        owner_key: owner_key(owner.as_deref()),
        owner,
        contract_status: status,
        source,
        sources: parts.sources(),
        namespace: details.and_then(|details| details.namespace.clone()),
        blast_radius: 0,
        dependency_count: 0,
        dependent_count: 0,
        checks_passed: checks.passed,
        checks_total: checks.total,
        checks_failed: checks.failed,
        compliance_status: compliance.status,
        compliance_score: compliance.score,
        compliance_errors: summary.errors,
        compliance_warnings: summary.warnings,
        top_insight: insights.into_iter().next().map(|insight| insight.title),
        update_available: latest.as_deref().is_some_and(|latest| is_higher(latest, &version)),
        latest_available: latest,
        last_change: versions
            .iter()
            .find(|known| known.version == version)
            .and_then(|known| known.classification),
        version,
    };
    let (needs, references) = match (current, cluster) {
        (Some(current), _) => (Arc::clone(&current.needs), Arc::clone(&current.references)),
        (None, Some(cluster)) => (Arc::clone(&cluster.needs), Arc::clone(&cluster.references)),
        (None, None) => (Arc::default(), Arc::default()),
    };
    let aliases = match (current, details) {
        (Some(current), _) => current.aliases.clone(),
        (None, Some(details)) => {
            let named = [&details.image_ref, &details.chart_ref].into_iter().flatten();
            named.map(|reference| crate::record::last_part(reference)).filter(|alias| alias != name).collect()
        }
        (None, None) => Vec::new(),
    };
    Some(Merged { entry: Arc::new(entry), needs, references, aliases })
}

/// The version that the cluster runs, where the registry has it and no directory shows another one: what runs is current, and
/// what is published since is an update.
pub fn running(parts: Parts<'_>) -> Option<&str> {
    let version = parts.cluster().map(|cluster| cluster.details.version.as_str())?;
    let published = parts.oci.filter(|_| parts.local.is_none())?;
    published.versions.iter().any(|known| known.version.as_ref() == version).then_some(version)
}

/// What a contract says of itself.
pub fn contract_status(is_valid: bool) -> ContractStatus {
    if is_valid { ContractStatus::Compliant } else { ContractStatus::NonCompliant }
}

/// Whether `latest` is a higher version than `current`.
pub fn is_higher(latest: &str, current: &str) -> bool {
    let parsed = (LenientVersion::parse(latest), LenientVersion::parse(current));
    matches!(parsed, (Ok(latest), Ok(current)) if latest.precedence_cmp(&current).is_gt())
}

/// The history of a service from all sources, the highest version first. Which source names a version first is decided by
/// order: k8s, oci, local; what one does not know the next fills in.
pub fn versions(parts: Parts<'_>) -> Vec<Version> {
    let mut merged: Vec<Version> = Vec::new();
    let mut add = |found: Version| match merged.iter_mut().find(|known| known.version == found.version) {
        Some(known) => {
            known.contract_hash = known.contract_hash.take().or(found.contract_hash);
            known.created_at = known.created_at.take().or(found.created_at);
            known.classification = known.classification.or(found.classification);
            known.reference = known.reference.take().or(found.reference);
            known.available |= found.available;
        }
        None => merged.push(found),
    };
    for cluster in parts.k8s.unwrap_or_default() {
        cluster.revisions.iter().cloned().for_each(&mut add);
    }
    for (kind, service) in [(SourceKind::Oci, parts.oci), (SourceKind::Local, parts.local)] {
        for version in service.map(|service| service.versions.as_slice()).unwrap_or_default() {
            let is_fetched = version.place.is_some();
            add(Version {
                version: version.version.to_string(),
                reference: Some(version.reference.to_string()),
                contract_hash: version.hash.filter(|_| is_fetched).map(|hash| hexadecimal(&hash)),
                created_at: version.created.map(|time| time.to_string()),
                source: Some(kind),
                classification: version.classification,
                is_current: false,
                available: is_fetched,
            });
        }
    }
    merged.sort_by(|left, right| newest_first(&left.version, &right.version));
    let current = match (parts.contract(), parts.cluster()) {
        (Some((_, service)), _) => running(parts).unwrap_or(&service.current.version).to_owned(),
        (None, Some(cluster)) => cluster.details.version.clone(),
        (None, None) => String::new(),
    };
    for version in &mut merged {
        version.is_current = version.version == current;
    }
    merged
}

/// Where the files of one version are: registries before directories, for those keep every version; but what a directory
/// shows as the current one is what is meant.
pub fn place_of<'a>(parts: Parts<'a>, version: &str) -> Option<(SourceKind, &'a Place)> {
    let of = |kind: SourceKind, service: Option<&'a Arc<ServiceRecord>>| {
        let found = service?.versions.iter().find(|known| known.version.as_ref() == version)?;
        Some((kind, found.place.as_ref()?))
    };
    let is_shown = parts.local.is_some_and(|service| &*service.current.version == version);
    let local = || of(SourceKind::Local, parts.local);
    if is_shown { local() } else { None }.or_else(|| of(SourceKind::Oci, parts.oci)).or_else(local)
}

/// How the checks went. A condition that is neither true nor false is not passed, and counts as neither error nor warning.
pub fn compliance_of(status: ContractStatus, conditions: &[Condition]) -> Compliance {
    if status == ContractStatus::Reference {
        return Compliance { status: ComplianceStatus::Reference, score: None, summary: None };
    }
    // What is only advice does not lower a score.
    let counted =
        conditions.iter().filter(|found| !condition::kind(&found.kind).is_some_and(|kind| kind.advisory));
    let counted: Vec<_> = counted.collect();
    let mut summary = ComplianceSummary { total: count(counted.len()), ..ComplianceSummary::default() };
    for condition in counted {
        let is_warning = match condition.severity.as_deref() {
            Some(severity) => severity == "warning",
            None => condition::severity(&condition.kind) == condition::Severity::Warning,
        };
        match condition.status.as_str() {
            "True" => summary.passed += 1,
            "False" if is_warning => summary.warnings += 1,
            "False" => summary.errors += 1,
            _ => {}
        }
    }
    summary.failed = summary.total - summary.passed;
    let score = (100 * summary.passed + summary.total / 2).checked_div(summary.total);
    let status = match status {
        ContractStatus::NonCompliant => ComplianceStatus::Error,
        _ if summary.errors > 0 => ComplianceStatus::Error,
        ContractStatus::Warning => ComplianceStatus::Warning,
        _ if summary.warnings > 0 => ComplianceStatus::Warning,
        _ => ComplianceStatus::Ok,
    };
    Compliance { status, score, summary: Some(summary) }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn insights_of_record(
    status: ContractStatus,
    details: Option<&ServiceDetails>,
    contract: Option<(usize, Option<&str>, usize)>,
) -> Vec<Insight> {
    if let Some(details) = details.filter(|details| !details.insights.is_empty()) {
        return details.insights.clone();
    }
    let (errors, first_error, warnings) = contract.unwrap_or_default();
    insights(status, (errors, first_error), (warnings, None), details)
}

/// What to look at, where the operator does not say: the contract first, then what is in the cluster.
pub fn insights(
    status: ContractStatus,
    (errors, first_error): (usize, Option<&str>),
    (warnings, first_warning): (usize, Option<&str>),
    details: Option<&ServiceDetails>,
) -> Vec<Insight> {
    let insight = |severity: InsightSeverity, title: String, description: Option<&str>| Insight {
        severity,
        title,
        description: description.map(str::to_owned),
    };
    let plural = |count: usize, word: &str| {
        if count == 1 { format!("1 validation {word}") } else { format!("{count} validation {word}s") }
    };
    let mut found = Vec::new();
    match status {
        ContractStatus::NonCompliant => {
            found.push(insight(InsightSeverity::Critical, "Contract is non-compliant".to_owned(), None));
        }
        ContractStatus::Warning => {
            found.push(insight(InsightSeverity::Warning, "Contract has warnings".to_owned(), None));
        }
        _ => {}
    }
    if errors > 0 {
        found.push(insight(InsightSeverity::Critical, plural(errors, "error"), first_error));
    }
    if warnings > 0 {
        found.push(insight(InsightSeverity::Warning, plural(warnings, "warning"), first_warning));
    }
    let Some(details) = details else { return found };
    let resources = details.resources.unwrap_or_default();
    if resources.service_exists == Some(false) {
        found.push(insight(InsightSeverity::Critical, "Service resource not found".to_owned(), None));
    }
    if resources.workload_exists == Some(false) {
        found.push(insight(InsightSeverity::Critical, "Workload not found".to_owned(), None));
    }
    let ports = details.ports.clone().unwrap_or_default();
    let listed = |ports: &[u32]| ports.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    if !ports.missing.is_empty() {
        found.push(insight(
            InsightSeverity::Warning,
            format!("Missing ports: {}", listed(&ports.missing)),
            None,
        ));
    }
    if !ports.unexpected.is_empty() {
        found.push(insight(
            InsightSeverity::Info,
            format!("Unexpected ports: {}", listed(&ports.unexpected)),
            None,
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(kind: &str, status: &str) -> Condition {
        Condition {
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: None,
            message: None,
            severity: None,
            advisory: false,
            last_transition_ago: None,
        }
    }

    #[test]
    fn checks_are_counted_by_severity() {
        let conditions = [
            condition("PortsValid", "True"),
            condition("GracefulShutdownMatch", "False"),
            condition("ImageMatch", "Unknown"),
        ];
        let found = compliance_of(ContractStatus::Compliant, &conditions);
        assert_eq!((found.status, found.score), (ComplianceStatus::Warning, Some(33)));
        let summary = found.summary.unwrap();
        assert_eq!((summary.failed, summary.errors, summary.warnings), (2, 0, 1));
        assert_eq!(compliance_of(ContractStatus::Reference, &conditions).score, None);
        let broken = compliance_of(ContractStatus::Compliant, &[condition("Mine", "False")]);
        assert_eq!(broken.status, ComplianceStatus::Error);
        assert_eq!(compliance_of(ContractStatus::Warning, &[]).status, ComplianceStatus::Warning);
    }

    #[test]
    fn advice_does_not_lower_a_score() {
        let conditions = [condition("PortsValid", "True"), condition("ScalingMatch", "False")];
        let found = compliance_of(ContractStatus::Compliant, &conditions);
        assert_eq!((found.status, found.score), (ComplianceStatus::Ok, Some(100)));
    }

    #[test]
    fn only_a_higher_version_is_an_update() {
        assert!(is_higher("1.10.0", "1.9.0"));
        assert!(
            !is_higher("1.0.0-rc.1", "1.0.0") && !is_higher("latest", "1.0.0") && !is_higher("1.0", "1.0.0")
        );
    }
}
