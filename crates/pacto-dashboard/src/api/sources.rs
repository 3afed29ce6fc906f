//! Sources, refresh, resolve, remote versions.

use super::operation;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::health::Nothing;
use crate::app::{Dashboard, sources};
use crate::details::of_contract;
use crate::http::operation::{Api, Call};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::source::repository::Repository;
use crate::wire::details::ServiceDetails;
use crate::wire::report::{Refreshed, RemoteVersions, SourcesReport};
use crate::wire::service::SourceKind;

/// Adds the operations of this module.
pub fn add(api: Api) -> Api {
    let failures = &[400, 403, 404, 413, 415, 422, 502];
    let fetch = "Fetches a contract by its reference";
    let remote = "Versions of a repository; fetches them where asked to";
    api.get(operation("get-sources", "/api/sources", "Sources", "How the sources are", &[]), list)
        .trigger(operation("refresh", "/api/refresh", "Sources", "Looks at all sources now", &[]), refresh)
        .post(operation("resolve-ref", "/api/resolve", "Services", fetch, failures), resolve)
        .post(operation("list-remote-versions", "/api/versions", "Services", remote, failures), versions)
}

pub async fn list(call: Call, _: Nothing) -> Result<Reply<SourcesReport>, Problem> {
    Ok(Reply::new(&sources(&call.app.snapshot().contents)))
}

pub async fn refresh(call: Call) -> Result<Reply<Refreshed>, Problem> {
    if let Some(local) = &call.app.local {
        local.now();
    }
    call.app.oci.refresh();
    call.app.cluster.refresh();
    Ok(Reply::new(&Refreshed { status: "ok".to_owned() }))
}

/// A contract to fetch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveInput {
    /// Reference, with or without `oci://`.
    #[serde(rename = "ref")]
    #[schemars(length(min = 1))]
    reference: String,
    /// Version constraint, for a reference without tag and digest.
    compatibility: Option<String>,
}

/// A repository to list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionsInput {
    /// Reference, with or without `oci://`.
    #[serde(rename = "ref")]
    #[schemars(length(min = 1))]
    reference: String,
    /// Whether all versions are to be fetched.
    fetch: Option<bool>,
}

/// Only repositories that somebody who may use this server has named are asked: otherwise any page could make it knock at
/// any door.
fn allowed(app: &Dashboard, reference: &str) -> Result<Repository, Problem> {
    let repository =
        Repository::of(reference).map_err(|error| Problem::invalid("body.ref", error.to_string()))?;
    let snapshot = app.snapshot();
    let is_named = || {
        snapshot.services.iter().any(|service| {
            let needs = service.needs.iter().map(|need| &need.need.reference);
            let references = service.references.iter().map(|reference| &reference.reference.reference);
            needs.chain(references).any(|named| Repository::of(named).is_ok_and(|named| named == repository))
        })
    };
    // Followed only where users named no repository themselves, and asked for where they did.
    let is_run = || {
        let running = snapshot.contents.k8s.values().flatten();
        running
            .filter_map(|service| service.details.resolved_ref.as_deref())
            .any(|named| Repository::of(named).is_ok_and(|named| named == repository))
    };
    let is_host_allowed = repository
        .registry()
        .is_some_and(|host| app.allowed_registries.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)));
    if is_host_allowed || app.oci.names(&repository) || is_named() || is_run() {
        return Ok(repository);
    }
    let host = repository.registry().unwrap_or(repository.shown());
    let detail = format!(
        "no loaded contract names {}, and its registry is not allowed; start the dashboard with --allow-registry {host}",
        repository.shown()
    );
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

pub async fn resolve(call: Call, input: ResolveInput) -> Result<Reply<ServiceDetails>, Problem> {
    let app = &call.app;
    allowed(app, &input.reference)?;
    let _turn = app.remote_turn().await?;
    let fetched = app.oci.resolve(&input.reference, input.compatibility.as_deref()).await?;
    let judged = app.finder(&app.snapshot()).judge(&fetched.resolved).await;
    Ok(Reply::new(&of_contract(&fetched.resolved, &fetched.place, SourceKind::Oci, &judged)))
}

pub async fn versions(call: Call, input: VersionsInput) -> Result<Reply<RemoteVersions>, Problem> {
    allowed(&call.app, &input.reference)?;
    let _turn = call.app.remote_turn().await?;
    let versions = call.app.oci.list_versions(&input.reference, input.fetch.unwrap_or_default()).await?;
    Ok(Reply::new(&RemoteVersions { versions }))
}
