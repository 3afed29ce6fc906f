//! Every environment variable that this program reads, in one table.
//!
//! `docs/reference/environment.md` is generated from it.

/// Path of the config file.
pub const CONFIG: &str = "PACTO_CONFIG";
/// Output format.
pub const OUTPUT_FORMAT: &str = "PACTO_OUTPUT_FORMAT";
/// Debug messages.
pub const VERBOSE: &str = "PACTO_VERBOSE";
/// No cache reads.
pub const NO_CACHE: &str = "PACTO_NO_CACHE";
/// Directory of the bundle cache.
pub const CACHE_DIR: &str = "PACTO_CACHE_DIR";
/// Mirrors.
pub const REGISTRY_MIRROR: &str = "PACTO_REGISTRY_MIRROR";
/// Token for registries.
pub const REGISTRY_TOKEN: &str = "PACTO_REGISTRY_TOKEN";
/// User for registries.
pub const REGISTRY_USERNAME: &str = "PACTO_REGISTRY_USERNAME";
/// Password for registries.
pub const REGISTRY_PASSWORD: &str = "PACTO_REGISTRY_PASSWORD";
/// The one host that gets them.
pub const REGISTRY_HOST: &str = "PACTO_REGISTRY_HOST";
/// Hosts without TLS.
pub const INSECURE_REGISTRIES: &str = "PACTO_INSECURE_REGISTRIES";
/// Requests in flight to one registry.
pub const REQUESTS_IN_FLIGHT: &str = "PACTO_REQUESTS_IN_FLIGHT";
/// Address to listen on.
pub const DASHBOARD_HOST: &str = "PACTO_DASHBOARD_HOST";
/// Port to listen on.
pub const DASHBOARD_PORT: &str = "PACTO_DASHBOARD_PORT";
/// Namespace of the cluster.
pub const DASHBOARD_NAMESPACE: &str = "PACTO_DASHBOARD_NAMESPACE";
/// Repositories to begin with.
pub const DASHBOARD_REPO: &str = "PACTO_DASHBOARD_REPO";
/// Diagnostics.
pub const DASHBOARD_DIAGNOSTICS: &str = "PACTO_DASHBOARD_DIAGNOSTICS";
/// Names of the server.
pub const DASHBOARD_ALLOWED_HOSTS: &str = "PACTO_DASHBOARD_ALLOWED_HOSTS";
/// Registries that may be asked.
pub const DASHBOARD_ALLOW_REGISTRY: &str = "PACTO_DASHBOARD_ALLOW_REGISTRY";
/// Origin of a page elsewhere.
pub const DASHBOARD_CORS_ORIGIN: &str = "PACTO_DASHBOARD_CORS_ORIGIN";
/// File with a token.
pub const DASHBOARD_AUTH_TOKEN_FILE: &str = "PACTO_DASHBOARD_AUTH_TOKEN_FILE";
/// Trusted proxies.
pub const DASHBOARD_TRUSTED_PROXIES: &str = "PACTO_DASHBOARD_TRUSTED_PROXIES";
/// Header of a trusted proxy.
pub const DASHBOARD_USER_HEADER: &str = "PACTO_DASHBOARD_USER_HEADER";
/// Access log.
pub const DASHBOARD_ACCESS_LOG: &str = "PACTO_DASHBOARD_ACCESS_LOG";
/// Threads.
pub const JOBS: &str = "PACTO_JOBS";
/// No question for newer releases.
pub const NO_UPDATE_CHECK: &str = "PACTO_NO_UPDATE_CHECK";
/// Where releases are.
pub const RELEASES: &str = "PACTO_RELEASES";
/// Where the newest release is named.
pub const LATEST: &str = "PACTO_LATEST";
/// Set in pipelines.
pub const CI: &str = "CI";

