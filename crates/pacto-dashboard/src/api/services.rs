//! Services, their versions and ties.

use super::operation;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use pacto_contract::model::Owner;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::Dashboard;
use crate::details::{empty, of_contract, overlay, policy_of};
use crate::http::operation::{Api, Call, some_text, some_texts};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::index::graph::{dependents as who_needs, references, tree, within};
use crate::index::merge::{Parts, group_key, insights, is_higher, place_of, running, versions as history};
use crate::index::{Service, ServiceId, Snapshot};
use crate::record::{Place, newest_first};
use crate::wire::details::{Dependency, ServiceDetails, ServiceSourceState};
use crate::wire::graph::{Dependent, ServiceRefs, ServiceTree, UnresolvedReason};
use crate::wire::report::{ServiceOfSource, ServiceSources};
use crate::wire::service::{ContractStatus, ServiceEntry, SourceKind, Version};

/// Adds the operations of this module.
pub fn add(api: Api) -> Api {
    let described = |id, path, summary, errors| operation(id, path, "Services", summary, errors);
    api.get(described("list-services", "/api/services", "All services, or those that fit", &[422]), list)
        .get(described("get-service", "/api/services/{name}", "A service in full", &[404, 422, 502]), get)
        .get(
            described(
                "get-service-versions",
                "/api/services/{name}/versions",
                "Its history, the newest first",
                &[422],
            ),
            versions,
        )
        .get(
            described(
                "get-service-version",
                "/api/services/{name}/versions/{version}",
                "One version in full",
                &[403, 404, 422, 502],
            ),
            version,
        )
        .get(
            described(
                "get-service-sources",
                "/api/services/{name}/sources",
                "The service as each source knows it",
                &[404, 422, 502],
            ),
            sources,
        )
        .get(
            described(
                "get-service-dependents",
                "/api/services/{name}/dependents",
                "Services that name it as a dependency",
                &[404, 422],
            ),
            dependents,
        )
        .get(
            described(
                "get-service-refs",
                "/api/services/{name}/refs",
                "Configurations and policies of others, both ways",
                &[404, 422],
            ),
            refs,
        )
        .get(
            operation(
                "get-service-graph",
                "/api/services/{name}/graph",
                "Graph",
                "What it needs, as a tree",
                &[404, 422],
            ),
            graph,
        )
}

/// Most services of one page of a list.
const MAX_LIMIT: usize = 10_000;

/// Which services, in which order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ListInput {
    /// Part of the name, owner, version or source; case does not matter.
    #[serde(default, deserialize_with = "some_text")]
    q: Option<String>,
    /// Owners, any of them; `(unowned)` for those without one. Given once for each, or separated by commas where no owner is
    /// called like the whole text.
    #[serde(default, deserialize_with = "some_texts")]
    owner: Vec<String>,
    /// Statuses, separated by commas.
    #[schemars(regex(
        pattern = "^((Compliant|Warning|NonCompliant|Reference|Unknown)(,(Compliant|Warning|NonCompliant|Reference|Unknown))*)?$"
    ))]
    #[serde(default, deserialize_with = "some_text")]
    status: Option<String>,
    /// Sources, separated by commas.
    #[schemars(regex(pattern = "^((k8s|local|oci)(,(k8s|local|oci))*)?$"))]
    #[serde(default, deserialize_with = "some_text")]
    source: Option<String>,
    /// `name`, `version`, `status`, `owner`, `compliance`, `checks`, `blast`, `dependencies`, `dependents`, `change` or `source`; with
    /// `-` in front the other way round.
    #[schemars(regex(
        pattern = "^(-?(name|version|status|owner|compliance|checks|blast|dependencies|dependents|change|source))?$"
    ))]
    #[serde(default, deserialize_with = "some_text")]
    sort: Option<String>,
    /// Most services; 1 to 10,000.
    #[schemars(range(min = 1, max = 10_000))]
    limit: Option<usize>,
    /// Where the page begins: from the `Link` of the page before.
    #[schemars(regex(pattern = "^[0-9]{0,9}$"))]
    #[serde(default, deserialize_with = "some_text")]
    cursor: Option<String>,
}

/// A service.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NameInput {
    /// Name of the service.
    pub name: String,
}

/// A version of a service.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct VersionInput {
    /// Name of the service.
    name: String,
    /// Version, as its history has it.
    version: String,
}

