//! Where an author may read and write: below one directory, whatever links and dots say.

use std::path::{Component, Path, PathBuf};

use crate::{AppError, Context};

/// The directory that a path names, below the directory of the context.
pub(super) fn within(context: &Context, path: &str) -> Result<PathBuf, AppError> {
    let refuse = || {
        let path = crate::error::shown(path);
        AppError::Usage(format!(
            "{path:?} leads out of the directory that may be written to; name one below it"
        ))
    };
    let named = Path::new(path.strip_prefix("file://").unwrap_or(path));
    if path.contains('\0') || named.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(refuse());
    }
    let root = context.directory.canonicalize();
    let root = root.map_err(|source| AppError::File { path: context.directory.clone(), source })?;
    let target = context.directory.join(named);
    // What is not there yet lies where the nearest directory that is there really is.
    let real = target.ancestors().find_map(|above| above.canonicalize().ok()).ok_or_else(refuse)?;
    if !real.starts_with(&root)
        || target.symlink_metadata().is_ok_and(|there| there.is_symlink() && !target.exists())
    {
        return Err(refuse());
    }
    Ok(target)
}
