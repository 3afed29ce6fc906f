//! Contracts of a real registry: with a Secret, followed, moved, and the registry gone and back.

use std::sync::Arc;

use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::{Bundle, ContractDocument, Reference};
use pacto_oci::artifact::Artifact;
use pacto_oci::credential::{Keychain, Secret, Surroundings};
use pacto_oci::registry::{Client, Settings};
use pacto_oci::store::Store;
use pacto_testkit::registry::{PASSWORD, Registry, USER};

use serde_json::json;

use crate::harness::{cluster, conditions, get, run_in, status, wait};

const SCHEMA: &str = r#"{"type": "object", "properties": {
    "LEVEL": {"type": "string", "default": "info"},
    "TOKEN": {"type": "string"},
    "retry": {"type": "object", "properties": {"times": {"type": "integer", "default": 3}}}
}}"#;

const RULES: &str = r#"{"title": "Rules", "type": "object", "properties": {"service": {"type": "object"}}}"#;

fn contract(version: &str, port: u16) -> String {
    format!(
        "pactoVersion: '1.0'\nservice: {{name: cart, version: {version}}}\ninterfaces: [{{name: api, type: http, port: {port}}}]\n\
         configurations: [{{name: settings, schema: configuration/schema.json, values: {{LEVEL: debug, TOKEN: 'secret://a/b'}}}}]\n\
         policies: [{{name: rules, schema: policy/schema.json}}]\n"
    )
}

/// Pushes a contract under its version.
async fn push(registry: &Registry, version: &str, port: u16) {
    let text = contract(version, port);
    let document = ContractDocument::parse(CONTRACT_FILE, text.as_bytes()).unwrap();
    let mut bundle = Bundle::default();
    bundle.insert(CONTRACT_FILE, text.into_bytes()).unwrap();
    bundle.insert("configuration/schema.json", SCHEMA.as_bytes()).unwrap();
    bundle.insert("policy/schema.json", RULES.as_bytes()).unwrap();
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
    // What the schemas declare is shown, and no value that somebody set.
    assert_eq!(
        found["configurations"],
        json!([{
            "name": "settings",
            "hasSchema": true,
            "valueKeys": ["LEVEL", "TOKEN"],
            "secretKeys": ["TOKEN"],
            "properties": [
                {"key": "LEVEL", "value": "info", "type": "string"},
                {"key": "TOKEN", "type": "string"},
                {"key": "retry", "type": "object"},
                {"key": "retry.times", "value": "3", "type": "integer"},
            ],
        }])
    );
    assert_eq!(
        found["policies"],
        json!([{
            "name": "rules",
            "hasSchema": true,
            "schema": "policy/schema.json",
            "title": "Rules",
            "properties": [{"key": "service", "type": "object"}],
        }])
    );
    let view = pacto_k8s::projection::pacto(&get(&plane, "private", "pacto/cart"));
    assert_eq!((view.configurations[0].properties.len(), view.dropped), (4, vec![]));
    // A Secret of the kind that images are pulled with does as well, for the registry that it names.
    plane.kubectl(&[
        "create",
        "secret",
        "docker-registry",
        "images",
        "-n",
        "private",
        &format!("--docker-server={}", registry.address()),
        &format!("--docker-username={USER}"),
        &format!("--docker-password={PASSWORD}"),
    ]);
    plane.apply(&pacto("private", &format!("{repository}:1.9.0"), ", pullSecretRef: images"));
    wait(&plane, "private", "cart", ".status.contractVersion", "1.9.0");
    plane.apply(&pacto("private", &repository, ", pullSecretRef: images"));
    wait(&plane, "private", "cart", ".status.contractVersion", "1.10.0");
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
    let (Some(plane), Some(mut registry)) = (cluster("away"), Registry::start()) else { return };
    push(&registry, "1.0.0", 8080).await;
    let running = run_in(&plane, "away").await;
    let repository = format!("{}/contracts/cart", registry.address());
    plane.apply(&pacto("away", &repository, ""));
    wait(&plane, "away", "cart", ".status.contractStatus", "Reference");
    registry.stop();
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
    // An operator that begins now knows nothing of the contract, and forgets nothing of what was written.
    let version = status(&plane, "away", "cart")["currentRevision"].clone();
    let running = run_in(&plane, "away").await;
    // Without a contract the one condition that is left speaks of the registry alone.
    // kubectl waits for values, and this is the end of a part of one.
    while conditions(&plane, "away", "cart").contains("last known") {
        tokio::task::yield_now().await;
    }
    let found = status(&plane, "away", "cart");
    assert_eq!((&found["contractVersion"], &found["currentRevision"]), (&"1.0.0".into(), &version));
    assert_eq!(
        (&found["contractStatus"], &found["interfaces"][0]["port"]),
        (&"Unknown".into(), &8080.into())
    );
    assert_eq!(found["validation"]["valid"], true, "nothing was judged anew");
    // And when the registry is back, everything is as before.
    registry.restart();
    wait(&plane, "away", "cart", ".status.contractStatus", "Reference");
    assert_eq!(status(&plane, "away", "cart")["currentRevision"], version);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registries_that_are_silent_hold_up_nobody_else() {
    let Some(plane) = cluster("silent") else { return };
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let (connected, connections) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in silent.incoming().map_while(Result::ok) {
            kept.push(stream);
            // The test may be over.
            let _ = connected.send(());
        }
    });
    let running = run_in(&plane, "silent").await;
    // More than are looked at at once.
    for number in 0..12 {
        plane.apply(&format!(
            "{{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {{name: silent-{number}, namespace: silent}}, \
             spec: {{contractRef: {{oci: '{address}/a/b'}}}}}}"
        ));
    }
    connections.recv_timeout(std::time::Duration::from_mins(1)).unwrap();
    let began = std::time::Instant::now();
    let inline = contract("1.0.0", 80).replace('\n', "\\n");
    plane.apply(&format!(
        "{{apiVersion: pacto.trianalab.io/v1alpha1, kind: Pacto, metadata: {{name: quick, namespace: silent}}, \
         spec: {{contractRef: {{inline: \"{inline}\"}}}}}}"
    ));
    wait(&plane, "silent", "quick", ".status.contractStatus", "Reference");
    // A registry is given up after 45 seconds at the earliest; this one was not waited for.
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
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
    for revision in [&first, &second] {
        plane.kubectl(&["get", "-n", "moved", "pactorevision", revision.as_str().unwrap()]);
    }
    // Written after the status, and seen by whoever waits for it.
    let told = format!(
        "{repository}:1.0.0 was revision {} and is revision {} now",
        first.as_str().unwrap(),
        second.as_str().unwrap()
    );
    let events = loop {
        let events = plane.kubectl(&["events", "-n", "moved", "--for=pacto/cart"]);
        if events.contains("TagOverwritten") {
            break events;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(events.matches("TagOverwritten").count(), 1, "{events}");
    assert!(events.contains(&told), "{told} is not among\n{events}");
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