pub async fn list(call: Call, input: ListInput) -> Result<Reply<Vec<ServiceEntry>>, Problem> {
    let snapshot = call.app.snapshot();
    let is_whole =
        [&input.q, &input.status, &input.source, &input.sort, &input.cursor].into_iter().all(Option::is_none)
            && input.owner.is_empty()
            && input.limit.is_none();
    if is_whole {
        let reply = if call.asked.reads_gzip {
            Reply::compressed(|| snapshot.compressed_list(), &snapshot.list_id, &call.asked)
        } else {
            Reply::with_etag(&snapshot.entries(), &snapshot.list_id, &call.asked).of()
        };
        return Ok(reply
            .header("x-total-count", &snapshot.services.len().to_string())
            .header("x-snapshot", &snapshot.id));
    }
    let limit = input.limit.unwrap_or(MAX_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("query.limit", format!("limit is 1 to {MAX_LIMIT}")));
    }
    let start = match &input.cursor {
        None => 0,
        Some(text) => text.parse::<usize>().map_err(|_| {
            Problem::invalid(
                "query.cursor",
                "this is no cursor; take it from the Link header of the page before",
            )
        })?,
    };
    let mut found = select(&snapshot, &input)?;
    sort(&mut found, input.sort.as_deref())?;
    let total = found.len();
    let rest = found.get(start..).unwrap_or_default();
    let page = rest.get(..limit).unwrap_or(rest);
    let end = start.saturating_add(page.len());
    let key = format!("{input:?}{}", snapshot.list_id);
    let etag = crate::index::prepared::digest(key.as_bytes());
    let mut reply = Reply::with_etag(&page, &etag, &call.asked)
        .of()
        .header("x-total-count", &total.to_string())
        .header("x-snapshot", &snapshot.id);
    if end < total {
        reply = reply.header("link", &format!("<{}>; rel=\"next\"", next_page(&input, limit, end)));
    }
    Ok(reply)
}

fn next_page(input: &ListInput, limit: usize, cursor: usize) -> String {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    let named =
        [("q", &input.q), ("status", &input.status), ("source", &input.source), ("sort", &input.sort)];
    for (name, value) in named {
        if let Some(value) = value {
            pairs.push((name, value.clone()));
        }
    }
    pairs.extend(input.owner.iter().map(|owner| ("owner", owner.clone())));
    pairs.extend([("limit", limit.to_string()), ("cursor", cursor.to_string())]);
    format!("/api/services?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
}

fn listed(text: Option<&str>) -> Vec<&str> {
    text.map(|text| text.split(',').collect()).unwrap_or_default()
}

/// Owners that are asked for. A text is the name of an owner, commas included, where there is one; else a list.
pub fn wanted_owners<'i>(snapshot: &Snapshot, texts: &'i [String]) -> BTreeSet<&'i str> {
    let is_owner = |text: &str| {
        let mut services = snapshot.services.iter();
        services.any(|service| group_key(&service.entry.owner_key) == text)
    };
    let mut wanted = BTreeSet::new();
    for text in texts {
        if !text.contains(',') || is_owner(text) {
            wanted.insert(text.as_str());
        } else {
            wanted.extend(text.split(','));
        }
    }
    wanted
}

fn select<'s>(snapshot: &'s Snapshot, input: &ListInput) -> Result<Vec<&'s ServiceEntry>, Problem> {
    let owners = wanted_owners(snapshot, &input.owner);
    let mut statuses = Vec::new();
    for text in listed(input.status.as_deref()) {
        let status = ContractStatus::ALL.into_iter().find(|status| status.as_str() == text);
        let known = ContractStatus::ALL.map(ContractStatus::as_str).join(", ");
        statuses.push(status.ok_or_else(|| {
            Problem::invalid("query.status", format!("{text:?} is no status; known are {known}"))
        })?);
    }
    let mut kinds = Vec::new();
    for text in listed(input.source.as_deref()) {
        let kind = [SourceKind::K8s, SourceKind::Local, SourceKind::Oci]
            .into_iter()
            .find(|kind| kind.as_str() == text);
        kinds.push(kind.ok_or_else(|| {
            Problem::invalid("query.source", format!("{text:?} is no source; known are k8s, local, oci"))
        })?);
    }
    let wanted = input.q.as_deref().map(str::to_lowercase);
    let fits = |entry: &&ServiceEntry| {
        (owners.is_empty() || owners.contains(group_key(&entry.owner_key)))
            && (statuses.is_empty() || statuses.contains(&entry.contract_status))
            && (kinds.is_empty() || entry.sources.iter().any(|kind| kinds.contains(kind)))
            && wanted.as_deref().is_none_or(|wanted| is_about(entry, wanted))
    };
    Ok(snapshot.entries().into_iter().filter(fits).collect())
}

