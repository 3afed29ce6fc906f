//! From a name to addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::Failure;

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;

/// Where addresses of services come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolver {
    /// The name server of the system. Addresses that are not those of services are refused.
    System,
    /// A table, and nothing else: `name` or `name:port` to an address.
    Table(BTreeMap<String, SocketAddr>),
}

impl Resolver {
    /// The system where there are no entries, else a table of them.
    pub fn of(entries: &[Override]) -> Self {
        if entries.is_empty() {
            return Self::System;
        }
        Self::Table(entries.iter().map(|entry| (entry.host.clone(), entry.address)).collect())
    }

    pub(super) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        match self {
            Self::System => {
                let found = tokio::net::lookup_host((host, port)).await.map_err(|error| {
                    // The system tells the two apart only in words.
                    let is_temporary = error.to_string().contains("emporary");
                    if is_temporary { "name server does not answer" } else { "no such host" }.to_owned()
                })?;
                let allowed: Vec<SocketAddr> =
                    found.filter(|address| may_be_service(address.ip())).take(MAX_ADDRESSES).collect();
                if allowed.is_empty() {
                    return Err("its address is not that of a service".to_owned());
                }
                Ok(allowed)
            }
            Self::Table(table) => {
                let entry = table.get(&format!("{host}:{port}")).or_else(|| table.get(host));
                entry.map(|address| vec![*address]).ok_or_else(|| "no such host".to_owned())
            }
        }
    }
}

/// Not this pod itself, and not what only a node may talk to (`169.254.169.254` hands out credentials). A Service of the type
/// `ExternalName` can point to both.
fn may_be_service(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => {
            // Credentials of nodes on AWS have this address of the private range.
            address.is_unicast_link_local() || address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    };
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || is_link_local)
}

/// `HOST=ADDRESS` of `--probe-resolve`; the host may have a port, the address must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    host: String,
    address: SocketAddr,
}

/// Not `HOST=ADDRESS`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not HOST=ADDRESS; write web.shop.svc=127.0.0.1:8080, or web.shop.svc:80=127.0.0.1:8080")]
pub struct OverrideError(String);

impl FromStr for Override {
    type Err = OverrideError;

    fn from_str(text: &str) -> Result<Self, OverrideError> {
        let parsed = text.split_once('=').and_then(|(host, address)| {
            let address = address.parse().ok()?;
            (!host.is_empty()).then(|| Self { host: host.to_owned(), address })
        });
        parsed.ok_or_else(|| OverrideError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_no_service_has_are_refused() {
        for address in
            ["10.96.0.1", "192.168.1.1", "172.16.0.9", "100.64.0.1", "203.0.113.7", "fd12::1", "2001:db8::1"]
        {
            assert!(may_be_service(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "::1",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "::",
            "fe80::1",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "fd00:ec2::254",
        ] {
            assert!(!may_be_service(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn the_system_does_not_lead_to_this_machine() {
        let refused = Resolver::System.addresses("localhost", 80).await;
        assert_eq!(refused, Err("its address is not that of a service".to_owned()));
    }

    #[test]
    fn overrides_are_hosts_and_addresses() {
        let parsed: Override = "web.shop.svc:80=127.0.0.1:8080".parse().unwrap();
        assert_eq!((&*parsed.host, parsed.address.port()), ("web.shop.svc:80", 8080));
        for wrong in
            ["web.shop.svc", "=127.0.0.1:80", "web.shop.svc=127.0.0.1", "web.shop.svc=localhost:80", ""]
        {
            assert!(wrong.parse::<Override>().is_err(), "{wrong}");
        }
        assert_eq!(Resolver::of(&[]), Resolver::System);
    }
}
