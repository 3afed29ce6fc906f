//! What the user should know besides the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Takes what comes up while an answer is made; the caller shows it afterwards.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<Board>>, Arc<Mutex<Progress>>);

/// Who is told of each contract that came, and how many there were.
#[derive(Default)]
struct Progress {
    #[expect(clippy::type_complexity, reason = "a function, or none")]
    watcher: Option<Box<dyn Fn(usize, &str) + Send>>,
    count: usize,
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} contracts", self.count)
    }
}

#[derive(Debug, Default)]
struct Board {
    lines: BTreeSet<String>,
    /// Registries that could not be asked, so that the cache answered.
    unreachable: BTreeMap<String, Unconfirmed>,
}

#[derive(Debug, Default)]
struct Unconfirmed {
    cause: String,
    references: BTreeSet<String>,
}

impl Notices {
    pub(crate) fn say(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.insert(line);
    }

    /// The cache answered for `reference`, because its registry did not.
    pub(crate) fn unconfirmed(&self, reference: &str, cause: &str) {
        tracing::debug!(reference, cause, "from the cache");
        let registry = reference.split('/').next().unwrap_or(reference);
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = board.unreachable.entry(registry.to_owned()).or_default();
        cause.clone_into(&mut entry.cause);
        entry.references.insert(reference.to_owned());
    }

    /// Calls `watcher` with the number of contracts so far and the name of the last one, for each that comes from a
    /// registry; until another is set, or [`unwatch`](Self::unwatch) is called.
    pub fn watch(&self, watcher: impl Fn(usize, &str) + Send + 'static) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).watcher = Some(Box::new(watcher));
    }

    /// Calls nobody any more.
    pub fn unwatch(&self) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).watcher = None;
    }

    /// A contract came.
    pub(crate) fn fetched(&self, name: &str) {
        let mut progress = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        progress.count += 1;
        if let Some(watcher) = &progress.watcher {
            watcher(progress.count, name);
        }
    }

    /// The lines to show, in a fixed order; there are none afterwards.
    pub fn take(&self) -> Vec<String> {
        let board = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let unreachable =
            board.unreachable.into_iter().map(|(registry, Unconfirmed { cause, references })| {
                let what = match references.iter().collect::<Vec<_>>().as_slice() {
                    [one] => format!("{one} was taken from the cache and may be out of date"),
                    several => {
                        format!("{} answers were taken from the cache and may be out of date", several.len())
                    }
                };
                format!("{registry} is unreachable ({cause}); {what}")
            });
        unreachable.chain(board.lines).collect()
    }
}
