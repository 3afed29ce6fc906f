//! What a watch knows: pure, one change after the other.

use std::sync::Arc;

use crate::feed::{Change, View, Views};
use crate::view::{PactoView, RevisionView};
use crate::watch::{Feed, FeedState, Snapshot};
use crate::{Problem, ProblemKind, Served, Timestamp};

/// Something that a running watch hears.
pub enum News {
    Pacto(Change<PactoView>),
    Revision(Change<RevisionView>),
    /// The cluster was asked what it serves.
    Heartbeat(Result<Option<Served>, Problem>),
}

/// What to do after a piece of news.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Continue,
    /// The streams no longer fit what the cluster serves.
    Rediscover,
}

/// Everything that is known of a cluster.
pub struct Knowledge {
    served: Option<Served>,
    pactos: Kind<PactoView>,
    revisions: Kind<RevisionView>,
    /// Trouble with the cluster as a whole.
    silent: Option<(Timestamp, Problem)>,
    /// Counts changes of what is known, of states and of resources.
    changes: u64,
}

struct Kind<V> {
    views: Arc<Views<V>>,
    listed: bool,
    missing: bool,
    as_of: Option<Timestamp>,
    trouble: Option<(Timestamp, Problem)>,
}

impl Knowledge {
    pub fn new() -> Self {
        Self { served: None, pactos: Kind::new(), revisions: Kind::new(), silent: None, changes: 0 }
    }

    /// What a look at the cluster says before streams are started.
    pub fn discovered(&mut self, answer: &Result<Option<Served>, Problem>, now: Timestamp) {
        match answer {
            Ok(Some(served)) => {
                self.silent = None;
                self.pactos.missing = false;
                match served.revisions {
                    Some(_) => self.revisions.missing = false,
                    None => self.revisions.is_missing(now),
                }
                self.served = Some(served.clone());
            }
            Ok(None) => {
                self.silent = None;
                self.served = None;
                self.pactos.is_missing(now);
                self.revisions.is_missing(now);
            }
            Err(problem) => trouble(&mut self.silent, problem.clone(), now),
        }
        self.changes += 1;
    }

    pub fn hear(&mut self, news: News, now: Timestamp) -> Next {
        match news {
            News::Pacto(change) => self.count(|known| known.pactos.apply(change, now)),
            News::Revision(change) => self.count(|known| known.revisions.apply(change, now)),
            News::Heartbeat(Err(problem)) => self.count(|known| {
                trouble(&mut known.silent, problem, now);
                Next::Continue
            }),
            News::Heartbeat(Ok(served)) if served == self.served => {
                if self.silent.take().is_some() {
                    self.changes += 1;
                }
                self.pactos.is_alive(now);
                self.revisions.is_alive(now);
                Next::Continue
            }
            News::Heartbeat(Ok(_)) => Next::Rediscover,
        }
    }

    fn count(&mut self, change: impl FnOnce(&mut Self) -> Next) -> Next {
        self.changes += 1;
        change(self)
    }

    /// Grows with every change that a reader may care about; a mere sign of life is none.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            pactos: self.pactos.views.clone(),
            revisions: self.revisions.views.clone(),
            pactos_feed: self.pactos.feed(self.silent.as_ref()),
            revisions_feed: self.revisions.feed(self.silent.as_ref()),
            api_version: self.served.as_ref().map(|served| served.api_version.clone()),
        }
    }
}

impl<V: View> Kind<V> {
    fn new() -> Self {
        Self { views: Arc::default(), listed: false, missing: false, as_of: None, trouble: None }
    }

    fn apply(&mut self, change: Change<V>, now: Timestamp) -> Next {
        match change {
            Change::Failed(problem) if problem.kind == ProblemKind::NotServed => return Next::Rediscover,
            Change::Failed(problem) => {
                trouble(&mut self.trouble, problem, now);
                return Next::Continue;
            }
            Change::Replaced(views) => {
                self.views = Arc::new(views);
                self.trouble = None;
                self.listed = true;
            }
            Change::Applied(view) => {
                Arc::make_mut(&mut self.views).insert(view.key().clone(), view);
            }
            Change::Deleted(key) => {
                Arc::make_mut(&mut self.views).remove(&key);
            }
        }
        self.as_of = Some(now);
        Next::Continue
    }

    /// The cluster says that there are none, and cannot be.
    fn is_missing(&mut self, now: Timestamp) {
        *self = Self { missing: true, as_of: Some(now), ..Self::new() };
    }

    /// The cluster answers, and the watch stands.
    fn is_alive(&mut self, now: Timestamp) {
        if (self.listed || self.missing) && self.trouble.is_none() {
            self.as_of = Some(now);
        }
    }

    fn feed(&self, silent: Option<&(Timestamp, Problem)>) -> Feed {
        let state = match (self.trouble.as_ref().or(silent), self.as_of) {
            (Some((since, problem)), Some(_)) => {
                FeedState::Lagging { since: *since, problem: problem.clone() }
            }
            (Some((since, problem)), None) => {
                FeedState::Unreachable { since: *since, problem: problem.clone() }
            }
            (None, _) if self.missing => FeedState::CrdMissing,
            (None, _) if self.listed => FeedState::Connected,
            (None, _) => FeedState::Connecting,
        };
        Feed { state, as_of: self.as_of }
    }
}

/// Keeps when it began.
fn trouble(slot: &mut Option<(Timestamp, Problem)>, problem: Problem, now: Timestamp) {
    let since = slot.as_ref().map_or(now, |(since, _)| *since);
    *slot = Some((since, problem));
}
