//! `pacto push`: a validated bundle into a registry or an image layout.

use std::path::Path;

use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::overrides::Overrides;
use pacto_contract::version::highest;
use pacto_contract::{Code, Contract, ContractDocument, Diagnostic, LenientVersion, Reference, Severity};
use pacto_engine::diff::{Change, Classification, Rulebook, Side};
use pacto_engine::validate::References;
use pacto_oci::artifact::Artifact;
use pacto_oci::registry::RegistryError;
use pacto_oci::store::Store;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::shown;
use crate::pack::{local_directory, validated, whole_bundle};
use crate::registries::Place;
use crate::{AppError, Context, diff};

/// What to push, and where to.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `oci://registry/repository[:tag]` or `oci-layout:///directory[:tag]`.
    pub reference: String,
    /// Directory of the bundle.
    pub directory: String,
    /// Replace what has the tag.
    pub force: bool,
    /// Do everything but the writing.
    pub dry_run: bool,
    /// Refuse a version that breaks more than its number says.
    pub deny_under_bump: bool,
    /// What a team decided about rules and findings: what was accepted breaks nobody.
    pub rules: Option<Rulebook>,
    /// Changes to apply to the contract first.
    pub overrides: Overrides,
}

/// What became of the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It leads to this contract now.
    Pushed,
    /// It would lead to this contract.
    WouldPush,
    /// It led to the very same contract before.
    Identical,
    /// It leads to another content, and was left alone.
    Differs,
    /// Its version breaks more than its number says, and that was forbidden: nothing was pushed.
    UnderBumped,
}

/// A version whose number promises more than it keeps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnderBump {
    /// The highest published version below it.
    pub previous: String,
    /// Number of breaking changes since then.
    pub breaking: usize,
    /// The lowest version that may break so much.
    pub wanted: String,
}

/// What was pushed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Registry, repository and tag.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Digest of the manifest of this contract.
    pub digest: String,
    /// Name of the service.
    pub name: String,
    /// Version of the contract.
    pub version: String,
    /// What became of the tag.
    pub status: Status,
    /// The version, where the tag had to be written in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_of: Option<String>,
    /// Set when the version breaks more than its number says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under_bump: Option<UnderBump>,
    /// What else the user should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was found besides errors.
    pub warnings: Vec<Diagnostic>,
}

/// Validates, packs and pushes.
///
/// # Errors
/// [`AppError::Invalid`] with every error of the contract, [`AppError::Usage`] for references that only this machine
/// understands, [`AppError::Registry`].
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let registries = &context.sources.registries;
    let refuse = || {
        let got = shown(&options.reference);
        AppError::Usage(format!("push requires an OCI reference (oci://...): got {got:?}"))
    };
    let target = Reference::parse(&options.reference).map_err(|error| match &options.reference {
        text if text.starts_with("oci://") || text.starts_with("oci-layout://") => {
            AppError::Usage(format!("{:?}: {error}", shown(text)))
        }
        _ => refuse(),
    })?;
    registries.trust(&target);
    let (store, tag) = match &target {
        Reference::Local(_) => return Err(refuse()),
        Reference::Oci(oci) if oci.digest.is_some() => {
            return Err(AppError::Usage("a digest cannot be pushed to; name a tag or nothing".to_owned()));
        }
        Reference::Layout(layout) if layout.digest.is_some() => {
            return Err(AppError::Usage("a digest cannot be pushed to; name a tag or nothing".to_owned()));
        }
        Reference::Oci(oci) => match registries.place(oci)? {
            Place::Store(store) => (store, oci.tag.clone()),
            Place::Folder(folder) => {
                let folder = folder.display();
                return Err(AppError::Usage(format!(
                    "{oci} is the folder {folder} here, which is not pushed to"
                )));
            }
        },
        Reference::Layout(layout) => (registries.layout("", layout), layout.tag.clone()),
    };
    let directory = local_directory(&options.directory, "push")?;
    let valid = validated(context, &directory, &options.overrides, References::Follow)?;
    let unresolved = valid.warnings.iter().filter(|finding| finding.code == Code::ConfigRefUnresolved);
    let findings: Vec<_> = unresolved.map(|finding| finding.clone().with_severity(Severity::Error)).collect();
    if !findings.is_empty() {
        // Who pulls the contract could not resolve it either.
        let text = valid.resolved.document.source.clone();
        return Err(AppError::Invalid { path: directory, findings, text });
    }
    let contract = &valid.resolved.document.contract;
    if let Some((key, reference)) = local_reference(contract) {
        let message = format!(
            "{key} is {:?}, which only this machine understands; push the other contract and refer to it by oci://",
            shown(&reference)
        );
        return Err(AppError::Usage(message));
    }
    let (tag, tag_of) = match tag {
        Some(tag) => (tag, None),
        None => {
            let tag = LenientVersion::tag_of(&contract.service.version);
            let tag_of = (tag != contract.service.version).then(|| contract.service.version.clone());
            (tag, tag_of)
        }
    };
    let bundle = whole_bundle(context, &directory, &valid.resolved, Path::new(""))?;
    let artifact = Artifact::new(&bundle, contract)
        .map_err(|source| AppError::File { path: directory.clone().into(), source })?;
    let mut notes = other_version(&tag, contract).into_iter().collect::<Vec<_>>();
    let mut under_bump = None;
    let status = registries.block_on(async {
        match store.head(&tag).await? {
            Some(digest) if digest == artifact.digest => return Ok(Status::Identical),
            Some(_) if !options.force => return Ok(Status::Differs),
            _ => {}
        }
        let new = Side { document: &valid.resolved.document, bundle: &bundle };
        match under_bumped(context, &store, new, options.rules.as_ref()).await {
            Ok(found) => under_bump = found,
            Err(error) if options.deny_under_bump => return Err(error),
            Err(error) => notes.push(format!("not compared with the version before: {error}")),
        }
        if options.deny_under_bump && under_bump.is_some() {
            return Ok(Status::UnderBumped);
        }
        if options.dry_run {
            return Ok(Status::WouldPush);
        }
        store.push(&artifact, &tag).await?;
        Ok::<_, AppError>(Status::Pushed)
    })?;
    Ok(Outcome {
        under_bump,
        notes,
        reference: store.reference(&tag),
        digest: artifact.digest,
        name: contract.service.name.clone(),
        version: contract.service.version.clone(),
        status,
        tag_of,
        warnings: valid.warnings,
    })
}

