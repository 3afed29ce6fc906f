//! Contracts from registries: found from one on, by what contracts refer to.

use pacto_testkit::registry::{PASSWORD, Registry, USER};
use pacto_testkit::shared_dir;
use serde_json::Value;

use crate::running::{context, contract, names, serve};

const DEMO: &str = "oci://ghcr.io/trianalab/pacto-demo";

/// The demo of April in a registry, pushed by our own binary.
fn demo(cx: &mut pacto_testkit::TestContext, test: &str) -> Option<Registry> {
    let Some(shared) = shared_dir() else {
        println!("left out: {test} needs ../shared/demo");
        return None;
    };
    let registry = Registry::start()?;
    let address = registry.address();
    cx.env("PACTO_REGISTRY_MIRROR", format!("ghcr.io/trianalab/pacto-demo={address}/demo"));
    let root = shared.join("demo/april/bundles");
    let mut bundles = Vec::new();
    find(&root, &mut bundles);
    // What others refer to comes first.
    bundles.sort_by_key(|path| (!path.to_string_lossy().contains("platform-"), path.clone()));
    for bundle in bundles {
        let written = std::fs::read_to_string(bundle.join("pacto.yaml")).unwrap();
        let name =
            written.lines().find_map(|line| line.trim().strip_prefix("name:")).unwrap().trim().to_owned();
        let output = cx.pacto(["push", &format!("{DEMO}/{name}"), "-p", &bundle.display().to_string()]);
        assert_eq!(output.code, 0, "{}", output.stderr);
    }
    Some(registry)
}

fn find(directory: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    if directory.join("pacto.yaml").is_file() {
        found.push(directory.to_owned());
        return;
    }
    let mut entries: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries.into_iter().filter(|path| path.is_dir()) {
        find(&entry, found);
    }
}

fn source<'v>(report: &'v Value, kind: &str) -> &'v Value {
    report["sources"].as_array().unwrap().iter().find(|source| source["type"] == kind).unwrap()
}

#[test]
fn the_demo_is_found_from_its_root_and_survives_without_its_registry() {
    let mut cx = context();
    let Some(registry) = demo(&mut cx, "the_demo_is_found_from_its_root") else { return };
    let root = format!("{DEMO}/pacto-demo");
    let mut server = serve(&cx, &[&root]);
    let report = server.wait("/api/sources", |report| report["discovering"] == false);
    let oci = source(&report, "oci");
    assert_eq!((&oci["state"], &oci["services"]), (&"live".into(), &15.into()), "{oci}");
    let list = server.get("/api/services").json();
    assert!(list.as_array().unwrap().iter().all(|entry| entry["contractStatus"] == "Compliant"), "{list}");
    let versions = server.wait("/api/services/payments-service/versions", |versions| {
        // The oldest has none before it.
        let (_, newer) = versions.as_array().unwrap().split_last().unwrap();
        !newer.is_empty() && newer.iter().all(|version| version["classification"].is_string())
    });
    assert!(versions.as_array().unwrap().iter().all(|version| version["source"] == "oci"));
    let oldest = versions.as_array().unwrap().last().unwrap()["version"].as_str().unwrap().to_owned();
    let diff = server
        .get(&format!("/api/diff?from_name=payments-service&from_version={oldest}&to_name=payments-service"));
    assert_eq!(diff.status, 200, "{}", diff.text());

    // Killed, and started again while the registry is down: everything that was fetched is there.
    server.stop("KILL");
    drop(registry);
    let server = serve(&cx, &[&root]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 15);
    server.wait("/api/services/payments-service/versions", |again| {
        again.as_array().unwrap().len() == versions.as_array().unwrap().len()
    });
    let all: usize = server
        .get("/api/services")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let name = entry["name"].as_str().unwrap();
            server.get(&format!("/api/services/{name}/versions")).json().as_array().unwrap().len()
        })
        .sum();
    // And without any repository the cache alone is shown, as a source that cannot be confirmed.
    cx.env_remove("PACTO_REGISTRY_MIRROR");
    let server = serve(&cx, &["--diagnostics"]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 15);
    let cache = server.get("/api/debug/sources").json()["diagnostics"]["cache"].clone();
    assert_eq!((&cache["serviceCount"], &cache["versionCount"]), (&15.into(), &all.into()), "{cache}");
    let oci = server.get("/api/sources").json();
    let oci = source(&oci, "oci");
    assert_eq!((&oci["enabled"], &oci["state"]), (&false.into(), &"stale".into()));
    let refused = cx.pacto(["dashboard", "--no-cache", "--port", "0"]);
    assert_eq!(refused.code, 3, "a cold start looks at no old entries");
}

