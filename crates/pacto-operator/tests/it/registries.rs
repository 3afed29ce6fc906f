//! Contracts of a real registry: with a Secret, followed, moved, and the registry gone and back.

use std::sync::Arc;

use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::{Bundle, ContractDocument, Reference};
use pacto_oci::artifact::Artifact;
use pacto_oci::credential::{Keychain, Secret, Surroundings};
use pacto_oci::registry::{Client, Settings};
use pacto_oci::store::Store;
use pacto_testkit::registry::{PASSWORD, Registry, USER};

use crate::harness::{cluster, conditions, run_in, status, wait};

fn contract(version: &str, port: u16) -> String {
    format!(
        "pactoVersion: '1.0'\nservice: {{name: cart, version: {version}}}\ninterfaces: [{{name: api, type: http, port: {port}}}]\n"
    )
}

/// Pushes a contract under its version.
async fn push(registry: &Registry, version: &str, port: u16) {
    let text = contract(version, port);
    let document = ContractDocument::parse(CONTRACT_FILE, text.as_bytes()).unwrap();
    let mut bundle = Bundle::default();
    bundle.insert(CONTRACT_FILE, text.into_bytes()).unwrap();
    let artifact = Artifact::new(&bundle, &document.contract).unwrap();
    let surroundings =
        Surroundings { basic: Some((USER.to_owned(), Secret::new(PASSWORD))), ..Surroundings::default() };
    let client = Client::new(Settings::default(), Arc::new(Keychain::new(surroundings))).unwrap();
    let reference = format!("oci://{}/contracts/cart", registry.address());
    let Ok(Reference::Oci(reference)) = Reference::parse(&reference) else { panic!("a repository") };
    client.keychain().trust(&reference.registry);
    Store::Registry(client.repository(&reference), None).push(&artifact, version).await.unwrap();
}

fn pacto(namespace: &str, repository: &str, more: &str) -> String {
    format!(
        "{{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {{name: cart, namespace: {namespace}}}, spec: \
         {{checkIntervalSeconds: 30, contractRef: {{oci: '{repository}'{more}}}}}}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_contract_is_pulled_with_the_secret_that_is_named() {
    let (Some(plane), Some(registry)) = (cluster("private"), Registry::start_with_login()) else { return };
    for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"] {
        push(&registry, version, 8080).await;
    }
    let running = run_in(&plane, "private").await;
    let repository = format!("{}/contracts/cart", registry.address());
    plane.apply(&pacto("private", &repository, ""));
    wait(&plane, "private", "cart", ".status.contractStatus", "Unknown");
    let found = conditions(&plane, "private", "cart");
    assert!(found.starts_with("ContractValid Unknown NotResolved: authentication failed"), "{found}");
    plane.apply(&pacto("private", &repository, ", pullSecretRef: registry"));
    wait(&plane, "private", "cart", ".status.observedGeneration", "2");
    let found = conditions(&plane, "private", "cart");
    assert!(found.contains("Secret registry is not there"), "{found}");
    plane.apply(&format!(
        "{{apiVersion: v1, kind: Secret, metadata: {{name: registry, namespace: private}}, stringData: {{username: {USER}, \
         password: {PASSWORD}}}}}"
    ));
    // Tried again by itself, after seconds.
    wait(&plane, "private", "cart", ".status.contractStatus", "Reference");
    let found = status(&plane, "private", "cart");
    assert_eq!(found["contractVersion"], "1.10.0");
    assert_eq!(found["resolutionPolicy"], "Latest");
    assert_eq!(found["contract"]["resolvedRef"], format!("{repository}:1.10.0"));
    assert!(!found.to_string().contains(PASSWORD));
    // Every version becomes a revision, owned by the Pacto.
    for version in ["1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1"] {
        let selected = format!("-lpacto.trianalab.io/pacto=cart,pacto.trianalab.io/version={version}");
        let arguments =
            ["wait", "-n", "private", "pactorevision", &selected, "--for=create", "--timeout=60s"];
        plane.kubectl(&arguments);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_away_leaves_the_last_contract() {
    let (Some(plane), Some(registry)) = (cluster("away"), Registry::start()) else { return };
    push(&registry, "1.0.0", 8080).await;
    let running = run_in(&plane, "away").await;
    let repository = format!("{}/contracts/cart", registry.address());
    plane.apply(&pacto("away", &repository, ""));
    wait(&plane, "away", "cart", ".status.contractStatus", "Reference");
    drop(registry);
    // The next look comes within the interval of 30 seconds.
    wait(&plane, "away", "cart", ".status.contractStatus", "Unknown");
    let found = status(&plane, "away", "cart");
    assert_eq!(found["contractVersion"], "1.0.0");
    assert_eq!(found["interfaces"][0]["port"], 8080);
    let found = conditions(&plane, "away", "cart");
    assert!(
        found.starts_with("ContractValid Unknown NotResolved: the last known contract is shown"),
        "{found}"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_moved_is_noticed_and_a_second_source_is_said_to_be_one() {
    let (Some(plane), Some(registry)) = (cluster("moved"), Registry::start()) else { return };
    push(&registry, "1.0.0", 8080).await;
    let running = run_in(&plane, "moved").await;
    let repository = format!("{}/contracts/cart", registry.address());
    plane.apply(&pacto("moved", &format!("{repository}:1.0.0"), ""));
    wait(&plane, "moved", "cart", ".status.interfaces[0].port", "8080");
    assert_eq!(status(&plane, "moved", "cart")["resolutionPolicy"], "PinnedTag");
    let first = status(&plane, "moved", "cart")["currentRevision"].clone();
    push(&registry, "1.0.0", 9090).await;
    // The next look comes within the interval of 30 seconds.
    wait(&plane, "moved", "cart", ".status.interfaces[0].port", "9090");
    let second = status(&plane, "moved", "cart")["currentRevision"].clone();
    assert_ne!(first, second);
    for revision in [first, second] {
        plane.kubectl(&["get", "-n", "moved", "pactorevision", revision.as_str().unwrap()]);
    }
    let inline =
        format!("{{oci: '{repository}', inline: \"{}\"}}", contract("3.0.0", 1).replace('\n', "\\n"));
    plane.apply(&format!(
        "{{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {{name: both, namespace: moved}}, spec: \
         {{contractRef: {inline}}}}}"
    ));
    wait(&plane, "moved", "both", ".status.contractVersion", "3.0.0");
    let found = conditions(&plane, "moved", "both");
    assert!(found.starts_with("ContractValid True AmbiguousSource"), "{found}");
    running.stop().await;
}
