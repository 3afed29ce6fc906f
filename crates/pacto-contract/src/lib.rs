//! The Pacto contract as a value.
//!
//! This crate turns bytes into a [`Contract`] and keeps the place of everything it read, so that every later
//! finding can name file, line and column. It performs no I/O and knows no clock: files come in as a
//! [`Bundle`], answers go out as values.
//!
//! | idea | where |
//! |---|---|
//! | the typed contract | [`model`] |
//! | what a contract may look like, as data | [`shape`] |
//! | YAML with spans and limits | [`yaml`] |
//! | versions and constraints | [`version`], [`range`] |
//! | `oci://`, `file://`, `oci-layout://`, paths | [`reference`] |
//! | files of a bundle | [`bundle`] |
//! | `--values` and `--set` | [`overrides`] |
//! | findings and their codes | [`diagnostic`], [`code`] |
//! | budgets | [`limits`] |

pub mod bundle;
pub mod code;
mod decode;
pub mod diagnostic;
pub mod document;
pub mod limits;
pub mod model;
pub mod overrides;
pub mod pointer;
pub mod range;
pub mod reference;
pub mod shape;
pub mod source;
pub mod version;
pub mod yaml;

pub use bundle::{Bundle, BundleError};
pub use code::Code;
pub use diagnostic::{Diagnostic, Severity};
pub use document::{ContractDocument, ParseFailure};
pub use model::Contract;
pub use pointer::{Pointer, Segment};
pub use range::{RangeError, VersionRange};
pub use reference::{Reference, ReferenceError};
pub use source::{Location, Source, Span};
pub use version::{LenientVersion, VersionError};
