//! Registries: a pull against `skopeo copy`, and a graph from a registry that is far away.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pacto_contract::{Bundle, ContractDocument};
use pacto_engine::graph::{Graph, ServiceId};
use pacto_oci::artifact::Artifact;
use pacto_testkit::fleet::{FLEET_REGISTRY, Fleet};
use pacto_testkit::latency::{Content, LatencyRegistry};
use pacto_testkit::registry::Registry;

use super::{median, milliseconds, row, time};
use crate::root;

/// Runs of each side.
const RUNS: usize = 21;
/// What the far registry waits before it answers.
const LATENCY: Duration = Duration::from_millis(10);
/// Services of the graph.
const SERVICES: usize = 1_000;

/// Runs the command with a cache of its own: a file system may be slow to use the place of what was removed just now.
fn pacto(home: &Path, arguments: &[&str], mirror: Option<&str>, cache: usize) -> Result<()> {
    let mut command = Command::new(root()?.join("target/release/pacto"));
    command.args(arguments).current_dir(home).env_clear().env("HOME", home);
    command.env("PACTO_CACHE_DIR", home.join(format!("cache-{cache}")));
    command.envs(mirror.map(|mirror| ("PACTO_REGISTRY_MIRROR", mirror)));
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "pacto {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A directory that is no disk where there is such a thing: a file system may take seconds to use the places of thousands
/// of files that another benchmark removed just now.
fn in_memory() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

/// One bundle from loopback into a directory, cold and warm, and the same artifact copied by skopeo.
pub fn pull() -> Result<()> {
    let registry = Registry::start().context("docker-registry is left out")?;
    let home = in_memory()?;
    Fleet { services: 1, fan_out: 0, seed: 1 }.write_alone(home.path())?;
    let reference = format!("{}/acme/service:1.0.0", registry.address());
    let oci = format!("oci://{reference}");
    pacto(home.path(), &["push", &oci, "-p", "contract"], None, 0)?;
    let (mut cold, mut warm, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let (first, second) = (format!("cold-{run}"), format!("warm-{run}"));
        cold.push(time(|| pacto(home.path(), &["pull", &oci, "-o", &first], None, run))?);
        warm.push(time(|| pacto(home.path(), &["pull", &oci, "-o", &second], None, run))?);
        let target = home.path().join(format!("skopeo-{run}"));
        theirs.push(time(|| skopeo(&reference, &target))?);
    }
    let theirs = median(theirs);
    for (what, times, target) in
        [("cold", median(cold), "<= 0.25"), ("warm (cache, one HEAD)", median(warm), "")]
    {
        row(
            &format!("`pacto pull` of one bundle from loopback, {what}"),
            &milliseconds(times),
            &format!("`skopeo copy` to an image layout {}", milliseconds(theirs)),
            times.as_secs_f64() / theirs.as_secs_f64(),
            target,
        );
    }
    Ok(())
}

fn skopeo(reference: &str, target: &Path) -> Result<()> {
    let status = Command::new("skopeo")
        .args(["copy", "--quiet", "--src-tls-verify=false"])
        .arg(format!("docker://{reference}"))
        .arg(format!("oci:{}:x", target.display()))
        .stdout(Stdio::null())
        .status()
        .context("skopeo cannot be started")?;
    ensure!(status.success(), "skopeo failed");
    Ok(())
}

/// A graph whose services lie in a registry that takes ten milliseconds for every answer.
pub fn distant_graph() -> Result<()> {
    let fleet = Fleet { services: SERVICES, fan_out: 4, seed: 1 };
    let (contents, tops) = contents(&fleet)?;
    let registry = LatencyRegistry::start(LATENCY, contents);
    let home = in_memory()?;
    let directory = home.path().join("root");
    std::fs::create_dir(&directory)?;
    std::fs::write(
        directory.join("pacto.yaml"),
        super::contract_that_needs(tops.iter().map(String::as_str)),
    )?;
    let mirror = format!("{FLEET_REGISTRY}={}/fleet", registry.address());
    let (depth, services) = shape(&fleet, home.path(), &directory)?;
    let bound = LATENCY * 3 * u32::try_from(depth)? + Duration::from_millis(150);
    let graph = ["graph", "root", "--output-format", "json"];
    let (mut cold, mut warm, mut locked) = (Vec::new(), Vec::new(), Vec::new());
    let (mut requests, mut confirmed, mut with_lock) = ((0, 0), (0, 0), (0, 0));
    let lock = directory.join("pacto.lock");
    for run in 0..5 {
        registry.take_requests();
        cold.push(time(|| pacto(home.path(), &graph, Some(&mirror), run))?);
        requests = registry.take_requests();
        warm.push(time(|| pacto(home.path(), &graph, Some(&mirror), run))?);
        confirmed = registry.take_requests();
        pacto(home.path(), &["lock", "root"], Some(&mirror), run)?;
        registry.take_requests();
        locked.push(time(|| pacto(home.path(), &graph, Some(&mirror), run))?);
        with_lock = registry.take_requests();
        std::fs::remove_file(&lock)?;
    }
    let reference =
        format!("{depth} levels x 3 x {} + 150 ms: {}", milliseconds(LATENCY), milliseconds(bound));
    let rows = [
        ("cold", median(cold), requests, "<= 1"),
        ("warm", median(warm), confirmed, "<= 2 requests a service"),
        ("with a lock", median(locked), with_lock, "0 requests"),
    ];
    for (what, took, (requests, at_once), target) in rows {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let each = requests as f64 / services as f64;
        row(
            &format!("`pacto graph` of {services} services, 10 ms away, {what}"),
            &format!("{}, {each:.2} requests a service, {at_once} at once", milliseconds(took)),
            &reference,
            took.as_secs_f64() / bound.as_secs_f64(),
            target,
        );
    }
    Ok(())
}

/// The contract of a service without references to the platform, which is in another repository.
fn contract(fleet: &Fleet, index: usize) -> String {
    let text = fleet.contract(index);
    let (start, end) =
        (text.find("configurations:"), text.find("dependencies:").or_else(|| text.find("\nruntime:")));
    match (start, end) {
        (Some(start), Some(end)) => format!("{}{}", &text[..start], &text[end..]),
        _ => text,
    }
}

/// Everything that the registry holds, by path, and the services that no other one needs.
fn contents(fleet: &Fleet) -> Result<(HashMap<String, Content>, BTreeSet<String>)> {
    let mut contents = HashMap::new();
    let (mut tops, mut needed) = (BTreeSet::new(), BTreeSet::new());
    for index in 0..fleet.services {
        let (name, text) = (Fleet::name(index), contract(fleet, index));
        let mut bundle = Bundle::default();
        bundle.insert("pacto.yaml", text.clone().into_bytes())?;
        let document = ContractDocument::parse("pacto.yaml", text.as_bytes());
        let document = document.map_err(|failure| anyhow::anyhow!("{:?}", failure.findings))?;
        let artifact = Artifact::new(&bundle, &document.contract)?;
        let version = &document.contract.service.version;
        let base = format!("/v2/fleet/{name}");
        let content = |media_type: &str, digest: Option<String>, bytes: &[u8]| Content {
            media_type: media_type.to_owned(),
            digest,
            bytes: bytes.to_vec(),
        };
        let tags = format!(r#"{{"name": "fleet/{name}", "tags": ["{version}"]}}"#);
        contents.insert(format!("{base}/tags/list"), content("application/json", None, tags.as_bytes()));
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = content(kind, Some(artifact.digest.clone()), &artifact.manifest);
        contents.insert(format!("{base}/manifests/{version}"), manifest.clone());
        contents.insert(format!("{base}/manifests/{}", artifact.digest), manifest);
        let layer = pacto_oci::archive::digest(&artifact.layer);
        let blob = content("application/octet-stream", Some(layer.clone()), &artifact.layer);
        contents.insert(format!("{base}/blobs/{layer}"), blob);
        needed.extend(document.contract.dependencies.iter().map(|dependency| dependency.name().to_owned()));
        tops.insert(name);
    }
    Ok((contents, tops.difference(&needed).cloned().collect()))
}

/// Levels of the graph below its root, and its services without it.
fn shape(fleet: &Fleet, home: &Path, root: &Path) -> Result<(usize, usize)> {
    let services = home.join("services");
    for index in 0..fleet.services {
        let directory = services.join(Fleet::name(index));
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("pacto.yaml"), contract(fleet, index))?;
    }
    let mut mirrors = pacto_oci::mirror::Mirrors::default();
    mirrors.add(FLEET_REGISTRY, pacto_oci::mirror::Location::Folder(services))?;
    let context = pacto_app::Context::new(root.to_owned(), mirrors);
    let graph = pacto_app::graph::run(
        &context,
        &pacto_app::graph::Options { contract: ".".into(), ..Default::default() },
    )?;
    Ok((levels(&graph.graph), graph.graph.services.len() - 1))
}

fn levels(graph: &Graph) -> usize {
    let mut depth: HashMap<ServiceId, usize> = HashMap::from([(0, 0)]);
    // Services are numbered breadth first, so each comes after the one that found it.
    for (id, service) in graph.services.iter().enumerate() {
        let own = depth.get(&id).copied().unwrap_or_default();
        for to in service.edges.iter().filter_map(pacto_engine::graph::Edge::leads_to) {
            depth.entry(to).or_insert(own + 1);
        }
    }
    depth.into_values().max().unwrap_or_default()
}
