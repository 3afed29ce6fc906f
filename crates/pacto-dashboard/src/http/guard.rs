//! Who may ask what: names of hosts, origins, credentials; and the headers that browsers keep to.

use std::net::IpAddr;

pub use axum::http::HeaderName;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::operation::is_change;
use super::problem::Problem;

/// What a page of the dashboard may load and do: its own files, nothing inline, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Paths that probes and scrapers ask for, under any name.
const PROBES: [&str; 3] = ["/health", "/metrics", "/readyz"];

/// Who may use the server.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Whether the server is bound to this machine only.
    pub is_loopback: bool,
    /// Names under which it may be asked, besides those of this machine.
    pub allowed_hosts: Vec<String>,
    /// A page elsewhere that may use the API.
    pub cors_origin: Option<String>,
    /// What `Authorization: Bearer` has to be.
    pub token: Option<Token>,
    /// Proxies that say who somebody is.
    pub trusted_proxies: Vec<IpAddr>,
    /// The header in which they say it.
    pub user_header: Option<HeaderName>,
}

/// A secret that is never shown.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes the text of a file, without the line end.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Whether there is nothing to compare with.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in a time that does not depend on where the first difference is.
    fn is(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        let different = own.iter().zip(other).fold(0_u8, |sum, (own, other)| sum | (own ^ other));
        own.len() == other.len() && different == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(***)")
    }
}

/// The parts of a request that decide.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// Method.
    pub method: &'a Method,
    /// URI.
    pub uri: &'a Uri,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Address of the other end.
    pub peer: IpAddr,
}

impl Visitor<'_> {
    fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Host and port as the client calls the server.
    fn authority(&self) -> Option<&str> {
        self.uri.authority().map(axum::http::uri::Authority::as_str).or_else(|| self.header(header::HOST))
    }
}

impl Guard {
    /// Whether a request may go on; and who asks, where a proxy says so.
    ///
    /// # Errors
    /// The answer: 421 for a foreign name, 403 for a foreign page, 401 without credentials.
    pub fn admit(&self, visitor: Visitor<'_>) -> Result<Option<String>, Problem> {
        let path = visitor.uri.path();
        let is_probe = PROBES.contains(&path);
        self.check_host(visitor, is_probe)?;
        self.check_origin(visitor)?;
        let needs_credentials = path.starts_with("/api/") || matches!(path, "/metrics");
        if needs_credentials && visitor.method != Method::OPTIONS {
            return self.check_credentials(visitor);
        }
        Ok(None)
    }

    fn check_host(&self, visitor: Visitor<'_>, is_probe: bool) -> Result<(), Problem> {
        if !self.is_loopback && (self.allowed_hosts.is_empty() || is_probe) {
            return Ok(());
        }
        // More than one Host is how two servers are made to read one request differently.
        let is_clear = visitor.headers.get_all(header::HOST).iter().count() <= 1;
        let named = visitor.authority().map(host_of).unwrap_or_default();
        let is_own = is_loopback_name(named) && self.is_loopback;
        let is_allowed = self.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(named));
        if is_clear && (is_own || is_allowed) {
            return Ok(());
        }
        let detail =
            "this server does not answer under that Host; start it with --allowed-host to allow more names";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
    }

    fn check_origin(&self, visitor: Visitor<'_>) -> Result<(), Problem> {
        if !is_change(visitor.method) {
            return Ok(());
        }
        let refuse = || {
            let detail = "requests that change something are only taken from the pages of this server";
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        };
        if let Some(origin) = visitor.headers.get(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            let is_own = origin.split_once("://").is_some_and(|(scheme, rest)| {
                matches!(scheme, "http" | "https")
                    && visitor.authority().is_some_and(|own| own.eq_ignore_ascii_case(rest))
            });
            return if is_own || self.is_cors_origin(origin) { Ok(()) } else { refuse() };
        }
        match visitor.header("sec-fetch-site") {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => refuse(),
        }
    }

    fn is_cors_origin(&self, origin: &str) -> bool {
        self.cors_origin.as_deref().is_some_and(|allowed| allowed == "*" || allowed == origin)
    }

    fn check_credentials(&self, visitor: Visitor<'_>) -> Result<Option<String>, Problem> {
        if self.token.is_none() && self.trusted_proxies.is_empty() {
            return Ok(None);
        }
        if let Some(name) = &self.user_header
            && self.trusted_proxies.contains(&visitor.peer.to_canonical())
            && let Some(user) = visitor.header(name).filter(|user| !user.is_empty())
        {
            return Ok(Some(user.to_owned()));
        }
        let given = visitor.header(header::AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        match (&self.token, given) {
            (Some(token), Some(given)) if token.is(given) => Ok(None),
            _ => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "this server wants a token: Authorization: Bearer …",
            )),
        }
    }

    /// Adds what browsers keep to.
    pub fn seal(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        let fixed = |value: &'static str| HeaderValue::from_static(value);
        headers.insert(header::CONTENT_SECURITY_POLICY, fixed(CONTENT_SECURITY_POLICY));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
        headers.insert(header::X_FRAME_OPTIONS, fixed("DENY"));
        headers.insert(header::REFERRER_POLICY, fixed("no-referrer"));
        headers.insert(HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin"));
        let is_allowed =
            origin.and_then(|origin| origin.to_str().ok()).is_some_and(|origin| self.is_cors_origin(origin));
        // Resources of this server are for its own pages, and for those that were named.
        let policy = if is_allowed { "cross-origin" } else { "same-origin" };
        headers.insert(HeaderName::from_static("cross-origin-resource-policy"), fixed(policy));
        if is_allowed && let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, fixed("GET, POST, OPTIONS"));
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                fixed("authorization, content-type, if-none-match"),
            );
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                fixed("etag, link, x-snapshot, x-total-count"),
            );
            headers.append(header::VARY, fixed("origin"));
        }
    }
}

