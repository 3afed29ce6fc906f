//! The use cases of Pacto: options in, outcome out.
//!
//! Each command is one module with its options and its outcome. An outcome is one value with a JSON Schema;
//! every output format is a rendering of it. Nothing here prints or reads the environment.

pub mod author;
pub mod cache;
pub mod context;
pub mod diff;
pub mod doc;
pub mod error;
pub mod explain;
pub mod generate;
pub mod graph;
pub mod impact;
pub mod init;
pub mod load;
pub mod lock;
pub mod login;
pub mod mirror;
pub mod notices;
pub mod pack;
pub mod plugin;
pub mod pull;
pub mod push;
pub mod registries;
pub mod search;
pub mod sources;
pub mod update;
pub mod validate;
pub mod verify;
pub mod versions;
pub mod write;

pub use context::Context;
pub use error::{AppError, ErrorKind};
