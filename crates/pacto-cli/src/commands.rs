//! One file a command: its arguments, its run, its text.

pub mod cache;
pub mod completion;
pub mod dashboard;
pub mod diff;
pub mod doc;
pub mod explain;
pub mod generate;
pub mod graph;
pub mod init;
pub mod lock;
pub mod login;
pub mod mcp;
pub mod mirror;
pub mod pack;
pub mod plugin;
pub mod pull;
pub mod push;
pub mod update;
pub mod validate;
pub mod verify;
pub mod version;
pub mod versions;

use clap::Subcommand;

use crate::exit::CommandError;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a contract to start from
    Init(init::Arguments),
    /// Judge contracts in four layers: structure, cross-field, semantics, policies
    Validate(validate::Arguments),
    /// Hold rendered Kubernetes manifests to a contract, without a cluster
    Verify(verify::Arguments),
    /// Say what a contract says, for people
    Explain(explain::Arguments),
    /// Compare two versions of a contract and classify every change
    Diff(diff::Arguments),
    /// Resolve the dependency graph of a contract
    Graph(graph::Arguments),
    /// Write a validated bundle as one file, the same bytes everywhere
    Pack(pack::Arguments),
    /// Validate a bundle and push it to a registry or an image layout
    Push(push::Arguments),
    /// Fetch a contract from a registry or an image layout into a directory
    Pull(pull::Arguments),
    /// Copy a contract with everything it leads to into another registry or directory
    Mirror(mirror::Arguments),
    /// List the versions in a repository, and how each changes the one before
    Versions(versions::Arguments),
    /// Write down by digest what a contract is resolved to
    Lock(lock::Arguments),
    /// Store the password of a registry, once the registry accepted it
    Login(login::Login),
    /// Forget the password of a registry
    Logout(login::Logout),
    /// List or remove what was fetched before
    Cache(cache::Arguments),
    /// Document a contract: Markdown, a page, or a server that follows its files
    Doc(doc::Arguments),
    /// Make files from a contract with a plugin, such as a chart or a schema
    Generate(generate::Arguments),
    /// List the plugins that there are
    Plugin(plugin::Arguments),
    /// Explore every contract in the browser: directories, registries and clusters in one place, live
    Dashboard(dashboard::Arguments),
    /// Serve assistants: read, compare and write contracts over the Model Context Protocol
    Mcp(mcp::Arguments),
    /// Replace this program by another release, once its checksum is right
    Update(update::Arguments),
    /// Print the version
    Version(version::Arguments),
    /// Print a completion script for a shell
    Completion(completion::Arguments),
}

/// Ends when the user, or the system, wants the program to end.
fn stopped() -> Result<impl Future<Output = ()>, CommandError> {
    let failed =
        |error: std::io::Error| CommandError::Environment(format!("signals cannot be heard: {error}"));
    #[cfg(unix)]
    let mut terminated =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
