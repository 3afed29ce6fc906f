//! What can be read without a call: the schema, the fleet, contracts and their documents.

use std::collections::BTreeMap;

use pacto_app::load::{Scope, load};
use pacto_app::search::select;
use pacto_app::{doc, explain};
use pacto_contract::overrides::Overrides;
use pacto_oci::parallel;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde::Serialize;

use crate::tools::{Call, Failure};

/// The contracts of the fleet.
const CATALOG: &str = "pacto://catalog";
/// The schema of contracts.
const SCHEMA: &str = "pacto://schema";
/// The text of one contract.
const CONTRACT: &str = "pacto://contract/";
/// Its documentation.
const DOCS: &str = "pacto://docs/";
/// Most contracts that are listed.
const MAX_LISTED: usize = 2_000;

/// A contract of the fleet.
#[derive(Debug, Clone, Serialize)]
struct Listed {
    name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// What other tools take as `ref`.
    r#ref: String,
}

#[derive(Debug, Serialize)]
struct Listing {
    contracts: Vec<Listed>,
    total: usize,
    /// Contracts that could not be read, and why.
    unread: Vec<String>,
}

/// The resources that there are always.
pub fn list() -> Vec<Resource> {
    vec![
        Resource::new(CATALOG, "catalog")
            .with_title("Contracts of the fleet")
            .with_description("Name, version, owner and reference of every contract")
            .with_mime_type("application/json"),
        Resource::new(SCHEMA, "schema")
            .with_title("Schema of contracts")
            .with_description("JSON Schema of pacto.yaml")
            .with_mime_type("application/schema+json"),
    ]
}

/// Those that take a reference.
pub fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{CONTRACT}{{+ref}}"), "contract")
            .with_title("A contract")
            .with_description("pacto.yaml of a directory or reference, as it is written")
            .with_mime_type("application/yaml"),
        ResourceTemplate::new(format!("{DOCS}{{+ref}}"), "docs")
            .with_title("Documentation of a contract")
            .with_description("What pacto doc writes about a directory or reference")
            .with_mime_type("text/markdown"),
    ]
}

/// Whether an argument of a prompt or template is a reference.
pub fn is_reference(argument: &str) -> bool {
    matches!(argument, "ref" | "old_ref" | "new_ref")
}

/// Reads a resource.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn read(call: &Call<'_>, uri: &str) -> Result<ReadResourceResult, Failure> {
    let (text, kind) = if uri == CATALOG {
        (pretty(&catalog(call)?), "application/json")
    } else if uri == SCHEMA {
        (pretty(&pacto_contract::shape::json_schema()), "application/schema+json")
    } else if let Some(reference) = uri.strip_prefix(CONTRACT) {
        let reference = call.admit(&decoded(reference)?)?;
        let found = load(call.context, &reference, &Overrides::default(), Scope::Contract)?;
        (found.document.source.text().to_owned(), "application/yaml")
    } else if let Some(reference) = uri.strip_prefix(DOCS) {
        let contract = call.admit(&decoded(reference)?)?;
        (
            doc::run(call.context, &doc::Options { contract, ..doc::Options::default() })?.markdown,
            "text/markdown",
        )
    } else {
        let known = [CATALOG, SCHEMA].join(", ");
        return Err(Failure::new(format!(
            "there is no resource {uri:?}; there are {known}, {CONTRACT}REF and {DOCS}REF"
        )));
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(kind)]))
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A part of an address without `%XX`.
fn decoded(text: &str) -> Result<String, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let byte = part.get(..2).filter(|digits| !digits.starts_with('+'));
        let byte = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(|| Failure::new(format!("%{part} is no escaped character")))?);
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| Failure::new("the address is no text"))
}

fn catalog(call: &Call<'_>) -> Result<Listing, Failure> {
    let selection = select(call.context, &call.fleet(), true)?;
    let total = selection.contracts.len();
    let first: Vec<String> = selection.contracts.into_iter().take(MAX_LISTED).collect();
    let jobs = call.context.jobs.unwrap_or_else(parallel::processors);
    let found = parallel::map(jobs, &first, |contract| {
        let summary = explain::Options { contract: contract.clone(), ..explain::Options::default() };
        explain::run(call.context, &summary)
            .map(|one| (contract.clone(), one))
            .map_err(|error| format!("{contract}: {error}"))
    });
    let mut listing = Listing { contracts: Vec::new(), total, unread: Vec::new() };
    for one in found {
        match one {
            Ok((reference, one)) => listing.contracts.push(Listed {
                name: one.name,
                version: one.version,
                owner: one.owner.map(|owner| owner.display().to_owned()),
                r#ref: reference,
            }),
            Err(why) => listing.unread.push(why),
        }
    }
    Ok(listing)
}

/// References that begin as `begun` says, or whose service does.
///
/// # Errors
/// When the fleet cannot be searched.
pub fn complete(call: &Call<'_>, begun: &str) -> Result<Vec<String>, Failure> {
    let begun = begun.to_lowercase();
    let mut found: BTreeMap<bool, Vec<String>> = BTreeMap::new();
    for one in catalog(call)?.contracts {
        let is_exact = one.r#ref.to_lowercase().starts_with(&begun);
        if is_exact || one.name.to_lowercase().contains(&begun) {
            found.entry(!is_exact).or_default().push(one.r#ref);
        }
    }
    Ok(found.into_values().flatten().collect())
}
