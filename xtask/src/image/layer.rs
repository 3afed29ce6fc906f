//! What is in the image: a few files that hardly change, and the program.

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compression, GzBuilder};
use tar::EntryType;

/// The user that the program runs as, and its group.
pub const USER: u64 = 65532;
/// File names of the layers, in order.
pub const NAMES: [&str; 2] = ["base.tar.gz", "program.tar.gz"];

/// Gzip header value for "unknown operating system".
const GZIP_OS_UNKNOWN: u8 = 255;
const PASSWD: &str = "\
root:x:0:0:root:/root:/sbin/nologin
pacto:x:65532:65532:pacto:/home/pacto:/sbin/nologin
";
const GROUP: &str = "\
root:x:0:
pacto:x:65532:
";
/// Characters of a line of PEM.
const PEM_LINE: usize = 64;

/// Everything but the program: certificate authorities, the user, and where it may write.
pub fn base() -> Result<Vec<u8>> {
    let mut layer = Layer::new();
    layer.directory("data/", 0o755, 0)?;
    layer.directory("etc/", 0o755, 0)?;
    layer.file("etc/group", 0o644, GROUP.as_bytes())?;
    layer.file("etc/passwd", 0o644, PASSWD.as_bytes())?;
    layer.directory("etc/ssl/", 0o755, 0)?;
    layer.directory("etc/ssl/certs/", 0o755, 0)?;
    layer.file("etc/ssl/certs/ca-certificates.crt", 0o644, authorities().as_bytes())?;
    layer.directory("home/", 0o755, 0)?;
    // Volumes that Docker makes take owner and mode from here.
    for directory in ["", ".cache/", ".cache/pacto/", ".cache/pacto/oci/", ".kube/"] {
        layer.directory(&format!("home/pacto/{directory}"), 0o755, USER)?;
    }
    layer.directory("tmp/", 0o1777, 0)?;
    layer.finish()
}

/// The program, under its name.
pub fn program(name: &str, binary: &[u8]) -> Result<Vec<u8>> {
    let mut layer = Layer::new();
    layer.directory("usr/", 0o755, 0)?;
    layer.directory("usr/bin/", 0o755, 0)?;
    layer.file(&format!("usr/bin/{name}"), 0o755, binary)?;
    layer.finish()
}

/// A layer as it is stored.
pub fn packed(tar: &[u8]) -> Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).operating_system(GZIP_OS_UNKNOWN);
    let mut writer = gzip.write(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut writer, tar)?;
    Ok(writer.finish()?)
}

/// Mozilla's certificate authorities, of the version that `Cargo.lock` names: those of the machine would make the
/// digest depend on when it was last updated.
fn authorities() -> String {
    let mut text = String::new();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = BASE64_STANDARD.encode(certificate);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(PEM_LINE));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

struct Layer {
    tar: tar::Builder<Vec<u8>>,
}

impl Layer {
    fn new() -> Self {
        Self { tar: tar::Builder::new(Vec::new()) }
    }

    fn directory(&mut self, path: &str, mode: u32, owner: u64) -> Result<()> {
        self.entry((path, EntryType::Directory), mode, owner, &[])
    }

    fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<()> {
        self.entry((path, EntryType::Regular), mode, 0, content)
    }

    fn entry(
        &mut self,
        (path, kind): (&str, EntryType),
        mode: u32,
        owner: u64,
        content: &[u8],
    ) -> Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        header.set_uid(owner);
        header.set_gid(owner);
        header.set_mtime(0);
        self.tar.append_data(&mut header, path, content)?;
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        Ok(self.tar.into_inner()?)
    }
}
