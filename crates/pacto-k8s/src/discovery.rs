//! In which version a cluster serves our resources.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIGroup, APIResourceList};
use kube::Client;
use kube::core::{ApiResource, GroupVersionKind};

use crate::{GROUP, Problem, ProblemKind, VERSION};

/// Time for the two questions, together.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The resources as a cluster serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// `pacto.trianalab.io/v1alpha1`, say.
    pub api_version: String,
    /// Pactos.
    pub pactos: ApiResource,
    /// Revisions, where they are defined too.
    pub revisions: Option<ApiResource>,
}

/// Asks a cluster for our resources: the version that it prefers, else the first, else [`VERSION`]. `None` when it
/// answers and does not know Pacto.
///
/// # Errors
/// When it does not answer, or with an error.
pub async fn discover(client: &Client) -> Result<Option<Served>, Problem> {
    match tokio::time::timeout(TIMEOUT, ask(client)).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::timed_out("the list of its resources", TIMEOUT)),
    }
}

async fn ask(client: &Client) -> Result<Option<Served>, Problem> {
    let groups = match client.list_api_groups().await.map_err(|error| Problem::from(&error)) {
        Ok(groups) => groups,
        // Who may not ask may still read.
        Err(problem) if problem.kind == ProblemKind::Denied => return Ok(Some(assumed())),
        Err(problem) => return Err(problem),
    };
    let Some(group) = groups.groups.into_iter().find(|group| group.name == GROUP) else { return Ok(None) };
    let version = version(&group);
    let api_version = format!("{GROUP}/{version}");
    let resources = match client.list_api_group_resources(&api_version).await {
        Ok(resources) => resources,
        Err(error) => {
            let problem = Problem::from(&error);
            return if problem.kind == ProblemKind::NotServed { Ok(None) } else { Err(problem) };
        }
    };
    let pactos = resource(&resources, &version, "Pacto", "pactos");
    let revisions = resource(&resources, &version, "PactoRevision", "pactorevisions");
    Ok(pactos.map(|pactos| Served { api_version, pactos, revisions }))
}

/// What we define.
fn assumed() -> Served {
    let resource = |kind, plural| {
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, kind), plural)
    };
    Served {
        api_version: format!("{GROUP}/{VERSION}"),
        pactos: resource("Pacto", "pactos"),
        revisions: Some(resource("PactoRevision", "pactorevisions")),
    }
}

fn version(group: &APIGroup) -> String {
    let preferred = group.preferred_version.as_ref().map(|version| &version.version);
    let first = group.versions.first().map(|version| &version.version);
    preferred.or(first).filter(|version| !version.is_empty()).cloned().unwrap_or_else(|| VERSION.to_owned())
}

/// The resource of this kind, else of this name.
fn resource(list: &APIResourceList, version: &str, kind: &str, plural: &str) -> Option<ApiResource> {
    let main = || list.resources.iter().filter(|resource| !resource.name.contains('/'));
    let found = main()
        .find(|resource| resource.kind == kind)
        .or_else(|| main().find(|resource| resource.name == plural))?;
    let known = GroupVersionKind::gvk(GROUP, version, &found.kind);
    Some(ApiResource::from_gvk_with_plural(&known, &found.name))
}
