//! Files are written whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use pacto_oci::atomic::{self, Readers};

use crate::AppError;

/// Writes `content` to `path`, which starts at `base`, by way of a temporary file in the same directory, so that a
/// reader, a full disk or a killed process never leaves half a file.
///
/// # Errors
/// [`AppError::File`] with `path` as it was given.
pub fn atomically(base: &Path, path: &Path, content: &[u8]) -> Result<(), AppError> {
    let fail = |source| AppError::File { path: path.to_owned(), source: without_path(&source) };
    let path = target(base.join(path)).map_err(fail)?;
    // A pipe or a device is written to, not replaced.
    let is_special = path.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir());
    if is_special {
        let mut open = std::fs::OpenOptions::new().write(true).open(&path).map_err(fail)?;
        return open.write_all(content).and_then(|()| open.flush()).map_err(fail);
    }
    atomic::write(&path, content, Readers::All).map_err(fail)
}

/// Where a link leads, so that it stays a link.
fn target(path: PathBuf) -> io::Result<PathBuf> {
    match path.symlink_metadata() {
        Ok(there) if there.is_symlink() => path.canonicalize(),
        _ => Ok(path),
    }
}

/// Whether a name can be one of a file or directory, and leads nowhere else.
pub(crate) fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

/// Whether a name is one that a valid contract may have. What comes from elsewhere was not judged, and `.git` or `.ssh` is a
/// directory that other programs obey.
pub(crate) fn is_service_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = name.bytes().all(|byte| is_letter(byte) || byte == b'-');
    inner && name.bytes().next().is_some_and(is_letter) && name.bytes().last().is_some_and(is_letter)
}

/// The error without the name of the temporary file, which means nothing to the user.
fn without_path(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let text = text.split(" at path ").next().unwrap_or(&text);
    io::Error::new(error.kind(), text.to_owned())
}