/// Name and meaning of each variable.
pub const TABLE: &[(&str, &str)] = &[
    (CONFIG, "Path of the config file, as `--config`."),
    (OUTPUT_FORMAT, "Output format, as `--output-format`."),
    (VERBOSE, "`1` or `true`: debug messages, as `--verbose`."),
    (NO_CACHE, "`1` or `true`: no reads from the bundle cache, as `--no-cache`."),
    (CACHE_DIR, "Directory of the bundle cache instead of `~/.cache/pacto/oci`."),
    (
        REGISTRY_MIRROR,
        "Where repositories are read from instead: `prefix=location`, several with commas. A location is a folder \
         of bundles, `oci-layout:DIR`, or a path in another registry.",
    ),
    (
        REGISTRY_TOKEN,
        "Token for registries: sent as Bearer, or as a password where a registry asks for a token of its own. It goes \
         to hosts that you name: in a reference, a mirror, or a contract of this machine.",
    ),
    (REGISTRY_USERNAME, "User for registries, with the password below; sent to the same hosts."),
    (REGISTRY_PASSWORD, "Password for registries."),
    (REGISTRY_HOST, "The only host that gets the three above."),
    (INSECURE_REGISTRIES, "Hosts, with port, that may be spoken to without TLS; several with commas."),
    (REQUESTS_IN_FLIGHT, "Requests in flight to one registry; 128 without it."),
    (DASHBOARD_HOST, "`pacto dashboard`: name or address to listen on, as `--host`."),
    (DASHBOARD_PORT, "`pacto dashboard`: port, as `--port`."),
    (DASHBOARD_NAMESPACE, "`pacto dashboard`: namespace of the cluster, as `--namespace`; all without it."),
    (
        DASHBOARD_REPO,
        "`pacto dashboard`: repositories to begin with, several with commas; used where none is given as an argument or `--repo`.",
    ),
    (
        DASHBOARD_DIAGNOSTICS,
        "`pacto dashboard`: `1` or `true`: what helps to find out why a service is not there, as `--diagnostics`.",
    ),
    (
        DASHBOARD_ALLOWED_HOSTS,
        "`pacto dashboard`: names under which the server may be asked, several with commas, as `--allowed-host`.",
    ),
    (
        DASHBOARD_ALLOW_REGISTRY,
        "`pacto dashboard`: registries that may be asked although no contract names them, several with commas, as `--allow-registry`.",
    ),
    (
        DASHBOARD_CORS_ORIGIN,
        "`pacto dashboard`: origin of a page elsewhere that may use the API, as `--cors-origin`.",
    ),
    (
        DASHBOARD_AUTH_TOKEN_FILE,
        "`pacto dashboard`: file with the token that the API wants, as `--auth-token-file`.",
    ),
    (
        DASHBOARD_TRUSTED_PROXIES,
        "`pacto dashboard`: addresses of proxies that say who somebody is, several with commas, as `--trusted-proxy`.",
    ),
    (DASHBOARD_USER_HEADER, "`pacto dashboard`: the header in which they say it, as `--user-header`."),
    (DASHBOARD_ACCESS_LOG, "`pacto dashboard`: `none`, `text` or `json`, as `--access-log`."),
    (
        NO_UPDATE_CHECK,
        "`1` or `true`: nobody is asked for newer releases. It is asked once a day, by releases only, and never where `CI` is set or \
         the output is for machines.",
    ),
    (
        RELEASES,
        "`pacto update` and the installer: where releases are, an `https://` address or a directory; `vVERSION/FILE` is appended.",
    ),
    (
        LATEST,
        "`pacto update` and the installer: where the newest release is named, an `https://` address or a file with `tag_name`.",
    ),
    (CI, "Any value: no question for newer releases."),
    (JOBS, "Threads for work on many contracts, as `--jobs`."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "Proxies for registries; this machine is reached without one."),
    (
        "DOCKER_CONFIG, REGISTRY_AUTH_FILE",
        "Directory and file where Docker and Podman keep their credentials, which are read.",
    ),
    (
        "AWS_*, AZURE_*, GOOGLE_APPLICATION_CREDENTIALS, …",
        "What says to a cloud who we are, for its own registries; the names are those of the clouds.",
    ),
    ("NO_COLOR", "Any value that is not empty: no colours."),
    ("CLICOLOR_FORCE", "Any value but `0`: colours where there is no terminal; `NO_COLOR` wins."),
    ("XDG_CACHE_HOME", "Directory of `pacto/oci` instead of `~/.cache`."),
    ("XDG_CONFIG_HOME", "Directory of `pacto/config.yaml` instead of `~/.config`."),
];

/// The value of a variable that is set and not empty. What is not UTF-8 in it is replaced, and so found wrong.
pub fn value(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

/// Whether a switch is on; the words are those of the original: `1`, `t`, `T`, `true`, `TRUE`, `True`.
pub fn is_on(name: &str) -> bool {
    value(name).is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"))
}