/// Whether a text, in lower case, is part of what a service is called by.
pub fn is_about(entry: &ServiceEntry, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    has(&entry.name)
        || has(&entry.version)
        || entry.sources.iter().any(|kind| kind.as_str().contains(wanted))
        || match entry.owner.as_deref() {
            Some(Owner::Name(name)) => has(name),
            Some(Owner::Team(team)) => {
                let named = [&team.team, &team.dri].into_iter().flatten().map(String::as_str);
                named.chain(team.contacts.iter().map(|contact| contact.value.as_str())).any(has)
            }
            None => false,
        }
}

fn sort(entries: &mut [&ServiceEntry], by: Option<&str>) -> Result<(), Problem> {
    let Some(by) = by else { return Ok(()) };
    let (by, is_reversed) = by.strip_prefix('-').map_or((by, false), |by| (by, true));
    let compare: fn(&ServiceEntry, &ServiceEntry) -> Ordering = match by {
        "name" => |left, right| left.name.cmp(&right.name),
        "version" => |left, right| newest_first(&right.version, &left.version),
        "status" => |left, right| left.contract_status.cmp(&right.contract_status),
        "owner" => |left, right| left.owner_key.cmp(&right.owner_key),
        "compliance" => |left, right| left.compliance_score.cmp(&right.compliance_score),
        "checks" => |left, right| {
            (left.checks_failed, left.checks_total).cmp(&(right.checks_failed, right.checks_total))
        },
        "blast" => |left, right| left.blast_radius.cmp(&right.blast_radius),
        "dependencies" => |left, right| left.dependency_count.cmp(&right.dependency_count),
        "dependents" => |left, right| left.dependent_count.cmp(&right.dependent_count),
        "change" => |left, right| left.last_change.cmp(&right.last_change),
        "source" => |left, right| left.sources.cmp(&right.sources),
        other => return Err(Problem::invalid("query.sort", format!("{other:?} is nothing to sort by"))),
    };
    entries.sort_by(|left, right| {
        let order = compare(left, right);
        let order = if is_reversed { order.reverse() } else { order };
        order.then_with(|| left.name.cmp(&right.name))
    });
    Ok(())
}

pub async fn get(call: Call, input: NameInput) -> Result<Reply<ServiceDetails>, Problem> {
    let snapshot = call.app.snapshot();
    let _turn = call.app.turn().await?;
    let details = merged(&call.app, &snapshot, &input.name).await?;
    // Its history is fetched before that of others.
    call.app.oci.view(&input.name);
    Ok(Reply::new(&details))
}

pub async fn version(call: Call, input: VersionInput) -> Result<Reply<ServiceDetails>, Problem> {
    let snapshot = call.app.snapshot();
    let _turn = call.app.turn().await?;
    let Some(service) = snapshot.service(&input.name) else {
        return Err(Problem::unknown_service(&input.name));
    };
    if service.entry.version == input.version {
        return Ok(Reply::new(&merged(&call.app, &snapshot, &input.name).await?));
    }
    let (kind, place) = find_version(&call.app, &snapshot, &input.name, &input.version).await?;
    let mut details = of_place(&call.app, &snapshot, kind, &place).await?;
    complete(&call.app, &snapshot, service, &mut details);
    call.app.oci.view(&input.name);
    Ok(Reply::new(&details))
}

/// Where the files of a version are; one of which only the tag is known is fetched.
///
/// # Errors
/// 404 for a version that nobody knows; what the registry says.
pub async fn find_version(
    app: &Dashboard,
    snapshot: &Snapshot,
    name: &str,
    version: &str,
) -> Result<(SourceKind, Place), Problem> {
    let parts = Parts::of(&snapshot.contents, name);
    if let Some((kind, place)) = place_of(parts, version) {
        return Ok((kind, place.clone()));
    }
    let known =
        parts.oci.and_then(|service| service.versions.iter().find(|known| known.version.as_ref() == version));
    let Some(known) = known else {
        return Err(Problem::not_found(format!(
            "version {version:?} of {name:?} is not known to any source"
        )));
    };
    let fetched = app.oci.resolve(&known.reference, None).await?;
    Ok((SourceKind::Oci, fetched.place))
}