/// What to say of a tag that names another version than the contract.
fn other_version(tag: &str, contract: &Contract) -> Option<String> {
    let version = &contract.service.version;
    let (named, held) = (LenientVersion::parse_tag(tag).ok()?, LenientVersion::parse(version).ok()?);
    named
        .precedence_cmp(&held)
        .is_ne()
        .then(|| format!("tag {tag} is not the version of the contract, {version}"))
}

/// Compares with the highest published version below this one.
async fn under_bumped(
    context: &Context,
    store: &Store<'_>,
    new: Side<'_>,
    rules: Option<&Rulebook>,
) -> Result<Option<UnderBump>, AppError> {
    let Ok(version) = LenientVersion::parse(&new.document.contract.service.version) else { return Ok(None) };
    let tags = match store.tags().await {
        Err(RegistryError::NotFound(_)) => return Ok(None),
        tags => tags?,
    };
    let below = tags.iter().map(String::as_str).filter(|tag| {
        LenientVersion::parse_tag(tag).is_ok_and(|published| published.precedence_cmp(&version).is_lt())
    });
    let Some(previous) = highest(below, None) else { return Ok(None) };
    let Some(wanted) = LenientVersion::parse_tag(previous).ok().and_then(|old| next_breaking(&old, &version))
    else {
        return Ok(None);
    };
    let pulled = store.pull(previous).await?;
    let name = format!("{}/{CONTRACT_FILE}", store.reference(previous));
    let text = pulled.bundle.get(CONTRACT_FILE).unwrap_or_default();
    let document = ContractDocument::parse(&name, text).map_err(|failure| AppError::Contract {
        path: store.reference(previous),
        failure: Box::new(failure),
    })?;
    let usual = diff::on(context, pacto_engine::diff::Options::default());
    let comparison = diff::judge(Side { document: &document, bundle: &pulled.bundle }, new, usual, rules);
    let breaking = |change: &&Change| change.classification == Classification::Breaking;
    let breaking = comparison.changes.iter().filter(breaking).count();
    Ok((breaking > 0).then(|| UnderBump { previous: previous.to_owned(), breaking, wanted }))
}

/// The lowest version that may break what `old` promised; `None` when `new` may. Before 1.0.0 the minor number says it,
/// and before 0.1.0 nothing is promised.
fn next_breaking(old: &LenientVersion, new: &LenientVersion) -> Option<String> {
    // A pre-release promises nothing yet.
    if old.is_prerelease() {
        return None;
    }
    let (old, new) = (old.version(), new.version());
    match (old.major, old.minor) {
        (0, 0) => None,
        (0, minor) if new.major == 0 && new.minor == minor => {
            Some(format!("0.{}.0", minor.saturating_add(1)))
        }
        (major, _) if major > 0 && new.major == major => Some(format!("{}.0.0", major.saturating_add(1))),
        _ => None,
    }
}

/// The first reference that only means something on this machine, and the key where it stands.
fn local_reference(contract: &Contract) -> Option<(String, String)> {
    let dependencies = contract.dependencies.iter().enumerate();
    let dependencies = dependencies
        .map(|(index, dependency)| (format!("dependencies[{index}].ref"), dependency.reference.clone()));
    let chart =
        contract.service.chart.iter().map(|chart| ("service.chart.ref".to_owned(), chart.reference.clone()));
    let configurations = contract.configurations.iter().enumerate().filter_map(|(index, entry)| {
        let pointer = contract.configurations.pointer(index).key("ref");
        Some((pointer.to_string(), entry.reference.clone()?))
    });
    let policies = contract.policies.iter().enumerate().filter_map(|(index, entry)| {
        let pointer = contract.policies.pointer(index).key("ref");
        Some((pointer.to_string(), entry.reference.clone()?))
    });
    let mut all = dependencies.chain(chart).chain(configurations).chain(policies);
    all.find(|(_, reference)| {
        Reference::parse(reference).is_ok_and(|parsed| !matches!(parsed, Reference::Oci(_)))
    })
}
