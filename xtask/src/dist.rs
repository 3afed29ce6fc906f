//! `cargo xtask dist`: everything that a release holds. The same commit gives the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, CommandFactory as _};
use flate2::{Compression, GzBuilder};
use fs_err as fs;
use pacto_oci::archive::digest;
use serde_json::{Value, json};

use crate::image::{Platform, binary, output_of};
use crate::root;

/// Programs of a release, with their packages.
pub const PROGRAMS: &[&str] =
    &["pacto", "pacto-plugin-helm", "pacto-plugin-openapi-infer", "pacto-plugin-schema-infer"];
/// The file with the checksums of all others.
pub const CHECKSUMS: &str = "checksums.txt";
/// The manual pages.
const MANUAL: &str = "pacto_man.tar.gz";
/// The bill of materials, `CycloneDX` 1.6.
const MATERIALS: &str = "pacto.cdx.json";
/// The byte of gzip for a system that is nobody's.
const UNKNOWN_SYSTEM: u8 = 255;

#[derive(Args)]
pub struct Arguments {
    /// Version of the release, without a v
    #[arg(long)]
    release_version: String,
    /// Platforms
    #[arg(long, value_delimiter = ',', default_value = "amd64,arm64")]
    platform: Vec<Platform>,
    /// Directory of the release; what is there is replaced
    #[arg(long, default_value = "target/dist")]
    output: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let version = &arguments.release_version;
    ensure!(
        version.starts_with(|first: char| first.is_ascii_digit()),
        "{version}: a version has no v; the tag of the release has one"
    );
    let output = root()?.join(&arguments.output);
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    fs::create_dir_all(&output)?;
    for platform in &arguments.platform {
        for program in PROGRAMS {
            let package = if *program == "pacto" { "pacto-cli" } else { program };
            let bytes = binary::static_binary(package, program, *platform, version)?;
            let file = output.join(format!("{program}_linux_{}", platform.architecture()));
            fs::write(&file, bytes)?;
            executable(&file)?;
        }
    }
    fs::write(output.join(MANUAL), manual(version)?)?;
    fs::write(output.join(MATERIALS), format!("{:#}\n", materials(version)?))?;
    write_checksums(&output)?;
    println!("wrote {} files into {}", fs::read_dir(&output)?.count(), arguments.output.display());
    Ok(())
}

/// Lets a file be run.
pub fn executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Writes the checksums of all files of a directory, as `sha256sum` does.
pub fn write_checksums(directory: &Path) -> Result<()> {
    let mut sums = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().context("files have names")?.to_string_lossy().into_owned();
        if name != CHECKSUMS {
            let sum = digest(&fs::read(&path)?);
            sums.insert(name, sum.trim_start_matches("sha256:").to_owned());
        }
    }
    let text: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    fs::write(directory.join(CHECKSUMS), text)?;
    Ok(())
}

/// A page for `pacto` and one for each of its commands, in an archive that unpacks into a directory of `MANPATH`.
fn manual(version: &str) -> Result<Vec<u8>> {
    let gzip =
        GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for (name, page) in pages(version)? {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(page.len())?);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("man1/{name}.1"), page.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

fn pages(version: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut pages = BTreeMap::new();
    let mut command = pacto_cli::arguments::Arguments::command();
    command.build();
    add_pages(&command, "pacto", version, &mut pages)?;
    Ok(pages)
}

fn add_pages(
    command: &clap::Command,
    name: &str,
    version: &str,
    pages: &mut BTreeMap<String, Vec<u8>>,
) -> Result<()> {
    let mut page = Vec::new();
    // Without a date, which would make every page another one each day.
    let man = clap_mangen::Man::new(command.clone()).title(name).date("");
    man.source(format!("pacto {version}")).manual("Pacto").render(&mut page)?;
    pages.insert(name.to_owned(), page);
    let commands =
        command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set());
    for inner in commands {
        add_pages(inner, &format!("{name}-{}", inner.get_name()), version, pages)?;
    }
    Ok(())
}

/// Every crate that goes into the programs and images, from `Cargo.lock`.
fn materials(version: &str) -> Result<Value> {
    let mut command = Command::new("cargo");
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        "x86_64-unknown-linux-musl",
    ]);
    let metadata: Value = serde_json::from_str(&output_of(&mut command)?)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let needs: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let normal = list(&node["deps"])
                .into_iter()
                .filter(|need| list(&need["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()));
            (text(&node["id"]), normal.map(|need| text(&need["pkg"])).collect())
        })
        .collect();
    let shipped: Vec<&str> = PROGRAMS.iter().copied().chain(["pacto-cli", "pacto-operator"]).collect();
    let mut pending: Vec<String> = packages
        .iter()
        .filter(|(_, package)| {
            package["source"].is_null() && shipped.contains(&text(&package["name"]).as_str())
        })
        .map(|(id, _)| id.clone())
        .collect();
    let mut components = BTreeMap::new();
    while let Some(id) = pending.pop() {
        let Some(package) = packages.get(&id) else { continue };
        let (name, release) = (text(&package["name"]), text(&package["version"]));
        let purl = format!("pkg:cargo/{name}@{release}");
        if components.contains_key(&purl) {
            continue;
        }
        let mut component = json!({
            "type": "library", "bom-ref": purl, "name": name, "version": release, "purl": purl
        });
        if let Some(license) = package["license"].as_str() {
            component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
        }
        components.insert(purl, component);
        pending.extend(needs.get(&id).cloned().unwrap_or_default());
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "pacto", "version": version}},
        "components": components.into_values().collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_pages_do_not_change_by_themselves() {
        let first = pages("1.2.3").unwrap();
        for name in ["pacto", "pacto-diff", "pacto-doc", "pacto-cache-list", "pacto-mcp-install"] {
            let page =
                String::from_utf8(first.get(name).unwrap_or_else(|| panic!("{name}")).clone()).unwrap();
            assert!(page.contains(".SH NAME") && page.contains(".TH"), "{page}");
        }
        assert!(String::from_utf8_lossy(&first["pacto"]).contains("1.2.3"));
        assert_eq!(manual("1.2.3").unwrap(), manual("1.2.3").unwrap());
    }

    #[test]
    fn the_bill_of_materials_names_what_is_shipped_and_nothing_else() {
        let materials = materials("1.2.3").unwrap();
        let names: Vec<&str> = materials["components"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        for there in ["clap", "reqwest", "kube", "rmcp", "tree-sitter", "pacto-contract"] {
            assert!(names.contains(&there), "{there}");
        }
        for absent in ["proptest", "insta", "xtask", "pacto-testkit"] {
            assert!(!names.contains(&absent), "{absent}");
        }
    }

    #[test]
    fn checksums_are_those_of_sha256sum() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("b"), "b\n").unwrap();
        fs::write(directory.path().join("a"), "a\n").unwrap();
        write_checksums(directory.path()).unwrap();
        let mut check = Command::new("sha256sum");
        let output =
            check.args(["--check", "--strict", CHECKSUMS]).current_dir(directory.path()).output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "a: OK\nb: OK\n");
    }
}