/// The host of `host:port`, without the port.
fn host_of(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}

/// Whether a name can only mean this machine.
fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(guard: &Guard, method: &Method, path: &str, pairs: &[(&str, &str)]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let (uri, peer) = (path.parse().unwrap(), IpAddr::from([127, 0, 0, 1]));
        let visitor = Visitor { method, uri: &uri, headers: &headers, peer };
        guard.admit(visitor).map_or_else(|problem| problem.status, |_| 200)
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_are_served() {
        let guard = Guard { is_loopback: true, ..Guard::default() };
        for host in [
            "localhost:3000",
            "127.0.0.1:3000",
            "127.0.0.1",
            "[::1]:3000",
            "a.localhost",
            "LOCALHOST:1",
            "localhost.",
        ] {
            assert_eq!(admitted(&guard, &Method::GET, "/api/services", &[("host", host)]), 200, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:3000",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
            "169.254.169.254",
            "0.0.0.0",
        ] {
            for path in ["/api/services", "/", "/health", "/api/refresh"] {
                assert_eq!(admitted(&guard, &Method::GET, path, &[("host", host)]), 421, "{host} {path}");
            }
        }
        assert_eq!(admitted(&guard, &Method::GET, "/", &[]), 421);
        assert_eq!(
            admitted(&guard, &Method::GET, "/", &[("host", "localhost"), ("host", "evil.example")]),
            421
        );
    }

    #[test]
    fn elsewhere_names_count_only_where_they_were_given() {
        let open = Guard::default();
        assert_eq!(admitted(&open, &Method::GET, "/api/services", &[("host", "10.1.2.3:3000")]), 200);
        let named = Guard { allowed_hosts: vec!["pacto.example".to_owned()], ..Guard::default() };
        assert_eq!(admitted(&named, &Method::GET, "/", &[("host", "pacto.example")]), 200);
        assert_eq!(admitted(&named, &Method::GET, "/", &[("host", "evil.example")]), 421);
        assert_eq!(admitted(&named, &Method::GET, "/health", &[("host", "10.1.2.3:3000")]), 200);
    }

    #[test]
    fn only_own_pages_change_something() {
        let guard = Guard { is_loopback: true, ..Guard::default() };
        let post = |pairs: &[(&str, &str)]| {
            let mut all = vec![("host", "localhost:3000")];
            all.extend_from_slice(pairs);
            admitted(&guard, &Method::POST, "/api/refresh", &all)
        };
        assert_eq!(post(&[]), 200);
        assert_eq!(post(&[("origin", "http://localhost:3000")]), 200);
        assert_eq!(post(&[("sec-fetch-site", "same-origin")]), 200);
        for origin in [
            "http://evil.example",
            "null",
            "http://localhost:3001",
            "https://localhost",
            "file://localhost:3000",
        ] {
            assert_eq!(post(&[("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(post(&[("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(post(&[("sec-fetch-site", "same-site")]), 403);
    }

    #[test]
    fn a_token_is_wanted_where_there_is_one() {
        let guard = Guard { token: Some(Token::new("s3cret\n")), ..Guard::default() };
        let get = |path: &str, value: &str| admitted(&guard, &Method::GET, path, &[("authorization", value)]);
        assert_eq!(get("/api/services", "Bearer s3cret"), 200);
        for wrong in ["", "Bearer s3cre", "Bearer s3cretx", "Basic s3cret", "s3cret"] {
            assert_eq!(get("/api/services", wrong), 401, "{wrong}");
        }
        assert_eq!((get("/health", ""), get("/", "")), (200, 200));
        assert_eq!(format!("{guard:?}").find("s3cret"), None);
    }

    #[test]
    fn a_proxy_says_who_somebody_is_only_where_it_is_trusted() {
        let name = HeaderName::from_static("x-forwarded-user");
        let mut guard = Guard {
            trusted_proxies: vec![IpAddr::from([127, 0, 0, 1])],
            user_header: Some(name),
            ..Guard::default()
        };
        let get =
            |guard: &Guard| admitted(guard, &Method::GET, "/api/services", &[("x-forwarded-user", "ada")]);
        assert_eq!(get(&guard), 200);
        guard.trusted_proxies = vec![IpAddr::from([10, 0, 0, 1])];
        assert_eq!(get(&guard), 401);
    }
}
