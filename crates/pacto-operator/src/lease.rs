//! One of several replicas works: the one that holds a Lease.
//!
//! A holder that cannot renew in time stops working before another one may begin. Clocks of other machines are not trusted:
//! what counts is for how long a lease was *seen* not to change.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

/// Name of the Lease.
pub const LEASE_NAME: &str = "a4917283.pacto.io";

/// How long things take around a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For how long others wait after they saw the last renewal. Whole seconds.
    pub lease: Duration,
    /// For how long the holder tries to renew before it gives up; less than `lease`.
    pub renew: Duration,
    /// Time between two tries, and up to a fifth more.
    pub retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), renew: Duration::from_secs(10), retry: Duration::from_secs(2) }
    }
}

/// A replica that wants to lead.
#[derive(Clone)]
pub struct Leadership {
    leases: Api<Lease>,
    identity: String,
    timing: Timing,
}

/// What one look at the lease gave.
enum Attempt {
    /// It is ours; this is how it was written, before this time.
    Ours(Box<Lease>, Instant),
    /// Somebody else has it.
    Theirs(String),
    /// Somebody wrote at the same time; look again.
    Raced,
}

/// A lease as it was seen, and since when it did not change.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    spec: LeaseSpec,
    since: Instant,
}

impl Seen {
    /// Takes a look: the time starts anew when anything changed.
    fn look(before: Option<Self>, spec: LeaseSpec, now: Instant) -> Self {
        match before {
            Some(before) if before.spec == spec => before,
            _ => Self { spec, since: now },
        }
    }

    /// Whether `identity` may write itself into it.
    fn is_free_for(&self, identity: &str, now: Instant) -> bool {
        let holder = self.spec.holder_identity.as_deref().unwrap_or_default();
        let seconds = self.spec.lease_duration_seconds.unwrap_or_default();
        let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        holder.is_empty() || holder == identity || now.duration_since(self.since) >= duration
    }
}

impl Leadership {
    /// A replica that is called `identity`, see [`identity`]. Nothing is sent yet.
    pub fn new(client: Client, namespace: &str, identity: String) -> Self {
        Self { leases: Api::namespaced(client, namespace), identity, timing: Timing::default() }
    }

