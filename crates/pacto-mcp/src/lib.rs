//! Pacto for assistants: a server of the Model Context Protocol.
//!
//! | idea | where |
//! |---|---|
//! | what the server can do, and the catalogue of it | [`tools`], [`resources`], [`prompts`] |
//! | the protocol: lists, calls, errors, progress | [`server`] |
//! | how clients reach it | [`stdio`], [`http`] |
//! | configuration of known clients | [`install`] |
//!
//! Both revisions that clients speak, 2025-11-25 and 2026-07-28, are served by the same value on the same stream or
//! address. Only this crate names the library of the protocol.

pub mod http;
pub mod install;
pub mod prompts;
pub mod resources;
pub mod server;
pub mod stdio;
pub mod tools;

pub use server::{Options, Server};

/// A server that could not begin, or that broke.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The other side did not keep to the protocol before it began.
    #[error("the client does not speak the protocol: {0}")]
    Start(String),
    /// The listener or a stream broke.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The task of the server ended by itself.
    #[error("the server broke; its log says more")]
    Broken,
}
