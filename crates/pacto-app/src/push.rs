//! `pacto push`: a validated bundle into a registry or an image layout.

use std::path::Path;

use pacto_contract::overrides::Overrides;
use pacto_contract::{Contract, Diagnostic, LenientVersion, Reference};
use pacto_engine::validate::References;
use pacto_oci::artifact::Artifact;
use pacto_oci::store::Store;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::shown;
use crate::pack::{local_directory, validated, whole_bundle};
use crate::registries::Place;
use crate::{AppError, Context};

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
    let status = registries.block_on(send(&store, &artifact, &tag, options))?;
    Ok(Outcome {
        reference: store.reference(&tag),
        digest: artifact.digest,
        name: contract.service.name.clone(),
        version: contract.service.version.clone(),
        status,
        tag_of,
        warnings: valid.warnings,
    })
}

async fn send(
    store: &Store<'_>,
    artifact: &Artifact,
    tag: &str,
    options: &Options,
) -> Result<Status, AppError> {
    match store.head(tag).await? {
        Some(digest) if digest == artifact.digest => return Ok(Status::Identical),
        Some(_) if !options.force => return Ok(Status::Differs),
        _ => {}
    }
    if options.dry_run {
        return Ok(Status::WouldPush);
    }
    store.push(artifact, tag).await?;
    Ok(Status::Pushed)
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
