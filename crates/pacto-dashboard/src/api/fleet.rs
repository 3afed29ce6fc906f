//! Graph, comparison, impact, owners.

use super::operation;
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::health::Nothing;
use super::services::{find_version, is_about, wanted_owners};
use crate::app::Dashboard;
use crate::comparison::{self, Version};
use crate::http::operation::{Api, Call, some_text, some_texts};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::index::graph::{Direction, around, part, whole};
use crate::index::impact::{Subject, impact as whom_it_breaks};
use crate::index::merge::{Parts, group_key, versions};
use crate::index::{Snapshot, prepared};
use crate::wire::comparison::{DiffResult, ImpactReport};
use crate::wire::graph::{GraphData, NodeStatus};
use crate::wire::owner::{OwnerDetails, OwnerEntry};

/// Adds the operations of this module.
pub fn add(api: Api) -> Api {
    let whole = "The graph of the fleet, or a part of it, laid out";
    let failures = &[403, 404, 422, 502];
    api.get(operation("get-global-graph", "/api/graph", "Graph", whole, &[404, 422]), graph)
        .get(operation("get-diff", "/api/diff", "Diff", "Two versions compared", failures), diff)
        .get(operation("get-impact", "/api/impact", "Diff", "Whom a new version breaks", failures), impact)
        .get(
            operation("list-owners", "/api/owners", "Owners", "Owners with their services in numbers", &[]),
            owners,
        )
        .get(
            operation("get-owner", "/api/owners/{key}", "Owners", "An owner with its services", &[404, 422]),
            owner,
        )
}

/// Steps from the focus without `depth`.
const USUAL_DEPTH: usize = 2;
/// Most steps from the focus.
const MAX_DEPTH: usize = 64;

/// What a service of the graph can be.
const STATUSES: [&str; 6] = ["Compliant", "Warning", "NonCompliant", "Reference", "Unknown", "external"];
/// Where it can be from.
const SOURCES: [&str; 3] = ["k8s", "local", "oci"];

fn check_words(location: &str, text: Option<&str>, known: &[&str]) -> Result<(), Problem> {
    let wrong = text.and_then(|text| text.split(',').find(|word| !known.contains(word)));
    match wrong {
        Some(word) => Err(Problem::invalid(location, format!("{word:?} is not one of {}", known.join(", ")))),
        None => Ok(()),
    }
}

/// Which part of the graph.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GraphInput {
    /// Only what is around this service.
    #[serde(default, deserialize_with = "some_text")]
    focus: Option<String>,
    /// Steps from the focus; 2 without it, at most 64.
    #[schemars(range(min = 1, max = 64))]
    depth: Option<usize>,
    /// Which way to go from the focus.
    direction: Option<Direction>,
    /// Owners, any of them; `(unowned)` for those without one. Given once for each, or separated by commas where no owner is
    /// called like the whole text.
    #[serde(default, deserialize_with = "some_texts")]
    owner: Vec<String>,
    /// Statuses, separated by commas; `external` for services that are not known.
    #[schemars(regex(
        pattern = "^((Compliant|Warning|NonCompliant|Reference|Unknown|external)(,(Compliant|Warning|NonCompliant|Reference|Unknown|external))*)?$"
    ))]
    #[serde(default, deserialize_with = "some_text")]
    status: Option<String>,
    /// Sources, separated by commas.
    #[schemars(regex(pattern = "^((k8s|local|oci)(,(k8s|local|oci))*)?$"))]
    #[serde(default, deserialize_with = "some_text")]
    source: Option<String>,
    /// Part of the name, owner, version or source.
    #[serde(default, deserialize_with = "some_text")]
    q: Option<String>,
}

