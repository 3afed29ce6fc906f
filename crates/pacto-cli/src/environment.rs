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
/// Threads.
pub const JOBS: &str = "PACTO_JOBS";

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
