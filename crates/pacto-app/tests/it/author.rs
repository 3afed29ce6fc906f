//! Contracts that are written for somebody.

use std::path::Path;

use pacto_app::author::{
    Data, Instances, NewDependency, NewInterface, NewProperty, check, create, edit, suggest,
};
use pacto_app::{AppError, Context, impact};
use pacto_oci::mirror::Mirrors;
use pacto_testkit::checkout_dir;
use serde_json::json;

fn context(directory: &Path) -> Context {
    Context::new(directory, Mirrors::default())
}

fn read(directory: &Path, file: &str) -> String {
    std::fs::read_to_string(directory.join(file)).unwrap()
}

fn cart() -> create::Options {
    create::Options {
        name: "cart".to_owned(),
        description: "gRPC service with postgres".to_owned(),
        owner: Some("shop".to_owned()),
        properties: vec![
            NewProperty { name: "LEVEL".to_owned(), ..NewProperty::default() },
            NewProperty { name: "PAYMENTS_URL".to_owned(), required: true, ..NewProperty::default() },
        ],
        instances: Instances { min: Some(1), max: Some(3), ..Instances::default() },
        ..create::Options::default()
    }
}

#[test]
fn a_description_becomes_a_valid_contract() {
    let home = tempfile::tempdir().unwrap();
    let cx = context(home.path());
    let planned = create::run(&cx, &create::Options { dry_run: true, ..cart() }).unwrap();
    assert_eq!((planned.file_count, planned.files.len()), (0, 3));
    assert!(!home.path().join("cart").exists(), "a dry run writes nothing");
    let made = create::run(&cx, &cart()).unwrap();
    assert_eq!((made.path.as_str(), made.file_count), ("cart/pacto.yaml", 3));
    assert_eq!(
        made.derived,
        ["inferred gRPC interface from description", "inferred stateful runtime from description"]
    );
    insta::assert_snapshot!(read(home.path(), "cart/pacto.yaml"), @r#"
    pactoVersion: "1.0"
    service:
      name: cart
      version: "0.1.0"
      owner: shop
    interfaces:
      - name: grpc-api
        type: grpc
        port: 9090
        visibility: internal
        contract: interfaces/grpc-api.proto
    configurations:
      - name: default
        schema: configuration/schema.json
    runtime:
      workload: service
      state:
        type: stateful
        persistence:
          scope: shared
          durability: persistent
        dataCriticality: medium
    scaling:
      min: 1
      max: 3
    "#);
    assert!(read(home.path(), "cart/interfaces/grpc-api.proto").contains("service Cart {"));
    assert!(read(home.path(), "cart/configuration/schema.json").contains("\"PAYMENTS_URL\""));
    assert!(matches!(create::run(&cx, &cart()), Err(AppError::Exists(_))));
    let checked = check::run(&cx, "cart").unwrap();
    assert!(checked.valid && checked.errors.is_empty());
    let tools: Vec<_> =
        checked.suggestions.iter().filter_map(|one| Some(one.tool_call.as_ref()?.tool.as_str())).collect();
    assert_eq!(tools, ["pacto_suggest_dependencies"]);
}

#[test]
fn every_kind_of_contract_that_can_be_asked_for_is_valid() {
    let home = tempfile::tempdir().unwrap();
    let cx = context(home.path());
    for (number, description) in [
        "",
        "a REST API",
        "rest, grpc and kafka events",
        "nightly batch",
        "a worker on a queue",
        "redis cache",
        "mysql database",
    ]
    .into_iter()
    .enumerate()
    {
        let options = create::Options {
            name: format!("s{number}"),
            description: description.to_owned(),
            dependencies: vec![NewDependency {
                reference: "oci://r.example/a".to_owned(),
                ..NewDependency::default()
            }],
            metadata: [("tier".to_owned(), json!("1"))].into_iter().collect(),
            ..create::Options::default()
        };
        create::run(&cx, &options).unwrap();
        let checked = check::run(&cx, &options.name).unwrap();
        assert!(checked.valid, "{description}: {:?}", checked.errors);
    }
}

#[test]
fn nothing_is_written_elsewhere_or_halfway() {
    let home = tempfile::tempdir().unwrap();
    let inside = home.path().join("inside");
    std::fs::create_dir_all(inside.join("there")).unwrap();
    std::fs::create_dir(home.path().join("outside")).unwrap();
    std::os::unix::fs::symlink(home.path().join("outside"), inside.join("link")).unwrap();
    std::os::unix::fs::symlink("/none/at/all", inside.join("dangling")).unwrap();
    let cx = context(&inside);
    let outside = home.path().join("outside/x").display().to_string();
    for path in
        ["../outside/x", "link/x", "link", "there/../../outside", outside.as_str(), "dangling", "a\0b"]
    {
        let options = create::Options { path: Some(path.to_owned()), ..cart() };
        let refused = create::run(&cx, &options).unwrap_err();
        assert!(refused.to_string().contains("leads out of the directory"), "{path}: {refused}");
        let options = edit::Options {
            path: path.to_owned(),
            version: Some("2.0.0".to_owned()),
            ..edit::Options::default()
        };
        assert!(edit::run(&cx, &options).is_err(), "{path}");
    }
    for (name, kind) in [("../../x", "http"), ("/x", "http"), ("x", "carrier-pigeon"), ("", "http")] {
        let interfaces =
            vec![NewInterface { name: name.to_owned(), kind: kind.to_owned(), ..NewInterface::default() }];
        let refused = create::run(
            &cx,
            &create::Options { name: "bad".to_owned(), interfaces, ..create::Options::default() },
        );
        assert!(refused.is_err(), "{name} {kind}");
    }
    assert!(
        create::run(&cx, &create::Options { name: "No Name".to_owned(), ..create::Options::default() })
            .is_err()
    );
    // A link among the directories of a bundle leads nowhere either.
    written(&inside);
    std::fs::remove_dir_all(inside.join("cart/interfaces")).unwrap();
    std::os::unix::fs::symlink(home.path().join("outside"), inside.join("cart/interfaces")).unwrap();
    let add_interfaces =
        vec![NewInterface { name: "more".to_owned(), kind: "http".to_owned(), ..NewInterface::default() }];
    let options = edit::Options { path: "cart".to_owned(), add_interfaces, ..edit::Options::default() };
    assert!(edit::run(&cx, &options).is_err());
    assert_eq!(std::fs::read_dir(home.path().join("outside")).unwrap().count(), 0);
    assert!(!inside.join("bad").exists());
}

const WRITTEN: &str = "\
# Ours. Ask Ada before you change it.
pactoVersion: \"1.0\"

service:
  name: cart # the shop's
  version: 1.0.0

interfaces:
  # What the web page calls.
  - name: api
    type: http
    port: 8080 # as everywhere
    contract: interfaces/api.yaml

configuration:
  schema: configuration/schema.json # kept by hand

runtime:
  workload: service
  state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
  health: {interface: api, path: /health}

metadata:
  tier: standard
x-internal: kept
";

fn written(directory: &Path) {
    for (file, text) in [
        ("cart/pacto.yaml", WRITTEN.replace("x-internal: kept\n", "").as_str()),
        (
            "cart/interfaces/api.yaml",
            "openapi: 3.0.0\ninfo: {title: a, version: '1'}\npaths: {/health: {get: {responses: {'200': {description: OK}}}}}\n",
        ),
        (
            "cart/configuration/schema.json",
            "{\"type\": \"object\", \"properties\": {\"PAYMENTS_URL\": {\"type\": \"string\"}}}",
        ),
    ] {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[expect(clippy::too_many_lines, reason = "most of it is the contract in full")]
#[test]
fn changes_keep_comments_and_layout() {
    let home = tempfile::tempdir().unwrap();
    written(home.path());
    let cx = context(home.path());
    let options = edit::Options {
        path: "cart".to_owned(),
        version: Some("1.1.0".to_owned()),
        owner: Some("shop".to_owned()),
        add_interfaces: vec![NewInterface {
            name: "events".to_owned(),
            kind: "event".to_owned(),
            ..NewInterface::default()
        }],
        add_dependencies: vec![NewDependency {
            reference: "oci://r.example/shop/payments".to_owned(),
            required: true,
            ..NewDependency::default()
        }],
        add_properties: vec![NewProperty {
            name: "LEVEL".to_owned(),
            required: true,
            ..NewProperty::default()
        }],
        data: Data { stores: Some(true), survives_restart: Some(true), ..Data::default() },
        set_metadata: [("tier".to_owned(), json!("gold"))].into_iter().collect(),
        instances: Instances { max: Some(4), ..Instances::default() },
        ..edit::Options::default()
    };
    let planned = edit::run(&cx, &edit::Options { dry_run: true, ..options.clone() }).unwrap();
    assert_eq!(
        read(home.path(), "cart/pacto.yaml"),
        WRITTEN.replace("x-internal: kept\n", ""),
        "a dry run writes nothing"
    );
    let changed = edit::run(&cx, &options).unwrap();
    assert_eq!(planned.text.unwrap(), read(home.path(), "cart/pacto.yaml"));
    insta::assert_snapshot!(read(home.path(), "cart/pacto.yaml"), @r#"
    # Ours. Ask Ada before you change it.
    pactoVersion: "1.0"

    service:
      name: cart # the shop's
      version: "1.1.0"
      owner: shop

    interfaces:
      # What the web page calls.
      - name: api
        type: http
        port: 8080 # as everywhere
        contract: interfaces/api.yaml
      - name: events
        type: event
        contract: interfaces/events.yaml

    configuration:
      schema: configuration/schema.json # kept by hand

    runtime:
      workload: service
      state: {type: stateful, persistence: {scope: local, durability: persistent}, dataCriticality: medium}
      health: {interface: api, path: /health}

    metadata:
      tier: gold
    dependencies:
      - ref: "oci://r.example/shop/payments"
        required: true
        compatibility: "^1.0.0"
    scaling:
      min: 1
      max: 4
    "#);
    insta::assert_snapshot!(changed.changes.join("\n"), @r#"
    changed service.version from "1.0.0" to "1.1.0"
    set service.owner to "shop"
    added interface events (event)
    added interfaces/events.yaml to start with
    added dependency oci://r.example/shop/payments
    changed runtime.state.type from "stateless" to "stateful"
    changed runtime.state.persistence.durability from "ephemeral" to "persistent"
    changed runtime.state.dataCriticality from "low" to "medium"
    added property LEVEL to configuration/schema.json
    changed metadata.tier from "standard" to "gold"
    set scaling to {"min":1,"max":4}
    "#);
    assert!(
        read(home.path(), "cart/configuration/schema.json").contains("\"required\": [\n    \"LEVEL\"\n  ]")
    );
    assert!(check::run(&cx, "cart").unwrap().valid);

    let back = edit::Options {
        path: "cart".to_owned(),
        remove_interfaces: vec!["api".to_owned(), "events".to_owned()],
        remove_dependencies: vec!["payments".to_owned()],
        ..edit::Options::default()
    };
    let refused = edit::run(&cx, &back).unwrap_err().to_string();
    assert_eq!(refused, "there is no dependency \"payments\"; there are oci://r.example/shop/payments");
    let back =
        edit::Options { remove_dependencies: vec!["oci://r.example/shop/payments".to_owned()], ..back };
    edit::run(&cx, &back).unwrap();
    let text = read(home.path(), "cart/pacto.yaml");
    assert!(
        !text.contains("interfaces:") && !text.contains("dependencies:") && !text.contains("health"),
        "{text}"
    );
    assert!(check::run(&cx, "cart").unwrap().valid);
}

#[test]
fn files_that_are_there_are_kept() {
    let home = tempfile::tempdir().unwrap();
    written(home.path());
    let own = "openapi: 3.0.0\ninfo: {title: mine, version: '1'}\npaths: {}\n";
    std::fs::write(home.path().join("cart/interfaces/more.yaml"), own).unwrap();
    let cx = context(home.path());
    let add_interfaces =
        vec![NewInterface { name: "more".to_owned(), kind: "http".to_owned(), ..NewInterface::default() }];
    let options =
        edit::Options { path: "file://cart".to_owned(), add_interfaces, ..edit::Options::default() };
    edit::run(&cx, &options).unwrap();
    assert_eq!(read(home.path(), "cart/interfaces/more.yaml"), own);
    // A schema at the usual place that no contract named yet is extended, not replaced.
    let text = read(home.path(), "cart/pacto.yaml");
    let without = text.replace("configuration:\n  schema: configuration/schema.json # kept by hand\n", "");
    assert_ne!(without, text);
    std::fs::write(home.path().join("cart/pacto.yaml"), without).unwrap();
    let add_properties = vec![NewProperty { name: "LEVEL".to_owned(), ..NewProperty::default() }];
    edit::run(&cx, &edit::Options { path: "cart".to_owned(), add_properties, ..edit::Options::default() })
        .unwrap();
    let schema = read(home.path(), "cart/configuration/schema.json");
    assert!(schema.contains("PAYMENTS_URL") && schema.contains("LEVEL"), "{schema}");
    assert!(check::run(&cx, "cart").unwrap().valid);
    // So does a new contract beside files that are there.
    std::fs::create_dir_all(home.path().join("new/interfaces")).unwrap();
    std::fs::write(home.path().join("new/interfaces/api.yaml"), own).unwrap();
    let interfaces =
        vec![NewInterface { name: "api".to_owned(), kind: "http".to_owned(), ..NewInterface::default() }];
    let made = create::run(
        &cx,
        &create::Options { name: "new".to_owned(), interfaces, ..create::Options::default() },
    )
    .unwrap();
    assert_eq!((made.file_count, read(home.path(), "new/interfaces/api.yaml").as_str()), (1, own));
}

#[test]
fn consumers_by_path_and_of_a_service_that_changes_its_name_are_found() {
    let home = tempfile::tempdir().unwrap();
    let contract = |path: &str, text: &str| {
        let directory = home.path().join(path);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("pacto.yaml"), format!("pactoVersion: '1.0'\n{text}\n")).unwrap();
    };
    contract(
        "fleet/cart-v1",
        "service: {name: cart, version: 1.0.0}\ninterfaces: [{name: api, type: http, port: 8080}]",
    );
    contract(
        "fleet/shop",
        "service: {name: shop, version: 1.0.0}\ndependencies: [{ref: 'file://../cart-v1', required: true, compatibility: '*'}]",
    );
    contract(
        "next",
        "service: {name: basket, version: 2.0.0}\ninterfaces: [{name: api, type: http, port: 9090}]",
    );
    let options = impact::Options {
        old: "fleet/cart-v1".to_owned(),
        new: "next".to_owned(),
        fleet: vec!["fleet".to_owned()],
        rules: None,
    };
    let found = impact::run(&context(home.path()), &options, &|_| {}).unwrap();
    let names: Vec<&str> = found.consumers.iter().map(|consumer| consumer.name.as_str()).collect();
    assert_eq!((names, found.name.as_str()), (vec!["shop"], "cart"));
}

#[test]
fn a_change_that_makes_it_invalid_is_not_made() {
    let home = tempfile::tempdir().unwrap();
    written(home.path());
    let cx = context(home.path());
    let before = read(home.path(), "cart/pacto.yaml");
    for options in [
        edit::Options { version: Some("not a version".to_owned()), ..edit::Options::default() },
        edit::Options { workload: Some("daemon".to_owned()), ..edit::Options::default() },
        edit::Options { remove_interfaces: vec!["none".to_owned()], ..edit::Options::default() },
        edit::Options { remove_metadata: vec!["none".to_owned()], ..edit::Options::default() },
        edit::Options::default(),
    ] {
        let options = edit::Options { path: "cart".to_owned(), ..options };
        assert!(edit::run(&cx, &options).is_err(), "{options:?}");
    }
    assert_eq!(read(home.path(), "cart/pacto.yaml"), before);
}

#[test]
fn services_that_the_configuration_names_are_suggested() {
    let home = tempfile::tempdir().unwrap();
    written(home.path());
    let cx = context(home.path());
    create::run(&cx, &create::Options { name: "payments-service".to_owned(), ..create::Options::default() })
        .unwrap();
    let options = suggest::Options { contract: "cart".to_owned(), fleet: vec![".".to_owned()] };
    let found = suggest::run(&cx, &options).unwrap();
    let [payments] = found.suggested.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (payments.name.as_str(), payments.keys.as_slice()),
        ("payments-service", ["PAYMENTS_URL".to_owned()].as_slice())
    );
    assert_eq!(payments.tool_call.params["path"], "cart");
}

#[test]
fn whom_a_new_version_breaks() {
    let examples = checkout_dir().join("examples");
    let cx = context(&examples);
    let options = impact::Options {
        old: "pricing-service/v1.1.0".to_owned(),
        new: "pricing-service/v2.0.0".to_owned(),
        fleet: vec![".".to_owned()],
        rules: None,
    };
    let found = impact::run(&cx, &options, &|_| {}).unwrap();
    assert!(found.unread.is_empty(), "{:?}", found.unread);
    assert!(!found.consumers.is_empty() && found.fleet_size > 5);
    for consumer in &found.consumers {
        assert_eq!(consumer.path[0], "pricing-service");
        assert_eq!(consumer.path.last(), Some(&consumer.name));
    }
    let same = impact::Options { new: options.old.clone(), ..options };
    let found = impact::run(&cx, &same, &|_| {}).unwrap();
    assert!(found.consumers.iter().all(|consumer| consumer.uses.is_empty()), "{found:?}");
}