pub async fn graph(call: Call, input: GraphInput) -> Result<Reply<GraphData>, Problem> {
    let (app, snapshot) = (call.app.clone(), call.app.snapshot());
    let depth = input.depth.unwrap_or(USUAL_DEPTH);
    if !(1..=MAX_DEPTH).contains(&depth) {
        return Err(Problem::invalid("query.depth", format!("depth is 1 to {MAX_DEPTH}")));
    }
    check_words("query.status", input.status.as_deref(), &STATUSES)?;
    check_words("query.source", input.source.as_deref(), &SOURCES)?;
    let is_whole = [&input.focus, &input.status, &input.source, &input.q].into_iter().all(Option::is_none)
        && input.owner.is_empty();
    let reasons = app.oci.reasons_id();
    let etag = prepared::digest(format!("{input:?}{}{reasons}", snapshot.graph_id).as_bytes());
    if is_whole && reasons.is_empty() && call.asked.reads_gzip {
        let _turn = app.turn().await?;
        let drawn = Arc::clone(&snapshot);
        let graph = at_length(move || drawn.compressed_graph()).await?;
        return Ok(Reply::compressed(|| graph, &etag, &call.asked).header("x-snapshot", &snapshot.id));
    }
    let _turn = call.app.turn().await?;
    let asked = call.asked.clone();
    // Parts are laid out anew; the threads of the server are for those who wait for less.
    at_length(move || {
        let data = laid_out(&app, &snapshot, &input, depth)?;
        Ok(Reply::with_etag(&data, &etag, &asked).header("x-snapshot", &snapshot.id))
    })
    .await?
}

/// The part of the graph that is asked for.
fn laid_out(
    app: &Dashboard,
    snapshot: &Snapshot,
    input: &GraphInput,
    depth: usize,
) -> Result<GraphData, Problem> {
    let owners = wanted_owners(snapshot, &input.owner);
    let is_wanted = |name: &str, status: NodeStatus| fits(snapshot, input, &owners, name, status.as_str());
    let is_whole =
        [&input.status, &input.source, &input.q].into_iter().all(Option::is_none) && owners.is_empty();
    let mut data = match &input.focus {
        Some(focus) => {
            let near = around(snapshot, focus, depth, input.direction.unwrap_or_default())
                .ok_or_else(|| Problem::unknown_service(focus))?;
            part(snapshot, |name, status| near.contains(name) && is_wanted(name, status))
        }
        None if is_whole => whole(snapshot),
        None => part(snapshot, is_wanted),
    };
    for node in
        data.nodes.iter_mut().filter(|node| node.status == NodeStatus::External && node.reason.is_none())
    {
        node.reason = app.oci.reason_by_name(&node.id);
    }
    Ok(data)
}

/// Does what takes a while on a thread that may, so that others are answered meanwhile.
async fn at_length<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::broken(&error))
}

fn fits(snapshot: &Snapshot, input: &GraphInput, owners: &BTreeSet<&str>, name: &str, status: &str) -> bool {
    let is_focus = input.focus.as_deref() == Some(name);
    let is_listed = |text: &Option<String>, is: &dyn Fn(&str) -> bool| {
        text.as_deref().is_none_or(|text| text.split(',').any(is))
    };
    let Some(service) = snapshot.service(name) else {
        // What is not known has no owner and no source.
        return is_focus
            || (owners.is_empty()
                && input.source.is_none()
                && is_listed(&input.status, &|wanted| wanted == status)
                && input
                    .q
                    .as_deref()
                    .is_none_or(|wanted| name.to_lowercase().contains(&wanted.to_lowercase())));
    };
    let entry = &service.entry;
    is_focus
        || ((owners.is_empty() || owners.contains(group_key(&entry.owner_key)))
            && is_listed(&input.status, &|wanted| wanted == status)
            && is_listed(&input.source, &|wanted| entry.sources.iter().any(|kind| kind.as_str() == wanted))
            && input.q.as_deref().is_none_or(|wanted| is_about(entry, &wanted.to_lowercase())))
}

/// Which versions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DiffInput {
    /// Service of the old version.
    from_name: String,
    /// Old version; the current one without it.
    #[serde(default, deserialize_with = "some_text")]
    from_version: Option<String>,
    /// Service of the new version.
    to_name: String,
    /// New version; the current one without it.
    #[serde(default, deserialize_with = "some_text")]
    to_version: Option<String>,
}

