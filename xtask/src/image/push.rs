//! To a registry, with the client that contracts travel by.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use oci_spec::image::MediaType;
use pacto_contract::reference::OciReference;
use pacto_oci::archive::digest;
use pacto_oci::credential::{Keychain, Secret, Surroundings};
use pacto_oci::registry::{Client, Settings};

use super::Image;

/// Pushes every part and then the index under its tag, and answers with the whole reference.
pub fn push(image: &Image, reference: &str, version: &str) -> Result<String> {
    let target = OciReference::parse(reference.trim_start_matches("oci://"))?;
    let tag = target.tag.clone().unwrap_or_else(|| version.to_owned());
    let keychain = Keychain::new(surroundings());
    keychain.trust(&target.registry);
    let client = Client::new(Settings::default(), keychain.into()).map_err(|cause| anyhow!(cause))?;
    let repository = client.repository(&target);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let digest = runtime.block_on(async {
        for image in &image.images {
            for blob in image.layers.iter().chain([&image.config]) {
                repository.put_blob(&Bytes::copy_from_slice(blob)).await?;
            }
            let manifest = Bytes::copy_from_slice(&image.manifest);
            repository.put_manifest(&digest(&manifest), &manifest, &MediaType::ImageManifest).await?;
        }
        let index = Bytes::copy_from_slice(&image.index);
        repository.put_manifest(&tag, &index, &MediaType::ImageIndex).await
    });
    let digest = digest.with_context(|| format!("cannot push {reference}"))?;
    Ok(format!("{}:{tag}@{digest}", repository.shown()))
}

/// The credentials that `pacto push` would use, without those of clouds.
fn surroundings() -> Surroundings {
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = text("PACTO_REGISTRY_USERNAME").zip(text("PACTO_REGISTRY_PASSWORD"));
    let docker = text("DOCKER_CONFIG").map(PathBuf::from);
    let docker = docker.or_else(|| Some(PathBuf::from(text("HOME")?).join(".docker")));
    Surroundings {
        token: text("PACTO_REGISTRY_TOKEN").map(Secret::new),
        basic: user.map(|(user, password)| (user, Secret::new(password))),
        only_host: text("PACTO_REGISTRY_HOST"),
        docker: docker.into_iter().map(|directory| directory.join("config.json")).collect(),
        path: std::env::var_os("PATH"),
        ..Surroundings::default()
    }
}
