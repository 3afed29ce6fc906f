//! Hosts: their names, and when plain HTTP is spoken with them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The host that answers for a registry. Docker Hub's API has another name than its references.
pub(crate) fn api_host(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" | "registry.hub.docker.com" => "registry-1.docker.io",
        other => other,
    }
}

/// The repository as the registry knows it: official images of Docker Hub are below `library`.
pub(super) fn api_repository(registry: &str, repository: &str) -> String {
    if api_host(registry) == "registry-1.docker.io" && !repository.contains('/') {
        format!("library/{repository}")
    } else {
        repository.to_owned()
    }
}

/// Host without port.
fn name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') => name,
        _ => host,
    }
}

/// Whether a host, with or without port, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = name(host);
    match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => {
            let name = name.to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

fn is_private(host: &str) -> bool {
    let name = name(host);
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Ipv4Addr::is_private(&address),
        Ok(IpAddr::V6(address)) => Ipv6Addr::is_unique_local(&address),
        Err(_) => name.to_ascii_lowercase().ends_with(".local"),
    }
}

/// Which hosts may be spoken to without TLS.
#[derive(Debug, Clone, Default)]
pub(super) struct PlainHttp {
    /// Hosts that the user listed.
    pub listed: BTreeSet<String>,
}

impl PlainHttp {
    /// Whether HTTP is tried where HTTPS has no answer.
    pub fn is_allowed(&self, host: &str) -> bool {
        self.may_carry_credentials(host) || is_private(host)
    }

    /// Whether credentials may be sent over it.
    pub fn may_carry_credentials(&self, host: &str) -> bool {
        is_loopback(host) || self.listed.contains(host) || self.listed.contains(name(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_private_places() {
        let plain = PlainHttp { listed: ["registry.corp:8080".to_owned()].into() };
        for host in
            ["localhost:5000", "localhost", "a.localhost", "127.0.0.1:1", "[::1]:5000", "LOCALHOST:5000"]
        {
            assert!(plain.is_allowed(host) && plain.may_carry_credentials(host), "{host}");
        }
        for host in ["10.1.2.3:5000", "192.168.0.1", "172.16.9.9", "nas.local:5000"] {
            assert!(plain.is_allowed(host) && !plain.may_carry_credentials(host), "{host}");
        }
        assert!(plain.may_carry_credentials("registry.corp:8080"));
        for host in ["registry.corp", "ghcr.io", "172.32.0.1", "localhost.evil.com", "127.0.0.1.nip.io"] {
            assert!(!plain.is_allowed(host), "{host}");
        }
    }

    #[test]
    fn docker_hub_has_another_name() {
        assert_eq!(api_host("docker.io"), "registry-1.docker.io");
        assert_eq!(api_repository("docker.io", "nginx"), "library/nginx");
        assert_eq!(api_repository("ghcr.io", "nginx"), "nginx");
    }
}
