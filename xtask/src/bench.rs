//! `cargo xtask bench`: speed and memory, as ratios against a reference of the same run.
//!
//! Machines are shared and noisy, so every figure is the median of interleaved runs, and no test asserts one.

mod dashboard;
mod diff;
mod registry;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use pacto_contract::yaml::{Budget, load};
use pacto_contract::{Bundle, Contract, ContractDocument};
use pacto_engine::graph::{Ask, GraphOptions, Resolver, blast_radius, layout};
use pacto_engine::library::{Origin, Resolved, Unresolved};
use pacto_testkit::fleet::{FLEET_PLATFORM, FLEET_REGISTRY, Fleet};

use crate::root;

#[derive(Args)]
pub struct Arguments {
    /// What to measure; everything without it
    name: Option<Name>,
    /// Do not build first: memory of the compiler would be counted
    #[arg(long, hide = true)]
    built: bool,
    /// Services of the fleet
    #[arg(long, default_value_t = 10_000)]
    services: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// Start of the process, against /bin/true
    Start,
    /// Validation of one contract, against /bin/true
    Validate,
    /// Validation of a fleet, against reading its files
    Fleet,
    /// Graph and layout of a fleet, against parsing its contracts
    Graph,
    /// Diff of two large `OpenAPI` files, against parsing both
    Diff,
    /// Diff of two trees of `.proto` files, against parsing both
    Protobuf,
    /// Inclusion of many pairs of JSON Schemas, against parsing them
    Inclusion,
    /// Pull of one bundle, against `skopeo copy`; needs docker-registry and skopeo
    Pull,
    /// The dashboard over a fleet
    Dashboard,
    /// Graph of a thousand services from a registry that takes ten milliseconds for each answer
    Distant,
    /// The operator over ten thousand Pactos and fifty thousand objects of a real API server
    Operator,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.built {
        crate::run("cargo", &["build", "--release", "--quiet", "--package", "pacto-cli"])?;
        crate::run("cargo", &["build", "--release", "--quiet", "--package", "xtask"])?;
        // What runs in this process is measured optimised too, and in a process that has started nothing else.
        let words: Vec<String> = std::env::args().skip(1).collect();
        let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
        all.push("--built");
        let program = root()?.join("target/release/xtask");
        return crate::run(&program.to_string_lossy(), &all);
    }
    let wanted = |name: Name| arguments.name.is_none_or(|only| only == name);
    println!("| what | figure | reference | ratio | target |\n|---|---|---|---|---|");
    // Peak memory of children only grows, so the small ones come first.
    if wanted(Name::Start) {
        against_true("`pacto version`", &["version"], "<= 1.6, <= 5 MiB")?;
    }
    if wanted(Name::Validate) {
        let directory = tempfile::tempdir()?;
        Fleet { services: 1, fan_out: 0, seed: 1 }.write_alone(directory.path())?;
        let contract = directory.path().join("contract").to_string_lossy().into_owned();
        against_true(
            "`pacto validate` on one contract with schema, values and interface",
            &["validate", &contract],
            "<= 3",
        )?;
    }
    if wanted(Name::Fleet) {
        fleet(arguments.services)?;
    }
    if wanted(Name::Graph) {
        graph(arguments.services)?;
    }
    if wanted(Name::Diff) {
        diff::openapi()?;
    }
    if wanted(Name::Protobuf) {
        diff::protobuf()?;
    }
    if wanted(Name::Inclusion) {
        diff::inclusion()?;
    }
    if wanted(Name::Pull) {
        registry::pull()?;
    }
    if wanted(Name::Dashboard) {
        dashboard::dashboard(arguments.services)?;
    }
    if wanted(Name::Distant) {
        registry::distant_graph()?;
    }
    if wanted(Name::Operator) {
        // It speaks with the cluster, which no crate but the operator's may.
        let mut command = Command::new("cargo");
        command.args(["bench", "--quiet", "--package", "pacto-operator", "--bench", "scale"]);
        crate::run_command(command.env("PACTO_BENCH_PACTOS", arguments.services.to_string()))?;
    }
    Ok(())
}