#[test]
fn new_versions_come_up_by_themselves() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    let push = |version: &str| {
        cx.write("cart/pacto.yaml", contract("cart", version, ""));
        let output = cx.pacto(["push", &format!("oci://{address}/acme/cart"), "-p", "cart"]);
        assert_eq!(output.code, 0, "{}", output.stderr);
    };
    push("1.0.0");
    let server =
        serve(&cx, &["--repo", &format!("{address}/acme/cart"), "--repo", &format!("{address}/acme/none")]);
    server.wait("/api/services", |list| names(list) == ["cart"]);
    let report = server.wait("/api/sources", |report| source(report, "oci")["lastError"].is_object());
    let oci = source(&report, "oci");
    assert!(oci["lastError"]["message"].as_str().unwrap().contains("acme/none"), "{oci}");
    assert!(oci["lastError"]["hint"].is_string(), "{oci}");
    assert_eq!(oci["locations"][0]["state"], "failing");
    push("1.1.0");
    server.post("/api/refresh", "");
    server.wait("/api/services", |list| list[0]["version"] == "1.1.0");
    server.wait("/api/services/cart/versions", |versions| {
        versions[0]["classification"] == "NON_BREAKING" && versions[1]["available"] == true
    });
    let listed = server.post("/api/versions", &format!(r#"{{"ref": "{address}/acme/cart", "fetch": true}}"#));
    assert_eq!(listed.json(), serde_json::json!({"versions": ["1.1.0", "1.0.0"]}));
    let resolved = server.post(
        "/api/resolve",
        &format!(r#"{{"ref": "oci://{address}/acme/cart", "compatibility": "~1.0.0"}}"#),
    );
    assert_eq!((resolved.status, &resolved.json()["version"]), (200, &"1.0.0".into()));
    let nothing = server
        .post("/api/resolve", &format!(r#"{{"ref": "oci://{address}/acme/cart", "compatibility": "^9"}}"#));
    assert_eq!(nothing.status, 422);
    let none = server.post("/api/resolve", &format!(r#"{{"ref": "oci://{address}/acme/none"}}"#));
    assert_eq!(none.status, 404, "{}", none.text());
}

#[test]
fn what_is_asked_for_beside_a_directory_is_followed_from_then_on() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    let needs = |name: &str| {
        format!(
            "dependencies: [{{name: {name}, ref: 'oci://{address}/acme/{name}', required: true, compatibility: '^1.0.0'}}]\n"
        )
    };
    let push = |name: &str, version: &str, more: &str| {
        cx.write(format!("{name}/pacto.yaml"), contract(name, version, more));
        let output = cx.pacto(["push", &format!("oci://{address}/acme/{name}"), "-p", name]);
        assert_eq!(output.code, 0, "{}", output.stderr);
    };
    push("stock", "1.0.0", "");
    push("cart", "1.0.0", &needs("stock"));
    cx.write("services/shop/pacto.yaml", contract("shop", "1.0.0", &needs("cart")));
    let server = serve(&cx, &["services"]);
    server.wait("/api/services", |list| names(list) == ["shop"]);
    // Nobody looks for it, so nobody says that it comes by itself.
    let shop = server.get("/api/services/shop").json();
    let reason = &shop["dependencies"][0]["reason"];
    assert_ne!(reason, "discovering", "{shop}");
    let resolved = server.post("/api/resolve", &format!(r#"{{"ref": "oci://{address}/acme/cart"}}"#));
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    // It is part of the fleet, with what it needs, as a source like any other.
    server.wait("/api/services", |list| names(list) == ["cart", "shop", "stock"]);
    let report = server.wait("/api/sources", |report| source(report, "oci")["state"] == "live");
    let oci = source(&report, "oci");
    assert!(oci["enabled"] == true && oci["lastSuccess"].is_string(), "{oci}");
    push("cart", "1.1.0", &needs("stock"));
    server.post("/api/refresh", "");
    server.wait("/api/services", |list| list[0]["version"] == "1.1.0");
    // Each service says how fresh its own repository is.
    let states = |name: &str| server.get(&format!("/api/services/{name}")).json()["sourceStates"].clone();
    assert_eq!(states("cart")[0]["state"], "live");
    assert!(states("cart")[0]["asOf"].is_string());
}

#[test]
fn a_registry_that_goes_away_leaves_a_stale_source() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    cx.write("cart/pacto.yaml", contract("cart", "1.0.0", ""));
    assert_eq!(cx.pacto(["push", &format!("oci://{address}/acme/cart"), "-p", "cart"]).code, 0);
    let server = serve(&cx, &["--no-cache", &format!("oci://{address}/acme/cart")]);
    server.wait("/api/services", |list| names(list) == ["cart"]);
    server.wait("/api/sources", |report| source(report, "oci")["state"] == "live");
    drop(registry);
    server.post("/api/refresh", "");
    let report = server.wait("/api/sources", |report| source(report, "oci")["state"] == "stale");
    assert!(
        source(&report, "oci")["lastError"]["message"].as_str().unwrap().contains("unreachable"),
        "{report}"
    );
    assert_eq!(names(&server.get("/api/services").json()), ["cart"]);
    assert_eq!(server.get("/api/services/cart").json()["name"], "cart", "its files were fetched before");
}

/// As in a container: nothing but variables.
#[test]
fn the_environment_alone_is_enough() {
    let mut cx = context();
    let Some(registry) = Registry::start_with_login() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    cx.env("PACTO_REGISTRY_USERNAME", USER).env("PACTO_REGISTRY_PASSWORD", PASSWORD);
    for name in ["cart", "shop"] {
        cx.write(format!("{name}/pacto.yaml"), contract(name, "1.0.0", ""));
        assert_eq!(cx.pacto(["push", &format!("oci://{address}/acme/{name}"), "-p", name]).code, 0);
    }
    let kubeconfig = "{apiVersion: v1, kind: Config, current-context: c, users: [{name: u, user: {token: t}}], \
        clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}], contexts: [{name: c, context: {cluster: c, user: u}}]}";
    cx.write("kubeconfig", kubeconfig);
    std::fs::create_dir(cx.path("empty")).unwrap();
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port().to_string()
    };
    cx.env("KUBECONFIG", cx.path("kubeconfig").display().to_string());
    cx.env("PACTO_DASHBOARD_PORT", &port);
    cx.env("PACTO_DASHBOARD_NAMESPACE", "shop");
    cx.env("PACTO_DASHBOARD_REPO", format!("{address}/acme/cart, {address}/acme/shop"));
    cx.env("PACTO_DASHBOARD_DIAGNOSTICS", "1");
    cx.env("PACTO_CACHE_DIR", cx.path("elsewhere").display().to_string());
    let start = |cx: &pacto_testkit::TestContext| {
        let mut command = cx.command();
        command.current_dir(cx.path("empty")).arg("dashboard");
        pacto_testkit::dashboard::Server::start_as_it_is(command)
    };
    let mut server = start(&cx);
    assert_eq!(server.address(), format!("127.0.0.1:{port}"));
    server.wait("/api/services", |list| names(list) == ["cart", "shop"]);
    let diagnostics = server.get("/api/debug/sources").json()["diagnostics"].clone();
    assert_eq!(diagnostics["k8s"]["namespace"], "shop", "{diagnostics}");
    assert!(cx.path("elsewhere").read_dir().unwrap().next().is_some(), "the cache lies where it was told to");
    server.stop("TERM");

    // Without a cache nothing of before is known, and nothing is kept.
    drop(registry);
    cx.env("PACTO_CACHE_DIR", cx.path("never").display().to_string()).env("PACTO_NO_CACHE", "1");
    let server = start(&cx);
    server.wait("/api/sources", |report| source(report, "oci")["state"] == "failing");
    assert_eq!(server.get("/api/services").json(), serde_json::json!([]));
    assert!(!cx.path("never").exists());
}

#[test]
fn a_folder_of_image_layouts_is_a_registry() {
    let cx = context();
    for (name, needs) in [
        ("cart", ""),
        ("shop", "dependencies: [{ref: 'oci://r.example/cart', required: true, compatibility: '^1.0.0'}]\n"),
    ] {
        cx.write(format!("{name}/pacto.yaml"), contract(name, "1.0.0", needs));
        let target = format!("oci-layout://{}", cx.path(format!("layouts/acme/{name}")).display());
        let output = cx.pacto(["push", &target, "-p", name]);
        assert_eq!(output.code, 0, "{}", output.stderr);
    }
    let layouts = format!("oci-layout://{}", cx.path("layouts").display());
    std::fs::create_dir(cx.path("elsewhere")).unwrap();
    let mut command = cx.command();
    command.current_dir(cx.path("elsewhere")).args(["dashboard", &layouts]);
    let server = pacto_testkit::dashboard::Server::start(command);
    server.wait("/api/services", |list| names(list) == ["cart", "shop"]);
    let cart = server.get("/api/services/cart").json();
    assert_eq!((&cart["source"], &cart["dependentCount"]), (&"oci".into(), &1.into()));
}

#[test]
fn a_local_contract_wins_and_history_comes_from_the_registry() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    for version in ["1.0.0", "1.1.0"] {
        cx.write("cart/pacto.yaml", contract("cart", version, ""));
        assert_eq!(cx.pacto(["push", &format!("oci://{address}/acme/cart"), "-p", "cart"]).code, 0);
    }
    cx.write("cart/pacto.yaml", contract("cart", "1.0.5", ""));
    let server = serve(&cx, &["cart", &format!("oci://{address}/acme/cart")]);
    let list = server.wait("/api/services", |list| list[0]["latestAvailable"] == "1.1.0");
    assert_eq!((&list[0]["version"], &list[0]["source"]), (&"1.0.5".into(), &"local".into()));
    assert_eq!(
        (&list[0]["sources"], &list[0]["updateAvailable"]),
        (&serde_json::json!(["local", "oci"]), &true.into())
    );
    let versions = server.get("/api/services/cart/versions").json();
    let shown: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            format!("{} {}", version["version"].as_str().unwrap(), version["source"].as_str().unwrap())
        })
        .collect();
    assert_eq!(shown, ["1.1.0 oci", "1.0.5 local", "1.0.0 oci"]);
}

/// A registry that wants a password, and remembers what it was asked.
fn stranger() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                request.push(byte[0]);
            }
            log.lock().unwrap().push(String::from_utf8_lossy(&request).to_ascii_lowercase());
            let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, asked)
}

