//! What of Ingresses and `HTTPRoutes` is read: which Services they route to.

use pacto_engine::runtime::ObservedKind;
use pacto_engine::runtime::observation::ExposureKind;
use serde::{Deserialize, Deserializer};

/// Where an Ingress or `HTTPRoute` routes requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// Which of the two it is.
    pub kind: ExposureKind,
    /// The Services, one entry a host and port.
    pub backends: Box<[Backend]>,
}

/// A Service that gets requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Its namespace; absent means that of the route.
    pub namespace: Option<Box<str>>,
    /// Its name.
    pub service: Box<str>,
    /// Its port, by number or name.
    pub port: Option<Box<str>>,
    /// The host under which requests come; absent means any.
    pub host: Option<Box<str>>,
}

/// `null` is the same as nothing at all.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    default_backend: Option<IngressBackend>,
    #[serde(deserialize_with = "nullable")]
    rules: Vec<IngressRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressRule {
    host: Option<Box<str>>,
    #[serde(deserialize_with = "nullable")]
    http: IngressPaths,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressPaths {
    #[serde(deserialize_with = "nullable")]
    paths: Vec<IngressPath>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressPath {
    backend: IngressBackend,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressBackend {
    service: Option<IngressService>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressService {
    name: Box<str>,
    #[serde(deserialize_with = "nullable")]
    port: IngressPort,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressPort {
    name: Option<Box<str>>,
    number: Option<u16>,
}

impl IngressService {
    fn backend(self, host: Option<Box<str>>) -> Backend {
        let port = self.port.name.or_else(|| self.port.number.map(|number| number.to_string().into()));
        Backend { namespace: None, service: self.name, port, host }
    }
}

impl From<IngressSpec> for Routes {
    fn from(spec: IngressSpec) -> Self {
        let default = spec.default_backend.and_then(|backend| backend.service);
        let mut backends: Vec<Backend> = default.map(|service| service.backend(None)).into_iter().collect();
        for rule in spec.rules {
            let services = rule.http.paths.into_iter().filter_map(|path| path.backend.service);
            backends.extend(services.map(|service| service.backend(rule.host.clone())));
        }
        Self { kind: ExposureKind::Ingress, backends: backends.into() }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteSpec {
    #[serde(deserialize_with = "nullable")]
    parent_refs: Vec<ParentRef>,
    #[serde(deserialize_with = "nullable")]
    hostnames: Vec<Box<str>>,
    #[serde(deserialize_with = "nullable")]
    rules: Vec<HttpRouteRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ParentRef {
    kind: Option<Box<str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HttpRouteRule {
    #[serde(deserialize_with = "nullable")]
    backend_refs: Vec<BackendRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BackendRef {
    kind: Option<Box<str>>,
    name: Box<str>,
    namespace: Option<Box<str>>,
    port: Option<u16>,
}

impl From<HttpRouteSpec> for Routes {
    fn from(spec: HttpRouteSpec) -> Self {
        // A route whose parents are Services is one of a mesh, inside of the cluster.
        let is_mesh = !spec.parent_refs.is_empty()
            && spec.parent_refs.iter().all(|parent| parent.kind.as_deref() == Some("Service"));
        let mut backends = Vec::new();
        let references = spec.rules.into_iter().flat_map(|rule| rule.backend_refs);
        for reference in references.filter(|_| !is_mesh) {
            if reference.kind.as_deref().is_some_and(|kind| kind != "Service") {
                continue;
            }
            let hosts = spec.hostnames.iter().cloned().map(Some);
            let none = spec.hostnames.is_empty().then_some(None);
            backends.extend(hosts.chain(none).map(|host| Backend {
                namespace: reference.namespace.clone(),
                service: reference.name.clone(),
                port: reference.port.map(|port| port.to_string().into()),
                host,
            }));
        }
        Self { kind: ExposureKind::HttpRoute, backends: backends.into() }
    }
}

impl Routes {
    /// The kind of the object.
    pub fn observed_kind(&self) -> ObservedKind {
        match self.kind {
            ExposureKind::Ingress => ObservedKind::Ingress,
            ExposureKind::HttpRoute => ObservedKind::HttpRoute,
        }
    }
}
