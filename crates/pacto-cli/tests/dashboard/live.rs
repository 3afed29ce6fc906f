//! What changes while somebody looks.

use std::os::unix::fs::PermissionsExt as _;

use crate::running::{context, contract, names, serve};

#[test]
fn a_change_is_told_with_what_changed() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 1);
    let mut events = server.events();
    let hello = events.next("hello");
    assert_eq!(hello["version"], env!("CARGO_PKG_VERSION"));

    let needs = "dependencies: [{ref: 'oci://r.example/a', required: true, compatibility: '^1.0.0'}]\n";
    cx.write("b/pacto.yaml", contract("b", "1.0.0", needs));
    let news = events.next("snapshot");
    assert_eq!(names(&news["changed"]), ["a", "b"], "a has a new dependent");
    assert_eq!((&news["reset"], &news["structure"]), (&false.into(), &true.into()));
    assert_eq!(news["sources"][0]["services"], 2);

    cx.write("a/pacto.yaml", contract("a", "1.1.0", ""));
    let news = events.next("snapshot");
    assert_eq!(names(&news["changed"]), ["a"]);
    assert_eq!(news["changed"][0]["version"], "1.1.0");
    assert_eq!(news["snapshot"].as_str(), server.get("/api/services").header("x-snapshot"));

    std::fs::remove_dir_all(cx.path("b")).unwrap();
    let news = events.next("snapshot");
    assert_eq!(news["removed"], serde_json::json!(["b"]));
}

#[test]
fn who_follows_a_policy_is_judged_again_when_it_changes() {
    let cx = context();
    let policy = |required: &str| format!(r#"{{"type": "object", "required": ["{required}"]}}"#);
    let publisher = "policies: [{name: p, schema: policy/schema.json}]\n";
    cx.write("rules/pacto.yaml", contract("rules", "1.0.0", publisher))
        .write("rules/policy/schema.json", policy("service"));
    let follower = "policies: [{name: p, ref: 'oci://r.example/rules'}]\nruntime: {workload: service, state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}}\n";
    cx.write("a/pacto.yaml", contract("a", "1.0.0", follower));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| names(list) == ["a", "rules"]);
    assert_eq!(server.get("/api/services").json()[0]["contractStatus"], "Compliant");
    cx.write("rules/policy/schema.json", policy("scaling"));
    server.wait("/api/services", |list| list[0]["contractStatus"] == "NonCompliant");
    let details = server.get("/api/services/a").json();
    assert_eq!(
        (&details["contractStatus"], &details["policies"][0]["satisfied"]),
        (&"NonCompliant".into(), &false.into())
    );
    std::fs::remove_dir_all(cx.path("rules")).unwrap();
    server.wait("/api/services", |list| names(list) == ["a"] && list[0]["contractStatus"] == "Compliant");
}

#[test]
fn the_first_contract_may_come_later() {
    let cx = context();
    std::fs::create_dir(cx.path("empty")).unwrap();
    let server = serve(&cx, &["empty"]);
    assert_eq!(server.get("/api/services").json(), serde_json::json!([]));
    cx.write("empty/deep/er/a/pacto.yaml", contract("a", "1.0.0", ""));
    server.wait("/api/services", |list| names(list) == ["a"]);
}

#[test]
fn what_cannot_be_read_is_named_and_heals() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| names(list) == ["a"]);
    cx.write("a/pacto.yaml", "service: [\n");
    let report = server
        .wait("/api/sources", |report| report["sources"][0]["locations"].as_array().unwrap().len() == 2);
    assert_eq!(report["sources"][0]["locations"][0]["state"], "failing");
    assert_eq!(server.get("/api/services").json(), serde_json::json!([]));
    cx.write("a/pacto.yaml", contract("a", "1.0.1", ""));
    server.wait("/api/services", |list| list[0]["version"] == "1.0.1");
}

#[test]
fn an_unreadable_root_keeps_what_was_known() {
    let cx = context();
    cx.write("root/a/pacto.yaml", contract("a", "1.0.0", ""));
    let server = serve(&cx, &["root"]);
    server.wait("/api/services", |list| names(list) == ["a"]);
    std::fs::rename(cx.path("root"), cx.path("gone")).unwrap();
    server.post("/api/refresh", "");
    let report = server.wait("/api/sources", |report| report["sources"][0]["state"] == "stale");
    assert!(
        report["sources"][0]["lastError"]["message"].as_str().unwrap().contains("cannot be read"),
        "{report}"
    );
    assert_eq!(names(&server.get("/api/services").json()), ["a"], "stale, and still there");
    std::fs::rename(cx.path("gone"), cx.path("root")).unwrap();
    server.post("/api/refresh", "");
    server.wait("/api/sources", |report| report["sources"][0]["state"] == "live");
    let mode = std::fs::metadata(cx.path("root")).unwrap().permissions().mode();
    assert_ne!(mode, 0);
}

#[test]
fn streams_end_when_the_server_does() {
    let cx = context();
    cx.write("a/pacto.yaml", contract("a", "1.0.0", ""));
    let mut server = serve(&cx, &["."]);
    let mut events = server.events();
    events.next("hello");
    assert_eq!(server.stop("TERM"), Some(0));
    assert!(events.is_over());
}
