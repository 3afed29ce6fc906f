//! YAML (and so JSON) as a tree that remembers where everything stood.
//!
//! [`load`] reads one document under a [`Budget`], [`load_all`] a stream of them; the tree answers by [`Pointer`], turns into JSON for JSON
//! Schema, and can be written again after overrides ([`emit`]).

mod edit;
mod emit;
mod load;
mod scalar;
mod tree;

pub use edit::{EditError, Editor};
pub use emit::emit;
pub use load::{Budget, LoadError, LoadErrorKind, decode_utf8, load, load_all};
pub use tree::{Entry, Mapping, NoJsonForm, Node, Value};

#[cfg(doc)]
use crate::Pointer;