    /// With other times than 15, 10 and 2 seconds.
    #[must_use]
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }

    /// Waits until this replica leads, however long that takes. An API server that does not answer is asked again.
    ///
    /// ```no_run
    /// # async fn example(client: kube::Client) {
    /// use pacto_operator::lease::{Leadership, identity};
    /// let held = Leadership::new(client, "pacto-system", identity("pacto-operator-0")).acquire().await;
    /// tokio::select! {
    ///     () = held.lost() => {} // stop working at once
    ///     () = std::future::pending() => {} // the work
    /// }
    /// held.release().await;
    /// # }
    /// ```
    pub async fn acquire(&self) -> Held {
        let mut seen = None;
        let mut holder = None;
        loop {
            match timeout(self.timing.renew, self.attempt(&mut seen)).await {
                Ok(Ok(Attempt::Ours(lease, since))) => {
                    tracing::info!(lease = LEASE_NAME, identity = %self.identity, "this replica leads");
                    return Held::keep(self.clone(), *lease, since);
                }
                Ok(Ok(Attempt::Theirs(name))) if holder.as_ref() != Some(&name) => {
                    tracing::info!(lease = LEASE_NAME, holder = %name, "another replica leads");
                    holder = Some(name);
                }
                Ok(Ok(Attempt::Theirs(_))) => {}
                Ok(Ok(Attempt::Raced)) => tracing::debug!(lease = LEASE_NAME, "another replica was faster"),
                Ok(Err(error)) => {
                    let problem = pacto_k8s::Problem::from(&error);
                    tracing::warn!(lease = LEASE_NAME, %problem, "the lease cannot be taken");
                }
                Err(_) => tracing::warn!(lease = LEASE_NAME, "the API server does not answer"),
            }
            sleep(self.pause()).await;
        }
    }

    /// Looks at the lease, and takes it where that is allowed.
    async fn attempt(&self, seen: &mut Option<Seen>) -> Result<Attempt, kube::Error> {
        let before = Instant::now();
        let Some(lease) = self.leases.get_opt(LEASE_NAME).await? else {
            let created = self.leases.create(&PostParams::default(), &self.first()).await;
            return outcome(created, before);
        };
        let look = Seen::look(seen.take(), lease.spec.clone().unwrap_or_default(), Instant::now());
        let is_free = look.is_free_for(&self.identity, Instant::now());
        let holder = look.spec.holder_identity.clone().unwrap_or_default();
        *seen = Some(look);
        if !is_free {
            return Ok(Attempt::Theirs(holder));
        }
        let before = Instant::now();
        outcome(self.replace(&self.taken(lease)).await, before)
    }

    /// Renews what was written last. Where somebody else wrote since, the answer says whether it is still ours.
    async fn renew(&self, last: &Lease) -> Result<Attempt, kube::Error> {
        let before = Instant::now();
        match outcome(self.replace(&self.taken(last.clone())).await, before)? {
            Attempt::Raced => {}
            known => return Ok(known),
        }
        // Nobody has waited yet: only a lease that is free or ours is taken.
        self.attempt(&mut None).await
    }

    async fn replace(&self, lease: &Lease) -> Result<Lease, kube::Error> {
        self.leases.replace(LEASE_NAME, &PostParams::default(), lease).await
    }

    fn first(&self) -> Lease {
        let metadata = ObjectMeta { name: Some(LEASE_NAME.to_owned()), ..ObjectMeta::default() };
        let mut lease = self.taken(Lease { metadata, spec: None });
        lease.spec.get_or_insert_default().lease_transitions = Some(0);
        lease
    }

    /// The lease as it is when this replica holds it from now on.
    fn taken(&self, mut lease: Lease) -> Lease {
        let now = MicroTime(Timestamp::now());
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_ref() != Some(&self.identity) {
            spec.holder_identity = Some(self.identity.clone());
            spec.acquire_time = Some(now.clone());
            spec.lease_transitions = Some(spec.lease_transitions.unwrap_or_default().saturating_add(1));
        }
        spec.lease_duration_seconds = Some(i32::try_from(self.timing.lease.as_secs()).unwrap_or(i32::MAX));
        spec.renew_time = Some(now);
        lease
    }

    /// The lease as it is when anybody may take it.
    fn freed(mut lease: Lease) -> Lease {
        let spec = lease.spec.get_or_insert_default();
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        spec.renew_time = Some(MicroTime(Timestamp::now()));
        lease
    }

    /// Replicas that started together should not ask together for ever.
    fn pause(&self) -> Duration {
        self.timing.retry + self.timing.retry.mul_f64(0.2 * random_fraction())
    }
}

fn outcome(written: Result<Lease, kube::Error>, before: Instant) -> Result<Attempt, kube::Error> {
    match written {
        Ok(lease) => Ok(Attempt::Ours(Box::new(lease), before)),
        // Written, made or deleted by somebody else in between.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Attempt::Raced),
        Err(error) => Err(error),
    }
}

/// A lease that is held, and renewed until this value goes. Without [`release`](Self::release) others wait until it runs out.
#[derive(Debug)]
pub struct Held {
    lost: watch::Receiver<bool>,
    stop: oneshot::Sender<()>,
    renewing: Renewing,
}

