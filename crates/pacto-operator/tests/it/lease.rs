//! Replicas that take turns.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use pacto_operator::lease::{Held, LEASE_NAME, Leadership, Timing};
use pacto_testkit::control_plane::ControlPlane;
use tokio::time::{Instant, timeout};

use crate::clients::client;
use crate::harness::{cluster, make_namespace};

/// Short, and with room for a busy machine.
const TIMING: Timing = Timing {
    lease: Duration::from_secs(3),
    renew: Duration::from_secs(2),
    retry: Duration::from_millis(100),
};
/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_mins(1);

fn replica(client: &Client, namespace: &str, name: &str) -> Leadership {
    Leadership::new(client.clone(), namespace, name.to_owned()).with_timing(TIMING)
}

async fn acquire(replica: &Leadership) -> Held {
    timeout(PATIENCE, replica.acquire()).await.expect("the lease is taken")
}

async fn holder(client: &Client, namespace: &str) -> (String, i32, i32) {
    let lease: Lease = Api::namespaced(client.clone(), namespace).get(LEASE_NAME).await.unwrap();
    let spec = lease.spec.unwrap();
    (spec.holder_identity.unwrap(), spec.lease_duration_seconds.unwrap(), spec.lease_transitions.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_given_back_is_taken_at_once() {
    let Some(plane) = cluster("lease-released") else { return };
    let client = client(&plane).await;
    let first = acquire(&replica(&client, "lease-released", "a")).await;
    assert_eq!(holder(&client, "lease-released").await, ("a".to_owned(), 3, 0));
    first.release().await;
    assert_eq!(holder(&client, "lease-released").await, (String::new(), 1, 0));
    let begin = Instant::now();
    let second = acquire(&replica(&client, "lease-released", "b")).await;
    assert!(begin.elapsed() < TIMING.lease, "it did not wait: {:?}", begin.elapsed());
    assert_eq!(holder(&client, "lease-released").await, ("b".to_owned(), 3, 1));
    second.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_of_somebody_who_died_is_taken_when_it_ran_out() {
    let Some(plane) = cluster("lease-killed") else { return };
    let client = client(&plane).await;
    let first = acquire(&replica(&client, "lease-killed", "a")).await;
    let waiting = replica(&client, "lease-killed", "b");
    // As long as it is renewed nobody else gets it.
    assert!(timeout(TIMING.lease * 2, waiting.acquire()).await.is_err());
    assert_eq!(holder(&client, "lease-killed").await.0, "a");
    drop(first);
    let begin = Instant::now();
    let second = acquire(&waiting).await;
    assert!(begin.elapsed() >= TIMING.lease, "too early: {:?}", begin.elapsed());
    assert_eq!(holder(&client, "lease-killed").await, ("b".to_owned(), 3, 1));
    assert!(timeout(TIMING.renew * 2, second.lost()).await.is_err(), "it is renewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_lost_when_the_api_server_is() {
    let Some(plane) = ControlPlane::start() else { return };
    make_namespace(&plane, "lease-lost");
    let client = client(&plane).await;
    let held = acquire(&replica(&client, "lease-lost", "a")).await;
    plane.freeze_api_server();
    let begin = Instant::now();
    timeout(PATIENCE, held.lost()).await.expect("it says that the lease is lost");
    assert!(begin.elapsed() < TIMING.lease, "before others may begin: {:?}", begin.elapsed());
    plane.thaw_api_server();
    let again = acquire(&replica(&client, "lease-lost", "a-again")).await;
    again.release().await;
    // What is lost is not given back: somebody else may have it.
    held.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_somebody_else_took_is_lost() {
    let Some(plane) = cluster("lease-robbed") else { return };
    let client = client(&plane).await;
    let held = acquire(&replica(&client, "lease-robbed", "a")).await;
    let leases: Api<Lease> = Api::namespaced(client.clone(), "lease-robbed");
    let robbed = serde_json::json!({ "spec": { "holderIdentity": "thief", "leaseDurationSeconds": 60 } });
    let patch = kube::api::Patch::Merge(&robbed);
    leases.patch(LEASE_NAME, &kube::api::PatchParams::default(), &patch).await.unwrap();
    timeout(PATIENCE, held.lost()).await.expect("it says that the lease is lost");
    held.release().await;
    assert_eq!(holder(&client, "lease-robbed").await.0, "thief");
}
