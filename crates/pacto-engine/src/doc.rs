//! Markdown documentation.
use pacto_contract::{Bundle, ContractDocument};
use crate::graph::Graph;
/// stub
pub struct DocSubject<'a> { #[allow(missing_docs)] pub document: &'a ContractDocument, #[allow(missing_docs)] pub bundle: &'a Bundle, #[allow(missing_docs)] pub graph: Option<&'a Graph> }
/// stub
pub fn markdown(_: DocSubject<'_>) -> String { String::new() }
