//! Values that shells offer while somebody types: contracts on this machine, and what was fetched before. Nothing is asked
//! of a registry.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::path::Path;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};
use pacto_contract::ContractDocument;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_oci::directory::is_searched;

use crate::arguments::Global;
use crate::settings::Settings;

/// The scheme of registries.
const OCI: &str = "oci://";
/// Most candidates; a shell shows no more in a useful way.
const MAX_CANDIDATES: usize = 1_000;
/// Deepest folder below the current one in which contracts are looked for, and most folders.
const MAX_DEPTH: usize = 3;
const MAX_FOLDERS: usize = 2_000;
/// Largest contract that is read for its name, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// Of a contract: directories, and `oci://…` of the cache.
pub(crate) fn contract() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let mut found = if OsStr::new(OCI).as_encoded_bytes().starts_with(typed.as_encoded_bytes())
            || typed.as_encoded_bytes().starts_with(OCI.as_bytes())
        {
            references(&typed.to_string_lossy())
        } else {
            Vec::new()
        };
        if !typed.as_encoded_bytes().starts_with(OCI.as_bytes()) {
            found.extend(PathCompleter::dir().complete(typed));
        }
        found
    })
}

/// Of something in a registry: `oci://…` of the cache, with every tag that is there.
pub(crate) fn reference() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| references(&typed.to_string_lossy()))
}

/// Of a service: the names of the contracts below the current directory.
pub(crate) fn service() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let mut names = BTreeSet::new();
        let mut folders = 0;
        services(Path::new("."), MAX_DEPTH, &mut folders, &mut names);
        names.into_iter().filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
    })
}

/// What was fetched before. A shell has no use for an error, so there is none.
fn references(typed: &str) -> Vec<CompletionCandidate> {
    let Ok(settings) = Settings::read(&Global::default()) else { return Vec::new() };
    let context = ManuallyDrop::into_inner(settings.context);
    let Ok(listed) = pacto_app::cache::list(&context) else { return Vec::new() };
    let mut found: BTreeSet<String> = BTreeSet::new();
    for entry in listed.entries {
        let whole = format!("{OCI}{}", entry.reference);
        if whole.starts_with(typed) {
            found.insert(whole);
        }
    }
    // A scheme alone says that there are registries, where nothing is known of one.
    if found.is_empty() && OCI.starts_with(typed) {
        found.insert(OCI.to_owned());
    }
    found.into_iter().take(MAX_CANDIDATES).map(CompletionCandidate::new).collect()
}

fn services(folder: &Path, depth: usize, folders: &mut usize, names: &mut BTreeSet<String>) {
    *folders += 1;
    if *folders > MAX_FOLDERS || names.len() >= MAX_CANDIDATES {
        return;
    }
    names.extend(name_of(&folder.join(CONTRACT_FILE)));
    let Some(depth) = depth.checked_sub(1) else { return };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && is_searched(&entry.file_name().to_string_lossy()) {
            services(&entry.path(), depth, folders, names);
        }
    }
}

fn name_of(file: &Path) -> Option<String> {
    std::fs::metadata(file).ok().filter(|about| about.is_file() && about.len() <= MAX_BYTES)?;
    let text = std::fs::read(file).ok()?;
    let document = ContractDocument::parse(CONTRACT_FILE, &text).ok()?;
    Some(document.contract.service.name)
}
