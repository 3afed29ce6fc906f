//! What is shown now; made anew when one of its files changes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use pacto_app::AppError;
use pacto_app::doc::{Documentation, documentation};
use pacto_contract::overrides::Overrides;
use tokio::sync::{mpsc, watch};

use super::{DocsError, MakeContext};

/// A change is answered when nothing more changes for so long: editors write a file in several steps.
const QUIET_TIME: Duration = Duration::from_millis(100);
/// So long at most, where changes do not end.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// What is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The last documentation that could be made.
    pub documentation: Arc<Documentation>,
    /// Why the contract cannot be read as it is now.
    pub error: Option<String>,
    /// Counts from 1.
    pub revision: u64,
}

/// The documentation of one contract, followed.
#[derive(Debug)]
pub struct Live {
    shown: watch::Sender<Arc<Shown>>,
    stopping: watch::Sender<bool>,
    trouble: Arc<Mutex<Option<String>>>,
}

struct Maker {
    make_context: MakeContext,
    contract: String,
    overrides: Overrides,
}

impl Maker {
    fn make(&self) -> Result<Documentation, DocsError> {
        let context = (self.make_context)().map_err(DocsError::System)?;
        Ok(documentation(&context, &self.contract, &self.overrides)?)
    }
}

/// Does what waits for files and registries where it holds nobody up.
async fn made(maker: &Arc<Maker>) -> Result<Documentation, DocsError> {
    let maker = Arc::clone(maker);
    let broken = |error| DocsError::System(format!("the documentation was not made: {error}"));
    tokio::task::spawn_blocking(move || maker.make()).await.map_err(broken)?
}

impl Live {
    /// Makes the documentation, and begins to watch its files.
    ///
    /// # Errors
    /// When it cannot be made the first time.
    pub async fn start(
        make_context: MakeContext,
        contract: String,
        overrides: Overrides,
    ) -> Result<Self, DocsError> {
        let maker = Arc::new(Maker { make_context, contract, overrides });
        let documentation = made(&maker).await?;
        let directories = documentation.directories.clone();
        let shown = Shown { documentation: Arc::new(documentation), error: None, revision: 1 };
        let live = Self {
            shown: watch::Sender::new(Arc::new(shown)),
            stopping: watch::Sender::new(false),
            trouble: Arc::default(),
        };
        let (told, changes) = mpsc::unbounded_channel();
        let mut files = Files::new(told, Arc::clone(&live.trouble));
        files.watch(directories);
        tokio::spawn(follow(maker, files, changes, live.shown.clone(), live.stopping.subscribe()));
        Ok(live)
    }

    /// What is shown now.
    pub fn now(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.borrow())
    }

    /// What will be shown, for those who wait.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Shown>> {
        self.shown.subscribe()
    }

    /// Whether the server stops, for those who wait.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Ends everything that waits.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Why changes are not seen, where they are not.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn follow(
    maker: Arc<Maker>,
    mut files: Files,
    mut changes: mpsc::UnboundedReceiver<()>,
    shown: watch::Sender<Arc<Shown>>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            told = changes.recv() => if told.is_none() { return },
            _ = stopping.changed() => return,
        }
        let deadline = tokio::time::Instant::now() + MAX_DELAY;
        while tokio::time::Instant::now() < deadline
            && matches!(tokio::time::timeout(QUIET_TIME, changes.recv()).await, Ok(Some(())))
        {}
        let made = made(&maker).await;
        // What came into a new directory before it was watched is seen by one more look.
        if let Ok(documentation) = &made
            && files.watch(documentation.directories.clone())
        {
            files.tell();
        }
        shown.send_if_modified(|current| {
            let next = match made {
                Ok(documentation) => {
                    if current.error.is_none() && is_same(&current.documentation, &documentation) {
                        return false;
                    }
                    (Arc::new(documentation), None)
                }
                Err(error) => (Arc::clone(&current.documentation), Some(told(&error))),
            };
            if current.error.is_some() && current.error == next.1 {
                return false;
            }
            *current =
                Arc::new(Shown { documentation: next.0, error: next.1, revision: current.revision + 1 });
            true
        });
    }
}

fn is_same(left: &Documentation, right: &Documentation) -> bool {
    left.page == right.page && left.apis == right.apis && left.unreadable == right.unreadable
}

/// An error with every finding, each with its place.
fn told(error: &DocsError) -> String {
    let mut text = error.to_string();
    if let DocsError::Contract(AppError::Contract { failure, .. }) = error {
        for finding in &failure.findings {
            let place = finding.location.as_ref();
            let place =
                place.map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column)).unwrap_or_default();
            let _ = write!(text, "\n{place}{}", finding.message);
        }
    }
    text
}

/// Directories that the system watches.
struct Files {
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    told: mpsc::UnboundedSender<()>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Files {
    fn new(told: mpsc::UnboundedSender<()>, trouble: Arc<Mutex<Option<String>>>) -> Self {
        let hear = told.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is what we do ourselves.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                let _ = hear.send(());
            }
        });
        let watcher = watcher.map_err(|error| note(&trouble, &error)).ok();
        Self { watcher, watched: BTreeSet::new(), told, trouble }
    }

    /// Watches these directories; whether one of them was not watched before.
    fn watch(&mut self, directories: BTreeSet<PathBuf>) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        for path in self.watched.difference(&directories) {
            // The system may have ended it already.
            let _ = watcher.unwatch(path);
        }
        let mut is_any = false;
        let mut kept = BTreeSet::new();
        for path in directories {
            if !self.watched.contains(&path) {
                match watcher.watch(&path, RecursiveMode::NonRecursive) {
                    Ok(()) => is_any = true,
                    Err(error) => {
                        note(&self.trouble, &error);
                        continue;
                    }
                }
            }
            kept.insert(path);
        }
        self.watched = kept;
        is_any
    }

    fn tell(&self) {
        let _ = self.told.send(());
    }
}

fn note(trouble: &Mutex<Option<String>>, error: &notify::Error) {
    *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
}