/// The task that renews; it ends with the value.
#[derive(Debug)]
struct Renewing(JoinHandle<()>);

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Held {
    fn keep(leadership: Leadership, lease: Lease, since: Instant) -> Self {
        let (lost_to, lost) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let renewing = tokio::spawn(async move {
            tokio::pin!(stopped);
            let (mut lease, mut since) = (lease, since);
            loop {
                let pause = leadership.pause();
                tokio::select! {
                    asked = &mut stopped => {
                        if asked.is_ok() {
                            free(&leadership, lease).await;
                        }
                        return;
                    }
                    () = sleep(pause) => {}
                    () = sleep_until(since + leadership.timing.renew) => {}
                }
                match timeout_at(since + leadership.timing.renew, leadership.renew(&lease)).await {
                    Ok(Ok(Attempt::Ours(renewed, at))) => (lease, since) = (*renewed, at),
                    Ok(Ok(Attempt::Theirs(holder))) => {
                        tracing::error!(lease = LEASE_NAME, %holder, "another replica took the lease");
                        break;
                    }
                    Ok(Ok(Attempt::Raced)) => {}
                    Ok(Err(error)) => {
                        let problem = pacto_k8s::Problem::from(&error);
                        tracing::warn!(lease = LEASE_NAME, %problem, "the lease was not renewed; trying again");
                    }
                    Err(_) => {
                        tracing::error!(lease = LEASE_NAME, "the lease could not be renewed in time");
                        break;
                    }
                }
            }
            tracing::error!(lease = LEASE_NAME, "this replica does not lead any more");
            lost_to.send_replace(true);
        });
        Self { lost, stop, renewing: Renewing(renewing) }
    }

    /// Ends when this replica must not work any more.
    pub async fn lost(&self) {
        // The task ends without a word only when the runtime does.
        let _ = self.lost.clone().wait_for(|is_lost| *is_lost).await;
    }

    /// Gives the lease back, so that another replica takes over at once.
    pub async fn release(self) {
        let Self { stop, mut renewing, .. } = self;
        // A lease that is lost is not ours to give back.
        let _ = stop.send(());
        let _ = (&mut renewing.0).await;
    }
}

async fn free(leadership: &Leadership, lease: Lease) {
    let freed = Leadership::freed(lease);
    match timeout(leadership.timing.renew, leadership.replace(&freed)).await {
        Ok(Ok(_)) => tracing::info!(lease = LEASE_NAME, "the lease is given back"),
        Ok(Err(error)) => {
            let problem = pacto_k8s::Problem::from(&error);
            tracing::warn!(lease = LEASE_NAME, %problem, "the lease was not given back; it runs out");
        }
        Err(_) => tracing::warn!(lease = LEASE_NAME, "the lease was not given back; it runs out"),
    }
}

/// Name of this replica: `pod_name`, or where that is empty the name of the machine, and something that no other process has.
pub fn identity(pod_name: &str) -> String {
    let machine = || {
        let name = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
        let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        name.or_else(kernel).map(|name| name.trim().to_owned()).unwrap_or_default()
    };
    let name = if pod_name.is_empty() { machine() } else { pod_name.to_owned() };
    let name = if name.is_empty() { "pacto-operator".to_owned() } else { name };
    format!("{name}_{:016x}", random())
}

/// Different for every call: the keys of a hash table are.
fn random() -> u64 {
    RandomState::new().hash_one(Timestamp::now().as_nanosecond())
}

/// At least 0, less than 1.
fn random_fraction() -> f64 {
    f64::from(u16::try_from(random() & 0xffff).unwrap_or_default()) / 65_536.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(holder: &str, seconds: i32, transitions: i32) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: Some(seconds),
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }

    #[test]
    fn a_lease_is_free_when_it_was_seen_unchanged_for_long_enough() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let seen = Seen::look(None, spec("a", 15, 0), start);
        assert!(!seen.is_free_for("b", after(14)));
        assert!(seen.is_free_for("b", after(15)) && seen.is_free_for("a", start));
        // Unchanged: the time goes on. Changed: it starts anew.
        let same = Seen::look(Some(seen.clone()), spec("a", 15, 0), after(10));
        assert_eq!(same, seen);
        let renewed = Seen::look(Some(seen), spec("a", 15, 1), after(10));
        assert!(!renewed.is_free_for("b", after(24)) && renewed.is_free_for("b", after(25)));
    }

    #[test]
    fn a_lease_without_holder_is_free_at_once() {
        let now = Instant::now();
        assert!(Seen::look(None, spec("", 1, 3), now).is_free_for("b", now));
        assert!(Seen::look(None, LeaseSpec::default(), now).is_free_for("b", now));
        assert!(Seen::look(None, spec("a", -5, 0), now).is_free_for("b", now));
    }

    #[test]
    fn the_renew_deadline_ends_before_others_may_begin() {
        let timing = Timing::default();
        assert!(timing.retry < timing.renew && timing.renew < timing.lease);
    }

    #[test]
    fn two_replicas_never_have_one_name() {
        let names: std::collections::BTreeSet<String> = (0..1000).map(|_| identity("pod")).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| name.starts_with("pod_") && name.len() == 20));
        assert!(identity("").len() > 17);
        assert!((0..1000).all(|_| (0.0..1.0).contains(&random_fraction())));
    }
}
