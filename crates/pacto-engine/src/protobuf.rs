//! Protocol Buffers: files of a bundle, and what they declare together.
//!
//! One file is parsed at a time, by syntax alone ([`read`]); names are resolved afterwards inside the bundle ([`link`]),
//! so that an import which is not in the bundle, such as `google/api/annotations.proto`, stops nothing.

mod edition;
mod link;
mod model;
mod read;

pub(crate) use link::{link, qualified};
pub(crate) use model::{
    Cardinality, Declared, Enum, EnumValue, Extension, Features, Field, FieldKind, File, Message, Method,
    Module, Place, Reserved, Service, scalar,
};
pub(crate) use read::{Imported, Parsed, Unreadable, read, with_imports};
