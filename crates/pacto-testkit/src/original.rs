//! A contract as the original writes it into a registry: the config of a Docker image, one layer, the times and modes of
//! the machine that it was packed on.

#![expect(clippy::expect_used, reason = "a test without its artifact must fail, and say why")]

use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err as fs;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The parts of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalArtifact {
    /// The packed bundle.
    pub layer: Vec<u8>,
    /// The config of an image.
    pub config: Vec<u8>,
    /// The manifest, `application/vnd.oci.image.manifest.v1+json`.
    pub manifest: Vec<u8>,
}

impl OriginalArtifact {
    /// Packs a directory.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn pack(directory: &Path, name: &str, version: &str) -> Self {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, directory, Path::new(""));
        let tar = tar.into_inner().expect("an archive");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        std::io::Write::write_all(&mut gzip, &tar).expect("memory");
        let layer = gzip.finish().expect("memory");
        let labels =
            json!({"io.pacto.name": name, "io.pacto.version": version, "io.pacto.pactoVersion": "1.0"});
        let config = json!({
            "architecture": "",
            "created": "0001-01-01T00:00:00Z",
            "history": [{"created": "0001-01-01T00:00:00Z"}],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": [digest(&tar)]},
            "config": {"Labels": labels},
        });
        let config = config.to_string().into_bytes();
        let descriptor = |kind: &str, content: &[u8]| json!({"mediaType": kind, "size": content.len(), "digest": digest(content)});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.docker.container.image.v1+json", &config),
            "layers": [descriptor("application/vnd.pacto.bundle.layer.v1.tar+gzip", &layer)],
        });
        Self { layer, config, manifest: manifest.to_string().into_bytes() }
    }
}

/// Everything below a directory in the order of names, directories too, the root itself not.
fn append(tar: &mut tar::Builder<Vec<u8>>, root: &Path, below: &Path) {
    let mut entries: Vec<_> =
        fs::read_dir(root.join(below)).expect("a directory").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = below.join(entry.file_name());
        tar.append_path_with_name(entry.path(), &name).expect("a file");
        if entry.path().is_dir() {
            append(tar, root, &name);
        }
    }
}

fn digest(content: &[u8]) -> String {
    use std::fmt::Write;
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(content) {
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}
