//! Addresses to listen on, as flags name them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindAddress {
    /// `0`: nowhere.
    Off,
    /// `:8080`: every interface.
    Everywhere(u16),
    /// `127.0.0.1:8080`: this one.
    At(SocketAddr),
}

/// Not an address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address to listen on; write :8080, 127.0.0.1:8080, [::1]:8080, or 0 for none")]
pub struct BindAddressError(String);

impl FromStr for BindAddress {
    type Err = BindAddressError;

    fn from_str(text: &str) -> Result<Self, BindAddressError> {
        let wrong = || BindAddressError(text.to_owned());
        if text == "0" {
            return Ok(Self::Off);
        }
        if let Some(port) = text.strip_prefix(':') {
            return port.parse().map(Self::Everywhere).map_err(|_| wrong());
        }
        let text = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        text.parse().map(Self::At).map_err(|_| wrong())
    }
}

impl BindAddress {
    /// Listens; `None` where that is off.
    ///
    /// # Errors
    /// When the port is taken or not allowed.
    pub async fn listen(&self) -> std::io::Result<Option<TcpListener>> {
        match self {
            Self::Off => Ok(None),
            Self::At(address) => TcpListener::bind(address).await.map(Some),
            Self::Everywhere(port) => {
                // Where there is IPv6 this socket takes IPv4, too.
                let both = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), *port);
                match TcpListener::bind(both).await {
                    Ok(listener) => Ok(Some(listener)),
                    Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(error),
                    Err(_) => {
                        let old = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), *port);
                        TcpListener::bind(old).await.map(Some)
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_flags() {
        let parse = |text: &str| text.parse::<BindAddress>().unwrap();
        assert_eq!(parse("0"), BindAddress::Off);
        assert_eq!(parse(":8443"), BindAddress::Everywhere(8443));
        assert_eq!(parse("127.0.0.1:1"), BindAddress::At("127.0.0.1:1".parse().unwrap()));
        assert_eq!(parse("[::1]:1"), BindAddress::At("[::1]:1".parse().unwrap()));
        assert_eq!(parse("localhost:1"), BindAddress::At("127.0.0.1:1".parse().unwrap()));
        for wrong in ["", ":", "8080", ":70000", "example.com:80", "-1", "::1:80:"] {
            assert!(wrong.parse::<BindAddress>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn every_interface_is_also_loopback() {
        assert!(BindAddress::Off.listen().await.unwrap().is_none());
        let listener = BindAddress::Everywhere(0).listen().await.unwrap().unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    }
}
