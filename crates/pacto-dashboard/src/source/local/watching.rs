//! Changes of directories, told by the system: of those that the search for contracts enters, and of no others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::ModifyKind;
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use pacto_oci::directory::is_searched;

/// Where the system watches whole trees with one handle; elsewhere each directory takes one.
const WHOLE_TREES: bool = cfg!(any(target_os = "macos", target_os = "windows"));

/// Most files whose changes are told one by one; where more change, everything is looked at.
const MAX_CHANGED: usize = 1_000;

/// What changed since it was asked for last.
#[derive(Debug, Default)]
struct Changes {
    paths: BTreeSet<PathBuf>,
    /// Something changed of which nobody knows what.
    is_missed: bool,
}

/// Watched directories.
#[derive(Debug)]
pub struct Watching {
    root: PathBuf,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    /// What went away or came back under its name, told by the thread that hears of it.
    moved: Arc<Mutex<Vec<PathBuf>>>,
    changes: Arc<Mutex<Changes>>,
    trouble: Option<String>,
}

impl Watching {
    /// Watches nothing yet; `told` hears of changes at or below `root`.
    pub fn new(root: PathBuf, told: Sender<()>) -> Self {
        let moved = Arc::new(Mutex::new(Vec::new()));
        let changes = Arc::new(Mutex::new(Changes::default()));
        let (log, below, noted) = (Arc::clone(&moved), root.clone(), Arc::clone(&changes));
        let hear = move |event: notify::Result<notify::Event>| {
            let is_change = match &event {
                Ok(event) if event.kind.is_access() => false,
                Ok(event) => {
                    if event.kind.is_remove() || matches!(event.kind, EventKind::Modify(ModifyKind::Name(_)))
                    {
                        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                        log.extend(event.paths.iter().cloned());
                    }
                    event.paths.iter().any(|path| is_watched(&below, path))
                }
                // Something was missed.
                Err(_) => true,
            };
            if is_change {
                note(&noted, event);
                let _ = told.send(());
            }
        };
        let (watcher, trouble) = match notify::recommended_watcher(hear) {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(reason(&error))),
        };
        Self { root, watcher, watched: BTreeSet::new(), moved, changes, trouble }
    }

    /// Watches these directories and no others; whether there was a new one, in which something may have changed before.
    pub fn set(&mut self, directories: BTreeSet<PathBuf>) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        let directories = if WHOLE_TREES { BTreeSet::from([self.root.clone()]) } else { directories };
        for path in std::mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner)) {
            // What is there now under that name, and below, is something else.
            let gone: Vec<PathBuf> = self.watched.range(path.clone()..).cloned().collect();
            for known in gone.into_iter().take_while(|known| known.starts_with(&path)) {
                // The system may have ended it already.
                let _ = watcher.unwatch(&known);
                self.watched.remove(&known);
            }
        }
        for path in self.watched.difference(&directories) {
            let _ = watcher.unwatch(path);
        }
        self.watched.retain(|path| directories.contains(path));
        self.trouble = None;
        let mut is_any = false;
        let mode = if WHOLE_TREES { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        for path in directories {
            if self.watched.contains(&path) {
                continue;
            }
            match watcher.watch(&path, mode) {
                Ok(()) => {
                    self.watched.insert(path);
                    is_any = true;
                }
                Err(error) if is_of_one(&error) => {}
                Err(error) => {
                    self.trouble = Some(reason(&error));
                    break;
                }
            }
        }
        is_any
    }

    /// The files that changed since this was asked last. None where everything has to be looked at: a directory came, went or
    /// moved, very much changed, or something was missed.
    pub fn changed_files(&self) -> Option<BTreeSet<PathBuf>> {
        let changes = std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        let is_whole = changes.is_missed || self.watcher.is_none() || self.trouble.is_some();
        // What is not there any more may have been a directory, which then was watched.
        let is_file = |path: &PathBuf| {
            !self.watched.contains(path) && path.symlink_metadata().map_or(true, |there| there.is_file())
        };
        if is_whole || changes.paths.is_empty() || !changes.paths.iter().all(is_file) {
            return None;
        }
        // Of files nobody asks whether they moved.
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.retain(|path| !changes.paths.contains(path));
        drop(moved);
        Some(changes.paths)
    }

    /// Why changes are not told, or not all of them.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

fn note(changes: &Mutex<Changes>, event: notify::Result<notify::Event>) {
    let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Ok(event) if !event.need_rescan() && changes.paths.len() < MAX_CHANGED => {
            changes.paths.extend(event.paths);
        }
        _ => changes.is_missed = true,
    }
}

/// Whether a directory went away meanwhile, or must not be read: no reason to give the others up.
fn is_of_one(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => matches!(
            error.kind(),
            std::io::ErrorKind::NotFound
                | std::io::ErrorKind::NotADirectory
                | std::io::ErrorKind::PermissionDenied
        ),
        _ => false,
    }
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::MaxFilesWatch => "the system watches no more directories for this user (on Linux, \
            fs.inotify.max_user_watches)"
            .to_owned(),
        ErrorKind::Io(error) => format!("the system watches no directory: {error}"),
        _ => format!("the system watches no directory: {error}"),
    }
}

/// Whether a change of `path` may change a contract.
fn is_watched(root: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().all(|part| is_searched(&part.as_os_str().to_string_lossy()))
}
