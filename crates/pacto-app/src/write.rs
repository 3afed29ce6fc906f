//! Files are written whole or not at all.

use std::io::Write;
use std::path::Path;

use crate::AppError;

/// Writes `content` to `path` by way of a temporary file in the same directory, so that a reader, a full disk or a
/// killed process never leaves half a file.
///
/// # Errors
/// [`AppError::File`].
pub fn atomically(path: &Path, content: &[u8]) -> Result<(), AppError> {
    let fail = |source| AppError::File { path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pacto-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(directory).map_err(fail)?;
    file.write_all(content).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}