fn row(what: &str, figure: &str, reference: &str, ratio: f64, target: &str) {
    println!("| {what} | {figure} | {reference} | {ratio:.2} | {target} |");
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn time(mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// Largest memory of any child so far, in MiB.
fn peak_of_children() -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a size in KiB")]
    Ok(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() as f64 / 1024.0)
}

fn quiet(program: &Path, arguments: &[&str], mirror: Option<&str>) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()?).stdout(Stdio::null()).stderr(Stdio::null()).env_clear();
    if let Some(mirror) = mirror {
        command.env("PACTO_REGISTRY_MIRROR", mirror);
    }
    let status = command.status().with_context(|| format!("{} cannot be started", program.display()))?;
    ensure!(status.success(), "{} {arguments:?} failed", program.display());
    Ok(())
}

/// Runs of each side; many, because one takes about a millisecond.
const PROCESS_RUNS: usize = 300;

fn against_true(what: &str, arguments: &[&str], target: &str) -> Result<()> {
    let pacto = root()?.join("target/release/pacto");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..PROCESS_RUNS {
        ours.push(time(|| quiet(&pacto, arguments, None))?);
        theirs.push(time(|| quiet(Path::new("/bin/true"), &[], None))?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let figure = format!("{}, peak {:.1} MiB", milliseconds(ours), peak_of_children()?);
    row(
        what,
        &figure,
        &format!("`/bin/true` {}", milliseconds(theirs)),
        ours.as_secs_f64() / theirs.as_secs_f64(),
        target,
    );
    Ok(())
}

fn fleet(services: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    Fleet { services, fan_out: 4, seed: 1 }.write(directory.path())?;
    let path = directory.path().to_string_lossy().into_owned();
    let mirror = format!("{FLEET_PLATFORM}={path}/platform,{FLEET_REGISTRY}={path}/services");
    let pacto = root()?.join("target/release/pacto");
    let all = format!("{path}/services");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(time(|| quiet(&pacto, &["validate", "--output-format", "json", &all], Some(&mirror)))?);
        theirs.push(time(|| read_all(Path::new(&all)))?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let figure = format!("{}, peak {:.1} MiB", milliseconds(ours), peak_of_children()?);
    let what = format!("`pacto validate` on {services} contracts, four layers");
    let reference = format!("reading the same files, one thread: {}", milliseconds(theirs));
    row(&what, &figure, &reference, ours.as_secs_f64() / theirs.as_secs_f64(), "<= 500 ms, <= 64 MiB");
    Ok(())
}

fn read_all(directory: &Path) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path)?;
        } else {
            std::hint::black_box(std::fs::read(&path)?);
        }
    }
    Ok(())
}

