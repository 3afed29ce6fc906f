//! Processes that are killed at every call that changes a file, and processes that share a cache: what they leave behind
//! can be read.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use pacto_testkit::registry::{PASSWORD, Registry, USER};
use pacto_testkit::{TestContext, soak};

use crate::fixture::context;

/// Calls after which a file, or a directory, may be another one.
const CALLS: &str = "openat,write,fsync,rename,renameat,renameat2,mkdir,unlink,unlinkat,rmdir";
/// Kills of each command in a soak.
const KILLS: usize = 50;

/// The command under `strace`, which must be installed.
fn traced(cx: &TestContext, options: &[&str], arguments: &[&str]) -> Command {
    let pacto = cx.command();
    let mut command = Command::new("strace");
    command.env_clear().current_dir(cx.path("")).stdin(Stdio::null());
    command.envs(pacto.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["-f", "-qq"]).args(options).arg(pacto.get_program()).args(arguments);
    command
}

/// The calls of each thread from the first on that changes something: each by its name, and how many of that name the
/// thread made before, for so they are counted.
fn boundaries(cx: &TestContext, arguments: &[&str]) -> Vec<(String, usize)> {
    let log = cx.path("calls");
    let trace = format!("trace={CALLS}");
    let output = traced(cx, &["-e", &trace, "-o", log.to_str().unwrap()], arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("strace cannot be started ({error}); install it (Debian: apt-get install strace)")
    });
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(log).unwrap();
    let mut threads: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        if let Some((thread, call)) = line.split_once(' ') {
            threads.entry(thread).or_default().push(call.trim_start());
        }
    }
    let mut calls = Vec::new();
    for lines in threads.into_values() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut changes = false;
        for line in lines {
            let Some((name, _)) = line.split_once('(') else { continue };
            let number = counts.entry(name).or_default();
            *number += 1;
            changes |= line.contains("O_CREAT") || matches!(name, "mkdir" | "rename" | "unlink");
            if changes {
                calls.push((name.to_owned(), *number));
            }
        }
    }
    assert!(!calls.is_empty(), "strace saw no change: {text}");
    calls
}

/// Kills the command at evenly chosen boundaries; `prepare` makes the state before, `check` looks at what is left.
fn killed(cx: &TestContext, arguments: &[&str], prepare: impl Fn(), check: impl Fn(&str)) {
    prepare();
    // So that nothing is done for the first time: the runs must make the same calls.
    assert_eq!(cx.pacto(arguments).code, 0);
    prepare();
    let calls = boundaries(cx, arguments);
    let kills = soak(KILLS);
    let mut died = 0;
    // Some calls are made in one run and not in the next: a process that lives on counts for nothing.
    for kill in 0..kills * 3 {
        if died == kills {
            break;
        }
        // Spread over all of them; a soak goes round until it has its number.
        let (name, number) = &calls[kill * calls.len().div_ceil(kills) % calls.len()];
        prepare();
        let inject = format!("inject={name}:signal=SIGKILL:when={number}");
        let trace = format!("trace={CALLS}");
        let status = traced(cx, &["-o", "/dev/null", "-e", &trace, "-e", &inject], arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        died += usize::from(!status.success());
        check(&format!("{name} {number}"));
    }
    assert_eq!(died, kills, "too few died");
}

fn service(version: &str, extra: &str) -> String {
    format!("pactoVersion: '1.0'\nservice: {{name: cart, version: {version}, owner: team/{extra}}}\n")
}

/// A registry with `cart` 1.0.0 and 2.0.0, which has other files.
fn published() -> Option<(TestContext, Registry)> {
    let registry = Registry::start()?;
    let mut cx = context();
    cx.env("PACTO_REGISTRY_MIRROR", format!("r.example/acme={}/acme", registry.address()));
    for (version, file) in [("1.0.0", "one"), ("2.0.0", "two")] {
        cx.write(format!("{file}/pacto.yaml"), service(version, "a"));
        cx.write(format!("{file}/docs/{file}.md"), file).write(format!("{file}/docs/both.md"), file);
        let output = cx.pacto(["push", "oci://r.example/acme/cart", "-p", file]);
        assert_eq!(output.code, 0, "{output}");
    }
    Some((cx, registry))
}

fn clear(cx: &TestContext, path: &str) {
    let path = cx.path(path);
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    }
}