/// What the files at a place say.
pub async fn of_place(
    app: &Dashboard,
    snapshot: &Snapshot,
    kind: SourceKind,
    place: &Place,
) -> Result<ServiceDetails, Problem> {
    let opened = app.bundles.open(place).await?;
    let judged = app.finder(snapshot).judge(&opened).await;
    let place = place.clone();
    let described = tokio::task::spawn_blocking(move || of_contract(&opened, &place, kind, &judged)).await;
    described.map_err(|error| Problem::broken(&error))
}

/// A service from all sources.
async fn merged(app: &Dashboard, snapshot: &Snapshot, name: &str) -> Result<ServiceDetails, Problem> {
    let service = snapshot.service(name).ok_or_else(|| Problem::unknown_service(name))?;
    let parts = Parts::of(&snapshot.contents, name);
    let cluster = parts.cluster().map(|cluster| cluster.details_at(jiff::Timestamp::now()));
    let mut details = match parts.contract() {
        Some((kind, record)) => {
            let running = running(parts).and_then(|version| Some(place_of(parts, version)?.1));
            let place = running.unwrap_or(&record.current.place);
            let mut details = of_place(app, snapshot, kind, place).await?;
            if let Some(cluster) = cluster {
                overlay(&mut details, cluster);
            }
            details
        }
        None => cluster.unwrap_or_else(|| empty(SourceKind::K8s)),
    };
    if details.insights.is_empty() {
        let validation = details.validation.clone().unwrap_or_default();
        let first =
            |issues: &[crate::wire::details::Issue]| issues.first().map(|issue| issue.message.clone());
        let (error, warning) = (first(&validation.errors), first(&validation.warnings));
        let errors = (validation.errors.len(), error.as_deref());
        let warnings = (validation.warnings.len(), warning.as_deref());
        details.insights = insights(details.contract_status, errors, warnings, Some(&details));
    }
    complete(app, snapshot, service, &mut details);
    Ok(details)
}

/// Fills in what only the whole fleet knows.
fn complete(app: &Dashboard, snapshot: &Snapshot, service: &Service, details: &mut ServiceDetails) {
    let parts = Parts::of(&snapshot.contents, &service.entry.name);
    details.sources = parts.sources();
    details.source_states = source_states(app, snapshot, parts);
    details.blast_radius = service.entry.blast_radius;
    details.dependent_count = service.entry.dependent_count;
    details.latest_available.clone_from(&service.entry.latest_available);
    details.update_available =
        details.latest_available.as_deref().is_some_and(|latest| is_higher(latest, &details.version));
    let known = history(parts);
    details.last_change = known
        .iter()
        .find(|version| version.version == details.version)
        .and_then(|version| version.classification);
    // How a version is chosen is a matter of the cluster; elsewhere it is always the highest.
    if details.version_policy.is_none() && parts.cluster().is_some() {
        details.version_policy = details.resolved_ref.as_deref().and_then(policy_of);
    }
    for dependency in &mut details.dependencies {
        resolve(app, snapshot, dependency);
    }
}

fn resolve(app: &Dashboard, snapshot: &Snapshot, dependency: &mut Dependency) {
    let target = snapshot
        .names
        .resolve_reference(&dependency.reference, &dependency.name)
        .and_then(|position| snapshot.services.get(position));
    let Some(target) = target else {
        dependency.reason = app.oci.reason(&dependency.reference);
        return;
    };
    dependency.resolved = true;
    dependency.name.clone_from(&target.entry.name);
    dependency.status = target.entry.contract_status.into();
    let constraint = dependency.compatibility.as_deref().unwrap_or_default();
    (dependency.resolved_version, dependency.in_range) = within(snapshot, target, constraint);
}