fn graph(services: usize) -> Result<()> {
    let fleet = Fleet { services, fan_out: 4, seed: 1 };
    let texts: Vec<String> = (0..services).map(|index| fleet.contract(index)).collect();
    let resolved = |identity: String, text: &str| -> Result<Arc<Resolved>> {
        let document = ContractDocument::parse("pacto.yaml", text.as_bytes());
        let document = document.map_err(|failure| anyhow::anyhow!("{:?}", failure.findings))?;
        let origin = Origin::Registry(identity.clone());
        let (document, bundle) = (Arc::new(document), Arc::new(Bundle::default()));
        Ok(Arc::new(Resolved { identity, origin, document, bundle }))
    };
    let name = |index| format!("{FLEET_REGISTRY}/{}:1.0.0", Fleet::name(index));
    let contracts: Vec<Arc<Resolved>> =
        texts.iter().enumerate().map(|(index, text)| resolved(name(index), text)).collect::<Result<_>>()?;
    let root = resolved("root".to_owned(), &root_of(&contracts))?;
    let json: Vec<String> = texts
        .iter()
        .map(|text| Ok(serde_json::to_string(&load(text, Budget::CONTRACT)?.to_json()?)?))
        .collect::<Result<_>>()?;
    let (mut ours, mut theirs, mut edges) = (Vec::new(), Vec::new(), 0);
    for _ in 0..11 {
        ours.push(time(|| {
            let mut resolver = Resolver::new(&root, None, GraphOptions::default());
            while !resolver.is_done() {
                for Ask { id, request } in resolver.poll() {
                    // Looking contracts up is not what is measured: the number of a service is its place.
                    let name = request.reference.default_name();
                    let index = name.rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
                    let found = index.and_then(|index| contracts.get(index)).cloned();
                    let answer = found.ok_or_else(|| Unresolved::NotFound(name.to_owned()));
                    resolver.supply(id, answer);
                }
            }
            let graph = resolver.finish();
            edges = graph.services.iter().map(|service| service.edges.len()).sum();
            std::hint::black_box((graph.conflicts.len(), graph.cycles.len(), blast_radius(&graph)));
            Ok(())
        })?);
        theirs.push(time(|| {
            for text in &json {
                std::hint::black_box(serde_json::from_str::<serde_json::Value>(text)?);
            }
            Ok(())
        })?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let what = format!("graph of {services} services, {edges} edges: build, cycles, conflicts, blast radius");
    let reference = format!("serde_json on the same contracts: {}", milliseconds(theirs));
    row(&what, &milliseconds(ours), &reference, ours.as_secs_f64() / theirs.as_secs_f64(), "<= 20 ms");
    layout_of_fleet(&contracts, theirs)
}

/// The places of a whole fleet, against parsing its contracts.
fn layout_of_fleet(contracts: &[Arc<Resolved>], theirs: Duration) -> Result<()> {
    let services: Vec<_> = contracts.iter().map(|resolved| &resolved.document.contract).collect();
    let names: Vec<&str> = services.iter().map(|contract| contract.service.name.as_str()).collect();
    let numbers: HashMap<&str, usize> = names.iter().zip(0..).map(|(name, number)| (*name, number)).collect();
    let needs = |(from, contract): (usize, &&Contract)| -> Vec<(usize, usize)> {
        let targets = contract.dependencies.iter().filter_map(|need| numbers.get(need.name()));
        targets.map(|to| (from, *to)).collect()
    };
    let edges: Vec<(usize, usize)> = services.iter().enumerate().flat_map(needs).collect();
    let mut ours = Vec::new();
    for _ in 0..11 {
        ours.push(time(|| {
            std::hint::black_box(layout(&names, &edges));
            Ok(())
        })?);
    }
    let ours = median(ours);
    let what = format!("layout of {} services, {} edges", names.len(), edges.len());
    let reference = format!("serde_json on the same contracts: {}", milliseconds(theirs));
    row(&what, &milliseconds(ours), &reference, ours.as_secs_f64() / theirs.as_secs_f64(), "<= 60 ms");
    Ok(())
}

/// A contract that needs every service that no other service needs, so that the graph holds the whole fleet.
fn root_of(contracts: &[Arc<Resolved>]) -> String {
    let needed: std::collections::HashSet<&str> = contracts
        .iter()
        .flat_map(|resolved| &resolved.document.contract.dependencies)
        .map(|dependency| dependency.name())
        .collect();
    let names = contracts.iter().map(|resolved| resolved.document.contract.service.name.as_str());
    contract_that_needs(names.filter(|name| !needed.contains(name)))
}

/// A contract `root` that needs services of the fleet.
fn contract_that_needs<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text =
        String::from("pactoVersion: \"1.0\"\nservice: {name: root, version: 1.0.0}\ndependencies:\n");
    for name in names {
        use std::fmt::Write;
        let _ = writeln!(
            text,
            "  - {{ref: 'oci://{FLEET_REGISTRY}/{name}', required: true, compatibility: '^1.0.0'}}"
        );
    }
    text
}