#[test]
fn credentials_do_not_go_where_only_a_fetched_contract_leads() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    let (evil, asked) = stranger();
    cx.env("PACTO_INSECURE_REGISTRIES", format!("{address},{evil}"));
    let needs = format!(
        "dependencies: [{{ref: 'oci://{evil}/acme/evil', required: true, compatibility: '^1.0.0'}}]\n"
    );
    cx.write("web/pacto.yaml", contract("web", "1.0.0", &needs));
    assert_eq!(cx.pacto(["push", &format!("oci://{address}/acme/web"), "-p", "web"]).code, 0);
    cx.env("PACTO_REGISTRY_USERNAME", "bob").env("PACTO_REGISTRY_PASSWORD", "hunter2");
    std::fs::create_dir(cx.path("empty")).unwrap();
    let mut command = cx.command();
    command.current_dir(cx.path("empty")).args(["dashboard", &format!("oci://{address}/acme/web")]);
    let server = pacto_testkit::dashboard::Server::start(command);
    server.wait("/api/sources", |report| report["discovering"] == false);
    let count = || asked.lock().unwrap().len();
    let refused = server.post("/api/resolve", &format!(r#"{{"ref": "oci://{evil}/acme/evil:1.0.0"}}"#));
    assert_eq!(refused.status, 403, "{}", refused.text());
    let before = count();
    server.post("/api/refresh", "");
    let graph = server.wait("/api/graph", |graph| {
        let external = graph["nodes"].as_array().unwrap().iter().find(|node| node["status"] == "external");
        external.is_some_and(|node| node["reason"] == "auth_failed") && count() > before
    });
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 2);
    for request in asked.lock().unwrap().iter() {
        assert!(!request.contains("authorization"), "{request}");
        assert!(!request.contains("hunter2"), "{request}");
    }
}