pub async fn diff(call: Call, input: DiffInput) -> Result<Reply<DiffResult>, Problem> {
    let snapshot = call.app.snapshot();
    let from = (input.from_name.as_str(), input.from_version.as_deref());
    let to = (input.to_name.as_str(), input.to_version.as_deref());
    Ok(Reply::new(&compared(&call.app, &snapshot, from, to).await?))
}

async fn compared(
    app: &Dashboard,
    snapshot: &Snapshot,
    from: (&str, Option<&str>),
    to: (&str, Option<&str>),
) -> Result<DiffResult, Problem> {
    let _turn = app.turn().await?;
    let mut sides = Vec::with_capacity(2);
    for (name, version) in [from, to] {
        let service = snapshot.service(name).ok_or_else(|| Problem::unknown_service(name))?;
        let version = version.unwrap_or(&service.entry.version);
        let (kind, place) = find_version(app, snapshot, name, version).await?;
        sides.push((app.bundles.open(&place).await?, kind));
    }
    let compare = move || match sides.as_slice() {
        [(from, from_kind), (to, to_kind)] => Some(comparison::compare(
            Version { resolved: from, source: *from_kind },
            Version { resolved: to, source: *to_kind },
        )),
        _ => None,
    };
    let broken = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the comparison did not end well");
    tokio::task::spawn_blocking(compare).await.ok().flatten().ok_or_else(broken)
}

/// Which versions of which service.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImpactInput {
    /// Service.
    name: String,
    /// Old version; the current one without it.
    #[serde(default, deserialize_with = "some_text")]
    from_version: Option<String>,
    /// New version; the highest without it.
    #[serde(default, deserialize_with = "some_text")]
    to_version: Option<String>,
}

pub async fn impact(call: Call, input: ImpactInput) -> Result<Reply<ImpactReport>, Problem> {
    let snapshot = call.app.snapshot();
    let service = snapshot.service(&input.name).ok_or_else(|| Problem::unknown_service(&input.name))?;
    let latest = service.entry.latest_available.as_deref();
    let to = input.to_version.as_deref().or(latest);
    let name = input.name.as_str();
    // Nothing newer: then what the current version changed.
    let is_newest = input.from_version.is_none() && to.is_none_or(|to| to == service.entry.version);
    let known = versions(Parts::of(&snapshot.contents, name));
    let before = known.iter().skip_while(|version| version.version != service.entry.version).nth(1);
    let before = before.filter(|_| is_newest).map(|version| version.version.clone());
    let from = input.from_version.clone().or(before);
    let found = compared(&call.app, &snapshot, (name, from.as_deref()), (name, to)).await?;
    let subject = Subject {
        name,
        from: &found.from.version,
        to: &found.to.version,
        changes: &found.changes,
        classification: found.classification,
    };
    Ok(Reply::new(&whom_it_breaks(&snapshot, subject)))
}

pub async fn owners(call: Call, _: Nothing) -> Result<Reply<Vec<OwnerEntry>>, Problem> {
    let snapshot = call.app.snapshot();
    let entries: Vec<OwnerEntry> = snapshot.owners().iter().map(|owner| owner.entry.clone()).collect();
    Ok(Reply::with_etag(&entries, &snapshot.list_id, &call.asked))
}

/// An owner.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct OwnerInput {
    /// The name that services are grouped by, or `(unowned)`.
    key: String,
}

pub async fn owner(call: Call, input: OwnerInput) -> Result<Reply<OwnerDetails>, Problem> {
    let snapshot = call.app.snapshot();
    let found = snapshot.owners().iter().find(|owner| owner.entry.key == input.key);
    let unknown = || Problem::not_found(format!("nobody called {:?} owns a service", input.key));
    let owner = found.ok_or_else(unknown)?;
    Ok(Reply::with_etag(owner, &snapshot.list_id, &call.asked))
}