fn source_states(app: &Dashboard, snapshot: &Snapshot, parts: Parts<'_>) -> Vec<ServiceSourceState> {
    let state = |kind: SourceKind| {
        let status = snapshot.contents.status.get(&kind);
        let record = match kind {
            SourceKind::Local => parts.local,
            SourceKind::Oci => parts.oci,
            SourceKind::K8s => None,
        };
        // A source reads many repositories, and each is as fresh as it is.
        let own = record.and_then(|record| match &record.current.place {
            Place::Repository { repository, .. } if kind == SourceKind::Oci => app.oci.freshness(repository),
            _ => None,
        });
        let of_source = || {
            let status = status?;
            Some((status.state, status.as_of))
        };
        let (state, as_of) = own.or_else(of_source).unwrap_or_default();
        ServiceSourceState {
            kind,
            state,
            as_of: as_of.map(|time| time.to_string()),
            reference: match kind {
                SourceKind::K8s => parts.cluster().and_then(|cluster| cluster.details.namespace.clone()),
                _ => record.and_then(|record| {
                    let version =
                        record.versions.iter().find(|known| *known.version == *record.current.version)?;
                    Some(version.reference.to_string())
                }),
            },
        }
    };
    parts.sources().into_iter().map(state).collect()
}

pub async fn versions(call: Call, input: NameInput) -> Result<Reply<Vec<Version>>, Problem> {
    let snapshot = call.app.snapshot();
    call.app.oci.view(&input.name);
    Ok(Reply::new(&history(Parts::of(&snapshot.contents, &input.name))))
}

pub async fn sources(call: Call, input: NameInput) -> Result<Reply<ServiceSources>, Problem> {
    let (app, snapshot) = (&call.app, call.app.snapshot());
    let _turn = app.turn().await?;
    let merged = merged(app, &snapshot, &input.name).await?;
    let service = snapshot.service(&input.name).ok_or_else(|| Problem::unknown_service(&input.name))?;
    let parts = Parts::of(&snapshot.contents, &input.name);
    let mut found = Vec::new();
    for (kind, record) in [(SourceKind::Local, parts.local), (SourceKind::Oci, parts.oci)] {
        if let Some(record) = record {
            let mut details = of_place(app, &snapshot, kind, &record.current.place).await?;
            complete(app, &snapshot, service, &mut details);
            details.sources = vec![kind];
            found.push(ServiceOfSource { source_type: kind, service: details });
        }
    }
    if let Some(cluster) = parts.cluster() {
        let mut details = cluster.details_at(jiff::Timestamp::now());
        complete(app, &snapshot, service, &mut details);
        details.sources = vec![SourceKind::K8s];
        found.push(ServiceOfSource { source_type: SourceKind::K8s, service: details });
    }
    Ok(Reply::new(&ServiceSources { name: input.name, sources: found, merged }))
}

fn position(snapshot: &Arc<Snapshot>, name: &str) -> Result<ServiceId, Problem> {
    snapshot.position(name).ok_or_else(|| Problem::unknown_service(name))
}

pub async fn dependents(call: Call, input: NameInput) -> Result<Reply<Vec<Dependent>>, Problem> {
    let snapshot = call.app.snapshot();
    Ok(Reply::new(&who_needs(&snapshot, position(&snapshot, &input.name)?)))
}

pub async fn refs(call: Call, input: NameInput) -> Result<Reply<ServiceRefs>, Problem> {
    let snapshot = call.app.snapshot();
    Ok(Reply::new(&references(&snapshot, position(&snapshot, &input.name)?)))
}

pub async fn graph(call: Call, input: NameInput) -> Result<Reply<ServiceTree>, Problem> {
    let (app, snapshot) = (call.app.clone(), call.app.snapshot());
    let root = position(&snapshot, &input.name)?;
    let _turn = call.app.turn().await?;
    // A tree may be as large as the fleet; the threads of the server are for those who wait for less.
    let made = tokio::task::spawn_blocking(move || {
        let reason = |reference: &str| match app.oci.reason(reference) {
            Some(reason) => word(reason).to_owned(),
            None => "not resolved".to_owned(),
        };
        tree(&snapshot, root, &reason).map(|tree| Reply::new(&tree))
    });
    let made = made.await.map_err(|error| Problem::broken(&error))?;
    made.ok_or_else(|| Problem::unknown_service(&input.name))
}

fn word(reason: UnresolvedReason) -> &'static str {
    match reason {
        UnresolvedReason::NonOciRef => "non_oci_ref",
        UnresolvedReason::AuthFailed => "auth_failed",
        UnresolvedReason::NoSemverTags => "no_semver_tags",
        UnresolvedReason::NotFound => "not_found",
        UnresolvedReason::PullFailed => "pull_failed",
        UnresolvedReason::Discovering => "discovering",
    }
}
