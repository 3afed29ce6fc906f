//! Files are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody.
    All,
    /// Its owner.
    Owner,
}

/// Name of a file that is not whole yet.
const UNFINISHED: &str = ".pacto-tmp-";
/// Matches what a writer that died leaves behind, as `.gitignore` writes patterns.
pub const UNFINISHED_PATTERN: &str = ".pacto-tmp-*";

/// Writes `content` to `path` by way of a temporary file in the same directory, which must be there, so that a reader, a
/// full disk or a killed process never leaves half a file; when this is done the content is on the disk. A link in its
/// place is replaced, not followed.
///
/// # Errors
/// What the system says; the old file is as it was.
pub fn write(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let file = unfinished(path, content, readers)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// As [`write`], without waiting for the disk: for what can be made again and is checked when it is read.
///
/// # Errors
/// As [`write`].
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    unfinished(path, content, readers)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn unfinished(path: &Path, content: &[u8], readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    if readers == Readers::All {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(content)?;
    Ok(file)
}

/// Whether a file was left behind by a writer that died.
pub fn is_leftover(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with(UNFINISHED)
}

/// Makes a directory and those above it, for their owner alone.
///
/// # Errors
/// What the system says.
pub fn create_private_directories(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
