//! Services that a contract seems to need: their names are among the keys of its configuration.

use std::collections::{BTreeMap, BTreeSet};

use pacto_contract::overrides::Overrides;
use pacto_engine::doc::described;
use pacto_oci::parallel;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::check::ToolCall;
use crate::load::{Scope, load};
use crate::search::select;
use crate::{AppError, Context};

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The contract: directory or reference.
    pub contract: String,
    /// Directories that are searched for services, and references.
    pub fleet: Vec<String>,
}

/// Services that are not among the dependencies.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Outcome {
    /// By name.
    pub suggested: Vec<Suggested>,
}

/// A service that the contract seems to need.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggested {
    /// Name of the service.
    pub name: String,
    /// Where its contract is.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Range of versions that admits the one that is known.
    pub compatibility: String,
    /// Keys that speak of it.
    pub keys: Vec<String>,
    /// Why, in a sentence.
    pub reason: String,
    /// A call that declares it.
    pub tool_call: ToolCall,
}

/// Words that every configuration has, and that are no names of services.
const COMMON: &[&str] = &["service", "api", "app", "server", "db", "url", "host", "port", "the"];

/// Looks for services of the fleet that the keys of the configuration name.
///
/// # Errors
/// [`AppError`] when the contract cannot be read, or a directory of the fleet holds nothing.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let contract = if options.contract.is_empty() { "." } else { &options.contract };
    let resolved = load(context, contract, &Overrides::default(), Scope::Named)?;
    let own = &resolved.document.contract;
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for entry in &own.configurations {
        let values = entry.values.iter().flat_map(pacto_contract::yaml::Mapping::entries);
        keys.extend(values.map(|value| value.key.to_string()));
        let file = entry.schema.as_deref().unwrap_or(pacto_contract::bundle::CONFIGURATION_SCHEMA);
        let declared = described::properties(&resolved.bundle, file).unwrap_or_default();
        keys.extend(declared.into_iter().map(|field| field.name));
    }
    let needed: BTreeSet<&str> = own.dependencies.iter().map(|need| need.name()).collect();
    let selection = select(context, &options.fleet, true)?;
    let jobs = context.jobs.unwrap_or_else(parallel::processors);
    let fleet = parallel::map(jobs, &selection.contracts, |contract| {
        let found = load(context, contract, &Overrides::default(), Scope::Contract).ok()?;
        Some((contract.clone(), found))
    });
    let mut suggested: BTreeMap<String, Suggested> = BTreeMap::new();
    for (place, found) in fleet.into_iter().flatten() {
        let service = &found.document.contract.service;
        if service.name == own.service.name || needed.contains(service.name.as_str()) {
            continue;
        }
        let about: Vec<String> = keys.iter().filter(|key| names(key, &service.name)).cloned().collect();
        if about.is_empty() {
            continue;
        }
        let major = service.version.split('.').next().unwrap_or("0");
        let compatibility = format!("^{major}.0.0");
        // A reference that a registry answers is worth more than a path of this machine; there is none in a contract.
        let reference = if place.contains("://") { place } else { format!("file://{place}") };
        let entry = json!([{"name": service.name, "ref": reference, "required": true, "compatibility": compatibility}]);
        let reason = format!("{} names {}, which is no dependency", about.join(", "), service.name);
        let tool_call = ToolCall::edit(contract, "add_dependencies", entry);
        let name = service.name.clone();
        suggested.insert(
            name.clone(),
            Suggested { name, reference, compatibility, keys: about, reason, tool_call },
        );
    }
    Ok(Outcome { suggested: suggested.into_values().collect() })
}

/// Whether a key speaks of a service: all words of its name, or all but the common ones, stand in it in this order.
fn names(key: &str, service: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let mut spaced = String::new();
        let mut was_small = false;
        for character in text.chars() {
            if !character.is_alphanumeric() || (was_small && character.is_uppercase()) {
                spaced.push(' ');
            }
            was_small = character.is_lowercase();
            if character.is_alphanumeric() {
                spaced.extend(character.to_lowercase());
            }
        }
        spaced.split_whitespace().map(str::to_owned).collect()
    };
    let wanted: Vec<String> =
        words(service).into_iter().filter(|word| !COMMON.contains(&word.as_str())).collect();
    let key = words(key);
    !wanted.is_empty() && key.windows(wanted.len()).any(|part| part == wanted.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_services() {
        for (key, service, is_named) in [
            ("PAYMENTS_URL", "payments-service", true),
            ("paymentsServiceUrl", "payments-service", true),
            ("cart.api.host", "cart-api", true),
            ("POSTGRES_DSN", "postgres", true),
            ("CARTRIDGE_URL", "cart", false),
            ("SERVICE_URL", "service", false),
            ("STATION_DOCKS", "dock-station", false),
        ] {
            assert_eq!(names(key, service), is_named, "{key} {service}");
        }
    }
}