#[test]
fn of_two_repositories_with_one_name_the_one_that_was_named_is_shown() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    let needs = format!(
        "dependencies: [{{ref: 'oci://{address}/aaa/cart', required: true, compatibility: '^1.0.0'}}]\n"
    );
    cx.write("shop/pacto.yaml", contract("shop", "1.0.0", &needs));
    cx.write("squatter/pacto.yaml", contract("cart", "9.0.0", ""));
    cx.write("cart/pacto.yaml", contract("cart", "1.0.0", ""));
    for (repository, bundle) in [("acme/shop", "shop"), ("aaa/cart", "squatter"), ("zzz/cart", "cart")] {
        assert_eq!(cx.pacto(["push", &format!("oci://{address}/{repository}"), "-p", bundle]).code, 0);
    }
    let repositories = [format!("oci://{address}/acme/shop"), format!("oci://{address}/zzz/cart")];
    let server = serve(&cx, &["cart", &repositories[0], &repositories[1], "--no-cache"]);
    let report = server.wait("/api/sources", |report| {
        report["discovering"] == false && source(report, "oci")["services"] == 2
    });
    let taken = source(&report, "oci")["locations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|place| place["error"].is_string());
    assert!(taken.unwrap()["ref"].as_str().unwrap().ends_with("/aaa/cart"), "{report}");
    let versions = server.get("/api/services/cart/versions").json();
    assert_eq!(versions.as_array().unwrap().len(), 1, "{versions}");
}

