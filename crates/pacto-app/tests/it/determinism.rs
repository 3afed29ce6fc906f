//! The same contracts get the same bytes, whoever is looked at first and by however many threads.

use std::path::{Path, PathBuf};

use pacto_app::validate::{Options, Outcome, run};
use pacto_app::{Context, diff, doc, explain, graph, pack};
use pacto_engine::graph::GraphOptions;
use pacto_oci::directory::find_bundles;

use crate::support::{checkout, context, quickly};

/// Puts `items` in an order that depends on `seed` alone.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(last, usize::try_from(state % (last as u64 + 1)).unwrap());
    }
}

/// The outcome as JSON, with the verdicts in the order of their paths.
fn verdicts(context: &Context, contracts: Vec<String>) -> String {
    let options = Options { contracts, ..Options::default() };
    let Outcome::Set(mut set) = run(context, &options, &|_| ()).unwrap() else { panic!("one contract") };
    set.contracts.sort_by(|left, right| left.path.cmp(&right.path));
    serde_json::to_string(&set).unwrap()
}

fn bundles(root: &Path, below: &str) -> Vec<String> {
    let found = find_bundles(&root.join(below), 10_000).unwrap();
    found.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()).collect()
}

/// A hundred runs, each with caches of its own.
fn assert_same_bytes(prefix: &str, registry: &str, mut contracts: Vec<String>) {
    let root = checkout();
    let mut expected: Option<String> = None;
    for seed in 0..100 {
        let mut context = context(&root, prefix, &root.join(registry));
        context.jobs = [1, 2, 16].into_iter().cycle().nth(seed);
        shuffle(&mut contracts, seed as u64);
        let said = quickly("one run", || verdicts(&context, contracts.clone()));
        let expected = expected.get_or_insert_with(|| said.clone());
        assert!(*expected == said, "run {seed} with {:?} jobs: {said}", context.jobs);
    }
}

#[test]
fn the_examples_get_the_same_bytes_in_any_order() {
    let contracts = bundles(&checkout(), "examples");
    assert!(contracts.len() >= 30, "{}", contracts.len());
    assert_same_bytes("registry.example.com/veloria", "examples", contracts);
}

#[test]
fn contracts_that_share_their_policies_get_the_same_bytes_in_any_order() {
    let cases = bundles(&checkout(), "tests/contracts/invalid/policy-violation-nested");
    let more = bundles(&checkout(), "tests/contracts/invalid/policy-ref-cycle");
    let contracts: Vec<_> = cases.into_iter().chain(more).collect();
    assert_eq!(contracts.len(), 6);
    assert_same_bytes(
        "registry.example.com/test",
        "tests/contracts/invalid/policy-violation-nested/registry",
        contracts,
    );
}

#[test]
fn an_error_is_the_first_in_the_order_of_the_arguments() {
    let root = checkout();
    for jobs in [1, 2, 16] {
        let mut context = context(&root, "registry.example.com/veloria", &root.join("examples"));
        context.jobs = Some(jobs);
        for _ in 0..20 {
            let mut contracts = bundles(&root, "examples");
            contracts.insert(20, "missing-b".to_owned());
            contracts.insert(10, "missing-a".to_owned());
            contracts.push("missing-c".to_owned());
            let error = run(&context, &Options { contracts, ..Options::default() }, &|_| ()).unwrap_err();
            assert_eq!(error.to_string(), "cannot access missing-a: No such file or directory (os error 2)");
        }
    }
}

/// Every file below `root` with its content, by path.
fn files(root: &Path, below: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(root.join(below)).unwrap() {
        let path = below.join(entry.unwrap().file_name());
        if root.join(&path).is_dir() {
            files(root, &path, found);
        } else {
            found.push((path.clone(), std::fs::read(root.join(path)).unwrap()));
        }
    }
}

/// What every command that reads contracts has to say about the examples, as one text.
fn everything(context: &Context) -> String {
    const PLATFORM: &str = "oci://registry.example.com/veloria/veloria-platform";
    let contract = PLATFORM.to_owned();
    let edges = GraphOptions { references: true, only_references: false };
    let graph =
        graph::run(context, &graph::Options { contract: contract.clone(), edges, ..Default::default() });
    let (old, new) = (format!("{PLATFORM}:1.0.0"), format!("{PLATFORM}:2.0.0"));
    let diff = diff::run(context, &diff::Options { old, new, ..Default::default() });
    let doc = doc::run(context, &doc::Options { contract: contract.clone(), ..Default::default() });
    let explain = explain::run(context, &explain::Options { contract, ..Default::default() });
    let directory = "examples/station-service/v2.0.0".to_owned();
    let output = Some(PathBuf::from("packed.tar.gz"));
    let pack = pack::run(context, &pack::Options { directory, output, ..Default::default() });
    let json = |value: serde_json::Result<String>| value.unwrap();
    [
        json(serde_json::to_string(&graph.unwrap().report())),
        json(serde_json::to_string(&diff.unwrap())),
        json(serde_json::to_string(&doc.unwrap())),
        json(serde_json::to_string(&explain.unwrap())),
        json(serde_json::to_string(&pack.unwrap())),
        format!("{:?}", std::fs::read(context.directory.join("packed.tar.gz")).unwrap()),
    ]
    .join("\n")
}

#[test]
fn every_command_gives_the_same_bytes_whatever_the_order_of_files_on_disk() {
    let mut tree = Vec::new();
    files(&checkout(), Path::new("examples"), &mut tree);
    assert!(tree.len() > 100, "{}", tree.len());
    let mut expected: Option<String> = None;
    for seed in 0..100 {
        let place = tempfile::tempdir().unwrap();
        shuffle(&mut tree, seed);
        for (path, content) in &tree {
            let path = place.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let mut context =
            context(place.path(), "registry.example.com/veloria", &place.path().join("examples"));
        context.jobs = [1, 2, 16].into_iter().cycle().nth(usize::try_from(seed).unwrap());
        let said = everything(&context);
        let expected = expected.get_or_insert_with(|| said.clone());
        assert!(*expected == said, "run {seed} with {:?} jobs: {said}", context.jobs);
    }
}
