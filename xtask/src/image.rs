//! `cargo xtask image`: the container images of the dashboard and of the operator, without a container engine.
//!
//! One static binary for each platform and a handful of files become two layers, written into a directory in OCI image
//! layout with the code that keeps contracts there. Nothing of the machine or the time goes in: the same commit gives
//! the same digest.

pub mod binary;
mod config;
mod layer;
mod program;
mod push;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fs_err as fs;
use oci_spec::image::{ImageIndex, MediaType};
use pacto_oci::archive::digest;
use pacto_oci::layout::Layout;
use serde_json::{Value, json};

use self::program::Program;
use crate::root;

#[derive(Args)]
pub struct Arguments {
    /// Whose image
    #[arg(long, value_enum, default_value = "dashboard")]
    program: Program,
    /// Directory of the image layout; an older one there is replaced. Without it `target/image` for the dashboard and
    /// `target/image-operator` for the operator
    #[arg(long)]
    output: Option<PathBuf>,
    /// Platforms of the image
    #[arg(long, value_delimiter = ',', default_value = "amd64,arm64")]
    platform: Vec<Platform>,
    /// Version of the image, which is also its tag
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    image_version: String,
    /// Where the sources are published, for the labels
    #[arg(long, env = "PACTO_SOURCE_URL")]
    source_url: Option<String>,
    /// Write what the Dockerfile in `deploy/image` needs into this directory too
    #[arg(long, value_name = "DIR")]
    context: Option<PathBuf>,
    /// Push the image, for example to `ghcr.io/acme/pacto-dashboard`; the version is the tag where it names none
    #[arg(long, value_name = "REF")]
    push: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Platform {
    Amd64,
    Arm64,
}

impl Platform {
    /// As Go and OCI call it.
    pub fn architecture(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// What is said about the image besides its contents.
struct About {
    program: Program,
    version: String,
    /// Seconds since 1970.
    created: u64,
    revision: String,
    source: Option<String>,
}

/// An image for every platform, before it is anywhere.
struct Image {
    images: Vec<PlatformImage>,
    /// Leads to all of them.
    index: Vec<u8>,
}

struct PlatformImage {
    platform: Platform,
    layers: [Vec<u8>; 2],
    config: Vec<u8>,
    manifest: Vec<u8>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut platforms = arguments.platform.clone();
    platforms.sort();
    platforms.dedup();
    let program = arguments.program;
    let about = About {
        program,
        version: arguments.image_version.clone(),
        created: config::created()?,
        revision: config::revision()?,
        source: arguments.source_url.clone(),
    };
    let mut binaries = Vec::new();
    for platform in platforms {
        binaries.push((platform, binary::build(program, platform, &about.version)?));
    }
    let image = Image::new(&binaries, &about)?;
    let output = arguments.output.clone().unwrap_or_else(|| PathBuf::from(program.output()));
    let digest = image.write(&root()?.join(&output), &about.version)?;
    println!("wrote {} {} as {}\n{digest}", program.title(), about.version, output.display());
    if let Some(context) = &arguments.context {
        image.write_context(&root()?.join(context))?;
        println!("wrote what the Dockerfile needs into {}", context.display());
    }
    if let Some(reference) = &arguments.push {
        println!("pushed {}", push::push(&image, reference, &about.version)?);
    }
    Ok(())
}

impl Image {
    fn new(binaries: &[(Platform, Vec<u8>)], about: &About) -> Result<Self> {
        let mut images = Vec::new();
        let mut listed = Vec::new();
        for (platform, binary) in binaries {
            let image = PlatformImage::new(*platform, binary, about)?;
            listed.push(json!({
                "mediaType": MediaType::ImageManifest.to_string(),
                "digest": digest(&image.manifest),
                "size": image.manifest.len(),
                "platform": {"architecture": platform.architecture(), "os": "linux"},
            }));
            images.push(image);
        }
        let index = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": MediaType::ImageIndex.to_string(),
            "manifests": listed,
            "annotations": config::labels(about),
        }))?;
        Ok(Self { images, index })
    }

    /// Writes the image into a directory in OCI image layout, and answers with its digest.
    fn write(&self, directory: &Path, tag: &str) -> Result<String> {
        // An older image is taken away, so that nothing is left of it; anything else is not ours to delete.
        if holds_images_alone(directory) {
            fs::remove_dir_all(directory)?;
        } else if directory.is_dir() && fs::read_dir(directory)?.next().is_some() {
            bail!("{} is not empty and holds no older image", directory.display());
        }
        fs::create_dir_all(directory)?;
        let layout = Layout::new(directory, directory.display().to_string());
        for image in &self.images {
            for blob in image.layers.iter().chain([&image.config, &image.manifest]) {
                layout.put_blob(blob)?;
            }
        }
        Ok(layout.put_manifest(tag, &self.index, &MediaType::ImageIndex)?)
    }

    /// Writes the layers as `deploy/image/Dockerfile` reads them: a folder for each architecture.
    fn write_context(&self, directory: &Path) -> Result<()> {
        for image in &self.images {
            let folder = directory.join(image.platform.architecture());
            fs::create_dir_all(&folder)?;
            for (name, layer) in layer::NAMES.iter().zip(&image.layers) {
                fs::write(folder.join(name), layer)?;
            }
        }
        Ok(())
    }
}

impl PlatformImage {
    fn new(platform: Platform, binary: &[u8], about: &About) -> Result<Self> {
        let tars = [layer::base()?, layer::program(about.program.binary(), binary)?];
        let layers = [layer::packed(&tars[0])?, layer::packed(&tars[1])?];
        let config = serde_json::to_vec(&config::config(platform, &tars, about))?;
        let descriptor = |kind: &MediaType, blob: &[u8]| -> Value {
            json!({"mediaType": kind.to_string(), "digest": digest(blob), "size": blob.len()})
        };
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": MediaType::ImageManifest.to_string(),
            "config": descriptor(&MediaType::ImageConfig, &config),
            "layers": layers.iter().map(|layer| descriptor(&MediaType::ImageLayerGzip, layer)).collect::<Vec<_>>(),
            "annotations": config::labels(about),
        }))?;
        Ok(Self { platform, layers, config, manifest })
    }
}

/// Whether a directory is a layout of images for several platforms: one of contracts looks different.
fn holds_images_alone(directory: &Path) -> bool {
    let index = std::fs::read(directory.join("index.json")).unwrap_or_default();
    serde_json::from_slice::<ImageIndex>(&index).is_ok_and(|index| {
        index.manifests().iter().all(|listed| *listed.media_type() == MediaType::ImageIndex)
    })
}

/// What a program prints, without the end of the line.
pub fn output_of(command: &mut std::process::Command) -> Result<String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output =
        command.current_dir(root()?).output().with_context(|| format!("{shown} cannot be started"))?;
    ensure!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

#[cfg(test)]
mod tests;