#[test]
fn a_service_that_was_renamed_is_not_shown_twice() {
    let mut cx = context();
    let Some(registry) = Registry::start() else { return };
    let address = registry.address().to_owned();
    cx.env("PACTO_INSECURE_REGISTRIES", &address);
    let push = |name: &str, version: &str| {
        cx.write("it/pacto.yaml", contract(name, version, ""));
        assert_eq!(cx.pacto(["push", &format!("oci://{address}/acme/it"), "-p", "it"]).code, 0);
    };
    push("old", "1.0.0");
    let server = serve(&cx, &["--repo", &format!("{address}/acme/it"), "it", "--no-cache"]);
    server.wait("/api/sources", |report| source(report, "oci")["services"] == 1);
    push("new", "1.1.0");
    server.post("/api/refresh", "");
    server.wait("/api/services", |list| names(list) == ["new"]);
    let report = server.get("/api/sources").json();
    assert_eq!(source(&report, "oci")["services"], 1);
}

#[test]
fn a_version_has_the_date_of_its_manifest_or_none() {
    let cx = context();
    let layout = cx.path("layout");
    let target = format!("oci-layout://{}", layout.display());
    for version in ["1.0.0", "1.1.0"] {
        cx.write("cart/pacto.yaml", contract("cart", version, ""));
        assert_eq!(cx.pacto(["push", &target, "-p", "cart"]).code, 0);
    }
    let blob = |digest: &str| layout.join("blobs").join(digest.replace(':', "/"));
    let read =
        |path: &std::path::Path| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let index_file = layout.join("index.json");
    let mut index = read(&index_file);
    let entries = index["manifests"].as_array_mut().unwrap();
    let newer = entries.iter_mut().find(|entry| entry["annotations"].to_string().contains("1.1.0")).unwrap();
    let mut manifest = read(&blob(newer["digest"].as_str().unwrap()));
    manifest["annotations"]["org.opencontainers.image.created"] = "2026-01-02T03:04:05Z".into();
    let bytes = manifest.to_string();
    let digest = pacto_oci::archive::digest(bytes.as_bytes());
    std::fs::write(blob(&digest), &bytes).unwrap();
    (newer["digest"], newer["size"]) = (digest.into(), bytes.len().into());
    std::fs::write(&index_file, index.to_string()).unwrap();
    std::fs::create_dir(cx.path("elsewhere")).unwrap();
    let mut command = cx.command();
    command.current_dir(cx.path("elsewhere")).args(["dashboard", &target]);
    let server = pacto_testkit::dashboard::Server::start(command);
    let versions = server.wait("/api/services/cart/versions", |versions| {
        let versions = versions.as_array().unwrap();
        versions.len() == 2 && versions.iter().all(|version| version["available"] == true)
    });
    let dates = [&versions[0]["createdAt"], &versions[1]["createdAt"]];
    assert_eq!(dates, [&Value::from("2026-01-02T03:04:05Z"), &Value::Null]);
}
