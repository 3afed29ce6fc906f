//! Registries over the network: the endpoints of the OCI distribution specification that Pacto needs.
//!
//! | idea | where |
//! |---|---|
//! | endpoints | [`client`] |
//! | one exchange: scheme, credentials, redirects, retries | `transport` |
//! | the HTTP clients | `http` |
//! | releases of this program; requests to a server that the user named | [`download`], [`forward`] |
//! | when plain HTTP is spoken, and to whom | `host` |
//! | `WWW-Authenticate` | `challenge` |
//! | tokens of a realm | `token` |
//! | what goes wrong | [`error`] |

mod challenge;
pub mod client;
pub mod download;
pub mod error;
pub mod forward;
mod host;
mod http;
mod token;
mod transport;

pub(crate) use client::with_version;
pub use client::{Client, Manifest, Repository};
pub use error::RegistryError;
pub(crate) use host::api_host;
pub(crate) use transport::cause;
pub use transport::{Retry, Settings};
