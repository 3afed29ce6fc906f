//! The sources of a service: which files are read, and how much of them.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Most files that are read.
pub const MAX_FILES: usize = 5_000;
/// Largest file that is read, in bytes; larger ones are generated.
pub const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;
/// Most bytes of all files.
pub const MAX_TOTAL_BYTES: u64 = 64 * 1024 * 1024;

/// Folders with code of others, or with what was built.
const SKIPPED: &[&str] = &[
    "__pycache__",
    "build",
    "dist",
    "env",
    "node_modules",
    "site-packages",
    "target",
    "testdata",
    "vendor",
    "venv",
];

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the source directory, with `/`.
    pub path: String,
    /// Text.
    pub text: String,
}

/// The files with an extension below a directory, sorted by path. Links are not followed, so nothing outside is read.
///
/// # Errors
/// One line for the user.
pub fn read(root: &Path, extension: &str) -> Result<Vec<SourceFile>, String> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).hidden(true).follow_links(false);
    walk.filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(entry.path().is_dir() && SKIPPED.contains(&&*name))
    });
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in walk.build() {
        let entry = entry.map_err(|error| format!("the sources cannot be read: {error}"))?;
        let is_wanted = entry.path().extension().is_some_and(|found| found == extension);
        if is_wanted && entry.file_type().is_some_and(|kind| kind.is_file()) {
            paths.push(entry.into_path());
        }
        if paths.len() > MAX_FILES {
            return Err(format!(
                "there are more than {MAX_FILES} .{extension} files; name a folder with --option source=DIR"
            ));
        }
    }
    paths.sort();
    let (mut files, mut total) = (Vec::new(), 0);
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let fail = |error: std::io::Error| format!("{shown}: {error}");
        let size = std::fs::metadata(&path).map_err(fail)?.len();
        if size > MAX_FILE_BYTES {
            eprintln_note(&format!("{shown} is larger than {MAX_FILE_BYTES} bytes and was not read"));
            continue;
        }
        total += size;
        if total > MAX_TOTAL_BYTES {
            return Err(format!(
                "the sources are larger than {MAX_TOTAL_BYTES} bytes; name a folder with --option source=DIR"
            ));
        }
        let bytes = std::fs::read(&path).map_err(fail)?;
        let text = String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
        files.push(SourceFile { path: shown, text });
    }
    Ok(files)
}

/// Tells the user something while the plugin works.
#[expect(clippy::print_stderr, reason = "the protocol shows what a plugin writes there")]
pub fn eprintln_note(text: &str) {
    eprintln!("{text}");
}
