//! Two versions compared, as the page shows it.

use pacto_contract::Location;
use pacto_engine::diff::{self, ChangeType, Classification};
use pacto_engine::library::Resolved;
use pacto_engine::sbom::{SbomChangeKind, SbomField};

use crate::details::excerpt;
use crate::source::history::side;
use crate::wire::comparison::{
    Change, ChangeCounts, DiffResult, Finding, SbomChange, SbomChanges, VersionedName,
};
use crate::wire::details::Issue;
use crate::wire::service::SourceKind;

/// Most changes of packages that are listed.
const MAX_SBOM_CHANGES: usize = 1_000;

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// With its files.
    pub resolved: &'a Resolved,
    /// Where it is from.
    pub source: SourceKind,
}

/// Compares two versions.
pub fn compare(from: Version<'_>, to: Version<'_>) -> DiffResult {
    let found = diff::compare(side(from.resolved), side(to.resolved));
    let changes: Vec<Change> =
        found.changes.into_iter().map(|change| shown(change, from.resolved, to.resolved)).collect();
    let of = |class: Classification| changes.iter().filter(|change| change.classification == class).count();
    let counts = ChangeCounts {
        breaking: of(Classification::Breaking),
        potential: of(Classification::PotentialBreaking),
        non_breaking: of(Classification::NonBreaking),
    };
    let name = |version: Version<'_>| {
        let service = &version.resolved.document.contract.service;
        VersionedName {
            name: service.name.clone(),
            version: service.version.clone(),
            source: Some(version.source),
        }
    };
    let (from_name, to_name) = (name(from), name(to));
    let suggested_version = (from_name.name == to_name.name && !changes.is_empty())
        .then(|| diff::next_version(&from_name.version, found.classification))
        .flatten();
    DiffResult {
        suggested_version,
        from: from_name,
        to: to_name,
        classification: found.classification,
        changes,
        counts,
        diagnostics: found.diagnostics.iter().map(Issue::from).collect(),
        sbom: found.sbom.map(|sbom| SbomChanges {
            total: sbom.changes.len(),
            changes: sbom.changes.into_iter().take(MAX_SBOM_CHANGES).map(package).collect(),
        }),
    }
}

fn shown(change: diff::Change, from: &Resolved, to: &Resolved) -> Change {
    let section = change.path.split(['.', '[']).next().unwrap_or_default().to_owned();
    let finding = |finding: diff::Finding| Finding {
        rule_id: finding.rule_id,
        classification: finding.classification,
        direction: finding.direction,
        message: finding.message,
        hint: finding.hint,
        old: finding.old.and_then(|place| lines(from, &place)),
        new: finding.new.and_then(|place| lines(to, &place)),
        fingerprint: finding.fingerprint,
        proof: finding.proof,
        witness: finding.witness,
    };
    Change {
        path: change.path,
        change_type: change.change_type,
        old_value: change.old_value,
        new_value: change.new_value,
        classification: change.classification,
        reason: change.reason,
        section,
        findings: change.findings.into_iter().map(finding).collect(),
    }
}

/// The lines of a place, in the contract or in one of its files.
fn lines(resolved: &Resolved, place: &Location) -> Option<crate::wire::details::Excerpt> {
    let source = &resolved.document.source;
    if place.file == *source.name() {
        return Some(excerpt(source.text(), place, 1));
    }
    let directory = source.name().strip_suffix("pacto.yaml").unwrap_or_default();
    let file = place.file.strip_prefix(directory).unwrap_or(&place.file);
    let content = resolved.bundle.get(file)?;
    Some(excerpt(&String::from_utf8_lossy(content), place, 1))
}

fn package(change: pacto_engine::sbom::SbomChange) -> SbomChange {
    SbomChange {
        name: change.package,
        change: match change.kind {
            SbomChangeKind::Added => ChangeType::Added,
            SbomChangeKind::Modified => ChangeType::Modified,
            SbomChangeKind::Removed => ChangeType::Removed,
        },
        detail: match change.field {
            SbomField::License => "license",
            SbomField::Package => "package",
            SbomField::Supplier => "supplier",
            SbomField::Version => "version",
        }
        .to_owned(),
        from: change.old_value,
        to: change.new_value,
    }
}
