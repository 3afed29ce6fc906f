//! One contract as pages that change with its files, and its HTTP interfaces to try.
//!
//! | idea | where |
//! |---|---|
//! | what is shown now, and how it is made anew when files change | [`live`] |
//! | paths and what is behind them | [`site`] |
//! | requests of the explorer, passed on to the servers that the user named | [`proxy`] |

pub mod live;
pub mod proxy;
pub mod site;

use std::net::SocketAddr;
use std::sync::Arc;

use pacto_app::{AppError, Context};
use pacto_contract::overrides::Overrides;
use pacto_oci::registry::forward::{ForwardError, Forwarder, Target};
use thiserror::Error;
use tokio::net::TcpListener;

use crate::http::connections;
use live::Live;
use site::Site;

/// Makes a fresh view of directories and registries, in which nothing is remembered.
pub type MakeContext = Arc<dyn Fn() -> Result<Context, String> + Send + Sync>;

/// What is served.
pub struct Options {
    /// How contracts are reached.
    pub make_context: MakeContext,
    /// Directory or reference.
    pub contract: String,
    /// Changes to apply first.
    pub overrides: Overrides,
    /// Port on this machine; 0 for any that is free.
    pub port: u16,
    /// Whether the interfaces are served instead of the document.
    pub explorer: Option<Explorer>,
}

/// Which interfaces can be tried, and where.
#[derive(Debug, Clone, Default)]
pub struct Explorer {
    /// The only interface, or all.
    pub interface: Option<String>,
    /// Servers, each for one interface or for all that have none of their own.
    pub targets: Vec<(Option<String>, Target)>,
}

impl Explorer {
    /// Reads `URL` or `INTERFACE=URL`.
    ///
    /// # Errors
    /// [`ForwardError::Address`].
    pub fn target(text: &str) -> Result<(Option<String>, Target), ForwardError> {
        // An `=` behind `://` belongs to the address.
        let named = text.split_once('=').filter(|(name, _)| !name.contains("://"));
        match named {
            Some((name, url)) => Ok((Some(name.to_owned()), Target::parse(url)?)),
            None => Ok((None, Target::parse(text)?)),
        }
    }

    /// The server of an interface.
    pub fn target_of(&self, interface: &str) -> Option<&Target> {
        let own = self.targets.iter().find(|(name, _)| name.as_deref() == Some(interface));
        own.or_else(|| self.targets.iter().find(|(name, _)| name.is_none())).map(|(_, target)| target)
    }
}

/// Why nothing is served.
#[derive(Debug, Error)]
pub enum DocsError {
    /// The contract.
    #[error(transparent)]
    Contract(#[from] AppError),
    /// There is nothing to explore.
    #[error("{0}")]
    Interface(String),
    /// The port cannot be used.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Bind {
        /// The port.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// Context, threads, HTTP.
    #[error("{0}")]
    System(String),
}

/// A server that listens.
pub struct Started {
    /// Where.
    pub address: SocketAddr,
    /// Why changes of files are not seen, where they are not.
    pub trouble: Option<String>,
    listener: TcpListener,
    site: Arc<Site>,
}

/// Reads the contract and listens, on this machine only. Has to be called on a runtime.
///
/// # Errors
/// [`DocsError`].
pub async fn start(options: Options) -> Result<Started, DocsError> {
    let Options { make_context, contract, overrides, port, explorer } = options;
    let live = Live::start(make_context, contract, overrides).await?;
    if let Some(explorer) = &explorer {
        explorable(explorer, &live)?;
    }
    let forwarder = Forwarder::new().map_err(DocsError::System)?;
    let failed = |source| DocsError::Bind { port, source };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let trouble = live.trouble();
    let site = Arc::new(Site::new(live, explorer, forwarder));
    Ok(Started { address, trouble, listener, site })
}

/// Whether there is something to explore, and every name is one of an interface.
fn explorable(explorer: &Explorer, live: &Live) -> Result<(), DocsError> {
    let shown = live.now();
    let names: Vec<&str> = shown.documentation.apis.iter().map(|api| api.name.as_str()).collect();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let asked =
        explorer.interface.iter().chain(explorer.targets.iter().filter_map(|(name, _)| name.as_ref()));
    for name in asked {
        if let Some((_, why)) =
            shown.documentation.unreadable.iter().find(|(unreadable, _)| unreadable == name)
        {
            return Err(DocsError::Interface(format!("interface {name:?}: {why}")));
        }
        if !names.contains(&name.as_str()) {
            return Err(DocsError::Interface(format!(
                "there is no http interface {name:?} with a contract; there is: {there}"
            )));
        }
    }
    match shown.documentation.unreadable.first() {
        Some((name, why)) if names.is_empty() => {
            Err(DocsError::Interface(format!("interface {name:?}: {why}")))
        }
        None if names.is_empty() => Err(DocsError::Interface(
            "no http interface has a contract file; the explorer needs interfaces[].contract".to_owned(),
        )),
        _ => Ok(()),
    }
}

impl Started {
    /// Serves until `stop` ends.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) {
        let router = site::router(&self.site);
        let site = self.site;
        connections::accept(self.listener, &router, stop, || site.live.stop()).await;
    }
}
