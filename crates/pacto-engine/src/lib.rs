//! Pure analysis of contracts: same input, same answer, no I/O, no async, no clock.
//!
//! | idea | where |
//! |---|---|
//! | the four validation layers | [`validate`] |
//! | contract against observed reality | [`runtime`] |
//! | dependency graph: resolver, cycles, conflicts, rendering, differences | [`graph`] |
//! | facts, rules, classification of changes | [`diff`] |
//! | `.proto` files: parsing, names, features | `protobuf` |
//! | SPDX and `CycloneDX` | [`sbom`] |
//! | Markdown documentation | [`doc`] |
//! | JSON Schema evaluation | [`schema`] |
//! | what other contracts are needed, and what came back | [`library`] |

pub mod diff;
pub mod doc;
pub mod graph;
pub mod library;
pub mod lock;
mod protobuf;
pub mod runtime;
pub mod sbom;
pub mod schema;
pub mod validate;
