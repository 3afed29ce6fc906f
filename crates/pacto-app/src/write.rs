//! Files are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use crate::AppError;

/// Writes `content` to `path`, which starts at `base`, by way of a temporary file in the same directory, so that a
/// reader, a full disk or a killed process never leaves half a file.
///
/// # Errors
/// [`AppError::File`] with `path` as it was given.
pub fn atomically(base: &Path, path: &Path, content: &[u8]) -> Result<(), AppError> {
    let fail = |source| AppError::File { path: path.to_owned(), source: without_path(&source) };
    let path = base.join(path);
    let directory = path.parent().unwrap_or(base);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pacto-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(directory).map_err(fail)?;
    file.write_all(content).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// The error without the name of the temporary file, which means nothing to the user.
fn without_path(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let text = text.split(" at path ").next().unwrap_or(&text);
    io::Error::new(error.kind(), text.to_owned())
}