#[test]
fn a_cache_is_readable_after_kill_9() {
    let Some((cx, _registry)) = published() else { return };
    let explain = ["explain", "oci://r.example/acme/cart"];
    let expected = cx.pacto(explain);
    assert_eq!(expected.code, 0, "{expected}");
    killed(
        &cx,
        &explain,
        || clear(&cx, "../cache/pacto"),
        |at| {
            assert_eq!(cx.pacto(["cache", "list"]).code, 0, "killed at {at}");
            assert_eq!(cx.pacto(explain), expected, "killed at {at}");
            assert_eq!(cx.pacto(["cache", "clean"]).code, 0, "killed at {at}");
        },
    );
}

#[test]
fn a_login_is_whole_or_not_there_after_kill_9() {
    let Some(registry) = Registry::start_with_login() else { return };
    let cx = context();
    let host = registry.address();
    let login = ["login", host, "-u", USER, "-p", PASSWORD];
    let foreign = r#"{"auths": {"r.example": {"auth": "Zm9yZWlnbg=="}}, "kept": true}"#;
    let file = cx.config_path("config.json");
    killed(
        &cx,
        &login,
        || {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, foreign).unwrap();
        },
        |at| {
            let left: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            assert_eq!(left["auths"]["r.example"]["auth"], "Zm9yZWlnbg==", "killed at {at}");
            assert_eq!(left["kept"], true, "killed at {at}");
            assert_eq!(cx.pacto(login).code, 0, "killed at {at}");
        },
    );
}

#[test]
fn a_lock_is_the_old_or_the_new_one_after_kill_9() {
    let Some((cx, _registry)) = published() else { return };
    let needs = "dependencies: [{ref: 'oci://r.example/acme/cart', compatibility: '>=1'}]\n";
    cx.write("shop/pacto.yaml", format!("{}{needs}", service("1.0.0", "b").replace("cart", "shop")));
    assert_eq!(cx.pacto(["lock", "shop"]).code, 0);
    let new = cx.read("shop/pacto.lock");
    let old = new.replace("2.0.0", "1.0.0");
    assert_ne!(old, new);
    killed(
        &cx,
        &["lock", "shop", "--update"],
        || {
            cx.write("shop/pacto.lock", &old);
        },
        |at| {
            let left = cx.read("shop/pacto.lock");
            assert!(left == old || left == new, "killed at {at}: {left}");
            assert_eq!(cx.pacto(["lock", "shop", "--update"]).code, 0, "killed at {at}");
            assert_eq!(cx.read("shop/pacto.lock"), new, "killed at {at}");
        },
    );
}

#[test]
fn a_pull_goes_on_where_kill_9_ended_it() {
    let Some((cx, _registry)) = published() else { return };
    let pull = ["pull", "oci://r.example/acme/cart:2.0.0", "-o", "here"];
    killed(
        &cx,
        &pull,
        || {
            clear(&cx, "here");
            assert_eq!(cx.pacto(["pull", "oci://r.example/acme/cart:1.0.0", "-o", "here"]).code, 0);
            cx.write("here/own.txt", "mine");
        },
        |at| {
            // Every file is one of the two versions; nothing but the next pull is needed, and nothing is lost.
            let both = cx.read("here/docs/both.md");
            assert!(both == "one" || both == "two", "killed at {at}: {both}");
            let output = cx.pacto(pull);
            assert_eq!(output.code, 0, "killed at {at}: {output}");
            assert_eq!(
                (cx.read("here/docs/both.md"), cx.read("here/docs/two.md")),
                ("two".into(), "two".into())
            );
            assert!(!cx.path("here/docs/one.md").exists(), "killed at {at}");
            assert_eq!(cx.read("here/own.txt"), "mine");
        },
    );
}

#[test]
fn two_processes_share_a_cache() {
    let Some((cx, _registry)) = published() else { return };
    for file in ["first", "second"] {
        cx.write(format!("{file}/pacto.yaml"), service("3.0.0", file));
    }
    let push = |file: &str| {
        let output = cx.pacto(["push", "oci://r.example/acme/cart", "-p", file, "--force"]);
        assert_eq!(output.code, 0, "{output}");
    };
    push("first");
    let operations = soak(2000);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for operation in 0..operations / 2 {
                        let output = match operation % 10 {
                            9 => cx.pacto(["cache", "clean", "r.example"]),
                            _ => cx.pacto(["explain", "oci://r.example/acme/cart"]),
                        };
                        assert_eq!(output.code, 0, "{output}");
                        let owners = ["Owner: team/first", "Owner: team/second", "Removed "];
                        assert!(owners.iter().any(|owner| output.stdout.contains(owner)), "{output}");
                    }
                })
            })
            .collect();
        // Meanwhile the tag moves to and fro.
        scope.spawn(|| {
            for file in ["second", "first"].iter().cycle() {
                if done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                push(file);
            }
        });
        let ended: Vec<_> = readers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });
}
