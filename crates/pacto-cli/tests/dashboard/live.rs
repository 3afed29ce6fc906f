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

/// As editors do: a new file takes the place of the old one, and files beside the contract count.
#[test]
fn files_are_seen_however_they_are_written() {
    let cx = context();
    let with_schema = "configuration: {schema: configuration/schema.json}\n";
    cx.write("a/pacto.yaml", contract("a", "1.0.0", with_schema));
    cx.write("a/configuration/schema.json", r#"{"type": "object", "properties": {"A": {"type": "string"}}}"#);
    cx.write("b/pacto.yaml", contract("b", "1.0.0", ""));
    let server = serve(&cx, &["."]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 2);
    let mut events = server.events();
    events.next("hello");
    cx.write("a/.pacto.yaml.swp", contract("a", "1.1.0", with_schema));
    std::fs::rename(cx.path("a/.pacto.yaml.swp"), cx.path("a/pacto.yaml")).unwrap();
    let news = events.next("snapshot");
    assert_eq!((names(&news["changed"]), &news["changed"][0]["version"]), (vec!["a"], &"1.1.0".into()));
    // Not a contract any more, and one again.
    std::fs::rename(cx.path("b/pacto.yaml"), cx.path("b/kept")).unwrap();
    assert_eq!(events.next("snapshot")["removed"], serde_json::json!(["b"]));
    std::fs::rename(cx.path("b/kept"), cx.path("b/pacto.yaml")).unwrap();
    assert_eq!(names(&events.next("snapshot")["changed"]), ["b"]);
    // A schema that goes away makes its contract invalid.
    std::fs::remove_file(cx.path("a/configuration/schema.json")).unwrap();
    let news = events.next("snapshot");
    assert_eq!(
        (names(&news["changed"]), &news["changed"][0]["contractStatus"]),
        (vec!["a"], &"NonCompliant".into())
    );
    // Moved as a whole.
    std::fs::rename(cx.path("a"), cx.path("c")).unwrap();
    cx.write("c/configuration/schema.json", "{\"type\": \"object\"}");
    server.wait("/api/services", |list| list[0]["contractStatus"] == "Compliant");
}

#[test]
fn what_is_too_much_to_tell_is_said_to_be_fetched_again() {
    let cx = context();
    cx.write("fleet/first/pacto.yaml", contract("first", "1.0.0", ""));
    let server = serve(&cx, &["fleet"]);
    server.wait("/api/services", |list| list.as_array().unwrap().len() == 1);
    let mut events = server.events();
    events.next("hello");
    for number in 0..600 {
        let name = format!("s{number}");
        cx.write(format!("new/{name}/pacto.yaml"), contract(&name, "1.0.0", ""));
    }
    // All of them are there at once.
    std::fs::rename(cx.path("new"), cx.path("fleet/new")).unwrap();
    let news = events.next("snapshot");
    assert_eq!((&news["reset"], &news["structure"]), (&true.into(), &true.into()));
    assert_eq!((&news["changed"], &news["removed"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!(news["sources"][0]["services"], 601);
    assert_eq!(server.get("/api/services").json().as_array().unwrap().len(), 601);
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
    let validation = &server.get("/api/services/a").json()["validation"];
    assert_eq!(
        validation["notes"],
        serde_json::json!([
            "oci://r.example/rules was read from the directory rules, which holds a service of that name, and not from its registry."
        ])
    );
    cx.write("rules/policy/schema.json", policy("scaling"));
    server.wait("/api/services", |list| list[0]["contractStatus"] == "NonCompliant");
    let details = server.get("/api/services/a").json();
    assert_eq!(
        (&details["contractStatus"], &details["policies"][0]["satisfied"]),
        (&"NonCompliant".into(), &false.into())
    );
    std::fs::remove_dir_all(cx.path("rules")).unwrap();
    server.wait("/api/services", |list| names(list) == ["a"] && list[0]["contractStatus"] == "Compliant");
    assert!(server.get("/api/services/a").json()["validation"]["notes"].is_null());
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

/// Inodes of the directories that a process watches.
#[cfg(target_os = "linux")]
fn watched_inodes(process: u32) -> Vec<u64> {
    let mut inodes = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{process}/fdinfo")).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        let listed = text.lines().filter(|line| line.starts_with("inotify "));
        let inode = |line: &str| {
            let text = line.split(' ').find_map(|part| part.strip_prefix("ino:"))?;
            u64::from_str_radix(text, 16).ok()
        };
        inodes.extend(listed.filter_map(inode));
    }
    inodes
}

#[cfg(target_os = "linux")]
#[test]
fn only_directories_that_are_searched_are_watched() {
    use std::os::unix::fs::MetadataExt as _;

    let cx = context();
    cx.write("root/a/pacto.yaml", contract("a", "1.0.0", "")).write("root/a/docs/deep/x.md", "x");
    for ignored in ["root/.git/objects/aa", "root/node_modules/x", "root/a/target/debug", "root/b/vendor/c"] {
        std::fs::create_dir_all(cx.path(ignored)).unwrap();
    }
    let server = serve(&cx, &["root"]);
    let report = server.wait("/api/sources", |report| report["sources"][0]["state"] == "live");
    assert_eq!(
        (&report["sources"][0]["polled"], &report["sources"][0]["notes"]),
        (&false.into(), &serde_json::Value::Null)
    );
    // What is written there is heard at once, so that everything is watched by now.
    cx.write("root/b/c/d/pacto.yaml", contract("d", "1.0.0", ""));
    server.wait("/api/services", |list| names(list) == ["a", "d"]);
    cx.write("root/b/c/d/pacto.yaml", contract("d", "1.1.0", ""));
    server.wait("/api/services", |list| list[1]["version"] == "1.1.0");
    let mut watched = watched_inodes(server.id());
    let searched = ["root", "root/a", "root/a/docs", "root/a/docs/deep", "root/b", "root/b/c", "root/b/c/d"];
    let mut expected: Vec<u64> =
        searched.iter().map(|path| std::fs::metadata(cx.path(path)).unwrap().ino()).collect();
    watched.sort_unstable();
    expected.sort_unstable();
    assert_eq!(watched, expected);
    // A directory that comes back under its name is another one.
    std::fs::remove_dir_all(cx.path("root/b")).unwrap();
    server.wait("/api/services", |list| names(list) == ["a"]);
    cx.write("root/b/pacto.yaml", contract("b", "1.0.0", ""));
    server.wait("/api/services", |list| names(list) == ["a", "b"]);
    cx.write("root/b/pacto.yaml", contract("b", "1.1.0", ""));
    server.wait("/api/services", |list| list[1]["version"] == "1.1.0");
}

#[cfg(target_os = "linux")]
#[test]
fn without_enough_watches_it_says_that_it_polls() {
    let cx = context();
    cx.write("root/a/b/c/pacto.yaml", contract("a", "1.0.0", ""));
    let limit = "echo 2 > /proc/sys/user/max_inotify_watches && exec \"$@\"";
    let in_namespace = ["--user", "--map-root-user", "sh", "-c", limit, "sh"];
    let is_possible = std::process::Command::new("unshare")
        .args(in_namespace)
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_possible {
        println!("left out: without_enough_watches_it_says_that_it_polls needs user namespaces");
        return;
    }
    let own = cx.command();
    let mut command = std::process::Command::new("unshare");
    command.args(in_namespace).arg(own.get_program()).args(["dashboard", "root"]);
    if let Some(directory) = own.get_current_dir() {
        command.current_dir(directory);
    }
    command.env_clear();
    for (name, value) in own.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let server = pacto_testkit::dashboard::Server::start(command);
    let report = server.wait("/api/sources", |report| report["sources"][0]["polled"] == true);
    let note = report["sources"][0]["notes"][0].as_str().unwrap();
    assert!(note.starts_with("Changes are looked for every 30 seconds: "), "{note}");
    assert!(note.contains("fs.inotify.max_user_watches"), "{note}");
    assert_eq!(names(&server.get("/api/services").json()), ["a"]);
}
