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
    Heartbeat(Box<Result<Option<Served>, Problem>>),
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
            News::Heartbeat(answer) => self.heartbeat(*answer, now),
        }
    }

    fn heartbeat(&mut self, answer: Result<Option<Served>, Problem>, now: Timestamp) -> Next {
        match answer {
            Ok(served) if served == self.served => {
                if self.silent.take().is_some() {
                    self.changes += 1;
                }
                self.pactos.is_alive(now);
                self.revisions.is_alive(now);
                Next::Continue
            }
            Ok(_) => Next::Rediscover,
            Err(problem) => {
                trouble(&mut self.silent, problem, now);
                self.changes += 1;
                Next::Continue
            }
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
            Change::Failed(problem) => {
                let gone = problem.kind == ProblemKind::NotServed;
                trouble(&mut self.trouble, problem, now);
                return if gone { Next::Rediscover } else { Next::Continue };
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

#[cfg(test)]
mod tests {
    use k8s_openapi::jiff::SignedDuration;
    use kube::core::{ApiResource, GroupVersionKind};

    use super::*;
    use crate::view::ResourceKey;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn served(version: &str) -> Served {
        let resource =
            |kind| ApiResource::from_gvk(&GroupVersionKind::gvk("pacto.trianalab.io", version, kind));
        Served {
            api_version: format!("pacto.trianalab.io/{version}"),
            pactos: resource("Pacto"),
            revisions: Some(resource("PactoRevision")),
        }
    }

    fn problem(kind: ProblemKind, message: &str) -> Problem {
        Problem { kind, message: message.to_owned() }
    }

    fn down(message: &str) -> Problem {
        problem(ProblemKind::NotAnswering, message)
    }

    fn pacto(name: &str) -> Arc<PactoView> {
        Arc::new(PactoView { key: ResourceKey::new("shop", name), ..PactoView::default() })
    }

    fn beat(answer: Result<Option<Served>, Problem>) -> News {
        News::Heartbeat(Box::new(answer))
    }

    fn listed(names: &[&str]) -> News {
        let views = names.iter().map(|name| (ResourceKey::new("shop", *name), pacto(name)));
        News::Pacto(Change::Replaced(views.collect()))
    }

    /// A cluster with one Pacto, read at second 1.
    fn connected() -> Knowledge {
        let mut known = Knowledge::new();
        known.discovered(&Ok(Some(served("v1"))), at(0));
        known.hear(listed(&["a"]), at(1));
        known
    }

    fn state(known: &Knowledge) -> FeedState {
        known.snapshot().pactos_feed.state
    }

    #[test]
    fn nothing_is_claimed_before_a_list_is_read() {
        let mut known = Knowledge::new();
        assert_eq!(state(&known), FeedState::Connecting);
        known.discovered(&Ok(Some(served("v1"))), at(0));
        assert_eq!(known.snapshot().pactos_feed, Feed::default());
        known.hear(listed(&[]), at(1));
        assert_eq!(state(&known), FeedState::Connected);
    }

    #[test]
    fn a_cluster_that_never_answered_is_unreachable_since_the_first_try() {
        let mut known = Knowledge::new();
        known.discovered(&Err(down("one")), at(0));
        known.discovered(&Err(down("two")), at(5));
        assert_eq!(state(&known), FeedState::Unreachable { since: at(0), problem: down("two") });
    }

    #[test]
    fn what_was_read_is_kept_with_its_time() {
        let mut known = connected();
        known.hear(News::Pacto(Change::Failed(down("x"))), at(9));
        let snapshot = known.snapshot();
        assert_eq!(snapshot.pactos.len(), 1);
        let expected =
            Feed { state: FeedState::Lagging { since: at(9), problem: down("x") }, as_of: Some(at(1)) };
        assert_eq!(snapshot.pactos_feed, expected);
        // A sign of life of the cluster does not mend the watch.
        known.hear(beat(Ok(Some(served("v1")))), at(10));
        assert_eq!(known.snapshot().pactos_feed, expected);
        known.hear(listed(&["b"]), at(11));
        assert_eq!(known.snapshot().pactos_feed.as_of, Some(at(11)));
        assert!(!known.snapshot().pactos.contains_key(&ResourceKey::new("shop", "a")));
    }

    #[test]
    fn a_cluster_that_hangs_is_noticed_and_forgiven() {
        let mut known = connected();
        known.hear(beat(Err(down("slow"))), at(20));
        assert_eq!(state(&known), FeedState::Lagging { since: at(20), problem: down("slow") });
        known.hear(beat(Ok(Some(served("v1")))), at(30));
        assert_eq!(known.snapshot().pactos_feed, Feed { state: FeedState::Connected, as_of: Some(at(30)) });
    }

    #[test]
    fn a_sign_of_life_is_no_change() {
        let mut known = connected();
        let before = known.changes();
        assert_eq!(known.hear(beat(Ok(Some(served("v1")))), at(9)), Next::Continue);
        assert_eq!(known.changes(), before);
        assert_eq!(known.snapshot().pactos_feed.as_of, Some(at(9)));
    }

    #[test]
    fn a_definition_that_is_gone_takes_its_resources_along() {
        let mut known = connected();
        let gone = News::Pacto(Change::Failed(problem(ProblemKind::NotServed, "404")));
        assert_eq!(known.hear(gone, at(5)), Next::Rediscover);
        known.discovered(&Ok(None), at(6));
        let snapshot = known.snapshot();
        assert_eq!(snapshot.pactos_feed, Feed { state: FeedState::CrdMissing, as_of: Some(at(6)) });
        assert!(snapshot.pactos.is_empty());
    }

    #[test]
    fn a_resource_that_is_served_and_not_found_is_told() {
        let mut known = connected();
        let odd = problem(ProblemKind::NotServed, "404");
        assert_eq!(known.hear(News::Pacto(Change::Failed(odd.clone())), at(5)), Next::Rediscover);
        known.discovered(&Ok(Some(served("v1"))), at(6));
        assert_eq!(state(&known), FeedState::Lagging { since: at(5), problem: odd });
    }

    #[test]
    fn another_version_is_read_anew() {
        let mut known = connected();
        assert_eq!(known.hear(beat(Ok(Some(served("v2")))), at(5)), Next::Rediscover);
        assert_eq!(known.hear(beat(Ok(None)), at(5)), Next::Rediscover);
    }

    #[test]
    fn a_snapshot_does_not_change_under_its_reader() {
        let mut known = connected();
        let before = known.snapshot();
        known.hear(News::Pacto(Change::Applied(pacto("b"))), at(2));
        known.hear(News::Pacto(Change::Deleted(ResourceKey::new("shop", "a"))), at(3));
        let names = |snapshot: &Snapshot| snapshot.pactos.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            (names(&before), names(&known.snapshot())),
            (vec!["shop/a".to_owned()], vec!["shop/b".to_owned()])
        );
    }

    #[test]
    fn one_kind_may_be_forbidden() {
        let mut known = connected();
        let denied = problem(ProblemKind::Denied, "403");
        known.hear(News::Revision(Change::Failed(denied.clone())), at(2));
        let snapshot = known.snapshot();
        assert_eq!(snapshot.pactos_feed.state, FeedState::Connected);
        assert_eq!(snapshot.revisions_feed.state, FeedState::Unreachable { since: at(2), problem: denied });
    }
}
